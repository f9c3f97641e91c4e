//! The keys of a place, grouped, from the key map.

use ratatui::layout::Rect;

use crate::console::action::{Action, Group};
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::keymap::KeyMap;
use crate::console::model::Model;
use crate::console::overlays::{Overlay, dialog_area};
use crate::console::place::Place;
use crate::console::screens::browse::needs;
use crate::console::screens::settings;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Movement, Surface, TextRun, clamp_scroll, dialog, draw_more};

pub(crate) struct HelpDialog;

impl Component for HelpDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Help { place, scroll }) = &model.overlay {
            draw(surface, model, dialog_area(model), *place, *scroll);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        matches!(action, Action::Back | Action::Interrupt).then(|| {
            model.overlay = None;
            Vec::new()
        })
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let Some((_, rows, page)) = extent(model) else { return };
        if let Some(Overlay::Help { scroll, .. }) = &mut model.overlay {
            *scroll = by.scroll(*scroll, rows, page);
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        extent(model).is_some_and(|(scroll, rows, page)| by.can_scroll(scroll, rows, page))
    }
}

/// Blanks between two columns.
const GAP: u16 = 4;

/// Width of the column of keys.
const KEYS: usize = 17;

/// The first row shown, the number of rows, and how many there is room for.
fn extent(model: &Model) -> Option<(usize, usize, usize)> {
    let Some(Overlay::Help { place, scroll }) = &model.overlay else { return None };
    let area = dialog_area(model);
    let rows = content(model, area, *place).iter().map(Vec::len).max().unwrap_or(0);
    Some((*scroll, rows, usize::from(area.height.saturating_sub(2))))
}

/// The columns of a place's help.
fn content(model: &Model, area: Rect, place: Place) -> Vec<Vec<TextRun>> {
    let actions = offered(&model.keymap, place, |action| model.offers(action));
    let mut groups: Vec<Vec<TextRun>> =
        Group::ALL.into_iter().filter_map(|group| lines(&model.keymap, group, place, &actions)).collect();
    match place {
        Place::Browse | Place::Detail if model.context.secrets.is_some() => {
            groups.push(marks("Secrets (the column SEC)", needs::legend()));
        }
        Place::Settings => groups.push(marks("Marks", settings::legend())),
        _ => {}
    }
    columns(groups, area)
}

fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect, place: Place, scroll: usize) {
    let columns = content(model, area, place);
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let title = format!("{} {} keys", place.title(), glyph::DOT);
    let inside = dialog(surface, area, &title, width(&columns), rows);
    let first = clamp_scroll(scroll, rows, inside.height);
    let mut rest = inside;
    for column in &columns {
        for (row, run) in (0..rest.height).zip(column.iter().skip(first)) {
            surface.row(rest, row).put_run(run);
        }
        let step = (widest(column) + GAP).min(rest.width);
        rest = Rect { x: rest.x + step, width: rest.width - step, ..rest };
    }
    if rows > first + usize::from(inside.height) {
        draw_more(surface, inside);
    }
}

/// One column if it fits in height, or two if they fit in width.
fn columns(groups: Vec<Vec<TextRun>>, area: Rect) -> Vec<Vec<TextRun>> {
    let one = distribute(groups.clone(), 1);
    if one.iter().all(|column| column.len() + 2 <= usize::from(area.height)) {
        return one;
    }
    let two = distribute(groups, 2);
    if width(&two) + 4 <= area.width { two } else { one }
}

/// What the marks of a list mean.
fn marks(
    title: &'static str,
    legend: impl IntoIterator<Item = (&'static str, StyleRole, &'static str)>,
) -> Vec<TextRun> {
    let title = TextRun::of(StyleRole::Accent, title);
    let line = |(glyph, style, words): (&'static str, StyleRole, &'static str)| {
        TextRun::of(style, format!("{glyph:KEYS$} ")).and(StyleRole::Text, words)
    };
    std::iter::once(title).chain(legend.into_iter().map(line)).collect()
}

fn widest(column: &[TextRun]) -> u16 {
    column.iter().map(TextRun::width).max().unwrap_or(0)
}

fn width(columns: &[Vec<TextRun>]) -> u16 {
    columns.iter().map(|column| widest(column) + GAP).sum::<u16>().saturating_sub(GAP)
}

/// Distributes groups over columns of about the same height, without splitting one.
fn distribute(groups: Vec<Vec<TextRun>>, count: usize) -> Vec<Vec<TextRun>> {
    let total: usize = groups.iter().map(|group| group.len() + 1).sum();
    let mut columns = vec![Vec::new()];
    for group in groups {
        let open = columns.len();
        let Some(last) = columns.last_mut() else { break };
        if open < count && !last.is_empty() && last.len() + group.len() / 2 >= total.div_ceil(count) {
            columns.push(group);
            continue;
        }
        if !last.is_empty() {
            last.push(TextRun::default());
        }
        last.extend(group);
    }
    columns
}

/// The actions available in a place, those with a key first; the others can be typed as commands.
pub(crate) fn offered(keymap: &KeyMap, place: Place, is_offered: impl Fn(Action) -> bool) -> Vec<Action> {
    let takes_commands = matches!(place, Place::Browse | Place::Detail | Place::Secrets | Place::Page);
    let is_bound = |action: &Action| keymap.key(place, *action).is_some();
    let (bound, others): (Vec<Action>, Vec<Action>) = Action::ALL.iter().partition(|action| is_bound(action));
    let typed = others.into_iter().filter(|action| takes_commands && action.is_command());
    bound.into_iter().chain(typed).filter(|action| is_offered(*action)).collect()
}

/// The title of a group, and a line for each of its available actions.
fn lines(keymap: &KeyMap, group: Group, place: Place, actions: &[Action]) -> Option<Vec<TextRun>> {
    let line = |action: &Action| {
        let keys: Vec<&str> = keymap.keys(place, *action).collect();
        let keys = if keys.is_empty() { format!(":{}", action.name()) } else { keys.join(", ") };
        TextRun::of(StyleRole::Key, format!("{keys:KEYS$} ")).and(StyleRole::Text, action.help())
    };
    let mut lines = vec![TextRun::of(StyleRole::Accent, group.title())];
    lines.extend(actions.iter().filter(|action| action.group() == group).map(line));
    (lines.len() > 1).then_some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_binding_of_every_place_is_in_its_help() {
        let keymap = KeyMap::default();
        for place in Place::ALL {
            let actions = offered(&keymap, place, |_| true);
            let shown: usize = Group::ALL
                .into_iter()
                .filter_map(|group| lines(&keymap, group, place, &actions))
                .map(|lines| lines.len() - 1)
                .sum();
            let typed = matches!(place, Place::Browse | Place::Detail | Place::Secrets | Place::Page);
            let listed =
                |action: &Action| keymap.key(place, *action).is_some() || (typed && action.is_command());
            assert_eq!(shown, Action::ALL.iter().filter(|action| listed(action)).count(), "{place:?}");
        }
    }
}
