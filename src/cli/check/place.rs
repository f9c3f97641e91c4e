//! Places in a file, from 1, of what stands within a part of it.

use crate::domain::json::line_column;

/// A line and a column, from 1.
pub(super) type Place = (usize, usize);

/// A place of a part of a text, as one of the text, in which the part begins at `start`.
pub(super) fn within(start: Place, (line, column): Place) -> Place {
    let (start_line, start_column) = start;
    if line == 1 { (start_line, start_column + column - 1) } else { (start_line + line - 1, column) }
}

/// Goes through a text once, from place to place: its members are many.
pub(super) struct PlaceCursor<'t> {
    text: &'t str,
    offset: usize,
    place: Place,
}

impl<'t> PlaceCursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, offset: 0, place: (1, 1) }
    }

    /// The place of an offset that is not before the last one.
    pub(super) fn go(&mut self, offset: usize) -> Place {
        let passed = self.text.get(self.offset..offset).unwrap_or_default();
        self.place = within(self.place, line_column(passed, passed.len()));
        self.offset = offset;
        self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_part_is_one_of_the_whole() {
        let text = "{\n  \"é\": {\"a\": 1,\n \"b\": 2}}";
        let mut cursor = PlaceCursor::new(text);
        for offset in [0, 2, 4, text.find("{\"a").unwrap(), text.len()] {
            assert_eq!(cursor.go(offset), line_column(text, offset), "{offset}");
        }
        let start = text.find("{\"a").unwrap();
        let part = &text[start..];
        for inside in [0, 5, part.find("\"b").unwrap()] {
            let here = within(line_column(text, start), line_column(part, inside));
            assert_eq!(here, line_column(text, start + inside), "{inside}");
        }
    }
}
