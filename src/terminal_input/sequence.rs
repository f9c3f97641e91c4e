//! The keys that bytes and escape sequences name.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::TerminalInput;

/// What may come right after `ESC [`: the keys and reports of all terminals go on with one of these. After
/// anything else the two bytes were `[` with alt, and no time has to pass for that to be certain.
pub(super) const FOLLOWS_CSI: &[u8] = b"0123456789<>?[ABCDEFGHIMOPQRSTZabcdt";

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
    let types =
        matches!(code, KeyCode::Char(_) | KeyCode::Enter | KeyCode::Tab | KeyCode::Backspace | KeyCode::Esc);
    if types && bits & 0b11_1000 != 0 {
        // With super, hyper or meta it is the desktop's, and never text. With an arrow it may be option.
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

/// What `ESC` and a character are if no sequence follows.
pub(super) fn alt(c: char) -> TerminalInput {
    key(KeyCode::Char(c), KeyModifiers::ALT)
}

pub(super) fn key(code: KeyCode, modifiers: KeyModifiers) -> TerminalInput {
    let shifted = matches!(code, KeyCode::Char(c) if c.is_uppercase());
    let modifiers = if shifted { modifiers | KeyModifiers::SHIFT } else { modifiers };
    TerminalInput::Key(KeyEvent::new(code, modifiers))
}

fn char_code(byte: u8) -> KeyCode {
    KeyCode::Char(char::from(byte))
}

/// The key of an ASCII byte in raw mode.
pub(super) fn plain(byte: u8, held: KeyModifiers) -> TerminalInput {
    let control = held | KeyModifiers::CONTROL;
    match byte {
        b'\r' => key(KeyCode::Enter, held),
        b'\t' => key(KeyCode::Tab, held),
        0 => key(KeyCode::Char(' '), control),
        0x01..=0x1a => key(char_code(byte - 1 + b'a'), control),
        0x1c..=0x1f => key(char_code(byte - 0x1c + b'4'), control),
        _ => key(char_code(byte), held),
    }
}
