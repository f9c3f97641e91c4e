//! The screens: one folder each, with its state, its update and its view.

pub mod browse;
pub mod drafts;
pub mod editor;
pub mod effective;
pub mod health;
pub mod log;
pub mod merge;
pub mod plan;
pub mod problems;
pub mod review;
pub mod secret_form;
pub mod secrets;
pub mod settings;
pub mod stale_dependents;
pub mod tab;

pub use tab::Tab;

use browse::Documents;
use secrets::actions::{RevealedValueDialog, SecretPickerDialog};

use super::component::Component;
use super::model::Model;
use super::overlays::{chooser, columns, help, messages, prompt, question};
use super::place::Place;

impl Tab {
    pub(crate) fn component(self) -> &'static dyn Component {
        match self {
            Self::Webhooks => &Documents::Webhooks,
            Self::Connections => &Documents::Connections,
            Self::Secrets => &secrets::SecretsScreen,
            Self::Problems => &problems::ProblemsScreen,
            Self::Health => &health::HealthScreen,
            Self::Log => &log::LogScreen,
            Self::Settings => &settings::SettingsScreen,
        }
    }
}

/// The component that handles the next key.
pub(crate) fn front(model: &Model) -> &'static dyn Component {
    component(model.place(), model.tab)
}

/// The component of a place, above this tab or on it.
pub(crate) fn component(place: Place, tab: Tab) -> &'static dyn Component {
    match place {
        Place::Browse
        | Place::Detail
        | Place::Secrets
        | Place::Problems
        | Place::Settings
        | Place::Page
        | Place::Filter => tab.component(),
        Place::Help => &help::HelpDialog,
        Place::Prompt => &prompt::PromptDialog,
        Place::Confirm => &question::Question,
        Place::Choose => &chooser::ChooserDialog,
        Place::Columns => &columns::ColumnsDialog,
        Place::Editor | Place::Find | Place::Completion => &editor::Editor,
        Place::Review => &review::ReviewScreen,
        Place::Merge => &merge::MergeScreen,
        Place::Plan => &plan::PlanScreen,
        Place::Drafts => &drafts::DraftsDialog,
        Place::Messages | Place::MessageFilter => &messages::MessagesDialog,
        Place::PickSecret => &SecretPickerDialog,
        Place::RevealedValue => &RevealedValueDialog,
        Place::SecretForm | Place::SecretReview => &secret_form::SecretFormScreen,
        Place::Value | Place::Generate => &secret_form::ValueDialog,
        Place::Effective | Place::EffectiveFind => &effective::EffectiveScreen,
        Place::StaleDependents => &stale_dependents::StaleDependentsScreen,
    }
}
