//! The keys that escape sequences name.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{TerminalInput, key};

/// The keys named by a letter after `ESC [` or `ESC O`.
pub(super) fn letter(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'M' => KeyCode::Enter,
        b'Z' => KeyCode::BackTab,
        b'P'..=b'S' => KeyCode::F(byte - b'P' + 1),
        _ => return None,
    })
}

/// The key of a complete `ESC [ parameters final`; `None` if it is not a key.
pub(super) fn sequence(parameters: &[u8], last: u8) -> Option<TerminalInput> {
    if parameters == b"[" {
        return (b'A'..=b'E').contains(&last).then(|| key(KeyCode::F(last - b'A' + 1), KeyModifiers::NONE));
    }
    let text = std::str::from_utf8(parameters).ok()?;
    let mut fields = text.split(';');
    let first = fields.next().unwrap_or_default();
    let second = fields.next().unwrap_or_default();
    let code = match last {
        // xterm's modifyOtherKeys: `27 ; modifiers ; code ~`.
        b'~' if first == "27" => return with_modifiers(unicode(fields.next()?.parse().ok()?)?, second),
        b'~' => numbered(first.parse().ok()?)?,
        b'u' => unicode(first.split(':').next()?.parse().ok()?)?,
        // F3 with modifiers looks like a cursor position report.
        b'R' if !text.is_empty() => return None,
        b'M' => return None,
        _ if first.is_empty() || first == "1" => letter(last)?,
        _ => return None,
    };
    with_modifiers(code, second)
}

/// The modifier field is a bit set plus one; after a colon follows 1 for press, 2 for repeat, 3 for release.
fn with_modifiers(code: KeyCode, field: &str) -> Option<TerminalInput> {
    let mut parts = field.split(':');
    let bits = parts.next().and_then(|part| part.parse::<u8>().ok()).unwrap_or(1).saturating_sub(1);
    if bits & 0b11_1000 != 0 {
        // With super, hyper or meta it is the desktop's, and never text.
        return None;
    }
    let kind = match parts.next() {
        Some("3") => return None,
        Some("2") => KeyEventKind::Repeat,
        _ => KeyEventKind::Press,
    };
    let shift = bits & 1 != 0 || code == KeyCode::BackTab;
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, shift);
    modifiers.set(KeyModifiers::ALT, bits & 2 != 0);
    modifiers.set(KeyModifiers::CONTROL, bits & 4 != 0);
    Some(TerminalInput::Key(KeyEvent::new_with_kind(code, modifiers, kind)))
}

fn numbered(number: u8) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number - 10),
        17..=21 => KeyCode::F(number - 11),
        23..=24 => KeyCode::F(number - 12),
        _ => return None,
    })
}

fn unicode(code: u32) -> Option<KeyCode> {
    Some(match code {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        // Kitty encodes non-text keys in the private use area.
        57344..=63743 => return None,
        _ => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}
