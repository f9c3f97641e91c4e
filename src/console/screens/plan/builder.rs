//! Builds plans from the inventory: deletes, copies, renames, rewrites, undos.

use super::send::CommitSpec;
use super::state::{MAX_STEPS, Plan, PlanConflict, PlanKind, PlanStep};
use super::undo_log::UndoChange;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone, denied_if_hidden};
use crate::console::overlays::{Confirm, ConfirmAction, Overlay};
use crate::console::screens::browse;
use crate::console::screens::browse::marking;
use crate::console::screens::plan::{send, update};
use crate::domain::{Entry, ResourceKey, Token};
use crate::provider::Lease;
use crate::text::grouped;

/// The effects of opening a plan, or why there is none.
pub(crate) type PlanResult = Result<Vec<Effect>, String>;

/// What the answer to a plan reported, where the inventory may be behind: the entry stored under one key,
/// and the token that it no longer has.
#[derive(Debug, Default)]
pub(crate) struct ConflictInfo {
    reported: Option<PlanConflict>,
    stale_token: Option<Token>,
}

impl ConflictInfo {
    pub(crate) fn from_plan(plan: &Plan) -> Self {
        let step =
            plan.conflict.as_ref().and_then(|clash| plan.steps.iter().find(|step| step.key == clash.key));
        let stale_token = step.and_then(|step| step.before.as_ref()).map(|entry| entry.token);
        Self { reported: plan.conflict.clone(), stale_token }
    }

    /// What is stored under a key: the later of inventory and report.
    fn current_entry(&self, model: &Model, key: &ResourceKey) -> Option<Entry> {
        let seen = model.inventory.get(key).map(|row| row.entry());
        match (seen, self.reported.as_ref().filter(|told| told.key == *key)) {
            (seen, None) => seen,
            (Some(seen), Some(PlanConflict { now: Some(told), .. })) => {
                Some(if told.revision > seen.revision { told.clone() } else { seen })
            }
            (None, Some(PlanConflict { now, .. })) => now.clone(),
            (Some(seen), Some(PlanConflict { now: None, .. })) => {
                Some(seen).filter(|seen| Some(seen.token) != self.stale_token)
            }
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
            let made = delete(model, keys, &ConflictInfo::default());
            return or_say(model, made);
        }
    }
    Vec::new()
}

/// Opens the plan, or reports why there is none.
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
    send::send(model, CommitSpec::one(step))
}

/// Plans the deletion of several documents.
pub(crate) fn delete(model: &mut Model, keys: Vec<ResourceKey>, known: &ConflictInfo) -> PlanResult {
    let steps: Vec<_> =
        keys.iter().filter_map(|key| known.current_entry(model, key)).map(PlanStep::delete).collect();
    if steps.is_empty() {
        return Err("there is nothing left to delete".into());
    }
    check_step_limit(&steps)?;
    Ok(update::open(model, PlanKind::Delete(keys), steps, 0))
}

