//! Moving about in the tab Secrets, and what it asks for while it is in front: what is stored, and the
//! versions of the selected secret. Presence is asked for elsewhere, by what is on the screen.

use crossterm::event::KeyEvent;

use super::super::action::Action;
use super::super::effect::{Effect, Request};
use super::super::layout::Pane;
use super::super::model::{Ended, Listed, Model, Redraw, SecretsPage, Spot, Tab};
use super::super::view::{secret_detail_place, secret_rows};
use super::browse::{self, Step};
use crate::domain::{ResourceKey, SecretFolder, SecretPath, Versions};
use crate::inventory::Delta;
use crate::provider::Error;

/// Does an action of this tab; `None` is one that means here what it means everywhere.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if let Some(by) = Step::of(action) {
        step(model, by);
        return Some(Vec::new());
    }
    match action {
        Action::Left => focus(model, Pane::Items),
        Action::Right => focus(model, Pane::Detail),
        Action::FocusNext | Action::FocusPrevious => match model.secrets_page.focus {
            Pane::Detail => focus(model, Pane::Items),
            _ => focus(model, Pane::Detail),
        },
        Action::Open => open(model),
        Action::Back => back(model),
        Action::Filter => {
            let page = &mut model.secrets_page;
            page.focus = Pane::Items;
            page.typing = Some(page.filter.text().to_owned());
        }
        Action::Accept => drop(model.secrets_page.typing.take()),
        Action::Cancel => {
            if let Some(before) = model.secrets_page.typing.take() {
                model.secrets_page.filter.set(before);
                model.secrets_page.apply_filter();
            }
        }
        Action::Sort => {
            if let Some((page, _, vista)) = model.secrets_parts() {
                page.next_sort(&vista);
            }
        }
        Action::Zoom => model.secrets_page.zoomed = !model.secrets_page.zoomed,
        Action::Copy => return Some(copy(model)),
        _ => return None,
    }
    Some(Vec::new())
}

/// A key for the filter line.
pub(super) fn type_key(page: &mut SecretsPage, key: KeyEvent) {
    if page.filter.key(key) {
        page.apply_filter();
    }
}

/// A paste for the filter line.
pub(super) fn paste(page: &mut SecretsPage, text: &str) {
    page.filter.insert(text);
    page.apply_filter();
}

fn step(model: &mut Model, by: Step) {
    if model.secrets_page.focus == Pane::Detail {
        return step_detail(model, by);
    }
    let page = &mut model.secrets_page;
    let len = page.rows.as_ref().map_or(0, |rows| rows.len());
    page.walk_to(by.from(page.cursor, len, page.height()));
}

/// Through fields, versions and documents; a detail without any of them is scrolled.
fn step_detail(model: &mut Model, by: Step) {
    let presence = model.selected_presence().and_then(Result::ok).flatten();
    let (at, places) = model.secrets_page.spot_place(presence.as_deref());
    let height = usize::from(model.frame().body.height);
    let to = at.map_or(0, |at| by.from(at, places, height));
    let spot = model.secrets_page.spot_at(presence.as_deref(), to);
    drop(presence);
    if places > 0 {
        model.secrets_page.spot = spot;
    }
    let place = secret_detail_place(model);
    let last = place.total.saturating_sub(place.height);
    let page = &mut model.secrets_page;
    page.scroll = match place.line {
        None => by.from(page.scroll, last + 1, height),
        // What stands above the first place is only seen from there.
        Some(_) if to == 0 => 0,
        Some(line) => page.scroll.min(line).max((line + 1).saturating_sub(place.height)).min(last),
    };
}

fn focus(model: &mut Model, pane: Pane) {
    let page = &mut model.secrets_page;
    if page.focus == pane || page.selected.is_none() {
        return;
    }
    page.focus = pane;
    if pane == Pane::Detail && page.spot.is_none() {
        step_detail(model, Step::First);
    }
}

/// Into the selected secret; from there to a document that depends on it.
fn open(model: &mut Model) {
    if model.secrets_page.focus != Pane::Detail {
        return focus(model, Pane::Detail);
    }
    if let Some(key) = holder(model) {
        browse::go_to(model, &key);
    }
}

/// The selected document that depends on the selected secret.
fn holder(model: &Model) -> Option<ResourceKey> {
    let page = &model.secrets_page;
    let Some(Spot::Holder(at)) = page.spot else { return None };
    Some(model.inventory.row(*page.entry()?.holders.get(at)?)?.key())
}

/// One step out: zoom, then the detail, then the filter.
fn back(model: &mut Model) {
    let page = &mut model.secrets_page;
    if page.zoomed {
        page.zoomed = false;
    } else if page.focus == Pane::Detail {
        page.focus = Pane::Items;
    } else if !page.filter.text().is_empty() {
        page.filter.set("");
        page.apply_filter();
    }
}

