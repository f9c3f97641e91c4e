//! Several writes reviewed as one commit: delete, copy, rename, undo, rewrite.

pub(crate) mod builder;
pub(crate) mod clone;
pub(crate) mod delete;
pub(crate) mod names;
pub(crate) mod own_secrets;
mod radius;
pub(crate) mod rename;
pub(crate) mod send;
mod state;
mod summary;
pub(crate) mod undo;
mod undo_log;
mod update;
mod view;

pub use own_secrets::SecretCopies;
pub use state::{MAX_STEPS, Plan, PlanConflict, PlanKind, PlanStep, StepConflict, StepDiff, StepDiffs, diff};
pub use undo_log::{UndoChange, UndoEntry, UndoLog};
pub(crate) use update::{on_conflict, on_forced, on_typed, on_written};

use crate::console::action::Action;
use crate::console::component::{Component, EarliestChange};
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::shell::layout::edit_layout;
use crate::console::widgets::{Movement, Surface};

pub(crate) struct PlanScreen;

impl Component for PlanScreen {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        view::draw(surface, model, edit_layout(&model.frame(), true));
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Write => return Some(update::write(model)),
            Action::RebuildPlan => return Some(update::renew(model)),
            Action::FullDiff => update::toggle_full(model),
            Action::CopyOwnSecrets => return Some(own_secrets::toggle(model)),
            Action::LeaveOut => update::toggle_step(model),
            Action::DropUnseen => update::toggle_unseen(model),
            Action::Back | Action::Interrupt => model.plan = None,
            _ => return None,
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        update::scroll(model, by);
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        let Some(plan) = &model.plan else { return false };
        match action {
            Action::Write => {
                (plan.is_undo() || plan.conflicts.is_empty()) && !plan.chosen(&model.inventory).is_empty()
            }
            Action::UndoWrite => plan.is_undo() && model.undo_log.len() > 1,
            Action::CopyOwnSecrets => own_secrets::may_copy(model, plan),
            Action::RebuildPlan => view::may_be_renewed(model),
            Action::LeaveOut => {
                let is_barred = |step| plan.is_undo() && plan.obstacle(step, &model.inventory).is_some();
                plan.is_divisible() && !plan.steps.get(plan.selected).is_some_and(is_barred)
            }
            Action::DropUnseen => !plan.unseen.is_empty(),
            _ => true,
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        update::can_scroll(model, by)
    }

    fn next_changes(&self, model: &Model, soonest: &mut EarliestChange) {
        soonest.include_wall(model, model.receiver_cache_expiry());
    }
}
