//! How lists and panes are shown: read once from the state folder, and kept there when the user changes it.

use crate::console::drafts::DraftJob;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::Model;
use crate::console::screens::browse;
use crate::console::view_settings::ViewSettings;

/// Asks for what was kept of the context, once.
pub(crate) fn wake(model: &mut Model) -> Option<Effect> {
    if std::mem::replace(&mut model.view.asked, true) {
        return None;
    }
    let request = model.next_request();
    model.view.loading.begin(request, ());
    Some(Effect::Draft(DraftJob::LoadView(request, model.context.name.clone())))
}

/// After each message: keeps what was set. One save is under way at a time, but none is missing when the
/// console or the context is left.
pub(crate) fn follow(model: &mut Model, effects: &mut Vec<Effect>) {
    let leaves = effects.iter().any(|effect| matches!(effect, Effect::Quit(_) | Effect::EnterContext { .. }));
    if !model.view.changed || model.view.saving.is_pending() && !leaves {
        return;
    }
    model.view.changed = false;
    let request = model.next_request();
    model.view.saving.begin(request, ());
    let settings = Box::new(model.view.settings.clone());
    // What follows such an effect is not carried out.
    effects.insert(0, Effect::Draft(DraftJob::SaveView(request, model.context.name.clone(), settings)));
}

/// Takes what was kept, unless the user has set something meanwhile.
pub(crate) fn on_loaded(model: &mut Model, request: RequestId, loaded: Option<Box<ViewSettings>>) {
    let is_untouched = model.view.settings == ViewSettings::default();
    if model.view.loading.accept(request).is_some()
        && is_untouched
        && let Some(loaded) = loaded
    {
        model.view.settings = *loaded;
        browse::settle(model);
    }
}

pub(crate) fn on_saved(model: &mut Model, request: RequestId) {
    model.view.saving.accept(request);
}
