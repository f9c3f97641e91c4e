//! Where the receiver looks up secrets and variables, according to the settings of the context.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::domain::{
    FieldState, KvPath, Mount, Namespace, OWN_VARIABLES, ResourceKey, SecretPath, SecretPathError, WebhookId,
};

/// Where the receiver looks for secrets, and how much of that this process can see. Never inferred
/// from this process where the context says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretLookup {
    pub env: ReceiverEnv,
    /// The engine that references to Vault are relative to; `None` where the receiver reads no Vault.
    pub references: Option<Mount>,
    /// Where the own secrets that it merges into webhooks come from.
    pub own: OwnSecrets,
    /// Where those are stored, merged or not; never [`OwnSecrets::NotMerged`].
    pub stored: OwnSecrets,
    /// Whether this process can query key-value engines. If it cannot, secrets stored there are not
    /// visible from here.
    pub can_read_kv: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiverEnv {
    /// They belong to another process and are not accessible.
    NotVisible,
    /// The context says where they are, and they could not be read; the reason, which holds no value.
    Unreadable(String),
    /// Exactly these are set. Names only: no value is stored.
    Known(BTreeMap<String, FieldState>),
}

/// Where the receiver looks for a webhook's own secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnSecrets {
    /// Nowhere: it uses documents as they are.
    NotMerged,
    /// In the variables `WEBHOOK_{ID}_…`.
    Variables,
    /// In a key-value engine.
    Kv {
        mount: Mount,
        /// The paths in the engine.
        template: OwnPathTemplate,
    },
}

/// For a receiver about which nothing is configured.
impl Default for SecretLookup {
    fn default() -> Self {
        Self {
            env: ReceiverEnv::NotVisible,
            references: Mount::new("secret").ok(),
            own: OwnSecrets::NotMerged,
            stored: OwnSecrets::Variables,
            can_read_kv: false,
        }
    }
}

impl SecretLookup {
    /// Where the receiver looks for a webhook's own secrets; `None` if it does not, for a key that is not a
    /// webhook, and for an id that cannot be part of a path.
    pub fn own_path(&self, key: &ResourceKey) -> Option<SecretPath> {
        self.own.path(key)
    }

    /// Where a webhook's own secrets are stored, whether the receiver merges them or not.
    pub fn stored_path(&self, key: &ResourceKey) -> Option<SecretPath> {
        self.stored.path(key)
    }

    /// Where a reference `{$vault:path#…}` leads; `None` if the receiver reads no Vault, and for a path
    /// that a URL cannot contain.
    pub fn reference_path(&self, path: &str) -> Option<SecretPath> {
        let mount = self.references.clone()?;
        Some(SecretPath::Kv { mount, path: KvPath::new(path).ok()? })
    }

    /// What is known about a variable: `None` if it is not visible from here, else whether it is set.
    pub fn variable(&self, name: &str) -> Option<Option<FieldState>> {
        match &self.env {
            ReceiverEnv::NotVisible | ReceiverEnv::Unreadable(_) => None,
            ReceiverEnv::Known(known) => Some(known.get(name).copied()),
        }
    }

    /// What is known about the variables of one id, by the name of the secret in each; `None` if they are
    /// not visible from here.
    pub fn own_variables(&self, id: &WebhookId) -> Option<crate::domain::Presence> {
        let mut fields = Vec::new();
        for field in OWN_VARIABLES {
            if let Some(state) = self.variable(&crate::domain::variable_name(id, field))? {
                fields.push((field.name(), state));
            }
        }
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        Some(if fields.is_empty() {
            crate::domain::Presence::Missing
        } else {
            let contents = crate::domain::SecretContents { fields, ..Default::default() };
            crate::domain::Presence::Present(contents)
        })
    }
}

impl OwnSecrets {
    fn path(&self, key: &ResourceKey) -> Option<SecretPath> {
        let ResourceKey::Webhook { namespace, id } = key else { return None };
        match self {
            OwnSecrets::NotMerged => None,
            OwnSecrets::Variables => Some(SecretPath::Variables(id.clone())),
            OwnSecrets::Kv { mount, template } => {
                let path = template.path(namespace, id).ok()?;
                Some(SecretPath::Kv { mount: mount.clone(), path })
            }
        }
    }
}

/// Why a text is not a template for paths.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OwnPathTemplateError {
    /// Webhooks would share their secrets.
    #[error("it has no {{id}}, so that all webhooks would share one path")]
    NoId,
    /// A brace that is not part of a known placeholder.
    #[error("only {{namespace}} and {{id}} may stand in braces")]
    Unknown,
    /// Its result is not a path.
    #[error(transparent)]
    Path(#[from] SecretPathError),
}

/// How the paths of webhooks' own secrets are formed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnPathTemplate(Option<String>);

impl OwnPathTemplate {
    /// A template with `{id}` and, optionally, `{namespace}`. The default one is `{id}/secrets` for the
    /// namespace `default` and `{namespace}/{id}/secrets` for every other.
    ///
    /// # Errors
    /// [`OwnPathTemplateError`] with the rule in words.
    pub fn new(text: &str) -> Result<Self, OwnPathTemplateError> {
        if !text.contains("{id}") {
            return Err(OwnPathTemplateError::NoId);
        }
        if text.replace("{id}", "").replace("{namespace}", "").contains(['{', '}']) {
            return Err(OwnPathTemplateError::Unknown);
        }
        KvPath::new(&fill(text, "n", "i"))?;
        Ok(Self(Some(text.into())))
    }

