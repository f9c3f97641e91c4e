//! The one table of settings: names in the config file, variables, flags, defaults.

use super::SecretSource;
use super::setting::{Setting, SettingKey, SettingKind, SettingTable};
use crate::provider::{etcd, file};

impl SettingKey {
    /// Its row of the table.
    pub fn setting(self) -> &'static Setting {
        // The test below holds every key to its row; the fallback never shows.
        SETTINGS.iter().find(|setting| setting.key == self).unwrap_or(&CONFIG)
    }
}

impl Setting {
    /// The name in its own table of the config file.
    pub fn short_name(&self) -> &'static str {
        self.name.strip_prefix(RECEIVER).unwrap_or(self.name)
    }
}

/// What the names of the receiver's settings begin with.
pub(super) const RECEIVER: &str = "receiver.";

const fn row(
    key: SettingKey,
    name: &'static str,
    table: SettingTable,
    (variable, flag): (Option<&'static str>, Option<&'static str>),
    kind: SettingKind,
    (default, meaning): (&'static str, &'static str),
) -> Setting {
    Setting { key, name, table, variable, flag, kind, default, meaning }
}

const CONFIG: Setting = row(
    SettingKey::Config,
    "config",
    SettingTable::Nowhere,
    (Some("CONFDECK_CONFIG"), Some("--config")),
    SettingKind::Path,
    ("`$XDG_CONFIG_HOME/confdeck/config.toml`", "the config file"),
);

