//! The detail of a secret: its location, its fields under a mask of fixed width, its versions, and what depends
//! on it, drawn only where visible.

use std::time::Duration;

use ratatui::layout::Rect;

use super::lines::SecretDetailLines;
use super::secret_state::newest_version;
use super::state::Selection;
use crate::console::model::Model;
use crate::console::screens::secrets::states;
use crate::console::shell::layout::{Pane, body_rows};
use crate::console::theme::StyleRole;
use crate::console::widgets::{PaneTitle, Surface, TextRun, clamp_scroll, draw_title};
use crate::console::words;
use crate::domain::VersionState;

/// The lines of the detail, for scrolling the selected one into view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DetailViewport {
    /// The selected line; `None` while none is selected.
    pub(crate) line: Option<usize>,
    /// Lines in total.
    pub(crate) total: usize,
    /// Lines visible at once.
    pub(crate) height: usize,
}

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, pane: Rect) {
    if pane.width == 0 {
        return;
    }
    let rows = body_rows(pane);
    if rows.height < pane.height {
        draw_title(surface, pane, title(model));
    }
    let area = Rect { x: rows.x + 1, width: rows.width.saturating_sub(2), ..rows };
    let Some(lines) = SecretDetailLines::of(model, area.width) else { return };
    let above = lines.lines.len();
    let first = clamp_scroll(model.secrets_page.scroll, above + lines.holders(), area.height);
    let focused = model.has_focus(Pane::Detail);
    let spot = model.secrets_page.detail_selection.as_ref().filter(|_| focused);
    for row in 0..area.height {
        let at = first + usize::from(row);
        let holder = at.checked_sub(above).map(Selection::Holder);
        let (phrase, here) = match (lines.lines.get(at), &holder) {
            (Some(line), _) => (Some(line.run.clone()), line.selection.as_ref()),
            (None, holder) => (lines.holder(at - above), holder.as_ref()),
        };
        let mut pen = surface.row(area, row);
        if here.is_some() && here == spot {
            pen.highlight(StyleRole::Selection);
        }
        if let Some(phrase) = phrase {
            pen.put_run(&phrase);
        }
    }
}

pub(crate) fn viewport(model: &Model) -> DetailViewport {
    let rows = body_rows(model.panes().detail);
    let Some(lines) = SecretDetailLines::of(model, rows.width.saturating_sub(2)) else {
        return DetailViewport::default();
    };
    let line = match &model.secrets_page.detail_selection {
        Some(Selection::Holder(at)) => Some(lines.lines.len() + at),
        spot => lines.lines.iter().position(|line| line.selection.is_some() && line.selection == *spot),
    };
    let total = lines.lines.len() + lines.holders();
    DetailViewport { line, total, height: usize::from(rows.height) }
}

fn title(model: &Model) -> PaneTitle {
    let name = model.secrets_page.list.selected.as_ref().map(|subject| subject.text()).unwrap_or_default();
    words::pane_title(model, Pane::Detail, &name, TextRun::default())
}

/// In how long each age in the detail changes.
pub(crate) fn next_changes(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    let shown = model.panes().detail.width > 0;
    let presence = model.selected_presence().and_then(Result::ok).flatten();
    let written = presence.as_deref().and_then(|presence| match presence {
        crate::domain::Presence::Deleted { at, .. } => *at,
        presence => newest_version(presence).1,
    });
    let of_versions =
        model.secrets_page.versions().into_iter().flat_map(|versions| &versions.list).flat_map(|info| {
            let deleted = match info.state {
                VersionState::Deleted(at) => at,
                VersionState::Available | VersionState::Destroyed => None,
            };
            [info.written, deleted]
        });
    let moments = written.into_iter().chain(of_versions.flatten());
    moments.filter(move |_| shown).map(|at| states::since(model, at).changes_in)
}
