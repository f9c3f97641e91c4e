//! The clipboard: a desktop program if there is one, otherwise the terminal's own clipboard (OSC 52), the
//! only one that reaches the user over SSH.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::env::{Multiplexer, TerminalEnv, Vars, child_env, set};
use crate::private_file::io_reason;

/// The longest text sent by OSC 52, in bytes, since terminals accept sequences of up to 100,000.
pub const OSC52_LIMIT: usize = 74_994;

/// How long a clipboard program may take.
const PROGRAM_DEADLINE: Duration = Duration::from_secs(2);

/// GNU screen passes strings through only in short pieces.
const SCREEN_PIECE: usize = 76;

/// The programs tried, in order: the variable that must be set, the program, its arguments.
const PROGRAMS: [(Option<&str>, &str, &[&str]); 4] = [
    (Some("WAYLAND_DISPLAY"), "wl-copy", &[]),
    (Some("DISPLAY"), "xclip", &["-selection", "clipboard", "-in"]),
    (Some("DISPLAY"), "xsel", &["--clipboard", "--input"]),
    (None, "pbcopy", &[]),
];

/// The ways to the user's clipboard.
#[derive(Debug, Clone)]
pub struct Clipboard {
    programs: Option<ProgramSearch>,
    multiplexer: Option<Multiplexer>,
}

