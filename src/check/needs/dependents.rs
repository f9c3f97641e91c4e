//! Which documents depend on a connection, a secret or a variable: themselves, through a connection that they
//! name, or because the secret is their own.

use super::secret_lookup::{OwnSecrets, SecretLookup};
use crate::domain::{
    ConnectionName, KvPath, Mount, OWN_VARIABLES, Reference, ResourceKey, SecretPath, variable_name,
};
use crate::inventory::{Inventory, RowRef};

/// The documents that refer to a secret; hash collisions may add others.
pub fn referrers<'m>(
    inventory: &'m Inventory,
    lookup: &SecretLookup,
    path: &SecretPath,
) -> impl Iterator<Item = RowRef<'m>> + use<'m> {
    let slots = match path {
        SecretPath::Kv { mount, path } if lookup.references.as_ref() == Some(mount) => {
            inventory.secret_referrers(path.as_str())
        }
        _ => &[],
    };
    slots.iter().filter_map(|slot| inventory.row(*slot))
}

/// The webhooks whose own secret it is.
pub fn own_webhooks<'m>(
    inventory: &'m Inventory,
    lookup: &'m SecretLookup,
    path: &'m SecretPath,
) -> impl Iterator<Item = RowRef<'m>> {
    let own = match (&lookup.own, path) {
        (OwnSecrets::Kv { mount: own, template }, SecretPath::Kv { mount, path }) if own == mount => {
            Some((template, path))
        }
        _ => None,
    };
    own.into_iter().flat_map(move |(template, path)| {
        inventory.namespaces().filter_map(move |(namespace, _)| {
            let id = template.id_at(namespace, path)?;
            inventory.get(&ResourceKey::webhook(namespace.clone(), id))
        })
    })
}

/// A name that documents may depend on: a connection's, a secret's path with or without its mount, or a
/// variable's. `$NAME` is a variable alone, `PATH#FIELD` one field of a secret alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedName {
    name: Box<str>,
    field: Option<Box<str>>,
    is_variable: bool,
    /// A part of a name is enough, in any case.
    is_part: bool,
}

impl UsedName {
    pub fn new(text: &str) -> Self {
        let (name, is_variable) = match text.strip_prefix('$') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let (name, field) = match name.split_once('#').filter(|_| !is_variable) {
            Some((path, field)) => (path, Some(field.into())),
            None => (name, None),
        };
        Self { name: name.into(), field, is_variable, is_part: false }
    }

    /// Takes it as a part of a name if nothing is called just so, as while it is still being typed.
    pub fn or_part(self, inventory: &Inventory, lookup: Option<&SecretLookup>) -> Self {
        Self { is_part: !self.is_known(inventory, lookup), ..self }
    }

    /// Whether a document depends on it.
    pub fn is_used_by(&self, row: RowRef<'_>, inventory: &Inventory, lookup: Option<&SecretLookup>) -> bool {
        if self.may_be_connection() && row.connection_names().any(|name| self.is(name)) {
            return true;
        }
        let behind = |name| inventory.get(&ResourceKey::connection(ConnectionName::new(name).ok()?));
        self.is_referred_to(row, lookup)
            || lookup.is_some_and(|lookup| self.is_own_of(row, lookup))
            || row
                .connection_names()
                .filter_map(behind)
                .any(|connection| self.is_referred_to(connection, lookup))
    }

    fn may_be_connection(&self) -> bool {
        !self.is_variable && self.field.is_none()
    }

    fn is_known(&self, inventory: &Inventory, lookup: Option<&SecretLookup>) -> bool {
        let name = &*self.name;
        if self.may_be_connection()
            && (inventory.has_connection(name) || !inventory.dependents(name).is_empty())
        {
            return true;
        }
        if self.field.is_none() && !inventory.variable_referrers(name).is_empty() {
            return true;
        }
        if self.is_variable {
            return false;
        }
        let mount = lookup.and_then(|lookup| lookup.references.as_ref());
        let [whole, inside] = [Some(name), mount.and_then(|mount| inside(name, mount))];
        let mut paths = whole.into_iter().chain(inside);
        paths.any(|path| !inventory.secret_referrers(path).is_empty())
            || lookup.is_some_and(|lookup| self.is_own_path(inventory, lookup))
    }

