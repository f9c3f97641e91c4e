//! The box of an overlay: the only element with a full border.

use ratatui::layout::Rect;

use super::surface::Surface;
use super::text_run::TextRun;
use crate::console::theme::{StyleRole, glyph};

/// Columns of a question, an input line or a choice.
pub(crate) const DIALOG_COLUMNS: u16 = 64;

/// `columns`, or as many as a box in the area has room for.
pub(crate) fn dialog_columns(area: Rect, columns: u16) -> u16 {
    columns.min(area.width.saturating_sub(4))
}

/// Draws a titled box for `columns` × `rows` of content near the middle of an area, and returns its inside. A
/// box that does not fit is as large as the area.
pub(crate) fn dialog(surface: &mut Surface<'_>, area: Rect, title: &str, columns: u16, rows: usize) -> Rect {
    let wanted = columns.saturating_add(4);
    // Narrow strips of background on both sides would only distract.
    let width = if wanted.saturating_add(8) > area.width { area.width } else { wanted };
    let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).min(area.height);
    let outer = Rect {
        x: area.x + (area.width - width) / 2,
        // A little above the middle.
        y: area.y + (area.height - height) * 2 / 5,
        width,
        height,
    };
    surface.cursor = None;
    let inside = draw_box(surface, outer);
    if inside != outer {
        let mut line = surface.row(outer, 0);
        line.skip(2).margin(2).put(StyleRole::FocusedTitle, format!(" {title} "));
    }
    inside
}

/// Draws a bordered box, and returns its inside; all of it, if it is too small for a border.
pub(crate) fn draw_box(surface: &mut Surface<'_>, outer: Rect) -> Rect {
    let Rect { width, height, .. } = outer;
    surface.clear(outer);
    if width < 5 || height < 3 {
        return outer;
    }
    let [top_left, top_right, bottom_left, bottom_right] = glyph::CORNERS;
    for row in 0..height {
        let (left, between, right) = match row {
            0 => (top_left, glyph::HORIZONTAL, top_right),
            _ if row == height - 1 => (bottom_left, glyph::HORIZONTAL, bottom_right),
            _ => (glyph::VERTICAL, " ", glyph::VERTICAL),
        };
        let mut line = surface.row(outer, row);
        line.put(StyleRole::Border, left).margin(1).fill(StyleRole::Border, between);
        surface.row(Rect { x: outer.right() - 1, width: 1, ..outer }, row).put(StyleRole::Border, right);
    }
    Rect { x: outer.x + 2, y: outer.y + 1, width: width - 4, height: height - 2 }
}

/// Shows at the lower edge of a box that there is more content.
pub(crate) fn draw_more(surface: &mut Surface<'_>, inside: Rect) {
    let edge = Rect { y: inside.bottom(), height: 1, ..inside };
    surface.row(edge, 0).put_right(&TextRun::of(StyleRole::Dim, format!(" {} more ", glyph::MORE)));
}
