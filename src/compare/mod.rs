//! Format, splice and diff, on token spans. Pure.
