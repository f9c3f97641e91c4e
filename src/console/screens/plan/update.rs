//! The review of several writes as one: opened, scrolled, written in one commit, rebuilt.

use super::builder::ConflictInfo;
use super::send::CommitSpec;
use super::state::{Plan, PlanConflict, PlanKind, PlanStep, StepConflict, StepDiff, StepDiffs, diff, size};
use super::view::height;
use crate::console::compute::Compute;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{ConsoleContext, Model, PendingWrite, Tone};
use crate::console::overlays::{PromptPurpose, prompt};
use crate::console::screens::browse;
use crate::console::screens::browse::marking;
use crate::console::screens::plan::{builder, send};
use crate::console::update::visibility;
use crate::console::widgets::Movement;
use crate::domain::{Entry, ResourceKey};

/// Shows a plan and compares what it changes.
pub(crate) fn open(model: &mut Model, recipe: PlanKind, steps: Vec<PlanStep>, same: usize) -> Vec<Effect> {
    let request = model.next_request();
    let shown = (model.inventory.store().cloned(), model.now.mono, request);
    let plan = Plan { unchanged: same, ..Plan::new(recipe, steps, shown) };
    let sides = plan.sides();
    model.plan = Some(Box::new(plan));
    // Without a result, after a panic, the plan is never taken for compared, and never written.
    let job = Compute::new(size(&sides), move || diff(&sides), Vec::new(), on_compared);
    vec![Effect::Compute(request, job)]
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

/// Writes the plan; in a protected context a deletion has to be typed out first.
pub(crate) fn write(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = &model.plan else { return Vec::new() };
    if model.now.is_too_soon_after(plan.opened) || send::is_blocked(model) {
        return Vec::new();
    }
    if let Some(words) = blocker(model) {
        model.notify(Tone::Bad, words);
        return Vec::new();
    }
    let typed =
        model.plan.as_ref().filter(|_| model.context.protected).and_then(|plan| plan.confirmation_text());
    match typed {
        Some(words) => {
            prompt::ask(model, PromptPurpose::Typed(words), "");
            Vec::new()
        }
        None => commit(model),
    }
}

/// Writes the plan once its words were typed.
pub(crate) fn on_typed(model: &mut Model) -> Vec<Effect> {
    if !model.passes_gate() || send::is_blocked(model) {
        return Vec::new();
    }
    if let Some(words) = blocker(model) {
        model.notify(Tone::Bad, words);
        return Vec::new();
    }
    commit(model)
}

fn commit(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = &model.plan else { return Vec::new() };
    let undoes = if let PlanKind::Undo(id) = plan.kind { Some(id) } else { None };
    let said = match (&plan.kind, plan.steps.as_slice()) {
        (PlanKind::Delete(_), [_]) => None,
        _ => Some(plan.describe()),
    };
    let job = CommitSpec { steps: plan.steps.clone(), description: said, undoes };
    let effects = send::send(model, job);
    let request = model.pending_write.as_ref().map(|writing| writing.request);
    if let Some(plan) = &mut model.plan {
        plan.sent = request;
    }
    effects
}

/// Why the plan cannot be written as it is, as far as is known without asking the store.
fn blocker(model: &Model) -> Option<String> {
    let plan = model.plan.as_ref()?;
    let undo = matches!(plan.kind, PlanKind::Undo(_));
    if plan.store.as_ref() != model.inventory.store() {
        let then = if undo { "it cannot be taken back" } else { "b makes the plan anew" };
        return Some(format!("the store was replaced while you looked: nothing was written; {then}"));
    }
    if plan.conflict.is_some() {
        let then = if undo { "it cannot be taken back" } else { "b makes the plan anew" };
        return Some(format!("nothing was written, and nothing will be: {then}"));
    }
    if matches!(plan.diffs, StepDiffs::Comparing(_)) {
        return Some("nothing was sent: it is still being compared, wait for what it changes".into());
    }
    if let Some(words) = plan.limit_exceeded(&model.context.capabilities) {
        return Some(words);
    }
    let hidden = plan.steps.iter().filter(|step| step.before.is_none());
    if let Some(refusal) =
        hidden.filter_map(|step| visibility::denied_if_hidden(&model.inventory, &step.key)).next()
    {
        return Some(refusal.to_string());
    }
    if undo && let Some((step, moved)) = first_moved(model, plan) {
        return Some(format!(
            "{} {}: nothing of this write is taken back",
            step.key,
            since(&model.context, moved)
        ));
    }
    None
}

fn first_moved<'p>(model: &Model, plan: &'p Plan) -> Option<(&'p PlanStep, StepConflict)> {
    plan.steps.iter().find_map(|step| {
        let moved = step.conflict(&model.inventory).filter(|moved| *moved != StepConflict::Hidden)?;
        Some((step, moved))
    })
}

fn since(context: &ConsoleContext, moved: StepConflict) -> String {
    match moved {
        StepConflict::Changed(token) => format!("was changed since, now {}", context.token(token)),
        StepConflict::Exists(token) => format!("exists again, now {}", context.token(token)),
        StepConflict::Deleted => "was deleted since".into(),
        StepConflict::Hidden => "may not be read any more".into(),
    }
}

/// Toggles between changes by path and the full text.
pub(crate) fn toggle_full(model: &mut Model) {
    if let Some(plan) = &mut model.plan {
        plan.full = !plan.full;
        plan.scroll = 0;
    }
}

/// Scrolls until the last line is visible.
pub(crate) fn scroll(model: &mut Model, step: Movement) {
    let page = usize::from(model.frame().body.height);
    let lines = height(model);
    if let Some(plan) = &mut model.plan {
        plan.scroll = step.scroll(plan.scroll, lines, page);
    }
}

/// Closes the plan; it can be built again.
pub(crate) fn leave(model: &mut Model) {
    model.plan = None;
}

/// Rebuilds the plan from what is stored now.
pub(crate) fn renew(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = model.plan.take() else { return Vec::new() };
    let known = ConflictInfo::from_plan(&plan);
    let made = match plan.kind.clone() {
        PlanKind::Delete(keys) => builder::delete(model, keys, &known),
        PlanKind::Clone(pairs) => builder::clone(model, pairs, &known),
        PlanKind::Rename { from, to } => builder::rename(model, from, to, &known),
        PlanKind::Undo(id) => builder::undo(model, id),
        PlanKind::Rewrite(keys) => builder::rewrite(model, keys, &known),
    };
    made.unwrap_or_else(|words| {
        model.notify(Tone::Bad, words);
        model.plan = Some(plan);
        Vec::new()
    })
}

/// The store refused the plan: nothing of it was written.
pub(crate) fn on_conflict(model: &mut Model, key: ResourceKey, now: Option<Entry>) {
    model.notify(Tone::Bad, format!("{key} changed meanwhile: nothing was written"));
    if let Some(plan) = &mut model.plan {
        plan.conflict = Some(PlanConflict { key, now });
        plan.scroll = 0;
    }
}

/// The plan was written: its document is shown if there is just one.
pub(crate) fn on_written(model: &mut Model, writing: &PendingWrite, plan: &Plan) {
    let mut left = plan.steps.iter().filter(|step| step.after.is_some()).map(|step| &step.key);
    if let (Some(key), None) = (left.next(), left.next())
        && !browse::go_to(model, key)
    {
        model.select_on_arrival = Some(key.clone());
    }
    marking::clear_written(model, writing);
}
