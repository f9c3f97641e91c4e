//! The layout shown in the editor, and the way back to the stored layout.
//!
//! The editor shows one-line JSON indented. What is stored afterwards has the white space of the stored
//! text wherever its tokens still exist, and its usual white space elsewhere; so editing one value
//! changes the bytes of that value and nothing else.

use std::collections::HashMap;

use similar::DiffOp;

use super::align;
use crate::domain::json::{BYTE_ORDER_MARK, LexemeKind, Lexer, indent, is_one_line, walk};

/// A stored text as shown in the editor: one-line JSON indented by two spaces, JSON of several lines
/// unchanged; without byte order mark, carriage returns or outer blanks. Text that is not JSON is
/// returned unchanged.
pub fn format(text: &str) -> String {
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if walk(body, |_| ()).is_err() {
        return text.to_owned();
    }
    let body = body.trim();
    let indented = if is_one_line(body) { indent(body) } else { None };
    indented.unwrap_or_else(|| body.replace("\r\n", "\n"))
}

/// The edited text in the stored style of `original`: `restore(x, &format(x)) == x` for every text.
///
/// If both are JSON, the tokens are those of `edited`, and the white space is the original's: all
/// of it if only white space was edited; between tokens that existed before; at both ends;
/// and everywhere if the original was one line. Otherwise only line ends, the byte order mark
/// and the end of the last line follow the original.
pub fn restore(original: &str, edited: &str) -> String {
    if original == edited || original.is_empty() {
        return edited.to_owned();
    }
    match (JsonTokens::of(original), JsonTokens::of(edited)) {
        (Some(stored), Some(wanted)) if stored.texts == wanted.texts => original.to_owned(),
        (Some(stored), Some(wanted)) => merge_gaps(original, &stored, &wanted),
        _ => restore_line_ends(original, edited),
    }
}

/// The tokens of a JSON text and the white space around them.
pub(super) struct JsonTokens<'a> {
    texts: Vec<&'a str>,
    shapes: Vec<LexemeKind>,
    /// The white space before each token, and after the last.
    gaps: Vec<&'a str>,
}

impl<'a> JsonTokens<'a> {
    /// `None` if the text is not JSON. A byte order mark counts as white space.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        walk(body, |_| ()).ok()?;
        let mark = text.len() - body.len();
        let mut tokens = Self { texts: Vec::new(), shapes: Vec::new(), gaps: Vec::new() };
        let mut end = 0;
        for lexeme in Lexer::new(body).filter(|lexeme| lexeme.kind != LexemeKind::Space) {
            tokens.gaps.push(text.get(end..mark + lexeme.span.start)?);
            tokens.texts.push(lexeme.span.of(body));
            tokens.shapes.push(lexeme.kind);
            end = mark + lexeme.span.end;
        }
        tokens.gaps.push(text.get(end..)?);
        Some(tokens)
    }

    fn gap(&self, at: usize) -> &'a str {
        self.gaps.get(at).copied().unwrap_or_default()
    }

    /// The kind of the gap before the token at `at`; `None` at both ends.
    fn gap_kind(&self, at: usize) -> Option<GapKind> {
        Some(GapKind::between(*self.shapes.get(at.checked_sub(1)?)?, *self.shapes.get(at)?))
    }
}

/// Kinds of places with white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum GapKind {
    BeforeColon,
    AfterColon,
    BeforeComma,
    AfterComma,
    AfterOpen,
    BeforeClose,
    Empty,
}

impl GapKind {
    pub(super) fn between(before: LexemeKind, after: LexemeKind) -> Self {
        match (before, after) {
            (_, LexemeKind::Colon) => Self::BeforeColon,
            (LexemeKind::Colon, _) => Self::AfterColon,
            (_, LexemeKind::Comma) => Self::BeforeComma,
            (LexemeKind::Comma, _) => Self::AfterComma,
            _ if before.opens() && after.closes() => Self::Empty,
            _ if before.opens() => Self::AfterOpen,
            _ => Self::BeforeClose,
        }
    }
}

/// For each token of `wanted`, the stored token that it equals or replaces.
fn align(stored: &JsonTokens<'_>, wanted: &JsonTokens<'_>) -> Vec<Option<usize>> {
    let mut origins = vec![None; wanted.texts.len()];
    for op in align::ops(&stored.texts, &wanted.texts) {
        let (old, new, len) = match op {
            DiffOp::Equal { old_index, new_index, len } => (old_index, new_index, len),
            DiffOp::Replace { old_index, old_len, new_index, new_len } if old_len == new_len => {
                (old_index, new_index, new_len)
            }
            _ => continue,
        };
        for (slot, origin) in origins.iter_mut().skip(new).take(len).zip(old..) {
            *slot = Some(origin);
        }
    }
    origins
}

