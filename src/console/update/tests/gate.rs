//! The gate: every write passes it, wherever it starts. No list is maintained here: actions, places and keys
//! come from their enumerations, and the states from exploring (`walk`).
//!
//! A failure that a place was not reached means that `walk::steps` lacks what leads there.

pub(super) mod walk;

use std::collections::HashSet;
use std::sync::OnceLock;

use proptest::prelude::*;
use walk::{StateWalk, Stepper, WalkStep, explore, face, keys_of, steps};

use super::*;
use crate::console::action::Action;
use crate::console::overlays::help;
use crate::console::shell::is_possible;

fn writing_actions() -> impl Iterator<Item = Action> {
    Action::ALL.iter().copied().filter(|action| action.writes())
}

/// Whether the last step may lead to a write: it requests one, answers a question about one, or is the answer
/// to an earlier request.
fn may_lead_to_a_write(walk: &StateWalk) -> bool {
    let asked_before = walk.actions.iter().any(|action| action.writes());
    match (&walk.last, walk.led_by) {
        (WalkStep::Told(_) | WalkStep::SecretTold { .. }, _) => asked_before,
        (_, Some(action)) if action.writes() => true,
        (_, Some(Action::Confirm | Action::Accept)) => asked_before,
        _ => false,
    }
}

/// A step of the open console, explored once for the tests that need it.
struct ExploredStep {
    path: Vec<WalkStep>,
    place: Place,
    led_by: Option<Action>,
    writes: bool,
    /// An effect that writes without having been asked for.
    unasked: Option<String>,
    /// Whether it led to a state that no step before had led to.
    is_first: bool,
}

/// One path to each distinct state of the open console.
pub(super) fn paths() -> impl Iterator<Item = &'static [WalkStep]> {
    explored().iter().filter(|step| step.is_first).map(|step| step.path.as_slice())
}

fn explored() -> &'static [ExploredStep] {
    static STEPS: OnceLock<Vec<ExploredStep>> = OnceLock::new();
    STEPS.get_or_init(|| {
        let mut explored = Vec::new();
        explore(WriteAccess::Open(None), |_, walk, is_first| {
            let written = walk.new_effects().find(|effect| effect.writes());
            explored.push(ExploredStep {
                place: walk.console.model.place(),
                led_by: walk.led_by,
                writes: written.is_some(),
                is_first,
                unasked: written.filter(|_| !may_lead_to_a_write(walk)).map(|effect| format!("{effect:?}")),
                path: walk.path.clone(),
            });
        });
        explored
    })
}

#[test]
fn every_place_is_reached_and_what_writes_begins_with_an_action_that_says_so() {
    let mut reached = HashSet::new();
    let (mut wrote, mut tried) = (HashSet::new(), HashSet::new());
    assert!(explored().len() > 70_000, "{} steps: the exploration has shrunk", explored().len());
    for step in explored() {
        reached.insert(step.place);
        tried.extend(step.led_by.filter(|action| action.writes()));
        assert_eq!(step.unasked, None, "comes of {:?}", step.path);
        wrote.extend(step.led_by.filter(|_| step.writes));
    }
    for place in Place::ALL {
        assert!(reached.contains(&place), "{place:?} was not reached: teach walk::steps what leads there");
    }
    for action in writing_actions() {
        assert!(tried.contains(&action), "{action:?} writes, and was never tried");
    }
    assert!(wrote.contains(&Action::Write) && wrote.contains(&Action::Confirm), "{wrote:?}");
}

