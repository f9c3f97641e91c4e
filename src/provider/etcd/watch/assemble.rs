//! Reassembles revisions from fragments: the events of one revision may arrive in several responses,
//! but must be applied as one batch.
//!
//! etcd marks fragments, but the client library hides the mark. The server's behaviour is enough: it
//! splits a response only where the next event would exceed its request limit plus 512 KiB, and no
//! event exceeds the request limit, so every fragment but the last is at least 512 KiB long; and it
//! sends the fragments of a response with nothing between them. So a revision is complete once a
//! response is shorter, or once anything else follows.

use crate::domain::Revision;

/// A response shorter than this is never a fragment that continues; half of what etcd guarantees.
const MIN_FRAGMENT: usize = 256 * 1024;

/// The events of one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RevisionBatch<T> {
    pub(super) at: Revision,
    pub(super) events: Vec<T>,
}

#[derive(Debug)]
pub(super) struct FragmentAssembler<T> {
    /// The revision that is incomplete. It is completed by a response without events, such as the response
    /// to a progress request, or by one of another watcher.
    pub(super) open: Option<RevisionBatch<T>>,
}

impl<T> FragmentAssembler<T> {
    /// Adds the events of one response of `bytes` bytes; returns the batches that are complete.
    pub(super) fn push(
        &mut self,
        events: impl IntoIterator<Item = (Revision, T)>,
        bytes: usize,
    ) -> Vec<RevisionBatch<T>> {
        let mut complete = Vec::new();
        for (at, event) in events {
            match &mut self.open {
                Some(open) if open.at == at => open.events.push(event),
                open => complete.extend(open.replace(RevisionBatch { at, events: vec![event] })),
            }
        }
        if bytes < MIN_FRAGMENT {
            complete.extend(self.open.take());
        }
        complete
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn batch(at: u64, events: &[u8]) -> RevisionBatch<u8> {
        RevisionBatch { at: Revision(at), events: events.to_vec() }
    }

    fn answer(
        assembler: &mut FragmentAssembler<u8>,
        events: &[(u64, u8)],
        bytes: usize,
    ) -> Vec<RevisionBatch<u8>> {
        assembler.push(events.iter().map(|&(at, event)| (Revision(at), event)), bytes)
    }

    #[test]
    fn a_short_answer_is_whole() {
        let mut assembler = FragmentAssembler { open: None };
        assert_eq!(
            answer(&mut assembler, &[(1, 1), (1, 2), (2, 3)], 100),
            [batch(1, &[1, 2]), batch(2, &[3])]
        );
        assert!(assembler.open.is_none());
    }

    #[test]
    fn a_revision_in_parts_waits_for_its_last_part() {
        let mut assembler = FragmentAssembler { open: None };
        assert_eq!(answer(&mut assembler, &[(1, 1), (2, 2)], MIN_FRAGMENT), [batch(1, &[1])]);
        assert!(assembler.open.is_some());
        assert_eq!(answer(&mut assembler, &[(2, 3)], MIN_FRAGMENT), []);
        assert_eq!(answer(&mut assembler, &[(2, 4)], 10), [batch(2, &[2, 3, 4])]);
    }

    #[test]
    fn anything_else_ends_a_long_answer_that_was_whole() {
        let mut assembler = FragmentAssembler { open: None };
        assert_eq!(answer(&mut assembler, &[(5, 1)], MIN_FRAGMENT), []);
        assert_eq!(assembler.open.take(), Some(batch(5, &[1])));
        assert_eq!(answer(&mut assembler, &[(6, 1)], MIN_FRAGMENT), []);
        assert_eq!(answer(&mut assembler, &[(7, 1)], 10), [batch(6, &[1]), batch(7, &[1])]);
    }

    proptest! {
        /// However the server splits by its own rule, every revision comes out once and whole.
        #[test]
        fn cuts_never_show(sizes in proptest::collection::vec((1u64..4, 1usize..600), 1..40)) {
            let mut at = 0;
            let events: Vec<_> = sizes.iter().map(|&(step, kib)| {
                // A step of one keeps the revision; the first event starts one.
                at += u64::from(step > 1 || at == 0);
                (at, kib)
            }).collect();
            let mut assembler = FragmentAssembler { open: None };
            let mut seen: Vec<RevisionBatch<usize>> = Vec::new();
            let (mut part, mut length) = (Vec::new(), 0);
            for &(at, kib) in &events {
                if !part.is_empty() && length + kib >= 600 + 512 {
                    seen.extend(assembler.push(std::mem::take(&mut part), length * 1024));
                    length = 0;
                }
                part.push((Revision(at), kib));
                length += kib;
            }
            seen.extend(assembler.push(part, length * 1024));
            seen.extend(assembler.open.take());

            let mut revisions: Vec<_> = events.iter().map(|event| event.0).collect();
            revisions.dedup();
            prop_assert_eq!(seen.iter().map(|batch| batch.at.0).collect::<Vec<_>>(), revisions);
            let flat: Vec<_> = seen.into_iter().flat_map(|batch| batch.events).collect();
            prop_assert_eq!(flat, events.iter().map(|event| event.1).collect::<Vec<_>>());
        }
    }
}
