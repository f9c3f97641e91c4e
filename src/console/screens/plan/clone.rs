//! Copies: the prompt, the checks, and the steps of the plan. One copy to an unused name becomes a draft.

use super::builder::{PlanResult, build};
use super::names::check_name;
use super::state::{PlanKind, PlanStep};
use crate::console::model::{Model, Tone, denied_if_hidden};
use crate::console::overlays::{PromptPurpose, prompt};
use crate::console::screens::browse;
use crate::console::screens::browse::marks;
use crate::domain::{Entry, Namespace, ResourceKey};
use crate::provider::Lease;

/// Asks where to copy the marked documents, or the selected one.
pub(crate) fn ask_clone(model: &mut Model) {
    let keys = marks::targets(model);
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
pub(crate) fn clone_to(model: &mut Model, keys: Vec<ResourceKey>, text: &str) -> PlanResult {
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
    build(model, PlanKind::Clone(pairs), None)
}

/// The steps that copy each document to its own target, and how many are already identical. An existing
/// target is replaced on the condition of the token shown, and keeps its lease; a new copy has none.
pub(super) fn clone_steps(
    model: &Model,
    pairs: &[(ResourceKey, ResourceKey)],
    now: impl Fn(&ResourceKey) -> Option<Entry>,
) -> Result<(Vec<PlanStep>, usize), String> {
    let mut steps = Vec::new();
    for (from, to) in pairs {
        let source = now(from).ok_or_else(|| format!("{from}, which was to be copied, is gone"))?;
        let target = now(to);
        if target.as_ref().is_some_and(|target| target.document == source.document) {
            continue;
        }
        if let (None, Some(refusal)) = (&target, denied_if_hidden(&model.inventory, to)) {
            return Err(refusal.to_string());
        }
        let lease = if target.is_some() { Lease::Keep } else { Lease::Never };
        let origin = Some((from.clone(), source.token));
        let step = PlanStep::create(to.clone(), Some(source.document));
        steps.push(PlanStep { before: target, lease, source: origin, ..step });
    }
    let same = pairs.len() - steps.len();
    Ok((steps, same))
}
