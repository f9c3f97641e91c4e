//! A draft in the user's own editor.

use super::super::effect::{Effect, Request};
use super::super::model::{Away, Model, Redraw, Stage, Tone};
use super::super::outside::{Outside, OutsideDraft};
use super::{browse, edit};

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
    let request = model.next_request();
    let Some(open) = model.edit.as_mut().filter(|open| matches!(open.stage, Stage::Editing)) else {
        return Vec::new();
    };
    let opened = opened && !open.is_changed();
    let (text, line) = open.stow();
    let away = Away {
        request,
        key: open.key.clone(),
        before: text.clone(),
        opened,
        watching: false,
        refused: false,
    };
    let draft = OutsideDraft { key: open.key.clone(), text, line };
    model.away = Some(away);
    vec![Effect::EditOutside(request, Box::new(draft))]
}

/// What happens to it there.
pub(super) fn take(model: &mut Model, request: Request, news: Outside) {
    let Model { away, edit, .. } = model;
    let Some(away) = away.as_mut().filter(|away| away.request == request) else { return };
    let open = edit.as_mut().filter(|open| open.key == away.key);
    match news {
        Outside::Saved(text) => {
            away.refused = false;
            if let Some(open) = open {
                open.put_text(&text);
                edit::scroll(model);
            }
        }
        Outside::Refused(why) => {
            away.refused = true;
            model.say(Tone::Bad, format!("what was saved there is not taken: {why}"));
        }
        Outside::Ended { failure: None, handed_on: true } => away.watching = true,
        Outside::Ended { failure: None, handed_on: false } => ended(model),
        Outside::Ended { failure: Some(why), .. } | Outside::Failed(why) => failed(model, &why),
    }
    model.want(Redraw::Now);
}

fn failed(model: &mut Model, why: &str) {
    let Some(away) = model.away.take() else { return };
    if let Some(open) = model.edit.as_mut().filter(|open| open.key == away.key) {
        open.put_text(&away.before);
        if away.opened && !open.is_changed() {
            model.edit = None;
        }
    }
    edit::scroll(model);
    model.say(Tone::Bad, format!("{why}; the draft is as it was"));
}

fn ended(model: &mut Model) {
    let Some(away) = model.away.take() else { return };
    let Some(open) = model.edit.as_mut().filter(|open| open.key == away.key) else { return };
    let changed = open.text() != away.before;
    if away.opened && !open.is_changed() {
        model.edit = None;
        browse::settle(model);
    }
    if away.refused {
        // Said when it was saved, and still true.
    } else if !changed {
        model.say(Tone::Plain, "nothing was changed there");
    } else {
        edit::review(model);
    }
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
