//! The environment of child processes: what they need to find their display and their own settings, and
//! nothing secret.

use super::env::Vars;

/// The variables that are passed on.
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

/// The prefix of locale variables, which are passed on too.
const LOCALE: &str = "LC_";

/// The variables that a child process gets.
pub fn child_env(vars: &Vars) -> Vars {
    let allowed = |name: &str| ALLOWED.contains(&name) || name.starts_with(LOCALE);
    vars.iter().filter(|(name, _)| allowed(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}