    fn is_own_path(&self, inventory: &Inventory, lookup: &SecretLookup) -> bool {
        let OwnSecrets::Kv { mount, .. } = &lookup.own else { return false };
        let name = &*self.name;
        [Some(name), inside(name, mount)].into_iter().flatten().any(|path| {
            KvPath::new(path).is_ok_and(|path| {
                let path = SecretPath::Kv { mount: mount.clone(), path };
                own_webhooks(inventory, lookup, &path).next().is_some()
            })
        })
    }

    fn is_referred_to(&self, row: RowRef<'_>, lookup: Option<&SecretLookup>) -> bool {
        let mount = lookup.and_then(|lookup| lookup.references.as_ref());
        row.sites().references().into_keys().any(|reference| match reference {
            Reference::Env { name } => self.field.is_none() && self.is(&name),
            Reference::Vault { path, field } => {
                !self.is_variable && self.has_field(&field) && self.is_path(mount, &path)
            }
        })
    }

    /// Whether a secret of its own fills in something that a webhook leaves out.
    fn is_own_of(&self, row: RowRef<'_>, lookup: &SecretLookup) -> bool {
        let ResourceKey::Webhook { namespace, id } = row.key() else { return false };
        let mut left_out = row.own().iter().map(|(field, _)| field);
        match &lookup.own {
            OwnSecrets::NotMerged => false,
            OwnSecrets::Variables => {
                let mut read = left_out.filter(|field| OWN_VARIABLES.contains(field));
                self.field.is_none() && read.any(|field| self.is(&variable_name(&id, field)))
            }
            OwnSecrets::Kv { mount, template } => {
                // To make the path of each webhook would take longer than all the rest.
                let may_be = self.is_part || self.name.contains(id.as_str());
                !self.is_variable
                    && may_be
                    && left_out.any(|field| self.has_field(field.as_str()))
                    && template
                        .path(&namespace, &id)
                        .is_ok_and(|path| self.is_path(Some(mount), path.as_str()))
            }
        }
    }

    fn has_field(&self, field: &str) -> bool {
        self.field.as_ref().is_none_or(|wanted| **wanted == *field)
    }

    fn is(&self, name: &str) -> bool {
        match self.is_part {
            true => name.to_ascii_lowercase().contains(&self.name.to_ascii_lowercase()),
            false => *name == *self.name,
        }
    }

    fn is_path(&self, mount: Option<&Mount>, path: &str) -> bool {
        if self.is_part {
            return self.is(&mount.map_or_else(|| path.to_owned(), |mount| format!("{mount}/{path}")));
        }
        self.is(path) || mount.is_some_and(|mount| inside(&self.name, mount) == Some(path))
    }
}

