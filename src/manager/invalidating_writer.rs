//! A secret writer that invalidates cached merged documents.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;

use super::secret_merger::SecretMerger;
use crate::domain::{SecretPath, SecretVersion};
use crate::provider::{Result, SecretExpect, SecretFields, SecretWriter};

/// Drops the cached documents that used a secret after every write of it, successful or not.
pub(super) struct InvalidatingWriter {
    pub(super) writer: Arc<dyn SecretWriter>,
    pub(super) merger: Arc<OnceLock<SecretMerger>>,
}

impl InvalidatingWriter {
    fn forget<T>(&self, path: &SecretPath, answer: T) -> T {
        self.merger.get().inspect(|merging| merging.cache.forget_secret(path));
        answer
    }
}

#[async_trait]
impl SecretWriter for InvalidatingWriter {
    async fn put(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        self.forget(path, self.writer.put(path, fields, expect).await)
    }

    async fn patch(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        self.forget(path, self.writer.patch(path, fields, expect).await)
    }

    async fn delete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.forget(path, self.writer.delete(path, versions).await)
    }

    async fn undelete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.forget(path, self.writer.undelete(path, versions).await)
    }

    async fn destroy(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.forget(path, self.writer.destroy(path, versions).await)
    }

    async fn destroy_all(&self, path: &SecretPath) -> Result<()> {
        self.forget(path, self.writer.destroy_all(path).await)
    }
}
