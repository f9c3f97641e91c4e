//! Lines to type: commands and addresses, names for new documents, the context's name to unlock.

use crossterm::event::KeyEvent;

use crate::domain::{Address, Namespace, ResourceKey};
use crate::inventory::Scope;

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::model::{Input, Lock, Model, Overlay, Prompt, Purpose, Tab, Tone};
use super::make::{self, Known};
use super::{
    absence, browse, choose, edit, keys, merge, names, plan, secret_destroy, secret_form, secret_reveal,
};

/// How many completions are offered at once.
const CANDIDATES: usize = 8;

pub(super) fn ask(model: &mut Model, purpose: Purpose, text: impl Into<String>) {
    let prompt = Prompt { purpose, input: Input::of(text), error: None, candidates: Vec::new() };
    model.overlay = Some(Overlay::Prompt(prompt));
    refresh(model);
}

/// Asks for a command.
pub(super) fn command(model: &mut Model) {
    ask(model, Purpose::Command, "");
}

/// Asks for the name of a new document, beginning where one is.
pub(super) fn new_document(model: &mut Model) {
    let start = match (model.tab, model.webhooks.listing.scope()) {
        (Tab::Connections, _) => "connections/".into(),
        (_, Scope::Namespace(namespace)) => format!("{}/", namespace.as_str()),
        _ => model
            .selected()
            .and_then(ResourceKey::namespace)
            .map(|ns| format!("{}/", ns.as_str()))
            .unwrap_or_default(),
    };
    ask(model, Purpose::New, start);
}

/// Asks for the name of a copy.
pub(super) fn clone_one(model: &mut Model, key: ResourceKey) {
    let start = key.to_string();
    ask(model, Purpose::Clone(key), start);
}

/// Asks for the namespace of several copies.
pub(super) fn clone_to(model: &mut Model, keys: Vec<ResourceKey>) {
    ask(model, Purpose::CloneTo(keys), "");
}

/// Asks for another name.
pub(super) fn rename(model: &mut Model, key: ResourceKey) {
    let start = key.to_string();
    ask(model, Purpose::Rename(key), start);
}

/// Asks for the words without which the plan is not written.
pub(super) fn type_out(model: &mut Model, words: String) {
    ask(model, Purpose::Typed(words), "");
}

/// Asks for the context's name, to open the gate.
pub(super) fn unlock(model: &mut Model) {
    match model.lock {
        Lock::ReadOnly => model.say(Tone::Bad, "read-only: this console was started without a writer"),
        Lock::Open(_) => model.say(Tone::Plain, "writing is already allowed"),
        Lock::Locked => ask(model, Purpose::Unlock, ""),
    }
}

/// A key that is text.
pub(super) fn key(model: &mut Model, key: KeyEvent) {
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        prompt.input.key(key);
        prompt.error = None;
    }
    refresh(model);
}

/// A paste; a pasted name would unlock without a thought, so it is refused there.
pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        let refused = match prompt.purpose {
            Purpose::Unlock => Some("type the name; a paste is not taken here"),
            Purpose::Typed(_) => Some("type the words; a paste is not taken here"),
            Purpose::Destroy(_) => Some("type the path; a paste is not taken here"),
            _ => None,
        };
        if let Some(words) = refused {
            prompt.error = Some(words.into());
            return;
        }
        prompt.input.insert(text);
        prompt.error = None;
    }
    refresh(model);
}

/// Completes as far as all candidates agree.
pub(super) fn complete(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return };
    if let Some(common) =
        common_prefix(&prompt.candidates).filter(|common| common.len() > prompt.input.text().len())
    {
        prompt.input.set(common);
    }
    refresh(model);
}

fn common_prefix(words: &[String]) -> Option<String> {
    let (first, rest) = words.split_first()?;
    let mut end = first.len();
    for word in rest {
        end = first
            .char_indices()
            .zip(word.chars())
            .take_while(|((_, a), b)| a == b)
            .map(|((at, a), _)| at + a.len_utf8())
            .take_while(|at| *at <= end)
            .last()
            .unwrap_or(0);
    }
    first.get(..end).map(str::to_owned)
}

/// Offers what the text could become.
fn refresh(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return };
    let text = prompt.input.text();
    let candidates = match prompt.purpose {
        Purpose::Unlock | Purpose::Typed(_) | Purpose::Value => Vec::new(),
        Purpose::Reason(_) | Purpose::FieldName | Purpose::Destroy(_) => Vec::new(),
        Purpose::Command if !text.contains(['/', ':']) => Action::ALL
            .into_iter()
            .filter(|action| action.is_command() && action.name().starts_with(text))
            .filter(|action| model.lock != Lock::ReadOnly || !action.needs_writer())
            .map(|action| action.name().to_owned())
            .chain(namespaces(model, text))
            .take(CANDIDATES)
            .collect(),
        Purpose::Command => addresses(model, text),
        Purpose::CloneTo(_) => {
            namespaces(model, text).filter(|name| name != "connections/").take(CANDIDATES).collect()
        }
        Purpose::New | Purpose::Clone(_) | Purpose::Rename(_) => {
            namespaces(model, text).take(CANDIDATES).collect()
        }
    };
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        prompt.candidates = candidates;
    }
}

fn namespaces<'a>(model: &'a Model, text: &'a str) -> impl Iterator<Item = String> + 'a {
    let names = model.inventory.namespaces().map(|(namespace, _)| namespace.as_str()).chain(["connections"]);
    names.map(|name| format!("{name}/")).filter(move |name| !text.is_empty() && name.starts_with(text))
}

