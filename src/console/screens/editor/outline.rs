//! The JSON path at the cursor, and the matching bracket.
//!
//! Bracket levels are kept at checkpoints up to the first change, so a key scans only from the last
//! checkpoint on, and only a jump scans more. The matching closing bracket is searched only within the
//! screen, since it is not shown anywhere else.

use super::text_buffer::{Pos, TextBuffer};
use crate::domain::json::{Lexeme, LexemeKind, Lexer, MAX_DEPTH, unquote};

/// Bytes between checkpoints.
const CHECKPOINT_BYTES: usize = 16 * 1024;

/// The longest name shown in full, in bytes.
const LONGEST_NAME: usize = 80;

#[derive(Debug, Default)]
pub struct JsonPathTracker {
    checkpoints: Vec<(Pos, BracketStack)>,
    cursor_path: CursorPath,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CursorPath {
    /// `chain[1].module`; empty outside of the object.
    pub path: String,
    /// The bracket at or before the cursor, and the matching one if known.
    pub bracket: Option<(Pos, Option<Pos>)>,
}

/// The open brackets at a position.
#[derive(Debug, Clone, Default)]
struct BracketStack {
    open: Vec<(Pos, JsonContainer)>,
    deeper: usize,
}

#[derive(Debug, Clone)]
enum JsonContainer {
    /// The name of the member being read.
    Object(Option<String>),
    /// The index of the item being read.
    Array(usize),
}

impl JsonPathTracker {
    pub fn cursor_path(&self) -> &CursorPath {
        &self.cursor_path
    }

    /// Updates the path. Returns the number of bytes scanned.
    pub fn update(&mut self, buffer: &mut TextBuffer) -> usize {
        if let Some(touched) = buffer.first_change.take() {
            self.checkpoints.retain(|(at, _)| *at < touched);
        }
        let cursor = buffer.cursor();
        let line = buffer.line(cursor.row);
        // The name that the cursor is in or before is part of the path.
        let ranges = cursor.at.max(line.len() - line.trim_start_matches([' ', '\t']).len());
        let known = self.checkpoints.partition_point(|(at, _)| *at < cursor);
        let (from, mut stack) =
            known.checked_sub(1).and_then(|at| self.checkpoints.get(at)).cloned().unwrap_or_default();
        let (mut scanned, mut since_checkpoint, mut bracket) = (0, 0, None);
        for lexeme in lexemes((from.row..=cursor.row).map(|row| (row, buffer.line(row))), from) {
            if lexeme.from == cursor || lexeme.to == cursor {
                match lexeme.kind {
                    LexemeKind::OpenObject | LexemeKind::OpenArray => {
                        bracket = Some((lexeme.from, close_of(buffer, lexeme.from)));
                    }
                    LexemeKind::CloseObject | LexemeKind::CloseArray => {
                        bracket = Some((lexeme.from, stack.opener(lexeme.kind)));
                    }
                    _ => {}
                }
            }
            if lexeme.from < cursor || (lexeme.is_name() && lexeme.from.at <= ranges) {
                stack.apply(&lexeme);
            } else if lexeme.from.at > ranges {
                break;
            }
            // A checkpoint must not be past the cursor.
            if lexeme.to <= cursor {
                let len = lexeme.to.at - lexeme.from.at;
                scanned += len;
                since_checkpoint += len;
                if since_checkpoint >= CHECKPOINT_BYTES {
                    since_checkpoint = 0;
                    self.checkpoints.push((lexeme.to, stack.clone()));
                }
            }
        }
        self.checkpoints.sort_unstable_by_key(|(at, _)| *at);
        self.cursor_path = CursorPath { path: stack.path(), bracket };
        scanned
    }
}

/// The JSON paths of positions, which must be sorted.
pub(crate) fn paths(text: &str, places: impl Iterator<Item = Pos>) -> Vec<String> {
    let mut stack = BracketStack::default();
    let mut lexemes = lexemes(text.split('\n').enumerate(), Pos::default()).peekable();
    places
        .map(|place| {
            while let Some(lexeme) = lexemes.next_if(|lexeme| lexeme.from < place) {
                stack.apply(&lexeme);
            }
            stack.path()
        })
        .collect()
}

/// A lexeme with its position.
struct PlacedLexeme<'l> {
    line: &'l str,
    from: Pos,
    to: Pos,
    kind: LexemeKind,
}

