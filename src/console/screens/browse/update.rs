//! The list tabs: tabs, panes, zoom, selection, filter and sort order.

use std::sync::Arc;

use super::detail;
use super::detail_links;
use super::filter::Filter;
use super::list_context::ListContext;
use super::state::{BrowsePage, DetailText, scope_row, scopes};
use crate::console::compute::Compute;
use crate::console::effect::Effect;
use crate::console::model::{Model, Redraw, Tone};
use crate::console::request::RequestId;
use crate::console::screens::tab::Tab;
use crate::console::shell::layout::{Pane, body_rows, item_rows, pane_layout};
use crate::console::widgets::{Movement, first_row};
use crate::domain::ResourceKey;
use crate::inventory::{Delta, Scope, SlotSet};
use crate::text::DocumentLayout;

pub(crate) fn show(model: &mut Model, tab: Tab) {
    model.tab = tab;
    settle(model);
}

/// Prepares the text of a large selected document off the loop.
pub(crate) fn prepare_text(model: &mut Model) -> Option<Effect> {
    model.browse()?.detail.unprepared()?;
    let request = model.next_request();
    let (browse, _) = model.browse_mut()?;
    let shown = browse.detail.unprepared()?;
    let (masking, key, token) = (shown.masking.clone(), shown.key.clone(), shown.token);
    let (document, error) = (shown.facts.document.clone(), shown.facts.error.clone());
    let (layout, receiver) = (browse.detail.layout, Arc::clone(&browse.receiver));
    browse.detail.preparing.begin(request, (key.clone(), token));
    let bytes = document.len();
    let run = move || DetailText::of(&key, &masking, &document, error.as_ref(), (layout, &receiver));
    Some(Effect::Compute(request, Compute::new(bytes, run, DetailText::default(), on_prepared)))
}

fn on_prepared(model: &mut Model, request: RequestId, mut text: DetailText) -> Vec<Effect> {
    let asked = [&mut model.webhooks, &mut model.connections];
    if asked.into_iter().any(|page| page.detail.accept(request, &mut text)) {
        model.request_redraw(Redraw::Now);
    }
    Vec::new()
}

/// Whether a movement scrolls the detail, if that has the focus, or changes the selection.
pub(crate) fn can_step(model: &Model, by: Movement) -> bool {
    model.browse().is_none_or(|browse| match browse.focus {
        Pane::Detail => detail_links::step(model, by)
            .is_some_and(|(scroll, link)| (scroll, &link) != (browse.detail.scroll, &browse.detail.link)),
        Pane::Namespaces | Pane::Items => by.can_step(&browse.list, &(&browse.listing, &model.inventory)),
    })
}

/// Moves in the focused pane.
pub(crate) fn step(model: &mut Model, step: Movement) {
    let focus = model.browse().map(|browse| browse.focus);
    match focus {
        None => {}
        Some(Pane::Namespaces) => namespace_step(model, step),
        Some(Pane::Items) => {
            if let Some((browse, context)) = resized(model) {
                browse.step(context.inventory, step);
            }
        }
        Some(Pane::Detail) => {
            let to = detail_links::step(model, step);
            if let (Some(to), Some((browse, _))) = (to, model.browse_mut()) {
                (browse.detail.scroll, browse.detail.link) = to;
            }
        }
    }
}

fn namespace_step(model: &mut Model, step: Movement) {
    let height = usize::from(body_rows(model.panes().namespaces).height);
    let at = scope_row(&model.inventory, model.webhooks.listing.scope());
    let to = step.apply(at, scopes(&model.inventory).count(), height);
    let scope = scopes(&model.inventory).nth(to);
    if let Some(scope) = scope {
        enter(model, scope);
    }
}

pub(crate) fn enter(model: &mut Model, scope: Scope) {
    resize(model);
    let [webhooks, _] = pages(model);
    let (browse, context) = webhooks;
    browse.enter(scope, context);
    scroll_namespaces(model);
}

