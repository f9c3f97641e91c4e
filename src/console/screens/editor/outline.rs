//! The JSON path at the cursor, and the matching bracket.
//!
//! The bracket levels are kept at checkpoints up to the first change, so a key scans only from the last
//! checkpoint on, and only a jump scans more. The matching closing bracket is searched no further than
//! the screen reaches, since it is shown nowhere else.

use super::text_buffer::{Pos, TextBuffer};
use crate::domain::json::{Lexeme, LexemeKind, Lexer, unquote};

/// Bytes between checkpoints.
const CHECKPOINT_BYTES: usize = 16 * 1024;

/// Deeper levels are only counted.
const DEEPEST: usize = 128;

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
    /// The bracket at the cursor, or before it, and the matching one if known.
    pub bracket: Option<(Pos, Option<Pos>)>,
}

/// The open brackets at a position.
#[derive(Debug, Clone, Default)]
struct BracketStack {
    open: Vec<BracketLevel>,
    deeper: usize,
}

#[derive(Debug, Clone)]
struct BracketLevel {
    at: Pos,
    container: JsonContainer,
}

#[derive(Debug, Clone)]
enum JsonContainer {
    /// The name of the member being read.
    Object(Option<String>),
    /// The item being read.
    Array(usize),
}

impl JsonPathTracker {
    pub fn cursor_path(&self) -> &CursorPath {
        &self.cursor_path
    }

    /// Updates the path. Returns the number of bytes scanned.
    pub fn update(&mut self, buffer: &mut TextBuffer) -> usize {
        if let Some(touched) = buffer.take_first_change() {
            self.checkpoints.retain(|(at, _)| *at < touched);
        }
        let cursor = buffer.cursor();
        let known = self.checkpoints.partition_point(|(at, _)| *at < cursor);
        let (from, mut stack) =
            known.checked_sub(1).and_then(|at| self.checkpoints.get(at)).cloned().unwrap_or_default();
        let mut read = BracketScanner { since_checkpoint: 0, total: 0, checkpoints: Vec::new() };
        for row in from.row..cursor.row {
            let start = if row == from.row { from.at } else { 0 };
            read.line(&mut stack, buffer.line(row), Pos { row, at: start });
        }
        let start = if cursor.row == from.row { from.at } else { 0 };
        let bracket = read.last_line(&mut stack, buffer, Pos { row: cursor.row, at: start }, cursor);
        self.checkpoints.splice(known..known, read.checkpoints);
        self.cursor_path = CursorPath { path: stack.path(), bracket };
        read.total
    }
}

/// The JSON paths of positions, which must be sorted.
pub(crate) fn paths(text: &str, places: impl Iterator<Item = Pos>) -> Vec<String> {
    let mut stack = BracketStack::default();
    let mut lines = text.split('\n').enumerate();
    let mut line = lines.next();
    let mut lexer = line.map(|(_, line)| Lexer::new(line).peekable());
    places
        .map(|place| {
            while let (Some((row, text)), Some(lexemes)) = (line, &mut lexer) {
                let wanted = |start: usize| Pos { row, at: start } < place;
                while let Some(Lexeme { kind: shape, span }) =
                    lexemes.next_if(|lexeme| wanted(lexeme.span.start))
                {
                    stack.apply_lexeme(text, row, span.start, span.end, shape);
                }
                if row >= place.row {
                    break;
                }
                line = lines.next();
                lexer = line.map(|(_, line)| Lexer::new(line).peekable());
            }
            stack.path()
        })
        .collect()
}

struct BracketScanner {
    since_checkpoint: usize,
    total: usize,
    checkpoints: Vec<(Pos, BracketStack)>,
}

impl BracketScanner {
    fn line(&mut self, stack: &mut BracketStack, line: &str, from: Pos) {
        for lexeme in Lexer::new(line.get(from.at..).unwrap_or_default()) {
            self.step(stack, line, from, lexeme);
        }
    }

    fn step(&mut self, stack: &mut BracketStack, line: &str, from: Pos, lexeme: Lexeme) {
        let len = lexeme.span.len();
        let (start, end) = (from.at + lexeme.span.start, from.at + lexeme.span.end);
        stack.apply_lexeme(line, from.row, start, end, lexeme.kind);
        self.total += len;
        self.since_checkpoint += len;
        if self.since_checkpoint >= CHECKPOINT_BYTES {
            self.since_checkpoint = 0;
            self.checkpoints.push((Pos { row: from.row, at: end }, stack.clone()));
        }
    }

