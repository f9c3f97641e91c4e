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

places! {
    Browse "Lists and details"
    Secrets "Secrets"
    Page "Health and Log"
    Help "Help"
    Filter "Filter"
    Prompt "Commands and names"
    Confirm "Questions"
    Choose "Choices"
    Editor "Editor"
    Find "Find"
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
}
