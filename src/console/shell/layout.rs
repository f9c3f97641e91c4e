//! The layout of a screen of a given size, its panes or the one that is zoomed, shared by scrolling and
//! drawing.

use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    pub cols: u16,
    pub rows: u16,
}

/// The largest screen that is drawn; each cell of it takes memory. The rest of a terminal that claims to be
/// larger stays empty.
const LARGEST: Size = Size { cols: 1_000, rows: 500 };

impl Size {
    /// The part of a terminal of this size that is drawn on.
    pub fn drawn(self) -> Self {
        Self { cols: self.cols.min(LARGEST.cols), rows: self.rows.min(LARGEST.rows) }
    }
}

/// The panes of the body, left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Pane {
    Namespaces,
    #[default]
    Items,
    Detail,
}

/// The parts of the screen; a part that does not fit has an empty area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScreenLayout {
    pub header: Rect,
    pub tabs: Rect,
    pub body: Rect,
    pub status: Rect,
    pub footer: Rect,
}

/// The three panes of the body; those not shown have width 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PaneLayout {
    pub namespaces: Rect,
    pub items: Rect,
    pub detail: Rect,
}

impl PaneLayout {
    /// Whether only one pane is shown, so that its title has to include the context.
    pub fn is_alone(&self) -> bool {
        [self.namespaces, self.items, self.detail].iter().filter(|pane| pane.width > 0).count() < 2
    }
}

/// With fewer rows than this, there are no tabs and no footer.
const TINY_ROWS: u16 = 8;

/// Splits a screen into header, tabs, body, status and footer.
pub fn screen_layout(size: Size) -> ScreenLayout {
    let Size { cols, rows } = size;
    let row = |y: u16, height: u16| Rect { x: 0, y, width: cols, height };
    match rows {
        0 => ScreenLayout::default(),
        1 => ScreenLayout { header: row(0, 1), ..ScreenLayout::default() },
        2..TINY_ROWS => {
            let body = row(1, rows.saturating_sub(2).max(1));
            let status = if rows > 2 { row(rows - 1, 1) } else { Rect::default() };
            ScreenLayout { header: row(0, 1), body, status, ..ScreenLayout::default() }
        }
        _ => ScreenLayout {
            header: row(0, 1),
            tabs: row(1, 1),
            body: row(2, rows - 4),
            status: row(rows - 2, 1),
            footer: row(rows - 1, 1),
        },
    }
}

/// The sizes that a user gave the panes; `None` for those that follow the terminal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PaneSizes {
    /// Columns of the namespaces.
    pub namespaces: Option<u16>,
    /// The list's percentage of the columns that it shares with the detail.
    pub documents: Option<u16>,
    /// The same in the Secrets tab.
    pub secrets: Option<u16>,
}

/// From these widths on there are two panes, and three.
const TWO_PANES: u16 = 82;
const THREE_PANES: u16 = 110;

/// The fewest columns of a list and of a detail side by side, and those that a user can set.
const LEAST_ITEMS: u16 = 47;
const LEAST_DETAIL: u16 = 35;
const LEAST: u16 = 24;

/// The fewest columns of the namespaces, and how many they have while there are only two panes.
const LEAST_NAMESPACES: u16 = 12;
const NAMESPACES_OF_TWO: u16 = 26;

/// Columns of a list that hold no cells: the selection's marker, two marks, and one at the right edge.
pub const LIST_MARGIN: u16 = 4;

