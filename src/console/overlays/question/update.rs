//! The answer to a question.

use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{ConfirmAction, Overlay};
use crate::console::screens::plan::{PlanStep, builder};
use crate::console::screens::{drafts, editor, secret_form};
use crate::console::secret_jobs::SecretJob;

/// Yes to a question; a key pressed before the question could be read is ignored.
pub(super) fn confirm(model: &mut Model) -> Vec<Effect> {
    let too_soon = matches!(&model.overlay, Some(Overlay::Confirm(confirm)) if model.now.is_too_soon_after(confirm.asked));
    if too_soon {
        return Vec::new();
    }
    let Some(Overlay::Confirm(confirm)) = model.overlay.take() else { return Vec::new() };
    match confirm.action {
        ConfirmAction::Delete { entry, store } => {
            let same = store.as_ref() == model.inventory.store();
            builder::delete_one(model, PlanStep::delete(*entry), same)
        }
        ConfirmAction::Discard => {
            editor::discard(model);
            Vec::new()
        }
        ConfirmAction::DeleteSecret { path, version } => {
            let what = format!("delete {version} of {path}");
            secret_form::change_version(model, SecretJob::Delete(path, version), what)
        }
        ConfirmAction::UndeleteSecret { path, version } => {
            let what = format!("undelete {version} of {path}");
            secret_form::change_version(model, SecretJob::Undelete(path, version), what)
        }
        ConfirmAction::DiscardSaved(id) => drafts::throw_away(model, id),
        ConfirmAction::Quit => drafts::quit_now(model),
    }
}
