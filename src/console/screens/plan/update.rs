//! The review of several writes as one: opened, scrolled, written in one commit, rebuilt.

use super::state::{PlanConflict, PlanKind, StepConflict, StepDiffs};
use super::view::page_lines;
use crate::console::effect::Effect;
use crate::console::model::{Model, PendingWrite, Tone, denied_if_hidden};
use crate::console::overlays::{ForcedWrite, PromptPurpose, prompt};
use crate::console::screens::browse;
use crate::console::screens::browse::marks;
use crate::console::screens::plan::{builder, own_secrets, send};
use crate::console::screens::review;
use crate::console::widgets::Movement;
use crate::domain::{Entry, ResourceKey};

/// Writes the plan; more than one deletion, or one in a protected context, must first be confirmed by typing.
pub(crate) fn write(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = &model.plan else { return Vec::new() };
    if model.now.is_too_soon_after(plan.opened) || is_refused(model) {
        return Vec::new();
    }
    if let Some(forced) = stopped(model) {
        prompt::ask(model, PromptPurpose::Force(forced), "");
        return Vec::new();
    }
    match confirmation_text(model) {
        Some(words) => {
            prompt::ask(model, PromptPurpose::Typed(words), "");
            Vec::new()
        }
        None => commit(model),
    }
}

/// What must be typed before the open plan is written.
pub(crate) fn confirmation_text(model: &Model) -> Option<String> {
    model.plan.as_ref()?.confirmation_text(&model.inventory, model.context.protected)
}

/// Writes the plan after the confirmation text was typed.
pub(crate) fn on_typed(model: &mut Model, typed: &str) -> Vec<Effect> {
    if !model.passes_gate() || is_refused(model) {
        return Vec::new();
    }
    if confirmation_text(model).as_deref() != Some(typed) {
        model.notify(Tone::Bad, "nothing was written: what the plan would do changed meanwhile; look again");
        return Vec::new();
    }
    commit(model)
}

/// Why the plan would darken the receiver, with what must be typed to write it all the same: the name of the
/// document, or what several are confirmed by.
fn stopped(model: &Model) -> Option<ForcedWrite> {
    let plan = model.plan.as_ref()?;
    let chosen = plan.chosen(&model.inventory);
    let mut stopped: Vec<_> = chosen.iter().filter(|step| !step.is_rewrite()).collect();
    let mut reasons = Vec::new();
    stopped.retain(|step| {
        let Some(document) = &step.after else { return false };
        let stored = step.before.as_ref().map(|entry| &entry.document);
        let of_step = review::reasons(&review::judge(model, &step.key, document, stored));
        reasons.extend(of_step.iter().map(|reason| format!("{}: {reason}", step.key)));
        !of_step.is_empty()
    });
    let name = match (stopped.as_slice(), confirmation_text(model)) {
        ([], _) => return None,
        (_, Some(words)) => words,
        ([one], None) => one.key.to_string(),
        (_, None) => model.context.name.clone(),
    };
    Some(ForcedWrite { name, reasons })
}