/// Splits the body into panes: three if wide, two if narrower, otherwise one. A zoomed or single pane is the
/// focused one. A tab without namespaces has no first pane.
pub fn pane_layout(
    body: Rect,
    focus: Pane,
    zoomed: bool,
    with_namespaces: bool,
    sizes: &PaneSizes,
) -> PaneLayout {
    let columns = |widths: [u16; 3]| {
        let mut x = body.x;
        let mut cut = |width: u16| {
            let rect = if width == 0 { Rect::default() } else { Rect { x, width, ..body } };
            x += width;
            rect
        };
        let [namespaces, items, detail] = widths;
        PaneLayout { namespaces: cut(namespaces), items: cut(items), detail: cut(detail) }
    };
    let width = body.width;
    let alone = |pane: Pane| match pane {
        Pane::Namespaces if with_namespaces => columns([width, 0, 0]),
        Pane::Detail => columns([0, 0, width]),
        _ => columns([0, width, 0]),
    };
    if zoomed || width < TWO_PANES {
        return alone(focus);
    }
    let two = width < THREE_PANES || !with_namespaces;
    if two && focus == Pane::Namespaces && with_namespaces {
        let namespaces = namespaces_width(width, NAMESPACES_OF_TWO, LEAST, sizes);
        return columns([namespaces, width - namespaces, 0]);
    }
    // From 150 columns on, every second one goes to the namespaces until they have 28.
    let own = 22 + (width.saturating_sub(150) / 2).min(6);
    let namespaces = if two { 0 } else { namespaces_width(width, own, LEAST_ITEMS + LEAST_DETAIL, sizes) };
    let rest = width - namespaces;
    let items = items_width(rest, if focus == Pane::Detail { 50 } else { 60 }, sizes.documents);
    columns([namespaces, items, rest - items])
}

fn namespaces_width(width: u16, own: u16, others: u16, sizes: &PaneSizes) -> u16 {
    let most = width.saturating_sub(others).max(LEAST_NAMESPACES);
    sizes.namespaces.unwrap_or(own).clamp(LEAST_NAMESPACES, most)
}

/// The columns of a list of those it shares with a detail.
fn items_width(shared: u16, own: u16, chosen: Option<u16>) -> u16 {
    let part = |percent: u16| u16::try_from(u32::from(shared) * u32::from(percent) / 100).unwrap_or(shared);
    match chosen {
        Some(percent) => part(percent.min(100)).clamp(LEAST, shared.saturating_sub(LEAST).max(LEAST)),
        None => part(own).clamp(LEAST_ITEMS, shared.saturating_sub(LEAST_DETAIL).max(LEAST_ITEMS)),
    }
}

/// The panes of the Secrets tab, where paths need more width than details.
pub fn secret_panes(body: Rect, focus: Pane, zoomed: bool, sizes: &PaneSizes) -> PaneLayout {
    let panes = pane_layout(body, focus, zoomed, false, sizes);
    if panes.items.width == 0 || panes.detail.width == 0 {
        return panes;
    }
    let width = items_width(body.width, if focus == Pane::Detail { 48 } else { 60 }, sizes.secrets);
    let items = Rect { width, ..body };
    PaneLayout { items, detail: Rect { x: body.x + width, width: body.width - width, ..body }, ..panes }
}

/// The columns for the names in a list whose pane `items` cuts from the body: all that it has for cells, but
/// no more than on a wider terminal on which another pane appears, so that a wider one never shows less of a
/// name.
pub fn identity_room(body: Rect, items: impl Fn(Rect) -> Rect) -> u16 {
    let folds = [TWO_PANES, THREE_PANES].into_iter().filter(|fold| *fold > body.width);
    let room = |width| inner(items(Rect { width, ..body })).width.saturating_sub(LIST_MARGIN);
    folds.chain([body.width]).map(room).min().unwrap_or(0)
}

impl PaneSizes {
    /// Makes a pane wider or narrower by a step; `panes` is how the body is cut now. Returns whether it
    /// changed.
    pub fn resize(&mut self, panes: &PaneLayout, pane: Pane, secrets: bool, wider: bool) -> bool {
        let before = *self;
        let step = |value: u16, by: u16, wider: bool| match wider {
            true => value.saturating_add(by),
            false => value.saturating_sub(by),
        };
        let (items, detail) = (panes.items.width, panes.detail.width);
        if pane == Pane::Namespaces {
            self.namespaces = Some(step(panes.namespaces.width, 2, wider).max(LEAST_NAMESPACES));
        } else if items > 0 && detail > 0 {
            let shared = items + detail;
            let columns = step(items, (shared / 25).max(2), wider == (pane == Pane::Items));
            let columns = columns.clamp(LEAST, shared.saturating_sub(LEAST).max(LEAST));
            let percent = (u32::from(columns) * 100).div_ceil(u32::from(shared));
            let place = if secrets { &mut self.secrets } else { &mut self.documents };
            *place = u16::try_from(percent).ok();
        }
        *self != before
    }
}

