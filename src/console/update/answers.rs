//! What came of effects; an answer to a question nobody asks any more is dropped.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::{Condition, Document, Health, LeaseId, LinkState, Revision, Token};
use crate::provider::{Commit, Error};

use super::super::age::age;
use super::super::effect::{Effect, Request};
use super::super::message::Answer;
use super::super::model::{Edit, LeaseLeft, Lock, Model, Redraw, Stage, Steady, Tone, UNLOCKED_FOR, Writing};
use super::{
    browse, drafts, feed, mend, merge, needs, outside, plan, prepare, presence, secret_acts, secrets_page,
    unknown,
};

/// Takes an answer in.
pub(super) fn take(model: &mut Model, request: Request, answer: Answer) -> Vec<Effect> {
    let may_be_no_news = matches!(
        answer,
        Answer::Health(_)
            | Answer::Seen(_)
            | Answer::SecretReach(_)
            | Answer::SecretHealth(_)
            | Answer::SecretFolder(_)
            | Answer::SecretsListed(_)
            | Answer::SecretVersions(_)
    );
    if !may_be_no_news {
        model.want(Redraw::Now);
    }
    match answer {
        Answer::Seen(told) => presence::seen(model, told),
        Answer::SecretReach(reach) => presence::reached(model, reach),
        Answer::SecretHealth(health) => return presence::healthy(model, *health),
        Answer::Commit(result) if unknown::begins(model, request, &result) => {}
        Answer::Found(result) => unknown::found(model, request, result),
        Answer::Secret(told) => return secret_acts::told(model, request, told),
        Answer::SecretFolder(folder) => secrets_page::listed(model, request, folder),
        Answer::SecretsListed(ended) => secrets_page::ended(model, request, ended),
        Answer::SecretVersions(told) => secrets_page::versions(model, request, told),
        Answer::Unaudited(trouble) => model.say(Tone::Bad, format!("this is not in the audit: {trouble}")),
        Answer::Commit(result) => {
            if let Some(writing) = model.writing.take_if(|writing| writing.request == request) {
                written(model, &writing, result);
            }
        }
        Answer::Compared(looks) => plan::compared(model, request, looks),
        Answer::Health(backends) => {
            if model.health.asked == Some(request) {
                let back = is_back(model, &backends);
                healthy(model, backends);
                return back.then_some(Effect::Retry).into_iter().collect();
            }
        }
        Answer::Lease(lease, left) => lease_told(model, request, lease, left),
        Answer::Checked(found) => mend::checked(model, request, found),
        Answer::Reviewed(review) => prepare::prepared(model, request, *review),
        Answer::Merged(result) => merge::merged(model, request, *result),
        Answer::NeedsRead(told) => return needs::told(model, request, *told).into_iter().collect(),
        Answer::Unlocked => {
            model.lock = Lock::Open(Some(model.now.mono + UNLOCKED_FOR));
            model.say(Tone::Good, "writing is allowed; it ends after ten minutes without a key");
        }
        Answer::DraftSaved(result) => drafts::saved(model, request, result),
        Answer::Drafts(listed) => drafts::loaded(model, request, listed),
        Answer::DraftTaken(taken) => drafts::taken(model, request, taken),
        Answer::DraftThrownAway(result) => drafts::thrown_away(model, request, result),
        Answer::Outside(news) => return outside::take(model, request, news),
        Answer::Copied(true) => model.say(Tone::Good, "copied"),
        Answer::Copied(false) => model.say(Tone::Bad, "no way to the clipboard was found"),
    }
    Vec::new()
}

/// Whether the backend has become usable while the link still waits for its next try: then that is
/// now, as for a person who reads that all is well and presses the key.
fn is_back(model: &Model, now: &[Health]) -> bool {
    let usable = |backends: &[Health]| {
        !backends.is_empty() && backends.iter().all(|health| health.condition() < Condition::Unusable)
    };
    let waits = matches!(
        &model.link.state,
        LinkState::Stale { retry_in: Some(_), .. } | LinkState::Connecting { retry_in: Some(_), .. }
    );
    waits && usable(now) && !usable(&model.health.backends)
}

