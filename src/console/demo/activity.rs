//! Simulated activity in the demo's store: a change every few seconds, and regular outages.

use std::time::Duration;

use tokio::time::sleep;

use super::{DemoStore, seed_data};
use crate::domain::{Document, LinkState};
use crate::provider::memory::{MemoryStore, RestoreMode};

/// No changes for this long after the start.
const QUIET: Duration = Duration::from_secs(6);

const PACE: Duration = Duration::from_secs(7);

const CHANGES_PER_OUTAGE: u32 = 5;

const OUTAGE: Duration = Duration::from_secs(5);

/// Changes the demo's store until it is dropped.
pub async fn simulate_activity(demo: &DemoStore) {
    let memory = &demo.memory;
    demo.add_leased().await;
    sleep(QUIET).await;
    for turn in 1u32.. {
        change(memory, turn);
        sleep(PACE).await;
        if turn.is_multiple_of(CHANGES_PER_OUTAGE) {
            // Every second outage loses the history, so that the console must load again.
            outage(memory, turn.is_multiple_of(2 * CHANGES_PER_OUTAGE)).await;
        }
    }
}

async fn outage(memory: &MemoryStore, forget: bool) {
    let reason = "the demo has unplugged its store".to_owned();
    memory.inject_outage(LinkState::Stale { reason, retry_in: Some(OUTAGE) });
    sleep(OUTAGE / 2).await;
    put(memory, "staging/missed_meanwhile", format!("{{\"module\": \"log\", \"written\": {forget}}}"));
    sleep(OUTAGE / 2).await;
    memory.restore(if forget { RestoreMode::Resync } else { RestoreMode::Resume });
}

fn change(memory: &MemoryStore, turn: u32) {
    match turn % 4 {
        0 => remove(memory, "staging/canary"),
        1 => put(memory, "staging/canary", "{\n  \"module\": \"log\"\n}\n".into()),
        2 => put(
            memory,
            "production/orders_retry",
            format!(
                "{{\"module\": \"rabbitmq\", \"connection\": \"rabbit_eu\", \"module-config\": {{\"queue_name\": \"retry\"}}, \"retry\": {{\"enabled\": true, \"max_attempts\": {}}}}}",
                3 + turn % 5
            ),
        ),
        _ => put(
            memory,
            "team-a/hello",
            format!(
                "{{\n  \"module\": \"log\",\n  \"module-config\": {{\n    \"pretty_print\": {}\n  }}\n}}\n",
                turn % 8 == 3
            ),
        ),
    }
}

fn put(memory: &MemoryStore, address: &str, text: String) {
    if let Some(key) = seed_data::key(address) {
        memory.put_raw(key, Document::from(text));
    }
}

fn remove(memory: &MemoryStore, address: &str) {
    if let Some(key) = seed_data::key(address) {
        memory.remove_raw(&key);
    }
}