/// A pane without its vertical rule, which is in the first column of every pane but the leftmost.
pub fn inner(pane: Rect) -> Rect {
    let rule = u16::from(pane.x > 0).min(pane.width);
    Rect { x: pane.x + rule, width: pane.width - rule, ..pane }
}

/// The rows of the Namespaces and Detail panes, below their title.
pub fn body_rows(pane: Rect) -> Rect {
    below(inner(pane), u16::from(pane.height >= LOW))
}

/// The rows of the Items pane, below its title and column headings.
pub fn item_rows(pane: Rect) -> Rect {
    let heads = match pane.height {
        0..LOW => 0,
        LOW..8 => 1,
        _ => 2,
    };
    below(inner(pane), heads)
}

/// A pane with fewer rows than this has no title.
const LOW: u16 = 4;

/// From this many rows on, the editor has a second line for problems.
const ROOMY: u16 = 10;

/// The parts of the screen while a document is edited, reviewed or merged. The title replaces the tabs, which
/// cannot be reached then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EditLayout {
    /// The line with the document and its base.
    pub title: Rect,
    /// The text, line numbers included.
    pub text: Rect,
    /// The lines with the problem at the cursor.
    pub problem: Rect,
}

/// Splits the screen for the editor. A review has no lines for problems: [`EditLayout::problem`] is empty.
pub fn edit_layout(frame: &ScreenLayout, review: bool) -> EditLayout {
    let body = frame.body;
    let problem = match body.height {
        _ if review => 0,
        0..LOW => 0,
        LOW..ROOMY => 1,
        _ => 2,
    };
    let text = Rect { height: body.height - problem, ..body };
    EditLayout { title: frame.tabs, text, problem: below(body, text.height) }
}

/// The columns of the line numbers, including the blank after them.
pub fn gutter(lines: usize) -> u16 {
    let digits = lines.max(1).ilog10() + 1;
    u16::try_from(digits.max(2) + 2).unwrap_or(u16::MAX)
}

/// The columns of the line numbers in the editor's text area.
pub fn editor_gutter(text: Rect, lines: usize) -> u16 {
    gutter(lines).min(text.width / 3)
}

