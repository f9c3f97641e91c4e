//! The form for new values of a secret, and its review. Values are shown only for fields that are not secret.

use super::state::{FieldChange, SecretBase, SecretForm, SecretFormRow, is_plain_field};
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::review::sections;
use crate::console::screens::secrets::actions::SecretUndoReview;
use crate::console::screens::stale_dependents::SecretDependents;
use crate::console::secret_jobs::SecretWriteMode;
use crate::console::shell::layout::EditLayout;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{ReviewPage, Surface, TextRun, first_row, put_marker, width};
use crate::console::words;
use crate::domain::{FieldState, SecretPath};
use crate::text::{MASK, Safe};

/// Draws the form, its review, or the review of an undo.
pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, parts: EditLayout) {
    surface.row(parts.title, 0).skip(1).margin(1).put_run(&title(model));
    match (model.secret_actions.review(), &model.secret_actions.form) {
        (None, Some(form)) => rows(surface, form, parts),
        (review, _) => {
            let scroll = review.map_or(0, |review| review.scroll);
            page(model, parts.text.width).draw(surface, parts.text, scroll);
        }
    }
}

/// Number of lines of the review.
pub(crate) fn height(model: &Model) -> usize {
    page(model, model.frame().body.width).len()
}

/// `REVIEW  write kv/orders/secrets, only if still at v3`
fn title(model: &Model) -> TextRun {
    let head = |word: &'static str| TextRun::of(StyleRole::FocusedTitle, word).and(StyleRole::Text, "  ");
    if let Some(undo) = &model.secret_actions.undo {
        let what = undo.entry.description.clone();
        return head("UNDO")
            .and(StyleRole::Strong, what)
            .and(StyleRole::Text, format!(", only if still at {}", undo.entry.after));
    }
    let Some(form) = &model.secret_actions.form else { return TextRun::default() };
    let path = form.path.to_string();
    if form.review.is_none() {
        return head("SET")
            .and(StyleRole::Strong, path)
            .and(StyleRole::Dim, format!("   {}", base_note(form.base)));
    }
    let (verb, condition) = match form.base {
        SecretBase::Absent => ("create ", "only if it does not exist".to_owned()),
        SecretBase::At(version) => ("write ", format!("only if still at {version}")),
        SecretBase::Ended(version) => ("write ", format!("only if {version} is still its newest version")),
        SecretBase::Unversioned => ("write ", "without a condition: its store keeps no versions".to_owned()),
    };
    head("REVIEW")
        .and(StyleRole::Text, verb)
        .and(StyleRole::Strong, path)
        .and(StyleRole::Text, format!(", {condition}"))
}

fn base_note(base: SecretBase) -> String {
    match base {
        SecretBase::Absent => "not there yet".into(),
        SecretBase::At(version) => format!("from {version}"),
        SecretBase::Ended(version) => format!("{version}, its newest version, was deleted or destroyed"),
        SecretBase::Unversioned => "no versions are kept".into(),
    }
}

fn rows(surface: &mut Surface<'_>, form: &SecretForm, parts: EditLayout) {
    let area = parts.text;
    let column = form.rows.iter().map(|row| width(&Safe::display(&row.name))).max().unwrap_or(0);
    let column = column.max(5).min(area.width / 2);
    let mut writer = surface.row(area, 1);
    writer
        .skip(3)
        .put_column(column, StyleRole::Dim, "FIELD")
        .skip(3)
        .put_column(10, StyleRole::Dim, "NOW")
        .skip(3)
        .put(StyleRole::Dim, "AFTERWARDS");
    let top = first_row(0, form.cursor, form.rows.len(), usize::from(area.height.saturating_sub(2)));
    for (line, (at, row)) in (2..area.height).zip(form.rows.iter().enumerate().skip(top)) {
        let mut writer = surface.row(area, line);
        writer.skip(1);
        put_marker(&mut writer, at == form.cursor, true).skip(1);
        let (now, style) = current_state(row.current);
        writer
            .put_column(column, StyleRole::Text, Safe::display(&row.name))
            .skip(3)
            .put_column(10, style, now)
            .skip(3);
        writer.put_run(&planned_change(row));
    }
    if form.rows.is_empty() {
        let mut writer = surface.row(area, 3);
        writer.skip(3).put(StyleRole::Dim, "no field is known; add one by its name");
    }
}

fn current_state(state: Option<FieldState>) -> (&'static str, StyleRole) {
    match state {
        None => (glyph::NONE, StyleRole::Dim),
        Some(FieldState::Empty) => ("empty", StyleRole::Warning),
        Some(FieldState::NotText) => ("not text", StyleRole::Warning),
        Some(_) => (MASK, StyleRole::Secret),
    }
}

