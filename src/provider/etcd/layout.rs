//! Resource keys to etcd keys and back; no I/O.

use crate::domain::{ConnectionName, KeyPrefix, Namespace, ResourceKey, WebhookId};
use crate::provider::{Error, Result};

use super::settings::Prefix;

/// The shape of the keys after the prefix (`docs/receiver.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyLayout {
    /// `{namespace}/webhooks/{id}` and `global/connections/{name}`.
    Namespaced,
    /// `{id}`: every key is a webhook of `default`, and there are no connections.
    Flat,
    /// Any key: those of an application's settings. All of them are [`ResourceKey::Foreign`], and may be
    /// written, because no receiver reads them
    /// ([`Capabilities::foreign_puts`](crate::provider::Capabilities)).
    Raw,
}

/// A half-open range of etcd keys, in the form that requests use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyRange {
    /// The first key. A user who may read the range may read this key.
    pub(super) from: Vec<u8>,
    /// The first key after the range.
    pub(super) to: Vec<u8>,
}

impl KeyRange {
    /// One key.
    fn of(key: Vec<u8>) -> Self {
        Self { to: [&*key, &[0]].concat(), from: key }
    }

    /// Every key that begins with `start`, a text, whose last byte has one after it.
    fn under(mut start: Vec<u8>) -> Self {
        let from = start.clone();
        let last = start.pop().unwrap_or(b'/');
        start.push(last.saturating_add(1));
        Self { from, to: start }
    }
}

/// A prefix and a layout; translates keys both ways.
#[derive(Debug, Clone)]
pub(super) struct Keyspace {
    pub(super) prefix: Prefix,
    pub(super) layout: KeyLayout,
}

impl Keyspace {
    /// The etcd key of a resource.
    pub(super) fn encode(&self, key: &ResourceKey) -> Result<Vec<u8>> {
        let tail = match (self.layout, key) {
            (_, ResourceKey::Foreign { raw }) => raw.to_vec(),
            (KeyLayout::Namespaced, ResourceKey::Webhook { namespace, id }) => {
                format!("{}/webhooks/{}", namespace.as_str(), id.as_str()).into_bytes()
            }
            (KeyLayout::Namespaced, ResourceKey::Connection { name }) => {
                format!("global/connections/{}", name.as_str()).into_bytes()
            }
            (KeyLayout::Flat, ResourceKey::Webhook { namespace, id })
                if *namespace == Namespace::default() =>
            {
                id.as_str().as_bytes().to_vec()
            }
            (KeyLayout::Flat, ResourceKey::Webhook { namespace, .. }) => {
                return Err(flat(format!("a webhook in the namespace {namespace}")));
            }
            (KeyLayout::Flat, ResourceKey::Connection { .. }) => return Err(flat("a connection".into())),
            (KeyLayout::Raw, ResourceKey::Webhook { .. } | ResourceKey::Connection { .. }) => {
                return Err(Error::unsupported(
                    format!("{key} among the settings of an application"),
                    "name the key itself, as key:RAW",
                ));
            }
        };
        Ok([self.prefix.as_str().as_bytes(), &tail].concat())
    }

    /// The resource of an etcd key; `None` if it is not under the prefix.
    pub(super) fn decode(&self, stored: &[u8]) -> Option<ResourceKey> {
        let raw = stored.strip_prefix(self.prefix.as_str().as_bytes())?;
        let known = std::str::from_utf8(raw).ok().and_then(|text| match self.layout {
            KeyLayout::Namespaced => namespaced(text),
            KeyLayout::Flat => Some(ResourceKey::webhook(Namespace::default(), WebhookId::new(text).ok()?)),
            KeyLayout::Raw => None,
        });
        Some(known.unwrap_or_else(|| ResourceKey::foreign(raw)))
    }

    /// The range of keys for a prefix. It can contain more than [`KeyPrefix::covers`]; readers filter.
    pub(super) fn range(&self, prefix: &KeyPrefix) -> KeyRange {
        let root = self.prefix.as_str();
        match (self.layout, prefix) {
            (_, KeyPrefix::All) => KeyRange::under(root.into()),
            (KeyLayout::Namespaced, KeyPrefix::Namespace(namespace)) => {
                KeyRange::under(format!("{root}{}/webhooks/", namespace.as_str()).into())
            }
            (KeyLayout::Namespaced, KeyPrefix::Ids { namespace, start }) => {
                KeyRange::under(format!("{root}{}/webhooks/{start}", namespace.as_str()).into())
            }
            (KeyLayout::Namespaced, KeyPrefix::Connections) => {
                KeyRange::under(format!("{root}global/connections/").into())
            }
            (KeyLayout::Flat, KeyPrefix::Namespace(namespace)) if *namespace == Namespace::default() => {
                KeyRange::under(root.into())
            }
            (KeyLayout::Flat, KeyPrefix::Ids { namespace, start }) if *namespace == Namespace::default() => {
                KeyRange::under(format!("{root}{start}").into())
            }
            (_, KeyPrefix::Key(key)) if let Ok(stored) = self.encode(key) => KeyRange::of(stored),
            // The layout has none of these. The prefix itself is a foreign key, which these prefixes do not
            // cover, so a watch of it reports a store and a revision but no entries.
            (KeyLayout::Flat | KeyLayout::Raw, _) | (_, KeyPrefix::Key(_)) => KeyRange::of(root.into()),
        }
    }
}

fn namespaced(text: &str) -> Option<ResourceKey> {
    let mut segments = text.split('/');
    match (segments.next()?, segments.next()?, segments.next()?, segments.next()) {
        ("global", "connections", name, None) => {
            Some(ResourceKey::connection(ConnectionName::new(name).ok()?))
        }
        (namespace, "webhooks", id, None) => {
            Some(ResourceKey::webhook(Namespace::new(namespace).ok()?, WebhookId::new(id).ok()?))
        }
        _ => None,
    }
}

