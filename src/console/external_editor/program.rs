//! Chooses the user's editor and starts it.

use std::env;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::console::terminal::{Vars, child_env};
use crate::private_file::io_reason;

const WITH_LINE: [&str; 5] = ["emacs", "nano", "nvim", "vi", "vim"];

/// Used if no variable names an editor.
const FALLBACK: &str = "vi";

const SET_ONE: &str = "set VISUAL or EDITOR to your editor";

/// The user's editor.
#[derive(Debug, Clone)]
pub struct ExternalEditor {
    /// The variables that name it; looked up once it is needed, since a folder of `PATH` may not answer.
    named_by: Vars,
    environment: Vars,
    root: Option<PathBuf>,
}

impl ExternalEditor {
    /// From `VISUAL`, `EDITOR`, or `vi`; its files go below the state folder.
    pub fn of(vars: &Vars, state: Option<&Path>) -> Self {
        let root = state.map(|state| state.join(super::FOLDER));
        let named_by = ["VISUAL", "EDITOR", "PATH"].map(|name| vars.get_key_value(name));
        let named_by = named_by.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone()));
        Self { named_by: named_by.collect(), environment: child_env(vars), root }
    }

    /// The folder of its files.
    ///
    /// # Errors
    /// If there is no state folder.
    pub(super) fn root(&self) -> Result<&Path, String> {
        self.root
            .as_deref()
            .ok_or_else(|| "there is no folder for its file: set HOME or XDG_STATE_HOME".into())
    }

    /// Starts the editor on a file, at a line, in the foreground of our terminal.
    ///
    /// # Errors
    /// Why it did not start.
    pub(super) fn start(&self, path: &Path, line: usize) -> Result<Child, String> {
        let words = words(&self.named_by)?;
        let Some((program, arguments)) = words.split_first() else { return Err(SET_ONE.into()) };
        let mut command = Command::new(program);
        command.args(arguments);
        let name = Path::new(program).file_name().unwrap_or_default();
        if WITH_LINE.iter().any(|known| name == *known) {
            command.arg(format!("+{line}"));
        }
        command.arg(path).env_clear().envs(&self.environment);
        if !io::stdin().is_terminal()
            && let Ok(terminal) = File::open("/dev/tty")
        {
            command.stdin(Stdio::from(terminal));
        }
        command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => format!("the editor {program} was not found; {SET_ONE}"),
            _ => format!("the editor {program} did not start: {}; {SET_ONE}", io_reason(&error)),
        })
    }
}

/// The program and its arguments, split like shell words, without expansion.
fn words(vars: &Vars) -> Result<Vec<String>, String> {
    for name in ["VISUAL", "EDITOR"] {
        let Some(value) = vars.get(name).filter(|value| !value.trim().is_empty()) else { continue };
        return match shell_words::split(value) {
            Ok(words) if !words.is_empty() => Ok(words),
            _ => Err(format!("{name} cannot be split into words: a quote is not closed")),
        };
    }
    let paths = vars.get("PATH").map(String::as_str).unwrap_or_default();
    if env::split_paths(paths).any(|folder| folder.join(FALLBACK).is_file()) {
        Ok(vec![FALLBACK.into()])
    } else {
        Err(format!("no editor is named, and there is no vi; {SET_ONE}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(list: &[(&str, &str)]) -> Vars {
        list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn the_editor_is_split_as_a_shell_would() {
        let editor = vars(&[("VISUAL", "'/opt/my editor' --wait -n"), ("EDITOR", "nano")]);
        assert_eq!(words(&editor).unwrap(), ["/opt/my editor", "--wait", "-n"]);
        assert_eq!(words(&vars(&[("VISUAL", " "), ("EDITOR", "nano -w")])).unwrap(), ["nano", "-w"]);
        assert!(words(&vars(&[("EDITOR", "'open")])).unwrap_err().contains("EDITOR cannot be split"));
        assert!(words(&vars(&[("PATH", "/nowhere")])).unwrap_err().contains("set VISUAL or EDITOR"));
    }

    #[test]
    fn nothing_secret_goes_along() {
        let all = vars(&[
            ("HOME", "/h"),
            ("LC_TIME", "C"),
            ("ETCD_PASSWORD", "p"),
            ("VAULT_TOKEN", "t"),
            ("SSH_AUTH_SOCK", "s"),
            ("WEBHOOK_A_TOKEN", "w"),
        ]);
        let names: Vec<_> = child_env(&all).into_keys().collect();
        assert_eq!(names, ["HOME", "LC_TIME"]);
    }
}
