//! Logins: which one was refused, so that it is not sent again and again; and tokens that lapse.
//!
//! etcd hashes a password at every login, slowly on purpose, and may lock out or report whoever keeps
//! sending a wrong one. So a refusal stands for a while, for every caller of one provider.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::Fault;

/// How long a login may take, its connection included.
pub(super) const LOGIN_DEADLINE: Duration = Duration::from_secs(3);

/// How long a first refusal stands; each further one twice as long as the one before.
const FIRST: Duration = Duration::from_secs(1);
/// The longest.
const LAST: Duration = Duration::from_secs(60);

/// How often in a row a lapsed token is renewed: a script that changes many users makes many old.
pub(super) const RENEWALS: usize = 3;

/// What became of the last login.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Option<Refusal>>);

#[derive(Debug, Clone, Copy)]
struct Refusal {
    stands: Duration,
    until: Instant,
}

impl Refusals {
    /// The answer to a login that need not be sent.
    ///
    /// # Errors
    /// [`Fault::BadLogin`] while a refusal stands.
    pub(super) fn check(&self, now: Instant) -> Result<(), Fault> {
        let standing = self.lock().is_some_and(|refusal| now < refusal.until);
        if standing { Err(Fault::BadLogin) } else { Ok(()) }
    }

    /// Takes the outcome of a login in. Other faults say nothing about name and password.
    pub(super) fn note<T>(&self, outcome: &Result<T, Fault>, now: Instant) {
        let mut last = self.lock();
        match outcome {
            Ok(_) => *last = None,
            Err(Fault::BadLogin) => {
                let stands = last.map_or(FIRST, |refusal| (refusal.stands * 2).min(LAST));
                *last = Some(Refusal { stands, until: now + stands });
            }
            Err(_) => {}
        }
    }

    /// Lets the next login be sent at once: a person asked for it.
    pub(super) fn lift(&self, now: Instant) {
        if let Some(refusal) = &mut *self.lock() {
            refusal.until = now;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts the tokens of one connection, so that calls that meet the same lapsed one log in once.
#[derive(Debug, Default)]
pub(super) struct Renewals {
    count: AtomicU64,
    turn: tokio::sync::Mutex<()>,
}

impl Renewals {
    /// Which token a call is about to be made with.
    pub(super) fn current(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Replaces the token that a call was refused with, unless another call has meanwhile.
    pub(super) async fn renew(
        &self,
        refused: u64,
        login: impl Future<Output = Result<(), Fault>>,
    ) -> Result<(), Fault> {
        let _turn = self.turn.lock().await;
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
        let refusals = Refusals::default();
        let mut now = Instant::now();
        let refused = Err::<(), _>(Fault::BadLogin);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(refusals.check(now), Ok(()));
            refusals.note(&refused, now);
            assert_eq!(refusals.check(now + seconds * S - S / 10), Err(Fault::BadLogin), "{seconds} s");
            now += seconds * S;
        }
        refusals.note(&refused, now);
        refusals.note(&Err::<(), _>(Fault::Silent), now);
        assert_eq!(refusals.check(now), Err(Fault::BadLogin));
        refusals.lift(now);
        assert_eq!(refusals.check(now), Ok(()));
        refusals.note(&Ok(()), now);
        refusals.note(&refused, now);
        assert_eq!(refusals.check(now + S), Ok(()), "a success begins the count anew");
    }

    #[tokio::test]
    async fn calls_that_meet_the_same_lapsed_token_log_in_once() {
        let (renewals, logins) = (Renewals::default(), AtomicU64::new(0));
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
