//! Request ids, pending requests, and the size up to which a job is done without a request.

/// Jobs of up to this many bytes are done on the event loop, which takes half a millisecond.
pub const AT_ONCE: usize = 64 * 1024;

/// Ties an answer to its effect; an answer to an older request is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RequestId(pub u64);

/// The request whose answer is pending, with its data.
#[derive(Debug)]
pub struct Pending<T>(pub(super) Option<(RequestId, T)>);

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Pending<T> {
    /// Waits for this request, and no longer for an earlier one.
    pub fn begin(&mut self, request: RequestId, with: T) {
        self.0 = Some((request, with));
    }

    /// The data of this request, if it is the pending one.
    pub fn accept(&mut self, request: RequestId) -> Option<T> {
        self.0.take_if(|(pending, _)| *pending == request).map(|(_, with)| with)
    }

    /// Stops waiting; returns whether a request was pending.
    pub fn cancel(&mut self) -> bool {
        self.0.take().is_some()
    }

    /// The data of the pending request.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, with)| with)
    }

    pub fn is_pending(&self) -> bool {
        self.0.is_some()
    }
}
