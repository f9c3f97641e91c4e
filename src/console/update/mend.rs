//! Problems of the draft: the next one, what mends it, and what was found in large drafts meanwhile.

use super::super::effect::{Effect, Request};
use super::super::model::{Flaw, Model, Tone};
use super::typing::{follow, settle};

/// Goes to the next problem, round and round.
pub(super) fn next(model: &mut Model) {
    let Some(edit) = &mut model.edit else { return };
    match edit.flaws.next(edit.pad.cursor()).map(|flaw| flaw.from) {
        Some(at) => edit.pad.go(at),
        None if edit.flaws.is_behind(&edit.pad) => model.say(Tone::Plain, "still looking for problems"),
        None => model.say(Tone::Good, "no problem is known"),
    }
    settle(model);
}

/// Mends the problem that the cursor is at or nearest to.
pub(super) fn fix(model: &mut Model) {
    let now = model.now.mono;
    let Some(edit) = &mut model.edit else { return };
    let behind = edit.flaws.is_behind(&edit.pad);
    let nearest = edit.flaws.nearest(edit.pad.cursor()).and_then(|at| edit.flaws.list().get(at));
    match nearest.map(|flaw| flaw.remedy.clone()) {
        _ if behind => model.say(Tone::Plain, "still looking for problems; press it again in a moment"),
        None => model.say(Tone::Good, "no problem is known"),
        Some(None) => model.say(Tone::Bad, "what would mend this problem cannot be told: it has to be typed"),
        Some(Some(remedy)) => {
            follow(edit, now, |edit| {
                edit.mend(&remedy);
                true
            });
        }
    }
    settle(model);
}

/// Hands a large draft out to be looked at, when typing has paused.
pub(super) fn check(model: &mut Model) -> Option<Effect> {
    let now = model.now.mono;
    model.edit.as_ref()?.flaws.check_at().filter(|at| *at <= now)?;
    let request = model.next_request();
    let check = model.edit.as_mut()?.due_check(now, request)?;
    Some(Effect::CheckDraft(request, check))
}

/// Takes in what was found.
pub(super) fn checked(model: &mut Model, request: Request, found: Vec<Flaw>) {
    let now = model.now.mono;
    if let Some(edit) = &mut model.edit {
        edit.checked(request, found, now);
    }
}
