//! What is known around a document, gathered from the model, so that a worker can check it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Model, needs_of};
use crate::check::{ConnectionState, DocumentContext, Needs};
use crate::console::screens::browse::needs;
use crate::domain::{ConnectionName, Namespace, Presence, ResourceKey, SecretPath};
use crate::inventory::{Facts, Inventory, RowRef, Scope};

/// How far a server's clock may be wrong.
const CLOCK_ERROR: Duration = Duration::from_secs(60);

/// How many connections there are of each type.
pub(super) type TypeCounts = BTreeMap<Box<str>, usize>;

/// The surroundings of one document, as they were when they were gathered.
#[derive(Debug, Default)]
pub struct Surroundings {
    connections: Vec<(Box<str>, KnownConnection)>,
    presences: Vec<(SecretPath, Presence)>,
    /// Since when it is certainly as it is, and until when that was known.
    unchanged: Option<(SystemTime, SystemTime)>,
    own_auth: bool,
    variable_conflict: bool,
    same_id_in: Option<Namespace>,
    unused: bool,
    /// `None` where it is not known which connections there are.
    types: Option<Arc<TypeCounts>>,
    own_type: Option<Box<str>>,
}

#[derive(Debug)]
enum KnownConnection {
    Missing,
    Exists(Option<Box<str>>),
}

impl DocumentContext for Surroundings {
    fn connection(&self, name: &str) -> ConnectionState<'_> {
        match self.connections.iter().find(|(known, _)| **known == *name) {
            Some((_, KnownConnection::Missing)) => ConnectionState::Missing,
            Some((_, KnownConnection::Exists(kind))) => ConnectionState::Exists(kind.as_deref()),
            None => ConnectionState::Unknown,
        }
    }

    fn presence(&self, path: &SecretPath) -> Option<&Presence> {
        self.presences.iter().find(|(known, _)| known == path).map(|(_, presence)| presence)
    }

    fn is_older_than(&self, moment: SystemTime) -> bool {
        self.unchanged.is_some_and(|(since, now)| since < moment && moment <= now)
    }

    fn has_own_auth(&self) -> bool {
        self.own_auth
    }

    fn has_variable_conflict(&self) -> bool {
        self.variable_conflict
    }

    fn same_id_in(&self) -> Option<&Namespace> {
        self.same_id_in.as_ref()
    }

    fn is_unused(&self) -> bool {
        self.unused
    }

    fn has_other_of_type(&self, kind: &str) -> Option<bool> {
        let own = usize::from(self.own_type.as_deref() == Some(kind));
        Some(self.types.as_ref()?.get(kind).copied().unwrap_or_default() > own)
    }
}

impl Surroundings {
    /// Of a document; `types` are those of all connections, where they are known.
    pub(crate) fn of(
        model: &Model,
        key: &ResourceKey,
        facts: &Facts,
        types: Option<&Arc<BTreeMap<Box<str>, usize>>>,
    ) -> Self {
        let mut around = Self { types: types.map(Arc::clone), ..Self::default() };
        for name in &facts.connections {
            if let Some(state) = connection(model, name) {
                around.connections.push((name.clone(), state));
            }
        }
        around.unchanged = unchanged(model, key);
        around.add_secrets(model, key, facts, model.needs.of(key));
        match key {
            ResourceKey::Webhook { namespace, id } => {
                around.variable_conflict = needs::has_variable_conflict(model, key);
                around.same_id_in = model.variable_conflicts.same_id_in(&model.inventory, namespace, id);
            }
            ResourceKey::Connection { name } => {
                around.own_type.clone_from(&facts.module);
                around.unused = knows_all(model) && model.inventory.dependents(name.as_str()).is_empty();
            }
            ResourceKey::Foreign { .. } => {}
        }
        around
    }

    /// Of a text that is about to become a document.
    pub(crate) fn of_draft(model: &Model, key: &ResourceKey, facts: &Facts) -> Self {
        let stored = model.inventory.get(key);
        // Where its type is another one, it is not among those that were counted.
        let is_counted = stored.is_some_and(|row| row.module() == facts.module.as_deref());
        let mut around = Self::of(model, key, facts, model.checks.types().filter(|_| is_counted));
        // Nobody can name what does not exist yet.
        around.unused &= stored.is_some();
        // Its needs are not those of what is stored.
        (around.unchanged, around.own_auth) = (None, false);
        around.presences.clear();
        around.add_secrets(model, key, facts, None);
        around
    }

