//! What completes a typed command, namespace or address.

use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::overlays::state::{Overlay, PromptPurpose};
use crate::console::screens::drafts::switch;
use crate::domain::Namespace;
use crate::inventory::Scope;

/// The most completions offered.
const CANDIDATES: usize = 8;

/// Updates the candidates.
pub(super) fn refresh(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return };
    let text = prompt.input.text();
    let candidates = match prompt.purpose {
        PromptPurpose::Command if text.starts_with(switch::COMMAND) => switch::names(model)
            .map(|name| format!("{}{name}", switch::COMMAND))
            .filter(|command| command.starts_with(text))
            .take(CANDIDATES)
            .collect(),
        PromptPurpose::Command if !text.contains(['/', ':']) => Action::ALL
            .iter()
            .filter(|action| action.is_command() && action.name().starts_with(text))
            .filter(|action| model.offers(**action))
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
