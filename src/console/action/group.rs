//! The kinds of actions: the headings of help.

/// The kind of an action: a heading in help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Here,
    Write,
    View,
    Move,
    Program,
}

impl Group {
    /// In the order used in help.
    pub const ALL: [Self; 5] = [Self::Here, Self::Write, Self::View, Self::Move, Self::Program];

    pub fn title(self) -> &'static str {
        match self {
            Self::Here => "Here",
            Self::Write => "Change",
            Self::View => "Look",
            Self::Move => "Move",
            Self::Program => "confdeck",
        }
    }
}
