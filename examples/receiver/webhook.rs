//! One request: found, checked, understood, delivered.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use confdeck::domain::json::{JsonObject, JsonValue};
use confdeck::domain::{Namespace, ResourceKey, WebhookId};
use confdeck::manager::SecretMode;
use confdeck::provider::Error;
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::{Receiver, checks, deliver};

type Answer = Result<Json<Value>, Refusal>;

/// Every field of a webhook that is heeded here. One that is not named is refused, because it could be
/// a check, and a webhook whose check is skipped is open to everybody.
const UNDERSTOOD: [&str; 6] =
    ["data_type", "module", "module-config", "connection", checks::AUTHORIZATION, checks::HMAC];

/// `POST /webhook/{id}`: the receiver's own namespace.
pub(crate) async fn by_id(
    State(receiver): State<Arc<Receiver>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    answer(&receiver, receiver.namespace(), &id, &headers, &body).await
}

/// `POST /webhook/{namespace}/{id}`.
pub(crate) async fn by_namespace_and_id(
    State(receiver): State<Arc<Receiver>>,
    Path((namespace, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let namespace = Namespace::new(&namespace).map_err(|error| Refusal::bad_request(error.to_string()))?;
    answer(&receiver, namespace, &id, &headers, &body).await
}

async fn answer(
    receiver: &Receiver,
    namespace: Namespace,
    id: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer {
    let id = routable(id)?;
    let key = ResourceKey::webhook(held(receiver, namespace), id);
    let found = receiver.manager.get_merged(&key, SecretMode::Include).await;
    let merged = found.map_err(|error| refusal(&error))?.ok_or_else(Refusal::not_found)?;
    let webhook = merged.json().as_object().ok_or_else(Refusal::unusable)?;

    checks::all(webhook, headers, body)?;
    let understood = |name: Option<&str>| name.is_some_and(|name| UNDERSTOOD.contains(&name));
    if let Some((name, _)) = webhook.iter().find(|(name, _)| !understood(name.as_str())) {
        return Err(Refusal::not_implemented(&name.to_string()));
    }
    let payload = Payload::read(webhook, body)?;
    match webhook.get("module").and_then(JsonValue::as_str) {
        Some("log") => deliver::log(&key, receiver.manager.secret_names(), webhook, &payload)
            .map_err(|_| Refusal::unavailable("the payload cannot be delivered"))?,
        Some(module) => return Err(Refusal::not_implemented(&format!("the module {module}"))),
        None => return Err(Refusal::bad_request("the webhook names no module")),
    }
    Ok(Json(json!({ "message": "200 OK" })))
}

/// The sender learns the kind of trouble; the log says what it is, and no error holds a secret.
fn refusal(error: &Error) -> Refusal {
    deliver::complain(error);
    match error {
        Error::Unavailable { .. } | Error::Denied { .. } | Error::NoMount { .. } => {
            Refusal::unavailable("the configuration cannot be read")
        }
        _ => Refusal::unusable(),
    }
}

fn routable(id: &str) -> Result<WebhookId, Refusal> {
    let id = WebhookId::new(id).map_err(|error| Refusal::bad_request(error.to_string()))?;
    match id.unroutable() {
        Some(rule) => Err(Refusal::bad_request(rule)),
        None => Ok(id),
    }
}

/// Files, and etcd in its flat layout, hold one namespace and serve it under any name.
fn held(receiver: &Receiver, asked: Namespace) -> Namespace {
    if receiver.manager.reader().capabilities().namespaces { asked } else { Namespace::default() }
}

/// A body as the webhook's `data_type` says it is.
pub(crate) enum Payload<'a> {
    /// Text that is JSON.
    Json(&'a str),
    /// Any bytes.
    Blob(&'a [u8]),
}

impl<'a> Payload<'a> {
    fn read(webhook: &JsonObject, body: &'a [u8]) -> Result<Self, Refusal> {
        match webhook.get("data_type") {
            None => Self::json(body),
            Some(word) if *word == "json" => Self::json(body),
            Some(word) if *word == "blob" => Ok(Self::Blob(body)),
            Some(JsonValue::String(_)) => Err(Refusal::unsupported_media_type()),
            Some(_) => Err(Refusal::bad_request("the webhook's data_type is no text")),
        }
    }

    fn json(body: &'a [u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(body).map_err(|_| Refusal::bad_request("the body is not UTF-8"))?;
        match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => Ok(Self::Json(text)),
            Err(error) => Err(Refusal::bad_request(format!(
                "the body is not JSON: line {}, column {}",
                error.line(),
                error.column()
            ))),
        }
    }
}
