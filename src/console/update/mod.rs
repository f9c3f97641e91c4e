//! (model, message) -> effects. Pure: no clock, no I/O; the time comes with the message.

pub(crate) mod answers;
pub(crate) mod checks;
pub(crate) mod feed;
pub(crate) mod keys;
pub(crate) mod needs;
pub(crate) mod presence;

#[cfg(test)]
mod tests;
pub(crate) mod timers;
pub(crate) mod unknown_outcome;
pub(crate) mod view;
pub(crate) mod write_result;

use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::effect::Effect;
use super::message::{Answer, AppEvent, Message};
use super::model::{Model, Redraw};
use crate::console::screens::editor::external_editor;
use crate::console::screens::log::LOG_LINES;
use crate::console::screens::secrets::actions::reveal;
use crate::console::screens::{Tab, browse, drafts, effective, merge, problems, secrets, settings};

/// Applies one message to the model; returns the effects to run.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    model.now = message.at;
    let mut effects: Vec<_> = presence::recheck_after_write(model, &message.event).into_iter().collect();
    effects.extend(match message.event {
        AppEvent::Key(key) => keys::press(model, key),
        // What is typed or pasted may be a secret.
        AppEvent::Typed(text) => keys::typed(model, &Zeroizing::new(text)),
        AppEvent::Repeated(key, count) => keys::repeated(model, key, count),
        AppEvent::Paste(text) => {
            keys::paste(model, &text);
            Vec::new()
        }
        AppEvent::LostText(why) => {
            keys::lost_text(model, why);
            Vec::new()
        }
        AppEvent::Resize(size) => {
            model.size = size;
            browse::settle(model);
            model.update_editor_view();
            model.request_redraw(Redraw::Now);
            Vec::new()
        }
        AppEvent::Resumed => {
            reveal::hide(model);
            vec![Effect::Redraw]
        }
        AppEvent::Slept => timers::slept(model),
        AppEvent::Feed(feed) => feed::handle(model, feed),
        AppEvent::Answer(request, answer) => answers::handle(model, request, answer),
        AppEvent::Log(lines) => {
            log(model, lines);
            Vec::new()
        }
        AppEvent::Wake => timers::wake(model),
        AppEvent::Terminate => drafts::quit_now(model),
    });
    let mut effects = do_at_once(model, effects);
    effects.extend(drafts::follow(model));
    effects.extend(external_editor::follow(model));
    enforce_gate(model, &mut effects);
    reveal::follow(model, &effects);
    unknown_outcome::remember(model, &effects);
    effects.extend(merge::follow(model));
    effects.extend(browse::prepare_text(model));
    needs::follow(model);
    effects.extend(effective::follow(model));
    effects.extend(checks::follow(model));
    problems::update::follow(model);
    settings::update::follow(model);
    effects.extend(secrets::follow(model));
    effects.extend(answers::follow_lease(model));
    effects.extend(unknown_outcome::follow(model));
    effects.extend(presence::follow(model));
    let mut effects = do_at_once(model, effects);
    presence::summarize(model);
    view::follow(model, &mut effects);
    effects
}

/// Carries out actions and jobs that are small enough, and the effects they return.
fn do_at_once(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    let (mut next, mut left) = (VecDeque::from(effects), Vec::new());
    while let Some(effect) = next.pop_front() {
        match effect {
            Effect::Compute(request, job) if job.is_small() => {
                next.extend(answers::handle(model, request, Answer::Computed(job.run())));
            }
            Effect::Act(action) => next.extend(keys::act(model, action)),
            effect => left.push(effect),
        }
    }
    left
}

/// Drops writing effects while writing is locked, whatever requested them, and whenever.
fn enforce_gate(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.may_write() || !effects.iter().any(Effect::writes) {
        return;
    }
    if effects.iter().any(|effect| matches!(effect, Effect::Secret(_, job) if job.writes())) {
        model.secret_actions.writing = None;
    }
    effects.retain(|effect| !effect.writes());
    model.pending_write = None;
    model.passes_gate();
}

fn log(model: &mut Model, lines: Vec<String>) {
    model.log.lines.extend(lines);
    let excess = model.log.lines.len().saturating_sub(LOG_LINES);
    model.log.lines.drain(..excess);
    if model.tab == Tab::Log {
        model.request_redraw(Redraw::Soon);
    }
}
