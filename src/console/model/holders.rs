//! Who depends on a secret, as far as the documents here tell: those that refer to it, the webhooks that
//! come by it through a connection, and the webhook whose own secret it is.

use std::collections::BTreeSet;

use super::Model;
use crate::check::{OwnSecrets, own_fields};
use crate::domain::{DocumentKind, FieldName, Reference, ResourceKey, SecretPath};
use crate::inventory::{Facts, Inventory, RowRef};

/// The most documents that are named, of each kind; nobody reads more.
pub const MAX_HOLDERS: usize = 1_000;

/// Up to so many bytes the documents are read for which field they refer to; of more, all count that
/// refer to the secret.
const READ_AT_ONCE: usize = 256 * 1024;

/// Those who depend on a secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holders {
    /// The documents that have to be written again for the receiver to look it up again, at most
    /// [`MAX_HOLDERS`].
    pub documents: Vec<ResourceKey>,
    /// How many there are.
    pub total: usize,
    /// Webhooks that name a connection which is one of these, each with it; they need no write of their
    /// own. At most [`MAX_HOLDERS`].
    pub through: Vec<(ResourceKey, ResourceKey)>,
    /// How many there are.
    pub through_total: usize,
}

impl Holders {
    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    fn add(&mut self, key: ResourceKey, except: &BTreeSet<ResourceKey>) {
        if except.contains(&key) {
            return;
        }
        self.total += 1;
        if self.documents.len() < MAX_HOLDERS {
            self.documents.push(key);
        }
    }
}

impl Model {
    /// Who depends on a secret, or on some of its fields.
    pub fn holders(&self, path: &SecretPath, fields: Option<&BTreeSet<FieldName>>) -> Holders {
        self.holders_but(path, fields, &BTreeSet::new())
    }

    /// The same without these.
    pub fn holders_but(
        &self,
        path: &SecretPath,
        fields: Option<&BTreeSet<FieldName>>,
        except: &BTreeSet<ResourceKey>,
    ) -> Holders {
        let mut holders = Holders::default();
        let (Some(eyes), SecretPath::Kv { mount, path: inside }) = (&self.context.secrets, path) else {
            return holders;
        };
        if eyes.references.as_ref() == Some(mount) {
            let rows = referring(&self.inventory, inside.as_str(), fields);
            rows.for_each(|row| holders.add(row.key(), except));
        }
        if let OwnSecrets::Kv { mount: own, template } = &eyes.own
            && own == mount
        {
            let found = self.inventory.namespaces().filter_map(|(namespace, _)| {
                let id = template.id_at(namespace, inside)?;
                self.inventory.get(&ResourceKey::webhook(namespace.clone(), id))
            });
            let found = found.filter(|row| takes_in(*row, fields)).map(RowRef::key);
            let found: Vec<_> = found.filter(|key| !holders.documents.contains(key)).collect();
            found.into_iter().for_each(|key| holders.add(key, except));
        }
        holders.documents.sort();
        through(&mut holders, &self.inventory);
        holders
    }
}

fn referring<'i>(
    inventory: &'i Inventory,
    path: &'i str,
    fields: Option<&'i BTreeSet<FieldName>>,
) -> impl Iterator<Item = RowRef<'i>> {
    let rows = || inventory.referring(path).iter().filter_map(|slot| inventory.row(*slot));
    let is_short = rows().map(|row| row.document().len()).sum::<usize>() <= READ_AT_ONCE;
    rows().filter(move |row| !is_short || refers(*row, path, fields))
}

fn refers(row: RowRef<'_>, path: &str, fields: Option<&BTreeSet<FieldName>>) -> bool {
    let facts = Facts::scan(DocumentKind::of(&row.key()), row.document());
    facts.references.iter().any(|reference| match reference {
        Reference::Vault { path: to, field } => {
            to == path && fields.is_none_or(|fields| fields.contains(field.as_str()))
        }
        Reference::Env { .. } => false,
    })
}

/// Whether a document leaves something open that its own secret fills in.
fn takes_in(row: RowRef<'_>, fields: Option<&BTreeSet<FieldName>>) -> bool {
    let wanted = |name: &str| fields.is_none_or(|fields| fields.contains(name));
    own_fields(row.document()).iter().any(|(field, _)| wanted(field.as_str()))
}

fn through(holders: &mut Holders, inventory: &Inventory) {
    for connection in &holders.documents {
        let ResourceKey::Connection { name } = connection else { continue };
        let slots = inventory.dependents(name.as_str());
        let left = MAX_HOLDERS.saturating_sub(holders.through.len());
        let rows = slots.iter().filter_map(|slot| inventory.row(*slot)).take(left);
        holders.through.extend(rows.map(|row| (row.key(), connection.clone())));
        holders.through_total += slots.len();
    }
}