/// The lexemes of numbered lines, starting at a position in the first of them.
fn lexemes<'l>(
    lines: impl Iterator<Item = (usize, &'l str)>,
    from: Pos,
) -> impl Iterator<Item = PlacedLexeme<'l>> {
    lines.flat_map(move |(row, line)| {
        let start = if row == from.row { from.at } else { 0 };
        let place = move |at| Pos { row, at: start + at };
        let lexemes = Lexer::new(line.get(start..).unwrap_or_default());
        lexemes.map(move |Lexeme { kind, span, .. }| PlacedLexeme {
            line,
            from: place(span.start),
            to: place(span.end),
            kind,
        })
    })
}

impl PlacedLexeme<'_> {
    /// Whether it is a member's name: a colon follows.
    fn is_name(&self) -> bool {
        let rest = self.line.get(self.to.at..).unwrap_or_default();
        self.kind == LexemeKind::String && rest.trim_start_matches([' ', '\t']).starts_with(':')
    }
}

impl BracketStack {
    fn apply(&mut self, lexeme: &PlacedLexeme<'_>) {
        match lexeme.kind {
            LexemeKind::OpenObject | LexemeKind::OpenArray if self.open.len() == MAX_DEPTH => {
                self.deeper += 1
            }
            LexemeKind::OpenObject => self.open.push((lexeme.from, JsonContainer::Object(None))),
            LexemeKind::OpenArray => self.open.push((lexeme.from, JsonContainer::Array(0))),
            LexemeKind::CloseObject | LexemeKind::CloseArray if self.deeper > 0 => self.deeper -= 1,
            LexemeKind::CloseObject | LexemeKind::CloseArray => _ = self.open.pop(),
            LexemeKind::String if lexeme.is_name() => {
                if let Some(JsonContainer::Object(name)) = self.top() {
                    *name = Some(name_of(lexeme.line.get(lexeme.from.at..lexeme.to.at).unwrap_or_default()));
                }
            }
            LexemeKind::Comma => match self.top() {
                Some(JsonContainer::Array(item)) => *item += 1,
                Some(JsonContainer::Object(name)) => *name = None,
                None => {}
            },
            _ => {}
        }
    }

    fn top(&mut self) -> Option<&mut JsonContainer> {
        if self.deeper > 0 { None } else { self.open.last_mut().map(|(_, container)| container) }
    }

    /// The opening bracket that matches a closing one.
    fn opener(&self, close: LexemeKind) -> Option<Pos> {
        let (at, container) = self.open.last().filter(|_| self.deeper == 0)?;
        let fits = matches!(container, JsonContainer::Object(_)) == (close == LexemeKind::CloseObject);
        fits.then_some(*at)
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for (_, container) in &self.open {
            match container {
                JsonContainer::Object(Some(name)) if path.is_empty() => path.push_str(name),
                JsonContainer::Object(Some(name)) => path.extend([".", name]),
                JsonContainer::Object(None) => {}
                JsonContainer::Array(item) => path.push_str(&format!("[{item}]")),
            }
        }
        path
    }
}

fn name_of(quoted: &str) -> String {
    if quoted.len() > LONGEST_NAME {
        let cut: String = quoted.chars().skip(1).take(LONGEST_NAME / 4).collect();
        return format!("{cut}…");
    }
    unquote(quoted).ok().map(|name| name.into_owned()).unwrap_or_default()
}

