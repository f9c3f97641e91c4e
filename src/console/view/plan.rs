//! Several writes as one, before they are written: what is said of the whole commit, then each step
//! with its condition, what it changes and who is left without it.

use std::time::SystemTime;

use super::widgets::{Canvas, Page, Phrase, width};
use super::words;
use super::{around, reread};
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::layout::EditFrame;
use crate::console::model::{Look, Looks, Model, Moved, Plan, Recipe, Step, Written};
use crate::console::theme::{Ink, glyph};
use crate::domain::{ResourceKey, Token, utc};
use crate::provider::Lease;
use crate::text::Safe;

/// What belongs to a step stands so far to the right of it.
const UNDER: u16 = 2;

/// Draws the plan.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, parts: EditFrame) {
    let Some(plan) = &model.plan else { return };
    let mut pen = canvas.row(parts.title, 0);
    pen.skip(1).margin(1).phrase(&title(model, plan));
    page(model, plan, parts.text.width).draw(canvas, parts.text, plan.scroll);
}

/// How many lines it has on the present screen.
pub(in crate::console) fn height(model: &Model) -> usize {
    model.plan.as_ref().map_or(0, |plan| page(model, plan, model.frame().body.width).len())
}

/// Whether what is open takes a write back.
pub(super) fn is_undo(model: &Model) -> bool {
    model.plan.as_ref().is_some_and(|plan| matches!(plan.recipe, Recipe::Undo(_)))
}

/// Whether the plan is not of what is stored now, and one that was made anew would be.
pub(super) fn may_be_renewed(model: &Model) -> bool {
    let Some(plan) = &model.plan else { return false };
    let moved = || {
        plan.steps
            .iter()
            .any(|step| step.moved(&model.inventory).is_some() || source_now(model, step).is_some())
    };
    !is_undo(model) && (plan.clash.is_some() || plan.store.as_ref() != model.inventory.store() || moved())
}

/// `DELETE 3 documents from prod`, `UNDO write production/orders of 13:02 UTC (r48190 → r48213)`
fn title(model: &Model, plan: &Plan) -> Phrase {
    let some = match plan.steps.as_slice() {
        [one] => one.key.to_string(),
        steps => format!("{} documents", words::grouped(steps.len())),
    };
    let head = |word: &'static str| Phrase::of(Ink::FocusedTitle, word).and(Ink::Text, "  ");
    let context = |phrase: Phrase, place: &'static str| {
        phrase.and(Ink::Text, place).and(Ink::Strong, model.context.name.clone())
    };
    match &plan.recipe {
        Recipe::Delete(_) => context(head("DELETE").and(Ink::Strong, some), " from "),
        Recipe::Clone(pairs) => {
            let (from, to) = match pairs.as_slice() {
                [(from, to)] => (from.to_string(), to.to_string()),
                _ => {
                    let to = pairs.first().and_then(|(_, to)| to.namespace());
                    (some, to.map(|to| format!("{}/", to.as_str())).unwrap_or_default())
                }
            };
            let copy = head("CLONE").and(Ink::Strong, from).and(Ink::Text, " to ").and(Ink::Strong, to);
            context(copy, " in ")
        }
        Recipe::Rename { from, to } => {
            let from = head("RENAME").and(Ink::Strong, from.to_string());
            context(from.and(Ink::Text, " to ").and(Ink::Strong, to.to_string()), " in ")
        }
        Recipe::Reput(_) => {
            let again = head("RE-PUT").and(Ink::Strong, some).and(Ink::Text, " with the same content");
            context(again, " in ")
        }
        Recipe::Undo(id) => {
            let undo = head("UNDO");
            match model.writes.find(*id) {
                Some((written, _)) => {
                    undo.and(Ink::Strong, written.what.clone()).and(Ink::Text, of_when(model, written))
                }
                None => undo.and(Ink::Strong, some),
            }
        }
    }
}