/// Where a clipboard program is looked for, once one is needed: a folder of `PATH` may not answer.
#[derive(Debug, Clone)]
struct ProgramSearch {
    /// The programs that would work here, with their arguments.
    candidates: Vec<(&'static str, &'static [&'static str])>,
    folders: Vec<PathBuf>,
    environment: Vars,
}

impl Clipboard {
    /// Chooses the way from environment variables.
    pub fn detect(vars: &Vars) -> Self {
        let surroundings = TerminalEnv::of(vars);
        let programs = if surroundings.remote { None } else { ProgramSearch::of(vars) };
        Self { programs, multiplexer: surroundings.multiplexer }
    }

    /// Runs the clipboard program, if there is one; returns whether it accepted the text. Blocks for up to
    /// two seconds, and for as long as the folders of `PATH` take to answer.
    pub fn run_program(&self, text: &str) -> bool {
        self.programs.as_ref().is_some_and(|programs| programs.run(text))
    }

    /// Whether there may be a program.
    pub fn may_have_program(&self) -> bool {
        self.programs.is_some()
    }

    /// The OSC 52 sequence for the text; `None` if it is too long. It is zeroized on drop, since the text may
    /// be a secret.
    pub fn osc52(&self, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        if text.len() > OSC52_LIMIT {
            return None;
        }
        let encoded = Zeroizing::new(STANDARD.encode(text));
        // Allocated in full, because a growing buffer would leave copies behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(encoded.len() + 16));
        for part in [&b"\x1b]52;c;"[..], encoded.as_bytes(), b"\x07"] {
            plain.extend_from_slice(part);
        }
        Some(match self.multiplexer {
            None => plain,
            Some(Multiplexer::Tmux) => for_tmux(&plain),
            Some(Multiplexer::Screen) => for_screen(&plain),
        })
    }
}

/// tmux either handles the sequence itself (`set-clipboard on`) or passes a wrapped one through
/// (`allow-passthrough on`). Which one is enabled is unknown, and sending both does no harm.
fn for_tmux(plain: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut both = Zeroizing::new(Vec::with_capacity(plain.len() * 2 + 32));
    both.extend_from_slice(plain);
    both.extend_from_slice(b"\x1bPtmux;");
    for byte in plain {
        if *byte == b'\x1b' {
            both.push(b'\x1b');
        }
        both.push(*byte);
    }
    both.extend_from_slice(b"\x1b\\");
    both
}

fn for_screen(plain: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut wrapped =
        Zeroizing::new(Vec::with_capacity(plain.len() + plain.len().div_ceil(SCREEN_PIECE) * 4));
    for piece in plain.chunks(SCREEN_PIECE) {
        wrapped.extend_from_slice(b"\x1bP");
        wrapped.extend_from_slice(piece);
        wrapped.extend_from_slice(b"\x1b\\");
    }
    wrapped
}

impl ProgramSearch {
    fn of(vars: &Vars) -> Option<Self> {
        let works = |needs: &Option<&str>| needs.is_none_or(|variable| set(vars, variable).is_some());
        let candidates = PROGRAMS.iter().filter(|(needs, ..)| works(needs));
        Some(Self {
            candidates: candidates.map(|(_, name, arguments)| (*name, *arguments)).collect(),
            folders: env::split_paths(set(vars, "PATH")?).collect(),
            environment: child_env(vars),
        })
    }

    fn run(&self, text: &str) -> bool {
        let found = self.candidates.iter().find_map(|(name, arguments)| {
            let path = self.folders.iter().map(|folder| folder.join(name)).find(|path| is_program(path))?;
            Some((path, arguments))
        });
        let Some((path, arguments)) = found else { return false };
        let child = Command::new(&path)
            .args(*arguments)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // xclip and wl-copy stay in the background to serve the selection; ctrl-z must not stop them.
            .process_group(0)
            .spawn();
        match child {
            Ok(child) => feed(child, Zeroizing::new(text.to_owned())),
            Err(error) => {
                let (program, reason) = (path.display(), io_reason(&error));
                tracing::warn!(%program, %reason, "a clipboard program did not start");
                false
            }
        }
    }
}

/// Writes to the program's input from a thread, because a program that does not read would block.
fn feed(mut child: Child, text: Zeroizing<String>) -> bool {
    if let Some(mut stdin) = child.stdin.take() {
        let _ =
            thread::Builder::new().name("clipboard".into()).spawn(move || stdin.write_all(text.as_bytes()));
    }
    let until = Instant::now() + PROGRAM_DEADLINE;
    while Instant::now() < until {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(_) => return false,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use parking_lot::{Mutex, MutexGuard};

    use super::*;

    /// A script cannot be started while a process forked by another test still has it open for writing.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock()
    }

    fn over(multiplexer: Option<Multiplexer>) -> Clipboard {
        Clipboard { programs: None, multiplexer }
    }

    #[test]
    fn a_text_is_encoded_and_ended() {
        assert_eq!(*over(None).osc52("hi").unwrap(), b"\x1b]52;c;aGk=\x07");
    }

    #[test]
    fn tmux_gets_it_plain_and_wrapped_with_escapes_doubled() {
        let sent = over(Some(Multiplexer::Tmux)).osc52("hi").unwrap();
        assert_eq!(*sent, b"\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
    }

    #[test]
    fn screen_gets_it_in_pieces_that_join_to_the_whole() {
        let text = "x".repeat(1_000);
        let sent = String::from_utf8(over(Some(Multiplexer::Screen)).osc52(&text).unwrap().to_vec()).unwrap();
        let pieces: Vec<_> =
            sent.split_terminator("\x1b\\").map(|piece| piece.strip_prefix("\x1bP").unwrap()).collect();
        assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece.len() <= SCREEN_PIECE));
        assert_eq!(pieces.concat().into_bytes(), *over(None).osc52(&text).unwrap());
    }

    #[test]
    fn too_long_is_refused_not_cut() {
        let sent = over(None).osc52(&"x".repeat(OSC52_LIMIT)).unwrap();
        assert!(sent.len() <= 100_000, "{}", sent.len());
        assert!(over(None).osc52(&"x".repeat(OSC52_LIMIT + 1)).is_none());
    }

    fn desktop(folder: &Path, script: &str) -> Vars {
        let path = folder.join("xclip");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        [
            ("PATH", format!("{}:/usr/bin:/bin", folder.display())),
            ("DISPLAY", ":7".into()),
            ("VAULT_TOKEN", "planted".into()),
            ("HOME", folder.display().to_string()),
        ]
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect()
    }

    #[test]
    fn a_program_gets_the_text_and_only_the_allowed_variables() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let vars = desktop(folder.path(), "#!/bin/sh\ncat > \"$HOME/text\"\nenv > \"$HOME/env\"\n");
        assert!(Clipboard::detect(&vars).run_program("copied"));
        assert_eq!(fs::read_to_string(folder.path().join("text")).unwrap(), "copied");
        let environment = fs::read_to_string(folder.path().join("env")).unwrap();
        assert!(environment.contains("DISPLAY=:7") && !environment.contains("planted"), "{environment}");
    }

    #[test]
    fn a_program_that_fails_is_no_way() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let vars = desktop(folder.path(), "#!/bin/sh\nexit 1\n");
        let clipboard = Clipboard::detect(&vars);
        assert!(clipboard.may_have_program());
        assert!(!clipboard.run_program("copied"));
    }

    #[test]
    fn a_program_that_hangs_is_given_up() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let vars = desktop(folder.path(), "#!/bin/sh\nexec sleep 60\n");
        let began = Instant::now();
        assert!(!Clipboard::detect(&vars).run_program("copied"));
        assert!(began.elapsed() >= PROGRAM_DEADLINE && began.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn over_ssh_the_terminal_is_the_way() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let mut vars = desktop(folder.path(), "#!/bin/sh\nexit 0\n");
        vars.insert("SSH_CONNECTION".into(), "10.0.0.1 4000 10.0.0.2 22".into());
        assert!(!Clipboard::detect(&vars).may_have_program());
        vars.remove("SSH_CONNECTION");
        assert!(Clipboard::detect(&vars).run_program("copied"));
        vars.remove("DISPLAY");
        assert!(!Clipboard::detect(&vars).run_program("copied"), "no display, no program");
    }
}
