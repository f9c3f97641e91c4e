//! The one table of what a secret is called and what it looks like, each row with its source.
//!
//! Rules of gitleaks and detectors of TruffleHog are named by their ids, so that a row can be compared with
//! theirs. A row costs nothing where its first letters do not occur.

use super::Secrecy;

/// Where in a name a word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordPlace {
    /// Anywhere: the word is long, and stands for nothing else.
    Anywhere,
    /// Up to the end of a word: `ssl_key` and `mysslkey`, but not `ssl_keystore`.
    AtEnd,
    /// Only as words of its own, split at separators, digits and capitals: `pin` in `user_pin` and `cardPin`,
    /// but not in `spin`, `pinned` or `mapping`.
    Whole,
    /// Only as the whole name.
    Alone,
}

/// A name, or a part of one, that makes a field a secret.
pub(super) struct NameRule {
    /// In lower case and without separators.
    pub(super) word: &'static str,
    pub(super) place: WordPlace,
    pub(super) secrecy: Secrecy,
    /// Who else takes it for a secret.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers, and for the test of the documentation"))]
    pub(super) source: &'static str,
}

const fn anywhere(word: &'static str, source: &'static str) -> NameRule {
    NameRule { word, place: WordPlace::Anywhere, secrecy: Secrecy::All, source }
}

/// The name of a key, which may also be the path of its file.
const fn key(word: &'static str, source: &'static str) -> NameRule {
    NameRule { word, place: WordPlace::AtEnd, secrecy: Secrecy::UnlessFile, source }
}

/// A short word, which is often the name of a block or of a mode as well.
const fn short(word: &'static str, source: &'static str) -> NameRule {
    NameRule { word, place: WordPlace::Whole, secrecy: Secrecy::Scalars, source }
}

const RECEIVER: &str = "the receiver's own list";
const OWN: &str = "ours since the first release";
const KEYWORDS: &str = "detect-secrets KeywordDetector";
const OWASP: &str = "OWASP Logging Cheat Sheet, data to exclude";
const TLS: &str = "libpq sslkey, kubectl client-key, nginx ssl_certificate_key";
const PRIVATE_KEY: &str = "gitleaks private-key";
const AZURE: &str = "Azure Storage, account keys and shared access signatures";
const LICENSE: &str = "gitleaks maxmind-license-key";
const OAUTH: &str = "RFC 6749, the authorization code";
const MISTAKEN: &str = "what people write for the receiver's authorization";
const OTP: &str = "RFC 4226 and RFC 6238";

/// In alphabetical order.
pub(super) const NAMES: &[NameRule] = &[
    key("accesskey", "gitleaks generic-api-key"),
    anywhere("accesskeyid", RECEIVER),
    key("accountkey", KEYWORDS),
    anywhere("apikey", RECEIVER),
    NameRule { word: "auth", place: WordPlace::Alone, secrecy: Secrecy::Scalars, source: MISTAKEN },
    key("authcode", OAUTH),
    key("authkey", KEYWORDS),
    anywhere("authorization", RECEIVER),
    anywhere("bearer", RECEIVER),
    key("certificatekey", TLS),
    key("certkey", TLS),
    key("clientkey", KEYWORDS),
    anywhere("connectionstring", RECEIVER),
    anywhere("cookie", RECEIVER),
    anywhere("credential", RECEIVER),
    anywhere("databaseurl", RECEIVER),
    key("decryptionkey", OWASP),
    key("encryptionkey", OWASP),
    key("hmackey", OWASP),
    short("hotp", OTP),
    short("licence", LICENSE),
    key("licencekey", LICENSE),
    short("license", LICENSE),
    key("licensekey", LICENSE),
    key("masterkey", OWASP),
    key("oauth2code", OAUTH),
    short("otp", OTP),
    NameRule { word: "pass", place: WordPlace::Alone, secrecy: Secrecy::All, source: RECEIVER },
    short("passcode", OWASP),
    anywhere("passphrase", OWN),
    anywhere("passwd", RECEIVER),
    anywhere("password", RECEIVER),
    NameRule { word: "pem", place: WordPlace::Whole, secrecy: Secrecy::UnlessFile, source: PRIVATE_KEY },
    short("pin", "PCI DSS, sensitive authentication data"),
    anywhere("privatekey", RECEIVER),
    key("privkey", KEYWORDS),
    anywhere("pwd", RECEIVER),
    key("rsakey", PRIVATE_KEY),
    short("salt", "WordPress AUTH_SALT"),
    short("sas", AZURE),
    anywhere("secret", RECEIVER),
    key("serverkey", TLS),
    anywhere("session", RECEIVER),
    key("sharedkey", AZURE),
    short("sig", AZURE),
    short("signature", AZURE),
    key("signingkey", OWASP),
    key("signkey", OWASP),
    key("sshkey", PRIVATE_KEY),
    key("sslkey", TLS),
    key("tlskey", TLS),
    anywhere("token", RECEIVER),
    short("totp", OTP),
];

