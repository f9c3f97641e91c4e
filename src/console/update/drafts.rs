//! Drafts on disk: when they are saved, what is offered at the start, and what leaving says.

use super::super::drafts::{Listed, Saved, SavedId};
use super::super::effect::{Effect, Request};
use super::super::keymap::Place;
use super::super::model::{Confirm, DraftRow, DraftsPage, Edit, Model, Overlay, Standing, Then, Tone};
use super::browse::Step;
use super::{edit, feed, typing};
use crate::console::model::Upstream;

/// After each message: notes what was typed, and removes the files of drafts that are none any more.
pub(super) fn follow(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    for edit in model.edits_mut() {
        edit.saving.note(edit.pad.revision(), now);
    }
    for (key, draft) in &mut model.drafts {
        // One that was begun and left as it was.
        if draft.saving.is_current() && !model.shelf.on_disk.contains(key) {
            draft.saving.touch(now);
        }
    }
    offer(model);
    let left: Vec<_> = model.drafts.keys().cloned().collect();
    let mut effects = save_where(model, |edit| left.contains(&edit.key) && edit.saving.due().is_some());
    let Model { shelf, edit, drafts, .. } = model;
    let is_draft = |key: &_| edit.as_ref().is_some_and(|edit| edit.key == *key) || drafts.contains_key(key);
    let over: Vec<_> = shelf.on_disk.iter().filter(|key| !is_draft(key)).cloned().collect();
    shelf.on_disk.retain(is_draft);
    effects.extend(over.into_iter().map(Effect::RemoveDraft));
    effects
}

/// Saves what is due, and asks once what ended sessions left.
pub(super) fn wake(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    let mut effects = save_where(model, |edit| edit.saving.due().is_some_and(|at| at <= now));
    if model.shelf.asked.is_none() {
        let request = model.next_request();
        model.shelf.asked = Some(request);
        effects.push(Effect::LoadDrafts(request));
    }
    effects
}

/// Saves whatever is not saved.
pub(super) fn save_all(model: &mut Model) -> Vec<Effect> {
    follow(model).into_iter().chain(save_where(model, |edit| edit.saving.is_behind())).collect()
}

fn save_where(model: &mut Model, wanted: impl Fn(&Edit) -> bool) -> Vec<Effect> {
    let (mut effects, wall) = (Vec::new(), model.now.wall);
    if !model.edits_mut().any(|edit| wanted(edit)) {
        return effects;
    }
    let mut request = model.next_request();
    let context = model.context.name.clone();
    for edit in model.edit.iter_mut().chain(model.drafts.values_mut()).filter(|edit| wanted(edit)) {
        if edit.is_changed() {
            edit.saving.begin(request);
            model.shelf.on_disk.insert(edit.key.clone());
            effects.push(Effect::SaveDraft(request, Box::new(edit.unsaved(&context, wall))));
            request = Request(request.0 + 1);
        } else {
            edit.saving.rest();
            if model.shelf.on_disk.remove(&edit.key) {
                effects.push(Effect::RemoveDraft(edit.key.clone()));
            }
        }
    }
    model.skip_requests(request);
    effects
}

/// What came of a save. A failure is said once, until a save succeeds again.
pub(super) fn saved(model: &mut Model, request: Request, result: Result<usize, String>) {
    let Some(key) =
        model.edits_mut().find_map(|edit| edit.saving.answered(request, &result).then(|| edit.key.clone()))
    else {
        return;
    };
    match result {
        Ok(_) => model.shelf.failure = None,
        Err(reason) if model.shelf.failure.as_ref() != Some(&reason) => {
            model.say(Tone::Bad, format!("the draft of {key} is not saved: {reason}"));
            model.shelf.failure = Some(reason);
        }
        Err(_) => {}
    }
}

/// What ended sessions left.
pub(super) fn loaded(model: &mut Model, request: Request, listed: Vec<Listed>) {
    if model.shelf.asked == Some(request) {
        model.shelf.untold = !listed.is_empty();
        model.shelf.offered = listed;
    }
}

/// Tells once what ended sessions left: as a page, if nothing else was opened by then.
fn offer(model: &mut Model) {
    if !model.shelf.untold || !model.link.had_picture {
        return;
    }
    model.shelf.untold = false;
    let here = |listed: &&Listed| {
        listed.what.as_ref().is_ok_and(|summary| Standing::of(model, summary) != Standing::OtherContext)
    };
    let count = model.shelf.offered.iter().filter(here).count();
    let free = matches!(model.place(), Place::Browse | Place::Secrets | Place::Page);
    if count > 0 && free && !model.context.read_only {
        return show(model);
    }
    let all = model.shelf.offered.len();
    let words = if all == 1 { "a draft is kept".into() } else { format!("{all} drafts are kept") };
    model.say(
        Tone::Plain,
        format!("{words} from earlier: :drafts shows it{}", if all == 1 { "" } else { " all" }),
    );
}

