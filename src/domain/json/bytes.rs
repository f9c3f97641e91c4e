//! Eight bytes compared at once, by the borrow that a zero byte takes from its highest bit: what strings are
//! searched with, most of which are too short for a vector.
//!
//! A mask has the highest bit of each byte that matches. A borrow can mark bytes after such a one as well,
//! never one before it: the first of a mask is right, and an empty mask is.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHEST: u64 = ONES << 7;

/// The mask of the bytes that are equal to one of ASCII.
pub(super) fn bytes_equal(eight: u64, byte: u8) -> u64 {
    bytes_below(eight ^ (ONES * u64::from(byte)), 1)
}

/// The mask of the bytes that are less than a limit of at most 128.
pub(super) fn bytes_below(eight: u64, limit: u8) -> u64 {
    eight.wrapping_sub(ONES * u64::from(limit)) & !eight & HIGHEST
}

/// The index of the first byte of a mask.
pub(super) fn first_byte(mask: u64) -> Option<usize> {
    (mask != 0).then(|| mask.trailing_zeros() as usize / 8)
}
