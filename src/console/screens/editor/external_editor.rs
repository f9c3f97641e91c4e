//! A draft in the user's external editor.

use super::external_edit::ExternalEdit;
use super::state::DraftStage;
use crate::console::effect::{Effect, RequestId};
use crate::console::external_editor::{EditorEvent, ExternalDraft};
use crate::console::model::{Model, Tone};
use crate::console::screens::editor::update;
use crate::console::screens::{browse, review};

/// Opens the draft, or the selected document, in the external editor.
pub(crate) fn begin(model: &mut Model) -> Vec<Effect> {
    if model.external_edit.is_some() {
        model.notify(Tone::Plain, "this draft is open in another program already: save it there");
        return Vec::new();
    }
    let opened = model.edit.is_none();
    if opened {
        update::open(model);
    }
    let (request, now) = (model.next_request(), model.now.mono);
    let Some(open) = model.edit.as_mut().filter(|open| matches!(open.stage, DraftStage::Editing)) else {
        return Vec::new();
    };
    let opened = opened && !open.is_changed();
    let (text, line) = (open.text_without_secrets(), open.buffer.cursor().row + 1);
    open.change(now, |open| open.buffer.set_text(&text));
    let (key, before) = (open.key.clone(), text.clone());
    model.update_editor_view();
    let draft = ExternalDraft { key: key.clone(), text, line };
    model.external_edit =
        Some(ExternalEdit { request, key, before, opened, watching: false, refused: false });
    vec![Effect::EditExternally(request, Box::new(draft))]
}

pub(crate) fn handle(model: &mut Model, request: RequestId, news: EditorEvent) -> Vec<Effect> {
    let now = model.now.mono;
    let Model { external_edit: away, edit, .. } = model;
    let Some(away) = away.as_mut().filter(|away| away.request == request) else { return Vec::new() };
    let open = edit.as_mut().filter(|open| open.key == away.key);
    match news {
        EditorEvent::Saved(text) => {
            if std::mem::take(&mut away.refused) {
                // Saving again is an act, too: the refusal no longer holds.
                model.notices.end_act();
            }
            if let Some(open) = open {
                open.change(now, |open| open.buffer.set_text(&text));
                model.update_editor_view();
            }
        }
        EditorEvent::Refused(why) => {
            away.refused = true;
            model.notify(Tone::Bad, format!("what was saved there is not taken: {why}"));
        }
        EditorEvent::Ended { failure: None, detached: true } => away.watching = true,
        EditorEvent::Ended { failure: None, detached: false } => return on_ended(model),
        EditorEvent::Ended { failure: Some(why), .. } | EditorEvent::Failed(why) => on_failed(model, &why),
    }
    Vec::new()
}

fn on_failed(model: &mut Model, why: &str) {
    let now = model.now.mono;
    let Some(away) = model.external_edit.take() else { return };
    if let Some(open) = model.edit.as_mut().filter(|open| open.key == away.key) {
        open.change(now, |open| open.buffer.set_text(&away.before));
        if away.opened && !open.is_changed() {
            model.edit = None;
        }
    }
    model.update_editor_view();
    model.notify(Tone::Bad, format!("{why}; the draft is as it was"));
}

fn on_ended(model: &mut Model) -> Vec<Effect> {
    let Some(away) = model.external_edit.take() else { return Vec::new() };
    let Some(open) = model.edit.as_mut().filter(|open| open.key == away.key) else { return Vec::new() };
    let changed = open.text() != away.before;
    if away.opened && !open.is_changed() {
        model.edit = None;
        browse::settle(model);
    }
    // The refusal was reported when the file was saved, and still holds.
    if !away.refused && changed {
        return review::review(model);
    }
    if !away.refused {
        model.notify(Tone::Plain, "nothing was changed there");
    }
    Vec::new()
}

/// Stops watching the file of an editor that returned at once; `None` if no file is watched.
pub(crate) fn end(model: &mut Model) -> Option<Effect> {
    let away = model.external_edit.as_ref()?;
    if away.watching {
        return Some(Effect::StopExternalEditor(away.request));
    }
    model.notify(Tone::Plain, "this draft is open in another program: save it there, and leave that");
    None
}

/// After each message: closes the external editor of a draft that no longer exists.
pub(crate) fn follow(model: &mut Model) -> Option<Effect> {
    let gone = |away: &mut ExternalEdit| model.edit.as_ref().is_none_or(|open| open.key != away.key);
    let away = model.external_edit.take_if(gone)?;
    Some(Effect::StopExternalEditor(away.request))
}
