//! Pure jobs that may be too large for the event loop. A small one is done at once, a large one by a task;
//! either way its result is applied to the model in the same way.

use std::fmt;

use super::effect::{Effect, RequestId};
use super::model::Model;
use super::request::AT_ONCE;

/// A job, and how its result is applied.
pub struct Compute {
    bytes: usize,
    run: Box<dyn FnOnce() -> Computed + Send>,
    failed: Computed,
}

/// The result of a job, still to be applied to the model.
pub struct Computed(Box<Apply>);

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
        let computed = move |result| Computed(Box::new(move |model, request| apply(model, request, result)));
        Self { bytes, failed: computed(failed), run: Box::new(move || computed(run())) }
    }

    pub fn is_small(&self) -> bool {
        self.bytes <= AT_ONCE
    }

    pub fn run(self) -> Computed {
        (self.run)()
    }

    /// The job, and the result to use if it panics.
    pub fn split(self) -> (impl FnOnce() -> Computed + Send, Computed) {
        (self.run, self.failed)
    }
}

impl Computed {
    pub fn apply(self, model: &mut Model, request: RequestId) -> Vec<Effect> {
        (self.0)(model, request)
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
