//! A console on a cluster that loses members, and on one whose TLS it cannot agree with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::screen::Screen;
use crate::store::Etcd;
use crate::support::etcd::certs::{Authority, Valid};
use crate::support::etcd::storm::Storm;
use crate::support::etcd::{Cluster, EtcdServer, Launch, Tls};
use crate::support::run::Program;
use crate::terminal::Terminal;

const PREFIX: &str = "/cwm/";
/// How long the loss of a leader may cost the view.
const BACK: Duration = Duration::from_secs(5);

/// Whether the Health tab shows this member in this role.
fn is(screen: &Screen, address: &str, role: &str) -> bool {
    screen.lines().iter().any(|line| line.contains(address) && line.contains(role))
}

#[test]
fn the_leader_dies_under_500_writes_a_second_and_the_console_says_who_leads() {
    let cluster = Cluster::start(3);
    let leader = cluster.leader();
    let others = cluster.others(leader);
    // The console is connected to the leader itself, the writers to another member.
    let members = [&[leader], &others[..]].concat();
    let program = Etcd::program_at(&cluster.hosts(&members), PREFIX, &[]);
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.keys("6");
    let address = cluster.member(leader).address();
    terminal.wait_until(|screen| is(screen, &address, "leader"));

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let writers = Arc::new(cluster.provider(&others, PREFIX));
    let storm = runtime.block_on(async { Storm::begin(writers, PREFIX) });
    terminal.wait_until(|_| storm.stored() > 500);
    cluster.member(leader).kill();
    let killed = Instant::now();
    terminal.wait_gone("SYNCED");
    terminal.wait_for("SYNCED");
    let synced = killed.elapsed();
    terminal.wait_until(|screen| others.iter().any(|n| is(screen, &cluster.member(*n).address(), "leader")));
    let shown = killed.elapsed();
    let before = storm.stored();
    terminal.wait_until(|_| storm.stored() > before + 500);
    let told = runtime.block_on(async {
        let client = cluster.member(cluster.leader()).client().await;
        storm.settle(client).await
    });
    println!("SYNCED after {synced:.1?}, the new leader shown after {shown:.1?}; {told}");
    assert!(synced < BACK && shown < BACK, "SYNCED after {synced:?}, the leader after {shown:?}");
    terminal.keys("1");
    // Every writer's key is there, and the one that ends the history.
    terminal.wait_for("of 32");
}

#[test]
fn without_a_majority_the_view_is_stale_and_says_why_until_it_is_back() {
    let cluster = Cluster::start(3);
    let left = cluster.others(cluster.leader())[0];
    let mut terminal = Terminal::open(Etcd::program_at(&cluster.hosts(&[0, 1, 2]), PREFIX, &[]), 160, 40);
    terminal.wait_for("SYNCED");
    for lost in cluster.others(left) {
        cluster.member(lost).kill();
    }
    terminal.wait_for("STALE");
    terminal.keys("6");
    terminal.wait_for("a majority of its members is gone");
    for lost in cluster.others(left) {
        cluster.member(lost).restart();
    }
    terminal.keys("ctrl-r");
    terminal.wait_for("SYNCED");
}

/// The program on an etcd with this certificate.
fn on_tls(ca: &Authority, names: &[&str], valid: Valid, arguments: &[&str]) -> (EtcdServer, Program) {
    let pair = ca.server(names, valid);
    let server =
        Launch::default().tls(Tls::Files { cert: pair.cert, key: pair.key, client_ca: None }).start();
    let program = Etcd::program_at(&format!("https://{}", server.address()), PREFIX, arguments);
    (server, program.env("ETCD_CACERT", ca.file()))
}

/// What stands in the right half, as one line.
fn unwrapped(screen: &Screen) -> String {
    let right = |line: String| line.split('│').nth(1).unwrap_or_default().trim().to_owned();
    screen.lines().into_iter().map(right).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_certificate_for_another_name_or_of_another_time_is_told_on_screen_and_to_scripts() {
    let ca = Authority::new();
    for (names, valid, words) in [
        (["etcd.example"], Valid::Now, "is for etcd.example, not for 127.0.0.1"),
        (["127.0.0.1"], Valid::Past, "expired on 2020-01-01"),
    ] {
        let (_server, program) = on_tls(&ca, &names, valid, &[]);
        let mut terminal = Terminal::open(program, 120, 40);
        terminal.wait_for("CONNECTING");
        terminal.wait_until(|screen| unwrapped(screen).contains(words));
        let (_server, program) = on_tls(&ca, &names, valid, &["get", "default/x"]);
        let error = program.run().expect_code(6).err();
        assert!(error.starts_with("confdeck: the certificate of etcd at 127.0.0.1:"), "{error}");
        assert!(error.contains(words), "{error}");
    }
}
