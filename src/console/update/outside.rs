//! A draft in the user's own editor.

use super::super::effect::{Effect, Request};
use super::super::model::{Away, Model, Stage, Tone};
use super::super::outside::{Outside, OutsideDraft};
use super::{browse, edit, prepare, typing};

/// Gives the open draft, or the selected document, to the other program.
pub(super) fn begin(model: &mut Model) -> Vec<Effect> {
    if model.away.is_some() {
        model.say(Tone::Plain, "this draft is open in another program already: save it there");
        return Vec::new();
    }
    let opened = model.edit.is_none();
    if opened {
        edit::open(model);
    }
    let (request, now) = (model.next_request(), model.now.mono);
    let Some(open) = model.edit.as_mut().filter(|open| matches!(open.stage, Stage::Editing)) else {
        return Vec::new();
    };
    let opened = opened && !open.is_changed();
    let (text, line) = (open.stow(), open.pad.cursor().row + 1);
    typing::follow(open, now, |open| open.pad.set_text(&text));
    let away = Away {
        request,
        key: open.key.clone(),
        before: text.clone(),
        opened,
        watching: false,
        refused: false,
    };
    typing::settle(model);
    let draft = OutsideDraft { key: away.key.clone(), text, line };
    model.away = Some(away);
    vec![Effect::EditOutside(request, Box::new(draft))]
}

/// What happens to it there.
pub(super) fn take(model: &mut Model, request: Request, news: Outside) -> Vec<Effect> {
    let now = model.now.mono;
    let Model { away, edit, .. } = model;
    let Some(away) = away.as_mut().filter(|away| away.request == request) else { return Vec::new() };
    let open = edit.as_mut().filter(|open| open.key == away.key);
    match news {
        Outside::Saved(text) => {
            away.refused = false;
            if let Some(open) = open {
                typing::follow(open, now, |open| open.pad.set_text(&text));
                typing::settle(model);
            }
        }
        Outside::Refused(why) => {
            away.refused = true;
            model.say(Tone::Bad, format!("what was saved there is not taken: {why}"));
        }
        Outside::Ended { failure: None, handed_on: true } => away.watching = true,
        Outside::Ended { failure: None, handed_on: false } => return ended(model),
        Outside::Ended { failure: Some(why), .. } | Outside::Failed(why) => failed(model, &why),
    }
    Vec::new()
}

fn failed(model: &mut Model, why: &str) {
    let now = model.now.mono;
    let Some(away) = model.away.take() else { return };
    if let Some(open) = model.edit.as_mut().filter(|open| open.key == away.key) {
        typing::follow(open, now, |open| open.pad.set_text(&away.before));
        if away.opened && !open.is_changed() {
            model.edit = None;
        }
    }
    typing::settle(model);
    model.say(Tone::Bad, format!("{why}; the draft is as it was"));
}

fn ended(model: &mut Model) -> Vec<Effect> {
    let Some(away) = model.away.take() else { return Vec::new() };
    let Some(open) = model.edit.as_mut().filter(|open| open.key == away.key) else { return Vec::new() };
    let changed = open.text() != away.before;
    if away.opened && !open.is_changed() {
        model.edit = None;
        browse::settle(model);
    }
    // A refusal was said when it was saved, and is still true.
    if !away.refused && changed {
        return prepare::review(model);
    }
    if !away.refused {
        model.say(Tone::Plain, "nothing was changed there");
    }
    Vec::new()
}

/// Ends the watch of a file that was handed on; says whether there was one.
pub(super) fn end(model: &mut Model) -> Option<Effect> {
    let away = model.away.as_ref().filter(|away| away.watching)?;
    Some(Effect::EndOutside(away.request))
}

/// After each message: a draft that is none any more is not waited for.
pub(super) fn follow(model: &mut Model) -> Option<Effect> {
    let gone = |away: &mut Away| model.edit.as_ref().is_none_or(|open| open.key != away.key);
    let away = model.away.take_if(gone)?;
    Some(Effect::EndOutside(away.request))
}
