//! Back-off after refused logins, and renewal of expired tokens.
//!
//! etcd hashes a password at every login, slowly by design, and repeated wrong ones may lead to a lockout
//! or an alert. So a refusal applies for a while, to every caller of one provider.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use tokio::time::Instant;

use super::error::Fault;

/// How long a login may take, including its connection.
pub(super) const LOGIN_DEADLINE: Duration = Duration::from_secs(3);

/// How long a first refusal applies; each further one applies twice as long.
const FIRST: Duration = Duration::from_secs(1);
/// The longest that a refusal applies.
const LAST: Duration = Duration::from_secs(60);

/// How often in a row an expired token is renewed: a script that changes many users invalidates many tokens.
pub(super) const RENEWALS: usize = 3;

/// The last refused login, if no login has succeeded since.
#[derive(Debug, Default)]
pub(super) struct LoginBackoff(Mutex<Option<LoginRefusal>>);

#[derive(Debug, Clone, Copy)]
struct LoginRefusal {
    delay: Duration,
    until: Instant,
}

impl LoginBackoff {
    /// Checks whether a login may be sent.
    ///
    /// # Errors
    /// [`Fault::BadLogin`] while a refusal applies.
    pub(super) fn check(&self, now: Instant) -> Result<(), Fault> {
        let standing = self.0.lock().is_some_and(|refusal| now < refusal.until);
        if standing { Err(Fault::BadLogin) } else { Ok(()) }
    }

    /// Records the outcome of a login. Other faults say nothing about user name and password.
    pub(super) fn record<T>(&self, outcome: &Result<T, Fault>, now: Instant) {
        let mut last = self.0.lock();
        match outcome {
            Ok(_) => *last = None,
            Err(Fault::BadLogin) => {
                let stands = last.map_or(FIRST, |refusal| (refusal.delay * 2).min(LAST));
                *last = Some(LoginRefusal { delay: stands, until: now + stands });
            }
            Err(_) => {}
        }
    }

    /// Lets the next login be sent at once, at the user's request.
    pub(super) fn allow_now(&self, now: Instant) {
        if let Some(refusal) = &mut *self.0.lock() {
            refusal.until = now;
        }
    }
}

/// Counts the tokens of one connection, so that calls failing with the same expired token log in once.
#[derive(Debug, Default)]
pub(super) struct TokenRenewer {
    count: AtomicU64,
    lock: tokio::sync::Mutex<()>,
}

impl TokenRenewer {
    /// The number of the current token.
    pub(super) fn current(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Replaces the token that a call was refused with, unless another call already has.
    pub(super) async fn renew(
        &self,
        refused: u64,
        login: impl Future<Output = Result<(), Fault>>,
    ) -> Result<(), Fault> {
        let _turn = self.lock.lock().await;
        if self.current() == refused {
            login.await?;
            self.count.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn a_refusal_stands_longer_each_time_up_to_a_minute() {
        let refusals = LoginBackoff::default();
        let mut now = Instant::now();
        let refused = Err::<(), _>(Fault::BadLogin);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(refusals.check(now), Ok(()));
            refusals.record(&refused, now);
            assert_eq!(refusals.check(now + seconds * S - S / 10), Err(Fault::BadLogin), "{seconds} s");
            now += seconds * S;
        }
        refusals.record(&refused, now);
        refusals.record(&Err::<(), _>(Fault::Timeout), now);
        assert_eq!(refusals.check(now), Err(Fault::BadLogin));
        refusals.allow_now(now);
        assert_eq!(refusals.check(now), Ok(()));
        refusals.record(&Ok(()), now);
        refusals.record(&refused, now);
        assert_eq!(refusals.check(now + S), Ok(()), "a success begins the count anew");
    }

    #[tokio::test]
    async fn calls_that_meet_the_same_lapsed_token_log_in_once() {
        let (renewals, logins) = (TokenRenewer::default(), AtomicU64::new(0));
        let log_in = || async {
            logins.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(())
        };
        let refused = renewals.current();
        let (one, two) = tokio::join!(renewals.renew(refused, log_in()), renewals.renew(refused, log_in()));
        assert_eq!((one, two, logins.load(Ordering::Relaxed)), (Ok(()), Ok(()), 1));
        assert!(renewals.renew(renewals.current(), async { Err(Fault::BadLogin) }).await.is_err());
        assert_eq!(renewals.current(), refused + 1);
    }
}
