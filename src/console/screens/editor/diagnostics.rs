//! The diagnostics of a draft: those of its text, and those of the document that it would be.
//!
//! The text of a small draft is checked on every key. That of a large one, and the document of any, are checked when
//! typing pauses, off the event loop; until the result arrives, the previous diagnostics move along with their
//! lines.

use std::fmt;
use std::time::Duration;

use super::outline::paths;
use super::text_buffer::{LineStarts, Pos, TextBuffer};
use crate::check::rules::{BYTE_ORDER_MARK, MAX_DIAGNOSTICS};
use crate::check::{Diagnostic, DraftInput, MemberDescriptions, SeverityCounts, Subject, diagnose};
use crate::console::request::{AT_ONCE, Pending, RequestId};
use crate::domain::json::{Severity, Span, SyntaxFix};

/// The pause in typing after which a large draft is checked, and any other.
const PAUSE: Duration = Duration::from_millis(200);
pub const SHORT_PAUSE: Duration = Duration::from_millis(15);
/// A document of 64 KiB is longer than that once it is laid out.
const LARGE: usize = 2 * AT_ONCE;

#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<BufferDiagnostic>,
    text: CheckProgress,
    document: CheckProgress,
    /// What the schema says of the members.
    pub descriptions: MemberDescriptions,
    /// The one that the cursor was moved to: several may begin at one place.
    visited: Option<usize>,
}

/// How far the checks of a text, or of its document, are.
#[derive(Debug, Default)]
struct CheckProgress {
    /// The buffer revision that was checked.
    revision: Option<u64>,
    /// When to check next.
    at: Option<Duration>,
    asked: Pending<u64>,
}

impl CheckProgress {
    fn begin(&mut self, revision: u64, request: RequestId) {
        self.at = None;
        self.asked.begin(request, revision);
    }

    fn accept(&mut self, request: RequestId, revision: u64, now: Duration) -> bool {
        match self.asked.accept(request) {
            Some(asked) if asked == revision => return true,
            Some(_) => _ = self.at.get_or_insert(now),
            None => {}
        }
        false
    }

    fn is_behind(&self, buffer: &TextBuffer) -> bool {
        self.revision != Some(buffer.revision())
    }

    fn due(&self) -> Option<Duration> {
        self.at.filter(|_| !self.asked.is_pending())
    }
}

/// A diagnostic and its position in the buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferDiagnostic {
    pub found: Diagnostic,
    pub from: Pos,
    /// The end; at least one character after the start, unless the line ends there.
    pub to: Pos,
    pub fix: Option<DraftFix>,
    /// Whether it is about the text itself: its errors keep it from being written.
    pub is_of_text: bool,
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
        let of_text =
            |found| BufferDiagnostic { is_of_text: true, ..BufferDiagnostic::of(found, &text, &starts) };
        let mut diagnostics: Vec<_> = found.into_iter().map(of_text).collect();
        let paths = paths(&text, diagnostics.iter().map(|flaw| flaw.from));
        diagnostics.iter_mut().zip(paths).for_each(|(flaw, path)| flaw.found.pointer = path);
        diagnostics
    }
}

impl BufferDiagnostic {
    /// One whose places are those of a text.
    pub(super) fn of(mut found: Diagnostic, text: &str, starts: &LineStarts) -> Self {
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
        let (from, to) = (starts.position(start), starts.position(end));
        Self { found, from, to, fix, is_of_text: false }
    }

    /// Moves it with its line.
    fn shift(&mut self, rows: isize) {
        let fix = match &mut self.fix {
            Some(DraftFix::Edit { from, to, .. }) => [Some(from), Some(to)],
            _ => [None, None],
        };
        for pos in [&mut self.from, &mut self.to].into_iter().chain(fix.into_iter().flatten()) {
            pos.row = pos.row.saturating_add_signed(rows);
        }
        self.found.place = self.found.place.map(|(_, column)| (self.from.row + 1, column));
    }
}

impl Diagnostics {
    /// Ordered by position.
    pub fn list(&self) -> &[BufferDiagnostic] {
        &self.list
    }

    /// The first error of the text, if any; it prevents writing.
    pub fn first_error(&self) -> Option<&BufferDiagnostic> {
        self.list.iter().find(|flaw| flaw.is_of_text && flaw.found.severity == Severity::Error)
    }

