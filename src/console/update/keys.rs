//! Dispatch: keys to actions, actions to their handlers; a key without an action is text.

use crossterm::event::KeyEvent;

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::model::{Model, Redraw, Tone, UNLOCKED_FOR, WriteAccess};
use super::super::place::Place;
use super::super::secret_jobs::SecretJob;
use super::{feed, timers};
use crate::compare::merge::ConflictChoice;
use crate::console::overlays::{ConfirmAction, Overlay, chooser, prompt};
use crate::console::screens::browse::marking as marks;
use crate::console::screens::editor::{external_editor, fixes as diagnostics, search, typing};
use crate::console::screens::plan::{builder as plan_builder, names};
use crate::console::screens::secret_form::undo as secret_undo;
use crate::console::screens::secrets::actions as secret_actions;
use crate::console::screens::secrets::actions::{SecretAction, reveal as secret_reveal};
use crate::console::screens::{
    Tab, browse, drafts, editor as edit, merge, plan, review as prepare, secret_form,
    secrets as secrets_page, stale_dependents,
};
use crate::console::widgets::Movement;

pub(in crate::console) fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    model.request_redraw(Redraw::Now);
    model.last_key = model.now.mono;
    model.select_on_arrival = None;
    // A key after the timeout, but before the wake-up for it, must not extend the unlock.
    let mut effects: Vec<_> = timers::lock_if_expired(model).into_iter().collect();
    if let WriteAccess::Open(Some(until)) = &mut model.lock {
        *until = model.now.mono + UNLOCKED_FOR;
    }
    let place = model.place();
    match model.keymap.action(place, key) {
        Some(action) => effects.extend(act(model, action)),
        None => type_key(model, place, key),
    }
    effects
}

/// A paste is text, taken only where text is typed; elsewhere it would run keys.
pub(in crate::console) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    model.request_redraw(Redraw::Now);
    match model.place() {
        Place::Filter if model.tab == Tab::Secrets => secrets_page::paste(&mut model.secrets_page, text),
        Place::Filter => {
            if let Some((browse, _)) = model.browse_mut() {
                browse.list.filter.insert(text);
            }
            browse::refilter(model);
        }
        Place::Prompt => prompt::paste(model, text),
        Place::Choose => chooser::paste(model, text),
        Place::Editor => typing::paste(model, text),
        Place::Find => search::paste(model, text),
        Place::Value | Place::Generate => secret_form::paste(model, text),
        _ => model.notify(Tone::Plain, "a paste is taken only where text is typed"),
    }
    Vec::new()
}

fn type_key(model: &mut Model, place: Place, key: KeyEvent) {
    match place {
        Place::Filter if model.tab == Tab::Secrets => secrets_page::type_key(&mut model.secrets_page, key),
        Place::Filter => {
            let changed = model.browse_mut().is_some_and(|(browse, _)| browse.list.filter.key(key));
            if changed {
                browse::refilter(model);
            }
        }
        Place::Prompt => prompt::key(model, key),
        Place::Choose => chooser::key(model, key),
        Place::Editor => typing::key(model, key),
        Place::Find => search::key(model, key),
        Place::Value | Place::Generate => secret_form::key(model, key),
        _ => {}
    }
}

