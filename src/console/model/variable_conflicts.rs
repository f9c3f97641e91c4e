//! Webhooks whose own secrets would come from the same environment variable, since a variable's name does not
//! preserve the id's case and dashes; and those with the same id. One index over all ids, built in slices and
//! rebuilt when webhooks come or go.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::domain::{Namespace, ResourceKey, SecretField, WebhookId, variable_name};
use crate::inventory::{Delta, DeltaKind, Inventory, Scope, Slot};
use crate::provider::env::{Overlap, overlaps};

/// Rows indexed in one turn of the event loop, which takes a few milliseconds.
const SLICE: usize = 20_000;

/// How long the index may lag behind changing documents.
const PAUSE: Duration = Duration::from_secs(1);

/// Precedes `_TOKEN` in the name of the channel token's variable.
const CHANNEL: &str = "_CHANNEL";

/// The most rows of one variable.
const MOST: usize = 200;

/// The most ids that are told apart as new or gone; if there are more, all are taken for new.
const MOST_TOUCHED: usize = 10_000;

/// An index of all ids by the variable names they map to.
#[derive(Debug, Default)]
pub struct VariableConflicts {
    /// Whether it was built, however long ago.
    built: bool,
    /// Whether webhooks came or went since the index was begun.
    outdated: bool,
    /// Sorted, by hashes of 32 bits, which are a fraction of what a row costs.
    index: Vec<(u32, Slot)>,
    building: Vec<(u32, Slot)>,
    pending: Vec<Slot>,
    /// The webhooks that came or went since the index was begun, by their hashes.
    touched: Vec<u32>,
    /// Those that came or went since the index before was begun.
    fresh: Vec<u32>,
    not_before: Duration,
    wake: Option<Duration>,
}

impl VariableConflicts {
    /// Takes note of webhooks that came or went.
    pub fn note(&mut self, inventory: &Inventory, delta: &Delta) {
        let came = delta.changes.iter().filter(|(_, kind)| *kind == DeltaKind::Created);
        let came = came.filter_map(|(slot, _)| Some(inventory.row(*slot)?.key()));
        for key in came.chain(delta.deleted.iter().cloned()) {
            let ResourceKey::Webhook { id, .. } = key else { continue };
            self.outdated = true;
            if self.touched.len() <= MOST_TOUCHED {
                self.touched.extend(stems(&stem(&id)).iter().map(|stem| hash(stem)));
            }
        }
    }

    /// Whether the index was ever built, so that what it does not know is not there.
    pub fn is_built(&self) -> bool {
        self.built
    }

    /// The rows whose overlaps may have changed with the index that [`VariableConflicts::work`] just built;
    /// `None` for all of them.
    pub fn touched(&self) -> Option<Vec<Slot>> {
        let mut hashes = self.fresh.clone();
        hashes.sort_unstable();
        hashes.dedup();
        (self.fresh.len() <= MOST_TOUCHED)
            .then(|| hashes.into_iter().flat_map(|hash| self.equal(hash)).collect())
    }

    /// Continues building the index if it is outdated; returns whether it became current.
    pub fn work(&mut self, inventory: &Inventory, now: Duration) -> bool {
        self.wake = None;
        if self.pending.is_empty() && !self.begin(inventory, now) {
            return false;
        }
        let from = self.pending.len().saturating_sub(SLICE);
        for slot in self.pending.drain(from..) {
            if let Some(ResourceKey::Webhook { id, .. }) = inventory.row(slot).map(|row| row.key()) {
                self.building.push((hash(&stem(&id)), slot));
            }
        }
        if !self.pending.is_empty() {
            self.wake = Some(now);
            return false;
        }
        self.building.sort_unstable();
        self.building.shrink_to_fit();
        self.index = std::mem::take(&mut self.building);
        (self.built, self.not_before) = (true, now + PAUSE);
        true
    }

    /// When [`VariableConflicts::work`] must run without an event.
    pub fn next_wake(&self) -> Option<Duration> {
        self.wake
    }

