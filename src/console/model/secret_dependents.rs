//! The documents that depend on a secret: those that refer to it, webhooks that use a connection which
//! does, and the webhook whose own secret it is.

use std::collections::BTreeSet;

use super::Model;
use crate::check::OwnSecrets;
use crate::domain::{FieldName, Reference, ResourceKey, SecretPath};
use crate::inventory::{Inventory, RowRef};

/// The most documents listed, of each kind.
pub const MAX_DEPENDENTS: usize = 1_000;

/// The documents that depend on a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretDependents {
    /// The documents that have to be rewritten so that the receiver resolves the secret again, at most
    /// [`MAX_DEPENDENTS`].
    pub documents: Vec<ResourceKey>,
    pub total: usize,
    /// Webhooks that use one of these connections, each with its connection; they need no rewrite of their
    /// own. At most [`MAX_DEPENDENTS`].
    pub via_connection: Vec<(ResourceKey, ResourceKey)>,
    pub via_connection_total: usize,
}

impl SecretDependents {
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    fn add(&mut self, key: ResourceKey, except: &BTreeSet<ResourceKey>) {
        if except.contains(&key) {
            return;
        }
        self.total += 1;
        if self.documents.len() < MAX_DEPENDENTS {
            self.documents.push(key);
        }
    }
}

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
        let (Some(lookup), SecretPath::Kv { mount, path: inside }) = (&self.context.secrets, path) else {
            return holders;
        };
        if lookup.references.as_ref() == Some(mount) {
            let slots = self.inventory.secret_referrers(inside.as_str()).iter();
            let rows = slots.filter_map(|slot| self.inventory.row(*slot));
            let rows = rows.filter(|row| refers(*row, inside.as_str(), fields));
            rows.for_each(|row| holders.add(row.key(), except));
        }
        if let OwnSecrets::Kv { mount: own, template } = &lookup.own
            && own == mount
        {
            let found = self.inventory.namespaces().filter_map(|(namespace, _)| {
                let id = template.id_at(namespace, inside)?;
                self.inventory.get(&ResourceKey::webhook(namespace.clone(), id))
            });
            let found = found.filter(|row| uses_own_secret(*row, fields)).map(RowRef::key);
            let found: Vec<_> = found.filter(|key| !holders.documents.contains(key)).collect();
            found.into_iter().for_each(|key| holders.add(key, except));
        }
        holders.documents.sort();
        add_via_connections(&mut holders, &self.inventory);
        holders
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

/// Whether a document leaves a field open that its own secret fills in.
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
