//! A console at the end of a thin line, through a load, two outages, a compaction and a burst. Every frame
//! whose badge reads SYNCED is held against the store's own history, which a watch past the line has kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use etcd_client::{Client, GetOptions, KeyValue, WatchOptions};
use tokio::runtime::Runtime;

use crate::screen::Screen;
use crate::store::Etcd;
use crate::support::etcd::{Bandwidth, Gate, Launch, etcd34};
use crate::terminal::Terminal;

/// How long the badge may read SYNCED with a revision that the store has left: a second until the store is asked,
/// and one and a half for its answer where not even one change has arrived; the rest is for a busy machine.
const UNNOTICED: Duration = Duration::from_secs(4);

/// What is no matter of the line: the start of the program, round trips, a busy machine.
const ASIDE: Duration = Duration::from_secs(3);

/// How much goes over the line, and how fast.
#[derive(Clone, Copy)]
struct Case {
    bytes_per_second: u64,
    documents: usize,
    /// The documents of the burst, and how large each is.
    burst: (usize, usize),
}

/// How large a document is that is not part of a burst.
const SIZE: usize = 1_000;

/// What CI tries, in some fifteen seconds, or the twenty megabytes of a fleet over three lines, in some
/// minutes.
fn cases() -> Vec<Case> {
    let case =
        |kilobytes: u64, documents, burst| Case { bytes_per_second: kilobytes * 1_000, documents, burst };
    if std::env::var_os("CONFDECK_LONG").is_none() {
        return vec![case(300, 300, (30, 60_000))];
    }
    let rates = std::env::var("CONFDECK_RATES").unwrap_or_else(|_| "1000 300 100".into());
    let rates = rates.split_whitespace().map(|rate| rate.parse().expect("kilobytes a second"));
    rates.map(|rate| case(rate, 20_000, (30, 1_000_000))).collect()
}

/// What a store has held: of each document by its id, its module from a revision on, `None` for a deletion.
#[derive(Default)]
struct History {
    modules: BTreeMap<String, Vec<(u64, Option<String>)>>,
    /// When each revision was seen.
    seen: BTreeMap<u64, Instant>,
}

impl History {
    /// The ids and modules of the documents at a revision.
    fn at(&self, revision: u64) -> BTreeMap<&str, &str> {
        let changes = self
            .modules
            .iter()
            .map(|(id, changes)| (id.as_str(), changes.iter().rfind(|(since, _)| *since <= revision)));
        let held = changes.filter_map(|(id, change)| Some((id, change?.1.as_deref()?)));
        held.collect()
    }

    fn head(&self) -> u64 {
        self.seen.last_key_value().map_or(0, |(revision, _)| *revision)
    }

    fn note(&mut self, kv: &KeyValue) {
        let revision = kv.mod_revision().unsigned_abs();
        self.seen.entry(revision).or_insert_with(Instant::now);
        let module = (kv.version() > 0).then(|| module_of(kv));
        self.modules.entry(id_of(kv)).or_default().push((revision, module));
    }
}

