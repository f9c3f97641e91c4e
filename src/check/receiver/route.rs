//! Which namespace and id a request's path leads to (docs/receiver.md, section 2).

use thiserror::Error;

use crate::domain::{Namespace, ResourceKey, WebhookId};

/// The id that serves every unknown id of its namespace.
pub const CATCH_ALL: &str = "default";

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedRoute {
    pub namespace: Namespace,
    pub id: WebhookId,
}

/// Why a path leads to no webhook, whatever is stored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RouteError {
    #[error("the receiver has no such route; write /webhook/ID or /webhook/NAMESPACE/ID")]
    NoRoute,
    #[error("a namespace in a route is 1 to 64 of the characters A-Z a-z 0-9 _ -")]
    Namespace,
    #[error("no route leads to this id: {0}")]
    Id(&'static str),
}

impl RouteError {
    /// The status that a caller gets.
    pub fn status(&self) -> u16 {
        if *self == Self::NoRoute { 404 } else { 400 }
    }

    /// What gives it.
    pub fn by(&self) -> &'static str {
        match self {
            Self::NoRoute => "route",
            Self::Namespace => "namespace",
            Self::Id(_) => "id",
        }
    }
}

/// The paths that lead to a document; none for one that no path leads to.
pub fn routes(key: &ResourceKey, default_namespace: &Namespace) -> Vec<String> {
    let ResourceKey::Webhook { namespace, id } = key else { return Vec::new() };
    if id.unroutable().is_some() {
        return Vec::new();
    }
    let plain = (namespace == default_namespace).then(|| format!("/webhook/{id}"));
    plain.into_iter().chain([format!("/webhook/{namespace}/{id}")]).collect()
}

/// Reads the path of a request, or its whole address. Without a namespace it means the default one.
///
/// # Errors
/// [`RouteError`] with the status that a caller gets.
pub fn route(path: &str, default_namespace: &Namespace) -> Result<RequestedRoute, RouteError> {
    let path =
        path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let rest = path.trim_start_matches('/').strip_prefix("webhook/").ok_or(RouteError::NoRoute)?;
    let (namespace, id) = match rest.split('/').collect::<Vec<_>>().as_slice() {
        [id] => (None, decoded(id)),
        [namespace, id] => (Some(decoded(namespace)), decoded(id)),
        _ => return Err(RouteError::NoRoute),
    };
    if id.is_empty() {
        return Err(RouteError::NoRoute);
    }
    let namespace = match namespace {
        None => default_namespace.clone(),
        Some(name) => Namespace::new(&name).map_err(|_| RouteError::Namespace)?,
    };
    let id = WebhookId::new(&id).map_err(|_| RouteError::Id("an id holds no \"/\""))?;
    match id.unroutable() {
        Some(rule) => Err(RouteError::Id(rule)),
        None => Ok(RequestedRoute { namespace, id }),
    }
}

/// A segment with its percent-encoding undone.
fn decoded(segment: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), segment);
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_namespace_and_an_id_or_to_the_status_of_the_receiver() {
        let staging = Namespace::new("staging").unwrap();
        let read = |path: &str| match route(path, &staging) {
            Ok(found) => format!("{}/{}", found.namespace, found.id),
            Err(error) => format!("{} {}", error.status(), error.by()),
        };
        for (path, expected) in [
            ("/webhook/foo", "staging/foo"),
            ("webhook/foo?x=1", "staging/foo"),
            ("/webhook/ns/foo", "ns/foo"),
            ("https://hooks.example.com:8443/webhook/ns/f%6Fo#x", "ns/foo"),
            ("/webhook", "404 route"),
            ("/webhook/", "404 route"),
            ("/webhook/a/b/c", "404 route"),
            ("/elsewhere", "404 route"),
            ("https://hooks.example.com", "404 route"),
            ("/webhook/bad%20ns/foo", "400 namespace"),
            ("/webhook//foo", "400 namespace"),
            ("/webhook/-foo", "400 id"),
            ("/webhook/a%2Fb", "400 id"),
            ("/webhook/Health", "400 id"),
            ("/webhook/a%", "400 id"),
        ] {
            assert_eq!(read(path), expected, "{path}");
        }
    }
}
