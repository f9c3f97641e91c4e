//! Where in the JSON the cursor is: the path of names and items that leads to it, and the other half of
//! the bracket it stands at.
//!
//! What is open at places some way apart is kept, up to the first that changed; so a key reads the
//! text from the last of them on, and only a jump reads more. The other half of an opening bracket is
//! looked for as far as the screen reaches, since it is shown nowhere else.

use super::pad::{Pad, Pos};
use crate::domain::json::{Lexeme, Lexer, Shape, unquote};

/// Bytes between places at which it is kept what is open.
const APART: usize = 16 * 1024;

/// Deeper than a document may be, levels are only counted.
const DEEPEST: usize = 128;

/// The longest name that a path shows whole, in bytes.
const LONGEST_NAME: usize = 80;

/// What is known of the text before some places.
#[derive(Debug, Default)]
pub struct Outline {
    marks: Vec<(Pos, Stack)>,
    here: Here,
}

/// Where the cursor is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Here {
    /// `chain[1].module`; empty outside of the object.
    pub path: String,
    /// The bracket at the cursor, or before it, and the other half of it, if that is known.
    pub bracket: Option<(Pos, Option<Pos>)>,
}

/// What is open at a place.
#[derive(Debug, Clone, Default)]
struct Stack {
    open: Vec<Open>,
    deeper: usize,
}

#[derive(Debug, Clone)]
struct Open {
    at: Pos,
    inside: Inside,
}

#[derive(Debug, Clone)]
enum Inside {
    /// The name of the member being read.
    Object(Option<String>),
    /// The item being read.
    Array(usize),
}

impl Outline {
    /// Where the cursor was when it was last looked for.
    pub fn here(&self) -> &Here {
        &self.here
    }

    /// Finds where the cursor is. Answers how many bytes were read for it.
    pub fn look(&mut self, pad: &mut Pad) -> usize {
        if let Some(touched) = pad.take_touched() {
            self.marks.retain(|(at, _)| *at < touched);
        }
        let cursor = pad.cursor();
        let known = self.marks.partition_point(|(at, _)| *at < cursor);
        let (from, mut stack) =
            known.checked_sub(1).and_then(|at| self.marks.get(at)).cloned().unwrap_or_default();
        let mut read = Reading { apart: 0, total: 0, marks: Vec::new() };
        for row in from.row..cursor.row {
            let start = if row == from.row { from.at } else { 0 };
            read.line(&mut stack, pad.line(row), Pos { row, at: start });
        }
        let start = if cursor.row == from.row { from.at } else { 0 };
        let bracket = read.last_line(&mut stack, pad, Pos { row: cursor.row, at: start }, cursor);
        self.marks.splice(known..known, read.marks);
        self.here = Here { path: stack.path(), bracket };
        read.total
    }
}

