//! Turns a draft into the document to store, and its review. This takes long for large texts, so the input is
//! owned and can be processed off the event loop.

use std::time::Duration;

use crate::check::Preflight;
use crate::compare::{self, Diff, DiffLine};
use crate::domain::json::{BYTE_ORDER_MARK, SyntaxError, check_object};
use crate::domain::{Document, Masking};
use crate::text::placeholders::{ConcealedSecrets, fill_hidden};

#[derive(Debug)]
pub struct Review {
    /// The document to write, in the formatting of the stored one.
    pub document: Document,
    /// Changes by path.
    pub diff: Diff,
    /// Changes line by line.
    pub lines: Vec<DiffLine>,
    /// What it does to the receiver, as it was last judged.
    pub preflight: Option<Preflight>,
    /// Whether the lines are shown instead of the paths.
    pub full: bool,
    pub scroll: usize,
    /// When it was opened; keys in the first 300 ms do not write.
    pub opened: Duration,
}

/// Why a draft cannot be reviewed.
#[derive(Debug)]
pub enum NotReady {
    /// It equals the stored document.
    Unchanged,
    /// It is not a JSON object.
    Syntax(SyntaxError),
    /// A placeholder cannot be filled.
    Placeholder(SyntaxError),
    /// The comparison panicked; the log has the details.
    Failed,
}

pub struct ReviewInput {
    pub(crate) masking: Masking,
    pub(crate) text: String,
    pub(crate) concealed_secrets: ConcealedSecrets,
    /// The document whose formatting is applied.
    pub(crate) original: Document,
    /// Whether that document is stored, rather than a template.
    pub(crate) stored: bool,
    /// Whether a byte order mark is kept.
    pub(crate) byte_order_mark: bool,
}

impl ReviewInput {
    /// The document as it would be stored.
    ///
    /// # Errors
    /// [`NotReady`] if there is nothing to write yet.
    pub fn document(&self) -> Result<Document, NotReady> {
        check_object(&self.text).map_err(NotReady::Syntax)?;
        let filled = fill_hidden::<&str>(&self.masking, &[], &self.text, &self.concealed_secrets)
            .map_err(NotReady::Placeholder)?;
        let restored = compare::restore(self.original.text().unwrap_or_default(), &filled);
        let document = match restored.strip_prefix(BYTE_ORDER_MARK) {
            Some(bare) if !self.byte_order_mark => Document::from(bare.to_owned()),
            _ => Document::from(restored),
        };
        if self.stored && document == self.original { Err(NotReady::Unchanged) } else { Ok(document) }
    }

    /// Like [`Self::document`], but returns the original if nothing changed.
    ///
    /// # Errors
    /// [`NotReady`] if it is not a valid document yet.
    pub fn document_or_original(&self) -> Result<Document, NotReady> {
        match self.document() {
            Err(NotReady::Unchanged) => Ok(self.original.clone()),
            finished => finished,
        }
    }

    /// The review of the changes against the base.
    ///
    /// # Errors
    /// As [`ReviewInput::document`].
    pub fn review(&self) -> Result<Review, NotReady> {
        let document = self.document()?;
        let before = if self.stored { self.original.text().unwrap_or_default() } else { "" };
        let text = document.text().unwrap_or_default();
        let diff = compare::diff(&self.masking, before, text);
        let lines = compare::lines(&self.masking, before, text);
        let full = !self.stored;
        Ok(Review { diff, lines, preflight: None, full, scroll: 0, opened: Duration::ZERO, document })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DocumentKind;
    use crate::text::placeholders::conceal;

    #[test]
    fn a_draft_of_what_only_the_receiver_takes_is_written_and_keeps_it() {
        let masking = Masking::built_in(DocumentKind::Webhook);
        let stored =
            r#"{"module":"log","n":[NaN,1e999, "\ud800",1e+23],"pin":-Infinity,"twice":1,"twice":{"a":-0}}"#;
        let (draft, concealed_secrets) = conceal(&masking, &compare::format(stored));
        assert!(!draft.contains("-Infinity"), "a number can be a secret");
        let edited = draft.replace("\"log\"", "\"kafka\"");
        let input = ReviewInput {
            masking,
            text: edited,
            concealed_secrets,
            original: Document::from(stored),
            stored: true,
            byte_order_mark: false,
        };
        let review = input.review().unwrap();
        assert_eq!(review.document.text().unwrap(), stored.replace("log", "kafka"));
        assert_eq!(review.diff.changes.len(), 1);
    }
}
