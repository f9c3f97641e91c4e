//! The tab Health over stores that are well, lost, full and broken.

use std::time::Duration;

use crate::store::{Etcd, Files};
use crate::support::etcd::Launch;

/// Less than the time until an age on the page steps again.
const STILL: Duration = Duration::from_secs(9);

#[test]
fn an_idle_page_of_health_writes_nothing() {
    let store = Etcd::alone();
    store.put("production/webhooks/one", r#"{"module":"log"}"#);
    let mut terminal = store.open(120, 40);
    terminal.keys("6");
    let screen = terminal.wait_for("healthy");
    assert!(screen.has("leader default") && screen.has("equal to the store"), "{}", screen.framed());
    // Its ages have stepped at 10 s, and step next at a minute; it is asked every 3 s.
    terminal.wait_until(|screen| screen.has("since <1m ago") && screen.has("none seen since <1m ago"));
    terminal.wait_quiet_for(Duration::from_secs(1));
    terminal.assert_still(STILL);
    // It was awake all the while.
    store.server.kill();
    terminal.wait_for("unusable by fault");
}

#[test]
fn a_store_that_is_lost_tells_its_attempts_and_afterwards_what_it_was() {
    let store = Etcd::alone();
    store.put("production/webhooks/one", r#"{"module":"log"}"#);
    let mut terminal = store.open(120, 40);
    terminal.keys("6");
    terminal.wait_for("healthy");
    store.server.kill();
    let screen = terminal.wait_for("unusable by fault");
    assert!(screen.has("cannot connect to etcd at"), "{}", screen.framed());
    terminal.wait_until(|screen| screen.has("after 3 attempts; ctrl-r tries now"));

    store.server.restart();
    terminal.keys("ctrl-r");
    terminal.wait_for("SYNCED");
    terminal.wait_for("no difference to a fresh list at r");
    let screen = terminal.wait_for("healthy");
    let outage = screen.line_with("last outage").unwrap_or_default();
    assert!(outage.contains("attempts: cannot connect to etcd"), "{}", screen.framed());
}

#[test]
fn a_broken_file_is_a_finding_until_it_is_whole_again() {
    let files = Files::new("{\"a\": {\"module\": \"log\"}}\n");
    let mut terminal = files.open(80, 24);
    terminal.keys("6");
    let screen = terminal.wait_for("documents 1");
    assert!(screen.has("● healthy") && screen.has("changes by notification"), "{}", screen.framed());
    files.write("{\"a\": {\"module\": \"log\"}\n");
    terminal.wait_for("degraded by fault");
    terminal.wait_for("webhooks.json: line 2, column 1");
    files.write("{\"a\": {\"module\": \"log\"}, \"b\": {}}\n");
    terminal.wait_gone("degraded");
    terminal.wait_for("documents 2");
}

#[test]
fn every_line_can_be_reached_on_a_small_screen() {
    let store = Etcd::alone();
    let mut terminal = store.open(80, 12);
    terminal.keys("6");
    terminal.wait_for("healthy");
    terminal.keys("G");
    terminal.wait_for("set them where the receiver is started");
    terminal.keys("g");
    terminal.wait_for("● healthy  etcd");
    while !terminal.screen_now().has("peer http://") {
        let before = terminal.screen();
        terminal.keys("j");
        terminal.wait_until(|screen| screen.text() != before);
    }
}

#[test]
fn a_full_database_leaves_the_console_synced_and_says_so_beside_it() {
    let store = Etcd::launched(Launch::default().flags(&["--quota-backend-bytes", "300000"]));
    store.put("production/webhooks/one", r#"{"module":"log"}"#);
    store.put("production/webhooks/two", r#"{"module":"log"}"#);
    let mut terminal = store.open(120, 40);
    store.server.fill_up("/ballast");
    terminal.wait_for("SYNCED NOSPACE");
    // Reads go on, and what etcd takes arrives.
    store.delete("production/webhooks/one");
    terminal.wait_for("production/one, which was selected, is gone");
    std::thread::sleep(Duration::from_secs(3));
    let screen = terminal.screen_now();
    assert!(screen.has("SYNCED NOSPACE") && screen.has("production/two"), "{}", screen.framed());
    // What frees space is what the console sends, on the condition of what it showed.
    terminal.unlock();
    terminal.go_to("production/two");
    terminal.keys("d");
    terminal.wait_for("Delete production/two from lab?");
    terminal.answer("y");
    terminal.wait_until(|_| store.value("production/webhooks/two").is_none());
    terminal.keys("6");
    let screen = terminal.wait_for("etcdctl alarm disarm");
    let revision = store.revision().to_string();
    for command in [&["compact", &revision][..], &["defrag"], &["alarm", "disarm"]] {
        let output = store.server.etcdctl(command);
        assert!(output.status.success(), "{command:?} {output:?}\n{}", screen.framed());
    }
    terminal.wait_gone("NOSPACE");
    terminal.wait_for("SYNCED");
}
