//! What the console is connected to, and whether it may write there.

use std::time::Duration;

use crate::check::Eyes;
use crate::domain::{Token, TokenKind};
use crate::provider::Capabilities;

/// What is connected and under which rules.
#[derive(Debug, Clone)]
pub struct Context {
    /// The context's name, as typed to unlock it.
    pub name: String,
    /// The backend's kind as on its badge: `memory`, `files`, `etcd`.
    pub backend: &'static str,
    /// Where it is: host and prefix, or paths.
    pub target: String,
    /// Permanent warnings of the header: `plain http`, `TLS not verified`.
    pub marks: Vec<String>,
    /// What the store can do.
    pub capabilities: Capabilities,
    /// Where secrets are kept; `None` where this console reaches none.
    pub secrets: Option<Eyes>,
    /// A secret value may be put on the clipboard.
    pub copies_secrets: bool,
    /// No writer exists.
    pub read_only: bool,
    /// To be careful with: what deletes asks for a name to be typed.
    pub protected: bool,
    /// Starts locked.
    pub locked: bool,
    /// Redraws caused by changes alone are limited to this many a second.
    pub frames_per_second: u32,
}

impl Context {
    /// A token as people read it: `r48190` where it is a revision, else as it is.
    pub fn token(&self, token: Token) -> String {
        match self.capabilities.tokens {
            TokenKind::Counter => format!("r{token}"),
            TokenKind::Digest => token.to_string(),
        }
    }
}

/// Whether writing is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// There is no writer at all.
    ReadOnly,
    /// The gate is closed.
    Locked,
    /// The gate is open; `Some` where it closes by itself, at that time since the start.
    Open(Option<Duration>),
}
