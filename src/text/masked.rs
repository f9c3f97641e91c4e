//! `Masked`: a document with its secret fields hidden, ready to draw.

use std::fmt;
use std::ops::Range;

use super::Safe;
use super::safe::{grouped, visible_utf8};
use super::scan::{ScanPiece, scan, scan_checked, scan_within};
use super::writer::{LineLimits, MaskedWriter, flat};
use crate::domain::json::{BYTE_ORDER_MARK, Span, indent, indent_valid, is_one_line};
use crate::domain::{Document, DocumentKind};

/// The mask for a secret; its width is the same whatever it hides.
pub const MASK: &str = "••••••••";

/// The longest text shown in full, in bytes; etcd stores less, a file may contain more.
const MAX_TEXT: usize = 4 * 1024 * 1024;
/// How much of a binary document is shown, in bytes.
const MAX_BINARY: usize = 4_096;

/// The role of a segment, which determines its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SegmentRole {
    /// Brackets, colons and commas.
    Punctuation,
    /// The name of a member.
    Key,
    /// A string, or a part of one.
    String,
    Number,
    /// `true`, `false` or `null`.
    Word,
    /// A reference such as `{$vault:path#field}`.
    Reference,
    /// The mask over a secret.
    Secret,
    /// Text that is not JSON where JSON was expected.
    Bad,
    /// Blanks, and text that is not JSON at all.
    Plain,
    /// confdeck's own words about the document.
    Note,
}

/// A run of text of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    pub text: Safe<'a>,
    pub role: SegmentRole,
}

/// One line of a masked document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MaskedLine<'a> {
    /// Its segments, from left to right.
    pub segments: Vec<Segment<'a>>,
}

impl MaskedLine<'_> {
    /// The same line without borrowed data.
    pub fn into_owned(self) -> MaskedLine<'static> {
        let owned = |segment: Segment<'_>| Segment { text: segment.text.into_owned(), role: segment.role };
        MaskedLine { segments: self.segments.into_iter().map(owned).collect() }
    }
}

impl fmt::Display for MaskedLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments.iter().try_for_each(|segment| f.write_str(segment.text.as_str()))
    }
}

/// How a document's white space is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DocumentLayout {
    /// JSON indented, one member or item a line, whatever its own layout is.
    #[default]
    Pretty,
    /// As it is stored.
    Stored,
}

/// A document that may be shown: secrets hidden, every character safe, one-line JSON indented,
/// very long lines shortened. It contains neither the hidden text nor its length.
#[derive(Debug, Clone, Default)]
pub struct Masked {
    pub(super) text: String,
    /// Where each segment ends in the text, with its role.
    pub(super) segments: Vec<(usize, SegmentRole)>,
    /// How many segments there are up to the end of each line.
    pub(super) lines: Vec<usize>,
}

impl Masked {
    /// Masks a whole document for which it is known where it stops being JSON, if anywhere; and how it is laid out,
    /// since what is not JSON is as stored.
    pub fn of_checked(
        kind: DocumentKind,
        document: &Document,
        broken_at: Option<usize>,
        layout: DocumentLayout,
    ) -> (Self, DocumentLayout) {
        let text = match document.text() {
            Ok(text) => text,
            Err(error) => {
                let masked = Self::binary(kind, document.as_bytes(), error.valid_up_to());
                return (masked, DocumentLayout::Stored);
            }
        };
        let is_pretty = layout == DocumentLayout::Pretty && broken_at.is_none();
        let formatted = if is_pretty { indent_valid(text) } else { None };
        let layout = if formatted.is_some() { DocumentLayout::Pretty } else { DocumentLayout::Stored };
        // Otherwise the text that is parsed differs from the document's.
        let is_checked = text.len() <= MAX_TEXT && !text.starts_with(BYTE_ORDER_MARK);
        let pieces = |shown: &str| match is_checked {
            true => scan_checked::<&str>(kind, &[], shown, broken_at.map_or(Ok(()), Err)),
            false => scan(kind, shown),
        };
        (Self::render(formatted.as_deref().unwrap_or(text), LineLimits::WHOLE, pieces).0, layout)
    }

    pub fn of(kind: DocumentKind, document: &Document) -> Self {
        match document.text() {
            Ok(text) => Self::text(kind, text),
            Err(error) => Self::binary(kind, document.as_bytes(), error.valid_up_to()),
        }
    }

