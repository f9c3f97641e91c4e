//! What may be shown: `Safe` text and `Masked` documents. The only sanitizer.
//!
//! | part | what it is for |
//! | --- | --- |
//! | [`Safe`] | text that changes nothing on a terminal but its own cells |
//! | [`Masked`] | a document with its secret fields hidden, line by line |
//! | [`placeholders`] | the same decision for the editor: secrets taken out and put back |

#[cfg(test)]
pub(crate) mod fixture;
mod masked;
pub mod placeholders;
mod safe;
pub(crate) mod scan;
mod writer;

use crate::domain::DocumentKind;

pub use masked::{MASK, Masked, MaskedLine, Segment, SegmentRole, mask_value};
pub use safe::{Safe, grouped};

/// How many secrets a document holds.
pub fn secrets_in(kind: DocumentKind, text: &str) -> usize {
    scan::scan(kind, text).iter().filter(|piece| piece.is_hidden()).count()
}
