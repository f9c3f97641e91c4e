//! The documents that depend on a secret: those that refer to it, webhooks that use a connection that refers
//! to it, and the webhook whose own secret it is.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::Model;
use crate::check::{own_webhooks, referrers};
use crate::console::screens::stale_dependents::{
    ChangedSecret, MAX_DEPENDENTS, SecretDependents, StaleDependentsPage, StaleDependentsPart,
};
use crate::domain::{FieldName, Presence, Reference, ResourceKey, SecretPath};
use crate::inventory::{Inventory, RowRef};

impl Model {
    /// The documents that depend on a secret, or on some of its fields.
    pub fn secret_dependents(
        &self,
        path: &SecretPath,
        fields: Option<&BTreeSet<FieldName>>,
    ) -> SecretDependents {
        self.secret_dependents_except(path, fields, &BTreeSet::new())
    }

    pub fn secret_dependents_except(
        &self,
        path: &SecretPath,
        fields: Option<&BTreeSet<FieldName>>,
        except: &BTreeSet<ResourceKey>,
    ) -> SecretDependents {
        let mut holders = SecretDependents::default();
        let (Some(lookup), SecretPath::Kv { path: inside, .. }) = (&self.context.secrets, path) else {
            return holders;
        };
        let rows = referrers(&self.inventory, lookup, path);
        let rows = rows.filter(|row| refers(*row, inside.as_str(), fields));
        rows.for_each(|row| holders.add(row.key(), except));
        let found = own_webhooks(&self.inventory, lookup, path);
        let found = found.filter(|row| uses_own_secret(*row, fields)).map(RowRef::key);
        let found: Vec<_> = found.filter(|key| !holders.documents.contains(key)).collect();
        found.into_iter().for_each(|key| holders.add(key, except));
        holders.documents.sort();
        add_via_connections(&mut holders, &self.inventory);
        holders
    }

    /// The documents to rewrite, according to the current inventory.
    pub fn stale_dependents(&self) -> StaleDependentsPage {
        let parts = self.secret_actions.stale_dependents.changed.iter().filter_map(|changed| {
            let left = self.secret_dependents_except(
                &changed.path,
                changed.fields.as_ref(),
                &changed.rewritten_documents(self.now.wall),
            );
            (!left.is_empty()).then(|| StaleDependentsPart { change: changed.clone(), dependents: left })
        });
        StaleDependentsPage { parts: parts.collect(), scroll: 0 }
    }

    /// When the old values have certainly expired from the receiver's cache; `None` if they already have.
    pub fn receiver_cache_expiry(&self) -> Option<SystemTime> {
        let latest =
            self.secret_actions.stale_dependents.changed.iter().map(ChangedSecret::cache_expiry).max()?;
        (latest > self.now.wall).then_some(latest)
    }

    /// Whether a secret is known to be missing, so that documents referring to it cannot be loaded.
    pub fn is_known_missing(&self, path: &SecretPath) -> bool {
        self.presence_cache.presence(path).is_some_and(Presence::is_gone)
    }
}

fn refers(row: RowRef<'_>, path: &str, fields: Option<&BTreeSet<FieldName>>) -> bool {
    row.sites().references().keys().any(|reference| match reference {
        Reference::Vault { path: to, field } => {
            to == path && fields.is_none_or(|fields| fields.contains(field.as_str()))
        }
        Reference::Env { .. } => false,
    })
}

/// Whether a document leaves out a field that its own secret fills in.
fn uses_own_secret(row: RowRef<'_>, fields: Option<&BTreeSet<FieldName>>) -> bool {
    row.own().iter().any(|(field, _)| fields.is_none_or(|fields| fields.contains(field.as_str())))
}

fn add_via_connections(holders: &mut SecretDependents, inventory: &Inventory) {
    for connection in &holders.documents {
        let ResourceKey::Connection { name } = connection else { continue };
        let slots = inventory.dependents(name.as_str());
        let left = MAX_DEPENDENTS.saturating_sub(holders.via_connection.len());
        let rows = slots.iter().filter_map(|slot| inventory.row(*slot)).take(left);
        holders.via_connection.extend(rows.map(|row| (row.key(), connection.clone())));
        holders.via_connection_total += slots.len();
    }
}
