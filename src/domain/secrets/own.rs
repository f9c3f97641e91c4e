//! Which of a webhook's own secrets its document leaves open. The document takes precedence: a secret
//! applies only where the receiver would find nothing to check, and would accept every caller
//! (docs/receiver.md, section 4).

use std::borrow::Cow;

use super::SecretField;
use crate::domain::json::{JsonEvent, JsonObject, JsonText, JsonValue, Scalar, Span, string_value};

/// The module that requires a token of its channel.
const CHANNEL_MODULE: &str = "webhook_connect";

/// The own secrets that apply to a webhook, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnFields(u8);

/// Each secret, with the bit that says it applies, and the bit that says it is required.
const BITS: [(SecretField, u8, u8); 5] = [
    (SecretField::BEARER_TOKEN, 1, 1 << 5),
    (SecretField::HMAC_SECRET, 1 << 1, 1 << 6),
    (SecretField::HMAC_HEADER, 1 << 2, 0),
    (SecretField::HMAC_ALGORITHM, 1 << 3, 0),
    (SecretField::CHANNEL_TOKEN, 1 << 4, 1 << 7),
];

impl OwnFields {
    /// Each of them, and whether it is required: the document contains a part of a setting that only the
    /// secret completes.
    pub fn iter(self) -> impl Iterator<Item = (SecretField, bool)> {
        let fields = BITS.into_iter().filter(move |(_, fills, _)| self.0 & fills != 0);
        fields.map(move |(field, _, required)| (field, self.0 & required != 0))
    }

    pub fn contains(self, field: SecretField) -> bool {
        self.iter().any(|(own, _)| own == field)
    }

    fn add(&mut self, field: SecretField, is_required: bool) {
        for (_, fills, required) in BITS.into_iter().filter(|(own, ..)| *own == field) {
            self.0 |= fills | if is_required { required } else { 0 };
        }
    }
}

/// The value of a member, as far as the rule distinguishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberValue<'a> {
    /// False in Python, the receiver's language; except for an empty object.
    Falsy,
    Text(Cow<'a, str>),
    EmptyObject,
    Object,
    Other,
}

impl<'a> MemberValue<'a> {
    /// The value that ends with this event.
    pub fn of_event(event: JsonEvent, text: &'a str) -> Self {
        let is_empty = |span: Span| {
            let inside = span.of(text).get(1..span.len().saturating_sub(1)).unwrap_or_default();
            inside.trim_ascii().is_empty()
        };
        match event {
            JsonEvent::CloseObject(span) if is_empty(span) => Self::EmptyObject,
            JsonEvent::CloseObject(_) => Self::Object,
            JsonEvent::CloseArray(span) if is_empty(span) => Self::Falsy,
            JsonEvent::Scalar(Scalar::Null, _) => Self::Falsy,
            JsonEvent::Scalar(Scalar::Bool, span) if span.of(text) == "false" => Self::Falsy,
            JsonEvent::Scalar(Scalar::Number, span) if is_zero(span.of(text)) => Self::Falsy,
            JsonEvent::Scalar(Scalar::String, span) => Self::of_text(string_value(span.of(text))),
            _ => Self::Other,
        }
    }

    fn of_value(value: &'a JsonValue) -> Self {
        match value {
            JsonValue::Null | JsonValue::Bool(false) => Self::Falsy,
            JsonValue::Number(number) if is_zero(number) => Self::Falsy,
            JsonValue::String(text) => Self::of_text(text.lossy()),
            JsonValue::Array(items) if items.is_empty() => Self::Falsy,
            JsonValue::Object(members) if members.is_empty() => Self::EmptyObject,
            JsonValue::Object(_) => Self::Object,
            _ => Self::Other,
        }
    }

    fn of_text(text: Cow<'a, str>) -> Self {
        if text.is_empty() { Self::Falsy } else { Self::Text(text) }
    }

    fn filled(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }
}

/// Whether a number is zero to Python, as one is that is too small for a float.
fn is_zero(number: &str) -> bool {
    number.parse() == Ok(0.0)
}

/// The members of a document read so far.
#[derive(Debug, Default)]
pub struct OwnMembers {
    /// Whether it has credentials, not only the scheme; `None` where it is absent.
    authorization: Option<bool>,
    hmac: HmacMember,
    hmac_secret: bool,
    hmac_header: bool,
    hmac_algorithm: bool,
    config: bool,
    channel_token: bool,
    channel_module: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum HmacMember {
    #[default]
    Absent,
    Falsy,
    Object,
    /// A type with which the receiver rejects every request.
    Other,
}

impl OwnMembers {
    /// The members of a whole document.
    pub fn of(webhook: &JsonObject) -> Self {
        let mut found = Self::default();
        fn named<'v>((name, value): (&'v JsonText, &'v JsonValue)) -> Option<(&'v str, &'v JsonValue)> {
            Some((name.as_str()?, value))
        }
        for (name, value) in webhook.iter().filter_map(named) {
            if let (JsonValue::Object(inner), "hmac" | "module-config") = (value, name) {
                inner.iter().filter_map(named).for_each(|(inner, value)| {
                    found.end(name, Some(inner), &MemberValue::of_value(value));
                });
            }
            found.end(name, None, &MemberValue::of_value(value));
        }
        found
    }

    /// A member begins; of duplicate names, the last one counts.
    pub fn begin(&mut self, name: &str) {
        match name {
            "hmac" => (self.hmac_secret, self.hmac_header, self.hmac_algorithm) = (false, false, false),
            "module-config" => self.channel_token = false,
            _ => {}
        }
    }

    /// The value of a member, or of a member of its object, has ended.
    pub fn end(&mut self, name: &str, inner: Option<&str>, value: &MemberValue<'_>) {
        let filled = value.filled().is_some();
        match (name, inner) {
            ("authorization", None) => {
                self.authorization = Some(value.filled().is_some_and(|text| text != "Bearer"));
            }
            ("hmac", None) => {
                self.hmac = match value {
                    MemberValue::Falsy | MemberValue::EmptyObject => HmacMember::Falsy,
                    MemberValue::Object => HmacMember::Object,
                    MemberValue::Text(_) | MemberValue::Other => HmacMember::Other,
                };
            }
            ("hmac", Some("secret")) => self.hmac_secret = filled,
            ("hmac", Some("header")) => self.hmac_header = filled,
            ("hmac", Some("algorithm")) => self.hmac_algorithm = filled,
            // An empty object accepts a token like any other.
            ("module-config", None) => {
                self.config = matches!(value, MemberValue::EmptyObject | MemberValue::Object);
            }
            ("module-config", Some("channel_token")) => self.channel_token = filled,
            ("module", None) => self.channel_module = value.filled() == Some(CHANNEL_MODULE),
            _ => {}
        }
    }

    /// The own secrets that apply.
    pub fn fields(&self) -> OwnFields {
        let mut found = OwnFields::default();
        if self.authorization != Some(true) {
            found.add(SecretField::BEARER_TOKEN, self.authorization.is_some());
        }
        let block = self.hmac == HmacMember::Object;
        if !(self.hmac == HmacMember::Other || block && self.hmac_secret) {
            found.add(SecretField::HMAC_SECRET, self.hmac != HmacMember::Absent);
            if !(block && self.hmac_header) {
                found.add(SecretField::HMAC_HEADER, false);
            }
            if !(block && self.hmac_algorithm) {
                found.add(SecretField::HMAC_ALGORITHM, false);
            }
        }
        if self.config && !self.channel_token {
            found.add(SecretField::CHANNEL_TOKEN, self.channel_module);
        }
        found
    }
}
