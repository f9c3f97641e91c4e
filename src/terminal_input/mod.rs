//! Decodes bytes from a terminal into keys and pastes, for the console and for commands that ask. What a
//! terminal reports, such as mouse clicks that a crashed program has asked for, its focus, and answers to
//! questions, is taken whole and typed by nobody.
//!
//! It replaces crossterm's reader, which on Unix spins forever on a closed terminal, blocks the polling
//! thread on a sequence that a slow link has split, and leaves keys unread when more than a kilobyte arrives
//! at once.

mod secret_input;
mod sequence;
#[cfg(test)]
mod tests;

pub use secret_input::{NotTaken, SecretInput};

use std::borrow::Cow;
use std::mem;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use sequence::{letter, sequence};

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
/// `ESC [` in one byte, which begins no character of UTF-8.
const CSI: u8 = 0x9b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// How long the rest of an escape sequence may take before the bytes so far are interpreted as keys: longer
/// than the gap between two packets, shorter than that between `esc` and the next key of a fast typist.
const REST_OF_SEQUENCE: Duration = Duration::from_millis(20);

/// How long the rest may take of what no key begins with: a report over a slow link may come in pieces.
pub const REST_OF_REPORT: Duration = Duration::from_secs(1);

/// How long a paste may pause before its end is considered lost.
const REST_OF_PASTE: Duration = Duration::from_secs(2);

/// The longest paste: twice the largest document that can be edited.
const PASTE_LIMIT: usize = 2 << 20;

/// The longest sequence that is parsed; the rest is dropped.
const SEQUENCE_LIMIT: usize = 256;

/// What may come right after `ESC [`: the keys and reports of all terminals go on with one of these. After
/// anything else the two bytes were `[` with alt, and no time has to pass for that to be certain.
const FOLLOWS_CSI: &[u8] = b"0123456789<>?[ABCDEFGHIMOPQRSTZabcdt";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerminalInput {
    /// A key press or repeat, never a release.
    Key(KeyEvent),
    /// A complete bracketed paste, its lines separated by `\n`.
    Paste(String),
    Closed,
}

/// Decodes bytes into [`TerminalInput`], however they are split across reads.
#[derive(Debug, Default)]
pub struct Decoder {
    state: DecoderState,
    pending: Vec<u8>,
    /// The terminal's erase character, besides the two usual ones.
    erase: Option<u8>,
    /// The last byte of what [`Decoder::flush`] took for a key though more may follow; `None` once more came.
    given_up: Option<u8>,
    lost_text: bool,
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
    /// Inside a mouse report that ends after this many more characters.
    Mouse(u8),
    /// Inside a reply that ends with BEL or `ESC \`; it is ignored.
    Reply,
    /// Inside a bracketed paste.
    Paste,
}

impl Decoder {
    /// Decodes what a terminal with this erase character sends. A printable one stays a text, which it is to
    /// everybody but a typist on paper.
    pub fn with_erase(erase: u8) -> Self {
        let is_free = matches!(erase, 0x01..=0x1f) && !matches!(erase, b'\t' | b'\n' | b'\r' | ESC);
        Self { erase: is_free.then_some(erase), ..Self::default() }
    }

