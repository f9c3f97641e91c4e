//! A yes-or-no question that names its target.

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::keymap::KeyMap;
use crate::console::model::Model;
use crate::console::overlays::{self, Confirm, ConfirmAction, Overlay, dialog_area};
use crate::console::place::Place;
use crate::console::screens::plan::{PlanStep, delete};
use crate::console::screens::{drafts, editor, secret_form};
use crate::console::theme::StyleRole;
use crate::console::widgets::{DIALOG_COLUMNS, Surface, TextRun, dialog, dialog_columns};

pub(crate) struct Question;

impl Component for Question {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Confirm(confirm)) = &model.overlay {
            draw(surface, model, dialog_area(model), confirm);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        let quits = matches!(&model.overlay, Some(Overlay::Confirm(confirm)) if matches!(confirm.action, ConfirmAction::Quit));
        match action {
            Action::Confirm => Some(confirm(model)),
            // Pressed again while the question about drafts is open, it quits.
            Action::Interrupt if quits => Some(drafts::quit_now(model)),
            _ => overlays::close_on_cancel(model, action),
        }
    }
}

/// Answers yes; a key pressed before the question could be read is ignored.
fn confirm(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let is_readable = |open: &mut Overlay| matches!(open, Overlay::Confirm(confirm) if !now.is_too_soon_after(confirm.asked));
    let Some(Overlay::Confirm(confirm)) = model.overlay.take_if(is_readable) else { return Vec::new() };
    match confirm.action {
        ConfirmAction::Delete { entry, store } => {
            let same = store.as_ref() == model.inventory.store();
            delete::delete_one(model, PlanStep::delete(*entry), same)
        }
        ConfirmAction::Discard => {
            editor::discard(model);
            Vec::new()
        }
        ConfirmAction::Secret(job, what) => secret_form::change_version(model, job, what),
        ConfirmAction::DiscardSaved(id) => drafts::throw_away(model, id),
        ConfirmAction::Quit => drafts::quit_now(model),
        ConfirmAction::SwitchContext(name) => drafts::switch::go(model, name, true),
    }
}

fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect, confirm: &Confirm) {
    let columns = dialog_columns(area, DIALOG_COLUMNS);
    let glyphs = surface.glyphs();
    let mut lines = TextRun::wrap(StyleRole::Strong, &glyphs.spell(&confirm.question), columns);
    for detail in &confirm.details {
        lines.extend(TextRun::wrap(StyleRole::Dim, &glyphs.spell(detail), columns));
    }
    lines.push(TextRun::default());
    lines.push(answers(&model.keymap));
    let inside = dialog(surface, area, "sure?", columns, lines.len());
    // The question comes first and the answers last; text that does not fit is cut between them.
    let left_out = lines.len().saturating_sub(usize::from(inside.height));
    let keep = lines.len().saturating_sub(2 + left_out);
    let shown = lines.iter().take(keep).chain(lines.iter().skip(keep + left_out));
    surface.put_lines(inside, 0, shown);
}

fn answers(keymap: &KeyMap) -> TextRun {
    let mut run = TextRun::default();
    for (action, word) in [(Action::Confirm, "yes"), (Action::Cancel, "no")] {
        if let Some(key) = keymap.key(Place::Confirm, action) {
            run.join(
                "    ",
                TextRun::of(StyleRole::Key, key.to_owned()).and(StyleRole::Text, format!(" {word}")),
            );
        }
    }
    run
}
