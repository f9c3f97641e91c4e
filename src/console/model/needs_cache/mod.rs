//! What the documents on the screen need of secrets and variables: computed once, and cached while the
//! document and the connections it names are unchanged. Rows off the screen cost nothing.

mod input;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use super::super::compute::AT_ONCE;
use super::super::effect::{Pending, RequestId};
use super::Model;
use crate::check::{NeedMark, Needs, SecretLookup, needs};
use crate::domain::{ConnectionName, Document, ResourceKey, SecretPath, StoreId, Token};
use crate::inventory::{Inventory, RowRef};

pub use input::{NeedsInput, NeedsOutput};

/// Bytes scanned in one turn of the event loop; the rest waits for the next.
const TURN: usize = 256 * 1024;

/// The cost of a document, and of each need in it, besides its bytes.
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
    /// The rows on the screen from top to bottom, then the selected one where it is none of them.
    visible: Vec<ResourceKey>,
    asked: Pending<()>,
    partial: bool,
    documents_read: usize,
}

/// The needs of a document, and the versions of everything they were computed from.
#[derive(Debug)]
struct CachedNeeds {
    token: Token,
    connections: Vec<ConnectionToken>,
    needs: Needs,
}

/// A connection that a document names, and its token then; `None` if there was none.
type ConnectionToken = (ResourceKey, Option<Token>);

impl CachedNeeds {
    fn is_current(&self, inventory: &Inventory, token: Token) -> bool {
        self.token == token
            && self.connections.iter().all(|(key, then)| inventory.get(key).map(RowRef::token) == *then)
    }
}

impl NeedsCache {
    pub fn of(&self, key: &ResourceKey) -> Option<&Needs> {
        self.entries.get(key).map(|known| &known.needs)
    }

    /// The secrets to watch, each once: those of the rows on the screen from top to bottom, then those of
    /// the selected document. No more than 1,000.
    pub fn visible_paths(&self) -> Vec<SecretPath> {
        let mut told = HashSet::new();
        let paths = self.visible.iter().filter_map(|key| self.of(key)).flat_map(Needs::paths);
        paths.filter(|path| told.insert(*path)).take(MAX_PATHS).cloned().collect()
    }

    /// Whether documents on the screen wait for the next turn.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of documents scanned on the event loop since the start.
    pub fn documents_read(&self) -> usize {
        self.documents_read
    }

    /// Scans what is on the screen and not cached, within the budget of one turn; returns whether anything
    /// was scanned. What is too large for the event loop is left to
    /// [`NeedsCache::next_input`].
    pub fn refresh(
        &mut self,
        inventory: &Inventory,
        eyes: &SecretLookup,
        in_sight: Vec<ResourceKey>,
    ) -> bool {
        if self.store.as_ref() != inventory.store() {
            // Tokens of another store cannot be compared, and its old rows stay until all is loaded.
            self.entries.clear();
            self.asked.cancel();
            if self.store.is_none() || !inventory.is_loading() {
                self.store = inventory.store().cloned();
            }
        }
        let before = self.documents_read;
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
            self.entries.remove(key);
            if row.document().len() > AT_ONCE {
                continue;
            }
            if room == 0 {
                self.partial = true;
                break;
            }
            self.documents_read += 1;
            let (known, cost) = read_now(inventory, eyes, key, row);
            room = room.saturating_sub(cost);
            if let Some(known) = known {
                self.entries.insert(key.clone(), known);
            }
        }
        self.visible = in_sight;
        self.evict();
        self.documents_read > before
    }

    /// Whether a document on the screen has to be scanned off the event loop, and none is being scanned.
    pub fn has_unread(&self) -> bool {
        !self.asked.is_pending()
            && !self.partial
            && self.visible.iter().any(|key| !self.entries.contains_key(key))
    }

    /// A document on the screen that has to be scanned off the event loop; one at a time.
    pub fn next_input(
        &mut self,
        inventory: &Inventory,
        eyes: &SecretLookup,
        request: RequestId,
    ) -> Option<NeedsInput> {
        let unread = self.visible.iter().filter(|key| !self.entries.contains_key(key));
        let (key, row) = unread.into_iter().find_map(|key| Some((key.clone(), inventory.get(key)?)))?;
        let hint: Vec<String> = row.connection().map(str::to_owned).into_iter().collect();
        self.asked.begin(request, ());
        Some(NeedsInput::new(inventory, eyes, (key, row), hint))
    }

    /// Takes the result of a scan off the event loop. If the document names connections that were not given,
    /// returns the input of another scan with them, under the next request.
    pub fn accept(
        &mut self,
        inventory: &Inventory,
        eyes: &SecretLookup,
        (request, next): (RequestId, RequestId),
        told: NeedsOutput,
    ) -> Option<NeedsInput> {
        self.asked.accept(request)?;
        let row = inventory.get(&told.key).filter(|row| row.token() == told.token)?;
        if told.missing_connections.is_empty() {
            let NeedsOutput { key, token, connections, needs, .. } = told;
            self.entries.insert(key, CachedNeeds { token, connections, needs });
            return None;
        }
        self.asked.begin(next, ());
        Some(NeedsInput::new(inventory, eyes, (told.key, row), told.missing_connections))
    }

    /// Keeps the cache within bounds; what is on the screen stays.
    fn evict(&mut self) {
        let needs: usize = self.entries.values().map(|known| known.needs.len()).sum();
        if self.entries.len() > MAX_KNOWN || needs > MAX_NEEDS {
            let seen: HashSet<_> = self.visible.iter().collect();
            self.entries.retain(|key, _| seen.contains(key));
        }
    }
}

impl Model {
    /// A summary of the needs of a document; `None` if it was not scanned yet.
    pub fn need_mark(&self, key: &ResourceKey) -> Option<NeedMark> {
        Some(self.needs.of(key)?.mark(&|path| self.presence_cache.presence(path)))
    }
}

/// The key of a connection; `None` if the name is not valid.
fn connection(name: &str) -> Option<ResourceKey> {
    ConnectionName::new(name).ok().map(ResourceKey::connection)
}

/// Scans a document with its connections, and returns its cost; `None` if they turn out to be too large
/// for the event loop.
fn read_now(
    inventory: &Inventory,
    eyes: &SecretLookup,
    key: &ResourceKey,
    row: RowRef<'_>,
) -> (Option<CachedNeeds>, usize) {
    let connections = RefCell::new(Vec::new());
    let (size, too_large) = (Cell::new(row.document().len()), Cell::new(false));
    let connection_of = |name: &str| -> Option<Document> {
        let key = connection(name)?;
        let row = inventory.get(&key);
        connections.borrow_mut().push((key, row.map(RowRef::token)));
        let document = row?.document();
        if size.get() + document.len() > AT_ONCE {
            too_large.set(true);
            return None;
        }
        size.set(size.get() + document.len());
        Some(document.clone())
    };
    let needs = needs(key, row.document(), &connection_of, eyes);
    let known = CachedNeeds { token: row.token(), connections: connections.into_inner(), needs };
    // Matches cost more time than other text, and even an empty document costs some.
    let cost = size.get() + EACH * (1 + known.needs.len());
    ((!too_large.get()).then_some(known), cost)
}
