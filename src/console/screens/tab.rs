//! The tabs: one row each for digit and title.

/// A tab; its digit never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// 1
    Webhooks,
    /// 2
    Connections,
    /// 3
    Secrets,
    /// 6
    Health,
    /// 7
    Log,
}

impl Tab {
    /// Every tab, in order.
    pub const ALL: [Self; 5] = [Self::Webhooks, Self::Connections, Self::Secrets, Self::Health, Self::Log];

    pub fn digit(self) -> char {
        match self {
            Self::Webhooks => '1',
            Self::Connections => '2',
            Self::Secrets => '3',
            Self::Health => '6',
            Self::Log => '7',
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Webhooks => "Webhooks",
            Self::Connections => "Connections",
            Self::Secrets => "Secrets",
            Self::Health => "Health",
            Self::Log => "Log",
        }
    }
}