    /// Scans the cursor's line up to the cursor, and a name that the cursor is in or before.
    fn last_line(
        &mut self,
        stack: &mut BracketStack,
        buffer: &TextBuffer,
        from: Pos,
        cursor: Pos,
    ) -> Option<(Pos, Option<Pos>)> {
        let line = buffer.line(cursor.row);
        let reach = cursor.at.max(line.len() - line.trim_start_matches([' ', '\t']).len());
        let mut bracket = None;
        for lexeme in Lexer::new(line.get(from.at..).unwrap_or_default()) {
            let (start, end) = (from.at + lexeme.span.start, from.at + lexeme.span.end);
            let at = Pos { row: cursor.row, at: start };
            let touches = start == cursor.at || end == cursor.at;
            match lexeme.kind {
                LexemeKind::OpenObject | LexemeKind::OpenArray if touches => {
                    bracket = Some((at, close_of(buffer, at)))
                }
                LexemeKind::CloseObject | LexemeKind::CloseArray if touches => {
                    bracket = Some((at, stack.opener(lexeme.kind)));
                }
                _ => {}
            }
            let names = lexeme.kind == LexemeKind::String && start <= reach;
            if start < cursor.at || (names && is_name(line, end)) {
                // No checkpoint past the cursor: it would be ahead of its position.
                if end <= cursor.at {
                    self.step(stack, line, from, lexeme);
                } else {
                    stack.apply_lexeme(line, from.row, start, end, lexeme.kind);
                }
            } else if start > reach {
                break;
            }
        }
        bracket
    }
}

impl BracketStack {
    fn apply_lexeme(&mut self, line: &str, row: usize, start: usize, end: usize, shape: LexemeKind) {
        match shape {
            LexemeKind::OpenObject | LexemeKind::OpenArray if self.open.len() == DEEPEST => self.deeper += 1,
            LexemeKind::OpenObject => {
                self.open.push(BracketLevel {
                    at: Pos { row, at: start },
                    container: JsonContainer::Object(None),
                });
            }
            LexemeKind::OpenArray => {
                self.open
                    .push(BracketLevel { at: Pos { row, at: start }, container: JsonContainer::Array(0) });
            }
            LexemeKind::CloseObject | LexemeKind::CloseArray if self.deeper > 0 => self.deeper -= 1,
            LexemeKind::CloseObject | LexemeKind::CloseArray => _ = self.open.pop(),
            LexemeKind::String if is_name(line, end) => {
                if let Some(BracketLevel { container: JsonContainer::Object(name), .. }) = self.top() {
                    *name = Some(name_of(line.get(start..end).unwrap_or_default()));
                }
            }
            LexemeKind::Comma => match self.top().map(|open| &mut open.container) {
                Some(JsonContainer::Array(item)) => *item += 1,
                Some(JsonContainer::Object(name)) => *name = None,
                None => {}
            },
            _ => {}
        }
    }

    fn top(&mut self) -> Option<&mut BracketLevel> {
        if self.deeper > 0 { None } else { self.open.last_mut() }
    }

    /// The opening bracket that matches a closing one.
    fn opener(&self, close: LexemeKind) -> Option<Pos> {
        let open = self.open.last().filter(|_| self.deeper == 0)?;
        let fits = matches!(open.container, JsonContainer::Object(_)) == (close == LexemeKind::CloseObject);
        fits.then_some(open.at)
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match &open.container {
                JsonContainer::Object(Some(name)) if path.is_empty() => path.push_str(name),
                JsonContainer::Object(Some(name)) => path.extend([".", name]),
                JsonContainer::Object(None) => {}
                JsonContainer::Array(item) => path.push_str(&format!("[{item}]")),
            }
        }
        path
    }
}

/// Whether a member's name ends here: a colon follows.
fn is_name(line: &str, end: usize) -> bool {
    line.get(end..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(':'))
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
    let mut closers = Vec::new();
    for row in open.row..=last.line {
        let start = if row == open.row { open.at } else { 0 };
        let end = if row == last.line { last.bytes.end } else { usize::MAX };
        let text = buffer.line(row).get(start..).unwrap_or_default();
        for Lexeme { kind: shape, span } in Lexer::new(text) {
            if start + span.start >= end {
                return None;
            }
            match shape {
                LexemeKind::OpenObject => closers.push(LexemeKind::CloseObject),
                LexemeKind::OpenArray => closers.push(LexemeKind::CloseArray),
                LexemeKind::CloseObject | LexemeKind::CloseArray => {
                    if closers.pop() != Some(shape) {
                        return None;
                    }
                    if closers.is_empty() {
                        return Some(Pos { row, at: start + span.start });
                    }
                }
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the `|` of a text is.
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
        assert!(outline.checkpoints.iter().all(|(_, stack)| stack.open.len() <= DEEPEST));
    }
}
