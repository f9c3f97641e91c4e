//! Names of copies and renames: valid, routable, of the same kind, and unused where required.

use super::builder::PlanResult;
use super::state::PlanKind;
use crate::console::model::{Model, Tone};
use crate::console::overlays::{PromptPurpose, prompt};
use crate::console::screens::browse;
use crate::console::screens::browse::marking;
use crate::console::screens::plan::builder;
use crate::domain::{Address, DocumentKind, Namespace, ResourceKey};

/// Whether a document with this name can be stored here and routed to by the receiver.
///
/// # Errors
/// The rule that it breaks.
pub(crate) fn check_name(model: &Model, key: &ResourceKey) -> Result<(), String> {
    let capabilities = model.context.capabilities;
    match key {
        ResourceKey::Foreign { .. } => Err("the receiver would ignore this key".into()),
        ResourceKey::Webhook { namespace, .. }
            if !capabilities.namespaces && *namespace != Namespace::default() =>
        {
            Err("this store has the namespace default alone".into())
        }
        ResourceKey::Webhook { id, .. } => match id.unroutable() {
            Some(rule) => Err(format!("the receiver would never route to it: {rule}")),
            None => Ok(()),
        },
        ResourceKey::Connection { .. } if !capabilities.connections => {
            Err("this store holds no connections".into())
        }
        ResourceKey::Connection { .. } => Ok(()),
    }
}

/// Refuses to turn a webhook into a connection, or the other way round.
///
/// # Errors
/// A message saying so.
pub(crate) fn check_same_kind(from: &ResourceKey, to: &ResourceKey) -> Result<(), String> {
    if DocumentKind::of(from) == DocumentKind::of(to) {
        return Ok(());
    }
    Err("a webhook stays a webhook, and a connection a connection: choose a name of the same kind".into())
}

/// Asks where to copy the marked documents, or the selected one.
pub(crate) fn ask_clone(model: &mut Model) {
    let keys = marking::targets(model);
    let refused = |model: &mut Model, words| model.notify(Tone::Bad, words);
    if keys.iter().any(ResourceKey::is_foreign) {
        return refused(model, "a key the receiver ignores can be viewed and deleted, not copied");
    }
    if keys.len() < 2 {
        return match keys.into_iter().next() {
            Some(key) => {
                let start = key.to_string();
                prompt::ask(model, PromptPurpose::Clone(key), start);
            }
            None => browse::nothing_selected(model),
        };
    }
    if keys.iter().any(|key| key.namespace().is_none()) {
        return refused(model, "connections live in no namespace: copy one at a time, under another name");
    }
    if !model.context.capabilities.namespaces {
        return refused(
            model,
            "copy one at a time, under another name: the namespace default is the only one here",
        );
    }
    prompt::ask(model, PromptPurpose::CloneTo(keys), "");
}

/// Copies several webhooks to a namespace, keeping their ids.
pub(crate) fn clone_all(model: &mut Model, keys: Vec<ResourceKey>, text: &str) -> PlanResult {
    let name = text.strip_suffix('/').unwrap_or(text);
    let wanted = Namespace::new(name).map_err(|error| format!("\"{name}\" is not a namespace: {error}"))?;
    let mut pairs: Vec<(ResourceKey, ResourceKey)> = Vec::with_capacity(keys.len());
    for from in keys {
        let ResourceKey::Webhook { namespace, id } = &from else { continue };
        if *namespace == wanted {
            return Err(format!("{from} is in {name} already: unmark it, or choose another namespace"));
        }
        let to = ResourceKey::webhook(wanted.clone(), id.clone());
        check_name(model, &to)?;
        if let Some((other, _)) = pairs.iter().find(|(_, taken)| *taken == to) {
            return Err(format!("{other} and {from} would both become {to}: unmark one of them"));
        }
        pairs.push((from, to));
    }
    builder::build(model, PlanKind::Clone(pairs), None)
}

/// Asks for a new name for the selected document.
pub(crate) fn ask_rename(model: &mut Model) {
    match model.selected().cloned() {
        Some(key) if key.is_foreign() => {
            model.notify(Tone::Bad, "a key the receiver ignores can be viewed and deleted, not renamed");
        }
        Some(key) => {
            let start = key.to_string();
            prompt::ask(model, PromptPurpose::Rename(key), start);
        }
        None => browse::nothing_selected(model),
    }
}

pub(crate) fn rename(model: &mut Model, from: ResourceKey, text: &str) -> PlanResult {
    let Address(to) = text.parse::<Address>().map_err(|error| error.to_string())?;
    if to == from {
        return Err("that is its name already".into());
    }
    check_same_kind(&from, &to)?;
    check_name(model, &to)?;
    builder::build(model, PlanKind::Rename { from, to }, None)
}
