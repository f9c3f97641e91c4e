//! A draft before it is written, and what stands against it when it could not be: changes by path,
//! or the whole text line by line; secrets hidden either way.

use ratatui::layout::Rect;

use super::widgets::{Canvas, Phrase, ink_of, width};
use super::words;
use crate::compare::{Diff, DiffKind, DiffLine, LineTag, PathChange};
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::layout::EditFrame;
use crate::console::model::{Base, Edit, Lock, Model, Review, Upstream};
use crate::console::theme::{Ink, glyph};
use crate::domain::ResourceKey;

/// Draws the review of a draft.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, edit: &Edit, review: &Review, parts: EditFrame) {
    let mut pen = canvas.row(parts.title, 0);
    pen.skip(1).margin(1).put(Ink::FocusedTitle, "REVIEW").skip(2).phrase(&target(model, edit));
    let mut page = Page::new(parts.text.width);
    page.changes(review, "nothing changes");
    size(&mut page, model, review);
    notes(&mut page, model, edit);
    page.draw(canvas, parts.text, review);
}

/// Draws a conflict: what is stored now, and how the draft differs from it.
pub(super) fn draw_conflict(
    canvas: &mut Canvas<'_>,
    model: &Model,
    edit: &Edit,
    review: &Review,
    parts: EditFrame,
) {
    let mut pen = canvas.row(parts.title, 0);
    pen.skip(1).margin(1).put(Ink::Bad, format!("{} CONFLICT", glyph::BAD)).skip(2);
    pen.put(Ink::Strong, edit.key.to_string());
    let what = match (&edit.base, &review.now) {
        (Base::Absent { .. }, Some(_)) => " exists already",
        (_, Some(_)) => " was changed by someone else",
        (_, None) => " was deleted by someone else",
    };
    pen.put(Ink::Text, what);
    let mut page = Page::new(parts.text.width);
    page.words(Ink::Good, &format!("{} nothing was written, and your draft is kept", glyph::GOOD));
    page.blank();
    if let Base::Stored(entry) = &edit.base {
        page.fact("your base", Ink::Text, &words::token(model, entry.token));
    }
    let now = match &review.now {
        None => "nothing: it was deleted".to_owned(),
        Some(entry) => match entry.version {
            Some(version) => format!("{} {} v{version}", words::token(model, entry.token), glyph::DOT),
            None => words::token(model, entry.token),
        },
    };
    page.fact("stored now", Ink::Strong, &now);
    page.fact("written by", Ink::Dim, &format!("not known to {}", model.context.backend));
    page.blank();
    let compared = match review.now {
        Some(_) => "what your draft would change in what is stored now:",
        None => "what your draft changes in what was stored:",
    };
    page.words(Ink::Dim, compared);
    page.changes(review, "nothing: your draft says what is stored now");
    page.draw(canvas, parts.text, review);
}

/// `write production/orders to prod, only if still at r48190`
fn target(model: &Model, edit: &Edit) -> Phrase {
    let (verb, place, condition) = match &edit.base {
        Base::Stored(entry) => {
            ("write ", " to ", format!("only if still at {}", words::token(model, entry.token)))
        }
        Base::Absent { .. } => ("create ", " in ", "only if it does not exist".to_owned()),
    };
    Phrase::of(Ink::Text, verb)
        .and(Ink::Strong, edit.key.to_string())
        .and(Ink::Text, place)
        .and(Ink::Strong, model.context.name.clone())
        .and(Ink::Text, format!(", {condition}"))
}

/// How large it is, where that comes near to what the store holds in one document.
fn size(page: &mut Page, model: &Model, review: &Review) {
    page.blank();
    let (size, most) = (review.document.len(), model.context.capabilities.max_document);
    let of = format!("{} of at most {} bytes", words::grouped(size), words::grouped(most));
    if size > most {
        let words = format!("{} {of}: the store refuses it, shorten it first", glyph::BAD);
        page.fact("size", Ink::Bad, &words);
    } else if size > most / 2 {
        page.fact("size", Ink::Text, &of);
    }
}

/// What else should be known before it is written.
fn notes(page: &mut Page, model: &Model, edit: &Edit) {
    if let Base::Stored(entry) = &edit.base
        && let Some(lease) = entry.lease
    {
        page.fact("lease", Ink::Text, &format!("{lease} is kept"));
    }
    if let ResourceKey::Connection { name } = &edit.key {
        match model.inventory.dependents(name.as_str()).len() {
            0 => page.fact("used by", Ink::Dim, words::no_webhook(model)),
            count => page.fact("used by", Ink::Text, &words::plural(count, "webhook")),
        }
    }
    if model.unknown.is_some() {
        let words = format!("{} {}: it is not sent again", glyph::WARNING, words::UNKNOWN);
        page.fact("outcome", Ink::Warning, &words);
    }
    let conflict = "writing will end in a conflict";
    let upstream = match (&edit.base, edit.upstream) {
        (_, Upstream::Unchanged) => None,
        (_, Upstream::Hidden) => Some(("may not be read any more", "writing will be refused")),
        (Base::Absent { .. }, _) => Some(("exists by now", conflict)),
        (Base::Stored(_), Upstream::Changed) => Some(("was changed meanwhile", conflict)),
        (Base::Stored(_), Upstream::Deleted) => Some(("was deleted meanwhile", conflict)),
    };
    if let Some((what, then)) = upstream {
        let words = format!("{} it {what}: {then}", glyph::WARNING);
        page.fact("upstream", Ink::Warning, &words);
    }
    match model.lock {
        Lock::Locked => {
            let key = key_for(Place::Review, Action::Command).unwrap_or_default();
            let words = format!("{} locked: {key}{} first", glyph::WARNING, Action::Unlock.name());
            page.fact("lock", Ink::Warning, &words);
        }
        Lock::ReadOnly => page.fact("lock", Ink::Warning, &format!("{} read only", glyph::WARNING)),
        Lock::Open(_) => {}
    }
    if !model.link.state.is_true() {
        let words =
            format!("{} {}: what is stored may have changed", glyph::WARNING, model.link.state.word());
        page.fact("link", Ink::Warning, &words);
    }
}

