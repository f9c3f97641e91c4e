//! Applies commits, and simulates a restored backup.

use super::leases::Leases;
use super::{MemoryStoreInner, fresh_id};
use crate::domain::{ChangeKind, Document, Entry, LeaseId, ResourceKey, Revision, Token};
use crate::provider::feed::FeedState;
use crate::provider::{Commit, Lease, Op, Outcome, Result, ops};

impl MemoryStoreInner {
    pub(super) fn commit(&self, operations: Vec<Op>) -> Result<Commit> {
        let mut leases = self.leases.lock();
        self.feed.update(|picture| {
            for op in &operations {
                ops::check_precondition(op, picture.entries().get(op.key()))?;
            }
            if operations.is_empty() {
                return Ok(Commit { at: picture.at(), outcomes: Vec::new() });
            }
            let (changes, outcomes) =
                operations.into_iter().map(|op| outcome(picture, &mut leases, op)).unzip();
            picture.apply(changes);
            Ok(Commit { at: picture.at(), outcomes })
        })
    }
}

/// The change that an operation makes, and its outcome.
fn outcome(picture: &FeedState, leases: &mut Leases, op: Op) -> (ChangeKind, Outcome) {
    let now = picture.entries().get(op.key());
    let before = now.map(|entry| entry.token);
    match op {
        Op::Put { key, document, lease, .. } => {
            let lease = match lease {
                Lease::Keep => now.and_then(|entry| entry.lease),
                Lease::Never => None,
                Lease::For(time) => Some(leases.grant(time)),
                Lease::Of(lease) => Some(lease),
            };
            let entry = next_entry(picture, &key, document, lease);
            let after = Some(entry.token);
            (ChangeKind::Put { entry }, Outcome { before, after })
        }
        Op::Delete { key, .. } => (ChangeKind::Deleted { key }, Outcome { before, after: None }),
    }
}

/// The entry after a write of `document` at the next revision.
pub(super) fn next_entry(
    picture: &FeedState,
    key: &ResourceKey,
    document: Document,
    lease: Option<LeaseId>,
) -> Entry {
    let now = picture.entries().get(key);
    let revision = picture.at().next();
    Entry {
        key: key.clone(),
        document,
        revision,
        created: now.map_or(Some(revision), |entry| entry.created),
        version: Some(now.and_then(|entry| entry.version).unwrap_or_default().saturating_add(1)),
        token: Token::counter(revision.0),
        lease,
    }
}

/// Simulates a restored backup: the same documents, with revisions from 1, in a store with a new id.
pub(super) fn replace(picture: &mut FeedState) {
    let mut at = Revision::default();
    let mut entries = picture.entries().clone();
    for entry in entries.values_mut() {
        at = at.next();
        entry.revision = at;
        entry.created = Some(at);
        entry.version = Some(1);
        entry.token = Token::counter(at.0);
    }
    picture.replace(fresh_id(), at, entries);
}
