//! How commands report writes: those missing from the audit, and those without an answer.

use std::sync::Arc;
use std::time::Duration;

use super::error::{Exit, Result};
use super::session::CliSession;
use super::stderr::print_note;
use super::stop::StopSignals;
use crate::provider::{Commit, CommitStatus, ConfigWriter, Error, Expect, Op};
use crate::write::Audited;

/// The request number in the audit: a command makes one write, and its reads belong to it.
pub(super) const NUMBER: u64 = 1;

/// How long the outcome of an unanswered write is polled for.
const OUTCOME_WITHIN: Duration = Duration::from_secs(15);

impl CliSession {
    /// Commits, and records the commit in the audit.
    pub(super) async fn commit(&self, writer: Arc<dyn ConfigWriter>, op: Op) -> Result<Commit> {
        let (key, sent) = (op.key(), verb(&op));
        let ops = vec![op.clone()];
        let mut stop = StopSignals::listen()
            .map_err(|error| Exit::FAILED.because(format!("cannot listen to signals: {}", error.kind())))?;
        let commit = self.writes.commit(NUMBER, Ok(Arc::clone(&writer)), ops.clone());
        let answer = stop.finish(&format!("the {sent} of {key}"), commit).await;
        let Some(answer) = answer.map(Audited::noted) else { return outcome_result(&op, None) };
        let Err(Error::OutcomeUnknown { reason, .. }) = answer else { return Ok(answer?) };
        print_note(&format!("no answer to the {sent} of {key} ({reason}); looking whether it was done"));
        let found = if stop.asked {
            None
        } else {
            tokio::select! {
                found = self.writes.find_outcome(NUMBER, &*writer, &ops, OUTCOME_WITHIN) => found.noted().ok(),
                () = stop.next() => None,
            }
        };
        let judged = outcome_result(&op, found);
        if let Ok(commit) = &judged {
            print_note(&match commit.outcomes.first().and_then(|outcome| outcome.after) {
                Some(token) => format!("{key} was stored after all: token {token}"),
                None => format!("{key} was deleted after all"),
            });
        }
        judged
    }
}

impl<T> Audited<T> {
    /// The answer. If it is not in the audit, notes that on standard error; the command does not fail.
    pub(super) fn noted(self) -> T {
        note_unrecorded(self.unrecorded);
        self.answer
    }
}

pub(super) fn note_unrecorded(trouble: Option<String>) {
    if let Some(trouble) = trouble {
        print_note(&format!("this write is not in the audit: {trouble}"));
    }
}

fn verb(op: &Op) -> &'static str {
    if matches!(op, Op::Delete { .. }) { "delete" } else { "write" }
}

/// The command's result for an outcome that was determined by reading back.
fn outcome_result(op: &Op, found: Option<CommitStatus>) -> Result<Commit> {
    let (key, sent) = (op.key(), verb(op));
    let look = format!("confdeck get {key} shows what is stored");
    match found {
        Some(CommitStatus::Written(commit)) => Ok(commit),
        Some(CommitStatus::NotWritten) => {
            // A request that is still on its way is subject to its own condition, if it has one.
            let again = if op.expect() != Expect::Anything {
                "repeated under the same condition, it cannot be done twice"
            } else {
                "should it be on its way still, it may be done yet: look again before you repeat it"
            };
            let was_not = if sent == "delete" { "was not deleted" } else { "was not stored" };
            Err(Exit::UNAVAILABLE.because(format!("{key} {was_not}: {again}")))
        }
        Some(CommitStatus::Superseded { now, .. }) => {
            let now = now.map_or_else(|| "nothing is".into(), |entry| format!("token {} is", entry.token));
            let what = format!("whether the {sent} was done before that cannot be told");
            Err(Exit::OUTCOME_UNKNOWN
                .because(format!("{key} was written by someone else ({now} stored now): {what}; {look}")))
        }
        Some(CommitStatus::Partial) => {
            Err(Exit::OUTCOME_UNKNOWN.because(format!("the {sent} of {key} was done in part; {look}")))
        }
        None => Err(Exit::OUTCOME_UNKNOWN.because(format!(
            "what became of the {sent} of {key} cannot be found out: it may or may not be done; {look}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::error::Exit;
    use crate::domain::{Address, Revision, Token};
    use crate::provider::{Lease, Outcome};

    #[test]
    fn what_was_found_has_its_words_and_its_exit_code() {
        let key = "a/x".parse::<Address>().unwrap().0;
        let sent = |conditional| Op::Put {
            key: key.clone(),
            document: "{}".into(),
            expect: if conditional { Expect::Absent } else { Expect::Anything },
            lease: Lease::Keep,
        };
        let told = |found, conditional| {
            outcome_result(&sent(conditional), found).map_err(|f| (f.exit(), f.to_string()))
        };
        let outcomes = vec![Outcome { before: None, after: Some(Token::counter(7)) }];
        assert!(told(Some(CommitStatus::Written(Commit { at: Revision(7), outcomes })), true).is_ok());
        let (exit, words) = told(Some(CommitStatus::NotWritten), true).unwrap_err();
        assert_eq!(exit, Exit::UNAVAILABLE);
        assert!(words.contains("was not stored") && words.contains("cannot be done twice"), "{words}");
        let (_, words) = told(Some(CommitStatus::NotWritten), false).unwrap_err();
        assert!(words.contains("look again before you repeat it"), "{words}");
        let overtaken = CommitStatus::Superseded { key: key.clone(), now: None };
        for found in [None, Some(overtaken), Some(CommitStatus::Partial)] {
            let (exit, words) = told(found, true).unwrap_err();
            assert_eq!(exit, Exit::OUTCOME_UNKNOWN);
            assert!(words.contains("confdeck get a/x"), "{words}");
        }
    }
}