/// Whether it is a name that nearly every document has and that no rule is about. Documents have very many
/// names, and most are these.
pub(super) fn is_usual_name(name: &str) -> bool {
    matches!(
        name,
        "algorithm"
            | "basic_auth"
            | "bootstrap_servers"
            | "chain"
            | "connection"
            | "data_type"
            | "database"
            | "enabled"
            | "format"
            | "forward_headers"
            | "header"
            | "headers"
            | "hmac"
            | "host"
            | "max_requests"
            | "method"
            | "mode"
            | "module"
            | "module-config"
            | "port"
            | "queue_name"
            | "rate_limit"
            | "retry"
            | "table"
            | "timeout"
            | "topic"
            | "type"
            | "url"
            | "user"
            | "username"
            | "window_seconds"
    )
}

/// Names that sound secret but are known not to be: field names, modes, lists of names, certificates. In
/// lower case and without separators.
pub(super) const HARMLESS_NAMES: &[&str] = &[
    "credentialcleanup",
    "tokensource",
    "tokenfield",
    "tokentype",
    "validatetoken",
    "credentialspath",
    "capem",
    "cacertpem",
    "certpem",
    "certificatepem",
    "chainpem",
];

/// Words that make a key or a certificate public, wherever they stand in its name.
pub(super) const PUBLIC_WORDS: &[&str] = &["public", "pub"];

/// Last words of names that say something about a secret, rather than hold it: `signature_header`,
/// `otp_length`, `signing_key_id`. They count for the words that are not found anywhere in a name.
pub(super) const ABOUT_WORDS: &[&str] = &[
    "alg",
    "algo",
    "algorithm",
    "algorithms",
    "allowed",
    "bits",
    "bytes",
    "check",
    "count",
    "days",
    "dir",
    "digits",
    "enabled",
    "encoding",
    "endpoint",
    "expiry",
    "field",
    "fields",
    "file",
    "files",
    "format",
    "header",
    "headers",
    "host",
    "hours",
    "id",
    "ids",
    "interval",
    "issuer",
    "kind",
    "label",
    "len",
    "length",
    "level",
    "limit",
    "location",
    "max",
    "method",
    "methods",
    "min",
    "minutes",
    "mode",
    "name",
    "names",
    "param",
    "parameter",
    "path",
    "paths",
    "pattern",
    "period",
    "policy",
    "position",
    "prefix",
    "provider",
    "required",
    "rotation",
    "rounds",
    "scheme",
    "seconds",
    "server",
    "size",
    "source",
    "state",
    "status",
    "suffix",
    "timeout",
    "tolerance",
    "ttl",
    "type",
    "types",
    "uri",
    "url",
    "usage",
    "validation",
    "verification",
    "version",
    "window",
];

/// Last words of names whose values are long and random, and public: digests, ids, certificates.
pub(super) const PUBLIC_DATA_WORDS: &[&str] = &[
    "build",
    "cert",
    "certificate",
    "checksum",
    "commit",
    "digest",
    "etag",
    "fingerprint",
    "guid",
    "hash",
    "id",
    "ids",
    "integrity",
    "md5",
    "public",
    "ref",
    "revision",
    "sha",
    "thumbprint",
    "uuid",
    "version",
];

/// Members of a pair that hold its name and its value; also any that ends with the first of each.
pub(super) const PAIR_NAMES: &[&str] =
    &["name", "key", "header", "field", "variable", "parameter", "property", "var", "env", "param", "k"];
pub(super) const PAIR_VALUES: &[&str] = &["value", "values", "val", "v"];

/// The characters of a token after its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenAlphabet {
    /// ASCII letters and digits.
    Alphanumeric,
    /// Capitals and digits.
    Capital,
    /// Also `-` and `_`.
    Word,
    /// Also dots.
    Dotted,
}

/// A token that is recognised by its first characters, of which `?` stands for any letter or digit.
pub(super) struct TokenRule {
    pub(super) prefix: &'static str,
    /// The least number of characters that follow.
    pub(super) len: usize,
    pub(super) alphabet: TokenAlphabet,
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers, and for the test of the documentation"))]
    pub(super) source: &'static str,
}

const fn word(prefix: &'static str, len: usize, source: &'static str) -> TokenRule {
    TokenRule { prefix, len, alphabet: TokenAlphabet::Word, source }
}

const fn alphanumeric(prefix: &'static str, len: usize, source: &'static str) -> TokenRule {
    TokenRule { prefix, len, alphabet: TokenAlphabet::Alphanumeric, source }
}

const fn capital(prefix: &'static str, len: usize, source: &'static str) -> TokenRule {
    TokenRule { prefix, len, alphabet: TokenAlphabet::Capital, source }
}

const fn dotted(prefix: &'static str, len: usize, source: &'static str) -> TokenRule {
    TokenRule { prefix, len, alphabet: TokenAlphabet::Dotted, source }
}

