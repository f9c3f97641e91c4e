//! The Secrets tab: navigation, and its requests while visible: the stored secrets, and the versions of the
//! selected one. Presence is polled elsewhere, for everything on the screen.

use super::detail::viewport;
use super::listing::{FolderPage, ListingEnd};
use super::state::Selection;
use super::view::rows;
use crate::console::action::Action;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Redraw};
use crate::console::screens::browse;
use crate::console::screens::tab::Tab;
use crate::console::shell::layout::Pane;
use crate::console::widgets::{Movement, first_row};
use crate::domain::{ResourceKey, SecretFolder, SecretMetadata};
use crate::provider::Error;

/// Does an action of this tab; `None` for one that is handled the same way everywhere.
pub(crate) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
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
            page.list.begin_typing();
        }
        Action::Accept => {
            model.secrets_page.list.end_typing(true);
        }
        Action::Interrupt if model.secrets_page.list.typing.is_none() => return None,
        Action::Cancel | Action::Interrupt => {
            if model.secrets_page.list.end_typing(false) {
                model.secrets_page.apply_filter();
            }
        }
        Action::Sort => {
            if let Some((page, _, view)) = model.secrets_parts() {
                page.next_sort(view);
            }
        }
        Action::Zoom => model.secrets_page.zoomed = !model.secrets_page.zoomed,
        Action::Copy => return Some(copy(model)),
        _ => return None,
    }
    Some(Vec::new())
}

pub(crate) fn step(model: &mut Model, by: Movement) {
    match model.secrets_page.focus {
        Pane::Detail => step_detail(model, by),
        _ => model.secrets_page.step(by),
    }
}

/// Moves through fields, versions and documents; a detail without any of these is scrolled.
fn step_detail(model: &mut Model, by: Movement) {
    let presence = model.selected_presence();
    let page = &model.secrets_page;
    let selectable = || page.selectable(&model.inventory, presence.as_deref());
    let at = selectable().position(|item| Some(item) == page.detail_selection);
    let height = usize::from(model.frame().body.height);
    let to = at.map_or(0, |at| by.apply(at, selectable().count(), height));
    if let Some(selection) = selectable().nth(to) {
        drop(presence);
        model.secrets_page.detail_selection = Some(selection);
    }
    let place = viewport(model);
    let last = place.total.saturating_sub(place.height);
    let page = &mut model.secrets_page;
    page.scroll = match place.line {
        None => by.apply(page.scroll, last + 1, height),
        // Lines above the first selectable one are visible only when that is selected.
        Some(_) if to == 0 => 0,
        Some(line) => first_row(page.scroll, line, place.total, place.height),
    };
}

fn focus(model: &mut Model, pane: Pane) {
    let page = &mut model.secrets_page;
    if page.focus == pane || page.list.selected.is_none() {
        return;
    }
    page.focus = pane;
    if pane == Pane::Detail && page.detail_selection.is_none() {
        step_detail(model, Movement::First);
    }
}

/// Opens the detail of the selected secret; in the detail, opens the selected dependent document.
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
    let Some(Selection::Holder(at)) = page.detail_selection else { return None };
    let (slot, _) = page.entry()?.dependent(&model.inventory, at)?;
    Some(model.inventory.row(slot)?.key())
}

/// Goes back one level: zoom, then the detail, then the filter.
fn back(model: &mut Model) {
    let page = &mut model.secrets_page;
    if page.zoomed {
        page.zoomed = false;
    } else if page.focus == Pane::Detail {
        page.focus = Pane::Items;
    } else if !page.list.filter.text().is_empty() {
        page.list.filter.set("");
        page.apply_filter();
    }
}

/// Copies the path of the selected secret, or the address of the document that depends on it.
fn copy(model: &mut Model) -> Vec<Effect> {
    let in_detail = model.secrets_page.focus == Pane::Detail;
    let document = holder(model).filter(|_| in_detail).map(|key| key.to_string());
    let path = || model.secrets_page.list.selected.as_ref().map(|subject| subject.text());
    let Some(text) = document.or_else(path) else { return Vec::new() };
    vec![Effect::Copy(model.next_request(), text)]
}

