//! Prompt lines: commands and addresses, names of new documents, the context's name to unlock.

use crossterm::event::KeyEvent;

use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone, WriteAccess};
use crate::console::overlays::chooser;
use crate::console::overlays::state::{Overlay, Prompt, PromptPurpose};
use crate::console::screens::plan::builder::ConflictInfo;
use crate::console::screens::plan::{builder, names};
use crate::console::screens::secrets::actions::{destroy, reveal};
use crate::console::screens::{Tab, browse, editor, merge, plan, secret_form};
use crate::console::update::{keys, visibility};
use crate::console::widgets::TextInput;
use crate::domain::{Address, Namespace, ResourceKey};
use crate::inventory::Scope;

/// Completions offered at once.
const CANDIDATES: usize = 8;

pub(crate) fn ask(model: &mut Model, purpose: PromptPurpose, text: impl Into<String>) {
    let prompt = Prompt { purpose, input: TextInput::of(text), error: None, candidates: Vec::new() };
    model.overlay = Some(Overlay::Prompt(prompt));
    refresh(model);
}

/// Asks for the name of a new document, starting with the current namespace.
pub(crate) fn new_document(model: &mut Model) {
    let start = match (model.tab, model.webhooks.listing.scope()) {
        (Tab::Connections, _) => "connections/".into(),
        (_, Scope::Namespace(namespace)) => format!("{}/", namespace.as_str()),
        _ => model
            .selected()
            .and_then(ResourceKey::namespace)
            .map(|ns| format!("{}/", ns.as_str()))
            .unwrap_or_default(),
    };
    ask(model, PromptPurpose::New, start);
}

/// Asks for the name of a copy.
pub(crate) fn clone_one(model: &mut Model, key: ResourceKey) {
    let start = key.to_string();
    ask(model, PromptPurpose::Clone(key), start);
}

/// Asks for the namespace of several copies.
pub(crate) fn clone_to(model: &mut Model, keys: Vec<ResourceKey>) {
    ask(model, PromptPurpose::CloneTo(keys), "");
}

/// Asks for a new name.
pub(crate) fn rename(model: &mut Model, key: ResourceKey) {
    let start = key.to_string();
    ask(model, PromptPurpose::Rename(key), start);
}

/// Asks to type the words without which the plan is not written.
pub(crate) fn ask_typed_words(model: &mut Model, words: String) {
    ask(model, PromptPurpose::Typed(words), "");
}

/// Asks for the context's name, to allow writing.
pub(crate) fn unlock(model: &mut Model) {
    match model.lock {
        WriteAccess::ReadOnly => {
            model.notify(Tone::Bad, "read-only: this console was started without a writer")
        }
        WriteAccess::Open(_) => model.notify(Tone::Plain, "writing is already allowed"),
        WriteAccess::Locked => ask(model, PromptPurpose::Unlock, ""),
    }
}

pub(crate) fn key(model: &mut Model, key: KeyEvent) {
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        prompt.input.key(key);
        prompt.error = None;
    }
    refresh(model);
}

/// A paste; refused where typing is the safeguard.
pub(crate) fn paste(model: &mut Model, text: &str) {
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        let refused = match prompt.purpose {
            PromptPurpose::Unlock => Some("type the name; a paste is not taken here"),
            PromptPurpose::Typed(_) => Some("type the words; a paste is not taken here"),
            PromptPurpose::Destroy(_) => Some("type the path; a paste is not taken here"),
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

/// Completes to the common prefix of all candidates.
pub(crate) fn complete(model: &mut Model) {
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

/// Updates the candidates.
fn refresh(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return };
    let text = prompt.input.text();
    let candidates = match prompt.purpose {
        PromptPurpose::Command if !text.contains(['/', ':']) => Action::ALL
            .iter()
            .filter(|action| action.is_command() && action.name().starts_with(text))
            .filter(|action| model.lock != WriteAccess::ReadOnly || !action.needs_writer())
            .map(|action| action.name().to_owned())
            .chain(namespaces(model, text))
            .take(CANDIDATES)
            .collect(),
        PromptPurpose::Command => addresses(model, text),
        PromptPurpose::CloneTo(_) => {
            namespaces(model, text).filter(|name| name != "connections/").take(CANDIDATES).collect()
        }
        PromptPurpose::New | PromptPurpose::Clone(_) | PromptPurpose::Rename(_) => {
            namespaces(model, text).take(CANDIDATES).collect()
        }
        _ => Vec::new(),
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

/// Submits the line.
pub(crate) fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return Vec::new() };
    let (purpose, text) = (prompt.purpose.clone(), prompt.input.text().trim().to_owned());
    let done = match purpose {
        PromptPurpose::Command => run(model, &text),
        PromptPurpose::New => create(model, &text, None),
        PromptPurpose::Clone(from) => create(model, &text, Some(&from)),
        PromptPurpose::CloneTo(keys) => close_on_success(model, |model| names::clone_all(model, keys, &text)),
        PromptPurpose::Rename(from) => close_on_success(model, |model| names::rename(model, from, &text)),
        PromptPurpose::Typed(words) if text == words => {
            close_on_success(model, |model| Ok(plan::on_typed(model)))
        }
        PromptPurpose::Typed(words) => Err(format!("type {words} to write it, or leave with esc")),
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
    if let Some(action) = Action::named(text) {
        model.overlay = None;
        let goes_on = matches!(
            action,
            Action::Unlock | Action::Lock | Action::Retry | Action::Redraw | Action::Suspend | Action::Help
        );
        if let Some(open) = open_work(model).filter(|_| !goes_on) {
            model.notify(Tone::Plain, format!("leave the {open} first: esc"));
            return Ok(Vec::new());
        }
        if !matches!(action, Action::Rewrite | Action::Redraw | Action::Suspend | Action::Help) {
            // The page only informs, and `:reread` shows it again.
            model.secret_actions.stale_dependents.page = None;
        }
        return Ok(keys::act(model, action));
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
    if let Some(refusal) = visibility::denied_if_hidden(&model.inventory, &key) {
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
    Ok(Vec::new())
}

/// What has to be left before anything else is opened.
fn open_work(model: &Model) -> Option<&'static str> {
    match (&model.plan, &model.edit) {
        (Some(_), _) => Some("plan"),
        (None, Some(_)) => Some("draft"),
        (None, None) => model.secret_actions.covers_body().then_some("form"),
    }
}

/// Starts a document under a name that must be free, valid and routable.
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
                close_on_success(model, |model| builder::clone(model, vec![pair], &ConflictInfo::default()))
            }
            None => Err(format!("{key} exists already; edit it instead")),
        };
    }
    if let Some(refusal) = visibility::denied_if_hidden(&model.inventory, &key) {
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
    if text != model.context.name {
        return Err(format!("type the context's name, {}, to allow writing", model.context.name));
    }
    model.overlay = None;
    let request = model.next_request();
    Ok(vec![Effect::Unlock(request)])
}