fn scroll_namespaces(model: &mut Model) {
    let sizes = &model.view.settings.panes;
    let pane = pane_layout(model.frame().body, Pane::Namespaces, false, true, sizes).namespaces;
    let height = usize::from(body_rows(pane).height);
    let at = scope_row(&model.inventory, model.webhooks.listing.scope());
    let count = scopes(&model.inventory).count();
    model.webhooks.namespace_offset = first_row(model.webhooks.namespace_offset, at, count, height);
}

/// Moves the focus to a neighbouring pane; `wrap` continues past the ends.
pub(crate) fn focus(model: &mut Model, by: isize, wrap: bool) {
    let panes = [Pane::Namespaces, Pane::Items, Pane::Detail];
    let panes = panes.get(usize::from(model.tab != Tab::Webhooks)..).unwrap_or_default();
    let Some((browse, _)) = model.browse_mut() else { return };
    let at = panes.iter().position(|pane| *pane == browse.focus).unwrap_or_default();
    let (len, to) = (panes.len().cast_signed(), at.cast_signed() + by);
    let to = if wrap { to.rem_euclid(len) } else { to.clamp(0, len - 1) };
    if let Some(pane) = panes.get(to.cast_unsigned()) {
        browse.focus = *pane;
    }
    settle(model);
}

/// Scrolls the text sideways if the detail has the focus and long lines are not wrapped; returns whether it
/// did.
pub(crate) fn scroll_aside(model: &mut Model, right: bool) -> bool {
    let is_scrolled = |browse: &BrowsePage| browse.focus == Pane::Detail && !browse.detail.wraps;
    if !model.browse().is_some_and(is_scrolled) {
        return false;
    }
    let to = detail::rows(model).and_then(|rows| rows.step_aside(right));
    if let (Some(to), Some((browse, _))) = (to, model.browse_mut()) {
        browse.detail.aside = to;
    }
    to.is_some()
}

/// Wraps long lines of the text, or not, in both lists.
pub(crate) fn wrap(model: &mut Model) {
    let Some(wraps) = model.browse().map(|browse| !browse.detail.wraps) else { return };
    for browse in [&mut model.webhooks, &mut model.connections] {
        (browse.detail.wraps, browse.detail.aside) = (wraps, 0);
    }
    let words =
        if wraps { "long lines are wrapped" } else { "long lines go on to the right: left and right scroll" };
    model.notify(Tone::Plain, words);
}

/// Shows the text laid out, or as it is stored, in both lists.
pub(crate) fn change_layout(model: &mut Model) {
    let Some(layout) = model.browse().map(|browse| browse.detail.layout) else { return };
    let layout = match layout {
        DocumentLayout::Pretty => DocumentLayout::Stored,
        DocumentLayout::Stored => DocumentLayout::Pretty,
    };
    let Model { webhooks, connections, inventory, .. } = model;
    for browse in [webhooks, connections] {
        browse.set_layout(layout, inventory);
    }
    let words = match layout {
        DocumentLayout::Pretty => "texts are laid out, as far as they are JSON",
        DocumentLayout::Stored => "texts are laid out as they are stored",
    };
    model.notify(Tone::Plain, words);
}

/// Makes the focused pane wider or narrower.
pub(crate) fn resize_pane(model: &mut Model, wider: bool) {
    let panes = model.panes();
    if panes.is_alone() {
        let words = "one pane fills the screen: it has no neighbour to take columns from";
        return model.notify(Tone::Plain, words);
    }
    // Secrets and problems are shown in two panes of the same widths.
    let (is_secrets, focus) = match model.tab {
        Tab::Secrets => (true, Some(model.secrets_page.focus)),
        Tab::Problems => (true, Some(model.problems.focus)),
        Tab::Settings => (true, Some(model.settings.focus)),
        _ => (false, model.browse().map(|browse| browse.focus)),
    };
    let Some(focus) = focus else { return };
    if model.view.settings.panes.resize(&panes, focus, is_secrets, wider) {
        model.view.changed = true;
    }
    settle(model);
}

