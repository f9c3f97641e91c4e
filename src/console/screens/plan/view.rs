//! Several writes reviewed as one: a summary, then each step with its condition, its changes and its
//! dependents.

use std::time::SystemTime;

use super::own_secrets;
use super::radius::GoingDocuments;
use super::state::{Plan, PlanKind, PlanStep, StepConflict, StepDiff, StepDiffs, target_folder};
use super::summary;
use super::undo_log::UndoEntry;
use crate::console::model::Model;
use crate::console::screens::review::sections;
use crate::console::shell::layout::EditLayout;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{ReviewPage, Surface, TextRun, width};
use crate::console::words;
use crate::domain::{ResourceKey, Token, utc};
use crate::provider::Lease;
use crate::text::Safe;

/// Indent of the lines of a step.
const UNDER: u16 = 2;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, parts: EditLayout) {
    let Some(plan) = &model.plan else { return };
    surface.row(parts.title, 0).skip(1).margin(1).put_run(&title(model, plan));
    page(model, plan, parts.text.width).0.draw(surface, parts.text, plan.scroll);
}

/// The number of lines on the current screen, and the line of each step.
pub(crate) fn page_lines(model: &Model) -> (usize, Vec<usize>) {
    let Some(plan) = &model.plan else { return (0, Vec::new()) };
    let (page, starts) = page(model, plan, model.frame().body.width);
    (page.len(), starts)
}

/// Whether the plan is outdated, and can be rebuilt.
pub(crate) fn may_be_renewed(model: &Model) -> bool {
    let Some(plan) = &model.plan else { return false };
    let moved = || {
        plan.steps
            .iter()
            .any(|step| step.conflict(&model.inventory).is_some() || source_now(model, step).is_some())
    };
    !plan.is_undo()
        && (!plan.conflicts.is_empty() || plan.store.as_ref() != model.inventory.store() || moved())
}

/// `DELETE 3 documents from prod`, `UNDO write production/orders of 13:02 UTC (r48190 → r48213)`
fn title(model: &Model, plan: &Plan) -> TextRun {
    let some = plan.subject(&model.inventory);
    let head = |word: &'static str| TextRun::of(StyleRole::FocusedTitle, word).and(StyleRole::Text, "  ");
    let context = |run: TextRun, place: &'static str| {
        run.and(StyleRole::Text, place).and(StyleRole::Strong, model.context.name.clone())
    };
    let pair = |word: &'static str, from: String, to: String| {
        head(word).and(StyleRole::Strong, from).and(StyleRole::Text, " to ").and(StyleRole::Strong, to)
    };
    match &plan.kind {
        PlanKind::Delete(_) => context(head("DELETE").and(StyleRole::Strong, some), " from "),
        PlanKind::Clone(pairs) => {
            let (from, to) = match pairs.as_slice() {
                [(from, to)] => (from.to_string(), to.to_string()),
                _ => (some, target_folder(pairs)),
            };
            context(pair("CLONE", from, to), " in ")
        }
        PlanKind::Rename { from, to } => context(pair("RENAME", from.to_string(), to.to_string()), " in "),
        PlanKind::Rewrite(_) => {
            let again =
                head("RE-PUT").and(StyleRole::Strong, some).and(StyleRole::Text, " with the same content");
            context(again, " in ")
        }
        PlanKind::Undo(id) => {
            let written = model.undo_log.find(*id).map(|(written, _)| written);
            let what = written.map_or(some, |written| written.description.clone());
            let when = written.map(|written| when_and_tokens(model, written)).unwrap_or_default();
            head("UNDO").and(StyleRole::Strong, what).and(StyleRole::Text, when)
        }
    }
}

/// ` of 13:02 UTC (r48190 → r48213)`; with the date if it was not today.
fn when_and_tokens(model: &Model, written: &UndoEntry) -> String {
    let when = time_with_day(written.when, model.now.wall);
    let [one] = written.steps.as_slice() else { return format!(" of {when}") };
    let token =
        |token: Option<Token>, none: &str| token.map_or(none.to_owned(), |token| words::token(model, token));
    let before = token(one.before.as_ref().map(|entry| entry.token), "new");
    let after = token(one.after.as_ref().map(|(_, token)| *token), "deleted");
    format!(" of {when} ({before} {} {after})", glyph::ARROW)
}

fn time_with_day(when: SystemTime, now: SystemTime) -> String {
    let (when, now) = (utc(when), utc(now));
    let (day, time) = when.split_once('T').unwrap_or((&when, ""));
    let time = time.get(..5).unwrap_or_default();
    if now.starts_with(day) { format!("{time} UTC") } else { format!("{day} {time} UTC") }
}

