//! What ties an answer to whoever waits for it, and what is too small to be waited for.

/// Up to this many bytes a job is done on the event loop: half a millisecond.
pub const AT_ONCE: usize = 64 * 1024;

/// Ties an answer to its effect; an answer to an older request is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RequestId(pub u64);

/// The request whose answer is waited for, with what belongs to it.
#[derive(Debug)]
pub struct Pending<T>(pub(super) Option<(RequestId, T)>);

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Pending<T> {
    /// Waits for this request, and for no earlier one any more.
    pub fn begin(&mut self, request: RequestId, with: T) {
        self.0 = Some((request, with));
    }

    /// What belongs to this request, if it is the one waited for.
    pub fn accept(&mut self, request: RequestId) -> Option<T> {
        self.0.take_if(|(pending, _)| *pending == request).map(|(_, with)| with)
    }

    /// Waits for nothing any more; whether it did.
    pub fn cancel(&mut self) -> bool {
        self.0.take().is_some()
    }

    pub fn is_pending(&self) -> bool {
        self.0.is_some()
    }
}
