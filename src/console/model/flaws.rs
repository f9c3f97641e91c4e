//! The problems of a draft: when they are looked for, and which one the cursor is at.
//!
//! A small draft is read at each key. A large one is read when typing pauses, outside of the loop;
//! until the answer comes, what was found before moves along with its lines.

use std::fmt;
use std::time::Duration;

use super::super::effect::Request;
use super::outline::paths;
use super::pad::{Pad, Pos};
use crate::domain::json::{Fix, Problem, Severity, problems};
use crate::text::placeholders::unfillable;

/// Drafts up to this size are read at each key, in bytes.
pub const AT_ONCE: usize = 64 * 1024;

/// How long a pause in typing is.
const PAUSE: Duration = Duration::from_millis(200);

/// The most problems told; nobody mends more without looking again.
pub const MOST: usize = 100;

/// What was found wrong with a draft.
#[derive(Debug, Default)]
pub struct Flaws {
    list: Vec<Flaw>,
    /// The text they were found in.
    revision: u64,
    check_at: Option<Duration>,
    asked: Option<(Request, u64)>,
}

/// A problem, and where it is in the pad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// What is wrong.
    pub problem: Problem,
    /// Where it begins.
    pub from: Pos,
    /// Where it ends; behind its beginning by a character at least, unless there is none.
    pub to: Pos,
    /// What leads to it in the JSON: `chain[1].module`.
    pub path: String,
    /// What mends it.
    pub remedy: Option<Remedy>,
}

/// What mends a problem.
#[derive(Clone, PartialEq, Eq)]
pub enum Remedy {
    /// An edit.
    Edit {
        /// Where what goes away begins.
        from: Pos,
        /// Where it ends.
        to: Pos,
        /// What comes in its place.
        text: String,
        /// What that does.
        words: &'static str,
    },
    /// The byte order mark is not stored again.
    DropMark,
}

impl fmt::Debug for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What comes in the place of a text may repeat it.
        write!(f, "Remedy({})", self.words())
    }
}

impl Remedy {
    /// What it does.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Edit { words, .. } => words,
            Self::DropMark => "store it without",
        }
    }
}

/// A text to look for problems in.
pub struct Check {
    text: String,
    /// How many secrets its placeholders may stand for.
    kept: usize,
    /// Whether a byte order mark goes before it.
    mark: bool,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Check({} bytes)", self.text.len())
    }
}

impl Check {
    /// Of what a pad holds.
    pub fn of(pad: &Pad, kept: usize) -> Self {
        Self { text: pad.text(), kept, mark: pad.has_mark() }
    }

    /// Looks for problems, in the order of the text.
    pub fn run(self) -> Vec<Flaw> {
        let Self { text, kept, mark } = self;
        let mut found: Vec<(Problem, bool)> =
            problems(&text, MOST).into_iter().map(|one| (one, false)).collect();
        if mark {
            let reason =
                "a byte order mark is stored before this text; the receiver cannot read it in a file";
            found.push((warning(reason), true));
        }
        for (span, reason) in unfillable(&text, kept).take(MOST) {
            let severity = Severity::Error;
            found.push((Problem { span, reason: reason.into(), severity, ..warning("") }, false));
        }
        found.sort_by_key(|(problem, mark)| (problem.span.start, !mark));
        found.truncate(MOST);
        let mut places = Walk { text: &text, at: 0, pos: Pos::default() };
        let mut flaws: Vec<_> =
            found.into_iter().map(|(problem, mark)| flaw(problem, mark, &mut places)).collect();
        let paths = paths(&text, flaws.iter().map(|flaw| flaw.from));
        flaws.iter_mut().zip(paths).for_each(|(flaw, path)| flaw.path = path);
        flaws
    }
}

fn warning(reason: &str) -> Problem {
    Problem {
        span: crate::domain::json::Span { start: 0, end: 0 },
        line: 1,
        column: 1,
        severity: Severity::Warning,
        reason: reason.to_owned(),
        expected: "",
        fix: None,
    }
}

