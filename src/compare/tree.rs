//! A document as a tree whose parts can be compared quickly with those of another text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::path::{PathStep, tokens};
use crate::domain::json::{
    BYTE_ORDER_MARK, Node, NodeValue, Span, SyntaxError, is_one_line, parse, string_value,
};
use crate::domain::{Secrecy, SecretNames, is_pair_value};

/// Containers nested deeper than this are compared and merged as a whole: coarser, and no stack ends.
const MAX_DEPTH: usize = 128;

/// A value in its text.
pub(super) struct JsonTree<'a> {
    /// The whole text.
    pub(super) text: &'a str,
    pub(super) span: Span,
    pub(super) kind: TreeKind<'a>,
    /// Whether the whole text is one line.
    pub(super) flat: bool,
    /// A hash of its tokens; different values nearly always have different ones.
    pub(super) hash: u64,
}

pub(super) enum TreeKind<'a> {
    Object(Vec<TreeMember<'a>>),
    Array(Vec<JsonTree<'a>>),
    /// A value without children, or a container nested deeper than [`MAX_DEPTH`].
    Scalar,
}

pub(super) struct TreeMember<'a> {
    pub(super) name: String,
    /// Its number among members of that name, from 1.
    pub(super) number: usize,
    pub(super) key: Span,
    pub(super) value: JsonTree<'a>,
}

/// A member's name, and its number among members of that name.
pub(super) type MemberId<'a> = (&'a str, usize);

impl TreeMember<'_> {
    pub(super) fn id(&self) -> MemberId<'_> {
        (&self.name, self.number)
    }

    pub(super) fn step(&self) -> PathStep {
        PathStep::Name(self.name.clone(), self.number)
    }

    /// The name as it is written, with quotes and escapes.
    pub(super) fn written(&self) -> &str {
        self.key.of(self.value.text)
    }

    /// From its name to the end of its value.
    pub(super) fn span(&self) -> Span {
        Span { start: self.key.start, end: self.value.span.end }
    }
}

impl<'a> JsonTree<'a> {
    /// Parses a text; a byte order mark before it counts as white space.
    pub(super) fn of(text: &'a str) -> Result<Self, SyntaxError> {
        let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let root = parse(body)?;
        Ok(Self::build(text, text.len() - body.len(), is_one_line(body), 0, root))
    }

    fn build(text: &'a str, mark: usize, flat: bool, depth: usize, node: Node) -> Self {
        let span = node.span.shifted(mark);
        let mut hasher = DefaultHasher::new();
        let kind = match node.value {
            NodeValue::Object(_) | NodeValue::Array(_) if depth > MAX_DEPTH => {
                tokens(span.of(text)).for_each(|token| token.hash(&mut hasher));
                TreeKind::Scalar
            }
            NodeValue::Object(nodes) => {
                "{".hash(&mut hasher);
                let mut seen: HashMap<String, usize> = HashMap::new();
                let mut members = Vec::with_capacity(nodes.len());
                for member in nodes {
                    let count = seen.entry(member.name.clone()).or_default();
                    *count += 1;
                    let (name, number, key) = (member.name, *count, member.key.shifted(mark));
                    let value = Self::build(text, mark, flat, depth + 1, member.value);
                    (key.of(text), value.hash).hash(&mut hasher);
                    members.push(TreeMember { name, number, key, value });
                }
                TreeKind::Object(members)
            }
            NodeValue::Array(nodes) => {
                "[".hash(&mut hasher);
                let items: Vec<_> =
                    nodes.into_iter().map(|node| Self::build(text, mark, flat, depth + 1, node)).collect();
                items.iter().for_each(|item| item.hash.hash(&mut hasher));
                TreeKind::Array(items)
            }
            NodeValue::Scalar(_) => {
                span.of(text).hash(&mut hasher);
                TreeKind::Scalar
            }
        };
        Self { text, span, kind, flat, hash: hasher.finish() }
    }

