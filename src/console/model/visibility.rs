//! What may be assumed about a key that is not in the inventory.

use crate::domain::ResourceKey;
use crate::inventory::Inventory;
use crate::provider::Error;

/// The error for an action that requires a key to be absent, if the user may not read the key, since it may
/// exist then. `None` if its absence is certain.
pub(crate) fn denied_if_hidden(inventory: &Inventory, key: &ResourceKey) -> Option<Error> {
    let hidden = inventory.find(key).is_none() && !inventory.coverage().covers(key);
    hidden.then(|| Error::denied(format!("read of {key}")))
}