    /// Decodes bytes; calls `hand_on` for each completed input.
    pub fn feed(&mut self, bytes: &[u8], mut hand_on: impl FnMut(TerminalInput)) {
        self.given_up = None;
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
            DecoderState::Csi | DecoderState::Mouse(_) => Some(REST_OF_REPORT),
            // Alone, the introducer is a key with alt.
            DecoderState::Reply if self.pending.len() > 1 => Some(REST_OF_REPORT),
            _ => Some(REST_OF_SEQUENCE),
        }
    }

    /// Ends an incomplete sequence: a lone escape becomes the key, a partial sequence is dropped.
    pub fn flush(&mut self) -> Option<TerminalInput> {
        let pending = mem::take(&mut self.pending);
        let state = mem::take(&mut self.state);
        self.given_up = match (state, pending.as_slice()) {
            (DecoderState::Escape, _) => Some(ESC),
            (DecoderState::Reply, [introducer]) => Some(*introducer),
            _ => None,
        };
        match state {
            DecoderState::Escape => Some(key(KeyCode::Esc, KeyModifiers::NONE)),
            DecoderState::Csi if pending.is_empty() => Some(alt_bracket()),
            DecoderState::Ss3 => Some(key(KeyCode::Char('O'), KeyModifiers::ALT | KeyModifiers::SHIFT)),
            DecoderState::Reply => match pending.as_slice() {
                [introducer] => Some(key(char_code(*introducer), KeyModifiers::ALT)),
                _ => None,
            },
            DecoderState::Paste => self.paste(pending),
            DecoderState::Ground | DecoderState::Csi | DecoderState::Mouse(_) => None,
        }
    }

    /// Decides what of the earlier bytes is a key of its own, by those that are fed next and the time that lies
    /// between. For use before the first of a read is fed.
    pub fn settle(&mut self, gap: Duration, next: &[u8]) -> Option<TerminalInput> {
        let lone = if gap >= REST_OF_SEQUENCE { self.flush_before(next) } else { None };
        if gap < REST_OF_REPORT {
            self.resume(next);
        }
        lone
    }

    /// Whether text has come since the last call that could not be handed on: bytes that are not UTF-8, or a
    /// paste over the limit.
    pub fn take_lost_text(&mut self) -> bool {
        mem::take(&mut self.lost_text)
    }

    /// Takes up what [`Decoder::flush`] gave up, for use before bytes that came soon after: several at once that
    /// can only be the rest of a report are nobody's typing.
    fn resume(&mut self, next: &[u8]) {
        let ends_reply = matches!(next, [.., BEL] | [.., ESC, b'\\']);
        self.state = match (self.given_up, next) {
            (Some(ESC), [b'[', b'<' | b'>' | b'?' | b'M' | b't' | b'T', _, ..] | [b'[', b'I' | b'O']) => {
                DecoderState::Escape
            }
            (Some(ESC), [b'[', b'0'..=b'9', .., last]) if b"MRcntuwy".contains(last) => DecoderState::Escape,
            (Some(ESC), [b']' | b'P' | b'X' | b'^' | b'_', ..]) if ends_reply => DecoderState::Escape,
            (Some(introducer), _) if introducer != ESC && ends_reply => {
                self.pending.push(introducer);
                DecoderState::Reply
            }
            _ => return,
        };
    }

    /// Like [`Decoder::flush`], for use before bytes that arrived after a pause which nobody looked into, as on
    /// a busy machine: ends what they do not go on with. A link that cuts a sequence in two delivers its end with
    /// the second piece, so that what would need yet more is a person's next key. A letter alone may be that
    /// end, of an arrow key for instance: after `ESC [` it is, for as long as a report is waited for.
    fn flush_before(&mut self, next: &[u8]) -> Option<TerminalInput> {
        let goes_on = match (self.state, next) {
            (DecoderState::Escape, [first, _, ..]) => b"[O]PX^_".contains(first),
            (DecoderState::Escape, [_]) => false,
            (DecoderState::Csi, [0x30..=0x3f]) => !self.pending.is_empty(),
            (DecoderState::Reply, [byte]) => self.pending.len() > 1 || *byte == BEL,
            _ => true,
        };
        if goes_on { None } else { self.flush() }
    }

    fn step(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        match self.state {
            DecoderState::Ground => self.ground(byte, KeyModifiers::NONE),
            DecoderState::Escape => self.escape(byte, hand_on),
            DecoderState::Csi => self.csi(byte, hand_on),
            // Some terminals name modifiers here too.
            DecoderState::Ss3 if matches!(byte, b'0'..=b'9' | b';') => None,
            DecoderState::Ss3 => {
                self.state = DecoderState::Ground;
                letter(byte).map(|code| key(code, KeyModifiers::NONE))
            }
            DecoderState::Mouse(left) => self.mouse(byte, left),
            DecoderState::Reply => self.reply(byte, hand_on),
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
            self.lost_text |= !self.pending.is_empty();
            self.pending.clear();
            let is_erase = matches!(byte, 0x08 | 0x7f) || self.erase == Some(byte);
            return Some(if is_erase { key(KeyCode::Backspace, held) } else { plain(byte, held) });
        }
        if byte == CSI && self.pending.is_empty() {
            self.state = DecoderState::Csi;
            return None;
        }
        self.pending.push(byte);
        let code = match std::str::from_utf8(&self.pending) {
            Ok(text) => text.chars().next().map(KeyCode::Char),
            Err(error) if error.error_len().is_none() => return None,
            Err(_) => None,
        };
        self.lost_text |= code.is_none();
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

    fn csi(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        match byte {
            _ if self.pending.is_empty() && !FOLLOWS_CSI.contains(&byte) => {
                hand_on(alt_bracket());
                self.state = DecoderState::Ground;
                return self.ground(byte, KeyModifiers::NONE);
            }
            // The Linux console's F1 to F5 are `ESC [ [ A` to `E`.
            b'[' if self.pending.is_empty() => self.pending.push(byte),
            0x20..=0x3f if self.pending.len() < SEQUENCE_LIMIT => self.pending.push(byte),
            0x20..=0x3f => {}
            0x40..=0x7e => {
                let parameters = mem::take(&mut self.pending);
                if (parameters.as_slice(), byte) == (b"200", b'~') {
                    self.state = DecoderState::Paste;
                    return None;
                }
                self.state = match (parameters.as_slice(), byte) {
                    // A click in the oldest form, or in the form that asks for a highlight.
                    (b"", b'M') => DecoderState::Mouse(3),
                    (b"", b't') => DecoderState::Mouse(2),
                    (b"", b'T') => DecoderState::Mouse(6),
                    _ => DecoderState::Ground,
                };
                return sequence(&parameters, byte);
            }
            _ => {
                // It was cut short.
                self.pending.clear();
                self.state = DecoderState::Ground;
                return self.ground(byte, KeyModifiers::NONE);
            }
        }
        None
    }

    /// Each of the characters is a byte, or in the later form a character of UTF-8, which may be of two bytes.
    fn mouse(&mut self, byte: u8, left: u8) -> Option<TerminalInput> {
        let ends_pair = matches!(self.pending.as_slice(), [0xc2..=0xdf]) && matches!(byte, 0x80..=0xbf);
        self.pending.clear();
        if (left == 0 && !ends_pair) || matches!(byte, 0x01..=0x1f) {
            // No coordinate: the report has ended, or was cut short.
            self.state = DecoderState::Ground;
            return self.ground(byte, KeyModifiers::NONE);
        }
        let left = if ends_pair { left } else { left - 1 };
        let begins_pair = !ends_pair && matches!(byte, 0xc2..=0xdf);
        if begins_pair {
            self.pending.push(byte);
        }
        let goes_on = left > 0 || begins_pair;
        self.state = if goes_on { DecoderState::Mouse(left) } else { DecoderState::Ground };
        None
    }

    fn reply(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        let escaped = self.pending.last() == Some(&ESC);
        let ended = matches!(byte, BEL | CAN | SUB) || (byte == b'\\' && escaped);
        if ended {
            self.pending.clear();
            self.state = DecoderState::Ground;
        } else if escaped {
            // It was cut short, and the next sequence has begun.
            self.pending.clear();
            self.state = DecoderState::Escape;
            return self.escape(byte, hand_on);
        } else if self.pending.len() < SEQUENCE_LIMIT {
            self.pending.push(byte);
        } else if let Some(last) = self.pending.last_mut() {
            *last = byte;
        }
        None
    }

    fn pasted(&mut self, byte: u8) -> Option<TerminalInput> {
        self.pending.push(byte);
        if self.pending.ends_with(PASTE_END) {
            let text = self.pending.len() - PASTE_END.len();
            self.pending.truncate(text);
            self.state = DecoderState::Ground;
            let text = mem::take(&mut self.pending);
            return self.paste(text);
        }
        if self.pending.len() > PASTE_LIMIT + PASTE_END.len() {
            // Keep only the last few bytes, which may be the end marker.
            self.pending.remove(PASTE_LIMIT);
        }
        None
    }

    /// A paste as one input. A paste over the limit is dropped as a whole: half a text would be worse.
    fn paste(&mut self, bytes: Vec<u8>) -> Option<TerminalInput> {
        if bytes.len() >= PASTE_LIMIT {
            self.lost_text = true;
            tracing::warn!(limit = PASTE_LIMIT, "a paste over the limit was not taken");
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        self.lost_text |= matches!(text, Cow::Owned(_));
        Some(TerminalInput::Paste(text.replace("\r\n", "\n").replace('\r', "\n")))
    }
}

/// What `ESC [` is if no sequence follows.
fn alt_bracket() -> TerminalInput {
    key(KeyCode::Char('['), KeyModifiers::ALT)
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
        0 => key(KeyCode::Char(' '), control),
        0x01..=0x1a => key(char_code(byte - 1 + b'a'), control),
        0x1c..=0x1f => key(char_code(byte - 0x1c + b'4'), control),
        _ => key(char_code(byte), held),
    }
}
