//! Store events: applied to the inventory, the lists, the link badge and the drafts, or held back while the display
//! is paused.

use std::time::Duration;

use super::super::age::age;
use super::super::effect::Effect;
use super::super::model::{ConsistencyCheck, FRESH_FOR, Model, PausedEvents, Redraw, Resync, Tone};
use super::{checks, presence};
use crate::console::screens::editor::Upstream;
use crate::console::screens::{Tab, browse};
use crate::domain::{LinkState, ResourceKey, StoreId, TokenKind};
use crate::inventory::{Delta, DeltaKind, Inventory, InventoryEvent};

/// The most changes buffered while paused; beyond that a new load is cheaper.
const MAX_HELD: usize = 100_000;

/// Fresh marks expire at multiples of this many milliseconds, so that a burst of changes does not later cause
/// a burst of frames.
const FRESH_STEP: u128 = 250;

/// Applies an event, or buffers it while paused. Link states are never buffered.
pub(crate) fn handle(model: &mut Model, feed: InventoryEvent) -> Vec<Effect> {
    let now = model.now.mono;
    match feed {
        InventoryEvent::State(state) => {
            model.link.set_state(state, now);
            model.request_redraw(Redraw::Now);
            return Vec::new();
        }
        InventoryEvent::Compared { at, differences } => {
            model.link.history.last_check = Some(ConsistencyCheck { at, differences, when: now });
            model.request_redraw(Redraw::Soon);
            return Vec::new();
        }
        _ => {}
    }
    // Stores that count revisions report their progress periodically.
    if model.context.capabilities.tokens == TokenKind::Counter {
        note_contact(model);
    }
    match &mut model.paused {
        Some(held) => {
            buffer_event(held, feed);
            model.request_redraw(Redraw::Soon);
        }
        None => {
            let delta = apply_to_inventory(model, feed);
            let own = own_deletions(model, &delta);
            follow(model, &delta, &own);
        }
    }
    Vec::new()
}

fn note_contact(model: &mut Model) {
    let now = model.now.mono;
    let before = model.link.history.last_progress.replace(now);
    // Its age is shown, and needs a new frame only when its text changes.
    let aged = before.is_some_and(|before| age(now.saturating_sub(before)).text != age(Duration::ZERO).text);
    if aged && model.tab == Tab::Health {
        model.request_redraw(Redraw::Soon);
    }
}

/// Pauses the display, or resumes it by applying the buffered events.
pub(crate) fn pause(model: &mut Model) -> Vec<Effect> {
    let Some(held) = model.paused.take() else {
        model.paused = Some(PausedEvents::default());
        model.notify(Tone::Plain, "paused: changes wait until p is pressed again");
        return Vec::new();
    };
    if held.overflowed {
        model.notify(Tone::Plain, "too many changes while paused: loading afresh");
        model.link.set_state(LinkState::Connecting { error: None, retry_in: None }, model.now.mono);
        return vec![Effect::Reload];
    }
    // The lists are updated once: following one change costs as much as following all.
    let (mut all, mut own) = (Delta::default(), Vec::new());
    for feed in held.feeds {
        let delta = apply_to_inventory(model, feed);
        own.extend(own_deletions(model, &delta));
        let Delta { changes, deleted, usage, resynced } = delta;
        all.changes.extend(changes);
        all.deleted.extend(deleted);
        all.usage.extend(usage);
        all.resynced = resynced.or(all.resynced);
    }
    follow(model, &all, &own);
    Vec::new()
}

fn buffer_event(held: &mut PausedEvents, feed: InventoryEvent) {
    held.changes += match &feed {
        InventoryEvent::Load { store, .. } => {
            held.store = Some(store.clone());
            0
        }
        InventoryEvent::Page(entries) => entries.len(),
        InventoryEvent::Batch { changes, .. } => changes.len(),
        _ => 0,
    };
    held.overflowed |= held.changes > MAX_HELD;
    if held.overflowed {
        held.feeds.clear();
    } else {
        held.feeds.push(feed);
    }
}

