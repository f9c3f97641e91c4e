//! The thread that starts the editor, waits for it to exit and polls the file.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_current_process_group, kill_process, waitid};

use super::ExternalEditor;
use super::file::{EditFile, EditFileState, remove};
use crate::domain::ResourceKey;
use crate::private_file::{done_within, io_reason};

/// How often the process and the file are polled.
const POLL_APART: Duration = Duration::from_millis(100);

/// An editor that exits within this time, with the file unchanged, has passed it to another process.
const AT_ONCE: Duration = Duration::from_secs(2);

/// How long the file and the program may take to be there, and the file to be gone.
const CREATED_WITHIN: Duration = Duration::from_secs(1);
const STARTED_WITHIN: Duration = Duration::from_secs(3);
const REMOVED_WITHIN: Duration = Duration::from_millis(50);

/// A draft for the external editor, with placeholders in place of secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalDraft {
    /// The key it will be written to.
    pub key: ResourceKey,
    pub text: String,
    /// The line of the cursor, from 1.
    pub line: usize,
}

impl fmt::Debug for ExternalDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutsideDraft({}, {} bytes)", self.key, self.text.len())
    }
}

#[derive(Clone, PartialEq, Eq)]
pub enum EditorEvent {
    Saved(String),
    /// Saved, but unusable, with the reason and the path of the file.
    Refused(String),
    /// The editor did not start, with the reason. No event follows.
    Failed(String),
    /// The editor exited. No event follows, unless it has passed the file to another process.
    Ended {
        /// How it failed, if it did.
        failure: Option<String>,
        /// Whether the file is still watched, because another process has it.
        detached: bool,
    },
}

impl fmt::Debug for EditorEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Saved(text) => write!(f, "Saved({} bytes)", text.len()),
            Self::Refused(why) => write!(f, "Refused({why})"),
            Self::Failed(why) => write!(f, "Failed({why})"),
            Self::Ended { failure, detached: handed_on } => write!(f, "Ended({failure:?}, {handed_on})"),
        }
    }
}

/// A running external editor. Dropping it terminates the process and removes the file.
#[derive(Debug)]
pub(crate) struct EditorProcess(Arc<EditorState>);

#[derive(Debug, Default)]
struct EditorState {
    stop: AtomicBool,
    /// The child process while it runs, and the file's folder while there is one.
    process: Mutex<(Option<Child>, Option<PathBuf>)>,
}

impl EditorProcess {
    /// Stops watching a detached file; its last save is still reported.
    pub(crate) fn stop(&self) {
        self.0.stop.store(true, Ordering::SeqCst);
    }
}

impl Drop for EditorProcess {
    fn drop(&mut self) {
        self.stop();
        let mut held = self.0.process.lock();
        if let Some(pid) = held.0.as_ref().and_then(pid_of) {
            let _ = kill_process(pid, Signal::TERM);
            // One that is stopped takes no signal before.
            let _ = kill_process(pid, Signal::CONT);
        }
        if let Some(folder) = held.1.take() {
            let _ = done_within(REMOVED_WITHIN, move || remove(&folder));
        }
    }
}

/// Starts the editor on a draft. It owns the terminal until [`EditorEvent::Ended`] or
/// [`EditorEvent::Failed`]; `tell` is called on another thread.
pub(crate) fn start(
    editor: ExternalEditor,
    draft: ExternalDraft,
    tell: impl Fn(EditorEvent) + Send + 'static,
) -> std::io::Result<EditorProcess> {
    let shared = Arc::new(EditorState::default());
    let running = EditorProcess(Arc::clone(&shared));
    thread::Builder::new().name("outside".into()).spawn(move || {
        if let Err(why) = run(&editor, &draft, &shared, &tell) {
            tell(EditorEvent::Failed(why));
        }
    })?;
    Ok(running)
}