fn id_of(kv: &KeyValue) -> String {
    kv.key_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

fn module_of(kv: &KeyValue) -> String {
    kv.value_str().unwrap().split('"').nth(3).unwrap().to_owned()
}

/// Keeps the history of a store, past the line.
async fn keep(client: Client, prefix: String, history: Arc<Mutex<History>>) {
    let options = WatchOptions::new().with_prefix().with_start_revision(1);
    let mut client = client.watch_client().max_decoding_message_size(1 << 30);
    let mut watch = client.watch(prefix, Some(options)).await.unwrap();
    while let Ok(Some(message)) = watch.message().await {
        let mut history = history.lock().unwrap();
        message.events().iter().for_each(|event| history.note(event.kv().unwrap()));
    }
}

/// What a frame says.
#[derive(Debug)]
struct Shown {
    /// The revision beside SYNCED.
    revision: u64,
    /// How many documents there are.
    count: usize,
    /// The ids in sight, with their modules.
    rows: Vec<(String, String)>,
}

impl Shown {
    /// `None` unless the badge reads SYNCED.
    fn in_frame(text: &str) -> Option<Self> {
        let badge = text.lines().next()?.split_once("SYNCED ")?;
        // Not that of RESYNCED, which stands beside it.
        let after = badge.0.ends_with("● ").then_some(badge.1)?;
        let revision = after.split_whitespace().find_map(|word| word.strip_prefix('r')?.parse().ok())?;
        let rows = text.lines().filter_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let id = words.iter().position(|word| is_id(word))?;
            let module = words[id..].iter().find(|word| word.starts_with("mod"))?;
            Some((words[id].to_owned(), (*module).to_owned()))
        });
        let count = text.lines().rev().find_map(|line| {
            let (_, count) = line.rsplit_once(" of ")?;
            count.split_whitespace().next()?.replace(',', "").parse().ok()
        });
        Some(Self { revision, count: count?, rows: rows.collect() })
    }

    /// Panics unless the rows in sight are all that the store had between the first and the last of them.
    fn assert_as_in(&self, history: &History, frame: &str) {
        let held = history.at(self.revision);
        assert_eq!(self.count, held.len(), "at r{}\n{frame}", self.revision);
        let (Some((first, _)), Some((last, _))) = (self.rows.first(), self.rows.last()) else {
            assert!(held.is_empty(), "no rows\n{frame}");
            return;
        };
        let there: Vec<_> = held.range(first.as_str()..=last.as_str()).collect();
        let shown: Vec<_> = self.rows.iter().map(|(id, module)| (id.as_str(), module.as_str())).collect();
        let there: Vec<_> = there.into_iter().map(|(id, module)| (*id, *module)).collect();
        assert_eq!(shown, there, "at r{}\n{frame}", self.revision);
    }
}

fn is_id(word: &str) -> bool {
    word.strip_prefix('w').is_some_and(|rest| rest.len() == 5 && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// A console, the line it is at, and the store at the other end.
struct Scene {
    runtime: Runtime,
    store: Etcd,
    gate: Gate,
    history: Arc<Mutex<History>>,
    terminal: Terminal,
    case: Case,
}

impl Scene {
    fn open(launch: Launch, case: Case) -> Self {
        let runtime = Runtime::new().unwrap();
        let store = Etcd::launched(launch);
        let history = Arc::<Mutex<History>>::default();
        let client = runtime.block_on(store.server.client());
        runtime.spawn(keep(client, store.prefix().to_owned(), Arc::clone(&history)));
        write(&store, (0..case.documents).map(|n| (n, "mod0", SIZE)));
        let bandwidth =
            Bandwidth { bytes_per_second: case.bytes_per_second, delay: Duration::from_millis(50) };
        let gate = runtime.block_on(Gate::thin(&store.server, bandwidth));
        let terminal =
            Terminal::open(Etcd::program_at(&gate.address(), store.prefix(), &["--read-only"]), 160, 40);
        terminal.record();
        Self { runtime, store, gate, history, terminal, case }
    }

    /// Waits until the badge reads SYNCED at the store's revision, for at most one and a half times what the
    /// line takes for so many bytes.
    fn synced_in_time(&mut self, what: &str, bytes: usize) {
        let own = Duration::from_secs_f64(bytes as f64 / self.case.bytes_per_second as f64);
        let (begun, head) = (Instant::now(), self.store.revision());
        let limit = own.mul_f64(1.5) + ASIDE;
        let is_synced =
            |screen: &Screen| Shown::in_frame(&screen.text()).is_some_and(|shown| shown.revision >= head);
        self.terminal.wait_within(limit, &format!("SYNCED at r{head} after {what}"), is_synced);
        let took = begun.elapsed().as_secs_f64();
        let rate = self.case.bytes_per_second / 1_000;
        println!("{rate} kB/s, {what}: {took:.1} s, of which the line needs {:.1} s", own.as_secs_f64());
    }

    /// Cuts the line, and joins it once the console knows and the store has gone on.
    fn outage(&mut self, meanwhile: impl FnOnce(&Etcd)) {
        self.gate.shut();
        self.terminal.wait_for("STALE");
        meanwhile(&self.store);
        self.gate.reopen();
        self.terminal.keys("ctrl-r");
    }

    /// Holds every frame against the history, and the history against a fresh list.
    fn judge(&self) {
        let head = self.store.revision();
        let begun = Instant::now();
        while self.history.lock().unwrap().head() < head {
            assert!(begun.elapsed() < Duration::from_secs(60), "the history stands still");
            std::thread::sleep(Duration::from_millis(20));
        }
        let history = self.history.lock().unwrap();
        let fresh = self.runtime.block_on(async {
            let mut client = self.store.server.client().await.kv_client().max_decoding_message_size(1 << 30);
            let all = GetOptions::new().with_prefix();
            client.get(self.store.prefix(), Some(all)).await.unwrap().take_kvs()
        });
        let fresh: BTreeMap<_, _> = fresh.iter().map(|kv| (id_of(kv), module_of(kv))).collect();
        let told: BTreeMap<_, _> =
            history.at(head).into_iter().map(|(id, module)| (id.to_owned(), module.to_owned())).collect();
        assert_eq!(told, fresh);

        let (mut judged, mut behind) = (0, Duration::ZERO);
        let frames = self.terminal.recorded();
        // A frame stands until the next one.
        let ends = frames.iter().skip(1).map(|(at, _)| *at).chain([Instant::now()]);
        for ((_, frame), until) in frames.iter().zip(ends) {
            let Some(shown) = Shown::in_frame(frame) else { continue };
            shown.assert_as_in(&history, frame);
            let newer = history.seen.range(shown.revision + 1..).next();
            let left = newer.map_or(Duration::ZERO, |(_, seen)| until.saturating_duration_since(*seen));
            assert!(left < UNNOTICED, "r{}, which the store had left for {left:?}\n{frame}", shown.revision);
            behind = behind.max(left);
            judged += 1;
        }
        assert!(judged >= 4, "{judged} frames with SYNCED, after a load, two outages and a burst");
        println!(
            "{judged} frames with SYNCED, on the screen for at most {behind:?} after the store had gone on"
        );
    }
}

/// Writes documents by number, with their module and their size.
fn write<'a>(store: &Etcd, documents: impl Iterator<Item = (usize, &'a str, usize)>) {
    store.put_all(documents.map(|(n, module, size)| {
        let text = format!("{{\"module\":\"{module}\",\"text\":\"{}\"}}", "x".repeat(size - 50));
        (format!("lab/webhooks/w{n:05}"), text)
    }));
}