fn flaw(mut problem: Problem, mark: bool, places: &mut Walk<'_>) -> Flaw {
    let from = places.to(problem.span.start);
    problem.line = from.row + 1;
    let mut reach = *places;
    let end = problem.span.end.max(places.next_character());
    let to = reach.to(end);
    let remedy = match problem.fix.take() {
        _ if mark => Some(Remedy::DropMark),
        None => None,
        Some(Fix { span, replacement, words }) => {
            let mut edit = *places;
            let from = edit.to(span.start);
            Some(Remedy::Edit { from, to: edit.to(span.end), text: replacement, words })
        }
    };
    Flaw { problem, from, to, path: String::new(), remedy }
}

/// Offsets as places, each from the one before.
#[derive(Clone, Copy)]
struct Walk<'t> {
    text: &'t str,
    at: usize,
    pos: Pos,
}

impl Walk<'_> {
    fn to(&mut self, offset: usize) -> Pos {
        let (from, to) = (self.at.min(offset), self.at.max(offset));
        let between = self.text.get(from..to).unwrap_or_default().as_bytes();
        let breaks = memchr::memchr_iter(b'\n', between).count();
        if offset < self.at {
            let row = self.pos.row - breaks;
            let start = memchr::memrchr(b'\n', self.text.as_bytes().get(..offset).unwrap_or_default());
            self.pos = Pos { row, at: offset - start.map_or(0, |start| start + 1) };
        } else {
            let last = memchr::memrchr(b'\n', between);
            let at = last.map_or(self.pos.at + between.len(), |last| between.len() - last - 1);
            self.pos = Pos { row: self.pos.row + breaks, at };
        }
        self.at = offset;
        self.pos
    }

    /// The end of the character here, unless its line ends.
    fn next_character(&self) -> usize {
        let next = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        self.at + next.filter(|c| *c != '\n').map_or(0, char::len_utf8)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { line, column, reason, .. } = &self.problem;
        write!(f, "line {line}, column {column}: {reason}")
    }
}

impl Flaws {
    /// All of them, in the order of the text.
    pub fn list(&self) -> &[Flaw] {
        &self.list
    }

    /// The first that keeps the draft from being stored.
    pub fn first_error(&self) -> Option<&Flaw> {
        self.list.iter().find(|flaw| flaw.problem.severity == Severity::Error)
    }

    /// Whether the text changed since it was looked at.
    pub fn is_behind(&self, pad: &Pad) -> bool {
        self.revision != pad.revision()
    }

    /// The number of the one that the cursor is at, or nearest to, from 0.
    pub fn nearest(&self, cursor: Pos) -> Option<usize> {
        let distance = |flaw: &Flaw| {
            let inside = flaw.from <= cursor && cursor <= flaw.to;
            let bytes = if flaw.from.row == cursor.row { flaw.from.at.abs_diff(cursor.at) } else { 0 };
            (!inside, flaw.from.row.abs_diff(cursor.row), bytes)
        };
        self.list.iter().enumerate().min_by_key(|(_, flaw)| distance(flaw)).map(|(at, _)| at)
    }

    /// The first behind a place, round the end of the text.
    pub fn next(&self, cursor: Pos) -> Option<&Flaw> {
        self.list.iter().find(|flaw| flaw.from > cursor).or(self.list.first())
    }

    /// When to look for problems; none while that is under way or not needed.
    pub fn check_at(&self) -> Option<Duration> {
        self.check_at.filter(|_| self.asked.is_none())
    }

    /// Looks for problems now, however long that takes.
    pub fn check(&mut self, pad: &Pad, kept: usize) {
        self.list = Check::of(pad, kept).run();
        self.revision = pad.revision();
        self.check_at = None;
        self.asked = None;
    }

    /// Takes in that the text changed.
    pub fn changed(&mut self, pad: &Pad, kept: usize, now: Duration, rows: (usize, isize)) {
        if pad.len() <= AT_ONCE {
            return self.check(pad, kept);
        }
        self.check_at = Some(now + PAUSE);
        let (row, by) = rows;
        self.list.retain(|flaw| flaw.from.row != row);
        for flaw in self.list.iter_mut().filter(|flaw| flaw.from.row > row) {
            for pos in [&mut flaw.from, &mut flaw.to] {
                pos.row = pos.row.saturating_add_signed(by);
            }
            flaw.problem.line = flaw.from.row + 1;
        }
    }

