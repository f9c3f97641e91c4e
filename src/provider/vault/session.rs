//! The token that goes with each request.

use super::call::{Call, Reply};
use super::client::Client;
use super::failure::Failure;
use super::settings::{Login, VaultSettings};

/// A server as one user sees it.
pub(super) struct Session {
    client: Client,
}

impl Session {
    /// One that does nothing before it is used.
    pub(super) fn new(settings: VaultSettings) -> Self {
        Self { client: Client::new(settings) }
    }

    /// What it was made from.
    pub(super) fn settings(&self) -> &VaultSettings {
        self.client.settings()
    }

    /// Who is at the other side, as messages name it: `Vault at vault.example:8200`.
    pub(super) fn name(&self) -> String {
        self.client.name()
    }

    /// Sends a request with the token, and answers what speaks of its path: 2xx, 400, 403, 404, 405,
    /// 412. A request is sent twice only where the first was refused because the token had ended.
    ///
    /// # Errors
    /// [`Failure`], which speaks of the server as a whole, and tells whether the request may have been
    /// carried out.
    pub(super) async fn call(&self, call: &Call) -> Result<Reply, Failure> {
        let token = match &self.settings().login {
            Login::Token(token) => token.clone(),
            Login::AppRole(_) => return Err(Failure::NoToken("not logged in".into())),
        };
        judge(self.client.call(call, Some(&token), self.settings().timeout).await?)
    }
}

/// An answer that speaks of a path, or what is wrong with the server.
fn judge(reply: Reply) -> Result<Reply, Failure> {
    match reply.status() {
        200..300 | 400 | 403 | 404 | 405 | 412 => Ok(reply),
        429 => Err(Failure::Busy),
        501 => Err(Failure::Uninitialised),
        503 => Err(Failure::Sealed),
        status => Err(Failure::Server(status)),
    }
}
