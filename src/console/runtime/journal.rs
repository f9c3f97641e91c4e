//! What confdeck notices, told to its own log: the link and the writes, never a value.

use crate::domain::LinkState;
use crate::inventory::Feed;
use crate::provider::{Commit, Error, Found, Op};

/// The target of these lines: whose they are is plain, and the room they come from is nobody's concern.
const LOG: &str = env!("CARGO_PKG_NAME");

/// Tells what the store says about the link and about loads.
pub(super) fn heard(feed: &Feed) {
    match feed {
        Feed::State(state) => tell_state(state),
        Feed::Load { store, at, resync, coverage } => {
            let partial = coverage.is_partial();
            tracing::info!(target: LOG, store = store.as_str(), %at, resync, partial, "load begins")
        }
        Feed::Loaded { at } => tracing::info!(target: LOG, %at, "load complete"),
        _ => {}
    }
}

fn tell_state(state: &LinkState) {
    let word = state.word();
    match state {
        LinkState::Connecting { error: None, .. } | LinkState::Loading { .. } => {
            tracing::debug!(target: LOG, "{word}")
        }
        LinkState::Synced | LinkState::CatchingUp => tracing::info!(target: LOG, "{word}"),
        LinkState::Connecting { error: Some(reason), retry_in }
        | LinkState::Stale { reason, retry_in }
        | LinkState::Denied { permission: reason, retry_in } => {
            tracing::warn!(target: LOG, ?retry_in, "{word}: {reason}");
        }
    }
}

/// What a commit is about to do, in words.
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

/// Tells what came of a commit.
pub(super) fn written(intent: &str, outcome: &Result<Commit, Error>) {
    match outcome {
        Ok(commit) => tracing::info!(target: LOG, at = %commit.at, "done: {intent}"),
        Err(error) => tracing::warn!(target: LOG, "not done: {intent}: {error}"),
    }
}

/// Tells what was found out about a commit whose answer was lost.
pub(super) fn found(intent: &str, found: &Result<Found, Error>) {
    match found {
        Ok(Found::Written(commit)) => tracing::info!(target: LOG, at = %commit.at, "found done: {intent}"),
        Ok(Found::NotWritten) => tracing::warn!(target: LOG, "found not done: {intent}"),
        Ok(Found::Overtaken { key, .. }) => {
            tracing::warn!(target: LOG, "overtaken: {intent}: {key} was written by someone else")
        }
        Ok(Found::Partly) => tracing::warn!(target: LOG, "found done in part: {intent}"),
        Err(error) => tracing::info!(target: LOG, "not known yet: {intent}: {error}"),
    }
}