fn a_line_of_each_case(launch: &Launch) {
    for case in cases() {
        let mut scene = Scene::open(launch.clone(), case);
        let all = case.documents * SIZE;
        scene.synced_in_time("a load", all);

        let some = case.documents / 10;
        scene.outage(|store| {
            write(store, (0..some).map(|n| (n * 2, "mod1", SIZE)));
            store.delete("lab/webhooks/w00003");
        });
        scene.synced_in_time("an outage with changes", some * SIZE);
        assert!(!scene.terminal.has_ever_written("RESYNCED"), "it went on from what it had");

        scene.outage(|store| {
            write(store, (0..some).map(|n| (n * 3, "mod2", SIZE)));
            store.delete("lab/webhooks/w00004");
            let compacted = store.server.etcdctl(&["compact", &store.revision().to_string()]);
            assert!(compacted.status.success(), "{compacted:?}");
        });
        scene.synced_in_time("an outage with a compaction", all);

        let (count, size) = case.burst;
        for n in 0..count {
            write(&scene.store, [(n, "mod3", size)].into_iter());
        }
        scene.synced_in_time("a burst", count * size);
        let caught_up = scene.terminal.recorded().iter().any(|(_, frame)| frame.contains("CATCHING UP"));
        assert!(caught_up, "a burst of that size is not there at once");
        scene.judge();
    }
}

#[test]
fn over_a_thin_line_synced_is_what_the_store_holds() {
    a_line_of_each_case(&Launch::default());
}

#[test]
fn over_a_thin_line_to_etcd_3_4_synced_is_what_the_store_holds() {
    if let Some(binary) = etcd34() {
        a_line_of_each_case(&Launch::default().binary(binary));
    }
}