/// The paths that lead to places, which are in the order of the text.
pub(super) fn paths(text: &str, places: impl Iterator<Item = Pos>) -> Vec<String> {
    let mut stack = Stack::default();
    let mut lines = text.split('\n').enumerate();
    let mut line = lines.next();
    let mut lexer = line.map(|(_, line)| Lexer::new(line).peekable());
    places
        .map(|place| {
            while let (Some((row, text)), Some(lexemes)) = (line, &mut lexer) {
                let wanted = |start: usize| Pos { row, at: start } < place;
                while let Some(Lexeme { shape, span }) = lexemes.next_if(|lexeme| wanted(lexeme.span.start)) {
                    stack.take(text, row, span.start, span.end, shape);
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

struct Reading {
    apart: usize,
    total: usize,
    marks: Vec<(Pos, Stack)>,
}

impl Reading {
    fn line(&mut self, stack: &mut Stack, line: &str, from: Pos) {
        for lexeme in Lexer::new(line.get(from.at..).unwrap_or_default()) {
            self.step(stack, line, from, lexeme);
        }
    }

    fn step(&mut self, stack: &mut Stack, line: &str, from: Pos, lexeme: Lexeme) {
        let len = lexeme.span.len();
        let (start, end) = (from.at + lexeme.span.start, from.at + lexeme.span.end);
        stack.take(line, from.row, start, end, lexeme.shape);
        self.total += len;
        self.apart += len;
        if self.apart >= APART {
            self.apart = 0;
            self.marks.push((Pos { row: from.row, at: end }, stack.clone()));
        }
    }

    /// The cursor's line, up to the cursor; a name that it stands in or before belongs to the path.
    fn last_line(
        &mut self,
        stack: &mut Stack,
        pad: &Pad,
        from: Pos,
        cursor: Pos,
    ) -> Option<(Pos, Option<Pos>)> {
        let line = pad.line(cursor.row);
        let reach = cursor.at.max(line.len() - line.trim_start_matches([' ', '\t']).len());
        let mut bracket = None;
        for lexeme in Lexer::new(line.get(from.at..).unwrap_or_default()) {
            let (start, end) = (from.at + lexeme.span.start, from.at + lexeme.span.end);
            let at = Pos { row: cursor.row, at: start };
            let touches = start == cursor.at || end == cursor.at;
            match lexeme.shape {
                Shape::OpenObject | Shape::OpenArray if touches => bracket = Some((at, close_of(pad, at))),
                Shape::CloseObject | Shape::CloseArray if touches => {
                    bracket = Some((at, stack.opener(lexeme.shape)));
                }
                _ => {}
            }
            let names = lexeme.shape == Shape::String && start <= reach;
            if start < cursor.at || (names && is_name(line, end)) {
                // Past the cursor nothing is kept: it would be ahead of what it is kept for.
                if end <= cursor.at {
                    self.step(stack, line, from, lexeme);
                } else {
                    stack.take(line, from.row, start, end, lexeme.shape);
                }
            } else if start > reach {
                break;
            }
        }
        bracket
    }
}

impl Stack {
    fn take(&mut self, line: &str, row: usize, start: usize, end: usize, shape: Shape) {
        match shape {
            Shape::OpenObject | Shape::OpenArray if self.open.len() == DEEPEST => self.deeper += 1,
            Shape::OpenObject => {
                self.open.push(Open { at: Pos { row, at: start }, inside: Inside::Object(None) });
            }
            Shape::OpenArray => {
                self.open.push(Open { at: Pos { row, at: start }, inside: Inside::Array(0) });
            }
            Shape::CloseObject | Shape::CloseArray if self.deeper > 0 => self.deeper -= 1,
            Shape::CloseObject | Shape::CloseArray => _ = self.open.pop(),
            Shape::String if is_name(line, end) => {
                if let Some(Open { inside: Inside::Object(name), .. }) = self.top() {
                    *name = Some(name_of(line.get(start..end).unwrap_or_default()));
                }
            }
            Shape::Comma => match self.top().map(|open| &mut open.inside) {
                Some(Inside::Array(item)) => *item += 1,
                Some(Inside::Object(name)) => *name = None,
                None => {}
            },
            _ => {}
        }
    }

    fn top(&mut self) -> Option<&mut Open> {
        if self.deeper > 0 { None } else { self.open.last_mut() }
    }

    /// The bracket that a closing one belongs to.
    fn opener(&self, close: Shape) -> Option<Pos> {
        let open = self.open.last().filter(|_| self.deeper == 0)?;
        let fits = matches!(open.inside, Inside::Object(_)) == (close == Shape::CloseObject);
        fits.then_some(open.at)
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match &open.inside {
                Inside::Object(Some(name)) if path.is_empty() => path.push_str(name),
                Inside::Object(Some(name)) => path.extend([".", name]),
                Inside::Object(None) => {}
                Inside::Array(item) => path.push_str(&format!("[{item}]")),
            }
        }
        path
    }
}

/// Whether what ends here is a member's name: a colon follows.
fn is_name(line: &str, end: usize) -> bool {
    line.get(end..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(':'))
}

fn name_of(quoted: &str) -> String {
    if quoted.len() > LONGEST_NAME {
        let cut: String = quoted.chars().skip(1).take(LONGEST_NAME / 4).collect();
        return format!("{cut}…");
    }
    unquote(quoted).value().map(|name| name.into_owned()).unwrap_or_default()
}

/// The other half of an opening bracket, if it is on the screen.
fn close_of(pad: &Pad, open: Pos) -> Option<Pos> {
    let last = pad.shown().pop()?;
    let mut closers = Vec::new();
    for row in open.row..=last.line {
        let start = if row == open.row { open.at } else { 0 };
        let end = if row == last.line { last.bytes.end } else { usize::MAX };
        let text = pad.line(row).get(start..).unwrap_or_default();
        for Lexeme { shape, span } in Lexer::new(text) {
            if start + span.start >= end {
                return None;
            }
            match shape {
                Shape::OpenObject => closers.push(Shape::CloseObject),
                Shape::OpenArray => closers.push(Shape::CloseArray),
                Shape::CloseObject | Shape::CloseArray => {
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
        let mut pad = Pad::new(&text.replacen('|', "", 1));
        pad.settle(40, 120);
        pad.go(pad.place(at));
        let mut outline = Outline::default();
        outline.look(&mut pad);
        let Here { path, bracket } = outline.here().clone();
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
        let mut pad = Pad::new(&format!("{{\"a\": [\n{}0]}}", line.repeat(20_000)));
        pad.settle(40, 120);
        let mut outline = Outline::default();
        pad.go_by(super::super::Motion::Bottom, false);
        assert!(outline.look(&mut pad) > 900_000, "a jump reads what lies between");
        assert_eq!(outline.here().path, "");
        for _ in 0..5 {
            pad.go_by(super::super::Motion::Up, false);
            pad.type_char('x');
            let read = outline.look(&mut pad);
            assert!(read < 2 * APART, "{read}");
        }
        assert_eq!(outline.here().path, "a[19995].nxame");
        pad.go(pos(1, 0));
        pad.type_char('[');
        assert!(outline.look(&mut pad) < APART);
        pad.go_by(super::super::Motion::Bottom, false);
        outline.look(&mut pad);
        assert_eq!(outline.here().path, "a", "what was kept of the old text is gone");
    }

    #[test]
    fn the_paths_of_many_places_are_found_in_one_pass() {
        let text = "{\"a\": {\n\"b\": [1, x]},\n\"c\": y}";
        let places = [pos(1, 9), pos(1, 9), pos(2, 5), pos(9, 0)];
        assert_eq!(paths(text, places.into_iter()), ["a.b[1]", "a.b[1]", "c", ""]);
    }

    #[test]
    fn depth_is_bounded() {
        let mut pad = Pad::new(&format!("{}{}", "[".repeat(50_000), "]".repeat(49_999)));
        pad.go(pos(0, 99_999));
        let mut outline = Outline::default();
        outline.look(&mut pad);
        assert_eq!(outline.here().path, "[0]");
        assert!(outline.marks.iter().all(|(_, stack)| stack.open.len() <= DEEPEST));
    }
}
