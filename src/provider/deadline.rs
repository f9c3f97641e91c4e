//! Deadlines of calls: the provider's own, and when its caller stops waiting for it.

use std::time::Duration;

use tokio::time::timeout;

use super::{Error, Result};

/// How long a provider call may take before it answers [`Error::Unavailable`] or
/// [`Error::OutcomeUnknown`]; for reads of etcd, how long nothing may arrive.
pub const CALL_DEADLINE: Duration = Duration::from_secs(5);

/// How long a health check may take.
pub const HEALTH_DEADLINE: Duration = Duration::from_secs(2);

/// How long a provider may exceed its own deadline before its call is abandoned.
pub const GRACE: Duration = Duration::from_secs(1);

/// The answer of a call; once its deadline and [`GRACE`] have passed, what `late` returns for a text such
/// as `within 6 s`.
pub async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = T>,
    late: impl FnOnce(String) -> T,
) -> T {
    let limit = deadline + GRACE;
    timeout(limit, call).await.unwrap_or_else(|_| late(format!("within {} s", limit.as_secs())))
}

/// The answer of a call to the secret store that changes nothing.
///
/// # Errors
/// Those of the call, and [`Error::Unavailable`] after its deadline.
pub async fn secret_store_answer<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    within(CALL_DEADLINE, call, |within| {
        let reason = format!("the store of secrets said nothing {within}");
        Err(Error::unavailable_by(reason, std::io::ErrorKind::TimedOut))
    })
    .await
}
