//! A line to type: a command, a name, the context's name to unlock.

use ratatui::layout::Rect;

use super::super::widgets::{Canvas, Phrase, dialog, width};
use super::super::words;
use crate::console::action::Action;
use crate::console::model::{Doomed, Model, Prompt, Purpose};
use crate::console::secret_jobs::{Outlet, RevealOrder};
use crate::console::theme::{Ink, glyph};
use crate::text::Safe;

/// The room for a line being typed.
const COLUMNS: u16 = 64;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect, prompt: &Prompt) {
    let (title, hint) = words_for(model, &prompt.purpose);
    let columns = COLUMNS.min(area.width.saturating_sub(4));
    let below = below(prompt, &hint, columns);
    let rows = u16::try_from(below.len()).unwrap_or(u16::MAX).saturating_add(1);
    let inside = dialog(canvas, area, &title, columns, rows);
    line(canvas, inside, prompt);
    for (row, phrase) in (1..inside.height).zip(&below) {
        canvas.row(inside, row).phrase(phrase);
    }
}

/// The title, and what may be typed.
fn words_for(model: &Model, purpose: &Purpose) -> (String, String) {
    match purpose {
        Purpose::Command => ("command".into(), "a command, or an address such as production/orders".into()),
        Purpose::New => ("new document".into(), "NAMESPACE/ID, or connections/NAME".into()),
        Purpose::Clone(key) => {
            (format!("clone {key}"), "the copy's NAMESPACE/ID, or connections/NAME".into())
        }
        Purpose::CloneTo(keys) => (
            format!("clone {} documents", words::grouped(keys.len())),
            "the namespace of the copies, such as production/; they keep their ids".into(),
        ),
        Purpose::Rename(key) => (format!("rename {key}"), "its new NAMESPACE/ID, or connections/NAME".into()),
        Purpose::Typed(typed) => (
            format!("protected: {}", model.context.name),
            format!("type {typed} to write this to {}", model.context.name),
        ),
        Purpose::Value => {
            let words = "a JSON value; ‹kept:1› and the like stand for secrets";
            ("another value".into(), words.into())
        }
        Purpose::Reason(order) => reason(order),
        Purpose::Destroy(doomed) => destroy(doomed),
        Purpose::FieldName => ("another field".into(), "its name, exactly as its readers ask for it".into()),
        Purpose::Unlock => {
            let name = &model.context.name;
            (format!("unlock {name}"), format!("type {name} to allow writing for ten minutes without a key"))
        }
    }
}

fn destroy(doomed: &Doomed) -> (String, String) {
    let what =
        doomed.version.map_or_else(|| "all its versions".to_owned(), |version| format!("{version} of it"));
    let hint = format!("type its path, {}, to destroy {what} for ever; nothing brings it back", doomed.path);
    (format!("destroy {}", doomed.what()), hint)
}

fn reason(order: &RevealOrder) -> (String, String) {
    let (verb, then) = match order.to {
        Outlet::Screen => ("reveal", "this one is shown for 15 s"),
        Outlet::Clipboard => ("copy", "this one is copied"),
    };
    let hint = format!(
        "why? The reason is kept in the audit. All values of the secret are read at once and counted; {then}"
    );
    (format!("{verb} {} of {}", order.field.as_str(), order.path), hint)
}

/// What should be known before it is answered.
fn warnings(purpose: &Purpose) -> Vec<String> {
    match purpose {
        Purpose::Reason(RevealOrder { to: Outlet::Clipboard, .. }) => vec![
            "what is on a clipboard stays there: the terminal, tmux or screen, a clipboard's history and every \
             program of yours may keep it; clear it afterwards"
                .into(),
        ],
        Purpose::Destroy(doomed) => doomed.warnings.clone(),
        _ => Vec::new(),
    }
}

/// The line with its cursor; a long one scrolls so that the cursor stays in sight.
fn line(canvas: &mut Canvas<'_>, inside: Rect, prompt: &Prompt) {
    let sign = if prompt.purpose == Purpose::Command { ":" } else { glyph::CRUMB };
    let mut pen = canvas.row(inside, 0);
    pen.put(Ink::Key, sign).skip(1);
    let before = width(&Safe::new(prompt.input.before_cursor()));
    let left_out = (before + 2).saturating_sub(pen.room());
    let x = pen.x() + before.saturating_sub(left_out);
    pen.scroll(usize::from(left_out)).put(Ink::Text, prompt.input.text());
    canvas.set_cursor(x, inside.y);
}

/// Why the last try was not taken, what may be typed, and what it could become.
fn below(prompt: &Prompt, hint: &str, columns: u16) -> Vec<Phrase> {
    let mut lines = vec![Phrase::default()];
    if let Some(error) = &prompt.error {
        let error = format!("{} {error}", glyph::BAD);
        lines.extend(words::wrap(&error, columns).into_iter().map(|line| Phrase::of(Ink::Bad, line)));
    } else {
        lines.extend(words::wrap(hint, columns).into_iter().map(|line| Phrase::of(Ink::Dim, line)));
    }
    for warning in warnings(&prompt.purpose) {
        let warning = format!("{} {warning}", glyph::WARNING);
        lines.extend(words::wrap(&warning, columns).into_iter().map(|line| Phrase::of(Ink::Warning, line)));
    }
    if !prompt.candidates.is_empty() {
        lines.push(Phrase::default());
        lines.extend(prompt.candidates.iter().map(|candidate| match Action::named(candidate) {
            Some(action) => Phrase::of(Ink::Key, format!("{candidate:14}")).and(Ink::Dim, action.help()),
            None => Phrase::of(Ink::Key, candidate.clone()),
        }));
    }
    lines
}
