//! The keys that work here, from the key map.

use ratatui::layout::Rect;

use super::layout::Pane;
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::model::{Model, WriteAccess};
use crate::console::overlays::{Overlay, PromptPurpose};
use crate::console::screens::plan;
use crate::console::screens::secrets::Selection;
use crate::console::theme::StyleRole;
use crate::console::widgets::{Surface, TextRun};
use crate::domain::{Presence, ResourceKey};

/// Up to this width only the first four keys are named.
const NARROW: u16 = 80;

pub(in crate::console) fn draw(canvas: &mut Surface<'_>, model: &Model, area: Rect) {
    let place = model.place();
    let most = if area.width <= NARROW { 4 } else { usize::MAX };
    let mut pen = canvas.row(area, 0);
    pen.skip(1);
    for phrase in hints(model, place).take(most) {
        if phrase.width() > pen.remaining() {
            break;
        }
        pen.put_run(&phrase).skip(3);
    }
}

/// Keys and labels, the most useful first; actions that are not possible are left out.
fn hints(model: &Model, place: Place) -> impl Iterator<Item = TextRun> {
    offered(model, place).filter_map(move |action| Some((key_for(place, action)?, action))).map(
        move |(key, action)| {
            TextRun::of(StyleRole::Key, key).and(StyleRole::Dim, format!(" {}", word(place, action)))
        },
    )
}

/// The useful actions that are possible now.
pub(in crate::console) fn offered(model: &Model, place: Place) -> impl Iterator<Item = Action> {
    useful(place).iter().copied().filter(move |action| is_possible(model, place, *action))
}

/// Whether an action has something to act on.
fn is_possible(model: &Model, place: Place, action: Action) -> bool {
    use Action as A;
    if model.lock == WriteAccess::ReadOnly && action.needs_writer() {
        return false;
    }
    let foreign = model.selected().is_some_and(ResourceKey::is_foreign);
    match action {
        A::UndoWrite if matches!(place, Place::Browse | Place::Page) => !model.undo_log.is_empty(),
        A::UndoWrite => plan::is_undo(model) && model.undo_log.len() > 1,
        A::RebuildPlan => plan::may_be_renewed(model),
        A::Rebase => model.secret_actions.form.as_ref().is_some_and(|form| form.conflict.is_some()),
        _ if place == Place::Secrets => is_possible_with_secret(model, action),
        A::RevealSecret | A::SetSecret => !model.secret_targets().is_empty(),
        A::Complete => is_completed(model),
        _ if place != Place::Browse => true,
        A::Edit | A::EditExternally | A::Clone | A::Rename => model.selected().is_some() && !foreign,
        A::Open | A::Delete | A::Copy | A::Mark => model.selected().is_some(),
        _ => true,
    }
}

/// Whether an action has something to act on in the tab Secrets, as far as is known.
fn is_possible_with_secret(model: &Model, action: Action) -> bool {
    use Action as A;
    let page = &model.secrets_page;
    let target = model.secret_target();
    let presence = target.as_ref().and_then(|target| model.presence_cache.presence(&target.path));
    match action {
        A::Filter | A::Sort | A::Zoom | A::Pause => page.rows.is_some(),
        A::Back => page.zoomed || page.focus == Pane::Detail || !page.filter.text().is_empty(),
        A::Copy => page.selected.is_some(),
        A::Open if page.focus == Pane::Detail => matches!(page.detail_selection, Some(Selection::Holder(_))),
        A::Open => page.selected.is_some(),
        A::RevealSecret | A::SetSecret | A::SetFields => target.is_some(),
        A::CopySecret => target.is_some() && model.context.may_copy_secrets,
        A::UndoSecret => {
            target.is_some_and(|target| model.secret_actions.undo_log.of(&target.path).is_some())
        }
        A::DeleteSecret => matches!(presence, Some(Presence::Present(_))),
        A::UndeleteSecret => matches!(presence, Some(Presence::Deleted { .. })),
        _ => true,
    }
}

/// Whether the prompt offers completions; what unlocks or confirms has to be typed in full.
fn is_completed(model: &Model) -> bool {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return false };
    !matches!(
        prompt.purpose,
        PromptPurpose::Unlock
            | PromptPurpose::Typed(_)
            | PromptPurpose::Value
            | PromptPurpose::Reason(_)
            | PromptPurpose::Destroy(_)
            | PromptPurpose::FieldName
    )
}

