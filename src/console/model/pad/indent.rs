//! Blanks at the starts of lines, kept as the typist would.

use super::history::StepPad;
use super::{Pad, Pos};

/// Lines looked at to find out how a document is indented.
const LOOKED_AT: usize = 200;

impl Pad {
    /// One level, as the document has it; two blanks where it has none.
    fn unit(&self) -> String {
        let indents = self.lines(0).take(LOOKED_AT).map(blanks).filter(|indent| !indent.is_empty());
        match indents.min_by_key(|indent| indent.len()) {
            Some(indent) if indent.starts_with('\t') => "\t".to_owned(),
            Some(indent) if indent.len() <= 8 => indent.to_owned(),
            _ => "  ".to_owned(),
        }
    }

    /// A new line, as far in as this one; further behind an opening bracket, whose other half goes to
    /// a line of its own. One step.
    pub fn enter(&mut self) -> bool {
        let (from, to) = self.selection().unwrap_or((self.cursor(), self.cursor()));
        let before = self.line(from.row).get(..from.at).unwrap_or_default();
        let indent = blanks(before).to_owned();
        let opened = before.trim_end().chars().next_back().filter(|c| matches!(c, '{' | '['));
        let after = self.line(to.row).get(to.at..).unwrap_or_default();
        let closes = match opened {
            Some('{') => after.trim_start().starts_with('}'),
            Some(_) => after.trim_start().starts_with(']'),
            None => false,
        };
        // What was typed ahead of the cursor brings its own blanks.
        let swallowed = after.len() - after.trim_start_matches([' ', '\t']).len();
        let deeper = if opened.is_some() { self.unit() } else { String::new() };
        let line = format!("\n{indent}{deeper}");
        let below = if closes { format!("\n{indent}") } else { String::new() };
        let to = Pos { row: to.row, at: to.at + swallowed };
        let cursor = Pos { row: from.row + 1, at: line.len() - 1 };
        self.step(|pad| {
            pad.replace(from, to, &format!("{line}{below}"));
            pad.go(cursor);
        })
    }

    /// A closing bracket that is alone on its line goes one level back. Says whether it was.
    pub(super) fn close_on_its_line(&mut self, bracket: char) -> bool {
        let here = self.cursor();
        let line = self.line(here.row);
        let (before, after) = line.split_at_checked(here.at).unwrap_or_default();
        if before.is_empty() || !before.trim().is_empty() || !after.trim().is_empty() {
            return false;
        }
        let back = outdented(before, &self.unit());
        let from = Pos { row: here.row, at: here.at - back };
        self.step(|pad| pad.replace(from, here, &bracket.to_string()))
    }

    /// Moves the selected lines, or the cursor's, one level in or back. One step.
    pub fn indent(&mut self, further: bool) -> bool {
        let (rows, unit) = (self.selected_rows(), self.unit());
        let (anchor, cursor) = (self.anchor, self.cursor());
        let mut moved = Vec::new();
        let did = self.step(|pad| {
            for row in rows {
                let by = pad.indent_row(row, &unit, further);
                moved.push((row, by));
            }
        });
        let shift = |pos: Pos| {
            let by = moved.iter().find(|(row, _)| *row == pos.row).map_or(0, |(_, by)| *by);
            Pos { row: pos.row, at: pos.at.saturating_add_signed(by) }
        };
        self.go(shift(cursor));
        self.anchor = anchor.map(shift);
        did
    }
}

impl StepPad<'_> {
    /// Says by how many bytes the line moved.
    fn indent_row(&mut self, row: usize, unit: &str, further: bool) -> isize {
        let start = Pos { row, at: 0 };
        let line = self.pad.line(row);
        if further {
            if line.is_empty() {
                return 0;
            }
            self.replace(start, start, unit);
            return isize::try_from(unit.len()).unwrap_or(0);
        }
        let back = outdented(blanks(line), unit);
        self.replace(start, Pos { row, at: back }, "");
        -isize::try_from(back).unwrap_or(0)
    }

    fn go(&mut self, to: Pos) {
        self.pad.set_cursor(to);
    }
}

/// The blanks a line begins with.
fn blanks(line: &str) -> &str {
    line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
}

/// How many of these blanks are one level.
fn outdented(blanks: &str, unit: &str) -> usize {
    match blanks.strip_suffix(unit) {
        Some(_) => unit.len(),
        None if blanks.ends_with('\t') => 1,
        None => blanks.len().min(unit.len()),
    }
}
