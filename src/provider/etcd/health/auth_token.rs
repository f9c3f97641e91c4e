//! The kind of token that the cluster issues at a login, which decides what ends a session. Finding out
//! takes a login, which is done once per process: the client library does not expose its own tokens,
//! and etcd hashes passwords slowly by design.

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::super::connect::Connector;
use super::super::error::within;
use super::remaining;

/// The kind of token, once it is known.
#[derive(Default)]
pub(super) struct AuthTokenProbe(OnceCell<&'static str>);

impl AuthTokenProbe {
    /// The kind, for display; `None` without a login, or where it failed.
    pub(super) async fn kind(&self, connector: &Connector, deadline: Instant) -> Option<&'static str> {
        let login = connector.settings.login.as_ref()?;
        let log_in = || async {
            let client = connector.link().await?.client;
            let (name, password) = (login.username.clone(), login.password.expose().to_owned());
            let answer = client.auth_client().authenticate(name, password).await?;
            // A JWT is header, claims and signature.
            Ok(match answer.token().split('.').count() {
                3 => "JWT, which ends with any change of users or roles",
                _ => "simple, which ends when it is not used for 5 minutes",
            })
        };
        within(remaining(deadline), self.0.get_or_try_init(log_in)).await.ok().copied()
    }
}
