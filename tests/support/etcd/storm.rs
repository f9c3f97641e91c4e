//! Many writers, each with a chain of conditional writes, and an account of every one of them that
//! the store's own history is held against.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use confdeck::domain::{Document, Namespace, ResourceKey, Token, WebhookId};
use confdeck::provider::etcd::EtcdProvider;
use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect, Lease};
use etcd_client::{Client, EventType, WatchOptions};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// One key each.
const WRITERS: usize = 32;
/// Between two writes of one writer: 500 a second in all.
const PACE: Duration = Duration::from_millis(64);

/// What its writer knows of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Acknowledged, with the token it gave.
    Stored(Token),
    /// Reported as a failure: not stored.
    Failed,
    /// Reported as open, and found stored by reading again.
    FoundStored,
    /// Reported as open; reading again found what was there before, and a later write on the same
    /// condition went through.
    FoundLost,
    /// Reported as open, and still open when the storm ended.
    Open,
}

/// Writers at work.
pub struct Storm {
    stop: watch::Sender<bool>,
    stored: Arc<AtomicUsize>,
    writers: Vec<tokio::task::JoinHandle<Writer>>,
    begun: Instant,
    prefix: String,
}

impl Storm {
    /// Lets all writers loose on one provider.
    pub fn begin(provider: Arc<EtcdProvider>, prefix: &str) -> Self {
        let (stop, stored) = (watch::Sender::new(false), Arc::new(AtomicUsize::new(0)));
        let writer = |n| {
            let (provider, stop) = (Arc::clone(&provider), stop.subscribe());
            let mut writer = Writer::new(n, Arc::clone(&stored));
            tokio::spawn(async move {
                writer.run(&*provider, stop).await;
                let left = std::mem::take(&mut writer.open);
                writer.fates.extend(left.into_iter().map(|id| (id, Fate::Open)));
                writer
            })
        };
        let writers = (0..WRITERS).map(writer).collect();
        Self { stop, stored, writers, begun: Instant::now(), prefix: prefix.into() }
    }

    /// How many writes were acknowledged so far.
    pub fn stored(&self) -> usize {
        self.stored.load(Ordering::Relaxed)
    }

    /// Lets every writer finish what it is at, and settles the account with the store's history.
    pub async fn settle(self, client: Client) -> Account {
        self.stop.send_replace(true);
        let took = self.begun.elapsed();
        let mut account = Account { took, ..Account::default() };
        let mut fates = HashMap::new();
        let mut acks = Vec::new();
        for writer in self.writers {
            let writer = writer.await.unwrap();
            acks.extend(writer.acks);
            fates.extend(writer.fates);
        }
        acks.sort_unstable();
        account.longest_silence = acks.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
        let history = History::read(client, &self.prefix).await;
        for (id, fate) in &fates {
            account.judge(id, *fate, &history);
        }
        for id in history.stored.keys() {
            assert!(fates.contains_key(id), "{id} is stored and nobody wrote it");
        }
        account
    }
}

struct Writer {
    key: ResourceKey,
    name: String,
    count: usize,
    /// What the key holds, as far as this writer, the only one on it, knows.
    token: Option<Token>,
    /// Writes on this very token whose outcome is open: reading again did not find them stored.
    open: Vec<String>,
    fates: HashMap<String, Fate>,
    acks: Vec<Instant>,
    stored: Arc<AtomicUsize>,
}

impl Writer {
    fn new(n: usize, stored: Arc<AtomicUsize>) -> Self {
        let name = format!("w{n:02}");
        let key = ResourceKey::webhook(Namespace::default(), WebhookId::new(&name).unwrap());
        Self {
            key,
            name,
            count: 0,
            token: None,
            open: Vec::new(),
            fates: HashMap::new(),
            acks: Vec::new(),
            stored,
        }
    }

    async fn run(&mut self, store: &dyn ConfigWriter, stop: watch::Receiver<bool>) {
        let mut pace = tokio::time::interval(PACE);
        // What could not be written in time is not made up for.
        pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !*stop.borrow() {
            self.write(store).await;
            pace.tick().await;
        }
    }