    pub(super) fn raw(&self) -> &'a str {
        self.span.of(self.text)
    }

    /// Whether it is, or lists, a pair of the name and the value of a secret: the value is secret only where its
    /// name can be seen, so such a pair is compared and shown as a whole.
    pub(super) fn is_secret_pair(&self, names: &SecretNames) -> bool {
        match &self.kind {
            TreeKind::Object(members) => {
                members.iter().any(|member| is_pair_value(&member.name)) && {
                    let texts: Vec<_> = members
                        .iter()
                        .filter_map(|member| Some((member.name.as_str(), member.value.as_text()?)))
                        .collect();
                    names.names_secret_pair(texts.iter().map(|(name, text)| (*name, text.as_ref())))
                }
            }
            TreeKind::Array(items) => items.iter().any(|item| match &item.kind {
                TreeKind::Array(pair) => pair
                    .first()
                    .and_then(|name| name.as_text())
                    .is_some_and(|name| names.pair_name_secrecy(&name) != Secrecy::Open),
                _ => false,
            }),
            TreeKind::Scalar => false,
        }
    }

    fn as_text(&self) -> Option<Cow<'a, str>> {
        Some(self.raw()).filter(|raw| raw.starts_with('"')).map(string_value)
    }

    /// Whether both have the same tokens; white space makes no difference.
    pub(super) fn same(&self, other: &JsonTree<'_>) -> bool {
        self.hash == other.hash && tokens(self.raw()).eq(tokens(other.raw()))
    }

    /// Its children, each with the span of its whole text.
    pub(super) fn children(&self) -> Vec<(Span, &JsonTree<'a>)> {
        match &self.kind {
            TreeKind::Object(members) => {
                members.iter().map(|member| (member.span(), &member.value)).collect()
            }
            TreeKind::Array(items) => items.iter().map(|item| (item.span, item)).collect(),
            TreeKind::Scalar => Vec::new(),
        }
    }

    /// The indentation of the line on which it begins.
    pub(super) fn line_indent(&self) -> &'a str {
        // On a single line nothing is indented, and looking for its start for each value would take too long.
        if self.flat { "" } else { line_indent(self.text, self.span.start) }
    }
}

/// The members with their indexes.
pub(super) fn by_id<'a, 't>(
    members: &'a [TreeMember<'t>],
) -> HashMap<MemberId<'a>, (usize, &'a TreeMember<'t>)> {
    members.iter().enumerate().map(|(at, member)| (member.id(), (at, member))).collect()
}

/// For hash tables: equal if [`JsonTree::same`] holds, and nearly never otherwise.
pub(super) fn hashes(items: &[JsonTree<'_>]) -> Vec<u64> {
    items.iter().map(|item| item.hash).collect()
}

/// The indentation of the line at an offset.
pub(super) fn line_indent(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..blank).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_by_tokens() {
        let text = "\u{feff}{\"a\": [1, {\"b\":2}], \"a\": [1,{\"b\" : 2}], \"c\": [1, {\"b\": 2.0}]}";
        let tree = JsonTree::of(text).unwrap();
        let TreeKind::Object(members) = &tree.kind else { panic!("an object") };
        assert!(members[0].value.same(&members[1].value) && !members[0].value.same(&members[2].value));
        assert_eq!(members[1].step(), PathStep::Name("a".into(), 2));
        assert_eq!(members[2].span().of(text), "\"c\": [1, {\"b\": 2.0}]");
        assert!(JsonTree::of("{").is_err());
    }

    #[test]
    fn what_is_nested_very_deep_is_compared_as_a_whole() {
        let nested = |inside: &str| format!("{}{inside}{}", "[ ".repeat(900), "]".repeat(900));
        let (one, two, other) = (nested("NaN"), nested("NaN").replace(' ', ""), nested("1e999"));
        let [one, two, other] = [&one, &two, &other].map(|text| JsonTree::of(text).unwrap());
        assert!(one.same(&two) && !one.same(&other));
    }

    #[test]
    fn lines_know_their_indentation() {
        let text = "\u{feff}{\n\t \"a\": 1}";
        assert_eq!(line_indent(text, text.find('1').unwrap()), "\t ");
        assert_eq!(line_indent(text, 3), "");
    }
}
