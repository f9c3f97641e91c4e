//! Saved drafts: when they are written to disk, and what is offered at startup.

use super::autosave::SILENT_AFTER;
use super::state::{DraftRow, DraftsPage};
use super::status::DraftStatus;
use crate::console::drafts::{DraftEntry, DraftId, DraftJob, DraftSave, SavedDraft};
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::overlays::{ConfirmAction, Overlay};
use crate::console::place::Place;
use crate::console::screens::editor;
use crate::console::screens::editor::{Draft, Upstream};
use crate::console::widgets::{ListState, Movement};
use crate::domain::ResourceKey;

/// After each message: records edits, and removes the files of drafts that no longer exist.
pub(crate) fn follow(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    for edit in model.edits_mut() {
        edit.autosave.note(edit.buffer.revision(), now);
    }
    for (key, draft) in &mut model.drafts {
        // A draft that was opened and not changed.
        if draft.autosave.is_current() && !model.saved_drafts.on_disk.contains(key) {
            draft.autosave.touch(now);
        }
    }
    offer(model);
    let left: Vec<_> = model.drafts.keys().cloned().collect();
    let mut effects = save_where(model, |edit| left.contains(&edit.key) && edit.autosave.due().is_some());
    let Model { saved_drafts, edit, drafts, .. } = model;
    let is_draft = |key: &_| edit.as_ref().is_some_and(|edit| edit.key == *key) || drafts.contains_key(key);
    let over = saved_drafts.on_disk.extract_if(.., |key| !is_draft(key));
    effects.extend(over.map(|key| Effect::Draft(DraftJob::Remove(key))));
    effects
}

/// Saves drafts that are due, and requests the drafts of earlier sessions once.
pub(crate) fn wake(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    let mut effects = save_where(model, |edit| edit.autosave.due().is_some_and(|at| at <= now));
    if model.saved_drafts.asked.is_none() {
        let request = model.next_request();
        model.saved_drafts.asked = Some(request);
        model.saved_drafts.listed_by = Some(now + SILENT_AFTER);
        effects.push(Effect::Draft(DraftJob::List(request)));
    }
    notice_silence(model);
    effects
}

/// Marks drafts whose save takes too long, and says once that the state folder does not answer.
fn notice_silence(model: &mut Model) {
    let now = model.now.mono;
    let mut silent = model.saved_drafts.listed_by.take_if(|by| *by <= now).is_some();
    for edit in model.edits_mut().filter(|edit| edit.autosave.overdue_at().is_some_and(|at| at <= now)) {
        edit.autosave.failed = true;
        silent = true;
    }
    if silent && !std::mem::replace(&mut model.saved_drafts.silent, true) {
        model.notify(
            Tone::Bad,
            "the state folder does not answer: no draft is saved, and nothing logged or audited, until it does",
        );
    }
}

/// Called with every answer from the state folder.
fn heard(model: &mut Model) {
    if std::mem::take(&mut model.saved_drafts.silent) {
        model.notify(Tone::Good, "the state folder answers again");
    }
}

/// Saves everything unsaved.
pub(crate) fn save_all(model: &mut Model) -> Vec<Effect> {
    follow(model).into_iter().chain(save_where(model, |edit| edit.autosave.is_behind())).collect()
}

fn save_where(model: &mut Model, wanted: impl Fn(&Draft) -> bool) -> Vec<Effect> {
    let (mut effects, now, wall) = (Vec::new(), model.now.mono, model.now.wall);
    if !model.edits_mut().any(|edit| wanted(edit)) {
        return effects;
    }
    let mut request = model.next_request();
    let context = model.context.name.clone();
    for edit in model.edit.iter_mut().chain(model.drafts.values_mut()).filter(|edit| wanted(edit)) {
        if edit.is_changed() {
            edit.autosave.begin(request, now);
            model.saved_drafts.on_disk.insert(edit.key.clone());
            effects.push(Effect::Draft(DraftJob::Save(request, Box::new(edit.unsaved(&context, wall)))));
            request = RequestId(request.0 + 1);
        } else {
            edit.autosave.reset();
            if model.saved_drafts.on_disk.remove(&edit.key) {
                effects.push(Effect::Draft(DraftJob::Remove(edit.key.clone())));
            }
        }
    }
    model.skip_requests(request);
    effects
}