    async fn write(&mut self, store: &dyn ConfigWriter) {
        self.count += 1;
        let id = format!("{}-{}", self.name, self.count);
        let after = self.token.map(|token| token.to_string()).unwrap_or_default();
        let document = Document::from(format!(r#"{{"id":"{id}","after":"{after}"}}"#).as_str());
        let expect = self.token.map_or(Expect::Absent, Expect::Token);
        let fate = match store.set(self.key.clone(), document, expect, Lease::Keep).await {
            Ok(commit) => {
                self.acks.push(Instant::now());
                self.stored.fetch_add(1, Ordering::Relaxed);
                self.token = commit.outcomes[0].after;
                // What this write expected was still there, so no open one can ever be stored.
                self.settle(None);
                Fate::Stored(self.token.unwrap())
            }
            Err(Error::Unavailable { .. }) => Fate::Failed,
            Err(Error::Conflict { now: Some(now), .. }) => {
                let came_between = id_of(now.document.as_bytes());
                assert!(self.open.contains(&came_between), "{id} met {came_between}");
                self.settle(Some(&came_between));
                self.token = Some(now.token);
                Fate::Failed
            }
            Err(Error::OutcomeUnknown { .. }) => {
                self.open.push(id);
                return self.look(store).await;
            }
            Err(other) => panic!("{id}: {other}"),
        };
        self.fates.insert(id, fate);
    }

    /// Reads again, until there is an answer.
    async fn look(&mut self, store: &dyn ConfigReader) {
        let now = loop {
            if let Ok(now) = store.get(&self.key).await {
                break now;
            }
            tokio::time::sleep(PACE).await;
        };
        let Some(now) = now.filter(|now| Some(now.token) != self.token) else { return };
        let stored = id_of(now.document.as_bytes());
        assert!(self.open.contains(&stored), "{stored} is nobody's");
        self.settle(Some(&stored));
        self.token = Some(now.token);
    }

    /// One of the open writes is stored, or another on the same token: none of the others ever will.
    fn settle(&mut self, stored: Option<&str>) {
        for id in self.open.drain(..) {
            let found = stored == Some(id.as_str());
            self.fates.insert(id, if found { Fate::FoundStored } else { Fate::FoundLost });
        }
    }
}

fn id_of(document: &[u8]) -> String {
    let document: serde_json::Value = serde_json::from_slice(document).unwrap();
    document["id"].as_str().unwrap().to_owned()
}

/// Everything that was ever stored under a prefix, by the id of the write.
struct History {
    stored: HashMap<String, Vec<Token>>,
}

impl History {
    /// Replays the watch from the first revision on, and checks that each write followed the one it
    /// expected.
    async fn read(mut client: Client, prefix: &str) -> Self {
        let end = client.get(prefix, None).await.unwrap().header().unwrap().revision();
        // One more event, so that the replay has an end.
        client.put(format!("{prefix}end"), "", None).await.unwrap();
        let options = WatchOptions::new().with_prefix().with_start_revision(1);
        let mut events = client.watch(prefix, Some(options)).await.unwrap();
        let (mut stored, mut last) = (HashMap::<String, Vec<Token>>::new(), HashMap::new());
        loop {
            let message = events.message().await.unwrap().unwrap();
            for event in message.events() {
                let kv = event.kv().unwrap();
                if kv.mod_revision() > end {
                    return Self { stored };
                }
                assert_eq!(event.event_type(), EventType::Put);
                let token = Token::counter(kv.mod_revision().unsigned_abs());
                let document: serde_json::Value = serde_json::from_slice(kv.value()).unwrap();
                let before = last.insert(kv.key().to_vec(), token.to_string()).unwrap_or_default();
                assert_eq!(document["after"].as_str().unwrap(), before, "{document}");
                stored.entry(id_of(kv.value())).or_default().push(token);
            }
        }
    }
}

/// What became of all writes.
#[derive(Debug, Default)]
pub struct Account {
    pub took: Duration,
    /// Acknowledged; each is in the history once, at the revision that was told.
    pub stored: usize,
    /// Reported as failed; none is in the history.
    pub failed: usize,
    /// Reported as open; reading again found these stored, and the history has each once.
    pub found_stored: usize,
    /// Reported as open; reading again and writing on showed these lost, and the history has none.
    pub found_lost: usize,
    /// Open when the storm ended: stored at most once.
    pub open: usize,
    /// The longest time without any acknowledgement.
    pub longest_silence: Duration,
}

impl Account {
    fn judge(&mut self, id: &str, fate: Fate, history: &History) {
        let stored: &[Token] = history.stored.get(id).map_or(&[], Vec::as_slice);
        assert!(stored.len() <= 1, "{id} is stored {} times", stored.len());
        match fate {
            Fate::Stored(token) => {
                assert_eq!(stored, [token], "{id}");
                self.stored += 1;
            }
            Fate::Failed => {
                assert_eq!(stored, [], "{id} was reported as failed");
                self.failed += 1;
            }
            Fate::FoundStored => {
                assert_eq!(stored.len(), 1, "{id} was found stored");
                self.found_stored += 1;
            }
            Fate::FoundLost => {
                assert_eq!(stored, [], "{id} was found lost");
                self.found_lost += 1;
            }
            Fate::Open => self.open += 1,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answered = self.took - self.longest_silence;
        write!(
            f,
            "{:.0} writes a second in {answered:.1?}, then no answer for {:.1?}: {} acknowledged, {} failed, \
             {} open and found stored, {} open and found lost, {} left open",
            self.stored as f64 / answered.as_secs_f64(),
            self.longest_silence,
            self.stored,
            self.failed,
            self.found_stored,
            self.found_lost,
            self.open
        )
    }
}
