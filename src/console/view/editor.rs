//! The editor: the draft with highlighted JSON, the cursor, and the first problem in words. Only
//! visible lines are read; a JSON string never goes past its line, so each stands for itself.

use ratatui::layout::Rect;

use super::widgets::{Canvas, Pen, Phrase, width};
use super::words;
use crate::console::layout::{EditFrame, gutter};
use crate::console::model::{Base, Edit, Model, Upstream};
use crate::console::theme::{Ink, glyph};
use crate::domain::json::{Lexeme, Lexer, Shape, Span, SyntaxError, unquote};
use crate::domain::references_in;
use crate::text::Safe;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, edit: &Edit, parts: EditFrame) {
    title(canvas, model, edit, parts.title);
    text(canvas, edit, parts.text);
    problem(canvas, edit, parts.problem);
}

fn title(canvas: &mut Canvas<'_>, model: &Model, edit: &Edit, area: Rect) {
    let (verb, base) = match &edit.base {
        Base::Stored(entry) => ("EDIT", format!("base {}", words::token(model, entry.token))),
        Base::Absent { .. } => ("NEW", "not stored yet".to_owned()),
    };
    let left = Phrase::of(Ink::FocusedTitle, verb).and(Ink::Text, " ").and(Ink::Strong, edit.key.to_string());
    let draft = words::draft(model, edit);
    let upstream = match edit.upstream {
        Upstream::Unchanged => Phrase::of(Ink::Dim, "upstream UNCHANGED"),
        Upstream::Changed => Phrase::of(Ink::Warning, format!("{} upstream CHANGED", glyph::WARNING)),
        Upstream::Hidden => Phrase::of(Ink::Warning, format!("{} upstream OUT OF SIGHT", glyph::WARNING)),
        Upstream::Deleted => Phrase::of(Ink::Warning, format!("{} upstream DELETED", glyph::WARNING)),
    };
    let mut facts = vec![draft, Phrase::of(Ink::Dim, base), upstream];
    let mut pen = canvas.row(area, 0);
    pen.skip(1).margin(1);
    // What is edited comes before what is known about it; what happened upstream goes last.
    let needed = |facts: &[Phrase]| facts.iter().map(|fact| fact.width() + 3).sum::<u16>();
    while facts.len() > 1 && left.width() + needed(&facts) > pen.room() {
        facts.remove(0);
    }
    let mut right = Phrase::default();
    for fact in facts {
        right.join(" · ", fact);
    }
    pen.right(&right).margin(2).phrase(&left);
}

/// The window on the draft: its first row and its first column.
struct Window {
    top: usize,
    left: usize,
    gutter: u16,
}

fn window(edit: &Edit, area: Rect) -> Window {
    let lines = edit.area.lines();
    let (row, _) = edit.area.cursor();
    let gutter = gutter(lines.len()).min(area.width / 3);
    let height = usize::from(area.height).max(1);
    let room = usize::from(area.width - gutter).max(1);
    let column = cursor_column(edit);
    // The cursor is in sight even where the size changed after it last moved.
    Window {
        top: edit.top.min(row).max((row + 1).saturating_sub(height)),
        left: edit.left.min(column).max((column + 1).saturating_sub(room)),
        gutter,
    }
}

/// Columns before the cursor, as shown.
fn cursor_column(edit: &Edit) -> usize {
    let (row, characters) = edit.area.cursor();
    let line = edit.area.lines().get(row).map_or("", String::as_str);
    usize::from(width(&Safe::new(before(line, characters))))
}

/// The first characters of a line.
fn before(line: &str, characters: usize) -> &str {
    let end = line.char_indices().nth(characters).map_or(line.len(), |(at, _)| at);
    line.get(..end).unwrap_or_default()
}

