//! Decodes bytes from a terminal into keys and pastes, for the console and for commands that ask. What a
//! terminal reports, such as mouse clicks that a crashed program has asked for, its focus, and answers to
//! questions, is taken whole and typed by nobody.
//!
//! It replaces crossterm's reader, which on Unix spins forever on a closed terminal, blocks the polling
//! thread on a sequence that a slow link has split, and leaves keys unread when more than a kilobyte arrives
//! at once.

mod pasted_text;
mod secret_input;
mod sequence;
#[cfg(test)]
mod tests;

pub use pasted_text::PastedText;
pub use secret_input::{NotTaken, SecretInput};

use std::time::Duration;
use std::{fmt, mem};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pasted_text::{PASTE_LIMIT, paste};
use sequence::{FOLLOWS_CSI, alt, key, letter, plain, sequence};
use zeroize::Zeroizing;

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

/// The initial capacity for what is incomplete: a paste of this length is never reallocated.
const FIRST: usize = 1_024;

/// How long a paste may pause before its end is considered lost.
const REST_OF_PASTE: Duration = Duration::from_secs(2);

/// The longest sequence that is parsed; the rest is dropped.
const SEQUENCE_LIMIT: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TerminalInput {
    /// A key press or repeat, never a release.
    Key(KeyEvent),
    /// A complete bracketed paste.
    Paste(PastedText),
    /// Text has come that cannot be handed on, which a value that nobody sees would lack.
    LostText(NotTaken),
    Closed,
}