/// Does an action, whether from a key or from a command.
pub(in crate::console) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action.writes() && !passes_gate(model) {
        return Vec::new();
    }
    let place = model.place();
    let in_secrets = model.tab == Tab::Secrets && matches!(place, Place::Secrets | Place::Filter);
    if let Some(effects) = in_secrets.then(|| secrets_page::act(model, action)).flatten() {
        return effects;
    }
    if let Some(step) = Movement::from_action(action) {
        scroll_or_step(model, place, step);
        return Vec::new();
    }
    match action {
        Action::Webhooks => browse::show(model, Tab::Webhooks),
        Action::Connections => browse::show(model, Tab::Connections),
        Action::Secrets => browse::show(model, Tab::Secrets),
        Action::Log => browse::show(model, Tab::Log),
        Action::Health => {
            browse::show(model, Tab::Health);
            return vec![timers::check_health(model)];
        }
        Action::Left => browse::focus(model, -1, false),
        Action::Right => browse::focus(model, 1, false),
        Action::FocusNext => browse::focus(model, 1, true),
        Action::FocusPrevious => browse::focus(model, -1, true),
        Action::Open => browse::open(model),
        Action::Filter => browse::filter(model),
        Action::Sort => browse::sort(model),
        Action::Zoom => browse::zoom(model),
        Action::Copy => return browse::copy(model),
        Action::Pause => return feed::pause(model),
        Action::Help => model.overlay = Some(Overlay::Help { place, scroll: 0 }),
        Action::Command => prompt::command(model),
        Action::New => prompt::new_document(model),
        Action::Clone => names::ask_clone(model),
        Action::Rename => names::ask_rename(model),
        Action::Mark => marks::toggle(model),
        Action::MarkAll => marks::toggle_all(model),
        Action::UndoWrite => return plan_builder::undo_last(model),
        Action::RebuildPlan => return plan::renew(model),
        Action::Unlock => prompt::unlock(model),
        Action::Lock => return relock(model),
        Action::Edit => edit::open(model),
        Action::Delete => return plan_builder::delete_targets(model),
        Action::Review if place == Place::Merge => return merge::finish(model),
        Action::Review if place == Place::Value => return secret_form::accept(model, true),
        Action::Review if place == Place::SecretForm => secret_form::review(model),
        Action::Review => return prepare::review(model),
        Action::Undo => typing::undo(model, true),
        Action::Redo => typing::undo(model, false),
        Action::Find => search::open(model),
        Action::FindNext => search::step(model, true),
        Action::FindPrevious => search::step(model, false),
        Action::NextProblem => diagnostics::next(model),
        Action::Fix => diagnostics::fix(model),
        Action::Indent => typing::indent(model, true),
        Action::Outdent => typing::indent(model, false),
        Action::Wrap => typing::wrap(model),
        Action::Reveal => return typing::reveal(model),
        Action::Discard => edit::ask_discard(model),
        Action::EditExternally => return external_editor::begin(model),
        Action::Drafts => drafts::show(model),
        Action::ResumeDraft => return drafts::take_up(model),
        Action::DeleteDraft => drafts::ask_throw_away(model),
        Action::Write if place == Place::Plan => return plan::write(model),
        Action::Write if place == Place::SecretReview && model.secret_actions.undo.is_some() => {
            return secret_undo::write(model);
        }
        Action::Write if place == Place::SecretReview => return secret_form::write(model),
        Action::Write => return edit::write(model),
        Action::FullDiff if place == Place::Plan => plan::toggle_full(model),
        Action::FullDiff if place == Place::Merge => merge::toggle_full(model),
        Action::FullDiff => edit::toggle_full(model),
        Action::Merge => merge::open(model),
        Action::TakeMine => merge::choose(model, &ConflictChoice::Mine),
        Action::TakeTheirs => merge::choose(model, &ConflictChoice::Theirs),
        Action::TakeAllMine => merge::choose_all(model, &ConflictChoice::Mine),
        Action::TakeAllTheirs => merge::choose_all(model, &ConflictChoice::Theirs),
        Action::TakeValue => merge::ask_value(model),
        Action::Back if place == Place::Editor && model.external_edit.is_some() => {
            return external_editor::end(model).into_iter().collect();
        }
        Action::RevealSecret => return secret_actions::begin(model, SecretAction::Reveal),
        Action::CopySecret => return secret_actions::begin(model, SecretAction::Copy),
        Action::SetSecret => return secret_actions::begin(model, SecretAction::Set),
        Action::SetFields => return secret_actions::begin(model, SecretAction::SetFields),
        Action::UndoSecret => return secret_actions::begin(model, SecretAction::Undo),
        Action::DeleteSecret => return secret_actions::begin(model, SecretAction::Delete),
        Action::UndeleteSecret => return secret_actions::begin(model, SecretAction::Undelete),
        Action::DestroySecret => return secret_actions::begin(model, SecretAction::Destroy),
        Action::DestroyAll => return secret_actions::begin(model, SecretAction::DestroyAll),
        Action::StaleDependents => stale_dependents::show(model),
        Action::Rewrite => return stale_dependents::plan_rewrite(model),
        Action::EnterValue => secret_form::enter_value(model),
        Action::AddField => secret_form::ask_name(model),
        Action::RemoveField => secret_form::toggle_removal(model),
        Action::Generate => secret_form::ask_generate(model),
        Action::Rebase => return secret_form::ask_rebase(model),
        Action::Back => back(model, place),
        Action::Accept => return accept(model, place),
        Action::Cancel => cancel(model, place),
        Action::Complete => prompt::complete(model),
        Action::Confirm => return confirm(model),
        Action::Interrupt => return interrupt(model, place),
        Action::Quit => return drafts::quit_or_ask(model),
        Action::Retry => {
            model.notify(Tone::Plain, "trying the backends again");
            let listing = secrets_page::retry(model);
            return [Effect::Retry, timers::check_health(model)].into_iter().chain(listing).collect();
        }
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last => {}
    }
    Vec::new()
}

/// Whether a write may begin; reports why not.
pub(in crate::console) fn passes_gate(model: &mut Model) -> bool {
    match model.lock {
        WriteAccess::Open(_) => true,
        WriteAccess::Locked => {
            model.notify(Tone::Bad, "locked: type :unlock first");
            false
        }
        WriteAccess::ReadOnly => {
            model.notify(Tone::Bad, "read-only: this console was started without a writer");
            false
        }
    }
}

