//! Writes into a layer in etcd: of one key, on the condition of its token.

use async_trait::async_trait;
use tokio::time::timeout;

use super::picture::StaleWrite;
use super::text::{plain_text, with_member};
use super::{EtcdLayer, EtcdSource};
use crate::application::{
    EtcdShape, LayerRevision, LayerWriteError, LayerWriteFault, LayerWriter, SettingPath, SettingValue,
};
use crate::domain::{Document, ResourceKey, Revision, Token};
use crate::provider::{
    self, CALL_DEADLINE, CommitStatus, ConfigWriter, Expect, Lease, MISSING_RIGHT_REMEDY, Op, resolve_outcome,
};

const READ_AGAIN: &str = "read it again and decide";

/// A write replaces what stood at its key when the layer was read at `expect`; other keys of the layer may
/// have changed since. Then the answer is `expect` as it was, since those others have not been read. A value
/// that is removed is a key that is deleted, but in a document, where it is a member. A key's lease is kept.
#[async_trait]
impl LayerWriter for EtcdSource {
    async fn can_write(&self, path: &SettingPath) -> Result<(), LayerWriteError> {
        let layer = self.writable(path)?;
        layer.ready().await?;
        layer.writable_key(path).map(drop)
    }

    async fn can_remove(&self, path: &SettingPath) -> Result<(), LayerWriteError> {
        self.can_write(path).await
    }

    async fn write(
        &self,
        path: &SettingPath,
        value: Option<&SettingValue>,
        expect: &LayerRevision,
    ) -> Result<LayerRevision, LayerWriteError> {
        self.writable(path)?.write(path, value, expect).await
    }
}

impl EtcdSource {
    fn writable(&self, path: &SettingPath) -> Result<&EtcdLayer, LayerWriteError> {
        self.layer.as_ref().ok_or_else(|| LayerWriteError {
            fault: LayerWriteFault::NotWritable,
            place: path.to_string(),
            reason: "this layer is not read, because USE_LOCAL_CONFIG is on".into(),
            remedy: "write another layer, or unset that variable".into(),
        })
    }
}

impl EtcdLayer {
    /// The key of a setting, where it can have one.
    fn writable_key(&self, path: &SettingPath) -> Result<ResourceKey, LayerWriteError> {
        let (key, _) = self.shared.table.key_of(path).map_err(|reason| LayerWriteError {
            fault: LayerWriteFault::NotWritable,
            place: self.place(),
            reason,
            remedy: "declare its etcd key in the application file, or write another layer".into(),
        })?;
        if self.shared.table.shape() == EtcdShape::Tree
            && let Some(other) = self.related(&key)
        {
            let reason = format!("{other} has a value, and a setting has a value or members");
            return Err(self.error(&key, LayerWriteFault::NotWritable, reason, "remove that one first"));
        }
        Ok(key)
    }

    /// A key above or below this one that has a value: with both the tree could not be read.
    fn related(&self, key: &ResourceKey) -> Option<String> {
        let (raw, below) = (key.short_bytes(), [key.short_bytes(), b"/"].concat());
        let picture = self.shared.picture.lock();
        let mut others = picture.entries().iter().filter(|(_, entry)| !entry.document.is_empty());
        let other = others.find(|(other, _)| {
            let above = raw.strip_prefix(other.short_bytes()).is_some_and(|rest| rest.starts_with(b"/"));
            above || other.short_bytes().starts_with(&below)
        });
        other.map(|(other, _)| self.shared.table.name(other))
    }

    async fn ready(&self) -> Result<(), LayerWriteError> {
        self.settle().await.map_err(|error| LayerWriteError {
            fault: LayerWriteFault::Unavailable,
            place: error.place,
            reason: error.reason,
            remedy: error.remedy,
        })
    }

    fn error(
        &self,
        key: &ResourceKey,
        fault: LayerWriteFault,
        reason: impl Into<String>,
        remedy: &str,
    ) -> LayerWriteError {
        let (place, reason) = (self.shared.table.name(key), reason.into());
        LayerWriteError { fault, place, reason, remedy: remedy.into() }
    }

    async fn write(
        &self,
        path: &SettingPath,
        value: Option<&SettingValue>,
        expect: &LayerRevision,
    ) -> Result<LayerRevision, LayerWriteError> {
        self.ready().await?;
        let key = self.writable_key(path)?;
        let token = self.unchanged(&key, expect)?;
        let expected = token.map_or(Expect::Absent, Expect::Token);
        let op = match (self.shared.table.shape(), value) {
            // What is to be removed is not there.
            (_, None) if token.is_none() => return Ok(expect.clone()),
            (EtcdShape::Document, value) => match self.edited(path, &key, value)? {
                Some(document) => {
                    Op::Put { key: key.clone(), document, expect: expected, lease: Lease::Keep }
                }
                None => return Ok(expect.clone()),
            },
            (_, Some(value)) => {
                let document = self.text(path, &key, value)?;
                Op::Put { key: key.clone(), document, expect: expected, lease: Lease::Keep }
            }
            (_, None) => Op::Delete { key: key.clone(), expect: expected },
        };
        let at = self.commit(&key, op).await?;
        Ok(self.revision_after(&key, expect, at).await)
    }

