//! What a screen or an overlay answers for itself: its actions, its frame, and when that changes.
//! [`component`](crate::console::screens::component) is the only place that lists them.

use std::time::{Duration, SystemTime};

use crossterm::event::KeyEvent;

use super::action::Action;
use super::age::age;
use super::effect::Effect;
use super::model::{Model, Tone};
use crate::console::widgets::{Movement, Surface, TextRun};

pub(crate) trait Component: Sync {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>);

    /// Does an action; `None` where it means what it means everywhere.
    fn act(&self, _model: &mut Model, _action: Action) -> Option<Vec<Effect>> {
        None
    }

    fn scroll(&self, _model: &mut Model, _by: Movement) {}

    /// A key without an action: text, where text is typed.
    fn key(&self, _model: &mut Model, _key: KeyEvent) {}

    fn paste(&self, model: &mut Model, _text: &str) {
        refuse_paste(model);
    }

    /// Whether an action that the footer could show has something to act on.
    fn is_possible(&self, _model: &Model, _action: Action) -> bool {
        true
    }

    /// When the frame changes although nothing happened.
    fn next_changes(&self, _model: &Model, _soonest: &mut EarliestChange) {}

    /// What the line of tabs adds to the title; with counts where there is room.
    fn tab_note(&self, _model: &Model, _counts: bool) -> TextRun {
        TextRun::default()
    }

    /// What showing this tab does besides.
    fn enter(&self, _model: &mut Model) -> Vec<Effect> {
        Vec::new()
    }
}

/// Elsewhere it would run keys.
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