/// Plans copies, each under its own name. An existing target is replaced on condition of the token shown, and
/// keeps its lease; a new copy has none.
pub(crate) fn clone(
    model: &mut Model,
    pairs: Vec<(ResourceKey, ResourceKey)>,
    known: &ConflictInfo,
) -> PlanResult {
    let (mut steps, mut same) = (Vec::new(), 0);
    for (from, to) in &pairs {
        let source = known
            .current_entry(model, from)
            .ok_or_else(|| format!("{from}, which was to be copied, is gone"))?;
        let target = known.current_entry(model, to);
        if target.as_ref().is_some_and(|target| target.document == source.document) {
            same += 1;
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
    if steps.is_empty() {
        return Err(match pairs.as_slice() {
            [(from, to)] => format!("{to} is the same as {from} already"),
            _ => "there is nothing to copy: all of them are the same already".into(),
        });
    }
    check_step_limit(&steps)?;
    Ok(update::open(model, PlanKind::Clone(pairs), steps, same))
}

/// Plans a rename: both steps happen, or none. The document keeps its lease.
pub(crate) fn rename(
    model: &mut Model,
    from: ResourceKey,
    to: ResourceKey,
    known: &ConflictInfo,
) -> PlanResult {
    if model.context.capabilities.atomic_max < 2 {
        return Err(
            "this store writes one document at a time, so a rename could be left half done: clone it, and \
                    delete the old one"
                .into(),
        );
    }
    let entry = known
        .current_entry(model, &from)
        .ok_or_else(|| format!("{from}, which was to be renamed, is gone"))?;
    if let Some(there) = known.current_entry(model, &to) {
        return Err(format!(
            "{to} exists already, at {}: choose another name, or delete it first",
            there.token
        ));
    }
    if let Some(refusal) = denied_if_hidden(&model.inventory, &to) {
        return Err(refusal.to_string());
    }
    let new = PlanStep {
        lease: entry.lease.map_or(Lease::Never, Lease::Of),
        source: Some((from.clone(), entry.token)),
        ..PlanStep::create(to.clone(), Some(entry.document.clone()))
    };
    Ok(update::open(model, PlanKind::Rename { from, to }, vec![new, PlanStep::delete(entry)], 0))
}

/// Plans to write documents again unchanged, as many as one commit takes.
pub(crate) fn rewrite(model: &mut Model, keys: Vec<ResourceKey>, known: &ConflictInfo) -> PlanResult {
    let can = &model.context.capabilities;
    let (most, room) = (can.atomic_max.min(MAX_STEPS), can.max_commit());
    let (mut steps, mut bytes, mut more) = (Vec::new(), 0, 0);
    for entry in keys.iter().filter_map(|key| known.current_entry(model, key)) {
        let size = bytes + entry.document.len();
        if steps.len() < most && (size <= room || steps.is_empty()) {
            bytes = size;
            steps.push(PlanStep::rewrite(entry));
        } else {
            more += 1;
        }
    }
    if steps.is_empty() {
        return Err("there is nothing left to write again".into());
    }
    Ok(update::open(model, PlanKind::Rewrite(keys), steps, more))
}

/// Undoes the last write of this session; from the review of an undo, the write before that.
pub(crate) fn undo_last(model: &mut Model) -> Vec<Effect> {
    if send::is_blocked(model) {
        // The last write may be the one that has no answer yet.
        return Vec::new();
    }
    let written = match model.plan.as_ref().map(|plan| &plan.kind) {
        None => model.undo_log.last(),
        Some(PlanKind::Undo(id)) => model.undo_log.older_than(*id),
        Some(_) => {
            model.notify(Tone::Plain, "leave the plan first: esc");
            return Vec::new();
        }
    };
    let Some(id) = written.map(|written| written.id) else {
        model.notify(Tone::Plain, "no write of this session is left to take back");
        return Vec::new();
    };
    let made = undo(model, id);
    or_say(model, made)
}

/// The inverse of a write, each step on the condition that nobody has written since.
pub(crate) fn undo(model: &mut Model, id: u64) -> PlanResult {
    let Some((written, _)) = model.undo_log.find(id) else {
        return Err("that write is not remembered any more".into());
    };
    if written.store.as_ref() != model.inventory.store() {
        return Err(format!("the store was replaced since: {} cannot be taken back", written.description));
    }
    let steps = written.steps.iter().map(|touched| inverse_step(model, touched, &written.steps)).collect();
    Ok(update::open(model, PlanKind::Undo(id), steps, 0))
}

fn inverse_step(model: &Model, touched: &UndoChange, all: &[UndoChange]) -> PlanStep {
    let row = model.inventory.get(&touched.key);
    let now = touched.after.as_ref().map(|(document, token)| {
        row.filter(|row| row.token() == *token).map_or_else(
            // The inventory does not show our own write yet.
            || Entry {
                key: touched.key.clone(),
                document: document.clone(),
                revision: touched.at,
                created: None,
                version: None,
                token: *token,
                lease: touched.before.as_ref().and_then(|entry| entry.lease),
            },
            |row| row.entry(),
        )
    });
    let lease = match (&now, &touched.before) {
        (None, Some(entry)) => lease_for_undo(model, entry, all),
        _ => Lease::Keep,
    };
    let after = touched.before.as_ref().map(|entry| entry.document.clone());
    PlanStep { before: now, after, lease, source: None, at: touched.at, key: touched.key.clone() }
}

/// A lease that moved to another name is taken back from there; one that was unbound with its document may
/// have expired.
fn lease_for_undo(model: &Model, entry: &Entry, all: &[UndoChange]) -> Lease {
    let Some(lease) = entry.lease else { return Lease::Never };
    let made = all.iter().filter(|touched| touched.before.is_none());
    let held = |touched: &UndoChange| {
        model.inventory.get(&touched.key).is_some_and(|row| row.lease() == Some(lease))
    };
    if made.into_iter().any(held) { Lease::Of(lease) } else { Lease::Never }
}

fn check_step_limit(steps: &[PlanStep]) -> Result<(), String> {
    if steps.len() <= MAX_STEPS {
        return Ok(());
    }
    let (count, most) = (grouped(steps.len()), grouped(MAX_STEPS));
    Err(format!("{count} documents: a plan holds at most {most}, so that somebody can read it; mark fewer"))
}
