//! Decodes bytes from a terminal into keys and pastes.
//!
//! It replaces crossterm's reader, which on Unix spins forever on a closed terminal, blocks the polling
//! thread on a sequence that a slow link has split, and leaves keys unread when more than a kilobyte arrives
//! at once.

#[cfg(test)]
mod tests;

use std::mem;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::TerminalInput;

const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// How long the rest of an escape sequence may take before the bytes so far are interpreted as keys: longer
/// than the gap between two packets, shorter than that between `esc` and the next key of a fast typist.
const REST_OF_SEQUENCE: Duration = Duration::from_millis(20);

/// How long a paste may pause before its end is considered lost.
const REST_OF_PASTE: Duration = Duration::from_secs(2);

/// The longest paste: twice the largest document that can be edited.
const PASTE_LIMIT: usize = 2 << 20;

/// The longest sequence that is parsed; the rest is dropped.
const SEQUENCE_LIMIT: usize = 256;

/// Decodes bytes into [`TerminalInput`], however they are split across reads.
#[derive(Debug, Default)]
pub struct Decoder {
    state: DecoderState,
    pending: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum DecoderState {
    /// Between keys, or inside a multi-byte character.
    #[default]
    Ground,
    /// After an escape.
    Escape,
    /// Inside `ESC [ …`.
    Csi,
    /// After `ESC O`.
    Ss3,
    /// Inside a reply that ends with BEL or `ESC \`; it is ignored.
    Reply,
    /// Inside a bracketed paste.
    Paste,
}

impl Decoder {
    /// Decodes bytes; calls `hand_on` for each completed input.
    pub fn feed(&mut self, bytes: &[u8], mut hand_on: impl FnMut(TerminalInput)) {
        for byte in bytes {
            if let Some(input) = self.step(*byte, &mut hand_on) {
                hand_on(input);
            }
        }
    }

    /// How long to wait for more bytes before [`Decoder::flush`]; `None` between keys.
    pub fn timeout(&self) -> Option<Duration> {
        match self.state {
            DecoderState::Ground if self.pending.is_empty() => None,
            DecoderState::Paste => Some(REST_OF_PASTE),
            _ => Some(REST_OF_SEQUENCE),
        }
    }

    /// Ends an incomplete sequence: a lone escape becomes the key, a partial sequence is dropped.
    pub fn flush(&mut self) -> Option<TerminalInput> {
        let pending = mem::take(&mut self.pending);
        match mem::take(&mut self.state) {
            DecoderState::Escape => Some(key(KeyCode::Esc, KeyModifiers::NONE)),
            DecoderState::Csi if pending.is_empty() => Some(key(KeyCode::Char('['), KeyModifiers::ALT)),
            DecoderState::Ss3 => Some(key(KeyCode::Char('O'), KeyModifiers::ALT | KeyModifiers::SHIFT)),
            DecoderState::Reply => match pending.as_slice() {
                [introducer] => Some(key(char_code(*introducer), KeyModifiers::ALT)),
                _ => None,
            },
            DecoderState::Paste => paste(pending),
            DecoderState::Ground | DecoderState::Csi => None,
        }
    }

    /// Like [`Decoder::flush`], for use before bytes that arrived later than [`Decoder::timeout`] because the
    /// thread was not scheduled in time, as on a busy machine. An escape is then a key of its own rather than
    /// alt with the next key; a partial sequence is kept and may be completed.
    pub fn flush_before(&mut self, next: &[u8]) -> Option<TerminalInput> {
        let begins_sequence = next.first().is_none_or(|byte| b"[O]PX^_".contains(byte));
        let lone = self.state == DecoderState::Escape && !begins_sequence;
        if lone { self.flush() } else { None }
    }

    fn step(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        match self.state {
            DecoderState::Ground => self.ground(byte, KeyModifiers::NONE),
            DecoderState::Escape => self.escape(byte, hand_on),
            DecoderState::Csi => self.csi(byte),
            DecoderState::Ss3 => {
                self.state = DecoderState::Ground;
                letter(byte).map(|code| key(code, KeyModifiers::NONE))
            }
            DecoderState::Reply => {
                self.reply(byte);
                None
            }
            DecoderState::Paste => self.pasted(byte),
        }
    }

