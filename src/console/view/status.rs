//! The line above the keys: the filter, what was just said, what is wrong; and the count.

use ratatui::layout::Rect;

use super::widgets::{Canvas, Phrase, width};
use super::words;
use crate::console::model::{Browse, Edit, Input, Model, Stage, Tone};
use crate::console::theme::{Ink, glyph};
use crate::text::Safe;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let browse = model.browse().filter(|_| model.edit.is_none() && model.plan.is_none());
    let is_secrets = model.sees_secrets();
    let right = match (&model.edit, browse) {
        (Some(edit), _) if matches!(edit.stage, Stage::Editing) => editing(edit, area.width / 2),
        (None, None) if is_secrets => secrets_count(model),
        (None, Some(browse)) => {
            let mut right = marked(browse);
            right.join(" · ", count(model, browse));
            right
        }
        _ => Phrase::default(),
    };
    let mut pen = canvas.row(area, 0);
    pen.skip(1).margin(1);
    if area.width >= 40 {
        pen.right(&right);
        if !right.is_empty() {
            pen.margin(2);
        }
    }
    let mut cursor = None;
    if let Some(browse) = browse {
        cursor = filter(&mut pen, &browse.filter, browse.typing.is_some());
    } else if is_secrets {
        cursor = filter(&mut pen, &model.secrets_page.filter, model.secrets_page.typing.is_some());
    }
    let said = said(model);
    if pen.x() > area.x + 1 && !said.is_empty() {
        pen.skip(3);
    }
    pen.phrase(&said);
    if let Some(x) = cursor {
        canvas.set_cursor(x, area.y);
    }
}

/// Where the cursor is: in the JSON, as far as there is room, and in the text.
fn editing(edit: &Edit, room: u16) -> Phrase {
    let place = format!("line {}, column {}", edit.pad.cursor().row + 1, edit.pad.column() + 1);
    let place = Phrase::of(Ink::Dim, place);
    let path = edit.outline.here().path.as_str();
    // The end of a path tells more than its beginning.
    let left = usize::from(room.saturating_sub(place.width() + 3));
    let start = path.char_indices().rev().nth(left.saturating_sub(1)).map_or(0, |(at, _)| at);
    let (cut, tail) = path.split_at_checked(start).unwrap_or_default();
    let mut phrase = match (tail, left) {
        ("", _) | (_, 0..=3) => Phrase::default(),
        _ if cut.is_empty() => Phrase::of(Ink::JsonKey, tail.to_owned()),
        _ => Phrase::of(Ink::Dim, glyph::MORE).and(Ink::JsonKey, tail.chars().skip(1).collect::<String>()),
    };
    phrase.join(" · ", place);
    phrase
}

/// The filter line, and where its cursor stands while it is typed.
fn filter(pen: &mut super::widgets::Pen<'_>, filter: &Input, is_typed: bool) -> Option<u16> {
    let text = filter.text();
    if !is_typed {
        if !text.is_empty() {
            pen.put(Ink::Dim, "/").put(Ink::Accent, text);
        }
        return None;
    }
    pen.put(Ink::Key, "/");
    let before = width(&Safe::new(filter.before_cursor()));
    // A long filter scrolls so that its cursor, and a blank for it, stay in sight.
    let left_out = (before + 2).saturating_sub(pen.room());
    let start = pen.x();
    pen.scroll(usize::from(left_out)).put(Ink::Text, text).scroll(0);
    let cursor = start + before.saturating_sub(left_out);
    pen.to(cursor + 1);
    Some(cursor)
}

/// The last thing worth saying: a notice, a write on its way, or what is wrong with the link.
fn said(model: &Model) -> Phrase {
    if let Some(notice) = model.notice.as_ref().filter(|notice| notice.until > model.now.mono) {
        let (glyph, ink) = match notice.tone {
            Tone::Plain => ("", Ink::Text),
            Tone::Good => (glyph::GOOD, Ink::Good),
            Tone::Bad => (glyph::BAD, Ink::Bad),
        };
        let mut phrase = if glyph.is_empty() { Phrase::default() } else { Phrase::of(ink, glyph) };
        phrase.join(" ", Phrase::of(ink, notice.text.clone()));
        return phrase;
    }
    if let (Some(writing), Some(_)) = (&model.writing, &model.unknown) {
        let words = format!("{}: outcome {} {}", writing.what(), words::UNKNOWN, glyph::MORE);
        return Phrase::of(Ink::Warning, words);
    }
    if model.away.as_ref().is_some_and(|away| away.watching) {
        return Phrase::of(Ink::Accent, "watching the file: save it there; esc ends");
    }
    if let Some(writing) = &model.writing {
        return Phrase::of(Ink::Accent, format!("{} {}", writing.what(), glyph::MORE));
    }
    if is_said_in_the_body(model) { Phrase::default() } else { words::trouble_line(model) }
}

/// Whether a list without rows already says what is waited for.
fn is_said_in_the_body(model: &Model) -> bool {
    let empty = |browse: &Browse| browse.listing.len(&model.inventory) == 0 && model.panes().items.width > 0;
    let is_covered = model.edit.is_some() || model.plan.is_some();
    !model.link.had_picture && !is_covered && model.browse().is_some_and(empty)
}

/// How many documents are marked, in sight or not.
fn marked(browse: &Browse) -> Phrase {
    match browse.marks.len() {
        0 => Phrase::default(),
        count => Phrase::of(Ink::Accent, format!("{} {} marked", glyph::MARKED, words::grouped(count))),
    }
}

/// The same for the tab Secrets.
fn secrets_count(model: &Model) -> Phrase {
    let Some(rows) = &model.secrets_page.rows else { return Phrase::default() };
    let total = words::count(rows.total(), model);
    if total.is_empty() {
        return Phrase::default();
    }
    let partial = if rows.is_partial() { glyph::MORE } else { "" };
    let first = match rows.is_filtered() {
        true => rows.len(),
        false => (model.secrets_page.cursor + 1).min(rows.len()),
    };
    Phrase::of(Ink::Dim, format!("{} of {total}{partial}", words::grouped(first)))
}

/// How many rows the list has, and of how many; never without the state of the link.
fn count(model: &Model, browse: &Browse) -> Phrase {
    let shown = browse.listing.len(&model.inventory);
    let total = model.inventory.tally(browse.listing.scope()).total;
    let total_words = words::count(total, model);
    if total_words.is_empty() {
        return Phrase::default();
    }
    let partial = if browse.listing.is_partial() { glyph::MORE } else { "" };
    if browse.listing.filter().is_empty() {
        let place = if shown == 0 { 0 } else { browse.cursor + 1 };
        return Phrase::of(Ink::Dim, format!("{}{partial} of {total_words}", words::grouped(place)));
    }
    Phrase::of(Ink::Dim, format!("{}{partial} of {total_words}", words::grouped(shown)))
}
