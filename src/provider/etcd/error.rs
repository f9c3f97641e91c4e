//! Failures of calls to etcd, by kind. The client library's texts are not passed on: some contain
//! bodies and tokens.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use tonic::Code;

use crate::domain::ResourceKey;
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

/// Why a call to etcd failed.
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
    /// The cluster requires authentication, but no login is configured.
    NoLogin,
    /// The user name or the password is wrong.
    BadLogin,
    /// A login is configured, but the cluster has authentication disabled.
    AuthDisabled,
    /// The session's token is no longer valid.
    TokenExpired,
    /// The requested revision has been compacted.
    Compacted,
    /// The requested revision does not exist yet.
    FutureRevision,
    /// The store that answers is not the one that was read.
    StoreReplaced,
    /// The database has reached its quota. A write that etcd answers so may be stored: the one that reaches
    /// the quota is applied first.
    NoSpace,
    /// More operations than the server accepts in one transaction.
    TooManyOps,
    /// A request larger than the server accepts.
    RequestTooLarge,
    /// The lease to attach has expired.
    LeaseNotFound,
    /// There is a lease with this id.
    LeaseExists,
    /// An answer larger than the decoding limit.
    ResponseTooLarge,
    /// A response that etcd itself would not send.
    Malformed,
    /// Settings that cannot work, as a message.
    InvalidSettings(String),
    /// The provider has been shut down.
    ShutDown,
    /// Any other refusal of etcd, in its own words.
    Refused(&'static str),
    /// A status that etcd does not give: that of a proxy, whether or not the request has gone through.
    Foreign(Code),
}

