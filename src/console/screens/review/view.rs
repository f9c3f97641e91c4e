//! A draft before it is written: changes by path, or the whole text line by line; secrets are masked in both.

use super::state::Review;
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::editor::{Base, Draft, DraftStage, Upstream};
use crate::console::screens::plan::own_secrets;
use crate::console::screens::review::sections;
use crate::console::shell::layout::EditLayout;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{ReviewPage, Surface, TextRun, width};
use crate::console::words;
use crate::text::Safe;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, parts: EditLayout) {
    let Some(edit) = &model.edit else { return };
    let DraftStage::Review(review) = &edit.stage else { return };
    let mut line = surface.row(parts.title, 0);
    line.skip(1).margin(1).put(StyleRole::FocusedTitle, "REVIEW").skip(2).put_run(&target(model, edit));
    page(model, edit, review, parts.text.width).draw(surface, parts.text, review.scroll);
}

/// Number of lines on the current screen.
pub(super) fn height(model: &Model) -> usize {
    let columns = model.frame().body.width;
    match model.edit.as_ref().map(|edit| (edit, &edit.stage)) {
        Some((edit, DraftStage::Review(review))) => page(model, edit, review, columns).len(),
        _ => 0,
    }
}

fn page<'p>(model: &Model, edit: &Draft, review: &'p Review, columns: u16) -> ReviewPage<'p> {
    let mut page = ReviewPage::new(columns, model.glyphs);
    page.blank();
    if width(&Safe::new(&model.glyphs.spell(&edit.key.to_string()))) > page.room / 2 {
        // The title is cut.
        page.fact("key", StyleRole::Text, &edit.key.to_string());
        page.blank();
    }
    if let Some(preflight) = &review.preflight {
        sections::preflight(&mut page, model, &edit.key, preflight);
    }
    if review.full {
        page.diff_lines(&review.lines);
    } else {
        page.path_changes(&review.diff, "nothing changes");
    }
    page.blank();
    size(&mut page, model, review);
    notes(&mut page, model, edit);
    page
}

/// `write production/orders to prod, only if still at r48190`
fn target(model: &Model, edit: &Draft) -> TextRun {
    let stored = edit.base.entry();
    let (verb, place) = if stored.is_some() { ("write ", " to ") } else { ("create ", " in ") };
    TextRun::of(StyleRole::Text, verb)
        .and(StyleRole::Strong, edit.key.to_string())
        .and(StyleRole::Text, place)
        .and(StyleRole::Strong, model.context.name.clone())
        .and(StyleRole::Text, format!(", {}", sections::condition(model, stored)))
}

/// The size, if it is close to the store's limit for one document.
fn size(page: &mut ReviewPage<'_>, model: &Model, review: &Review) {
    let (size, most) = (review.document.len(), model.context.capabilities.max_document);
    let of = format!("{} of at most {} bytes", words::grouped(size), words::grouped(most));
    if size > most {
        let words = format!("{} {of}: the store refuses it, shorten it first", glyph::BAD);
        page.fact("size", StyleRole::Bad, &words);
    } else if size > most / 2 {
        page.fact("size", StyleRole::Text, &of);
    }
}

/// Further notes to read before writing.
fn notes(page: &mut ReviewPage<'_>, model: &Model, edit: &Draft) {
    if let Some(lease) = edit.base.entry().and_then(|entry| entry.lease) {
        page.fact("lease", StyleRole::Text, &format!("{lease} is kept"));
    }
    sections::dependants(page, model, &edit.key);
    if let (Some(from), None) = (&edit.source, edit.base.entry()) {
        own_secrets::new_name(page, model, from, &edit.key, None);
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
        page.warn("upstream", &format!("it {what}: {then}"));
        if edit.upstream != Upstream::Hidden {
            let key = model.keymap.key(Place::Review, Action::Merge).unwrap_or_default();
            page.fact("", StyleRole::Text, &format!("{key} merges your draft with it first"));
        }
    }
    sections::receiver_note(page, model);
    marked(page, model, edit);
    sections::write_blockers(page, model, Place::Review);
}

/// Other marked documents, which this write does not touch.
fn marked(page: &mut ReviewPage<'_>, model: &Model, edit: &Draft) {
    let Some(browse) = model.browse() else { return };
    let others = || browse.marks.iter().filter(|key| **key != edit.key).cloned();
    let count = others().count();
    if count > 0 {
        let names = sections::name_list(others(), count);
        let others = words::plural(count, "other");
        page.fact("marked", StyleRole::Text, &format!("{others}, not touched by this write: {names}"));
    }
}
