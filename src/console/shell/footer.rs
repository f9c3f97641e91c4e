//! The keys that work here, from the key map.

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::model::{Model, WriteAccess};
use crate::console::screens::front;
use crate::console::widgets::{Surface, TextRun};

/// Up to this width only the first four keys are named.
const NARROW: u16 = 80;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let place = model.place();
    let most = if area.width <= NARROW { 4 } else { usize::MAX };
    let mut pen = surface.row(area, 0);
    pen.skip(1);
    let possible = Action::hints(place).into_iter().filter(|(action, _)| is_possible(model, *action));
    for (action, word) in possible.take(most) {
        let Some(key) = model.keymap.key(place, action) else { continue };
        let hint = TextRun::hint(key, word);
        if hint.width() > pen.remaining() {
            break;
        }
        pen.put_run(&hint).skip(3);
    }
}

/// Whether an action has something to act on.
pub(crate) fn is_possible(model: &Model, action: Action) -> bool {
    let is_allowed = model.lock != WriteAccess::ReadOnly || !action.needs_writer();
    is_allowed && front(model).is_possible(model, action)
}
