//! A write whose answer is lost: what became of it is found out by reading again, and it is never sent
//! a second time. `etcdctl` says how often the key was written.

use std::fs;
use std::sync::Arc;

use crate::store::{Etcd, Files};
use crate::support::etcd::Snip;
use crate::support::home::Home;
use crate::terminal::Terminal;

const KEY: &str = "production/webhooks/orders";
const STORED: &str = r#"{"module":"log","n":41}"#;
const WRITTEN: &str = r#"{"module":"log","n":42}"#;

/// What the request holds that writes the draft, and nothing else.
const MARK: &str = r#""n":42"#;

/// Planted in a document, and never to be in a file of ours.
const SECRET: &str = "planted-plain";

/// A draft under review that would change one number, behind a way that can be cut.
fn reviewed(store: &Etcd) -> (Snip, Terminal) {
    store.put(KEY, STORED);
    let snip = Snip::before(&store.server);
    let mut terminal = store.open_at(&snip.address(), 120, 40);
    terminal.unlock();
    terminal.edit("production/orders");
    terminal.replace("41", "42");
    terminal.review();
    (snip, terminal)
}

/// The outcomes in the audit, each with its commit.
fn audited(home: &Home) -> Vec<(String, String)> {
    let text = fs::read_to_string(home.state().join("audit.jsonl")).unwrap();
    let field = |record: &serde_json::Value, name: &str| record[name].as_str().unwrap().to_owned();
    let records = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    records.map(|record| (field(&record, "outcome"), field(&record, "commit"))).collect()
}

#[test]
fn cut_after_it_went_through_it_is_found_done() {
    let store = Etcd::new();
    let (snip, mut terminal) = reviewed(&store);
    snip.deafen(MARK, || {});
    terminal.answer("enter");
    snip.wait_until_met();
    terminal.wait_for("outcome unknown");
    snip.shut();
    // It is told to wait, and sends nothing.
    terminal.answer("enter");
    terminal.wait_for("a write is under way");
    snip.reopen();
    terminal.wait_for("found out: done: write production/orders, now");
    assert_eq!((store.value(KEY).as_deref(), store.version(KEY)), (Some(WRITTEN), 2));
    let audited = audited(terminal.home());
    let outcomes: Vec<_> = audited.iter().map(|(outcome, _)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["unknown", "found_done"]);
    assert_eq!(audited[0].1, audited[1].1, "of one commit");
}

#[test]
fn cut_before_it_went_through_it_is_found_not_done_and_can_be_sent_again() {
    let store = Etcd::new();
    let (snip, mut terminal) = reviewed(&store);
    snip.lose(MARK);
    terminal.answer("enter");
    snip.wait_until_met();
    terminal.wait_for("outcome unknown");
    terminal.wait_for("it is not sent again");
    snip.reopen();
    terminal.wait_for("found out: not done so far: write production/orders");
    assert!(terminal.screen_now().has("REVIEW"));
    assert_eq!((store.value(KEY).as_deref(), store.version(KEY)), (Some(STORED), 1));
    terminal.answer("enter");
    terminal.wait_for("done: write production/orders, now");
    assert_eq!((store.value(KEY).as_deref(), store.version(KEY)), (Some(WRITTEN), 2));
    let outcomes: Vec<_> = audited(terminal.home()).into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["unknown", "found_not_done", "done"]);
}

#[test]
fn somebody_who_wrote_meanwhile_is_met_as_a_conflict() {
    let store = Etcd::new();
    let (snip, mut terminal) = reviewed(&store);
    snip.lose(MARK);
    terminal.answer("enter");
    snip.wait_until_met();
    terminal.wait_for("outcome unknown");
    store.put(KEY, r#"{"module":"theirs"}"#);
    snip.reopen();
    terminal.wait_for("someone else wrote production/orders since");
    assert_eq!((store.value(KEY).as_deref(), store.version(KEY)), (Some(r#"{"module":"theirs"}"#), 2));
}

#[test]
fn a_member_that_hangs_in_the_middle_of_a_write_writes_it_once() {
    let store = Etcd::alone();
    let (snip, mut terminal) = reviewed(&store);
    let server = Arc::clone(&store.server);
    // The request reaches a member that has stopped, and waits there.
    snip.deafen(MARK, move || server.freeze());
    terminal.answer("enter");
    snip.wait_until_met();
    terminal.wait_for("outcome unknown");
    store.server.thaw();
    snip.reopen();
    let screen = terminal.wait_until(|screen| screen.has("found out: "));
    if screen.has("found out: not done so far") {
        // The member dropped what its client had given up. Sent again it is done, or was done after
        // all in between and meets its own condition; never is it done twice.
        terminal.answer("enter");
        terminal
            .wait_until(|screen| screen.has("done: write production/orders, now") || screen.has("CONFLICT"));
    }
    assert_eq!((store.value(KEY).as_deref(), store.version(KEY)), (Some(WRITTEN), 2));
}

#[test]
fn what_the_console_writes_is_audited_and_holds_no_secret() {
    let files = Files::new(
        "{\n  \"one\": {\"module\": \"log\", \"authorization\": \"planted-plain\", \"n\": 1}\n}\n",
    );
    let mut terminal = files.open(120, 40);
    terminal.edit("default/one");
    terminal.replace("\"n\": 1", "\"n\": 2");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("done: write default/one");
    let outcomes: Vec<_> = audited(terminal.home()).into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["done"]);
    let holding = files.home.files_holding(SECRET);
    assert_eq!(holding, std::slice::from_ref(&files.webhooks), "nowhere but where it was");
}
