//! The documents of a store, and what is known of its secrets, as the surroundings of each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use super::{ConnectionState, DocumentContext, Needs};
use crate::domain::{ConnectionName, Coverage, Namespace, Presence, ResourceKey, SecretPath, WebhookId};
use crate::inventory::Facts;

/// Documents that were read, and what their absence means.
#[derive(Debug, Default)]
pub struct KnownDocuments {
    /// By name, with the type.
    connections: BTreeMap<Box<str>, Option<Box<str>>>,
    absent_connections: BTreeSet<Box<str>>,
    /// Set once all connections that may be read have been.
    connections_read: Option<Coverage>,
    namespaces: BTreeMap<WebhookId, Vec<Namespace>>,
    used_connections: BTreeSet<Box<str>>,
    all_webhooks: bool,
    presences: BTreeMap<SecretPath, Presence>,
    /// Those that one of their own secrets is known to protect.
    own_auth: BTreeSet<ResourceKey>,
    /// When documents were stored, or before.
    stored_by: BTreeMap<ResourceKey, SystemTime>,
}

/// How far the clocks of a store, of an audit and of a Vault may be apart.
const CLOCK_ERROR: Duration = Duration::from_secs(60);

impl KnownDocuments {
    pub fn add(&mut self, key: &ResourceKey, facts: &Facts) {
        match key {
            ResourceKey::Webhook { namespace, id } => {
                self.namespaces.entry(id.clone()).or_default().push(namespace.clone());
                self.used_connections.extend(facts.connections.iter().cloned());
            }
            ResourceKey::Connection { name } => {
                self.connections.insert(name.as_str().into(), facts.module.clone());
            }
            ResourceKey::Foreign { .. } => {}
        }
    }

    pub fn add_absent_connection(&mut self, name: &str) {
        self.absent_connections.insert(name.into());
    }

    pub fn add_presence(&mut self, path: SecretPath, presence: Presence) {
        self.presences.insert(path, presence);
    }

    pub fn presence(&self, path: &SecretPath) -> Option<&Presence> {
        self.presences.get(path)
    }

    /// Takes what is known of a document's own secrets, once their presence was added.
    pub fn add_own_secrets(&mut self, key: &ResourceKey, needs: &Needs) {
        if !needs.own_auth(&|path| self.presences.get(path)).is_empty() {
            self.own_auth.insert(key.clone());
        }
    }

    /// A document has been as it is since a moment at the latest.
    pub fn add_stored_by(&mut self, key: ResourceKey, at: SystemTime) {
        self.stored_by.insert(key, at);
    }

    /// All connections that may be read have been added.
    pub fn connections_are_read(&mut self, coverage: Coverage) {
        self.connections_read = Some(coverage);
    }

    /// All webhooks that there are have been added.
    pub fn webhooks_are_read(&mut self) {
        self.all_webhooks = true;
    }

    /// The surroundings of one document.
    pub fn around<'a>(&'a self, key: &'a ResourceKey) -> KnownSurroundings<'a> {
        KnownSurroundings { known: self, key }
    }

    fn knows_all_connections(&self) -> bool {
        self.connections_read == Some(Coverage::Whole)
    }

    /// Whether a connection that was not read does not exist.
    fn lacks(&self, name: &str) -> bool {
        let covers = |coverage: &Coverage| match ConnectionName::new(name) {
            Ok(name) => coverage.covers(&ResourceKey::connection(name)),
            Err(_) => !coverage.is_partial(),
        };
        self.absent_connections.contains(name) || self.connections_read.as_ref().is_some_and(covers)
    }
}

/// See [`KnownDocuments::around`].
#[derive(Debug, Clone, Copy)]
pub struct KnownSurroundings<'a> {
    known: &'a KnownDocuments,
    key: &'a ResourceKey,
}

