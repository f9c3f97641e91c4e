//! Builds plans from the inventory: deletes, copies, renames, rewrites. Undo plans are built in `undo`.

use super::state::{MAX_STEPS, Plan, PlanKind, PlanStep, StepDiff, StepDiffs, diff, size};
use super::undo::undo;
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone, denied_if_hidden};
use crate::console::overlays::{Confirm, ConfirmAction, Overlay};
use crate::console::screens::browse;
use crate::console::screens::browse::marking;
use crate::console::screens::plan::send;
use crate::domain::{Entry, ResourceKey};
use crate::provider::{Capabilities, Lease};
use crate::text::grouped;

/// The effects of opening a plan, or why it cannot be opened.
pub(crate) type PlanResult = Result<Vec<Effect>, String>;

/// Builds a plan from what is stored now, and opens it. If it replaces a `refused` plan, the entry that the
/// store reported with the refusal is used if the inventory lags behind it.
pub(crate) fn build(model: &mut Model, kind: PlanKind, refused: Option<&Plan>) -> PlanResult {
    let now = |key: &ResourceKey| current_entry(model, refused, key);
    let (steps, unchanged) = match &kind {
        PlanKind::Delete(keys) => (keys.iter().filter_map(now).map(PlanStep::delete).collect(), 0),
        PlanKind::Clone(pairs) => clone(model, pairs, now)?,
        PlanKind::Rename { from, to } => (rename(model, from, to, now)?, 0),
        PlanKind::Rewrite(keys) => rewrite(&model.context.capabilities, keys.iter().filter_map(now)),
        PlanKind::Undo(id) => (undo(model, *id)?, 0),
    };
    if steps.is_empty() {
        return Err(match &kind {
            PlanKind::Clone(pairs) if let [(from, to)] = pairs.as_slice() => {
                format!("{to} is the same as {from} already")
            }
            PlanKind::Clone(_) => "there is nothing to copy: all of them are the same already".into(),
            PlanKind::Rewrite(_) => "there is nothing left to write again".into(),
            _ => "there is nothing left to delete".into(),
        });
    }
    if steps.len() > MAX_STEPS {
        let (count, most) = (grouped(steps.len()), grouped(MAX_STEPS));
        return Err(format!(
            "{count} documents: a plan holds at most {most}, so that somebody can read it; mark fewer"
        ));
    }
    let request = model.next_request();
    let shown = (model.inventory.store().cloned(), model.now.mono, request);
    model.plan = Some(Box::new(Plan { unchanged, ..Plan::new(kind, steps.clone(), shown) }));
    // If the comparison panics, the result is empty, so the plan never counts as compared or is written.
    let job = Compute::new(size(&steps), move || diff(&steps), Vec::new(), on_compared);
    Ok(vec![Effect::Compute(request, job)])
}

/// Takes the comparisons of the plan's steps.
fn on_compared(model: &mut Model, request: RequestId, looks: Vec<StepDiff>) -> Vec<Effect> {
    if let Some(plan) = &mut model.plan
        && matches!(plan.diffs, StepDiffs::Comparing(asked) if asked == request)
        && looks.len() == plan.steps.len()
    {
        plan.diffs = StepDiffs::Ready(looks);
    }
    Vec::new()
}

/// The stored entry of a key: the later of the inventory's and the one reported with the refusal.
fn current_entry(model: &Model, refused: Option<&Plan>, key: &ResourceKey) -> Option<Entry> {
    let seen = model.inventory.get(key).map(|row| row.entry());
    let Some((plan, told)) = refused.and_then(|plan| Some((plan, plan.conflict.as_ref()?))) else {
        return seen;
    };
    match (seen, told.now.clone()) {
        (seen, _) if told.key != *key => seen,
        (None, told) => told,
        (Some(seen), Some(told)) => Some(if told.revision > seen.revision { told } else { seen }),
        (Some(seen), None) => {
            let step = plan.steps.iter().find(|step| step.key == *key);
            let gone = step.and_then(|step| step.before.as_ref()).map(|entry| entry.token);
            Some(seen).filter(|seen| Some(seen.token) != gone)
        }
    }
}

/// Deletes the marked documents, or the selected one, after a question that names them.
pub(crate) fn delete_targets(model: &mut Model) -> Vec<Effect> {
    let keys = marking::targets(model);
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

/// Opens the plan, or reports why it cannot be opened.
pub(crate) fn or_say(model: &mut Model, made: PlanResult) -> Vec<Effect> {
    made.unwrap_or_else(|words| {
        model.notify(Tone::Bad, words);
        Vec::new()
    })
}

/// Asks before deleting one document, naming it and its dependents.
fn ask_delete(model: &mut Model, key: &ResourceKey) {
    let Some(row) = model.inventory.get(key) else { return };
    let entry = row.entry();
    let mut details = vec![format!("only if it is still at {}", entry.token)];
    if let ResourceKey::Connection { name } = &key {
        let dependents = model.inventory.dependents(name.as_str());
        if !dependents.is_empty() {
            let names = dependents.iter().filter_map(|slot| model.inventory.row(*slot)).take(5);
            let names: Vec<_> = names.map(|row| row.key().to_string()).collect();
            details.push(format!("{} webhooks name it: {}", dependents.len(), names.join(", ")));
        }
        if model.inventory.coverage().is_partial() {
            details.push("webhooks that this user may not read may name it too".into());
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

/// The steps that copy each document to its own target, and how many are already identical. An existing
/// target is replaced on the condition of the token shown, and keeps its lease; a new copy has none.
fn clone(
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

/// A rename: both steps happen, or neither. The document keeps its lease.
fn rename(
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

/// Writes documents unchanged, as many as fit into one commit; also returns how many are left out.
fn rewrite(can: &Capabilities, entries: impl Iterator<Item = Entry>) -> (Vec<PlanStep>, usize) {
    let (most, room) = (can.atomic_max.min(MAX_STEPS), can.max_commit());
    let (mut steps, mut bytes, mut more) = (Vec::new(), 0, 0);
    for entry in entries {
        let size = bytes + entry.document.len();
        if steps.len() < most && (size <= room || steps.is_empty()) {
            bytes = size;
            steps.push(PlanStep::rewrite(entry));
        } else {
            more += 1;
        }
    }
    (steps, more)
}
