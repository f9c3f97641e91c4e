//! The description of a setting; the table of all settings is [`super::SETTINGS`].

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
    Application,
    SecretsBackend,
    VaultEnabled,
    VaultAddr,
    VaultRedirectHosts,
    VaultToken,
    VaultTokenFile,
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
    Accent,
    NoColor,
    CopySecrets,
    HideNames,
    ShowNames,
    SilenceRules,
    RulesAsErrors,
    RulesAsWarnings,
    RulesAsHints,
    OwnRules,
    Stats,
    ReceiverEnv,
    ReceiverVault,
    ReceiverReferenceMount,
    ReceiverOwnMount,
    ReceiverOwnPath,
    ReceiverMerges,
    ReceiverVersion,
    ReceiverLocalhost,
    ReceiverPrivate,
}

/// The table of the config file that a setting belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingTable {
    /// Not in the config file: it determines which file to read, or has another name there.
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
    /// A text that never appears in a message or a table.
    Secret,
    /// A path; in the config file relative to that file's folder, elsewhere relative to the working folder.
    Path,
    /// `true` or `false`; in a variable also 1, yes, on, 0, no and off.
    Switch,
    /// On if the variable is set to anything but the empty string (no-color.org).
    Presence,
    /// `true` or `false` as for a switch, or a path.
    SwitchOrPath,
    /// A whole number between the two, both included.
    Number(u16, u16),
    /// One of these words, in any letter case.
    Word(&'static [&'static str]),
    /// A list of texts; in a variable separated by commas.
    List,
    /// Tables, one for each own rule.
    Rules,
}

#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub key: SettingKey,
    /// Its name in the config file, and in messages.
    pub name: &'static str,
    /// The table of the config file it belongs to.
    pub table: SettingTable,
    pub variable: Option<&'static str>,
    pub flag: Option<&'static str>,
    pub kind: SettingKind,
    /// The default, in words.
    pub default: &'static str,
    /// Its meaning, in one line of markdown.
    pub meaning: &'static str,
}
