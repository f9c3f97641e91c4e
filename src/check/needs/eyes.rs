//! What the receiver sees, as its context describes it.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::domain::{
    FieldState, KvPath, Mount, Namespace, OWN_VARIABLES, ResourceKey, SecretPath, SecretPathError, WebhookId,
};

/// Where the receiver looks for secrets, and how much of that this process can see. Never inferred
/// from this process where the context says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eyes {
    /// Its variables.
    pub env: ReceiverEnv,
    /// The engine that references to Vault are relative to; `None` where the receiver reads no Vault.
    pub references: Option<Mount>,
    /// What it merges of webhooks' own secrets.
    pub own: OwnSecrets,
    /// Where those are kept, merged or not; never [`OwnSecrets::NotMerged`].
    pub kept: OwnSecrets,
    /// Whether this process can look into key-value engines. Where it cannot, what is kept there is
    /// not visible from here.
    pub sees_kv: bool,
}

/// The receiver's variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiverEnv {
    /// They are another process's, which nobody can look into.
    NotVisible,
    /// These and no others are set. Names alone: no value is kept.
    Known(BTreeMap<String, FieldState>),
}

/// Where the receiver looks for a webhook's own secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnSecrets {
    /// Nowhere: it takes documents as they are.
    NotMerged,
    /// In the variables `WEBHOOK_{ID}_…`.
    Variables,
    /// In a key-value engine.
    Kv {
        /// The engine.
        mount: Mount,
        /// The paths in it.
        template: OwnTemplate,
    },
}

/// An engine that nobody has named.
fn default_mount() -> Option<Mount> {
    Mount::new("secret").ok()
}

/// Of a receiver about which nothing is said.
impl Default for Eyes {
    fn default() -> Self {
        Self {
            env: ReceiverEnv::NotVisible,
            references: default_mount(),
            own: OwnSecrets::NotMerged,
            kept: OwnSecrets::Variables,
            sees_kv: false,
        }
    }
}

impl Eyes {
    /// Where the receiver looks for a webhook's own secrets; `None` where it does not, for what is no
    /// webhook, and for an id that no path can hold.
    pub fn own_path(&self, key: &ResourceKey) -> Option<SecretPath> {
        self.own.path(key)
    }

    /// Where a webhook's own secrets are kept, whether the receiver merges them or not.
    pub fn kept_path(&self, key: &ResourceKey) -> Option<SecretPath> {
        self.kept.path(key)
    }

    /// Where a reference `{$vault:path#…}` leads; `None` where the receiver reads no Vault, and for a
    /// path that no URL can hold.
    pub fn reference_path(&self, path: &str) -> Option<SecretPath> {
        let mount = self.references.clone()?;
        Some(SecretPath::Kv { mount, path: KvPath::new(path).ok()? })
    }

    /// What is known of a variable: `None` where it is not visible from here, else whether it is set.
    pub fn variable(&self, name: &str) -> Option<Option<FieldState>> {
        match &self.env {
            ReceiverEnv::NotVisible => None,
            ReceiverEnv::Known(known) => Some(known.get(name).copied()),
        }
    }

    /// What is known of the variables of one id, by the name of the secret that each holds; `None` where
    /// they are not visible from here.
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
            let contents = crate::domain::Contents { fields, ..Default::default() };
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

/// Why a text is no template of paths.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// Webhooks would share their secrets.
    #[error("it has no {{id}}, so that all webhooks would share one path")]
    NoId,
    /// A brace that belongs to nothing known.
    #[error("only {{namespace}} and {{id}} may stand in braces")]
    Unknown,
    /// What it gives is no path.
    #[error(transparent)]
    Path(#[from] SecretPathError),
}

/// How the paths of webhooks' own secrets are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnTemplate(Option<String>);

impl OwnTemplate {
    /// A template with `{id}` and, where wanted, `{namespace}` in it. The default one is `{id}/secrets`
    /// for the namespace `default` and `{namespace}/{id}/secrets` for every other.
    ///
    /// # Errors
    /// [`TemplateError`] with the rule in words.
    pub fn new(text: &str) -> Result<Self, TemplateError> {
        if !text.contains("{id}") {
            return Err(TemplateError::NoId);
        }
        if text.replace("{id}", "").replace("{namespace}", "").contains(['{', '}']) {
            return Err(TemplateError::Unknown);
        }
        KvPath::new(&fill(text, "n", "i"))?;
        Ok(Self(Some(text.into())))
    }

