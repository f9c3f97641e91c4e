//! Very many keys, and nothing to do.

use std::time::Duration;

use crate::store::Etcd;

/// Longer than the time between two questions after the store's health.
const IDLE: Duration = Duration::from_secs(22);

#[test]
fn twenty_five_thousand_keys_load_scroll_and_then_write_nothing() {
    // Alone: what others write to the same server moves the revision that is shown.
    let store = Etcd::alone();
    let padding = "x".repeat(120);
    store.put_all((0..25_000).map(|n| {
        let text = format!(r#"{{"module":"kafka","connection":"main","topic":"t{n}","note":"{padding}"}}"#);
        (format!("team-{}/webhooks/hook-{n:05}", n % 5), text)
    }));
    let mut terminal = store.open(120, 24);
    terminal.wait_for("1 of 25,000");
    assert!(terminal.screen_now().has("hook-00000"));
    terminal.keys("G");
    terminal.wait_for("25,000 of 25,000");
    assert!(terminal.screen_now().has("hook-24999"));
    terminal.keys("/");
    terminal.type_text("hook-1234");
    terminal.wait_for("10 of 25,000");
    terminal.keys("enter");
    terminal.wait_for("hook-12349");

    terminal.wait_quiet_for(Duration::from_secs(1));
    terminal.assert_still(IDLE);

    // It was awake all the while.
    store.put("team-0/webhooks/hook-12344-b", "{}");
    terminal.wait_for("11 of 25,001");
}
