//! What a plan does to documents that it does not write: webhooks that name a connection which goes, and
//! connections that nobody names any more.

use std::collections::{BTreeMap, BTreeSet};

use super::state::Plan;
use crate::console::model::Model;
use crate::console::screens::review::sections::{NAMED, name_list};
use crate::console::theme::StyleRole;
use crate::console::widgets::ReviewPage;
use crate::console::words;
use crate::domain::{ConnectionName, ResourceKey};
use crate::inventory::{Inventory, Slot, SlotSet};
use crate::text::Safe;

/// What goes with a plan.
pub(super) struct GoingDocuments<'p> {
    webhooks: SlotSet,
    connections: BTreeSet<&'p str>,
    /// Whether the plan only deletes: what it writes may name a connection again, as after a rename.
    is_all: bool,
}

impl<'p> GoingDocuments<'p> {
    pub(super) fn of(model: &Model, plan: &'p Plan) -> Self {
        let chosen = plan.chosen(&model.inventory);
        let going = chosen.iter().filter(|step| step.after.is_none());
        let keys: Vec<&ResourceKey> = going.map(|step| &step.key).collect();
        let webhooks = keys.iter().filter(|key| key.namespace().is_some());
        let name = |key: &&'p ResourceKey| match key {
            ResourceKey::Connection { name } => Some(name.as_str()),
            _ => None,
        };
        Self {
            webhooks: webhooks.filter_map(|key| model.inventory.find(key)).collect(),
            connections: keys.iter().filter_map(name).collect(),
            is_all: keys.len() == chosen.len(),
        }
    }

    /// The webhooks that stay, and name a connection.
    fn left(&self, inventory: &Inventory, connection: &str) -> Vec<Slot> {
        let dependents = inventory.dependents(connection).iter().copied();
        dependents.filter(|slot| !self.webhooks.contains(*slot)).collect()
    }

    /// The webhooks that lose a connection which goes; returns whether there are any.
    pub(super) fn losers(&self, page: &mut ReviewPage<'_>, model: &Model, key: &ResourceKey) -> bool {
        let ResourceKey::Connection { name } = key else { return false };
        let slots = self.left(&model.inventory, name.as_str());
        if slots.is_empty() {
            let words = match model.inventory.dependents(name.as_str()) {
                [] => words::no_visible_webhook(model),
                _ => "webhooks that go with it alone",
            };
            page.fact("used by", StyleRole::Dim, words);
            return false;
        }
        let count = words::plural(slots.len(), "webhook");
        let keys = slots.iter().filter_map(|slot| model.inventory.row(*slot)).map(|row| row.key());
        let names = name_list(keys, slots.len());
        page.warn("used by", &format!("{count} would name what is not there: {names}"));
        if let Some(words) = by_namespace(&model.inventory, &slots) {
            page.fact("", StyleRole::Warning, &words);
        }
        if model.inventory.coverage().is_partial() {
            page.fact("", StyleRole::Warning, "webhooks that this user may not read may name it too");
        }
        true
    }

    /// The same of a plan as a whole, and what is left without use.
    pub(super) fn summary(&self, page: &mut ReviewPage<'_>, model: &Model) {
        let left = self.connections.iter().map(|name| self.left(&model.inventory, name));
        let left: Vec<_> = left.filter(|slots| !slots.is_empty()).collect();
        if left.len() > 1 {
            let slots: Vec<Slot> = left.iter().flatten().copied().collect::<SlotSet>().iter().collect();
            let count = words::plural(slots.len(), "webhook");
            let spread = by_namespace(&model.inventory, &slots);
            let spread = spread.map(|words| format!(": {words}")).unwrap_or_default();
            page.warn("breaks", &format!("{count} would name what is not there{spread}"));
        }
        let unused = self.unused(&model.inventory);
        if !unused.is_empty() {
            let names = name_list(unused.iter().cloned(), unused.len());
            let nobody = words::no_visible_webhook(model);
            page.fact("unused", StyleRole::Text, &format!("{names}: named by {nobody} any more"));
        }
    }

    /// The connections that are named only by webhooks which go.
    pub(super) fn unused(&self, inventory: &Inventory) -> Vec<ResourceKey> {
        let rows = self.webhooks.iter().filter(|_| self.is_all).filter_map(|slot| inventory.row(slot));
        let names: BTreeSet<&str> = rows.flat_map(|row| row.connection_names()).collect();
        let names = names.into_iter().filter(|name| {
            !self.connections.contains(name)
                && inventory.dependents(name).iter().all(|slot| self.webhooks.contains(*slot))
        });
        let keys = names.filter_map(|name| Some(ResourceKey::connection(ConnectionName::new(name).ok()?)));
        keys.filter(|key| inventory.find(key).is_some()).collect()
    }
}