    /// Whether a variable of a webhook is also read by a webhook with a different id.
    pub fn has_conflict(&self, inventory: &Inventory, id: &WebhookId) -> bool {
        self.sharing(inventory, id)
            .any(|key| matches!(key, ResourceKey::Webhook { id: other, .. } if other != *id))
    }

    /// Another namespace that has a webhook of this id.
    pub fn same_id_in(
        &self,
        inventory: &Inventory,
        namespace: &Namespace,
        id: &WebhookId,
    ) -> Option<Namespace> {
        self.sharing(inventory, id).find_map(|key| match key {
            ResourceKey::Webhook { namespace: other, id: same } if same == *id && other != *namespace => {
                Some(other)
            }
            _ => None,
        })
    }

    /// The overlaps of a webhook: the namespaces with the same id, then each variable shared with other ids.
    pub fn overlaps_of(&self, inventory: &Inventory, id: &WebhookId) -> Vec<Overlap> {
        let near: Vec<_> = self.sharing(inventory, id).collect();
        let concerns = |overlap: &Overlap| match overlap {
            Overlap::SameId { id: shared, .. } => shared == id,
            Overlap::Collision { ids, .. } => ids.contains(id),
        };
        overlaps(&near).into_iter().filter(concerns).collect()
    }

    fn begin(&mut self, inventory: &Inventory, now: Duration) -> bool {
        if inventory.store().is_none() || inventory.is_loading() || self.built && !self.outdated {
            return false;
        }
        if now < self.not_before {
            self.wake = Some(self.not_before);
            return false;
        }
        self.outdated = false;
        self.fresh = std::mem::take(&mut self.touched);
        self.pending = inventory.slots(&Scope::AllWebhooks).collect();
        true
    }

    /// The webhooks that share a variable with this id, including those with the id itself.
    fn sharing<'a>(
        &'a self,
        inventory: &'a Inventory,
        id: &WebhookId,
    ) -> impl Iterator<Item = ResourceKey> + 'a {
        if self.index.is_empty() {
            return None.into_iter().flatten();
        }
        let keys = stems(&stem(id)).into_iter().flat_map(move |stem| {
            let equal = self.equal(hash(&stem));
            let keys = equal.take(MOST).filter_map(|slot| Some(inventory.row(slot)?.key()));
            // The slot may have been reused since.
            keys.filter(move |key| matches!(key, ResourceKey::Webhook { id, .. } if self::stem(id) == stem))
        });
        Some(keys).into_iter().flatten()
    }

    fn equal(&self, wanted: u32) -> impl Iterator<Item = Slot> + '_ {
        let from = self.index.partition_point(|(hash, _)| *hash < wanted);
        let equal = self.index.iter().skip(from).take_while(move |(hash, _)| *hash == wanted);
        equal.map(|(_, slot)| *slot)
    }
}

/// The stems that share a variable with one: itself, and those that end as the channel token's variable does.
fn stems(own: &str) -> Vec<String> {
    let mut stems = vec![format!("{own}{CHANNEL}")];
    stems.extend(own.strip_suffix(CHANNEL).map(str::to_owned));
    stems.push(own.to_owned());
    stems
}

/// The common prefix of all variables of an id: `WEBHOOK_ORDERS`.
fn stem(id: &WebhookId) -> String {
    let mut name = variable_name(id, SecretField::BEARER_TOKEN);
    name.truncate(name.len().saturating_sub("_TOKEN".len()));
    name
}

