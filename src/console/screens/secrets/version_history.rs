//! The versions of the selected secret.

use std::time::Duration;

use crate::console::request::{Pending, RequestId};
use crate::domain::{SecretMetadata, SecretPath};
use crate::provider::Error;

/// How long a row stays selected before its versions are requested, so that passing over a row costs nothing.
const REST: Duration = Duration::from_millis(150);

/// How long an answer is considered current.
const AGAIN: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct VersionHistory {
    pub path: SecretPath,
    pub answer: Option<Result<Option<SecretMetadata>, String>>,
    pub asked: Pending<()>,
    /// `None` if its store keeps no versions.
    due: Option<Duration>,
}

impl VersionHistory {
    pub(crate) fn begin(path: SecretPath, now: Duration) -> Self {
        Self { path, answer: None, asked: Pending::default(), due: Some(now + REST) }
    }

    /// When to request it; `None` while a request is pending.
    pub fn due(&self) -> Option<Duration> {
        self.due.filter(|_| !self.asked.is_pending())
    }

    /// Requests it again at once.
    pub fn ask_now(&mut self, now: Duration) {
        self.asked.cancel();
        self.due = Some(now);
    }

    /// Takes an answer; returns whether it was for the last request.
    pub fn accept(
        &mut self,
        request: RequestId,
        told: Result<Option<SecretMetadata>, Error>,
        now: Duration,
    ) -> bool {
        if self.asked.accept(request).is_none() {
            return false;
        }
        // An engine that keeps no versions will not keep any in ten seconds either.
        self.due = (!matches!(told, Err(Error::Unsupported { .. }))).then_some(now + AGAIN);
        self.answer = Some(told.map_err(|error| error.to_string()));
        true
    }
}
