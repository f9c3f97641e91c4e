//! What requests are held to: the limits that are in force when each arrives. It logs what became of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use confdeck::text::Safe;

use crate::Receiver;
use crate::refusal::Refusal;

/// The most that is logged of a path, in characters.
const PATH_MAX: usize = 200;

/// How many requests are being answered.
#[derive(Default)]
pub(crate) struct RequestCount(AtomicUsize);

/// One of them, until this is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl RequestCount {
    /// One more, unless there are so many already.
    fn take(&self, most: usize) -> Option<Counted<'_>> {
        let counted = Counted(&self.0);
        (self.0.fetch_add(1, Ordering::Relaxed) < most).then_some(counted)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Answers a request within the limits, and refuses one that is beyond them.
pub(crate) async fn hold(
    State(receiver): State<Arc<Receiver>>,
    mut request: Request,
    next: Next,
) -> Response {
    let limits = receiver.settings.limits();
    let path = Safe::prefix(request.uri().path(), PATH_MAX).to_string();
    let answer = match receiver.requests.take(limits.requests) {
        Some(_counted) => {
            DefaultBodyLimit::max(limits.body).apply(&mut request);
            next.run(request).await
        }
        None => Refusal::unavailable("too many requests at once").into_response(),
    };
    tracing::info!("{path}: {}", answer.status());
    answer
}