/// The tokens of `wanted` with the white space of `stored`.
fn merge_gaps(original: &str, stored: &JsonTokens<'_>, wanted: &JsonTokens<'_>) -> String {
    let origins = align(stored, wanted);
    let origin = |at: usize| origins.get(at).copied().flatten();
    let one_line = is_one_line(original.strip_prefix(BYTE_ORDER_MARK).unwrap_or(original));
    let habits = GapStyle::of(stored);
    let crlf = has_crlf(original);
    let mut out = String::with_capacity(original.len());
    for (at, text) in wanted.texts.iter().enumerate() {
        match (at.checked_sub(1), wanted.gap_kind(at)) {
            (Some(before), Some(place)) if one_line => {
                let same_place = |old: &usize| stored.gap_kind(*old) == Some(place);
                let old = origin(at)
                    .filter(same_place)
                    .or_else(|| origin(before).map(|old| old + 1).filter(same_place));
                out.push_str(old.map_or_else(|| habits.gap(place), |old| stored.gap(old)));
            }
            (Some(before), Some(_)) => {
                let neighbours = origin(at).filter(|old| origin(before).map(|old| old + 1) == Some(*old));
                let unix = wanted.gap(at).replace("\r\n", "\n");
                match neighbours.map(|old| stored.gap(old)) {
                    Some(gap) if gap.replace("\r\n", "\n") == unix => out.push_str(gap),
                    _ if crlf => out.push_str(&unix.replace('\n', "\r\n")),
                    _ => out.push_str(&unix),
                }
            }
            _ => out.push_str(stored.gap(0)),
        }
        out.push_str(text);
    }
    out.push_str(stored.gap(stored.texts.len()));
    out
}

/// The most frequent white space of a text for each kind of gap.
#[derive(Default)]
pub(super) struct GapStyle<'a>(HashMap<GapKind, &'a str>);