/// Refusals of calls made here that have no [`Fault`] of their own: constants of etcd's API.
const REFUSALS: [(Code, &str); 11] = [
    (Code::ResourceExhausted, "etcdserver: too many requests"),
    (Code::DataLoss, "etcdserver: corrupt cluster"),
    (Code::Unavailable, "etcdserver: not capable"),
    (Code::FailedPrecondition, "etcdserver: not capable"),
    (Code::FailedPrecondition, "etcdserver: user name not found"),
    (Code::FailedPrecondition, "etcdserver: role name not found"),
    (Code::OutOfRange, "etcdserver: too large lease TTL"),
    (Code::InvalidArgument, "etcdserver: key is not provided"),
    (Code::InvalidArgument, "etcdserver: key not found"),
    (Code::InvalidArgument, "etcdserver: duplicate key given in txn request"),
    (Code::InvalidArgument, "etcdserver: lease is provided"),
];

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
        // Only etcd's own refusals are refusals, known by code and message, both constants of its API. Any other
        // status may be a proxy's, after the request has gone through.
        match (status.code(), status.message()) {
            (Code::Unavailable, "etcdserver: no leader") => Self::NoLeader,
            // The second code is that of etcd 3.6.
            (
                Code::Unavailable | Code::FailedPrecondition,
                "etcdserver: rpc not supported for learner",
            ) => Self::Learner,
            (Code::PermissionDenied, "etcdserver: permission denied") => Self::Denied,
            (Code::InvalidArgument, "etcdserver: user name is empty") => Self::NoLogin,
            (Code::InvalidArgument, "etcdserver: authentication failed, invalid user ID or password") => {
                Self::BadLogin
            }
            (Code::FailedPrecondition, "etcdserver: authentication is not enabled") => Self::AuthDisabled,
            (Code::Unauthenticated, "etcdserver: invalid auth token")
            | (Code::InvalidArgument, "etcdserver: revision of auth store is old")
            // What servers up to 3.5 send instead, an internal text.
            | (Code::Unknown, "auth: revision in header is old") => Self::TokenExpired,
            (Code::OutOfRange, "etcdserver: mvcc: required revision has been compacted") => Self::Compacted,
            (Code::OutOfRange, "etcdserver: mvcc: required revision is a future revision") => {
                Self::FutureRevision
            }
            (Code::ResourceExhausted, "etcdserver: mvcc: database space exceeded") => Self::NoSpace,
            (Code::InvalidArgument, "etcdserver: too many operations in txn request") => Self::TooManyOps,
            (Code::InvalidArgument, "etcdserver: request is too large") => Self::RequestTooLarge,
            (Code::NotFound, "etcdserver: requested lease not found") => Self::LeaseNotFound,
            (Code::FailedPrecondition, "etcdserver: lease already exists") => Self::LeaseExists,
            // Far above its limit, the server's gRPC refuses before etcd sees the request.
            (Code::ResourceExhausted, grpc) if grpc.starts_with("grpc: received message larger") => {
                Self::RequestTooLarge
            }
            known if let Some((_, words)) = REFUSALS.iter().find(|refusal| **refusal == known) => {
                Self::Refused(words)
            }
            // A status with a cause was made by the client when the connection ended.
            _ if status.source().is_some() => Self::Broken,
            (Code::OutOfRange, _) => Self::ResponseTooLarge,
            (Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled | Code::Aborted, _)
            | (Code::DataLoss | Code::DeadlineExceeded, _) => Self::Broken,
            (other, _) => Self::Foreign(other),
        }
    }

    /// The reason given by a cancelled watch: a text, where calls have a status.
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
                // A page of a list, from a store that was reset to an earlier state since the previous page.
                | Self::FutureRevision
                | Self::NoLeader
                | Self::Learner
        )
    }

    /// This fault, or that of another member tried before, if the latter is at least as specific.
    pub(super) fn or_more_specific(self, earlier: Option<Self>) -> Self {
        earlier.filter(|earlier| earlier.specificity() >= self.specificity()).unwrap_or(self)
    }

    fn specificity(&self) -> u8 {
        match self {
            Self::Broken | Self::FutureRevision => 0,
            Self::Unreachable => 1,
            Self::Timeout => 2,
            Self::Learner => 3,
            Self::Tls { .. } => 4,
            Self::NoLeader => 5,
            // Faults of the cluster as a whole.
            _ => 6,
        }
    }

    /// What happened and what to do; `address` is the cluster's.
    pub(super) fn message(&self, address: &str) -> String {
        let etcd = format!("etcd at {address}");
        match self {
            Self::Unreachable => format!("cannot connect to {etcd}: check that it runs and ETCD_HOST"),
            Self::Tls { why, at: Some(at) } => why.message(&format!("etcd at {at}"), &TLS_REMEDIES),
            Self::Tls { why, at: None } => why.message(&etcd, &TLS_REMEDIES),
            Self::Timeout => format!("{etcd} does not answer"),
            Self::Broken => format!("the connection to {etcd} broke"),
            Self::NoLeader => {
                format!("{etcd} has no leader: a majority of its members is gone, or they are electing one")
            }
            Self::Learner => {
                format!("{etcd} is a learner, which serves no clients: name voting members in ETCD_HOST")
            }
            Self::Denied => "etcd denies permission".into(),
            Self::NoLogin => format!("{etcd} asks for a user: set ETCD_USERNAME and ETCD_PASSWORD"),
            Self::BadLogin => format!("{etcd} refuses this user name and password"),
            Self::AuthDisabled => format!("{etcd} has authentication switched off"),
            Self::TokenExpired => format!("the session with {etcd} is not valid any more"),
            Self::Compacted => "etcd compacted this revision away meanwhile; read again".into(),
            Self::FutureRevision => format!("{etcd} went back to an earlier state meanwhile; read again"),
            Self::StoreReplaced => format!(
                "another store answers at {address} than the one that was read, a restored backup perhaps; nothing \
                 was written: look at what it holds first"
            ),
            Self::NoSpace => format!(
                "the database of {etcd} is full, and it takes no writes but deletes: compact and defragment it, \
                 then clear its alarm"
            ),
            Self::TooManyOps => {
                format!("{etcd} takes fewer operations in one transaction: commit fewer at a time")
            }
            Self::RequestTooLarge => format!(
                "the request is larger than {etcd} takes: shorten it, commit fewer at a time, or have \
                 the server's --max-request-bytes raised"
            ),
            Self::LeaseNotFound => {
                "the lease ended before the write arrived; nothing was written: write again".into()
            }
            Self::LeaseExists => format!("{etcd} has a lease with the id of the new one: write again"),
            Self::ResponseTooLarge => format!("an answer of {etcd} is too large to be read"),
            Self::Malformed => format!("what answers at {address} does not speak as etcd does"),
            Self::InvalidSettings(reason) => reason.clone(),
            Self::ShutDown => "this etcd provider has been shut down".into(),
            Self::Refused(words) => {
                format!("{etcd} refused: {}", words.strip_prefix("etcdserver: ").unwrap_or(words))
            }
            Self::Foreign(code) => format!(
                "what answers for {etcd} says what etcd does not ({}): check ETCD_HOST, and a proxy before it",
                code.description()
            ),
        }
    }

    /// What to do about a missing or refused login. The message of a missing one already says what to set.
    pub(super) fn login_remedy(&self) -> &'static str {
        match self {
            Self::NoLogin => "a context of the config file may hold them too",
            _ => "check ETCD_USERNAME and ETCD_PASSWORD",
        }
    }

    /// As the error of a call that changes nothing. `permission` is the right that it needs.
    pub(super) fn into_error(self, etcd: &str, permission: impl FnOnce() -> String) -> Error {
        match self {
            Self::Denied => Error::denied(permission()),
            Self::NoLogin | Self::BadLogin => {
                Error::Denied { permission: self.message(etcd), remedy: self.login_remedy() }
            }
            Self::RequestTooLarge | Self::TooManyOps | Self::LeaseNotFound => {
                Error::invalid(self.message(etcd))
            }
            Self::Timeout => Error::unavailable_by(self.message(etcd), io::ErrorKind::TimedOut),
            Self::Unreachable => Error::unavailable_by(self.message(etcd), io::ErrorKind::NotConnected),
            Self::Broken => Error::unavailable_by(self.message(etcd), io::ErrorKind::ConnectionAborted),
            _ => Error::unavailable(self.message(etcd)),
        }
    }

    /// As the error of a write that was sent.
    pub(super) fn into_write_error(
        self,
        etcd: &str,
        key: &ResourceKey,
        permission: impl FnOnce() -> String,
    ) -> Error {
        if self.may_be_done() {
            return Error::OutcomeUnknown { key: key.clone(), reason: self.message(etcd) };
        }
        self.into_error(etcd, permission)
    }

    /// Whether a write that was sent and ended so may be applied, now or later. Every fault is named: a new one
    /// has to say which it is.
    fn may_be_done(&self) -> bool {
        match self {
            Self::Timeout
            | Self::Broken
            | Self::NoSpace
            | Self::ResponseTooLarge
            | Self::Malformed
            | Self::Foreign(_) => true,
            Self::Unreachable
            | Self::Tls { .. }
            | Self::NoLeader
            | Self::Learner
            | Self::Denied
            | Self::NoLogin
            | Self::BadLogin
            | Self::AuthDisabled
            | Self::TokenExpired
            | Self::Compacted
            | Self::FutureRevision
            | Self::StoreReplaced
            | Self::TooManyOps
            | Self::RequestTooLarge
            | Self::LeaseNotFound
            | Self::LeaseExists
            | Self::InvalidSettings(_)
            | Self::ShutDown
            | Self::Refused(_) => false,
        }
    }
}

/// The fault of a failed connect: the one kind of transport error after which it is certain that
/// nothing was sent.
fn never_connected(status: &tonic::Status) -> Option<Fault> {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let mut causes = std::iter::successors(status.source(), |cause| (*cause).source());
    causes.by_ref().find(|cause| cause.is::<tonic::ConnectError>())?;
    let why = causes.find_map(|cause| {
        // A handshake that the peer cut off; a failed connect has other error kinds.
        let kind = cause.downcast_ref().map(io::Error::kind);
        let cut = matches!(kind, Some(UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe));
        TlsError::from_cause(cause).or(cut.then_some(TlsError::Handshake))
    });
    Some(why.map_or(Fault::Unreachable, |why| Fault::Tls { why, at: None }))
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
