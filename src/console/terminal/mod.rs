//! The terminal: claiming and restoring it, keys, frames, the clipboard, job control. Nothing here sends
//! queries to the terminal: on slow links the answers would arrive as keys.
//!
//! Input and output have a thread each, because either may block for any length of time; the event loop talks
//! to them through bounded channels and waits for neither.

mod clipboard;
mod device;
mod encode;
mod env;
mod listener;
mod painter;
mod writer;

pub use clipboard::{Clipboard, OSC52_LIMIT};
pub(crate) use device::print_to_stderr;
pub use device::{Tty, restore_terminal};
pub use env::{Multiplexer, TerminalEnv, Vars, child_env};
pub use listener::Listener;
pub use painter::Painter;
pub use writer::{FrameResult, FrameWriter};

pub(crate) use crate::terminal_input::{Decoder, TerminalInput};

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::console::shell::layout::Size;

/// How long exit waits for a stalled terminal.
pub const LEAVE_WITHIN: Duration = Duration::from_millis(200);

/// Queue length of inputs; more stay in the kernel's buffer.
const INPUTS: usize = 256;

/// A terminal as the runtime sees it; tests replace it.
pub trait Device {
    /// Guard of the input thread: dropping it ends the thread, which then reads no further byte.
    type InputGuard: Send;

    /// Claims the terminal: raw mode, alternate screen, bracketed paste, hidden cursor. Claiming it again
    /// repeats all of that, for a terminal that another program used in between.
    ///
    /// # Errors
    /// If it is not a terminal, or was not opened by us.
    fn claim(&mut self) -> io::Result<()>;

    /// Restores the terminal's original state, waiting for it until `until` at most.
    fn restore(&mut self, until: Instant);

    fn size(&self) -> Size;

    /// The output for frames.
    fn output(&self) -> Box<dyn io::Write + Send>;

    /// Starts the input thread.
    ///
    /// # Errors
    /// If a thread or socket pair cannot be created.
    fn listen(&mut self) -> io::Result<(Self::InputGuard, mpsc::Receiver<TerminalInput>)>;

    /// Prints a line outside the alternate screen, after the terminal was restored.
    fn print_line(&mut self, line: &str);

    /// Stops this process as ctrl-z in a shell would; may return before the stop takes effect.
    fn stop(&mut self);
}
