//! Typing on a prompt line, and acting on the typed line.

use crossterm::event::KeyEvent;

use super::completion::refresh;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone, denied_if_hidden};
use crate::console::overlays::chooser;
use crate::console::overlays::state::{ForcedWrite, Overlay, Prompt, PromptPurpose};
use crate::console::screens::Tab;
use crate::console::screens::plan::PlanKind;
use crate::console::screens::plan::{builder, clone, names, rename};
use crate::console::screens::secrets::actions::{destroy, reveal};
use crate::console::screens::{browse, drafts, editor, merge, plan, review, secret_form};
use crate::console::widgets::TextInput;
use crate::domain::{Address, ResourceKey, unescape};

pub(crate) fn key(model: &mut Model, key: KeyEvent) {
    type_text(model, |input| _ = input.key(key));
}

pub(crate) fn typed(model: &mut Model, text: &str) {
    type_text(model, |input| input.insert(text));
}

fn type_text(model: &mut Model, change: impl FnOnce(&mut TextInput)) {
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        change(&mut prompt.input);
        prompt.error = None;
    }
    refresh(model);
}

/// Handles a paste; refused if typing is the safeguard.
pub(crate) fn paste(model: &mut Model, text: &str) {
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        let refused = match prompt.purpose {
            PromptPurpose::Unlock => Some("type the name; a paste is not taken here"),
            PromptPurpose::Typed(_) => Some("type the words; a paste is not taken here"),
            PromptPurpose::Force(_) => Some("type the name; a paste is not taken here"),
            PromptPurpose::Destroy(_) => Some("type the path; a paste is not taken here"),
            _ => None,
        };
        if let Some(words) = refused {
            prompt.error = Some(words.into());
            return;
        }
    }
    typed(model, text);
}

/// Completes to the common prefix of all candidates.
pub(crate) fn complete(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return };
    if let Some(common) = completed(prompt) {
        prompt.input.set(common);
    }
    refresh(model);
}

/// The common prefix of all candidates, if it is longer than what is typed.
pub(super) fn completed(prompt: &Prompt) -> Option<String> {
    let common = prompt.candidates.iter().cloned().reduce(|a, b| {
        let equal = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
        equal.map(|(c, _)| c).collect()
    });
    common.filter(|common| common.len() > prompt.input.text().len())
}

/// Submits the line.
pub(crate) fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return Vec::new() };
    let (purpose, text) = (prompt.purpose.clone(), prompt.input.text().trim().to_owned());
    let done = match purpose {
        PromptPurpose::Command => run(model, &text),
        PromptPurpose::New => create(model, &text, None),
        PromptPurpose::Clone(from) => create(model, &text, Some(&from)),
        PromptPurpose::CloneTo(keys) => close_on_success(model, |model| clone::clone_to(model, keys, &text)),
        PromptPurpose::Rename(from) => close_on_success(model, |model| rename::rename_to(model, from, &text)),
        PromptPurpose::Typed(words) if unescape(&text) == unescape(&words) => {
            close_on_success(model, |model| Ok(plan::on_typed(model, &words)))
        }
        PromptPurpose::Typed(words) => Err(format!("type {words} to write it, or leave with esc")),
        PromptPurpose::Force(forced) if unescape(&text) == unescape(&forced.name) => {
            close_on_success(model, |model| Ok(force(model, &forced)))
        }
        PromptPurpose::Force(forced) => {
            Err(format!("type {} to write it all the same, or leave with esc", forced.name))
        }
        PromptPurpose::Unlock => open_gate(model, &text),
        PromptPurpose::Value => merge::take_value(model, &text).map(|()| Vec::new()),
        PromptPurpose::Reason(order) => reveal::read(model, order, &text),
        PromptPurpose::Destroy(target) => destroy::on_path_typed(model, target, &text),
        PromptPurpose::FieldName => secret_form::add_field(model, &text),
    };
    match done {
        Ok(effects) => effects,
        Err(error) => {
            if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
                prompt.error = Some(error);
            }
            Vec::new()
        }
    }
}

/// Writes the plan, or else the draft under review, although its preflight stopped it.
fn force(model: &mut Model, forced: &ForcedWrite) -> Vec<Effect> {
    if model.plan.is_some() { plan::on_forced(model, forced) } else { review::on_forced(model, forced) }
}

type PromptResult = Result<Vec<Effect>, String>;

/// Closes the prompt if `make` succeeds.
fn close_on_success(model: &mut Model, make: impl FnOnce(&mut Model) -> PromptResult) -> PromptResult {
    let effects = make(model)?;
    model.overlay = None;
    Ok(effects)
}

