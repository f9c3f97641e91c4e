//! Finds webhooks that share environment variables. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::domain::{Namespace, OWN_VARIABLES, ResourceKey, SecretField, WebhookId, escape, variable_name};

/// Webhooks that share a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlap {
    /// The same id in several namespaces: they share all their variables, by design.
    SameId {
        id: WebhookId,
        /// Sorted; more than one.
        namespaces: Vec<Namespace>,
    },
    /// Different ids with the same variable: one of them gets the other's secret.
    Collision {
        variable: String,
        /// Sorted; more than one.
        ids: Vec<WebhookId>,
    },
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameId { id, namespaces } => {
                let names: Vec<_> = namespaces.iter().map(Namespace::as_str).collect();
                let variable = variable_name(id, SecretField::BEARER_TOKEN);
                let variable = escape(variable.as_bytes());
                write!(f, "{id} is in {}: they share {variable} and its like", names.join(", "))
            }
            Self::Collision { variable, ids } => {
                let names: Vec<_> = ids.iter().map(ToString::to_string).collect();
                let variable = escape(variable.as_bytes());
                write!(f, "{variable} is read by {}: rename all but one", names.join(" and "))
            }
        }
    }
}

/// Lists each id that occurs in several namespaces once, then each variable that different ids share
/// once, suffixes included (`a-channel` with `_TOKEN` is `a` with `_CHANNEL_TOKEN`).
pub fn overlaps<'a>(keys: impl IntoIterator<Item = &'a ResourceKey>) -> Vec<Overlap> {
    let mut places: BTreeMap<&WebhookId, BTreeSet<&Namespace>> = BTreeMap::new();
    for key in keys {
        if let ResourceKey::Webhook { namespace, id } = key {
            places.entry(id).or_default().insert(namespace);
        }
    }
    let mut readers: BTreeMap<String, BTreeSet<&WebhookId>> = BTreeMap::new();
    for id in places.keys() {
        for field in OWN_VARIABLES {
            readers.entry(variable_name(id, field)).or_default().insert(id);
        }
    }
    let shared = places.into_iter().filter(|(_, namespaces)| namespaces.len() > 1).map(|(id, namespaces)| {
        Overlap::SameId { id: id.clone(), namespaces: namespaces.into_iter().cloned().collect() }
    });
    let collisions = readers
        .into_iter()
        .filter(|(_, ids)| ids.len() > 1)
        .map(|(variable, ids)| Overlap::Collision { variable, ids: ids.into_iter().cloned().collect() });
    shared.chain(collisions).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(namespace: &str, id: &str) -> ResourceKey {
        ResourceKey::webhook(Namespace::new(namespace).unwrap(), WebhookId::new(id).unwrap())
    }

    #[test]
    fn overlaps_are_told_once_each_and_in_words() {
        let keys = [
            key("a", "orders"),
            key("b", "orders"),
            key("a", "Orders"),
            key("a", "pay-in"),
            key("c", "pay_in"),
            key("a", "x"),
            key("a", "x-channel"),
            key("a", "alone"),
        ];
        let told: Vec<_> = overlaps(&keys).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "orders is in a, b: they share WEBHOOK_ORDERS_TOKEN and its like",
                "WEBHOOK_ORDERS_CHANNEL_TOKEN is read by Orders and orders: rename all but one",
                "WEBHOOK_ORDERS_HMAC_SECRET is read by Orders and orders: rename all but one",
                "WEBHOOK_ORDERS_TOKEN is read by Orders and orders: rename all but one",
                "WEBHOOK_PAY_IN_CHANNEL_TOKEN is read by pay-in and pay_in: rename all but one",
                "WEBHOOK_PAY_IN_HMAC_SECRET is read by pay-in and pay_in: rename all but one",
                "WEBHOOK_PAY_IN_TOKEN is read by pay-in and pay_in: rename all but one",
                "WEBHOOK_X_CHANNEL_TOKEN is read by x and x-channel: rename all but one",
            ]
        );
        assert!(overlaps(&[key("a", "b"), key("a", "c")]).is_empty());
    }
}
