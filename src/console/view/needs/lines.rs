//! Lines behind marks: each fact whole on one of them if it fits on any, and nothing of one left out.

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use super::super::widgets::Phrase;
use super::super::words;
use super::look;
use crate::check::NeedMark;
use crate::console::theme::Ink;

/// Lines of a width, each fact whole on one of them if it fits on any.
pub(super) struct Lines {
    pub(super) list: Vec<Phrase>,
    pub(super) room: u16,
}

impl Lines {
    /// Facts behind a mark; what does not fit goes on under the first.
    pub(super) fn add(&mut self, indent: u16, mark: NeedMark, facts: Vec<Phrase>) {
        self.put(indent, look(mark), facts);
    }

    pub(super) fn put(&mut self, indent: u16, look: (&'static str, Ink), facts: Vec<Phrase>) {
        let before = indent + 2;
        let room = self.room.saturating_sub(before).max(8);
        let facts = facts.into_iter().flat_map(|fact| broken(fact, room));
        for (at, line) in words::pack(facts, room).into_iter().enumerate() {
            let blanks = |columns: u16| Phrase::of(Ink::Text, " ".repeat(usize::from(columns)));
            let mut whole = match at {
                0 => {
                    let mut start = blanks(indent);
                    start.join("", Phrase::of(look.1, look.0).and(Ink::Text, " "));
                    start
                }
                _ => blanks(before),
            };
            whole.join("", line);
            self.list.push(whole);
        }
    }
}

/// A fact that is wider than a line, cut into some that are not: nothing of a path is left out.
fn broken(fact: Phrase, room: u16) -> Vec<Phrase> {
    if fact.width() <= room {
        return vec![fact];
    }
    let (mut lines, mut used) = (vec![Phrase::default()], 0);
    for (ink, text) in fact.pieces() {
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
                put(&mut lines, *ink, &mut piece);
                lines.push(Phrase::default());
                used = 0;
            }
            piece.push_str(part);
            used += width;
        }
        put(&mut lines, *ink, &mut piece);
    }
    lines
}

fn put(lines: &mut [Phrase], ink: Ink, piece: &mut String) {
    if let Some(last) = lines.last_mut().filter(|_| !piece.is_empty()) {
        *last = std::mem::take(last).and(ink, std::mem::take(piece));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(room: u16, words: &str) -> Vec<String> {
        let mut lines = Lines { list: Vec::new(), room };
        lines.add(0, NeedMark::Present, vec![Phrase::of(Ink::Dim, words.to_owned())]);
        let text = |line: &Phrase| line.pieces().iter().map(|(_, text)| text.as_str()).collect();
        lines.list.iter().map(text).collect()
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
