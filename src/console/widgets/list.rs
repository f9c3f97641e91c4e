//! Movements in lists and scrolled pages, and the rows that are in view.

use crate::console::action::Action;

/// A movement in a list or a scrolled page.
#[derive(Clone, Copy)]
pub(crate) enum Movement {
    Lines(isize),
    Page(isize),
    First,
    Last,
}

impl Movement {
    pub(crate) fn from_action(action: Action) -> Option<Self> {
        Some(match action {
            Action::Up => Self::Lines(-1),
            Action::Down => Self::Lines(1),
            Action::PageUp => Self::Page(-1),
            Action::PageDown => Self::Page(1),
            Action::First => Self::First,
            Action::Last => Self::Last,
            _ => return None,
        })
    }

    /// The position it leads to from `at`, within `0..len`.
    pub(crate) fn apply(self, at: usize, len: usize, page: usize) -> usize {
        let last = len.saturating_sub(1);
        match self {
            Self::Lines(by) => at.saturating_add_signed(by).min(last),
            Self::Page(by) => {
                let page = isize::try_from(page.saturating_sub(1).max(1)).unwrap_or(isize::MAX);
                at.saturating_add_signed(by.saturating_mul(page)).min(last)
            }
            Self::First => 0,
            Self::Last => last,
        }
    }

    /// The first line shown of a page that scrolls until its last line is visible.
    pub(crate) fn scroll(self, first: usize, lines: usize, page: usize) -> usize {
        let last = lines.saturating_sub(page);
        self.apply(first.min(last), last + 1, page)
    }
}

/// The first row to show so that `total` rows fill `height` as far as they can.
pub(crate) fn clamp_scroll(scroll: usize, total: usize, height: u16) -> usize {
    scroll.min(total.saturating_sub(usize::from(height)))
}

/// The first row to show so that the one at `cursor` is visible: `first`, unless it would not be.
pub(crate) fn first_row(first: usize, cursor: usize, len: usize, height: usize) -> usize {
    let height = height.max(1);
    first.min(cursor).max((cursor + 1).saturating_sub(height)).min(len.saturating_sub(height.min(len)))
}
