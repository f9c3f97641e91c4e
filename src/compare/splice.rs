//! Edits a document in places and keeps every byte outside of them.

use std::fmt;

use super::format::{GapKind, GapStyle, JsonTokens, has_crlf};
use super::tree::{JsonTree, TreeKind};
use crate::domain::json::{LexemeKind, Lexer, Span, indent};

/// The longest value written on one line; a longer one is broken up like other values of the document.
const LONG_VALUE: usize = 72;

/// A value as JSON text, on its way from one document into another. Its lines after the first are
/// indented as if the first line had no indentation.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawJson {
    text: String,
    /// Whether it comes from a document of one line.
    flat: bool,
}

impl RawJson {
    /// The JSON text of a value.
    pub fn new(text: &str) -> Self {
        Self { text: text.trim().to_owned(), flat: false }
    }

    /// Unchanged, including blanks.
    pub(super) fn exact(text: String) -> Self {
        Self { text, flat: false }
    }

    pub(super) fn of(tree: &JsonTree<'_>) -> Self {
        Self { text: dedent(tree.raw(), tree.line_indent()), flat: tree.flat }
    }

    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Shows only the length, because the text may contain secrets.
impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({} bytes)", self.text.len())
    }
}

fn dedent(text: &str, indent: &str) -> String {
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        out.push_str(line.strip_prefix(indent).unwrap_or_else(|| line.trim_start_matches([' ', '\t'])));
    }
    out
}

/// The edit of a value.
#[derive(Clone)]
pub(super) enum SpliceOp {
    /// Unchanged, byte for byte.
    Keep,
    /// Another value.
    Value(RawJson),
    /// The same container with these members or items.
    Children(Vec<SpliceChild>),
}

/// A member or an item of the result.
#[derive(Clone)]
pub(super) struct SpliceChild<V = SpliceOp> {
    /// Its index in the original container; `None` if it is new.
    pub(super) origin: Option<usize>,
    /// The name of a member as written, quotes included, if it is new or its spelling differs.
    pub(super) key: Option<String>,
    pub(super) value: V,
}

impl<V> SpliceChild<V> {
    pub(super) fn existing(origin: usize, value: V) -> Self {
        Self { origin: Some(origin), key: None, value }
    }
}

impl SpliceChild {
    pub(super) fn new(key: Option<String>, value: &JsonTree<'_>) -> Self {
        Self { origin: None, key, value: SpliceOp::Value(RawJson::of(value)) }
    }
}

impl SpliceOp {
    /// A container with these children, which may be the same as before.
    pub(super) fn children(children: Vec<SpliceChild>, before: usize) -> Self {
        let is_as_it_was = |(at, child): (usize, &SpliceChild)| {
            child.origin == Some(at) && child.key.is_none() && matches!(child.value, Self::Keep)
        };
        if children.len() == before && children.iter().enumerate().all(is_as_it_was) {
            Self::Keep
        } else {
            Self::Children(children)
        }
    }
}

/// The text of a tree after an edit.
pub(super) fn splice(tree: &JsonTree<'_>, want: &SpliceOp) -> String {
    let style = SpliceStyle::of(tree);
    let mut out = String::with_capacity(tree.text.len());
    out.push_str(tree.text.get(..tree.span.start).unwrap_or_default());
    style.write(tree, want, &mut out);
    out.push_str(tree.text.get(tree.span.end..).unwrap_or_default());
    out
}

/// The layout of a document.
struct SpliceStyle<'a> {
    gaps: GapStyle<'a>,
    one_line: bool,
    line_end: &'static str,
}

impl<'a> SpliceStyle<'a> {
    fn of(tree: &JsonTree<'a>) -> Self {
        let gaps = JsonTokens::of(tree.text).as_ref().map(GapStyle::of).unwrap_or_default();
        let line_end = if has_crlf(tree.text) { "\r\n" } else { "\n" };
        Self { gaps, one_line: tree.flat, line_end }
    }

