//! How fast the server is asked: 50 requests a second, bursts of 150, 8 at a time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests a second, in the long run.
const RATE: f64 = 50.0;

/// Requests that may follow each other at once after a rest.
const BURST: f64 = 150.0;

/// Requests under way at the same time.
const AT_ONCE: usize = 8;

/// Holds requests back.
pub(super) struct Pace {
    places: Semaphore,
    bucket: Mutex<Bucket>,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { places: Semaphore::new(AT_ONCE), bucket: Mutex::new(Bucket::full(Instant::now())) }
    }

    /// Waits for its turn; the place is free again when what it answers is dropped. Who stops waiting
    /// has taken nothing.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let place = self.places.acquire().await.ok();
        loop {
            let wait = {
                let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
                bucket.take(Instant::now())
            };
            match wait {
                None => return place,
                Some(wait) => tokio::time::sleep(wait).await,
            }
        }
    }
}

/// What may be asked now; fills with time.
struct Bucket {
    level: f64,
    at: Instant,
}

impl Bucket {
    fn full(now: Instant) -> Self {
        Self { level: BURST, at: now }
    }

    /// Takes one request out, or tells how long there is none.
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
        let mut bucket = Bucket::full(begun);
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
        let pace = Pace::new();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(pace.turn().await);
        }
        let ninth = tokio::time::timeout(Duration::from_millis(20), pace.turn()).await;
        assert!(ninth.is_err());
        turns.pop();
        assert!(pace.turn().await.is_some(), "who stopped waiting has taken nothing");
    }
}
