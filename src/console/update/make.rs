//! Makes plans from what the picture shows: of what is deleted, copied, renamed, taken back.

use crate::domain::{Entry, ResourceKey, Token};
use crate::provider::Lease;
use crate::text::grouped;

use super::super::effect::Effect;
use super::super::model::{
    Clash, Confirm, MAX_STEPS, Model, Overlay, Plan, Recipe, Step, Then, Tone, Touched,
};
use super::send::{self, Job};
use super::{absence, browse, marks, plan};

/// A plan that was opened, or why there is none.
pub(super) type Made = Result<Vec<Effect>, String>;

/// What is known beyond the picture, which may be behind: what the store told of one key, and the
/// token that it no longer has.
#[derive(Debug, Default)]
pub(super) struct Known {
    told: Option<Clash>,
    gone: Option<Token>,
}

impl Known {
    /// What the answer to a plan told.
    pub(super) fn of(plan: &Plan) -> Self {
        let step = plan.clash.as_ref().and_then(|clash| plan.steps.iter().find(|step| step.key == clash.key));
        let gone = step.and_then(|step| step.before.as_ref()).map(|entry| entry.token);
        Self { told: plan.clash.clone(), gone }
    }

    /// What is stored under a key, as far as anybody told: the later of the two counts.
    fn now(&self, model: &Model, key: &ResourceKey) -> Option<Entry> {
        let seen = model.inventory.get(key).map(|row| row.entry());
        match (seen, self.told.as_ref().filter(|told| told.key == *key)) {
            (seen, None) => seen,
            (Some(seen), Some(Clash { now: Some(told), .. })) => {
                Some(if told.revision > seen.revision { told.clone() } else { seen })
            }
            (None, Some(Clash { now, .. })) => now.clone(),
            (Some(seen), Some(Clash { now: None, .. })) => {
                Some(seen).filter(|seen| Some(seen.token) != self.gone)
            }
        }
    }
}

/// Deletes the marked documents, or the selected one, after a question that names them.
pub(super) fn delete_chosen(model: &mut Model) -> Vec<Effect> {
    let keys = marks::chosen(model);
    match keys.as_slice() {
        [] => browse::nothing_selected(model),
        [key] if !model.context.protected => ask_delete(model, &key.clone()),
        _ => {
            let made = delete(model, keys, &Known::default());
            return said(model, made);
        }
    }
    Vec::new()
}

/// A plan, or the words that say why there is none.
pub(super) fn said(model: &mut Model, made: Made) -> Vec<Effect> {
    made.unwrap_or_else(|words| {
        model.say(Tone::Bad, words);
        Vec::new()
    })
}

/// Asks before one document is deleted, naming it and who depends on it.
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
        then: Then::Delete { entry: Box::new(entry), store: model.inventory.store().cloned() },
        asked: model.now.mono,
    }));
}

/// Deletes one document that is still in the store and at the token that were shown.
pub(super) fn delete_one(model: &mut Model, step: Step, is_same_store: bool) -> Vec<Effect> {
    if send::is_barred(model) {
        return Vec::new();
    }
    if !is_same_store {
        model.say(Tone::Bad, "the store was replaced while you were asked: look, and delete it again");
        return Vec::new();
    }
    send::send(model, Job::one(step))
}

/// Several documents that go.
pub(super) fn delete(model: &mut Model, keys: Vec<ResourceKey>, known: &Known) -> Made {
    let steps: Vec<_> = keys.iter().filter_map(|key| known.now(model, key)).map(Step::delete).collect();
    if steps.is_empty() {
        return Err("there is nothing left to delete".into());
    }
    bounded(&steps)?;
    Ok(plan::open(model, Recipe::Delete(keys), steps, 0))
}

/// Copies, each under a name of its own. What is there already is replaced on the condition of what is
/// shown of it, and keeps its lease; a copy has none.
pub(super) fn clone(model: &mut Model, pairs: Vec<(ResourceKey, ResourceKey)>, known: &Known) -> Made {
    let (mut steps, mut same) = (Vec::new(), 0);
    for (from, to) in &pairs {
        let source =
            known.now(model, from).ok_or_else(|| format!("{from}, which was to be copied, is gone"))?;
        let target = known.now(model, to);
        if target.as_ref().is_some_and(|target| target.document == source.document) {
            same += 1;
            continue;
        }
        if let (None, Some(refusal)) = (&target, absence::refusal(&model.inventory, to)) {
            return Err(refusal.to_string());
        }
        let lease = if target.is_some() { Lease::Keep } else { Lease::Never };
        let origin = Some((from.clone(), source.token));
        let step = Step::to(to.clone(), Some(source.document));
        steps.push(Step { before: target, lease, source: origin, ..step });
    }
    if steps.is_empty() {
        return Err(match pairs.as_slice() {
            [(from, to)] => format!("{to} is the same as {from} already"),
            _ => "there is nothing to copy: all of them are the same already".into(),
        });
    }
    bounded(&steps)?;
    Ok(plan::open(model, Recipe::Clone(pairs), steps, same))
}

