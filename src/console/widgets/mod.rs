//! Widgets that several screens share: surface, line writer, panes, tables, documents, dialogs.

mod input;

pub use input::TextInput;

mod dialog;
mod document;
mod line_writer;
mod list;
mod pane;
mod review_page;
mod surface;
mod table;
mod text_run;

pub(crate) use dialog::{DIALOG_COLUMNS, dialog, dialog_columns, draw_more};
pub(crate) use document::numbered_line;
pub(crate) use line_writer::LineWriter;
pub(crate) use list::{Movement, clamp_scroll, first_row};
pub(crate) use pane::{PaneTitle, draw_rules, draw_title};
pub(crate) use review_page::{ReviewPage, diff_line};
pub(crate) use surface::Surface;
pub(crate) use table::{TableColumn, TextTable};
pub(crate) use text_run::{TextRun, width};
