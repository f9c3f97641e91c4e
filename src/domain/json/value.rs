//! A JSON value as the receiver holds it: the last of duplicate members, and numbers as they are written.

mod object;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::ops::Index;

pub use object::JsonObject;
use zeroize::{Zeroize, Zeroizing};

use super::string::{lone_surrogates, quoted_len};
use super::{JsonEvent, Scalar, Span, SyntaxError, decode, indent_valid, quote, unquote, walk};

/// A JSON value. Numbers are text, because no type of numbers holds all that the receiver takes: whole ones of any
/// size, `1e999`, `NaN`.
///
/// ```
/// use confdeck::domain::json::JsonValue;
///
/// let value = JsonValue::read(r#"{"n": 1, "n": 1e+23, "list": [-0.0, NaN], "text": "\u0041"}"#)?;
/// assert_eq!(value["text"], "A");
/// assert_eq!(value.to_string(), r#"{"n":1e+23,"list":[-0.0,NaN],"text":"A"}"#);
/// # Ok::<(), confdeck::domain::json::SyntaxError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum JsonValue {
    #[default]
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    String(JsonText),
    Array(Vec<JsonValue>),
    Object(JsonObject),
}

/// The value of a string.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JsonText {
    Text(String),
    /// A string with half a surrogate pair, which Python holds and Rust does not: in quotes, where such halves, and
    /// what has to be, are escaped.
    Unpaired(String),
}

impl JsonValue {
    /// Reads a whole text that the receiver takes for JSON.
    ///
    /// # Errors
    /// [`SyntaxError`] if it is not JSON to the receiver.
    pub fn read(text: &str) -> Result<Self, SyntaxError> {
        let mut builder = ValueBuilder { text, open: Vec::new(), root: Self::Null };
        walk(text, |event| builder.take(event))?;
        Ok(builder.root)
    }

    /// The text of a string; `None` for one that is [`JsonText::Unpaired`].
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => text.as_str(),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_object(&self) -> Option<&JsonObject> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    pub fn as_object_mut(&mut self) -> Option<&mut JsonObject> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    pub fn is_string(&self) -> bool {
        matches!(self, Self::String(_))
    }

    /// The value of an object's member.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// Its text, indented where that does not make it much longer.
    pub fn indented(&self) -> Zeroizing<String> {
        let flat = self.text();
        indent_valid(&flat).map(Zeroizing::new).unwrap_or(flat)
    }

    /// Its text, in memory that is wiped; room is made before anything is written, so that no partial copy is left.
    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.text_len()));
        self.write(&mut text);
        text
    }

    /// Without an iterator between the levels: a thousand of them are to fit on any stack.
    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(number) => out.push_str(number),
            Self::String(text) => text.write(out),
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(JsonObject(members)) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    name.write(out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// An upper bound of the bytes of its text.
    fn text_len(&self) -> usize {
        let mut len = 5;
        match self {
            Self::Null | Self::Bool(_) => {}
            Self::Number(number) => len += number.len(),
            Self::String(text) => len += text.written_len(),
            Self::Array(items) => {
                for item in items {
                    len += item.text_len() + 1;
                }
            }
            Self::Object(JsonObject(members)) => {
                for (name, value) in members {
                    len += name.written_len() + value.text_len() + 2;
                }
            }
        }
        len
    }

    /// Overwrites every text and number. Member names are not secret.
    pub(crate) fn wipe(&mut self) {
        match self {
            Self::String(JsonText::Text(text) | JsonText::Unpaired(text)) | Self::Number(text) => {
                text.zeroize()
            }
            Self::Array(items) => {
                for item in items {
                    item.wipe();
                }
            }
            Self::Object(JsonObject(members)) => {
                for (_, value) in members {
                    value.wipe();
                }
            }
            Self::Null | Self::Bool(_) => {}
        }
    }
}

/// Makes a value of the parts of its text, however deep they are nested.
struct ValueBuilder<'a> {
    text: &'a str,
    open: Vec<OpenValue>,
    root: JsonValue,
}

/// A container that is being read, an object with the name of the member that comes next.
enum OpenValue {
    Array(Vec<JsonValue>),
    Object(Vec<(JsonText, JsonValue)>, Option<JsonText>),
}

