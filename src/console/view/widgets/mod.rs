//! Widgets that several screens share: surface, line writer, panes, tables, documents, dialogs.

mod dialog;
mod document;
mod line_writer;
mod pane;
mod review_page;
mod surface;
mod table;
mod text_run;

pub(in crate::console::view) use dialog::dialog;
pub(in crate::console::view) use document::{numbered_line, style_role_of};
pub(in crate::console::view) use line_writer::LineWriter;
pub(in crate::console::view) use pane::{PaneTitle, draw_rules, draw_title};
pub(in crate::console::view) use review_page::{ReviewPage, diff_line};
pub(in crate::console::view) use surface::Surface;
pub(in crate::console::view) use table::{TableColumn, TextTable};
pub(in crate::console::view) use text_run::{TextRun, width};