/// The page, and the line of each step.
fn page<'p>(model: &Model, plan: &'p Plan, columns: u16) -> (ReviewPage<'p>, Vec<usize>) {
    let mut page = ReviewPage::new(columns, model.glyphs);
    page.blank();
    summary::add(&mut page, model, plan);
    let spelled = |step: &PlanStep| Safe::from(model.glyphs.spell(&step.key.to_string()).into_owned());
    let column = plan.steps.iter().map(|step| width(&spelled(step))).max().unwrap_or(0);
    let column = usize::from(column.min(columns / 2));
    let mut starts = Vec::with_capacity(plan.steps.len());
    let going = GoingDocuments::of(model, plan);
    let is_nothing_left = plan.chosen(&model.inventory).is_empty();
    for (at, step) in plan.steps.iter().enumerate() {
        let look = if let StepDiffs::Ready(looks) = &plan.diffs { looks.get(at) } else { None };
        page.blank();
        unseen_heading(&mut page, plan, at);
        if plan.is_divisible() && at == plan.selected {
            page.select_next();
        }
        starts.push(page.len());
        if plan.left_out.contains(&step.key) {
            page.push(TextRun::of(StyleRole::Dim, format!("{} {}   left out", glyph::DOT, step.key)));
            continue;
        }
        let is_barred = !is_nothing_left && !plan.includes(step, &model.inventory);
        if is_barred {
            page.push(TextRun::of(StyleRole::Dim, format!("{} {}", glyph::DOT, step.key)));
        } else {
            step_heading(&mut page, model, step, column);
        }
        page.indent(UNDER);
        upstream_warning(&mut page, model, plan, step, is_nothing_left);
        if !is_barred {
            step_section(&mut page, model, (plan, &going), step, look);
        }
        page.indent(0);
    }
    (page, starts)
}

/// Above the steps that were marked out of sight, and above the others.
fn unseen_heading(page: &mut ReviewPage<'_>, plan: &Plan, at: usize) {
    let unseen = plan.unseen.len();
    if unseen > 0 && at == 0 {
        page.text(StyleRole::Warning, &format!("{} marked, and not on the screen:", words::grouped(unseen)));
    } else if unseen > 0 && at == unseen {
        let seen = words::grouped(plan.steps.len() - unseen);
        page.text(StyleRole::Dim, &format!("{seen} on the screen:"));
    }
}

/// `- production/orders   only if still at r48190`
fn step_heading(page: &mut ReviewPage<'_>, model: &Model, step: &PlanStep, column: usize) {
    let (mark, style) = match (&step.before, &step.after) {
        (None, _) => ("+ ", StyleRole::Added),
        (Some(_), None) => ("- ", StyleRole::Removed),
        (Some(_), Some(_)) => ("~ ", StyleRole::Strong),
    };
    let condition = sections::condition(model, step.before.as_ref());
    let mut run = TextRun::of(style, mark)
        .and(style, format!("{:column$}", model.glyphs.spell(&step.key.to_string())))
        .and(StyleRole::Text, format!("   {condition}"));
    let copied = step
        .source
        .as_ref()
        .map(|(from, token)| format!("copy of {from} at {}", words::token(model, *token)));
    let copied = copied.unwrap_or_default();
    if !copied.is_empty() && run.width() + 3 + width(&Safe::new(&copied)) <= page.room {
        run.join(" · ", TextRun::of(StyleRole::Dim, copied));
        return page.push(run);
    }
    page.extend(run.spelled(page.glyphs).broken(page.room));
    page.indent(UNDER);
    if !copied.is_empty() {
        page.text(StyleRole::Dim, &copied);
    }
    page.indent(0);
}

/// Facts about one step.
fn step_section<'p>(
    page: &mut ReviewPage<'p>,
    model: &Model,
    (plan, going): (&'p Plan, &GoingDocuments<'_>),
    step: &'p PlanStep,
    look: Option<&'p StepDiff>,
) {
    if let Some(words) = lease(model, plan, step) {
        page.fact("lease", StyleRole::Text, &words);
    }
    if let (PlanKind::Rename { from, to }, Some(_)) = (&plan.kind, &step.after)
        && let (Some(old), Some(new)) = (route(from), route(to))
    {
        page.warn("route", &format!("callers of {old} have to call {new}"));
    }
    if step.after.is_none() {
        let breaks = going.losers(page, model, &step.key);
        if let (true, PlanKind::Rename { from, .. }) = (breaks, &plan.kind) {
            let words = format!("they go on naming {from}: clone it instead, change them, then delete it");
            page.fact("", StyleRole::Text, &words);
        }
    }
    own_secrets::facts(page, model, plan, step);
    if model.drafts.contains_key(&step.key) {
        page.fact("draft", StyleRole::Text, "yours of it is kept, under this name");
    }
    let Some(look) = look else { return };
    if look.secrets > 0 && step.source.is_some() {
        let secrets = words::plural(look.secrets, "secret");
        page.fact("holds", StyleRole::Text, &format!("{secrets}, copied with it"));
    }
    if look.binary {
        return page.fact("text", StyleRole::Warning, "not UTF-8: it cannot be shown or compared");
    }
    if plan.full {
        return page.diff_lines(&look.lines);
    }
    match (&step.before, &step.after) {
        (Some(_), Some(_)) if matches!(plan.kind, PlanKind::Rewrite(_)) => {
            sections::dependants(page, model, &step.key);
        }
        (Some(_), Some(_)) => {
            if matches!(plan.kind, PlanKind::Clone(_)) {
                sections::dependants(page, model, &step.key);
            }
            page.path_changes(&look.diff, "nothing changes");
        }
        (None, Some(document)) => page.fact("new", StyleRole::Dim, &words::plural(document.len(), "byte")),
        _ => {}
    }
}

