//! Writes of documents: each conditional on what the caller read, unless it says otherwise.
//!
//! What is not JSON is refused here, over every store alike: a receiver cannot use it, and one of the stores
//! could not hold it. Reads still return whatever is stored.

use super::UnifiedConfigManager;
use crate::domain::{Document, Entry, ResourceKey};
use crate::provider::{Commit, Error, Expect, Lease, Result, check_json};

impl UnifiedConfigManager {
    /// Writes a document that does not exist yet.
    ///
    /// # Errors
    /// [`Error::Exists`] with what is there, if it does; [`Error::Invalid`] for a document that is not JSON;
    /// else those of [`ConfigWriter::commit`](crate::provider::ConfigWriter::commit).
    pub async fn create(&self, key: ResourceKey, document: Document, lease: Lease) -> Result<Commit> {
        self.put(key, document, Expect::Absent, lease).await.map_err(Error::of_creation)
    }

    /// Replaces the document that was read as `base`, and keeps its lease.
    ///
    /// # Errors
    /// [`Error::Conflict`] with what is there, if it changed since; [`Error::Invalid`] for a document that is
    /// not JSON; else those of [`ConfigWriter::commit`](crate::provider::ConfigWriter::commit).
    pub async fn update(&self, base: &Entry, document: Document) -> Result<Commit> {
        self.put(base.key.clone(), document, Expect::Token(base.token), Lease::Keep).await
    }

    /// Writes a document whether or not it exists, over whatever somebody else wrote. The commit's
    /// [`Outcome::before`](crate::provider::Outcome::before) tells whether it did; to replace only what was
    /// read, use [`UnifiedConfigManager::update`].
    ///
    /// # Errors
    /// [`Error::Invalid`] for a document that is not JSON; else those of
    /// [`ConfigWriter::commit`](crate::provider::ConfigWriter::commit).
    pub async fn upsert(&self, key: ResourceKey, document: Document, lease: Lease) -> Result<Commit> {
        self.put(key, document, Expect::Anything, lease).await
    }

    /// Removes the document that was read as `base`.
    ///
    /// # Errors
    /// [`Error::Conflict`] with what is there, if it changed since; else those of
    /// [`ConfigWriter::commit`](crate::provider::ConfigWriter::commit).
    pub async fn delete(&self, base: &Entry) -> Result<Commit> {
        self.record_write(self.writer()?.delete(base.key.clone(), Expect::Token(base.token)).await)
    }

    async fn put(
        &self,
        key: ResourceKey,
        document: Document,
        expect: Expect,
        lease: Lease,
    ) -> Result<Commit> {
        let writer = self.writer()?;
        check_json(&key, &document)?;
        self.record_write(writer.set(key, document, expect, lease).await)
    }

    /// Records the revision of a write that the live inventory may not include yet.
    fn record_write(&self, written: Result<Commit>) -> Result<Commit> {
        if let Ok(commit) = &written {
            self.last_write.record(commit.at);
        }
        written
    }
}