/// Opens the page.
pub(super) fn show(model: &mut Model) {
    if model.draft_rows().is_empty() {
        return model.say(Tone::Plain, "no drafts are kept");
    }
    let opened = model.now.mono;
    model.overlay = Some(Overlay::Drafts(DraftsPage { cursor: 0, opened }));
    model.want(super::super::model::Redraw::Now);
}

/// The page was closed with drafts still in it.
pub(super) fn closed(model: &mut Model) {
    if matches!(model.overlay, Some(Overlay::Drafts(_))) && !model.draft_rows().is_empty() {
        model.say(Tone::Plain, ":drafts lists them again");
    }
}

/// Moves the selection of the page.
pub(super) fn step(model: &mut Model, step: Step) {
    let (count, page) = (model.draft_rows().len(), usize::from(model.frame().body.height));
    if let Some(Overlay::Drafts(drafts)) = &mut model.overlay {
        drafts.cursor = step.from(drafts.cursor, count, page);
    }
}

/// What is selected on the page, unless it was opened so short ago that a key means something else.
fn selected(model: &Model) -> Option<DraftRow<'_>> {
    match &model.overlay {
        Some(Overlay::Drafts(page)) if !edit::too_soon(page.opened, model.now.mono) => {
            model.draft_rows().get(page.cursor).copied()
        }
        _ => None,
    }
}

/// Whether one is being taken up or thrown away: the answer to that would be dropped, and the draft
/// with it.
pub(super) fn is_busy(model: &mut Model) -> bool {
    let busy = model.shelf.moving.is_some();
    if busy {
        model.say(Tone::Plain, "the last one is still under way; a moment");
    }
    busy
}

/// Goes on with the selected draft.
pub(super) fn take_up(model: &mut Model) -> Vec<Effect> {
    let (id, summary) = match selected(model) {
        Some(DraftRow::Here(draft)) => {
            let key = draft.key.clone();
            model.overlay = None;
            edit::resume(model, &key);
            return Vec::new();
        }
        Some(DraftRow::Left(Listed { id, what: Ok(summary) })) => (id.clone(), summary.clone()),
        Some(DraftRow::Left(_)) => {
            model.say(Tone::Bad, "this draft cannot be read; d throws it away");
            return Vec::new();
        }
        None => return Vec::new(),
    };
    if Standing::of(model, &summary) == Standing::OtherContext {
        let name = &summary.context;
        model.say(Tone::Bad, format!("this draft is of the context {name}: open confdeck there"));
        return Vec::new();
    }
    if model.drafts.contains_key(&summary.key) || model.edit.is_some() {
        model.say(Tone::Bad, format!("a draft of {} is open here: write or discard that first", summary.key));
        return Vec::new();
    }
    if !model.link.had_picture {
        let words = "nothing is loaded yet that its placeholders could stand for; wait for the documents";
        model.say(Tone::Bad, words);
        return Vec::new();
    }
    if is_busy(model) {
        return Vec::new();
    }
    let request = model.next_request();
    model.shelf.moving = Some((request, id.clone()));
    vec![Effect::TakeUpDraft(request, id)]
}

/// A saved draft is this session's now, or is not.
pub(super) fn taken(model: &mut Model, request: Request, taken: Result<Box<Saved>, String>) {
    let Some((_, id)) = model.shelf.moving.take_if(|(asked, _)| *asked == request) else { return };
    let saved = match taken {
        Ok(saved) => saved,
        Err(reason) => return model.say(Tone::Bad, format!("the draft was not taken up: {reason}")),
    };
    model.shelf.offered.retain(|listed| listed.id != id);
    model.shelf.on_disk.insert(saved.key.clone());
    let mut draft = Edit::taken_up(*saved, &model.inventory);
    draft.upstream = feed::upstream(&model.inventory, &draft);
    let other_store = draft.store.as_ref() != model.inventory.store();
    if other_store && draft.upstream == Upstream::Unchanged {
        draft.upstream = Upstream::Changed;
    }
    let key = draft.key.clone();
    let mut words = format!("the draft of {key} is back");
    if draft.saving.withheld > 0 {
        words += &format!("; {}", again(draft.saving.withheld));
    }
    if other_store {
        words += "; it is of another store, look before you write";
    }
    if model.edit.is_some() || model.plan.is_some() {
        model.drafts.insert(key, Box::new(draft));
    } else {
        model.overlay = None;
        model.edit = Some(Box::new(draft));
        typing::settle(model);
    }
    model.say(Tone::Good, words);
}

