//! Sanitizes each line of the log, and writes it to the file and to the Log tab.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::fmt::MakeWriter;

use crate::text::Safe;

/// The capacity of the tab's channel, in lines.
const WAITING: usize = 256;

/// The writer of the `tracing` formatter.
#[derive(Clone)]
pub(super) struct LogWriter {
    file: Option<NonBlocking>,
    tab: mpsc::Sender<String>,
    dropped: Arc<AtomicUsize>,
}

impl LogWriter {
    /// The writer, and the receiver for the tab. Lines that do not fit into the channel are dropped and
    /// counted.
    pub(super) fn new(file: Option<NonBlocking>) -> (Self, mpsc::Receiver<String>) {
        let (tab, receiver) = mpsc::channel(WAITING);
        (Self { file, tab, dropped: Arc::default() }, receiver)
    }

    fn to_tab(&self, line: &str) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 && self.tab.try_send(format!("{dropped} lines are only in the file")).is_err() {
            self.dropped.fetch_add(dropped, Ordering::Relaxed);
        }
        if self.tab.try_send(line.to_owned()).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Write for LogWriter {
    /// The formatter writes each event with one call.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = Safe::bytes(bytes.trim_ascii_end());
        self.to_tab(line.as_str());
        if let Some(file) = &mut self.file {
            file.write_all(format!("{line}\n").as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        format!("2026-01-31T12:34:56.123456Z  INFO confdeck: {text}\n")
    }

    #[test]
    fn a_line_is_safe() {
        let (mut lines, mut tab) = LogWriter::new(None);
        lines.write_all(line("\u{1b}[2Jtwo\nlines \u{202e}").as_bytes()).unwrap();
        let shown = tab.try_recv().unwrap();
        assert!(shown.ends_with("Z  INFO confdeck: ␛[2Jtwo␊lines ‹U+202E›"), "{shown}");
        assert!(!shown.contains('\u{202e}'));
    }

    #[test]
    fn a_full_tab_drops_lines_and_says_how_many() {
        let (mut lines, mut tab) = LogWriter::new(None);
        for number in 0..WAITING + 7 {
            lines.write_all(line(&number.to_string()).as_bytes()).unwrap();
        }
        while tab.try_recv().is_ok() {}
        lines.write_all(line("after").as_bytes()).unwrap();
        assert_eq!(tab.try_recv().unwrap(), "7 lines are only in the file");
        assert!(tab.try_recv().unwrap().ends_with("after"));
    }
}
