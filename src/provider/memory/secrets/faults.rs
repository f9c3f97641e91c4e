//! Secrets that do not answer, and rights that are missing.

use std::collections::BTreeSet;

use super::{KvLocation, MemorySecrets};
use crate::domain::{SecretPath, SecretRight};
use crate::provider::{Error, Result};

#[derive(Default)]
pub(super) struct Faults {
    pub(super) forbidden: BTreeSet<(SecretRight, SecretPath)>,
    unreachable: BTreeSet<SecretPath>,
}

impl MemorySecrets {
    /// Makes one secret unreachable, as a lost namespace or a slow disk would.
    pub fn make_unreachable(&self, path: &SecretPath) {
        self.state().faults.unreachable.insert(path.clone());
    }

    /// Revokes one right on one secret.
    pub fn forbid(&self, right: SecretRight, path: &SecretPath) {
        self.state().faults.forbidden.insert((right, path.clone()));
    }
}

impl Faults {
    pub(super) fn missing(&self, right: SecretRight, place: KvLocation<'_>) -> Option<String> {
        self.forbidden.contains(&(right, place.secret_path.clone())).then(|| place.permission(right))
    }

    pub(super) fn check_right(&self, right: SecretRight, place: KvLocation<'_>) -> Result<()> {
        if let Some(reason) = self.unreachable_reason(place) {
            return Err(Error::unavailable(reason));
        }
        self.missing(right, place).map_or(Ok(()), |permission| Err(Error::denied(permission)))
    }

    pub(super) fn unreachable_reason(&self, place: KvLocation<'_>) -> Option<&'static str> {
        self.unreachable.contains(place.secret_path).then_some("the store of secrets does not answer for it")
    }
}
