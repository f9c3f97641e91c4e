//! Scanning a document that is too large for the event loop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::{ConnectionToken, connection};
use crate::check::{Needs, SecretLookup, needs};
use crate::domain::{Document, ResourceKey, Token};
use crate::inventory::{Inventory, RowRef};

/// A document to scan, with the connections that it is known or expected to name.
#[derive(Debug)]
pub struct NeedsInput {
    key: ResourceKey,
    token: Token,
    document: Document,
    connections: BTreeMap<String, Option<(Token, Document)>>,
    lookup: SecretLookup,
}

#[derive(Debug)]
pub struct NeedsOutput {
    pub(super) key: ResourceKey,
    pub(super) token: Token,
    pub(super) connections: Vec<ConnectionToken>,
    pub(super) needs: Needs,
    /// All connections that it names, if one of them was not given.
    pub(super) missing_connections: Vec<String>,
}

impl NeedsInput {
    pub(super) fn new(
        inventory: &Inventory,
        eyes: &SecretLookup,
        (key, row): (ResourceKey, RowRef<'_>),
        names: Vec<String>,
    ) -> Self {
        let look = |name: &str| {
            let row = inventory.get(&connection(name)?)?;
            Some((row.token(), row.document().clone()))
        };
        let connections = names.into_iter().map(|name| (name.clone(), look(&name))).collect();
        Self { key, token: row.token(), document: row.document().clone(), connections, lookup: eyes.clone() }
    }

    /// The bytes of all documents in it.
    pub fn size(&self) -> usize {
        let connections = self.connections.values().flatten().map(|(_, document)| document.len());
        self.document.len() + connections.sum::<usize>()
    }

    /// Takes milliseconds for a megabyte.
    pub fn run(self) -> NeedsOutput {
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
        let needs = needs(&self.key, &self.document, &connection_of, &self.lookup);
        NeedsOutput {
            key: self.key,
            token: self.token,
            connections: connections.into_inner(),
            needs,
            missing_connections: if lacking.get() { named.into_inner() } else { Vec::new() },
        }
    }

    /// The result if the scan panicked: nothing is known.
    pub fn failed(&self) -> NeedsOutput {
        let needs = Needs::unreadable();
        let (key, token) = (self.key.clone(), self.token);
        NeedsOutput { key, token, connections: Vec::new(), needs, missing_connections: Vec::new() }
    }
}