    fn unchanged(&self, key: &ResourceKey, expect: &LayerRevision) -> Result<Option<Token>, LayerWriteError> {
        let judged = self.shared.picture.lock().unchanged_since(key, expect);
        judged.map_err(|stale| {
            let reason = match stale {
                StaleWrite::Changed => "somebody has changed it since it was read; nothing was written",
                StaleWrite::OtherStore => {
                    "it was read from another store than answers now; nothing was written"
                }
            };
            self.error(key, LayerWriteFault::Conflict, reason, READ_AGAIN)
        })
    }

    /// The document with this member set or removed, unless that changes nothing.
    fn edited(
        &self,
        path: &SettingPath,
        key: &ResourceKey,
        value: Option<&SettingValue>,
    ) -> Result<Option<Document>, LayerWriteError> {
        let picture = self.shared.picture.lock();
        let entry = picture.entries().get(key);
        let text = entry.map_or(Ok("{}"), |entry| entry.document.text());
        let edited = match text {
            Ok(text) => with_member(text, path, value).map(|edited| (*edited != text).then_some(edited)),
            Err(_) => Err("the document is not UTF-8".into()),
        };
        edited.map(|text| text.map(|text| Document::from(text.as_str()))).map_err(|reason| {
            let remedy = "correct the document, or write another layer";
            self.error(key, LayerWriteFault::NotWritable, reason, remedy)
        })
    }

    fn text(
        &self,
        path: &SettingPath,
        key: &ResourceKey,
        value: &SettingValue,
    ) -> Result<Document, LayerWriteError> {
        let value_type = self.shared.table.key_of(path).ok().and_then(|(_, value_type)| value_type);
        let text = plain_text(value, value_type).map_err(|reason| {
            let remedy = "write a value of the declared type, or another layer";
            let reason = format!("the value cannot stand in a key as text: {reason}");
            self.error(key, LayerWriteFault::NotWritable, reason, remedy)
        })?;
        Ok(Document::from(text.as_str()))
    }

    /// Sends one write, once; finds out what became of it if no answer comes.
    async fn commit(&self, key: &ResourceKey, op: Op) -> Result<Revision, LayerWriteError> {
        use LayerWriteFault as Fault;
        let ops = vec![op];
        let error = match self.provider.commit(ops.clone()).await {
            Ok(commit) => return Ok(commit.at),
            Err(error) => error,
        };
        let conflict = || {
            self.error(key, Fault::Conflict, "somebody has just changed it; nothing was written", READ_AGAIN)
        };
        let unknown = |reason: String| {
            let reason = format!("no answer to the write ({reason}): it may or may not be stored");
            self.error(key, Fault::OutcomeUnknown, reason, "read it again before you repeat it")
        };
        let told = |error: provider::Error| self.in_own_terms(&error.to_string());
        let again = "nothing was written; try again";
        Err(match error {
            provider::Error::Conflict { .. } | provider::Error::NotFound { .. } => conflict(),
            provider::Error::Denied { permission, .. } => {
                let reason = format!("permission denied: {permission}");
                self.error(key, Fault::Denied, reason, MISSING_RIGHT_REMEDY)
            }
            provider::Error::OutcomeUnknown { reason, .. } => {
                match resolve_outcome(&self.provider, &ops).await {
                    Ok(CommitStatus::Written(commit)) => return Ok(commit.at),
                    Ok(CommitStatus::Superseded { .. }) => conflict(),
                    Ok(CommitStatus::NotWritten | CommitStatus::Partial) | Err(_) => unknown(reason),
                }
            }
            provider::Error::Invalid { reason } => self.error(key, Fault::NotWritable, reason, again),
            error => self.error(key, Fault::Unavailable, told(error), again),
        })
    }

    /// The revision of the layer with a write in it. Waits for the watch to tell of it, so that the next load
    /// has it.
    async fn revision_after(&self, key: &ResourceKey, expect: &LayerRevision, at: Revision) -> LayerRevision {
        let mut told = self.shared.told.subscribe();
        let arrived = async { told.wait_for(|_| self.shared.picture.lock().at >= at).await.map(drop) };
        let _ = timeout(CALL_DEADLINE, arrived).await;
        let picture = self.shared.picture.lock();
        picture.after_write(key, expect, at).unwrap_or_else(|| expect.clone())
    }
}
