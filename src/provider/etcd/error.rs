//! What goes wrong on the way to etcd, by kind. The client library's texts stay behind here: some
//! carry bodies and tokens.

use std::error::Error as _;
use std::time::Duration;

use tonic::Code;

use super::tls::TlsFault;
use crate::provider::ASK_FOR_IT;
use crate::provider::Error;

/// Why a call to etcd did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// No connection could be made, so nothing was sent.
    Unreachable,
    /// A connection was made, and no TLS session on it, so nothing was sent; `at` is with whom, where
    /// that is one of several.
    Tls { why: TlsFault, at: Option<String> },
    /// No answer within the deadline.
    Silent,
    /// The connection broke, or the member gave up on the request.
    Broken,
    /// The member has no leader: there is an election, or the cluster has lost its quorum.
    NoLeader,
    /// The member learns, and does not read or write for clients.
    Learner,
    /// The user may not.
    Denied,
    /// The cluster wants a user and we have none.
    NoLogin,
    /// User name or password are wrong.
    BadLogin,
    /// We have a user, and the cluster asks for none.
    AuthOff,
    /// The session's token is not valid any more.
    Expired,
    /// The wanted revision has been compacted away.
    Compacted,
    /// Another store answers than the one that was read.
    Replaced,
    /// The database is full.
    NoSpace,
    /// More operations than the server takes in one transaction.
    TooMany,
    /// A request larger than the server takes.
    TooLarge,
    /// The lease to be bound has ended.
    NoLease,
    /// An answer larger than we take.
    Oversized,
    /// An answer that etcd does not give.
    Malformed,
    /// Settings that cannot work, in our own words.
    Unusable(String),
    /// The provider has been shut down.
    ShutDown,
    /// Any other refusal, by its status code.
    Refused(Code),
}

impl From<etcd_client::Error> for Fault {
    fn from(error: etcd_client::Error) -> Self {
        use etcd_client::Error as Client;
        match error {
            Client::GRpcStatus(status) => Self::of_status(&status),
            // Met only while endpoints are built, from files that were found to be sound before.
            Client::TransportError(_) | Client::InvalidArgs(_) => Self::Unusable(
                "the TLS settings cannot be used: check ETCD_CACERT, ETCD_CERT and ETCD_KEY".into(),
            ),
            Client::InvalidUri(_) => Self::Unusable("an etcd endpoint is no URL: check ETCD_HOST".into()),
            Client::IoError(_) | Client::WatchError(_) | Client::EndpointError(_) => Self::Broken,
            _ => Self::Malformed,
        }
    }
}

impl Fault {
    fn of_status(status: &tonic::Status) -> Self {
        if let Some(fault) = never_connected(status) {
            return fault;
        }
        // etcd gives one code to many refusals; its messages are constants of its API.
        let said = status.message().strip_prefix("etcdserver: ").unwrap_or_default();
        match said {
            "no leader" => return Self::NoLeader,
            "rpc not supported for learner" => return Self::Learner,
            "user name is empty" => return Self::NoLogin,
            "authentication failed, invalid user ID or password" => return Self::BadLogin,
            "authentication is not enabled" => return Self::AuthOff,
            "revision of auth store is old" => return Self::Expired,
            "mvcc: required revision has been compacted" => return Self::Compacted,
            // A page of a list, from a store that was set back since the page before.
            "mvcc: required revision is a future revision" => return Self::Broken,
            "mvcc: database space exceeded" => return Self::NoSpace,
            "too many operations in txn request" => return Self::TooMany,
            "request is too large" => return Self::TooLarge,
            "requested lease not found" => return Self::NoLease,
            _ => {}
        }
        // Servers up to 3.5 let this one out in their inner words, as if it were unknown to them.
        if status.message() == "auth: revision in header is old" {
            return Self::Expired;
        }
        // Far above its limit, the server's gRPC refuses before etcd sees the request.
        if status.code() == Code::ResourceExhausted
            && status.message().starts_with("grpc: received message larger")
        {
            return Self::TooLarge;
        }
        match status.code() {
            Code::OutOfRange => Self::Oversized,
            // It has a cause, so it was made on our side, of a connection that was ended: by its code
            // alone it may pass for a refusal, after which nothing was written.
            _ if status.source().is_some() => Self::Broken,
            Code::PermissionDenied => Self::Denied,
            Code::Unauthenticated => Self::Expired,
            Code::Unavailable
            | Code::Unknown
            | Code::Internal
            | Code::Cancelled
            | Code::Aborted
            | Code::DataLoss
            | Code::DeadlineExceeded => Self::Broken,
            other => Self::Refused(other),
        }
    }

    /// The reason that a cancelled watch gives; a text, where calls have a status.
    pub(super) fn of_cancel(reason: &str) -> Self {
        if reason.contains("permission denied") {
            Self::Denied
        } else if reason.contains("invalid auth token") || reason.contains("auth store is old") {
            Self::Expired
        } else if reason.contains("no leader") {
            Self::NoLeader
        } else {
            Self::Broken
        }
    }