    /// Looks as soon as it can be done outside of the loop; at once where that is cheap.
    pub fn look(&mut self, pad: &Pad, kept: usize, now: Duration) {
        self.asked = None;
        if pad.len() <= AT_ONCE { self.check(pad, kept) } else { self.check_at = Some(now) }
    }

    /// Hands out what is to be looked at, if it is time.
    pub fn due(&mut self, pad: &Pad, kept: usize, now: Duration, request: Request) -> Option<Check> {
        self.check_at().filter(|at| *at <= now)?;
        self.check_at = None;
        self.asked = Some((request, pad.revision()));
        Some(Check::of(pad, kept))
    }

    /// Takes in what was found; an answer to an older question, or about an older text, is dropped.
    pub fn checked(&mut self, request: Request, found: Vec<Flaw>, pad: &Pad, now: Duration) {
        let Some((_, revision)) = self.asked.take_if(|(asked, _)| *asked == request) else { return };
        if revision == pad.revision() {
            self.list = found;
            self.revision = revision;
        } else {
            self.check_at.get_or_insert(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(text: &str) -> (Pad, Flaws) {
        let pad = Pad::new(text);
        let mut flaws = Flaws::default();
        flaws.check(&pad, 1);
        (pad, flaws)
    }

    #[test]
    fn places_and_remedies_are_the_pads() {
        let (mut pad, found) =
            flaws("{\n  \"é\": 1\n  \"b\": True,\n  \"p\": \"‹kept:1\",\n  \"q\": \"‹kept:2›\"\n}");
        let told: Vec<_> =
            found.list().iter().map(|flaw| (flaw.from.row, flaw.from.at, flaw.to.at)).collect();
        assert_eq!(told, [(2, 2, 5), (2, 7, 11), (3, 8, 17), (4, 8, 20)]);
        let Some(Remedy::Edit { from, to, text, .. }) = found.list()[0].remedy.clone() else {
            panic!("a fix")
        };
        assert_eq!((from, to), (Pos { row: 1, at: 9 }, Pos { row: 1, at: 9 }));
        pad.apply(&[(from, to, text)]);
        assert_eq!(pad.line(1), "  \"é\": 1,");
        assert!(found.list()[2].problem.reason.contains("damaged"));
        assert!(found.list()[3].problem.reason.contains("stands for no stored secret"));
    }

    #[test]
    fn the_nearest_and_the_next_are_found() {
        let (_, found) = flaws("{\n\"a\": x,\n\"b\": y, \"c\": z\n}");
        let row = |row, at| Pos { row, at };
        assert_eq!(found.nearest(row(0, 0)), Some(0));
        assert_eq!(found.nearest(row(2, 4)), Some(1));
        assert_eq!(found.nearest(row(2, 15)), Some(2));
        assert_eq!(found.next(row(2, 5)).map(|flaw| flaw.from), Some(row(2, 13)));
        assert_eq!(found.next(row(3, 0)).map(|flaw| flaw.from), Some(row(1, 5)));
    }

    #[test]
    fn of_answers_the_newest_counts() {
        let mut pad = Pad::new(&format!("{{\n\"a\": x,\n\"b\": \"{}\"}}", "x".repeat(AT_ONCE)));
        let mut flaws = Flaws::default();
        let second = Duration::from_secs(1);
        flaws.look(&pad, 0, second);
        let check = flaws.due(&pad, 0, second, Request(1)).unwrap();
        assert!(flaws.due(&pad, 0, second, Request(2)).is_none(), "one at a time");
        pad.type_char(' ');
        flaws.changed(&pad, 0, second, (0, 0));
        let found = check.run();
        assert_eq!(found.len(), 1);
        flaws.checked(Request(1), found.clone(), &pad, second);
        assert!(flaws.list().is_empty() && flaws.is_behind(&pad), "of a text that is no more");
        let check = flaws.due(&pad, 0, 2 * second, Request(3)).unwrap();
        flaws.checked(Request(2), found, &pad, second);
        assert!(flaws.list().is_empty());
        flaws.checked(Request(3), check.run(), &pad, second);
        assert_eq!((flaws.list().len(), flaws.is_behind(&pad)), (1, false));
        pad.paste("\n\n");
        flaws.changed(&pad, 0, second, (0, 2));
        assert_eq!(flaws.list()[0].from.row, 3, "it moves with its line");
    }
}
