//! Exploring the console by everything that can be done in it.

use std::collections::{HashSet, VecDeque};
use std::sync::OnceLock;

use super::super::{secrets, *};
use crate::console::action::Action;
use crate::console::keymap::KeyMap;
use crate::console::overlays::{Prompt, PromptPurpose};
use crate::console::screens::plan::PlanKind;

/// Milliseconds, so that a key is pressed after a question could be read.
const READING: u64 = 400;

/// More states than this are a mistake in [`face`].
const STATES: usize = 4_000;

/// One action or event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum WalkStep {
    /// A key that is bound here.
    Key(KeyEvent),
    /// An action entered after `:`, pasted because that is one message instead of one a letter.
    Command(Action),
    /// Text, where text is typed.
    Text(&'static str),
    /// The answer to the last commit.
    Told(WalkAnswer),
    /// The answer to the last question about a secret: a success, or somebody else's write.
    SecretTold { well: bool },
    /// Somebody else writes the selected document.
    Overtaken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WalkAnswer {
    Done,
    Conflict,
    Unknown,
}

/// A console, and how it got into its state.
pub(crate) struct StateWalk {
    /// Boxed, because a walk is moved at every step and a console is large.
    pub(crate) console: Box<TestConsole>,
    pub(crate) path: Vec<WalkStep>,
    pub(crate) actions: Vec<Action>,
    pub(crate) last: WalkStep,
    /// The action of the last step, if it was one.
    pub(crate) led_by: Option<Action>,
    /// Number of effects before the last step.
    seen: usize,
}

impl StateWalk {
    pub(crate) fn start(lock: WriteAccess) -> Self {
        let mut console = Box::new(TestConsole::loaded());
        console.model.lock = lock;
        console.model.context.secrets = Some(secrets::places());
        console.model.context.application = Some("billing.toml".into());
        let last = WalkStep::Text("");
        Self { console, path: Vec::new(), actions: Vec::new(), last, led_by: None, seen: 0 }
    }

    pub(crate) fn along(path: &[WalkStep], lock: WriteAccess) -> Self {
        path.iter().fold(Self::start(lock), |walk, step| walk.go(step.clone()))
    }

    pub(crate) fn go(mut self, step: WalkStep) -> Self {
        self.seen = self.console.effects.len();
        self.console.wait(READING);
        self.led_by = match &step {
            WalkStep::Key(key) => self.console.model.keymap.action(self.console.model.place(), *key),
            WalkStep::Command(action) => Some(*action),
            _ => None,
        };
        self.actions.extend(self.led_by);
        let console = &mut self.console;
        match &step {
            WalkStep::Key(key) => console.send(AppEvent::Key(*key)),
            WalkStep::Text(text) => {
                console.text(text);
            }
            WalkStep::Command(action) => {
                console.keys(":");
                console.send(AppEvent::Paste(action.name().into()));
                console.keys("enter");
            }
            WalkStep::Told(told) => tell(console, *told),
            WalkStep::SecretTold { well } => secrets::answer(console, *well),
            WalkStep::Overtaken => {
                let revision = console.model.inventory.revision().0 + 1;
                let address = console.selected();
                console.put(&address, r#"{"module":"theirs"}"#, revision);
            }
        }
        self.path.push(step.clone());
        self.last = step;
        self
    }

    /// What the last step requested.
    pub(crate) fn new_effects(&self) -> impl Iterator<Item = &Effect> {
        self.console.effects.iter().skip(self.seen)
    }
}

/// Answers the last commit.
fn tell(console: &mut TestConsole, told: WalkAnswer) {
    let commits = console.effects.iter().rev().filter_map(|effect| match effect {
        Effect::Commit(request, ops) => Some((*request, ops.clone())),
        _ => None,
    });
    let Some((request, ops)) = commits.take(1).next() else { return };
    let at = Revision(console.model.inventory.revision().0 + 1);
    let first = ops[0].key().clone();
    let result = match told {
        WalkAnswer::Done => {
            let after = |op: &Op| matches!(op, Op::Put { .. }).then_some(Token::counter(at.0));
            let outcomes = ops.iter().map(|op| Outcome { before: None, after: after(op) }).collect();
            Ok(Commit { at, outcomes })
        }
        WalkAnswer::Conflict => {
            let now = entry(&first.to_string(), r#"{"module":"theirs"}"#, at.0);
            Err(Error::Conflict { key: first, now: Some(Box::new(now)) })
        }
        WalkAnswer::Unknown => Err(Error::OutcomeUnknown { key: first, reason: "lost".into() }),
    };
    console.send(AppEvent::Answer(request, Answer::Commit(result)));
}

/// Every key that is bound in a place.
pub(crate) fn keys_of(place: Place) -> &'static [(KeyEvent, Action)] {
    type PlaceKeys = (Place, Vec<(KeyEvent, Action)>);
    static KEYS: OnceLock<Vec<PlaceKeys>> = OnceLock::new();
    let all = KEYS.get_or_init(|| {
        let keymap = KeyMap::default();
        let bound = |place| {
            let means = |key| keymap.action(place, key).map(|action| (key, action));
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
pub(crate) fn steps(console: &TestConsole) -> Vec<WalkStep> {
    let place = console.model.place();
    let mut steps: Vec<_> = keys_of(place).iter().map(|(key, _)| WalkStep::Key(*key)).collect();
    if console.model.keymap.key(place, Action::Command).is_some() {
        steps.extend(Action::ALL.iter().copied().filter(|action| action.is_command()).map(WalkStep::Command));
    }
    match place {
        // An addition that keeps the document valid JSON, and one after which names are offered.
        Place::Editor => {
            steps.push(WalkStep::Text(" "));
            let is_changed = console.model.edit.as_ref().is_some_and(|edit| edit.is_changed());
            steps.extend((!is_changed).then_some(WalkStep::Text("{\"")));
        }
        // A free name, a suffix for one, the context's name, a namespace, words and a path to type.
        Place::Prompt => steps
            .extend(["a/fresh", "2", "prod", "c/", "delete 3", "webhooks/a/one/secrets"].map(WalkStep::Text)),
        Place::Filter => steps.push(WalkStep::Text("o")),
        Place::Value => steps.push(WalkStep::Text("v")),
        Place::Choose | Place::Find | Place::Generate => steps.push(WalkStep::Text("a")),
        _ => {}
    }
    if console.model.pending_write.is_some() {
        steps.extend([WalkAnswer::Done, WalkAnswer::Conflict, WalkAnswer::Unknown].map(WalkStep::Told));
    }
    if secrets::is_asked(console) {
        steps.extend([true, false].map(|well| WalkStep::SecretTold { well }));
    }
    if console.model.selected().is_some() {
        steps.push(WalkStep::Overtaken);
    }
    steps
}

/// What distinguishes states, as far as it decides what can be done next.
pub(crate) fn face(console: &TestConsole) -> String {
    let model = &console.model;
    let overlay = model.overlay.as_ref().map(|overlay| match overlay {
        Overlay::Prompt(Prompt { purpose: PromptPurpose::Reason(_), input, .. }) => {
            format!("reason {}", input.text().is_empty())
        }
        Overlay::Prompt(prompt) => format!("{:?} {}", prompt.purpose, prompt.input.text().is_empty()),
        Overlay::Confirm(confirm) => format!("{:?}", std::mem::discriminant(&confirm.action)),
        other => format!("{:?}", std::mem::discriminant(other)),
    });
    let edit = model.edit.as_ref().map(|edit| {
        (
            std::mem::discriminant(&edit.stage),
            edit.is_changed(),
            edit.diagnostics.first_error().is_some(),
            edit.upstream,
        )
    });
    let selected = model.selected().map(std::mem::discriminant);
    let plan = model.plan.as_ref().map(|plan| {
        let moved = plan.steps.iter().any(|step| step.conflict(&model.inventory).is_some());
        // A rewrite can do what a copy can, and the way to it is long.
        let plan_kind = match &plan.kind {
            PlanKind::Rewrite(_) => std::mem::discriminant(&PlanKind::Clone(Vec::new())),
            other => std::mem::discriminant(other),
        };
        (plan_kind, !plan.conflicts.is_empty(), moved, plan.chosen(&model.inventory).is_empty())
    });
    // Elsewhere neither decides anything.
    let hands = secrets::face(console);
    // What can be done in the detail can be done in the list, but for what is only seen.
    let place = if model.place() == Place::Detail { Place::Browse } else { model.place() };
    let browses = matches!(place, Place::Browse | Place::Secrets | Place::Page | Place::Plan);
    let marks = browses && model.browse().is_some_and(|browse| !browse.marks.is_empty());
    let can_undo = browses && !model.undo_log.is_empty();
    format!(
        "{hands} {place:?} {overlay:?} {edit:?} {plan:?} {marks} {can_undo} {selected:?} {} {} {}",
        model.pending_write.is_some(),
        model.unknown_outcome.is_some(),
        model.drafts.is_empty(),
    )
}

/// Makes steps from states, each from its path. After a step that did nothing the next one is made from there: to
/// get to a state anew is most of the work.
pub(crate) struct Stepper<P> {
    /// Gets to a state.
    along: P,
    unmoved: Option<StateWalk>,
}

impl<P: FnMut(&[WalkStep]) -> StateWalk> Stepper<P> {
    pub(crate) fn new(along: P) -> Self {
        Self { along, unmoved: None }
    }

    /// Makes a step, and shows what came of it with the face of the state before.
    pub(crate) fn step<T>(
        &mut self,
        path: &[WalkStep],
        step: &WalkStep,
        see: impl FnOnce(&str, &mut StateWalk) -> T,
    ) -> T {
        let unmoved = self.unmoved.take().filter(|walk| walk.path == path);
        let walk = unmoved.unwrap_or_else(|| (self.along)(path));
        let (before, selected) = (face(&walk.console), walk.console.model.selected().cloned());
        let asked = walk.actions.len();
        let mut walk = walk.go(step.clone());
        let seen = see(&before, &mut walk);
        let is_unmoved = !walk.new_effects().any(super::does_something)
            && walk.console.model.selected() == selected.as_ref()
            && face(&walk.console) == before;
        if is_unmoved {
            walk.path.pop();
            walk.actions.truncate(asked);
            self.unmoved = Some(walk);
        }
        seen
    }
}

/// Makes every step from every distinct state, shortest paths first, and shows what came of each: the face of the
/// state before, the walk, and whether no step before had led to its state.
pub(crate) fn explore(lock: WriteAccess, mut see: impl FnMut(&str, &StateWalk, bool)) {
    let along = |path: &[WalkStep]| StateWalk::along(path, lock);
    let mut known = HashSet::from([face(&StateWalk::start(lock).console)]);
    let mut waiting = VecDeque::from([Vec::new()]);
    let mut stepper = Stepper::new(along);
    while let Some(here) = waiting.pop_front() {
        for step in steps(&along(&here).console) {
            stepper.step(&here, &step, |before, walk| {
                if !known.contains(&face(&walk.console)) {
                    // What earlier steps left behind unseen may have led here: then it is no way to this state.
                    *walk = along(&walk.path);
                }
                let is_first = known.insert(face(&walk.console));
                assert!(known.len() < STATES, "too many states");
                if is_first {
                    waiting.push_back(walk.path.clone());
                }
                see(before, walk, is_first);
            });
        }
    }
}
