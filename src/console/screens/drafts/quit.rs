//! Quitting: with drafts, or while a write has no answer, only after a question.

use super::update::{retype_note, save_all};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{Confirm, ConfirmAction, Overlay};

/// Quits at once if nothing would be lost, else asks.
pub(crate) fn quit_or_ask(model: &mut Model) -> Vec<Effect> {
    // The result of this write could no longer be reported.
    let write = model.pending_write.as_ref();
    let write = write.map(|writing| format!("{} has no answer yet", writing.describe()));
    let lost: Vec<_> = unsaved_drafts(model).chain(write).collect();
    if lost.is_empty() { quit_now(model) } else { ask(model, lost) }
}

/// What drafts lose when the console, or its context, is left.
pub(super) fn unsaved_drafts(model: &Model) -> impl Iterator<Item = String> + '_ {
    model.drafts.values().filter_map(|edit| match edit.autosave.withheld {
        _ if edit.autosave.failed => Some(format!("{} cannot be saved", edit.key)),
        0 => None,
        withheld => Some(format!("{}: {}", edit.key, retype_note(withheld))),
    })
}

/// Asks once before quitting; the drafts are saved by then.
pub(crate) fn ask_to_leave(model: &mut Model) -> Vec<Effect> {
    if model.drafts.is_empty() {
        return Vec::new();
    }
    let keys = model.drafts.keys().take(8).map(ToString::to_string).collect();
    ask(model, keys)
}

fn ask(model: &mut Model, mut details: Vec<String>) -> Vec<Effect> {
    let count = model.drafts.len();
    let question = match count {
        0 => "Leave before the answer?".into(),
        1 => "Leave with a draft?".into(),
        count => format!("Leave with {count} drafts?"),
    };
    details.truncate(8);
    if count > 0 {
        details.push("What is saved of them is offered at the next start.".into());
    }
    model.overlay = Some(Overlay::Confirm(Confirm {
        question,
        details,
        action: ConfirmAction::Quit,
        asked: model.now.mono,
    }));
    save_all(model)
}

/// Saves what is unsaved, reports what remains unsaved, and quits.
pub(crate) fn quit_now(model: &mut Model) -> Vec<Effect> {
    // One that could not be saved, or made room for others, is named by the last save.
    let open = model.edit.iter().filter(|edit| edit.is_changed());
    let kept = open.chain(model.drafts.values()).filter(|edit| !edit.autosave.failed).count();
    let mut effects = save_all(model);
    let drafts = match kept {
        0 => None,
        1 => Some("a draft is kept: it is offered at the next start".to_owned()),
        count => Some(format!("{count} drafts are kept: they are offered at the next start")),
    };
    let write = model.pending_write.as_ref();
    let write = write.map(|writing| format!("{} had no answer yet: look what is stored", writing.describe()));
    let words: Vec<_> = write.into_iter().chain(drafts).collect();
    if !words.is_empty() {
        effects.push(Effect::PrintOnExit(words.join("; ")));
    }
    effects.push(Effect::Quit(0));
    effects
}
