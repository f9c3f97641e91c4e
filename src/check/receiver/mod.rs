//! What the receiver does, as far as rules ask.

pub(super) mod host;
