//! Webhooks whose own secrets would come from the same environment variable, since a variable's name does not
//! preserve the id's case and dashes. One index over all ids, built in slices and rebuilt when documents
//! change.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::domain::{ResourceKey, Revision, SecretField, StoreId, WebhookId, variable_name};
use crate::inventory::{Inventory, Scope, Slot};
use crate::provider::env::{Overlap, overlaps};

/// Rows indexed in one turn of the event loop, which takes a few milliseconds.
const SLICE: usize = 20_000;

/// How long the index may lag behind changing documents.
const PAUSE: Duration = Duration::from_secs(1);

/// Precedes `_TOKEN` in the name of the channel token's variable.
const CHANNEL: &str = "_CHANNEL";

/// The most rows of one variable.
const MOST: usize = 200;

/// An index of all ids by the variable names they map to.
#[derive(Debug, Default)]
pub struct VariableConflicts {
    /// The version of the inventory that the index is, or is being, built from.
    built_from: Option<InventoryVersion>,
    /// Sorted.
    index: Vec<(u64, Slot)>,
    building: Vec<(u64, Slot)>,
    pending: Vec<Slot>,
    not_before: Duration,
    wake: Option<Duration>,
}

/// Changes whenever the rows may have changed.
type InventoryVersion = (Option<StoreId>, Revision, usize);

impl VariableConflicts {
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
        self.index = std::mem::take(&mut self.building);
        self.not_before = now + PAUSE;
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
        let picture =
            (inventory.store().cloned(), inventory.revision(), inventory.counts(&Scope::AllWebhooks).total);
        if inventory.is_loading() || self.built_from.as_ref() == Some(&picture) {
            return false;
        }
        if now < self.not_before {
            self.wake = Some(self.not_before);
            return false;
        }
        self.built_from = Some(picture);
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
        let own = stem(id);
        let mut stems = vec![format!("{own}{CHANNEL}")];
        stems.extend(own.strip_suffix(CHANNEL).map(str::to_owned));
        stems.push(own);
        let keys = stems.into_iter().flat_map(move |stem| {
            let wanted = hash(&stem);
            let from = self.index.partition_point(|(hash, _)| *hash < wanted);
            let equal = self.index.iter().skip(from).take_while(move |(hash, _)| *hash == wanted);
            let keys = equal.take(MOST).filter_map(|(_, slot)| Some(inventory.row(*slot)?.key()));
            // The slot may have been reused since.
            keys.filter(move |key| matches!(key, ResourceKey::Webhook { id, .. } if self::stem(id) == stem))
        });
        Some(keys).into_iter().flatten()
    }
}

/// The common prefix of all variables of an id: `WEBHOOK_ORDERS`.
fn stem(id: &WebhookId) -> String {
    let mut name = variable_name(id, SecretField::BEARER_TOKEN);
    name.truncate(name.len().saturating_sub("_TOKEN".len()));
    name
}

fn hash(stem: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    stem.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Address, Coverage, Entry, Token};
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
        assert!(!conflicts.work(&changed, PAUSE / 2));
        assert_eq!(conflicts.next_wake(), Some(PAUSE));
        assert!(!conflicts.has_conflict(&changed, &id("order_in")), "not known yet");
        assert!(conflicts.work(&changed, PAUSE));
        assert!(conflicts.has_conflict(&changed, &id("order_in")));
    }
}
