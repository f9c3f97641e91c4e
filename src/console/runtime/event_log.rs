//! Log lines about the link and about writes; they never contain a value.

use crate::domain::LinkState;
use crate::inventory::InventoryEvent;
use crate::provider::{Commit, CommitStatus, Error, Op};

/// The log target: the crate rather than the module.
const LOG: &str = env!("CARGO_PKG_NAME");

/// Logs link states and loads.
pub(super) fn log_feed(feed: &InventoryEvent) {
    match feed {
        InventoryEvent::State(state) => log_state(state),
        InventoryEvent::Load { store, at, resync, coverage } => {
            let partial = coverage.is_partial();
            tracing::info!(target: LOG, store = store.as_str(), %at, resync, partial, "load begins")
        }
        InventoryEvent::Loaded { at } => tracing::info!(target: LOG, %at, "load complete"),
        _ => {}
    }
}

fn log_state(state: &LinkState) {
    let word = state.word();
    match state {
        _ if let Some(reason) = state.reason() => {
            tracing::warn!(target: LOG, retry_in = ?state.retry_in(), "{word}: {reason}");
        }
        LinkState::CatchingUp { applied, store } => {
            let store = store.map(tracing::field::display);
            tracing::info!(target: LOG, %applied, store, "{word}");
        }
        LinkState::Synced => tracing::info!(target: LOG, "{word}"),
        _ => tracing::debug!(target: LOG, "{word}"),
    }
}

/// What a commit does, in words.
pub(super) fn intent(ops: &[Op]) -> String {
    let words: Vec<_> = ops
        .iter()
        .map(|op| match op {
            Op::Put { key, .. } => format!("write {key}"),
            Op::Delete { key, .. } => format!("delete {key}"),
        })
        .collect();
    words.join(", ")
}

pub(super) fn log_commit(intent: &str, outcome: &Result<Commit, Error>) {
    match outcome {
        Ok(commit) => tracing::info!(target: LOG, at = %commit.at, "done: {intent}"),
        Err(error) => tracing::warn!(target: LOG, "not done: {intent}: {error}"),
    }
}

/// Logs the outcome of a commit whose answer was lost.
pub(super) fn log_outcome(intent: &str, found: &Result<CommitStatus, Error>) {
    match found {
        Ok(CommitStatus::Written(commit)) => {
            tracing::info!(target: LOG, at = %commit.at, "found done: {intent}")
        }
        Ok(CommitStatus::NotWritten) => tracing::warn!(target: LOG, "found not done: {intent}"),
        Ok(CommitStatus::Superseded { key, .. }) => {
            tracing::warn!(target: LOG, "overtaken: {intent}: {key} was written by someone else")
        }
        Ok(CommitStatus::Partial) => tracing::warn!(target: LOG, "found done in part: {intent}"),
        Err(error) => tracing::info!(target: LOG, "not known yet: {intent}: {error}"),
    }
}