/// A path without its mount.
fn inside<'p>(path: &'p str, mount: &Mount) -> Option<&'p str> {
    path.strip_prefix(mount.as_str())?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::check::OwnPathTemplate;
    use crate::domain::{Address, Entry, Revision, SecretNames, Token};
    use crate::inventory::{InventoryEvent, ScannedEntry, Slot};

    fn inventory(documents: impl IntoIterator<Item = (String, String)>) -> Inventory {
        let entry = |(address, text): (String, String)| {
            let Address(key) = address.parse().unwrap();
            let (document, revision, token) = (text.as_str().into(), Revision(1), Token::counter(1));
            let entry = Entry { key, document, revision, created: None, version: None, token, lease: None };
            ScannedEntry::new(entry, &SecretNames::default())
        };
        let mut inventory = Inventory::default();
        let page = documents.into_iter().map(entry).collect();
        inventory.apply(InventoryEvent::Page(page), Duration::ZERO);
        inventory
    }

    fn fleet() -> Inventory {
        inventory(
            [
                ("prod/orders", r#"{"connection": "redis"}"#),
                ("prod/steps", r#"{"chain": ["log", {"module": "kafka", "connection": "redis_main"}]}"#),
                ("prod/both", r#"{"connection": "redis_main", "x": "{$vault:app/github#hmac}"}"#),
                ("default/hook", r#"{"authorization": "Bearer {$TOKEN:x}", "hmac": {"header": "X-Sig"}}"#),
                ("connections/redis", r#"{"type": "redis-rq", "host": "{$HOST}"}"#),
                ("connections/redis_main", r#"{"type": "kafka", "pass": "{$vault:app/redis#pass}"}"#),
                ("connections/spare", "{}"),
            ]
            .map(|(address, text)| (address.to_owned(), text.to_owned())),
        )
    }

    fn lookup(own: OwnSecrets) -> SecretLookup {
        SecretLookup { own, ..SecretLookup::default() }
    }

    fn kv() -> SecretLookup {
        let mount = Mount::new("webhooks").unwrap();
        lookup(OwnSecrets::Kv { mount, template: OwnPathTemplate::default() })
    }

    fn users(inventory: &Inventory, lookup: &SecretLookup, name: &UsedName) -> String {
        let rows = inventory.rows_from(Slot::FIRST);
        let users = rows.filter(|row| name.is_used_by(*row, inventory, Some(lookup)));
        let mut keys: Vec<_> = users.map(|row| row.key().to_string()).collect();
        keys.sort();
        keys.join(" ")
    }

    #[test]
    fn whatever_a_name_is_of_the_documents_that_depend_on_it_are_found_through_connections_too() {
        let (inventory, kv) = (fleet(), kv());
        for (name, expected) in [
            ("redis", "prod/orders"),
            ("redis_main", "prod/both prod/steps"),
            ("spare", ""),
            ("$redis", ""),
            ("HOST", "connections/redis prod/orders"),
            ("$HOST", "connections/redis prod/orders"),
            ("TOKEN", "default/hook"),
            ("app/redis", "connections/redis_main prod/both prod/steps"),
            ("secret/app/redis", "connections/redis_main prod/both prod/steps"),
            ("secret/app/redis#pass", "connections/redis_main prod/both prod/steps"),
            ("secret/app/redis#other", ""),
            ("other/app/redis", ""),
            ("app/github#hmac", "prod/both"),
            ("webhooks/hook/secrets", "default/hook"),
            ("hook/secrets#hmac-secret", "default/hook"),
            ("hook/secrets#bearer-token", ""),
            ("webhooks/prod/orders/secrets", "prod/orders"),
        ] {
            assert_eq!(users(&inventory, &kv, &UsedName::new(name)), expected, "{name}");
        }
        let variables = lookup(OwnSecrets::Variables);
        let own = UsedName::new("WEBHOOK_HOOK_HMAC_SECRET");
        assert_eq!(users(&inventory, &variables, &own), "default/hook");
        assert_eq!(users(&inventory, &kv, &own), "", "the receiver does not read it");
        let not_merged = lookup(OwnSecrets::NotMerged);
        assert_eq!(users(&inventory, &not_merged, &UsedName::new("webhooks/hook/secrets")), "");
    }

    #[test]
    fn a_part_of_a_name_is_enough_unless_something_is_called_just_so() {
        let (inventory, kv) = (fleet(), kv());
        for (name, expected) in [
            ("redis", "prod/orders"),
            ("spare", ""),
            ("Redi", "connections/redis_main prod/both prod/orders prod/steps"),
            ("$hos", "connections/redis prod/orders"),
            ("secret/app/gi", "prod/both"),
            ("secret/app/github", "prod/both"),
            ("webhooks/hook/secrets", "default/hook"),
            ("ook/sec", "default/hook"),
            ("nothing", ""),
        ] {
            let wanted = UsedName::new(name).or_part(&inventory, Some(&kv));
            assert_eq!(users(&inventory, &kv, &wanted), expected, "{name}");
        }
    }

    /// Its bound is generous, because tests run unoptimized and beside others: a tenth of it is usual.
    #[test]
    fn among_25_000_documents_the_dependents_of_a_name_take_no_longer_than_a_glance() {
        let webhook = |at: usize| {
            let text = format!(r#"{{"connection": "c{}", "url": "{{$URL{}}}"}}"#, at % 100, at % 10);
            (format!("n{}/id{at}", at % 50), text)
        };
        let connection = |at: usize| {
            (format!("connections/c{at}"), format!(r#"{{"pass": "{{$vault:app/c{}#p}}"}}"#, at % 20))
        };
        let inventory = inventory((0..25_000).map(webhook).chain((0..100).map(connection)));
        let kv = kv();
        for (name, expected) in [("c7", 250), ("app/c7", 1_255), ("$URL3", 2_500), ("n7/id7/secrets", 1)] {
            let begun = Instant::now();
            let wanted = UsedName::new(name).or_part(&inventory, Some(&kv));
            let rows = inventory.rows_from(Slot::FIRST);
            let count = rows.filter(|row| wanted.is_used_by(*row, &inventory, Some(&kv))).count();
            let took = begun.elapsed();
            assert_eq!(count, expected, "{name}");
            assert!(took < Duration::from_secs(4), "{name}: {took:?}");
        }
    }
}
