//! The line above the footer: the filter, the last notice, link problems; and the count.

use ratatui::layout::Rect;

use crate::console::model::{Model, Tone};
use crate::console::screens::browse::{BrowsePage, DetailSearch};
use crate::console::screens::editor::{Draft, DraftStage};
use crate::console::shell::layout::Pane;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{LineWriter, ListSource, ListState, Surface, TextRun};
use crate::console::words;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let browse = model.browse().filter(|_| !model.is_covered());
    let is_secrets = model.shows_secrets();
    let right = match (&model.edit, browse) {
        (Some(edit), _) if matches!(edit.stage, DraftStage::Editing) => editing(edit, area.width / 2),
        (None, None) if is_secrets => secrets_count(model),
        (None, Some(browse)) => {
            let mut right = marked(browse);
            right.join(" · ", count(model, browse));
            right
        }
        _ => TextRun::default(),
    };
    let mut line = surface.row(area, 0);
    line.skip(1).margin(1);
    if area.width >= 40 {
        line.put_right(&right);
        if !right.is_empty() {
            line.margin(2);
        }
    }
    let cursor = match browse {
        Some(browse) if browse.focus == Pane::Detail && browse.detail.search.is_shown() => {
            search(&mut line, &browse.detail.search)
        }
        Some(browse) => filter(&mut line, &browse.list),
        None if is_secrets => filter(&mut line, &model.secrets_page.list),
        None => None,
    };
    let said = status_run(model);
    if line.x > area.x + 1 && !said.is_empty() {
        line.skip(3);
    }
    line.put_run(&said);
    if let Some(x) = cursor {
        surface.set_cursor(x, area.y);
    }
}

/// The position of the cursor: its JSON path, as far as there is room, line and column.
fn editing(edit: &Draft, room: u16) -> TextRun {
    let place = format!("line {}, column {}", edit.buffer.cursor().row + 1, edit.buffer.column() + 1);
    let place = TextRun::of(StyleRole::Dim, place);
    let path = edit.outline.cursor_path().path.as_str();
    // The end of a path is more informative than its beginning.
    let left = usize::from(room.saturating_sub(place.width() + 3));
    let start = path.char_indices().rev().nth(left.saturating_sub(1)).map_or(0, |(at, _)| at);
    let (cut, tail) = path.split_at_checked(start).unwrap_or_default();
    let mut run = match (tail, left) {
        ("", _) | (_, 0..=3) => TextRun::default(),
        _ if cut.is_empty() => TextRun::of(StyleRole::JsonKey, tail.to_owned()),
        _ => TextRun::of(StyleRole::Dim, glyph::MORE)
            .and(StyleRole::JsonKey, tail.chars().skip(1).collect::<String>()),
    };
    run.join(" · ", place);
    run
}

/// The filter line; with a cursor while it is being typed.
fn filter<I>(line: &mut LineWriter<'_>, list: &ListState<I>) -> Option<u16> {
    if list.typing.is_some() {
        return Some(line.put(StyleRole::Key, "/").put_input(&list.filter));
    }
    if !list.filter.text().is_empty() {
        line.put(StyleRole::Dim, "/").put(StyleRole::Accent, list.filter.text());
    }
    None
}

/// What is looked for in the text of the detail, and how often it is there; with a cursor while it is being
/// typed.
fn search(line: &mut LineWriter<'_>, search: &DetailSearch) -> Option<u16> {
    let cursor = match search.typing {
        Some(_) => Some(line.put(StyleRole::Key, "in the text /").put_input(&search.input)),
        None => {
            line.put(StyleRole::Dim, "in the text /").put(StyleRole::Accent, search.input.text());
            None
        }
    };
    if let Some(count) = search.match_count {
        line.skip(2).put(StyleRole::Dim, count.to_string());
    }
    cursor
}

/// The most important message: a notice, a pending write, or a link problem.
fn status_run(model: &Model) -> TextRun {
    if let Some(notice) = model.notice.as_ref().filter(|notice| notice.until > model.now.mono) {
        let (glyph, style) = match notice.tone {
            Tone::Plain => ("", StyleRole::Text),
            Tone::Good => (glyph::GOOD, StyleRole::Good),
            Tone::Bad => (glyph::BAD, StyleRole::Bad),
        };
        let mut run = if glyph.is_empty() { TextRun::default() } else { TextRun::of(style, glyph) };
        run.join(" ", TextRun::of(style, notice.text.clone()));
        return run;
    }
    if let (Some(writing), Some(_)) = (&model.pending_write, &model.unknown_outcome) {
        let words = format!("{}: outcome {} {}", writing.describe(), words::UNKNOWN, glyph::MORE);
        return TextRun::of(StyleRole::Warning, words);
    }
    if model.external_edit.as_ref().is_some_and(|away| away.watching) {
        return TextRun::of(StyleRole::Accent, "watching the file: save it there; esc ends");
    }
    if let Some(writing) = &model.pending_write {
        return TextRun::of(StyleRole::Accent, format!("{} {}", writing.describe(), glyph::MORE));
    }
    if is_shown_in_body(model) { TextRun::default() } else { words::trouble_line(model) }
}

/// Whether an empty list already says what it is waiting for.
fn is_shown_in_body(model: &Model) -> bool {
    let empty =
        |browse: &BrowsePage| browse.listing.len(&model.inventory) == 0 && model.panes().items.width > 0;
    !model.link.has_loaded && !model.is_covered() && model.browse().is_some_and(empty)
}

/// The number of marked documents, visible or not.
fn marked(browse: &BrowsePage) -> TextRun {
    match browse.marks.len() {
        0 => TextRun::default(),
        count => {
            TextRun::of(StyleRole::Accent, format!("{} {} marked", glyph::MARKED, words::grouped(count)))
        }
    }
}

/// The position in the list of secrets, or the number of matches.
fn secrets_count(model: &Model) -> TextRun {
    let rows = &model.secrets_page.rows;
    let total = words::count(rows.total(), model);
    if total.is_empty() || !model.secrets_page.opened {
        return TextRun::default();
    }
    let partial = if rows.is_partial() { glyph::MORE } else { "" };
    let first = match rows.shown.is_some() {
        true => rows.len(),
        false => (model.secrets_page.list.cursor + 1).min(rows.len()),
    };
    TextRun::of(StyleRole::Dim, format!("{} of {total}{partial}", words::grouped(first)))
}

/// The position in the list, or the number of matches and the total; never without the link state.
fn count(model: &Model, browse: &BrowsePage) -> TextRun {
    let shown = browse.listing.len(&model.inventory);
    let total = model.inventory.counts(browse.listing.scope()).total;
    let total_words = words::count(total, model);
    if total_words.is_empty() {
        return TextRun::default();
    }
    let partial = if browse.listing.is_partial() { glyph::MORE } else { "" };
    let number = match browse.listing.filter().is_empty() {
        true => (browse.list.cursor + 1).min(shown),
        false => shown,
    };
    TextRun::of(StyleRole::Dim, format!("{}{partial} of {total_words}", words::grouped(number)))
}