fn scroll_or_step(model: &mut Model, place: Place, step: Movement) {
    let page = usize::from(model.frame().body.height);
    match (&mut model.overlay, place) {
        (Some(Overlay::Help { place, scroll }), _) => {
            *scroll = step.apply(*scroll, model.keymap.bindings(*place).count(), page);
        }
        (Some(Overlay::Drafts(_)), _) => drafts::step(model, step),
        (Some(Overlay::Choose(chooser)), _) => chooser::step(chooser, step, page),
        (Some(Overlay::PickSecret(pick)), _) => secret_actions::step(pick, step, page),
        (Some(Overlay::Generate(generate)), _) => secret_form::step_alphabet(generate, step),
        (Some(Overlay::RevealedValue(_)), _) => secret_reveal::scroll(model, step),
        (None, Place::SecretReview) if model.secret_actions.undo.is_some() => {
            secret_undo::scroll(model, step)
        }
        (None, Place::SecretForm | Place::SecretReview) => secret_form::step(model, step),
        (None, Place::Plan) => plan::scroll(model, step),
        (None, Place::StaleDependents) => stale_dependents::scroll(model, step),
        (None, Place::Review) => edit::scroll_review(model, step),
        (None, Place::Merge) => merge::step(model, step),
        (None, _) => browse::step(model, step),
        _ => {}
    }
}

fn back(model: &mut Model, place: Place) {
    match place {
        Place::Help => model.overlay = None,
        Place::Plan => plan::leave(model),
        Place::StaleDependents => stale_dependents::leave(model),
        Place::Editor => edit::leave(model),
        Place::Find => search::close(model),
        Place::SecretForm | Place::SecretReview => secret_form::back(model),
        Place::Review | Place::Merge => edit::back_to_draft(model),
        _ => browse::back(model),
    }
}

fn accept(model: &mut Model, place: Place) -> Vec<Effect> {
    if place == Place::Filter {
        browse::end_filter(model, true);
        return Vec::new();
    }
    match place {
        Place::Choose => chooser::accept(model),
        Place::PickSecret => return secret_actions::accept(model),
        Place::Value => return secret_form::accept(model, false),
        Place::Generate => return secret_form::generate(model),
        _ => return prompt::accept(model),
    }
    Vec::new()
}

fn cancel(model: &mut Model, place: Place) {
    if place == Place::Filter {
        browse::end_filter(model, false);
    } else if matches!(place, Place::Value | Place::Generate) {
        secret_form::cancel_value(model);
    } else {
        drafts::on_closed(model);
        model.overlay = None;
    }
}

/// Yes to a question; a key pressed before the question could be read is ignored.
fn confirm(model: &mut Model) -> Vec<Effect> {
    let too_soon = matches!(&model.overlay, Some(Overlay::Confirm(confirm)) if edit::too_soon(confirm.asked, model.now.mono));
    if too_soon {
        return Vec::new();
    }
    let Some(Overlay::Confirm(confirm)) = model.overlay.take() else { return Vec::new() };
    match confirm.action {
        ConfirmAction::Delete { entry, store } => {
            let same = store.as_ref() == model.inventory.store();
            plan_builder::delete_one(model, crate::console::screens::plan::PlanStep::delete(*entry), same)
        }
        ConfirmAction::Discard => {
            edit::discard(model);
            Vec::new()
        }
        ConfirmAction::DeleteSecret { path, version } => {
            let what = format!("delete {version} of {path}");
            secret_form::change_version(model, SecretJob::Delete(path, version), what)
        }
        ConfirmAction::UndeleteSecret { path, version } => {
            let what = format!("undelete {version} of {path}");
            secret_form::change_version(model, SecretJob::Undelete(path, version), what)
        }
        ConfirmAction::DiscardSaved(id) => drafts::throw_away(model, id),
        ConfirmAction::Quit => drafts::quit_now(model),
    }
}

fn relock(model: &mut Model) -> Vec<Effect> {
    if model.lock == WriteAccess::ReadOnly {
        return Vec::new();
    }
    model.notify(Tone::Plain, "locked");
    vec![timers::lock(model)]
}

/// Closes the innermost thing; a second time, over the question about drafts, it quits.
fn interrupt(model: &mut Model, place: Place) -> Vec<Effect> {
    match place {
        Place::Confirm if matches!(&model.overlay, Some(Overlay::Confirm(confirm)) if confirm.action == ConfirmAction::Quit) =>
        {
            return drafts::quit_now(model);
        }
        Place::Help | Place::Prompt | Place::Confirm | Place::Choose | Place::Drafts => model.overlay = None,
        Place::PickSecret | Place::RevealedValue => model.overlay = None,
        Place::Value | Place::Generate => secret_form::cancel_value(model),
        Place::SecretForm | Place::SecretReview => secret_form::back(model),
        Place::Filter if model.tab == Tab::Secrets => drop(secrets_page::act(model, Action::Cancel)),
        Place::Filter => browse::end_filter(model, false),
        Place::Plan => plan::leave(model),
        Place::StaleDependents => stale_dependents::leave(model),
        Place::Find => search::close(model),
        Place::Editor | Place::Review | Place::Merge => {
            edit::back_to_draft(model);
            edit::leave(model);
            return drafts::ask_to_leave(model);
        }
        Place::Browse | Place::Secrets | Place::Page => return drafts::quit_or_ask(model),
    }
    Vec::new()
}
