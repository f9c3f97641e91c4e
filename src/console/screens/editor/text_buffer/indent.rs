//! Indentation.

use super::history::EditTransaction;
use super::{Pos, TextBuffer};

/// Lines looked at to find out how a document is indented.
const LOOKED_AT: usize = 200;

impl TextBuffer {
    /// One level of indentation as used in the document; two spaces if it has none.
    fn unit(&self) -> String {
        let indents = self.lines(0).take(LOOKED_AT).map(blanks).filter(|indent| !indent.is_empty());
        match indents.min_by_key(|indent| indent.len()) {
            Some(indent) if indent.starts_with('\t') => "\t".to_owned(),
            Some(indent) if indent.len() <= 8 => indent.to_owned(),
            _ => "  ".to_owned(),
        }
    }

    /// Starts a new line with the same indentation; one level more after an opening bracket, whose closing
    /// bracket goes to a line of its own. One undo step.
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
        // Blanks after the cursor are dropped: the new line has its own.
        let swallowed = after.len() - after.trim_start_matches([' ', '\t']).len();
        let deeper = if opened.is_some() { self.unit() } else { String::new() };
        let line = format!("\n{indent}{deeper}");
        let below = if closes { format!("\n{indent}") } else { String::new() };
        let to = Pos { row: to.row, at: to.at + swallowed };
        let cursor = Pos { row: from.row + 1, at: line.len() - 1 };
        self.step(|buffer| {
            buffer.replace(from, to, &format!("{line}{below}"));
            buffer.move_to(cursor);
        })
    }

    /// A closing bracket alone on its line is outdented by one level. Returns whether it was.
    pub(crate) fn close_on_its_line(&mut self, bracket: char) -> bool {
        let here = self.cursor();
        let line = self.line(here.row);
        let (before, after) = line.split_at_checked(here.at).unwrap_or_default();
        if before.is_empty() || !before.trim().is_empty() || !after.trim().is_empty() {
            return false;
        }
        let back = outdented(before, &self.unit());
        let from = Pos { row: here.row, at: here.at - back };
        self.step(|buffer| buffer.replace(from, here, &bracket.to_string()))
    }

    /// Indents or outdents the selected lines, or the cursor's. One undo step.
    pub fn indent(&mut self, further: bool) -> bool {
        let (rows, unit) = (self.selected_rows(), self.unit());
        let (anchor, cursor) = (self.anchor, self.cursor());
        let mut moved = Vec::new();
        let did = self.step(|buffer| {
            for row in rows {
                let by = buffer.indent_row(row, &unit, further);
                moved.push((row, by));
            }
        });
        let shift = |pos: Pos| {
            let by = moved.iter().find(|(row, _)| *row == pos.row).map_or(0, |(_, by)| *by);
            Pos { row: pos.row, at: pos.at.saturating_add_signed(by) }
        };
        self.move_to(shift(cursor));
        self.anchor = anchor.map(shift);
        did
    }
}

impl EditTransaction<'_> {
    /// Returns by how many bytes the line moved.
    fn indent_row(&mut self, row: usize, unit: &str, further: bool) -> isize {
        let start = Pos { row, at: 0 };
        let line = self.buffer.line(row);
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

    fn move_to(&mut self, to: Pos) {
        self.buffer.set_cursor(to);
    }
}

fn blanks(line: &str) -> &str {
    line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
}

/// The number of blanks that make one level.
fn outdented(blanks: &str, unit: &str) -> usize {
    match blanks.strip_suffix(unit) {
        Some(_) => unit.len(),
        None if blanks.ends_with('\t') => 1,
        None => blanks.len().min(unit.len()),
    }
}
