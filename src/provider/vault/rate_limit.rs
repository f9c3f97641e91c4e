//! Client-side rate limit: 50 requests a second, bursts of 150, 8 concurrent ones.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests a second, sustained.
const RATE: f64 = 50.0;

/// Requests that may follow each other at once after an idle period.
const BURST: f64 = 150.0;

/// Concurrent requests.
const AT_ONCE: usize = 8;

pub(super) struct RateLimiter {
    permits: Semaphore,
    bucket: Mutex<TokenBucket>,
}

impl RateLimiter {
    pub(super) fn new() -> Self {
        Self { permits: Semaphore::new(AT_ONCE), bucket: Mutex::new(TokenBucket::full(Instant::now())) }
    }

    /// Waits for a permit, which is released on drop. Cancel-safe: a dropped future takes no token.
    pub(super) async fn acquire(&self) -> Option<SemaphorePermit<'_>> {
        let place = self.permits.acquire().await.ok();
        loop {
            let wait = self.bucket.lock().take(Instant::now());
            match wait {
                None => return place,
                Some(wait) => tokio::time::sleep(wait).await,
            }
        }
    }
}

/// A token bucket that refills over time.
struct TokenBucket {
    level: f64,
    at: Instant,
}

impl TokenBucket {
    fn full(now: Instant) -> Self {
        Self { level: BURST, at: now }
    }

    /// Takes one token, or returns how long to wait for it.
    fn take(&mut self, now: Instant) -> Option<Duration> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * RATE).min(BURST);
        self.at = self.at.max(now);
        if self.level < 1.0 {
            return Some(Duration::from_secs_f64((1.0 - self.level) / RATE));
        }
        self.level -= 1.0;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_the_rate() {
        let begun = Instant::now();
        let mut bucket = TokenBucket::full(begun);
        let taken = (0..1_000).filter(|_| bucket.take(begun).is_none()).count();
        assert_eq!(taken, 150);
        let wait = bucket.take(begun).unwrap();
        assert!(wait <= Duration::from_millis(21), "{wait:?}");
        let taken =
            (1..=1_000).filter(|ms| bucket.take(begun + Duration::from_millis(*ms)).is_none()).count();
        assert!((49..=51).contains(&taken), "{taken} in a second");
        assert!(bucket.take(begun + Duration::from_secs(3_600)).is_none());
        let taken = (0..1_000).filter(|_| bucket.take(begun + Duration::from_secs(3_600)).is_none()).count();
        assert_eq!(taken, 149, "a rest makes no larger burst");
    }

    #[tokio::test]
    async fn no_more_than_eight_are_under_way() {
        let pace = RateLimiter::new();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(pace.acquire().await);
        }
        let ninth = tokio::time::timeout(Duration::from_millis(20), pace.acquire()).await;
        assert!(ninth.is_err());
        turns.pop();
        assert!(pace.acquire().await.is_some(), "who stopped waiting has taken nothing");
    }
}