impl<'a> GapStyle<'a> {
    pub(super) fn of(tokens: &JsonTokens<'a>) -> Self {
        let mut counts: HashMap<(GapKind, &'a str), usize> = HashMap::new();
        for at in 1..tokens.texts.len() {
            if let Some(place) = tokens.gap_kind(at) {
                *counts.entry((place, tokens.gap(at))).or_default() += 1;
            }
        }
        let mut best: HashMap<GapKind, (usize, &'a str)> = HashMap::new();
        for ((place, gap), count) in counts {
            // Ties are decided by the text, so that the result is deterministic.
            let slot = best.entry(place).or_insert((count, gap));
            *slot = (*slot).max((count, gap));
        }
        Self(best.into_iter().map(|(place, (_, gap))| (place, gap)).collect())
    }

    pub(super) fn gap(&self, place: GapKind) -> &'a str {
        let known = |place| self.0.get(&place).copied();
        let other = match place {
            GapKind::AfterColon => GapKind::AfterComma,
            GapKind::AfterComma => GapKind::AfterColon,
            GapKind::AfterOpen => GapKind::BeforeClose,
            GapKind::BeforeClose => GapKind::AfterOpen,
            _ => return known(place).unwrap_or_default(),
        };
        let fallback = if matches!(place, GapKind::AfterColon | GapKind::AfterComma) { " " } else { "" };
        known(place).or_else(|| known(other)).unwrap_or(fallback)
    }
}

/// Whether most lines end in a carriage return and a line feed.
pub(super) fn has_crlf(text: &str) -> bool {
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    text.matches("\r\n").count() * 2 > lines
}

fn restore_line_ends(original: &str, edited: &str) -> String {
    let body = edited.strip_prefix(BYTE_ORDER_MARK).unwrap_or(edited).replace("\r\n", "\n");
    let body = body.strip_suffix('\n').filter(|_| !original.ends_with('\n')).unwrap_or(&body);
    let mut out = String::with_capacity(body.len() + 4);
    out.extend(original.starts_with(BYTE_ORDER_MARK).then_some(BYTE_ORDER_MARK));
    out.push_str(body);
    if original.ends_with('\n') && !body.ends_with('\n') {
        out.push('\n');
    }
    if has_crlf(original) { out.replace('\n', "\r\n") } else { out }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fixture::document;

    /// JSON with any white space between its tokens, with or without a byte order mark.
    fn odd_json() -> impl Strategy<Value = String> {
        let gaps = prop::collection::vec(
            prop_oneof![
                Just(""),
                Just(""),
                Just(" "),
                Just("  "),
                Just("\t"),
                Just("\n"),
                Just("\r\n"),
                Just("\r")
            ],
            1..9,
        );
        (document(), gaps, any::<bool>(), any::<bool>()).prop_map(|(document, gaps, mark, one_line)| {
            let mut gaps = gaps.iter().filter(|gap| !one_line || !gap.contains(['\n', '\r'])).cycle();
            let mut text = String::from(if mark { "\u{feff}" } else { "" });
            for lexeme in Lexer::new(&document.text).filter(|lexeme| lexeme.kind != LexemeKind::Space) {
                text.push_str(gaps.next().copied().unwrap_or_default());
                text.push_str(lexeme.span.of(&document.text));
            }
            text.push_str(gaps.next().copied().unwrap_or_default());
            text
        })
    }

    #[test]
    fn one_line_opens_indented_and_several_lines_as_they_are() {
        assert_eq!(format("\u{feff}{\"a\":[1]} \r\n"), "{\n  \"a\": [\n    1\n  ]\n}");
        assert_eq!(format("{\"a\":\r\n   1}\r\n"), "{\"a\":\n   1}");
        assert_eq!(format("{\"a\":\r\n"), "{\"a\":\r\n");
    }

    #[test]
    fn one_edited_value_changes_nothing_else() {
        let cases = [
            (
                r#"{"a":NaN,"b":[1e999,-Infinity,2], "c":"\ud800"}"#,
                "2",
                "3",
                r#"{"a":NaN,"b":[1e999,-Infinity,3], "c":"\ud800"}"#,
            ),
            (r#"{"a": 1, "b":2}"#, "2", "30", r#"{"a": 1, "b":30}"#),
            (r#"{ "a":1 ,"b": [1,2 ] }"#, "\"b\"", "\"c\"", r#"{ "a":1 ,"c": [1,2 ] }"#),
            ("\u{feff}{\"a\":1}\r\n", "1", "{\"x\": [true, 2]}", "\u{feff}{\"a\":{\"x\":[true,2]}}\r\n"),
            ("{\r\n \"a\": 1\r\n}\r\n", "1", "1,\n \"b\": 2", "{\r\n \"a\": 1,\r\n \"b\": 2\r\n}\r\n"),
            ("{\"a\":\n1, \"b\" : 2}\n\n", "2", "3", "{\"a\":\n1, \"b\" : 3}\n\n"),
        ];
        for (stored, from, to, expected) in cases {
            let edited = format(stored).replacen(from, to, 1);
            assert_eq!(restore(stored, &edited), expected, "{edited}");
        }
    }

    #[test]
    fn new_members_follow_the_habits_of_the_line() {
        let add = |stored: &str| {
            let edited = format(stored);
            restore(stored, &format!("{},\n  \"new\": [1, {{}}]\n}}", edited.trim_end_matches(['}', '\n'])))
        };
        assert_eq!(add(r#"{"a":1,"b":2}"#), r#"{"a":1,"b":2,"new":[1,{}]}"#);
        assert_eq!(add(r#"{"a": 1, "b": 2}"#), r#"{"a": 1, "b": 2, "new": [1, {}]}"#);
        assert_eq!(add(r#"{ "a" : 1 , "b" : 2 }"#), r#"{ "a" : 1 , "b" : 2 , "new" : [ 1 , {} ] }"#);
        assert_eq!(restore(r#"{"a":1,"b":2,"c":3}"#, "{\n \"a\": 1,\n \"c\": 3\n}"), r#"{"a":1,"c":3}"#);
    }

    #[test]
    fn broken_text_keeps_its_line_ends() {
        assert_eq!(restore("{\r\n\"a\":\r\n", "{\n\"b\":\n1"), "{\r\n\"b\":\r\n1\r\n");
        assert_eq!(restore("{", "{\"a\": 1}\n"), "{\"a\": 1}");
        assert_eq!(restore("\u{feff}{", "x"), "\u{feff}x");
        assert_eq!(restore("", "{}\n"), "{}\n");
    }

    fn tokens(text: &str) -> Vec<&str> {
        JsonTokens::of(text).unwrap().texts
    }

    proptest! {
        #[test]
        fn what_is_only_looked_at_comes_back(text in odd_json()) {
            prop_assert_eq!(restore(&text, &format(&text)), text);
        }

        #[test]
        fn any_text_comes_back(text in r#"(?s)(\u{feff})?[\[\]{}:,"a1 \r\n\t]{0,20}"#) {
            prop_assert_eq!(restore(&text, &format(&text)), text);
        }

        #[test]
        fn one_replaced_token_is_all_that_changes(text in odd_json(), index in any::<prop::sample::Index>()) {
            let stored = JsonTokens::of(&text).unwrap();
            let edited = format(&text);
            let places: Vec<usize> = (0..stored.shapes.len())
                .filter(|at| matches!(stored.shapes[*at], LexemeKind::String | LexemeKind::Number | LexemeKind::Bool))
                .collect();
            prop_assume!(!places.is_empty());
            let place = places[index.index(places.len())];
            let replace = |text: &str| {
                let tokens = JsonTokens::of(text).unwrap();
                let mut out = String::new();
                for (at, token) in tokens.texts.iter().enumerate() {
                    out.push_str(tokens.gap(at));
                    out.push_str(if at == place { "\"quite new\"" } else { token });
                }
                out + tokens.gap(tokens.texts.len())
            };
            prop_assert_eq!(restore(&text, &replace(&edited)), replace(&text));
        }

        #[test]
        fn the_tokens_are_those_that_were_wanted(text in odd_json(), other in odd_json()) {
            let edited = format(&other);
            let restored = restore(&text, &edited);
            prop_assert_eq!(tokens(&restored), tokens(&edited));
            prop_assert_eq!(restored.starts_with('\u{feff}'), text.starts_with('\u{feff}'));
        }
    }
}