    /// What is known of the secrets that it needs, which is nothing before a store was asked.
    fn add_secrets(&mut self, model: &Model, key: &ResourceKey, facts: &Facts, cached: Option<&Needs>) {
        let Some(lookup) = &model.context.secrets else { return };
        let is_open = matches!(key, ResourceKey::Webhook { .. }) && facts.auth.is_open();
        let refers = facts.sites().next().is_some() || !facts.connections.is_empty();
        if facts.error.is_some() || !is_open && !refers {
            return;
        }
        let computed;
        let needs: &Needs = match cached {
            Some(needs) => needs,
            None => {
                computed = needs_of(&model.inventory, lookup, key, facts).0;
                &computed
            }
        };
        self.own_auth = is_open && !needs::own_auth_of(needs, &model.presence_cache).is_empty();
        let known = |path: &SecretPath| Some((path.clone(), model.presence_cache.presence(path)?.clone()));
        self.presences = needs.paths().into_iter().filter_map(known).collect();
    }
}

/// What was not observed to change is as old as this program at least.
fn unchanged(model: &Model, key: &ResourceKey) -> Option<(SystemTime, SystemTime)> {
    let age = model.now.mono.saturating_sub(model.inventory.get(key)?.observed().unwrap_or_default());
    Some((model.now.wall.checked_sub(age)? + CLOCK_ERROR, model.now.wall))
}

/// A connection; `None` during a load, or if it may not be read.
fn connection(model: &Model, name: &str) -> Option<KnownConnection> {
    let Model { inventory, context, link, .. } = model;
    let key = ConnectionName::new(name).ok().map(ResourceKey::connection);
    if let Some(row) = key.as_ref().and_then(|key| inventory.get(key)) {
        return Some(KnownConnection::Exists(row.module().map(Into::into)));
    }
    let knows = context.capabilities.connections && link.has_loaded && !inventory.is_loading();
    let sees = key.as_ref().is_some_and(|key| inventory.coverage().covers(key));
    (knows && (sees || !inventory.coverage().is_partial())).then_some(KnownConnection::Missing)
}

/// Whether what is not in the inventory does not exist.
fn knows_all(model: &Model) -> bool {
    let Model { inventory, link, .. } = model;
    link.has_loaded && !inventory.is_loading() && !inventory.coverage().is_partial()
}

/// How many connections there are of each type; `None` while not all are known.
pub(super) fn type_counts(model: &Model) -> Option<TypeCounts> {
    knows_all(model).then(|| counts(&model.inventory))
}

fn counts(inventory: &Inventory) -> TypeCounts {
    let mut counts = TypeCounts::new();
    let rows = inventory.slots(&Scope::Connections).filter_map(|slot| inventory.row(slot));
    for kind in rows.filter_map(RowRef::module) {
        match counts.get_mut(kind) {
            Some(count) => *count += 1,
            None => _ = counts.insert(kind.into(), 1),
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::shell::sample;

    fn around(model: &Model, address: &str) -> Surroundings {
        let key = sample::key(address);
        let facts = model.inventory.get(&key).unwrap().facts();
        let types = type_counts(model).map(Arc::new);
        Surroundings::of(model, &key, &facts, types.as_ref())
    }

    #[test]
    fn what_the_console_knows_around_a_document_is_told_and_what_it_does_not_know_is_not() {
        let mut model = sample::browse(sample::size(120, 40));
        let of = |model: &Model, address: &str| {
            let around = around(model, address);
            (around.is_unused(), around.has_other_of_type("kafka"))
        };
        assert_eq!(of(&model, "connections/mqtt_site"), (true, Some(true)));
        assert_eq!(of(&model, "connections/redis_main"), (false, Some(true)));
        let others = |model: &Model, kind| around(model, "connections/pg_audit").has_other_of_type(kind);
        assert_eq!(others(&model, "postgresql"), Some(false));
        model.link.has_loaded = false;
        assert_eq!(others(&model, "postgresql"), None);
        assert!(!of(&model, "connections/mqtt_site").0, "a webhook may still come");
    }

    #[test]
    fn a_document_is_older_than_what_was_written_since_it_last_changed() {
        let model = sample::browse(sample::size(120, 40));
        let is_older = |address: &str, ago| {
            let moment = model.now.wall - Duration::from_secs(ago);
            around(&model, address).is_older_than(moment)
        };
        assert!(is_older("default/ping", 100), "it did not change while this program ran");
        assert!(!is_older("default/ping", 3_990), "the clocks may differ");
        assert!(!is_older("production/payments", 1), "it changed a moment ago");
    }
}
