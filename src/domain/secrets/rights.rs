//! Rights of a user on a secret.

use std::collections::BTreeMap;

/// An action that needs a permission of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretRight {
    /// To list its fields.
    Presence,
    /// To list its versions.
    Versions,
    /// To read its values.
    Reveal,
    /// To write its first version.
    Create,
    /// To write a new version.
    Update,
    /// To change some fields without reading the others.
    Patch,
    /// To delete a version, which can be undone.
    Delete,
    /// To undo a deletion.
    Undelete,
    /// To destroy a version permanently.
    Destroy,
    /// To remove all versions and the metadata permanently.
    DestroyAll,
}

impl SecretRight {
    pub const ALL: [Self; 10] = [
        Self::Presence,
        Self::Versions,
        Self::Reveal,
        Self::Create,
        Self::Update,
        Self::Patch,
        Self::Delete,
        Self::Undelete,
        Self::Destroy,
        Self::DestroyAll,
    ];

    /// What it needs in a KV 2 engine: a capability, and the endpoint below the mount that the capability is
    /// on (see the policies of Vault's KV 2).
    pub fn in_kv_2(self) -> (&'static str, &'static str) {
        let (capability, endpoint, _) = self.row();
        (capability, endpoint)
    }

    /// The permitted action, as in `you may not …`.
    pub fn words(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Presence => ("read", "subkeys", "see which fields it has"),
            Self::Versions => ("read", "metadata", "see its versions"),
            Self::Reveal => ("read", "data", "read its values"),
            Self::Create => ("create", "data", "create it"),
            Self::Update => ("update", "data", "write it"),
            Self::Patch => ("patch", "data", "change single fields of it"),
            Self::Delete => ("update", "delete", "delete a version of it"),
            Self::Undelete => ("update", "undelete", "undelete a version of it"),
            Self::Destroy => ("update", "destroy", "destroy a version of it"),
            Self::DestroyAll => ("delete", "metadata", "destroy it with all versions"),
        }
    }
}

/// The rights that a user lacks on one secret, each with the exact missing permission:
/// `update on webhooks/undelete/orders/secrets`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MissingRights(BTreeMap<SecretRight, String>);

impl MissingRights {
    /// The missing permission for a right; `None` if the right is granted, or it is not known.
    pub fn for_right(&self, right: SecretRight) -> Option<&str> {
        self.0.get(&right).map(String::as_str)
    }
}

impl FromIterator<(SecretRight, String)> for MissingRights {
    fn from_iter<I: IntoIterator<Item = (SecretRight, String)>>(lacking: I) -> Self {
        Self(lacking.into_iter().collect())
    }
}
