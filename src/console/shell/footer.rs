//! The keys that work here, from the key map.

use ratatui::layout::Rect;

use super::layout::Pane;
use crate::console::action::Action;
use crate::console::model::{Model, WriteAccess};
use crate::console::overlays::{Overlay, PromptPurpose};
use crate::console::place::Place;
use crate::console::screens::plan;
use crate::console::screens::secrets::Selection;
use crate::console::widgets::{Surface, TextRun};
use crate::domain::{Presence, ResourceKey};

/// Up to this width only the first four keys are named.
const NARROW: u16 = 80;

pub(in crate::console) fn draw(canvas: &mut Surface<'_>, model: &Model, area: Rect) {
    let place = model.place();
    let most = if area.width <= NARROW { 4 } else { usize::MAX };
    let mut pen = canvas.row(area, 0);
    pen.skip(1);
    let possible = Action::hints(place).into_iter().filter(|(action, _)| is_possible(model, place, *action));
    for (action, word) in possible.take(most) {
        let Some(key) = model.keymap.key(place, action) else { continue };
        let hint = TextRun::hint(key, word);
        if hint.width() > pen.remaining() {
            break;
        }
        pen.put_run(&hint).skip(3);
    }
}

/// Whether an action has something to act on.
pub(in crate::console) fn is_possible(model: &Model, place: Place, action: Action) -> bool {
    use Action as A;
    if model.lock == WriteAccess::ReadOnly && action.needs_writer() {
        return false;
    }
    let foreign = model.selected().is_some_and(ResourceKey::is_foreign);
    match action {
        A::UndoWrite if matches!(place, Place::Browse | Place::Page) => !model.undo_log.is_empty(),
        A::UndoWrite => plan::is_undo(model) && model.undo_log.len() > 1,
        A::RebuildPlan => plan::may_be_renewed(model),
        A::Rebase => model.secret_actions.form.as_ref().is_some_and(|form| form.conflict.is_some()),
        _ if place == Place::Secrets => is_possible_with_secret(model, action),
        A::RevealSecret | A::SetSecret => !model.secret_targets().is_empty(),
        A::Complete => is_completed(model),
        _ if place != Place::Browse => true,
        A::Edit | A::EditExternally | A::Clone | A::Rename => model.selected().is_some() && !foreign,
        A::Open | A::Delete | A::Copy | A::Mark => model.selected().is_some(),
        _ => true,
    }
}

/// Whether an action has something to act on in the tab Secrets, as far as is known.
fn is_possible_with_secret(model: &Model, action: Action) -> bool {
    use Action as A;
    let page = &model.secrets_page;
    let target = model.secret_target();
    let presence = target.as_ref().and_then(|target| model.presence_cache.presence(&target.path));
    match action {
        A::Filter | A::Sort | A::Zoom | A::Pause => page.rows.is_some(),
        A::Back => page.zoomed || page.focus == Pane::Detail || !page.list.filter.text().is_empty(),
        A::Copy => page.list.selected.is_some(),
        A::Open if page.focus == Pane::Detail => matches!(page.detail_selection, Some(Selection::Holder(_))),
        A::Open => page.list.selected.is_some(),
        A::RevealSecret | A::SetSecret | A::SetFields => target.is_some(),
        A::CopySecret => target.is_some() && model.context.may_copy_secrets,
        A::UndoSecret => {
            target.is_some_and(|target| model.secret_actions.undo_log.of(&target.path).is_some())
        }
        A::DeleteSecret => matches!(presence, Some(Presence::Present(_))),
        A::UndeleteSecret => matches!(presence, Some(Presence::Deleted { .. })),
        _ => true,
    }
}

/// Whether the prompt offers completions; what unlocks or confirms has to be typed in full.
fn is_completed(model: &Model) -> bool {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return false };
    !matches!(
        prompt.purpose,
        PromptPurpose::Unlock
            | PromptPurpose::Typed(_)
            | PromptPurpose::Value
            | PromptPurpose::Reason(_)
            | PromptPurpose::Destroy(_)
            | PromptPurpose::FieldName
    )
}
