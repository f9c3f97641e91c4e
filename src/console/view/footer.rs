//! The keys that work here, from the key map itself.

use ratatui::layout::Rect;

use super::plan;
use super::widgets::{Canvas, Phrase};
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::layout::Pane;
use crate::console::model::{Lock, Model, Overlay, Purpose, Spot};
use crate::console::theme::Ink;
use crate::domain::{Presence, ResourceKey};

/// Up to this width only the first four keys are named.
const NARROW: u16 = 80;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let place = model.place();
    let most = if area.width <= NARROW { 4 } else { usize::MAX };
    let mut pen = canvas.row(area, 0);
    pen.skip(1);
    for phrase in hints(model, place).take(most) {
        if phrase.width() > pen.room() {
            break;
        }
        pen.phrase(&phrase).skip(3);
    }
}

/// Keys and words, the most useful first; actions that are not possible here are left out.
fn hints(model: &Model, place: Place) -> impl Iterator<Item = Phrase> {
    offered(model, place).filter_map(move |action| Some((key_for(place, action)?, action))).map(
        move |(key, action)| Phrase::of(Ink::Key, key).and(Ink::Dim, format!(" {}", word(place, action))),
    )
}

/// The useful actions that are possible now.
pub(in crate::console) fn offered(model: &Model, place: Place) -> impl Iterator<Item = Action> {
    useful(place).iter().copied().filter(move |action| is_possible(model, place, *action))
}

/// Whether an action has something to act on.
fn is_possible(model: &Model, place: Place, action: Action) -> bool {
    use Action as A;
    if model.lock == Lock::ReadOnly && action.needs_writer() {
        return false;
    }
    let foreign = model.selected().is_some_and(ResourceKey::is_foreign);
    match action {
        A::UndoWrite if matches!(place, Place::Browse | Place::Page) => !model.writes.is_empty(),
        A::UndoWrite => plan::is_undo(model) && model.writes.len() > 1,
        A::Renew => plan::may_be_renewed(model),
        A::Rebase => model.hands.form.as_ref().is_some_and(|form| form.clash.is_some()),
        _ if place == Place::Secrets => is_possible_with_secret(model, action),
        A::RevealSecret | A::SetSecret => !model.secret_targets().is_empty(),
        A::Complete => is_completed(model),
        _ if place != Place::Browse => true,
        A::Edit | A::EditOutside | A::Clone | A::Rename => model.selected().is_some() && !foreign,
        A::Open | A::Delete | A::Copy | A::Mark => model.selected().is_some(),
        _ => true,
    }
}

/// Whether an action has something to act on in the tab Secrets, as far as is known.
fn is_possible_with_secret(model: &Model, action: Action) -> bool {
    use Action as A;
    let page = &model.secrets_page;
    let target = model.secret_target();
    let presence = target.as_ref().and_then(|target| model.sight.presence(&target.path));
    match action {
        A::Filter | A::Sort | A::Zoom | A::Pause => page.rows.is_some(),
        A::Back => page.zoomed || page.focus == Pane::Detail || !page.filter.text().is_empty(),
        A::Copy => page.selected.is_some(),
        A::Open if page.focus == Pane::Detail => matches!(page.spot, Some(Spot::Holder(_))),
        A::Open => page.selected.is_some(),
        A::RevealSecret | A::SetSecret | A::SetFields => target.is_some(),
        A::CopySecret => target.is_some() && model.context.copies_secrets,
        A::UndoSecret => target.is_some_and(|target| model.hands.done.of(&target.path).is_some()),
        A::DeleteSecret => matches!(presence, Some(Presence::Present(_))),
        A::UndeleteSecret => matches!(presence, Some(Presence::Deleted { .. })),
        _ => true,
    }
}

/// Whether what is typed has candidates; a name that unlocks or confirms has none on purpose.
fn is_completed(model: &Model) -> bool {
    let Some(Overlay::Prompt(prompt)) = &model.overlay else { return false };
    !matches!(
        prompt.purpose,
        Purpose::Unlock
            | Purpose::Typed(_)
            | Purpose::Value
            | Purpose::Reason(_)
            | Purpose::Destroy(_)
            | Purpose::FieldName
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
            A::EditOutside,
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
        Place::Plan => &[A::Write, A::FullDiff, A::Back, A::Renew, A::UndoWrite, A::Help, A::Down],
        Place::Drafts => &[A::TakeUp, A::Cancel, A::ThrowAway, A::Down],
        Place::Pick => &[A::Accept, A::Cancel, A::Down, A::Up],
        Place::Shown => &[A::Cancel, A::Down],
        Place::SecretForm => &[A::EnterValue, A::Review, A::AddField, A::Back, A::RemoveField, A::Help],
        Place::Value => &[A::Accept, A::Generate, A::Review, A::Cancel],
        Place::Generate => &[A::Accept, A::Down, A::Cancel],
        Place::Reread => &[A::Reput, A::Back, A::Down, A::Help],
        Place::SecretReview => &[A::Write, A::Rebase, A::Back, A::Help, A::Down],
    }
}

/// A word for an action that says what it does in its place.
fn word(place: Place, action: Action) -> &'static str {
    match (place, action) {
        (Place::Confirm, Action::Confirm) => "yes",
        (Place::Confirm, Action::Cancel) => "no",
        (Place::Filter, Action::Accept) => "keep",
        (_, Action::EditOutside) => "your editor",
        (Place::Drafts, Action::TakeUp) => "go on with it",
        (Place::Drafts, Action::ThrowAway) => "throw away",
        (Place::Drafts, Action::Cancel) => "later",
        (Place::Filter | Place::Prompt | Place::Choose, Action::Cancel) => "cancel",
        (Place::Prompt | Place::Choose, Action::Accept) => "take",
        (Place::Find, Action::Back) => "close",
        (Place::Find, Action::FindNext) => "next",
        (Place::Find, Action::FindPrevious) => "previous",
        (Place::Editor, Action::Reveal) => "reveal",
        (Place::Shown, Action::Cancel) => "hide",
        (Place::Generate, Action::Accept) => "make it",
        (Place::Generate, Action::Down) => "alphabet",
        (Place::Value | Place::Pick, Action::Accept) => "take",
        (Place::Value | Place::Pick | Place::Generate, Action::Cancel) => "cancel",
        (Place::Pick, Action::Up) => "row above",
        (Place::Pick, Action::Down) => "row below",
        (Place::SecretForm, Action::EnterValue) => "new value",
        (Place::SecretForm, Action::AddField) => "add a field",
        (Place::SecretForm, Action::RemoveField) => "remove",
        (Place::SecretForm | Place::Reread, Action::Back) => "leave",
        (Place::Reread, Action::Reput) => "plan the re-put",
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
        (Place::Plan, Action::Renew) => "make it anew",
        (Place::Plan, Action::UndoWrite) => "the one before",
        (_, Action::UndoWrite) => "undo write",
        (Place::Plan, Action::Back) => "leave",
        (_, Action::Down) => "scroll",
        (_, Action::Command) => "commands",
        _ => action.name(),
    }
}
