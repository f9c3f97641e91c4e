//! The contents of a draft's file, and its JSON format.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::compare;
use crate::console::screens::editor::Base;
use crate::domain::json::walk;
use crate::domain::{
    Address, Entry, LeaseId, MAX_EDITABLE, Masking, ResourceKey, Revision, StoreId, Token, TokenKind,
};
use crate::text::placeholders::{ConcealedSecrets, conceal, redact};

/// The version of the format; files of another version are left alone. In the first one, a placeholder in
/// place of an authorization stood for its scheme too.
const FORMAT: u32 = 2;

/// By how many bytes a draft may exceed the largest document, since it is unfinished.
const SLACK: usize = 64 * 1024;

/// A draft in memory, about to be saved. It may hold secrets, so its `Debug` form shows no text.
pub struct UnsavedDraft {
    /// The context in which it was started.
    pub context: String,
    /// The store of its base.
    pub store: Option<StoreId>,
    /// The key it will be written to.
    pub key: ResourceKey,
    /// What must not reach the disk.
    pub masking: Masking,
    pub base: Base,
    /// The document it was cloned from, if the base is not stored.
    pub source: Option<ResourceKey>,
    pub text: String,
    /// The secrets behind its placeholders.
    pub concealed: ConcealedSecrets,
    /// Row and column, both from 0; the column is in characters.
    pub cursor: (usize, usize),
    /// Whether the text begins with a byte order mark.
    pub byte_order_mark: bool,
    /// When it was typed.
    pub at: SystemTime,
}

impl fmt::Debug for UnsavedDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsaved({}, {} bytes)", self.key, self.text.len())
    }
}

/// A draft as stored on disk: placeholders in place of secrets. `Debug` still shows no text.
#[derive(Clone, PartialEq, Eq)]
pub struct SavedDraft {
    /// The context in which it was started.
    pub context: String,
    /// The store of its base.
    pub store: Option<StoreId>,
    /// The key it will be written to.
    pub key: ResourceKey,
    pub base: SavedDraftBase,
    /// The text, with placeholders numbered like those of the base's text.
    pub text: String,
    pub withheld: usize,
    /// Row and column, both from 0; the column is in characters.
    pub cursor: (usize, usize),
    /// Whether the text begins with a byte order mark.
    pub byte_order_mark: bool,
    /// When it was typed.
    pub at: SystemTime,
}

impl fmt::Debug for SavedDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Saved({}, {} bytes)", self.key, self.text.len())
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct SavedDraftBase {
    /// `None` if nothing was stored.
    pub stored: Option<SavedDraftEntry>,
    /// The document it was cloned from, if nothing was stored.
    pub source: Option<ResourceKey>,
    /// The base's text with placeholders in place of secrets.
    pub text: String,
}

/// A stored document's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedDraftEntry {
    pub token: Token,
    pub revision: Revision,
    pub created: Option<Revision>,
    pub version: Option<u64>,
    pub lease: Option<LeaseId>,
}

/// A draft on disk, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftSummary {
    /// The context in which it was started.
    pub context: String,
    /// The store of its base.
    pub store: Option<StoreId>,
    /// The key it will be written to.
    pub key: ResourceKey,
    /// The token of the base; `None` if nothing was stored.
    pub token: Option<Token>,
    pub lines: usize,
    /// The number of lines that the base does not have.
    pub changed: usize,
    /// The number of secrets that must be typed again.
    pub withheld: usize,
    /// When it was typed.
    pub at: SystemTime,
}

#[derive(Serialize, Deserialize)]
struct DraftRecord {
    format: u32,
    context: String,
    store: Option<String>,
    key: String,
    stored: Option<DraftRecordEntry>,
    source: Option<String>,
    base: String,
    text: String,
    withheld: usize,
    cursor: (usize, usize),
    mark: bool,
    /// Seconds since 1970.
    saved: u64,
}

