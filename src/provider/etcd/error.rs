//! Failures of calls to etcd, by kind. The client library's texts are not passed on: some contain
//! bodies and tokens.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use tonic::Code;

use crate::provider::Error;
use crate::provider::tls::{TlsError, TlsRemedies};

const TLS_REMEDIES: TlsRemedies = TlsRemedies {
    authority: "ETCD_CACERT",
    address: "ETCD_HOST",
    use_tls: "write https:// before its name in ETCD_HOST, or set ETCD_CACERT",
    use_plain: "write http:// before its name in ETCD_HOST",
    port: "its client port",
    client_certificate: "ETCD_CERT",
    no_client_certificate: ": set ETCD_CERT and ETCD_KEY",
};

/// Why a call to etcd did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// No connection could be made, so nothing was sent.
    Unreachable,
    /// The TLS handshake failed, so nothing was sent; `at` is the member, where there are several.
    Tls {
        why: TlsError,
        at: Option<String>,
    },
    /// No answer within the deadline.
    Timeout,
    /// The connection broke, or the member gave up on the request.
    Broken,
    /// The member has no leader: there is an election, or the cluster has lost its quorum.
    NoLeader,
    /// The member is a learner, which serves no clients.
    Learner,
    Denied,
    /// The cluster requires authentication and there is no login.
    NoLogin,
    /// User name or password are wrong.
    BadLogin,
    /// There is a login, and the cluster has authentication disabled.
    AuthDisabled,
    /// The session's token is not valid any more.
    TokenExpired,
    /// The requested revision has been compacted.
    Compacted,
    /// Another store answers than the one that was read.
    StoreReplaced,
    /// The database has reached its quota.
    NoSpace,
    /// More operations than the server takes in one transaction.
    TooManyOps,
    /// A request larger than the server takes.
    RequestTooLarge,
    /// The lease to attach has expired.
    LeaseNotFound,
    /// An answer larger than the decoding limit.
    ResponseTooLarge,
    /// An answer that etcd would not give.
    Malformed,
    /// Settings that cannot work, as a message.
    InvalidSettings(String),
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
            // Only while endpoints are built, from files that were checked before.
            Client::TransportError(_) | Client::InvalidArgs(_) => Self::InvalidSettings(
                "the TLS settings cannot be used: check ETCD_CACERT, ETCD_CERT and ETCD_KEY".into(),
            ),
            Client::InvalidUri(_) => {
                Self::InvalidSettings("an etcd endpoint is no URL: check ETCD_HOST".into())
            }
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
            "authentication is not enabled" => return Self::AuthDisabled,
            "revision of auth store is old" => return Self::TokenExpired,
            "mvcc: required revision has been compacted" => return Self::Compacted,
            // A page of a list, from a store that was set back since the page before.
            "mvcc: required revision is a future revision" => return Self::Broken,
            "mvcc: database space exceeded" => return Self::NoSpace,
            "too many operations in txn request" => return Self::TooManyOps,
            "request is too large" => return Self::RequestTooLarge,
            "requested lease not found" => return Self::LeaseNotFound,
            _ => {}
        }
        // Servers up to 3.5 send this one with its internal text and the code `Unknown`.
        if status.message() == "auth: revision in header is old" {
            return Self::TokenExpired;
        }
        // Far above its limit, the server's gRPC refuses before etcd sees the request.
        if status.code() == Code::ResourceExhausted
            && status.message().starts_with("grpc: received message larger")
        {
            return Self::RequestTooLarge;
        }
        match status.code() {
            Code::OutOfRange => Self::ResponseTooLarge,
            // A status with a cause was made on the client's side when the connection ended. By its
            // code alone it could be taken for a refusal, after which nothing was written.
            _ if status.source().is_some() => Self::Broken,
            Code::PermissionDenied => Self::Denied,
            Code::Unauthenticated => Self::TokenExpired,
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
            Self::TokenExpired
        } else if reason.contains("no leader") {
            Self::NoLeader
        } else {
            Self::Broken
        }
    }

    /// Whether another member may answer where this one failed.
    pub(super) fn retry_elsewhere(&self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::Tls { .. }
                | Self::Timeout
                | Self::Broken
                | Self::NoLeader
                | Self::Learner
        )
    }

    /// Whether it is certain that nothing was sent.
    pub(super) fn sent_nothing(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Tls { .. })
    }

    /// The more specific of two members' faults.
    pub(super) fn or_more_specific(self, other: Self) -> Self {
        if other.specificity() > self.specificity() { other } else { self }
    }

    fn specificity(&self) -> u8 {
        match self {
            Self::Broken => 0,
            Self::Unreachable => 1,
            Self::Timeout => 2,
            Self::Learner => 3,
            Self::Tls { .. } => 4,
            Self::NoLeader => 5,
            // Faults of the cluster as a whole.
            _ => 6,
        }
    }

    /// Whether a new login may help.
    pub(super) fn wants_login(&self) -> bool {
        matches!(self, Self::TokenExpired | Self::NoLogin | Self::BadLogin)
    }

    /// Whether a write that failed so may have been applied all the same.
    fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Timeout | Self::Broken | Self::ResponseTooLarge | Self::Malformed)
    }

    /// What happened and what to do; `etcd` is the address.
    pub(super) fn message(&self, etcd: &str) -> String {
        match self {
            Self::Unreachable => {
                format!("cannot connect to etcd at {etcd}: check that it runs and ETCD_HOST")
            }
            Self::Tls { why, at } => {
                why.message(&format!("etcd at {}", at.as_deref().unwrap_or(etcd)), &TLS_REMEDIES)
            }
            Self::Timeout => format!("etcd at {etcd} does not answer"),
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
            Self::AuthDisabled => format!("etcd at {etcd} has authentication switched off"),
            Self::TokenExpired => format!("the session with etcd at {etcd} is not valid any more"),
            Self::Compacted => "etcd compacted this revision away meanwhile; read again".into(),
            Self::StoreReplaced => format!(
                "another store answers at {etcd} than the one that was read, a restored backup perhaps; nothing \
                 was written: look at what it holds first"
            ),
            Self::NoSpace => {
                format!(
                    "the database of etcd at {etcd} is full: compact and defragment it, then clear its alarm"
                )
            }
            Self::TooManyOps => {
                format!("etcd at {etcd} takes fewer operations in one transaction: commit fewer at a time")
            }
            Self::RequestTooLarge => format!(
                "the request is larger than etcd at {etcd} takes: shorten it, commit fewer at a time, or have \
                 the server's --max-request-bytes raised"
            ),
            Self::LeaseNotFound => {
                "the lease ended before the write arrived; nothing was written: write again".into()
            }
            Self::ResponseTooLarge => format!("an answer of etcd at {etcd} is too large to be read"),
            Self::Malformed => format!("what answers at {etcd} does not speak as etcd does"),
            Self::InvalidSettings(reason) => reason.clone(),
            Self::ShutDown => "this etcd provider has been shut down".into(),
            Self::Refused(code) => format!("etcd at {etcd} refused: {}", code.description()),
        }
    }

    /// What to do about a login that is missing or refused. The message of a missing one already says
    /// what to set.
    pub(super) fn login_remedy(&self) -> &'static str {
        match self {
            Self::NoLogin => "a context of the config file may hold them too",
            _ => "check ETCD_USERNAME and ETCD_PASSWORD",
        }
    }

    /// As the error of a call that changes nothing. `permission` is the right it needs.
    pub(super) fn into_error(self, etcd: &str, permission: impl FnOnce() -> String) -> Error {
        match self {
            Self::Denied => Error::denied(permission()),
            Self::NoLogin | Self::BadLogin => {
                Error::Denied { permission: self.message(etcd), remedy: self.login_remedy() }
            }
            Self::RequestTooLarge | Self::TooManyOps | Self::LeaseNotFound => {
                Error::invalid(self.message(etcd))
            }
            _ => Error::unavailable(self.message(etcd)),
        }
    }

    /// As the error of a write that was sent.
    pub(super) fn into_write_error(
        self,
        etcd: &str,
        key: &crate::domain::ResourceKey,
        permission: impl FnOnce() -> String,
    ) -> Error {
        if self.is_ambiguous() {
            Error::OutcomeUnknown { key: key.clone(), reason: self.message(etcd) }
        } else {
            self.into_error(etcd, permission)
        }
    }
}

/// The fault of a failed connect: the one kind of transport error after which it is certain that
/// nothing was sent.
fn never_connected(status: &tonic::Status) -> Option<Fault> {
    let mut causes = std::iter::successors(status.source(), |cause| (*cause).source());
    causes.by_ref().find(|cause| cause.is::<tonic::ConnectError>())?;
    let why = causes.find_map(|cause| {
        // A handshake that the peer cut off; a failed connect has other kinds.
        let cut = || cause.downcast_ref::<io::Error>().is_some_and(|error| was_cut(error.kind()));
        TlsError::from_cause(cause).or_else(|| cut().then_some(TlsError::Handshake))
    });
    Some(why.map_or(Fault::Unreachable, |why| Fault::Tls { why, at: None }))
}

fn was_cut(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(kind, Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe)
}

/// Runs a call with a deadline. Boxed, because the client library's futures are kilobytes each, and
/// nested ones would overflow the stack.
pub(super) async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    tokio::time::timeout(deadline, Box::pin(call)).await.unwrap_or(Err(Fault::Timeout))
}

#[cfg(test)]
mod tests;
