//! The tabs and their digits, one row each; a tab is shown by the action with the same name.

use crate::console::action::Action;

macro_rules! tabs {
    ($($id:ident $digit:literal;)*) => {
        /// A tab; its digit never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Tab { $($id),* }

        impl Tab {
            /// Every tab, in order.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            pub fn digit(self) -> char {
                match self { $(Self::$id => $digit),* }
            }

            pub fn title(self) -> &'static str {
                match self { $(Self::$id => stringify!($id)),* }
            }

            /// The tab that an action shows.
            pub fn of(action: Action) -> Option<Self> {
                match action {
                    $(Action::$id => Some(Self::$id),)*
                    _ => None,
                }
            }
        }
    };
}

tabs! {
    Webhooks '1';
    Connections '2';
    Secrets '3';
    Problems '4';
    Health '6';
    Log '7';
    Settings '8';
}
