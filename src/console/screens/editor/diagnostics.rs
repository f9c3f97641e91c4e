//! The diagnostics of a draft.
//!
//! A small draft is checked on every key. A large one is checked when typing pauses, off the event loop;
//! until the result arrives, the previous diagnostics move along with their lines.

use std::fmt;
use std::time::Duration;

use super::outline::paths;
use super::text_buffer::{LineStarts, Pos, TextBuffer};
use crate::check::rules::{BYTE_ORDER_MARK, MAX_DIAGNOSTICS};
use crate::check::{Diagnostic, DraftInput, Subject, diagnose};
use crate::console::request::{AT_ONCE, Pending, RequestId};
use crate::domain::json::{Severity, Span, SyntaxFix};

/// The pause in typing after which a large draft is checked.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<BufferDiagnostic>,
    /// The buffer revision that the diagnostics belong to.
    revision: u64,
    check_at: Option<Duration>,
    asked: Pending<u64>,
}

/// A diagnostic and its position in the buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferDiagnostic {
    pub found: Diagnostic,
    pub from: Pos,
    /// The end; at least one character after the start, unless the line ends there.
    pub to: Pos,
    pub fix: Option<DraftFix>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum DraftFix {
    /// Replaces a range of text.
    Edit { from: Pos, to: Pos, text: String, words: &'static str },
    /// Stores the document without its byte order mark.
    DropByteOrderMark,
}

impl fmt::Debug for DraftFix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The replacement may contain secrets.
        write!(f, "DraftFix({})", self.words())
    }
}

impl DraftFix {
    pub fn words(&self) -> &'static str {
        match self {
            Self::Edit { words, .. } => words,
            Self::DropByteOrderMark => "store it without",
        }
    }
}

pub struct DiagnosticsInput {
    text: String,
    /// The number of secrets that placeholders may stand for.
    concealed_count: usize,
    /// Whether the document starts with a byte order mark.
    byte_order_mark: bool,
}

impl DiagnosticsInput {
    pub fn of(buffer: &TextBuffer, concealed_count: usize) -> Self {
        Self { text: buffer.text(), concealed_count, byte_order_mark: buffer.byte_order_mark }
    }

    /// Finds the problems, ordered by position.
    pub fn run(self) -> Vec<BufferDiagnostic> {
        let Self { text, concealed_count, byte_order_mark } = self;
        let mut found = diagnose(Subject::Draft(DraftInput {
            text: &text,
            concealed: Some(concealed_count),
            byte_order_mark,
        }));
        found.sort_by_key(|found| found.span.start);
        found.truncate(MAX_DIAGNOSTICS);
        let starts = LineStarts::of(&text);
        let mut diagnostics: Vec<_> =
            found.into_iter().map(|found| BufferDiagnostic::of(found, &text, &starts)).collect();
        let paths = paths(&text, diagnostics.iter().map(|flaw| flaw.from));
        diagnostics.iter_mut().zip(paths).for_each(|(flaw, path)| flaw.found.pointer = path);
        diagnostics
    }
}

impl BufferDiagnostic {
    fn of(mut found: Diagnostic, text: &str, starts: &LineStarts) -> Self {
        let Span { start, end } = found.span;
        let next = text.get(start..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n');
        let end = end.max(start + next.map_or(0, char::len_utf8));
        let fix = match found.fix.take() {
            _ if found.rule == BYTE_ORDER_MARK.id => Some(DraftFix::DropByteOrderMark),
            None => None,
            Some(SyntaxFix { span, replacement: text, words }) => {
                let (from, to) = (starts.position(span.start), starts.position(span.end));
                Some(DraftFix::Edit { from, to, text, words })
            }
        };
        Self { found, from: starts.position(start), to: starts.position(end), fix }
    }
}

impl Diagnostics {
    /// Ordered by position.
    pub fn list(&self) -> &[BufferDiagnostic] {
        &self.list
    }

    /// The first error, if any; it prevents writing.
    pub fn first_error(&self) -> Option<&BufferDiagnostic> {
        self.list.iter().find(|flaw| flaw.found.severity == Severity::Error)
    }

    /// Whether the text changed since it was checked.
    pub fn is_behind(&self, buffer: &TextBuffer) -> bool {
        self.revision != buffer.revision()
    }

    /// The index of the diagnostic at, or nearest to, the cursor.
    pub fn nearest(&self, cursor: Pos) -> Option<usize> {
        let distance = |flaw: &BufferDiagnostic| {
            let inside = flaw.from <= cursor && cursor <= flaw.to;
            let bytes = if flaw.from.row == cursor.row { flaw.from.at.abs_diff(cursor.at) } else { 0 };
            (!inside, flaw.from.row.abs_diff(cursor.row), bytes)
        };
        self.list.iter().enumerate().min_by_key(|(_, flaw)| distance(flaw)).map(|(at, _)| at)
    }

    /// The first diagnostic after a position, wrapping around the end of the text.
    pub fn next(&self, cursor: Pos) -> Option<&BufferDiagnostic> {
        self.list.iter().find(|flaw| flaw.from > cursor).or(self.list.first())
    }

    /// When to check; `None` while a check is pending or not needed.
    pub fn check_at(&self) -> Option<Duration> {
        self.check_at.filter(|_| !self.asked.is_pending())
    }

