//! A draft before it is written: changes by path, or the whole text line by line; secrets hidden
//! either way.

use super::around;
use super::widgets::{Canvas, Page, Phrase};
use super::words;
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::layout::EditFrame;
use crate::console::model::{Base, Edit, Model, Review, Upstream};
use crate::console::theme::{Ink, glyph};

/// Draws the review of a draft.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, edit: &Edit, review: &Review, parts: EditFrame) {
    let mut pen = canvas.row(parts.title, 0);
    pen.skip(1).margin(1).put(Ink::FocusedTitle, "REVIEW").skip(2).phrase(&target(model, edit));
    let mut page = Page::new(parts.text.width);
    changes(&mut page, review);
    size(&mut page, model, review);
    notes(&mut page, model, edit);
    page.draw(canvas, parts.text, review.scroll);
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
fn size(page: &mut Page<'_>, model: &Model, review: &Review) {
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
fn notes(page: &mut Page<'_>, model: &Model, edit: &Edit) {
    if let Base::Stored(entry) = &edit.base
        && let Some(lease) = entry.lease
    {
        page.fact("lease", Ink::Text, &format!("{lease} is kept"));
    }
    around::dependants(page, model, &edit.key, false);
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
        if edit.upstream != Upstream::Hidden {
            let key = key_for(Place::Review, Action::Merge).unwrap_or_default();
            page.fact("", Ink::Text, &format!("{key} merges your draft with it first"));
        }
    }
    around::receiver(page, model);
    marked(page, model, edit);
    around::hindrances(page, model, Place::Review);
}

/// What else is marked, and stays as it is.
fn marked(page: &mut Page<'_>, model: &Model, edit: &Edit) {
    let Some(browse) = model.browse() else { return };
    let others = || browse.marks.keys().filter(|key| **key != edit.key).cloned();
    let count = others().count();
    if count > 0 {
        let names = around::named(others(), count);
        let others = words::plural(count, "other");
        page.fact("marked", Ink::Text, &format!("{others}, not touched by this write: {names}"));
    }
}

/// What the draft changes.
fn changes<'a>(page: &mut Page<'a>, review: &'a Review) {
    page.blank();
    if review.full {
        page.full(&review.lines);
    } else {
        page.paths(&review.diff, "nothing changes");
    }
}
