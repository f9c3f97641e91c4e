//! What the file of a draft holds.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::compare;
use crate::console::model::Base;
use crate::domain::json::walk;
use crate::domain::{
    Address, DocumentKind, Entry, LeaseId, MAX_EDITABLE, ResourceKey, Revision, StoreId, Token, TokenKind,
};
use crate::text::placeholders::{Kept, conceal, shelve};

/// The version of the format; files of another are left alone.
const FORMAT: u32 = 1;

/// What a draft may have beyond the largest document, in bytes: it is not finished.
const SLACK: usize = 64 * 1024;

/// A draft as it is in memory, on its way to the disk. It may hold secrets and has no `Debug` form
/// that shows them.
pub struct Unsaved {
    /// The context it was begun in.
    pub context: String,
    /// The store its base came from.
    pub store: Option<StoreId>,
    /// What it will be called.
    pub key: ResourceKey,
    /// What it is based on.
    pub base: Base,
    /// Where the text of a base that is not stored came from.
    pub source: Option<ResourceKey>,
    /// The text.
    pub text: String,
    /// What its placeholders stand for.
    pub kept: Kept,
    /// Row and column of the cursor, both from 0, the column in characters.
    pub cursor: (usize, usize),
    /// Whether a byte order mark goes before the text.
    pub mark: bool,
    /// When it was typed, by the clock on the wall.
    pub at: SystemTime,
}

impl fmt::Debug for Unsaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsaved({}, {} bytes)", self.key, self.text.len())
    }
}

/// A draft as it was on disk. Its texts hold placeholders, but also all that is no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Saved {
    /// The context it was begun in.
    pub context: String,
    /// The store its base came from.
    pub store: Option<StoreId>,
    /// What it will be called.
    pub key: ResourceKey,
    /// What it is based on.
    pub base: SavedBase,
    /// The text, its placeholders numbered as those of the base's text.
    pub text: String,
    /// How many secrets were left out.
    pub withheld: usize,
    /// Row and column of the cursor, both from 0, the column in characters.
    pub cursor: (usize, usize),
    /// Whether a byte order mark goes before the text.
    pub mark: bool,
    /// When it was typed, by the clock on the wall.
    pub at: SystemTime,
}

impl fmt::Debug for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Saved({}, {} bytes)", self.key, self.text.len())
    }
}

/// What a draft on disk is based on.
#[derive(Clone, PartialEq, Eq)]
pub struct SavedBase {
    /// What was stored; `None` where nothing was.
    pub stored: Option<SavedEntry>,
    /// Whose text it is, where nothing was stored.
    pub source: Option<ResourceKey>,
    /// Its text, concealed.
    pub text: String,
}

/// What is known about a stored document beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedEntry {
    /// Its token.
    pub token: Token,
    /// Its revision.
    pub revision: Revision,
    /// When it was created.
    pub created: Option<Revision>,
    /// How often it was written.
    pub version: Option<u64>,
    /// Its lease.
    pub lease: Option<LeaseId>,
}

