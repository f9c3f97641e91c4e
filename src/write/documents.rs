//! Commits of documents, and the outcome of a commit whose answer was lost.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::{Audited, WriteService};
use crate::provider::{
    Commit, CommitStatus, ConfigReader, ConfigWriter, Error, Op, Result, resolve_outcome, within,
};

/// Pause between two attempts to determine an outcome.
const RETRY_APART: Duration = Duration::from_millis(500);

impl WriteService {
    /// Commits; `number` is unique within this process. `writer` is refused where writing is locked.
    pub async fn commit(
        &self,
        number: u64,
        writer: Result<Arc<dyn ConfigWriter>>,
        ops: Vec<Op>,
    ) -> Audited<Result<Commit>> {
        let pending = self.audit.begin(number, &ops);
        let call = |writer: Arc<dyn ConfigWriter>| async move {
            let Some(key) = ops.first().map(|op| op.key().clone()) else {
                let reason = "a commit of nothing; give it at least one operation".into();
                return Err(Error::Invalid { reason });
            };
            within(writer.commit_deadline(&ops), writer.commit(ops), |within| {
                Err(Error::OutcomeUnknown { key, reason: format!("nothing {within}") })
            })
            .await
        };
        self.audited(pending, writer, call, |pending, answer| pending.answered(answer)).await
    }

    /// Determines the outcome of the commit `number`, whose answer was lost: reads its keys until the store
    /// answers or the time is up.
    pub async fn find_outcome<R: ConfigReader + ?Sized>(
        &self,
        number: u64,
        reader: &R,
        ops: &[Op],
        limit: Duration,
    ) -> Audited<Result<CommitStatus>> {
        let deadline = Instant::now() + limit;
        let answer = loop {
            match timeout_at(deadline, resolve_outcome(reader, ops)).await {
                Ok(Err(_)) if Instant::now() + RETRY_APART < deadline => sleep(RETRY_APART).await,
                Ok(answer) => break answer,
                Err(_) => {
                    let reason = format!("nothing within {} s", limit.as_secs());
                    break Err(Error::unavailable_by(reason, std::io::ErrorKind::TimedOut));
                }
            }
        };
        let unrecorded = match &answer {
            Ok(found) => {
                let mut pending = self.audit.begin(number, ops);
                pending.found(found);
                self.save(pending).await
            }
            Err(_) => None,
        };
        Audited { answer, unrecorded }
    }
}