/// Every setting, in the order of the reference.
pub const SETTINGS: [Setting; 39] = {
    use SettingKey as K;
    use SettingKind::{Number, Path, Presence, Secret, Switch, SwitchOrPath, Text, Word};
    use SettingTable::{Console, Context, Nowhere, Receiver, Top};
    const fn env(name: &'static str) -> (Option<&'static str>, Option<&'static str>) {
        (Some(name), None)
    }
    const fn both(name: &'static str, flag: &'static str) -> (Option<&'static str>, Option<&'static str>) {
        (Some(name), Some(flag))
    }
    [
        CONFIG,
        row(
            K::EnvFile,
            "env_file",
            Nowhere,
            (None, Some("--env-file")),
            Path,
            (
                "",
                "a file of `NAME=VALUE` lines that win over the process's variables; a `.env` is never read by itself",
            ),
        ),
        row(
            K::Context,
            "default_context",
            Top,
            both("CONFDECK_CONTEXT", "--context"),
            Text,
            ("", "which `[contexts.NAME]` to use"),
        ),
        row(
            K::Backend,
            "backend",
            Context,
            env("CONFIG_BACKEND"),
            Word(&[file::BACKEND.setting, etcd::BACKEND.setting]),
            ("`file`", "what holds the configuration: `file` or `etcd`"),
        ),
        row(
            K::WebhooksFile,
            "webhooks_file",
            Context,
            env("WEBHOOKS_CONFIG_FILE"),
            Path,
            ("`webhooks.json`", "the file of webhooks"),
        ),
        row(
            K::ConnectionsFile,
            "connections_file",
            Context,
            env("CONNECTIONS_CONFIG_FILE"),
            Path,
            ("`connections.json`", "the file of connections"),
        ),
        row(
            K::Host,
            "host",
            Context,
            env("ETCD_HOST"),
            Text,
            ("`localhost`", "etcd's members, comma-separated: host, host:port or URL"),
        ),
        row(
            K::Port,
            "port",
            Context,
            env("ETCD_PORT"),
            Number(1, 65_535),
            ("`2379`", "the port of members named without one"),
        ),
        row(
            K::Prefix,
            "prefix",
            Context,
            env("ETCD_PREFIX"),
            Text,
            ("`/cwm/`; flat: `/webhooks/configs/`", "what all keys begin with"),
        ),
        row(
            K::Layout,
            "layout",
            Context,
            env("ETCD_LAYOUT"),
            Word(&["namespaced", "flat"]),
            (
                "`namespaced`",
                "`namespaced`, or `flat`, where every key is a webhook of `default` and there are no connections",
            ),
        ),
        row(
            K::Namespace,
            "namespace",
            Context,
            env("ETCD_NAMESPACE"),
            Text,
            ("`default`", "the namespace that the receiver serves on its plain route"),
        ),
        row(K::Username, "username", Context, env("ETCD_USERNAME"), Text, ("", "etcd's user")),
        row(
            K::Password,
            "password",
            Context,
            env("ETCD_PASSWORD"),
            Secret,
            ("", "its password; in the config file only while nobody else can read that (mode 600)"),
        ),
        row(
            K::CaCert,
            "ca_cert",
            Context,
            env("ETCD_CACERT"),
            Path,
            ("", "the authority that signed etcd's certificate (PEM); turns TLS on"),
        ),
        row(K::Cert, "cert", Context, env("ETCD_CERT"), Path, ("", "our certificate (PEM)")),
        row(K::Key, "key", Context, env("ETCD_KEY"), Path, ("", "the key of our certificate (PEM)")),
        row(
            K::SecretsBackend,
            "secrets_backend",
            Context,
            env("SECRETS_BACKEND"),
            Word(SecretSource::NAMES),
            (
                "`env`",
                "what holds webhooks' own secrets: `env`, or `vault` for Vault and OpenBao, which needs `vault_addr` and a login",
            ),
        ),
        row(
            K::VaultAddr,
            "vault_addr",
            Context,
            env("VAULT_ADDR"),
            Text,
            ("", "where Vault or OpenBao is: `https://vault.example:8200`"),
        ),
        row(
            K::VaultToken,
            "vault_token",
            Context,
            env("VAULT_TOKEN"),
            Secret,
            ("", "a token for it; wins over a role"),
        ),
        row(
            K::VaultRoleId,
            "vault_role_id",
            Context,
            env("VAULT_ROLE_ID"),
            Text,
            ("", "the role id of an AppRole, mounted at `approle`"),
        ),
        row(
            K::VaultSecretId,
            "vault_secret_id",
            Context,
            env("VAULT_SECRET_ID"),
            Secret,
            ("", "its secret id"),
        ),
        row(
            K::VaultNamespace,
            "vault_namespace",
            Context,
            env("VAULT_NAMESPACE"),
            Text,
            ("", "the server's namespace that all of it is in"),
        ),
        row(
            K::VaultVerify,
            "vault_verify",
            Context,
            env("VAULT_VERIFY"),
            SwitchOrPath,
            ("`true`", "whether the server's certificate is checked; a path is that of the authority (PEM)"),
        ),
        row(
            K::VaultCaCert,
            "vault_cacert",
            Context,
            env("VAULT_CACERT"),
            Path,
            ("", "the one authority to trust (PEM); without it, those that the system trusts"),
        ),
        row(
            K::VaultMount,
            "vault_mount_point",
            Context,
            env("VAULT_MOUNT_POINT"),
            Text,
            ("", "the mount of the key-value engine; `secret` for references where nobody names one"),
        ),
        row(
            K::VaultKv,
            "vault_kv_version",
            Context,
            env("VAULT_KV_VERSION"),
            Number(1, 2),
            ("`2`", "which key-value engine is mounted there"),
        ),
        row(
            K::VaultTimeout,
            "vault_timeout_seconds",
            Context,
            env("VAULT_TIMEOUT_SECONDS"),
            Number(1, 300),
            ("`10`", "how long a request may take, in seconds"),
        ),
        row(
            K::ReadOnly,
            "read_only",
            Context,
            both("CONFDECK_READ_ONLY", "--read-only"),
            Switch,
            ("`false`", "build no writer at all; the strictest of flag, variable and file wins"),
        ),
        row(
            K::Protected,
            "protected",
            Context,
            both("CONFDECK_PROTECTED", "--protected"),
            Switch,
            (
                "`false`",
                "ask for the name to be typed before the console deletes; the strictest of flag, variable and file wins",
            ),
        ),
        row(
            K::Theme,
            "theme",
            Console,
            both("CONFDECK_THEME", "--theme"),
            Text,
            ("", "the console's colours; a context may set its own"),
        ),
        row(
            K::NoColor,
            "no_color",
            Console,
            both("NO_COLOR", "--no-color"),
            Presence,
            ("`false`", "use no colours"),
        ),
        row(
            K::CopySecrets,
            "copy_secrets",
            Console,
            env("CONFDECK_COPY_SECRETS"),
            Switch,
            (
                "`false`",
                "let the console copy a secret value, one field at a time, counted and audited; what is on a clipboard, the terminal, tmux or screen and a clipboard's history may keep",
            ),
        ),
        row(
            K::Stats,
            "stats",
            Nowhere,
            env("CONFDECK_STATS"),
            Path,
            ("", "a file for the console's counters at its end"),
        ),
        row(
            K::ReceiverEnv,
            "receiver.env",
            Receiver,
            env("CONFDECK_RECEIVER_ENV"),
            Text,
            (
                "`process` for files, else `unknown`",
                "the receiver's variables: `unknown` (only it can see them), `process` (those of confdeck), or `file:PATH` (a file of `NAME=VALUE` lines). Names are looked at, values never kept",
            ),
        ),
        row(
            K::ReceiverVault,
            "receiver.vault_enabled",
            Receiver,
            (None, None),
            Switch,
            ("`true`", "whether the receiver reads references to Vault"),
        ),
        row(
            K::ReceiverReferenceMount,
            "receiver.reference_mount",
            Receiver,
            (None, None),
            Text,
            ("`VAULT_MOUNT_POINT`, else `secret`", "the engine that `{$vault:path#field}` is relative to"),
        ),
        row(
            K::ReceiverOwnMount,
            "receiver.own_mount",
            Receiver,
            (None, None),
            Text,
            ("`VAULT_MOUNT_POINT`, else `webhooks`", "the engine that holds webhooks' own secrets"),
        ),
        row(
            K::ReceiverOwnPath,
            "receiver.own_path",
            Receiver,
            (None, None),
            Text,
            (
                "`{namespace}/{id}/secrets`; for the namespace `default` `{id}/secrets`",
                "the path of a webhook's own secrets in it",
            ),
        ),
        row(
            K::ReceiverMerges,
            "receiver.merges_own_secrets",
            Receiver,
            (None, None),
            Switch,
            (
                "`false`; flat: `true`",
                "whether the receiver merges them into the document, so that a webhook needs them",
            ),
        ),
    ]
};

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