fn text(canvas: &mut Canvas<'_>, edit: &Edit, area: Rect) {
    let window = window(edit, area);
    let number = usize::from(window.gutter.saturating_sub(2));
    let bad = edit.problem.as_ref().map(|problem| problem.line - 1);
    let lines = edit.area.lines().iter().enumerate().skip(window.top);
    for (row, (at, line)) in (0..area.height).zip(lines) {
        let mut pen = canvas.row(area, row);
        let (ink, mark) = if bad == Some(at) { (Ink::Bad, glyph::BAD) } else { (Ink::Text, " ") };
        pen.cell(1, ink, mark);
        pen.cell(window.gutter.saturating_sub(1), Ink::LineNumber, format!("{:>number$} ", at + 1));
        pen.scroll(window.left);
        highlighted(&mut pen, line);
    }
    let shown = |row: usize, column: usize| {
        let y = u16::try_from(row.checked_sub(window.top)?).ok().filter(|y| *y < area.height)?;
        let x = u16::try_from(column.checked_sub(window.left)?).ok()?.checked_add(window.gutter)?;
        (x < area.width).then_some((area.x + x, area.y + y))
    };
    if let Some(problem) = &edit.problem
        && let Some(line) = edit.area.lines().get(problem.line - 1)
        && let column = usize::from(width(&Safe::new(before(line, problem.column - 1))))
        && let Some((x, y)) = shown(problem.line - 1, column)
    {
        canvas.tint(Rect { x, y, width: 1, height: 1 }, Ink::Problem);
    }
    selection(canvas, edit, shown);
    if let Some((x, y)) = shown(edit.area.cursor().0, cursor_column(edit)) {
        canvas.set_cursor(x, y);
    }
}

/// Lays the selection over what is drawn.
fn selection(canvas: &mut Canvas<'_>, edit: &Edit, shown: impl Fn(usize, usize) -> Option<(u16, u16)>) {
    let Some((start, end)) = edit.area.selection_range() else { return };
    for row in start.0..=end.0 {
        let Some(line) = edit.area.lines().get(row) else { break };
        let column = |characters| usize::from(width(&Safe::new(before(line, characters))));
        let from = if row == start.0 { column(start.1) } else { 0 };
        let to = if row == end.0 { column(end.1) } else { column(usize::MAX) };
        for at in from..to {
            if let Some((x, y)) = shown(row, at) {
                canvas.tint(Rect { x, y, width: 1, height: 1 }, Ink::Selection);
            }
        }
    }
}

fn highlighted(pen: &mut Pen<'_>, line: &str) {
    let lexemes: Vec<Lexeme> = Lexer::new(line).collect();
    for (at, lexeme) in lexemes.iter().enumerate() {
        if pen.room() == 0 {
            return;
        }
        let text = lexeme.span.of(line);
        match lexeme.shape {
            Shape::String | Shape::Unterminated if !is_key(&lexemes, at) => string(pen, text),
            shape => {
                pen.put(ink(shape), text);
            }
        }
    }
}

/// Whether a string is a member's name: a colon follows.
fn is_key(lexemes: &[Lexeme], at: usize) -> bool {
    let next = lexemes.iter().skip(at + 1).find(|lexeme| lexeme.shape != Shape::Space);
    next.is_some_and(|lexeme| lexeme.shape == Shape::Colon)
}

fn ink(shape: Shape) -> Ink {
    match shape {
        Shape::String | Shape::Unterminated => Ink::JsonKey,
        Shape::Number => Ink::JsonNumber,
        Shape::Bool | Shape::Null => Ink::JsonWord,
        Shape::Space => Ink::Text,
        Shape::Bad => Ink::Bad,
        _ => Ink::JsonPunctuation,
    }
}

/// A string with what stands for something else in it: placeholders of stored secrets, references.
fn string(pen: &mut Pen<'_>, text: &str) {
    let mut marks: Vec<(Span, Ink)> =
        references_in(text).into_iter().map(|(_, span, _)| (span, Ink::Reference)).collect();
    marks.extend(placeholders(text).map(|span| (span, Ink::Placeholder)));
    marks.sort_unstable_by_key(|(span, _)| span.start);
    let mut at = 0;
    for (span, ink) in marks {
        if span.start < at {
            continue;
        }
        pen.put(Ink::JsonString, Span { start: at, end: span.start }.of(text)).put(ink, span.of(text));
        at = span.end;
    }
    pen.put(Ink::JsonString, Span { start: at, end: text.len() }.of(text));
}

