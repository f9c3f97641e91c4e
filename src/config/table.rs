//! The one table of settings: names in the config file, variables, flags and defaults.

use std::fmt::Write;

use super::SecretSource;
use super::setting::{Setting, SettingKey, SettingKind, SettingTable};
use crate::provider::{ETCD, file};

impl SettingKey {
    /// Its row of the table.
    pub fn setting(self) -> &'static Setting {
        // A test below ensures that every key has a row, so the fallback is never used.
        SETTINGS.iter().find(|setting| setting.key == self).unwrap_or(&CONFIG)
    }
}

impl Setting {
    const fn flag(self, flag: &'static str) -> Self {
        Self { flag: Some(flag), ..self }
    }

    const fn means(self, default: &'static str, meaning: &'static str) -> Self {
        Self { default, meaning, ..self }
    }

    /// The name within its own table of the config file.
    pub fn short_name(&self) -> &'static str {
        self.name.strip_prefix(RECEIVER).unwrap_or(self.name)
    }
}

const fn row(
    key: SettingKey,
    name: &'static str,
    table: SettingTable,
    kind: SettingKind,
    variable: Option<&'static str>,
) -> Setting {
    Setting { key, name, table, variable, flag: None, kind, default: "", meaning: "" }
}

/// The names of the console's themes.
pub const THEMES: &[&str] = &["default", "dark", "light"];

/// The colours that tell contexts apart: those of every palette that show on light and on dark.
pub const ACCENTS: &[&str] = &["red", "yellow", "green", "cyan", "blue", "magenta"];

/// The prefix of the receiver's settings.
pub(super) const RECEIVER: &str = "receiver.";

const CONFIG: Setting =
    row(SettingKey::Config, "config", SettingTable::Nowhere, SettingKind::Path, Some("CONFDECK_CONFIG"))
        .flag("--config")
        .means("`$XDG_CONFIG_HOME/confdeck/config.toml`", "the config file");

