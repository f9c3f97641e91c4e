//! The review of several writes as one: opened, looked at, written in one commit, made anew.

use super::super::effect::{Effect, Request};
use super::super::model::{Clash, Context, Look, Looks, Model, Moved, Plan, Recipe, Step, Tone, Writing};
use super::super::view::plan_height;
use super::browse::{self, Step as Move};
use super::make::{self, Known};
use super::send::{self, Job};
use super::{absence, edit, keys, marks, prompt, reread};
use crate::domain::{Entry, ResourceKey};

/// Shows a plan; what is too large to be compared at once is compared elsewhere.
pub(super) fn open(model: &mut Model, recipe: Recipe, steps: Vec<Step>, same: usize) -> Vec<Effect> {
    let request = model.next_request();
    let shown = (model.inventory.store().cloned(), model.now.mono, request);
    let (mut plan, sides) = Plan::new(recipe, steps, shown);
    plan.same = same;
    model.plan = Some(Box::new(plan));
    sides.map(|sides| Effect::Compare(request, sides)).into_iter().collect()
}

/// Takes in what the steps of the plan change.
pub(super) fn compared(model: &mut Model, request: Request, looks: Vec<Look>) {
    if let Some(plan) = &mut model.plan
        && matches!(plan.looks, Looks::Comparing(asked) if asked == request)
        && looks.len() == plan.steps.len()
    {
        plan.looks = Looks::Ready(looks);
    }
}

/// Writes what the plan shows; in a protected context what deletes is typed first.
pub(super) fn write(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = &model.plan else { return Vec::new() };
    if edit::too_soon(plan.opened, model.now.mono) || send::is_barred(model) {
        return Vec::new();
    }
    if let Some(words) = obstacle(model) {
        model.say(Tone::Bad, words);
        return Vec::new();
    }
    let typed = model.plan.as_ref().filter(|_| model.context.protected).and_then(|plan| plan.to_be_typed());
    match typed {
        Some(words) => {
            prompt::type_out(model, words);
            Vec::new()
        }
        None => commit(model),
    }
}

/// Writes it once its words were typed.
pub(super) fn typed(model: &mut Model) -> Vec<Effect> {
    if !keys::passes_gate(model) || send::is_barred(model) {
        return Vec::new();
    }
    if let Some(words) = obstacle(model) {
        model.say(Tone::Bad, words);
        return Vec::new();
    }
    commit(model)
}

fn commit(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = &model.plan else { return Vec::new() };
    let undoes = if let Recipe::Undo(id) = plan.recipe { Some(id) } else { None };
    let said = match (&plan.recipe, plan.steps.as_slice()) {
        (Recipe::Delete(_), [_]) => None,
        _ => Some(plan.what()),
    };
    let job = Job { steps: plan.steps.clone(), said, undoes };
    let effects = send::send(model, job);
    let request = model.writing.as_ref().map(|writing| writing.request);
    if let Some(plan) = &mut model.plan {
        plan.sent = request;
    }
    effects
}

/// Why the plan cannot be written as it is; what only the store can tell is not asked here.
fn obstacle(model: &Model) -> Option<String> {
    let plan = model.plan.as_ref()?;
    let undo = matches!(plan.recipe, Recipe::Undo(_));
    if plan.store.as_ref() != model.inventory.store() {
        let then = if undo { "it cannot be taken back" } else { "b makes the plan anew" };
        return Some(format!("the store was replaced while you looked: nothing was written; {then}"));
    }
    if plan.clash.is_some() {
        let then = if undo { "it cannot be taken back" } else { "b makes the plan anew" };
        return Some(format!("nothing was written, and nothing will be: {then}"));
    }
    if matches!(plan.looks, Looks::Comparing(_)) {
        return Some("nothing was sent: it is still being compared, wait for what it changes".into());
    }
    if let Some(words) = plan.too_much(&model.context.capabilities) {
        return Some(words);
    }
    let hidden = plan.steps.iter().filter(|step| step.before.is_none());
    if let Some(refusal) = hidden.filter_map(|step| absence::refusal(&model.inventory, &step.key)).next() {
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

fn first_moved<'p>(model: &Model, plan: &'p Plan) -> Option<(&'p Step, Moved)> {
    plan.steps.iter().find_map(|step| {
        let moved = step.moved(&model.inventory).filter(|moved| *moved != Moved::Hidden)?;
        Some((step, moved))
    })
}

fn since(context: &Context, moved: Moved) -> String {
    match moved {
        Moved::Changed(token) => format!("was changed since, now {}", context.token(token)),
        Moved::Exists(token) => format!("exists again, now {}", context.token(token)),
        Moved::Deleted => "was deleted since".into(),
        Moved::Hidden => "may not be read any more".into(),
    }
}

/// Between the changes by path and the full text.
pub(super) fn toggle_full(model: &mut Model) {
    if let Some(plan) = &mut model.plan {
        plan.full = !plan.full;
        plan.scroll = 0;
    }
}

/// Scrolls it until its last line is in sight.
pub(super) fn scroll(model: &mut Model, step: Move) {
    let page = usize::from(model.frame().body.height);
    let positions = plan_height(model).saturating_sub(page) + 1;
    if let Some(plan) = &mut model.plan {
        plan.scroll = step.from(plan.scroll.min(positions - 1), positions, page);
    }
}

/// Out of it; nothing is kept, since it can be made again.
pub(super) fn leave(model: &mut Model) {
    model.plan = None;
}

/// Makes it anew from what is stored now.
pub(super) fn renew(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = model.plan.take() else { return Vec::new() };
    let known = Known::of(&plan);
    let made = match plan.recipe.clone() {
        Recipe::Delete(keys) => make::delete(model, keys, &known),
        Recipe::Clone(pairs) => make::clone(model, pairs, &known),
        Recipe::Rename { from, to } => make::rename(model, from, to, &known),
        Recipe::Undo(id) => make::undo(model, id),
        Recipe::Reput(keys) => make::reput(model, keys, &known),
    };
    made.unwrap_or_else(|words| {
        model.say(Tone::Bad, words);
        model.plan = Some(plan);
        Vec::new()
    })
}

/// Takes in that the store refused it: nothing of it was written.
pub(super) fn clash(model: &mut Model, key: ResourceKey, now: Option<Entry>) {
    model.say(Tone::Bad, format!("{key} changed meanwhile: nothing was written"));
    if let Some(plan) = &mut model.plan {
        plan.clash = Some(Clash { key, now });
        plan.scroll = 0;
    }
}

/// Takes in that it was written: the plan is over, and its one document is shown.
pub(super) fn landed(model: &mut Model, writing: &Writing) {
    let Some(plan) = model.plan.take_if(|plan| plan.sent == Some(writing.request)) else { return };
    if reread::landed(model, &plan) {
        return;
    }
    let mut left = plan.steps.iter().filter(|step| step.after.is_some()).map(|step| &step.key);
    if let (Some(key), None) = (left.next(), left.next())
        && !browse::go_to(model, key)
    {
        model.arriving = Some(key.clone());
    }
    marks::done(model, writing);
}
