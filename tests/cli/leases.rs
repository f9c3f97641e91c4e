//! A write that was not done leaves no lease behind, whatever ended it.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, kill_process};

use crate::support::etcd::{EtcdServer, Snip};
use crate::support::run::{PATIENCE, Program, Running, Signal};

const PREFIX: &str = "/leases/";

/// A server of its own, because its leases are counted.
struct Store {
    server: EtcdServer,
}

impl Store {
    fn new() -> Self {
        Self { server: EtcdServer::start() }
    }

    /// `put` with a time to live, to wherever this is.
    fn put(&self, address: &str, document: &str, more: &[&str]) -> Program {
        Program::confdeck(["put", "live/x", document, "--ttl", "10m"])
            .with(more)
            .env("CONFIG_BACKEND", "etcd")
            .env("ETCD_HOST", address)
            .env("ETCD_PREFIX", PREFIX)
    }

    fn etcdctl(&self, arguments: &[&str]) -> String {
        let output = self.server.etcdctl(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Writes the document without a lease.
    fn has(&self, document: &str) {
        self.etcdctl(&["put", &format!("{PREFIX}live/webhooks/x"), document]);
    }

    fn value(&self) -> String {
        let key = format!("{PREFIX}live/webhooks/x");
        self.etcdctl(&["get", &key, "--print-value-only"]).trim_end().to_owned()
    }

    /// What the server has applied: every grant, write and refused write.
    fn proposals(&self) -> f64 {
        self.server.metric("etcd_server_proposals_applied_total")
    }

    #[track_caller]
    fn wait(&self, what: &str, done: impl Fn() -> bool) {
        let begun = Instant::now();
        while !done() {
            assert!(begun.elapsed() < PATIENCE, "no {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn token(&self) -> String {
        let fields = self.etcdctl(&["get", &format!("{PREFIX}live/webhooks/x"), "--write-out=fields"]);
        fields.lines().find_map(|line| line.strip_prefix("\"ModRevision\" : ")).unwrap().to_owned()
    }

    #[track_caller]
    fn assert_leases(&self, count: usize, value: &str) {
        let list = self.etcdctl(&["lease", "list"]);
        assert!(list.starts_with(&format!("found {count} leases")), "{list}");
        assert_eq!(self.value(), value);
    }
}

#[test]
fn refused_writes_side_by_side_leave_no_lease_behind() {
    let store = Store::new();
    let address = store.server.address();
    let all: Vec<_> = (0..16).map(|_| store.put(&address, "{}", &["--create"]).start()).collect();
    let codes: Vec<_> = all.into_iter().map(|running| running.finish().code()).collect();
    let count = |code| codes.iter().filter(|found| **found == Some(code)).count();
    assert_eq!((count(0), count(3)), (1, 15), "{codes:?}");
    store.assert_leases(1, "{}");
}

#[test]
fn a_refused_write_does_not_end_before_its_lease_is_gone() {
    let store = Store::new();
    store.has(r#"{"n":1}"#);
    let snip = Snip::before(&store.server);
    snip.delay(Duration::from_millis(100));
    store.put(&snip.address(), r#"{"n":2}"#, &["--create"]).run().expect_code(3);
    store.assert_leases(0, r#"{"n":1}"#);
}

#[test]
fn a_write_whose_answer_is_lost_keeps_its_lease_only_if_it_is_done() {
    let store = Store::new();
    let snip = Snip::before(&store.server);
    store.has(r#"{"n":1}"#);

    // Lost on its way there.
    snip.lose(r#"{"n":2}"#);
    let lost = store.put(&snip.address(), r#"{"n":2}"#, &["--expect-revision", &store.token()]).start();
    snip.wait_until_met();
    snip.reopen();
    assert!(lost.finish().expect_code(7).err().contains("is not stored so far"));
    store.assert_leases(0, r#"{"n":1}"#);

    // Refused, and that answer is lost.
    snip.deafen(r#"{"n":3}"#, || {});
    let before = store.proposals();
    let refused = store.put(&snip.address(), r#"{"n":3}"#, &["--create"]).start();
    // The grant and the transaction.
    store.wait("both proposals", || store.proposals() >= before + 2.0);
    snip.reopen();
    refused.finish().expect_code(7);
    store.assert_leases(0, r#"{"n":1}"#);

    // Done, and that answer is lost.
    snip.deafen(r#"{"n":4}"#, || {});
    let done = store.put(&snip.address(), r#"{"n":4}"#, &[]).start();
    store.wait("the write", || store.value() == r#"{"n":4}"#);
    snip.reopen();
    assert!(done.finish().expect_code(0).err().contains("was stored after all"));
    store.assert_leases(1, r#"{"n":4}"#);
}

/// Starts a write, and asks it to stop in the moment in which its transaction is on its way.
fn stopped(program: Program, meet: impl FnOnce(Box<dyn FnOnce() + Send>)) -> Running {
    let (tell, told) = mpsc::channel();
    meet(Box::new(move || {
        let pid = Pid::from_raw(told.recv().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    }));
    let running = program.start();
    tell.send(running.id().cast_signed()).unwrap();
    running
}

#[test]
fn a_process_that_is_asked_to_stop_says_what_became_of_its_write_and_leaves_nothing() {
    let store = Store::new();
    let snip = Snip::before(&store.server);
    store.has(r#"{"n":1}"#);

    // Its answer comes.
    let refused = store.put(&snip.address(), r#"{"n":2}"#, &["--create"]);
    let refused = stopped(refused, |then| snip.meet(r#"{"n":2}"#, then)).finish().expect_code(3);
    assert!(refused.err().contains("asked to stop") && refused.err().contains("exists already"));
    store.assert_leases(0, r#"{"n":1}"#);
    let done = store.put(&snip.address(), r#"{"n":3}"#, &[]);
    let done = stopped(done, |then| snip.meet(r#"{"n":3}"#, then)).finish().expect_code(0);
    assert!(done.out().starts_with("live/x  "), "{}", done.out());
    store.assert_leases(1, r#"{"n":3}"#);

    // No answer comes, and nothing is looked for.
    store.has(r#"{"n":4}"#);
    store.assert_leases(1, r#"{"n":4}"#);
    let refused = store.put(&snip.address(), r#"{"n":5}"#, &["--create"]);
    let refused = stopped(refused, |then| snip.deafen(r#"{"n":5}"#, then));
    snip.wait_until_met();
    snip.reopen();
    let said = refused.finish().expect_code(7).err();
    assert!(said.contains("confdeck get live/x shows what is stored"), "{said}");
    store.assert_leases(1, r#"{"n":4}"#);

    // Asked twice, it does not wait.
    let hasty = store.put(&snip.address(), r#"{"n":6}"#, &["--create"]);
    let mut hasty = stopped(hasty, |then| snip.deafen(r#"{"n":6}"#, then));
    hasty.wait_for_err("asked to stop");
    hasty.signal(Signal::TERM);
    hasty.finish().expect_code(7);
    snip.reopen();
    assert_eq!(store.value(), r#"{"n":4}"#);
}
