//! The thread that starts the program, waits for its end and watches the file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::ExternalEditor;
use super::file::{DraftFile, Look, remove};
use crate::domain::ResourceKey;

/// How often the program and the file are looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// A program that ends before this, with the file as it was, has handed it to another one.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A draft for another program: secrets are placeholders in it.
#[derive(Clone, PartialEq, Eq)]
pub struct OutsideDraft {
    /// What it will be called.
    pub key: ResourceKey,
    /// The text.
    pub text: String,
    /// The line of the cursor, from 1.
    pub line: usize,
}

impl fmt::Debug for OutsideDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutsideDraft({}, {} bytes)", self.key, self.text.len())
    }
}

/// What happens to it there.
#[derive(Clone, PartialEq, Eq)]
pub enum Outside {
    /// It was saved with this text.
    Saved(String),
    /// It was saved and cannot be taken: why, and where it is.
    Refused(String),
    /// The program did not start: why. Nothing follows.
    Failed(String),
    /// The program ended, and why badly if it did. Nothing follows, unless it has handed the file to
    /// another program.
    Ended {
        /// How it ended, if badly.
        failure: Option<String>,
        /// Whether saves are still expected.
        handed_on: bool,
    },
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Saved(text) => write!(f, "Saved({} bytes)", text.len()),
            Self::Refused(why) => write!(f, "Refused({why})"),
            Self::Failed(why) => write!(f, "Failed({why})"),
            Self::Ended { failure, handed_on } => write!(f, "Ended({failure:?}, {handed_on})"),
        }
    }
}

/// A draft that is outside. Dropping it ends that: the program is told to end, the file removed.
#[derive(Debug)]
pub(in crate::console) struct Running(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    /// The program while it runs, and the folder of the file while there is one.
    held: Mutex<(Option<Child>, Option<PathBuf>)>,
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, (Option<Child>, Option<PathBuf>)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Ends the watch of a file that was handed on; what was saved last is still told.
    pub(in crate::console) fn stop(&self) {
        self.0.stop.store(true, Ordering::SeqCst);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        let mut held = self.0.held();
        if let Some(child) = &held.0
            && let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw)
        {
            let _ = kill_process(pid, Signal::TERM);
        }
        if let Some(folder) = held.1.take() {
            remove(&folder);
        }
    }
}

/// Starts the program on a draft. The terminal is its own until [`Outside::Ended`] or
/// [`Outside::Failed`] was told; `tell` is called on another thread.
pub(in crate::console) fn start(
    editor: ExternalEditor,
    draft: OutsideDraft,
    tell: impl Fn(Outside) + Send + 'static,
) -> std::io::Result<Running> {
    let shared = Arc::new(Shared::default());
    let running = Running(Arc::clone(&shared));
    thread::Builder::new().name("outside".into()).spawn(move || {
        if let Err(why) = run(&editor, &draft, &shared, &tell) {
            tell(Outside::Failed(why));
        }
    })?;
    Ok(running)
}

fn run(
    editor: &ExternalEditor,
    draft: &OutsideDraft,
    shared: &Shared,
    tell: &impl Fn(Outside),
) -> Result<(), String> {
    let root = editor.root()?;
    let mut file = DraftFile::create(root, &draft.key, &draft.text).map_err(|error| {
        format!("the file for the editor was not made in {}: {}", root.display(), error.kind())
    })?;
    {
        let mut held = shared.held();
        if shared.stop.load(Ordering::SeqCst) {
            return Ok(());
        }
        held.0 = Some(editor.start(file.path(), draft.line)?);
        held.1 = file.path().parent().map(Path::to_owned);
    }
    let began = Instant::now();
    let mut saved = false;
    let mut running = true;
    loop {
        let ended = if running { ended(shared) } else { None };
        let stopping = shared.stop.load(Ordering::SeqCst);
        let last = ended.is_some() || stopping;
        saved |= look(&mut file, last, tell);
        if let Some(failure) = ended {
            running = false;
            let handed_on = failure.is_none() && !saved && began.elapsed() < AT_ONCE;
            tell(Outside::Ended { failure, handed_on });
            if !handed_on {
                break;
            }
        } else if stopping {
            tell(Outside::Ended { failure: None, handed_on: false });
            break;
        }
        thread::sleep(GLANCE);
    }
    shared.held().1 = None;
    Ok(())
}

/// Tells a save; says whether there was one.
fn look(file: &mut DraftFile, last: bool, tell: &impl Fn(Outside)) -> bool {
    match file.look(last) {
        Look::Same => return false,
        Look::Saved(text) => tell(Outside::Saved(text)),
        Look::Refused(why) if last => {
            let place = file.keep().unwrap_or_else(|_| file.path().to_owned());
            tell(Outside::Refused(format!("{why}; it is kept as {}", place.display())));
        }
        Look::Refused(why) => tell(Outside::Refused(why.into())),
    }
    true
}

/// Whether the program has ended; `Some(Some(_))` says how it failed.
fn ended(shared: &Shared) -> Option<Option<String>> {
    let mut held = shared.held();
    let status = match held.0.as_mut()?.try_wait() {
        Ok(None) => return None,
        Ok(Some(status)) => Some(status),
        Err(_) => None,
    };
    held.0 = None;
    Some(failure(status))
}

fn failure(status: Option<ExitStatus>) -> Option<String> {
    let Some(status) = status else { return Some("the editor cannot be waited for".into()) };
    match status.code() {
        Some(0) => None,
        Some(code) => Some(format!("the editor ended with {code}")),
        None => Some("the editor was ended by a signal".into()),
    }
}
