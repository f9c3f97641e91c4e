//! The key bindings: which key triggers which action in which place. Derived from the table of actions.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;
use super::place::Place;

/// The bindings in effect by place, in the order of help; the first key of an action in a place is the one hints
/// show.
#[derive(Debug, Clone)]
pub struct KeyMap(Arc<HashMap<Place, Vec<(String, Action)>>>);

static DEFAULT: LazyLock<KeyMap> = LazyLock::new(|| {
    let of = |place| {
        let keys = |action: &Action| {
            let action = *action;
            action.default_keys(place).map(move |key| (key.to_owned(), action)).collect::<Vec<_>>()
        };
        (place, Action::ALL.iter().flat_map(keys).collect())
    };
    KeyMap(Arc::new(Place::ALL.into_iter().map(of).collect()))
});

impl Default for KeyMap {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

impl KeyMap {
    pub fn action(&self, place: Place, key: KeyEvent) -> Option<Action> {
        let bound = |key| {
            let pressed = chord(key)?;
            self.bindings(place).find(|(bound, _)| *bound == pressed).map(|(_, action)| action)
        };
        // With shift, a function key means something else only where the table says so.
        let is_shifted = matches!(key.code, KeyCode::F(_)) && key.modifiers.contains(KeyModifiers::SHIFT);
        let plain = || bound(KeyEvent { modifiers: key.modifiers - KeyModifiers::SHIFT, ..key });
        bound(key).or_else(|| is_shifted.then(plain).flatten())
    }

    /// The keys that work in a place with what they do: its own, and those of the place around it.
    pub fn bindings(&self, place: Place) -> impl Iterator<Item = (&str, Action)> {
        let around = place.around().into_iter().flat_map(|around| self.own(around));
        self.own(place).chain(around.filter(move |(key, _)| self.own(place).all(|(own, _)| own != *key)))
    }

    fn own(&self, place: Place) -> impl Iterator<Item = (&str, Action)> {
        self.0.get(&place).into_iter().flatten().map(|(key, action)| (key.as_str(), *action))
    }

    pub fn keys(&self, place: Place, wanted: Action) -> impl Iterator<Item = &str> {
        self.bindings(place).filter(move |(_, action)| *action == wanted).map(|(key, _)| key)
    }

    /// The key that hints show for an action in a place.
    pub fn key(&self, place: Place, wanted: Action) -> Option<&str> {
        self.keys(place, wanted).next()
    }
}

/// The table of keys in markdown; `UPDATE_DOCS=1 cargo test` writes it to docs/keys.md.
pub fn reference_table() -> String {
    let keymap = KeyMap::default();
    let mut out = String::from("| keys | command | what it does | where |\n| --- | --- | --- | --- |\n");
    for &action in Action::ALL {
        let mut rows: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        for place in Place::ALL {
            let keys: Vec<_> =
                keymap.own(place).filter(|(_, bound)| *bound == action).map(|(key, _)| key).collect();
            match rows.iter_mut().find(|(known, _)| *known == keys) {
                _ if keys.is_empty() => {}
                Some((_, places)) => places.push(place.title()),
                None => rows.push((keys, vec![place.title()])),
            }
        }
        if rows.is_empty() {
            rows.push((Vec::new(), Vec::new()));
        }
        let command = if action.is_command() { format!("`:{}`", action.name()) } else { String::new() };
        for (keys, places) in rows {
            let keys: Vec<_> = keys.into_iter().map(|key| format!("`{key}`")).collect();
            let everywhere = places.is_empty() || places.len() == Place::ALL.len();
            let places = if everywhere { "everywhere".into() } else { places.join(", ") };
            out.push_str(&format!("| {} | {command} | {} | {places} |\n", keys.join(" "), action.help()));
        }
    }
    out
}

/// The key as written in the table; `None` if no binding can name it.
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
        KeyCode::F(number) if key.modifiers.contains(KeyModifiers::SHIFT) => format!("shift-F{number}"),
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
            for (key, action) in KeyMap::default().bindings(place) {
                assert!(
                    seen.insert(key.to_owned()),
                    "{key} is bound twice in {place:?}, again to {action:?}"
                );
            }
        }
    }

    #[test]
    fn keys_are_found_both_ways() {
        let keymap = KeyMap::default();
        let key = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
        assert_eq!(keymap.action(Place::Editor, key), Some(Action::Review));
        assert_eq!(keymap.action(Place::Browse, key), None);
        assert_eq!(keymap.key(Place::Browse, Action::Up), Some("up"));
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(keymap.action(Place::Browse, shifted), Some(Action::Last));
    }

    #[test]
    fn ctrl_c_and_suspend_work_everywhere() {
        let keymap = KeyMap::default();
        for place in Place::ALL {
            assert!(
                keymap.key(place, Action::Interrupt).is_some()
                    && keymap.key(place, Action::Suspend).is_some()
            );
        }
    }
}
