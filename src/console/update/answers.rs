//! Answers to effects, routed to their owners. Answers to requests that are no longer pending are dropped.

use std::time::Duration;

use super::super::age::age;
use super::super::effect::{Effect, RequestId};
use super::super::message::Answer;
use super::super::model::{LeaseExpiry, Model, Redraw, Tone, UNLOCKED_FOR, WriteAccess};
use super::{presence, unknown_outcome, view, write_result};
use crate::console::screens::editor::external_editor;
use crate::console::screens::secrets::actions;
use crate::console::screens::{drafts, secrets, settings};
use crate::domain::{Condition, Health, LeaseId, LinkState};

pub(crate) fn handle(model: &mut Model, request: RequestId, answer: Answer) -> Vec<Effect> {
    let may_be_no_news = matches!(
        &answer,
        Answer::Computed(done) if done.is_in_background()
    ) || matches!(
        answer,
        Answer::Health(_)
            | Answer::PresenceChanged(_)
            | Answer::SecretReachability(_)
            | Answer::SecretHealth(_)
            | Answer::SecretFolder(_)
            | Answer::SecretListingEnded(_)
            | Answer::SecretVersions(_)
            | Answer::ViewSaved
            | Answer::Settings(_)
    );
    if !may_be_no_news {
        model.request_redraw(Redraw::Now);
    }
    match answer {
        Answer::PresenceChanged(told) => presence::on_presence(model, told),
        Answer::SecretReachability(reachability) => return presence::on_reach(model, reachability),
        Answer::SecretHealth(health) => return presence::on_health(model, *health),
        Answer::Commit(result) if unknown_outcome::intercept(model, request, &result) => {}
        Answer::Found(result) => unknown_outcome::on_found(model, request, result),
        Answer::Secret(told) => return actions::on_answer(model, request, told),
        Answer::SecretFolder(folder) => secrets::on_folder_listed(model, request, folder),
        Answer::SecretListingEnded(ended) => secrets::on_listing_ended(model, request, ended),
        Answer::SecretVersions(told) => secrets::on_versions(model, request, told),
        Answer::AuditFailed(trouble) => {
            model.notify(Tone::Bad, format!("this is not in the audit: {trouble}"))
        }
        Answer::Commit(result) => {
            if let Some(writing) = model.pending_write.take_if(|writing| writing.request == request) {
                write_result::on_committed(model, &writing, result);
            }
        }
        Answer::Computed(done) => return done.apply(model, request),
        Answer::Health(backends) => {
            if model.health.asked == Some(request) {
                let back = has_recovered(model, &backends);
                on_health(model, backends);
                return back.then_some(Effect::Retry).into_iter().collect();
            }
        }
        Answer::Lease(lease, left) => on_lease(model, request, lease, left),
        Answer::Unlocked => {
            model.lock = WriteAccess::Open(Some(model.now.mono + UNLOCKED_FOR));
            model.notify(Tone::Good, "writing is allowed; it ends after ten minutes without a key");
        }
        Answer::DraftSaved(result) => drafts::on_saved(model, request, result),
        Answer::Drafts(listed) => drafts::on_loaded(model, request, listed),
        Answer::DraftResumed(taken) => drafts::on_taken(model, request, taken),
        Answer::DraftDeleted(result) => drafts::on_thrown_away(model, request, result),
        Answer::ViewLoaded(loaded) => view::on_loaded(model, request, loaded),
        Answer::ViewSaved => view::on_saved(model, request),
        Answer::Settings(told) => settings::update::on_told(model, told),
        Answer::ExternalEditor(news) => return external_editor::handle(model, request, news),
        Answer::ContextResolved(result) => return drafts::switch::on_resolved(model, request, result),
        Answer::ContextRefused(name, words) => drafts::switch::on_refused(model, &name, &words),
        Answer::Copied(true) => model.notify(Tone::Good, "copied"),
        Answer::Copied(false) => model.notify(Tone::Bad, "no way to the clipboard was found"),
    }
    Vec::new()
}

/// Whether the backend has become usable while the link still waits for its next retry. It is then retried at
/// once, as if the user had pressed the key.
fn has_recovered(model: &Model, now: &[Health]) -> bool {
    let usable = |backends: &[Health]| {
        !backends.is_empty() && backends.iter().all(|health| health.condition() < Condition::Unusable)
    };
    let waits = matches!(
        &model.link.state,
        LinkState::Stale { retry_in: Some(_), .. } | LinkState::Connecting { retry_in: Some(_), .. }
    );
    waits && usable(now) && !usable(&model.health.backends)
}

/// An unchanged answer does not request a frame.
fn on_health(model: &mut Model, backends: Vec<Health>) {
    let backends: Vec<_> = backends.into_iter().map(|health| shown_health(model, health)).collect();
    let store = backends.iter().find(|health| health.backend == model.context.backend.name);
    let latency = store.and_then(|health| health.latency);
    let before = std::mem::replace(&mut model.link.latency, latency);
    let aged = model
        .health
        .checked
        .is_none_or(|checked| age(model.now.mono.saturating_sub(checked)).text != age(Duration::ZERO).text);
    if before != latency || aged || model.health.backends != backends {
        model.request_redraw(Redraw::Now);
    }
    model.health.backends = backends;
    model.health.checked = Some(model.now.mono);
    model.health.asked = None;
}

/// The health as shown: in a read-only console without findings about writing, and with a latency class that
/// changes only when two answers in a row agree.
pub(crate) fn shown_health(model: &mut Model, health: Health) -> Health {
    let is_read_only = model.lock == WriteAccess::ReadOnly;
    let mut health = if is_read_only { health.without_writing() } else { health };
    let backend = health.backend;
    let mut shown =
        |name: String, class| model.health.latencies.entry((backend, name)).or_default().record(class);
    health.latency = shown(String::new(), health.latency);
    for member in &mut health.members {
        member.latency = shown(format!("{} {}", member.name, member.address), member.latency);
    }
    health
}

fn on_lease(model: &mut Model, request: RequestId, lease: LeaseId, left: Option<Duration>) {
    let now = model.now.mono;
    if let Some(known) =
        model.lease.as_mut().filter(|known| known.lease == lease && known.asked == Some(request))
    {
        known.asked = None;
        // Stores count whole seconds, so zero may mean almost one more second.
        known.ends = left.map(|left| now + left.max(Duration::from_secs(1)));
    }
}

/// Queries the remaining time of the selected document's lease, if the lease changed or should have expired.
pub(crate) fn follow_lease(model: &mut Model) -> Option<Effect> {
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
    model.lease = Some(LeaseExpiry { lease, asked: Some(request), ends: None });
    Some(Effect::AskLease(request, lease))
}
