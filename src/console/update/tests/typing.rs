//! Keys that have come at once: the same as one by one, for the price of one.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::console::shell;
use crate::console::theme::{ColorDepth, Glyphs, Theme};

fn shown(console: &TestConsole) -> String {
    let theme = Theme::named("default", ColorDepth::None, Glyphs::Unicode).unwrap();
    let size = console.model.size;
    let mut terminal = Terminal::new(TestBackend::new(size.cols, size.rows)).unwrap();
    terminal.draw(|frame| shell::draw(&console.model, &theme, frame)).unwrap();
    format!("{:?} {}", console.model.place(), terminal.backend())
}

fn press(console: &mut TestConsole, code: KeyCode) {
    console.send(AppEvent::Key(KeyEvent::new(code, KeyModifiers::NONE)));
}

/// Every place where text is typed, by the keys that lead there, and one where none is.
const FIELDS: [&str; 7] = ["/", ":", "e", "e ctrl-f", "n", "5 /", ""];

#[test]
fn in_every_field_keys_at_once_are_as_if_they_came_one_by_one() {
    for keys in FIELDS {
        for text in ["o", "on/e two", "a}b] c_d", "éabc"] {
            let open = || {
                let mut console = TestConsole::loaded();
                console.keys(keys);
                console
            };
            let (mut one_by_one, mut at_once) = (open(), open());
            let press = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            if !text.chars().all(|c| at_once.model.is_text(press(c))) {
                assert_eq!(keys, "", "{text:?} is text");
                continue;
            }
            one_by_one.text(text);
            at_once.send(AppEvent::Typed(text.into()));
            assert_eq!(shown(&at_once), shown(&one_by_one), "{text:?} after {keys:?}");
        }
    }
}

#[test]
fn in_every_field_backspaces_at_once_are_as_if_they_came_one_by_one() {
    for keys in FIELDS {
        for (text, back) in [("abc de", 0), ("abc de", 3), ("", 0)] {
            for (code, count) in [(KeyCode::Backspace, 2), (KeyCode::Backspace, 9), (KeyCode::Delete, 4)] {
                let open = || {
                    let mut console = TestConsole::loaded();
                    console.keys(keys);
                    if !keys.is_empty() {
                        console.text(text);
                    }
                    (0..back).for_each(|_| press(&mut console, KeyCode::Left));
                    console
                };
                let (mut one_by_one, mut at_once) = (open(), open());
                (0..count).for_each(|_| press(&mut one_by_one, code));
                let key = KeyEvent::new(code, KeyModifiers::NONE);
                let takes_back = super::super::keys::takes_back(&at_once.model, key);
                assert!(takes_back, "{code} after {keys:?}");
                at_once.send(AppEvent::Repeated(key, count));
                assert_eq!(shown(&at_once), shown(&one_by_one), "{count} {code} in {text:?} after {keys:?}");
            }
        }
    }
}

#[test]
fn five_hundred_held_backspaces_in_a_long_line_are_one_edit() {
    let line = "word ".repeat(13_000);
    let mut console = TestConsole::new();
    console.load("s1", 5, &[entry("a/one", &format!("{{\"a\": \"{line}\"}}"), 1)]);
    console.keys("e");
    press(&mut console, KeyCode::Down);
    press(&mut console, KeyCode::End);
    let buffer = |console: &TestConsole| {
        let buffer = &console.model.edit.as_ref().unwrap().buffer;
        (buffer.revision(), buffer.len())
    };
    let (edits, length) = buffer(&console);
    console.send(AppEvent::Repeated(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE), 500));
    assert_eq!(buffer(&console), (edits + 1, length - 500));
}

#[test]
fn sixty_four_thousand_keys_into_one_line_are_three_edits() {
    let mut console = TestConsole::new();
    console.load("s1", 5, &[entry("a/one", "{}", 1)]);
    console.keys("e");
    let revision = |console: &TestConsole| console.model.edit.as_ref().unwrap().buffer.revision();
    let before = revision(&console);
    let text = "word ".repeat(12_800);
    console.send(AppEvent::Typed(text.clone()));
    assert!(revision(&console) - before <= 3);
    assert_eq!(console.model.edit.as_ref().unwrap().buffer.line(0), format!("{text}{{}}"));
}
