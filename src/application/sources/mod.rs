//! The sources of layers, and the writers into them.

mod tree;
