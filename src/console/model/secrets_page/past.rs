//! The versions of the selected secret, as far as they were asked for.

use std::time::Duration;

use crate::console::effect::Request;
use crate::domain::{SecretPath, Versions};
use crate::provider::Error;

/// How long a selection rests before its versions are asked for, so that passing over a row asks nothing.
const REST: Duration = Duration::from_millis(150);

/// How long an answer is taken for current.
const AGAIN: Duration = Duration::from_secs(10);

/// The versions of one secret.
#[derive(Debug)]
pub struct Past {
    /// Which secret.
    pub path: SecretPath,
    /// The answer, or why there is none.
    pub told: Option<Result<Option<Versions>, String>>,
    asked: Option<Request>,
    /// `None` once it is known that there is nothing to be told.
    due: Option<Duration>,
}

impl Past {
    /// Of a secret that was selected now.
    pub(super) fn begin(path: SecretPath, now: Duration) -> Self {
        Self { path, told: None, asked: None, due: Some(now + REST) }
    }

    /// When it is to be asked for; `None` while a question is under way.
    pub fn due(&self) -> Option<Duration> {
        self.due.filter(|_| self.asked.is_none())
    }

    /// Asked now.
    pub fn ask(&mut self, request: Request) {
        self.asked = Some(request);
    }

    /// As if it had not been asked: it is, at once.
    pub fn hurry(&mut self, now: Duration) {
        self.asked = None;
        self.due = Some(now);
    }

    /// Takes an answer in; says whether it was one to the last question.
    pub fn take(&mut self, request: Request, told: Result<Option<Versions>, Error>, now: Duration) -> bool {
        if self.asked != Some(request) {
            return false;
        }
        self.asked = None;
        // An engine that keeps no versions keeps none in ten seconds either.
        self.due = (!matches!(told, Err(Error::Unsupported { .. }))).then_some(now + AGAIN);
        self.told = Some(told.map_err(|error| error.to_string()));
        true
    }
}
