//! Pure jobs that may be too large for the event loop. A small one is done at once, a large one by a task;
//! either way its result is applied to the model in the same way.

use std::fmt;

use super::effect::{Effect, RequestId};
use super::model::Model;
use super::request::AT_ONCE;

/// A job, and how its result is applied.
pub struct Compute {
    bytes: usize,
    in_background: bool,
    run: Box<dyn FnOnce() -> Computed + Send>,
    failed: Computed,
}

/// The result of a job, still to be applied to the model.
pub struct Computed {
    apply: Box<Apply>,
    in_background: bool,
}

type Apply = dyn FnOnce(&mut Model, RequestId) -> Vec<Effect> + Send;

impl Compute {
    /// A job over this many bytes; `failed` is its result if it panics. `apply` drops the result of a request
    /// that is no longer pending.
    pub fn new<T: Send + 'static>(
        bytes: usize,
        run: impl FnOnce() -> T + Send + 'static,
        failed: T,
        apply: fn(&mut Model, RequestId, T) -> Vec<Effect>,
    ) -> Self {
        let computed = move |result| Computed {
            apply: Box::new(move |model, request| apply(model, request, result)),
            in_background: false,
        };
        Self { bytes, in_background: false, failed: computed(failed), run: Box::new(move || computed(run())) }
    }

    /// Nobody waits for its result, which asks for a frame itself if it needs one.
    pub fn in_background(self) -> Self {
        Self { in_background: true, ..self }
    }

    /// It is never done at once, whatever its size: how long it takes does not depend on that alone.
    pub fn off_the_loop(self) -> Self {
        Self { bytes: usize::MAX, ..self }
    }

    pub fn is_small(&self) -> bool {
        self.bytes <= AT_ONCE
    }

    pub fn run(self) -> Computed {
        Computed { in_background: self.in_background, ..(self.run)() }
    }

    /// The job, and the result to use if it panics.
    pub fn split(self) -> (impl FnOnce() -> Computed + Send, Computed) {
        let Self { in_background, run, failed, .. } = self;
        (move || Computed { in_background, ..run() }, Computed { in_background, ..failed })
    }
}

impl Computed {
    pub fn is_in_background(&self) -> bool {
        self.in_background
    }

    pub fn apply(self, model: &mut Model, request: RequestId) -> Vec<Effect> {
        (self.apply)(model, request)
    }
}

impl fmt::Debug for Compute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compute({} bytes)", self.bytes)
    }
}

impl fmt::Debug for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Computed")
    }
}
