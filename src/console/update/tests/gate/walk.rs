//! Walking through the console by everything that can be done in it.

use std::collections::{HashSet, VecDeque};
use std::sync::OnceLock;

use super::super::{secrets, *};
use crate::console::action::Action;
use crate::console::keymap;
use crate::console::model::{Prompt, Purpose};

/// A key is pressed after a question has been read.
const READING: u64 = 400;

/// More states than this are a mistake in [`face`].
const STATES: usize = 4_000;

/// One thing that is done, or happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// A key that is bound here.
    Key(KeyEvent),
    /// An action typed after `:`.
    Command(Action),
    /// Text, where text is typed.
    Text(&'static str),
    /// The answer of the last commit.
    Told(Told),
    /// What was asked about a secret, answered: as hoped for, or with somebody else's write.
    SecretTold { well: bool },
    /// Somebody else writes the selected document.
    Overtaken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Done,
    Conflict,
    Unknown,
}

/// A console, and how it came to be as it is.
pub(super) struct Walk {
    pub(super) console: Console,
    pub(super) path: Vec<Step>,
    /// Every action on the way.
    pub(super) actions: Vec<Action>,
    pub(super) last: Step,
    /// The action of the last step, if it was one.
    pub(super) led_by: Option<Action>,
    /// Effects before the last step.
    seen: usize,
}

impl Walk {
    pub(super) fn start(lock: Lock) -> Self {
        let mut console = Console::loaded();
        console.model.lock = lock;
        console.model.context.secrets = Some(secrets::places());
        let last = Step::Text("");
        Self { console, path: Vec::new(), actions: Vec::new(), last, led_by: None, seen: 0 }
    }

    pub(super) fn along(path: &[Step], lock: Lock) -> Self {
        path.iter().fold(Self::start(lock), |walk, step| walk.go(step.clone()))
    }

