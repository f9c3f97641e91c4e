//! New values for a secret: the form, and what is said before they are written. No value is in there,
//! but those of fields that are no secrets.

use super::around;
use super::widgets::{Canvas, Page, Phrase, width};
use super::words;
use crate::console::keymap::Place;
use crate::console::layout::EditFrame;
use crate::console::model::{
    FieldRow, FieldThen, Holders, Model, SecretBase, SecretForm, SecretUndo, is_open,
};
use crate::console::secret_jobs::How;
use crate::console::theme::{Ink, glyph};
use crate::domain::{FieldState, SecretPath};
use crate::text::{MASK, Safe};

/// Draws what covers the body while a secret is written or a write of one is taken back.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, parts: EditFrame) {
    let mut pen = canvas.row(parts.title, 0);
    pen.skip(1).margin(1).phrase(&title(model));
    match &model.hands.form {
        Some(form) if form.review.is_none() && model.hands.undo.is_none() => rows(canvas, form, parts),
        _ => {
            let scroll =
                model.hands.form.as_ref().and_then(|form| form.review).map_or(0, |review| review.scroll);
            let scroll = model.hands.undo.as_ref().map_or(scroll, |undo| undo.scroll);
            page(model, parts.text.width).draw(canvas, parts.text, scroll);
        }
    }
}

/// How many lines the review has.
pub(in crate::console) fn height(model: &Model) -> usize {
    page(model, model.frame().body.width).len()
}

/// `REVIEW  write kv/orders/secrets, only if still at v3`
fn title(model: &Model) -> Phrase {
    let head = |word: &'static str| Phrase::of(Ink::FocusedTitle, word).and(Ink::Text, "  ");
    if let Some(undo) = &model.hands.undo {
        let what = undo.done.what.clone();
        return head("UNDO")
            .and(Ink::Strong, what)
            .and(Ink::Text, format!(", only if still at {}", undo.done.after));
    }
    let Some(form) = &model.hands.form else { return Phrase::default() };
    let path = form.path.to_string();
    if form.review.is_none() {
        return head("SET").and(Ink::Strong, path).and(Ink::Dim, format!("   {}", from(form.base)));
    }
    let (verb, condition) = match form.base {
        SecretBase::Absent => ("create ", "only if it does not exist".to_owned()),
        SecretBase::At(version) => ("write ", format!("only if still at {version}")),
        SecretBase::Ended(version) => ("write ", format!("only if {version} is still its newest version")),
        SecretBase::Unversioned => ("write ", "without a condition: its store keeps no versions".to_owned()),
    };
    head("REVIEW").and(Ink::Text, verb).and(Ink::Strong, path).and(Ink::Text, format!(", {condition}"))
}

fn from(base: SecretBase) -> String {
    match base {
        SecretBase::Absent => "not there yet".into(),
        SecretBase::At(version) => format!("from {version}"),
        SecretBase::Ended(version) => format!("{version}, its newest version, was deleted or destroyed"),
        SecretBase::Unversioned => "no versions are kept".into(),
    }
}

fn rows(canvas: &mut Canvas<'_>, form: &SecretForm, parts: EditFrame) {
    let area = parts.text;
    let column = form.rows.iter().map(|row| width(&Safe::new(row.name.as_str()))).max().unwrap_or(0);
    let column = column.max(5).min(area.width / 2);
    let mut pen = canvas.row(area, 1);
    pen.skip(3)
        .cell(column, Ink::Dim, "FIELD")
        .skip(3)
        .cell(10, Ink::Dim, "NOW")
        .skip(3)
        .put(Ink::Dim, "AFTERWARDS");
    let height = usize::from(area.height.saturating_sub(2)).max(1);
    let top = (form.cursor + 1).saturating_sub(height);
    for (line, (at, row)) in (2..area.height).zip(form.rows.iter().enumerate().skip(top)) {
        let mut pen = canvas.row(area, line);
        pen.skip(1);
        if at == form.cursor {
            pen.highlight(Ink::Selection);
        }
        pen.put(Ink::Text, if at == form.cursor { glyph::SELECTED } else { " " }).skip(1);
        let (now, ink) = now(row.now);
        pen.cell(column, Ink::Text, row.name.as_str()).skip(3).cell(10, ink, now).skip(3);
        pen.phrase(&then(row));
    }
    if form.rows.is_empty() {
        let mut pen = canvas.row(area, 3);
        pen.skip(3).put(Ink::Dim, "no field is known; add one by its name");
    }
}

fn now(state: Option<FieldState>) -> (&'static str, Ink) {
    match state {
        None => (glyph::NONE, Ink::Dim),
        Some(FieldState::Empty) => ("empty", Ink::Warning),
        Some(FieldState::NotText) => ("not text", Ink::Warning),
        Some(_) => (MASK, Ink::Secret),
    }
}

/// What becomes of a field, in words.
fn then(row: &FieldRow) -> Phrase {
    match &row.then {
        FieldThen::Stay if row.now.is_some() => Phrase::of(Ink::Dim, "stays"),
        FieldThen::Stay => Phrase::of(Ink::Dim, "stays away"),
        FieldThen::Remove => Phrase::of(Ink::Removed, "removed"),
        FieldThen::Set(new) if is_open(&row.name) => {
            Phrase::of(Ink::Added, Safe::prefix(new.value.expose(), 64).into_owned())
        }
        FieldThen::Set(new) => {
            let how = match new.generated {
                Some(generate) => format!("  generated: {generate}"),
                None if new.value.has_lines() => "  of several lines".to_owned(),
                None => "  new".to_owned(),
            };
            Phrase::of(Ink::Secret, MASK).and(Ink::Added, how)
        }
    }
}