/// Runs a command by its exact name, or goes to an address.
fn run(model: &mut Model, text: &str) -> PromptResult {
    if text.is_empty() {
        model.overlay = None;
        return Ok(Vec::new());
    }
    if let Some(name) = text.strip_prefix(drafts::switch::COMMAND) {
        return drafts::switch::go_or_ask(model, name.trim());
    }
    let is_there = |action: &Action| Tab::of(*action).is_none_or(|tab| model.shows_tab(tab));
    if let Some(action) = Action::named(text).filter(is_there) {
        model.overlay = None;
        let goes_on = matches!(
            action,
            Action::Unlock
                | Action::Lock
                | Action::Retry
                | Action::Redraw
                | Action::Suspend
                | Action::Help
                | Action::Messages
        );
        if let Some(open) = open_work(model).filter(|_| !goes_on) {
            model.notify(Tone::Plain, format!("leave the {open} first: esc"));
            return Ok(Vec::new());
        }
        if !matches!(
            action,
            Action::Rewrite | Action::Redraw | Action::Suspend | Action::Help | Action::Messages
        ) {
            // The page is only informative, and `:reread` shows it again.
            model.secret_actions.stale_dependents.page = None;
            model.effective = None;
        }
        return Ok(vec![Effect::Act(action)]);
    }
    if !text.contains(['/', ':']) {
        return Err(format!("no command is called \"{text}\"; tab completes, ? lists them"));
    }
    let Address(key) = text.parse::<Address>().map_err(|error| error.to_string())?;
    if let Some(open) = open_work(model) {
        return Err(format!("leave the {open} first: esc, twice"));
    }
    if model.inventory.find(&key).is_none() && model.drafts.contains_key(&key) {
        model.overlay = None;
        if model.passes_gate() {
            editor::resume(model, &key);
        }
        return Ok(Vec::new());
    }
    if let Some(refusal) = denied_if_hidden(&model.inventory, &key) {
        return Err(format!("whether {key} exists is not known: {refusal}"));
    }
    if !browse::go_to(model, &key) {
        return Err(format!(
            "{key} does not exist{}",
            if model.link.state.is_synced() { "" } else { " in what has been loaded" }
        ));
    }
    model.overlay = None;
    model.secret_actions.stale_dependents.page = None;
    model.effective = None;
    Ok(Vec::new())
}

/// The open work that must be left before anything else is opened.
fn open_work(model: &Model) -> Option<&'static str> {
    match (&model.plan, &model.edit) {
        (Some(_), _) => Some("plan"),
        (None, Some(_)) => Some("draft"),
        (None, None) => model.secret_actions.covers_body().then_some("form"),
    }
}

/// Starts a document under a name that must be unused, valid and routable.
fn create(model: &mut Model, text: &str, from: Option<&ResourceKey>) -> PromptResult {
    let Address(key) = text.parse::<Address>().map_err(|error| error.to_string())?;
    if let Some(from) = from {
        names::check_same_kind(from, &key)?;
    }
    names::check_name(model, &key)?;
    if model.inventory.find(&key).is_some() {
        return match from {
            Some(from) if *from == key => Err(format!("{key} is what is to be copied; type another name")),
            Some(from) => {
                let pair = (from.clone(), key);
                close_on_success(model, |model| builder::build(model, PlanKind::Clone(vec![pair]), None))
            }
            None => Err(format!("{key} exists already; edit it instead")),
        };
    }
    if let Some(refusal) = denied_if_hidden(&model.inventory, &key) {
        return Err(refusal.to_string());
    }
    if model.drafts.contains_key(&key) {
        if from.is_some() {
            return Err(format!("a draft of {key} is kept already; :{key} takes it up again"));
        }
        model.overlay = None;
        editor::resume(model, &key);
        return Ok(Vec::new());
    }
    let Some(from) = from else {
        chooser::ask(model, key);
        return Ok(Vec::new());
    };
    let copied = model.inventory.get(from).map(|row| row.document().clone());
    let copied = copied.ok_or("what was to be copied is gone")?;
    model.overlay = None;
    editor::begin(model, key, copied);
    if let Some(edit) = &mut model.edit {
        edit.source = Some(from.clone());
    }
    Ok(Vec::new())
}

fn open_gate(model: &mut Model, text: &str) -> PromptResult {
    if unescape(text) != unescape(&model.context.name) {
        return Err(format!("type the context's name, {}, to allow writing", model.context.name));
    }
    model.overlay = None;
    let request = model.next_request();
    Ok(vec![Effect::Unlock(request)])
}