/// ` of 13:02 UTC (r48190 → r48213)`; the day too where it is another.
fn of_when(model: &Model, written: &Written) -> String {
    let when = clock(written.when, model.now.wall);
    let [one] = written.steps.as_slice() else { return format!(" of {when}") };
    let token =
        |token: Option<Token>, none: &str| token.map_or(none.to_owned(), |token| words::token(model, token));
    let before = token(one.before.as_ref().map(|entry| entry.token), "new");
    let after = token(one.after.as_ref().map(|(_, token)| *token), "deleted");
    format!(" of {when} ({before} {} {after})", glyph::ARROW)
}

fn clock(when: SystemTime, now: SystemTime) -> String {
    let (when, now) = (utc(when), utc(now));
    let parts = |text: &str| {
        let (day, time) = text.split_once('T').unwrap_or((text, ""));
        (day.to_owned(), time.get(..5).unwrap_or_default().to_owned())
    };
    let ((day, time), (today, _)) = (parts(&when), parts(&now));
    if day == today { format!("{time} UTC") } else { format!("{day} {time} UTC") }
}

fn page<'p>(model: &Model, plan: &'p Plan, columns: u16) -> Page<'p> {
    let mut page = Page::new(columns);
    page.blank();
    clash(&mut page, model, plan);
    whole(&mut page, model, plan);
    let column = plan.steps.iter().map(|step| width(&Safe::display(&step.key))).max().unwrap_or(0);
    let column = usize::from(column.min(columns / 2));
    for (at, step) in plan.steps.iter().enumerate() {
        let look = if let Looks::Ready(looks) = &plan.looks { looks.get(at) } else { None };
        page.blank();
        head(&mut page, model, step, column);
        page.indent(UNDER);
        under(&mut page, model, plan, step, look);
        page.indent(0);
    }
    page
}

/// What the store had against it.
fn clash(page: &mut Page<'_>, model: &Model, plan: &Plan) {
    let Some(clash) = &plan.clash else { return };
    let now = match &clash.now {
        Some(entry) => format!("is at {} now", words::token(model, entry.token)),
        None => "was deleted".into(),
    };
    page.words(Ink::Bad, &format!("{} CONFLICT: {} {now}", glyph::BAD, clash.key));
    let then = match (&plan.recipe, key_for(Place::Plan, Action::Renew)) {
        (Recipe::Undo(_), _) | (_, None) => "it cannot be taken back any more".to_owned(),
        (_, Some(key)) => format!("{key} makes the plan anew from what is stored now"),
    };
    page.words(Ink::Good, &format!("{} nothing of it was written; {then}", glyph::GOOD));
    page.blank();
}

/// What is said of the commit as a whole.
fn whole(page: &mut Page<'_>, model: &Model, plan: &Plan) {
    let can = &model.context.capabilities;
    match plan.too_much(can) {
        Some(words) => page.fact("commit", Ink::Bad, &format!("{} {words}", glyph::BAD)),
        None => page.fact("commit", Ink::Text, &commit(plan, can.atomic_max)),
    }
    if let Recipe::Undo(id) = plan.recipe
        && let Some((_, place)) = model.writes.find(id)
        && model.writes.len() > 1
    {
        let key = key_for(Place::Plan, Action::UndoWrite).unwrap_or_default();
        let count = model.writes.len();
        page.fact(
            "write",
            Ink::Text,
            &format!("{place} of {count} of this session; {key} shows the one before"),
        );
    }
    if let Recipe::Reput(_) = plan.recipe {
        reread::cache(page, model);
        if plan.same > 0 {
            let words = format!(
                "{}, which one commit does not hold: they come next",
                words::plural(plan.same, "document")
            );
            page.fact("left out", Ink::Text, &words);
        }
    } else if plan.same > 0 {
        let words =
            format!("{}, the same already as what would be copied", words::plural(plan.same, "document"));
        page.fact("left out", Ink::Dim, &words);
    }
    around::receiver(page, model);
    if let Some(typed) = plan.to_be_typed().filter(|_| model.context.protected) {
        page.fact("protected", Ink::Warning, &format!("{} is asked to be typed", quoted(&typed)));
    }
    if plan.store.as_ref() != model.inventory.store() {
        let words = format!("{} the store was replaced since this was made", glyph::WARNING);
        page.fact("store", Ink::Warning, &words);
    }
    if matches!(plan.looks, Looks::Comparing(_)) {
        page.fact("changes", Ink::Accent, &format!("being compared {}", glyph::MORE));
    } else if plan.full && plan.is_too_long() {
        page.fact("text", Ink::Warning, "too long to be shown at once: look at the documents one by one");
    }
    around::hindrances(page, model, Place::Plan);
}

