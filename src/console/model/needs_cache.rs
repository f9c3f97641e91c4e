//! The secrets and variables that the documents on the screen need: computed once, and cached while the
//! document and the connections it names are unchanged. Rows that are not visible cost nothing.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::Model;
use crate::check::{NeedMark, Needs, SecretLookup, needs};
use crate::console::place::Place;
use crate::console::screens::plan::own_secrets;
use crate::domain::{ConnectionName, ResourceKey, SecretPath, StoreId, Token};
use crate::inventory::{Facts, Inventory, RowRef};

/// The cost budget of one turn of the event loop; the rest waits for the next turn.
const TURN: usize = 256 * 1024;

/// The base cost of a document, and of each need in it.
const EACH: usize = 128;

/// The most documents cached, and the most needs in all of them.
const MAX_KNOWN: usize = 1_000;
const MAX_NEEDS: usize = 50_000;

/// The most secrets watched for one screen.
const MAX_PATHS: usize = 1_000;

/// The needs of the documents on the screen.
#[derive(Debug, Default)]
pub struct NeedsCache {
    store: Option<StoreId>,
    entries: HashMap<ResourceKey, CachedNeeds>,
    /// The rows on the screen from top to bottom, then the selected row if it is not among them.
    visible: Vec<ResourceKey>,
    partial: bool,
}

/// The needs of a document, and the versions of everything they were computed from.
#[derive(Debug)]
struct CachedNeeds {
    token: Token,
    connections: Vec<ConnectionToken>,
    needs: Needs,
}

/// A connection that a document names, and its token at that time; `None` if it did not exist.
pub(super) type ConnectionToken = (ResourceKey, Option<Token>);

impl CachedNeeds {
    fn of(inventory: &Inventory, lookup: &SecretLookup, key: &ResourceKey, row: RowRef<'_>) -> Self {
        let (needs, connections) = needs_of(inventory, lookup, key, &row.facts());
        Self { token: row.token(), connections, needs }
    }

    fn is_current(&self, inventory: &Inventory, token: Token) -> bool {
        self.token == token
            && self.connections.iter().all(|(key, then)| inventory.get(key).map(RowRef::token) == *then)
    }
}

/// The needs of a document, and the connections that they were computed from.
pub(crate) fn needs_of(
    inventory: &Inventory,
    lookup: &SecretLookup,
    key: &ResourceKey,
    facts: &Facts,
) -> (Needs, Vec<ConnectionToken>) {
    let connections = RefCell::new(Vec::new());
    let facts_of = |name: &str| -> Option<Facts> {
        let key = ResourceKey::connection(ConnectionName::new(name).ok()?);
        let row = inventory.get(&key);
        connections.borrow_mut().push((key, row.map(RowRef::token)));
        row.map(RowRef::facts)
    };
    let needs = needs(key, facts, &facts_of, lookup);
    (needs, connections.into_inner())
}

impl NeedsCache {
    /// The documents that were on the screen and need a secret.
    pub fn depending_on<'c>(&'c self, path: &SecretPath) -> impl Iterator<Item = &'c ResourceKey> {
        let entries = self.entries.iter();
        entries.filter(move |(_, known)| known.needs.paths().contains(&path)).map(|(key, _)| key)
    }

    pub fn of(&self, key: &ResourceKey) -> Option<&Needs> {
        self.entries.get(key).map(|known| &known.needs)
    }

    /// The secrets to watch, each once: those of the rows on the screen from top to bottom, then those of the
    /// selected document. At most 1,000.
    pub fn visible_paths(&self) -> Vec<SecretPath> {
        let mut told = HashSet::new();
        let paths = self.visible.iter().filter_map(|key| self.of(key)).flat_map(Needs::paths);
        paths.filter(|path| told.insert(*path)).take(MAX_PATHS).cloned().collect()
    }

    /// Whether documents on the screen are left for the next turn.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    #[cfg(test)]
    pub fn known(&self) -> usize {
        self.entries.len()
    }

    /// Computes the needs of documents that are on the screen and not cached, within the budget of one turn;
    /// returns whether any were computed.
    pub fn refresh(
        &mut self,
        inventory: &Inventory,
        lookup: &SecretLookup,
        in_sight: Vec<ResourceKey>,
    ) -> bool {
        if self.store.as_ref() != inventory.store() {
            // Tokens of another store cannot be compared, and its old rows stay until the new load ends.
            self.entries.clear();
            if self.store.is_none() || !inventory.is_loading() {
                self.store = inventory.store().cloned();
            }
        }
        let mut news = false;
        let mut room = TURN;
        self.partial = false;
        for key in &in_sight {
            let Some(row) = inventory.get(key) else {
                self.entries.remove(key);
                continue;
            };
            if self.entries.get(key).is_some_and(|known| known.is_current(inventory, row.token())) {
                continue;
            }
            if room == 0 {
                self.entries.remove(key);
                self.partial = true;
                break;
            }
            news = true;
            let known = CachedNeeds::of(inventory, lookup, key, row);
            room = room.saturating_sub(EACH * (1 + known.needs.len()));
            self.entries.insert(key.clone(), known);
        }
        self.visible = in_sight;
        self.evict();
        news
    }

    /// Keeps the cache within bounds; documents on the screen stay.
    fn evict(&mut self) {
        let needs: usize = self.entries.values().map(|known| known.needs.len()).sum();
        if self.entries.len() > MAX_KNOWN || needs > MAX_NEEDS {
            let seen: HashSet<_> = self.visible.iter().collect();
            self.entries.retain(|key, _| seen.contains(key));
        }
    }
}

impl Model {
    /// A summary of the needs of a document; `None` if it was not computed yet.
    pub fn need_mark(&self, key: &ResourceKey) -> Option<NeedMark> {
        Some(self.needs.of(key)?.mark(&|path| self.presence_cache.presence(path)))
    }

    /// The secrets that documents on the screen need: first those of the visible rows from top to bottom,
    /// then those of the selected row, each once. While the stale dependents or an effective view cover the
    /// lists, the secrets on that page; below a plan or the draft of a copy, the own secrets of its documents;
    /// none while anything else covers them.
    pub fn visible_secret_paths(&self) -> Vec<SecretPath> {
        if self.context.secrets.is_none() {
            return Vec::new();
        }
        if let (Place::StaleDependents, Some(page)) =
            (self.place(), &self.secret_actions.stale_dependents.page)
        {
            return page.parts.iter().map(|part| part.change.path.clone()).collect();
        }
        if let (Some(Place::Effective | Place::EffectiveFind), Some(page)) =
            (self.covering(), &self.effective)
        {
            return page.secret_paths().to_vec();
        }
        if let Some(lookup) = self.context.secrets.as_ref().filter(|_| self.is_covered()) {
            let mut told = HashSet::new();
            let paths = own_secrets::paths(self, lookup).into_iter();
            return paths.filter(|path| told.insert(path.clone())).take(MAX_PATHS).collect();
        }
        match self.browse() {
            Some(_) => self.needs.visible_paths(),
            None => self.visible_page_secrets(),
        }
    }
}
