//! The interface of a screen or an overlay: its actions, its frame, and when the frame changes.
//! [`component`](crate::console::screens::component) is the only place that lists them.

use std::time::{Duration, SystemTime};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;
use super::age::age;
use super::effect::Effect;
use super::model::{Model, Tone};
use crate::console::widgets::{Movement, Surface, TextRun};
use crate::terminal_input::NotTaken;

pub(crate) trait Component: Sync {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>);

    /// Does an action; `None` if it is handled the same way everywhere.
    fn act(&self, _model: &mut Model, _action: Action) -> Option<Vec<Effect>> {
        None
    }

    fn scroll(&self, _model: &mut Model, _by: Movement) {}

    /// Handles a key that has no action: text, if text is typed here.
    fn key(&self, _model: &mut Model, _key: KeyEvent) {}

    /// Handles several such keys that have come at once: characters alone.
    fn typed(&self, model: &mut Model, text: &str) {
        for c in text.chars() {
            self.key(model, KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        }
    }

    /// Handles such a key that has come several times at once: backspace or delete.
    fn repeated(&self, model: &mut Model, key: KeyEvent, count: usize) {
        for _ in 0..count {
            self.key(model, key);
        }
    }

    fn paste(&self, model: &mut Model, _text: &str) {
        refuse_paste(model);
    }

    /// Text has come that could not be decoded.
    fn lost_text(&self, model: &mut Model, why: NotTaken) {
        // What is typed is seen here, and reports are cut short on bad links.
        if why != NotTaken::CutShort {
            model.notify(Tone::Bad, why.to_string());
        }
    }

    /// Whether an action that the footer could show has something to act on.
    fn is_possible(&self, _model: &Model, _action: Action) -> bool {
        true
    }

    /// Whether a movement changes anything.
    fn can_move(&self, _model: &Model, _by: Movement) -> bool {
        true
    }

    /// When the frame changes without an event.
    fn next_changes(&self, _model: &Model, _soonest: &mut EarliestChange) {}

    /// The note next to the tab's title; with counts if there is room.
    fn tab_note(&self, _model: &Model, _counts: bool) -> TextRun {
        TextRun::default()
    }

    /// Further effects of showing this tab.
    fn enter(&self, _model: &mut Model) -> Vec<Effect> {
        Vec::new()
    }
}

/// Where no text is typed, a paste would trigger keys.
pub(crate) fn refuse_paste(model: &mut Model) {
    model.notify(Tone::Plain, "a paste is taken only where text is typed");
}

/// The earliest of many future moments.
pub(crate) struct EarliestChange {
    pub(crate) now: Duration,
    pub(crate) at: Option<Duration>,
}

impl EarliestChange {
    pub(crate) fn include(&mut self, at: Option<Duration>) {
        if let Some(at) = at.filter(|at| *at > self.now) {
            self.at = Some(self.at.map_or(at, |known| known.min(at)));
        }
    }

    pub(crate) fn include_in(&mut self, wait: Option<Duration>) {
        self.include(wait.map(|wait| self.now + wait));
    }

    pub(crate) fn include_wall(&mut self, model: &Model, at: Option<SystemTime>) {
        let left = at.and_then(|at| at.duration_since(model.now.wall).ok());
        self.include(left.map(|left| model.now.mono + left));
    }

    pub(crate) fn include_age(&mut self, at: Duration) {
        self.include_in(age(self.now.saturating_sub(at)).changes_in);
    }
}