    pub fn counts(&self) -> SeverityCounts {
        let mut counts = SeverityCounts::default();
        self.list.iter().for_each(|flaw| counts.add(flaw.found.severity));
        counts
    }

    /// Whether the text changed since it was checked.
    pub fn is_behind(&self, buffer: &TextBuffer) -> bool {
        self.text.is_behind(buffer)
    }

    /// Whether the text changed since its document was checked.
    pub fn is_document_behind(&self, buffer: &TextBuffer) -> bool {
        self.document.is_behind(buffer)
    }

    /// The index of the diagnostic at, or nearest to, the cursor.
    pub fn nearest(&self, cursor: Pos) -> Option<usize> {
        if let Some(at) = self.visited_at(cursor) {
            return Some(at);
        }
        let distance = |flaw: &BufferDiagnostic| {
            let inside = flaw.from <= cursor && cursor <= flaw.to;
            let bytes = if flaw.from.row == cursor.row { flaw.from.at.abs_diff(cursor.at) } else { 0 };
            (!inside, flaw.from.row.abs_diff(cursor.row), bytes, flaw.found.severity)
        };
        self.list.iter().enumerate().min_by_key(|(_, flaw)| distance(flaw)).map(|(at, _)| at)
    }

    /// The one that the cursor was moved to, if it is still there.
    fn visited_at(&self, cursor: Pos) -> Option<usize> {
        self.visited.filter(|at| self.list.get(*at).is_some_and(|flaw| flaw.from == cursor))
    }

    /// Goes to the next or the previous diagnostic, wrapping around the ends of the text.
    pub fn step(&mut self, cursor: Pos, forward: bool) -> Option<Pos> {
        let (visited, last) = (self.visited_at(cursor), self.list.len().checked_sub(1)?);
        let at = match forward {
            true => {
                let beyond = || self.list.partition_point(|flaw| flaw.from <= cursor);
                Some(visited.map_or_else(beyond, |at| at + 1)).filter(|at| *at <= last).unwrap_or(0)
            }
            false => {
                let before = || self.list.partition_point(|flaw| flaw.from < cursor);
                visited.unwrap_or_else(before).checked_sub(1).unwrap_or(last)
            }
        };
        self.visited = Some(at);
        self.list.get(at).map(|flaw| flaw.from)
    }

    /// When to check next; `None` while nothing is to be checked that is not being checked.
    pub fn check_at(&self) -> Option<Duration> {
        [self.text.due(), self.document.due()].into_iter().flatten().min()
    }

    pub fn is_text_due(&self, now: Duration) -> bool {
        self.text.due().is_some_and(|at| at <= now)
    }

    pub fn is_document_due(&self, now: Duration) -> bool {
        self.document.due().is_some_and(|at| at <= now)
    }

    /// Checks the text now, however long it takes.
    pub fn check(&mut self, buffer: &TextBuffer, kept: usize) {
        self.replace(DiagnosticsInput::of(buffer, kept).run(), true);
        self.text = CheckProgress { revision: Some(buffer.revision()), ..CheckProgress::default() };
    }

    /// Takes new diagnostics of the text, or of the document, in place of the old ones.
    fn replace(&mut self, found: Vec<BufferDiagnostic>, of_text: bool) {
        let visited = self.visited.and_then(|at| self.list.get(at)).cloned();
        self.list.retain(|flaw| flaw.is_of_text != of_text);
        self.list.extend(found);
        self.list.sort_by_key(|flaw| flaw.from);
        self.visited = visited.and_then(|visited| self.list.iter().position(|flaw| *flaw == visited));
    }

    /// Updates the diagnostics after an edit.
    pub fn changed(&mut self, buffer: &TextBuffer, kept: usize, now: Duration, rows: (usize, isize)) {
        let pause = if buffer.len() <= LARGE { SHORT_PAUSE } else { PAUSE };
        self.document.at = Some(now + pause);
        let (row, by) = rows;
        self.list.retain(|flaw| flaw.from.row != row);
        self.list.iter_mut().filter(|flaw| flaw.from.row > row).for_each(|flaw| flaw.shift(by));
        if buffer.len() <= AT_ONCE { self.check(buffer, kept) } else { self.text.at = Some(now + pause) }
    }