/// The route of a webhook.
fn route(key: &ResourceKey) -> Option<String> {
    let ResourceKey::Webhook { namespace, id } = key else { return None };
    Some(format!("/webhook/{namespace}/{id}"))
}

/// A warning if the document that the step is based on has changed.
fn upstream_warning(
    page: &mut ReviewPage<'_>,
    model: &Model,
    plan: &Plan,
    step: &PlanStep,
    is_nothing_left: bool,
) {
    if plan.is_undo() {
        let Some(why) = plan.obstacle(step, &model.inventory) else { return };
        let what = match why {
            StepConflict::Changed(now) => format!("changed since: {}", words::token(model, now)),
            StepConflict::Exists(now) => format!("exists again: {}", words::token(model, now)),
            StepConflict::Deleted => "deleted since".to_owned(),
            StepConflict::Hidden => "it may not be read any more".to_owned(),
        };
        let then =
            if is_nothing_left { "nothing of this write is taken back" } else { "it is left as it is" };
        return page.warn("upstream", &format!("{what}: {then}"));
    }
    if plan.conflicts.iter().any(|told| told.key == step.key) {
        return;
    }
    let token = |token| words::token(model, token);
    let what = match step.conflict(&model.inventory) {
        None => return stale_source(page, model, step),
        Some(StepConflict::Hidden) => {
            return page.warn("upstream", "it may not be read any more: writing will be refused");
        }
        Some(StepConflict::Changed(now)) => format!("it was changed meanwhile, now {}", token(now)),
        Some(StepConflict::Exists(now)) => format!("it exists by now, at {}", token(now)),
        Some(StepConflict::Deleted) => "it was deleted meanwhile".to_owned(),
    };
    page.warn("upstream", &format!("{what}: writing will end in a conflict"));
}

/// The current token of a copy's source, if it is no longer the token that is copied.
fn source_now(model: &Model, step: &PlanStep) -> Option<Option<Token>> {
    let (from, taken) = step.source.as_ref()?;
    let now = model.inventory.get(from).map(|row| row.token());
    (now != Some(*taken)).then_some(now)
}

fn stale_source(page: &mut ReviewPage<'_>, model: &Model, step: &PlanStep) {
    let (Some((from, taken)), Some(now)) = (&step.source, source_now(model, step)) else { return };
    let now = match now {
        Some(now) => format!("was changed meanwhile, now {}", words::token(model, now)),
        None => "is gone meanwhile".into(),
    };
    let taken = words::token(model, *taken);
    page.warn("source", &format!("{from} {now}: the copy is of {taken}"));
}

/// What happens to a lease.
fn lease(model: &Model, plan: &Plan, step: &PlanStep) -> Option<String> {
    let held = step.before.as_ref().and_then(|entry| entry.lease);
    match (&step.before, &step.after, step.lease) {
        (Some(_), None, _) => {
            // In a rename, the lease is mentioned at the new name.
            let moves = |held| plan.steps.iter().any(|other| other.lease == Lease::Of(held));
            held.filter(|held| !moves(*held)).map(|lease| format!("{lease}: the binding ends with it"))
        }
        (Some(_), Some(_), _) => held.map(|lease| format!("{lease} is kept")),
        (None, _, Lease::Of(lease)) => Some(format!("{lease} is kept")),
        (None, _, _) => lease_not_kept(model, plan, step),
    }
}

/// A lease that a new document might be expected to have, but does not have.
fn lease_not_kept(model: &Model, plan: &Plan, step: &PlanStep) -> Option<String> {
    if let PlanKind::Undo(id) = plan.kind {
        let (written, _) = model.undo_log.find(id)?;
        let before = written.steps.iter().find(|touched| touched.key == step.key)?.before.as_ref()?;
        let lease = before.lease?;
        return Some(format!("{lease} is not bound again: it stays until it is deleted"));
    }
    let (from, _) = step.source.as_ref()?;
    let lease = model.inventory.get(from)?.lease()?;
    Some(format!("{lease} of {from} is not copied"))
}