/// What happens to a field, in words.
fn planned_change(row: &SecretFormRow) -> TextRun {
    match &row.change {
        FieldChange::Keep if row.current.is_some() => TextRun::of(StyleRole::Dim, "stays"),
        FieldChange::Keep => TextRun::of(StyleRole::Dim, "stays away"),
        FieldChange::Remove => TextRun::of(StyleRole::Removed, "removed"),
        FieldChange::Set(new) if is_plain_field(&row.name) => {
            TextRun::of(StyleRole::Added, Safe::prefix(new.value.expose(), 64).into_owned())
        }
        FieldChange::Set(new) => {
            let how = match new.generated {
                Some(generate) => format!("  generated: {generate}"),
                None if new.value.expose().contains(['\n', '\r']) => "  of several lines".to_owned(),
                None => "  new".to_owned(),
            };
            TextRun::of(StyleRole::Secret, MASK).and(StyleRole::Added, how)
        }
    }
}

fn page<'p>(model: &'p Model, columns: u16) -> ReviewPage<'p> {
    let mut page = ReviewPage::new(columns, model.glyphs);
    page.blank();
    match (&model.secret_actions.undo, &model.secret_actions.form) {
        (Some(undo), _) => undo_page(&mut page, model, undo),
        (None, Some(form)) => form_page(&mut page, model, form),
        (None, None) => {}
    }
    page
}

fn form_page(page: &mut ReviewPage<'_>, model: &Model, form: &SecretForm) {
    if let Some(now) = form.conflict {
        let is = now.map_or("changed by someone else".to_owned(), |now| format!("at {now} now"));
        let then = "nothing was written, what you typed is kept; b bases it on what is there now";
        sections::conflict(page, &format!("{} is {is}", form.path), then);
    }
    let column = form.changes().map(|row| width(&Safe::display(&row.name))).max().unwrap_or(0);
    let column = usize::from(column.min(model.frame().body.width / 2));
    for row in form.changes() {
        let (mark, style) = match (&row.change, row.current) {
            (FieldChange::Remove, _) => ("- ", StyleRole::Removed),
            (_, None) => ("+ ", StyleRole::Added),
            _ => ("~ ", StyleRole::Strong),
        };
        let name = format!("{:column$}", row.name);
        let run = TextRun::of(style, mark).and(style, name).and(StyleRole::Text, "   ");
        let run =
            planned_change(row).spans().iter().fold(run, |run, (style, text)| run.and(*style, text.clone()));
        page.push(run);
    }
    page.blank();
    write_method(page, form);
    if let Some((right, permission)) = form.missing_right() {
        let words = format!("{} you may not {}: {permission} is missing", glyph::BAD, right.words());
        page.fact("rights", StyleRole::Bad, &words);
    }
    receiver_section(page, model, &form.path, &form.dependents);
}

/// How it is written, and what is read to do so.
fn write_method(page: &mut ReviewPage<'_>, form: &SecretForm) {
    let stays = words::plural(form.unchanged_count(), "other field");
    match form.write_mode() {
        SecretWriteMode::Patch => {
            page.fact("how", StyleRole::Text, &format!("by patch, without reading {stays}"))
        }
        SecretWriteMode::Replace if form.unchanged_count() == 0 => {
            page.fact("how", StyleRole::Text, "the fields above are all of it; nothing is read")
        }
        SecretWriteMode::Replace => {
            page.fact("how", StyleRole::Text, "a new version of the fields above; nothing is read")
        }
        SecretWriteMode::ReadModifyWrite => {
            let all = if form.is_known {
                words::plural(form.rows.iter().filter(|row| row.current.is_some()).count(), "value")
            } else {
                "all values".to_owned()
            };
            let why = if form.removes() {
                "a field is taken out that way"
            } else {
                "single fields cannot be changed here"
            };
            page.warn(
                "how",
                &format!("reads the whole secret first ({all}, counted), changes it and writes it: {why}"),
            );
        }
    }
    if matches!(form.base, SecretBase::Unversioned) {
        page.warn(
            "",
            "no versions: what is replaced is gone, and who writes at the same time is overwritten",
        );
    }
}

fn undo_page(page: &mut ReviewPage<'_>, model: &Model, undo: &SecretUndoReview) {
    if let Some(the_conflict) = &undo.conflict {
        let then = "nothing was written; it cannot be taken back any more";
        sections::conflict(page, &format!("{} is {the_conflict}", undo.path), then);
    }
    match undo.entry.before {
        Some(before) => {
            page.fact(
                "writes",
                StyleRole::Text,
                &format!("the fields of {before} of {} as a new version", undo.path),
            );
            page.warn("reads", &format!("{before} is read for it, with all its values, counted"));
        }
        None => {
            let after = undo.entry.after;
            let words = format!("{after} of {}: there was nothing before it; it can be undeleted", undo.path);
            page.fact("deletes", StyleRole::Text, &words);
        }
    }
    receiver_section(page, model, &undo.path, &undo.dependents);
}

/// When the receiver uses the change, and what blocks the write.
fn receiver_section(page: &mut ReviewPage<'_>, model: &Model, path: &SecretPath, holders: &SecretDependents) {
    sections::holders(page, model, holders);
    let words = match path {
        SecretPath::Variables(_) => "reads its variables at its start",
        _ => {
            "has the new value only once the documents that refer to it are written again, and its cache of 300 s is over"
        }
    };
    page.fact("receiver", StyleRole::Dim, words);
    sections::write_blockers(page, model, Place::SecretReview);
}
