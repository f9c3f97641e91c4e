//! Two processes and the console count together in one document, a thousand times, by conditional
//! writes alone: each that was acknowledged is in the sum, and nothing else is.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use confdeck::domain::{Namespace, ResourceKey, WebhookId};
use confdeck::provider::file::{FileProvider, FileSettings};
use confdeck::provider::{ConfigWriter, Error, Expect, Lease};

use crate::store::{Etcd, Files};
use crate::support::again::again;
use crate::support::etcd::provider_at;
use crate::terminal::Terminal;

/// What the person at the console adds, one by one.
const BY_HAND: usize = 20;
/// What the processes add meanwhile, each time.
const EACH_TIME: [usize; 2] = [25, 24];
const TOTAL: usize = BY_HAND * (1 + EACH_TIME[0] + EACH_TIME[1]);

const FILE: &str = "CONFDECK_TEST_FILE";
const ETCD: &str = "CONFDECK_TEST_ETCD";
const PREFIX: &str = "CONFDECK_TEST_PREFIX";
const REPORT: &str = "CONFDECK_TEST_REPORT";

fn text(number: usize) -> String {
    format!("{{\"module\": \"log\", \"n\": {number}}}")
}

fn number(text: &str) -> usize {
    let digits = text.split_once("\"n\": ").unwrap().1;
    digits.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// Not a test of its own: what the processes run. Each line of its input says how often to add 1.
#[tokio::test]
#[ignore = "started by the tests of this module"]
async fn counts() {
    let Some(report) = std::env::var_os(REPORT) else { return };
    let store: Box<dyn ConfigWriter> = match std::env::var(ETCD) {
        Ok(address) => Box::new(provider_at(&address, &std::env::var(PREFIX).unwrap())),
        Err(_) => {
            let webhooks = PathBuf::from(std::env::var_os(FILE).unwrap());
            let connections = webhooks.with_file_name("connections.json");
            Box::new(FileProvider::new(FileSettings { webhooks, connections }))
        }
    };
    let (mut added, mut conflicts) = (0, 0);
    for line in std::io::stdin().lock().lines() {
        for _ in 0..line.unwrap().parse::<usize>().unwrap() {
            conflicts += add_one(&*store).await;
            added += 1;
        }
    }
    std::fs::write(report, format!("{added} {conflicts}")).unwrap();
}

/// Adds 1 as a polite program does; answers how often somebody else was faster.
async fn add_one(store: &dyn ConfigWriter) -> usize {
    let key = ResourceKey::webhook(Namespace::default(), WebhookId::new("counter").unwrap());
    for conflicts in 0.. {
        let now = store.get(&key).await.unwrap().unwrap();
        let next = text(number(now.document.text().unwrap()) + 1);
        match store.set(now.key, next.into(), Expect::Token(now.token), Lease::Keep).await {
            Ok(_) => return conflicts,
            Err(Error::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("the numbers do not end")
}

/// A process that counts when it is told to.
struct Counter {
    child: Child,
    report: PathBuf,
}

impl Counter {
    fn start(folder: &Path, name: usize, store: &[(&str, &str)]) -> Self {
        let report = folder.join(format!("report-{name}"));
        let mut command = again("contend::counts");
        command.env(REPORT, &report).envs(store.iter().copied()).stdin(Stdio::piped());
        Self { child: command.spawn().unwrap(), report }
    }

    fn tell(&mut self, times: usize) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{times}").unwrap();
    }

    /// How often it added 1, and how often somebody else was faster.
    fn end(mut self) -> (usize, usize) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
        let report = std::fs::read_to_string(self.report).unwrap();
        let (added, conflicts) = report.split_once(' ').unwrap();
        (added.parse().unwrap(), conflicts.parse().unwrap())
    }
}

/// Counts up to the total and answers how the console and the processes fared.
fn contend(terminal: &mut Terminal, folder: &Path, store: &[(&str, &str)]) {
    let mut counters: Vec<_> = (0..EACH_TIME.len()).map(|name| Counter::start(folder, name, store)).collect();
    let mut tell = || {
        for (counter, times) in counters.iter_mut().zip(EACH_TIME) {
            counter.tell(times);
        }
    };
    let mut by_hand = 0;
    for round in 0..BY_HAND {
        // Once the others write while a draft is open, which must be a conflict; once they begin
        // together with the console's own write.
        let early = round % 2 == 0;
        let conflicts = add_by_hand(
            terminal,
            |terminal| {
                tell();
                if early {
                    terminal.wait_for("upstream CHANGED");
                }
            },
            early,
        );
        assert!(!early || conflicts > 0, "the draft was based on what is gone");
        by_hand += conflicts;
    }
    let ended: Vec<_> = counters.into_iter().map(Counter::end).collect();
    println!("{BY_HAND} by hand after {by_hand} conflicts; added and conflicts of the processes: {ended:?}");
    assert_eq!(BY_HAND + ended.iter().map(|(added, _)| added).sum::<usize>(), TOTAL);
    assert_eq!(TOTAL, 1_000);
}

/// Adds 1 as a person does, who begins anew after a conflict. The others start `early`, while the
/// draft is open, or with the key that writes it. Answers how many conflicts there were.
fn add_by_hand(terminal: &mut Terminal, others: impl FnOnce(&mut Terminal), early: bool) -> usize {
    let mut others = Some(others);
    for conflicts in 0.. {
        terminal.edit("default/counter");
        let screen = terminal.wait_for("\"n\": ");
        let line = screen.line_with("\"n\": ").unwrap();
        let base = number(&line);
        terminal.replace(&format!("\"n\": {base}"), &format!("\"n\": {}", base + 1));
        if early && let Some(others) = others.take() {
            others(terminal);
        }
        terminal.review();
        thread::sleep(READING);
        if let Some(others) = others.take() {
            others(terminal);
        }
        terminal.keys("enter");
        let screen = terminal.wait_until(|screen| screen.has("MERGE") || !screen.has("REVIEW"));
        // Another counted to the same number just before: the document is there, and this step is not.
        if screen.has("holds just what you wrote") {
            continue;
        }
        if !screen.has("MERGE") {
            return conflicts;
        }
        terminal.keys("esc");
        terminal.wait_gone("MERGE");
        terminal.keys("ctrl-x");
        terminal.wait_for("Throw away the draft of default/counter?");
        terminal.answer("y");
        terminal.wait_gone("Throw away");
    }
    unreachable!("the numbers do not end")
}

/// Longer than the 300 ms in which the console takes no key for an answer to a question.
const READING: Duration = Duration::from_millis(350);

#[test]
fn in_one_file_no_update_is_lost() {
    let files = Files::new(&format!("{{\n  \"counter\": {},\n  \"other\": {{}}\n}}\n", text(0)));
    let mut terminal = files.open(120, 40);
    let webhooks = files.webhooks.to_str().unwrap();
    contend(&mut terminal, files.home.path(), &[(FILE, webhooks)]);
    let expected = format!("{{\n  \"counter\": {},\n  \"other\": {{}}\n}}\n", text(TOTAL));
    assert_eq!(files.text(), expected);
    let left: Vec<_> =
        std::fs::read_dir(files.home.work()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["webhooks.json"]);
}

#[test]
fn in_one_etcd_key_no_update_is_lost() {
    let store = Etcd::new();
    store.put("default/webhooks/counter", &text(0));
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    let home = terminal.home().path().to_owned();
    let (address, prefix) = (store.server.address(), store.prefix().to_owned());
    contend(&mut terminal, &home, &[(ETCD, &address), (PREFIX, &prefix)]);
    assert_eq!(store.value("default/webhooks/counter").unwrap(), text(TOTAL));
    // The put that made it, and each that was acknowledged: none came twice.
    assert_eq!(store.version("default/webhooks/counter"), TOTAL + 1);
}
