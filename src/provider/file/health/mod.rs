//! Health of the two files: whether they are present, readable and writable, and what the receiver would
//! fail on.
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
    let Some(about) = about.await else {
        // The badge must not say otherwise.
        provider.shared.report_silence();
        return Health::unusable(BACKEND.name, "the file system does not answer", "check the mount");
    };
    let judged = Arc::clone(&provider.inspections);
    // Continues after the timeout: the next check finds its result in the cache.
    let judging = move |shared: &FileState| BOTH.map(|which| judged.of(which, shared.path(which)));
    let judgements = provider.within(limit.saturating_sub(begun.elapsed()), judging).await;
    report(&provider.shared, &about, judgements)
}

fn report(shared: &FileState, about: &[FileStat; 2], judgements: Option<[FileInspection; 2]>) -> Health {
    let mut health = Health::new(BACKEND.name);
    let pause = shared.debounce.as_secs_f32();
    health.facts.push(Fact::text("save order", format!("connections, and webhooks {pause:.1} s later")));
    health.facts.push(Fact::text("changes", shared.watch_mode.lock().to_string()));
    let judgements = judgements.map_or([None, None], |both| both.map(Some));
    let lost = judgements.iter().all(|judgement| matches!(judgement, Some(Err(_))));
    for ((which, about), judgement) in BOTH.into_iter().zip(about).zip(judgements) {
        let found = match &judgement {
            Some(judgement) => content_findings(which, about, judgement, lost),
            None => {
                let (name, seconds) = (about.path.display(), HEALTH_DEADLINE.as_secs());
                vec![Finding::hint(format!("{name} could not be read through within {seconds} s"), "")]
            }
        };
        health.members.push(member_health(shared, which, about, judgement.as_ref(), &found));
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
        Ok(None) if which == FileKind::Webhooks => {
            let text = "is missing: the receiver serves one built-in webhook that accepts every id unchecked";
            return vec![Finding::fault(format!("{name} {text}"), "create it, if only as {}")];
        }
        Ok(None) => return Vec::new(),
        Err(Error::Denied { permission, remedy }) => {
            let text = format!("permission denied {permission}");
            return vec![Finding::rights(Right::Read, text, *remedy).at(weight)];
        }
        Err(error) => return vec![Finding::fault(error.to_string(), "").at(weight)],
        Ok(Some(read)) => read,
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

fn member_health(
    shared: &FileState,
    which: FileKind,
    about: &FileStat,
    judgement: Option<&FileInspection>,
    found: &[Finding],
) -> MemberHealth {
    let condition = match judgement {
        None => None,
        Some(Err(_)) => Some(Condition::Unusable),
        Some(Ok(_)) => found.iter().map(Finding::condition).max().or(Some(Condition::Healthy)),
    };
    let mut facts = Vec::new();
    if let Some(Ok(Some(read))) = judgement {
        facts.push(Fact::count("documents", read.documents));
    }
    facts.extend(about.facts());
    facts.extend(shared.files.lock().of(which).read_at.map(|at| Fact::moment("read", at)));
    let counted = found.iter().filter(|finding| finding.condition() > Condition::Healthy);
    let detail = counted.map(|finding| finding.text.as_str()).collect::<Vec<_>>().join("; ");
    let missing = matches!(judgement, Some(Ok(None)));
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