    pub fn text(kind: DocumentKind, text: &str) -> Self {
        let formatted = if is_one_line(text) { indent(text) } else { None };
        Self::render(formatted.as_deref().unwrap_or(text), LineLimits::default(), |text| scan(kind, text)).0
    }

    /// A text in its existing layout, with the span of each line.
    pub(crate) fn with_places(kind: DocumentKind, text: &str) -> (Self, Vec<Span>) {
        Self::render(text, LineLimits::default(), |text| scan(kind, text))
    }

    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// One line, counted from 0.
    pub fn line(&self, index: usize) -> Option<MaskedLine<'_>> {
        let end = *self.lines.get(index)?;
        let first = index.checked_sub(1).and_then(|before| self.lines.get(before)).copied().unwrap_or(0);
        let mut start =
            first.checked_sub(1).and_then(|before| self.segments.get(before)).map_or(0, |(end, _)| *end);
        let segments = self.segments.get(first..end)?.iter().map(|&(end, role)| {
            let text = Safe::trusted(self.text.get(start..end).unwrap_or_default());
            start = end;
            Segment { text, role }
        });
        Some(MaskedLine { segments: segments.collect() })
    }

    /// The text of a line, counted from 0; empty if it does not exist.
    pub fn line_text(&self, index: usize) -> &str {
        let end_of = |count: usize| count.checked_sub(1).and_then(|last| self.segments.get(last));
        let at = |line: Option<usize>| {
            let count = line.and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
            end_of(count).map_or(0, |(end, _)| *end)
        };
        self.text.get(at(index.checked_sub(1))..at(Some(index))).unwrap_or_default()
    }

    /// The lines in a range, as far as they exist.
    pub fn lines(&self, range: Range<usize>) -> impl Iterator<Item = MaskedLine<'_>> {
        (range.start..range.end.min(self.line_count())).filter_map(|index| self.line(index))
    }

    /// A document on one line of about `max_chars` characters at most, for tables and events.
    pub fn one_line(kind: DocumentKind, document: &Document, max_chars: usize) -> Safe<'static> {
        match document.text() {
            Ok(text) => flat(text, &scan(kind, text), max_chars),
            Err(error) => Safe::from(binary_note(document.len(), error.valid_up_to())),
        }
    }

    fn binary(kind: DocumentKind, bytes: &[u8], valid: usize) -> Self {
        let shown = visible_utf8(bytes.get(..MAX_BINARY).unwrap_or(bytes));
        let mut writer = MaskedWriter::default();
        writer.note(&binary_note(bytes.len(), valid));
        writer.end_line(Span { start: 0, end: 0 });
        writer.write(&shown, &scan(kind, &shown));
        writer.left_out(bytes.len().saturating_sub(MAX_BINARY));
        writer.masked
    }

    fn render(
        text: &str,
        limits: LineLimits,
        scan: impl FnOnce(&str) -> Vec<ScanPiece>,
    ) -> (Self, Vec<Span>) {
        let end = if text.len() <= MAX_TEXT { text.len() } else { text.floor_char_boundary(MAX_TEXT) };
        let shown = text.get(..end).unwrap_or(text);
        let mut writer = MaskedWriter::within(limits);
        writer.write(shown, &scan(shown));
        writer.left_out(text.len() - shown.len());
        (writer.masked, writer.places)
    }
}

/// One value of a document, as JSON text, at a path of member names; on one line of about `max_chars`
/// characters at most.
pub fn mask_value<S: AsRef<str>>(
    kind: DocumentKind,
    path: &[S],
    value: &str,
    max_chars: usize,
) -> Safe<'static> {
    flat(value, &scan_within(kind, path, value), max_chars)
}

