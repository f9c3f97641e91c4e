//! What can be read of a text that is being typed: a tree of the values that are whole, whatever is around them.

use super::{Lexeme, LexemeKind, Lexer, MAX_DEPTH, Member, Node, NodeValue, Scalar, Span, string_value};

/// The tree of a text that need not be JSON. A member without a value is left out, brackets that are missing are
/// taken to be at the end. `None` where there is no value at all.
pub fn parse_leniently(text: &str) -> Option<Node> {
    let mut lexemes = Lexer::new(text).filter(|lexeme| lexeme.kind != LexemeKind::Space).peekable();
    let mut tree = LenientTree { text, open: Vec::new(), deeper: 0, root: None };
    while let Some(lexeme) = lexemes.next() {
        let is_name = lexeme.kind == LexemeKind::String
            && lexemes.peek().is_some_and(|next| next.kind == LexemeKind::Colon);
        tree.take(lexeme, is_name);
    }
    while !tree.open.is_empty() {
        tree.close(text.len());
    }
    tree.root
}

struct LenientTree<'t> {
    text: &'t str,
    open: Vec<OpenNode>,
    /// How many containers are open that are nested too deeply to be read.
    deeper: usize,
    root: Option<Node>,
}

struct OpenNode {
    start: usize,
    value: NodeValue,
    /// The name of the member whose value comes next.
    name: Option<(String, Span)>,
}

impl LenientTree<'_> {
    fn take(&mut self, Lexeme { kind, span, .. }: Lexeme, is_name: bool) {
        let in_object = matches!(self.open.last(), Some(OpenNode { value: NodeValue::Object(_), .. }));
        let scalar = match kind {
            LexemeKind::OpenObject => return self.open(span, NodeValue::Object(Vec::new())),
            LexemeKind::OpenArray => return self.open(span, NodeValue::Array(Vec::new())),
            LexemeKind::CloseObject | LexemeKind::CloseArray if self.deeper > 0 => {
                self.deeper -= 1;
                return;
            }
            LexemeKind::CloseObject | LexemeKind::CloseArray => return self.close_matching(kind, span.end),
            _ if self.deeper > 0 => return,
            LexemeKind::String if is_name && in_object => {
                let name = string_value(span.of(self.text)).into_owned();
                if let Some(open) = self.open.last_mut() {
                    open.name = Some((name, span));
                }
                return;
            }
            LexemeKind::Comma => {
                if let Some(open) = self.open.last_mut() {
                    open.name = None;
                }
                return;
            }
            LexemeKind::String => Scalar::String,
            LexemeKind::Number => Scalar::Number,
            LexemeKind::Bool => Scalar::Bool,
            LexemeKind::Null => Scalar::Null,
            _ => return,
        };
        self.add(Node { span, value: NodeValue::Scalar(scalar) });
    }

    fn open(&mut self, span: Span, value: NodeValue) {
        if self.open.len() < MAX_DEPTH && self.deeper == 0 {
            self.open.push(OpenNode { start: span.start, value, name: None });
        } else {
            self.deeper += 1;
        }
    }

    /// Closes what a bracket belongs to, with all that was not closed in it; nothing if it belongs to nothing.
    fn close_matching(&mut self, kind: LexemeKind, end: usize) {
        let is_match =
            |open: &OpenNode| matches!(open.value, NodeValue::Object(_)) == (kind == LexemeKind::CloseObject);
        if let Some(at) = self.open.iter().rposition(is_match) {
            while self.open.len() > at {
                self.close(end);
            }
        }
    }

    fn close(&mut self, end: usize) {
        if let Some(OpenNode { start, value, .. }) = self.open.pop() {
            self.add(Node { span: Span { start, end }, value });
        }
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(OpenNode { value: NodeValue::Object(members), name, .. }) => {
                members.extend(name.take().map(|(name, key)| Member { name, key, value: node }));
            }
            Some(OpenNode { value: NodeValue::Array(items), .. }) => items.push(node),
            _ => _ = self.root.get_or_insert(node),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::json::parse;

    proptest! {
        #[test]
        fn of_a_whole_text_it_reads_what_the_strict_reader_reads(
            text in r#"(?s)[\[\]{}:, "ab01\n]{0,40}"#,
            whole in r#"\{("[ab]": (1|"x"|\[1, \{"c": true\}\]|\{"d": null\}), ){0,3}"e": 2\}"#,
        ) {
            let _ = parse_leniently(&text);
            if let Ok(root) = parse(&text) {
                prop_assert_eq!(Some(root), parse_leniently(&text));
            }
            prop_assert_eq!(parse(&whole).ok(), parse_leniently(&whole));
        }
    }

    #[test]
    fn what_is_whole_is_read_around_what_is_not() {
        fn shape(text: &str, node: &Node) -> String {
            let join = |parts: Vec<String>| parts.join(" ");
            match &node.value {
                NodeValue::Object(members) => {
                    let member = |member: &Member| format!("{}={}", member.name, shape(text, &member.value));
                    format!("{{{}}}", join(members.iter().map(member).collect()))
                }
                NodeValue::Array(items) => {
                    format!("[{}]", join(items.iter().map(|item| shape(text, item)).collect()))
                }
                NodeValue::Scalar(_) => node.span.of(text).into(),
            }
        }
        for (text, expected) in [
            ("{\"a\": 1, \"b\": , \"c\": [1, {\"d\": 2}", "{a=1 c=[1 {d=2}]}"),
            ("{\"a\": 1 \"b\": 2, \"no", "{a=1 b=2}"),
            ("{\"a\": tru, \"b\" 3, \"c\": {\"d\": 1], \"e\": 2}}", "{c={d=1 e=2}}"),
            ("{\"a\": {\"b\": [1}, \"c\": 2}", "{a={b=[1]} c=2}"),
            ("]}", ""),
            ("", ""),
            ("{\"a\": 1}} {\"b\": 2}", "{a=1}"),
        ] {
            let read = parse_leniently(text).map(|root| shape(text, &root)).unwrap_or_default();
            assert_eq!(read, expected, "{text}");
        }
        assert!(parse_leniently(&"[".repeat(200_000)).is_some(), "depth is bounded");
    }
}
