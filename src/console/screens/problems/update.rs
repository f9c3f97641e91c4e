//! The Problems tab: moving, filtering, and the way from a problem to its place in the editor.

use super::detail;
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::screens::browse::{self, Filter, ListContext, marks};
use crate::console::screens::problems::ProblemsPage;
use crate::console::screens::{Tab, editor};
use crate::console::shell::layout::{Pane, item_rows, secret_panes};
use crate::console::widgets::{Movement, clamp_scroll};
use crate::domain::ResourceKey;
use crate::inventory::SlotSet;

/// Does an action of this tab; `None` for one that is handled the same way everywhere.
pub(crate) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Left => focus(model, Pane::Items),
        Action::Right => focus(model, Pane::Detail),
        Action::FocusNext | Action::FocusPrevious => match model.problems.focus {
            Pane::Detail => focus(model, Pane::Items),
            _ => focus(model, Pane::Detail),
        },
        Action::Open => open(model),
        Action::Edit => edit(model),
        Action::Back => back(model),
        Action::Filter => {
            model.problems.focus = Pane::Items;
            model.problems.list.begin_typing();
        }
        Action::Accept => _ = model.problems.list.end_typing(true),
        Action::Interrupt if model.problems.list.typing.is_none() => return None,
        Action::Cancel | Action::Interrupt => {
            if model.problems.list.end_typing(false) {
                refilter(model);
            }
        }
        Action::Complete => complete(model),
        Action::Sort => {
            let (page, context) = parts(model);
            page.next_order(context);
        }
        Action::Zoom => {
            model.problems.zoomed = !model.problems.zoomed;
            settle(model);
        }
        Action::Mark => {
            if let Some(key) = model.focused().cloned() {
                marks::toggle_key(model, key);
                step(model, Movement::Lines(1));
            }
        }
        _ => return None,
    }
    Some(Vec::new())
}

/// The page, with what its rows are made of.
fn parts(model: &mut Model) -> (&mut ProblemsPage, ListContext<'_>) {
    let Model { problems, inventory, checks, context, presence_cache, .. } = model;
    (problems, ListContext::new(inventory, &checks.index, context, presence_cache))
}

/// After each message: collects the rows once the tab is shown, and keeps the selection in view.
pub(crate) fn follow(model: &mut Model) {
    if model.tab == Tab::Problems {
        let (page, context) = parts(model);
        page.open(context);
        settle(model);
    }
}

/// Restores selection and scroll after sizes or panes changed.
fn settle(model: &mut Model) {
    let (page, shown) = (&model.problems, model.panes().items);
    let cut = || secret_panes(model.frame().body, Pane::Items, page.zoomed, &model.view.settings.panes).items;
    let pane = if shown.width > 0 { shown } else { cut() };
    let height = usize::from(item_rows(pane).height);
    let (page, context) = parts(model);
    if page.list.height != height {
        page.list.height = height;
        page.restore(context);
    }
}

/// Takes note of documents whose problems, or what they are filtered by, are others now.
pub(crate) fn refresh(model: &mut Model, changed: &SlotSet) {
    let (page, context) = parts(model);
    page.refresh(context, changed);
}

/// Collects one more slice of rows, if any are left.
pub(crate) fn work(model: &mut Model) {
    let (page, context) = parts(model);
    if page.is_partial() {
        page.work(context);
    }
}

pub(crate) fn refilter(model: &mut Model) {
    let (page, context) = parts(model);
    page.apply_filter(context);
}

fn complete(model: &mut Model) {
    let own = &model.context.receiver.own_rules;
    if let Some(line) = Filter::complete(model.problems.list.filter.text(), own) {
        model.problems.list.filter.set(line);
        refilter(model);
    }
}

pub(crate) fn can_step(model: &Model, by: Movement) -> bool {
    let page = &model.problems;
    match page.focus {
        Pane::Detail => {
            let (total, height) = detail::extent(model);
            by.can_scroll(page.scroll, total, height)
        }
        _ => by.can_step(&page.list, &(&page.rows, ListContext::from(model))),
    }
}

pub(crate) fn step(model: &mut Model, by: Movement) {
    if model.problems.focus == Pane::Detail {
        let (total, height) = detail::extent(model);
        let to = by.scroll(model.problems.scroll, total, height);
        model.problems.scroll = clamp_scroll(to, total, u16::try_from(height).unwrap_or(u16::MAX));
        return;
    }
    settle(model);
    let (page, context) = parts(model);
    page.step(context, by);
}

fn focus(model: &mut Model, pane: Pane) {
    if model.problems.list.selected.is_some() || pane == Pane::Items {
        model.problems.focus = pane;
        settle(model);
    }
}

/// Goes back one level: zoom, then the detail, then the filter.
fn back(model: &mut Model) {
    let page = &mut model.problems;
    if page.zoomed {
        page.zoomed = false;
    } else if page.focus == Pane::Detail {
        page.focus = Pane::Items;
    } else if !page.list.filter.text().is_empty() {
        page.list.filter.set("");
        return refilter(model);
    }
    settle(model);
}

/// Goes to the place of the selected problem in the editor; where nothing can be written, to the document.
fn open(model: &mut Model) {
    let Some(key) = model.focused().cloned() else { return browse::nothing_selected(model) };
    if model.may_write() && !key.is_foreign() {
        return edit(model);
    }
    if browse::go_to(model, &key)
        && let Some((browse, _)) = model.browse_mut()
    {
        browse.focus = Pane::Detail;
        browse::settle(model);
    }
    if !key.is_foreign() {
        model.passes_gate();
    }
}

fn edit(model: &mut Model) {
    let context = ListContext::from(&*model);
    let selected = model.problems.selected(context);
    let found = selected.map(|(row, found)| (row.key(), row.document().clone(), found.clone()));
    editor::open(model);
    if let Some((key, document, problem)) = found {
        editor::go_to_problem(model, &key, &document, &problem);
    }
}

/// Whether a document is marked in its own list.
pub(super) fn is_marked(model: &Model, key: &ResourceKey) -> bool {
    marks::page_of(model, key).marks.contains(key)
}
