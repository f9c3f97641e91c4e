//! Where the secrets of what is shown are kept, and which of them the selected document needs.

use super::{Model, SecretTarget};
use crate::domain::{FieldName, KvPath, Mount, Reference, ResourceKey, SecretField, SecretPath};

/// Where secrets are kept, as far as this console reaches them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlaces {
    /// Where a webhook's own secrets are.
    pub own: OwnPlace,
    /// The mount that references are relative to; `None` where they cannot be reached from here.
    pub references: Option<Mount>,
}

/// Where a webhook's own secrets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnPlace {
    /// In variables of this process.
    Variables,
    /// At `{namespace}/{id}/secrets` of a mount, and `{id}/secrets` for the namespace `default`.
    Kv(Mount),
}

impl SecretPlaces {
    /// A webhook's own secrets; `None` for anything else.
    pub fn own_path(&self, key: &ResourceKey) -> Option<SecretPath> {
        let ResourceKey::Webhook { namespace, id } = key else { return None };
        match &self.own {
            OwnPlace::Variables => Some(SecretPath::Variables(id.clone())),
            OwnPlace::Kv(mount) => {
                let path = match namespace.as_str() {
                    "default" => format!("{}/secrets", id.as_str()),
                    namespace => format!("{namespace}/{}/secrets", id.as_str()),
                };
                Some(SecretPath::Kv { mount: mount.clone(), path: KvPath::new(&path).ok()? })
            }
        }
    }

    fn reference(&self, reference: &Reference) -> Option<SecretTarget> {
        let Reference::Vault { path, field } = reference else { return None };
        let path = SecretPath::Kv { mount: self.references.clone()?, path: KvPath::new(path).ok()? };
        Some(SecretTarget { path, field: Some(FieldName::new(field)) })
    }
}

impl Model {
    /// The secrets that the selected document refers to, each field of its own, then its own secrets.
    pub fn secret_targets(&self) -> Vec<SecretTarget> {
        let (Some(places), Some(browse)) = (&self.context.secrets, self.browse()) else { return Vec::new() };
        let Some(shown) = &browse.detail.shown else { return Vec::new() };
        let own = places.own_path(&shown.key).map(|path| SecretTarget { path, field: None });
        let mut targets: Vec<_> =
            shown.facts.references.iter().filter_map(|reference| places.reference(reference)).collect();
        targets.dedup();
        targets.extend(own);
        targets
    }

    /// The fields that a secret can have by its purpose, though they may not be there: a webhook's own
    /// five, or what a reference in the selected document asks for.
    pub fn secret_fields(&self, path: &SecretPath) -> Vec<FieldName> {
        let targets = self.secret_targets();
        let own = targets.iter().any(|target| target.path == *path && target.field.is_none());
        let named =
            targets.into_iter().filter(|target| target.path == *path).filter_map(|target| target.field);
        let own = if own { &SecretField::ALL[..] } else { &[] };
        named.chain(own.iter().map(|field| field.name())).collect()
    }
}
