//! What the store says: into the picture, the lists, the badge and the drafts.

use std::time::Duration;

use crate::domain::{LinkState, ResourceKey, Revision, StoreId, TokenKind};
use crate::inventory::{Delta, DeltaKind, Feed, Inventory};

use super::super::age::age;
use super::super::effect::Effect;
use super::super::model::{
    Base, Comparison, Edit, FRESH_FOR, Held, Model, Redraw, Resync, Tab, Tone, Upstream,
};
use super::{browse, secrets_page};

/// Changes kept while the picture is held still; beyond them a fresh load is cheaper.
const MAX_HELD: usize = 100_000;

/// Marks of fresh changes end in steps of this, so that a storm does not end in a storm of frames.
const FRESH_STEP: u128 = 250;

/// Takes an event in, or puts it aside while the picture is held still. What is said of the link is
/// never put aside.
pub(super) fn take(model: &mut Model, feed: Feed) -> Vec<Effect> {
    let now = model.now.mono;
    match feed {
        Feed::State(state) => {
            model.link.enter(state, now);
            model.want(Redraw::Now);
            return Vec::new();
        }
        Feed::Compared { at, differences } => {
            model.link.record.compared = Some(Comparison { at, differences, when: now });
            model.want(Redraw::Soon);
            return Vec::new();
        }
        _ => {}
    }
    // Where revisions are counted, the store says now and then how far it is.
    if model.context.capabilities.tokens == TokenKind::Counter {
        heard(model);
    }
    match &mut model.held {
        Some(held) => {
            hold(held, feed);
            model.want(Redraw::Soon);
        }
        None => apply(model, feed),
    }
    Vec::new()
}

fn heard(model: &mut Model) {
    let now = model.now.mono;
    let before = model.link.record.heard.replace(now);
    // Its age is shown, and shows nothing new until it has stepped.
    let aged = before.is_some_and(|before| age(now.saturating_sub(before)).text != age(Duration::ZERO).text);
    if aged && model.tab == Tab::Health {
        model.want(Redraw::Soon);
    }
}

/// Holds the picture still, or lets go of what was held back.
pub(super) fn pause(model: &mut Model) -> Vec<Effect> {
    let Some(held) = model.held.take() else {
        model.held = Some(Held::default());
        model.say(Tone::Plain, "paused: changes wait until p is pressed again");
        return Vec::new();
    };
    if held.overflowed {
        model.say(Tone::Plain, "too many changes while paused: loading afresh");
        model.link.enter(LinkState::Connecting { error: None, retry_in: None }, model.now.mono);
        return vec![Effect::Reload];
    }
    // The lists follow once: each change would cost them as much as all together.
    let mut all = Delta::default();
    for feed in held.feeds {
        let Delta { changes, deleted, resynced } = absorb(model, feed);
        all.changes.extend(changes);
        all.deleted.extend(deleted);
        all.resynced = resynced.or(all.resynced);
    }
    follow(model, &all);
    Vec::new()
}

fn hold(held: &mut Held, feed: Feed) {
    held.changes += match &feed {
        Feed::Load { store, .. } => {
            held.store = Some(store.clone());
            0
        }
        Feed::Page(entries) => entries.len(),
        Feed::Batch { changes, .. } => changes.len(),
        _ => 0,
    };
    held.overflowed |= held.changes > MAX_HELD;
    if held.overflowed {
        held.feeds.clear();
    } else {
        held.feeds.push(feed);
    }
}

fn apply(model: &mut Model, feed: Feed) {
    let delta = absorb(model, feed);
    follow(model, &delta);
}

/// Takes an event into the picture.
fn absorb(model: &mut Model, feed: Feed) -> Delta {
    let now = model.now.mono;
    let (is_batch, feed) = match feed {
        Feed::Load { store, at, resync, coverage } => {
            model.link.replacing = is_replaced(&model.inventory, &store, at);
            let resync = resync || model.link.had_picture;
            (false, Feed::Load { store, at, resync, coverage })
        }
        Feed::Progress { at } if at <= model.inventory.revision() => return Delta::default(),
        feed => (matches!(feed, Feed::Batch { .. }), feed),
    };
    let loaded = matches!(feed, Feed::Loaded { .. });
    let delta = model.inventory.apply(feed, now);
    model.want(if loaded { Redraw::Now } else { Redraw::Soon });
    if let Some(differences) = delta.resynced {
        let replaced = model.link.replacing;
        let resync = Some(Resync { differences, at: now, replaced });
        (model.link.resync, model.link.record.resynced) = (resync, resync);
        model.link.record.resyncs += 1;
    }
    if is_batch {
        note_changes(model, &delta);
    }
    delta
}

