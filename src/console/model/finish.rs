//! From a draft to what would be stored, and to what that changes. Where the text is large this takes
//! long, so all that it is made of can be handed to where waiting hurts nobody.

use std::fmt;
use std::time::Duration;

use super::edit::{NotReady, Review};
use crate::compare;
use crate::domain::json::{BYTE_ORDER_MARK, check_object};
use crate::domain::{Document, DocumentKind};
use crate::text::placeholders::{Kept, fill_hidden};

/// What a review is made of.
pub struct Finish {
    pub(super) kind: DocumentKind,
    pub(super) text: String,
    pub(super) kept: Kept,
    /// The document whose style the text gets.
    pub(super) original: Document,
    /// Whether that document is what is stored.
    pub(super) stored: bool,
    /// Whether a byte order mark that was there stays.
    pub(super) mark: bool,
}

impl fmt::Debug for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Finish({} bytes)", self.text.len())
    }
}

impl Finish {
    /// The document as it would be stored.
    ///
    /// # Errors
    /// [`NotReady`] where there is nothing to write yet.
    pub fn document(&self) -> Result<Document, NotReady> {
        check_object(&self.text).map_err(NotReady::Syntax)?;
        let filled =
            fill_hidden::<&str>(self.kind, &[], &self.text, &self.kept).map_err(NotReady::Placeholder)?;
        let restored = compare::restore(self.original.text().unwrap_or_default(), &filled);
        let document = match restored.strip_prefix(BYTE_ORDER_MARK) {
            Some(bare) if !self.mark => Document::from(bare.to_owned()),
            _ => Document::from(restored),
        };
        if self.stored && document == self.original { Err(NotReady::Unchanged) } else { Ok(document) }
    }

    /// The same, also where that is what is stored already.
    ///
    /// # Errors
    /// [`NotReady`] where it is no document yet.
    pub fn mine(&self) -> Result<Document, NotReady> {
        match self.document() {
            Err(NotReady::Unchanged) => Ok(self.original.clone()),
            finished => finished,
        }
    }

    /// The review of it against what it is based on.
    ///
    /// # Errors
    /// As [`Finish::document`].
    pub fn review(&self) -> Result<Review, NotReady> {
        let document = self.document()?;
        let before = if self.stored { self.original.text().unwrap_or_default() } else { "" };
        let text = document.text().unwrap_or_default();
        let diff = compare::diff(self.kind, before, text);
        let lines = compare::lines(self.kind, before, text);
        let full = !self.stored;
        Ok(Review { diff, lines, full, scroll: 0, opened: Duration::ZERO, document })
    }
}