/// What a list says of a draft on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The context it was begun in.
    pub context: String,
    /// The store its base came from.
    pub store: Option<StoreId>,
    /// What it will be called.
    pub key: ResourceKey,
    /// The token of its base; `None` where nothing was stored.
    pub token: Option<Token>,
    /// Lines of its text.
    pub lines: usize,
    /// Lines that its base does not have.
    pub changed: usize,
    /// How many secrets must be typed again.
    pub withheld: usize,
    /// When it was typed.
    pub at: SystemTime,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    context: String,
    store: Option<String>,
    key: String,
    stored: Option<FileEntry>,
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
struct FileEntry {
    token: FileToken,
    revision: u64,
    created: Option<u64>,
    version: Option<u64>,
    lease: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FileToken {
    Counter(String),
    Digest(String),
}

/// The version alone, which every version's files have.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

impl Unsaved {
    /// As it may lie on a disk; `known` is the text of an earlier save.
    ///
    /// # Errors
    /// Why it is not saved, in words.
    pub fn shelve(&self, known: &str) -> Result<Saved, String> {
        let kind = DocumentKind::of(&self.key);
        let (document, stored) = match &self.base {
            Base::Stored(entry) => (&entry.document, Some(SavedEntry::of(entry))),
            Base::Absent { template } => (template, None),
        };
        let base = document.text().unwrap_or_default();
        let shelved = shelve(kind, &self.text, &self.kept, &compare::format(base), known);
        if shelved.text.len() > MAX_EDITABLE + SLACK {
            return Err("it is larger than 1 MiB".into());
        }
        let text = conceal(kind, base).0;
        let source = self.source.clone().filter(|_| stored.is_none());
        Ok(Saved {
            context: self.context.clone(),
            store: self.store.clone(),
            key: self.key.clone(),
            base: SavedBase { stored, source, text },
            text: shelved.text,
            withheld: shelved.withheld,
            cursor: self.cursor,
            mark: self.mark,
            at: self.at,
        })
    }
}

impl SavedEntry {
    fn of(entry: &Entry) -> Self {
        let Entry { token, revision, created, version, lease, .. } = entry;
        Self { token: *token, revision: *revision, created: *created, version: *version, lease: *lease }
    }
}

impl Saved {
    /// The bytes of its file.
    ///
    /// # Errors
    /// What the serializer says; it holds no part of the draft.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let saved = self.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        serde_json::to_vec(&File {
            format: FORMAT,
            context: self.context.clone(),
            store: self.store.as_ref().map(|store| store.as_str().to_owned()),
            key: self.key.to_string(),
            stored: self.base.stored.map(FileEntry::from),
            source: self.base.source.as_ref().map(ToString::to_string),
            base: self.base.text.clone(),
            text: self.text.clone(),
            withheld: self.withheld,
            cursor: self.cursor,
            mark: self.mark,
            saved,
        })
    }

    /// Reads what [`Saved::to_bytes`] gave.
    ///
    /// # Errors
    /// Why it cannot be read, in words that hold no part of it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let damaged = |_| "it is damaged".to_owned();
        let Version { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if format != FORMAT {
            return Err(format!("its format is {format}; this confdeck reads {FORMAT}"));
        }
        let file: File = serde_json::from_slice(bytes).map_err(damaged)?;
        let key = |text: String| match text.parse::<Address>() {
            Ok(Address(key)) if !key.is_foreign() => Ok(key),
            _ => Err("it names no document".to_owned()),
        };
        Ok(Self {
            context: file.context,
            store: file.store.map(StoreId::new),
            key: key(file.key)?,
            base: SavedBase {
                stored: file.stored.map(SavedEntry::read).transpose()?,
                source: file.source.map(key).transpose()?,
                text: file.base,
            },
            text: file.text,
            withheld: file.withheld,
            cursor: file.cursor,
            mark: file.mark,
            at: SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(file.saved)).ok_or("it is damaged")?,
        })
    }

    /// What a list says of it.
    pub fn summary(&self) -> Summary {
        Summary {
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

    /// Whether its text is JSON, so that what it shows is no secret.
    pub(super) fn is_json(&self) -> bool {
        walk(&self.text, |_| ()).is_ok()
    }
}

/// How many lines of `text` are not in `base`, wherever they stand there.
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

impl From<SavedEntry> for FileEntry {
    fn from(entry: SavedEntry) -> Self {
        let token = entry.token.to_string();
        Self {
            token: match entry.token.as_counter() {
                Some(_) => FileToken::Counter(token),
                None => FileToken::Digest(token),
            },
            revision: entry.revision.0,
            created: entry.created.map(|revision| revision.0),
            version: entry.version,
            lease: entry.lease.map(|lease| lease.0),
        }
    }
}

impl SavedEntry {
    fn read(entry: FileEntry) -> Result<Self, String> {
        let token = match entry.token {
            FileToken::Counter(token) => Token::parse(TokenKind::Counter, &token),
            FileToken::Digest(token) => Token::parse(TokenKind::Digest, &token),
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

#[cfg(test)]
pub(super) mod tests;