/// Writes the plan although that darkens the receiver, for the reasons that were shown.
pub(crate) fn on_forced(model: &mut Model, forced: &ForcedWrite) -> Vec<Effect> {
    if !model.passes_gate() || is_refused(model) {
        return Vec::new();
    }
    if stopped(model).is_some_and(|now| now != *forced) {
        model.notify(Tone::Bad, "nothing was written: what the plan would do changed meanwhile; look again");
        return Vec::new();
    }
    commit(model)
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

/// Goes on with a plan that was confirmed, after a secret was copied for it.
pub(super) fn go_on(model: &mut Model) -> Vec<Effect> {
    if !model.passes_gate() || is_refused(model) {
        return Vec::new();
    }
    commit(model)
}

fn commit(model: &mut Model) -> Vec<Effect> {
    if let Some(copying) = own_secrets::copy_next(model) {
        return copying;
    }
    let Some(plan) = &model.plan else { return Vec::new() };
    let undoes = if let PlanKind::Undo(id) = plan.kind { Some(id) } else { None };
    let steps: Vec<_> = plan.chosen(&model.inventory).into_iter().cloned().collect();
    let is_one_delete = matches!(plan.kind, PlanKind::Delete(_)) && steps.len() == 1;
    let description = (!is_one_delete).then(|| plan.describe(&model.inventory));
    let effects = send::send(model, steps, description, undoes);
    let request = model.pending_write.as_ref().map(|writing| writing.request);
    if let Some(plan) = &mut model.plan {
        plan.sent = request;
    }
    effects
}

/// Why the plan cannot be written as it is, as far as is known without querying the store.
fn blocker(model: &Model) -> Option<String> {
    let plan = model.plan.as_ref()?;
    let then = if plan.is_undo() { "it cannot be taken back" } else { "b makes the plan anew" };
    if plan.store.as_ref() != model.inventory.store() {
        return Some(format!("the store was replaced while you looked: nothing was written; {then}"));
    }
    let chosen = plan.chosen(&model.inventory);
    if !plan.conflicts.is_empty() && (chosen.is_empty() || !plan.is_undo()) {
        return Some(format!("nothing was written, and nothing will be: {then}"));
    }
    if chosen.is_empty() {
        let barred = plan.steps.iter().find_map(|step| Some((step, plan.obstacle(step, &model.inventory)?)));
        return Some(match barred {
            Some((step, why)) if plan.is_undo() => {
                let why = obstacle_words(model, why);
                format!("{} {why}: nothing of this write is taken back", step.key)
            }
            _ => "nothing is left to write: space takes a document in again".into(),
        });
    }
    if matches!(plan.diffs, StepDiffs::Comparing(_)) {
        return Some("nothing was sent: it is still being compared, wait for what it changes".into());
    }
    if let Some(words) = plan.limit_exceeded(&model.context.capabilities, &model.inventory) {
        return Some(words);
    }
    if let Some(words) = own_secrets::blocker(model, plan) {
        return Some(words);
    }
    let mut new = chosen.iter().filter(|step| step.before.is_none());
    new.find_map(|step| denied_if_hidden(&model.inventory, &step.key)).map(|refusal| refusal.to_string())
}

/// `was changed since, now r20`
pub(super) fn obstacle_words(model: &Model, why: StepConflict) -> String {
    let token = |token| model.context.token(token);
    match why {
        StepConflict::Changed(now) => format!("was changed since, now {}", token(now)),
        StepConflict::Exists(now) => format!("exists again, now {}", token(now)),
        StepConflict::Deleted => "was deleted since".into(),
        StepConflict::Hidden => "may not be read any more".into(),
    }
}

/// Leaves the selected step out, or takes it in again, and goes on to the next.
pub(crate) fn toggle_step(model: &mut Model) {
    let Some(plan) = &mut model.plan else { return };
    let Some(step) = plan.steps.get(plan.selected) else { return };
    if !plan.is_divisible() {
        let words = match plan.is_move() {
            true => "a document moves whole or not at all: nothing can be left out; esc leaves",
            false => "it is the only one: esc leaves without writing",
        };
        return model.notify(Tone::Plain, words);
    }
    let key = step.key.clone();
    if plan.is_undo() && plan.obstacle(step, &model.inventory).is_some() {
        let words = format!("{key} cannot be taken back: it is left out already");
        return model.notify(Tone::Plain, words);
    }
    if !plan.left_out.remove(&key) {
        plan.left_out.insert(key);
    }
    scroll(model, Movement::Lines(1));
}

/// Leaves out everything that was marked out of sight, or takes it in again.
pub(crate) fn toggle_unseen(model: &mut Model) {
    let Some(plan) = &mut model.plan else { return };
    if plan.unseen_count() == 0 {
        plan.left_out.retain(|key| !plan.unseen.contains(key));
    } else {
        plan.left_out.extend(plan.unseen.iter().cloned());
    }
}

/// Toggles between changes by path and the full text.
pub(crate) fn toggle_full(model: &mut Model) {
    if let Some(plan) = &mut model.plan {
        plan.full = !plan.full;
        (plan.scroll, plan.selected) = (0, 0);
    }
}

/// Goes to the next step, or scrolls until the last line is visible.
pub(crate) fn scroll(model: &mut Model, by: Movement) {
    let height = page_height(model);
    let (lines, starts) = page_lines(model);
    let Some(plan) = &mut model.plan else { return };
    let start = |at: usize| starts.get(at).copied();
    if let Movement::Lines(_) = by
        && plan.is_divisible()
        && let (Some(here), to) = (start(plan.selected), by.apply(plan.selected, starts.len(), height))
        && to != plan.selected
        && let Some(there) = start(to)
        && (there.abs_diff(here) < height || (plan.scroll..plan.scroll + height).contains(&there))
    {
        plan.selected = to;
        let end = start(to + 1).unwrap_or(lines);
        plan.scroll = plan.scroll.max(end.saturating_sub(height)).min(there.saturating_sub(1));
        return;
    }
    plan.scroll = by.scroll(plan.scroll, lines, height);
    let in_view = |line: &usize| (plan.scroll..plan.scroll + height).contains(line);
    match by {
        Movement::First => plan.selected = 0,
        Movement::Last => plan.selected = starts.len().saturating_sub(1),
        Movement::Page(_) if !start(plan.selected).is_some_and(|line| in_view(&line)) => {
            plan.selected = starts.iter().position(in_view).unwrap_or(plan.selected);
        }
        _ => {}
    }
}

/// Whether a movement changes anything.
pub(crate) fn can_scroll(model: &Model, by: Movement) -> bool {
    let (lines, starts) = page_lines(model);
    model.plan.as_ref().is_some_and(|plan| {
        let selects = plan.is_divisible() && by.apply(plan.selected, starts.len(), 1) != plan.selected;
        selects || by.can_scroll(plan.scroll, lines, page_height(model))
    })
}

fn page_height(model: &Model) -> usize {
    usize::from(model.frame().body.height)
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

/// The store refused the plan; none of it was written. An undo can still do the rest.
pub(crate) fn on_conflict(model: &mut Model, key: ResourceKey, now: Option<Entry>) {
    let Some(plan) = &mut model.plan else { return };
    plan.conflicts.retain(|told| told.key != key);
    plan.conflicts.push(PlanConflict { key: key.clone(), now });
    (plan.scroll, plan.selected) = (0, 0);
    let copied = own_secrets::copied_words(plan);
    let mut rest = "";
    if plan.is_undo() && !plan.chosen(&model.inventory).is_empty() {
        plan.opened = model.now.mono;
        rest = "; the rest can still be taken back";
    }
    model.notify(Tone::Bad, format!("{key} changed meanwhile: nothing was written{rest}{copied}"));
}

/// The plan was written; if it wrote just one document, that is shown.
pub(crate) fn on_written(model: &mut Model, writing: &PendingWrite) {
    let mut left = writing.steps.iter().filter(|step| step.after.is_some()).map(|step| &step.key);
    if let (Some(key), None) = (left.next(), left.next())
        && !browse::go_to(model, key)
    {
        model.select_on_arrival = Some(key.clone());
    }
    marks::clear_written(model, writing);
}
