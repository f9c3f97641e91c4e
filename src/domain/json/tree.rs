//! A tree of spans over a JSON text: enough to mask, splice and compare without changing a byte.

use std::collections::HashSet;

use super::{JsonEvent, Scalar, Span, SyntaxError, string_value, walk};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// From its first to its last byte.
    pub span: Span,
    pub value: NodeValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeValue {
    /// The members in the order of the text, duplicates included.
    Object(Vec<Member>),
    Array(Vec<Node>),
    Scalar(Scalar),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    /// The quoted name.
    pub key: Span,
    pub value: Node,
}

impl Node {
    pub fn members(&self) -> &[Member] {
        match &self.value {
            NodeValue::Object(members) => members,
            _ => &[],
        }
    }

    /// The member that a reader would see under this name: the last one.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.name == name)
    }

    /// The members that a reader would see, in the order of the text: of each name the last one.
    pub fn last_members(&self) -> Vec<&Member> {
        let members = self.members();
        let mut names = HashSet::with_capacity(members.len());
        let mut last: Vec<_> = members.iter().rev().filter(|member| names.insert(&member.name)).collect();
        last.reverse();
        last
    }

    /// The items of an array.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            NodeValue::Array(items) => items,
            _ => &[],
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.value, NodeValue::Scalar(Scalar::Null))
    }

    /// The text of a string value.
    pub fn string<'a>(&self, text: &'a str) -> Option<std::borrow::Cow<'a, str>> {
        match self.value {
            NodeValue::Scalar(Scalar::String) => Some(string_value(self.span.of(text))),
            _ => None,
        }
    }
}

/// Reads a whole JSON text into a tree of spans.
///
/// # Errors
/// [`SyntaxError`] if it is not JSON.
pub fn parse(text: &str) -> Result<Node, SyntaxError> {
    parse_to(usize::MAX, text)
}

/// As [`parse`], but keeps only the top-level value and its direct members: a text may have 50 MiB.
///
/// # Errors
/// [`SyntaxError`] if it is not JSON, at any depth.
pub fn parse_outline(text: &str) -> Result<Node, SyntaxError> {
    parse_to(1, text)
}

fn parse_to(depth: usize, text: &str) -> Result<Node, SyntaxError> {
    let mut builder = TreeBuilder { depth, ..TreeBuilder::new(text) };
    walk(text, |event| builder.take(event))?;
    builder.root.ok_or(SyntaxError { offset: 0, line: 1, column: 1, reason: "the text holds no value" })
}

/// Builds a tree from the events of a walk, or of one value of it.
pub(crate) struct TreeBuilder<'a> {
    text: &'a str,
    /// Values nested in more containers than this are left out.
    depth: usize,
    /// The open containers, each with the member being read if it is an object.
    open: Vec<(NodeValue, Option<(String, Span)>)>,
    root: Option<Node>,
}

impl<'a> TreeBuilder<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, depth: usize::MAX, open: Vec::new(), root: None }
    }

    /// The value, once it has ended.
    pub(crate) fn finish(self) -> Option<Node> {
        self.root
    }

    pub(crate) fn take(&mut self, event: JsonEvent) {
        let (span, value) = match event {
            JsonEvent::OpenObject(_) => return self.open.push((NodeValue::Object(Vec::new()), None)),
            JsonEvent::OpenArray(_) => return self.open.push((NodeValue::Array(Vec::new()), None)),
            JsonEvent::Key(_) if self.open.len() > self.depth => return,
            JsonEvent::Key(span) => {
                let name = string_value(span.of(self.text)).into_owned();
                if let Some((_, key)) = self.open.last_mut() {
                    *key = Some((name, span));
                }
                return;
            }
            JsonEvent::Scalar(scalar, span) => (span, NodeValue::Scalar(scalar)),
            JsonEvent::CloseObject(span) | JsonEvent::CloseArray(span) => match self.open.pop() {
                Some((value, _)) => (span, value),
                None => return,
            },
        };
        let value = Node { span, value };
        if self.open.len() > self.depth {
            return;
        }
        match self.open.last_mut() {
            Some((NodeValue::Object(members), key)) => {
                members.extend(key.take().map(|(name, key)| Member { name, key, value }));
            }
            Some((NodeValue::Array(items), _)) => items.push(value),
            _ => self.root = Some(value),
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
        let last: Vec<_> = root.last_members().iter().map(|member| member.value.span.start).collect();
        assert_eq!(last, [14, 41]);
        let items = root.member("b").unwrap().value.member("c").unwrap().value.items();
        assert_eq!(items[1].string(text).unwrap(), "x\n");
    }
}
