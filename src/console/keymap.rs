//! The key map: which key triggers which action in which place, and the reverse for hints and help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;

/// Which keys are live: the innermost screen or overlay that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Browse,
    Secrets,
    Page,
    Help,
    Filter,
    Prompt,
    /// A yes/no question.
    Confirm,
    /// The chooser of a new document's kind, filtered by typing.
    Choose,
    /// The editor; keys without an action here are text.
    Editor,
    /// The search line of the editor.
    Find,
    Review,
    /// A draft against what was stored meanwhile.
    Merge,
    /// The review of several writes as one.
    Plan,
    Drafts,
    /// The chooser of a secret or a field.
    PickSecret,
    RevealedValue,
    SecretForm,
    Value,
    /// The options of a value made at random.
    Generate,
    /// The review of a write of a secret.
    SecretReview,
    /// The documents that the receiver must load again.
    StaleDependents,
}

impl Place {
    /// Every place, in the order in which help lists them.
    pub const ALL: [Self; 21] = [
        Self::Browse,
        Self::Secrets,
        Self::Page,
        Self::Help,
        Self::Filter,
        Self::Prompt,
        Self::Confirm,
        Self::Choose,
        Self::Editor,
        Self::Find,
        Self::Review,
        Self::Merge,
        Self::Plan,
        Self::Drafts,
        Self::PickSecret,
        Self::RevealedValue,
        Self::SecretForm,
        Self::Value,
        Self::Generate,
        Self::SecretReview,
        Self::StaleDependents,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Browse => "Lists and details",
            Self::Secrets => "Secrets",
            Self::Page => "Health and Log",
            Self::Help => "Help",
            Self::Filter => "Filter",
            Self::Prompt => "Commands and names",
            Self::Confirm => "Questions",
            Self::Choose => "Choices",
            Self::Editor => "Editor",
            Self::Find => "Find",
            Self::Review => "Review",
            Self::Merge => "Merge",
            Self::Plan => "Plan",
            Self::Drafts => "Drafts",
            Self::PickSecret => "Which secret",
            Self::RevealedValue => "Secret value",
            Self::SecretForm => "New values",
            Self::Value => "Value",
            Self::Generate => "Generate",
            Self::SecretReview => "Review of a secret",
            Self::StaleDependents => "To be read again",
        }
    }

    /// Whether keys without an action are text.
    pub fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Filter
                | Self::Prompt
                | Self::Choose
                | Self::Editor
                | Self::Find
                | Self::Value
                | Self::Generate
        )
    }
}