    /// Checks again, off the event loop as soon as possible; the text of a small draft now.
    pub fn schedule_check(&mut self, buffer: &TextBuffer, kept: usize, now: Duration) {
        self.text.asked.cancel();
        self.document.asked.cancel();
        self.document.at = Some(now);
        if buffer.len() <= AT_ONCE { self.check(buffer, kept) } else { self.text.at = Some(now) }
    }

    /// What is known around the document changed.
    pub fn schedule_document_check(&mut self, now: Duration) {
        _ = self.document.at.get_or_insert(now + PAUSE);
    }

    /// The document is to be checked now, whatever is on its way.
    pub fn require_document_check(&mut self, now: Duration) {
        self.document.asked.cancel();
        self.document.at = Some(now);
    }

    /// The input of the diagnostics of the text, which become pending.
    pub fn begin(&mut self, buffer: &TextBuffer, kept: usize, request: RequestId) -> DiagnosticsInput {
        self.text.begin(buffer.revision(), request);
        DiagnosticsInput::of(buffer, kept)
    }

    /// Takes the result of a check; a result for an older request or text is dropped.
    pub fn accept(&mut self, request: RequestId, found: Vec<BufferDiagnostic>, revision: u64, now: Duration) {
        if self.text.accept(request, revision, now) {
            self.replace(found, true);
            self.text.revision = Some(revision);
        }
    }

    /// The diagnostics of the document become pending.
    pub fn begin_document(&mut self, revision: u64, request: RequestId) {
        self.document.begin(revision, request);
    }

    /// Whether a step of the check of the document is the one that is waited for.
    pub fn accept_step(&mut self, request: RequestId, revision: u64, now: Duration) -> bool {
        self.document.accept(request, revision, now)
    }

    /// Takes what was found in the document of this revision.
    pub fn accept_document(&mut self, found: Vec<BufferDiagnostic>, revision: u64) {
        self.replace(found, false);
        self.document.revision = Some(revision);
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
        let (_, mut found) = diagnostics("{\n\"a\": x,\n\"b\": y, \"c\": z\n}");
        let row = |row, at| Pos { row, at };
        assert_eq!(found.nearest(row(0, 0)), Some(0));
        assert_eq!(found.nearest(row(2, 4)), Some(1));
        assert_eq!(found.nearest(row(2, 15)), Some(2));
        assert_eq!(found.step(row(2, 5), true), Some(row(2, 13)));
        assert_eq!(found.step(row(3, 0), true), Some(row(1, 5)));
        assert_eq!(found.step(row(2, 5), false), Some(row(1, 5)));
        assert_eq!(found.step(row(1, 5), false), Some(row(2, 13)), "round the beginning");
    }

    #[test]
    fn of_several_at_one_place_each_is_come_to() {
        let (_, mut found) = diagnostics("{\n\"a\": x\n}");
        let mut other = found.list()[0].clone();
        (other.is_of_text, other.found.severity) = (false, Severity::Warning);
        found.accept_document(vec![other.clone(), BufferDiagnostic { from: Pos::default(), ..other }], 0);
        let mut at = Pos { row: 0, at: 1 };
        let come_to = std::iter::repeat_with(|| {
            at = found.step(at, true).unwrap();
            (at.row, found.nearest(at).unwrap())
        });
        let come_to: Vec<_> = come_to.take(4).collect();
        assert_eq!(come_to, [(1, 1), (1, 2), (0, 0), (1, 1)]);
        assert_eq!(found.counts().errors, 1);
        assert!(found.first_error().is_some_and(|flaw| flaw.is_of_text));
    }

    #[test]
    fn of_answers_the_newest_counts() {
        let mut buffer = TextBuffer::new(&format!("{{\n\"a\": x,\n\"b\": \"{}\"}}", "x".repeat(AT_ONCE)));
        let mut diagnostics = Diagnostics::default();
        let second = Duration::from_secs(1);
        diagnostics.schedule_check(&buffer, 0, second);
        let check = diagnostics.begin(&buffer, 0, RequestId(1));
        assert!(!diagnostics.is_text_due(second), "one at a time");
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