    pub(super) fn go(mut self, step: Step) -> Self {
        self.seen = self.console.effects.len();
        self.console.wait(READING);
        self.led_by = match &step {
            Step::Key(key) => keymap::action(self.console.model.place(), *key),
            Step::Command(action) => Some(*action),
            _ => None,
        };
        self.actions.extend(self.led_by);
        let console = &mut self.console;
        match &step {
            Step::Key(key) => console.send(Event::Key(*key)),
            Step::Text(text) => {
                console.text(text);
            }
            Step::Command(action) => {
                console.keys(":").text(action.name()).keys("enter");
            }
            Step::Told(told) => tell(console, *told),
            Step::SecretTold { well } => secrets::answer(console, *well),
            Step::Overtaken => {
                let revision = console.model.inventory.revision().0 + 1;
                let address = console.selected();
                console.put(&address, r#"{"module":"theirs"}"#, revision);
            }
        }
        self.path.push(step.clone());
        self.last = step;
        self
    }

    /// What the last step asked for.
    pub(super) fn new_effects(&self) -> impl Iterator<Item = &Effect> {
        self.console.effects.iter().skip(self.seen)
    }
}

/// Answers the last commit.
fn tell(console: &mut Console, told: Told) {
    let commits = console.effects.iter().rev().filter_map(|effect| match effect {
        Effect::Commit(request, ops) => Some((*request, ops.clone())),
        _ => None,
    });
    let Some((request, ops)) = commits.take(1).next() else { return };
    let at = Revision(console.model.inventory.revision().0 + 1);
    let first = ops[0].key().clone();
    let result = match told {
        Told::Done => {
            let after = |op: &Op| matches!(op, Op::Put { .. }).then_some(Token::counter(at.0));
            let outcomes = ops.iter().map(|op| Outcome { before: None, after: after(op) }).collect();
            Ok(Commit { at, outcomes })
        }
        Told::Conflict => {
            let now = entry(&first.to_string(), r#"{"module":"theirs"}"#, at.0);
            Err(Error::Conflict { key: first, now: Some(Box::new(now)) })
        }
        Told::Unknown => Err(Error::OutcomeUnknown { key: first, reason: "lost".into() }),
    };
    console.send(Event::Answer(request, Answer::Commit(result)));
}

/// Every key that means something in a place.
pub(super) fn keys_of(place: Place) -> &'static [(KeyEvent, Action)] {
    type Bound = (Place, Vec<(KeyEvent, Action)>);
    static KEYS: OnceLock<Vec<Bound>> = OnceLock::new();
    let all = KEYS.get_or_init(|| {
        let bound = |place| {
            let means = |key| keymap::action(place, key).map(|action| (key, action));
            pressable().filter_map(means).collect()
        };
        Place::ALL.map(|place| (place, bound(place))).into()
    });
    all.iter().find(|(known, _)| *known == place).map_or(&[], |(_, keys)| keys)
}

fn pressable() -> impl Iterator<Item = KeyEvent> {
    use KeyCode as K;
    let named = [K::Enter, K::Esc, K::Tab, K::BackTab, K::Up, K::Down, K::Left, K::Right, K::PageUp]
        .into_iter()
        .chain([K::PageDown, K::Home, K::End, K::Backspace, K::Delete, K::Insert])
        .chain((1..=12).map(K::F));
    let codes = named.chain((' '..='~').map(K::Char));
    let modifiers = [KeyModifiers::NONE, KeyModifiers::CONTROL, KeyModifiers::ALT];
    codes.flat_map(move |code| modifiers.map(|modifiers| KeyEvent::new(code, modifiers)))
}

/// Everything that can be done now.
pub(super) fn steps(console: &Console) -> Vec<Step> {
    let place = console.model.place();
    let mut steps: Vec<_> = keys_of(place).iter().map(|(key, _)| Step::Key(*key)).collect();
    if keymap::key_for(place, Action::Command).is_some() {
        steps.extend(Action::ALL.into_iter().filter(|action| action.is_command()).map(Step::Command));
    }
    match place {
        // An addition that leaves JSON what it is, at the start of an object.
        Place::Editor => steps.push(Step::Text(" ")),
        // A name that is free, the end of one, that of the context, a namespace, words and a path to be typed.
        Place::Prompt => {
            steps.extend(["a/fresh", "2", "prod", "c/", "delete 4", "webhooks/a/one/secrets"].map(Step::Text))
        }
        Place::Filter => steps.push(Step::Text("o")),
        Place::Value => steps.push(Step::Text("v")),
        _ if place.takes_text() => steps.push(Step::Text("a")),
        _ => {}
    }
    if console.model.writing.is_some() {
        steps.extend([Told::Done, Told::Conflict, Told::Unknown].map(Step::Told));
    }
    if secrets::is_asked(console) {
        steps.extend([true, false].map(|well| Step::SecretTold { well }));
    }
    if console.model.selected().is_some() {
        steps.push(Step::Overtaken);
    }
    steps
}

/// What tells one state from another, as far as it decides what can be done next.
pub(super) fn face(console: &Console) -> String {
    let model = &console.model;
    let overlay = model.overlay.as_ref().map(|overlay| match overlay {
        Overlay::Prompt(Prompt { purpose: Purpose::Reason(_), input, .. }) => {
            format!("reason {}", input.text().is_empty())
        }
        Overlay::Prompt(prompt) => format!("{:?} {}", prompt.purpose, prompt.input.text().is_empty()),
        Overlay::Confirm(confirm) => format!("{:?}", std::mem::discriminant(&confirm.then)),
        other => format!("{:?}", std::mem::discriminant(other)),
    });
    let edit = model.edit.as_ref().map(|edit| {
        (
            std::mem::discriminant(&edit.stage),
            edit.is_changed(),
            edit.flaws.first_error().is_some(),
            edit.upstream,
        )
    });
    let selected = model.selected().map(std::mem::discriminant);
    let plan = model.plan.as_ref().map(|plan| {
        let moved = plan.steps.iter().any(|step| step.moved(&model.inventory).is_some());
        (std::mem::discriminant(&plan.recipe), plan.clash.is_some(), moved)
    });
    // Elsewhere neither decides anything.
    let hands = secrets::face(console);
    let browses = matches!(model.place(), Place::Browse | Place::Secrets | Place::Page | Place::Plan);
    let marks = browses && model.browse().is_some_and(|browse| !browse.marks.is_empty());
    let can_undo = browses && !model.writes.is_empty();
    format!(
        "{hands} {:?} {overlay:?} {edit:?} {plan:?} {marks} {can_undo} {selected:?} {} {} {}",
        model.place(),
        model.writing.is_some(),
        model.unknown.is_some(),
        model.drafts.is_empty(),
    )
}

/// Every step from every state that looks different, shortest ways first.
pub(super) fn explore(lock: Lock) -> impl Iterator<Item = Walk> {
    let mut known = HashSet::from([face(&Walk::start(lock).console)]);
    let mut waiting = VecDeque::from([Vec::new()]);
    let mut ready: VecDeque<Step> = VecDeque::new();
    let mut here: Vec<Step> = Vec::new();
    std::iter::from_fn(move || {
        while ready.is_empty() {
            here = waiting.pop_front()?;
            ready = steps(&Walk::along(&here, lock).console).into();
        }
        let walk = Walk::along(&here, lock).go(ready.pop_front()?);
        if known.insert(face(&walk.console)) {
            assert!(known.len() < STATES, "too many states");
            waiting.push_back(walk.path.clone());
        }
        Some(walk)
    })
}
