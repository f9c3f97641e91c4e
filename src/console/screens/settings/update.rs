//! The Settings tab: pictures of the application, moving, filtering.

use super::filter::SettingFilter;
use super::picture::SettingsPicture;
use super::{ShownSettings, detail, view};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::{Model, Redraw};
use crate::console::screens::{Tab, browse};
use crate::console::shell::layout::{Pane, secret_panes};
use crate::console::widgets::{Movement, clamp_scroll};

/// Takes the newest picture of the application, or why it cannot be opened. While the display is paused, the
/// picture waits.
pub(crate) fn on_told(model: &mut Model, told: Result<Box<SettingsPicture>, String>) {
    let page = &mut model.settings;
    match told {
        Ok(picture) if model.paused.is_some() && page.picture.is_some() => page.held = Some(picture),
        Ok(picture) => page.take(picture),
        Err(reason) => page.failure = Some(reason),
    }
    model.request_redraw(Redraw::Soon);
}

/// After each message: takes what waited for the end of a pause, and keeps the selection in view.
pub(crate) fn follow(model: &mut Model) {
    if model.paused.is_none()
        && let Some(picture) = model.settings.held.take()
    {
        model.settings.take(picture);
    }
    if model.tab == Tab::Settings {
        settle(model);
    }
}

/// Does an action of this tab; `None` for one that is handled the same way everywhere.
pub(crate) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Left => focus(model, Pane::Items),
        Action::Right | Action::Open => focus(model, Pane::Detail),
        Action::FocusNext | Action::FocusPrevious => match model.settings.focus {
            Pane::Detail => focus(model, Pane::Items),
            _ => focus(model, Pane::Detail),
        },
        Action::Back => back(model),
        Action::Filter => {
            model.settings.focus = Pane::Items;
            model.settings.list.begin_typing();
        }
        Action::Accept => _ = model.settings.list.end_typing(true),
        Action::Interrupt if model.settings.list.typing.is_none() => return None,
        Action::Cancel | Action::Interrupt => {
            if model.settings.list.end_typing(false) {
                model.settings.apply_filter();
            }
        }
        Action::Complete => complete(model),
        Action::Sort => model.settings.next_order(),
        Action::Zoom => {
            model.settings.zoomed = !model.settings.zoomed;
            settle(model);
        }
        Action::Copy => {
            let Some(text) = model.settings.selected().map(|row| row.text.clone()) else {
                browse::nothing_selected(model);
                return Some(Vec::new());
            };
            let request = model.next_request();
            return Some(vec![Effect::Copy(request, text)]);
        }
        _ => return None,
    }
    Some(Vec::new())
}

fn settle(model: &mut Model) {
    let shown = model.panes().items;
    let cut = || {
        let zoomed = model.settings.zoomed;
        secret_panes(model.frame().body, Pane::Items, zoomed, &model.view.settings.panes).items
    };
    let pane = if shown.width > 0 { shown } else { cut() };
    let height = view::height(model, pane);
    if model.settings.list.height != height {
        model.settings.list.height = height;
        model.settings.restore();
    }
}

/// The names of the layers.
fn layers(model: &Model) -> impl Iterator<Item = &str> {
    let layers = model.settings.picture.iter().flat_map(|picture| picture.snapshot.layers());
    layers.map(|layer| &*layer.name)
}

/// How the filter that is being typed can go on, or what is wrong with it.
pub(crate) fn filter_hints(model: &Model) -> Result<Vec<String>, String> {
    let page = &model.settings;
    let offered = SettingFilter::completions(page.list.filter.text(), layers(model));
    page.filter.error().filter(|_| offered.is_empty()).map_or(Ok(offered), Err)
}

pub(super) fn completed(model: &Model) -> Option<String> {
    let list = &model.settings.list;
    list.typing.as_ref()?;
    SettingFilter::complete(list.filter.text(), layers(model))
}

fn complete(model: &mut Model) {
    if let Some(line) = completed(model) {
        model.settings.list.filter.set(line);
        model.settings.apply_filter();
    }
}

pub(crate) fn can_step(model: &Model, by: Movement) -> bool {
    let page = &model.settings;
    match page.focus {
        Pane::Detail => {
            let (total, height) = detail::extent(model);
            by.can_scroll(page.scroll, total, height)
        }
        _ => by.can_step(&page.list, &ShownSettings(page)),
    }
}

pub(crate) fn step(model: &mut Model, by: Movement) {
    if model.settings.focus == Pane::Detail {
        let (total, height) = detail::extent(model);
        let to = by.scroll(model.settings.scroll, total, height);
        model.settings.scroll = clamp_scroll(to, total, u16::try_from(height).unwrap_or(u16::MAX));
        return;
    }
    settle(model);
    model.settings.step(by);
}

fn focus(model: &mut Model, pane: Pane) {
    if model.settings.list.selected.is_some() || pane == Pane::Items {
        model.settings.focus = pane;
        settle(model);
    }
}

/// Goes back one level: zoom, then the detail, then the filter.
fn back(model: &mut Model) {
    let page = &mut model.settings;
    if page.zoomed {
        page.zoomed = false;
    } else if page.focus == Pane::Detail {
        page.focus = Pane::Items;
    } else if !page.list.filter.text().is_empty() {
        page.list.filter.set("");
        page.apply_filter();
    }
    settle(model);
}
