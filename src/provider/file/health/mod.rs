//! Health of the two files: present, readable, writable, and what the receiver would fail on.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `stat` | metadata, permissions, locks |
//! | `inspect` | the contents, read again only when a file has changed |

mod inspect;
mod stat;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::contents::FileKind;
use super::state::FileState;
use super::{BACKEND, FileProvider};
use crate::domain::{Condition, Fact, Finding, Health, MemberHealth, MemberRole, Right};
use crate::provider::{Error, HEALTH_DEADLINE, MISSING_RIGHT_REMEDY};
use inspect::FileInspection;
pub(super) use inspect::InspectionCache;
use stat::FileStat;

/// The part of the deadline that is reserved for assembling the report.
const MARGIN: Duration = Duration::from_millis(50);

const BOTH: [FileKind; 2] = [FileKind::Webhooks, FileKind::Connections];

/// Checks both files, within [`HEALTH_DEADLINE`].
pub(super) async fn check(provider: &FileProvider) -> Health {
    let begun = Instant::now();
    let limit = HEALTH_DEADLINE - MARGIN;
    let about = provider.within(limit, |shared| BOTH.map(|which| FileStat::file(shared.path(which))));
    let Ok(about) = about.await else {
        return Health::unusable(BACKEND.name, "the file system does not answer", "check the mount");
    };
    let judged = Arc::clone(&provider.inspections);
    // Continues after the timeout: the next check finds its result in the cache.
    let judging = move |shared: &FileState| BOTH.map(|which| judged.of(which, shared.path(which)));
    let judgements = provider.within(limit.saturating_sub(begun.elapsed()), judging).await;
    report(&provider.shared, &about, judgements.ok().as_ref())
}

fn report(shared: &FileState, about: &[FileStat; 2], judgements: Option<&[FileInspection; 2]>) -> Health {
    let mut health = Health::new(BACKEND.name);
    let pause = shared.debounce.as_secs_f32();
    health.facts.push(Fact::text("save order", format!("connections, and webhooks {pause:.1} s later")));
    health.facts.push(Fact::text("changes", shared.watch_mode().to_string()));
    let lost = judgements.is_some_and(|both| both.iter().all(FileInspection::is_unreadable));
    for (at, which) in BOTH.into_iter().enumerate() {
        let Some(about) = about.get(at) else { continue };
        let judgement = judgements.and_then(|both| both.get(at));
        let found: Vec<_> = match judgement {
            Some(judgement) => content_findings(which, about, judgement, lost),
            None => vec![not_inspected(about)],
        };
        health.members.push(member_health(shared, which, about, judgement, &found));
        for finding in found.into_iter().chain(about.findings()) {
            // Both files may be in the same folder: report its problems once.
            if !health.findings().contains(&finding) {
                health.push(finding);
            }
        }
    }
    health
}

/// The findings about a file's contents.
fn content_findings(
    which: FileKind,
    about: &FileStat,
    judgement: &FileInspection,
    lost: bool,
) -> Vec<Finding> {
    let name = about.path.display();
    let weight = if lost { Condition::Unusable } else { Condition::Degraded };
    let judgement = match judgement {
        FileInspection::Missing if which == FileKind::Webhooks => {
            let text = "is missing: the receiver serves one built-in webhook that accepts every id unchecked";
            return vec![Finding::fault(format!("{name} {text}"), "create it, if only as {}")];
        }
        FileInspection::Missing => return Vec::new(),
        FileInspection::Unreadable(Error::Denied { permission, remedy }) => {
            let text = format!("permission denied {permission}");
            return vec![Finding::rights(Right::Read, text, *remedy).at(weight)];
        }
        FileInspection::Unreadable(error) => return vec![Finding::fault(error.to_string(), "").at(weight)],
        FileInspection::Readable(read) => read,
    };
    let mut found: Vec<_> = judgement
        .notes
        .iter()
        .map(|(text, remedy)| Finding::fault(format!("{name} {text}"), *remedy))
        .collect();
    if judgement.plaintext && about.others_read() {
        found.push(Finding::hint(
            format!("{name} holds secrets in plaintext, and every user of this machine may read it"),
            format!("chmod o-r {name}, unless the receiver needs it"),
        ));
    }
    found
}

fn not_inspected(about: &FileStat) -> Finding {
    let seconds = HEALTH_DEADLINE.as_secs();
    Finding::hint(format!("{} could not be read through within {seconds} s", about.path.display()), "")
}

fn member_health(
    shared: &FileState,
    which: FileKind,
    about: &FileStat,
    judgement: Option<&FileInspection>,
    found: &[Finding],
) -> MemberHealth {
    let condition = match judgement {
        None => None,
        Some(FileInspection::Unreadable(_)) => Some(Condition::Unusable),
        Some(_) => found.iter().map(Finding::condition).max().or(Some(Condition::Healthy)),
    };
    let mut facts = Vec::new();
    if let Some(FileInspection::Readable(read)) = judgement {
        facts.push(Fact::count("documents", read.documents));
    }
    facts.extend(about.facts());
    facts.extend(shared.last_read(which).map(|at| Fact::moment("read", at)));
    let counted = found.iter().filter(|finding| finding.condition() > Condition::Healthy);
    let detail = counted.map(|finding| finding.text.as_str()).collect::<Vec<_>>().join("; ");
    let missing = matches!(judgement, Some(FileInspection::Missing));
    MemberHealth {
        name: about.path.display().to_string(),
        address: String::new(),
        condition,
        role: Some(match which {
            FileKind::Webhooks => MemberRole::Webhooks,
            FileKind::Connections => MemberRole::Connections,
        }),
        latency: None,
        facts,
        detail: if missing && detail.is_empty() { "missing: no connections".into() } else { detail },
    }
}

/// A missing right to write.
fn cannot_save(what: String) -> Finding {
    Finding::rights(Right::Write, what, MISSING_RIGHT_REMEDY)
}