/// The connections that no other webhook names.
pub(super) fn only_used_by(inventory: &Inventory, key: &ResourceKey) -> Vec<ResourceKey> {
    let webhooks = inventory.find(key).filter(|_| key.namespace().is_some()).into_iter().collect();
    GoingDocuments { webhooks, connections: BTreeSet::new(), is_all: true }.unused(inventory)
}

/// `production 20, staging 14`; `None` if all are of one namespace.
pub(super) fn by_namespace(inventory: &Inventory, slots: &[Slot]) -> Option<String> {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for namespace in slots.iter().filter_map(|slot| inventory.row(*slot)?.namespace()) {
        *counts.entry(namespace).or_default() += 1;
    }
    if counts.len() < 2 {
        return None;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut told: Vec<_> = counts
        .iter()
        .take(NAMED)
        .map(|(namespace, count)| {
            let namespace = Safe::name(namespace.as_str()).into_string();
            format!("{namespace} {}", words::grouped(*count))
        })
        .collect();
    if counts.len() > NAMED {
        told.push(format!("{} more namespaces", words::grouped(counts.len() - NAMED)));
    }
    Some(told.join(", "))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::domain::{Address, Entry, Revision, SecretNames, Token};
    use crate::inventory::{InventoryEvent, ScannedEntry};

    fn entry(address: String, text: &str) -> ScannedEntry {
        let Address(key) = address.parse().unwrap();
        let (document, revision, token) = (text.into(), Revision(1), Token::counter(1));
        let entry = Entry { key, document, revision, created: None, version: None, token, lease: None };
        ScannedEntry::new(entry, &SecretNames::default())
    }

    /// Its bound is generous, because tests run unoptimized and beside others.
    #[test]
    fn what_a_connection_of_25_000_webhooks_takes_with_it_is_told_at_once_and_without_those_that_go_too() {
        let webhook = |at: usize| entry(format!("n{}/id{at}", at % 7), r#"{"connection": "c"}"#);
        let mut inventory = Inventory::default();
        let page = (0..25_000).map(webhook).chain([entry("connections/c".into(), "{}")]).collect();
        inventory.apply(InventoryEvent::Page(page), Duration::ZERO);
        let key = |address: &str| address.parse::<Address>().unwrap().0;
        let gone = inventory.find(&key("n0/id0")).into_iter().collect();
        let going = GoingDocuments { webhooks: gone, connections: BTreeSet::from(["c"]), is_all: true };
        let begun = Instant::now();
        let left = going.left(&inventory, "c");
        let words = by_namespace(&inventory, &left).unwrap();
        let took = begun.elapsed();
        assert_eq!(left.len(), 24_999);
        assert_eq!(words, "n1 3,572, n2 3,572, n0 3,571, n3 3,571, n4 3,571, 2 more namespaces");
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert_eq!(by_namespace(&inventory, &left[..1]), None);
    }

    #[test]
    fn a_connection_is_left_without_use_if_all_that_name_it_go_and_it_stays() {
        let mut inventory = Inventory::default();
        let page = vec![
            entry("a/one".into(), r#"{"connection": "both"}"#),
            entry(
                "a/two".into(),
                r#"{"chain": [{"connection": "both"}, {"connection": "own"}, {"connection": "gone"}]}"#,
            ),
            entry("connections/both".into(), "{}"),
            entry("connections/own".into(), "{}"),
        ];
        inventory.apply(InventoryEvent::Page(page), Duration::ZERO);
        let key = |address: &str| address.parse::<Address>().unwrap().0;
        let unused = |address: &str| only_used_by(&inventory, &key(address));
        assert_eq!(unused("a/one"), [], "another one names it");
        assert_eq!(unused("a/two"), [key("connections/own")], "one is used, and one is not there anyway");
        assert_eq!(unused("connections/own"), []);
        let webhooks = ["a/one", "a/two"].iter().filter_map(|name| inventory.find(&key(name))).collect();
        let connections = BTreeSet::from(["own"]);
        let mut going = GoingDocuments { webhooks, connections, is_all: true };
        assert_eq!(going.unused(&inventory), [key("connections/both")], "the other one goes as well");
        going.is_all = false;
        assert_eq!(going.unused(&inventory), [], "a document that is written may name it");
    }
}