/// Copies where the selected secret is, or the document that depends on it.
fn copy(model: &mut Model) -> Vec<Effect> {
    let in_detail = model.secrets_page.focus == Pane::Detail;
    let document = holder(model).filter(|_| in_detail).map(|key| key.to_string());
    let path = || model.secrets_page.selected.as_ref().map(|subject| subject.text());
    let Some(text) = document.or_else(path) else { return Vec::new() };
    vec![Effect::Copy(model.next_request(), text)]
}

/// Lets the tab follow whatever happened: sizes, the selection, and what it asks for while it is seen.
pub(super) fn follow(model: &mut Model) -> Vec<Effect> {
    if model.tab != Tab::Secrets || model.context.secrets.is_none() {
        return stop(model);
    }
    model.secrets_page.open();
    let (height, shown) = secret_rows(model);
    model.secrets_page.resize(height);
    model.secrets_page.covered = !shown;
    let (now, is_visible) = (model.now.mono, !model.secret_mounts().is_empty());
    model.secrets_page.follow_past(is_visible, now);
    let walk = &model.secrets_page.walk;
    match walk.asked.is_none() && walk.ended.is_none() {
        true => begin_walk(model).into_iter().collect(),
        false => Vec::new(),
    }
}

/// Nobody looks any more: what a whole walk found stays, any other begins anew next time.
fn stop(model: &mut Model) -> Vec<Effect> {
    let Some(request) = model.secrets_page.walk.asked else { return Vec::new() };
    model.secrets_page.end_walk();
    vec![Effect::ListSecrets(request, Vec::new())]
}

fn begin_walk(model: &mut Model) -> Option<Effect> {
    let mounts = model.secret_mounts();
    if mounts.is_empty() {
        return None;
    }
    let from = mounts.iter().map(|mount| SecretFolder { mount: mount.clone(), folder: None }).collect();
    let request = model.next_request();
    model.secrets_page.begin_walk(request, mounts);
    Some(Effect::ListSecrets(request, from))
}

/// Asks again for all that the tab shows, because a person wants it.
pub(super) fn retry(model: &mut Model) -> Option<Effect> {
    if !model.sees_secrets() {
        return None;
    }
    let now = model.now.mono;
    if let Some(past) = &mut model.secrets_page.past {
        past.hurry(now);
    }
    begin_walk(model)
}

/// Does what is due.
pub(super) fn wake(model: &mut Model) -> Vec<Effect> {
    if let Some((page, inventory, vista)) = model.secrets_parts()
        && page.is_partial()
    {
        page.work(inventory, &vista);
    }
    if !model.sees_secrets() {
        return Vec::new();
    }
    let now = model.now.mono;
    let mut effects = Vec::new();
    let due = |at: Option<_>| at.is_some_and(|at| at <= now);
    if due(model.secrets_page.walk.again) {
        effects.extend(begin_walk(model));
    }
    if due(model.secrets_page.past.as_ref().and_then(|past| past.due())) {
        let request = model.next_request();
        if let Some(past) = &mut model.secrets_page.past {
            past.ask(request);
            effects.push(Effect::SecretVersions(request, past.path.clone()));
        }
    }
    effects
}

/// Follows what the inventory did.
pub(super) fn take(model: &mut Model, delta: &Delta) {
    model.secrets_page.take(delta);
}

/// More is known of these.
pub(super) fn seen<'p>(model: &mut Model, paths: impl IntoIterator<Item = &'p SecretPath>) {
    if let Some((page, _, vista)) = model.secrets_parts() {
        page.seen(paths, &vista);
    }
}

/// A secret was written: its versions are other ones now.
pub(super) fn written(model: &mut Model) {
    let now = model.now.mono;
    if let Some(past) = &mut model.secrets_page.past {
        past.hurry(now);
    }
}

/// A folder was listed.
pub(super) fn listed(model: &mut Model, request: Request, listed: Listed) {
    if let Some((page, _, vista)) = model.secrets_parts() {
        page.listed(request, listed, &vista);
        model.want(Redraw::Soon);
    }
}

/// Listing has ended.
pub(super) fn ended(model: &mut Model, request: Request, ended: Ended) {
    let now = model.now.mono;
    if let Some((page, _, vista)) = model.secrets_parts() {
        page.walked(request, ended, &vista, now);
        model.want(Redraw::Soon);
    }
}

/// The versions of the selected secret, if it is still selected.
pub(super) fn versions(model: &mut Model, request: Request, told: Result<Option<Versions>, Error>) {
    let now = model.now.mono;
    if model.secrets_page.past.as_mut().is_some_and(|past| past.take(request, told, now)) {
        model.want(Redraw::Soon);
    }
}
