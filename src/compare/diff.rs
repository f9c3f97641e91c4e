//! What differs between two documents, by path; secrets are compared and never shown.

use std::borrow::Cow;
use std::collections::HashMap;

use similar::DiffOp;

use super::align;
use super::path::{NumberedName, PathStep, display_path, numbered, tokens};
use crate::domain::DocumentKind;
use crate::domain::json::{BYTE_ORDER_MARK, Member, Node, NodeValue, Span, parse};
use crate::text::scan::{Visibility, scan_within};
use crate::text::{Safe, SegmentRole, mask_value};

/// The longest value shown beside a path, in characters.
const MAX_VALUE: usize = 60;

/// What is shown for a secret that changed.
pub(super) const HIDDEN: Safe<'static> = Safe::literal("(value hidden)");

/// The differences between two documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// What changed, in the order of the old text, additions after.
    pub changes: Vec<PathChange>,
    /// Whether the texts differ in white space alone.
    pub whitespace_only: bool,
}

impl Diff {
    /// Whether the texts are the same, byte for byte.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.whitespace_only
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathChange {
    /// Where, such as `module-config.timeout` or `chain[1].module`; a second member of the same
    /// name is `name (2)`. Items that are gone are counted in the old text, all others in the new.
    pub path: Safe<'static>,
    pub kind: DiffKind,
    /// The value before, shortened; none if there was none.
    pub old: Option<Safe<'static>>,
    /// The value after, shortened; none if there is none.
    pub new: Option<Safe<'static>>,
    /// Whether a secret is or was part of it.
    pub secret: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiffKind {
    Added,
    Removed,
    /// It has another value.
    Changed,
    /// The same members or items in another order.
    OrderOnly,
}

/// Compares two texts of one kind of document. If one of them is no JSON, that is one change of
/// the whole text; [`super::lines`] says more.
pub fn diff(kind: DocumentKind, old: &str, new: &str) -> Diff {
    if old == new {
        return Diff::default();
    }
    let (old, new) = (without_mark(old), without_mark(new));
    let mut differ = Differ { kind, old, new, names: Vec::new(), steps: Vec::new(), changes: Vec::new() };
    match (parse(old), parse(new)) {
        (Ok(before), Ok(after)) => differ.nodes(&before, &after),
        _ => differ.changes.push(PathChange {
            path: Safe::literal("(whole text)"),
            kind: DiffKind::Changed,
            old: None,
            new: None,
            secret: false,
        }),
    }
    Diff { whitespace_only: differ.changes.is_empty(), changes: differ.changes }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

struct Differ<'a> {
    kind: DocumentKind,
    old: &'a str,
    new: &'a str,
    /// The names on the way here, by which secrets are judged.
    names: Vec<String>,
    steps: Vec<PathStep>,
    changes: Vec<PathChange>,
}

impl Differ<'_> {
    fn nodes(&mut self, old: &Node, new: &Node) {
        match (&old.value, &new.value) {
            (NodeValue::Object(before), NodeValue::Object(after)) => self.members(before, after),
            (NodeValue::Array(before), NodeValue::Array(after)) => self.items(before, after),
            _ if tokens(old.span.of(self.old)).eq(tokens(new.span.of(self.new))) => (),
            _ => self.push(DiffKind::Changed, Some(old.span), Some(new.span)),
        }
    }

    fn members(&mut self, old: &[Member], new: &[Member]) {
        let before = numbered(old);
        let after = numbered(new);
        let find: HashMap<_, _> = after.iter().map(|(key, member)| (*key, *member)).collect();
        let known: HashMap<_, _> = before.iter().map(|(key, member)| (*key, *member)).collect();
        for (key, member) in &before {
            match find.get(key) {
                Some(now) => self.member(*key, |differ| differ.nodes(&member.value, &now.value)),
                None => self.member(*key, |differ| {
                    differ.push(DiffKind::Removed, Some(member.value.span), None);
                }),
            }
        }
        for (key, member) in after.iter().filter(|(key, _)| !known.contains_key(key)) {
            self.member(*key, |differ| differ.push(DiffKind::Added, None, Some(member.value.span)));
        }
        let stayed = before.iter().map(|(key, _)| key).filter(|key| find.contains_key(*key));
        let stay = after.iter().map(|(key, _)| key).filter(|key| known.contains_key(*key));
        if !stayed.eq(stay) {
            self.push(DiffKind::OrderOnly, None, None);
        }
    }

    fn member(&mut self, (name, number): NumberedName<'_>, visit: impl FnOnce(&mut Self)) {
        self.names.push(name.to_owned());
        self.steps.push(PathStep::Name(name.to_owned(), number));
        visit(self);
        self.steps.pop();
        self.names.pop();
    }

    fn items(&mut self, old: &[Node], new: &[Node]) {
        let (before, after) = (written_items(old, self.old), written_items(new, self.new));
        if before != after && is_permutation(&before, &after) {
            return self.push(DiffKind::OrderOnly, None, None);
        }
        for op in align::ops(&before, &after) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (gone, come) = (op.old_range(), op.new_range());
            let pairs = gone.len().min(come.len());
            for (was, is) in gone.clone().zip(come.clone()) {
                if let (Some(was), Some(now)) = (old.get(was), new.get(is)) {
                    self.item(is, |differ| differ.nodes(was, now));
                }
            }
            for at in gone.skip(pairs) {
                let span = old.get(at).map(|item| item.span);
                self.item(at, |differ| differ.push(DiffKind::Removed, span, None));
            }
            for at in come.skip(pairs) {
                let span = new.get(at).map(|item| item.span);
                self.item(at, |differ| differ.push(DiffKind::Added, None, span));
            }
        }
    }