fn binary_note(len: usize, valid: usize) -> String {
    format!("not UTF-8: {} bytes, first invalid byte at offset {}", grouped(len), grouped(valid))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::json::walk;
    use crate::text::fixture::{broken_document, document};

    fn shown(kind: DocumentKind, text: &str) -> String {
        let masked = Masked::of(kind, &Document::from(text));
        let lines: Vec<_> = masked.lines(0..usize::MAX).map(|line| line.to_string()).collect();
        lines.join("\n")
    }

    #[test]
    fn one_line_json_is_laid_out_and_secrets_are_masked() {
        let text = r#"{"module":"kafka","hmac":{"secret":"{$vault:app/github#hmac:hunter2}","algorithm":"sha256"},"jwt":{"secret":"hunter2"},"basic_auth":{"username":"u","password":""},"pin_token":42,"token":null,"chain":[{"module-config":{"headers":{"X-A":"hunter2"}}}]}"#;
        assert_eq!(
            shown(DocumentKind::Webhook, text),
            r#"{
  "module": "kafka",
  "hmac": {
    "secret": "{$vault:app/github#hmac:••••••••}",
    "algorithm": "sha256"
  },
  "jwt": {
    "secret": "••••••••"
  },
  "basic_auth": {
    "username": "u",
    "password": ""
  },
  "pin_token": ••••••••,
  "token": null,
  "chain": [
    {
      "module-config": {
        "headers": {
          "X-A": "••••••••"
        }
      }
    }
  ]
}"#
        );
    }

    #[test]
    fn segments_have_roles_and_lines_stand_alone() {
        let masked = Masked::of(DocumentKind::Unknown, &Document::from("{\n\t\"a\": [1, nul]\n}\n"));
        assert_eq!(masked.line_count(), 3);
        let line = masked.line(1).unwrap();
        let roles: Vec<_> = line.segments.iter().map(|s| (s.text.as_str(), s.role)).collect();
        use SegmentRole::{Bad, Key, Number, Plain, Punctuation};
        assert_eq!(
            roles,
            [
                ("    ", Plain),
                ("\"a\"", Key),
                (":", Punctuation),
                (" ", Plain),
                ("[", Punctuation),
                ("1", Number),
                (",", Punctuation),
                (" ", Plain),
                ("nul", Bad),
                ("]", Punctuation)
            ]
        );
        assert_eq!(masked.line(3), None);
        assert!(Masked::of(DocumentKind::Unknown, &Document::from("")).line(0).unwrap().segments.is_empty());
    }

    #[test]
    fn escapes_and_overrides_are_visible() {
        let text = "{\"a\u{202e}\": \"\u{9b}31m\u{200b}\"}\r\nx\x1b[2J";
        assert_eq!(shown(DocumentKind::Webhook, text), "{\"a‹U+202E›\": \"‹U+009B›31m‹U+200B›\"}\nx␛[2J");
        assert_eq!(shown(DocumentKind::Webhook, "\u{feff}{}"), "‹U+FEFF›{}");
    }

    #[test]
    fn huge_documents_are_shortened_and_counted() {
        let text = format!("{{\"a\": \"{}\"}}", "x".repeat(1024 * 1024));
        let masked = Masked::of(DocumentKind::Webhook, &Document::from(text));
        let line = masked.line(1).unwrap().to_string();
        assert!(line.ends_with("x… 1,047,578 more characters"), "{}", &line[line.len() - 60..]);
        assert!(line.len() < 1_100);

        let text = format!("[{} nul]", "1,".repeat(100_000));
        let masked = Masked::of(DocumentKind::Webhook, &Document::from(text));
        assert_eq!(masked.line_count(), 1);
        let line = masked.line(0).unwrap().to_string();
        assert!(line.ends_with("… 196,006 more characters"), "{}", &line[line.len() - 60..]);

        let text = "[\n1\n]".repeat(1024 * 1024);
        let masked = Masked::of(DocumentKind::Webhook, &Document::from(text));
        assert_eq!(masked.lines(0..usize::MAX).last().unwrap().to_string(), "… 1,048,576 more bytes");
    }

    #[test]
    fn what_is_no_text_says_so() {
        let mut bytes = b"password=hunter2 \xff\n".to_vec();
        bytes.extend([0u8; 5000]);
        let document = Document::new(bytes);
        let masked = Masked::of(DocumentKind::Webhook, &document);
        let first = masked.line(0).unwrap().to_string();
        assert_eq!(first, "not UTF-8: 5,019 bytes, first invalid byte at offset 17");
        assert_eq!(masked.line(1).unwrap().to_string(), "password=••••••••");
        assert!(masked.line(2).unwrap().to_string().starts_with("␀␀␀"));
        assert_eq!(masked.line(3).unwrap().to_string(), "… 923 more bytes");
        assert_eq!(Masked::one_line(DocumentKind::Webhook, &document, 80).as_str(), first);
    }

    #[test]
    fn values_and_documents_fit_on_a_line() {
        let text = Document::from("{\n  \"a\": 1,\r\n  \"password\": \"hunter2\"\n}");
        let line = |max| Masked::one_line(DocumentKind::Webhook, &text, max).into_string();
        assert_eq!(line(80), "{ \"a\": 1, \"password\": \"••••••••\" }");
        assert_eq!(line(8), "{ \"a\": 1… 26 more characters");
        let value =
            |path: &[&str], value| mask_value(DocumentKind::Connection, path, value, 40).into_string();
        assert_eq!(value(&["password"], "\"hunter2\""), "\"••••••••\"");
        assert_eq!(value(&["credentials", "id"], "12"), "••••••••");
        assert_eq!(value(&["url"], "\"redis://:hunter2@h\""), "\"redis://:••••••••@h\"");
        assert_eq!(value(&["host"], "\"h\""), "\"h\"");
    }

    #[test]
    fn a_document_is_laid_out_whatever_its_own_layout_is_and_a_long_value_is_shown_whole() {
        let inside = "{\n      \"a\": [1,\n        2],\n      \"b\": \"TEXT\"\n    }"
            .replace("TEXT", &"x".repeat(5_000));
        let lines = |layout| {
            let (masked, shown) =
                Masked::of_checked(DocumentKind::Webhook, &Document::from(inside.as_str()), None, layout);
            let lines: Vec<_> = masked.lines(0..usize::MAX).map(|line| line.to_string()).collect();
            (0..lines.len()).for_each(|at| assert_eq!(masked.line_text(at), lines[at]));
            (lines, shown)
        };
        let (pretty, shown) = lines(DocumentLayout::Pretty);
        assert_eq!(
            (pretty[..4].join("|").as_str(), shown),
            ("{|  \"a\": [|    1,|    2", DocumentLayout::Pretty)
        );
        let (stored, shown) = lines(DocumentLayout::Stored);
        assert_eq!((stored.join("\n"), shown), (inside.clone(), DocumentLayout::Stored));
    }

    proptest! {
        #[test]
        fn no_secret_is_shown(document in prop_oneof![document().boxed(), broken_document().boxed()]) {
            let text = shown(DocumentKind::Webhook, &document.text);
            prop_assert!(!document.leaks_into(&text), "{}\n{}", document.text, text);
            let stored = Document::from(document.text.as_str());
            let line = Masked::one_line(DocumentKind::Webhook, &stored, 10_000);
            prop_assert!(!document.leaks_into(line.as_str()), "{}\n{}", document.text, line);
        }

        #[test]
        fn a_secret_is_masked_alike_however_its_document_is_laid_out(
            document in prop_oneof![document().boxed(), broken_document().boxed()],
        ) {
            let stored = Document::from(document.text.as_str());
            let broken_at = walk(&document.text, |_| ()).err().map(|error| error.offset);
            let [pretty, as_stored] = [DocumentLayout::Pretty, DocumentLayout::Stored].map(|layout| {
                let (masked, layout) = Masked::of_checked(DocumentKind::Webhook, &stored, broken_at, layout);
                (masked.lines(0..usize::MAX).map(|line| line.to_string()).collect::<String>(), layout)
            });
            prop_assert_eq!(as_stored.1, DocumentLayout::Stored);
            prop_assert!(broken_at.is_none() || pretty.1 == DocumentLayout::Stored);
            for (text, _) in [&pretty, &as_stored] {
                prop_assert!(!document.leaks_into(text), "{}\n{}", document.text, text);
            }
            // A line break of its own is one of the blanks that a text may have, and is shown.
            let is_blank = |c: &char| c.is_whitespace() || *c == '␍';
            let bare = |text: &str| text.chars().filter(|c| !is_blank(c)).collect::<String>();
            prop_assert_eq!(bare(&pretty.0), bare(&as_stored.0));
        }

        #[test]
        fn secrets_of_any_length_look_the_same(document in document(), length in 1usize..40) {
            // Random text is told by its length.
            prop_assume!(!document.text.contains("q83v"));
            let other = document.text.replace("Hunter2Hunter", &"s".repeat(length));
            prop_assert_eq!(
                shown(DocumentKind::Webhook, &document.text),
                shown(DocumentKind::Webhook, &other)
            );
        }

        #[test]
        fn any_text_gives_safe_lines(text in r#"(?s)([\[\]{}:,"\\a1 \r\n\t\x1b]|\u{202e}|\u{301}|password|://|@|\{\$A:){0,40}"#) {
            for line in Masked::of(DocumentKind::Webhook, &Document::from(text)).lines(0..usize::MAX) {
                for segment in line.segments {
                    let again = Safe::new(segment.text.as_str());
                    prop_assert_eq!(again.as_str(), segment.text.as_str());
                }
            }
        }
    }
}