/// The result of a save. A failure is reported once, until a save succeeds again.
pub(crate) fn on_saved(model: &mut Model, request: RequestId, result: Result<DraftSave, String>) {
    heard(model);
    if let Ok(DraftSave { displaced, .. }) = &result {
        displaced.iter().for_each(|key| on_displaced(model, key));
    }
    let Some(key) =
        model.edits_mut().find_map(|edit| edit.autosave.accept(request, &result).then(|| edit.key.clone()))
    else {
        return;
    };
    match result {
        Ok(_) => {
            // Its file may have made room for another in the meantime, and is there again.
            if model.saved_drafts.failure.take().is_some() {
                model.notify(Tone::Good, format!("the draft of {key} is saved again"));
            }
            model.saved_drafts.on_disk.insert(key);
        }
        Err(reason) if model.saved_drafts.failure.as_ref() != Some(&reason) => {
            model.notify(Tone::Bad, format!("the draft of {key} is not saved: {reason}"));
            model.saved_drafts.failure = Some(reason);
        }
        Err(_) => {}
    }
}

/// The file of an older draft made room for a newer one.
fn on_displaced(model: &mut Model, key: &ResourceKey) {
    model.saved_drafts.on_disk.remove(key);
    let Some(edit) = model.edits_mut().find(|edit| edit.key == *key) else { return };
    edit.autosave.displace();
    model.notify(
        Tone::Bad,
        format!(
            "the draft of {key} is only in memory now: it made room for newer ones; write or discard some"
        ),
    );
}

/// The drafts of earlier sessions.
pub(crate) fn on_loaded(model: &mut Model, request: RequestId, listed: Vec<DraftEntry>) {
    if model.saved_drafts.asked == Some(request) {
        heard(model);
        model.saved_drafts.listed_by = None;
        model.saved_drafts.unannounced = !listed.is_empty();
        model.saved_drafts.offered = listed;
    }
}

/// Offers the drafts of earlier sessions once: as a page, if nothing else is open by then.
fn offer(model: &mut Model) {
    if !model.saved_drafts.unannounced || !model.link.has_loaded {
        return;
    }
    model.saved_drafts.unannounced = false;
    let mut offered = model.saved_drafts.offered.iter().flat_map(|listed| &listed.summary);
    let here = offered.any(|summary| DraftStatus::of(model, summary) != DraftStatus::OtherContext);
    let free = matches!(model.place(), Place::Browse | Place::Detail | Place::Secrets | Place::Page);
    if here && free && !model.context.read_only {
        return show(model);
    }
    let words = match model.saved_drafts.offered.len() {
        1 => "a draft is kept from earlier: :drafts shows it".to_owned(),
        all => format!("{all} drafts are kept from earlier: :drafts shows it all"),
    };
    model.notify(Tone::Plain, words);
}

pub(crate) fn show(model: &mut Model) {
    let rows = model.draft_rows();
    if rows.is_empty() {
        return model.notify(Tone::Plain, "no drafts are kept");
    }
    let mut list = ListState::default();
    list.select_at(&rows, 0);
    model.overlay = Some(Overlay::Drafts(DraftsPage { list, opened: model.now.mono }));
    model.request_redraw(crate::console::model::Redraw::Now);
}

/// Called when the page is closed with drafts still in it.
pub(crate) fn on_closed(model: &mut Model) {
    if matches!(model.overlay, Some(Overlay::Drafts(_))) && !model.draft_rows().is_empty() {
        model.notify(Tone::Plain, ":drafts lists them again");
    }
}

pub(crate) fn step(model: &mut Model, step: Movement) {
    let height = usize::from(model.frame().body.height);
    let Some(Overlay::Drafts(page)) = &model.overlay else { return };
    let mut list = page.list.clone();
    list.height = height;
    list.step(&model.draft_rows(), step);
    if let Some(Overlay::Drafts(page)) = &mut model.overlay {
        page.list = list;
    }
}

/// The selected draft, unless the page opened too recently for a key to be meant for it.
fn selected(model: &Model) -> Option<DraftRow<'_>> {
    match &model.overlay {
        Some(Overlay::Drafts(page)) if !model.now.is_too_soon_after(page.opened) => {
            let rows = model.draft_rows();
            rows.get(page.list.place(&rows)).copied()
        }
        _ => None,
    }
}