    /// Whether another member may answer where this one did not.
    pub(super) fn elsewhere(&self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::Tls { .. }
                | Self::Silent
                | Self::Broken
                | Self::NoLeader
                | Self::Learner
        )
    }

    /// Whether it is certain that nothing left.
    pub(super) fn sent_nothing(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Tls { .. })
    }

    /// The one that tells a person more, of two that two members gave.
    pub(super) fn or_more_telling(self, other: Self) -> Self {
        if other.telling() > self.telling() { other } else { self }
    }

    fn telling(&self) -> u8 {
        match self {
            Self::Broken => 0,
            Self::Unreachable => 1,
            Self::Silent => 2,
            Self::Learner => 3,
            Self::Tls { .. } => 4,
            Self::NoLeader => 5,
            // What concerns the cluster as a whole.
            _ => 6,
        }
    }

    /// Whether a new login is what it takes.
    pub(super) fn wants_login(&self) -> bool {
        matches!(self, Self::Expired | Self::NoLogin | Self::BadLogin)
    }

    /// Whether a write that met this fault may have been applied all the same.
    fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Silent | Self::Broken | Self::Oversized | Self::Malformed)
    }

    /// What happened and what to do, in words; `etcd` is who did not answer well.
    pub(super) fn words(&self, etcd: &str) -> String {
        match self {
            Self::Unreachable => {
                format!("cannot connect to etcd at {etcd}: check that it runs and ETCD_HOST")
            }
            Self::Tls { why, at } => why.words(at.as_deref().unwrap_or(etcd)),
            Self::Silent => format!("etcd at {etcd} does not answer"),
            Self::Broken => format!("the connection to etcd at {etcd} broke"),
            Self::NoLeader => format!(
                "etcd at {etcd} has no leader: a majority of its members is gone, or they are electing one"
            ),
            Self::Learner => {
                format!(
                    "etcd at {etcd} is a learner, which serves no clients: name voting members in ETCD_HOST"
                )
            }
            Self::Denied => "etcd denies permission".into(),
            Self::NoLogin => {
                format!("etcd at {etcd} asks for a user: set ETCD_USERNAME and ETCD_PASSWORD")
            }
            Self::BadLogin => format!("etcd at {etcd} refuses this user name and password"),
            Self::AuthOff => format!("etcd at {etcd} has authentication switched off"),
            Self::Expired => format!("the session with etcd at {etcd} is not valid any more"),
            Self::Compacted => "etcd compacted this revision away meanwhile; read again".into(),
            Self::Replaced => format!(
                "another store answers at {etcd} than the one that was read, a restored backup perhaps; nothing \
                 was written: look at what it holds first"
            ),
            Self::NoSpace => {
                format!(
                    "the database of etcd at {etcd} is full: compact and defragment it, then clear its alarm"
                )
            }
            Self::TooMany => {
                format!("etcd at {etcd} takes fewer operations in one transaction: commit fewer at a time")
            }
            Self::TooLarge => format!(
                "the request is larger than etcd at {etcd} takes: shorten it, commit fewer at a time, or have \
                 the server's --max-request-bytes raised"
            ),
            Self::NoLease => {
                "the lease ended before the write arrived; nothing was written: write again".into()
            }
            Self::Oversized => format!("an answer of etcd at {etcd} is too large to be read"),
            Self::Malformed => format!("what answers at {etcd} does not speak as etcd does"),
            Self::Unusable(reason) => reason.clone(),
            Self::ShutDown => "this etcd provider has been shut down".into(),
            Self::Refused(code) => format!("etcd at {etcd} refused: {}", code.description()),
        }
    }

    /// What to do about a login that is missing or refused. A missing one's words already say what
    /// to set.
    pub(super) fn login_remedy(&self) -> &'static str {
        match self {
            Self::NoLogin => "a context of the config file may hold them too",
            _ => "check ETCD_USERNAME and ETCD_PASSWORD",
        }
    }

    /// As the error of a call that changes nothing. `permission` is the right it needs.
    pub(super) fn into_error(self, etcd: &str, permission: impl FnOnce() -> String) -> Error {
        match self {
            Self::Denied => Error::Denied { permission: permission(), remedy: ASK_FOR_IT },
            Self::NoLogin | Self::BadLogin => {
                Error::Denied { permission: self.words(etcd), remedy: self.login_remedy() }
            }
            Self::TooLarge | Self::TooMany | Self::NoLease => Error::Invalid { reason: self.words(etcd) },
            _ => Error::Unavailable { reason: self.words(etcd), retry_in: None },
        }
    }

    /// As the error of a write that was on its way.
    pub(super) fn into_write_error(
        self,
        etcd: &str,
        key: &crate::domain::ResourceKey,
        permission: impl FnOnce() -> String,
    ) -> Error {
        if self.leaves_doubt() {
            Error::OutcomeUnknown { key: key.clone(), reason: self.words(etcd) }
        } else {
            self.into_error(etcd, permission)
        }
    }
}

/// The fault of a connection that failed itself: the one kind of transport error after which it is
/// certain that nothing was sent.
fn never_connected(status: &tonic::Status) -> Option<Fault> {
    let mut causes = std::iter::successors(status.source(), |cause| (*cause).source());
    causes.by_ref().find(|cause| cause.is::<tonic::ConnectError>())?;
    let why = causes.find_map(TlsFault::behind);
    Some(why.map_or(Fault::Unreachable, |why| Fault::Tls { why, at: None }))
}

/// Waits for an answer so long and no longer. In a box, because the client library's futures measure
/// kilobytes each, and nested ones would fill a stack.
pub(super) async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    tokio::time::timeout(deadline, Box::pin(call)).await.unwrap_or(Err(Fault::Silent))
}

#[cfg(test)]
mod tests;
