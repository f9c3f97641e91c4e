//! Pieces that several screens share: the canvas with its pen, panes, tables, documents, dialogs.

mod canvas;
mod dialog;
mod document;
mod page;
mod pane;
mod pen;
mod phrase;
mod table;

pub(in crate::console::view) use canvas::Canvas;
pub(in crate::console::view) use dialog::dialog;
pub(in crate::console::view) use document::{ink_of, numbered};
pub(in crate::console::view) use page::{Page, diff_line};
pub(in crate::console::view) use pane::{Title, heading, rules};
pub(in crate::console::view) use pen::Pen;
pub(in crate::console::view) use phrase::{Phrase, width};
pub(in crate::console::view) use table::{Column, Table};