/// Shows panes and columns as they are at first.
pub(crate) fn reset_view(model: &mut Model) {
    let before = std::mem::take(&mut model.view.settings);
    if before != model.view.settings {
        model.view.changed = true;
    }
    model.notify(Tone::Plain, "panes are as wide, and columns chosen, as at first");
    settle(model);
}

/// Goes back one level: what is looked for in the detail, zoom, then pane, then filter, then namespace, then
/// marks.
pub(crate) fn back(model: &mut Model) {
    let is_webhooks = model.tab == Tab::Webhooks;
    let Some((browse, _)) = model.browse_mut() else {
        show(model, Tab::Webhooks);
        return;
    };
    if browse.focus == Pane::Detail && browse.detail.search.is_shown() {
        browse.detail.search.input.set("");
        browse.detail.search.restart();
    } else if browse.zoomed {
        browse.zoomed = false;
    } else if browse.focus == Pane::Detail {
        browse.focus = Pane::Items;
    } else if !browse.list.filter.text().is_empty() {
        browse.list.filter.set("");
        return refilter(model);
    } else if is_webhooks && browse.focus == Pane::Items {
        browse.focus = Pane::Namespaces;
    } else if is_webhooks && *browse.listing.scope() != Scope::AllWebhooks {
        return enter(model, Scope::AllWebhooks);
    } else {
        browse.marks.clear();
    }
    settle(model);
}

/// Starts typing a filter, in the list that it narrows.
pub(crate) fn filter(model: &mut Model) {
    if let Some((browse, _)) = model.browse_mut() {
        browse.focus = Pane::Items;
        browse.list.begin_typing();
    }
    settle(model);
}

/// Ends typing; unless `accept` is set, the filter is restored.
pub(crate) fn end_filter(model: &mut Model, accept: bool) {
    if model.browse_mut().is_some_and(|(browse, _)| browse.list.end_typing(accept)) {
        refilter(model);
    }
}

/// Applies the filter line to the list.
pub(crate) fn refilter(model: &mut Model) {
    if let Some((browse, context)) = resized(model) {
        browse.apply_filter(context);
    }
}

/// Completes the last word of the filter line.
pub(crate) fn complete_filter(model: &mut Model) {
    let own = model.context.receiver.own_rules.clone();
    let Some((browse, _)) = model.browse_mut().filter(|(browse, _)| browse.list.typing.is_some()) else {
        return;
    };
    if let Some(line) = Filter::complete(browse.list.filter.text(), &own) {
        browse.list.filter.set(line);
        refilter(model);
    }
}

/// Switches to the next sort order.
pub(crate) fn sort(model: &mut Model) {
    if let Some((browse, context)) = resized(model) {
        browse.apply_sort(browse.listing.sort().next(), context);
    }
}

/// Toggles between the focused pane alone and all panes.
pub(crate) fn zoom(model: &mut Model) {
    if let Some((browse, _)) = model.browse_mut() {
        browse.zoomed = !browse.zoomed;
    }
    settle(model);
}

/// Copies the address of the selected document.
pub(crate) fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(text) = model.focused().map(ToString::to_string) else {
        nothing_selected(model);
        return Vec::new();
    };
    let request = model.next_request();
    vec![Effect::Copy(request, text)]
}

/// Selects a document in whichever list it is; `false` if it does not exist.
pub(crate) fn go_to(model: &mut Model, key: &ResourceKey) -> bool {
    if model.inventory.find(key).is_none() {
        return false;
    }
    let (tab, scope) = match key {
        ResourceKey::Webhook { namespace, .. } => (Tab::Webhooks, Scope::Namespace(namespace.clone())),
        ResourceKey::Connection { .. } => (Tab::Connections, Scope::Connections),
        ResourceKey::Foreign { .. } => (Tab::Webhooks, Scope::Foreign),
    };
    show(model, tab);
    let Some((browse, context)) = resized(model) else { return false };
    let inventory = context.inventory;
    let stays = *browse.listing.scope() == Scope::AllWebhooks && !key.is_foreign();
    if *browse.listing.scope() != scope && !stays {
        browse.enter(scope, context);
    }
    if browse.listing.position(inventory, key).is_none() {
        // The filter hides it, but the user asked for it.
        browse.list.filter.set("");
        browse.apply_filter(context);
    }
    let found = browse.select_key(inventory, key);
    browse.focus = Pane::Items;
    scroll_namespaces(model);
    found
}

