//! Which fields of a document are secrets (docs/receiver.md, section 7): by their place, by their name, by
//! what their value looks like, or by the name beside them in a pair such as `{"name": …, "value": …}`.

mod container;
mod context_names;
mod name;
mod pair;
mod random;
mod shape;
mod table;

pub(crate) use container::SecrecyContainer;
pub use context_names::{SecretNameError, SecretNames};
pub(crate) use name::is_authorization;
use name::{FoldedName, names_file};
pub(crate) use pair::is_pair_value;
pub(crate) use shape::{may_end_in_token, secret_shapes};

/// The kind of a document, which determines its list of secret fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    Webhook,
    Connection,
    /// A key the receiver ignores: only the heuristic applies.
    Unknown,
}

impl DocumentKind {
    /// The kind that a key implies.
    pub fn of(key: &super::ResourceKey) -> Self {
        match key {
            super::ResourceKey::Webhook { .. } => Self::Webhook,
            super::ResourceKey::Connection { .. } => Self::Connection,
            super::ResourceKey::Foreign { .. } => Self::Unknown,
        }
    }
}

/// What decides which values of a document are secret: its kind, and the names of its context.
///
/// Everything that shows, compares, keeps or resolves a document takes one, so that none can judge otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masking {
    kind: DocumentKind,
    names: SecretNames,
}

impl Masking {
    pub fn new(kind: DocumentKind, names: &SecretNames) -> Self {
        Self { kind, names: names.clone() }
    }

    /// That of the document of a key.
    pub fn of(key: &super::ResourceKey, names: &SecretNames) -> Self {
        Self::new(DocumentKind::of(key), names)
    }

    /// By the built-in tables alone, for what belongs to no context.
    pub const fn built_in(kind: DocumentKind) -> Self {
        Self { kind, names: SecretNames::BUILT_IN }
    }

    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    pub fn names(&self) -> &SecretNames {
        &self.names
    }

    /// Whether the scalar at this path of member names is a secret. Array items are not part of the
    /// path, so `chain[*].module-config.headers.X` arrives as `chain`, `module-config`, `headers`, `X`.
    pub fn is_secret_field<S: AsRef<str>>(&self, path: &[S]) -> bool {
        self.field_secrecy(path) != Secrecy::Open
    }

    /// What all names on this path say of the value that it leads to.
    pub fn field_secrecy<S: AsRef<str>>(&self, path: &[S]) -> Secrecy {
        let prefixes = (1..=path.len()).filter_map(|end| path.get(..end));
        prefixes.fold(Secrecy::Open, |above, path| above.within(true).max(self.member_secrecy(path)))
    }

    /// What the last name on this path says of its value; those above it are not asked.
    pub(crate) fn member_secrecy<S: AsRef<str>>(&self, path: &[S]) -> Secrecy {
        let [.., name] = path else { return Secrecy::Open };
        let own = match path {
            // `ssl: {key: …}` is `ssl_key` in two steps.
            [.., above, name] if name.as_ref().eq_ignore_ascii_case("key") => {
                let joint = format!("{}_key", above.as_ref());
                self.names.secrecy(&joint).max(self.names.secrecy(name.as_ref()))
            }
            _ => self.names.secrecy(name.as_ref()),
        };
        if own != Secrecy::All && is_listed_secret(self.kind, path) { Secrecy::All } else { own }
    }
}

/// Whole subtrees in which every scalar is a secret, for webhooks.
const WEBHOOK_SUBTREES: [&[&str]; 2] = [&["connection_details"], &["module-config", "headers"]];
const CONNECTION_SUBTREES: [&[&str]; 1] = [&["credentials"]];

const WEBHOOK_FIELDS: [&[&str]; 14] = [
    &["authorization"],
    &["basic_auth", "password"],
    &["digest_auth", "password"],
    &["jwt", "secret"],
    &["oauth1", "consumer_secret"],
    &["oauth1", "token_secret"],
    &["oauth2", "client_secret"],
    &["oauth2", "jwt_secret"],
    &["hmac", "secret"],
    &["query_auth", "api_key"],
    &["header_auth", "api_key"],
    &["recaptcha", "secret_key"],
    &["module-config", "channel_token"],
    &["module-config", "channel-token"],
];
const CONNECTION_FIELDS: [&[&str]; 5] =
    [&["password"], &["pass"], &["connection_string"], &["aws_access_key_id"], &["aws_secret_access_key"]];

