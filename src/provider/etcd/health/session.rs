//! What kind of token the cluster gives to who logs in. It decides what ends a session, and can be
//! known only by a login, of which there is one for each process: the client library keeps its own
//! tokens to itself, and etcd hashes passwords slowly on purpose.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::super::connect::Connector;
use super::super::error::within;
use super::left;

/// The kind of token, once it is known.
#[derive(Default)]
pub(super) struct Session(Mutex<Option<&'static str>>);

impl Session {
    /// The kind in words; `None` without a login, and where none was possible.
    pub(super) async fn kind(&self, connector: &Connector, deadline: Instant) -> Option<&'static str> {
        let login = connector.settings().login.as_ref()?;
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_some() {
            return known;
        }
        let answer = within(left(deadline), async {
            let client = connector.link().await?.client();
            let (name, password) = (login.username.clone(), login.password.expose().to_owned());
            Ok(client.auth_client().authenticate(name, password).await?)
        });
        let kind = words(answer.await.ok()?.token());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kind);
        Some(kind)
    }
}

fn words(token: &str) -> &'static str {
    // A JWT is header, claims and signature.
    match token.split('.').count() {
        3 => "JWT, which ends with any change of users or roles",
        _ => "simple, which ends when it is not used for 5 minutes",
    }
}
