//! Which of a webhook's own secrets its document leaves open. What the document says wins: a secret
//! fills in where the receiver would find nothing to check. `manager::own` merges by the same rule, and
//! its tests hold both to each other.

use crate::domain::SecretField;
use crate::domain::json::{Event, Scalar, Span, unquote};

/// The module that cannot do without a token of its channel.
const CHANNEL_MODULE: &str = "webhook_connect";

/// What is read of a document so far.
#[derive(Debug, Default)]
pub(super) struct Open {
    authorization: Said,
    hmac: Said,
    hmac_secret: bool,
    hmac_header: bool,
    hmac_algorithm: bool,
    config: Said,
    channel_token: bool,
    module: Option<bool>,
}

/// What a member says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Said {
    #[default]
    Absent,
    /// What Python takes for false.
    Falsy,
    /// A text with more than blanks in it.
    Text,
    /// The same, and it is the scheme of a token alone.
    Scheme,
    /// An object with members.
    Object,
    /// Anything else.
    Other,
}

/// An own secret that fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filling {
    /// Which.
    pub(super) field: SecretField,
    /// Whether the document shows that it is meant to be there: it begins what only the secret ends.
    pub(super) required: bool,
}

impl Open {
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
    pub(super) fn end(&mut self, path: &[&str], event: Event, text: &str) {
        let said = || said(event, text);
        let filled = || matches!(said(), Said::Text | Said::Scheme);
        match path {
            ["authorization"] => self.authorization = said(),
            ["hmac"] => self.hmac = said(),
            ["hmac", "secret"] => self.hmac_secret = filled(),
            ["hmac", "header"] => self.hmac_header = filled(),
            ["hmac", "algorithm"] => self.hmac_algorithm = filled(),
            ["module-config"] => self.config = said_of_config(event),
            ["module-config", "channel_token"] => self.channel_token = filled(),
            ["module"] => self.module = Some(string(event, text).is_some_and(|m| m.trim() == CHANNEL_MODULE)),
            _ => {}
        }
    }

    /// The own secrets that fill in.
    pub(super) fn fillings(&self) -> Vec<Filling> {
        let mut found = Vec::new();
        let mut add = |field, required| found.push(Filling { field, required });
        if self.authorization != Said::Text {
            add(SecretField::BEARER_TOKEN, self.authorization != Said::Absent);
        }
        let block = self.hmac == Said::Object;
        if matches!(self.hmac, Said::Absent | Said::Falsy) || (block && !self.hmac_secret) {
            add(SecretField::HMAC_SECRET, self.hmac != Said::Absent);
            if !(block && self.hmac_header) {
                add(SecretField::HMAC_HEADER, false);
            }
            if !(block && self.hmac_algorithm) {
                add(SecretField::HMAC_ALGORITHM, false);
            }
        }
        if self.config == Said::Object && !self.channel_token {
            add(SecretField::CHANNEL_TOKEN, self.module == Some(true));
        }
        found
    }
}

fn said(event: Event, text: &str) -> Said {
    let empty = |span: Span| {
        let inside = span.of(text).get(1..span.len().saturating_sub(1)).unwrap_or_default();
        inside.trim_ascii().is_empty()
    };
    match event {
        Event::CloseObject(span) if empty(span) => Said::Falsy,
        Event::CloseObject(_) => Said::Object,
        Event::CloseArray(span) if empty(span) => Said::Falsy,
        Event::Scalar(Scalar::Null, _) => Said::Falsy,
        Event::Scalar(Scalar::Bool, span) if span.of(text) == "false" => Said::Falsy,
        Event::Scalar(Scalar::Number, span) if span.of(text).parse() == Ok(0.0) => Said::Falsy,
        Event::Scalar(Scalar::String, span) => match unquote(span.of(text)).value() {
            Some(value) if value.is_empty() => Said::Falsy,
            Some(value) if value.trim() == "Bearer" => Said::Scheme,
            Some(value) if !value.trim().is_empty() => Said::Text,
            _ => Said::Other,
        },
        _ => Said::Other,
    }
}

/// An empty `module-config` takes a token like any other.
fn said_of_config(event: Event) -> Said {
    if matches!(event, Event::CloseObject(_)) { Said::Object } else { Said::Other }
}

fn string(event: Event, text: &str) -> Option<std::borrow::Cow<'_, str>> {
    match event {
        Event::Scalar(Scalar::String, span) => unquote(span.of(text)).value(),
        _ => None,
    }
}
