//! The writes of this session that can be taken back, the last one last. They are kept in memory
//! alone, with the documents as they were, and bounded.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::{Step, Writing};
use crate::domain::{Document, Entry, ResourceKey, Revision, StoreId, Token};
use crate::provider::Commit;

/// The most writes kept.
const MAX_WRITES: usize = 100;

/// The most bytes of documents kept, before and after; the oldest writes go first.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The writes of this session, the oldest first.
#[derive(Debug, Default)]
pub struct Writes {
    list: VecDeque<Written>,
    bytes: usize,
    last: u64,
}

/// A write that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its number in this session.
    pub id: u64,
    /// Where it went.
    pub store: Option<StoreId>,
    /// When it was acknowledged.
    pub when: SystemTime,
    /// What it did, in words: `write production/orders`.
    pub what: String,
    /// What happened to each document.
    pub steps: Vec<Touched>,
}

/// What a write did to one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Which.
    pub key: ResourceKey,
    /// What was there.
    pub before: Option<Entry>,
    /// What is there, unless somebody wrote since.
    pub after: Option<(Document, Token)>,
    /// The revision from which on that is so.
    pub at: Revision,
}

impl Touched {
    fn bytes(&self) -> usize {
        let before = self.before.as_ref().map_or(0, |entry| entry.document.len());
        before + self.after.as_ref().map_or(0, |(document, _)| document.len())
    }

    fn token(&self) -> Option<Token> {
        self.after.as_ref().map(|(_, token)| *token)
    }
}

impl Written {
    fn bytes(&self) -> usize {
        self.steps.iter().map(Touched::bytes).sum()
    }
}

impl Writes {
    /// How many can be taken back.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether none can.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The last one.
    pub fn last(&self) -> Option<&Written> {
        self.list.back()
    }

    /// One by its number, and which one it is, counted back from the last, from 1.
    pub fn find(&self, id: u64) -> Option<(&Written, usize)> {
        let at = self.list.iter().position(|written| written.id == id)?;
        Some((self.list.get(at)?, self.list.len() - at))
    }

    /// The one before another; after the oldest comes the last again.
    pub fn before(&self, id: u64) -> Option<&Written> {
        let older = self.list.iter().rev().find(|written| written.id < id);
        older.or_else(|| self.last())
    }

    /// Takes in what was acknowledged: a write to remember, or one that took another back.
    pub fn take(&mut self, writing: &Writing, commit: &Commit, (store, when): (Option<StoreId>, SystemTime)) {
        let tokens = commit.outcomes.iter().map(|outcome| outcome.after);
        let steps: Vec<_> = writing
            .steps
            .iter()
            .zip(tokens)
            .map(|(step, token)| Touched {
                key: step.key.clone(),
                before: step.before.clone(),
                after: step.after.clone().zip(token),
                at: commit.at,
            })
            .collect();
        if let Some(id) = writing.undoes {
            return self.taken_back(id, &steps);
        }
        if writing.steps.iter().all(Step::is_same) {
            return self.written_again(&steps);
        }
        self.last += 1;
        let written = Written { id: self.last, store, when, what: writing.what(), steps };
        self.bytes += written.bytes();
        self.list.push_back(written);
        while self.list.len() > MAX_WRITES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.list.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
    }

    /// Documents were written again as they were, which is nothing to take back: only their tokens are
    /// others, under which the writes before can still be taken back.
    fn written_again(&mut self, steps: &[Touched]) {
        for is in steps {
            let was = is.before.as_ref().map(|entry| entry.token);
            let older = self.list.iter_mut().flat_map(|written| &mut written.steps);
            for step in older.filter(|step| step.key == is.key && step.token() == was) {
                if let (Some((_, token)), Some(now)) = (&mut step.after, is.token()) {
                    *token = now;
                }
                step.at = is.at;
            }
        }
    }

    /// One was taken back. Its documents are what the writes before it left, under tokens of their own,
    /// so that those can be taken back in turn.
    fn taken_back(&mut self, id: u64, steps: &[Touched]) {
        let Some(at) = self.list.iter().position(|written| written.id == id) else { return };
        let Some(undone) = self.list.remove(at) else { return };
        self.bytes -= undone.bytes();
        for (was, is) in undone.steps.iter().filter_map(|was| {
            let is = steps.iter().find(|step| step.key == was.key)?;
            Some((was, is))
        }) {
            let left = was.before.as_ref().map(|entry| entry.token);
            let older = self.list.iter_mut().take(at).flat_map(|written| &mut written.steps);
            for step in older.filter(|step| step.key == was.key && step.token() == left) {
                if let (Some((_, token)), Some(now)) = (&mut step.after, is.token()) {
                    *token = now;
                }
                step.at = is.at;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::effect::Request;
    use crate::domain::{Namespace, WebhookId};
    use crate::provider::Outcome;

    fn write(bytes: usize) -> Writing {
        let key = ResourceKey::webhook(Namespace::default(), WebhookId::new("large").unwrap());
        let document = Some(Document::new(vec![b' '; bytes]));
        let steps = vec![Step::to(key.clone(), document.clone())];
        Writing { request: Request(1), document, key, store: None, steps, said: None, undoes: None }
    }

    #[test]
    fn large_documents_push_the_oldest_writes_out() {
        let mut writes = Writes::default();
        let outcome = Outcome { before: None, after: Some(Token::counter(2)) };
        let commit = Commit { at: Revision(2), outcomes: vec![outcome] };
        let mut kept = Vec::new();
        for mebibytes in [5, 5, 5, 5, 17, 1] {
            writes.take(&write(mebibytes << 20), &commit, (None, SystemTime::UNIX_EPOCH));
            kept.push(writes.len());
        }
        assert_eq!(kept, [1, 2, 3, 3, 0, 1], "what is too large alone is not kept either");
        assert_eq!(writes.bytes, 1 << 20);
    }
}