    fn item(&mut self, at: usize, visit: impl FnOnce(&mut Self)) {
        self.steps.push(PathStep::Item(at));
        visit(self);
        self.steps.pop();
    }

    fn push(&mut self, kind: DiffKind, old: Option<Span>, new: Option<Span>) {
        let text = [old.map(|span| span.of(self.old)), new.map(|span| span.of(self.new))];
        let [mut old, mut new] =
            text.map(|side| side.map(|text| display_value(self.kind, &self.names, text)));
        let secret = [&old, &new].into_iter().flatten().any(|(_, secret)| *secret);
        if let ([Some(before), Some(after)], true) = (text, old == new) {
            // Shortened or masked, both look the same; show where they part, or that nothing can be shown.
            let parted = if secret {
                vec![HIDDEN, HIDDEN]
            } else {
                diverging_excerpts(self.kind, &self.names, &[before, after])
            };
            let mut parted = parted.into_iter().map(|text| (text, secret));
            (old, new) = (parted.next(), parted.next());
        }
        let path = display_path(&self.steps);
        let [old, new] = [old, new].map(|side| side.map(|(value, _)| value));
        self.changes.push(PathChange { path, kind, old, new, secret });
    }
}

/// Values that begin alike, from shortly before they differ.
pub(super) fn diverging_excerpts<S: AsRef<str>>(
    kind: DocumentKind,
    names: &[S],
    texts: &[&str],
) -> Vec<Safe<'static>> {
    let whole = |text: &&str| mask_value(kind, names, text, usize::MAX).into_string();
    let texts: Vec<String> = texts.iter().map(whole).collect();
    let first = texts.first().map_or("", String::as_str);
    let alike = |text: &String| first.chars().zip(text.chars()).take_while(|(a, b)| a == b).count();
    let same = texts.iter().skip(1).map(alike).min().unwrap_or(0);
    let from = |text: &String| {
        let start = text.char_indices().nth(same.saturating_sub(MAX_VALUE / 3)).map_or(0, |(at, _)| at);
        let rest = Safe::prefix(text.get(start..).unwrap_or_default(), MAX_VALUE);
        Safe::from(format!("{}{rest}", if start > 0 { "…" } else { "" }))
    };
    texts.iter().map(from).collect()
}

/// A value that stands at a path of names, as it may be shown, and whether it holds a secret.
pub(super) fn display_value<S: AsRef<str>>(
    kind: DocumentKind,
    names: &[S],
    text: &str,
) -> (Safe<'static>, bool) {
    let pieces = scan_within(kind, names, text);
    let hidden = |look| matches!(look, Visibility::Hidden { .. });
    let secret = pieces.iter().any(|piece| hidden(piece.visibility));
    let nothing_else = pieces.iter().all(|piece| {
        hidden(piece.visibility)
            || piece.visibility == Visibility::Shown(SegmentRole::String) && piece.span.of(text) == "\""
    });
    if secret && nothing_else { (HIDDEN, true) } else { (mask_value(kind, names, text, MAX_VALUE), secret) }
}

/// Each item by its tokens.
fn written_items<'a>(items: &[Node], text: &'a str) -> Vec<Cow<'a, str>> {
    let written = |item: &Node| match item.value {
        NodeValue::Scalar(_) => Cow::Borrowed(item.span.of(text)),
        _ => Cow::Owned(tokens(item.span.of(text)).collect()),
    };
    items.iter().map(written).collect()
}

