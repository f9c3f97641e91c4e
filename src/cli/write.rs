//! Audited writes of commands: one commit each, whose outcome is read back where no answer came.

use std::fmt;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::error::CliError;
use super::{CliSession, print_note};
use crate::audit::PendingRecords;
use crate::domain::ResourceKey;
use crate::provider::{Commit, CommitStatus, ConfigWriter, Error, Expect, Op, resolve_outcome};

/// The request number in the audit: a command makes one commit.
const ONLY: u64 = 1;

/// How long the outcome of an unanswered write is polled for.
const OUTCOME_WITHIN: Duration = Duration::from_secs(15);

/// Pause between two polls that got no answer.
const RETRY_APART: Duration = Duration::from_millis(500);

/// How long writing the audit may take.
const AUDIT_WITHIN: Duration = Duration::from_secs(6);

impl CliSession {
    /// Commits, and records it in the audit.
    pub(super) async fn commit(&self, writer: &dyn ConfigWriter, op: Op) -> Result<Commit, CliError> {
        let (key, sent) = (op.key().clone(), WriteSummary::of(&op));
        let ops = vec![op];
        let mut pending = self.audit.begin(ONLY, &ops);
        let result = writer.commit(ops.clone()).await;
        pending.answered(&result);
        save_audit(pending).await;
        match result {
            Err(Error::OutcomeUnknown { reason, .. }) => {
                print_note(&format!(
                    "no answer to the {sent} of {key} ({reason}); looking whether it was done"
                ));
                let found = poll_outcome(writer, &ops).await;
                if let Some(found) = &found {
                    let mut pending = self.audit.begin(ONLY, &ops);
                    pending.found(found);
                    save_audit(pending).await;
                }
                let judged = outcome_result(&key, sent, found);
                if let Ok(commit) = &judged {
                    print_note(&late_success(&key, commit));
                }
                judged
            }
            result => Ok(result?),
        }
    }
}

/// What messages about a write need to know of it.
#[derive(Debug, Clone, Copy)]
struct WriteSummary {
    deletes: bool,
    conditional: bool,
}

impl WriteSummary {
    fn of(op: &Op) -> Self {
        let deletes = matches!(op, Op::Delete { .. });
        Self { deletes, conditional: op.expect() != Expect::Anything }
    }
}

impl fmt::Display for WriteSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.deletes { "delete" } else { "write" })
    }
}

/// Polls until the store answers or the time is up; `None` if it did not.
async fn poll_outcome(writer: &dyn ConfigWriter, ops: &[Op]) -> Option<CommitStatus> {
    let deadline = Instant::now() + OUTCOME_WITHIN;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        match timeout(left, resolve_outcome(writer, ops)).await {
            Ok(Ok(found)) => return Some(found),
            Ok(Err(_)) => sleep(RETRY_APART.min(left)).await,
            Err(_) => return None,
        }
    }
}

fn late_success(key: &ResourceKey, commit: &Commit) -> String {
    match commit.outcomes.first().and_then(|outcome| outcome.after) {
        Some(token) => format!("{key} was stored after all: token {token}"),
        None => format!("{key} was deleted after all"),
    }
}

/// The result of the command for an outcome that was read back.
fn outcome_result(
    key: &ResourceKey,
    sent: WriteSummary,
    found: Option<CommitStatus>,
) -> Result<Commit, CliError> {
    let look = format!("confdeck get {key} shows what is stored");
    match found {
        Some(CommitStatus::Written(commit)) => Ok(commit),
        Some(CommitStatus::NotWritten) => {
            // A request that is still on its way meets its own condition, if it has one.
            let again = if sent.conditional {
                "repeated under the same condition, it cannot be done twice"
            } else {
                "should it be on its way still, it may be done yet: look again before you repeat it"
            };
            let was_not = if sent.deletes { "was not deleted" } else { "was not stored" };
            Err(CliError::NotStored(format!("{key} {was_not}: {again}")))
        }
        Some(CommitStatus::Superseded { now, .. }) => {
            let now = now.map_or_else(|| "nothing is".into(), |entry| format!("token {} is", entry.token));
            let what = format!("whether the {sent} was done before that cannot be told");
            Err(CliError::OutcomeUnknown(format!(
                "{key} was written by someone else ({now} stored now): {what}; {look}"
            )))
        }
        Some(CommitStatus::Partial) => {
            Err(CliError::OutcomeUnknown(format!("the {sent} of {key} was done in part; {look}")))
        }
        None => Err(CliError::OutcomeUnknown(format!(
            "what became of the {sent} of {key} cannot be found out: it may or may not be done; {look}"
        ))),
    }
}

/// Writes audit records. A failure is reported, and does not fail the command.
pub(super) async fn save_audit(pending: PendingRecords) {
    let kept = timeout(AUDIT_WITHIN, spawn_blocking(move || pending.append())).await;
    let trouble = match kept {
        Ok(Ok(Ok(()))) => return,
        Ok(Ok(Err(error))) => error.to_string(),
        Ok(Err(_)) | Err(_) => "the state folder's disk does not answer".to_owned(),
    };
    print_note(&format!("this write is not in the audit: {trouble}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::error::Exit;
    use crate::domain::{Address, Revision, Token};
    use crate::provider::Outcome;

    #[test]
    fn what_was_found_has_its_words_and_its_exit_code() {
        let key = "a/x".parse::<Address>().unwrap().0;
        let sent = |conditional| WriteSummary { deletes: false, conditional };
        let told = |found, conditional| {
            outcome_result(&key, sent(conditional), found).map_err(|f| (f.exit(), f.to_string()))
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
