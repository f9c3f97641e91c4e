//! The full text of two documents side by side, line by line, masked.

use similar::DiffOp;

use super::align;
use super::diff::HIDDEN;
use crate::domain::Masking;
use crate::domain::json::{BYTE_ORDER_MARK, Span, indent};
use crate::text::{Masked, MaskedLine, SegmentRole};

/// Which text a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineTag {
    Same,
    Removed,
    Added,
}

/// One line of a full diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// Which text it belongs to.
    pub tag: LineTag,
    /// Its line number in the old text as laid out here, from 1.
    pub old: Option<usize>,
    /// Its line number in the new text, likewise.
    pub new: Option<usize>,
    /// Its text. Where a line with a secret changed, the secret reads `(value hidden)`.
    pub line: MaskedLine<'static>,
}

/// All lines of two texts of one document. JSON is laid out again, so that differences in white
/// space are ignored; so is a comma at the end of a line, which comes and goes with the member after it.
pub fn lines(masking: &Masking, old: &str, new: &str) -> Vec<DiffLine> {
    let (old, new) = (Side::of(masking, old), Side::of(masking, new));
    let (before, after) = (old.raw(), new.raw());
    let mut lines = Vec::with_capacity(before.len().max(after.len()));
    for op in align::ops(&before, &after) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            let pairs = (old_index..old_index + len).zip(new_index..);
            lines.extend(pairs.filter_map(|(was, is)| new.line(is, LineTag::Same, Some(was), Some(is))));
        } else {
            lines.extend(op.old_range().filter_map(|at| old.line(at, LineTag::Removed, Some(at), None)));
            lines.extend(op.new_range().filter_map(|at| new.line(at, LineTag::Added, None, Some(at))));
        }
    }
    lines
}

/// One of the two texts: as compared, and as shown.
struct Side {
    text: String,
    json: bool,
    masked: Masked,
    places: Vec<Span>,
}

impl Side {
    fn of(masking: &Masking, text: &str) -> Self {
        let indented = indent(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text));
        let json = indented.is_some();
        let text = indented.unwrap_or_else(|| text.to_owned());
        let (masked, places) = Masked::with_places(masking, &text);
        Self { text, json, masked, places }
    }

    /// The lines with everything that they hide.
    fn raw(&self) -> Vec<&str> {
        let raw = |place: &Span| {
            let line = place.of(&self.text);
            if self.json { line.strip_suffix(',').unwrap_or(line) } else { line.trim_end_matches('\r') }
        };
        self.places.iter().map(raw).collect()
    }

    fn line(&self, at: usize, tag: LineTag, old: Option<usize>, new: Option<usize>) -> Option<DiffLine> {
        let mut line = self.masked.line(at)?.into_owned();
        if tag != LineTag::Same {
            for segment in line.segments.iter_mut().filter(|segment| segment.role == SegmentRole::Secret) {
                segment.text = HIDDEN;
            }
        }
        let number = |at: Option<usize>| at.map(|at| at + 1);
        Some(DiffLine { tag, old: number(old), new: number(new), line })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::DocumentKind;
    use crate::text::fixture::{broken_document, document};

    const WEBHOOK: &Masking = &Masking::built_in(DocumentKind::Webhook);

    fn told(old: &str, new: &str) -> Vec<String> {
        let sign = |tag| match tag {
            LineTag::Same => ' ',
            LineTag::Removed => '-',
            LineTag::Added => '+',
        };
        let lines = lines(WEBHOOK, old, new);
        lines.iter().map(|line| format!("{}{}", sign(line.tag), line.line)).collect()
    }

    #[test]
    fn a_changed_secret_is_a_changed_line() {
        assert_eq!(
            told(
                r#"{"module":"log","jwt":{"secret":"hunter2"},"authorization":"hunter2"}"#,
                "{\n\"module\": \"log\", \"jwt\": {\"secret\": \"hunter2\"},\n\"authorization\": \"hunter3\", \"b\": 1}",
            ),
            [
                " {",
                "   \"module\": \"log\",",
                "   \"jwt\": {",
                "     \"secret\": \"••••••••\"",
                "   },",
                "-  \"authorization\": \"(value hidden)\"",
                "+  \"authorization\": \"(value hidden)\",",
                "+  \"b\": 1",
                " }",
            ]
        );
    }

    #[test]
    fn broken_text_is_compared_as_it_is() {
        assert_eq!(
            told("password=hunter2\nA=1", "password=hunter3\r\nA=1\r\n"),
            ["-password=(value hidden)", "+password=(value hidden)", " A=1",]
        );
        let numbered = lines(WEBHOOK, "a", "b\na");
        let numbers: Vec<_> = numbered.iter().map(|line| (line.old, line.new)).collect();
        assert_eq!(numbers, [(None, Some(1)), (Some(1), Some(2))]);
    }

    proptest! {
        #[test]
        fn equal_texts_have_equal_lines(document in document()) {
            let lines = lines(WEBHOOK, &document.text, &document.text);
            prop_assert!(lines.iter().all(|line| line.tag == LineTag::Same));
        }

        #[test]
        fn no_secret_is_told(old in document(), new in prop_oneof![document().boxed(), broken_document().boxed()]) {
            let told = told(&old.text, &new.text).join("\n");
            prop_assert!(!old.leaks_into(&told), "{}", told);
        }
    }
}
