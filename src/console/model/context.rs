//! What the console is connected to, and whether it may write.

use std::sync::Arc;
use std::time::Duration;

use crate::check::{ReceiverProfile, SecretLookup};
use crate::domain::{Health, SecretNames, Token, TokenKind};
use crate::provider::{Backend, Capabilities, SecretBackend};

#[derive(Debug, Clone)]
pub struct ConsoleContext {
    /// The context's name, as typed to unlock it.
    pub name: String,
    pub backend: &'static Backend,
    pub secret_backend: &'static SecretBackend,
    /// The location of the store: host and prefix, or paths.
    pub target: String,
    /// Permanent warnings of the header: `plain http`, `TLS not verified`.
    pub warnings: Vec<String>,
    /// What is wrong with the settings.
    pub settings: Health,
    pub capabilities: Capabilities,
    /// Where secrets are stored; `None` if this console has no secret store.
    pub secrets: Option<SecretLookup>,
    /// The receiver that the documents are for, as rules judge by it.
    pub receiver: Arc<ReceiverProfile>,
    /// The names that are always secret here, and those that are not by their sound.
    pub secret_names: SecretNames,
    /// Secret values may be put on the clipboard.
    pub may_copy_secrets: bool,
    /// The file of the application whose settings are shown, if there is one.
    pub application: Option<String>,
    /// The console has no writer.
    pub read_only: bool,
    /// Deleting requires typing a name.
    pub protected: bool,
    /// Starts locked.
    pub locked: bool,
    /// The frame rate limit for redraws caused only by changes.
    pub frames_per_second: u32,
}

impl ConsoleContext {
    /// A token as shown to people: `r48190` if it is a revision, else as it is.
    pub fn token(&self, token: Token) -> String {
        match self.capabilities.tokens {
            TokenKind::Counter => format!("r{token}"),
            TokenKind::Digest => token.to_string(),
        }
    }
}

/// Whether writing is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteAccess {
    /// The console has no writer.
    ReadOnly,
    /// The gate is closed.
    Locked,
    /// The gate is open; `Some` is the time since the start at which it closes by itself.
    Open(Option<Duration>),
}

impl WriteAccess {
    /// Why nothing can be written, and what to do.
    pub fn refusal(self) -> Option<&'static str> {
        match self {
            Self::ReadOnly => Some("read-only: this console was started without a writer"),
            Self::Locked => Some("locked: type :unlock first"),
            Self::Open(_) => None,
        }
    }
}