/// Decodes bytes into [`TerminalInput`], however they are split across reads.
#[derive(Default)]
pub struct Decoder {
    state: DecoderState,
    /// What is incomplete, which may be half a secret.
    pending: Zeroizing<Vec<u8>>,
    /// The terminal's erase character, besides the two usual ones.
    erase: Option<u8>,
    /// The last byte of what [`Decoder::flush`] took for a key though more may follow; `None` once more came.
    given_up: Option<u8>,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decoder({:?}, {} bytes)", self.state, self.pending.len())
    }
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
            // Nor does a key begin with half a character.
            DecoderState::Ground | DecoderState::Csi | DecoderState::Mouse(_) => Some(REST_OF_REPORT),
            // Alone, the introducer is a key with alt.
            DecoderState::Reply if self.pending.len() > 1 => Some(REST_OF_REPORT),
            _ => Some(REST_OF_SEQUENCE),
        }
    }

    /// Ends what is incomplete: a lone escape becomes the key, and a partial sequence is told as lost text,
    /// since a person may have typed it after an escape.
    pub fn flush(&mut self) -> Option<TerminalInput> {
        let pending = mem::take(&mut self.pending);
        let state = mem::take(&mut self.state);
        self.given_up = match (state, pending.as_slice()) {
            (DecoderState::Escape, _) => Some(ESC),
            (DecoderState::Reply, [introducer]) => Some(*introducer),
            _ => None,
        };
        Some(match (state, pending.as_slice()) {
            (DecoderState::Ground, []) => return None,
            (DecoderState::Ground, _) => TerminalInput::LostText(NotTaken::NotUtf8),
            (DecoderState::Escape, _) => key(KeyCode::Esc, KeyModifiers::NONE),
            (DecoderState::Csi, []) => alt('['),
            (DecoderState::Ss3, []) => alt('O'),
            (DecoderState::Reply, [introducer]) => alt(char::from(*introducer)),
            (DecoderState::Paste, text) => paste(text),
            (DecoderState::Csi | DecoderState::Ss3 | DecoderState::Mouse(_) | DecoderState::Reply, _) => {
                CUT_SHORT
            }
        })
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
                self.push(introducer);
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
            DecoderState::Ground => self.ground(byte, KeyModifiers::NONE, hand_on),
            DecoderState::Escape => self.escape(byte, hand_on),
            DecoderState::Csi => self.csi(byte, hand_on),
            // Some terminals name modifiers here too.
            DecoderState::Ss3 if matches!(byte, b'0'..=b'9' | b';') => {
                self.push_parameter(byte);
                None
            }
            DecoderState::Ss3 => self.ss3(byte, hand_on),
            DecoderState::Mouse(left) => self.mouse(byte, left, hand_on),
            DecoderState::Reply => self.reply(byte, hand_on),
            DecoderState::Paste => self.pasted(byte),
        }
    }

    /// Adds a byte to what is incomplete.
    fn push(&mut self, byte: u8) {
        if self.pending.len() == self.pending.capacity() {
            // A `Vec` that grows by itself leaves its old buffer unwiped.
            let capacity = (self.pending.capacity() * 2).max(FIRST);
            let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
            larger.extend_from_slice(&self.pending);
            self.pending = larger;
        }
        self.pending.push(byte);
    }

    fn push_parameter(&mut self, byte: u8) {
        if self.pending.len() < SEQUENCE_LIMIT {
            self.push(byte);
        }
    }

    /// Takes a byte that a sequence cannot go on with: the sequence was cut short.
    fn cut_short(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        hand_on(CUT_SHORT);
        self.pending.clear();
        self.state = DecoderState::Ground;
        self.ground(byte, KeyModifiers::NONE, hand_on)
    }

    fn ground(
        &mut self,
        byte: u8,
        held: KeyModifiers,
        hand_on: &mut impl FnMut(TerminalInput),
    ) -> Option<TerminalInput> {
        if byte < 0x80 && !self.pending.is_empty() {
            self.pending.clear();
            hand_on(TerminalInput::LostText(NotTaken::NotUtf8));
        }
        if byte == ESC {
            self.state = DecoderState::Escape;
            return None;
        }
        if byte < 0x80 {
            let is_erase = matches!(byte, 0x08 | 0x7f) || self.erase == Some(byte);
            return Some(if is_erase { key(KeyCode::Backspace, held) } else { plain(byte, held) });
        }
        if byte == CSI && self.pending.is_empty() {
            self.state = DecoderState::Csi;
            return None;
        }
        self.push(byte);
        let input = match std::str::from_utf8(&self.pending) {
            Ok(text) => text.chars().next().map(|c| key(KeyCode::Char(c), held)),
            Err(error) if error.error_len().is_none() => return None,
            Err(_) => Some(TerminalInput::LostText(NotTaken::NotUtf8)),
        };
        self.pending.clear();
        input
    }

    fn escape(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        match byte {
            b'[' => self.state = DecoderState::Csi,
            b'O' => self.state = DecoderState::Ss3,
            b']' | b'P' | b'X' | b'^' | b'_' => {
                self.state = DecoderState::Reply;
                self.push(byte);
            }
            ESC => hand_on(key(KeyCode::Esc, KeyModifiers::NONE)),
            _ => {
                self.state = DecoderState::Ground;
                return self.ground(byte, KeyModifiers::ALT, hand_on);
            }
        }
        None
    }

    fn csi(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        match byte {
            _ if self.pending.is_empty() && !FOLLOWS_CSI.contains(&byte) => {
                hand_on(alt('['));
                self.state = DecoderState::Ground;
                return self.ground(byte, KeyModifiers::NONE, hand_on);
            }
            // The Linux console's F1 to F5 are `ESC [ [ A` to `E`.
            b'[' if self.pending.is_empty() => self.push(byte),
            0x20..=0x3f => self.push_parameter(byte),
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
            _ => return self.cut_short(byte, hand_on),
        }
        None
    }

    fn ss3(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        if let Some(code) = letter(byte) {
            self.pending.clear();
            self.state = DecoderState::Ground;
            return Some(key(code, KeyModifiers::NONE));
        }
        // `O` with alt and the next key, or `Ok` that was typed after an escape, or a keypad that a crashed
        // program left in another mode: no value can be sure of its text then.
        if self.pending.is_empty() {
            hand_on(alt('O'));
        }
        self.cut_short(byte, hand_on)
    }

    /// Each of the characters is a byte, or in the later form a character of UTF-8, which may be of two bytes.
    fn mouse(
        &mut self,
        byte: u8,
        left: u8,
        hand_on: &mut impl FnMut(TerminalInput),
    ) -> Option<TerminalInput> {
        let ends_pair = matches!(self.pending.as_slice(), [0xc2..=0xdf]) && matches!(byte, 0x80..=0xbf);
        self.pending.clear();
        if left == 0 && !ends_pair {
            // The report has ended.
            self.state = DecoderState::Ground;
            return self.ground(byte, KeyModifiers::NONE, hand_on);
        }
        if matches!(byte, 0x01..=0x1f) {
            // No coordinate.
            return self.cut_short(byte, hand_on);
        }
        let left = if ends_pair { left } else { left - 1 };
        let begins_pair = !ends_pair && matches!(byte, 0xc2..=0xdf);
        if begins_pair {
            self.push(byte);
        }
        let goes_on = left > 0 || begins_pair;
        self.state = if goes_on { DecoderState::Mouse(left) } else { DecoderState::Ground };
        None
    }

    fn reply(&mut self, byte: u8, hand_on: &mut impl FnMut(TerminalInput)) -> Option<TerminalInput> {
        let escaped = self.pending.last() == Some(&ESC);
        let ended = byte == BEL || (byte == b'\\' && escaped);
        if ended || matches!(byte, CAN | SUB) {
            if !ended {
                hand_on(CUT_SHORT);
            }
            self.pending.clear();
            self.state = DecoderState::Ground;
        } else if escaped {
            // It was cut short, and the next sequence has begun.
            hand_on(CUT_SHORT);
            self.pending.clear();
            self.state = DecoderState::Escape;
            return self.escape(byte, hand_on);
        } else if self.pending.len() < SEQUENCE_LIMIT {
            self.push(byte);
        } else if let Some(last) = self.pending.last_mut() {
            *last = byte;
        }
        None
    }

    fn pasted(&mut self, byte: u8) -> Option<TerminalInput> {
        self.push(byte);
        if self.pending.ends_with(PASTE_END) {
            let text = self.pending.len() - PASTE_END.len();
            self.pending.truncate(text);
            self.state = DecoderState::Ground;
            return Some(paste(&mem::take(&mut self.pending)));
        }
        if self.pending.len() > PASTE_LIMIT + PASTE_END.len() {
            // Keep only the last few bytes, which may be the end marker.
            self.pending.remove(PASTE_LIMIT);
        }
        None
    }
}

/// A sequence that did not come to its end, and what may be text in it.
const CUT_SHORT: TerminalInput = TerminalInput::LostText(NotTaken::CutShort);
