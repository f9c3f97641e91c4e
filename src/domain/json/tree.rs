//! A tree of spans over a JSON text: enough to mask, splice and compare without touching a byte.

use super::{Event, Scalar, Span, SyntaxError, unquote, walk};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// From its first to its last byte.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// The members in the order of the text, duplicates included.
    Object(Vec<Member>),
    /// The items.
    Array(Vec<Node>),
    /// Anything else.
    Scalar(Scalar),
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name, unquoted.
    pub name: String,
    /// The quoted name.
    pub key: Span,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The members, if this is an object.
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The member that a reader would see under this name: the last one.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.name == name)
    }

    /// The text of a string value.
    pub fn string<'a>(&self, text: &'a str) -> Option<std::borrow::Cow<'a, str>> {
        match self.value {
            Value::Scalar(Scalar::String) => unquote(self.span.of(text)).value(),
            _ => None,
        }
    }
}

/// Reads a whole JSON text into a tree of spans.
///
/// # Errors
/// [`SyntaxError`] if it is not JSON.
pub fn parse(text: &str) -> Result<Node, SyntaxError> {
    let mut builder = Builder { text, open: Vec::new(), root: None };
    walk(text, |event| builder.take(event))?;
    builder.root.ok_or(SyntaxError { offset: 0, line: 1, column: 1, reason: "the text holds no value" })
}

struct Builder<'a> {
    text: &'a str,
    open: Vec<Frame>,
    root: Option<Node>,
}

enum Frame {
    Object { members: Vec<Member>, key: Option<(String, Span)> },
    Array(Vec<Node>),
}

impl Builder<'_> {
    fn take(&mut self, event: Event) {
        match event {
            Event::OpenObject(_) => self.open.push(Frame::Object { members: Vec::new(), key: None }),
            Event::OpenArray(_) => self.open.push(Frame::Array(Vec::new())),
            Event::Key(span) => {
                if let Some(Frame::Object { key, .. }) = self.open.last_mut() {
                    let name = unquote(span.of(self.text)).value().unwrap_or_default().into_owned();
                    *key = Some((name, span));
                }
            }
            Event::Scalar(scalar, span) => self.place(Node { span, value: Value::Scalar(scalar) }),
            Event::CloseObject(span) | Event::CloseArray(span) => {
                let value = match self.open.pop() {
                    Some(Frame::Object { members, .. }) => Value::Object(members),
                    Some(Frame::Array(items)) => Value::Array(items),
                    None => return,
                };
                self.place(Node { span, value });
            }
        }
    }

    fn place(&mut self, value: Node) {
        match self.open.last_mut() {
            Some(Frame::Object { members, key }) => {
                if let Some((name, key)) = key.take() {
                    members.push(Member { name, key, value });
                }
            }
            Some(Frame::Array(items)) => items.push(value),
            None => self.root = Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_kept_and_the_last_one_wins() {
        let text = r#"{"a": 1, "b": {"c": [true, "x\n"]}, "a": 2}"#;
        let root = parse(text).unwrap();
        assert_eq!(root.members().len(), 3);
        assert_eq!(root.member("a").unwrap().value.span.of(text), "2");
        let Value::Array(items) = &root.member("b").unwrap().value.member("c").unwrap().value.value else {
            panic!("an array");
        };
        assert_eq!(items[1].string(text).unwrap(), "x\n");
    }
}
