//! Rules for the name of a copied, renamed or new document.

use crate::console::model::Model;
use crate::domain::{DocumentKind, Namespace, ResourceKey};

/// Whether a document with this name can be stored here and routed to by the receiver.
///
/// # Errors
/// The rule that it breaks.
pub(crate) fn check_name(model: &Model, key: &ResourceKey) -> Result<(), String> {
    let capabilities = model.context.capabilities;
    match key {
        ResourceKey::Foreign { .. } => Err("the receiver would ignore this key".into()),
        ResourceKey::Webhook { namespace, .. }
            if !capabilities.namespaces && *namespace != Namespace::default() =>
        {
            Err("this store has the namespace default alone".into())
        }
        ResourceKey::Webhook { id, .. } => match id.unroutable() {
            Some(rule) => Err(format!("the receiver would never route to it: {rule}")),
            None => Ok(()),
        },
        ResourceKey::Connection { .. } if !capabilities.connections => {
            Err("this store holds no connections".into())
        }
        ResourceKey::Connection { .. } => Ok(()),
    }
}

/// Refuses to turn a webhook into a connection, or the other way round.
///
/// # Errors
/// A message saying so.
pub(crate) fn check_same_kind(from: &ResourceKey, to: &ResourceKey) -> Result<(), String> {
    if DocumentKind::of(from) == DocumentKind::of(to) {
        return Ok(());
    }
    Err("a webhook stays a webhook, and a connection a connection: choose a name of the same kind".into())
}
