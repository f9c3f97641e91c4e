//! Asks for a secret value at the terminal, twice and without echo; what a terminal sends that is no text, such
//! as arrow keys, clicks and answers, never becomes part of it.

use std::io::{self, Write};
use std::ops::Range;
use std::time::Instant;

use crossterm::event::{KeyCode, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

use crate::cli::error::{CliError, Exit, Result};
use crate::domain::FieldName;
use crate::private_file::io_reason;
use crate::terminal_input::{Decoder, REST_OF_REPORT, SecretInput, TerminalInput};
use crate::text::Safe;

/// The size of one read.
const READ: usize = 4_096;

pub(in crate::cli) fn read_twice(name: &FieldName) -> Result<Zeroizing<Vec<u8>>> {
    let named = Safe::display(name);
    // Echo stays off across both prompts: text pasted for both at once would be shown in between.
    let silence = EchoOff::begin().map_err(unreadable)?;
    let mut keyboard = Keyboard::with_erase(silence.0.special_codes[SpecialCodeIndex::VERASE]);
    let mut ask = |prompt: &str| -> Result<SecretInput> {
        let mut line = HiddenLine::default();
        let end = prompted(prompt, || keyboard.read(&mut line)).map_err(unreadable)?;
        match (end, line.value.lost()) {
            (LineEnd::Cancelled, _) => {
                Err(Exit::FAILED.because("nothing was typed to its end; nothing was written"))
            }
            (LineEnd::Entered, Some(why)) => {
                let then = why.next_step();
                Err(Exit::INVALID.because(format!(
                    "the value of {named} is not whole: {why} ({then}); nothing was written"
                )))
            }
            (LineEnd::Entered, None) => Ok(line.value),
        }
    };
    let first = ask(&format!("value of {named} (not shown): "))?;
    let second = ask("again: ")?;
    if first.expose() != second.expose() {
        return Err(Exit::FAILED.because("the two values differ; nothing was written"));
    }
    Ok(Zeroizing::new(first.expose().as_bytes().to_vec()))
}

fn unreadable(error: io::Error) -> CliError {
    Exit::FAILED.because(format!("cannot read the value: {}", io_reason(&error)))
}

/// Prints a prompt, reads the answer, and ends the line that enter, unseen, did not.
fn prompted<T>(prompt: &str, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    print(prompt)?;
    let answer = read()?;
    print("\n")?;
    Ok(answer)
}

fn print(text: &str) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    stderr.write_all(text.as_bytes())?;
    stderr.flush()
}

enum LineEnd {
    Entered,
    Cancelled,
}

/// A value while it is typed.
#[derive(Default)]
struct HiddenLine {
    value: SecretInput,
}

impl HiddenLine {
    /// Takes a key or a paste; rings where that does nothing, since nothing else would tell.
    fn take(&mut self, input: TerminalInput) -> Option<LineEnd> {
        let before = self.value.expose().len();
        let taken = match input {
            TerminalInput::Closed => return Some(LineEnd::Cancelled),
            TerminalInput::Paste(text) => self.value.paste(&text),
            TerminalInput::LostText(why) => Err(why),
            TerminalInput::Key(key) => {
                let control = key.modifiers.contains(KeyModifiers::CONTROL);
                match key.code {
                    KeyCode::Enter => return Some(LineEnd::Entered),
                    // The terminal driver turns enter into a line feed, which is ctrl-j.
                    KeyCode::Char('j') if control => return Some(LineEnd::Entered),
                    // By their bytes, ctrl-4 is ctrl-\, which quits.
                    KeyCode::Char('c' | 'd' | 'z' | '\\' | '4') if control => {
                        return Some(LineEnd::Cancelled);
                    }
                    KeyCode::Tab => self.value.paste("\t"),
                    _ => self.value.key(key),
                }
            }
        };
        if let Err(why) = taken {
            self.value.lose(why);
        }
        if self.value.expose().len() == before {
            let _ = print("\x07");
        }
        None
    }
}

