//! The footer offers no key that would do nothing: in every scene, and in every state that keys lead to.

use std::collections::HashMap;
use std::fmt::Write as _;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::gate::walk::{StateWalk, WalkStep, keys_of};
use super::gate::{does_something, paths};
use super::*;
use crate::console::action::Action;
use crate::console::shell;
use crate::console::shell::sample::SCENES;
use crate::console::theme::{ColorDepth, Glyphs, Theme};

/// An action is tried in so many states that offer the same actions.
const ALIKE: usize = 3;

/// Everything that a user sees, and how many notices there were: one may be the same as before.
type Seen = (Buffer, Option<Position>, u64);

fn seen(model: &Model, theme: &Theme) -> Seen {
    let backend = TestBackend::new(model.size.cols, model.size.rows);
    let mut terminal = Terminal::new(backend).unwrap();
    terminal.draw(|frame| shell::draw(model, theme, frame)).unwrap();
    let backend = terminal.backend();
    let cursor = backend.cursor_visible().then(|| backend.cursor_position());
    (backend.buffer().clone(), cursor, model.notices.count())
}

fn key_of(model: &Model, action: Action) -> KeyEvent {
    keys_of(model.place()).iter().find(|(_, to)| *to == action).unwrap().0
}

fn actions(model: &Model) -> Vec<Action> {
    shell::offered(model).map(|(action, ..)| action).collect()
}

/// Whether the last answer is that there was nothing to do, as was known before.
fn says_nothing(model: &Model) -> bool {
    let last = model.notices.newest_first().next().map_or("", |notice| &notice.text);
    let known = ["no problem", "no write", "no mark", "no drafts", "nothing to take", "nothing to make"];
    let known = known.into_iter().chain([
        "nothing is selected",
        "nothing is looked for",
        "what would mend",
        "the id is",
    ]);
    known.into_iter().any(|start| last.starts_with(start)) || last.ends_with("it is left out already")
}

/// Presses the key of an action a second later; returns whether anything came of it.
fn does_anything(model: &mut Model, action: Action, theme: &Theme) -> bool {
    let mut at = model.now;
    at.mono += Duration::from_secs(1);
    at.wall += Duration::from_secs(1);
    update(model, Message { at, event: AppEvent::Wake });
    if !actions(model).contains(&action) {
        return true;
    }
    let before = seen(model, theme);
    let key = key_of(model, action);
    let told = model.notices.count();
    let effects = update(model, Message { at, event: AppEvent::Key(key) });
    if model.notices.count() > told && says_nothing(model) {
        return false;
    }
    effects.iter().any(does_something) || seen(model, theme) != before
}

fn theme() -> Theme {
    Theme::named("default", ColorDepth::Ansi16, Glyphs::Unicode).unwrap()
}

#[test]
fn in_every_scene_a_key_of_the_footer_does_something_or_says_why_not() {
    let (theme, mut idle, mut tried) = (theme(), String::new(), 0);
    for (name, scene) in SCENES {
        for (cols, rows) in [(80, 24), (120, 40), (200, 50)] {
            for action in actions(&scene(Size { cols, rows })) {
                tried += 1;
                if !does_anything(&mut scene(Size { cols, rows }), action, &theme) {
                    let _ = writeln!(idle, "{name} {cols}x{rows}: {action:?}");
                }
            }
        }
    }
    assert!(tried > 1_500, "{tried} keys: the scenes have shrunk");
    assert!(idle.is_empty(), "offered, and without effect:\n{idle}");
}

#[test]
fn in_every_state_a_key_of_the_footer_does_something_or_says_why_not() {
    let (theme, mut idle, mut tried) = (theme(), String::new(), HashMap::new());
    let keys = |names: &[char]| -> Vec<WalkStep> {
        let key = |name: &char| KeyEvent::new(KeyCode::Char(*name), KeyModifiers::NONE);
        names.iter().map(|name| WalkStep::Key(key(name))).collect()
    };
    let along = |path: &[WalkStep]| StateWalk::along(path, WriteAccess::Open(None)).console;
    for path in paths() {
        // The walk does not tell apart which pane has the focus.
        let is_list = matches!(along(path).model.place(), Place::Browse | Place::Secrets);
        let ways: &[&[char]] = if is_list { &[&[], &['h'], &['l', 'l'], &['G']] } else { &[&[]] };
        for way in ways {
            let path: Vec<_> = path.iter().cloned().chain(keys(way)).collect();
            let console = along(&path);
            let (place, offered) = (console.model.place(), actions(&console.model));
            for action in &offered {
                let times: &mut usize = tried.entry((place, *action, offered.clone())).or_default();
                *times += 1;
                if *times > ALIKE {
                    continue;
                }
                if !does_anything(&mut along(&path).model, *action, &theme) {
                    let _ = writeln!(idle, "{action:?} after {path:?}");
                }
            }
        }
    }
    assert!(idle.is_empty(), "offered, and without effect:\n{idle}");
    assert!(tried.len() > 200, "{} keys: the exploration has shrunk", tried.len());
}
