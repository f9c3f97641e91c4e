//! How a store of secrets stands towards this user, in the words of its badge.

/// What a store of secrets does for this user now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SecretStanding {
    /// It serves: unsealed, and the token is taken.
    Unsealed,
    /// It serves as a standby, which is as good for reading.
    Standby,
    /// Variables, read where this process or a named file has them.
    Variables,
    /// It serves, and the token in use will end without another.
    LoginFails,
    /// It runs, and hands nothing out before somebody unseals it.
    Sealed,
    /// It has no keys yet.
    Uninitialised,
    /// A standby that reaches no active node.
    NoActiveNode,
    /// It stands by for disaster recovery, and serves nobody.
    RecoveryOnly,
    /// It is no part of its cluster any more.
    Removed,
    /// It does not answer.
    Unreachable,
    /// Its certificate is not trusted.
    Distrusted,
    /// It takes no more requests for now.
    Busy,
    /// It answers, and not as such a store does.
    Strange,
    /// The token that was given has expired or was revoked.
    TokenEnded,
    /// No login, and no token.
    LoginRefused,
    /// Our own settings or files are of no use.
    Misconfigured,
}

impl SecretStanding {
    /// As its badge says it.
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
            Self::Distrusted => "not trusted",
            Self::Busy => "rate limited",
            Self::Strange => "not a vault",
            Self::TokenEnded => "token ended",
            Self::LoginRefused => "login refused",
            Self::Misconfigured => "misconfigured",
        }
    }

    /// Whether it answers what is asked.
    pub fn serves(self) -> bool {
        matches!(self, Self::Unsealed | Self::Standby | Self::Variables | Self::LoginFails)
    }
}
