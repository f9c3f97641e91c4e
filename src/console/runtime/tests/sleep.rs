//! A machine that sleeps: time goes on, and a wake-up is told before anything else.

use parking_lot::Mutex;

use super::*;
use crate::console::runtime::clock::ClockReading;

/// Clocks that stand still until a test turns them.
#[derive(Clone)]
struct Clocks(Arc<Mutex<ClockReading>>);

impl Clocks {
    fn new() -> Self {
        let boot = Duration::from_secs(5_000);
        Self(Arc::new(Mutex::new(ClockReading { awake: boot, total: boot })))
    }

    fn clock(&self) -> Clock {
        let clocks = self.clone();
        Clock::reading(move || *clocks.0.lock())
    }

    fn turn(&self, awake: u64, asleep: u64) {
        let mut now = self.0.lock();
        now.awake += Duration::from_secs(awake);
        now.total += Duration::from_secs(awake + asleep);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_asleep_counts_and_waking_up_is_told_without_a_key() {
    let clocks = Clocks::new();
    let Setup { mut config, .. } = setup(Fake::default());
    config.clock = clocks.clock();
    let console = start(config);
    shows(&console, "changes 0").await;
    clocks.turn(60, 8 * 3_600);
    console.signal(Signal::Awake).await;
    shows(&console, "slept until 28860").await;
    // Setting the clock rings the same bell.
    clocks.turn(60, 0);
    console.signal(Signal::Awake).await;
    console.type_keys(b"!").await;
    shows(&console, "key !").await;
    assert!(!screen(&console.snapshot().written).contains("slept until 28920"));
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_after_a_sleep_comes_after_the_wake_up() {
    let clocks = Clocks::new();
    let Setup { mut config, .. } = setup(Fake::default());
    config.clock = clocks.clock();
    let console = start(config);
    shows(&console, "changes 0").await;
    clocks.turn(0, 30);
    console.type_keys(b"!").await;
    shows(&console, "slept until 30\nkey !").await;
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}
