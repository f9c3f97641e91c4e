//! The keys of a place, from the key map, in groups.

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::keymap::{Place, bindings, key_for};
use crate::console::model::{Model, WriteAccess};
use crate::console::screens::browse::needs;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, dialog};
use crate::console::words;

/// Blanks between two columns.
const GAP: u16 = 4;

/// Width of the keys.
const KEYS: usize = 17;

pub(in crate::console) fn draw(
    canvas: &mut Surface<'_>,
    model: &Model,
    area: Rect,
    place: Place,
    scroll: usize,
) {
    let read_only = model.lock == WriteAccess::ReadOnly;
    let mut groups: Vec<Vec<TextRun>> =
        HelpGroup::ALL.into_iter().filter_map(|group| group.lines(place, read_only)).collect();
    if place == Place::Browse && model.context.secrets.is_some() {
        groups.push(marks());
    }
    let columns = columns(groups, area);
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let title = format!("{} {} keys", place.title(), glyph::DOT);
    let inside = dialog(canvas, area, &title, width(&columns), u16::try_from(rows).unwrap_or(u16::MAX));
    let first = words::clamp_scroll(scroll, rows, inside.height);
    let mut rest = inside;
    for column in &columns {
        for (row, phrase) in (0..rest.height).zip(column.iter().skip(first)) {
            canvas.row(rest, row).put_run(phrase);
        }
        let step = (widest(column) + GAP).min(rest.width);
        rest = Rect { x: rest.x + step, width: rest.width - step, ..rest };
    }
    if rows > first + usize::from(inside.height) {
        let more = Rect { y: inside.bottom(), height: 1, ..inside };
        canvas.row(more, 0).put_right(&TextRun::of(StyleRole::Dim, format!(" {} more ", glyph::MORE)));
    }
}

/// One column if it is short enough, or two if they are narrow enough.
fn columns(groups: Vec<Vec<TextRun>>, area: Rect) -> Vec<Vec<TextRun>> {
    let one = distribute(groups.clone(), 1);
    if one.iter().all(|column| column.len() + 2 <= usize::from(area.height)) {
        return one;
    }
    let two = distribute(groups, 2);
    if width(&two) + 4 <= area.width { two } else { one }
}

/// The legend of the column SEC.
fn marks() -> Vec<TextRun> {
    let title = TextRun::of(StyleRole::Accent, "Secrets (the column SEC)");
    let line = |(glyph, ink, words): (&'static str, StyleRole, &'static str)| {
        TextRun::of(ink, format!("{glyph:KEYS$} ")).and(StyleRole::Text, words)
    };
    std::iter::once(title).chain(needs::legend().into_iter().map(line)).collect()
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

/// The actions that are available in a place, those with a key first.
pub(in crate::console) fn offered(place: Place, read_only: bool) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    for (_, action) in bindings(place) {
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    if matches!(place, Place::Browse | Place::Secrets | Place::Page) {
        // Actions without a key are typed as commands.
        let typed = |action: &Action| action.is_command() && key_for(place, *action).is_none();
        actions.extend(Action::ALL.into_iter().filter(typed));
    }
    actions.retain(|action| !(read_only && action.needs_writer()));
    actions
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HelpGroup {
    Here,
    Move,
    Write,
    View,
    Program,
}

impl HelpGroup {
    const ALL: [Self; 5] = [Self::Here, Self::Write, Self::View, Self::Move, Self::Program];

    fn title(self) -> &'static str {
        match self {
            Self::Here => "Here",
            Self::Move => "Move",
            Self::Write => "Change",
            Self::View => "Look",
            Self::Program => "confdeck",
        }
    }

    fn of(action: Action) -> Self {
        use Action as A;
        match action {
            A::Up | A::Down | A::PageUp | A::PageDown | A::First | A::Last => Self::Move,
            A::Left | A::Right | A::FocusNext | A::FocusPrevious => Self::Move,
            A::Webhooks | A::Connections | A::Secrets | A::Health | A::Log => Self::View,
            A::Drafts => Self::View,
            A::EditExternally => Self::Write,
            A::Filter | A::Sort | A::Zoom | A::Pause | A::Copy => Self::View,
            A::Edit | A::New | A::Clone | A::Rename | A::Delete | A::Unlock | A::Lock => Self::Write,
            A::Mark | A::MarkAll | A::UndoWrite => Self::Write,
            A::Command | A::Help | A::Retry | A::Redraw | A::Suspend | A::Quit | A::Interrupt => {
                Self::Program
            }
            A::Open | A::Back | A::Review | A::Undo | A::Redo | A::Discard | A::Write => Self::Here,
            A::FullDiff
            | A::Merge
            | A::TakeMine
            | A::TakeTheirs
            | A::TakeAllMine
            | A::TakeAllTheirs
            | A::TakeValue
            | A::Confirm
            | A::Cancel
            | A::Accept
            | A::Complete => Self::Here,
            A::ResumeDraft | A::DeleteDraft => Self::Here,
            A::Find | A::FindNext | A::FindPrevious | A::NextProblem | A::Fix => Self::Here,
            A::Indent | A::Outdent | A::Wrap | A::Reveal => Self::Here,
            A::RebuildPlan | A::EnterValue | A::AddField | A::RemoveField | A::Generate | A::Rebase => {
                Self::Here
            }
            A::RevealSecret | A::CopySecret => Self::View,
            A::SetSecret | A::SetFields | A::UndoSecret | A::DeleteSecret | A::UndeleteSecret => Self::Write,
            A::DestroySecret | A::DestroyAll | A::Rewrite => Self::Write,
            A::StaleDependents => Self::View,
        }
    }

    /// Its title, and a line for each of its available actions.
    fn lines(self, place: Place, read_only: bool) -> Option<Vec<TextRun>> {
        let actions: Vec<_> =
            offered(place, read_only).into_iter().filter(|action| Self::of(*action) == self).collect();
        if actions.is_empty() {
            return None;
        }
        let line = |action: &Action| {
            let keys: Vec<&str> =
                bindings(place).filter(|(_, bound)| bound == action).map(|(key, _)| key).collect();
            let keys = if keys.is_empty() { format!(":{}", action.name()) } else { keys.join(", ") };
            TextRun::of(StyleRole::Key, format!("{keys:KEYS$} ")).and(StyleRole::Text, action.help())
        };
        Some(
            std::iter::once(TextRun::of(StyleRole::Accent, self.title()))
                .chain(actions.iter().map(line))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_binding_of_every_place_is_in_its_help() {
        for place in Place::ALL {
            let shown: usize = HelpGroup::ALL
                .into_iter()
                .filter_map(|group| group.lines(place, false))
                .map(|lines| lines.len() - 1)
                .sum();
            let typed = matches!(place, Place::Browse | Place::Secrets | Place::Page);
            let listed =
                |action: &Action| key_for(place, *action).is_some() || (typed && action.is_command());
            assert_eq!(shown, Action::ALL.into_iter().filter(listed).count(), "{place:?}");
        }
    }
}
