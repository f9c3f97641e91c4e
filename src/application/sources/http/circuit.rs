//! A circuit breaker: after some failures in a row a server is left alone for a while, then asked once.

use std::time::Duration;

use tokio::time::Instant;

/// Closed until `limit` failures in a row; then open for a pause; then half-open: the next attempt decides.
/// It reads no clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circuit {
    limit: u32,
    pause: Duration,
    failures: u32,
    opened: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CircuitState {
    Closed {
        /// In a row.
        failures: u32,
    },
    Open {
        left: Duration,
    },
    /// The next attempt closes it, or opens it for another pause.
    HalfOpen,
}

impl Circuit {
    pub(super) fn new(limit: u32, pause: Duration) -> Self {
        Self { limit, pause, failures: 0, opened: None }
    }

    pub(super) fn state(&self, now: Instant) -> CircuitState {
        match self.opened.map(|opened| self.pause.saturating_sub(now.saturating_duration_since(opened))) {
            None => CircuitState::Closed { failures: self.failures },
            Some(Duration::ZERO) => CircuitState::HalfOpen,
            Some(left) => CircuitState::Open { left },
        }
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::new(self.limit, self.pause);
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.limit {
            self.opened = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(300);

    #[test]
    fn five_failures_in_a_row_open_it_for_five_minutes_and_one_attempt_decides() {
        let (begun, second) = (Instant::now(), Duration::from_secs(1));
        let mut circuit = Circuit::new(5, PAUSE);
        for _ in 0..4 {
            circuit.failed(begun);
        }
        assert_eq!(circuit.state(begun), CircuitState::Closed { failures: 4 });
        circuit.failed(begun);
        assert_eq!(circuit.state(begun), CircuitState::Open { left: PAUSE });
        assert_eq!(circuit.state(begun + PAUSE - second), CircuitState::Open { left: second });
        let later = begun + PAUSE;
        assert_eq!(circuit.state(later), CircuitState::HalfOpen);
        circuit.failed(later);
        assert_eq!(circuit.state(later + second), CircuitState::Open { left: PAUSE - second });
        circuit.succeeded();
        assert_eq!(circuit.state(later + PAUSE), CircuitState::Closed { failures: 0 });
    }

    #[test]
    fn a_success_in_between_begins_the_count_anew() {
        let (now, mut circuit) = (Instant::now(), Circuit::new(5, PAUSE));
        for attempt in 0..20 {
            if attempt % 5 == 4 {
                circuit.succeeded()
            } else {
                circuit.failed(now)
            }
            assert!(matches!(circuit.state(now), CircuitState::Closed { .. }));
        }
    }
}
