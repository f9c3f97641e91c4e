//! Which fields of a document are secrets (domain.md section 6).

/// What a document describes; the list of secret fields differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// A webhook.
    Webhook,
    /// A connection.
    Connection,
    /// A key the receiver ignores: only the heuristic can judge it.
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

/// Whole subtrees whose every scalar is a secret, for webhooks.
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

/// Names that sound secret and are known not to be: field names, modes, lists of names.
const HARMLESS: [&str; 6] =
    ["credential_cleanup", "token_source", "token_field", "token_type", "validate_token", "credentials_path"];

const SUSPICIOUS: [&str; 14] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "credential",
    "private_key",
    "authorization",
    "bearer",
    "session",
    "cookie",
    "connection_string",
];

/// Whether a name sounds like a secret: the heuristic for fields that no list knows.
pub fn looks_secret(name: &str) -> bool {
    let folded: String = name.chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect();
    !HARMLESS.contains(&folded.as_str())
        && (SUSPICIOUS.iter().any(|word| folded.contains(word))
            || folded.contains("database_url")
            || folded == "pass")
}

/// Whether the scalar at this path of member names is a secret. Array items are not part of the
/// path, so `chain[*].module-config.headers.X` arrives as `chain`, `module-config`, `headers`, `X`.
pub fn is_secret_field(kind: DocumentKind, path: &[&str]) -> bool {
    // A chain's steps carry the same fields as the webhook itself.
    let path = match path {
        ["chain", rest @ ..] if kind == DocumentKind::Webhook => rest,
        _ => path,
    };
    let (subtrees, fields): (&[&[&str]], &[&[&str]]) = match kind {
        DocumentKind::Webhook => (&WEBHOOK_SUBTREES, &WEBHOOK_FIELDS),
        DocumentKind::Connection => (&CONNECTION_SUBTREES, &CONNECTION_FIELDS),
        DocumentKind::Unknown => (&[], &[]),
    };
    subtrees.iter().any(|tree| path.starts_with(tree))
        || fields.contains(&path)
        || path.iter().any(|name| looks_secret(name))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for name in ["x-Api-Key", "MY_PASSWORD", "database_url", "sessionId", "authorisation_token"] {
            assert!(is_secret_field(DocumentKind::Unknown, &[name]), "{name}");
        }
        for path in [
            &["hmac", "algorithm"][..],
            &["credential_cleanup", "mode"],
            &["recaptcha", "token_source"],
            &["topic"],
        ] {
            assert!(!is_secret_field(DocumentKind::Webhook, path), "{path:?}");
        }
    }
}
