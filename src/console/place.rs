//! The place of a key press: the innermost open element decides which keys are live.

macro_rules! places {
    ($($id:ident $title:literal)*) => {
        /// The innermost open element.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Place { $(#[doc = $title] $id,)* }

        impl Place {
            /// Every place, in the order of the key reference.
            pub const ALL: [Self; [$($title),*].len()] = [$(Self::$id),*];

            /// Its heading in help.
            pub fn title(self) -> &'static str {
                match self { $(Self::$id => $title,)* }
            }
        }
    };
}

impl Place {
    /// The place whose keys are live here too, unless they mean something else here.
    pub fn around(self) -> Option<Self> {
        match self {
            Self::Detail => Some(Self::Browse),
            Self::Completion => Some(Self::Editor),
            _ => None,
        }
    }
}

places! {
    Browse "Lists and details"
    Detail "Detail"
    Secrets "Secrets"
    Problems "Problems"
    Settings "Settings"
    Page "Health and Log"
    Help "Help"
    Filter "Filter"
    Prompt "Commands and names"
    Confirm "Questions"
    Choose "Choices"
    Columns "Columns"
    Editor "Editor"
    Find "Find"
    Completion "Completion"
    Review "Review"
    Merge "Merge"
    Plan "Plan"
    Drafts "Drafts"
    Messages "Messages"
    MessageFilter "Filter of messages"
    PickSecret "Which secret"
    RevealedValue "Secret value"
    SecretForm "New values"
    Value "Value"
    Generate "Generate"
    SecretReview "Review of a secret"
    StaleDependents "To be read again"
    Effective "Effective view"
    EffectiveFind "Find in the effective view"
}