fn quoted(words: &str) -> String {
    format!("\"{words}\"")
}

/// `3 operations of at most 128 at once, all or none · 1,234 bytes`
fn commit(plan: &Plan, most: usize) -> String {
    let count = words::plural(plan.steps.len(), "operation");
    let of = if most == usize::MAX {
        String::new()
    } else {
        format!(" of at most {} at once", words::grouped(most))
    };
    let all = if plan.steps.len() > 1 { ", all or none" } else { "" };
    let size = match plan.size() {
        0 => String::new(),
        size => format!(" {} {}", glyph::DOT, words::plural(size, "byte")),
    };
    format!("{count}{of}{all}{size}")
}

/// `- production/orders   only if still at r48190`
fn head(page: &mut Page<'_>, model: &Model, step: &Step, column: usize) {
    let (mark, ink) = match (&step.before, &step.after) {
        (None, _) => ("+ ", Ink::Added),
        (Some(_), None) => ("- ", Ink::Removed),
        (Some(_), Some(_)) => ("~ ", Ink::Strong),
    };
    let condition = match &step.before {
        None => "only if it does not exist".to_owned(),
        Some(entry) => format!("only if still at {}", words::token(model, entry.token)),
    };
    let mut phrase = Phrase::of(ink, mark)
        .and(ink, format!("{:column$}", Safe::display(&step.key).as_str()))
        .and(Ink::Text, format!("   {condition}"));
    if let Some((from, token)) = &step.source {
        phrase
            .join(" · ", Phrase::of(Ink::Dim, format!("copy of {from} at {}", words::token(model, *token))));
    }
    page.phrase(phrase);
}

/// What belongs to one step.
fn under<'p>(page: &mut Page<'p>, model: &Model, plan: &'p Plan, step: &'p Step, look: Option<&'p Look>) {
    moved(page, model, plan, step);
    if let Some(words) = lease(model, plan, step) {
        page.fact("lease", Ink::Text, &words);
    }
    if let (Recipe::Rename { from, to }, Some(_)) = (&plan.recipe, &step.after)
        && let (Some(old), Some(new)) = (route(from), route(to))
    {
        page.fact("route", Ink::Warning, &format!("{} callers of {old} have to call {new}", glyph::WARNING));
    }
    if step.after.is_none() {
        around::dependants(page, model, &step.key, true);
    }
    if model.drafts.contains_key(&step.key) {
        page.fact("draft", Ink::Text, "yours of it is kept, under this name");
    }
    let Some(look) = look else { return };
    if look.secrets > 0 && step.source.is_some() {
        let secrets = words::plural(look.secrets, "secret");
        page.fact("holds", Ink::Text, &format!("{secrets}, copied with it"));
    }
    if look.binary {
        return page.fact("text", Ink::Warning, "not UTF-8: it cannot be shown or compared");
    }
    if plan.full {
        return page.full(&look.lines);
    }
    match (&step.before, &step.after) {
        (Some(_), Some(_)) if matches!(plan.recipe, Recipe::Reput(_)) => {
            around::dependants(page, model, &step.key, false);
        }
        (Some(_), Some(_)) => page.paths(&look.diff, "nothing changes"),
        (None, Some(document)) => page.fact("new", Ink::Dim, &words::plural(document.len(), "byte")),
        _ => {}
    }
}