fn page<'p>(model: &'p Model, columns: u16) -> Page<'p> {
    let mut page = Page::new(columns);
    page.blank();
    match (&model.hands.undo, &model.hands.form) {
        (Some(undo), _) => undo_page(&mut page, model, undo),
        (None, Some(form)) => form_page(&mut page, model, form),
        (None, None) => {}
    }
    page
}

fn form_page(page: &mut Page<'_>, model: &Model, form: &SecretForm) {
    if let Some(now) = form.clash {
        let is = now.map_or("changed by someone else".to_owned(), |now| format!("at {now} now"));
        page.words(Ink::Bad, &format!("{} CONFLICT: {} is {is}", glyph::BAD, form.path));
        page.words(
            Ink::Good,
            &format!(
                "{} nothing was written, what you typed is kept; b bases it on what is there now",
                glyph::GOOD
            ),
        );
        page.blank();
    }
    let column = form.changes().map(|row| width(&Safe::new(row.name.as_str()))).max().unwrap_or(0);
    let column = usize::from(column.min(columns_half(model)));
    for row in form.changes() {
        let (mark, ink) = match (&row.then, row.now) {
            (FieldThen::Remove, _) => ("- ", Ink::Removed),
            (_, None) => ("+ ", Ink::Added),
            _ => ("~ ", Ink::Strong),
        };
        let name = format!("{:column$}", Safe::new(row.name.as_str()).as_str());
        let phrase = Phrase::of(ink, mark).and(ink, name).and(Ink::Text, "   ");
        let phrase =
            then(row).pieces().iter().fold(phrase, |phrase, (ink, text)| phrase.and(*ink, text.clone()));
        page.phrase(phrase);
    }
    page.blank();
    how(page, form);
    if let Some((right, permission)) = form.missing_right() {
        let words = format!("{} you may not {}: {permission} is missing", glyph::BAD, right.words());
        page.fact("rights", Ink::Bad, &words);
    }
    tail(page, model, &form.path, &form.holders);
}

fn columns_half(model: &Model) -> u16 {
    model.frame().body.width / 2
}

/// By which way it is written, and what is read for it.
fn how(page: &mut Page<'_>, form: &SecretForm) {
    let stays = words::plural(form.stays(), "other field");
    match form.how() {
        How::Patch => page.fact("how", Ink::Text, &format!("by patch, without reading {stays}")),
        How::Whole if form.stays() == 0 => {
            page.fact("how", Ink::Text, "the fields above are all of it; nothing is read")
        }
        How::Whole => page.fact("how", Ink::Text, "a new version of the fields above; nothing is read"),
        How::ReadFirst => {
            let all = if form.is_known {
                words::plural(form.rows.iter().filter(|row| row.now.is_some()).count(), "value")
            } else {
                "all values".to_owned()
            };
            let why = if form.removes() {
                "a field is taken out that way"
            } else {
                "single fields cannot be changed here"
            };
            let words = format!(
                "{} reads the whole secret first ({all}, counted), changes it and writes it: {why}",
                glyph::WARNING
            );
            page.fact("how", Ink::Warning, &words);
        }
    }
    if matches!(form.base, SecretBase::Unversioned) {
        let words = format!(
            "{} no versions: what is replaced is gone, and who writes at the same time is overwritten",
            glyph::WARNING
        );
        page.fact("", Ink::Warning, &words);
    }
}

fn undo_page(page: &mut Page<'_>, model: &Model, undo: &SecretUndo) {
    if let Some(clash) = &undo.clash {
        page.words(Ink::Bad, &format!("{} CONFLICT: {} is {clash}", glyph::BAD, undo.path));
        page.words(
            Ink::Good,
            &format!("{} nothing was written; it cannot be taken back any more", glyph::GOOD),
        );
        page.blank();
    }
    match undo.done.before {
        Some(before) => {
            page.fact(
                "writes",
                Ink::Text,
                &format!("the fields of {before} of {} as a new version", undo.path),
            );
            let words = format!("{} {before} is read for it, with all its values, counted", glyph::WARNING);
            page.fact("reads", Ink::Warning, &words);
        }
        None => {
            let after = undo.done.after;
            let words = format!("{after} of {}: there was nothing before it; it can be undeleted", undo.path);
            page.fact("deletes", Ink::Text, &words);
        }
    }
    tail(page, model, &undo.path, &undo.holders);
}

/// When the receiver works by it, and what stands in the way.
fn tail(page: &mut Page<'_>, model: &Model, path: &SecretPath, holders: &Holders) {
    around::holders(page, model, holders);
    let words = match path {
        SecretPath::Variables(_) => "reads its variables at its start",
        _ => {
            "has the new value only once the documents that refer to it are written again, and its cache of 300 s is over"
        }
    };
    page.fact("receiver", Ink::Dim, words);
    around::hindrances(page, model, Place::SecretReview);
}
