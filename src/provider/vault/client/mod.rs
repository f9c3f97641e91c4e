//! Carries one request out: on vaultrs' client and its way of defining endpoints, with an HTTP client
//! of our own making in it.
//!
//! vaultrs' builder is not used: it reads variables of its own accord. Its ready-made execution is not
//! either: it keeps error bodies in errors that can be logged, and takes answers of any size.

mod endpoint;
mod wire;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use vaultrs::client::{VaultClient, VaultClientSettings};

use super::call::{Call, Reply};
use super::failure::Failure;
use super::settings::{VaultSettings, VaultToken, Verify};
use super::trust::Distrust;
use crate::provider::etcd::ensure_crypto_provider;
use wire::Wire;

/// How often an answer may send us elsewhere: a standby leads to the active node.
const REDIRECTS: usize = 3;

/// How long a connection without requests is kept.
const IDLE: Duration = Duration::from_secs(30);

/// The longest that TCP and TLS may take together, whatever a request may.
const CONNECT: Duration = Duration::from_secs(5);

/// How a server that wants TLS answers where it is spoken to without.
const WANTS_TLS: &[u8] = b"Client sent an HTTP request to an HTTPS server";

/// Carries requests out. Made without I/O; files are read at the first request.
pub(super) struct Client {
    settings: VaultSettings,
    vault: Mutex<Option<Arc<VaultClient>>>,
}

impl Client {
    pub(super) fn new(settings: VaultSettings) -> Self {
        Self { settings, vault: Mutex::new(None) }
    }

    pub(super) fn settings(&self) -> &VaultSettings {
        &self.settings
    }

    /// Who is at the other side, as messages name it: `Vault at vault.example:8200`.
    pub(super) fn name(&self) -> String {
        format!("Vault at {}", self.settings.address)
    }

    /// Sends a request once and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// [`Failure`], which tells whether the request may have been carried out.
    pub(super) async fn call(
        &self,
        call: &Call,
        token: Option<&VaultToken>,
        within: Duration,
    ) -> Result<Reply, Failure> {
        let vault = self.vault().await?;
        let wire = Wire::new(&vault, &self.settings.address, within);
        // The HTTP client keeps to the time by itself, and knows what had left by then; this one is
        // for what it does not count, such as looking a name up.
        let answer = match tokio::time::timeout(within + IDLE, wire.send(call, token)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Silent),
        };
        let reply = match answer {
            Err(failure @ Failure::Distrust(_)) => {
                // The file may hold another authority by the next request.
                *self.vault.lock().await = None;
                Err(failure)
            }
            answer => answer,
        }?;
        match reply.status() {
            300..400 => Err(Failure::Redirected),
            400 if !self.settings.address.is_tls() && reply.body().starts_with(WANTS_TLS) => {
                Err(Failure::Distrust(Distrust::Secured))
            }
            _ => Ok(reply),
        }
    }

    async fn vault(&self) -> Result<Arc<VaultClient>, Failure> {
        let mut vault = self.vault.lock().await;
        match &*vault {
            Some(vault) => Ok(Arc::clone(vault)),
            None => Ok(Arc::clone(vault.insert(Arc::new(open(&self.settings).await?)))),
        }
    }
}

/// vaultrs' client, put together by hand; its token stays empty, because each request brings its own.
async fn open(settings: &VaultSettings) -> Result<VaultClient, Failure> {
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

/// The HTTP client. It takes no proxy from the environment: tokens go where the settings say, and
/// nowhere else.
async fn http(settings: &VaultSettings) -> Result<reqwest::Client, Failure> {
    ensure_crypto_provider();
    let builder = reqwest::Client::builder()
        .no_proxy()
        .referer(false)
        .redirect(reqwest::redirect::Policy::custom(follow))
        .connect_timeout(settings.timeout.min(CONNECT))
        .pool_idle_timeout(IDLE);
    let builder = match (&settings.verify, settings.address.is_tls()) {
        // Without TLS there is nobody to trust, and the system's store need not be read, or exist.
        (_, false) => builder.tls_certs_only([]),
        (Verify::System, true) => builder,
        (Verify::Authority(path), true) => builder.tls_certs_only(authorities(path).await?),
        (Verify::Nothing, true) => builder.tls_danger_accept_invalid_certs(true),
    };
    builder.build().map_err(|_| {
        let words = "TLS cannot be set up, as where a system has no certificates to trust: set VAULT_CACERT";
        Failure::Unusable(words.into())
    })
}

/// Whether we go where an answer sends us: never away from TLS, since the token goes along, and only
/// where the request stays what it is.
fn follow(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    let from_tls = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    let unsafe_target = from_tls && attempt.url().scheme() != "https";
    let same_request = matches!(attempt.status().as_u16(), 307 | 308);
    if unsafe_target || !same_request || attempt.previous().len() > REDIRECTS {
        return attempt.stop();
    }
    attempt.follow()
}

async fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>, Failure> {
    let unusable =
        |why: &str| Failure::Unusable(format!("cannot use {} (VAULT_CACERT): {why}", path.display()));
    let pem = tokio::fs::read(path).await.map_err(|error| unusable(&error.kind().to_string()))?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(unusable("it holds no certificate in PEM")),
    }
}

#[cfg(test)]
mod tests;
