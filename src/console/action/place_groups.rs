//! Places that share keys.

use crate::console::place::Place::{self, *};

pub(super) const EVERYWHERE: [Place; Place::ALL.len()] = Place::ALL;
pub(super) const LISTS: [Place; 4] = [Browse, Secrets, Problems, Settings];
pub(super) const TABS: [Place; 5] = [Browse, Secrets, Problems, Settings, Page];
pub(super) const SCREENS: [Place; 12] = [
    Browse,
    Secrets,
    Problems,
    Settings,
    Page,
    Review,
    Merge,
    Plan,
    SecretForm,
    SecretReview,
    StaleDependents,
    Effective,
];
pub(super) const SCROLLING: [Place; 18] = [
    Browse,
    Secrets,
    Problems,
    Settings,
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
