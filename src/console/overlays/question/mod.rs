//! A yes-or-no question that names its target.

mod view;

pub(in crate::console) use view::draw;
