//! How the two files are: there, readable, and what the receiver would make of them.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::reading::{Contents, Which, read};
use super::shared::Shared;
use crate::domain::json::Value;
use crate::domain::{Condition, Health, MemberHealth};
use crate::provider::utc::utc;

/// Looks at both files. Blocks on I/O.
pub(super) fn look(shared: &Shared) -> Health {
    let members: Vec<_> = [Which::Webhooks, Which::Connections]
        .into_iter()
        .map(|which| member(which, shared.path(which)))
        .collect();
    let worst = members.iter().map(|member| member.condition).max().unwrap_or(Condition::Healthy);
    let all_gone = members.iter().all(|member| member.condition == Condition::Unusable);
    let condition = if all_gone { worst } else { worst.min(Condition::Degraded) };
    let summary = members
        .iter()
        .find(|member| member.condition == worst && worst > Condition::Healthy)
        .map(|member| member.detail.clone())
        .unwrap_or_default();
    let facts = [("webhooks", &shared.webhooks), ("connections", &shared.connections)]
        .map(|(label, path)| (label, facts(path)))
        .to_vec();
    Health { backend: "files", condition, summary, latency: None, facts, members }
}

/// The answer of a file system that does not.
pub(super) fn silent() -> Health {
    Health {
        backend: "files",
        condition: Condition::Unusable,
        summary: "the file system does not answer; check the mount".into(),
        latency: None,
        facts: Vec::new(),
        members: Vec::new(),
    }
}

fn member(which: Which, path: &Path) -> MemberHealth {
    let (condition, detail) = match (read(path), which) {
        (Ok(Some((_, bytes))), _) => match Contents::of(path, bytes) {
            Ok(contents) => judge(&contents),
            Err(error) => (Condition::Unusable, error.to_string()),
        },
        (Ok(None), Which::Webhooks) => (
            Condition::Degraded,
            "missing: the receiver serves one built-in webhook that accepts every id without a check".into(),
        ),
        (Ok(None), Which::Connections) => (Condition::Healthy, "missing: no connections".into()),
        (Err(error), _) => (Condition::Unusable, error.to_string()),
    };
    MemberHealth { name: path.display().to_string(), condition, role: "file", latency: None, detail }
}

/// What the receiver would stumble over in a file that is an object (domain.md section 1.1).
fn judge(contents: &Contents) -> (Condition, String) {
    let members = contents.root.members();
    let mut notes = Vec::new();
    if contents.marked {
        notes.push("starts with a byte order mark, at which the receiver dies; remove it".to_owned());
    }
    let mut names = HashSet::new();
    let twice = members.iter().filter(|member| !names.insert(member.name.as_str())).count();
    if twice > 0 {
        notes.push(format!("names stand more than once ({twice}); the last one counts"));
    }
    let odd = members.iter().filter(|member| !matches!(member.value.value, Value::Object(_))).count();
    if odd > 0 {
        notes.push(format!("members that are no objects ({odd}): the receiver will not start with them"));
    }
    let condition = if notes.is_empty() { Condition::Healthy } else { Condition::Degraded };
    (condition, notes.join("; "))
}

fn facts(path: &Path) -> String {
    let Ok(file) = std::fs::metadata(path) else {
        return "missing".into();
    };
    let mode = file.mode() & 0o7777;
    format!("{} bytes, mode {mode:04o}, modified {}", file.len(), utc(file.mtime()))
}