fn apply_to_inventory(model: &mut Model, mut feed: InventoryEvent) -> Delta {
    let now = model.now.mono;
    match &mut feed {
        InventoryEvent::Load { store, at, resync, .. } => {
            let is_replaced = |known: &StoreId| known != store || *at < model.inventory.revision();
            model.link.replacing = model.inventory.store().is_some_and(is_replaced);
            *resync |= model.link.has_loaded;
        }
        InventoryEvent::Progress { at } if *at <= model.inventory.revision() => return Delta::default(),
        _ => {}
    }
    let is_batch = matches!(feed, InventoryEvent::Batch { .. });
    let loaded = matches!(feed, InventoryEvent::Loaded { .. });
    let delta = model.inventory.apply(feed, now);
    model.request_redraw(if loaded { Redraw::Now } else { Redraw::Soon });
    if let Some(differences) = delta.resynced {
        let replaced = model.link.replacing;
        let resync = Some(Resync { differences, at: now, replaced });
        (model.link.resync, model.link.history.last_resync) = (resync, resync);
        model.link.history.resyncs += 1;
    }
    if is_batch {
        note_changes(model, &delta);
    }
    delta
}

/// Updates lists and drafts after a change of the inventory; `own` was deleted here.
fn follow(model: &mut Model, delta: &Delta, own: &[ResourceKey]) {
    checks::note(model, delta);
    model.secrets_page.apply_delta(delta);
    let lost = browse::apply_delta(model, delta);
    follow_drafts(model, delta);
    presence::recheck(model, delta);
    if let Some(key) = model.select_on_arrival.take()
        && !browse::go_to(model, &key)
    {
        model.select_on_arrival = Some(key);
    }
    if let Some(key) = lost.filter(|key| !own.contains(key)) {
        let became =
            if model.inventory.coverage().covers(&key) { "is gone" } else { "may not be read any more" };
        model.announce(format!("{key}, which was selected, {became}"));
    }
}

/// What a change deleted because of a write made here.
fn own_deletions(model: &Model, delta: &Delta) -> Vec<ResourceKey> {
    delta.deleted.iter().filter(|key| is_own_write(model, key)).cloned().collect()
}

/// Whether it is gone because of a write made here, which its own answer reports.
fn is_own_write(model: &Model, key: &ResourceKey) -> bool {
    let mut sent = model.pending_write.iter().flat_map(|writing| &writing.steps);
    sent.any(|step| step.key == *key && step.after.is_none())
        || model.undo_log.has_deleted(key, &model.inventory)
}

/// Counts changes, marks them as fresh, and reports deletions, which have no row to mark.
fn note_changes(model: &mut Model, delta: &Delta) {
    let now = model.now.mono;
    model.link.history.changes += delta.changes.len();
    model.traffic.count(delta.changes.len(), now);
    let end = (now + FRESH_FOR).as_millis().div_ceil(FRESH_STEP) * FRESH_STEP;
    let end = Duration::from_millis(u64::try_from(end).unwrap_or(u64::MAX));
    if !delta.changes.is_empty() && model.fresh_ends.back() != Some(&end) {
        model.fresh_ends.push_back(end);
    }
    let others: Vec<_> = delta.deleted.iter().filter(|key| !is_own_write(model, key)).collect();
    match others.as_slice() {
        [] => {}
        [key] => model.announce(format!("{key} was deleted")),
        keys => model.announce(format!("{} documents were deleted", keys.len())),
    }
}

/// Updates the upstream state of all drafts.
fn follow_drafts(model: &mut Model, delta: &Delta) {
    let Model { inventory, edit, drafts, .. } = model;
    for edit in edit.iter_mut().chain(drafts.values_mut()) {
        // A load may have changed which keys are readable.
        if delta.resynced.is_some() || touches(inventory, delta, &edit.key) {
            edit.upstream = Upstream::of(inventory, edit);
        }
    }
}

fn touches(inventory: &Inventory, delta: &Delta, key: &ResourceKey) -> bool {
    let slot = inventory.find(key);
    delta.deleted.contains(key)
        || delta.changes.iter().any(|(changed, kind)| *kind != DeltaKind::Deleted && Some(*changed) == slot)
}