    fn ground(&mut self, byte: u8, held: KeyModifiers) -> Option<TerminalInput> {
        if byte == ESC {
            self.pending.clear();
            self.state = DecoderState::Escape;
            return None;
        }
        if byte < 0x80 {
            self.pending.clear();
            return Some(plain(byte, held));
        }
        self.pending.push(byte);
        let code = match std::str::from_utf8(&self.pending) {
            Ok(text) => text.chars().next().map(KeyCode::Char),
            Err(error) if error.error_len().is_none() => return None,
            Err(_) => None,
        };
        self.pending.clear();
        code.map(|code| key(code, held))
    }

    fn escape(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        match byte {
            b'[' => self.state = DecoderState::Csi,
            b'O' => self.state = DecoderState::Ss3,
            b']' | b'P' | b'X' | b'^' | b'_' => {
                self.state = DecoderState::Reply;
                self.pending.push(byte);
            }
            ESC => hand_on(key(KeyCode::Esc, KeyModifiers::NONE)),
            _ => {
                self.state = DecoderState::Ground;
                return self.ground(byte, KeyModifiers::ALT);
            }
        }
        None
    }

    fn csi(&mut self, byte: u8) -> Option<TerminalInput> {
        match byte {
            // The Linux console's F1 to F5 are `ESC [ [ A` to `E`.
            b'[' if self.pending.is_empty() => self.pending.push(byte),
            0x20..=0x3f if self.pending.len() < SEQUENCE_LIMIT => self.pending.push(byte),
            0x40..=0x7e => {
                let parameters = mem::take(&mut self.pending);
                if (parameters.as_slice(), byte) == (b"200", b'~') {
                    self.state = DecoderState::Paste;
                    return None;
                }
                self.state = DecoderState::Ground;
                return sequence(&parameters, byte);
            }
            _ => {
                self.pending.clear();
                self.state = if byte == ESC { DecoderState::Escape } else { DecoderState::Ground };
            }
        }
        None
    }

    fn reply(&mut self, byte: u8) {
        let ended = byte == 0x07 || (byte == b'\\' && self.pending.last() == Some(&ESC));
        if ended {
            self.pending.clear();
            self.state = DecoderState::Ground;
        } else if self.pending.len() < SEQUENCE_LIMIT {
            self.pending.push(byte);
        } else if let Some(last) = self.pending.last_mut() {
            *last = byte;
        }
    }

    fn pasted(&mut self, byte: u8) -> Option<TerminalInput> {
        self.pending.push(byte);
        if self.pending.ends_with(PASTE_END) {
            let text = self.pending.len() - PASTE_END.len();
            self.pending.truncate(text);
            self.state = DecoderState::Ground;
            return paste(mem::take(&mut self.pending));
        }
        if self.pending.len() > PASTE_LIMIT + PASTE_END.len() {
            // Keep only the last few bytes, which may be the end marker.
            self.pending.remove(PASTE_LIMIT);
        }
        None
    }
}

/// A paste as one input. A paste over the limit is dropped as a whole: half a text would be worse.
fn paste(bytes: Vec<u8>) -> Option<TerminalInput> {
    if bytes.len() >= PASTE_LIMIT {
        tracing::warn!(limit = PASTE_LIMIT, "a paste over the limit was not taken");
        return None;
    }
    let text = String::from_utf8_lossy(&bytes);
    Some(TerminalInput::Paste(text.replace("\r\n", "\n").replace('\r', "\n")))
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> TerminalInput {
    let shifted = matches!(code, KeyCode::Char(c) if c.is_uppercase());
    let modifiers = if shifted { modifiers | KeyModifiers::SHIFT } else { modifiers };
    TerminalInput::Key(KeyEvent::new(code, modifiers))
}

fn char_code(byte: u8) -> KeyCode {
    KeyCode::Char(char::from(byte))
}

/// The key of an ASCII byte in raw mode.
fn plain(byte: u8, held: KeyModifiers) -> TerminalInput {
    let control = held | KeyModifiers::CONTROL;
    match byte {
        b'\r' => key(KeyCode::Enter, held),
        b'\t' => key(KeyCode::Tab, held),
        0x7f => key(KeyCode::Backspace, held),
        0 => key(KeyCode::Char(' '), control),
        0x01..=0x1a => key(char_code(byte - 1 + b'a'), control),
        0x1c..=0x1f => key(char_code(byte - 0x1c + b'4'), control),
        _ => key(char_code(byte), held),
    }
}

/// The keys named by a letter after `ESC [` or `ESC O`.
fn letter(byte: u8) -> Option<KeyCode> {
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
fn sequence(parameters: &[u8], last: u8) -> Option<TerminalInput> {
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
        127 => KeyCode::Backspace,
        // Kitty encodes non-text keys in the private use area.
        57344..=63743 => return None,
        _ => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}
