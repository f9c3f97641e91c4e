//! A line to type: a command, a name, the context's name to unlock.

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::overlays::state::{DestroyTarget, Prompt, PromptPurpose};
use crate::console::secret_jobs::{RevealDestination, RevealRequest};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, dialog, width};
use crate::console::words;
use crate::text::Safe;

/// Width of the input line.
const COLUMNS: u16 = 64;

pub(in crate::console) fn draw(canvas: &mut Surface<'_>, model: &Model, area: Rect, prompt: &Prompt) {
    let (title, hint) = words_for(model, &prompt.purpose);
    let columns = COLUMNS.min(area.width.saturating_sub(4));
    let below = below(prompt, &hint, columns);
    let rows = u16::try_from(below.len()).unwrap_or(u16::MAX).saturating_add(1);
    let inside = dialog(canvas, area, &title, columns, rows);
    line(canvas, inside, prompt);
    for (row, phrase) in (1..inside.height).zip(&below) {
        canvas.row(inside, row).put_run(phrase);
    }
}

/// The title and the hint.
fn words_for(model: &Model, purpose: &PromptPurpose) -> (String, String) {
    match purpose {
        PromptPurpose::Command => {
            ("command".into(), "a command, or an address such as production/orders".into())
        }
        PromptPurpose::New => ("new document".into(), "NAMESPACE/ID, or connections/NAME".into()),
        PromptPurpose::Clone(key) => {
            (format!("clone {key}"), "the copy's NAMESPACE/ID, or connections/NAME".into())
        }
        PromptPurpose::CloneTo(keys) => (
            format!("clone {} documents", words::grouped(keys.len())),
            "the namespace of the copies, such as production/; they keep their ids".into(),
        ),
        PromptPurpose::Rename(key) => {
            (format!("rename {key}"), "its new NAMESPACE/ID, or connections/NAME".into())
        }
        PromptPurpose::Typed(typed) => (
            format!("protected: {}", model.context.name),
            format!("type {typed} to write this to {}", model.context.name),
        ),
        PromptPurpose::Value => {
            let words = "a JSON value; ‹kept:1› and the like stand for secrets";
            ("another value".into(), words.into())
        }
        PromptPurpose::Reason(order) => reason(order),
        PromptPurpose::Destroy(doomed) => destroy(doomed),
        PromptPurpose::FieldName => {
            ("another field".into(), "its name, exactly as its readers ask for it".into())
        }
        PromptPurpose::Unlock => {
            let name = &model.context.name;
            (format!("unlock {name}"), format!("type {name} to allow writing for ten minutes without a key"))
        }
    }
}

fn destroy(doomed: &DestroyTarget) -> (String, String) {
    let what =
        doomed.version.map_or_else(|| "all its versions".to_owned(), |version| format!("{version} of it"));
    let hint = format!("type its path, {}, to destroy {what} for ever; nothing brings it back", doomed.path);
    (format!("destroy {}", doomed.describe()), hint)
}

fn reason(order: &RevealRequest) -> (String, String) {
    let (verb, then) = match order.destination {
        RevealDestination::Screen => ("reveal", "this one is shown for 15 s"),
        RevealDestination::Clipboard => ("copy", "this one is copied"),
    };
    let hint = format!(
        "why? The reason is kept in the audit. All values of the secret are read at once and counted; {then}"
    );
    (format!("{verb} {} of {}", order.field.as_str(), order.path), hint)
}

/// Warnings to read before answering.
fn warnings(purpose: &PromptPurpose) -> Vec<String> {
    match purpose {
        PromptPurpose::Reason(RevealRequest { destination: RevealDestination::Clipboard, .. }) => vec![
            "what is on a clipboard stays there: the terminal, tmux or screen, a clipboard's history and every \
             program of yours may keep it; clear it afterwards"
                .into(),
        ],
        PromptPurpose::Destroy(doomed) => doomed.warnings.clone(),
        _ => Vec::new(),
    }
}

/// The input line with its cursor; a long one scrolls so that the cursor stays visible.
fn line(canvas: &mut Surface<'_>, inside: Rect, prompt: &Prompt) {
    let sign = if prompt.purpose == PromptPurpose::Command { ":" } else { glyph::CRUMB };
    let mut pen = canvas.row(inside, 0);
    pen.put(StyleRole::Key, sign).skip(1);
    let before = width(&Safe::new(prompt.input.before_cursor()));
    let left_out = (before + 2).saturating_sub(pen.remaining());
    let x = pen.x() + before.saturating_sub(left_out);
    pen.scroll(usize::from(left_out)).put(StyleRole::Text, prompt.input.text());
    canvas.set_cursor(x, inside.y);
}

/// The error or the hint, then warnings and completions.
fn below(prompt: &Prompt, hint: &str, columns: u16) -> Vec<TextRun> {
    let mut lines = vec![TextRun::default()];
    if let Some(error) = &prompt.error {
        let error = format!("{} {error}", glyph::BAD);
        lines.extend(words::wrap(&error, columns).into_iter().map(|line| TextRun::of(StyleRole::Bad, line)));
    } else {
        lines.extend(words::wrap(hint, columns).into_iter().map(|line| TextRun::of(StyleRole::Dim, line)));
    }
    for warning in warnings(&prompt.purpose) {
        let warning = format!("{} {warning}", glyph::WARNING);
        lines.extend(
            words::wrap(&warning, columns).into_iter().map(|line| TextRun::of(StyleRole::Warning, line)),
        );
    }
    if !prompt.candidates.is_empty() {
        lines.push(TextRun::default());
        lines.extend(prompt.candidates.iter().map(|candidate| match Action::named(candidate) {
            Some(action) => {
                TextRun::of(StyleRole::Key, format!("{candidate:14}")).and(StyleRole::Dim, action.help())
            }
            None => TextRun::of(StyleRole::Key, candidate.clone()),
        }));
    }
    lines
}
