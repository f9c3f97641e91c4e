//! The terminal: claiming it and giving it back, keys in, frames out, the clipboard, the shell's
//! job control. Nothing here ever asks the terminal a question: answers arrive as keys on slow links.
//!
//! Input and output each have a thread of their own, because both may block for as long as the other
//! end of the line likes; the loop talks to them through bounded channels and waits for neither.

mod child;
mod clipboard;
mod device;
mod keys;
mod listener;
mod painter;
mod surroundings;
mod writer;

pub use child::environment;
pub use clipboard::{Clipboard, OSC52_LIMIT};
pub(in crate::console) use device::say_to_stderr;
pub use device::{Tty, give_back};
pub use keys::Decoder;
pub use listener::Listener;
pub use painter::Painter;
pub use surroundings::{Multiplexer, Surroundings, Vars};
pub use writer::{FrameWriter, Written};

use std::io;
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use tokio::sync::mpsc;

use super::layout::Size;

/// The longest that leaving waits for a terminal that takes no bytes.
pub const LEAVE_WITHIN: Duration = Duration::from_millis(200);

/// How many inputs wait between the terminal and the loop; more stay in the terminal's own buffer.
const INPUTS: usize = 256;

/// What comes from a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key, pressed or repeated; releases are never told.
    Key(KeyEvent),
    /// A bracketed paste, whole, its lines ended by `\n`.
    Paste(String),
    /// The terminal is gone.
    Closed,
}

/// A terminal as the runtime sees it, so that tests can put another in its place.
pub trait Device {
    /// What keeps the input flowing; dropping it ends its thread, and no byte is read any more.
    type Ears: Send;

    /// Takes the terminal: raw mode, alternate screen, bracketed paste, no cursor. Taking it again
    /// repeats all of it, for a terminal that the shell had in between.
    ///
    /// # Errors
    /// What the system says when it is no terminal, or not ours.
    fn claim(&mut self) -> io::Result<()>;

    /// Gives the terminal back as it was found, waiting for it no longer than `until`.
    fn restore(&mut self, until: Instant);

    /// Its size now.
    fn size(&self) -> Size;

    /// Where frames go.
    fn output(&self) -> Box<dyn io::Write + Send>;

    /// Begins to listen.
    ///
    /// # Errors
    /// What the system says when no thread or pipe can be made.
    fn listen(&mut self) -> io::Result<(Self::Ears, mpsc::Receiver<Input>)>;

    /// Prints a line beside the screen, where the user reads it after the terminal was given back.
    fn say(&mut self, line: &str);

    /// Stops this process as the shell's ctrl-z would; may return before the stop takes effect.
    fn stop(&mut self);
}