    /// The path of one webhook's own secrets.
    ///
    /// # Errors
    /// [`SecretPathError`] for an id that cannot be part of a path.
    pub fn path(&self, namespace: &Namespace, id: &WebhookId) -> Result<KvPath, SecretPathError> {
        KvPath::new(&fill(self.text_for(namespace), namespace.as_str(), id.as_str()))
    }

    /// The webhook of a namespace whose own secrets are at a path.
    pub fn id_at(&self, namespace: &Namespace, path: &KvPath) -> Option<WebhookId> {
        let text = self.text_for(namespace).replace("{namespace}", namespace.as_str());
        let parts: Vec<_> = text.split("{id}").collect();
        let (first, ids) = (parts.first()?, parts.len().checked_sub(1)?);
        let left = path.as_str().len().checked_sub(parts.iter().map(|part| part.len()).sum())?;
        let length = left.checked_div(ids)?;
        let id = WebhookId::new(path.as_str().get(first.len()..first.len() + length)?).ok()?;
        (self.path(namespace, &id).ok()? == *path).then_some(id)
    }

    fn text_for(&self, namespace: &Namespace) -> &str {
        match &self.0 {
            Some(text) => text,
            None if *namespace == Namespace::default() => "{id}/secrets",
            None => "{namespace}/{id}/secrets",
        }
    }
}

/// Replaces in one pass, so that an id that looks like a placeholder stays an id.
fn fill(text: &str, namespace: &str, id: &str) -> String {
    text.split("{id}").map(|part| part.replace("{namespace}", namespace)).collect::<Vec<_>>().join(id)
}

impl fmt::Display for OwnPathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("{namespace}/{id}/secrets, {id}/secrets for default"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(namespace: &str, id: &str) -> ResourceKey {
        ResourceKey::webhook(Namespace::new(namespace).unwrap(), WebhookId::new(id).unwrap())
    }

    fn own(template: OwnPathTemplate, namespace: &str, id: &str) -> Option<String> {
        let own = OwnSecrets::Kv { mount: Mount::new("webhooks").unwrap(), template };
        let lookup = SecretLookup { own, ..SecretLookup::default() };
        lookup.own_path(&webhook(namespace, id)).map(|path| path.to_string())
    }

    #[test]
    fn own_secrets_have_a_path_of_their_own() {
        let usual = OwnPathTemplate::default;
        assert_eq!(own(usual(), "default", "orders").unwrap(), "webhooks/orders/secrets");
        assert_eq!(own(usual(), "staging", "orders").unwrap(), "webhooks/staging/orders/secrets");
        let odd = OwnPathTemplate::new("cwm/{namespace}/{id}").unwrap();
        assert_eq!(own(odd.clone(), "default", "a").unwrap(), "webhooks/cwm/default/a");
        assert_eq!(own(odd, "n", "{namespace}").unwrap(), "webhooks/cwm/n/{namespace}");
        assert_eq!(own(usual(), "n", ".."), None);
        assert_eq!(own(usual(), "n", "a\u{1b}b"), None);
        assert_eq!(SecretLookup::default().own_path(&webhook("n", "a")), None);
    }

    #[test]
    fn a_path_leads_back_to_its_webhook() {
        for template in [None, Some("{id}"), Some("cwm/{namespace}/{id}/x"), Some("{id}/of/{namespace}/{id}")]
        {
            let template =
                template.map_or_else(OwnPathTemplate::default, |text| OwnPathTemplate::new(text).unwrap());
            for (namespace, id) in [("default", "orders"), ("n", "a"), ("n", "n-a")] {
                let (namespace, id) = (Namespace::new(namespace).unwrap(), WebhookId::new(id).unwrap());
                let path = template.path(&namespace, &id).unwrap();
                assert_eq!(template.id_at(&namespace, &path), Some(id), "{path}");
                for other in ["orders", "orders/secrets/more", "x/y", "default/orders"] {
                    let other = KvPath::new(other).unwrap();
                    let found = template.id_at(&namespace, &other);
                    assert!(
                        found.is_none_or(|id| template.path(&namespace, &id).unwrap() == other),
                        "{other}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_template_is_a_path_with_an_id() {
        assert_eq!(OwnPathTemplate::new("secrets"), Err(OwnPathTemplateError::NoId));
        assert_eq!(OwnPathTemplate::new("{ns}/{id}"), Err(OwnPathTemplateError::Unknown));
        assert!(matches!(OwnPathTemplate::new("/{id}"), Err(OwnPathTemplateError::Path(_))));
    }

    #[test]
    fn a_reference_is_relative_to_the_receiver_s_mount() {
        let lookup =
            SecretLookup { references: Some(Mount::new("team/kv").unwrap()), ..SecretLookup::default() };
        assert_eq!(lookup.reference_path("app/github").unwrap().to_string(), "team/kv/app/github");
        assert_eq!(lookup.reference_path("app//github"), None);
        assert_eq!(SecretLookup { references: None, ..SecretLookup::default() }.reference_path("a"), None);
    }
}