/// Another name for a document: both happen, or none. It keeps the lease that it has.
pub(super) fn rename(model: &mut Model, from: ResourceKey, to: ResourceKey, known: &Known) -> Made {
    if model.context.capabilities.atomic_max < 2 {
        return Err(
            "this store writes one document at a time, so a rename could be left half done: clone it, and \
                    delete the old one"
                .into(),
        );
    }
    let entry = known.now(model, &from).ok_or_else(|| format!("{from}, which was to be renamed, is gone"))?;
    if let Some(there) = known.now(model, &to) {
        return Err(format!(
            "{to} exists already, at {}: choose another name, or delete it first",
            there.token
        ));
    }
    if let Some(refusal) = absence::refusal(&model.inventory, &to) {
        return Err(refusal.to_string());
    }
    let new = Step {
        lease: entry.lease.map_or(Lease::Never, Lease::Of),
        source: Some((from.clone(), entry.token)),
        ..Step::to(to.clone(), Some(entry.document.clone()))
    };
    Ok(plan::open(model, Recipe::Rename { from, to }, vec![new, Step::delete(entry)], 0))
}

/// Documents that are written again as they are, as many as one commit takes.
pub(super) fn reput(model: &mut Model, keys: Vec<ResourceKey>, known: &Known) -> Made {
    let can = &model.context.capabilities;
    let (most, room) = (can.atomic_max.min(MAX_STEPS), can.max_commit());
    let (mut steps, mut bytes, mut more) = (Vec::new(), 0, 0);
    for entry in keys.iter().filter_map(|key| known.now(model, key)) {
        let size = bytes + entry.document.len();
        if steps.len() < most && (size <= room || steps.is_empty()) {
            bytes = size;
            steps.push(Step::again(entry));
        } else {
            more += 1;
        }
    }
    if steps.is_empty() {
        return Err("there is nothing left to write again".into());
    }
    Ok(plan::open(model, Recipe::Reput(keys), steps, more))
}

/// Takes back a write of this session; from its own review, the one before it.
pub(super) fn undo_last(model: &mut Model) -> Vec<Effect> {
    if send::is_barred(model) {
        // The last write may be the one that has no answer yet.
        return Vec::new();
    }
    let written = match model.plan.as_ref().map(|plan| &plan.recipe) {
        None => model.writes.last(),
        Some(Recipe::Undo(id)) => model.writes.before(*id),
        Some(_) => {
            model.say(Tone::Plain, "leave the plan first: esc");
            return Vec::new();
        }
    };
    let Some(id) = written.map(|written| written.id) else {
        model.say(Tone::Plain, "no write of this session is left to take back");
        return Vec::new();
    };
    let made = undo(model, id);
    said(model, made)
}

/// The inverse of a write, each step on the condition that nobody has written since.
pub(super) fn undo(model: &mut Model, id: u64) -> Made {
    let Some((written, _)) = model.writes.find(id) else {
        return Err("that write is not remembered any more".into());
    };
    if written.store.as_ref() != model.inventory.store() {
        return Err(format!("the store was replaced since: {} cannot be taken back", written.what));
    }
    let steps = written.steps.iter().map(|touched| inverse(model, touched, &written.steps)).collect();
    Ok(plan::open(model, Recipe::Undo(id), steps, 0))
}

fn inverse(model: &Model, touched: &Touched, all: &[Touched]) -> Step {
    let row = model.inventory.get(&touched.key);
    let now = touched.after.as_ref().map(|(document, token)| {
        row.filter(|row| row.token() == *token).map_or_else(
            // The picture does not hold our own write yet.
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
        (None, Some(entry)) => lease_again(model, entry, all),
        _ => Lease::Keep,
    };
    let after = touched.before.as_ref().map(|entry| entry.document.clone());
    Step { before: now, after, lease, source: None, at: touched.at, key: touched.key.clone() }
}

/// A lease that went over to another name comes back from there; one that ended with its document is
/// not known to run any more.
fn lease_again(model: &Model, entry: &Entry, all: &[Touched]) -> Lease {
    let Some(lease) = entry.lease else { return Lease::Never };
    let made = all.iter().filter(|touched| touched.before.is_none());
    let held =
        |touched: &Touched| model.inventory.get(&touched.key).is_some_and(|row| row.lease() == Some(lease));
    if made.into_iter().any(held) { Lease::Of(lease) } else { Lease::Never }
}

fn bounded(steps: &[Step]) -> Result<(), String> {
    if steps.len() <= MAX_STEPS {
        return Ok(());
    }
    let (count, most) = (grouped(steps.len()), grouped(MAX_STEPS));
    Err(format!("{count} documents: a plan holds at most {most}, so that somebody can read it; mark fewer"))
}