/// The key as written in help, and its action.
pub type Binding = (&'static str, Action);

const EVERYWHERE: &[Binding] =
    &[("ctrl-c", Action::Interrupt), ("ctrl-l", Action::Redraw), ("ctrl-z", Action::Suspend)];

const MOVE: &[Binding] = &[
    ("up", Action::Up),
    ("k", Action::Up),
    ("down", Action::Down),
    ("j", Action::Down),
    ("pageup", Action::PageUp),
    ("ctrl-b", Action::PageUp),
    ("pagedown", Action::PageDown),
    ("ctrl-f", Action::PageDown),
    ("home", Action::First),
    ("g", Action::First),
    ("end", Action::Last),
    ("G", Action::Last),
];

const TABS: &[Binding] = &[
    ("1", Action::Webhooks),
    ("2", Action::Connections),
    ("3", Action::Secrets),
    ("6", Action::Health),
    ("7", Action::Log),
    (":", Action::Command),
    ("?", Action::Help),
    ("ctrl-r", Action::Retry),
    ("q", Action::Quit),
];

const UNDO: &[Binding] = &[("u", Action::UndoWrite)];

const BROWSE: &[Binding] = &[
    ("enter", Action::Open),
    ("esc", Action::Back),
    ("e", Action::Edit),
    ("E", Action::EditExternally),
    ("/", Action::Filter),
    ("n", Action::New),
    ("c", Action::Clone),
    ("R", Action::Rename),
    ("d", Action::Delete),
    ("space", Action::Mark),
    ("*", Action::MarkAll),
    ("y", Action::Copy),
    ("r", Action::RevealSecret),
    ("s", Action::SetSecret),
    ("o", Action::Sort),
    ("z", Action::Zoom),
    ("p", Action::Pause),
    ("left", Action::Left),
    ("h", Action::Left),
    ("right", Action::Right),
    ("l", Action::Right),
    ("tab", Action::FocusNext),
    ("backtab", Action::FocusPrevious),
];

const SECRETS: &[Binding] = &[
    ("enter", Action::Open),
    ("esc", Action::Back),
    ("/", Action::Filter),
    ("r", Action::RevealSecret),
    ("s", Action::SetSecret),
    ("a", Action::SetFields),
    ("u", Action::UndoSecret),
    ("d", Action::DeleteSecret),
    ("U", Action::UndeleteSecret),
    ("y", Action::Copy),
    ("Y", Action::CopySecret),
    ("o", Action::Sort),
    ("z", Action::Zoom),
    ("p", Action::Pause),
    ("left", Action::Left),
    ("h", Action::Left),
    ("right", Action::Right),
    ("l", Action::Right),
    ("tab", Action::FocusNext),
    ("backtab", Action::FocusPrevious),
];

const PAGE: &[Binding] = &[("esc", Action::Back)];
const HELP: &[Binding] = &[("esc", Action::Back), ("q", Action::Back), ("?", Action::Back)];
const FILTER: &[Binding] =
    &[("enter", Action::Accept), ("esc", Action::Cancel), ("up", Action::Up), ("down", Action::Down)];
const PROMPT: &[Binding] = &[("enter", Action::Accept), ("esc", Action::Cancel), ("tab", Action::Complete)];
const CONFIRM: &[Binding] = &[("y", Action::Confirm), ("n", Action::Cancel), ("esc", Action::Cancel)];
const CHOOSE: &[Binding] = &[
    ("enter", Action::Accept),
    ("esc", Action::Cancel),
    ("up", Action::Up),
    ("backtab", Action::Up),
    ("down", Action::Down),
    ("tab", Action::Down),
    ("pageup", Action::PageUp),
    ("pagedown", Action::PageDown),
];
const EDITOR: &[Binding] = &[
    ("ctrl-s", Action::Review),
    ("ctrl-u", Action::Undo),
    ("ctrl-r", Action::Redo),
    ("ctrl-g", Action::Merge),
    ("ctrl-f", Action::Find),
    ("F3", Action::FindNext),
    ("F8", Action::NextProblem),
    ("F2", Action::Fix),
    ("tab", Action::Indent),
    ("backtab", Action::Outdent),
    ("F5", Action::Wrap),
    ("ctrl-t", Action::Reveal),
    ("ctrl-x", Action::Discard),
    ("ctrl-e", Action::EditExternally),
    ("F1", Action::Help),
    ("esc", Action::Back),
];
const FIND: &[Binding] = &[
    ("enter", Action::FindNext),
    ("down", Action::FindNext),
    ("F3", Action::FindNext),
    ("up", Action::FindPrevious),
    ("esc", Action::Back),
];
const REVIEW: &[Binding] = &[
    ("enter", Action::Write),
    ("f", Action::FullDiff),
    ("ctrl-g", Action::Merge),
    ("esc", Action::Back),
    (":", Action::Command),
    ("?", Action::Help),
];
const MERGE: &[Binding] = &[
    ("enter", Action::Review),
    ("m", Action::TakeMine),
    ("t", Action::TakeTheirs),
    ("M", Action::TakeAllMine),
    ("T", Action::TakeAllTheirs),
    ("e", Action::TakeValue),
    ("f", Action::FullDiff),
    ("esc", Action::Back),
    (":", Action::Command),
    ("?", Action::Help),
];
const PLAN: &[Binding] = &[
    ("enter", Action::Write),
    ("f", Action::FullDiff),
    ("b", Action::RebuildPlan),
    ("u", Action::UndoWrite),
    ("esc", Action::Back),
    (":", Action::Command),
    ("?", Action::Help),
];

const DRAFTS: &[Binding] = &[
    ("enter", Action::ResumeDraft),
    ("d", Action::DeleteDraft),
    ("esc", Action::Cancel),
    ("q", Action::Cancel),
    (":", Action::Command),
];

const PICK: &[Binding] = &[("enter", Action::Accept), ("esc", Action::Cancel), ("q", Action::Cancel)];
const SHOWN: &[Binding] = &[("esc", Action::Cancel), ("q", Action::Cancel)];
const SECRET_FORM: &[Binding] = &[
    ("enter", Action::EnterValue),
    ("a", Action::AddField),
    ("x", Action::RemoveField),
    ("ctrl-s", Action::Review),
    ("esc", Action::Back),
    ("?", Action::Help),
    (":", Action::Command),
];
const VALUE: &[Binding] = &[
    ("enter", Action::Accept),
    ("ctrl-g", Action::Generate),
    ("ctrl-s", Action::Review),
    ("esc", Action::Cancel),
];
const GENERATE: &[Binding] =
    &[("enter", Action::Accept), ("up", Action::Up), ("down", Action::Down), ("esc", Action::Cancel)];
const SECRET_REVIEW: &[Binding] = &[
    ("enter", Action::Write),
    ("b", Action::Rebase),
    ("esc", Action::Back),
    (":", Action::Command),
    ("?", Action::Help),
];

const REREAD: &[Binding] = &[
    ("p", Action::Rewrite),
    ("esc", Action::Back),
    ("q", Action::Back),
    (":", Action::Command),
    ("?", Action::Help),
];

/// The bindings of a place, its own first; hints show the first binding of an action.
pub fn bindings(place: Place) -> impl Iterator<Item = Binding> {
    let groups: &[&[Binding]] = match place {
        Place::Browse => &[BROWSE, MOVE, TABS, UNDO, EVERYWHERE],
        Place::Secrets => &[SECRETS, MOVE, TABS, EVERYWHERE],
        Place::Page => &[PAGE, MOVE, TABS, UNDO, EVERYWHERE],
        Place::Help => &[HELP, MOVE, EVERYWHERE],
        Place::Filter => &[FILTER, EVERYWHERE],
        Place::Prompt => &[PROMPT, EVERYWHERE],
        Place::Confirm => &[CONFIRM, EVERYWHERE],
        Place::Choose => &[CHOOSE, EVERYWHERE],
        Place::Editor => &[EDITOR, EVERYWHERE],
        Place::Find => &[FIND, EVERYWHERE],
        Place::Review => &[REVIEW, MOVE, EVERYWHERE],
        Place::Merge => &[MERGE, MOVE, EVERYWHERE],
        Place::Plan => &[PLAN, MOVE, EVERYWHERE],
        Place::Drafts => &[DRAFTS, MOVE, EVERYWHERE],
        Place::PickSecret => &[PICK, MOVE, EVERYWHERE],
        Place::RevealedValue => &[SHOWN, MOVE, EVERYWHERE],
        Place::SecretForm => &[SECRET_FORM, MOVE, EVERYWHERE],
        Place::Value => &[VALUE, EVERYWHERE],
        Place::Generate => &[GENERATE, EVERYWHERE],
        Place::SecretReview => &[SECRET_REVIEW, MOVE, EVERYWHERE],
        Place::StaleDependents => &[REREAD, MOVE, EVERYWHERE],
    };
    groups.iter().flat_map(|group| group.iter().copied())
}

pub fn action(place: Place, key: KeyEvent) -> Option<Action> {
    let pressed = chord(key)?;
    bindings(place).find(|(bound, _)| *bound == pressed).map(|(_, action)| action)
}

/// The key that hints show for an action in a place.
pub fn key_for(place: Place, wanted: Action) -> Option<&'static str> {
    bindings(place).find(|(_, action)| *action == wanted).map(|(key, _)| key)
}