    /// Checks now, however long it takes.
    pub fn check(&mut self, buffer: &TextBuffer, kept: usize) {
        self.list = DiagnosticsInput::of(buffer, kept).run();
        self.revision = buffer.revision();
        self.check_at = None;
        self.asked.cancel();
    }

    /// Updates the diagnostics after an edit.
    pub fn changed(&mut self, buffer: &TextBuffer, kept: usize, now: Duration, rows: (usize, isize)) {
        if buffer.len() <= AT_ONCE {
            return self.check(buffer, kept);
        }
        self.check_at = Some(now + PAUSE);
        let (row, by) = rows;
        self.list.retain(|flaw| flaw.from.row != row);
        for flaw in self.list.iter_mut().filter(|flaw| flaw.from.row > row) {
            for pos in [&mut flaw.from, &mut flaw.to] {
                pos.row = pos.row.saturating_add_signed(by);
            }
            flaw.found.place = flaw.found.place.map(|(_, column)| (flaw.from.row + 1, column));
        }
    }

    /// Checks again: now if the draft is small, otherwise off the event loop as soon as possible.
    pub fn schedule_check(&mut self, buffer: &TextBuffer, kept: usize, now: Duration) {
        self.asked.cancel();
        if buffer.len() <= AT_ONCE { self.check(buffer, kept) } else { self.check_at = Some(now) }
    }

    /// The input of the diagnostics, which become pending.
    pub fn begin(&mut self, buffer: &TextBuffer, kept: usize, request: RequestId) -> DiagnosticsInput {
        self.check_at = None;
        self.asked.begin(request, buffer.revision());
        DiagnosticsInput::of(buffer, kept)
    }

    /// Takes the result of a check; a result for an older request or text is dropped.
    pub fn accept(&mut self, request: RequestId, found: Vec<BufferDiagnostic>, revision: u64, now: Duration) {
        match self.asked.accept(request) {
            Some(asked) if asked == revision => (self.list, self.revision) = (found, revision),
            Some(_) => _ = self.check_at.get_or_insert(now),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostics(text: &str) -> (TextBuffer, Diagnostics) {
        let buffer = TextBuffer::new(text);
        let mut diagnostics = Diagnostics::default();
        diagnostics.check(&buffer, 1);
        (buffer, diagnostics)
    }

    #[test]
    fn places_and_remedies_are_the_pads() {
        let (mut buffer, found) =
            diagnostics("{\n  \"é\": 1\n  \"b\": True,\n  \"p\": \"‹kept:1\",\n  \"q\": \"‹kept:2›\"\n}");
        let told: Vec<_> =
            found.list().iter().map(|flaw| (flaw.from.row, flaw.from.at, flaw.to.at)).collect();
        assert_eq!(told, [(2, 2, 5), (2, 7, 11), (3, 8, 17), (4, 8, 20)]);
        let Some(DraftFix::Edit { from, to, text, .. }) = found.list()[0].fix.clone() else {
            panic!("a fix")
        };
        assert_eq!((from, to), (Pos { row: 1, at: 9 }, Pos { row: 1, at: 9 }));
        buffer.apply(&[(from, to, text)]);
        assert_eq!(buffer.line(1), "  \"é\": 1,");
        assert!(found.list()[2].found.message.contains("damaged"));
        assert!(found.list()[3].found.message.contains("stands for no stored secret"));
    }

    #[test]
    fn the_nearest_and_the_next_are_found() {
        let (_, found) = diagnostics("{\n\"a\": x,\n\"b\": y, \"c\": z\n}");
        let row = |row, at| Pos { row, at };
        assert_eq!(found.nearest(row(0, 0)), Some(0));
        assert_eq!(found.nearest(row(2, 4)), Some(1));
        assert_eq!(found.nearest(row(2, 15)), Some(2));
        assert_eq!(found.next(row(2, 5)).map(|flaw| flaw.from), Some(row(2, 13)));
        assert_eq!(found.next(row(3, 0)).map(|flaw| flaw.from), Some(row(1, 5)));
    }

    #[test]
    fn of_answers_the_newest_counts() {
        let mut buffer = TextBuffer::new(&format!("{{\n\"a\": x,\n\"b\": \"{}\"}}", "x".repeat(AT_ONCE)));
        let mut diagnostics = Diagnostics::default();
        let second = Duration::from_secs(1);
        diagnostics.schedule_check(&buffer, 0, second);
        let check = diagnostics.begin(&buffer, 0, RequestId(1));
        assert!(diagnostics.check_at().is_none(), "one at a time");
        buffer.type_char(' ');
        diagnostics.changed(&buffer, 0, second, (0, 0));
        let found = check.run();
        assert_eq!(found.len(), 1);
        diagnostics.accept(RequestId(1), found.clone(), buffer.revision(), second);
        assert!(diagnostics.list().is_empty() && diagnostics.is_behind(&buffer), "of a text that is no more");
        let check = diagnostics.begin(&buffer, 0, RequestId(3));
        diagnostics.accept(RequestId(2), found, buffer.revision(), second);
        assert!(diagnostics.list().is_empty());
        diagnostics.accept(RequestId(3), check.run(), buffer.revision(), second);
        assert_eq!((diagnostics.list().len(), diagnostics.is_behind(&buffer)), (1, false));
        buffer.paste("\n\n");
        diagnostics.changed(&buffer, 0, second, (0, 2));
        assert_eq!(diagnostics.list()[0].from.row, 3, "it moves with its line");
    }
}