/// What is typed at standard input. Keys are read as they come: in canonical mode the terminal driver would
/// keep the line, and a signal key would end the program with echo still off.
struct Keyboard {
    decoder: Decoder,
    read: Zeroizing<[u8; READ]>,
    /// What of it comes after the end of the last line.
    unread: Range<usize>,
    /// When the last bytes arrived.
    read_at: Instant,
}

impl Keyboard {
    fn with_erase(erase: u8) -> Self {
        Self {
            decoder: Decoder::with_erase(erase),
            read: Zeroizing::new([0; READ]),
            unread: 0..0,
            read_at: Instant::now(),
        }
    }

    /// Reads until the line ends.
    fn read(&mut self, line: &mut HiddenLine) -> io::Result<LineEnd> {
        loop {
            if let Some(end) = self.decode(line) {
                return Ok(end);
            }
            let stdin = rustix::stdio::stdin();
            // Escape does nothing here, so that the rest of a sequence may take its time.
            let patience = self.decoder.timeout().map(|patience| patience.max(REST_OF_REPORT));
            let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
            let settled = match poll(&mut [PollFd::from_borrowed_fd(stdin, PollFlags::IN)], patience.as_ref())
            {
                Ok(0) => self.decoder.flush(),
                Ok(_) => match rustix::io::read(stdin, &mut *self.read) {
                    Ok(0) => return Ok(LineEnd::Cancelled),
                    Ok(count) => {
                        self.unread = 0..count;
                        let gap = self.read_at.elapsed();
                        self.read_at = Instant::now();
                        self.decoder.settle(gap, self.read.get(..count).unwrap_or_default())
                    }
                    Err(Errno::INTR | Errno::AGAIN) => None,
                    Err(error) => return Err(error.into()),
                },
                Err(Errno::INTR | Errno::AGAIN) => None,
                Err(error) => return Err(error.into()),
            };
            if let Some(end) = settled.and_then(|input| line.take(input)) {
                return Ok(end);
            }
        }
    }

    /// Decodes what was read, as far as the end of the line.
    fn decode(&mut self, line: &mut HiddenLine) -> Option<LineEnd> {
        while let Some(byte) = self.unread.next().and_then(|at| self.read.get(at)) {
            let mut end = None;
            self.decoder.feed(std::slice::from_ref(byte), |input| end = line.take(input).or(end.take()));
            if end.is_some() {
                return end;
            }
        }
        None
    }
}

/// Turns echo, canonical mode and signal keys off until dropped.
struct EchoOff(Termios);

impl EchoOff {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(
            LocalModes::ECHO
                | LocalModes::ECHONL
                | LocalModes::ICANON
                | LocalModes::ISIG
                | LocalModes::IEXTEN,
        );
        // Eight bits, or no character of UTF-8 arrives.
        silent.input_modes.remove(InputModes::ISTRIP);
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        // The terminal is gone, so an error could not be reported.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal_input::NotTaken;

    /// What is entered by bytes that come one by one, `None` if they cancel.
    fn typed(bytes: &[u8]) -> Option<(String, Option<NotTaken>)> {
        let mut keyboard = Keyboard::with_erase(0x14);
        let mut line = HiddenLine::default();
        for byte in bytes {
            keyboard.read[0] = *byte;
            keyboard.unread = 0..1;
            match keyboard.decode(&mut line) {
                Some(LineEnd::Entered) => return Some((line.value.expose().to_owned(), line.value.lost())),
                Some(LineEnd::Cancelled) => return None,
                None => {}
            }
        }
        None
    }

