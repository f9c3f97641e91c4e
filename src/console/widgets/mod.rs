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

pub(in crate::console) use dialog::{DIALOG_COLUMNS, dialog, dialog_columns, draw_more};
pub(in crate::console) use document::numbered_line;
pub(in crate::console) use line_writer::LineWriter;
pub(in crate::console) use list::{Movement, clamp_scroll, first_row};
pub(in crate::console) use pane::{PaneTitle, draw_rules, draw_title};
pub(in crate::console) use review_page::{ReviewPage, diff_line};
pub(in crate::console) use surface::Surface;
pub(in crate::console) use table::{TableColumn, TextTable};
pub(in crate::console) use text_run::{TextRun, width};
