//! Status of a secret store for this user, as its badge shows it.

/// What a secret store does for this user now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SecretStoreStatus {
    /// It serves: unsealed, and the token is accepted.
    Unsealed,
    /// It serves as a standby, which is as good for reading.
    Standby,
    /// Variables, read where this process or a named file has them.
    Variables,
    /// It serves, but the login fails: the current token will expire without a replacement.
    LoginFails,
    /// It runs, but answers nothing until it is unsealed.
    Sealed,
    /// It has no keys yet.
    Uninitialised,
    /// A standby that reaches no active node.
    NoActiveNode,
    /// A disaster recovery secondary, which serves no requests.
    RecoveryOnly,
    /// It is no longer part of its cluster.
    Removed,
    Unreachable,
    /// Its certificate is not trusted.
    Untrusted,
    /// It rejects further requests for now: rate limited.
    Busy,
    /// It answers, but not as a Vault does.
    Unrecognised,
    /// It redirects to a host that gets no token.
    Redirects,
    /// The token that was given has expired or was revoked.
    TokenEnded,
    /// The login was refused, and there is no token.
    LoginRefused,
    /// The settings name no address.
    NoAddress,
    /// The settings name no login, or there is no token where it should be.
    NoLogin,
    /// Our own settings or files are unusable.
    Misconfigured,
}

impl SecretStoreStatus {
    /// The word on its badge.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsealed => "unsealed",
            Self::Standby => "standby",
            Self::Variables => "variables",
            Self::LoginFails => "login fails",
            Self::Sealed => "sealed",
            Self::Uninitialised => "not initialised",
            Self::NoActiveNode => "no active node",
            Self::RecoveryOnly => "recovery only",
            Self::Removed => "removed",
            Self::Unreachable => "unreachable",
            Self::Untrusted => "not trusted",
            Self::Busy => "rate limited",
            Self::Unrecognised => "not a vault",
            Self::Redirects => "redirects",
            Self::TokenEnded => "token ended",
            Self::LoginRefused => "login refused",
            Self::NoAddress => "no address",
            Self::NoLogin => "no login",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// Whether it answers requests.
    pub fn serves(self) -> bool {
        matches!(self, Self::Unsealed | Self::Standby | Self::Variables | Self::LoginFails)
    }
}
