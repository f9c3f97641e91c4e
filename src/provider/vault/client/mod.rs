//! Sends requests through vaultrs' client and endpoints, with our own `reqwest` client inside.
//!
//! vaultrs' builder is not used, because it reads environment variables by itself. Nor are its functions
//! that execute requests: they put response bodies into errors, which may be logged, and accept responses
//! of any size.

mod exchange;
mod redirect;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustify::enums::RequestMethod;
use tokio::sync::Mutex;
use vaultrs::client::{VaultClient, VaultClientSettings};

use super::error::VaultError;
use super::request::{VaultRequest, VaultResponse};
use super::settings::{VaultSettings, VaultToken, Verify};
use crate::provider::http_client::authorities;
use crate::provider::tls::{TlsError, ensure_crypto_provider};
use exchange::HttpExchange;
pub(super) use redirect::RedirectError;

/// How long an idle connection is kept open.
const IDLE: Duration = Duration::from_secs(30);

/// The longest that the TCP and TLS handshakes may take together, whatever the request timeout.
const CONNECT: Duration = Duration::from_secs(5);

/// The response of a TLS server to a plaintext request.
const WANTS_TLS: &[u8] = b"Client sent an HTTP request to an HTTPS server";

/// Sends requests. Created without I/O; the CA file is read at the first request.
pub(super) struct HttpClient {
    pub(super) settings: VaultSettings,
    vault: Mutex<Option<Arc<VaultClient>>>,
}

impl HttpClient {
    pub(super) fn new(settings: VaultSettings) -> Self {
        Self { settings, vault: Mutex::new(None) }
    }

    /// The server's name in messages: `Vault at vault.example:8200`.
    pub(super) fn name(&self) -> String {
        format!("Vault at {}", self.settings.address)
    }

    /// Sends a request and returns the response, whatever its status. Only reads are retried, once, on a
    /// closed connection.
    ///
    /// # Errors
    /// [`VaultError`], which knows whether the request may have been executed.
    pub(super) async fn call(
        &self,
        call: &VaultRequest,
        token: Option<&VaultToken>,
        within: Duration,
    ) -> Result<VaultResponse, VaultError> {
        let vault = self.vault().await?;
        let wire = HttpExchange { vault: &vault, settings: &self.settings, within };
        // The HTTP client has its own timeout, and knows what was sent by then; this one covers what that
        // does not, such as DNS.
        let answer = tokio::time::timeout(within + IDLE, wire.send(call, token)).await;
        let reply = match answer.unwrap_or(Err(VaultError::Timeout)) {
            // A kept-alive connection may have been closed meanwhile; reading twice does no harm.
            Err(VaultError::ConnectionClosed)
                if matches!(call.method, RequestMethod::GET | RequestMethod::LIST) =>
            {
                wire.send(call, token).await
            }
            Err(failure @ VaultError::Tls(_)) => {
                // The CA file may have been replaced before the next request.
                *self.vault.lock().await = None;
                Err(failure)
            }
            answer => answer,
        }?;
        match reply.status {
            400 if !self.settings.address.is_tls() && reply.body.starts_with(WANTS_TLS) => {
                Err(VaultError::Tls(TlsError::TlsRequired))
            }
            _ => Ok(reply),
        }
    }

    async fn vault(&self) -> Result<Arc<VaultClient>, VaultError> {
        let mut vault = self.vault.lock().await;
        match &*vault {
            Some(vault) => Ok(Arc::clone(vault)),
            None => Ok(Arc::clone(vault.insert(Arc::new(open(&self.settings).await?)))),
        }
    }
}

/// vaultrs' client, without its builder; its token stays empty, because each request has its own.
async fn open(settings: &VaultSettings) -> Result<VaultClient, VaultError> {
    let url = settings.address.url().clone();
    let namespace = settings.namespace.as_ref().map(|namespace| namespace.as_str().to_owned());
    let http = rustify::clients::reqwest::Client::new(url.as_str(), http(settings).await?);
    let middle = vaultrs::api::EndpointMiddleware {
        token: String::new(),
        version: "v1".into(),
        wrap: None,
        namespace: namespace.clone(),
    };
    let settings = VaultClientSettings {
        address: url,
        ca_certs: Vec::new(),
        identity: None,
        timeout: Some(settings.timeout),
        token: String::new(),
        verify: settings.verify != Verify::Nothing,
        version: 1,
        wrapping: false,
        namespace,
        proxy: None,
    };
    Ok(VaultClient { http, middle, settings })
}

/// The HTTP client. It ignores proxy variables: tokens go where the settings say, and nowhere else.
async fn http(settings: &VaultSettings) -> Result<reqwest::Client, VaultError> {
    ensure_crypto_provider();
    let builder = reqwest::Client::builder()
        .no_proxy()
        .referer(false)
        // They are judged where they are followed, by `HttpExchange`.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(settings.timeout.min(CONNECT))
        .pool_idle_timeout(IDLE);
    let builder = match (&settings.verify, settings.address.is_tls()) {
        // Without TLS the system's certificate store need not be read, or exist.
        (_, false) => builder.tls_certs_only([]),
        (Verify::System, true) => builder,
        (Verify::Authority(path), true) => builder.tls_certs_only(trusted(path).await?),
        (Verify::Nothing, true) => builder.tls_danger_accept_invalid_certs(true),
    };
    builder.build().map_err(|_| {
        let words = "TLS cannot be set up, as where a system has no certificates to trust: set VAULT_CACERT";
        VaultError::Unusable(words.into())
    })
}

async fn trusted(path: &Path) -> Result<Vec<reqwest::Certificate>, VaultError> {
    let unusable = |why| VaultError::Unusable(format!("cannot use {} (VAULT_CACERT): {why}", path.display()));
    authorities(path).await.map_err(unusable)
}

#[cfg(test)]
mod tests;