/// After each message: updates sizes and selection, and requests what the visible tab needs.
pub(crate) fn follow(model: &mut Model) -> Vec<Effect> {
    if model.tab != Tab::Secrets || model.context.secrets.is_none() {
        return stop(model);
    }
    model.secrets_page.open();
    let (height, shown) = rows(model);
    model.secrets_page.resize(height);
    model.secrets_page.covered = !shown;
    let (now, is_visible) = (model.now.mono, !model.secret_mounts().is_empty());
    model.secrets_page.follow_selection(is_visible, now);
    let walk = &model.secrets_page.listing;
    match walk.asked.is_none() && walk.ended.is_none() {
        true => begin_listing(model).into_iter().collect(),
        false => Vec::new(),
    }
}

/// Called when the tab is left: a complete listing is kept, any other starts again next time.
fn stop(model: &mut Model) -> Vec<Effect> {
    let listing = &mut model.secrets_page.listing;
    let Some(request) = listing.asked.take() else { return Vec::new() };
    listing.found.clear();
    vec![Effect::ListSecrets(request, Vec::new())]
}

fn begin_listing(model: &mut Model) -> Option<Effect> {
    let mounts = model.secret_mounts();
    if mounts.is_empty() {
        return None;
    }
    let from = mounts.iter().map(|mount| SecretFolder { mount: mount.clone(), folder: None }).collect();
    let request = model.next_request();
    model.secrets_page.begin_listing(request, mounts);
    Some(Effect::ListSecrets(request, from))
}

/// Requests everything that the tab shows again, at the user's request.
pub(crate) fn retry(model: &mut Model) -> Option<Effect> {
    if !model.shows_secrets() {
        return None;
    }
    on_secret_written(model);
    begin_listing(model)
}

/// Does what is due.
pub(crate) fn wake(model: &mut Model) -> Vec<Effect> {
    if let Some((page, inventory, view)) = model.secrets_parts()
        && page.rows.is_partial()
    {
        page.work(inventory, view);
    }
    if !model.shows_secrets() {
        return Vec::new();
    }
    let now = model.now.mono;
    let mut effects = Vec::new();
    let due = |at: Option<_>| at.is_some_and(|at| at <= now);
    if due(model.secrets_page.listing.retry_at) {
        effects.extend(begin_listing(model));
    }
    if due(model.secrets_page.version_history.as_ref().and_then(|past| past.due())) {
        let request = model.next_request();
        if let Some(past) = &mut model.secrets_page.version_history {
            past.asked.begin(request, ());
            effects.push(Effect::SecretVersions(request, past.path.clone()));
        }
    }
    effects
}

/// A secret was written, so its versions may have changed and are requested again.
pub(crate) fn on_secret_written(model: &mut Model) {
    let now = model.now.mono;
    if let Some(past) = &mut model.secrets_page.version_history {
        past.ask_now(now);
    }
}

pub(crate) fn on_folder_listed(model: &mut Model, request: RequestId, listed: FolderPage) {
    if let Some((page, _, view)) = model.secrets_parts() {
        page.folder_listed(request, listed, view);
        model.request_redraw(Redraw::Soon);
    }
}

pub(crate) fn on_listing_ended(model: &mut Model, request: RequestId, ended: ListingEnd) {
    let now = model.now.mono;
    if let Some((page, _, view)) = model.secrets_parts() {
        page.listing_ended(request, ended, view, now);
        model.request_redraw(Redraw::Soon);
    }
}

/// Takes the versions of the selected secret, if it is still selected.
pub(crate) fn on_versions(
    model: &mut Model,
    request: RequestId,
    told: Result<Option<SecretMetadata>, Error>,
) {
    let now = model.now.mono;
    if model.secrets_page.version_history.as_mut().is_some_and(|past| past.accept(request, told, now)) {
        model.request_redraw(Redraw::Soon);
    }
}
