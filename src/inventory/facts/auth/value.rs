//! Values of a document as the receiver's language, Python, sees them.

use std::borrow::Cow;

use crate::domain::json::{Member, Node, NodeValue, Scalar, string_value};

/// A value as the receiver's language sees it.
pub enum BlockValue<'a> {
    Null,
    Bool(bool),
    /// As it is written.
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(&'a [Node], &'a str),
    Object(BlockMembers<'a>),
}

/// The members of a block, with the text that they are in.
#[derive(Clone, Copy)]
pub struct BlockMembers<'a> {
    pub(super) members: &'a [Member],
    text: &'a str,
}

impl<'a> BlockValue<'a> {
    pub fn of(node: &'a Node, text: &'a str) -> Self {
        let token = node.span.of(text);
        match &node.value {
            NodeValue::Object(members) => Self::Object(BlockMembers { members, text }),
            NodeValue::Array(items) => Self::Array(items, text),
            NodeValue::Scalar(Scalar::String) => Self::Text(string_value(token)),
            NodeValue::Scalar(Scalar::Number) => Self::Number(token),
            NodeValue::Scalar(Scalar::Bool) => Self::Bool(token == "true"),
            NodeValue::Scalar(Scalar::Null) => Self::Null,
        }
    }

    pub fn is_falsy(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Number(number) => number.parse() == Ok(0.0),
            Self::Text(text) => text.is_empty(),
            Self::Array(items, _) => items.is_empty(),
            Self::Object(block) => block.is_empty(),
        }
    }

    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "it is null",
            Self::Bool(true) => "it is true",
            Self::Bool(false) => "it is false",
            Self::Number(_) => "it is a number",
            Self::Text(text) if text.is_empty() => "it is an empty text",
            Self::Text(_) => "it is a text",
            Self::Array([], _) => "it is an empty array",
            Self::Array(..) => "it is an array",
            Self::Object(block) if block.is_empty() => "it is an empty object",
            Self::Object(_) => "it is an object",
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// As a number of Python's, booleans included; `None` for any other value.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            Self::Number(number) => number.parse().ok(),
            _ => None,
        }
    }
}

impl<'a> BlockMembers<'a> {
    pub fn is_empty(self) -> bool {
        self.members.is_empty()
    }

    /// The value of a member: of duplicates, the last.
    pub fn get(self, name: &str) -> Option<BlockValue<'a>> {
        let member = self.members.iter().rev().find(|member| member.name == name)?;
        Some(BlockValue::of(&member.value, self.text))
    }

    /// Whether a member has a value that is true in Python.
    pub fn has(self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !value.is_falsy())
    }

    /// Whether a member is a text with more than blanks in it, or with a reference.
    pub(super) fn has_text(self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.text().is_some_and(|text| !text.trim().is_empty()))
    }

    /// Whether a member is a text that is not empty.
    pub(super) fn has_any_text(self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.text().is_some_and(|text| !text.is_empty()))
    }

    /// Whether a member is absent, or a text that `is` approves of.
    pub(super) fn text_or_default(self, name: &str, is: impl Fn(&str) -> bool) -> bool {
        self.get(name).is_none_or(|value| value.text().is_some_and(|text| is_unknown(text) || is(text)))
    }
}

/// Whether a text is not known as it is written, because it refers to something.
pub fn is_unknown(text: &str) -> bool {
    text.contains("{$")
}
