//! What a setting is; the table of them is [`super::SETTINGS`].

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SettingKey {
    Config,
    EnvFile,
    Context,
    Backend,
    WebhooksFile,
    ConnectionsFile,
    Host,
    Port,
    Prefix,
    Layout,
    Namespace,
    Username,
    Password,
    CaCert,
    Cert,
    Key,
    SecretsBackend,
    VaultAddr,
    VaultToken,
    VaultRoleId,
    VaultSecretId,
    VaultNamespace,
    VaultVerify,
    VaultCaCert,
    VaultMount,
    VaultKv,
    VaultTimeout,
    ReadOnly,
    Protected,
    Theme,
    NoColor,
    CopySecrets,
    Stats,
    ReceiverEnv,
    ReceiverVault,
    ReceiverReferenceMount,
    ReceiverOwnMount,
    ReceiverOwnPath,
    ReceiverMerges,
}

/// Where in the config file a setting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingTable {
    /// Not in the file: it says which file to read.
    Nowhere,
    Top,
    /// In `[contexts.NAME]`, or in `[defaults]` for all contexts.
    Context,
    /// In `[console]`, or in `[contexts.NAME]` for that context alone.
    Console,
    /// In `[contexts.NAME.receiver]`, or in `[receiver]` for all contexts.
    Receiver,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    Text,
    /// A text that no message and no table shows.
    Secret,
    /// A path; in the config file relative to that file's folder, elsewhere to the working folder.
    Path,
    /// `true` or `false`; in a variable also 1, yes, on and 0, no, off.
    Switch,
    /// On as soon as the variable holds anything at all (no-color.org).
    Presence,
    /// `true` or `false` as for a switch, or a path.
    SwitchOrPath,
    /// A whole number from the first to the last.
    Number(u16, u16),
    /// One of these words, in any letter case.
    Word(&'static [&'static str]),
}

#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub key: SettingKey,
    /// Its name in the config file, and in messages.
    pub name: &'static str,
    /// Where it stands in the config file.
    pub table: SettingTable,
    pub variable: Option<&'static str>,
    pub flag: Option<&'static str>,
    pub kind: SettingKind,
    /// The default, in words.
    pub default: &'static str,
    /// What it means, in one line of markdown.
    pub meaning: &'static str,
}