/// The bindings of a place grouped by action, the keys joined by blanks: what help and README show.
pub fn lines(place: Place) -> Vec<(String, Action)> {
    let mut lines: Vec<(String, Action)> = Vec::new();
    for (key, action) in bindings(place) {
        match lines.iter_mut().find(|(_, known)| *known == action) {
            Some((keys, _)) => {
                keys.push(' ');
                keys.push_str(key);
            }
            None => lines.push((key.to_owned(), action)),
        }
    }
    lines
}

/// The table of keys in markdown; `UPDATE_DOCS=1 cargo test` writes it into README.md.
pub fn reference_table() -> String {
    let mut rows: Vec<(String, Action, Vec<&str>)> = Vec::new();
    for place in Place::ALL {
        for (keys, action) in lines(place) {
            match rows.iter_mut().find(|(known, same, _)| *known == keys && *same == action) {
                Some((.., places)) => places.push(place.title()),
                None => rows.push((keys, action, vec![place.title()])),
            }
        }
    }
    let unbound = Action::ALL.into_iter().filter(|action| rows.iter().all(|(_, bound, _)| bound != action));
    let unbound: Vec<_> = unbound.map(|action| (String::new(), action, Vec::new())).collect();
    let mut out = String::from("| keys | command | what it does | where |\n| --- | --- | --- | --- |\n");
    for (keys, action, places) in rows.into_iter().chain(unbound) {
        let keys: Vec<_> = keys.split_whitespace().map(|key| format!("`{key}`")).collect();
        let command = if action.is_command() { format!("`:{}`", action.name()) } else { String::new() };
        let everywhere = places.is_empty() || places.len() == Place::ALL.len();
        let places = if everywhere { "everywhere".into() } else { places.join(", ") };
        out.push_str(&format!("| {} | {command} | {} | {places} |\n", keys.join(" "), action.help()));
    }
    out
}