/// What a name says of the values under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Secrecy {
    /// Nothing: they may be shown.
    #[default]
    Open,
    /// Texts and numbers are secret; an object under the name is judged by its own names.
    Scalars,
    /// Everything under it is secret, except for a text that only names a file.
    UnlessFile,
    /// Everything under it is secret.
    All,
}

impl Secrecy {
    /// What holds within a container under the name.
    pub(crate) fn within(self, object: bool) -> Self {
        if object && self == Self::Scalars { Self::Open } else { self }
    }

    /// Whether a text under the name is secret.
    pub(crate) fn hides(self, text: &str) -> bool {
        match self {
            Self::Open => false,
            Self::UnlessFile => !names_file(text),
            Self::Scalars | Self::All => true,
        }
    }
}

/// Whether a list, rather than the heuristic, marks this path as a secret.
fn is_listed_secret<S: AsRef<str>>(kind: DocumentKind, path: &[S]) -> bool {
    // A chain's steps have the same fields as the webhook itself.
    let path = match path {
        [first, rest @ ..] if kind == DocumentKind::Webhook && first.as_ref() == "chain" => rest,
        _ => path,
    };
    let (subtrees, fields): (&[&[&str]], &[&[&str]]) = match kind {
        DocumentKind::Webhook => (&WEBHOOK_SUBTREES, &WEBHOOK_FIELDS),
        DocumentKind::Connection => (&CONNECTION_SUBTREES, &CONNECTION_FIELDS),
        DocumentKind::Unknown => (&[], &[]),
    };
    let Some(last) = path.last().map(AsRef::as_ref) else { return false };
    // The last name first: it differs in nearly all of them. What is under a subtree has its secrecy already.
    let is = |listed: &&[&str]| {
        listed.len() == path.len()
            && listed.last().is_some_and(|name| *name == last)
            && listed.iter().zip(path).all(|(name, step)| *name == step.as_ref())
    };
    subtrees.iter().any(is) || fields.iter().any(is)
}

/// Whether a list has this name in some place, in any spelling.
fn is_listed_name(name: &str) -> bool {
    let lists = [&WEBHOOK_SUBTREES[..], &WEBHOOK_FIELDS, &CONNECTION_SUBTREES, &CONNECTION_FIELDS];
    let steps = lists.into_iter().flatten().copied().flatten();
    steps.into_iter().any(|step| FoldedName::of(step).eq(FoldedName::of(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_secret_field(kind: DocumentKind, path: &[&str]) -> bool {
        Masking::built_in(kind).is_secret_field(path)
    }

    #[test]
    fn listed_fields_are_secret() {
        for path in [
            "authorization",
            "hmac.secret",
            "module-config.headers.X-Any",
            "chain.module-config.channel_token",
        ] {
            let path: Vec<_> = path.split('.').collect();
            assert!(is_secret_field(DocumentKind::Webhook, &path), "{path:?}");
        }
        assert!(is_secret_field(DocumentKind::Connection, &["pass"]));
        assert!(is_secret_field(DocumentKind::Connection, &["credentials", "client_email"]));
    }

    #[test]
    fn the_heuristic_catches_unknown_names_and_spares_known_ones() {
        for name in [
            "x-Api-Key",
            "MY_PASSWORD",
            "database_url",
            "sessionId",
            "authorisation_token",
            "apiKey",
            "PrivateKey",
            "pass",
        ] {
            assert!(is_secret_field(DocumentKind::Unknown, &[name]), "{name}");
        }
        for path in [
            &["hmac", "algorithm"][..],
            &["credential_cleanup", "mode"],
            &["recaptcha", "token_source"],
            &["topic"],
            &["passenger"],
        ] {
            assert!(!is_secret_field(DocumentKind::Webhook, path), "{path:?}");
        }
        let names = SecretNames::default();
        assert!(names.may_be_secret("headers: {") && !names.looks_secret("headers"));
    }
}
