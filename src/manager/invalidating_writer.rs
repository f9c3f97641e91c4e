//! A secret writer that invalidates cached merged documents.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;

use super::secret_merger::CachedMerger;
use crate::domain::{SecretPath, SecretVersion};
use crate::provider::{Result, SecretChange, SecretWriter};

/// Drops the cached documents that used a secret after every write of it, successful or not.
pub(super) struct InvalidatingWriter {
    pub(super) writer: Arc<dyn SecretWriter>,
    pub(super) merger: Arc<OnceLock<CachedMerger>>,
}

#[async_trait]
impl SecretWriter for InvalidatingWriter {
    async fn apply(&self, path: &SecretPath, change: SecretChange<'_>) -> Result<Option<SecretVersion>> {
        let answer = self.writer.apply(path, change).await;
        self.merger.get().inspect(|merging| merging.cache.forget_secret(path));
        answer
    }
}
