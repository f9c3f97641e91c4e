//! (model, message) -> effects. Pure.
