//! How a command writes: once, audited, and where no answer came it looks what became of it.

use std::fmt;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::failure::Failure;
use super::{Session, remark};
use crate::audit::Pending;
use crate::domain::ResourceKey;
use crate::provider::{Commit, ConfigWriter, Error, Expect, Found, Op, find_out};

/// A command makes one commit.
const ONLY: u64 = 1;

/// How long is looked what became of a write.
const LOOKING: Duration = Duration::from_secs(15);

/// Between two looks that met nobody.
const AGAIN: Duration = Duration::from_millis(500);

/// How long the audit may take, on whatever disk it is.
const AUDITING: Duration = Duration::from_secs(6);

impl Session {
    /// Writes, and keeps in the audit that it did.
    pub(super) async fn commit(&self, writer: &dyn ConfigWriter, op: Op) -> Result<Commit, Failure> {
        let (key, sent) = (op.key().clone(), Sent::of(&op));
        let ops = vec![op];
        let mut pending = self.audit.begin(ONLY, &ops);
        let result = writer.commit(ops.clone()).await;
        pending.answered(&result);
        keep(pending).await;
        match result {
            Err(Error::OutcomeUnknown { reason, .. }) => {
                remark(&format!("no answer to the {sent} of {key} ({reason}); looking whether it was done"));
                let found = look(writer, &ops).await;
                if let Some(found) = &found {
                    let mut pending = self.audit.begin(ONLY, &ops);
                    pending.found(found);
                    keep(pending).await;
                }
                let judged = judged(&key, sent, found);
                if let Ok(commit) = &judged {
                    remark(&after_all(&key, commit));
                }
                judged
            }
            result => Ok(result?),
        }
    }
}

/// What was sent, as far as words about it need to know.
#[derive(Debug, Clone, Copy)]
struct Sent {
    deletes: bool,
    conditional: bool,
}

impl Sent {
    fn of(op: &Op) -> Self {
        let deletes = matches!(op, Op::Delete { .. });
        Self { deletes, conditional: op.expect() != Expect::Anything }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.deletes { "delete" } else { "write" })
    }
}

/// Looks until somebody answers, or the time is over.
async fn look(writer: &dyn ConfigWriter, ops: &[Op]) -> Option<Found> {
    let deadline = Instant::now() + LOOKING;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        match timeout(left, find_out(writer, ops)).await {
            Ok(Ok(found)) => return Some(found),
            Ok(Err(_)) => sleep(AGAIN.min(left)).await,
            Err(_) => return None,
        }
    }
}

fn after_all(key: &ResourceKey, commit: &Commit) -> String {
    match commit.outcomes.first().and_then(|outcome| outcome.after) {
        Some(token) => format!("{key} was stored after all: token {token}"),
        None => format!("{key} was deleted after all"),
    }
}

/// What was found, in words and as a result.
fn judged(key: &ResourceKey, sent: Sent, found: Option<Found>) -> Result<Commit, Failure> {
    let look = format!("confdeck get {key} shows what is stored");
    match found {
        Some(Found::Written(commit)) => Ok(commit),
        Some(Found::NotWritten) => {
            // A request that is on its way still meets its own condition, if it has one.
            let again = if sent.conditional {
                "repeated under the same condition, it cannot be done twice"
            } else {
                "should it be on its way still, it may be done yet: look again before you repeat it"
            };
            let was_not = if sent.deletes { "was not deleted" } else { "was not stored" };
            Err(Failure::NotStored(format!("{key} {was_not}: {again}")))
        }
        Some(Found::Overtaken { now, .. }) => {
            let now = now.map_or_else(|| "nothing is".into(), |entry| format!("token {} is", entry.token));
            let what = format!("whether the {sent} was done before that cannot be told");
            Err(Failure::NotKnown(format!(
                "{key} was written by someone else ({now} stored now): {what}; {look}"
            )))
        }
        Some(Found::Partly) => {
            Err(Failure::NotKnown(format!("the {sent} of {key} was done in part; {look}")))
        }
        None => Err(Failure::NotKnown(format!(
            "what became of the {sent} of {key} cannot be found out: it may or may not be done; {look}"
        ))),
    }
}

/// What is not kept is said, and holds nothing back.
pub(super) async fn keep(pending: Pending) {
    let kept = timeout(AUDITING, spawn_blocking(move || pending.keep())).await;
    let trouble = match kept {
        Ok(Ok(Ok(()))) => return,
        Ok(Ok(Err(error))) => error.to_string(),
        Ok(Err(_)) | Err(_) => "the state folder's disk does not answer".to_owned(),
    };
    remark(&format!("this write is not in the audit: {trouble}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::Exit;
    use crate::domain::{Address, Revision, Token};
    use crate::provider::Outcome;

    #[test]
    fn what_was_found_has_its_words_and_its_exit_code() {
        let key = "a/x".parse::<Address>().unwrap().0;
        let sent = |conditional| Sent { deletes: false, conditional };
        let told = |found, conditional| {
            judged(&key, sent(conditional), found).map_err(|f| (f.exit(), f.to_string()))
        };
        let outcomes = vec![Outcome { before: None, after: Some(Token::counter(7)) }];
        assert!(told(Some(Found::Written(Commit { at: Revision(7), outcomes })), true).is_ok());
        let (exit, words) = told(Some(Found::NotWritten), true).unwrap_err();
        assert_eq!(exit, Exit::UNAVAILABLE);
        assert!(words.contains("was not stored") && words.contains("cannot be done twice"), "{words}");
        let (_, words) = told(Some(Found::NotWritten), false).unwrap_err();
        assert!(words.contains("look again before you repeat it"), "{words}");
        let overtaken = Found::Overtaken { key: key.clone(), now: None };
        for found in [None, Some(overtaken), Some(Found::Partly)] {
            let (exit, words) = told(found, true).unwrap_err();
            assert_eq!(exit, Exit::OUTCOME_UNKNOWN);
            assert!(words.contains("confdeck get a/x"), "{words}");
        }
    }
}