/// Lets lists and drafts follow what the picture did.
fn follow(model: &mut Model, delta: &Delta) {
    secrets_page::take(model, delta);
    let lost = browse::take(model, delta);
    follow_drafts(model, delta);
    if let Some(key) = model.arriving.take()
        && !browse::go_to(model, &key)
    {
        model.arriving = Some(key);
    }
    if let Some(key) = lost.filter(|key| !is_our_doing(model, key)) {
        let became =
            if model.inventory.coverage().sees(&key) { "is gone" } else { "may not be read any more" };
        model.say(Tone::Plain, format!("{key}, which was selected, {became}"));
    }
}

/// Whether it is gone because of the last write here, of which its answer tells.
fn is_our_doing(model: &Model, key: &ResourceKey) -> bool {
    let sent = model.writing.iter().flat_map(|writing| &writing.steps);
    let done = model.writes.last().into_iter().flat_map(|written| &written.steps);
    // What is gone at a later revision came back meanwhile, and went by another's hand.
    let now = model.inventory.revision();
    sent.filter(|step| step.after.is_none()).any(|step| step.key == *key)
        || done.filter(|step| step.after.is_none() && now <= step.at).any(|step| step.key == *key)
}

fn is_replaced(inventory: &Inventory, store: &StoreId, at: Revision) -> bool {
    inventory.store().is_some_and(|known| known != store || at < inventory.revision())
}

/// Counts changes, marks them as fresh, and says what was deleted, since it has no row to mark.
fn note_changes(model: &mut Model, delta: &Delta) {
    let now = model.now.mono;
    model.link.record.changes += delta.changes.len();
    model.traffic.count(delta.changes.len(), now);
    let end = (now + FRESH_FOR).as_millis().div_ceil(FRESH_STEP) * FRESH_STEP;
    let end = Duration::from_millis(u64::try_from(end).unwrap_or(u64::MAX));
    if !delta.changes.is_empty() && model.fresh_ends.back() != Some(&end) {
        model.fresh_ends.push_back(end);
    }
    let others: Vec<_> = delta.deleted.iter().filter(|key| !is_our_doing(model, key)).collect();
    match others.as_slice() {
        [] => {}
        [key] => model.say(Tone::Plain, format!("{key} was deleted")),
        keys => model.say(Tone::Plain, format!("{} documents were deleted", keys.len())),
    }
}

/// Tells open and kept drafts what became of their base.
fn follow_drafts(model: &mut Model, delta: &Delta) {
    let Model { inventory, edit, drafts, .. } = model;
    for edit in edit.iter_mut().chain(drafts.values_mut()) {
        // A load may have changed what can be seen at all.
        if delta.resynced.is_some() || touches(inventory, delta, &edit.key) {
            edit.upstream = upstream(inventory, edit);
        }
    }
}

fn touches(inventory: &Inventory, delta: &Delta, key: &ResourceKey) -> bool {
    let slot = inventory.find(key);
    delta.deleted.contains(key)
        || delta.changes.iter().any(|(changed, kind)| *kind != DeltaKind::Deleted && Some(*changed) == slot)
}

pub(super) fn upstream(inventory: &Inventory, edit: &Edit) -> Upstream {
    match (&edit.base, inventory.get(&edit.key)) {
        (Base::Stored(entry), Some(row)) if row.token() == entry.token => Upstream::Unchanged,
        (_, None) if !inventory.coverage().sees(&edit.key) => Upstream::Hidden,
        (Base::Absent { .. }, None) => Upstream::Unchanged,
        (_, Some(_)) => Upstream::Changed,
        (Base::Stored(_), None) => Upstream::Deleted,
    }
}