#[derive(Serialize, Deserialize)]
struct DraftRecordEntry {
    token: DraftRecordToken,
    revision: u64,
    created: Option<u64>,
    version: Option<u64>,
    lease: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DraftRecordToken {
    Counter(String),
    Digest(String),
}

/// The part common to files of every format version.
#[derive(Deserialize)]
struct DraftRecordVersion {
    format: u32,
}

impl UnsavedDraft {
    /// The form to save, without secrets; `known` is the text of an earlier save.
    ///
    /// # Errors
    /// Why it cannot be saved.
    pub fn to_saved(&self, known: &str) -> Result<SavedDraft, String> {
        let (document, stored) = match &self.base {
            Base::Stored(entry) => (&entry.document, Some(SavedDraftEntry::of(entry))),
            Base::Absent { template } => (template, None),
        };
        let base = document.text().unwrap_or_default();
        let shelved = redact(&self.masking, &self.text, &self.concealed, &compare::format(base), known);
        if shelved.text.len() > MAX_EDITABLE + SLACK {
            return Err("it is larger than 1 MiB".into());
        }
        let text = conceal(&self.masking, base).0;
        let source = self.source.clone().filter(|_| stored.is_none());
        Ok(SavedDraft {
            context: self.context.clone(),
            store: self.store.clone(),
            key: self.key.clone(),
            base: SavedDraftBase { stored, source, text },
            text: shelved.text,
            withheld: shelved.withheld,
            cursor: self.cursor,
            byte_order_mark: self.byte_order_mark,
            at: self.at,
        })
    }
}

impl SavedDraftEntry {
    fn of(entry: &Entry) -> Self {
        let Entry { token, revision, created, version, lease, .. } = entry;
        Self { token: *token, revision: *revision, created: *created, version: *version, lease: *lease }
    }

    fn read(entry: DraftRecordEntry) -> Result<Self, String> {
        let token = match entry.token {
            DraftRecordToken::Counter(token) => Token::parse(TokenKind::Counter, &token),
            DraftRecordToken::Digest(token) => Token::parse(TokenKind::Digest, &token),
        };
        Ok(Self {
            token: token.ok_or("its token is none")?,
            revision: Revision(entry.revision),
            created: entry.created.map(Revision),
            version: entry.version,
            lease: entry.lease.map(LeaseId),
        })
    }
}

impl SavedDraft {
    /// Serializes it.
    ///
    /// # Errors
    /// The serializer's error, which contains no part of the draft.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let saved = self.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        serde_json::to_vec(&DraftRecord {
            format: FORMAT,
            context: self.context.clone(),
            store: self.store.as_ref().map(|store| store.as_str().to_owned()),
            key: self.key.to_string(),
            stored: self.base.stored.map(DraftRecordEntry::from),
            source: self.base.source.as_ref().map(ToString::to_string),
            base: self.base.text.clone(),
            text: self.text.clone(),
            withheld: self.withheld,
            cursor: self.cursor,
            mark: self.byte_order_mark,
            saved,
        })
    }

    /// Parses the bytes of [`SavedDraft::to_bytes`].
    ///
    /// # Errors
    /// Why it cannot be read; contains no part of the draft.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let damaged = |_| "it is damaged".to_owned();
        let DraftRecordVersion { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if format != FORMAT {
            return Err(format!("its format is {format}; this confdeck reads {FORMAT}"));
        }
        let file: DraftRecord = serde_json::from_slice(bytes).map_err(damaged)?;
        let key = |text: String| match text.parse::<Address>() {
            Ok(Address(key)) if !key.is_foreign() => Ok(key),
            _ => Err("it names no document".to_owned()),
        };
        Ok(Self {
            context: file.context,
            store: file.store.map(StoreId::new),
            key: key(file.key)?,
            base: SavedDraftBase {
                stored: file.stored.map(SavedDraftEntry::read).transpose()?,
                source: file.source.map(key).transpose()?,
                text: file.base,
            },
            text: file.text,
            withheld: file.withheld,
            cursor: file.cursor,
            byte_order_mark: file.mark,
            at: SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(file.saved)).ok_or("it is damaged")?,
        })
    }

    pub fn summary(&self) -> DraftSummary {
        DraftSummary {
            context: self.context.clone(),
            store: self.store.clone(),
            key: self.key.clone(),
            token: self.base.stored.map(|entry| entry.token),
            lines: self.text.lines().count(),
            changed: changed(&compare::format(&self.base.text), &self.text),
            withheld: self.withheld,
            at: self.at,
        }
    }

    /// Whether its text is valid JSON, so that all secrets in it were recognized.
    pub(super) fn is_json(&self) -> bool {
        walk(&self.text, |_| ()).is_ok()
    }
}

/// How many lines of `text` are not in `base`, in any order.
fn changed(base: &str, text: &str) -> usize {
    let mut known: HashMap<&str, usize> = HashMap::new();
    base.lines().for_each(|line| *known.entry(line).or_default() += 1);
    text.lines()
        .filter(|line| match known.get_mut(line) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .count()
}

impl From<SavedDraftEntry> for DraftRecordEntry {
    fn from(entry: SavedDraftEntry) -> Self {
        let token = entry.token.to_string();
        Self {
            token: match entry.token.as_counter() {
                Some(_) => DraftRecordToken::Counter(token),
                None => DraftRecordToken::Digest(token),
            },
            revision: entry.revision.0,
            created: entry.created.map(|revision| revision.0),
            version: entry.version,
            lease: entry.lease.map(|lease| lease.0),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
