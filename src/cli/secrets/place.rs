//! What a person names: a document, or a secret in a key-value engine.

use crate::check::{Eyes, OwnSecrets};
use crate::cli::failure::Failure;
use crate::domain::{Address, KvPath, Mount, ResourceKey, SecretFolder, SecretPath};

/// What was named.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    Document(ResourceKey),
    Secret(SecretPath),
}

impl Named {
    /// Reads what a person typed. A mount that the receiver reads is tried first.
    pub(super) fn read(text: &str, eyes: &Eyes) -> Result<Self, Failure> {
        if let Some(rest) = text.strip_prefix("kv:") {
            return secret(rest, eyes).map(Self::Secret);
        }
        let below =
            |mount: &&Mount| text.strip_prefix(mount.as_str()).is_some_and(|rest| rest.starts_with('/'));
        if eyes.sees_kv && mounts(eyes).iter().any(|mount| below(&mount)) {
            return secret(text, eyes).map(Self::Secret);
        }
        match text.parse::<Address>() {
            Ok(address) => Ok(Self::Document(address.0)),
            Err(_) if eyes.sees_kv => secret(text, eyes).map(Self::Secret),
            Err(error) => Err(Failure::Usage(format!(
                "{text:?} is no address ({error}); this context keeps its secrets in environment variables, \
                 so name a webhook"
            ))),
        }
    }

    /// The secret itself, or a webhook's own.
    pub(super) fn secret(self, eyes: &Eyes) -> Result<SecretPath, Failure> {
        match self {
            Self::Secret(path) => Ok(path),
            Self::Document(key) => eyes.kept_path(&key).ok_or_else(|| {
                Failure::Usage(format!("{key} has no secrets of its own; name a webhook, or kv:MOUNT/PATH"))
            }),
        }
    }
}

/// The engines that the receiver reads, each once.
pub(super) fn mounts(eyes: &Eyes) -> Vec<Mount> {
    let own = match &eyes.kept {
        OwnSecrets::Kv { mount, .. } => Some(mount.clone()),
        _ => None,
    };
    let mut mounts: Vec<_> = own.into_iter().chain(eyes.references.clone()).collect();
    mounts.dedup();
    // The longest first, so that `team/kv` is not taken for a folder of `team`.
    mounts.sort_by_key(|mount| std::cmp::Reverse(mount.as_str().len()));
    mounts
}

fn secret(text: &str, eyes: &Eyes) -> Result<SecretPath, Failure> {
    match split(text, eyes)? {
        (mount, Some(path)) => Ok(SecretPath::Kv { mount, path }),
        (mount, None) if text == mount.as_str() && !mounts(eyes).contains(&mount) => {
            Err(Failure::Usage(format!(
                "{mount} alone names nothing: write NAMESPACE/{mount} for a webhook, as default/{mount}, or \
                 {mount}/PATH for a secret in a mount"
            )))
        }
        (mount, None) => {
            Err(Failure::Usage(format!("{mount} is a mount: name a secret in it, as {mount}/PATH")))
        }
    }
}

/// Reads a folder.
pub(super) fn folder(text: &str, eyes: &Eyes) -> Result<SecretFolder, Failure> {
    let text = text.strip_prefix("kv:").unwrap_or(text);
    let (mount, folder) = split(text.strip_suffix('/').unwrap_or(text), eyes)?;
    Ok(SecretFolder { mount, folder })
}

/// The mount is one that the receiver reads, else the first segment.
fn split(text: &str, eyes: &Eyes) -> Result<(Mount, Option<KvPath>), Failure> {
    let known = mounts(eyes).into_iter().find_map(|mount| {
        let rest = text.strip_prefix(mount.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then(|| (mount, rest.to_owned()))
    });
    let wrong =
        |error: crate::domain::SecretPathError| Failure::Usage(format!("{text:?} names no secret: {error}"));
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
    use crate::check::OwnTemplate;

    fn eyes() -> Eyes {
        let kept = OwnSecrets::Kv { mount: Mount::new("team/kv").unwrap(), template: OwnTemplate::default() };
        Eyes { references: Some(Mount::new("secret").unwrap()), kept, sees_kv: true, ..Eyes::default() }
    }

    fn read(text: &str) -> String {
        match Named::read(text, &eyes()) {
            Ok(Named::Document(key)) => format!("document {key}"),
            Ok(Named::Secret(SecretPath::Kv { mount, path })) => format!("{mount} | {path}"),
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
    fn a_webhook_stands_for_its_own_secrets_and_nothing_else_does() {
        let own = |text: &str| Named::read(text, &eyes())?.secret(&eyes()).map(|path| path.to_string());
        assert_eq!(own("production/orders").unwrap(), "team/kv/production/orders/secrets");
        assert!(own("connections/redis").is_err());
        let variables = Named::read("production/orders", &Eyes::default()).unwrap();
        assert_eq!(variables.secret(&Eyes::default()).unwrap().to_string(), "the variables of orders");
        assert!(Named::read("a/b/c", &Eyes::default()).is_err());
    }

    #[test]
    fn a_folder_is_a_mount_or_below_one() {
        let told = |text: &str| folder(text, &eyes()).map(|folder| folder.to_string()).unwrap();
        assert_eq!(told("secret"), "secret/");
        assert_eq!(told("team/kv/production/"), "team/kv/production/");
        assert_eq!(told("other/x"), "other/x/");
    }
}
