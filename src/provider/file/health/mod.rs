//! How the two files are: there, readable, writable, and what the receiver would make of them.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `about` | what the file system says: sizes, times, rights, locks |
//! | `judge` | what the texts say, read again only when a file has changed |

mod about;
mod judge;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::FileProvider;
use super::reading::Which;
use super::shared::Shared;
use crate::domain::{Condition, Fact, Finding, Health, MemberHealth, Right, Role};
use crate::provider::{ASK_FOR_IT, Error, HEALTH_DEADLINE};
use about::About;
pub(super) use judge::Judged;
use judge::Judgement;

/// What is kept of the deadline for the answer to be put together.
const MARGIN: Duration = Duration::from_millis(50);

const BOTH: [Which; 2] = [Which::Webhooks, Which::Connections];

/// Looks at both files, within [`HEALTH_DEADLINE`].
pub(super) async fn check(provider: &FileProvider) -> Health {
    let begun = Instant::now();
    let limit = HEALTH_DEADLINE - MARGIN;
    let about = provider.within(limit, |shared| BOTH.map(|which| About::file(shared.path(which))));
    let Ok(about) = about.await else {
        return Health::unusable("files", "the file system does not answer", "check the mount");
    };
    let judged = Arc::clone(&provider.judged);
    // Goes on when it is not waited for any more: the next check finds what it learnt.
    let judging = move |shared: &Shared| BOTH.map(|which| judged.of(which, shared.path(which)));
    let judgements = provider.within(limit.saturating_sub(begun.elapsed()), judging).await;
    report(&provider.shared, &about, judgements.ok().as_ref())
}

fn report(shared: &Shared, about: &[About; 2], judgements: Option<&[Judgement; 2]>) -> Health {
    let mut health = Health::new("files");
    let pause = shared.debounce.as_secs_f32();
    health.facts.push(Fact::text("save order", format!("connections, and webhooks {pause:.1} s later")));
    health.facts.push(Fact::text("changes", shared.attention().to_string()));
    let lost = judgements.is_some_and(|both| both.iter().all(Judgement::is_lost));
    for (at, which) in BOTH.into_iter().enumerate() {
        let Some(about) = about.get(at) else { continue };
        let judgement = judgements.and_then(|both| both.get(at));
        let found: Vec<_> = match judgement {
            Some(judgement) => judged(which, about, judgement, lost),
            None => vec![unread(about)],
        };
        health.members.push(member(shared, which, about, judgement, &found));
        for finding in found.into_iter().chain(about.findings()) {
            // Both files may lie in the same folder: what is wrong with it is told once.
            if !health.findings().contains(&finding) {
                health.find(finding);
            }
        }
    }
    health
}

/// What there is to act on in a file's text.
fn judged(which: Which, about: &About, judgement: &Judgement, lost: bool) -> Vec<Finding> {
    let name = about.path.display();
    let weight = if lost { Condition::Unusable } else { Condition::Degraded };
    let judgement = match judgement {
        Judgement::Missing if which == Which::Webhooks => {
            let text = "is missing: the receiver serves one built-in webhook that accepts every id unchecked";
            return vec![Finding::fault(format!("{name} {text}"), "create it, if only as {}")];
        }
        Judgement::Missing => return Vec::new(),
        Judgement::Lost(Error::Denied { permission, remedy }) => {
            let text = format!("permission denied {permission}");
            return vec![Finding::rights(Right::Read, text, *remedy).at(weight)];
        }
        Judgement::Lost(error) => return vec![Finding::fault(error.to_string(), "").at(weight)],
        Judgement::Read(read) => read,
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

fn unread(about: &About) -> Finding {
    let seconds = HEALTH_DEADLINE.as_secs();
    Finding::hint(format!("{} could not be read through within {seconds} s", about.path.display()), "")
}

fn member(
    shared: &Shared,
    which: Which,
    about: &About,
    judgement: Option<&Judgement>,
    found: &[Finding],
) -> MemberHealth {
    let condition = match judgement {
        None => None,
        Some(Judgement::Lost(_)) => Some(Condition::Unusable),
        Some(_) => found.iter().map(Finding::condition).max().or(Some(Condition::Healthy)),
    };
    let mut facts = Vec::new();
    if let Some(Judgement::Read(read)) = judgement {
        facts.push(Fact::count("documents", read.documents));
    }
    facts.extend(about.facts());
    facts.extend(shared.last_read(which).map(|at| Fact::moment("read", at)));
    let counted = found.iter().filter(|finding| finding.condition() > Condition::Healthy);
    let detail = counted.map(|finding| finding.text.as_str()).collect::<Vec<_>>().join("; ");
    let missing = matches!(judgement, Some(Judgement::Missing));
    MemberHealth {
        name: about.path.display().to_string(),
        address: String::new(),
        condition,
        role: Some(match which {
            Which::Webhooks => Role::Webhooks,
            Which::Connections => Role::Connections,
        }),
        latency: None,
        facts,
        detail: if missing && detail.is_empty() { "missing: no connections".into() } else { detail },
    }
}

/// What a save would be refused.
fn cannot_save(what: String) -> Finding {
    Finding::rights(Right::Write, what, ASK_FOR_IT)
}