impl ValueBuilder<'_> {
    fn take(&mut self, event: JsonEvent) {
        let value = match event {
            JsonEvent::OpenObject(_) => return self.open.push(OpenValue::Object(Vec::new(), None)),
            JsonEvent::OpenArray(_) => return self.open.push(OpenValue::Array(Vec::new())),
            JsonEvent::Key(span) => {
                if let Some(OpenValue::Object(_, name)) = self.open.last_mut() {
                    *name = Some(JsonText::read(span.of(self.text)));
                }
                return;
            }
            JsonEvent::Scalar(Scalar::Null, _) => JsonValue::Null,
            JsonEvent::Scalar(Scalar::Bool, span) => JsonValue::Bool(span.of(self.text) == "true"),
            JsonEvent::Scalar(Scalar::Number, span) => JsonValue::Number(span.of(self.text).to_owned()),
            JsonEvent::Scalar(Scalar::String, span) => JsonValue::String(JsonText::read(span.of(self.text))),
            JsonEvent::CloseObject(_) | JsonEvent::CloseArray(_) => match self.open.pop() {
                Some(OpenValue::Array(items)) => JsonValue::Array(items),
                Some(OpenValue::Object(members, _)) => JsonValue::Object(members.into_iter().collect()),
                None => return,
            },
        };
        match self.open.last_mut() {
            Some(OpenValue::Array(items)) => items.push(value),
            Some(OpenValue::Object(members, name)) => members.extend(name.take().map(|name| (name, value))),
            None => self.root = value,
        }
    }
}

impl JsonText {
    /// The value of a string lexeme that was read without an error, quotes included.
    fn read(quoted: &str) -> Self {
        if lone_surrogates(quoted).next().is_none() {
            return Self::Text(unquote(quoted).unwrap_or_default().into_owned());
        }
        let same = |text: &str| Ok::<_, Infallible>(Zeroizing::new(text.to_owned()));
        let Ok(quoted) = requoted(quoted, same);
        Self::Unpaired(quoted)
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Unpaired(_) => None,
        }
    }

    /// For errors and for rules about names: with U+FFFD for what no `str` holds.
    pub(crate) fn lossy(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Unpaired(quoted) => unquote(quoted).unwrap_or_default(),
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(&Zeroizing::new(quote(text))),
            Self::Unpaired(quoted) => out.push_str(quoted),
        }
    }

    fn written_len(&self) -> usize {
        match self {
            Self::Text(text) => quoted_len(text),
            Self::Unpaired(quoted) => quoted.len(),
        }
    }
}

/// A string lexeme with its texts between halves of surrogate pairs replaced by those that `change` makes of them.
///
/// # Errors
/// The first of `change`.
pub(crate) fn requoted<E>(
    quoted: &str,
    mut change: impl FnMut(&str) -> Result<Zeroizing<String>, E>,
) -> Result<String, E> {
    let end = quoted.len().saturating_sub(1);
    let mut parts = Vec::new();
    let mut from = 1;
    for half in lone_surrogates(quoted).chain([Span { start: end, end }]) {
        let text = change(&decode(Span { start: from, end: half.start }.of(quoted)).value)?;
        parts.push((Zeroizing::new(quote(&text)), half.of(quoted).to_ascii_lowercase()));
        from = half.end;
    }
    let len: usize = parts.iter().map(|(text, half)| text.len() + half.len()).sum();
    let mut new = String::with_capacity(len + 2);
    new.push('"');
    for (text, half) in &parts {
        new.extend([text.get(1..text.len().saturating_sub(1)).unwrap_or_default(), half]);
    }
    new.push('"');
    Ok(new)
}

/// One line, without blanks.
impl fmt::Display for JsonValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// In quotes.
impl fmt::Display for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Zeroizing::new(String::with_capacity(self.written_len()));
        self.write(&mut text);
        f.write_str(&text)
    }
}

/// A member's value; null where there is none.
impl Index<&str> for JsonValue {
    type Output = Self;

    fn index(&self, name: &str) -> &Self {
        const NULL: &JsonValue = &JsonValue::Null;
        self.get(name).unwrap_or(NULL)
    }
}

impl From<&str> for JsonValue {
    fn from(text: &str) -> Self {
        Self::String(JsonText::Text(text.to_owned()))
    }
}

impl From<serde_json::Value> for JsonValue {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::String(text) => Self::String(JsonText::Text(text)),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(
                members.into_iter().map(|(name, value)| (JsonText::Text(name), value.into())).collect(),
            ),
        }
    }
}

/// A text, of a test or a program that knows which one it wants.
impl PartialEq<str> for JsonValue {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<&str> for JsonValue {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<serde_json::Value> for JsonValue {
    fn eq(&self, other: &serde_json::Value) -> bool {
        let other = Self::from(other.clone());
        *self == other
    }
}
