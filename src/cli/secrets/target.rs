//! Parses the target of an argument: a document, or a secret in a key-value engine.

use std::borrow::Cow;

use crate::check::{OwnSecrets, SecretLookup};
use crate::cli::document_arg::DocumentArg;
use crate::cli::error::{Exit, Result};
use crate::cli::redact_usage_error::{is_plain, quoted};
use crate::domain::{
    Address, KvPath, Mount, Namespace, ResourceKey, SecretFolder, SecretPath, unescape_text,
};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum DocumentOrSecret {
    Document(ResourceKey),
    Secret(SecretPath),
}

impl DocumentOrSecret {
    /// Parses an argument. A mount that the receiver reads takes precedence over a namespace.
    pub(super) fn parse(text: &str, lookup: &SecretLookup) -> Result<Self> {
        if let Some(rest) = text.strip_prefix("kv:") {
            return secret(rest, lookup).map(Self::Secret);
        }
        let named = unescape_text(text).unwrap_or_default();
        let below =
            |mount: &&Mount| named.strip_prefix(mount.as_str()).is_some_and(|rest| rest.starts_with('/'));
        if lookup.can_read_kv && mounts(lookup).iter().any(|mount| below(&mount)) {
            return secret(text, lookup).map(Self::Secret);
        }
        match text.parse::<Address>() {
            Ok(address) => Ok(Self::Document(address.0)),
            Err(_) if lookup.can_read_kv => secret(text, lookup).map(Self::Secret),
            Err(error) => Err(Exit::USAGE.because(format!(
                "{} is no address ({}); this context keeps its secrets in environment variables, so name a \
                 webhook",
                quoted(text, "what was given"),
                error.rule()
            ))),
        }
    }

    /// As [`Self::parse`]; a word that names no mount is a webhook of the context's namespace. For commands
    /// that only look: whoever writes a secret says whose.
    pub(super) fn parse_in(text: &str, lookup: &SecretLookup, namespace: &Namespace) -> Result<Self> {
        let is_mount = || lookup.can_read_kv && mounts(lookup).iter().any(|mount| mount.as_str() == text);
        match text.parse() {
            Ok(named @ DocumentArg::Id(_)) if !is_mount() => Ok(Self::Document(named.key(namespace))),
            _ => Self::parse(text, lookup),
        }
    }

    /// The path of the named secret, or of the named webhook's own secret.
    pub(super) fn secret(self, lookup: &SecretLookup) -> Result<SecretPath> {
        match self {
            Self::Secret(path) => Ok(path),
            Self::Document(key) => lookup.stored_path(&key).ok_or_else(|| {
                Exit::USAGE
                    .because(format!("{key} has no secrets of its own; name a webhook, or kv:MOUNT/PATH"))
            }),
        }
    }
}

/// The mounts that the receiver reads, without duplicates.
pub(super) fn mounts(lookup: &SecretLookup) -> Vec<Mount> {
    let own = match &lookup.stored {
        OwnSecrets::Kv { mount, .. } => Some(mount.clone()),
        _ => None,
    };
    let mut mounts: Vec<_> = own.into_iter().chain(lookup.references.clone()).collect();
    mounts.dedup();
    // Longest first, so that `team/kv` is not mistaken for a folder of `team`.
    mounts.sort_by_key(|mount| std::cmp::Reverse(mount.as_str().len()));
    mounts
}

fn secret(typed: &str, lookup: &SecretLookup) -> Result<SecretPath> {
    let text = &*named(typed)?;
    match split(text, lookup)? {
        (mount, Some(path)) => Ok(SecretPath::Kv { mount, path }),
        (mount, None) if !is_plain(mount.as_str()) => Err(Exit::USAGE.because(
            "what was given alone names nothing: write NAMESPACE/ID for a webhook, or MOUNT/PATH for a secret",
        )),
        (mount, None) if text == mount.as_str() && !mounts(lookup).contains(&mount) => Err(Exit::USAGE
            .because(format!(
                "{mount} alone names nothing: write NAMESPACE/{mount} for a webhook, as default/{mount}, or \
                 {mount}/PATH for a secret in a mount"
            ))),
        (mount, None) => {
            Err(Exit::USAGE.because(format!("{mount} is a mount: name a secret in it, as {mount}/PATH")))
        }
    }
}

pub(super) fn folder(text: &str, lookup: &SecretLookup) -> Result<SecretFolder> {
    let text = &*named(text.strip_prefix("kv:").unwrap_or(text))?;
    let (mount, folder) = split(text.strip_suffix('/').unwrap_or(text), lookup)?;
    Ok(SecretFolder { mount, folder })
}

