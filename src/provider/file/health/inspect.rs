//! Inspects the text of a file: whether it can be read, how many documents it contains, and what the
//! receiver would fail on (domain.md section 1.1).

use std::collections::{HashMap, HashSet};
use std::path::Path;

use parking_lot::Mutex;

use super::super::contents::{FileContents, FileKind};
use super::super::filesystem::{StatStamp, read};
use super::super::tracker::settled;
use crate::domain::json::NodeValue;
use crate::domain::plaintext::holds_plaintext;
use crate::domain::{DocumentKind, Masking, SecretNames};
use crate::provider::Result;

/// The last inspection of both files, cached until a file changes: a file may have 50 MiB.
#[derive(Debug, Default)]
pub(in super::super) struct InspectionCache {
    known: Mutex<HashMap<FileKind, (StatStamp, FileInspection)>>,
    /// The names of the context, for the search for plaintext.
    secret_names: SecretNames,
}

/// The summary of a file: `None` if it does not exist, an error if it cannot be read or is not a JSON object.
pub(super) type FileInspection = Result<Option<FileSummary>>;

/// A file that is a JSON object.
#[derive(Debug, Clone, Default)]
pub(super) struct FileSummary {
    /// How many distinct members it has.
    pub(super) documents: u64,
    /// What the receiver would fail on, and what to do about it.
    pub(super) notes: Vec<(String, &'static str)>,
    /// Whether any document contains a secret in plaintext.
    pub(super) plaintext: bool,
}

impl InspectionCache {
    pub(in super::super) fn new(secret_names: SecretNames) -> Self {
        Self { known: Mutex::default(), secret_names }
    }

    /// Inspects a file. Blocks on I/O, unless the file is unchanged since the last inspection.
    pub(super) fn of(&self, which: FileKind, path: &Path) -> FileInspection {
        // The lock is held while reading: a concurrent check waits for this result.
        let mut known = self.known.lock();
        let now = StatStamp::at(path);
        if let Some((stamp, judgement)) = known.remove(&which)
            && now == Some(stamp)
        {
            known.insert(which, (stamp, judgement.clone()));
            return judgement;
        }
        let Some((stamp, bytes)) = read(path)? else { return Ok(None) };
        let judgement =
            FileContents::of(path, bytes).map(|contents| Some(inspect(&self.secret_names, which, &contents)));
        known.extend(settled(stamp).map(|stamp| (which, (stamp, judgement.clone()))));
        judgement
    }
}

fn inspect(names: &SecretNames, which: FileKind, contents: &FileContents) -> FileSummary {
    let members = contents.root.members();
    let mut notes = Vec::new();
    if contents.has_bom {
        notes.push(("starts with a byte order mark, at which the receiver dies".into(), "remove it"));
    }
    let mut distinct = HashSet::new();
    let twice = members.iter().filter(|member| !distinct.insert(member.name.as_str())).count();
    if twice > 0 {
        notes
            .push((format!("holds names more than once ({twice}); the last one counts"), "keep one of each"));
    }
    let odd = members.iter().filter(|member| !matches!(member.value.value, NodeValue::Object(_))).count();
    if odd > 0 {
        let text =
            format!("holds members that are no objects ({odd}): the receiver will not start with them");
        notes.push((text, "take them out"));
    }
    let kind = match which {
        FileKind::Webhooks => DocumentKind::Webhook,
        FileKind::Connections => DocumentKind::Connection,
    };
    let masking = Masking::new(kind, names);
    let documents = u64::try_from(distinct.len()).unwrap_or(u64::MAX);
    let plaintext =
        members.iter().any(|member| holds_plaintext(&masking, member.value.span.of(&contents.text)));
    FileSummary { documents, notes, plaintext }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_plaintext_are_told_from_references() {
        let holds = |which, text: &str| {
            let contents = FileContents::of(Path::new("w"), text.into()).unwrap();
            inspect(&SecretNames::default(), which, &contents).plaintext
        };
        let webhooks = |text| holds(FileKind::Webhooks, text);
        assert!(webhooks(r#"{"a": {"hmac": {"secret": "hunter2"}}}"#));
        assert!(webhooks(r#"{"a": {}, "b": {"chain": [{"module-config": {"headers": {"X": "y"}}}]}}"#));
        assert!(!webhooks(r#"{"a": {"authorization": "Bearer {$vault:a#b}"}}"#));
        assert!(webhooks(r#"{"a": {"hmac": {"secret": "{$A:hunter2}"}}}"#));
        assert!(!webhooks(r#"{"a": {"hmac": {"secret": "{$vault:app/x#y}", "algorithm": "sha256"}}}"#));
        assert!(!webhooks(r#"{"password": {"module": "log"}, "token": "x"}"#), "the name of a document");
        assert!(!webhooks(r#"{"a": {"jwt": {"secret": ""}}, "b": [["topic"], {"topic": "t"}]}"#));
        assert!(
            webhooks(r#"{"a": {"hmac": {"secret": "hunter2"}}, "a": {}}"#),
            "it can be read all the same"
        );
        assert!(holds(FileKind::Connections, r#"{"c": {"pass": "x"}}"#));
    }

    #[test]
    fn a_file_is_judged_once_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.json");
        let judged = InspectionCache::default();
        let documents = || judged.of(FileKind::Webhooks, &path).unwrap().unwrap().documents;
        assert!(matches!(judged.of(FileKind::Webhooks, &path), Ok(None)));
        std::fs::write(&path, r#"{"a": {}, "a": {}, "b": {}}"#).unwrap();
        assert_eq!((documents(), documents()), (2, 2));
        std::fs::write(&path, r#"{"a": {}, "b": {}, "c": {}, "d": {}}"#).unwrap();
        assert_eq!(documents(), 4);
        std::fs::write(&path, "[").unwrap();
        assert!(judged.of(FileKind::Webhooks, &path).is_err());
    }
}
