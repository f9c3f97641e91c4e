//! Types that contain a value without showing it.

use std::fmt;

use zeroize::Zeroizing;

use crate::domain::SecretText;
use crate::domain::json::JsonValue;
use crate::domain::reference::python_text;

/// The value of one field of a secret: JSON as text, so that a number or a member that was not edited is
/// written back as it was read. Wiped on drop, without `Debug`, `Clone` or `Serialize`.
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// A string, as nearly every secret is.
    pub fn text(text: &SecretText) -> Self {
        // Large enough that the buffer never reallocates, which would leave an unwiped copy behind.
        let mut json = Vec::with_capacity(text.expose().len() * 6 + 2);
        let _ = serde_json::to_writer(&mut json, text.expose());
        Self(Zeroizing::new(String::from_utf8(json).unwrap_or_default()))
    }

    /// Takes ownership of the text of one JSON value.
    ///
    /// # Errors
    /// If the text is not exactly one JSON value; the text is wiped.
    pub fn json(json: Zeroizing<String>) -> Result<Self, InvalidJson> {
        serde_json::from_str::<serde::de::IgnoredAny>(&json).map_err(|_| InvalidJson)?;
        Ok(Self(json))
    }

    /// An explicit copy; there is no `Clone`, so that none is made by accident.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self(Zeroizing::new(String::clone(&self.0)))
    }

    /// Whether it is a string, a number or a boolean: neither a container nor null.
    pub fn is_scalar(&self) -> bool {
        let json = self.0.trim_start_matches([' ', '\t', '\r', '\n']);
        !json.starts_with(['{', '[', 'n'])
    }

    /// Its JSON text, for the one place that sends it.
    pub fn expose_json(&self) -> &str {
        &self.0
    }

    /// The decoded string, if it is one.
    pub fn as_text(&self) -> Option<SecretText> {
        serde_json::from_str::<String>(&self.0).ok().map(SecretText::new)
    }

    /// As displayed: a string decoded, anything else as its JSON.
    pub fn shown(&self) -> SecretText {
        self.as_text().unwrap_or_else(|| SecretText::new(String::clone(&self.0)))
    }

    /// What the receiver makes of a reference to it (docs/receiver.md, section 5); `None` for null, which
    /// counts as missing there.
    pub fn as_reference(&self) -> Option<SecretText> {
        let mut value = JsonValue::read(&self.0).ok()?;
        let text = python_text(&value);
        value.wipe();
        text
    }
}

/// A text that is not one JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not one JSON value")]
pub struct InvalidJson;

/// Wraps data in a message whose `Debug` form must not show it.
pub struct Opaque<T>(pub T);

/// `(hidden)`.
impl<T> fmt::Debug for Opaque<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> SecretValue {
        SecretValue::json(Zeroizing::new(json.into())).unwrap_or_else(|_| panic!("{json}"))
    }

    #[test]
    fn a_text_comes_back_whatever_it_holds() {
        for text in ["", "plain", "\"quoted\" \\ back", "tab\tnew\nline\r\u{0}\u{1f}\u{7f}", "ü\u{202e}🔑"]
        {
            let value = SecretValue::text(&SecretText::new(text.into()));
            assert_eq!(value.as_text().unwrap().expose(), text);
            assert_eq!(value.shown().expose(), text);
            let by_serde: String = serde_json::from_str(value.expose_json()).unwrap();
            assert_eq!(by_serde, text);
        }
    }

    #[test]
    fn what_is_no_text_is_kept_as_it_was_read() {
        for json in ["1.50", "12345678901234567890123", "{\"a\": [1, null]}", "true"] {
            assert_eq!(read(json).expose_json(), json);
            assert!(read(json).as_text().is_none());
            assert_eq!(read(json).shown().expose(), json);
        }
        for (json, scalar) in
            [("\"[\"", true), ("-1", true), ("false", true), (" {}", false), ("[1]", false), ("null", false)]
        {
            assert_eq!(read(json).is_scalar(), scalar, "{json}");
            assert_eq!(read(json).copied().expose_json(), json);
        }
        assert_eq!(read("true").as_reference().unwrap().expose(), "True");
        assert!(read("null").as_reference().is_none());
        assert!(SecretValue::json(Zeroizing::new("{".into())).is_err());
    }
}