/// Of two stems with one hash, rows are told apart by their keys.
fn hash(stem: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    stem.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Address, Coverage, Entry, Revision, StoreId, Token};
    use crate::inventory::scan_event;
    use crate::provider::WatchEvent;

    fn picture(addresses: &[String], revision: u64) -> Inventory {
        let mut inventory = Inventory::default();
        let entries = addresses.iter().map(|address| Entry {
            key: address.parse::<Address>().unwrap().0,
            document: "{}".into(),
            revision: Revision(revision),
            created: None,
            version: None,
            token: Token::counter(revision),
            lease: None,
        });
        let (store, at) = (StoreId::new("s"), Revision(revision));
        for event in [
            WatchEvent::Load { store, at, resync: false, coverage: Coverage::Whole },
            WatchEvent::Page(entries.collect()),
            WatchEvent::Loaded { at },
        ] {
            inventory.apply(scan_event(event, &crate::domain::SecretNames::default()), Duration::ZERO);
        }
        inventory
    }

    fn id(text: &str) -> WebhookId {
        WebhookId::new(text).unwrap()
    }

    #[test]
    fn the_same_is_found_as_by_looking_at_all() {
        let addresses = [
            "a/orders",
            "b/orders",
            "a/Orders",
            "a/pay-in",
            "c/pay_in",
            "a/x",
            "a/x-channel",
            "a/alone",
            "a/x-channel-channel",
        ]
        .map(String::from);
        let inventory = picture(&addresses, 1);
        let mut conflicts = VariableConflicts::default();
        assert!(conflicts.work(&inventory, Duration::ZERO));
        let keys: Vec<_> = inventory.keys(&Scope::AllWebhooks).collect();
        let all = overlaps(&keys);
        for key in &keys {
            let ResourceKey::Webhook { id, .. } = key else { continue };
            let expected: Vec<_> = all
                .iter()
                .filter(|overlap| match overlap {
                    Overlap::SameId { id: shared, .. } => shared == id,
                    Overlap::Collision { ids, .. } => ids.contains(id),
                })
                .cloned()
                .collect();
            assert_eq!(conflicts.overlaps_of(&inventory, id), expected, "{key}");
            let collides = expected.iter().any(|overlap| matches!(overlap, Overlap::Collision { .. }));
            assert_eq!(conflicts.has_conflict(&inventory, id), collides, "{key}");
        }
    }

    #[test]
    fn it_is_made_in_slices_and_anew_no_more_than_once_a_second() {
        let many: Vec<_> = (0..SLICE * 2 + 1).map(|at| format!("a/w{at}")).collect();
        let inventory = picture(&many, 1);
        let mut conflicts = VariableConflicts::default();
        let mut turns = 1;
        while !conflicts.work(&inventory, Duration::ZERO) {
            assert_eq!(conflicts.next_wake(), Some(Duration::ZERO));
            turns += 1;
        }
        assert_eq!(turns, 3);
        assert!(!conflicts.work(&inventory, PAUSE));
        assert_eq!(conflicts.next_wake(), None, "nothing has changed");

        let changed = picture(&["a/order-in".into(), "a/order_in".into()], 2);
        let came = changed.slots(&Scope::AllWebhooks).map(|slot| (slot, DeltaKind::Created)).collect();
        conflicts.note(&changed, &Delta { changes: came, ..Delta::default() });
        assert!(!conflicts.work(&changed, PAUSE / 2));
        assert_eq!(conflicts.next_wake(), Some(PAUSE));
        assert!(!conflicts.has_conflict(&changed, &id("order_in")), "not known yet");
        assert!(conflicts.work(&changed, PAUSE));
        assert!(conflicts.has_conflict(&changed, &id("order_in")));
        assert_eq!(conflicts.touched().map(|slots| slots.len()), Some(2), "both are to be looked at again");
    }

    #[test]
    fn the_same_id_is_found_in_another_namespace() {
        let addresses = ["a/orders", "b/Orders", "c/orders", "a/alone"].map(String::from);
        let inventory = picture(&addresses, 1);
        let mut conflicts = VariableConflicts::default();
        assert!(conflicts.work(&inventory, Duration::ZERO) && conflicts.is_built());
        let [a, c] = ["a", "c"].map(|name| Namespace::new(name).unwrap());
        assert_eq!(conflicts.same_id_in(&inventory, &a, &id("orders")), Some(c.clone()));
        assert_eq!(conflicts.same_id_in(&inventory, &c, &id("orders")), Some(a.clone()));
        assert_eq!(conflicts.same_id_in(&inventory, &a, &id("alone")), None);
    }
}
