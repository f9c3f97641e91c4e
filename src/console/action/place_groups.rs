//! Places that share keys.

use crate::console::place::Place::{self, *};

pub(super) const EVERYWHERE: [Place; Place::ALL.len()] = Place::ALL;
pub(super) const LISTS: [Place; 3] = [Browse, Secrets, Problems];
pub(super) const TABS: [Place; 4] = [Browse, Secrets, Problems, Page];
pub(super) const SCREENS: [Place; 11] = [
    Browse,
    Secrets,
    Problems,
    Page,
    Review,
    Merge,
    Plan,
    SecretForm,
    SecretReview,
    StaleDependents,
    Effective,
];
pub(super) const SCROLLING: [Place; 17] = [
    Browse,
    Secrets,
    Problems,
    Page,
    Help,
    Review,
    Merge,
    Plan,
    Drafts,
    Columns,
    Messages,
    PickSecret,
    RevealedValue,
    SecretForm,
    SecretReview,
    StaleDependents,
    Effective,
];