fn flat(what: String) -> Error {
    Error::unsupported(
        what,
        "the flat layout holds webhooks of \"default\" alone; use ETCD_LAYOUT=namespaced",
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keyspace(layout: KeyLayout) -> Keyspace {
        Keyspace { prefix: layout.default_prefix(), layout }
    }

    fn layouts() -> impl Strategy<Value = KeyLayout> {
        prop_oneof![Just(KeyLayout::Namespaced), Just(KeyLayout::Flat), Just(KeyLayout::Raw)]
    }

    /// Bytes that often resemble the real shapes.
    fn tails() -> impl Strategy<Value = Vec<u8>> {
        let segment = prop_oneof![
            Just("webhooks".to_owned()),
            Just("connections".to_owned()),
            Just("global".to_owned()),
            Just(String::new()),
            "[a-z _-]{1,6}",
        ];
        prop_oneof![
            proptest::collection::vec(segment, 0..5).prop_map(|parts| parts.join("/").into_bytes()),
            proptest::collection::vec(any::<u8>(), 0..12),
        ]
    }

    proptest! {
        #[test]
        fn every_stored_key_is_read_and_written_back(layout in layouts(), tail in tails()) {
            let keyspace = keyspace(layout);
            let stored = [keyspace.prefix.as_str().as_bytes(), &tail].concat();
            let key = keyspace.decode(&stored).unwrap();
            prop_assert_eq!(keyspace.encode(&key).unwrap(), stored);
        }

        #[test]
        fn a_key_lies_in_every_range_that_covers_it(tail in tails(), layout in layouts()) {
            let keyspace = keyspace(layout);
            let stored = [keyspace.prefix.as_str().as_bytes(), &tail].concat();
            let key = keyspace.decode(&stored).unwrap();
            let own = key.namespace().cloned().unwrap_or_default();
            let short = String::from_utf8_lossy(key.short_bytes()).into_owned();
            let starts = short.char_indices().map(|(at, _)| short[..at].to_owned());
            let ids = starts.map(|start| KeyPrefix::Ids { namespace: own.clone(), start });
            let one = KeyPrefix::Key(key.clone());
            let ranges = [KeyPrefix::All, KeyPrefix::Namespace(own.clone()), KeyPrefix::Connections, one];
            for prefix in ranges.into_iter().chain(ids.collect::<Vec<_>>()) {
                let range = keyspace.range(&prefix);
                if prefix.covers(&key) {
                    prop_assert!(range.from <= stored && stored < range.to, "{:?}", prefix);
                }
            }
        }
    }

    #[test]
    fn the_two_shapes_are_known_and_everything_else_is_foreign() {
        let keyspace = keyspace(KeyLayout::Namespaced);
        let name = |tail: &str| keyspace.decode(format!("/cwm/{tail}").as_bytes()).unwrap();
        assert_eq!(name("prod/webhooks/a b").to_string(), "prod/a b");
        assert_eq!(name("global/webhooks/x").to_string(), "global/x");
        assert_eq!(name("global/connections/r").to_string(), "connections/r");
        for foreign in [
            "",
            "prod",
            "prod/webhooks",
            "prod/webhooks/",
            "prod/webhooks/a/b",
            "prod/connections/x",
            "global/connections/",
            "bad ns/webhooks/x",
            "/webhooks/x",
        ] {
            assert_eq!(name(foreign), ResourceKey::foreign(foreign.as_bytes()), "{foreign}");
        }
        assert!(keyspace.decode(b"/cwm/prod/webhooks/\xff").unwrap().is_foreign());
        assert_eq!(keyspace.decode(b"/other/prod/webhooks/x"), None);
    }

    #[test]
    fn the_flat_layout_holds_webhooks_of_default_alone() {
        let keyspace = keyspace(KeyLayout::Flat);
        let orders = ResourceKey::webhook(Namespace::default(), WebhookId::new("orders").unwrap());
        assert_eq!(keyspace.encode(&orders).unwrap(), b"/webhooks/configs/orders");
        let elsewhere =
            ResourceKey::webhook(Namespace::new("prod").unwrap(), WebhookId::new("orders").unwrap());
        assert!(matches!(keyspace.encode(&elsewhere), Err(Error::Unsupported { .. })));
        let connection = ResourceKey::connection(ConnectionName::new("redis").unwrap());
        assert!(matches!(keyspace.encode(&connection), Err(Error::Unsupported { .. })));
        assert!(keyspace.decode(b"/webhooks/configs/a/b").unwrap().is_foreign());
    }

    #[test]
    fn every_raw_key_is_foreign_and_a_range_of_one_key_holds_no_other() {
        let keyspace = Keyspace { prefix: Prefix::new("/APPS/ControlUnit").unwrap(), layout: KeyLayout::Raw };
        let key = keyspace.decode(b"/APPS/ControlUnit/prod/webhooks/orders").unwrap();
        assert_eq!(key, ResourceKey::foreign(*b"prod/webhooks/orders"));
        let KeyRange { from, to } = keyspace.range(&KeyPrefix::Key(ResourceKey::foreign(*b"Log")));
        let holds = |stored: &[u8]| *from <= *stored && *stored < *to;
        assert!(holds(b"/APPS/ControlUnit/Log") && !holds(b"/APPS/ControlUnit/LogLevel"));
        let webhook = ResourceKey::webhook(Namespace::default(), WebhookId::new("orders").unwrap());
        assert!(matches!(keyspace.encode(&webhook), Err(Error::Unsupported { .. })));
    }
}
