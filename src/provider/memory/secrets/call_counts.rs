//! Counts the calls to a secret store, for tests of how callers use it.

use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Copy)]
pub(super) enum SecretCall {
    Presence,
    Reveal,
    List,
    Versions,
    Lacking,
    Write,
}

/// The number of calls by kind, failed ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecretCallCounts {
    pub presence: usize,
    pub reveal: usize,
    pub list: usize,
    pub versions: usize,
    pub lacking: usize,
    /// Writes, deletes, undeletes and destroys.
    pub write: usize,
    /// The highest number of concurrent calls.
    pub most_in_flight: usize,
}

#[derive(Default)]
pub(super) struct CallCounters {
    calls: [AtomicUsize; 6],
    in_flight: AtomicUsize,
    most: AtomicUsize,
}

/// Counts a call as in flight until dropped, also when its future is dropped.
pub(super) struct InFlightGuard<'a>(&'a AtomicUsize);

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl CallCounters {
    pub(super) fn begin(&self, call: SecretCall) -> InFlightGuard<'_> {
        let [presence, reveal, list, versions, lacking, write] = &self.calls;
        let counter = match call {
            SecretCall::Presence => presence,
            SecretCall::Reveal => reveal,
            SecretCall::List => list,
            SecretCall::Versions => versions,
            SecretCall::Lacking => lacking,
            SecretCall::Write => write,
        };
        counter.fetch_add(1, Ordering::SeqCst);
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        InFlightGuard(&self.in_flight)
    }

    pub(super) fn now(&self) -> SecretCallCounts {
        let [presence, reveal, list, versions, lacking, write] =
            self.calls.each_ref().map(|counter| counter.load(Ordering::SeqCst));
        let most_in_flight = self.most.load(Ordering::SeqCst);
        SecretCallCounts { presence, reveal, list, versions, lacking, write, most_in_flight }
    }
}
