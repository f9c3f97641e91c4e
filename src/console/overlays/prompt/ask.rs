//! Opens a prompt line: a command, the name of a new document, the context's name to unlock.

use super::completion;
use crate::console::model::{Model, Tone, WriteAccess};
use crate::console::overlays::state::{Overlay, Prompt, PromptPurpose};
use crate::console::screens::Tab;
use crate::console::widgets::TextInput;
use crate::domain::ResourceKey;
use crate::inventory::Scope;

pub(crate) fn ask(model: &mut Model, purpose: PromptPurpose, text: impl Into<String>) {
    let prompt = Prompt { purpose, input: TextInput::of(text), error: None, candidates: Vec::new() };
    model.overlay = Some(Overlay::Prompt(prompt));
    completion::refresh(model);
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

/// Asks for the context's name, to unlock writing.
pub(crate) fn unlock(model: &mut Model) {
    match model.lock {
        WriteAccess::Locked => ask(model, PromptPurpose::Unlock, ""),
        WriteAccess::ReadOnly => _ = model.passes_gate(),
        WriteAccess::Open(_) => model.notify(Tone::Plain, "writing is already allowed"),
    }
}