/// How many secrets a saved draft is without.
fn again(withheld: usize) -> String {
    if withheld == 1 {
        "1 secret must be typed again".into()
    } else {
        format!("{withheld} secrets must be typed again")
    }
}

/// Asks before the selected draft is thrown away.
pub(super) fn ask_throw_away(model: &mut Model) {
    let (key, then) = match selected(model) {
        Some(DraftRow::Here(_)) => {
            return model
                .say(Tone::Plain, "this draft is open here: enter goes on with it, ctrl-x discards it");
        }
        Some(DraftRow::Left(Listed { id, what })) => {
            let name = what.as_ref().map_or_else(|_| id.name(), |summary| summary.key.to_string());
            (name, Then::DiscardSaved(id.clone()))
        }
        None => return,
    };
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: format!("Throw away the draft of {key}?"),
        details: vec!["What is stored stays as it is.".into()],
        then,
        asked: model.now.mono,
    }));
}

/// Throws a saved draft away.
pub(super) fn throw_away(model: &mut Model, id: SavedId) -> Vec<Effect> {
    if is_busy(model) {
        return Vec::new();
    }
    let request = model.next_request();
    model.shelf.moving = Some((request, id.clone()));
    vec![Effect::ThrowAwayDraft(request, id)]
}

/// A saved draft is gone, or is not.
pub(super) fn thrown_away(model: &mut Model, request: Request, result: Result<(), String>) {
    let Some((_, id)) = model.shelf.moving.take_if(|(asked, _)| *asked == request) else { return };
    match result {
        Ok(()) => {
            model.shelf.offered.retain(|listed| listed.id != id);
            model.say(Tone::Plain, "the draft was thrown away");
        }
        Err(reason) => model.say(Tone::Bad, format!("the draft was not thrown away: {reason}")),
    }
    if !model.draft_rows().is_empty() && model.overlay.is_none() && model.edit.is_none() {
        show(model);
    }
}

/// Leaves at once where nothing is lost with it, and asks where something is.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    let mut lost: Vec<String> = model
        .drafts
        .values()
        .filter_map(|edit| {
            let saving = &edit.saving;
            match saving.withheld {
                _ if saving.failed => Some(format!("{} cannot be saved", edit.key)),
                0 => None,
                withheld => Some(format!("{}: {}", edit.key, again(withheld))),
            }
        })
        .collect();
    // Nobody would be told what became of it.
    lost.extend(model.writing.as_ref().map(|writing| format!("{} has no answer yet", writing.what())));
    if lost.is_empty() { part(model) } else { ask(model, lost) }
}

/// Asks once before leaving; the drafts are saved by then.
pub(super) fn ask_to_leave(model: &mut Model) -> Vec<Effect> {
    if model.drafts.is_empty() {
        return Vec::new();
    }
    let keys = model.drafts.keys().take(8).map(ToString::to_string).collect();
    ask(model, keys)
}

fn ask(model: &mut Model, mut details: Vec<String>) -> Vec<Effect> {
    let count = model.drafts.len();
    let question = match count {
        0 => "Leave before the answer?".into(),
        1 => "Leave with a draft?".into(),
        count => format!("Leave with {count} drafts?"),
    };
    details.truncate(8);
    if count > 0 {
        details.push("What is saved of them is offered at the next start.".into());
    }
    model.overlay =
        Some(Overlay::Confirm(Confirm { question, details, then: Then::Quit, asked: model.now.mono }));
    save_all(model)
}

/// Saves what is not saved, says what is kept, and leaves.
pub(super) fn part(model: &mut Model) -> Vec<Effect> {
    let mut effects = save_all(model);
    let open = model.edit.as_ref().is_some_and(|edit| edit.is_changed());
    let drafts = match model.drafts.len() + usize::from(open) {
        0 => None,
        1 => Some("a draft is kept: it is offered at the next start".to_owned()),
        count => Some(format!("{count} drafts are kept: they are offered at the next start")),
    };
    let write = model.writing.as_ref();
    let write = write.map(|writing| format!("{} had no answer yet: look what is stored", writing.what()));
    let words: Vec<_> = write.into_iter().chain(drafts).collect();
    if !words.is_empty() {
        effects.push(Effect::Farewell(words.join("; ")));
    }
    effects.push(Effect::Quit(0));
    effects
}
