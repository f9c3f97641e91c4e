//! What the footer of a place offers.

use super::{Action, Place};

impl Action {
    /// The hints in the footer of a place, in order, each with its word; shown if the action is possible.
    pub fn hints(place: Place) -> Vec<(Self, &'static str)> {
        let of = |place: Place| {
            let hint = move |action: &Self| {
                action.info().hints.iter().find(|hint| hint.0 == place).map(|hint| (*action, hint))
            };
            let mut hints: Vec<_> = Self::ALL.iter().filter_map(hint).collect();
            hints.sort_by_key(|(_, hint)| hint.1);
            hints.into_iter().map(|(action, hint)| (action, hint.2))
        };
        let own: Vec<_> = of(place).collect();
        let around = place.around().into_iter().flat_map(of);
        let around: Vec<_> = around.filter(|hint| own.iter().all(|(own, _)| *own != hint.0)).collect();
        [own, around].concat()
    }
}
