//! A pair of JSON files as a store.
