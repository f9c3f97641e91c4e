//! The secrets of the selected document, as targets of actions.

use super::state::SecretTarget;
use crate::check::{ReceiverEnv, SecretLookup};
use crate::console::model::{Model, Tone};
use crate::console::screens::tab::Tab;
use crate::domain::{FieldName, Presence, Reference, ResourceKey, SecretField, SecretPath};

/// A webhook's own secret, if it can be reached. Variables are those of this process, so they are meaningful
/// only if the receiver has the same.
fn own_target(lookup: &SecretLookup, key: &ResourceKey) -> Option<SecretTarget> {
    let path = lookup.stored_path(key)?;
    let reachable = match path {
        SecretPath::Variables(_) => matches!(lookup.env, ReceiverEnv::Known(_)),
        SecretPath::Kv { .. } => lookup.can_read_kv,
    };
    reachable.then_some(SecretTarget { path, field: None })
}

fn referenced_target(lookup: &SecretLookup, reference: &Reference) -> Option<SecretTarget> {
    let Reference::Vault { path, field } = reference else { return None };
    let path = lookup.reference_path(path).filter(|_| lookup.can_read_kv)?;
    Some(SecretTarget { path, field: Some(FieldName::new(field)) })
}

impl Model {
    /// The secrets that the selected document refers to, one target per field, followed by its own secret. In
    /// the Secrets tab, the selected secret.
    pub fn secret_targets(&self) -> Vec<SecretTarget> {
        if self.tab == Tab::Secrets {
            return self.secret_target().into_iter().collect();
        }
        let (Some(lookup), Some(browse)) = (&self.context.secrets, self.browse()) else { return Vec::new() };
        if self.focused().is_none() {
            return Vec::new();
        }
        let Some(shown) = &browse.detail.shown else { return Vec::new() };
        let mut targets: Vec<_> = shown
            .facts
            .sites()
            .references()
            .keys()
            .filter_map(|reference| referenced_target(lookup, reference))
            .collect();
        targets.dedup();
        targets.extend(own_target(lookup, &shown.key));
        targets
    }

    /// The fields that a secret can have, existing or not: a webhook's own five, or those that the selected
    /// document refers to.
    pub fn secret_fields(&self, path: &SecretPath) -> Vec<FieldName> {
        if self.tab == Tab::Secrets {
            return self.secrets_page_fields(path);
        }
        let targets = self.secret_targets();
        let own = targets.iter().any(|target| target.path == *path && target.field.is_none());
        let named =
            targets.into_iter().filter(|target| target.path == *path).filter_map(|target| target.field);
        let own = if own { &SecretField::ALL[..] } else { &[] };
        named.chain(own.iter().map(|field| field.name())).collect()
    }

    /// Whether a write or a read of a secret is pending; if so, reports it.
    pub(crate) fn is_secret_busy(&mut self) -> bool {
        let words = match (&self.secret_actions.writing, self.secret_actions.reading.is_pending()) {
            (Some(writing), _) if writing.unknown => {
                "what became of the last write of a secret is being looked up; wait for it"
            }
            (Some(_), _) => "a write of a secret is under way; wait for its answer",
            (None, true) => "a secret is being read; wait for its answer",
            (None, false) => return false,
        };
        self.notify(Tone::Plain, words);
        true
    }
}

/// Why there is no current value.
pub(crate) fn absence_reason(path: &SecretPath, presence: &Presence) -> Option<String> {
    match presence {
        Presence::Present(_) | Presence::Unknown { .. } => None,
        Presence::Missing => Some(format!("there is no secret {path}")),
        Presence::Deleted { version, .. } => Some(format!("{version} of {path}, its newest, was deleted")),
        Presence::Destroyed { version } => {
            Some(format!("{version} of {path}, its newest, was destroyed for ever"))
        }
        Presence::Forbidden { permission } => {
            Some(format!("{path} may not be seen: {permission} is missing"))
        }
        Presence::Unreachable { reason } => Some(format!("{path} cannot be reached: {reason}")),
    }
}