/// A shorter length than the issuer's own is enough: what begins so is hidden rather than measured.
pub(super) const TOKENS: &[TokenRule] = &[
    capital("AKIA", 16, "gitleaks aws-access-token"),
    capital("ASIA", 16, "gitleaks aws-access-token"),
    capital("ABIA", 16, "gitleaks aws-access-token"),
    capital("ACCA", 16, "gitleaks aws-access-token"),
    word("ghp_", 16, "gitleaks github-pat"),
    word("gho_", 16, "gitleaks github-oauth"),
    word("ghu_", 16, "gitleaks github-app-token"),
    word("ghs_", 16, "gitleaks github-app-token"),
    word("ghr_", 16, "gitleaks github-refresh-token"),
    word("github_pat_", 16, "gitleaks github-fine-grained-pat"),
    word("glpat-", 12, "gitleaks gitlab-pat"),
    word("gldt-", 12, "gitleaks gitlab-deploy-token"),
    word("glrt-", 12, "gitleaks gitlab-runner-authentication-token"),
    word("glptt-", 12, "gitleaks gitlab-ptt"),
    word("xox?-", 8, "gitleaks slack-bot-token, slack-user-token, slack-legacy-token"),
    dotted("xoxe.xox?-", 8, "gitleaks slack-config-access-token"),
    word("xapp-", 10, "gitleaks slack-app-token"),
    word("AIza", 35, "gitleaks gcp-api-key"),
    word("GOCSPX-", 16, "TruffleHog googleoauth2"),
    dotted("ya29.", 20, "TruffleHog googleoauth2"),
    word("sk_live_", 10, "gitleaks stripe-access-token"),
    word("sk_test_", 10, "gitleaks stripe-access-token"),
    word("rk_live_", 10, "gitleaks stripe-access-token"),
    word("rk_test_", 10, "gitleaks stripe-access-token"),
    word("whsec_", 16, "the documentation of Stripe and of Standard Webhooks"),
    dotted("SG.", 40, "gitleaks sendgrid-api-token"),
    word("hvs.", 20, "gitleaks vault-service-token"),
    word("hvb.", 20, "gitleaks vault-batch-token"),
    word("hvr.", 20, "the documentation of Vault"),
    word("npm_", 20, "gitleaks npm-access-token"),
    word("pypi-AgE", 20, "gitleaks pypi-upload-token"),
    word("dop_v1_", 20, "gitleaks digitalocean-pat"),
    word("doo_v1_", 20, "gitleaks digitalocean-access-token"),
    word("dor_v1_", 20, "gitleaks digitalocean-refresh-token"),
    word("shpat_", 20, "gitleaks shopify-access-token"),
    word("shpca_", 20, "gitleaks shopify-custom-access-token"),
    word("shppa_", 20, "gitleaks shopify-private-app-access-token"),
    word("shpss_", 20, "gitleaks shopify-shared-secret"),
    word("sk-ant-", 20, "gitleaks anthropic-api-key"),
    word("sk-proj-", 20, "gitleaks openai-api-key"),
    alphanumeric("sk-", 32, "gitleaks openai-api-key"),
    alphanumeric("hf_", 30, "gitleaks huggingface-access-token"),
    word("glsa_", 30, "gitleaks grafana-service-account-token"),
    alphanumeric("lin_api_", 30, "gitleaks linear-api-key"),
    dotted("dp.pt.", 30, "gitleaks doppler-api-token"),
    word("ATATT3", 50, "gitleaks atlassian-api-token"),
    word("PMAK-", 30, "gitleaks postman-api-token"),
    alphanumeric("rubygems_", 40, "gitleaks rubygems-api-token"),
    alphanumeric("dapi", 32, "gitleaks databricks-api-token"),
    alphanumeric("LTAI", 20, "gitleaks alibaba-access-key-id"),
    capital("AGE-SECRET-KEY-1", 40, "gitleaks age-secret-key"),
];

/// An address that is a secret itself: whoever knows it may send. What follows it is hidden.
pub(super) struct HookRule {
    pub(super) address: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers, and for the test of the documentation"))]
    pub(super) source: &'static str,
}

const fn hook(address: &'static str, source: &'static str) -> HookRule {
    HookRule { address, source }
}

/// Each ends with the slash before the secret.
pub(super) const HOOKS: &[HookRule] = &[
    hook("hooks.slack.com/services/", "gitleaks slack-webhook-url"),
    hook("hooks.slack.com/workflows/", "gitleaks slack-webhook-url"),
    hook("hooks.slack.com/triggers/", "gitleaks slack-webhook-url"),
    hook("discord.com/api/webhooks/", "TruffleHog discordwebhook"),
    hook("discordapp.com/api/webhooks/", "TruffleHog discordwebhook"),
    hook("webhook.office.com/webhookb2/", "gitleaks microsoft-teams-webhook"),
    hook("hooks.zapier.com/hooks/catch/", "TruffleHog zapierwebhook"),
    hook("api.telegram.org/", "gitleaks telegram-bot-api-token"),
];
