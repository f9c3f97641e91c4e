//! The screens: one folder each, with its state, its update and its view.

pub mod browse;
pub mod drafts;
pub mod editor;
pub mod health;
pub mod log;
pub mod merge;
pub mod plan;
pub mod review;
pub mod secret_form;
pub mod secrets;
pub mod stale_dependents;
pub mod tab;

pub use tab::Tab;

use editor::DraftStage;

use crate::console::component::Component;
use crate::console::model::Model;

/// What covers the tabs, if anything does.
pub(crate) fn covering(model: &Model) -> Option<&'static dyn Component> {
    Some(match &model.edit {
        Some(edit) => match edit.stage {
            DraftStage::Editing => &editor::Editor,
            DraftStage::Review(_) => &review::ReviewScreen,
            DraftStage::Merge(_) => &merge::MergeScreen,
        },
        None if model.plan.is_some() => &plan::PlanScreen,
        None if model.secret_actions.covers_body() => &secret_form::SecretFormScreen,
        None if model.secret_actions.stale_dependents.page.is_some() => {
            &stale_dependents::StaleDependentsScreen
        }
        None => return None,
    })
}
