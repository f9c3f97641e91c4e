//! Renames: the prompt, the checks, and the two steps of the plan.

use super::builder::{PlanResult, build};
use super::names::{check_name, check_same_kind};
use super::state::{PlanKind, PlanStep};
use crate::console::model::{Model, Tone, denied_if_hidden};
use crate::console::overlays::{PromptPurpose, prompt};
use crate::console::screens::browse;
use crate::domain::{Address, Entry, ResourceKey};
use crate::provider::Lease;

/// Asks for a new name for the selected document.
pub(crate) fn ask_rename(model: &mut Model) {
    match model.focused().cloned() {
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

pub(crate) fn rename_to(model: &mut Model, from: ResourceKey, text: &str) -> PlanResult {
    let Address(to) = text.parse::<Address>().map_err(|error| error.to_string())?;
    if to == from {
        return Err("that is its name already".into());
    }
    check_same_kind(&from, &to)?;
    check_name(model, &to)?;
    build(model, PlanKind::Rename { from, to }, None)
}

/// A rename: both steps happen, or neither. The document keeps its lease.
pub(super) fn rename_steps(
    model: &Model,
    from: &ResourceKey,
    to: &ResourceKey,
    now: impl Fn(&ResourceKey) -> Option<Entry>,
) -> Result<Vec<PlanStep>, String> {
    if model.context.capabilities.atomic_max < 2 {
        return Err(
            "this store writes one document at a time, so a rename could be left half done: clone it, and \
                    delete the old one"
                .into(),
        );
    }
    let entry = now(from).ok_or_else(|| format!("{from}, which was to be renamed, is gone"))?;
    if let Some(there) = now(to) {
        return Err(format!(
            "{to} exists already, at {}: choose another name, or delete it first",
            there.token
        ));
    }
    if let Some(refusal) = denied_if_hidden(&model.inventory, to) {
        return Err(refusal.to_string());
    }
    let new = PlanStep {
        lease: entry.lease.map_or(Lease::Never, Lease::Of),
        source: Some((from.clone(), entry.token)),
        ..PlanStep::create(to.clone(), Some(entry.document.clone()))
    };
    Ok(vec![new, PlanStep::delete(entry)])
}