/// Where a webhook is called.
fn route(key: &ResourceKey) -> Option<String> {
    match key {
        ResourceKey::Webhook { namespace, id } => {
            Some(format!("/webhook/{}/{}", namespace.as_str(), id.as_str()))
        }
        _ => None,
    }
}

/// That what the step stands on is no longer so.
fn moved(page: &mut Page<'_>, model: &Model, plan: &Plan, step: &Step) {
    if plan.clash.as_ref().is_some_and(|clash| clash.key == step.key) {
        return;
    }
    let undo = matches!(plan.recipe, Recipe::Undo(_));
    let token = |token| words::token(model, token);
    let (what, then) = match step.moved(&model.inventory) {
        None => return stale_source(page, model, step),
        Some(Moved::Hidden) => ("it may not be read any more".to_owned(), "writing will be refused"),
        Some(Moved::Changed(now)) if undo => (format!("changed since: {}", token(now)), ""),
        Some(Moved::Changed(now)) => (format!("it was changed meanwhile, now {}", token(now)), ""),
        Some(Moved::Exists(now)) if undo => (format!("exists again: {}", token(now)), ""),
        Some(Moved::Exists(now)) => (format!("it exists by now, at {}", token(now)), ""),
        Some(Moved::Deleted) if undo => ("deleted since".to_owned(), ""),
        Some(Moved::Deleted) => ("it was deleted meanwhile".to_owned(), ""),
    };
    let then = match (then, undo) {
        ("", true) => "nothing of this write is taken back",
        ("", false) => "writing will end in a conflict",
        (then, _) => then,
    };
    page.fact("upstream", Ink::Warning, &format!("{} {what}: {then}", glyph::WARNING));
}

/// What a copy's source is at now, where that is not what is copied.
fn source_now(model: &Model, step: &Step) -> Option<Option<Token>> {
    let (from, taken) = step.source.as_ref()?;
    let now = model.inventory.get(from).map(|row| row.token());
    (now != Some(*taken)).then_some(now)
}

fn stale_source(page: &mut Page<'_>, model: &Model, step: &Step) {
    let (Some((from, taken)), Some(now)) = (&step.source, source_now(model, step)) else { return };
    let now = match now {
        Some(now) => format!("was changed meanwhile, now {}", words::token(model, now)),
        None => "is gone meanwhile".into(),
    };
    let taken = words::token(model, *taken);
    page.fact("source", Ink::Warning, &format!("{} {from} {now}: the copy is of {taken}", glyph::WARNING));
}

/// What becomes of a lease.
fn lease(model: &Model, plan: &Plan, step: &Step) -> Option<String> {
    let held = step.before.as_ref().and_then(|entry| entry.lease);
    match (&step.before, &step.after, step.lease) {
        (Some(_), None, _) => {
            // Where a document gets another name, its lease is told beside that.
            let moves =
                plan.steps.iter().any(|other| held.is_some_and(|held| other.lease == Lease::Of(held)));
            held.filter(|_| !moves).map(|lease| format!("{lease}: the binding ends with it"))
        }
        (Some(_), Some(_), _) => held.map(|lease| format!("{lease} is kept")),
        (None, _, Lease::Of(lease)) => Some(format!("{lease} is kept")),
        (None, _, _) => lost(model, plan, step),
    }
}

/// A lease that a new document might be expected to have, and has not.
fn lost(model: &Model, plan: &Plan, step: &Step) -> Option<String> {
    if let Recipe::Undo(id) = plan.recipe {
        let (written, _) = model.writes.find(id)?;
        let before = written.steps.iter().find(|touched| touched.key == step.key)?.before.as_ref()?;
        let lease = before.lease?;
        return Some(format!("{lease} is not bound again: it stays until it is deleted"));
    }
    let (from, _) = step.source.as_ref()?;
    let lease = model.inventory.get(from)?.lease()?;
    Some(format!("{lease} of {from} is not copied"))
}
