//! Widgets that several screens share: surface, line writer, panes, tables, documents, dialogs.

mod input;

pub use input::TextInput;

mod dialog;
mod document;
pub(crate) mod filtered_rows;
mod line_writer;
mod list;
mod pane;
mod review_page;
mod surface;
mod table;
mod text_run;

pub(crate) use dialog::{DIALOG_COLUMNS, dialog, dialog_columns, draw_box, draw_more};
pub(crate) use document::{numbered_line, style_role_of};
pub(crate) use filtered_rows::FilteredRows;
pub(crate) use line_writer::LineWriter;
pub use list::{ListSource, ListState};
pub(crate) use list::{Movement, clamp_scroll, draw_rows, first_row, put_marker};
pub(crate) use pane::{PaneTitle, draw_rules, draw_title};
pub(crate) use review_page::{ReviewPage, diff_line};
pub(crate) use surface::Surface;
pub(crate) use table::{ColumnKind, TableColumn, TextTable};
pub(crate) use text_run::{TextRun, width};
