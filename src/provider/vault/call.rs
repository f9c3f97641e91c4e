//! One request to the server, and the answer to it.
//!
//! A [`Call`] is written with the path as people know it, and sent with `Session::call`, which adds
//! the token, keeps the pace, and ends within the deadline:
//!
//! ```text
//! let reply = session.call(&Call::get(format!("{mount}/subkeys/{path}"))).await?;
//! match reply.status() {
//!     200 => reply.parse::<Subkeys>()?,
//!     404 => …
//! ```
//!
//! Every status that speaks of one path is an answer; what speaks of the server as a whole, such as
//! that it is sealed, is a `Failure`.

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::failure::Failure;

/// How many messages of an answer are kept, and how long each may be, in characters.
const MESSAGES: usize = 4;
const MESSAGE: usize = 300;

/// What is done to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    /// Vault's own: the names below a path.
    List,
    Post,
    /// A JSON merge patch.
    Patch,
    Delete,
}

/// One request. It has no `Debug` form: its body may hold a secret.
pub(super) struct Call {
    pub(super) method: Method,
    /// Below `/v1/`, as people write it: not percent-encoded, without an outer slash.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    /// JSON; wiped when dropped.
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
}

impl Call {
    fn new(method: Method, path: impl Into<String>, body: Option<Zeroizing<Vec<u8>>>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body }
    }

    /// Reads a path.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::Get, path, None)
    }

    /// Lists what is below a path.
    pub(super) fn list(path: impl Into<String>) -> Self {
        Self::new(Method::List, path, None)
    }

    /// Sends a JSON body to a path.
    pub(super) fn post(path: impl Into<String>, body: Zeroizing<Vec<u8>>) -> Self {
        Self::new(Method::Post, path, Some(body))
    }

    /// Sends a JSON merge patch to a path.
    pub(super) fn patch(path: impl Into<String>, body: Zeroizing<Vec<u8>>) -> Self {
        Self::new(Method::Patch, path, Some(body))
    }

    /// Deletes a path.
    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::Delete, path, None)
    }

    /// Adds a parameter to its query.
    #[must_use]
    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
}

/// An answer, whatever its status. It has no `Debug` form: its body may hold a secret.
pub(super) struct Reply {
    status: u16,
    body: Zeroizing<Vec<u8>>,
}

impl Reply {
    pub(super) fn new(status: u16, body: Zeroizing<Vec<u8>>) -> Self {
        Self { status, body }
    }

    /// The same with the status that it should have had.
    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// Whether it was done.
    pub(super) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What was sent back; wiped when dropped. A done request need not have any.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The answer in a type of the caller's, which may borrow from it.
    ///
    /// # Errors
    /// [`Failure::Garbled`], which says nothing of what was there.
    pub(super) fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|_| Failure::Garbled)
    }

    /// What the server says went wrong: the first few of its `errors`, cut short. They name paths and
    /// rules; they are for telling one refusal from another, and not for a log.
    pub(super) fn errors(&self) -> Vec<String> {
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        // What is no such object says nothing.
        Messages.deserialize(&mut reader).unwrap_or_default()
    }
}

/// Reads `{"errors": […]}` and passes everything else over without keeping it.
struct Messages;

impl<'de> DeserializeSeed<'de> for Messages {
    type Value = Vec<String>;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Messages {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with errors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut messages = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "errors" {
                messages = map.next_value::<Texts>()?.0;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(messages)
    }
}

/// A list of texts, as much of it as is kept; null is none.
#[derive(Default)]
struct Texts(Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_unit<E>(self) -> Result<Texts, E> {
        Ok(Texts::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
        let mut kept = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            if kept.len() < MESSAGES {
                kept.push(text.chars().take(MESSAGE).collect());
            }
        }
        Ok(Texts(kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> Reply {
        Reply::new(400, Zeroizing::new(body.into()))
    }

    #[test]
    fn the_servers_own_words_are_bounded_and_never_needed() {
        let said =
            reply(r#"{"data": null, "errors": ["1 error occurred:\n\t* permission denied\n\n", "b"]}"#);
        assert_eq!(said.errors(), ["1 error occurred:\n\t* permission denied\n\n", "b"]);
        for nothing in ["", "{", "[]", r#"{"errors":[]}"#, r#"{"errors":null}"#, r#"{"errors":[1]}"#] {
            assert_eq!(reply(nothing).errors(), <[String; 0]>::default(), "{nothing}");
        }
        let many = format!(r#"{{"errors": [{}"{}"]}}"#, "\"x\",".repeat(9), "y".repeat(9_000));
        assert_eq!(reply(&many).errors().len(), MESSAGES);
        let long = format!(r#"{{"errors": ["{}"]}}"#, "ü".repeat(9_000));
        assert_eq!(reply(&long).errors()[0].chars().count(), MESSAGE);
    }

    #[test]
    fn an_answer_of_another_shape_is_told_without_its_text() {
        let failure = reply(r#"{"data": "hunter2"}"#).parse::<Vec<u8>>().unwrap_err();
        assert!(!format!("{failure:?} {failure}").contains("hunter2"));
    }
}
