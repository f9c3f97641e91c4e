//! What may be taken for granted about a key that the picture does not show.

use crate::domain::ResourceKey;
use crate::inventory::Inventory;
use crate::provider::{ASK_FOR_IT, Error};

/// Why an action that stands on a key's absence is refused: the picture could not show the key, so it
/// may exist. `None` where the picture knows.
pub(super) fn refusal(inventory: &Inventory, key: &ResourceKey) -> Option<Error> {
    let hidden = inventory.find(key).is_none() && !inventory.coverage().sees(key);
    hidden.then(|| Error::Denied { permission: format!("read of {key}"), remedy: ASK_FOR_IT })
}
