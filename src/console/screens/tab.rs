//! The tabs, one row each: digit and component; the action of the same name shows it.

use super::browse::Documents;
use super::health::HealthScreen;
use super::log::LogScreen;
use super::secrets::SecretsScreen;
use crate::console::action::Action;
use crate::console::component::Component;

macro_rules! tabs {
    ($($id:ident $digit:literal $component:expr;)*) => {
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

            pub(crate) fn component(self) -> &'static dyn Component {
                match self { $(Self::$id => &$component),* }
            }
        }
    };
}

tabs! {
    Webhooks '1' Documents::Webhooks;
    Connections '2' Documents::Connections;
    Secrets '3' SecretsScreen;
    Health '6' HealthScreen;
    Log '7' LogScreen;
}