pub(super) fn written(model: &mut Model, writing: &Writing, result: Result<Commit, Error>) {
    // Back at typing, its keys are text until the next review.
    let mine = model
        .edit
        .as_ref()
        .is_some_and(|edit| edit.sent == Some(writing.request) && matches!(edit.stage, Stage::Review(_)));
    let planned = model.plan.as_ref().is_some_and(|plan| plan.sent == Some(writing.request));
    match result {
        Ok(commit) => {
            let token = commit.outcomes.first().filter(|_| writing.steps.len() == 1);
            let token = token.and_then(|outcome| outcome.after);
            model.writes.take(writing, &commit, (writing.store.clone(), model.now.wall));
            let now = token.map(|token| format!(", now {}", model.context.token(token))).unwrap_or_default();
            model.say(Tone::Good, format!("done: {}{now}", writing.what()));
            if let (Some(document), Some(token)) = (&writing.document, token) {
                landed(model, writing, document, (commit.at, token));
            }
            plan::landed(model, writing);
        }
        Err(Error::Conflict { key, now }) if mine => {
            model.say(Tone::Bad, format!("{key} changed meanwhile: nothing was written, your draft is kept"));
            merge::conflict(model, now.map(|now| *now));
        }
        Err(Error::Conflict { key, now }) if planned => plan::clash(model, key, now.map(|now| *now)),
        Err(Error::NotFound { key }) if planned => plan::clash(model, key, None),
        // `:unlock` may have lapsed between review and write; the draft is where it was.
        Err(error) => model.say(Tone::Bad, error.to_string()),
    }
}

/// Ends the draft that was written, unless more was typed since.
fn landed(model: &mut Model, writing: &Writing, document: &Document, (at, token): (Revision, Token)) {
    let Model { edit, drafts, inventory, away, .. } = model;
    let was_sent = |edit: &&mut Box<Edit>| edit.sent == Some(writing.request);
    if let Some(draft) = drafts.get_mut(&writing.key).filter(was_sent) {
        if draft.landed(document.clone(), at, token) {
            draft.upstream = feed::upstream(inventory, draft);
        } else {
            drafts.remove(&writing.key);
        }
        return;
    }
    let Some(open) = edit.as_mut().filter(was_sent) else { return };
    let typed = open.landed(document.clone(), at, token);
    if typed || away.is_some() {
        open.upstream = feed::upstream(inventory, open);
        if !typed {
            // In another program typing goes on.
            return;
        }
        let (key, token) = (&writing.key, model.context.token(token));
        return model.say(Tone::Good, format!("done: write {key}, now {token}; not what was typed since"));
    }
    model.edit = None;
    if !browse::go_to(model, &writing.key) {
        model.arriving = Some(writing.key.clone());
    }
}

/// An answer without news changes nothing that is shown, and asks for no frame.
fn healthy(model: &mut Model, backends: Vec<Health>) {
    let backends: Vec<_> = backends.into_iter().map(|health| shown(model, health)).collect();
    let backends: Vec<_> =
        backends.into_iter().map(|health| steady(&mut model.health.latencies, health)).collect();
    let store = backends.iter().find(|health| health.backend == model.context.backend);
    let latency = store.and_then(|health| health.latency);
    let before = std::mem::replace(&mut model.link.latency, latency);
    let aged = model
        .health
        .checked
        .is_none_or(|checked| age(model.now.mono.saturating_sub(checked)).text != age(Duration::ZERO).text);
    if before != latency || aged || model.health.backends != backends {
        model.want(Redraw::Now);
    }
    model.health.backends = backends;
    model.health.checked = Some(model.now.mono);
    model.health.asked = None;
}

/// Without what does not matter to who reads only.
pub(super) fn shown(model: &Model, health: Health) -> Health {
    if model.lock == Lock::ReadOnly { health.without_writing() } else { health }
}

/// Lets a latency change only when two answers in a row agree.
pub(super) fn steady(known: &mut BTreeMap<(&'static str, String), Steady>, mut health: Health) -> Health {
    let mut shown = |name: &str, class| {
        let steady = known.entry((health.backend, name.to_owned())).or_default();
        steady.measured(class)
    };
    health.latency = shown("", health.latency);
    for member in &mut health.members {
        member.latency = shown(&format!("{} {}", member.name, member.address), member.latency);
    }
    health
}

fn lease_told(model: &mut Model, request: Request, lease: LeaseId, left: Option<Duration>) {
    let now = model.now.mono;
    if let Some(known) =
        model.lease.as_mut().filter(|known| known.lease == lease && known.asked == Some(request))
    {
        known.asked = None;
        // Stores count whole seconds, so one with none left may last for most of another.
        known.ends = left.map(|left| now + left.max(Duration::from_secs(1)));
    }
}

/// Asks about the lease of the selected document when it is another one, or should have ended.
pub(super) fn follow_lease(model: &mut Model) -> Option<Effect> {
    let lease = model.selected().and_then(|key| model.inventory.get(key)).and_then(|row| row.lease());
    let Some(lease) = lease else {
        model.lease = None;
        return None;
    };
    let known = model.lease.filter(|known| known.lease == lease);
    let current = known
        .is_some_and(|known| known.asked.is_some() || known.ends.is_none_or(|ends| ends > model.now.mono));
    if current {
        return None;
    }
    let request = model.next_request();
    model.lease = Some(LeaseLeft { lease, asked: Some(request), ends: None });
    Some(Effect::AskLease(request, lease))
}
