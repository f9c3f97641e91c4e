//! Going to another context: only without open work, and after drafts are saved. Everything of this one is dropped
//! then, so what would be lost is asked about.

use super::quit::unsaved_drafts;
use super::update::save_all;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::overlays::{Confirm, ConfirmAction, Overlay, PromptPurpose, prompt};
use crate::text::Safe;

/// What the command is called; its argument is the name of a context.
pub(crate) const COMMAND: &str = "context ";

/// Asks for the name of a context.
pub(crate) fn ask_where(model: &mut Model) {
    match no_contexts(model) {
        Some(words) => model.notify(Tone::Plain, words),
        None => prompt::ask(model, PromptPurpose::Command, COMMAND),
    }
}

fn no_contexts(model: &Model) -> Option<&'static str> {
    model
        .contexts
        .is_empty()
        .then_some("there is no context to go to: the config file has no [contexts.NAME]")
}

/// The names of all contexts, as shown.
pub(crate) fn names(model: &Model) -> impl Iterator<Item = String> + '_ {
    model.contexts.iter().map(|name| Safe::name(name).into_string())
}

/// Goes to a context, or asks first if a draft would lose something.
///
/// # Errors
/// Why it cannot be left now, or that there is no such context.
pub(crate) fn go_or_ask(model: &mut Model, typed: &str) -> Result<Vec<Effect>, String> {
    if let Some(words) = no_contexts(model) {
        return Err(words.into());
    }
    let shown: Vec<_> = names(model).collect();
    let at = model.contexts.iter().zip(&shown).position(|(name, shown)| name == typed || shown == typed);
    let Some(name) = at.and_then(|at| model.contexts.get(at)).cloned() else {
        return Err(format!("there is no such context; known are {}", shown.join(", ")));
    };
    if let Some(words) = refusal(model) {
        return Err(words);
    }
    model.overlay = None;
    let lost: Vec<_> = unsaved_drafts(model).collect();
    if lost.is_empty() {
        return Ok(go(model, name, false));
    }
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: format!("Go to {} and lose what is not saved?", Safe::name(&name)),
        details: lost.into_iter().take(8).collect(),
        action: ConfirmAction::SwitchContext(name),
        asked: model.now.mono,
    }));
    Ok(save_all(model))
}

/// Why this context cannot be left now.
fn refusal(model: &Model) -> Option<String> {
    let waits = |what: &str| format!("{what} has no answer yet: wait for it, then go");
    if let Some(writing) = &model.pending_write {
        return Some(waits(&writing.describe()));
    }
    if let Some(writing) = &model.secret_actions.writing {
        return Some(waits(&writing.description));
    }
    if model.unknown_outcome.is_some() {
        return Some(waits("a write"));
    }
    let open = match (&model.plan, &model.edit) {
        (Some(_), _) => "plan",
        (None, Some(_)) => "draft",
        (None, None) if model.secret_actions.covers_body() => "form",
        (None, None) => return None,
    };
    Some(format!("leave the {open} first: esc"))
}

/// Saves drafts, and has the settings of the context read. `accepts_loss`: a draft that cannot be saved keeps
/// nobody here.
pub(crate) fn go(model: &mut Model, name: String, accepts_loss: bool) -> Vec<Effect> {
    let request = model.next_request();
    model.notify(Tone::Plain, format!("going to {}", Safe::name(&name)));
    model.context_switch.begin(request, (name.clone(), accepts_loss));
    let mut effects = save_all(model);
    effects.push(Effect::ResolveContext(request, name));
    effects
}

/// The settings were read, or cannot be used: then everything stays as it is.
pub(crate) fn on_resolved(model: &mut Model, request: RequestId, result: Result<(), String>) -> Vec<Effect> {
    let Some((name, accepts_loss)) = model.context_switch.accept(request) else { return Vec::new() };
    let refused = result.err().or_else(|| refusal(model));
    if let Some(words) = refused {
        on_refused(model, &name, &words);
        return Vec::new();
    }
    let mut effects = save_all(model);
    effects.push(Effect::EnterContext { name, accepts_loss });
    effects
}

/// Tells that this context stays.
pub(crate) fn on_refused(model: &mut Model, name: &str, words: &str) {
    model.notify(Tone::Bad, format!("not gone to {}: {words}", Safe::name(name)));
}