/// What a typed path stands for.
fn named(typed: &str) -> Result<Cow<'_, str>> {
    unescape_text(typed).map_err(|error| {
        Exit::USAGE.because(format!("{} names no secret: {error}", quoted(typed, "what was given")))
    })
}

/// Splits off the mount: one that the receiver reads, else the first segment.
fn split(text: &str, lookup: &SecretLookup) -> Result<(Mount, Option<KvPath>)> {
    let known = mounts(lookup).into_iter().find_map(|mount| {
        let rest = text.strip_prefix(mount.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| (mount, rest.to_owned()))
    });
    let wrong = |error: crate::domain::SecretPathError| {
        Exit::USAGE.because(format!("{} names no secret: {error}", quoted(text, "what was given")))
    };
    let (mount, rest) = match known {
        Some(found) => found,
        None => {
            let (mount, rest) = text.split_at(text.find('/').unwrap_or(text.len()));
            (Mount::new(mount).map_err(wrong)?, rest.to_owned())
        }
    };
    match rest.strip_prefix('/') {
        None => Ok((mount, None)),
        Some(path) => Ok((mount, Some(KvPath::new(path).map_err(wrong)?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::OwnPathTemplate;

    fn lookup() -> SecretLookup {
        let kept =
            OwnSecrets::Kv { mount: Mount::new("team/kv").unwrap(), template: OwnPathTemplate::default() };
        SecretLookup {
            references: Some(Mount::new("secret").unwrap()),
            stored: kept,
            can_read_kv: true,
            ..SecretLookup::default()
        }
    }

    fn read(text: &str) -> String {
        match DocumentOrSecret::parse(text, &lookup()) {
            Ok(DocumentOrSecret::Document(key)) => format!("document {key}"),
            Ok(DocumentOrSecret::Secret(SecretPath::Kv { mount, path })) => format!("{mount} | {path}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("refused {error}"),
        }
    }

    #[test]
    fn a_mount_that_is_read_comes_before_a_document_of_that_name() {
        assert_eq!(read("secret/app"), "secret | app");
        assert_eq!(read("team/kv/a/b"), "team/kv | a/b");
        assert_eq!(read("webhook:secret/app"), "document secret/app");
        assert_eq!(read("production/orders"), "document production/orders");
        assert_eq!(read("connections/redis"), "document connections/redis");
        assert_eq!(read("kv:production/orders"), "production | orders");
        assert_eq!(read("other/a/b"), "other | a/b");
        assert!(read("secret/a//b").starts_with("refused \"secret/a//b\" names no secret"));
        assert!(read("kv:secret").starts_with("refused secret is a mount"));
        assert!(read("secret/").starts_with("refused"));
        let alone = read("orders");
        assert!(alone.starts_with("refused orders alone names nothing: write NAMESPACE/orders"), "{alone}");
    }

    #[test]
    fn an_id_alone_is_a_webhook_of_the_context_s_namespace_unless_it_names_a_mount() {
        let staging = Namespace::new("staging").unwrap();
        let named = |text: &str, lookup: &SecretLookup| DocumentOrSecret::parse_in(text, lookup, &staging);
        let orders = DocumentOrSecret::Document("staging/orders".parse::<Address>().unwrap().0);
        for lookup in [lookup(), SecretLookup::default()] {
            assert_eq!(named("orders", &lookup).unwrap(), orders);
            assert_eq!(named("staging/orders", &lookup).unwrap(), orders);
            assert!(named("connections", &lookup).is_err());
        }
        assert!(named("secret", &lookup()).unwrap_err().to_string().contains("secret is a mount"));
        assert_eq!(
            named("secret/app", &lookup()).unwrap(),
            DocumentOrSecret::parse("secret/app", &lookup()).unwrap()
        );
    }

    #[test]
    fn a_webhook_stands_for_its_own_secrets_and_nothing_else_does() {
        let own = |text: &str| {
            DocumentOrSecret::parse(text, &lookup())?.secret(&lookup()).map(|path| path.to_string())
        };
        assert_eq!(own("production/orders").unwrap(), "team/kv/production/orders/secrets");
        assert!(own("connections/redis").is_err());
        let variables = DocumentOrSecret::parse("production/orders", &SecretLookup::default()).unwrap();
        assert_eq!(
            variables.secret(&SecretLookup::default()).unwrap().to_string(),
            "the variables of orders"
        );
        assert!(DocumentOrSecret::parse("a/b/c", &SecretLookup::default()).is_err());
    }

    #[test]
    fn a_folder_is_a_mount_or_below_one() {
        let told = |text: &str| folder(text, &lookup()).map(|folder| folder.to_string()).unwrap();
        assert_eq!(told("secret"), "secret/");
        assert_eq!(told("team/kv/production/"), "team/kv/production/");
        assert_eq!(told("other/x"), "other/x/");
    }
}
