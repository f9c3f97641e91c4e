//! The state that the calls and the watches of one file provider share: the last good picture of
//! each file, and what is wrong with it now.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Semaphore;

use super::notice::Attention;
use super::reading::{Found, Which};
use super::slot::{HESITATION, Slot};
use super::system::folder;
use crate::domain::{ChangeKind, Entry, KeyPrefix, LinkState, ResourceKey, Revision, StoreId};
use crate::provider::feed::{Feed, Picture};
use crate::provider::{Error, Result};

/// How many threads a provider may have in file work. Where a file system does not answer, each call
/// leaves one behind; past these, calls are refused and the threads of others are left alone.
const HANDS: usize = 8;

/// How long a caller waits before it looks again at a file in an editor's hands.
const GLANCE: Duration = Duration::from_millis(10);

/// What one file provider knows.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) feed: Feed,
    /// How long the receiver waits after a change before it reads a file.
    pub(super) debounce: Duration,
    pub(super) webhooks: PathBuf,
    pub(super) connections: PathBuf,
    pub(super) hands: Arc<Semaphore>,
    disk: Mutex<Disk>,
    attention: Mutex<Attention>,
}

#[derive(Debug, Default)]
struct Disk {
    webhooks: Slot,
    connections: Slot,
    loaded: bool,
}

impl Shared {
    pub(super) fn new(webhooks: PathBuf, connections: PathBuf, debounce: Duration) -> Self {
        let connecting = LinkState::Connecting { error: None, retry_in: None };
        // The identity is found with the first reading; a constructor does no I/O.
        let feed = Feed::new(StoreId::new("files"), connecting);
        let hands = Arc::new(Semaphore::new(HANDS));
        let (disk, attention) = (Mutex::default(), Mutex::default());
        Self { feed, debounce, webhooks, connections, hands, disk, attention }
    }

