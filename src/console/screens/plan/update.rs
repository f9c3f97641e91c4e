//! The review of several writes as one: opened, scrolled, written in one commit, rebuilt.

use super::state::{Plan, PlanConflict, PlanKind, StepConflict, StepDiffs};
use super::view::height;
use crate::console::effect::Effect;
use crate::console::model::{Model, PendingWrite, Tone, denied_if_hidden};
use crate::console::overlays::{PromptPurpose, prompt};
use crate::console::screens::browse;
use crate::console::screens::browse::marks;
use crate::console::screens::plan::{builder, send};
use crate::console::widgets::Movement;
use crate::domain::{Entry, ResourceKey};

/// Writes the plan; in a protected context a deletion must first be confirmed by typing.
pub(crate) fn write(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = &model.plan else { return Vec::new() };
    let typed = plan.confirmation_text().filter(|_| model.context.protected);
    if model.now.is_too_soon_after(plan.opened) || is_refused(model) {
        return Vec::new();
    }
    match typed {
        Some(words) => {
            prompt::ask(model, PromptPurpose::Typed(words), "");
            Vec::new()
        }
        None => commit(model),
    }
}

/// Writes the plan after the confirmation text was typed.
pub(crate) fn on_typed(model: &mut Model) -> Vec<Effect> {
    if !model.passes_gate() || is_refused(model) { Vec::new() } else { commit(model) }
}

/// Whether the plan cannot be written as it is; reports why.
fn is_refused(model: &mut Model) -> bool {
    if send::is_blocked(model) {
        return true;
    }
    let words = blocker(model);
    if let Some(words) = &words {
        model.notify(Tone::Bad, words.as_str());
    }
    words.is_some()
}

fn commit(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = &model.plan else { return Vec::new() };
    let undoes = if let PlanKind::Undo(id) = plan.kind { Some(id) } else { None };
    let is_one_delete = matches!(plan.kind, PlanKind::Delete(_)) && plan.steps.len() == 1;
    let description = (!is_one_delete).then(|| plan.describe());
    let effects = send::send(model, plan.steps.clone(), description, undoes);
    let request = model.pending_write.as_ref().map(|writing| writing.request);
    if let Some(plan) = &mut model.plan {
        plan.sent = request;
    }
    effects
}

/// Why the plan cannot be written as it is, as far as is known without querying the store.
fn blocker(model: &Model) -> Option<String> {
    let plan = model.plan.as_ref()?;
    let undo = matches!(plan.kind, PlanKind::Undo(_));
    let then = if undo { "it cannot be taken back" } else { "b makes the plan anew" };
    if plan.store.as_ref() != model.inventory.store() {
        return Some(format!("the store was replaced while you looked: nothing was written; {then}"));
    }
    if plan.conflict.is_some() {
        return Some(format!("nothing was written, and nothing will be: {then}"));
    }
    if matches!(plan.diffs, StepDiffs::Comparing(_)) {
        return Some("nothing was sent: it is still being compared, wait for what it changes".into());
    }
    if let Some(words) = plan.limit_exceeded(&model.context.capabilities) {
        return Some(words);
    }
    let mut new = plan.steps.iter().filter(|step| step.before.is_none());
    if let Some(refusal) = new.find_map(|step| denied_if_hidden(&model.inventory, &step.key)) {
        return Some(refusal.to_string());
    }
    let token = |token| model.context.token(token);
    plan.steps.iter().filter(|_| undo).find_map(|step| {
        let moved = match step.conflict(&model.inventory)? {
            StepConflict::Changed(now) => format!("was changed since, now {}", token(now)),
            StepConflict::Exists(now) => format!("exists again, now {}", token(now)),
            StepConflict::Deleted => "was deleted since".into(),
            StepConflict::Hidden => return None,
        };
        Some(format!("{} {moved}: nothing of this write is taken back", step.key))
    })
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

/// Rebuilds the plan from what is stored now.
pub(crate) fn renew(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = model.plan.take() else { return Vec::new() };
    builder::build(model, plan.kind.clone(), Some(&plan)).unwrap_or_else(|words| {
        model.notify(Tone::Bad, words);
        model.plan = Some(plan);
        Vec::new()
    })
}

/// The store refused the plan; none of it was written.
pub(crate) fn on_conflict(model: &mut Model, key: ResourceKey, now: Option<Entry>) {
    model.notify(Tone::Bad, format!("{key} changed meanwhile: nothing was written"));
    if let Some(plan) = &mut model.plan {
        plan.conflict = Some(PlanConflict { key, now });
        plan.scroll = 0;
    }
}

/// The plan was written; if it wrote just one document, that is shown.
pub(crate) fn on_written(model: &mut Model, writing: &PendingWrite, plan: &Plan) {
    let mut left = plan.steps.iter().filter(|step| step.after.is_some()).map(|step| &step.key);
    if let (Some(key), None) = (left.next(), left.next())
        && !browse::go_to(model, key)
    {
        model.select_on_arrival = Some(key.clone());
    }
    marks::clear_written(model, writing);
}