fn useful(place: Place) -> &'static [Action] {
    use Action as A;
    match place {
        Place::Browse => &[
            A::Open,
            A::Edit,
            A::Filter,
            A::Help,
            A::Command,
            A::New,
            A::Clone,
            A::Delete,
            A::UndoWrite,
            A::Mark,
            A::Rename,
            A::Quit,
            A::Copy,
            A::RevealSecret,
            A::SetSecret,
            A::Sort,
            A::Zoom,
            A::Pause,
        ],
        Place::Secrets => &[
            A::Open,
            A::Back,
            A::Help,
            A::RevealSecret,
            A::SetSecret,
            A::UndeleteSecret,
            A::Filter,
            A::UndoSecret,
            A::Command,
            A::SetFields,
            A::DeleteSecret,
            A::Copy,
            A::CopySecret,
            A::Sort,
            A::Quit,
            A::Zoom,
            A::Pause,
        ],
        Place::Page => &[A::Back, A::Down, A::Help, A::Retry, A::Command, A::Quit],
        Place::Help => &[A::Back, A::Down],
        Place::Filter => &[A::Accept, A::Cancel, A::Down, A::Up],
        Place::Prompt => &[A::Accept, A::Complete, A::Cancel],
        Place::Confirm => &[A::Confirm, A::Cancel],
        Place::Choose => &[A::Accept, A::Cancel, A::Down, A::Up],
        Place::Editor => &[
            A::Review,
            A::NextProblem,
            A::Back,
            A::Help,
            A::Fix,
            A::Undo,
            A::Redo,
            A::Find,
            A::Reveal,
            A::Wrap,
            A::Discard,
            A::EditExternally,
        ],
        Place::Find => &[A::FindNext, A::FindPrevious, A::Back],
        Place::Review => &[A::Write, A::FullDiff, A::Back, A::Help, A::Down],
        Place::Merge => &[
            A::Review,
            A::TakeMine,
            A::TakeTheirs,
            A::Back,
            A::TakeValue,
            A::FullDiff,
            A::TakeAllMine,
            A::TakeAllTheirs,
            A::Help,
            A::Down,
        ],
        Place::Plan => &[A::Write, A::FullDiff, A::Back, A::RebuildPlan, A::UndoWrite, A::Help, A::Down],
        Place::Drafts => &[A::ResumeDraft, A::Cancel, A::DeleteDraft, A::Down],
        Place::PickSecret => &[A::Accept, A::Cancel, A::Down, A::Up],
        Place::RevealedValue => &[A::Cancel, A::Down],
        Place::SecretForm => &[A::EnterValue, A::Review, A::AddField, A::Back, A::RemoveField, A::Help],
        Place::Value => &[A::Accept, A::Generate, A::Review, A::Cancel],
        Place::Generate => &[A::Accept, A::Down, A::Cancel],
        Place::StaleDependents => &[A::Rewrite, A::Back, A::Down, A::Help],
        Place::SecretReview => &[A::Write, A::Rebase, A::Back, A::Help, A::Down],
    }
}

/// The label of an action in a place.
fn word(place: Place, action: Action) -> &'static str {
    match (place, action) {
        (Place::Confirm, Action::Confirm) => "yes",
        (Place::Confirm, Action::Cancel) => "no",
        (Place::Filter, Action::Accept) => "keep",
        (_, Action::EditExternally) => "your editor",
        (Place::Drafts, Action::ResumeDraft) => "go on with it",
        (Place::Drafts, Action::DeleteDraft) => "throw away",
        (Place::Drafts, Action::Cancel) => "later",
        (Place::Filter | Place::Prompt | Place::Choose, Action::Cancel) => "cancel",
        (Place::Prompt | Place::Choose, Action::Accept) => "take",
        (Place::Find, Action::Back) => "close",
        (Place::Find, Action::FindNext) => "next",
        (Place::Find, Action::FindPrevious) => "previous",
        (Place::Editor, Action::Reveal) => "reveal",
        (Place::RevealedValue, Action::Cancel) => "hide",
        (Place::Generate, Action::Accept) => "make it",
        (Place::Generate, Action::Down) => "alphabet",
        (Place::Value | Place::PickSecret, Action::Accept) => "take",
        (Place::Value | Place::PickSecret | Place::Generate, Action::Cancel) => "cancel",
        (Place::PickSecret, Action::Up) => "row above",
        (Place::PickSecret, Action::Down) => "row below",
        (Place::SecretForm, Action::EnterValue) => "new value",
        (Place::SecretForm, Action::AddField) => "add a field",
        (Place::SecretForm, Action::RemoveField) => "remove",
        (Place::SecretForm | Place::StaleDependents, Action::Back) => "leave",
        (Place::StaleDependents, Action::Rewrite) => "plan the re-put",
        (Place::SecretReview, Action::Rebase) => "base it on what is there now",
        (Place::Secrets, Action::SetFields) => "set fields",
        (Place::Secrets, Action::CopySecret) => "copy value",
        (Place::Secrets, Action::UndoSecret) => "undo",
        (Place::Secrets, Action::DeleteSecret) => "delete version",
        (Place::Secrets, Action::UndeleteSecret) => "undelete",
        (_, Action::NextProblem) => "next problem",
        (Place::Editor, Action::Back) => "leave (draft kept)",
        (Place::Review, Action::Back) => "back to the draft",
        (Place::Merge, Action::TakeAllMine) => "all mine",
        (Place::Merge, Action::TakeAllTheirs) => "all theirs",
        (Place::Merge, Action::TakeValue) => "other value",
        (Place::Merge, Action::Down) => "next clash",
        (Place::Review | Place::Merge, Action::FullDiff) => "full diff",
        (Place::Filter | Place::Choose, Action::Up) => "row above",
        (Place::Filter | Place::Choose, Action::Down) => "row below",
        (Place::Plan, Action::FullDiff) => "full text",
        (Place::Plan, Action::RebuildPlan) => "make it anew",
        (Place::Plan, Action::UndoWrite) => "the one before",
        (_, Action::UndoWrite) => "undo write",
        (Place::Plan, Action::Back) => "leave",
        (_, Action::Down) => "scroll",
        (_, Action::Command) => "commands",
        _ => action.name(),
    }
}
