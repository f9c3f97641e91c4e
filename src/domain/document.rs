//! The bytes of one stored value, byte for byte.

use std::fmt;
use std::sync::Arc;

/// The largest document, in bytes, that the editor opens. Larger ones can be viewed, replaced and deleted.
pub const MAX_EDITABLE: usize = 1024 * 1024;

/// The value of one key, byte for byte as stored; cheap to clone.
///
/// It may contain plaintext secrets, so its `Debug` form shows only the size. To show it, make a
/// `text::Masked` of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Document(Arc<[u8]>);

impl Document {
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if the bytes are UTF-8.
    ///
    /// # Errors
    /// [`std::str::Utf8Error`] with the offset of the first byte that is not.
    pub fn text(&self) -> Result<&str, std::str::Utf8Error> {
        std::str::from_utf8(&self.0)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all; such a value is legal in a store but useless to the receiver.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Document {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Document {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({} bytes)", self.0.len())
    }
}