/// Resumes the selected draft.
pub(crate) fn take_up(model: &mut Model) -> Vec<Effect> {
    let (id, summary) = match selected(model) {
        Some(DraftRow::ThisSession(draft)) => {
            let key = draft.key.clone();
            model.overlay = None;
            editor::resume(model, &key);
            return Vec::new();
        }
        Some(DraftRow::EndedSession(DraftEntry { id, summary: Ok(summary) })) => {
            (id.clone(), summary.clone())
        }
        Some(DraftRow::EndedSession(_)) => {
            model.notify(Tone::Bad, "this draft cannot be read; d throws it away");
            return Vec::new();
        }
        None => return Vec::new(),
    };
    let words = if DraftStatus::of(model, &summary) == DraftStatus::OtherContext {
        format!("this draft is of the context {}: open confdeck there", summary.context)
    } else if model.drafts.contains_key(&summary.key) || model.edit.is_some() {
        format!("a draft of {} is open here: write or discard that first", summary.key)
    } else if !model.link.has_loaded {
        "nothing is loaded yet that its placeholders could stand for; wait for the documents".into()
    } else {
        return begin(model, id, DraftJob::Resume);
    };
    model.notify(Tone::Bad, words);
    Vec::new()
}

fn begin(model: &mut Model, id: DraftId, job: fn(RequestId, DraftId) -> DraftJob) -> Vec<Effect> {
    if model.is_draft_busy() {
        return Vec::new();
    }
    let request = model.next_request();
    model.saved_drafts.pending.begin(request, id.clone());
    vec![Effect::Draft(job(request, id))]
}

/// The answer to resuming a saved draft.
pub(crate) fn on_taken(model: &mut Model, request: RequestId, taken: Result<Box<SavedDraft>, String>) {
    let Some(id) = model.saved_drafts.pending.accept(request) else { return };
    let saved = match taken {
        Ok(saved) => saved,
        Err(reason) => return model.notify(Tone::Bad, format!("the draft was not taken up: {reason}")),
    };
    model.saved_drafts.offered.retain(|listed| listed.id != id);
    model.saved_drafts.on_disk.insert(saved.key.clone());
    let mut draft = Draft::resume(*saved, &model.inventory, &model.context.secret_names);
    draft.upstream = Upstream::of(&model.inventory, &draft);
    let other_store = draft.store.as_ref() != model.inventory.store();
    if other_store && draft.upstream == Upstream::Unchanged {
        draft.upstream = Upstream::Changed;
    }
    let key = draft.key.clone();
    let mut words = format!("the draft of {key} is back");
    if draft.autosave.withheld > 0 {
        words += &format!("; {}", retype_note(draft.autosave.withheld));
    }
    if other_store {
        words += "; it is of another store, look before you write";
    }
    if model.edit.is_some() || model.plan.is_some() {
        model.drafts.insert(key, Box::new(draft));
    } else {
        model.overlay = None;
        model.edit = Some(Box::new(draft));
        model.update_editor_view();
    }
    model.notify(Tone::Good, words);
}

/// Names the secrets that were not saved with a draft.
pub(super) fn retype_note(withheld: usize) -> String {
    let secrets = if withheld == 1 { "secret" } else { "secrets" };
    format!("{withheld} {secrets} must be typed again")
}

/// Asks before discarding the selected draft.
pub(crate) fn ask_throw_away(model: &mut Model) {
    let (key, then) = match selected(model) {
        Some(DraftRow::ThisSession(_)) => {
            return model
                .notify(Tone::Plain, "this draft is open here: enter goes on with it, ctrl-x discards it");
        }
        Some(DraftRow::EndedSession(DraftEntry { id, summary: what })) => {
            let name = what.as_ref().map_or_else(|_| id.name(), |summary| summary.key.to_string());
            (name, ConfirmAction::DiscardSaved(id.clone()))
        }
        None => return,
    };
    editor::ask_discard(model, &key, then);
}

/// Discards a saved draft.
pub(crate) fn throw_away(model: &mut Model, id: DraftId) -> Vec<Effect> {
    begin(model, id, DraftJob::Delete)
}

/// The answer to discarding a saved draft.
pub(crate) fn on_thrown_away(model: &mut Model, request: RequestId, result: Result<(), String>) {
    let Some(id) = model.saved_drafts.pending.accept(request) else { return };
    match result {
        Ok(()) => {
            model.saved_drafts.offered.retain(|listed| listed.id != id);
            model.notify(Tone::Plain, "the draft was thrown away");
        }
        Err(reason) => model.notify(Tone::Bad, format!("the draft was not thrown away: {reason}")),
    }
    if !model.draft_rows().is_empty() && model.overlay.is_none() && model.edit.is_none() {
        show(model);
    }
}