fn addresses(model: &Model, text: &str) -> Vec<String> {
    let scope = match text.split_once('/') {
        Some(("connections", _)) => Scope::Connections,
        Some((namespace, _)) => Namespace::new(namespace).map_or(Scope::Foreign, Scope::Namespace),
        None => Scope::Foreign,
    };
    model
        .inventory
        .keys(&scope)
        .map(|key| key.to_string())
        .filter(|address| address.starts_with(text))
        .take(CANDIDATES)
        .collect()
}

/// Takes what was typed.
pub(super) fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return Vec::new() };
    let (purpose, text) = (prompt.purpose.clone(), prompt.input.text().trim().to_owned());
    let done = match purpose {
        Purpose::Command => run(model, &text),
        Purpose::New => create(model, &text, None),
        Purpose::Clone(from) => create(model, &text, Some(&from)),
        Purpose::CloneTo(keys) => planned(model, |model| names::clone_all(model, keys, &text)),
        Purpose::Rename(from) => planned(model, |model| names::rename(model, from, &text)),
        Purpose::Typed(words) if text == words => planned(model, |model| Ok(plan::typed(model))),
        Purpose::Typed(words) => Err(format!("type {words} to write it, or leave with esc")),
        Purpose::Unlock => open_gate(model, &text),
        Purpose::Value => merge::take_value(model, &text).map(|()| Vec::new()),
        Purpose::Reason(order) => secret_reveal::read(model, order, &text),
        Purpose::Destroy(doomed) => secret_destroy::typed(model, doomed, &text),
        Purpose::FieldName => secret_form::add_field(model, &text),
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

type Done = Result<Vec<Effect>, String>;

/// Closes the prompt where what it led to was opened.
fn planned(model: &mut Model, make: impl FnOnce(&mut Model) -> Done) -> Done {
    let effects = make(model)?;
    model.overlay = None;
    Ok(effects)
}

/// Runs a command by its exact name, or goes to an address.
fn run(model: &mut Model, text: &str) -> Done {
    if text.is_empty() {
        model.overlay = None;
        return Ok(Vec::new());
    }
    if let Some(action) = Action::named(text) {
        model.overlay = None;
        let leaves_draft = (model.edit.is_some() || model.plan.is_some() || model.hands.covers())
            && !matches!(
                action,
                Action::Unlock
                    | Action::Lock
                    | Action::Retry
                    | Action::Redraw
                    | Action::Suspend
                    | Action::Help
            );
        if leaves_draft {
            let what = match (&model.plan, &model.edit) {
                (Some(_), _) => "plan",
                (None, Some(_)) => "draft",
                (None, None) => "form",
            };
            model.say(Tone::Plain, format!("leave the {what} first: esc"));
            return Ok(Vec::new());
        }
        if !matches!(action, Action::Reput | Action::Redraw | Action::Suspend | Action::Help) {
            // It only tells, and `:reread` tells it again.
            model.hands.rereads.page = None;
        }
        return Ok(keys::act(model, action));
    }
    if !text.contains(['/', ':']) {
        return Err(format!("no command is called \"{text}\"; tab completes, ? lists them"));
    }
    let Address(key) = text.parse::<Address>().map_err(|error| error.to_string())?;
    if model.plan.is_some() {
        return Err("leave the plan first: esc, twice".into());
    }
    if model.hands.covers() {
        return Err("leave the form first: esc, twice".into());
    }
    if model.edit.is_some() {
        return Err("leave the draft first: esc, twice".into());
    }
    if model.inventory.find(&key).is_none() && model.drafts.contains_key(&key) {
        model.overlay = None;
        if keys::passes_gate(model) {
            edit::resume(model, &key);
        }
        return Ok(Vec::new());
    }
    if let Some(refusal) = absence::refusal(&model.inventory, &key) {
        return Err(format!("whether {key} exists is not known: {refusal}"));
    }
    if !browse::go_to(model, &key) {
        return Err(format!(
            "{key} does not exist{}",
            if model.link.state.is_true() { "" } else { " in what has been loaded" }
        ));
    }
    model.overlay = None;
    model.hands.rereads.page = None;
    Ok(Vec::new())
}

/// Begins a document under a name that must be free, legal and routable.
fn create(model: &mut Model, text: &str, from: Option<&ResourceKey>) -> Done {
    let Address(key) = text.parse::<Address>().map_err(|error| error.to_string())?;
    if let Some(from) = from {
        names::same_kind(from, &key)?;
    }
    names::legal(model, &key)?;
    if model.inventory.find(&key).is_some() {
        return match from {
            Some(from) if *from == key => Err(format!("{key} is what is to be copied; type another name")),
            Some(from) => {
                let pair = (from.clone(), key);
                planned(model, |model| make::clone(model, vec![pair], &Known::default()))
            }
            None => Err(format!("{key} exists already; edit it instead")),
        };
    }
    if let Some(refusal) = absence::refusal(&model.inventory, &key) {
        return Err(refusal.to_string());
    }
    if model.drafts.contains_key(&key) {
        if from.is_some() {
            return Err(format!("a draft of {key} is kept already; :{key} takes it up again"));
        }
        model.overlay = None;
        edit::resume(model, &key);
        return Ok(Vec::new());
    }
    let Some(from) = from else {
        choose::ask(model, key);
        return Ok(Vec::new());
    };
    let copied = model.inventory.get(from).map(|row| row.document().clone());
    let copied = copied.ok_or("what was to be copied is gone")?;
    model.overlay = None;
    edit::begin(model, key, copied);
    if let Some(edit) = &mut model.edit {
        edit.source = Some(from.clone());
    }
    Ok(Vec::new())
}

fn open_gate(model: &mut Model, text: &str) -> Done {
    if text != model.context.name {
        return Err(format!("type the context's name, {}, to allow writing", model.context.name));
    }
    model.overlay = None;
    let request = model.next_request();
    Ok(vec![Effect::Unlock(request)])
}