fn run(
    editor: &ExternalEditor,
    draft: &ExternalDraft,
    shared: &EditorState,
    tell: &impl Fn(EditorEvent),
) -> Result<(), String> {
    let root = editor.root()?;
    let mut file = create_file(root, draft)?;
    let child = start_program(editor, file.path(), draft.line)?;
    {
        let mut held = shared.process.lock();
        if shared.stop.load(Ordering::SeqCst) {
            return Ok(());
        }
        held.0 = child.run_on();
        held.1 = file.path().parent().map(Path::to_owned);
    }
    let began = Instant::now();
    let mut saved = false;
    loop {
        let ended = poll_exit(shared);
        stop_along(shared);
        let stopping = shared.stop.load(Ordering::SeqCst);
        let last = ended.is_some() || stopping;
        saved |= poll_file(&mut file, last, tell);
        if let Some(failure) = ended {
            let handed_on = failure.is_none() && !saved && began.elapsed() < AT_ONCE;
            tell(EditorEvent::Ended { failure, detached: handed_on });
            if !handed_on {
                break;
            }
        } else if stopping {
            tell(EditorEvent::Ended { failure: None, detached: false });
            break;
        }
        thread::sleep(POLL_APART);
    }
    shared.process.lock().1 = None;
    Ok(())
}

/// The terminal is not ours by now, so a disk that does not answer must not be waited for.
fn create_file(root: &Path, draft: &ExternalDraft) -> Result<EditFile, String> {
    let failed = |why: String| format!("the file for the editor was not made in {}: {why}", root.display());
    let (folder, draft) = (root.to_owned(), draft.clone());
    let created = done_within(CREATED_WITHIN, move || EditFile::create(&folder, &draft.key, &draft.text));
    let created = created.ok_or_else(|| failed("its disk does not answer".into()))?;
    created.map_err(|error| failed(io_reason(&error)))
}

/// The editor may be on a disk that does not answer, too.
fn start_program(editor: &ExternalEditor, file: &Path, line: usize) -> Result<StartedProgram, String> {
    let (editor, file) = (editor.clone(), file.to_owned());
    let started =
        done_within(STARTED_WITHIN, move || editor.start(&file, line).map(|it| StartedProgram(Some(it))));
    started.unwrap_or_else(|| Err("the editor did not start: its disk does not answer".into()))
}

/// A program that is killed unless it is to run on.
struct StartedProgram(Option<Child>);

impl StartedProgram {
    fn run_on(mut self) -> Option<Child> {
        self.0.take()
    }
}

impl Drop for StartedProgram {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// An editor that stopped itself alone would keep the terminal for ever. This process stops as well, so that
/// the shell takes over, and the editor goes on with it; or at once where no shell can continue them.
fn stop_along(shared: &EditorState) {
    let Some(pid) = shared.process.lock().0.as_ref().and_then(pid_of) else { return };
    let stopped = waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG);
    if matches!(stopped, Ok(Some(_))) {
        let _ = kill_current_process_group(Signal::TSTP);
        // The stop may take a moment; this is over once the shell has continued us.
        thread::sleep(POLL_APART);
        let _ = kill_process(pid, Signal::CONT);
    }
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Reports a save; returns whether there was one.
fn poll_file(file: &mut EditFile, last: bool, tell: &impl Fn(EditorEvent)) -> bool {
    match file.poll(last) {
        EditFileState::Unchanged => return false,
        EditFileState::Saved(text) => tell(EditorEvent::Saved(text)),
        EditFileState::Refused(why) if last => {
            let place = file.preserve().unwrap_or_else(|_| file.path().to_owned());
            tell(EditorEvent::Refused(format!("{why}; it is kept as {}", place.display())));
        }
        EditFileState::Refused(why) => tell(EditorEvent::Refused(why.into())),
    }
    true
}

/// `Some` once the process has exited, and only once; the inner value says how it failed.
fn poll_exit(shared: &EditorState) -> Option<Option<String>> {
    let mut held = shared.process.lock();
    let failure = match held.0.as_mut()?.try_wait() {
        Ok(None) => return None,
        Ok(Some(status)) => match status.code() {
            Some(0) => None,
            Some(code) => Some(format!("the editor ended with {code}")),
            None => Some("the editor was ended by a signal".into()),
        },
        Err(_) => Some("the editor cannot be waited for".into()),
    };
    held.0 = None;
    Some(failure)
}
