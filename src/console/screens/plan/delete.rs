//! Deletes: one document after a question, several as a plan.

use super::builder::{build, or_say};
use super::state::{PlanKind, PlanStep};
use super::{own_secrets, radius};
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone};
use crate::console::overlays::{Confirm, ConfirmAction, Overlay};
use crate::console::screens::browse;
use crate::console::screens::browse::marks;
use crate::console::screens::plan::send;
use crate::console::theme::glyph;
use crate::console::words;
use crate::domain::ResourceKey;

/// Deletes the marked documents, or the selected one, after a question that names them.
pub(crate) fn delete_targets(model: &mut Model) -> Vec<Effect> {
    let keys = marks::targets(model);
    match keys.as_slice() {
        [] => browse::nothing_selected(model),
        [key] if !model.context.protected => ask_delete(model, &key.clone()),
        _ => {
            let made = build(model, PlanKind::Delete(keys), None);
            return or_say(model, made);
        }
    }
    Vec::new()
}

/// Asks before deleting one document, naming it and its dependents.
fn ask_delete(model: &mut Model, key: &ResourceKey) {
    let Some(row) = model.inventory.get(key) else { return };
    let entry = row.entry();
    let mut details = vec![format!("only if it is still at {}", model.context.token(entry.token))];
    if let ResourceKey::Connection { name } = &key {
        let dependents = model.inventory.dependents(name.as_str());
        if !dependents.is_empty() {
            let names = dependents.iter().filter_map(|slot| model.inventory.row(*slot)).take(5);
            let names: Vec<_> = names.map(|row| row.key().to_string()).collect();
            details.push(format!("{} webhooks name it: {}", dependents.len(), names.join(", ")));
            details.extend(radius::by_namespace(&model.inventory, dependents));
        }
        if model.inventory.coverage().is_partial() {
            details.push("webhooks that this user may not read may name it too".into());
        }
    }
    for unused in radius::only_used_by(&model.inventory, key) {
        details.push(format!("{unused} is named by {} any more then", words::no_visible_webhook(model)));
    }
    if let Some(path) = own_secrets::left_behind(model, key) {
        details.push(format!("{path}, its own secrets, stay in their store"));
    }
    let unseen = marks::unseen(model);
    if let Some(browse) = model.browse() {
        let others = browse.marks.iter().filter(|marked| *marked != key).count();
        if unseen.contains(key) && others == 0 {
            details.push(format!("{} it is marked, and not on the screen", glyph::WARNING));
        } else if others > 0 {
            details.push(format!("{} marked elsewhere: not touched", words::plural(others, "document")));
        }
    }
    if model.drafts.contains_key(key) {
        details.push("your draft of it is kept".into());
    }
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: format!("Delete {key} from {}?", model.context.name),
        details,
        action: ConfirmAction::Delete { entry: Box::new(entry), store: model.inventory.store().cloned() },
        asked: model.now.mono,
    }));
}

/// Deletes one document, if store and token are still those that were shown.
pub(crate) fn delete_one(model: &mut Model, step: PlanStep, is_same_store: bool) -> Vec<Effect> {
    if send::is_blocked(model) {
        return Vec::new();
    }
    if !is_same_store {
        model.notify(Tone::Bad, "the store was replaced while you were asked: look, and delete it again");
        return Vec::new();
    }
    send::send(model, vec![step], None, None)
}