    /// The gap between members of an object on one line, whatever the document's layout.
    fn next_on_a_line(&self) -> &'a str {
        let usual = self.gaps.gap(GapKind::AfterComma);
        if usual.contains(['\n', '\r']) { " " } else { usual }
    }

    fn write(&self, tree: &JsonTree<'_>, want: &SpliceOp, out: &mut String) {
        match (want, &tree.kind) {
            (SpliceOp::Keep, _) | (SpliceOp::Children(_), TreeKind::Scalar) => out.push_str(tree.raw()),
            (SpliceOp::Value(value), _) => out.push_str(&self.fit(value, tree.line_indent())),
            (SpliceOp::Children(children), what) => {
                let [open, close] = if matches!(what, TreeKind::Object(_)) { ['{', '}'] } else { ['[', ']'] };
                out.push(open);
                let before = tree.children();
                let slots = ChildGaps::of(self, tree, &before);
                for (at, child) in children.iter().enumerate() {
                    let lead = slots.lead(at, child);
                    out.push_str(lead);
                    match child.origin.and_then(|at| before.get(at)) {
                        Some((span, value)) => self.write_existing(*span, value, child, out),
                        None => self.write_new(tree, child, lead, out),
                    }
                    let last = at + 1 == children.len();
                    out.push_str(slots.trail(child, last));
                    out.push_str(if last { "" } else { "," });
                }
                out.push(close);
            }
        }
    }

    fn write_existing(&self, span: Span, value: &JsonTree<'_>, child: &SpliceChild, out: &mut String) {
        let before = Span { start: span.start, end: value.span.start }.of(value.text);
        let name = match &child.key {
            Some(key) => {
                out.push_str(key);
                Lexer::new(before).next().map_or(0, |lexeme| lexeme.span.end)
            }
            None => 0,
        };
        out.push_str(before.get(name..).unwrap_or_default());
        self.write(value, &child.value, out);
    }

    fn write_new(&self, tree: &JsonTree<'_>, child: &SpliceChild, lead: &str, out: &mut String) {
        let SpliceOp::Value(value) = &child.value else { return };
        if let Some(key) = &child.key {
            out.push_str(key);
            out.push_str(self.gaps.gap(GapKind::BeforeColon));
            out.push(':');
            out.push_str(self.gaps.gap(GapKind::AfterColon));
        }
        let indent = lead.rsplit_once('\n').map_or_else(|| tree.line_indent(), |(_, indent)| indent);
        out.push_str(&self.fit(value, indent));
    }

    /// A value in the style of the document, on a line with this indentation.
    fn fit(&self, value: &RawJson, indentation: &str) -> String {
        let text = value.text();
        if self.one_line {
            return if text.contains(['\n', '\r']) { self.on_one_line(text) } else { text.to_owned() };
        }
        let long = value.flat && text.len() > LONG_VALUE;
        let text = if long { indent(text) } else { None }.unwrap_or_else(|| text.to_owned());
        text.replace('\n', &format!("{}{indentation}", self.line_end))
    }

    fn on_one_line(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut before: Option<LexemeKind> = None;
        for lexeme in Lexer::new(text).filter(|lexeme| lexeme.kind != LexemeKind::Space) {
            out.push_str(before.map_or("", |before| self.gaps.gap(GapKind::between(before, lexeme.kind))));
            out.push_str(lexeme.span.of(text));
            before = Some(lexeme.kind);
        }
        out
    }
}

/// The white space around the members or items of one container.
struct ChildGaps<'a> {
    leads: Vec<&'a str>,
    trails: Vec<&'a str>,
    /// Before the first child, and before an additional one that has no gap of its own.
    first: String,
    next: String,
    /// After the last child.
    close: String,
}

impl<'a> ChildGaps<'a> {
    fn of(style: &SpliceStyle<'_>, tree: &JsonTree<'a>, children: &[(Span, &JsonTree<'a>)]) -> Self {
        let (mut leads, mut trails) = (Vec::new(), Vec::new());
        let mut at = tree.span.start + 1;
        for (number, (span, _)) in children.iter().enumerate() {
            let gap = Span { start: at, end: span.start }.of(tree.text);
            let (trail, lead) = if number == 0 { ("", gap) } else { gap.split_once(',').unwrap_or_default() };
            trails.extend((number > 0).then_some(trail));
            leads.push(lead);
            at = span.end;
        }
        let close = Span { start: at, end: tree.span.end.saturating_sub(1) }.of(tree.text);
        trails.extend((!children.is_empty()).then_some(close));
        let [first, next, close] = match leads.as_slice() {
            [] => Self::of_empty(style, tree),
            [only] if !only.contains('\n') => [only, style.next_on_a_line(), close].map(str::to_owned),
            [first, .., next] | [first @ next] => [first, next, close].map(str::to_owned),
        };
        Self { leads, trails, first, next, close }
    }

    fn of_empty(style: &SpliceStyle<'_>, tree: &JsonTree<'_>) -> [String; 3] {
        if style.one_line {
            let [open, close] = [GapKind::AfterOpen, GapKind::BeforeClose].map(|kind| style.gaps.gap(kind));
            return [open, style.next_on_a_line(), close].map(str::to_owned);
        }
        let outer = format!("{}{}", style.line_end, tree.line_indent());
        let inner = format!("{outer}  ");
        [inner.clone(), inner, outer]
    }

    /// The gap before the child at an index.
    fn lead(&self, at: usize, child: &SpliceChild) -> &str {
        match child.origin.filter(|origin| *origin > 0).and_then(|origin| self.leads.get(origin)) {
            _ if at == 0 => &self.first,
            Some(lead) => lead,
            None => &self.next,
        }
    }

    /// The gap after a child.
    fn trail(&self, child: &SpliceChild, last: bool) -> &str {
        if last {
            return &self.close;
        }
        let inner = self.trails.split_last().map_or(&[][..], |(_, inner)| inner);
        let own = child.origin.and_then(|origin| inner.get(origin));
        own.or_else(|| inner.first()).copied().unwrap_or_default()
    }
}
