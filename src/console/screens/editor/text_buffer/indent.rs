//! Indentation.

use std::collections::BTreeMap;

use super::{Pos, TextBuffer};

/// The number of lines examined to determine how a document is indented.
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

    /// Starts a new line with the same indentation, or one level more after an opening bracket, in which case
    /// the closing bracket moves to a line of its own. One undo step.
    pub fn enter(&mut self) -> bool {
        let (from, to) = self.selection_or_cursor();
        let before = self.line(from.row).get(..from.at).unwrap_or_default();
        let indent = blanks(before).to_owned();
        let opened = before.trim_end().chars().next_back().filter(|c| matches!(c, '{' | '['));
        let after = self.line(to.row).get(to.at..).unwrap_or_default();
        let closes = match opened {
            Some('{') => after.trim_start().starts_with('}'),
            Some(_) => after.trim_start().starts_with(']'),
            None => false,
        };
        // Blanks after the cursor are dropped, because the new line has its own.
        let swallowed = after.len() - after.trim_start_matches([' ', '\t']).len();
        let deeper = if opened.is_some() { self.unit() } else { String::new() };
        let below = if closes { format!("\n{indent}") } else { String::new() };
        let to = Pos { row: to.row, at: to.at + swallowed };
        self.step([(from, to, below.as_str()), (from, from, &format!("\n{indent}{deeper}"))])
    }

    /// Types a closing bracket outdented by one level, if it is alone on its line. Returns whether it did.
    pub(crate) fn close_on_its_line(&mut self, bracket: &str) -> bool {
        let here = self.cursor();
        let line = self.line(here.row);
        let (before, after) = line.split_at_checked(here.at).unwrap_or_default();
        if before.is_empty() || !before.trim().is_empty() || !after.trim().is_empty() {
            return false;
        }
        let back = outdented(before, &self.unit());
        let from = Pos { row: here.row, at: here.at - back };
        self.step([(from, here, bracket)])
    }

    /// Indents or outdents the selected lines, or the cursor's. One undo step.
    pub fn indent(&mut self, further: bool) -> bool {
        let unit = self.unit();
        let (anchor, cursor) = (self.anchor, self.cursor());
        let (from, to) = self.selection_or_cursor();
        // A selection that ends at the start of a line does not include that line.
        let last = if to.at == 0 && to.row > from.row { to.row - 1 } else { to.row };
        let rows = (from.row..=last).filter(|row| !further || !self.line(*row).is_empty());
        let by = |row| if further { unit.len() } else { outdented(blanks(self.line(row)), &unit) };
        let moved: BTreeMap<usize, usize> = rows.map(|row| (row, by(row))).collect();
        let did = self.step(moved.iter().map(|(row, by)| {
            let (back, text) = if further { (0, unit.as_str()) } else { (*by, "") };
            (Pos { row: *row, at: 0 }, Pos { row: *row, at: back }, text)
        }));
        let shift = |pos: Pos| {
            let by = moved.get(&pos.row).copied().unwrap_or(0);
            Pos { row: pos.row, at: if further { pos.at + by } else { pos.at.saturating_sub(by) } }
        };
        self.move_to(shift(cursor));
        self.anchor = anchor.map(shift);
        did
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
