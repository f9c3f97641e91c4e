//! Builds a plan of any kind from what is stored now, and opens it.

use std::collections::BTreeSet;

use super::clone::clone_steps;
use super::rename::rename_steps;
use super::state::{MAX_STEPS, Plan, PlanKind, PlanStep, StepDiff, StepDiffs, diff, size};
use super::undo::undo;
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::screens::browse::marks;
use crate::domain::{Entry, ResourceKey};
use crate::provider::Capabilities;
use crate::text::grouped;

/// The effects of opening a plan, or why it cannot be opened.
pub(crate) type PlanResult = Result<Vec<Effect>, String>;

/// Builds a plan from what is stored now, and opens it. If it replaces a `refused` plan, the entry that the
/// store reported with the refusal is used if the inventory lags behind it.
pub(crate) fn build(model: &mut Model, kind: PlanKind, refused: Option<&Plan>) -> PlanResult {
    let now = |key: &ResourceKey| current_entry(model, refused, key);
    let (mut steps, unchanged) = match &kind {
        PlanKind::Delete(keys) => (keys.iter().filter_map(now).map(PlanStep::delete).collect(), 0),
        PlanKind::Clone(pairs) => clone_steps(model, pairs, now)?,
        PlanKind::Rename { from, to } => (rename_steps(model, from, to, now)?, 0),
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
            PlanKind::Undo(_) => "nothing of that write is left to take back".into(),
            _ => "there is nothing left to delete".into(),
        });
    }
    if steps.len() > MAX_STEPS {
        let (count, most) = (grouped(steps.len()), grouped(MAX_STEPS));
        return Err(format!(
            "{count} documents: a plan holds at most {most}, so that somebody can read it; mark fewer"
        ));
    }
    let (mut unseen, mut left_out) = match refused {
        Some(plan) => (plan.unseen.clone(), plan.left_out.clone()),
        None => (unseen(model, &kind, &steps), BTreeSet::new()),
    };
    for keys in [&mut unseen, &mut left_out] {
        keys.retain(|key| steps.iter().any(|step| step.key == *key));
    }
    steps.sort_by_key(|step| !unseen.contains(&step.key));
    let request = model.next_request();
    let shown = (model.inventory.store().cloned(), model.now.mono, request);
    let plan = Plan::new(kind, steps.clone(), shown);
    model.plan = Some(Box::new(Plan { unchanged, unseen, left_out, ..plan }));
    // If the comparison panics, the result is empty, so the plan never counts as compared or is written.
    let names = model.context.secret_names.clone();
    let job = Compute::new(size(&steps), move || diff(&names, &steps), Vec::new(), on_compared);
    Ok(vec![Effect::Compute(request, job)])
}

/// The steps of documents that are marked, but not on the screen.
fn unseen(model: &Model, kind: &PlanKind, steps: &[PlanStep]) -> BTreeSet<ResourceKey> {
    if !matches!(kind, PlanKind::Delete(_) | PlanKind::Clone(_)) {
        return BTreeSet::new();
    }
    let marked = marks::unseen(model);
    let of = |step: &&PlanStep| marked.contains(step.source.as_ref().map_or(&step.key, |(from, _)| from));
    steps.iter().filter(of).map(|step| step.key.clone()).collect()
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
    let told = |plan: &'_ Plan| plan.conflicts.iter().find(|told| told.key == *key).cloned();
    let Some((plan, told)) = refused.and_then(|plan| Some((plan, told(plan)?))) else { return seen };
    match (seen, told.now) {
        (None, told) => told,
        (Some(seen), Some(told)) => Some(if told.revision > seen.revision { told } else { seen }),
        (Some(seen), None) => {
            let step = plan.steps.iter().find(|step| step.key == *key);
            let gone = step.and_then(|step| step.before.as_ref()).map(|entry| entry.token);
            Some(seen).filter(|seen| Some(seen.token) != gone)
        }
    }
}

/// Opens the plan, or reports why it cannot be opened.
pub(crate) fn or_say(model: &mut Model, made: PlanResult) -> Vec<Effect> {
    made.unwrap_or_else(|words| {
        model.notify(Tone::Bad, words);
        Vec::new()
    })
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
