//! What is known of all secrets in the store that were looked at: the one value that the badge, the Health page
//! and the Secrets tab tell. It depends neither on what is on the screen nor on a filter.

use std::time::Duration;

use super::presence_cache::{LastVerdict, PresenceCache, SecretVerdict};
use crate::check::{SecretLookup, own_webhooks, referrers};
use crate::domain::{Presence, Reference, SecretContents, SecretPath};
use crate::inventory::{Inventory, RowRef};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SecretsSummary {
    /// The secrets about which the store has told anything.
    pub seen: usize,
    /// Those of them that a document needs and this user may not read.
    pub forbidden: usize,
    /// Those of them that a document needs and that do not exist, or no longer, or not with the field it needs.
    pub missing: usize,
    /// Until when the oldest of those two was confirmed; `None` if all of them are being looked at.
    pub until: Option<Duration>,
}

impl SecretsSummary {
    /// Of verdicts that were checked ([`PresenceCache::check`]).
    pub(crate) fn of(presence_cache: &PresenceCache, inventory: &Inventory, lookup: &SecretLookup) -> Self {
        let mut summary = Self { seen: presence_cache.verdicts().len(), ..Self::default() };
        for (path, LastVerdict { verdict, until }) in presence_cache.verdicts() {
            let counts = match verdict {
                SecretVerdict::Present => false,
                SecretVerdict::FieldMissing
                    if matches!(presence_cache.last_presence(path), Some(Presence::Present(_))) =>
                {
                    true
                }
                // In an outage all that is known is what was found before it.
                _ => is_needed(path, *verdict, inventory, lookup),
            };
            if !counts {
                continue;
            }
            match verdict {
                SecretVerdict::Forbidden => summary.forbidden += 1,
                _ => summary.missing += 1,
            }
            summary.until = summary.until.into_iter().chain(*until).min();
        }
        summary
    }

    /// Whether a document is known to lack a secret, or nobody can tell because of missing rights.
    pub fn is_bad(&self) -> bool {
        self.forbidden > 0 || self.missing > 0
    }
}

/// Whether a document needs a field that a secret does not have.
pub(super) fn lacks_field(
    path: &SecretPath,
    contents: &SecretContents,
    inventory: &Inventory,
    lookup: &SecretLookup,
) -> bool {
    let SecretPath::Kv { path: inside, .. } = path else { return false };
    let refers = |row: RowRef<'_>| {
        row.sites().references().iter().any(|(reference, has_default)| match reference {
            Reference::Vault { path: to, field } => {
                to == inside.as_str() && !has_default && contents.field(field).is_none()
            }
            Reference::Env { .. } => false,
        })
    };
    let is_own = |row| lacks_own_field(row, contents);
    referrers(inventory, lookup, path).any(refers) || own_webhooks(inventory, lookup, path).any(is_own)
}

/// Whether a webhook requires a field that its own secret does not have.
pub(crate) fn lacks_own_field(row: RowRef<'_>, contents: &SecretContents) -> bool {
    row.own().iter().any(|(field, required)| required && contents.field(field.as_str()).is_none())
}

/// Whether a document needs a secret so that its verdict matters.
fn is_needed(
    path: &SecretPath,
    verdict: SecretVerdict,
    inventory: &Inventory,
    lookup: &SecretLookup,
) -> bool {
    let SecretPath::Kv { path: inside, .. } = path else { return false };
    // A default is used in place of what is gone, but not of what may not be read.
    let refers = |row: RowRef<'_>| {
        row.sites().references().iter().any(|(reference, has_default)| match reference {
            Reference::Vault { path: to, .. } if to == inside.as_str() => {
                verdict == SecretVerdict::Forbidden || !has_default
            }
            _ => false,
        })
    };
    let is_own =
        |row: RowRef<'_>| row.own().iter().any(|(_, required)| required || verdict != SecretVerdict::Missing);
    referrers(inventory, lookup, path).any(refers) || own_webhooks(inventory, lookup, path).any(is_own)
}