/// Every setting, in the order of the reference documentation.
pub const SETTINGS: [Setting; 54] = {
    use SettingKey as K;
    use SettingKind::{List, Number, Path, Presence, Rules, Secret, Switch, SwitchOrPath, Text, Word};
    use SettingTable::{Console, Context, Nowhere, Receiver, Top};
    [
        CONFIG,
        row(K::EnvFile, "env_file", Nowhere, Path, None).flag("--env-file").means(
            "",
            "a file of `NAME=VALUE` lines that win over the process's variables; a `.env` is never \
             read by itself",
        ),
        row(K::Context, "default_context", Top, Text, Some("CONFDECK_CONTEXT"))
            .flag("--context")
            .means("", "which `[contexts.NAME]` to use"),
        row(
            K::Backend,
            "backend",
            Context,
            Word(&[file::BACKEND.setting, ETCD.setting]),
            Some("CONFIG_BACKEND"),
        )
        .means("`file`", "what holds the configuration: `file` or `etcd`"),
        row(K::WebhooksFile, "webhooks_file", Context, Path, Some("WEBHOOKS_CONFIG_FILE"))
            .means("`webhooks.json`", "the file of webhooks"),
        row(K::ConnectionsFile, "connections_file", Context, Path, Some("CONNECTIONS_CONFIG_FILE"))
            .means("`connections.json`", "the file of connections"),
        row(K::Host, "host", Context, Text, Some("ETCD_HOST"))
            .means("`localhost`", "etcd's members, comma-separated: host, host:port or URL"),
        row(K::Port, "port", Context, Number(1, 65_535), Some("ETCD_PORT"))
            .means("`2379`", "the port of members named without one"),
        row(K::Prefix, "prefix", Context, Text, Some("ETCD_PREFIX"))
            .means("`/cwm/`; flat: `/webhooks/configs/`", "what all keys begin with"),
        row(K::Layout, "layout", Context, Word(&["namespaced", "flat"]), Some("ETCD_LAYOUT")).means(
            "`namespaced`",
            "`namespaced`, or `flat`, where every key is a webhook of `default` and there are no \
             connections",
        ),
        row(K::Namespace, "namespace", Context, Text, Some("ETCD_NAMESPACE"))
            .means("`default`", "the namespace that the receiver serves on its plain route"),
        row(K::Username, "username", Context, Text, Some("ETCD_USERNAME")).means("", "etcd's user"),
        row(K::Password, "password", Context, Secret, Some("ETCD_PASSWORD"))
            .means("", "its password; in the config file only while nobody else can read that (mode 600)"),
        row(K::CaCert, "ca_cert", Context, Path, Some("ETCD_CACERT"))
            .means("", "the authority that signed etcd's certificate (PEM); turns TLS on"),
        row(K::Cert, "cert", Context, Path, Some("ETCD_CERT")).means("", "our certificate (PEM)"),
        row(K::Key, "key", Context, Path, Some("ETCD_KEY")).means("", "the key of our certificate (PEM)"),
        row(K::Application, "application", Context, Path, Some("CONFDECK_APP")).flag("--app").means(
            "",
            "the application whose settings are looked at: its file, see [application-file.md](application-file.md)",
        ),
        row(
            K::SecretsBackend,
            "secrets_backend",
            Context,
            Word(SecretSource::NAMES),
            Some("SECRETS_BACKEND"),
        )
        .means(
            "`env`",
            "what holds webhooks' own secrets: `env`, or `vault` for Vault and OpenBao, which needs \
             `vault_addr` and a login",
        ),
        row(K::VaultEnabled, "vault_enabled", Nowhere, Switch, Some("VAULT_ENABLED")).means(
            "`false`",
            "`1`, `true`, `yes` or `on` chooses Vault as `SECRETS_BACKEND=vault` does, because the receiver reads \
             either",
        ),
        row(K::VaultAddr, "vault_addr", Context, Text, Some("VAULT_ADDR"))
            .means("", "where Vault or OpenBao is: `https://vault.example:8200`"),
        row(K::VaultRedirectHosts, "vault_redirect_hosts", Context, Text, Some("VAULT_REDIRECT_HOSTS"))
            .means(
                "",
                "further hosts that it may redirect to, which then get the token: `vault-2.example, \
             vault-3.example:8200`; those of a standby's `api_addr`. Its own host needs no naming",
            ),
        row(K::VaultToken, "vault_token", Context, Secret, Some("VAULT_TOKEN"))
            .means("", "a token for it; wins over all other logins"),
        row(K::VaultTokenFile, "vault_token_file", Context, Path, Some("VAULT_TOKEN_FILE")).means(
            "`~/.vault-token`, if no other login is set",
            "a file with a token for it, as of `vault login` or of an agent; wins over a role, and is read again when \
             it changes",
        ),
        row(K::VaultRoleId, "vault_role_id", Context, Text, Some("VAULT_ROLE_ID"))
            .means("", "the role id of an AppRole, mounted at `approle`"),
        row(K::VaultSecretId, "vault_secret_id", Context, Secret, Some("VAULT_SECRET_ID"))
            .means("", "its secret id"),
        row(K::VaultNamespace, "vault_namespace", Context, Text, Some("VAULT_NAMESPACE"))
            .means("", "the server's namespace that all of it is in"),
        row(K::VaultVerify, "vault_verify", Context, SwitchOrPath, Some("VAULT_VERIFY")).means(
            "`true`",
            "whether the server's certificate is checked; a path is that of the authority (PEM)",
        ),
        row(K::VaultCaCert, "vault_cacert", Context, Path, Some("VAULT_CACERT"))
            .means("", "the one authority to trust (PEM); without it, those that the system trusts"),
        row(K::VaultMount, "vault_mount_point", Context, Text, Some("VAULT_MOUNT_POINT")).means(
            "",
            "the mount of the key-value engine; `secret` for references where nobody names one, and none of them \
             resolves where the variable is empty",
        ),
        row(K::VaultKv, "vault_kv_version", Context, Number(1, 2), Some("VAULT_KV_VERSION"))
            .means("`2`", "which key-value engine is mounted there; the variable means 2 unless it is `1`"),
        row(K::VaultTimeout, "vault_timeout_seconds", Context, Number(1, 300), Some("VAULT_TIMEOUT_SECONDS"))
            .means("`10`", "how long a request may take, in seconds; the variable is clamped to 1 to 300"),
        row(K::ReadOnly, "read_only", Context, Switch, Some("CONFDECK_READ_ONLY"))
            .flag("--read-only")
            .means("`false`", "build no writer at all; the strictest of flag, variable and file wins"),
        row(K::Protected, "protected", Context, Switch, Some("CONFDECK_PROTECTED"))
            .flag("--protected")
            .means(
                "`false`",
                "ask for the name to be typed before the console deletes; the strictest of flag, variable \
                 and file wins",
            ),
        row(K::HideNames, "hide_names", Context, List, Some("CONFDECK_HIDE_NAMES")).means(
            "",
            "further names whose values are secrets, with everything under them: \
             `[\"internal_code\", \"customer_ref\"]`, in the variable separated by commas; those of \
             `[defaults]`, of the context and of the variable add up",
        ),
        row(K::ShowNames, "show_names", Context, List, Some("CONFDECK_SHOW_NAMES")).means(
            "",
            "names that are not secret by their sound alone, such as `[\"license\", \"pin\"]`; see \
             [secrets.md](secrets.md#what-counts-as-a-secret)",
        ),
        row(K::SilenceRules, "silence_rules", Context, List, None).means(
            "",
            "rules that are counted and not shown here, each with its reason: \
             `[\"open-to-anyone: only our own network gets there\"]`; by id or name, see [checks.md](checks.md#settings)",
        ),
        row(K::RulesAsErrors, "rules_as_errors", Context, List, None)
            .means("", "rules whose findings are errors here: `[\"L11\", \"L18\"]`"),
        row(K::RulesAsWarnings, "rules_as_warnings", Context, List, None)
            .means("", "rules whose findings are warnings here"),
        row(K::RulesAsHints, "rules_as_hints", Context, List, None)
            .means("", "rules whose findings are hints here"),
        row(K::OwnRules, "rules", Context, Rules, None).means(
            "",
            "rules of your own, written `[[contexts.NAME.rules]]` or `[[defaults.rules]]`, each a table with `id`, \
             `severity`, `message` and `when`; those of both add up, see [checks.md](checks.md#own-rules)",
        ),
        row(K::Theme, "theme", Console, Word(THEMES), Some("CONFDECK_THEME"))
            .flag("--theme")
            .means("`default`", "the console's colours: `default`, `dark` or `light`; a context may set its own"),
        row(K::Accent, "accent", Context, Word(ACCENTS), None).means(
            "",
            "a colour for the name of a context and what is in focus, so that no context looks like another: `red`, \
             `yellow`, `green`, `cyan`, `blue` or `magenta`",
        ),
        row(K::NoColor, "no_color", Console, Presence, Some("NO_COLOR"))
            .flag("--no-color")
            .means("`false`", "use no colours"),
        row(K::CopySecrets, "copy_secrets", Console, Switch, Some("CONFDECK_COPY_SECRETS")).means(
            "`false`",
            "let the console copy a secret value, one field at a time, counted and audited; what is \
             on a clipboard, the terminal, tmux or screen and a clipboard's history may keep",
        ),
        row(K::Stats, "stats", Nowhere, Path, Some("CONFDECK_STATS"))
            .means("", "a file for the console's counters at its end"),
        row(K::ReceiverEnv, "receiver.env", Receiver, Text, Some("CONFDECK_RECEIVER_ENV")).means(
            "`process` for files, else `unknown`",
            "the receiver's variables: `unknown` (only it can see them), `process` (those of \
             confdeck), or `file:PATH` (a file of `NAME=VALUE` lines). Names are looked at; values are \
             used by a reveal and `get --merged` alone",
        ),
        row(K::ReceiverVault, "receiver.vault_enabled", Receiver, Switch, None)
            .means("`true`", "whether the receiver reads references to Vault"),
        row(K::ReceiverReferenceMount, "receiver.reference_mount", Receiver, Text, None).means(
            "`VAULT_MOUNT_POINT`, else `secret`",
            "the engine that `{$vault:path#field}` is relative to",
        ),
        row(K::ReceiverOwnMount, "receiver.own_mount", Receiver, Text, None)
            .means("`VAULT_MOUNT_POINT`, else `webhooks`", "the engine that holds webhooks' own secrets"),
        row(K::ReceiverOwnPath, "receiver.own_path", Receiver, Text, None).means(
            "`{namespace}/{id}/secrets`; for the namespace `default` `{id}/secrets`",
            "the path of a webhook's own secrets in it",
        ),
        row(
            K::ReceiverMerges,
            "receiver.merges_own_secrets",
            Receiver,
            Switch,
            Some("CONFDECK_RECEIVER_MERGES_OWN_SECRETS"),
        )
        .means(
            "`false`; flat: `true`",
            "whether the receiver merges them into the document, so that a webhook needs them; a program that \
             embeds the library merges them unless this says no",
        ),
        row(K::ReceiverVersion, "receiver.version", Receiver, Text, None).means(
            "`0.2.0`",
            "the receiver's version; the rules describe this one, and say less with certainty of another",
        ),
        row(K::ReceiverLocalhost, "receiver.allow_localhost", Receiver, Switch, None).means(
            "`ALLOW_LOCALHOST_FOR_TESTS` of the receiver, where it can be seen",
            "whether the receiver accepts the host `localhost` in connections; its variable wins",
        ),
        row(K::ReceiverPrivate, "receiver.allow_private_ips", Receiver, Switch, None).means(
            "`ALLOW_PRIVATE_IP_CONNECTIONS` of the receiver, where it can be seen",
            "whether it accepts private addresses in connections; its variable wins",
        ),
    ]
};

