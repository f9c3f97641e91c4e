//! The keys of a place, in groups.

mod view;

pub(in crate::console) use view::draw;
#[cfg(test)]
pub(in crate::console) use view::offered;
