//! What may be shown: `Safe` text and `Masked` documents. The only sanitizer.
