//! The way to a value in a document, as people read it.

use std::borrow::Cow;

use crate::domain::escape;

/// One step from a container to a value in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathStep<'a> {
    /// To the member of this name.
    Member(Cow<'a, str>),
    /// To the item of this number in an array, from 0.
    Item(usize),
}

/// `chain[0].module-config.headers.X-Key`, its names as [`escape`] writes them.
pub fn path_text<'s, 'a: 's>(steps: impl IntoIterator<Item = &'s PathStep<'a>>) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            PathStep::Item(number) => path.push_str(&format!("[{number}]")),
            PathStep::Member(name) => {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(&escape(name.as_bytes()));
            }
        }
    }
    path
}
