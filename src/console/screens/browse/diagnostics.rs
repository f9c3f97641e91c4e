//! The diagnostics of the documents in the lists and in the detail.

use std::time::{Duration, SystemTime};

use super::needs;
use crate::check::rules::CONNECTION;
use crate::check::{
    ConnectionState, Diagnostic, DocumentContext, DocumentInput, ReceiverProfile, Rule, Subject, diagnose,
};
use crate::console::model::Model;
use crate::domain::{ConnectionName, Namespace, Presence, ResourceKey, SecretPath};
use crate::inventory::{Facts, Scope};

/// How far a server's clock may be wrong.
const CLOCK_ERROR: Duration = Duration::from_secs(60);

struct ModelSurroundings<'m> {
    model: &'m Model,
    key: &'m ResourceKey,
}

impl ModelSurroundings<'_> {
    /// Whether all keys are known, so that what is not among them does not exist.
    fn knows_all(&self) -> bool {
        self.has_picture() && !self.model.inventory.coverage().is_partial()
    }

    fn has_picture(&self) -> bool {
        self.model.link.has_loaded && !self.model.inventory.is_loading()
    }
}

impl DocumentContext for ModelSurroundings<'_> {
    /// Unknown during a load, or if the connection may not be read.
    fn connection(&self, name: &str) -> ConnectionState<'_> {
        let Model { inventory, context, .. } = self.model;
        let knows = context.capabilities.connections && self.has_picture();
        let covers = |name| inventory.coverage().covers(&ResourceKey::connection(name));
        let sees = || ConnectionName::new(name).is_ok_and(covers);
        let found =
            ConnectionName::new(name).ok().and_then(|name| inventory.get(&ResourceKey::connection(name)));
        match found {
            Some(row) => ConnectionState::Exists(row.module()),
            None if knows && (self.knows_all() || sees()) => ConnectionState::Missing,
            None => ConnectionState::Unknown,
        }
    }

    fn presence(&self, path: &SecretPath) -> Option<&Presence> {
        self.model.presence_cache.presence(path)
    }

    /// What was not observed to change is as old as this program at least.
    fn is_older_than(&self, moment: SystemTime) -> bool {
        let Some(row) = self.model.inventory.get(self.key) else { return false };
        let age = self.model.now.mono.saturating_sub(row.observed().unwrap_or_default());
        let elapsed = self.model.now.wall.duration_since(moment);
        elapsed.is_ok_and(|elapsed| elapsed + CLOCK_ERROR < age)
    }

    fn has_own_auth(&self) -> bool {
        !needs::own_auth(self.model, self.key).is_empty()
    }

    fn has_variable_conflict(&self) -> bool {
        needs::has_variable_conflict(self.model, self.key)
    }

    fn same_id_in(&self) -> Option<&Namespace> {
        let ResourceKey::Webhook { namespace, id } = self.key else { return None };
        let mut others = self.model.inventory.namespaces().map(|(other, _)| other);
        others.find(|other| {
            *other != namespace
                && self.model.inventory.find(&ResourceKey::webhook((*other).clone(), id.clone())).is_some()
        })
    }

    fn is_unused(&self) -> bool {
        let ResourceKey::Connection { name } = self.key else { return false };
        self.knows_all() && self.model.inventory.dependents(name.as_str()).is_empty()
    }

    fn has_other_of_type(&self, kind: &str) -> Option<bool> {
        let inventory = &self.model.inventory;
        let own = inventory.find(self.key);
        let others = inventory.slots(&Scope::Connections).filter(|slot| Some(*slot) != own);
        let mut types = others.filter_map(|slot| inventory.row(slot)?.module());
        let has_other = types.any(|other| other == kind);
        (has_other || self.knows_all()).then_some(has_other)
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
    found.iter().find(|found| found.rule == CONNECTION.id && found.pointer == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::shell::sample;
    use crate::domain::{KvPath, Mount};

    #[test]
    fn what_the_console_knows_around_a_document_is_told_and_what_it_does_not_know_is_not() {
        let mut model = sample::browse(sample::size(120, 40));
        let of = |model: &Model, address: &str| {
            let key = sample::key(address);
            let around = ModelSurroundings { model, key: &key };
            let other = around.same_id_in().map(ToString::to_string);
            (around.is_unused(), around.has_other_of_type("kafka"), other)
        };
        assert_eq!(of(&model, "connections/mqtt_site"), (true, Some(true), None));
        assert_eq!(of(&model, "connections/redis_main"), (false, Some(true), None));
        assert_eq!(of(&model, "production/orders"), (false, Some(true), Some("staging".into())));
        assert_eq!(of(&model, "production/users"), (false, Some(true), None));
        let others = |model: &Model, kind| {
            let key = sample::key("connections/pg_audit");
            ModelSurroundings { model, key: &key }.has_other_of_type(kind)
        };
        assert_eq!(others(&model, "postgresql"), Some(false));
        model.link.has_loaded = false;
        assert_eq!(others(&model, "postgresql"), None);
        assert!(!of(&model, "connections/mqtt_site").0, "a webhook may still come");
    }

    #[test]
    fn a_document_is_older_than_what_was_written_since_it_last_changed() {
        let model = sample::browse(sample::size(120, 40));
        let is_older = |address: &str, ago| {
            let key = sample::key(address);
            let moment = model.now.wall - Duration::from_secs(ago);
            ModelSurroundings { model: &model, key: &key }.is_older_than(moment)
        };
        assert!(is_older("default/ping", 100), "it did not change while this program ran");
        assert!(!is_older("default/ping", 3_990), "the clocks may differ");
        assert!(!is_older("production/payments", 1), "it changed a moment ago");
        assert!(!is_older("production/gone", 1));
    }

    #[test]
    fn presence_is_what_the_store_told_last() {
        let mut model = sample::browse(sample::size(120, 40));
        let path = SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new("a").unwrap() };
        model.presence_cache.update([(path.clone(), Presence::Missing)], sample::NOW);
        let key = sample::key("production/orders");
        let around = ModelSurroundings { model: &model, key: &key };
        assert_eq!(around.presence(&path), Some(&Presence::Missing));
    }
}
