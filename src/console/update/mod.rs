//! (model, message) -> effects. Pure: no clock, no I/O; the moment comes with the message.

mod absence;
mod answers;
mod browse;
mod choose;
mod clock;
mod drafts;
mod edit;
mod feed;
mod keys;
mod make;
mod marks;
mod mend;
mod merge;
mod names;
mod needs;
mod outside;
mod plan;
mod prepare;
mod presence;
mod prompt;
mod search;
mod secret_acts;
mod secret_destroy;
mod secret_form;
mod secret_reveal;
mod secret_undo;
mod secrets_page;
mod send;
#[cfg(test)]
mod tests;
mod typing;
mod unknown;

use zeroize::Zeroizing;

use super::effect::Effect;
use super::message::{Event, Message};
use super::model::{LOG_LINES, Model, Redraw, Tab};

/// Takes one message in and says what must be done outside.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    model.now = message.at;
    let mut effects: Vec<_> = presence::written(model, &message.event).into_iter().collect();
    effects.extend(match message.event {
        Event::Key(key) => keys::press(model, key),
        // It may be a secret.
        Event::Paste(text) => keys::paste(model, &Zeroizing::new(text)),
        Event::Resize(size) => {
            model.size = size;
            browse::settle(model);
            typing::settle(model);
            model.want(Redraw::Now);
            Vec::new()
        }
        Event::Resumed => {
            secret_reveal::hide(model);
            vec![Effect::Redraw]
        }
        Event::Feed(feed) => feed::take(model, feed),
        Event::Answer(request, answer) => answers::take(model, request, answer),
        Event::Log(lines) => {
            log(model, lines);
            Vec::new()
        }
        Event::Wake => clock::wake(model),
        Event::Terminate => drafts::part(model),
    });
    effects.extend(drafts::follow(model));
    effects.extend(outside::follow(model));
    hold_back(model, &mut effects);
    secret_reveal::follow(model, &effects);
    unknown::remember(model, &effects);
    effects.extend(merge::follow(model));
    effects.extend(needs::follow(model));
    effects.extend(secrets_page::follow(model));
    effects.extend(answers::follow_lease(model));
    effects.extend(unknown::follow(model));
    effects.extend(presence::follow(model));
    effects
}

/// What writes leaves through an open gate alone, whoever asked for it and however long ago.
fn hold_back(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.may_write() || !effects.iter().any(Effect::writes) {
        return;
    }
    if effects.iter().any(|effect| matches!(effect, Effect::Secret(_, job) if job.writes())) {
        model.hands.writing = None;
    }
    effects.retain(|effect| !effect.writes());
    model.writing = None;
    keys::passes_gate(model);
}

fn log(model: &mut Model, lines: Vec<String>) {
    model.log.lines.extend(lines);
    let excess = model.log.lines.len().saturating_sub(LOG_LINES);
    model.log.lines.drain(..excess);
    if model.tab == Tab::Log {
        model.want(Redraw::Soon);
    }
}