#[test]
fn locked_nothing_writes_from_anywhere_and_it_is_said_why() {
    let mut stepper = Stepper::new(|path: &[WalkStep]| {
        let mut walk = StateWalk::along(path, WriteAccess::Open(None));
        walk.console.model.lock = WriteAccess::Locked;
        walk
    });
    for open in explored() {
        let Some((step, path)) = open.path.split_last() else { continue };
        stepper.step(path, step, |before, locked| {
            let effects: Vec<_> = locked.new_effects().collect();
            assert!(
                !effects.iter().any(|effect| effect.writes()),
                "{step:?} after {path:?} writes: {effects:?}"
            );
            let refused = locked.led_by.is_some_and(Action::writes);
            if open.writes || refused {
                let said = locked.console.notice();
                let why = said.contains("locked")
                    || said.contains("leave the draft first")
                    || said.contains("leave the form first")
                    || said.contains("leave the plan first");
                assert!(why, "{step:?} after {path:?} says {said:?}");
            }
            if refused && matches!(step, WalkStep::Key(_)) {
                assert_eq!(face(&locked.console), before, "{step:?} after {path:?} did something");
                assert!(
                    !effects.iter().any(|effect| does_something(effect)),
                    "{step:?} after {path:?}: {effects:?}"
                );
            }
        });
    }
}

/// Effects of passing time are nobody's action.
pub(super) fn does_something(effect: &Effect) -> bool {
    !matches!(
        effect,
        Effect::AskLease(..)
            | Effect::FindOut { .. }
            | Effect::CheckHealth(_)
            | Effect::Lock
            | Effect::WatchPresence(_)
            | Effect::RefreshPresence(_)
            | Effect::RefreshAllPresence
            | Effect::LogSecretStatus(_)
    )
}

#[test]
fn read_only_what_writes_is_not_offered_and_does_nothing() {
    let offers_no_write = |console: &TestConsole| {
        let (model, place) = (&console.model, console.model.place());
        let offered: Vec<_> = Action::hints(place)
            .into_iter()
            .map(|(action, _)| action)
            .filter(|action| is_possible(model, *action))
            .chain(help::offered(&model.keymap, place, |action| model.offers(action)))
            .collect();
        for action in Action::ALL.iter().copied().filter(|action| action.needs_writer()) {
            assert!(!offered.contains(&action), "{action:?} is offered in {place:?}");
        }
    };
    offers_no_write(&StateWalk::start(WriteAccess::ReadOnly).console);
    explore(WriteAccess::ReadOnly, |before, walk, is_first| {
        if is_first {
            offers_no_write(&walk.console);
        }
        let path = &walk.path;
        assert!(!walk.new_effects().any(Effect::writes), "{path:?}");
        if matches!(walk.last, WalkStep::Key(_)) && walk.led_by.is_some_and(Action::writes) {
            assert!(!walk.new_effects().any(does_something), "{path:?}");
            assert_eq!(face(&walk.console), before, "{path:?} did something");
            assert!(walk.console.notice().contains("read-only"), "{}", walk.console.notice());
        }
    });
    for action in Action::ALL.iter().copied().filter(|action| action.needs_writer()) {
        let mut console = TestConsole::loaded();
        console.model.lock = WriteAccess::ReadOnly;
        console.keys(":").text(action.name());
        let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("a command is typed") };
        assert!(!prompt.candidates.iter().any(|word| word == action.name()), "{action:?} is completed");
        console.keys("enter");
        assert!(!console.effects.iter().any(does_something), "{action:?} as a command");
    }
}

#[test]
fn what_writes_is_bound_or_typed_somewhere() {
    for action in writing_actions() {
        let bound = Place::ALL.into_iter().any(|place| keys_of(place).iter().any(|(_, to)| *to == action));
        assert!(bound || action.is_command(), "nobody can reach {action:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Long paths, for what no short one reaches: marks, several drafts, a failed write.
    #[test]
    fn on_no_way_does_anything_write_that_was_not_asked_for(
        choices in prop::collection::vec(any::<u16>(), 1..40),
        locks_at in 0_usize..60,
    ) {
        let mut walk = StateWalk::start(WriteAccess::Open(None));
        for (at, choice) in choices.into_iter().enumerate() {
            if at == locks_at {
                walk.console.model.lock = WriteAccess::Locked;
            }
            let steps = steps(&walk.console);
            walk = walk.go(steps[usize::from(choice) % steps.len()].clone());
            for effect in walk.new_effects().filter(|effect| effect.writes()) {
                prop_assert!(at < locks_at && may_lead_to_a_write(&walk), "{:?} of {:?}", effect, walk.path);
            }
        }
    }
}
