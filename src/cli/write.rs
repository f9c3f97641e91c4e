//! How commands report writes: those missing from the audit, and those without an answer.

use std::sync::Arc;
use std::time::Duration;

use super::error::{CliError, Exit, Result};
use super::session::CliSession;
use super::stderr::print_note;
use super::stop::StopSignals;
use crate::private_file::io_reason;
use crate::provider::{Commit, CommitStatus, ConfigWriter, Error, Expect, Op, is_as_requested};
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
        let mut stop = StopSignals::listen().map_err(|error| {
            Exit::FAILED.because(format!("cannot listen to signals: {}", io_reason(&error)))
        })?;
        let commit = self.writes.commit(NUMBER, Ok(Arc::clone(&writer)), ops.clone());
        let answer = stop.finish(&format!("the {sent} of {key}"), commit).await;
        let Some(answer) = answer.map(Audited::noted) else { return outcome_result(&op, None) };
        let Err(Error::OutcomeUnknown { reason, .. }) = answer else {
            return answer.map_err(|error| conflict_with_itself(&op, &error).unwrap_or_else(|| error.into()));
        };
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

/// The error of a conflict with what the operation itself would have stored.
fn conflict_with_itself(op: &Op, error: &Error) -> Option<CliError> {
    let Error::Conflict { key, now: Some(now) } = error else { return None };
    let words = format!(
        "{key} holds just this document already (now {}): someone else wrote the same, or an attempt of yours \
         whose answer was lost came through; nothing was written now",
        now.token
    );
    is_as_requested(op, Some(now)).then(|| Exit::CONFLICT.because(words))
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
                "look again before you repeat it"
            };
            let is_not = if sent == "delete" { "is not deleted" } else { "is not stored" };
            Err(Exit::OUTCOME_UNKNOWN.because(format!(
                "{key} {is_not} so far, but the {sent} may still be on its way and be done yet: {again}; {look}"
            )))
        }
        Some(CommitStatus::Superseded { now, .. }) => {
            let now = now.map_or_else(|| "nothing is".into(), |entry| format!("token {} is", entry.token));
            Err(Exit::OUTCOME_UNKNOWN.because(if op.expect() == Expect::Anything {
                format!(
                    "{key} does not hold what was sent ({now} stored now): the {sent} is not done so far and may \
                     be yet, or someone else has written since; {look}"
                )
            } else {
                let what = format!("whether the {sent} was done before that cannot be told");
                format!("{key} was written by someone else ({now} stored now): {what}; {look}")
            }))
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
    use crate::domain::{Address, Entry, Revision, Token};
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
        assert_eq!(exit, Exit::OUTCOME_UNKNOWN, "it may come yet");
        assert!(words.contains("is not stored so far") && words.contains("cannot be done twice"), "{words}");
        let (exit, words) = told(Some(CommitStatus::NotWritten), false).unwrap_err();
        assert_eq!(exit, Exit::OUTCOME_UNKNOWN);
        assert!(words.contains("look again before you repeat it"), "{words}");
        let overtaken = CommitStatus::Superseded { key: key.clone(), now: None };
        for found in [None, Some(overtaken), Some(CommitStatus::Partial)] {
            let (exit, words) = told(found, true).unwrap_err();
            assert_eq!(exit, Exit::OUTCOME_UNKNOWN);
            assert!(words.contains("confdeck get a/x"), "{words}");
        }
        // Without a condition, what is there may be what was there before.
        let other = CommitStatus::Superseded { key: key.clone(), now: None };
        let (_, words) = told(Some(other), false).unwrap_err();
        assert!(
            words.contains("not done so far") && !words.contains("was written by someone else"),
            "{words}"
        );
    }

    #[test]
    fn a_conflict_with_the_same_document_is_told_as_such() {
        let key = "a/x".parse::<Address>().unwrap().0;
        let document = "{}".into();
        let op = Op::Put { key: key.clone(), document, expect: Expect::Absent, lease: Lease::Keep };
        let met = |text: &str| {
            let (revision, token) = (Revision(7), Token::counter(7));
            let document = text.into();
            let now = Entry {
                key: key.clone(),
                document,
                revision,
                created: None,
                version: None,
                token,
                lease: None,
            };
            conflict_with_itself(&op, &Error::Conflict { key: key.clone(), now: Some(Box::new(now)) })
        };
        let told = met("{}").unwrap();
        assert_eq!(told.exit(), Exit::CONFLICT);
        assert!(told.to_string().starts_with("a/x holds just this document already (now 7)"), "{told}");
        assert!(met("{\"n\":1}").is_none());
    }
}
