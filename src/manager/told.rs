//! A writer of secrets that tells the merged documents what was written.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;

use super::merging::Merging;
use crate::domain::{SecretPath, SecretVersion};
use crate::provider::{Result, SecretExpect, SecretFields, SecretWriter};

/// After a write, whatever came of it, nothing that was made with that secret is handed out any more.
pub(super) struct Told {
    pub(super) writer: Arc<dyn SecretWriter>,
    pub(super) merging: Arc<OnceLock<Merging>>,
}

impl Told {
    fn forget<T>(&self, path: &SecretPath, answer: T) -> T {
        self.merging.get().inspect(|merging| merging.forget_secret(path));
        answer
    }
}

#[async_trait]
impl SecretWriter for Told {
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
