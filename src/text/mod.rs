//! What may be shown: `Safe` text and `Masked` documents. The only sanitizer.
//!
//! | part | what it is for |
//! | --- | --- |
//! | [`Safe`] | text that affects only its own cells on a terminal |
//! | [`Masked`] | a document with its secret fields hidden, line by line |
//! | [`placeholders`] | the same decision for the editor: secrets are replaced and restored |

#[cfg(test)]
pub(crate) mod fixture;
mod masked;
pub mod placeholders;
mod safe;
pub(crate) mod scan;
mod writer;

use crate::domain::Masking;

pub use masked::{DocumentLayout, MASK, Masked, MaskedLine, Segment, SegmentRole, mask_value};
pub use safe::{Safe, grouped};

/// How many secrets a document contains.
pub fn secrets_in(masking: &Masking, text: &str) -> usize {
    scan::scan(masking, text).iter().filter(|piece| piece.is_hidden()).count()
}
