//! The undo log: the writes of this session that can be undone. It is bounded and kept only in memory, with
//! the documents as they were.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::state::{MAX_STEPS, PlanStep};
use crate::console::model::PendingWrite;
use crate::domain::{Document, Entry, ResourceKey, Revision, StoreId, Token};
use crate::inventory::Inventory;
use crate::provider::Commit;

/// The most writes kept.
const MAX_WRITES: usize = 100;

/// The most bytes of documents kept, before and after the writes; the oldest writes are dropped first.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The writes of this session, the oldest first.
#[derive(Debug, Default)]
pub struct UndoLog {
    list: VecDeque<UndoEntry>,
    bytes: usize,
    last: u64,
    /// What was deleted here, from which store and at which of its revisions, the newest last: also by writes
    /// that are not in the list.
    deleted: VecDeque<(Option<StoreId>, ResourceKey, Revision)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoEntry {
    /// Its number in this session, from 1.
    pub id: u64,
    pub store: Option<StoreId>,
    /// When it was acknowledged.
    pub when: SystemTime,
    /// `write production/orders`
    pub description: String,
    /// What is left of it.
    pub steps: Vec<UndoChange>,
    /// How many of its changes were undone.
    pub taken_back: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoChange {
    pub key: ResourceKey,
    pub before: Option<Entry>,
    /// What was written, unless someone wrote since.
    pub after: Option<(Document, Token)>,
    /// The revision at which it was written.
    pub at: Revision,
}

impl UndoChange {
    fn bytes(&self) -> usize {
        let before = self.before.as_ref().map_or(0, |entry| entry.document.len());
        before + self.after.as_ref().map_or(0, |(document, _)| document.len())
    }

    fn token(&self) -> Option<Token> {
        self.after.as_ref().map(|(_, token)| *token)
    }
}

impl UndoEntry {
    fn bytes(&self) -> usize {
        self.steps.iter().map(UndoChange::bytes).sum()
    }
}

impl UndoLog {
    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn last(&self) -> Option<&UndoEntry> {
        self.list.back()
    }

    /// Whether a document that is gone from the inventory was deleted here; at a later revision it was
    /// deleted again, by another client. Revisions of another store, such as a restored one, say nothing.
    pub fn has_deleted(&self, key: &ResourceKey, inventory: &Inventory) -> bool {
        self.deleted.iter().any(|(store, deleted, at)| {
            deleted == key && store.as_ref() == inventory.store() && inventory.revision() <= *at
        })
    }

    /// A write by its number, and its distance from the newest, from 1.
    pub fn find(&self, id: u64) -> Option<(&UndoEntry, usize)> {
        let at = self.list.iter().position(|written| written.id == id)?;
        Some((self.list.get(at)?, self.list.len() - at))
    }

    /// The write before another; for the oldest, the newest.
    pub fn older_than(&self, id: u64) -> Option<&UndoEntry> {
        let older = self.list.iter().rev().find(|written| written.id < id);
        older.or_else(|| self.last())
    }

    /// Records an acknowledged commit: a new write, or the undo of an earlier one.
    pub fn record(
        &mut self,
        writing: &PendingWrite,
        commit: &Commit,
        (store, when): (Option<StoreId>, SystemTime),
    ) {
        let steps = writing.steps.iter().zip(&commit.outcomes).map(|(step, outcome)| UndoChange {
            key: step.key.clone(),
            before: step.before.clone(),
            after: step.after.clone().zip(outcome.after),
            at: commit.at,
        });
        let steps: Vec<_> = steps.collect();
        let deleted = steps.iter().filter(|step| step.after.is_none());
        self.deleted.extend(deleted.map(|step| (store.clone(), step.key.clone(), commit.at)));
        self.deleted.drain(..self.deleted.len().saturating_sub(MAX_STEPS));
        if let Some(id) = writing.undoes {
            return self.record_undo(id, &steps);
        }
        if writing.steps.iter().all(PlanStep::is_rewrite) {
            // There is nothing to undo. Only the tokens changed, so earlier writes can still be undone.
            for is in &steps {
                self.hand_on_token(self.list.len(), is.before.as_ref(), is);
            }
            return;
        }
        self.last += 1;
        let written =
            UndoEntry { id: self.last, store, when, description: writing.describe(), steps, taken_back: 0 };
        self.bytes += written.bytes();
        self.list.push_back(written);
        while self.list.len() > MAX_WRITES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.list.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
    }

    /// Records that changes of a write were undone; what could not be is kept. The documents are again as the
    /// previous writes left them, but with new tokens, so those writes get the new tokens and can be undone in
    /// turn.
    fn record_undo(&mut self, id: u64, steps: &[UndoChange]) {
        let Some(at) = self.list.iter().position(|written| written.id == id) else { return };
        let Some(written) = self.list.get_mut(at) else { return };
        let is_undone = |was: &mut UndoChange| steps.iter().any(|step| step.key == was.key);
        let undone: Vec<_> = written.steps.extract_if(.., is_undone).collect();
        written.taken_back += undone.len();
        if written.steps.is_empty() {
            self.list.remove(at);
        }
        for was in &undone {
            self.bytes -= was.bytes();
            if let Some(is) = steps.iter().find(|step| step.key == was.key) {
                self.hand_on_token(at, was.before.as_ref(), is);
            }
        }
    }

    /// Gives the new token of a key to those of the oldest `count` writes that left it as `was`.
    fn hand_on_token(&mut self, count: usize, was: Option<&Entry>, is: &UndoChange) {
        let was = was.map(|entry| entry.token);
        let older = self.list.iter_mut().take(count).flat_map(|written| &mut written.steps);
        for step in older.filter(|step| step.key == is.key && step.token() == was) {
            if let (Some((_, token)), Some(now)) = (&mut step.after, is.token()) {
                *token = now;
            }
            step.at = is.at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::request::RequestId;
    use crate::domain::{Namespace, WebhookId};
    use crate::provider::Outcome;

    fn write(bytes: usize) -> PendingWrite {
        let key = ResourceKey::webhook(Namespace::default(), WebhookId::new("large").unwrap());
        let document = Some(Document::new(vec![b' '; bytes]));
        let steps = vec![PlanStep::create(key.clone(), document.clone())];
        PendingWrite {
            request: RequestId(1),
            document,
            key,
            store: None,
            steps,
            description: None,
            undoes: None,
        }
    }

    #[test]
    fn large_documents_push_the_oldest_writes_out() {
        let mut writes = UndoLog::default();
        let outcome = Outcome { before: None, after: Some(Token::counter(2)) };
        let commit = Commit { at: Revision(2), outcomes: vec![outcome] };
        let mut kept = Vec::new();
        for mebibytes in [5, 5, 5, 5, 17, 1] {
            writes.record(&write(mebibytes << 20), &commit, (None, SystemTime::UNIX_EPOCH));
            kept.push(writes.len());
        }
        assert_eq!(kept, [1, 2, 3, 3, 0, 1], "what is too large alone is not kept either");
        assert_eq!(writes.bytes, 1 << 20);
    }
}
