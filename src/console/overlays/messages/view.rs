//! The list of messages as drawn: newest first, wrapped beside their time and mark.

use ratatui::layout::Rect;

use super::MessagesPage;
use crate::console::model::{Model, Notice, NoticeOrigin};
use crate::console::overlays::dialog_area;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, clamp_scroll, dialog, dialog_columns, draw_more};
use crate::console::words;

/// The most columns of a line.
const COLUMNS: u16 = 100;

pub(super) fn draw(surface: &mut Surface<'_>, model: &Model, page: &MessagesPage) {
    let area = dialog_area(model);
    let lines = lines(model, page, dialog_columns(area, COLUMNS));
    let below = filter_rows(page);
    let inside = dialog(surface, area, &title(model, page), COLUMNS, lines.len() + usize::from(below));
    let height = inside.height.saturating_sub(below);
    let first = clamp_scroll(page.list.offset, lines.len(), height);
    surface.put_lines(Rect { height, ..inside }, 0, lines.iter().skip(first));
    if below > 0 && inside.height > 0 {
        let row = inside.height - 1;
        let mut line = surface.row(inside, row);
        line.put(StyleRole::Key, "/");
        if page.list.typing.is_some() {
            let x = line.put_input(&page.list.filter);
            surface.set_cursor(x, inside.y + row);
        } else {
            line.put(StyleRole::Accent, page.list.filter.text());
        }
    }
    if lines.len() > first + usize::from(height) {
        draw_more(surface, inside);
    }
}

/// The number of lines, and how many of them are visible.
pub(super) fn extent(model: &Model, page: &MessagesPage) -> (usize, usize) {
    let area = dialog_area(model);
    let height = area.height.saturating_sub(2 + filter_rows(page));
    (lines(model, page, dialog_columns(area, COLUMNS)).len(), usize::from(height))
}

/// The row of the filter, if there is one.
fn filter_rows(page: &MessagesPage) -> u16 {
    u16::from(page.list.typing.is_some() || !page.list.filter.text().is_empty())
}

/// `messages · 3 of 12 · 2 newer`
fn title(model: &Model, page: &MessagesPage) -> String {
    let (listed, all) = (page.listed(model).count(), model.notices.newest_first().count());
    let mut title = match page.list.filter.text() {
        "" => words::plural(listed, "message"),
        _ => format!("{} of {}", words::grouped(listed), words::plural(all, "message")),
    };
    if let later @ 1.. = page.later(model) {
        title.push_str(&format!(" {} {} newer", glyph::DOT, words::grouped(later)));
    }
    title
}

fn lines(model: &Model, page: &MessagesPage, columns: u16) -> Vec<TextRun> {
    let times: Vec<(&Notice, String)> =
        page.listed(model).map(|notice| (notice, model.age(notice.at).text)).collect();
    if times.is_empty() {
        let words = match page.list.filter.text() {
            "" => "nothing to tell so far".to_owned(),
            filter => format!("nothing matches /{filter}"),
        };
        return TextRun::wrap(StyleRole::Dim, &words, columns);
    }
    let widest = times.iter().map(|(_, time)| time.len()).max().unwrap_or(0);
    times
        .into_iter()
        .flat_map(|(notice, time)| message(notice, &format!("{time:>widest$}"), columns))
        .collect()
}

/// One message: its time, its mark, its text beside both.
fn message(notice: &Notice, time: &str, columns: u16) -> Vec<TextRun> {
    let (mark, style) = words::notice_badge(notice);
    let role = if notice.origin == NoticeOrigin::News { StyleRole::Dim } else { StyleRole::Text };
    let label = TextRun::of(StyleRole::Dim, format!("{time}  ")).and(style, format!("{mark} "));
    let indent = label.width();
    let text = TextRun::wrap(role, &notice.text, columns.saturating_sub(indent).max(8));
    TextRun::beside(&label, indent, text)
}