/// The matching closing bracket, if it is on the screen.
fn close_of(buffer: &TextBuffer, open: Pos) -> Option<Pos> {
    let last = buffer.visual_rows().pop()?;
    let end = Pos { row: last.line, at: last.bytes.end };
    let lines = (open.row..=last.line).map(|row| (row, buffer.line(row)));
    let mut closers = Vec::new();
    for lexeme in lexemes(lines, open).take_while(|lexeme| lexeme.from < end) {
        match lexeme.kind {
            LexemeKind::OpenObject => closers.push(LexemeKind::CloseObject),
            LexemeKind::OpenArray => closers.push(LexemeKind::CloseArray),
            LexemeKind::CloseObject | LexemeKind::CloseArray => {
                if closers.pop() != Some(lexeme.kind) {
                    return None;
                }
                if closers.is_empty() {
                    return Some(lexeme.from);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path and the bracket at the `|` in a text.
    fn here(text: &str) -> (String, Option<(Pos, Option<Pos>)>) {
        let at = text.find('|').unwrap();
        let mut buffer = TextBuffer::new(&text.replacen('|', "", 1));
        buffer.scroll_into_view(40, 120);
        buffer.move_to(buffer.position_of(at));
        let mut outline = JsonPathTracker::default();
        outline.update(&mut buffer);
        let CursorPath { path, bracket } = outline.cursor_path().clone();
        (path, bracket)
    }

    fn pos(row: usize, at: usize) -> Pos {
        Pos { row, at }
    }

    #[test]
    fn the_path_leads_to_the_cursor() {
        for (text, path) in [
            ("{\"a\": {\"b\": [1, {\"c\": tr|ue}]}}", "a.b[1].c"),
            ("{\n  \"module-config\": {\n|    \"url\": 1\n  }\n}", "module-config.url"),
            ("{\"a\": 1, \"b|\": 2}", "b"),
            ("{\"a\": 1|, \"b\": 2}", "a"),
            ("{\"a\": 1, | \"b\": 2}", ""),
            ("{\"chain\": [{}, {\"module\": \"x|\"}]}", "chain[1].module"),
            ("{\"a\": {\"b\": 1}|}", "a"),
            ("{\"a\": \"x {[ |\"}", "a"),
            ("|{}", ""),
            ("{\"a\": {}}\n|", ""),
        ] {
            assert_eq!(here(text).0, path, "{text}");
        }
    }

    #[test]
    fn the_other_half_of_a_bracket_is_found() {
        for (text, bracket) in [
            ("|{\"a\": [1,\n 2]}", Some((pos(0, 0), Some(pos(1, 3))))),
            ("{\"a\": |[1,\n 2]}", Some((pos(0, 6), Some(pos(1, 2))))),
            ("{\"a\": [1,\n 2|]}", Some((pos(1, 2), Some(pos(0, 6))))),
            ("{\"a\": [1,\n 2]}|", Some((pos(1, 3), Some(pos(0, 0))))),
            ("{\"a\": [1,\n 2|}", Some((pos(1, 2), None))),
            ("{\"a\": \"[|\"}", None),
            ("|[1}", Some((pos(0, 0), None))),
        ] {
            assert_eq!(here(text).1, bracket, "{text}");
        }
    }

    #[test]
    fn a_key_reads_no_more_than_the_last_stretch() {
        let line = "    {\"name\": \"some value\", \"list\": [1, 2, 3]},\n";
        let mut buffer = TextBuffer::new(&format!("{{\"a\": [\n{}0]}}", line.repeat(20_000)));
        buffer.scroll_into_view(40, 120);
        let mut outline = JsonPathTracker::default();
        buffer.move_by(crate::console::screens::editor::text_buffer::Motion::Bottom, false);
        assert!(outline.update(&mut buffer) > 900_000, "a jump reads what lies between");
        assert_eq!(outline.cursor_path().path, "");
        for _ in 0..5 {
            buffer.move_by(crate::console::screens::editor::text_buffer::Motion::Up, false);
            buffer.type_char('x');
            let read = outline.update(&mut buffer);
            assert!(read < 2 * CHECKPOINT_BYTES, "{read}");
        }
        assert_eq!(outline.cursor_path().path, "a[19995].nxame");
        buffer.move_to(pos(1, 0));
        buffer.type_char('[');
        assert!(outline.update(&mut buffer) < CHECKPOINT_BYTES);
        buffer.move_by(crate::console::screens::editor::text_buffer::Motion::Bottom, false);
        outline.update(&mut buffer);
        assert_eq!(outline.cursor_path().path, "a", "what was kept of the old text is gone");
    }

    #[test]
    fn the_paths_of_many_places_are_found_in_one_pass() {
        let text = "{\"a\": {\n\"b\": [1, x]},\n\"c\": y}";
        let places = [pos(1, 9), pos(1, 9), pos(2, 5), pos(9, 0)];
        assert_eq!(paths(text, places.into_iter()), ["a.b[1]", "a.b[1]", "c", ""]);
    }

    #[test]
    fn depth_is_bounded() {
        let mut buffer = TextBuffer::new(&format!("{}{}", "[".repeat(50_000), "]".repeat(49_999)));
        buffer.move_to(pos(0, 99_999));
        let mut outline = JsonPathTracker::default();
        outline.update(&mut buffer);
        assert_eq!(outline.cursor_path().path, "[0]");
        assert!(outline.checkpoints.iter().all(|(_, stack)| stack.open.len() <= MAX_DEPTH));
    }
}
