//! The detail of a secret: where it lives, its fields under a mask of one width, its versions, and who
//! depends on it, drawn only as far as it is seen.

use std::time::Duration;

use ratatui::layout::Rect;

use super::super::widgets::{Canvas, Phrase, Title, heading};
use super::super::words;
use super::lines::Lines;
use super::{is_alone, is_focused, states};
use crate::console::layout::{Pane, body_rows};
use crate::console::model::{Model, Spot, newest};
use crate::console::theme::{Ink, glyph};
use crate::domain::VersionState;

/// Where the selected line of the detail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::console) struct DetailPlace {
    /// Its line; `None` while none is selected.
    pub(in crate::console) line: Option<usize>,
    /// How many lines there are.
    pub(in crate::console) total: usize,
    /// How many are shown at once.
    pub(in crate::console) height: usize,
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, pane: Rect) {
    if pane.width == 0 {
        return;
    }
    let rows = body_rows(pane);
    if rows.height < pane.height {
        heading(canvas, pane, title(model));
    }
    let area = Rect { x: rows.x + 1, width: rows.width.saturating_sub(2), ..rows };
    let Some(lines) = Lines::of(model, area.width) else { return };
    let above = lines.all.len();
    let first = words::clamp_scroll(model.secrets_page.scroll, above + lines.holders(), area.height);
    let focused = is_focused(model, Pane::Detail);
    let spot = model.secrets_page.spot.as_ref().filter(|_| focused);
    for row in 0..area.height {
        let at = first + usize::from(row);
        let holder = at.checked_sub(above).map(Spot::Holder);
        let (phrase, here) = match (lines.all.get(at), &holder) {
            (Some(line), _) => (Some(line.phrase.clone()), line.spot.as_ref()),
            (None, holder) => (lines.holder(at - above), holder.as_ref()),
        };
        let mut pen = canvas.row(area, row);
        if here.is_some() && here == spot {
            pen.highlight(Ink::Selection);
        }
        if let Some(phrase) = phrase {
            pen.phrase(&phrase);
        }
    }
}

/// Where the selected line is, for what scrolls to it.
pub(in crate::console) fn place(model: &Model) -> DetailPlace {
    let rows = body_rows(model.panes().detail);
    let Some(lines) = Lines::of(model, rows.width.saturating_sub(2)) else { return DetailPlace::default() };
    let line = match &model.secrets_page.spot {
        Some(Spot::Holder(at)) => Some(lines.all.len() + at),
        spot => lines.all.iter().position(|line| line.spot.is_some() && line.spot == *spot),
    };
    let total = lines.all.len() + lines.holders();
    DetailPlace { line, total, height: usize::from(rows.height) }
}

fn title(model: &Model) -> Title {
    let name = model.secrets_page.selected.as_ref().map(|subject| subject.text()).unwrap_or_default();
    let name = match is_alone(model) && !name.is_empty() {
        true => format!("{} {} {name}", model.context.name, glyph::CRUMB),
        false => name,
    };
    Title { name, right: Phrase::default(), focused: is_focused(model, Pane::Detail) }
}

/// After which times an age in the detail steps.
pub(super) fn moments(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    let shown = model.panes().detail.width > 0;
    let presence = model.selected_presence().and_then(Result::ok).flatten();
    let written = presence.as_deref().and_then(|presence| match presence {
        crate::domain::Presence::Deleted { at, .. } => *at,
        presence => newest(presence).1,
    });
    let past = model.secrets_page.past.as_ref().and_then(|past| past.told.as_ref());
    let versions = past.and_then(|told| told.as_ref().ok()).and_then(Option::as_ref);
    let of_versions = versions.into_iter().flat_map(|versions| &versions.list).flat_map(|info| {
        let deleted = match info.state {
            VersionState::Deleted(at) => at,
            VersionState::Kept | VersionState::Destroyed => None,
        };
        [info.written, deleted]
    });
    let moments = written.into_iter().chain(of_versions.flatten());
    moments.filter(move |_| shown).map(|at| states::since(model, at).changes_in)
}