    pub(super) fn path(&self, which: Which) -> &Path {
        match which {
            Which::Webhooks => &self.webhooks,
            Which::Connections => &self.connections,
        }
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the picture up to the files: reads each that has changed, or both by `force`, and
    /// makes one revision of all differences. Blocks on I/O.
    ///
    /// Answers whether a file is broken and that is not told yet: it should be read again soon.
    pub(super) fn reload(&self, force: bool) -> bool {
        let mut disk = self.disk();
        let mut news = Vec::new();
        for which in [Which::Webhooks, Which::Connections] {
            let path = self.path(which);
            if let Some(found) = disk.slot(which).look(which, path, force) {
                news.push((which, found));
            }
        }
        let first = !std::mem::replace(&mut disk.loaded, true);
        let hesitating = disk.tell(first);
        let link = disk.link();
        if first {
            let store = self.identity();
            self.feed.edit(|picture| {
                let at = Revision::default().next();
                let found = news.into_iter().flat_map(|(_, found)| found);
                let entries = found.map(|(key, found)| (key.clone(), entry(key, found, at))).collect();
                picture.replace(store, at, entries);
                picture.set_link(link, false);
            });
        } else if !news.is_empty() || self.feed.look(|picture| *picture.link() != link) {
            self.feed.edit(|picture| {
                let changes: Vec<_> =
                    news.into_iter().flat_map(|(which, found)| differences(picture, which, found)).collect();
                if !changes.is_empty() {
                    picture.apply(changes);
                }
                picture.set_link(link, false);
            });
        }
        hesitating
    }

    /// The same for one caller, who gets neither an editor's empty moment nor what may be old.
    pub(super) fn refresh(&self) {
        let patience = Instant::now() + 2 * HESITATION;
        while self.reload(false) && Instant::now() < patience {
            sleep(GLANCE);
        }
    }

    /// What keeps a range from being read as it is now; the first of its files decides.
    pub(super) fn trouble(&self, prefix: &KeyPrefix) -> Option<Error> {
        let mut disk = self.disk();
        [Which::Webhooks, Which::Connections]
            .into_iter()
            .filter(|which| which.in_range(prefix))
            .find_map(|which| disk.slot(which).error().cloned())
    }

    /// What keeps one file from being read as it is now.
    pub(super) fn trouble_of(&self, which: Which) -> Result<()> {
        self.disk().slot(which).error().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Whether this file was there when it was last looked at.
    pub(super) fn was_there(&self, which: Which) -> bool {
        self.disk().slot(which).was_there()
    }

    /// When this file was last read.
    pub(super) fn last_read(&self, which: Which) -> Option<SystemTime> {
        self.disk().slot(which).read
    }

    /// How changes are noticed now.
    pub(super) fn attention(&self) -> Attention {
        *self.attention.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers how changes are noticed.
    pub(super) fn attend(&self, attention: Attention) {
        *self.attention.lock().unwrap_or_else(PoisonError::into_inner) = attention;
    }

    /// Remembers a save, so that the next save of the other file waits for the receiver.
    pub(super) fn saved(&self, which: Which) {
        self.disk().slot(which).saved = Some(Instant::now());
    }

    /// Waits until a save of this file cannot hide a change of the other from the receiver, which
    /// has one timer for both: a change to one within the debounce of the other is lost (domain.md
    /// section 8). It does not matter who made that change. Answers whether it had to wait.
    pub(super) fn pause(&self, which: Which) -> bool {
        let other = match which {
            Which::Webhooks => Which::Connections,
            Which::Connections => Which::Webhooks,
        };
        // A second time for a change during the first. One that never stops changing is read again
        // by the receiver anyway.
        let mut paused = false;
        for _ in 0..2 {
            let wait = self.debounce.saturating_sub(self.age(other));
            if wait.is_zero() {
                break;
            }
            sleep(wait);
            paused = true;
        }
        paused
    }

    /// How long ago a file changed, by our own hand or by its modification time. A time to come
    /// within the debounce is a clock that is a little off; beyond, it says nothing.
    fn age(&self, which: Which) -> Duration {
        let saved = self.disk().slot(which).saved.map_or(Duration::MAX, |saved| saved.elapsed());
        let modified = std::fs::metadata(self.path(which)).and_then(|file| file.modified());
        let age = modified.map_or(Duration::MAX, |modified| match modified.elapsed() {
            Ok(age) => age,
            Err(ahead) if ahead.duration() <= self.debounce => Duration::ZERO,
            Err(_) => Duration::MAX,
        });
        saved.min(age)
    }

    /// The device and the path of both files. Links of the files themselves are not followed, so
    /// that one which is pointed elsewhere is a change and no other store.
    fn identity(&self) -> StoreId {
        let mut text = String::from("files");
        for path in [&self.webhooks, &self.connections] {
            let folder = folder(path);
            let device = std::fs::metadata(folder).map(|folder| folder.dev()).unwrap_or_default();
            let canonical = std::fs::canonicalize(folder).or_else(|_| std::path::absolute(folder));
            let place =
                canonical.unwrap_or_else(|_| folder.into()).join(path.file_name().unwrap_or_default());
            // Writing to a String cannot fail. A path that is no text is told apart by its escapes.
            let _ = match place.to_str() {
                Some(place) => write!(text, " {device:x}:{place}"),
                None => write!(text, " {device:x}:{place:?}"),
            };
        }
        StoreId::new(text)
    }
}

impl Disk {
    fn slot(&mut self, which: Which) -> &mut Slot {
        match which {
            Which::Webhooks => &mut self.webhooks,
            Which::Connections => &mut self.connections,
        }
    }

    /// Decides which troubles are told now; answers whether one is held back. The first reading
    /// has no good picture to hold on to.
    fn tell(&mut self, first: bool) -> bool {
        let held_back = [&mut self.webhooks, &mut self.connections].map(|slot| slot.tell(first));
        held_back.contains(&true)
    }

    fn link(&self) -> LinkState {
        match [&self.webhooks, &self.connections].into_iter().find_map(Slot::told) {
            None => LinkState::Synced,
            Some(Error::Denied { permission, .. }) => {
                LinkState::Denied { permission: permission.clone(), retry_in: None }
            }
            Some(error) => LinkState::Stale { reason: error.to_string(), retry_in: None },
        }
    }
}

fn entry(key: ResourceKey, found: Found, revision: Revision) -> Entry {
    let Found { document, token } = found;
    Entry { key, document, revision, created: None, version: None, token, lease: None }
}

/// What turns the picture of one file into what was found in it.
fn differences(picture: &Picture, which: Which, found: BTreeMap<ResourceKey, Found>) -> Vec<ChangeKind> {
    let at = picture.at().next();
    let of_this = |key: &&ResourceKey| Which::place(key).is_some_and(|(file, _)| file == which);
    let gone: Vec<_> = picture
        .entries()
        .keys()
        .filter(of_this)
        .filter(|key| !found.contains_key(key))
        .map(|key| ChangeKind::Deleted { key: key.clone() })
        .collect();
    let known = |key: &ResourceKey| picture.entries().get(key).map(|entry| entry.token);
    let put = found
        .into_iter()
        .filter(|(key, found)| known(key) != Some(found.token))
        .map(|(key, found)| ChangeKind::Put { entry: entry(key, found, at) });
    gone.into_iter().chain(put).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_broken_for_a_moment_is_no_news_and_one_that_stays_so_is() {
        let folder = tempfile::tempdir().unwrap();
        let webhooks = folder.path().join("w.json");
        let shared = Shared::new(webhooks.clone(), folder.path().join("c.json"), Duration::ZERO);
        let link = || shared.feed.look(|picture| picture.link().word());
        let reload = |text: &str| {
            std::fs::write(&webhooks, text).unwrap();
            shared.reload(true)
        };
        assert!(!reload("{\"a\": 1}"));
        assert!(reload(""), "read it again soon");
        assert_eq!(link(), "SYNCED");
        assert!(shared.trouble(&KeyPrefix::All).is_some(), "a caller must not get what may be old");
        assert!(!reload("{\"a\": 2}"));

        assert!(reload("{\"a\""));
        while shared.reload(true) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(link(), "STALE");
        assert_eq!(shared.feed.look(|picture| picture.entries().len()), 1, "the last good picture");
        assert!(!reload("{}"));
        assert_eq!(link(), "SYNCED");
    }

    #[test]
    fn a_file_that_is_away_for_a_moment_is_no_news_and_one_that_stays_away_is() {
        let folder = tempfile::tempdir().unwrap();
        let webhooks = folder.path().join("w.json");
        let shared = Shared::new(webhooks.clone(), folder.path().join("c.json"), Duration::ZERO);
        let look = || shared.feed.look(|picture| (picture.link().word(), picture.entries().len()));
        std::fs::write(&webhooks, "{\"a\": 1}").unwrap();
        assert!(!shared.reload(true));
        std::fs::remove_file(&webhooks).unwrap();
        assert!(shared.reload(true), "look again soon");
        assert_eq!(look(), ("SYNCED", 1));
        std::fs::write(&webhooks, "{\"a\": 1, \"b\": 1}").unwrap();
        assert!(!shared.reload(true));
        assert_eq!(look(), ("SYNCED", 2));

        std::fs::remove_file(&webhooks).unwrap();
        shared.refresh();
        assert_eq!(look(), ("SYNCED", 0), "a caller waits for the truth");
        assert!(shared.trouble(&KeyPrefix::All).is_none());
    }
}
