//! Which secrets the selected document needs.

use super::{Model, SecretTarget, Tab};
use crate::check::{Eyes, ReceiverEnv};
use crate::domain::{FieldName, Reference, ResourceKey, SecretField, SecretPath};

/// A webhook's own secrets, where they can be reached. Variables are those of this process: they say
/// something only where the receiver's are the same.
fn own(eyes: &Eyes, key: &ResourceKey) -> Option<SecretTarget> {
    let path = eyes.kept_path(key)?;
    let reachable = match path {
        SecretPath::Variables(_) => matches!(eyes.env, ReceiverEnv::Known(_)),
        SecretPath::Kv { .. } => eyes.sees_kv,
    };
    reachable.then_some(SecretTarget { path, field: None })
}

fn referred(eyes: &Eyes, reference: &Reference) -> Option<SecretTarget> {
    let Reference::Vault { path, field } = reference else { return None };
    let path = eyes.reference_path(path).filter(|_| eyes.sees_kv)?;
    Some(SecretTarget { path, field: Some(FieldName::new(field)) })
}

impl Model {
    /// The secrets that the selected document refers to, each field of its own, then its own secrets.
    /// In the tab Secrets, what is selected there.
    pub fn secret_targets(&self) -> Vec<SecretTarget> {
        if self.tab == Tab::Secrets {
            return self.secret_target().into_iter().collect();
        }
        let (Some(eyes), Some(browse)) = (&self.context.secrets, self.browse()) else { return Vec::new() };
        let Some(shown) = &browse.detail.shown else { return Vec::new() };
        let mut targets: Vec<_> =
            shown.facts.references.iter().filter_map(|reference| referred(eyes, reference)).collect();
        targets.dedup();
        targets.extend(own(eyes, &shown.key));
        targets
    }

    /// The fields that a secret can have by its purpose, though they may not be there: a webhook's own
    /// five, or what a reference in the selected document asks for.
    pub fn secret_fields(&self, path: &SecretPath) -> Vec<FieldName> {
        if self.tab == Tab::Secrets {
            return self.front_fields(path);
        }
        let targets = self.secret_targets();
        let own = targets.iter().any(|target| target.path == *path && target.field.is_none());
        let named =
            targets.into_iter().filter(|target| target.path == *path).filter_map(|target| target.field);
        let own = if own { &SecretField::ALL[..] } else { &[] };
        named.chain(own.iter().map(|field| field.name())).collect()
    }
}
