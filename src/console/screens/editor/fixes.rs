//! Problems of the draft: moving between them, applying fixes, checking it when that is due.

use super::diagnostics::{BufferDiagnostic, DraftFix};
use super::document_check;
use super::state::Draft;
use crate::console::compute::Compute;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone};

/// Goes to the next or the previous problem, wrapping around the ends.
pub(crate) fn step(model: &mut Model, forward: bool) {
    document_check::finish(model);
    let Some(edit) = &mut model.edit else { return };
    match edit.diagnostics.step(edit.buffer.cursor(), forward) {
        Some(at) => edit.buffer.move_to(at),
        None if is_behind(edit) => model.notify(Tone::Plain, "still looking for problems"),
        None => model.notify(Tone::Plain, "no problem is known"),
    }
    model.update_editor_view();
}

fn is_behind(edit: &Draft) -> bool {
    edit.diagnostics.is_behind(&edit.buffer) || edit.diagnostics.is_document_behind(&edit.buffer)
}

/// The problem at or nearest to the cursor.
fn nearest(edit: &Draft) -> Option<&BufferDiagnostic> {
    let nearest = edit.diagnostics.nearest(edit.buffer.cursor());
    nearest.and_then(|at| edit.diagnostics.list().get(at))
}

/// Whether the problem at or nearest to the cursor can be mended.
pub(super) fn has_fix(edit: &Draft) -> bool {
    nearest(edit).is_some_and(|problem| problem.fix.is_some())
}

/// Applies the fix of the problem at or nearest to the cursor.
pub(crate) fn fix(model: &mut Model) {
    let now = model.now.mono;
    if model.edit.as_ref().is_some_and(|edit| nearest(edit).is_none_or(|found| !found.is_of_text)) {
        document_check::finish(model);
    }
    let Some(edit) = &mut model.edit else { return };
    let nearest = nearest(edit);
    let is_behind = match nearest {
        Some(found) if !found.is_of_text => is_behind(edit),
        _ => edit.diagnostics.is_behind(&edit.buffer),
    };
    match nearest.map(|flaw| flaw.fix.clone()) {
        _ if is_behind => model.notify(Tone::Plain, "still looking for problems; press it again in a moment"),
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

/// Sends the draft to be checked after typing has paused.
pub(crate) fn check(model: &mut Model) -> Vec<Effect> {
    let text = check_text(model);
    text.into_iter().chain(document_check::begin(model)).collect()
}

/// The text of a large draft; that of a small one is checked at each key.
fn check_text(model: &mut Model) -> Option<Effect> {
    let now = model.now.mono;
    model.edit.as_ref().filter(|edit| edit.diagnostics.is_text_due(now))?;
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

/// What is known around the draft's document changed.
pub(crate) fn recheck(model: &mut Model) {
    let now = model.now.mono;
    if let Some(edit) = &mut model.edit {
        edit.diagnostics.schedule_document_check(now);
    }
}
