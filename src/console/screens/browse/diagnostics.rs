//! The diagnostics of the documents in the lists and in the detail.

use super::needs;
use crate::check::rules::DANGLING_CONNECTION;
use crate::check::{
    ConnectionState, Diagnostic, DocumentContext, DocumentInput, ReceiverProfile, Rule, Subject, diagnose,
};
use crate::console::model::Model;
use crate::domain::{ConnectionName, Presence, ResourceKey, SecretPath};
use crate::inventory::Facts;

/// What is known around a document.
pub(crate) struct ModelSurroundings<'m> {
    pub(crate) model: &'m Model,
    pub(crate) key: &'m ResourceKey,
}

impl DocumentContext for ModelSurroundings<'_> {
    /// Unknown during a load, or if the connection may not be read.
    fn connection(&self, name: &str) -> ConnectionState<'_> {
        let Model { inventory, context, link, .. } = self.model;
        let knows = context.capabilities.connections && link.has_loaded && !inventory.is_loading();
        let covers = |name| inventory.coverage().covers(&ResourceKey::connection(name));
        let sees = || ConnectionName::new(name).is_ok_and(covers);
        let whole = !inventory.coverage().is_partial();
        let found =
            ConnectionName::new(name).ok().and_then(|name| inventory.get(&ResourceKey::connection(name)));
        match found {
            Some(row) => ConnectionState::Exists(row.module()),
            None if knows && (whole || sees()) => ConnectionState::Missing,
            None => ConnectionState::Unknown,
        }
    }

    fn presence(&self, path: &SecretPath) -> Option<&Presence> {
        self.model.presence_cache.presence(path)
    }

    fn has_own_auth(&self) -> bool {
        !needs::own_auth(self.model, self.key).is_empty()
    }

    fn has_variable_conflict(&self) -> bool {
        needs::has_variable_conflict(self.model, self.key)
    }
}

pub(super) fn diagnostics(model: &Model, key: &ResourceKey, facts: &Facts) -> Vec<Diagnostic> {
    let receiver = ReceiverProfile::default();
    diagnose(Subject::Row(&DocumentInput::new(key, facts, &receiver, &ModelSurroundings { model, key })))
}

pub(super) fn first_of<'d>(found: &'d [Diagnostic], rule: &Rule) -> Option<&'d Diagnostic> {
    found.iter().find(|found| found.rule == rule.id)
}

/// The diagnostic saying that a named connection is known not to exist, if there is one.
pub(super) fn dangling<'d>(found: &'d [Diagnostic], name: &str) -> Option<&'d Diagnostic> {
    found.iter().find(|found| found.rule == DANGLING_CONNECTION.id && found.pointer == name)
}
