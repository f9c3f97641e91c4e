//! Log lines about the link and about writes; they never contain a value.

use crate::console::age;
use crate::console::effect::SecretStatusChange;
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
            tracing::info!(target: LOG, store = %store.as_str(), %at, resync, partial, "load begins")
        }
        InventoryEvent::Loaded { at } => tracing::info!(target: LOG, %at, "load complete"),
        _ => {}
    }
}

fn log_state(state: &LinkState) {
    let word = state.word();
    match state {
        _ if let Some(reason) = state.reason() => {
            let again = state.retry_in().map(|wait| format!("; tried again in {}", age::wait(wait)));
            tracing::warn!(target: LOG, "{word}: {reason}{}", again.unwrap_or_default());
        }
        LinkState::CatchingUp { applied, store } => {
            let store = store.map(tracing::field::display);
            tracing::info!(target: LOG, %applied, store, "{word}");
        }
        LinkState::Synced => tracing::info!(target: LOG, "{word}"),
        _ => tracing::debug!(target: LOG, "{word}"),
    }
}

/// Logs an outage of the store of secrets, and its end.
pub(super) fn log_secret_status(change: &SecretStatusChange) {
    let (backend, word) = (change.backend, change.status.word());
    let before =
        change.before.map(|(before, lasted)| format!(", after {} {}", age::span(lasted), before.word()));
    let before = before.unwrap_or_default();
    match (change.status.serves(), &change.reason) {
        (true, _) => tracing::info!(target: LOG, "{backend} {word}{before}"),
        (false, Some(reason)) => tracing::warn!(target: LOG, "{backend} {word}: {reason}{before}"),
        (false, None) => tracing::warn!(target: LOG, "{backend} {word}{before}"),
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