impl DocumentContext for KnownSurroundings<'_> {
    fn connection(&self, name: &str) -> ConnectionState<'_> {
        match self.known.connections.get(name) {
            Some(kind) => ConnectionState::Exists(kind.as_deref()),
            None if self.known.lacks(name) => ConnectionState::Missing,
            None => ConnectionState::Unknown,
        }
    }

    fn presence(&self, path: &SecretPath) -> Option<&Presence> {
        self.known.presences.get(path)
    }

    fn is_older_than(&self, moment: SystemTime) -> bool {
        let stored = self.known.stored_by.get(self.key);
        stored.and_then(|at| at.checked_add(CLOCK_ERROR)).is_some_and(|at| at < moment)
    }

    fn has_own_auth(&self) -> bool {
        self.known.own_auth.contains(self.key)
    }

    fn same_id_in(&self) -> Option<&Namespace> {
        let ResourceKey::Webhook { namespace, id } = self.key else { return None };
        self.known.namespaces.get(id)?.iter().find(|other| *other != namespace)
    }

    fn is_unused(&self) -> bool {
        let ResourceKey::Connection { name } = self.key else { return false };
        self.known.all_webhooks && !self.known.used_connections.contains(name.as_str())
    }

    fn has_other_of_type(&self, kind: &str) -> Option<bool> {
        let ResourceKey::Connection { name } = self.key else { return None };
        let mut others = self.known.connections.iter().filter(|(other, _)| ***other != *name.as_str());
        let has_other = others.any(|(_, other)| other.as_deref() == Some(kind));
        (has_other || self.known.knows_all_connections()).then_some(has_other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{OwnPathTemplate, OwnSecrets, SecretLookup, needs};
    use crate::domain::{
        Address, FieldName, FieldState, Masking, Mount, PermittedRanges, SecretContents, SecretNames,
    };

    fn key(address: &str) -> ResourceKey {
        let Address(key) = address.parse().unwrap();
        key
    }

    fn known() -> KnownDocuments {
        let mut known = KnownDocuments::default();
        for (address, text) in [
            ("a/one", r#"{"connection": "used"}"#),
            ("b/one", "{}"),
            ("connections/used", r#"{"type": "kafka"}"#),
            ("connections/spare", r#"{"type": "s3"}"#),
        ] {
            let key = key(address);
            known.add(&key, &Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into()));
        }
        known
    }

    #[test]
    fn what_was_not_read_is_missing_only_where_all_was_read_that_it_could_be_among() {
        let mut known = known();
        let state = |known: &KnownDocuments, name: &str| {
            let key = key("a/one");
            match known.around(&key).connection(name) {
                ConnectionState::Unknown => "unknown".to_owned(),
                ConnectionState::Missing => "missing".to_owned(),
                ConnectionState::Exists(kind) => kind.unwrap_or_default().to_owned(),
            }
        };
        assert_eq!(state(&known, "used"), "kafka");
        assert_eq!(state(&known, "gone"), "unknown");
        known.add_absent_connection("gone");
        assert_eq!((state(&known, "gone").as_str(), state(&known, "other").as_str()), ("missing", "unknown"));
        let own = PermittedRanges::new(vec!["own".into()], |key| key.to_string().contains("/own"));
        known.connections_are_read(Coverage::Partial(own));
        assert_eq!(
            (state(&known, "own_1").as_str(), state(&known, "other").as_str()),
            ("missing", "unknown")
        );
        known.connections_are_read(Coverage::Whole);
        assert_eq!(
            (state(&known, "other").as_str(), state(&known, "no name/").as_str()),
            ("missing", "missing")
        );
    }

    #[test]
    fn a_connection_is_unused_and_the_only_one_once_all_are_read() {
        let mut known = known();
        let of = |known: &KnownDocuments, address: &str| {
            let key = key(address);
            let around = known.around(&key);
            (around.is_unused(), around.has_other_of_type("kafka"), around.same_id_in().is_some())
        };
        assert_eq!(of(&known, "connections/spare"), (false, Some(true), false));
        assert_eq!(of(&known, "connections/used"), (false, None, false));
        known.webhooks_are_read();
        known.connections_are_read(Coverage::Whole);
        assert_eq!(of(&known, "connections/spare"), (true, Some(true), false));
        assert_eq!(of(&known, "connections/used"), (false, Some(false), false));
        assert_eq!(of(&known, "a/one"), (false, None, true));
    }

    #[test]
    fn a_document_is_older_than_a_moment_if_it_was_stored_clearly_before_it() {
        let mut known = known();
        let (one, other) = (key("a/one"), key("b/one"));
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        known.add_stored_by(one.clone(), at(1_000));
        assert!(known.around(&one).is_older_than(at(1_061)));
        assert!(!known.around(&one).is_older_than(at(1_059)), "the clocks may differ");
        assert!(!known.around(&other).is_older_than(at(9_000)), "of it nothing is known");
    }

    #[test]
    fn an_own_secret_protects_a_webhook_once_it_is_known_to_be_there() {
        let own =
            OwnSecrets::Kv { mount: Mount::new("hooks").unwrap(), template: OwnPathTemplate::default() };
        let lookup = SecretLookup { own, can_read_kv: true, ..SecretLookup::default() };
        let key = key("a/one");
        let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &r#"{"module": "log"}"#.into());
        let needs = needs(&key, &facts, &|_| None, &lookup);
        let mut known = known();
        known.add_own_secrets(&key, &needs);
        assert!(!known.around(&key).has_own_auth(), "it was not looked at");
        let fields = vec![(FieldName::new("bearer-token"), FieldState::Present)];
        let there = Presence::Present(SecretContents { fields, ..SecretContents::default() });
        known.add_presence(lookup.own_path(&key).unwrap(), there);
        known.add_own_secrets(&key, &needs);
        assert!(known.around(&key).has_own_auth());
    }
}
