//! The needs of a document that is too large for the loop, to be read elsewhere.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::check::{Eyes, Needs, needs};
use crate::domain::{Document, ResourceKey, Token};
use crate::inventory::{Inventory, RowRef};

use super::{Named, connection};

/// A document to be read, with connections that it is known or thought to name.
#[derive(Debug)]
pub struct NeedsAsk {
    key: ResourceKey,
    token: Token,
    document: Document,
    connections: BTreeMap<String, Option<(Token, Document)>>,
    eyes: Eyes,
}

/// What was read.
#[derive(Debug)]
pub struct NeedsRead {
    pub(super) key: ResourceKey,
    pub(super) token: Token,
    pub(super) connections: Vec<Named>,
    pub(super) needs: Needs,
    /// All connections that it names, if one was not given.
    pub(super) lacks: Vec<String>,
}

impl NeedsAsk {
    pub(super) fn new(
        inventory: &Inventory,
        eyes: &Eyes,
        (key, row): (ResourceKey, RowRef<'_>),
        names: Vec<String>,
    ) -> Self {
        let look = |name: &str| {
            let row = inventory.get(&connection(name)?)?;
            Some((row.token(), row.document().clone()))
        };
        let connections = names.into_iter().map(|name| (name.clone(), look(&name))).collect();
        Self { key, token: row.token(), document: row.document().clone(), connections, eyes: eyes.clone() }
    }

    /// Reads it. Takes milliseconds for a megabyte.
    pub fn run(self) -> NeedsRead {
        let (named, connections) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
        let lacking = Cell::new(false);
        let connection_of = |name: &str| -> Option<Document> {
            named.borrow_mut().push(name.to_owned());
            let Some(given) = self.connections.get(name) else {
                lacking.set(true);
                return None;
            };
            connections.borrow_mut().push((connection(name)?, given.as_ref().map(|(token, _)| *token)));
            given.as_ref().map(|(_, document)| document.clone())
        };
        let needs = needs(&self.key, &self.document, &connection_of, &self.eyes);
        NeedsRead {
            key: self.key,
            token: self.token,
            connections: connections.into_inner(),
            needs,
            lacks: if lacking.get() { named.into_inner() } else { Vec::new() },
        }
    }

    /// What is told if reading broke down: nothing of it is known.
    pub fn broken(&self) -> NeedsRead {
        let needs = Needs::untold();
        let (key, token) = (self.key.clone(), self.token);
        NeedsRead { key, token, connections: Vec::new(), needs, lacks: Vec::new() }
    }
}