/// A rectangle without its first `rows` rows.
fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No size, and sizes that a file could hold, sensible or not.
    fn chosen_sizes() -> Vec<PaneSizes> {
        let all = |size| PaneSizes { namespaces: size, documents: size, secrets: size };
        [None, Some(0), Some(1), Some(33), Some(50), Some(99), Some(u16::MAX)].map(all).to_vec()
    }

    #[test]
    fn every_size_is_covered_without_overlap() {
        for rows in 0..60 {
            for cols in [0, 1, 2, 20, 79, 80, 81, 82, 109, 110, 120, 200, 300] {
                let frame = screen_layout(Size { cols, rows });
                let parts = [frame.header, frame.tabs, frame.body, frame.status, frame.footer];
                let used: u16 = parts.iter().map(|part| part.height).sum();
                assert_eq!(used, rows, "{cols}x{rows}");
                for focus in [Pane::Namespaces, Pane::Items, Pane::Detail] {
                    for (zoomed, with_namespaces) in
                        [(false, false), (false, true), (true, false), (true, true)]
                    {
                        for sizes in chosen_sizes() {
                            let panes = pane_layout(frame.body, focus, zoomed, with_namespaces, &sizes);
                            let widths = panes.namespaces.width + panes.items.width + panes.detail.width;
                            assert_eq!(widths, frame.body.width, "{cols}x{rows} {focus:?} {sizes:?}");
                            let panes = secret_panes(frame.body, focus, zoomed, &sizes);
                            assert_eq!(panes.items.width + panes.detail.width, frame.body.width);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn rows_and_editor_lie_inside_what_they_are_cut_from() {
        for rows in 0..60 {
            for cols in [0, 1, 2, 20, 80, 120, 300] {
                let frame = screen_layout(Size { cols, rows });
                let panes = pane_layout(frame.body, Pane::Items, false, true, &PaneSizes::default());
                for pane in [panes.namespaces, panes.items, panes.detail] {
                    for part in [inner(pane), body_rows(pane), item_rows(pane)] {
                        assert_eq!(part.intersection(pane), part, "{cols}x{rows}");
                    }
                }
                for review in [false, true] {
                    let parts = edit_layout(&frame, review);
                    assert_eq!(parts.text.height + parts.problem.height, frame.body.height, "{cols}x{rows}");
                }
            }
        }
        assert_eq!((gutter(0), gutter(99), gutter(100), gutter(20_000)), (4, 4, 5, 7));
    }

    #[test]
    fn the_room_of_a_name_never_shrinks_as_the_terminal_grows() {
        for (focus, zoomed) in [(Pane::Items, false), (Pane::Items, true), (Pane::Detail, false)] {
            for (with_namespaces, secrets) in [(true, false), (false, false), (false, true)] {
                let room = |cols| {
                    let body = screen_layout(Size { cols, rows: 40 }).body;
                    identity_room(body, |body| match secrets {
                        true => secret_panes(body, focus, zoomed, &PaneSizes::default()).items,
                        false => {
                            pane_layout(body, focus, zoomed, with_namespaces, &PaneSizes::default()).items
                        }
                    })
                };
                for cols in 20..300 {
                    assert!(room(cols) <= room(cols + 1), "{cols} {focus:?} {with_namespaces} {secrets}");
                }
                let own = if focus == Pane::Items { 80 } else { TWO_PANES };
                assert!(room(own) >= 42, "{focus:?} {with_namespaces} {secrets}: {}", room(own));
            }
        }
    }

    #[test]
    fn a_key_makes_a_pane_wider_and_its_neighbour_narrower_down_to_a_rest() {
        for (cols, pane) in
            [(120, Pane::Items), (120, Pane::Detail), (120, Pane::Namespaces), (82, Pane::Items)]
        {
            let body = screen_layout(Size { cols, rows: 40 }).body;
            let cut = |sizes: &PaneSizes| pane_layout(body, pane, false, true, sizes);
            let width = |panes: PaneLayout| match pane {
                Pane::Namespaces => panes.namespaces.width,
                Pane::Items => panes.items.width,
                Pane::Detail => panes.detail.width,
            };
            for wider in [true, false] {
                let mut sizes = PaneSizes::default();
                let mut last = width(cut(&sizes));
                for _ in 0..60 {
                    sizes.resize(&cut(&sizes), pane, false, wider);
                    let now = width(cut(&sizes));
                    assert!(if wider { now >= last } else { now <= last }, "{cols} {pane:?} {sizes:?}");
                    last = now;
                }
                assert_ne!(last, width(cut(&PaneSizes::default())), "{cols} {pane:?} {wider}");
                let panes = cut(&sizes);
                assert!(panes.items.width >= LEAST && panes.detail.width >= LEAST, "{cols} {panes:?}");
            }
        }
    }

    #[test]
    fn the_focused_pane_is_always_shown() {
        for cols in [20, 80, 100, 120, 200] {
            let body = screen_layout(Size { cols, rows: 40 }).body;
            for focus in [Pane::Namespaces, Pane::Items, Pane::Detail] {
                let panes = pane_layout(body, focus, false, true, &PaneSizes::default());
                let shown = match focus {
                    Pane::Namespaces => panes.namespaces,
                    Pane::Items => panes.items,
                    Pane::Detail => panes.detail,
                };
                assert!(shown.width > 0, "{cols} {focus:?}");
            }
        }
    }
}
