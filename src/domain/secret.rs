//! Which fields of a document are secrets (docs/receiver.md, section 7).

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

/// Names that sound secret but are known not to be: field names, modes, lists of names. Written
/// in the form that [`FoldedName`] compares, without separators.
const HARMLESS: [&str; 6] =
    ["credentialcleanup", "tokensource", "tokenfield", "tokentype", "validatetoken", "credentialspath"];

/// Parts of names that make a field a secret wherever it is, folded likewise.
static SUSPICIOUS: WordSet = WordSet::new(&[
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "apikey",
    "credential",
    "privatekey",
    "authorization",
    "bearer",
    "session",
    "cookie",
    "connectionstring",
    "databaseurl",
    "passphrase",
]);

/// Parts of the names that the lists above know only in one place, for texts in which places are uncertain.
static LISTED: WordSet =
    WordSet::new(&["headers", "connectiondetails", "awsaccesskeyid", "awssecretaccesskey"]);

/// Words that are looked for in names, and which second letters follow each first letter in them, so that hardly
/// any position of a name needs a comparison.
struct WordSet {
    words: &'static [&'static str],
    /// By the low five bits of the first letter, a set of those of the second.
    seconds: [u32; 32],
}

impl WordSet {
    const fn new(words: &'static [&'static str]) -> Self {
        let (mut seconds, mut rest) = ([0_u32; 32], words);
        while let [word, tail @ ..] = rest {
            if let [first, second, ..] = word.as_bytes()
                && let Some((_, [set, ..])) = seconds.split_at_mut_checked((*first & 31) as usize)
            {
                *set |= 1 << (*second & 31);
            }
            rest = tail;
        }
        Self { words, seconds }
    }

    fn is_in(&self, name: &[u8]) -> bool {
        let (mut rest, mut first, mut seconds) = (name, 0, 0);
        while let [second, tail @ ..] = rest {
            rest = tail;
            if is_separator(*second) {
                continue;
            }
            if seconds >> (second & 31) & 1 != 0 && self.begins(first, *second, FoldedName(rest)) {
                return true;
            }
            first = *second;
            seconds = self.seconds.get(usize::from(first & 31)).copied().unwrap_or_default();
        }
        false
    }

    /// Whether one of the words is `first`, `second` and a beginning of `rest`.
    fn begins(&self, first: u8, second: u8, rest: FoldedName<'_>) -> bool {
        let (first, second) = (first.to_ascii_lowercase(), second.to_ascii_lowercase());
        self.words.iter().any(|word| match word.as_bytes() {
            [own, next, tail @ ..] => *own == first && *next == second && rest.clone().starts_with(tail),
            _ => false,
        })
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b' ')
}

/// A name as the heuristic compares it: ASCII letters in lower case, without separators, so that
/// `api_key`, `API-Key` and `apiKey` are equal. Compared in place: documents have very many names.
#[derive(Clone)]
struct FoldedName<'a>(&'a [u8]);

impl Iterator for FoldedName<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        while let [first, rest @ ..] = self.0 {
            self.0 = rest;
            if !is_separator(*first) {
                return Some(first.to_ascii_lowercase());
            }
        }
        None
    }
}

impl FoldedName<'_> {
    fn starts_with(mut self, word: &[u8]) -> bool {
        word.iter().all(|byte| self.next() == Some(*byte))
    }
}

/// Whether a name sounds like a secret: the heuristic for fields that are in no list.
pub fn looks_secret(name: &str) -> bool {
    let folded = FoldedName(name.as_bytes());
    let is = |word: &&str| folded.clone().eq(word.bytes());
    (SUSPICIOUS.is_in(name.as_bytes()) || is(&"pass")) && !HARMLESS.iter().any(&is)
}

/// Whether a name sounds like a secret, or is listed in some place: for texts so broken that the place
/// is not known.
pub fn may_be_secret(name: &str) -> bool {
    looks_secret(name) || LISTED.is_in(name.as_bytes())
}

/// Whether the scalar at this path of member names is a secret. Array items are not part of the
/// path, so `chain[*].module-config.headers.X` arrives as `chain`, `module-config`, `headers`, `X`.
pub fn is_secret_field<S: AsRef<str>>(kind: DocumentKind, path: &[S]) -> bool {
    is_listed_secret(kind, path) || path.iter().any(|name| looks_secret(name.as_ref()))
}

/// Whether a list, rather than the heuristic, marks this path as a secret.
pub(crate) fn is_listed_secret<S: AsRef<str>>(kind: DocumentKind, path: &[S]) -> bool {
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
    let begins = |with: &[&str]| {
        path.len() >= with.len() && with.iter().zip(path).rev().all(|(name, step)| *name == step.as_ref())
    };
    subtrees.iter().any(|tree| begins(tree))
        || fields.iter().any(|field| field.len() == path.len() && begins(field))
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
        assert!(may_be_secret("headers: {") && !looks_secret("headers"));
    }
}