    /// The path of one webhook's own secrets.
    ///
    /// # Errors
    /// [`SecretPathError`] for an id that no path can hold.
    pub fn path(&self, namespace: &Namespace, id: &WebhookId) -> Result<KvPath, SecretPathError> {
        KvPath::new(&fill(self.text_for(namespace), namespace.as_str(), id.as_str()))
    }
}

impl OwnTemplate {
    /// The webhook of a namespace whose own secrets are at a path.
    pub fn id_at(&self, namespace: &Namespace, path: &KvPath) -> Option<WebhookId> {
        let text = fill_namespace(self.text_for(namespace), namespace.as_str());
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

fn fill_namespace(text: &str, namespace: &str) -> String {
    text.replace("{namespace}", namespace)
}

/// In one pass, so that an id that looks like a placeholder stays an id.
fn fill(text: &str, namespace: &str, id: &str) -> String {
    text.split("{id}").map(|part| part.replace("{namespace}", namespace)).collect::<Vec<_>>().join(id)
}

/// As written.
impl fmt::Display for OwnTemplate {
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

    fn own(template: OwnTemplate, namespace: &str, id: &str) -> Option<String> {
        let own = OwnSecrets::Kv { mount: Mount::new("webhooks").unwrap(), template };
        let eyes = Eyes { own, ..Eyes::default() };
        eyes.own_path(&webhook(namespace, id)).map(|path| path.to_string())
    }

    #[test]
    fn own_secrets_have_a_path_of_their_own() {
        let usual = OwnTemplate::default;
        assert_eq!(own(usual(), "default", "orders").unwrap(), "webhooks/orders/secrets");
        assert_eq!(own(usual(), "staging", "orders").unwrap(), "webhooks/staging/orders/secrets");
        let odd = OwnTemplate::new("cwm/{namespace}/{id}").unwrap();
        assert_eq!(own(odd.clone(), "default", "a").unwrap(), "webhooks/cwm/default/a");
        assert_eq!(own(odd, "n", "{namespace}").unwrap(), "webhooks/cwm/n/{namespace}");
        assert_eq!(own(usual(), "n", ".."), None);
        assert_eq!(own(usual(), "n", "a\u{1b}b"), None);
        assert_eq!(Eyes::default().own_path(&webhook("n", "a")), None);
    }

    #[test]
    fn a_path_leads_back_to_its_webhook() {
        for template in [None, Some("{id}"), Some("cwm/{namespace}/{id}/x"), Some("{id}/of/{namespace}/{id}")]
        {
            let template = template.map_or_else(OwnTemplate::default, |text| OwnTemplate::new(text).unwrap());
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
        assert_eq!(OwnTemplate::new("secrets"), Err(TemplateError::NoId));
        assert_eq!(OwnTemplate::new("{ns}/{id}"), Err(TemplateError::Unknown));
        assert!(matches!(OwnTemplate::new("/{id}"), Err(TemplateError::Path(_))));
    }

    #[test]
    fn a_reference_is_relative_to_the_receiver_s_mount() {
        let eyes = Eyes { references: Some(Mount::new("team/kv").unwrap()), ..Eyes::default() };
        assert_eq!(eyes.reference_path("app/github").unwrap().to_string(), "team/kv/app/github");
        assert_eq!(eyes.reference_path("app//github"), None);
        assert_eq!(Eyes { references: None, ..Eyes::default() }.reference_path("a"), None);
    }
}