/// The table of settings in markdown; `UPDATE_DOCS=1 cargo test` writes it to docs/configuration.md. In it,
/// `context` stands for `[contexts.NAME]` or `[defaults]`, `console` for `[console]`, and `receiver` for
/// `[contexts.NAME.receiver]` or `[receiver]`.
pub fn reference_table() -> String {
    let mut out = String::from(
        "| in config.toml | variable | flag | default | meaning |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for setting in &SETTINGS {
        let code = |text: Option<&str>| text.map(|text| format!("`{text}`")).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            place(setting),
            code(setting.variable),
            code(setting.flag),
            setting.default,
            setting.meaning
        );
    }
    out
}

fn place(setting: &Setting) -> String {
    match setting.table {
        SettingTable::Nowhere => String::new(),
        SettingTable::Top => format!("`{}`", setting.name),
        SettingTable::Context => format!("context `{}`", setting.name),
        SettingTable::Console => format!("console `{}`", setting.name),
        SettingTable::Receiver => format!("receiver `{}`", setting.short_name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_one_row_and_no_name_is_used_twice() {
        for (at, setting) in SETTINGS.iter().enumerate() {
            assert_eq!(setting.key.setting().name, setting.name);
            for other in &SETTINGS[at + 1..] {
                assert_ne!(setting.key, other.key);
                assert_ne!(setting.name, other.name);
                assert!(setting.variable.is_none() || setting.variable != other.variable);
            }
        }
    }
}
