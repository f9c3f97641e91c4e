//! Why a request is not taken: a status and a sentence that holds no secret.

use std::borrow::Cow;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The answer to a request that is not taken.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    detail: Cow<'static, str>,
}

impl Refusal {
    /// 400, with what would be right.
    pub(crate) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, detail: detail.into() }
    }

    /// 401: a check failed. Which one is told, and not how close it was.
    pub(crate) fn unauthorized(check: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, detail: check.into() }
    }

    /// 404: there is no such webhook.
    pub(crate) fn not_found() -> Self {
        Self { status: StatusCode::NOT_FOUND, detail: "no such webhook".into() }
    }

    /// 415: the webhook's own `data_type` is none that we know.
    pub(crate) fn unsupported_media_type() -> Self {
        Self { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, detail: "data_type is not json or blob".into() }
    }

    /// 500: the webhook's document, or a reference in it, cannot be used.
    pub(crate) fn unusable() -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, detail: "the webhook cannot be used".into() }
    }

    /// 501: the webhook asks for what this example does not do.
    pub(crate) fn not_implemented(what: &str) -> Self {
        let detail = format!("this receiver does not know {what}");
        Self { status: StatusCode::NOT_IMPLEMENTED, detail: detail.into() }
    }

    /// 503: what this receiver needs cannot be had at the moment.
    pub(crate) fn unavailable(detail: &'static str) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, detail: detail.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "detail": self.detail }))).into_response()
    }
}
