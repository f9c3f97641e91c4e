//! Looks for a text in the text of the detail, as it is shown: what is masked cannot be found.

use std::ops::Range;

use super::detail;
use super::state::BrowsePage;
use crate::console::model::{Model, Tone};
use crate::console::screens::editor::{MatchCount, Needle};
use crate::console::widgets::TextInput;
use crate::text::Masked;

/// Counting stops here.
const MOST: usize = 9_999;

/// A text that is looked through, line by line.
pub trait SearchedText {
    fn line_count(&self) -> usize;

    fn line_text(&self, line: usize) -> &str;
}

impl SearchedText for Masked {
    fn line_count(&self) -> usize {
        self.line_count()
    }

    fn line_text(&self, line: usize) -> &str {
        self.line_text(line)
    }
}

#[derive(Debug, Default)]
pub struct DetailSearch {
    /// What is looked for; kept when another document is selected.
    pub input: TextInput,
    /// What was looked for before, while it is typed.
    pub typing: Option<String>,
    /// The line from which the typed text is looked for.
    origin: usize,
    /// The line and the bytes of the current match.
    pub current: Option<(usize, Range<usize>)>,
    /// `None` until it is looked for in this text.
    pub match_count: Option<MatchCount>,
}

impl DetailSearch {
    pub fn needle(&self) -> Option<Needle> {
        Needle::of(self.input.text())
    }

    /// Whether something is looked for, or being typed.
    pub fn is_shown(&self) -> bool {
        self.typing.is_some() || !self.input.text().is_empty()
    }

    /// Whether there is a match to go to, or may be one.
    pub(crate) fn has_next(&self) -> bool {
        self.needle().is_some() && self.match_count.is_none_or(|count| count.total > 1)
    }

    /// Forgets the current match, whose place is in a text that is not shown any more.
    pub(crate) fn restart(&mut self) {
        (self.current, self.match_count) = (None, None);
    }

    /// Begins an empty line; what is typed is looked for from this line of the text.
    pub(crate) fn begin(&mut self, origin: usize) {
        self.typing = Some(self.input.text().to_owned());
        self.input.set("");
        self.origin = origin;
        self.restart();
    }

    /// Ends typing; unless `accept` is set, what was looked for before is looked for again.
    pub(crate) fn end(&mut self, accept: bool) {
        if let Some(before) = self.typing.take().filter(|_| !accept) {
            self.input.set(before);
            self.restart();
        }
    }

    /// Finds the next match or the previous one, wrapping around.
    pub(crate) fn find(&mut self, text: &impl SearchedText, forward: bool) {
        let Some(needle) = self.needle() else { return self.restart() };
        let lines = text.line_count();
        let (line, bytes) = self.current.clone().unwrap_or((self.origin.min(lines.saturating_sub(1)), 0..0));
        let found = (0..=lines).find_map(|step| {
            let at = match forward {
                true => (line + step) % lines.max(1),
                false => (line + lines - step) % lines.max(1),
            };
            let mut matches = needle.all(text.line_text(at));
            let found = match (step, forward) {
                (0, true) => matches.find(|found| found.start >= bytes.end),
                (0, false) => matches.take_while(|found| found.start < bytes.start).last(),
                (_, true) => matches.next(),
                (_, false) => matches.last(),
            };
            Some((at, found?))
        });
        self.current = found;
        self.match_count = Some(self.count(text, &needle));
    }

    fn count(&self, text: &impl SearchedText, needle: &Needle) -> MatchCount {
        let mut count = MatchCount::default();
        for line in 0..text.line_count() {
            for found in needle.all(text.line_text(line)) {
                if count.total == MOST {
                    count.more = true;
                    return count;
                }
                count.total += 1;
                if self.current.as_ref().is_some_and(|(at, place)| *at == line && *place == found) {
                    count.number = count.total;
                }
            }
        }
        count
    }
}

/// Opens an empty search line.
pub(super) fn open(model: &mut Model) {
    let origin = detail::rows(model).map_or(0, |rows| rows.top_line());
    if let Some((browse, _)) = model.browse_mut() {
        browse.detail.search.begin(origin);
    }
}

/// Changes the typed text, and goes to its first match below where typing began.
pub(super) fn type_text(model: &mut Model, change: impl FnOnce(&mut TextInput) -> bool) {
    let Some((browse, _)) = model.browse_mut() else { return };
    if change(&mut browse.detail.search.input) {
        browse.detail.search.restart();
        go_to_match(model, true);
    }
}

/// Ends typing; unless `accept` is set, what was looked for before is looked for again.
pub(super) fn close(model: &mut Model, accept: bool) {
    if let Some((browse, _)) = model.browse_mut() {
        browse.detail.search.end(accept);
    }
}

/// Goes to the next match, or to the previous one.
pub(super) fn step(model: &mut Model, forward: bool) {
    let needle = model.browse().and_then(|browse| browse.detail.search.needle());
    if needle.is_none() {
        return model.notify(Tone::Plain, "nothing is looked for yet: /");
    }
    go_to_match(model, forward);
}

fn go_to_match(model: &mut Model, forward: bool) {
    let Some((browse, _)) = model.browse_mut() else { return };
    let BrowsePage { detail, .. } = browse;
    let text = detail.shown.as_ref().and_then(|shown| shown.text.as_ref());
    match text {
        Some(text) => detail.search.find(&text.masked, forward),
        None => detail.search.restart(),
    }
    let Some((line, bytes)) = detail.search.current.clone() else { return };
    let Some((scroll, aside)) = self::detail::rows(model).map(|rows| rows.showing(line, &bytes)) else {
        return;
    };
    if let Some((browse, _)) = model.browse_mut() {
        (browse.detail.scroll, browse.detail.aside) = (scroll, aside);
    }
}