/// The lines of a page; where the full text is shown, it stands at [`Page::full_at`].
struct Page {
    lines: Vec<Phrase>,
    full_at: Option<usize>,
    room: u16,
}

impl Page {
    fn new(width: u16) -> Self {
        Self { lines: Vec::new(), full_at: None, room: width.saturating_sub(2) }
    }

    fn blank(&mut self) {
        self.lines.push(Phrase::default());
    }

    fn words(&mut self, ink: Ink, words: &str) {
        self.lines.extend(words::wrap(words, self.room).into_iter().map(|line| Phrase::of(ink, line)));
    }

    fn fact(&mut self, label: &str, ink: Ink, words: &str) {
        for (at, line) in words::wrap(words, self.room.saturating_sub(12).max(8)).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            self.lines.push(Phrase::of(Ink::Dim, format!("{label:12}")).and(ink, line));
        }
    }

    fn changes(&mut self, review: &Review, none: &str) {
        self.blank();
        if review.full {
            self.full_at = Some(self.lines.len());
        } else {
            self.paths(&review.diff, none);
        }
    }

    fn paths(&mut self, diff: &Diff, none: &str) {
        if diff.changes.is_empty() {
            let words = if diff.whitespace_only { "only white space changes" } else { none };
            self.words(Ink::Dim, words);
        }
        // Paths share a column as far as they are not much longer than it should be.
        let column = diff.changes.iter().map(|change| width(&change.path)).max().unwrap_or(0);
        let column = usize::from(column.min(self.room / 2));
        self.lines.extend(diff.changes.iter().map(|change| by_path(change, column)));
    }

    fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, review: &Review) {
        let full: &[DiffLine] = if self.full_at.is_some() { &review.lines } else { &[] };
        let (before, after) = self.lines.split_at_checked(self.full_at.unwrap_or(0)).unwrap_or_default();
        let total = self.lines.len() + full.len();
        let first = words::clamp_scroll(review.scroll, total, area.height);
        for row in 0..area.height {
            let at = first + usize::from(row);
            let mut pen = canvas.row(area, row);
            pen.skip(1).margin(1);
            if let Some(line) = before.get(at) {
                pen.phrase(line);
            } else if let Some(line) = full.get(at - before.len()) {
                diff_line(&mut pen, line);
            } else if let Some(line) = after.get(at - before.len() - full.len()) {
                pen.phrase(line);
            }
        }
    }
}

/// ` module-config.timeout     30  →  45`
fn by_path(change: &PathChange, column: usize) -> Phrase {
    let (mark, ink) = match change.kind {
        DiffKind::Added => ("+", Ink::Added),
        DiffKind::Removed => ("-", Ink::Removed),
        DiffKind::Changed | DiffKind::OrderOnly => (" ", Ink::Text),
    };
    let path = format!("{:column$}", change.path.as_str());
    let phrase = Phrase::of(ink, format!("{mark} ")).and(ink, path).and(Ink::Text, "   ");
    let hidden = |value: &Option<crate::text::Safe<'static>>| value.clone().unwrap_or_default();
    match change.kind {
        DiffKind::OrderOnly => phrase.and(Ink::Dim, "in another order"),
        DiffKind::Added => phrase.and(ink, hidden(&change.new)),
        DiffKind::Removed => phrase.and(ink, hidden(&change.old)),
        DiffKind::Changed if change.old == change.new => {
            let same = change.new.clone().unwrap_or_default();
            phrase.and(Ink::Warning, "changed ").and(Ink::Dim, same)
        }
        DiffKind::Changed => phrase
            .and(Ink::Removed, hidden(&change.old))
            .and(Ink::Dim, format!("  {}  ", glyph::ARROW))
            .and(Ink::Added, hidden(&change.new)),
    }
}

fn diff_line(pen: &mut super::widgets::Pen<'_>, line: &DiffLine) {
    let number = line.new.or(line.old).map_or_else(String::new, |number| number.to_string());
    pen.put(Ink::LineNumber, format!("{number:>4} "));
    let ink = match line.tag {
        LineTag::Same => None,
        LineTag::Removed => Some(Ink::Removed),
        LineTag::Added => Some(Ink::Added),
    };
    let mark = match line.tag {
        LineTag::Same => "  ",
        LineTag::Removed => "- ",
        LineTag::Added => "+ ",
    };
    pen.put(ink.unwrap_or(Ink::Text), mark);
    for segment in &line.line.segments {
        pen.put(ink.unwrap_or_else(|| ink_of(segment.role)), segment.text.borrowed());
    }
}