fn is_permutation(old: &[Cow<'_, str>], new: &[Cow<'_, str>]) -> bool {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for item in old {
        *counts.entry(item).or_default() += 1;
    }
    let mut take = |item: &Cow<'_, str>| {
        let count = counts.get_mut(item.as_ref()).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    };
    old.len() == new.len() && new.iter().all(&mut take)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fixture::{broken_document, document};

    fn told(old: &str, new: &str) -> Vec<String> {
        let side = |value: &Option<Safe<'_>>| value.as_ref().map_or("-".into(), ToString::to_string);
        diff(DocumentKind::Webhook, old, new)
            .changes
            .iter()
            .map(|c| format!("{:?} {} {} {} {}", c.kind, c.path, side(&c.old), side(&c.new), c.secret))
            .collect()
    }

    #[test]
    fn changes_are_told_by_path() {
        assert_eq!(
            told(
                r#"{"module-config": {"timeout": 30, "a.b": "x"}, "gone": [1], "n": 1.0}"#,
                r#"{"n": 1, "module-config": {"a.b": "\u0078", "timeout": 45}, "hmac": {"header": "X"}}"#,
            ),
            [
                "Changed module-config.timeout 30 45 false",
                r#"Changed module-config."a.b" "x" "\u0078" false"#,
                "OrderOnly module-config - - false",
                "Removed gone [1] - false",
                "Changed n 1.0 1 false",
                "Added hmac - {\"header\": \"X\"} false",
                "OrderOnly (document) - - false",
            ]
        );
    }

    #[test]
    fn items_are_matched_and_an_order_is_an_order() {
        assert_eq!(
            told(
                r#"{"chain": ["log", {"module": "kafka"}, "s3"], "a": [1, 2]}"#,
                r#"{"chain": ["log", {"module": "mqtt"}, "s3", "x"], "a": [2, 1]}"#,
            ),
            [
                "Changed chain[1].module \"kafka\" \"mqtt\" false",
                "Added chain[3] - \"x\" false",
                "OrderOnly a - - false"
            ]
        );
    }

    #[test]
    fn duplicates_white_space_and_broken_texts() {
        assert_eq!(told(r#"{"a": 1, "a": 2}"#, r#"{"a": 1, "a": 3}"#), ["Changed a (2) 2 3 false"]);
        let diff = diff(DocumentKind::Webhook, "{\"a\":1}", "\u{feff}{ \"a\": 1 }");
        assert!(diff.whitespace_only && diff.changes.is_empty() && !diff.is_empty());
        assert_eq!(told("{", "{}"), ["Changed (whole text) - - false"]);
    }

    #[test]
    fn secrets_change_without_being_told() {
        assert_eq!(
            told(
                r#"{"hmac": {"secret": "hunter2"}, "jwt": {"secret": "hunter2"}, "authorization": "{$T:hunter2}", "u": "http://u:hunter2@h"}"#,
                r#"{"hmac": {"secret": "hunter3"}, "jwt": {"secret": "{$vault:p#f}"}, "authorization": "{$T:hunter3}", "u": "http://u:hunter3@h", "basic_auth": {"password": 1}}"#,
            ),
            [
                "Changed hmac.secret (value hidden) (value hidden) true",
                "Changed jwt.secret (value hidden) \"{$vault:p#f}\" true",
                "Changed authorization (value hidden) (value hidden) true",
                "Changed u (value hidden) (value hidden) true",
                "Added basic_auth - {\"password\": ••••••••} true",
            ]
        );
    }

    #[test]
    fn long_values_show_where_they_part() {
        let text = |end| format!("{{\"a\": \"{}{end}\"}}", "x".repeat(100));
        assert_eq!(
            told(&text("y"), &text("z")),
            [format!("Changed a …{0}y\" …{0}z\" false", "x".repeat(20))]
        );
    }

    proptest! {
        #[test]
        fn equal_texts_have_no_differences(document in document()) {
            prop_assert!(diff(DocumentKind::Webhook, &document.text, &document.text).is_empty());
        }

        #[test]
        fn different_texts_have_differences(old in document(), new in document()) {
            let same = old.text == new.text;
            prop_assert_eq!(diff(DocumentKind::Webhook, &old.text, &new.text).is_empty(), same);
        }

        #[test]
        fn no_secret_is_told(old in document(), new in prop_oneof![document().boxed(), broken_document().boxed()]) {
            let told = told(&old.text, &new.text).join("\n");
            prop_assert!(!old.leaks_into(&told), "{}", told);
        }
    }
}
