//! What a store of secrets was asked, for tests that hold callers to their promises.

use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Copy)]
pub(super) enum Call {
    Presence,
    Reveal,
    List,
    Versions,
    Lacking,
    Write,
}

/// How often a store was asked for what, refused calls included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecretCalls {
    /// Whether a secret is there.
    pub presence: usize,
    /// Its values.
    pub reveal: usize,
    /// What is in a folder.
    pub list: usize,
    /// Which versions a secret has.
    pub versions: usize,
    /// What this user may not do.
    pub lacking: usize,
    /// To write, delete, undelete or destroy anything.
    pub write: usize,
    /// How many calls were under way at once, at most.
    pub most_in_flight: usize,
}

#[derive(Default)]
pub(super) struct Counts {
    calls: [AtomicUsize; 6],
    in_flight: AtomicUsize,
    most: AtomicUsize,
}

/// A call that is under way; dropped when it ends, also when its caller gives up.
pub(super) struct Underway<'a>(&'a AtomicUsize);

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Counts {
    pub(super) fn begin(&self, call: Call) -> Underway<'_> {
        let [presence, reveal, list, versions, lacking, write] = &self.calls;
        let counter = match call {
            Call::Presence => presence,
            Call::Reveal => reveal,
            Call::List => list,
            Call::Versions => versions,
            Call::Lacking => lacking,
            Call::Write => write,
        };
        counter.fetch_add(1, Ordering::SeqCst);
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Underway(&self.in_flight)
    }

    pub(super) fn now(&self) -> SecretCalls {
        let [presence, reveal, list, versions, lacking, write] =
            self.calls.each_ref().map(|counter| counter.load(Ordering::SeqCst));
        let most_in_flight = self.most.load(Ordering::SeqCst);
        SecretCalls { presence, reveal, list, versions, lacking, write, most_in_flight }
    }
}