fn chord(key: KeyEvent) -> Option<String> {
    let name = match key.code {
        KeyCode::Char(' ') => "space".into(),
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            c.to_ascii_lowercase().to_string()
        }
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "enter".into(),
        KeyCode::Esc => "esc".into(),
        KeyCode::Tab => "tab".into(),
        KeyCode::BackTab => "backtab".into(),
        KeyCode::Up => "up".into(),
        KeyCode::Down => "down".into(),
        KeyCode::Left => "left".into(),
        KeyCode::Right => "right".into(),
        KeyCode::PageUp => "pageup".into(),
        KeyCode::PageDown => "pagedown".into(),
        KeyCode::Home => "home".into(),
        KeyCode::End => "end".into(),
        KeyCode::F(number) => format!("F{number}"),
        _ => return None,
    };
    let control = if key.modifiers.contains(KeyModifiers::CONTROL) { "ctrl-" } else { "" };
    let alt = if key.modifiers.contains(KeyModifiers::ALT) { "alt-" } else { "" };
    Some(format!("{control}{alt}{name}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in Place::ALL {
            let mut seen = HashSet::new();
            for (key, action) in bindings(place) {
                assert!(seen.insert(key), "{key} is bound twice in {place:?}, again to {action:?}");
            }
        }
    }

    #[test]
    fn keys_are_found_both_ways() {
        let key = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
        assert_eq!(action(Place::Editor, key), Some(Action::Review));
        assert_eq!(action(Place::Browse, key), None);
        assert_eq!(key_for(Place::Browse, Action::Up), Some("up"));
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(action(Place::Browse, shifted), Some(Action::Last));
    }

    #[test]
    fn ctrl_c_and_suspend_work_everywhere() {
        for place in Place::ALL {
            assert!(key_for(place, Action::Interrupt).is_some() && key_for(place, Action::Suspend).is_some());
        }
    }
}
