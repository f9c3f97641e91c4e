//! Puts revisions together again: events arrive in answers that may be parts of one revision, and a
//! batch of one revision is applied as one.
//!
//! etcd marks such parts, but the client library hides the mark. What the server does without it is
//! enough: it cuts an answer only where the next event would exceed its request limit plus 512 KiB,
//! and no event exceeds the request limit, so every part but the last is at least 512 KiB long; and
//! it sends the parts of an answer with nothing between them. So a revision is complete once its
//! answer is shorter, or once anything else follows.

use crate::domain::Revision;

/// An answer shorter than this is never cut short; half of what etcd guarantees.
const NEVER_CUT: usize = 256 * 1024;

/// The events of one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch<T> {
    pub(super) at: Revision,
    pub(super) events: Vec<T>,
}

/// Collects events into batches.
#[derive(Debug)]
pub(super) struct Assembler<T> {
    open: Option<Batch<T>>,
}

impl<T> Assembler<T> {
    pub(super) fn new() -> Self {
        Self { open: None }
    }

    /// Whether a revision waits for its end. Asking for progress brings it.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the events of one answer of so many bytes; gives the batches that are complete.
    pub(super) fn answer(
        &mut self,
        events: impl IntoIterator<Item = (Revision, T)>,
        bytes: usize,
    ) -> Vec<Batch<T>> {
        let mut complete = Vec::new();
        for (at, event) in events {
            match &mut self.open {
                Some(open) if open.at == at => open.events.push(event),
                open => complete.extend(open.replace(Batch { at, events: vec![event] })),
            }
        }
        if bytes < NEVER_CUT {
            complete.extend(self.open.take());
        }
        complete
    }

    /// Takes note of an answer without events; it completes what was open.
    pub(super) fn other(&mut self) -> Option<Batch<T>> {
        self.open.take()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn batch(at: u64, events: &[u8]) -> Batch<u8> {
        Batch { at: Revision(at), events: events.to_vec() }
    }

    fn answer(assembler: &mut Assembler<u8>, events: &[(u64, u8)], bytes: usize) -> Vec<Batch<u8>> {
        assembler.answer(events.iter().map(|&(at, event)| (Revision(at), event)), bytes)
    }

    #[test]
    fn a_short_answer_is_whole() {
        let mut assembler = Assembler::new();
        assert_eq!(
            answer(&mut assembler, &[(1, 1), (1, 2), (2, 3)], 100),
            [batch(1, &[1, 2]), batch(2, &[3])]
        );
        assert!(!assembler.is_open());
    }

    #[test]
    fn a_revision_in_parts_waits_for_its_last_part() {
        let mut assembler = Assembler::new();
        assert_eq!(answer(&mut assembler, &[(1, 1), (2, 2)], NEVER_CUT), [batch(1, &[1])]);
        assert!(assembler.is_open());
        assert_eq!(answer(&mut assembler, &[(2, 3)], NEVER_CUT), []);
        assert_eq!(answer(&mut assembler, &[(2, 4)], 10), [batch(2, &[2, 3, 4])]);
    }

    #[test]
    fn anything_else_ends_a_long_answer_that_was_whole() {
        let mut assembler = Assembler::new();
        assert_eq!(answer(&mut assembler, &[(5, 1)], NEVER_CUT), []);
        assert_eq!(assembler.other(), Some(batch(5, &[1])));
        assert_eq!(answer(&mut assembler, &[(6, 1)], NEVER_CUT), []);
        assert_eq!(answer(&mut assembler, &[(7, 1)], 10), [batch(6, &[1]), batch(7, &[1])]);
    }

    proptest! {
        /// However the server cuts, by its own rule, every revision comes out once and whole.
        #[test]
        fn cuts_never_show(sizes in proptest::collection::vec((1u64..4, 1usize..600), 1..40)) {
            let mut at = 0;
            let events: Vec<_> = sizes.iter().map(|&(step, kib)| {
                // A step of one keeps the revision; the first event begins one.
                at += u64::from(step > 1 || at == 0);
                (at, kib)
            }).collect();
            let mut assembler = Assembler::new();
            let mut seen: Vec<Batch<usize>> = Vec::new();
            let (mut part, mut length) = (Vec::new(), 0);
            for &(at, kib) in &events {
                if !part.is_empty() && length + kib >= 600 + 512 {
                    seen.extend(assembler.answer(std::mem::take(&mut part), length * 1024));
                    length = 0;
                }
                part.push((Revision(at), kib));
                length += kib;
            }
            seen.extend(assembler.answer(part, length * 1024));
            seen.extend(assembler.other());

            let mut revisions: Vec<_> = events.iter().map(|event| event.0).collect();
            revisions.dedup();
            prop_assert_eq!(seen.iter().map(|batch| batch.at.0).collect::<Vec<_>>(), revisions);
            let flat: Vec<_> = seen.into_iter().flat_map(|batch| batch.events).collect();
            prop_assert_eq!(flat, events.iter().map(|event| event.1).collect::<Vec<_>>());
        }
    }
}
