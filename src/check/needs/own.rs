//! Which of a webhook's own secrets its document leaves open. What the document says wins: a secret
//! fills in where the receiver would find nothing to check. `manager::own` merges by the same rule, and
//! its tests hold both to each other.

use crate::domain::SecretField;
use crate::domain::json::{JsonEvent, Scalar, Span, unquote};

/// The module that cannot do without a token of its channel.
const CHANNEL_MODULE: &str = "webhook_connect";

/// What is read of a document so far.
#[derive(Debug, Default)]
pub(super) struct OwnFieldScan {
    authorization: MemberValue,
    hmac: MemberValue,
    hmac_secret: bool,
    hmac_header: bool,
    hmac_algorithm: bool,
    config: MemberValue,
    channel_token: bool,
    module: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum MemberValue {
    #[default]
    Absent,
    /// What Python takes for false.
    Falsy,
    /// A text with more than blanks in it.
    Text,
    /// The same, and it is the scheme of a token alone.
    Scheme,
    Object,
    Other,
}

/// An own secret that fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OwnField {
    /// Which.
    pub(super) field: SecretField,
    /// Whether the document shows that it is meant to be there: it begins what only the secret ends.
    pub(super) required: bool,
}

impl OwnFieldScan {
    /// A member of this name begins; of two, the last counts.
    pub(super) fn begin(&mut self, path: &[&str]) {
        match path {
            ["hmac"] => {
                (self.hmac_secret, self.hmac_header, self.hmac_algorithm) = (false, false, false);
            }
            ["module-config"] => self.channel_token = false,
            _ => {}
        }
    }

    /// The value of a member, no part of an array, has ended.
    pub(super) fn end(&mut self, path: &[&str], event: JsonEvent, text: &str) {
        let said = || member_value(event, text);
        let filled = || matches!(said(), MemberValue::Text | MemberValue::Scheme);
        match path {
            ["authorization"] => self.authorization = said(),
            ["hmac"] => self.hmac = said(),
            ["hmac", "secret"] => self.hmac_secret = filled(),
            ["hmac", "header"] => self.hmac_header = filled(),
            ["hmac", "algorithm"] => self.hmac_algorithm = filled(),
            ["module-config"] => self.config = config_value(event),
            ["module-config", "channel_token"] => self.channel_token = filled(),
            ["module"] => self.module = Some(string(event, text).is_some_and(|m| m.trim() == CHANNEL_MODULE)),
            _ => {}
        }
    }

    /// The own secrets that fill in.
    pub(super) fn own_fields(&self) -> Vec<OwnField> {
        let mut found = Vec::new();
        let mut add = |field, required| found.push(OwnField { field, required });
        if self.authorization != MemberValue::Text {
            add(SecretField::BEARER_TOKEN, self.authorization != MemberValue::Absent);
        }
        let block = self.hmac == MemberValue::Object;
        if matches!(self.hmac, MemberValue::Absent | MemberValue::Falsy) || (block && !self.hmac_secret) {
            add(SecretField::HMAC_SECRET, self.hmac != MemberValue::Absent);
            if !(block && self.hmac_header) {
                add(SecretField::HMAC_HEADER, false);
            }
            if !(block && self.hmac_algorithm) {
                add(SecretField::HMAC_ALGORITHM, false);
            }
        }
        if self.config == MemberValue::Object && !self.channel_token {
            add(SecretField::CHANNEL_TOKEN, self.module == Some(true));
        }
        found
    }
}

fn member_value(event: JsonEvent, text: &str) -> MemberValue {
    let empty = |span: Span| {
        let inside = span.of(text).get(1..span.len().saturating_sub(1)).unwrap_or_default();
        inside.trim_ascii().is_empty()
    };
    match event {
        JsonEvent::CloseObject(span) if empty(span) => MemberValue::Falsy,
        JsonEvent::CloseObject(_) => MemberValue::Object,
        JsonEvent::CloseArray(span) if empty(span) => MemberValue::Falsy,
        JsonEvent::Scalar(Scalar::Null, _) => MemberValue::Falsy,
        JsonEvent::Scalar(Scalar::Bool, span) if span.of(text) == "false" => MemberValue::Falsy,
        JsonEvent::Scalar(Scalar::Number, span) if span.of(text).parse() == Ok(0.0) => MemberValue::Falsy,
        JsonEvent::Scalar(Scalar::String, span) => match unquote(span.of(text)).value() {
            Some(value) if value.is_empty() => MemberValue::Falsy,
            Some(value) if value.trim() == "Bearer" => MemberValue::Scheme,
            Some(value) if !value.trim().is_empty() => MemberValue::Text,
            _ => MemberValue::Other,
        },
        _ => MemberValue::Other,
    }
}

/// An empty `module-config` takes a token like any other.
fn config_value(event: JsonEvent) -> MemberValue {
    if matches!(event, JsonEvent::CloseObject(_)) { MemberValue::Object } else { MemberValue::Other }
}

fn string(event: JsonEvent, text: &str) -> Option<std::borrow::Cow<'_, str>> {
    match event {
        JsonEvent::Scalar(Scalar::String, span) => unquote(span.of(text)).value(),
        _ => None,
    }
}
