//! The summary above the steps of a plan: what the commit as a whole does, what it leaves out, and what stands
//! against it.

use super::own_secrets;
use super::radius::GoingDocuments;
use super::state::{Plan, PlanKind, PlanStep, StepDiffs};
use super::update::{confirmation_text, obstacle_words};
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::review::sections;
use crate::console::screens::stale_dependents;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::ReviewPage;
use crate::console::words;

pub(super) fn add(page: &mut ReviewPage<'_>, model: &Model, plan: &Plan) {
    conflict_section(page, model, plan);
    commit_section(page, model, plan);
}

/// The conflict that the store reported last.
fn conflict_section(page: &mut ReviewPage<'_>, model: &Model, plan: &Plan) {
    let Some(the_conflict) = plan.conflicts.last() else { return };
    let now = match &the_conflict.now {
        Some(entry) => format!("is at {} now", words::token(model, entry.token)),
        None => "was deleted".into(),
    };
    let then = match model.keymap.key(Place::Plan, Action::RebuildPlan) {
        _ if plan.is_undo() && !plan.chosen(&model.inventory).is_empty() => {
            "the rest can still be taken back".to_owned()
        }
        Some(key) if !plan.is_undo() => format!("{key} makes the plan anew from what is stored now"),
        _ => "it cannot be taken back any more".to_owned(),
    };
    let what = format!("{} {now}", the_conflict.key);
    sections::conflict(page, &what, &format!("nothing of it was written; {then}"));
}

/// Facts about the commit as a whole.
fn commit_section(page: &mut ReviewPage<'_>, model: &Model, plan: &Plan) {
    let can = &model.context.capabilities;
    match plan.limit_exceeded(can, &model.inventory) {
        Some(words) => page.fact("commit", StyleRole::Bad, &format!("{} {words}", glyph::BAD)),
        None => page.fact("commit", StyleRole::Text, &commit(model, plan, can.atomic_max)),
    }
    unseen_fact(page, model, plan);
    undo_facts(page, model, plan);
    let left_out = plan.steps.iter().filter(|step| plan.left_out.contains(&step.key)).count();
    if left_out > 0 {
        page.fact("left out", StyleRole::Warning, &format!("{} by you", words::grouped(left_out)));
    }
    if let PlanKind::Undo(id) = plan.kind
        && let Some((_, place)) = model.undo_log.find(id)
        && model.undo_log.len() > 1
    {
        let key = model.keymap.key(Place::Plan, Action::UndoWrite).unwrap_or_default();
        let count = model.undo_log.len();
        let words = format!("{place} of {count} of this session; {key} shows the one before");
        page.fact("write", StyleRole::Text, &words);
    }
    let (mut style, mut why) = (StyleRole::Dim, "the same already as what would be copied");
    if let PlanKind::Rewrite(_) = plan.kind {
        stale_dependents::cache_warning(page, model);
        (style, why) = (StyleRole::Text, "which one commit does not hold: they come next");
    }
    if plan.unchanged > 0 {
        page.fact("left out", style, &format!("{}, {why}", words::plural(plan.unchanged, "document")));
    }
    GoingDocuments::of(model, plan).summary(page, model);
    own_secrets::summary(page, model, plan);
    sections::receiver_note(page, model);
    if let Some(typed) = confirmation_text(model) {
        let label = if model.context.protected { "protected" } else { "confirm" };
        page.fact(label, StyleRole::Warning, &format!("\"{typed}\" is asked to be typed"));
    }
    if plan.store.as_ref() != model.inventory.store() {
        page.warn("store", "the store was replaced since this was made");
    }
    if matches!(plan.diffs, StepDiffs::Comparing(_)) {
        page.fact("changes", StyleRole::Accent, &format!("being compared {}", glyph::MORE));
    } else if plan.full && plan.is_too_long() {
        let words = "too long to be shown at once: look at the documents one by one";
        page.fact("text", StyleRole::Warning, words);
    }
    sections::write_blockers(page, model, Place::Plan);
}

/// How many of the documents were marked, but could not be seen when the plan was made.
fn unseen_fact(page: &mut ReviewPage<'_>, model: &Model, plan: &Plan) {
    if plan.unseen.is_empty() {
        return;
    }
    let (unseen, all) = (words::grouped(plan.unseen.len()), words::grouped(plan.steps.len()));
    let key = model.keymap.key(Place::Plan, Action::DropUnseen).unwrap_or_default();
    let then = if plan.unseen_count() > 0 { "leaves them out" } else { "takes them in again" };
    page.warn("unseen", &format!("{unseen} of {all} are not on the screen, and come first; {key} {then}"));
}

/// What an undo takes back, and what it cannot, each with the reason.
fn undo_facts(page: &mut ReviewPage<'_>, model: &Model, plan: &Plan) {
    let PlanKind::Undo(id) = plan.kind else { return };
    let Some((written, _)) = model.undo_log.find(id) else { return };
    if written.taken_back > 0 {
        let words = format!("{} were taken back before", words::plural(written.taken_back, "document"));
        page.fact("of it", StyleRole::Text, &words);
    }
    let barred = |step: &&PlanStep| plan.obstacle(step, &model.inventory).is_some();
    let count = plan.steps.iter().filter(barred).count();
    if count == 0 || plan.steps.len() == 1 {
        return;
    }
    let (those, rest) = (words::grouped(count), plan.chosen(&model.inventory).len());
    let then = match rest {
        0 => "so nothing of this write is".to_owned(),
        rest => format!("{} can", words::grouped(rest)),
    };
    page.warn("taken back", &format!("{those} of {} cannot be; {then}", words::grouped(plan.steps.len())));
    for step in plan.steps.iter().filter(barred).take(sections::NAMED) {
        if let Some(why) = plan.obstacle(step, &model.inventory) {
            let words = format!("{} {} {}", glyph::BAD, step.key, obstacle_words(model, why));
            page.fact("", StyleRole::Bad, &words);
        }
    }
    if count > sections::NAMED {
        let more = words::grouped(count - sections::NAMED);
        page.fact("", StyleRole::Bad, &format!("and {more} more, marked below"));
    }
}

/// `3 operations of at most 128 at once, all or none · 1,234 bytes`
fn commit(model: &Model, plan: &Plan, most: usize) -> String {
    let steps = plan.chosen(&model.inventory).len();
    let count = words::plural(steps, "operation");
    let of = match most {
        usize::MAX => String::new(),
        most => format!(" of at most {} at once", words::grouped(most)),
    };
    let all = if steps > 1 { ", all or none" } else { "" };
    let size = match plan.size(&model.inventory) {
        0 => String::new(),
        size => format!(" {} {}", glyph::DOT, words::plural(size, "byte")),
    };
    format!("{count}{of}{all}{size}")
}
