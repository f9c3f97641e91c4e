//! Dispatch: keys to actions, actions to their handlers; a key without an action is text.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::action::{Action, Group};
use super::super::effect::Effect;
use super::super::model::{Model, Redraw, Tone, UNLOCKED_FOR, WriteAccess};
use super::{feed, timers};
use crate::console::overlays::{Overlay, PromptPurpose, messages, prompt};
use crate::console::place::Place;
use crate::console::screens::secrets::actions::{self, SecretAction};
use crate::console::screens::{Tab, browse, drafts, effective, front, health, secrets, stale_dependents};
use crate::console::widgets::Movement;
use crate::terminal_input::NotTaken;

pub(crate) fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let mut effects = note_key(model);
    let action = model.keymap.action(model.place(), key);
    match action.filter(|action| Tab::of(*action).is_none_or(|tab| model.shows_tab(tab))) {
        Some(action) => {
            if action.is_act() {
                model.notices.end_act();
            }
            effects.extend(act(model, action));
        }
        None => {
            model.notices.end_notes();
            front(model).key(model, key);
            if let Some(action) = elsewhere(model, key) {
                let name = action.name();
                model.notify(Tone::Plain, format!("{name} is done in a list of documents: 1 and 2 go there"));
            }
        }
    }
    effects
}

/// What a key without a meaning on this tab does to documents on the tabs that list them, if it can be done.
fn elsewhere(model: &Model, key: KeyEvent) -> Option<Action> {
    let is_other_tab = matches!(model.place(), Place::Secrets | Place::Settings | Place::Page);
    let action = model.keymap.action(Place::Browse, key).filter(|_| is_other_tab)?;
    (action.group() == Group::Write && model.offers(action)).then_some(action)
}

/// Keys that are text, see [`Model::is_text`].
pub(crate) fn typed(model: &mut Model, text: &str) -> Vec<Effect> {
    let effects = note_key(model);
    model.notices.end_notes();
    front(model).typed(model, text);
    effects
}

/// Whether a key has no action here and takes a character back, if text is typed here.
pub(crate) fn takes_back(model: &Model, key: KeyEvent) -> bool {
    let takes_back = matches!(key.code, KeyCode::Backspace | KeyCode::Delete);
    takes_back && key.modifiers.is_empty() && model.keymap.action(model.place(), key).is_none()
}

/// Such a key that has come several times at once.
pub(crate) fn repeated(model: &mut Model, key: KeyEvent, count: usize) -> Vec<Effect> {
    let effects = note_key(model);
    model.notices.end_notes();
    front(model).repeated(model, key, count);
    effects
}

/// What any key does.
fn note_key(model: &mut Model) -> Vec<Effect> {
    model.request_redraw(Redraw::Now);
    model.last_key = model.now.mono;
    model.select_on_arrival = None;
    // A key after the timeout, but before the wake-up for it, must not extend the unlock.
    let effects = timers::lock_if_expired(model).into_iter().collect();
    if let WriteAccess::Open(Some(until)) = &mut model.lock {
        *until = model.now.mono + UNLOCKED_FOR;
    }
    effects
}

/// A paste is text, and is accepted only where text is typed.
pub(crate) fn paste(model: &mut Model, text: &str) {
    model.request_redraw(Redraw::Now);
    model.notices.end_notes();
    front(model).paste(model, text);
}

/// Text that could not be decoded.
pub(crate) fn lost_text(model: &mut Model, why: NotTaken) {
    model.request_redraw(Redraw::Now);
    front(model).lost_text(model, why);
}

/// Does an action, whether from a key or from a command. The front component handles it first, then the
/// handler of global actions, then that of actions on documents.
pub(crate) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action.writes() && !model.passes_gate() {
        return Vec::new();
    }
    if acts_on_selection(action) {
        model.webhooks.list.keep_selected();
        model.connections.list.keep_selected();
        model.secrets_page.list.keep_selected();
        model.problems.list.keep_selected();
        model.settings.list.keep_selected();
    }
    let front = front(model);
    if let Some(effects) = front.act(model, action) {
        return effects;
    }
    if let Some(by) = Movement::from_action(action) {
        front.scroll(model, by);
        return Vec::new();
    }
    if let Some(tab) = Tab::of(action) {
        browse::show(model, tab);
        return tab.component().enter(model);
    }
    if let Some(secret) = SecretAction::of(action) {
        return actions::begin(model, secret);
    }
    match action {
        Action::Help => model.overlay = Some(Overlay::Help { place: model.place(), scroll: 0 }),
        Action::Command => prompt::ask(model, PromptPurpose::Command, ""),
        Action::Messages => messages::show(model),
        Action::Drafts => drafts::show(model),
        Action::Context => drafts::switch::ask_where(model),
        Action::StaleDependents => stale_dependents::show(model),
        Action::Rewrite => return stale_dependents::plan_rewrite(model),
        Action::Times => {
            model.absolute_times = !model.absolute_times;
            let shown = if model.absolute_times { "dates and times, in UTC" } else { "ages" };
            // In the list of messages it would only add a line to what is being read.
            if model.place() != Place::Messages {
                model.notify(Tone::Plain, format!("{shown}; T changes it"));
            }
        }
        Action::Effective => effective::open(model),
        Action::Pause => return feed::pause(model),
        Action::Unlock => prompt::unlock(model),
        Action::Lock if model.lock == WriteAccess::ReadOnly => {}
        Action::Lock => {
            model.notify(Tone::Plain, "locked");
            return vec![timers::lock(model)];
        }
        Action::Quit => return drafts::quit_or_ask(model),
        Action::Retry => {
            model.notify(Tone::Plain, "trying the backends again");
            let listing = secrets::retry(model);
            return [Effect::Retry, health::check(model)].into_iter().chain(listing).collect();
        }
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        _ => return browse::act(model, action),
    }
    Vec::new()
}

/// Whether it is done to the selected row. Whatever put the selection there, it was chosen then, and stays when a
/// filter goes.
fn acts_on_selection(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Open
            | A::Right
            | A::Copy
            | A::Mark
            | A::Edit
            | A::EditExternally
            | A::Clone
            | A::Rename
            | A::Delete
            | A::Effective
    ) || SecretAction::of(action).is_some()
}