    #[test]
    fn a_line_is_typed_and_mended_key_by_key() {
        for (keys, value) in [
            ("abc\rx", "abc"),
            ("aü\u{7f}b\u{8}c\n", "ac"),
            // The terminal's own erase character.
            ("ab\u{14}c\n", "ac"),
            ("abc\u{15}d\n", "d"),
            ("one two\u{17}three\n", "one three"),
            ("\u{7f}\n", ""),
            ("a\tb\n", "a\tb"),
            ("日本\u{7f}\n", "日"),
        ] {
            assert_eq!(typed(keys.as_bytes()), Some((value.into(), None)), "{}", keys.escape_debug());
        }
        for gone in ["abc\u{3}\n", "\u{4}", "abc\u{4}\n", "abc\u{1a}\n", "abc\u{1c}\n", "abc"] {
            assert_eq!(typed(gone.as_bytes()), None, "{}", gone.escape_debug());
        }
    }

    #[test]
    fn what_is_no_text_is_no_part_of_the_value() {
        for sent in [
            "\x1b[A",
            "\x1bOD",
            "\x1b[1;5C",
            "\x1b[3~",
            "\x1bOP",
            "\x1b[24~",
            "\x1b[M !!",
            "\x1b[<0;10;10M",
            "\x1b[?62c",
            "\x1b[12;40R",
            "\x1b[I",
            "\x1b]11;rgb:0000/0000/0000\x1b\\",
            "\x1bP>|XTerm(379)\x1b\\",
            "\x1bx",
            "\x01",
            "\x16",
            "\0",
            "\x1b[97;9u",
        ] {
            let value = typed(format!("ab{sent}c\r").as_bytes());
            assert_eq!(value, Some(("abc".into(), None)), "{}", sent.escape_debug());
        }
    }

    #[test]
    fn a_paste_in_brackets_is_text_with_its_lines() {
        assert_eq!(typed(b"a\x1b[200~one\rtwo\x1b[201~b\r"), Some(("aone\ntwob".into(), None)));
    }

    #[test]
    fn a_value_that_lost_something_unseen_is_refused_until_it_is_begun_anew() {
        let long = [&b"\x1b[200~"[..], &[b'x'; (1 << 20) + 1], b"\x1b[201~\r"].concat();
        for lossy in [
            &b"ab\xfcc\r"[..],
            b"ab\xc3c\r",
            b"ab\xe9\x1b[Ac\r",
            b"\x1bPassword1\x1b[A\r",
            b"\x1b[200~a\x1b[A\x1b[201~\r",
            b"\x1b[200~\xff\x1b[201~\r",
            &long,
        ] {
            let refused = typed(lossy).unwrap().1;
            assert!(refused.is_some(), "{}", lossy.escape_ascii());
        }
        for begun_anew in [&b"ab\xfcc\x15abc\r"[..], b"ab\xc3\x15abc\r", b"ab\xc3\x15\xc3\xbc\x7fabc\r"] {
            assert_eq!(typed(begun_anew), Some(("abc".into(), None)), "{}", begun_anew.escape_ascii());
        }
        assert!(typed(b"ab\xc3\x7fc\r").unwrap().1.is_some(), "what is missing is not what was taken back");
    }

    #[test]
    fn a_value_that_lost_something_in_a_pause_is_refused() {
        let mut keyboard = Keyboard::with_erase(0x7f);
        let mut line = HiddenLine::default();
        for (byte, at) in b"caf\xe9".iter().zip(0..) {
            keyboard.read[at] = *byte;
        }
        keyboard.unread = 0..4;
        assert!(keyboard.decode(&mut line).is_none());
        assert_eq!(line.value.lost(), None, "the rest may come");
        let settled = keyboard.decoder.flush();
        assert!(settled.and_then(|input| line.take(input)).is_none());
        assert_eq!(line.value.lost(), Some(NotTaken::NotUtf8));
        assert_eq!(line.value.expose(), "caf");
    }

    #[test]
    fn what_follows_a_line_is_left_for_the_next() {
        let mut keyboard = Keyboard::with_erase(0x7f);
        keyboard.read[..8].copy_from_slice(b"one\rtwo\r");
        keyboard.unread = 0..8;
        for value in ["one", "two"] {
            let mut line = HiddenLine::default();
            assert!(matches!(keyboard.decode(&mut line), Some(LineEnd::Entered)));
            assert_eq!(line.value.expose(), value);
        }
    }
}
