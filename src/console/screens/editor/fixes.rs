//! Problems of the draft: moving between them, applying fixes, checking large drafts off the loop.

use super::diagnostics::DraftFix;
use super::state::Draft;
use crate::console::compute::Compute;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone};

/// Goes to the next problem, wrapping around to the first.
pub(crate) fn next(model: &mut Model) {
    let Some(edit) = &mut model.edit else { return };
    match edit.diagnostics.next(edit.buffer.cursor()).map(|flaw| flaw.from) {
        Some(at) => edit.buffer.move_to(at),
        None if edit.diagnostics.is_behind(&edit.buffer) => {
            model.notify(Tone::Plain, "still looking for problems")
        }
        None => model.notify(Tone::Plain, "no problem is known"),
    }
    model.update_editor_view();
}

/// Whether the problem at or nearest to the cursor can be mended.
pub(super) fn has_fix(edit: &Draft) -> bool {
    let nearest = edit.diagnostics.nearest(edit.buffer.cursor());
    nearest.and_then(|at| edit.diagnostics.list().get(at)).is_some_and(|problem| problem.fix.is_some())
}

/// Applies the fix of the problem at or nearest to the cursor.
pub(crate) fn fix(model: &mut Model) {
    let now = model.now.mono;
    let Some(edit) = &mut model.edit else { return };
    let behind = edit.diagnostics.is_behind(&edit.buffer);
    let nearest =
        edit.diagnostics.nearest(edit.buffer.cursor()).and_then(|at| edit.diagnostics.list().get(at));
    match nearest.map(|flaw| flaw.fix.clone()) {
        _ if behind => model.notify(Tone::Plain, "still looking for problems; press it again in a moment"),
        None => model.notify(Tone::Plain, "no problem is known"),
        Some(None) => {
            model.notify(Tone::Bad, "what would mend this problem cannot be told: it has to be typed")
        }
        Some(Some(remedy)) => {
            edit.change(now, |edit| {
                match remedy {
                    DraftFix::Edit { from, to, text, .. } => _ = edit.buffer.apply(&[(from, to, text)]),
                    DraftFix::DropByteOrderMark => edit.buffer.drop_byte_order_mark(),
                }
                true
            });
        }
    }
    model.update_editor_view();
}

/// Sends a large draft to be checked after typing has paused.
pub(crate) fn check(model: &mut Model) -> Option<Effect> {
    let now = model.now.mono;
    model.edit.as_ref()?.diagnostics.check_at().filter(|at| *at <= now)?;
    let request = model.next_request();
    let edit = model.edit.as_mut()?;
    let check = edit.diagnostics.begin(&edit.buffer, edit.concealed_secrets.len(), request);
    let job = Compute::new(
        edit.buffer.len(),
        move || check.run(),
        Vec::new(),
        |model, request, found| {
            if let Some(edit) = &mut model.edit {
                edit.diagnostics.accept(request, found, edit.buffer.revision(), model.now.mono);
            }
            Vec::new()
        },
    );
    Some(Effect::Compute(request, job))
}
