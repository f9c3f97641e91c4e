//! Properties of the terminal derived from environment variables, without querying the terminal.

use std::collections::BTreeMap;

use crate::console::theme::ColorDepth;

/// Environment variables by name; a plain map, so that tests can build one.
pub type Vars = BTreeMap<String, String>;

/// The variables passed on to child processes: what they need to find their display and their settings, and
/// nothing secret.
const ALLOWED: [&str; 28] = [
    "COLORTERM",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "NO_COLOR",
    "PATH",
    "SHELL",
    "SSH_CONNECTION",
    "SSH_TTY",
    "STY",
    "TERM",
    "TERMINFO",
    "TERM_PROGRAM",
    "TMPDIR",
    "TMUX",
    "TMUX_PANE",
    "TZ",
    "USER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
];

/// The prefix of locale variables, which are also passed on.
const LOCALE: &str = "LC_";

/// A program between confdeck and the terminal that passes some escape sequences on only when wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplexer {
    Tmux,
    Screen,
}

/// Properties of the terminal, according to the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalEnv {
    /// From `NO_COLOR`, `COLORTERM` and `TERM`.
    pub colors: ColorDepth,
    /// Whether the locale is UTF-8, according to the first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set.
    pub utf8: bool,
    /// Whether the session runs over SSH.
    pub remote: bool,
    pub multiplexer: Option<Multiplexer>,
}

impl TerminalEnv {
    pub fn of(vars: &Vars) -> Self {
        let ssh = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"];
        let remote = ssh.into_iter().any(|name| set(vars, name).is_some());
        Self { colors: colors(vars), utf8: utf8(vars), remote, multiplexer: multiplexer(vars) }
    }

    /// The frame rate limit for frames caused only by changes.
    pub fn frames_per_second(&self) -> u32 {
        if self.remote { 30 } else { 60 }
    }
}

/// A variable that is set and not empty.
pub(super) fn set<'a>(vars: &'a Vars, name: &str) -> Option<&'a str> {
    vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn colors(vars: &Vars) -> ColorDepth {
    let term = set(vars, "TERM").unwrap_or_default();
    if set(vars, "NO_COLOR").is_some() || is_monochrome(term) {
        ColorDepth::None
    } else if matches!(set(vars, "COLORTERM"), Some("truecolor" | "24bit")) || term.ends_with("-direct") {
        ColorDepth::TrueColor
    } else if term.contains("256color") {
        ColorDepth::Ansi256
    } else {
        ColorDepth::Ansi16
    }
}

/// Whether terminfo knows a terminal without colours: the DEC ones (vt100, vt220), and those that say so.
fn is_monochrome(term: &str) -> bool {
    let dec = term.strip_prefix("vt").is_some_and(|model| model.starts_with(|c: char| c.is_ascii_digit()));
    let says = ["-m", "-mono"].iter().any(|mark| term.ends_with(mark));
    term == "dumb" || says || (dec && !term.contains("color"))
}

fn utf8(vars: &Vars) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| set(vars, name));
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

fn multiplexer(vars: &Vars) -> Option<Multiplexer> {
    let term = set(vars, "TERM").unwrap_or_default();
    if set(vars, "TMUX").is_some() || term.starts_with("tmux") {
        Some(Multiplexer::Tmux)
    } else if set(vars, "STY").is_some() || term.starts_with("screen") {
        Some(Multiplexer::Screen)
    } else {
        None
    }
}

/// The variables passed to a child process.
pub fn child_env(vars: &Vars) -> Vars {
    let allowed = |name: &str| ALLOWED.contains(&name) || name.starts_with(LOCALE);
    vars.iter().filter(|(name, _)| allowed(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vars: &[(&str, &str)]) -> TerminalEnv {
        TerminalEnv::of(&vars.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn colours() {
        assert_eq!(of(&[]).colors, ColorDepth::Ansi16);
        assert_eq!(of(&[("TERM", "xterm-256color")]).colors, ColorDepth::Ansi256);
        let rich = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
        assert_eq!(of(&rich).colors, ColorDepth::TrueColor);
        assert_eq!(of(&[rich[0], rich[1], ("NO_COLOR", "1")]).colors, ColorDepth::None);
        assert_eq!(of(&[("NO_COLOR", ""), rich[0]]).colors, ColorDepth::Ansi256, "empty is not set");
        for none in ["dumb", "vt100", "vt220", "xterm-mono"] {
            assert_eq!(of(&[("TERM", none)]).colors, ColorDepth::None, "{none}");
        }
        for sixteen in ["linux", "screen", "vte", "ansi"] {
            assert_eq!(of(&[("TERM", sixteen)]).colors, ColorDepth::Ansi16, "{sixteen}");
        }
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert!(!of(&[]).utf8);
        assert!(of(&[("LANG", "de_DE.UTF-8")]).utf8);
        assert!(of(&[("LC_CTYPE", "C.utf8"), ("LANG", "C")]).utf8);
        assert!(!of(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]).utf8);
        assert!(of(&[("LC_ALL", ""), ("LANG", "de_DE.UTF-8")]).utf8);
    }

    #[test]
    fn far_away_fewer_frames() {
        assert_eq!(of(&[]).frames_per_second(), 60);
        assert_eq!(of(&[("SSH_TTY", "/dev/pts/3")]).frames_per_second(), 30);
    }

    #[test]
    fn what_wraps_the_terminal() {
        assert_eq!(of(&[("TERM", "screen-256color")]).multiplexer, Some(Multiplexer::Screen));
        let tmux = [("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-1000/default,1,0")];
        assert_eq!(of(&tmux).multiplexer, Some(Multiplexer::Tmux));
        assert_eq!(of(&[("TERM", "xterm")]).multiplexer, None);
    }
}
