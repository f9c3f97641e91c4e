//! A prompt line: commands and addresses with completion, names, reasons, confirmations.

mod ask;
mod completion;
mod update;

pub(crate) use ask::{ask, new_document, unlock};

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{DestroyTarget, Overlay, Prompt, PromptPurpose, dialog_area};
use crate::console::screens::browse::marks;
use crate::console::screens::review::sections::NAMED;
use crate::console::secret_jobs::{RevealDestination, RevealRequest};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{DIALOG_COLUMNS, Surface, TextRun, dialog, dialog_columns};
use crate::console::{overlays, words};

pub(crate) struct PromptDialog;

impl Component for PromptDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Prompt(prompt)) = &model.overlay {
            draw(surface, model, dialog_area(model), prompt);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Accept => return Some(update::accept(model)),
            Action::Complete => update::complete(model),
            _ => return overlays::close_on_cancel(model, action),
        }
        Some(Vec::new())
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        update::key(model, key);
    }

    fn typed(&self, model: &mut Model, text: &str) {
        update::typed(model, text);
    }

    fn paste(&self, model: &mut Model, text: &str) {
        update::paste(model, text);
    }

    /// Text that unlocks or confirms must be typed in full, without completion.
    fn is_possible(&self, model: &Model, action: Action) -> bool {
        use PromptPurpose as P;
        let Some(Overlay::Prompt(prompt)) = &model.overlay else { return false };
        let is_typed_in_full = matches!(
            prompt.purpose,
            P::Unlock | P::Typed(_) | P::Force(_) | P::Value | P::Reason(_) | P::Destroy(_) | P::FieldName
        );
        action != Action::Complete || (!is_typed_in_full && update::completed(prompt).is_some())
    }
}

fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect, prompt: &Prompt) {
    let (title, hint) = words_for(model, &prompt.purpose);
    let columns = dialog_columns(area, DIALOG_COLUMNS);
    let below = below(model, prompt, &hint, columns);
    let inside = dialog(surface, area, &title, columns, below.len() + 1);
    let sign = if prompt.purpose == PromptPurpose::Command { ":" } else { glyph::CRUMB };
    let x = surface.row(inside, 0).put(StyleRole::Key, sign).skip(1).put_input(&prompt.input);
    surface.set_cursor(x, inside.y);
    surface.put_lines(inside, 1, &below);
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
        PromptPurpose::Typed(typed) => {
            let name = &model.context.name;
            let guard = if model.context.protected { "protected" } else { "more than one" };
            (format!("{guard}: {name}"), format!("type {typed} to write this to {name}"))
        }
        PromptPurpose::Force(forced) => {
            let words = format!("type {} to write this to {} all the same", forced.name, model.context.name);
            ("the receiver would serve nothing".into(), words)
        }
        PromptPurpose::Value => {
            let words = "a JSON value; ‹kept:1› and the like stand for secrets";
            ("another value".into(), words.into())
        }
        PromptPurpose::Reason(order) => reason(order),
        PromptPurpose::Destroy(target) => destroy(target),
        PromptPurpose::FieldName => {
            ("another field".into(), "its name, exactly as its readers ask for it".into())
        }
        PromptPurpose::Unlock => {
            let name = &model.context.name;
            (format!("unlock {name}"), format!("type {name} to allow writing for ten minutes without a key"))
        }
    }
}

fn destroy(target: &DestroyTarget) -> (String, String) {
    let what =
        target.version.map_or_else(|| "all its versions".to_owned(), |version| format!("{version} of it"));
    let hint = format!("type its path, {}, to destroy {what} for ever; nothing brings it back", target.path);
    (format!("destroy {}", target.describe()), hint)
}

fn reason(order: &RevealRequest) -> (String, String) {
    let (verb, then) = match order.destination {
        RevealDestination::Screen => ("reveal", "this one is shown for 15 s"),
        RevealDestination::Clipboard => ("copy", "this one is copied"),
    };
    let hint = format!(
        "why? The reason is kept in the audit. All values of the secret are read at once and counted; {then}"
    );
    (format!("{verb} {} of {}", order.field, order.path), hint)
}

/// Warnings to read before answering.
fn warnings(model: &Model, purpose: &PromptPurpose) -> Vec<String> {
    match purpose {
        PromptPurpose::Typed(_) => {
            let unseen = model.plan.as_ref().map_or(0, |plan| plan.unseen_count());
            let words = format!("{} of them were marked, and are not on the screen", words::grouped(unseen));
            if unseen > 0 { vec![words] } else { Vec::new() }
        }
        PromptPurpose::CloneTo(_) => match marks::unseen_count(model) {
            0 => Vec::new(),
            unseen => vec![format!("{} of them are not on the screen", words::grouped(unseen))],
        },
        PromptPurpose::Reason(RevealRequest { destination: RevealDestination::Clipboard, .. }) => vec![
            "what is on a clipboard stays there: the terminal, tmux or screen, a clipboard's history and every \
             program of yours may keep it; clear it afterwards"
                .into(),
        ],
        PromptPurpose::Force(forced) => forced.reasons.iter().take(NAMED).cloned().collect(),
        PromptPurpose::Destroy(target) => target.warnings.clone(),
        _ => Vec::new(),
    }
}

/// The error or the hint, then warnings and completions.
fn below(model: &Model, prompt: &Prompt, hint: &str, columns: u16) -> Vec<TextRun> {
    let mut lines = vec![TextRun::default()];
    match &prompt.error {
        Some(error) => {
            lines.extend(TextRun::wrap(StyleRole::Bad, &format!("{} {error}", glyph::BAD), columns))
        }
        None => lines.extend(TextRun::wrap(StyleRole::Dim, hint, columns)),
    }
    for warning in warnings(model, &prompt.purpose) {
        let warning = format!("{} {warning}", glyph::WARNING);
        lines.extend(TextRun::wrap(StyleRole::Warning, &warning, columns));
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
