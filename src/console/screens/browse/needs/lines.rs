//! Lines behind marks: a fact stays whole on one line if it fits on one, and nothing is cut.

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use super::mark_badge;
use crate::check::NeedMark;
use crate::console::theme::{Glyphs, StyleRole};
use crate::console::widgets::TextRun;

pub(crate) struct NeedLines {
    pub(crate) lines: Vec<TextRun>,
    /// The lines that begin what others may need too, and its name for filters.
    pub(crate) links: Vec<(usize, String)>,
    pub(crate) room: u16,
    pub(crate) glyphs: Glyphs,
}

impl NeedLines {
    /// Facts behind a mark; what does not fit is wrapped under the first.
    pub(crate) fn add(&mut self, indent: u16, mark: NeedMark, facts: Vec<TextRun>) {
        self.put(indent, mark_badge(mark), facts);
    }

    pub(crate) fn put(&mut self, indent: u16, look: (&'static str, StyleRole), facts: Vec<TextRun>) {
        let before = indent + 2;
        let room = self.room.saturating_sub(before).max(8);
        let facts = facts.into_iter().flat_map(|fact| split_fact(fact.spelled(self.glyphs), room));
        let label = TextRun::of(StyleRole::Text, " ".repeat(usize::from(indent))).and(look.1, look.0);
        self.lines.extend(TextRun::beside(&label, before, TextRun::pack(facts, room)));
    }
}

/// Splits a fact that is wider than a line, so that no part of a path is cut off.
fn split_fact(fact: TextRun, room: u16) -> Vec<TextRun> {
    if fact.width() <= room {
        return vec![fact];
    }
    let (mut lines, mut used) = (vec![TextRun::default()], 0);
    for (style, text) in fact.spans() {
        let mut piece = String::new();
        let parts = text.as_str().split_inclusive([' ', '/', '.']);
        let parts = parts.flat_map(|part| match part.cell_width() <= room {
            true => vec![part],
            false => part.graphemes(true).collect(),
        });
        for part in parts {
            let width = part.cell_width();
            if used + part.trim_end().cell_width() > room {
                piece.truncate(piece.trim_end().len());
                put(&mut lines, *style, &mut piece);
                lines.push(TextRun::default());
                used = 0;
            }
            piece.push_str(part);
            used += width;
        }
        put(&mut lines, *style, &mut piece);
    }
    lines
}

fn put(lines: &mut [TextRun], style: StyleRole, piece: &mut String) {
    if let Some(last) = lines.last_mut().filter(|_| !piece.is_empty()) {
        *last = std::mem::take(last).and(style, std::mem::take(piece));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(room: u16, words: &str) -> Vec<String> {
        let mut lines = NeedLines { lines: Vec::new(), links: Vec::new(), room, glyphs: Glyphs::Unicode };
        lines.add(0, NeedMark::Present, vec![TextRun::of(StyleRole::Dim, words.to_owned())]);
        let text = |line: &TextRun| line.spans().iter().map(|(_, text)| text.as_str()).collect();
        lines.lines.iter().map(text).collect()
    }

    #[test]
    fn nothing_of_a_long_fact_is_left_out() {
        assert_eq!(lines(20, "short"), ["✓ short"]);
        assert_eq!(lines(12, "secret/app/orders"), ["✓ secret/", "  app/orders"]);
        assert_eq!(lines(12, "abcdefghijklmno"), ["✓ abcdefghij", "  klmno"]);
        assert_eq!(lines(12, "may not read it"), ["✓ may not", "  read it"]);
        for room in 10..40 {
            let whole = "read on team/kv/subkeys/日本語/a.very.long.name is missing, e\u{301}";
            let told = lines(room, whole);
            let joined: String = told.iter().flat_map(|line| line.chars().skip(2)).collect();
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(bare(&joined), bare(whole), "{room}");
            assert!(told.iter().all(|line| line.cell_width() <= room), "{room} {told:?}");
        }
    }
}