/// The placeholders in a string, as [`crate::text::placeholders`] writes them.
fn placeholders(text: &str) -> impl Iterator<Item = Span> {
    const OPEN: &str = "‹kept:";
    const CLOSE: char = '›';
    text.match_indices(OPEN).filter_map(|(start, _)| {
        let end = text.get(start..)?.find(CLOSE)? + start + CLOSE.len_utf8();
        Some(Span { start, end })
    })
}

fn problem(canvas: &mut Canvas<'_>, edit: &Edit, area: Rect) {
    let mut pen = canvas.row(area, 0);
    pen.skip(1).margin(1);
    match &edit.problem {
        None if edit.check_at.is_some() => pen.put(Ink::Dim, glyph::MORE),
        None => pen.put(Ink::Good, glyph::GOOD).put(Ink::Dim, " a JSON object"),
        Some(problem) => {
            pen.put(Ink::Bad, glyph::BAD).put(Ink::Bad, format!(" {problem}"));
            let path = path_of(edit.area.lines(), problem);
            if !path.is_empty() {
                pen.put(Ink::Dim, format!("   in {path}"));
            }
            &mut pen
        }
    };
}

/// Reading further back than this for a path would take longer than a frame may.
const PATH_LINES: usize = 5_000;

/// One open container on the way to a place.
enum Step {
    /// An object, and the name of the member being read.
    Object(Option<String>),
    /// An array, and the item being read.
    Array(usize),
}

/// The path of names and items that leads to a problem: `chain[1].module-config`.
fn path_of(lines: &[String], problem: &SyntaxError) -> String {
    if problem.line > PATH_LINES {
        return String::new();
    }
    let mut steps = Vec::new();
    for (at, line) in lines.iter().enumerate().take(problem.line) {
        let line = if at + 1 == problem.line { before(line, problem.column - 1) } else { line };
        let lexemes: Vec<Lexeme> = Lexer::new(line).collect();
        for (at, lexeme) in lexemes.iter().enumerate() {
            take_step(&mut steps, line, &lexemes, at, lexeme);
        }
    }
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Object(Some(name)) if path.is_empty() => path.push_str(&name),
            Step::Object(Some(name)) => path.push_str(&format!(".{name}")),
            Step::Object(None) => {}
            Step::Array(item) => path.push_str(&format!("[{item}]")),
        }
    }
    path
}

fn take_step(steps: &mut Vec<Step>, line: &str, lexemes: &[Lexeme], at: usize, lexeme: &Lexeme) {
    match lexeme.shape {
        Shape::OpenObject => steps.push(Step::Object(None)),
        Shape::OpenArray => steps.push(Step::Array(0)),
        Shape::CloseObject | Shape::CloseArray => {
            steps.pop();
        }
        Shape::String if is_key(lexemes, at) => {
            if let Some(Step::Object(name)) = steps.last_mut() {
                *name = unquote(lexeme.span.of(line)).value().map(|value| value.into_owned());
            }
        }
        Shape::Comma => match steps.last_mut() {
            Some(Step::Array(item)) => *item += 1,
            Some(Step::Object(name)) => *name = None,
            None => {}
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::check_object;

    fn path(text: &str) -> String {
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        path_of(&lines, &check_object(text).unwrap_err())
    }

    #[test]
    fn a_problem_is_found_by_its_path() {
        assert_eq!(path("{\n  \"a\": {\n    \"b\": [1, {\"c\": tru}]\n  }\n}"), "a.b[1].c");
        assert_eq!(path("{\"a\": 1,\n \"b\": nul}"), "b");
        assert_eq!(path("{\"a\": 1 \"b\": 2}"), "a");
        assert_eq!(path("x"), "");
    }

    #[test]
    fn placeholders_are_found() {
        let text = "\"a ‹kept:1› ‹kept:2› ‹kept\"";
        let found: Vec<&str> = placeholders(text).map(|span| span.of(text)).collect();
        assert_eq!(found, ["‹kept:1›", "‹kept:2›"]);
    }
}
