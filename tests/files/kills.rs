//! `kill -9` at any moment of a save: the file is the old one or the new one, whole, with its mode;
//! nothing that is left blocks or outlives the next save.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use confdeck::provider::{ConfigReader, ConfigWriter, Expect, Lease};

use crate::pair::{Pair, provider, webhook};
use crate::support::again::again;
use crate::support::picture::PATIENCE;

const KILLS: usize = 200;
const FOLDER: &str = "CONFDECK_TEST_FOLDER";
/// Every run kills alike, as far as the machine lets it.
const SEED: u64 = 0x5eed_0f5a_4e5a_7e5d;
/// Large enough that reading, writing and syncing it each take a while.
const BALLAST: usize = 192 * 1024;
const MODE: u32 = 0o640;

fn text(number: u64) -> String {
    format!("{{\n  \"a\": {number},\n  \"ballast\": \"{}\"\n}}\n", "0123456789abcdef".repeat(BALLAST / 16))
}

fn number(text: &str) -> u64 {
    let digits = text.split_once("\"a\": ").unwrap().1;
    digits.split_once(',').unwrap().0.parse().unwrap()
}

/// Not a test of its own: saves one number after the other and says each that was acknowledged.
#[tokio::test]
#[ignore = "started and killed by two_hundred_kills_leave_the_old_or_the_new_file"]
async fn saves_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let provider = provider(&folder);
    let entry = provider.get(&webhook("a")).await.unwrap().unwrap();
    let (mut token, first) = (entry.token, entry.document.text().unwrap().parse::<u64>().unwrap());
    // The harness has its own use for standard output.
    let mut told = fs::OpenOptions::new().write(true).open("/proc/self/fd/2").unwrap();
    for next in first + 1.. {
        let document = next.to_string().into();
        let commit = provider.set(webhook("a"), document, Expect::Token(token), Lease::Keep).await.unwrap();
        token = commit.outcomes[0].after.unwrap();
        writeln!(told, "saved {next}").unwrap();
    }
}

/// What of a save had happened when its process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// No save was under way.
    Between,
    /// The lock was held; nothing was written beside the file.
    Reading,
    /// A part of the new text lay beside the file.
    Writing,
    /// All of it did.
    Ready,
    /// It had taken the file's place and nobody had been told.
    Replaced,
}

/// How far a save is waited for before the delay begins.
const AIMS: [Phase; 4] = [Phase::Between, Phase::Reading, Phase::Writing, Phase::Ready];

/// The size of what lies beside the file, if anything does.
fn beside(folder: &Path) -> Option<u64> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut temporary = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"));
    // It may have gone since.
    temporary.next().map(|entry| entry.metadata().map_or(0, |about| about.len()))
}

fn reached(folder: &Path, aim: Phase, size: u64) -> bool {
    match aim {
        Phase::Reading => folder.join(".webhooks.json.lock").exists(),
        Phase::Writing => beside(folder).is_some(),
        Phase::Ready => beside(folder).is_some_and(|written| written >= size),
        Phase::Between | Phase::Replaced => true,
    }
}

/// Pseudo-random numbers (xorshift64), the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// A process that saves, with the numbers it has said.
fn saver(folder: &Path) -> (Child, Receiver<u64>) {
    let mut command = again("kills::saves_until_it_is_killed");
    let mut child = command.env(FOLDER, folder).stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(child.stderr.take().unwrap());
    let (heard, numbers) = channel();
    std::thread::spawn(move || {
        for line in told.lines().map_while(Result::ok) {
            let number = line.strip_prefix("saved ").unwrap_or_else(|| panic!("{line}"));
            let _ = heard.send(number.parse().unwrap());
        }
    });
    (child, numbers)
}

/// Starts a saver, kills it, and answers what it had last said.
fn kill_one(folder: &Path, dice: &mut Dice) -> u64 {
    let (mut child, numbers) = saver(folder);
    let mut last = numbers.recv_timeout(PATIENCE).expect("its first save");
    let aim = AIMS[usize::try_from(dice.below(4)).unwrap()];
    let size = fs::metadata(folder.join("webhooks.json")).unwrap().len();
    let began = Instant::now();
    while !reached(folder, aim, size) {
        assert!(began.elapsed() < PATIENCE, "{aim:?} never came");
        std::hint::spin_loop();
    }
    let delay = Duration::from_micros(dice.below(if aim == Phase::Between { 60_000 } else { 3_000 }));
    let aimed = Instant::now();
    while aimed.elapsed() < delay {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Until the pipe has ended.
    for number in &numbers {
        last = number;
    }
    last
}

fn phase(folder: &Path, found: u64, told: u64, size: u64) -> Phase {
    match beside(folder) {
        _ if found > told => Phase::Replaced,
        Some(written) if written < size => Phase::Writing,
        Some(_) => Phase::Ready,
        None if folder.join(".webhooks.json.lock").exists() => Phase::Reading,
        None => Phase::Between,
    }
}

#[tokio::test]
async fn two_hundred_kills_leave_the_old_or_the_new_file() {
    let pair = Pair::new();
    let (folder, path) = (pair.folder.path(), pair.path("webhooks.json"));
    pair.write("webhooks.json", &text(0));
    fs::set_permissions(&path, PermissionsExt::from_mode(MODE)).unwrap();
    let owner = fs::metadata(&path).unwrap().uid();
    let mut dice = Dice(SEED);
    let mut landed = std::collections::BTreeMap::new();
    for _ in 0..KILLS {
        let told = kill_one(folder, &mut dice);
        let found = pair.text("webhooks.json");
        let there = number(&found);
        assert!(there == told || there == told + 1, "{there} is there, {told} was acknowledged");
        assert!(found == text(there), "the file is whole");
        let about = fs::metadata(&path).unwrap();
        assert_eq!((about.mode() & 0o7777, about.uid()), (MODE, owner));
        *landed.entry(phase(folder, there, told, about.len())).or_insert(0) += 1;

        // What is left blocks nobody, and goes with the next save.
        pair.put(webhook("a"), &(there + 1).to_string()).await;
        assert_eq!(pair.names(), ["webhooks.json"]);
    }
    eprintln!("{KILLS} kills landed: {landed:?}");
    for phase in [Phase::Reading, Phase::Ready, Phase::Replaced] {
        assert!(landed.contains_key(&phase), "no kill landed in {phase:?}: {landed:?}");
    }
}