/// Applies an inventory delta to both lists; returns the selected key if it disappeared.
pub(crate) fn apply_delta(model: &mut Model, delta: &Delta) -> Option<ResourceKey> {
    resize(model);
    let front = model.tab;
    let mut lost = None;
    for ((browse, context), tab) in pages(model).into_iter().zip([Tab::Webhooks, Tab::Connections]) {
        let before = browse.list.selected.clone();
        if browse.apply_delta(context, delta) && tab == front {
            lost = before;
        }
    }
    lost
}

/// Filters rows again of which something else is known now.
pub(crate) fn refresh_filtered(model: &mut Model, changed: &SlotSet) {
    resize(model);
    for (browse, context) in pages(model) {
        if browse.listing.refresh(context, changed) {
            browse.restore_selection(context.inventory);
        }
    }
}

/// Filters one more slice of rows of both lists; returns whether there was work left.
pub(crate) fn continue_filter(model: &mut Model) -> bool {
    let worked = pages(model).map(|(browse, context)| {
        let worked = browse.listing.work(context);
        if worked {
            browse.restore_filtered(context.inventory);
        }
        worked
    });
    worked.contains(&true)
}

/// Both lists, with what their rows are filtered by.
fn pages(model: &mut Model) -> [(&mut BrowsePage, ListContext<'_>); 2] {
    let Model { webhooks, connections, inventory, checks, context, presence_cache, .. } = model;
    let context = ListContext::new(inventory, &checks.index, context, presence_cache);
    [(webhooks, context), (connections, context)]
}

/// Restores scroll and selection of both lists after sizes or panes changed.
pub(crate) fn settle(model: &mut Model) {
    resize(model);
    let Model { webhooks, connections, inventory, .. } = model;
    webhooks.restore_selection(inventory);
    connections.restore_selection(inventory);
    scroll_namespaces(model);
    model.request_redraw(Redraw::Now);
}

fn resize(model: &mut Model) {
    model.webhooks.list.height = items_height(model, true);
    model.connections.list.height = items_height(model, false);
}

/// The visible list tab, after setting its list to the height it is drawn with.
fn resized(model: &mut Model) -> Option<(&mut BrowsePage, ListContext<'_>)> {
    resize(model);
    let tab = model.tab;
    let [webhooks, connections] = pages(model);
    match tab {
        Tab::Webhooks => Some(webhooks),
        Tab::Connections => Some(connections),
        Tab::Secrets | Tab::Problems | Tab::Health | Tab::Log | Tab::Settings => None,
    }
}

/// The number of visible rows in the list of a tab, whether or not that tab is shown.
fn items_height(model: &Model, webhooks: bool) -> usize {
    let browse = if webhooks { &model.webhooks } else { &model.connections };
    let (body, sizes) = (model.frame().body, &model.view.settings.panes);
    let cut = |focus| pane_layout(body, focus, browse.zoomed, webhooks, sizes).items;
    let shown = cut(browse.focus);
    let pane = if shown.height > 0 && shown.width > 0 { shown } else { cut(Pane::Items) };
    usize::from(item_rows(pane).height)
}

/// Says why nothing was done: a namespace has the focus, or nothing is there.
pub(crate) fn nothing_selected(model: &mut Model) {
    let is_namespace = model.browse().is_some_and(|browse| browse.focus == Pane::Namespaces);
    let words = match is_namespace {
        true => "a namespace has the focus: enter goes to its documents",
        false => "nothing is selected",
    };
    model.notify(Tone::Plain, words);
}
