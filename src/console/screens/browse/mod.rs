//! The screens Webhooks and Connections: namespaces, a list of documents, and the detail of the selected one.

pub(in crate::console) mod detail;
pub(in crate::console) mod empty;
mod filter;
pub(in crate::console) mod items;
mod listing;
pub(in crate::console) mod marking;
mod marks;
mod namespaces;
pub(in crate::console) mod needs;
mod state;
mod update;
mod view;

pub use filter::Filter;
pub use listing::{DocumentList, Sort};
pub use marks::{MAX_MARKS, Marks};
pub use state::{BrowsePage, DetailDocument, DetailPane, NamespaceList};
pub(in crate::console) use update::{
    apply_delta, back, copy, end_filter, filter, focus, go_to, nothing_selected, open, refilter, settle,
    show, sort, step, zoom,
};
pub(in crate::console) use view::draw;
