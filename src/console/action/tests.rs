//! The names of actions.

use std::collections::HashSet;

use super::*;

#[test]
fn names_are_exact_and_unique() {
    let names: HashSet<_> = Action::ALL.iter().map(|action| action.name()).collect();
    assert_eq!(names.len(), Action::ALL.len());
    assert_eq!(Action::named("unlock"), Some(Action::Unlock));
    assert_eq!(Action::named("unl"), None);
    assert_eq!(Action::named("write"), None, "a write starts from its review alone");
}
