//! What the documents on the screen need of secrets and variables: read from a document once, and kept
//! while it and the connections it names stay as they are. Rows that nobody looks at cost nothing.

mod ask;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

pub use ask::{NeedsAsk, NeedsRead};

use crate::check::{Eyes, NeedMark, Needs, needs};
use crate::domain::{ConnectionName, Document, ResourceKey, SecretPath, StoreId, Token};
use crate::inventory::{Inventory, RowRef};

use super::super::effect::Request;
use super::Model;

/// Up to so many bytes, a document with its connections is read on the loop: half a millisecond.
pub const AT_ONCE: usize = 64 * 1024;

/// So many bytes are read in one turn of the loop; what is left waits for the next.
const TURN: usize = 256 * 1024;

/// What a document, and each need in it, counts for besides its bytes.
const EACH: usize = 128;

/// How many documents are remembered, and how many needs of all of them.
const MAX_KNOWN: usize = 1_000;
const MAX_NEEDS: usize = 50_000;

/// How many secrets are told of one screen.
const MAX_PATHS: usize = 1_000;

/// What the documents on the screen need.
#[derive(Debug, Default)]
pub struct NeedsCache {
    store: Option<StoreId>,
    known: HashMap<ResourceKey, Known>,
    /// The rows on the screen from top to bottom, then the selected one where it is none of them.
    in_sight: Vec<ResourceKey>,
    asked: Option<(Request, ResourceKey)>,
    partial: bool,
    read: usize,
}

/// What one document needs, and the state of everything that was read for it.
#[derive(Debug)]
struct Known {
    token: Token,
    connections: Vec<Named>,
    needs: Needs,
}

/// A connection that a document names, and its state then; `None` where there was none.
type Named = (ResourceKey, Option<Token>);

impl Known {
    fn holds(&self, inventory: &Inventory, token: Token) -> bool {
        self.token == token
            && self.connections.iter().all(|(key, then)| inventory.get(key).map(RowRef::token) == *then)
    }
}

impl NeedsCache {
    /// What a document needs, once it was read.
    pub fn of(&self, key: &ResourceKey) -> Option<&Needs> {
        self.known.get(key).map(|known| &known.needs)
    }

    /// The secrets to be asked for, each once: those of the rows on the screen from top to bottom, then
    /// those of the selected document. No more than 1,000.
    pub fn visible_paths(&self) -> Vec<SecretPath> {
        let mut told = HashSet::new();
        let paths = self.in_sight.iter().filter_map(|key| self.of(key)).flat_map(Needs::paths);
        paths.filter(|path| told.insert(*path)).take(MAX_PATHS).cloned().collect()
    }

    /// Whether documents on the screen wait for the next turn.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// How many documents something is remembered of.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// How many documents were read on the loop since the start.
    pub fn documents_read(&self) -> usize {
        self.read
    }

    /// Reads what is on the screen and not known as it is now, as far as one turn goes; says whether
    /// something became known. What is too large for the loop is to be asked for, see
    /// [`NeedsCache::wanted`].
    pub fn look(&mut self, inventory: &Inventory, eyes: &Eyes, in_sight: Vec<ResourceKey>) -> bool {
        if self.store.as_ref() != inventory.store() {
            // Equal tokens of another store mean nothing, and rows of the former stay until all is loaded.
            self.known.clear();
            self.asked = None;
            if self.store.is_none() || !inventory.is_loading() {
                self.store = inventory.store().cloned();
            }
        }
        let before = self.read;
        let mut room = TURN;
        self.partial = false;
        for key in &in_sight {
            let Some(row) = inventory.get(key) else {
                self.known.remove(key);
                continue;
            };
            if self.known.get(key).is_some_and(|known| known.holds(inventory, row.token())) {
                continue;
            }
            self.known.remove(key);
            if row.document().len() > AT_ONCE {
                continue;
            }
            if room == 0 {
                self.partial = true;
                break;
            }
            self.read += 1;
            let (known, cost) = read_now(inventory, eyes, key, row);
            room = room.saturating_sub(cost);
            if let Some(known) = known {
                self.known.insert(key.clone(), known);
            }
        }
        self.in_sight = in_sight;
        self.forget();
        self.read > before
    }

    /// Whether a document on the screen has to be read off the loop, and none is.
    pub fn is_wanting(&self) -> bool {
        self.asked.is_none() && !self.partial && self.in_sight.iter().any(|key| !self.known.contains_key(key))
    }

    /// A document on the screen that has to be read off the loop; one at a time.
    pub fn wanted(&mut self, inventory: &Inventory, eyes: &Eyes, request: Request) -> Option<NeedsAsk> {
        let unread = self.in_sight.iter().filter(|key| !self.known.contains_key(key));
        let (key, row) = unread.into_iter().find_map(|key| Some((key.clone(), inventory.get(key)?)))?;
        let hint: Vec<String> = row.connection().map(str::to_owned).into_iter().collect();
        self.asked = Some((request, key.clone()));
        Some(NeedsAsk::new(inventory, eyes, (key, row), hint))
    }

    /// Takes in what was read off the loop. Where it names connections that it was not given, it is to be
    /// asked for again with them, under the number of the next question.
    pub fn take(
        &mut self,
        inventory: &Inventory,
        eyes: &Eyes,
        (request, next): (Request, Request),
        told: NeedsRead,
    ) -> Option<NeedsAsk> {
        self.asked.take_if(|(asked, key)| *asked == request && *key == told.key)?;
        let row = inventory.get(&told.key).filter(|row| row.token() == told.token)?;
        if told.lacks.is_empty() {
            let NeedsRead { key, token, connections, needs, .. } = told;
            self.known.insert(key, Known { token, connections, needs });
            return None;
        }
        self.asked = Some((next, told.key.clone()));
        Some(NeedsAsk::new(inventory, eyes, (told.key, row), told.lacks))
    }

    /// Keeps within bounds; what is on the screen stays.
    fn forget(&mut self) {
        let needs: usize = self.known.values().map(|known| known.needs.len()).sum();
        if self.known.len() > MAX_KNOWN || needs > MAX_NEEDS {
            let seen: HashSet<_> = self.in_sight.iter().collect();
            self.known.retain(|key, _| seen.contains(key));
        }
    }
}

impl Model {
    /// What is known of the needs of a document; `None` where it was not read yet.
    pub fn need_mark(&self, key: &ResourceKey) -> Option<NeedMark> {
        Some(self.needs.of(key)?.mark(&|path| self.sight.presence(path)))
    }
}

/// The key of a connection of this name; what is no name has none.
fn connection(name: &str) -> Option<ResourceKey> {
    ConnectionName::new(name).ok().map(ResourceKey::connection)
}

/// Reads a document with its connections, and says how much of a turn that took; nothing comes of it where
/// they turn out to be too large for the loop.
fn read_now(
    inventory: &Inventory,
    eyes: &Eyes,
    key: &ResourceKey,
    row: RowRef<'_>,
) -> (Option<Known>, usize) {
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
    let known = Known { token: row.token(), connections: connections.into_inner(), needs };
    // What is found costs more time than what is passed over, and even an empty document some.
    let cost = size.get() + EACH * (1 + known.needs.len());
    ((!too_large.get()).then_some(known), cost)
}
