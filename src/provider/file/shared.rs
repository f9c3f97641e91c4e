//! The state that the calls and the watches of one file provider share: the last good picture of
//! each file, and what is wrong with it now.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use std::os::unix::fs::MetadataExt;

use super::reading::{Contents, Found, Stamp, Which, folder, read};
use crate::domain::{ChangeKind, Entry, KeyPrefix, LinkState, ResourceKey, Revision, StoreId};
use crate::provider::feed::{Feed, Picture};
use crate::provider::{Error, Result};

/// A stamp younger than this may hide a second write within the same clock tick of the file system,
/// some of which count in whole seconds.
const STAMP_SETTLES: i64 = 2;

/// How long a file must stay broken before it is told: many editors empty a file before they write
/// it, and that moment is no news.
pub(super) const HESITATION: Duration = Duration::from_millis(150);

/// What one file provider knows.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) feed: Feed,
    /// How long the receiver waits after a change before it reads a file.
    pub(super) debounce: Duration,
    pub(super) webhooks: PathBuf,
    pub(super) connections: PathBuf,
    disk: Mutex<Disk>,
    /// How a watch learns of changes, in words.
    noticing: Mutex<Option<&'static str>>,
}

#[derive(Debug, Default)]
struct Disk {
    webhooks: Slot,
    connections: Slot,
    loaded: bool,
}

/// What was last seen of one file.
#[derive(Debug, Default)]
struct Slot {
    /// The stamp of the last reading, once it can be trusted; `Some(None)` for no file.
    stamp: Option<Option<Stamp>>,
    /// When that was.
    read: Option<SystemTime>,
    trouble: Option<Trouble>,
    /// When this process last replaced it.
    saved: Option<Instant>,
}

/// Why a file cannot be read as it is now.
#[derive(Debug)]
struct Trouble {
    error: Error,
    since: Instant,
    /// Whether watches know of it; callers always do.
    told: bool,
}

impl Shared {
    pub(super) fn new(webhooks: PathBuf, connections: PathBuf, debounce: Duration) -> Self {
        let connecting = LinkState::Connecting { error: None, retry_in: None };
        // The identity is found with the first reading; a constructor does no I/O.
        let feed = Feed::new(StoreId::new("files"), connecting);
        Self { feed, debounce, webhooks, connections, disk: Mutex::default(), noticing: Mutex::default() }
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

    /// What keeps a range from being read as it is now; the first of its files decides.
    pub(super) fn trouble(&self, prefix: &KeyPrefix) -> Option<Error> {
        let mut disk = self.disk();
        [Which::Webhooks, Which::Connections]
            .into_iter()
            .filter(|which| which.in_range(prefix))
            .find_map(|which| disk.slot(which).error())
    }

    /// What keeps one file from being read as it is now.
    pub(super) fn trouble_of(&self, which: Which) -> Result<()> {
        self.disk().slot(which).error().map_or(Ok(()), Err)
    }

    /// When one file was last read.
    pub(super) fn last_read(&self, which: Which) -> Option<SystemTime> {
        self.disk().slot(which).read
    }

    /// How a watch learns of changes, if there is one.
    pub(super) fn noticing(&self) -> Option<&'static str> {
        *self.noticing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how a watch learns of changes.
    pub(super) fn notices_by(&self, how: &'static str) {
        *self.noticing.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
    }

    /// Remembers a save, so that the next save of the other file waits for the receiver.
    pub(super) fn saved(&self, which: Which) {
        self.disk().slot(which).saved = Some(Instant::now());
    }

    /// How long a save of this file must wait: the receiver has one timer for both files, and a
    /// change to one within the debounce of the other is lost (domain.md section 8).
    pub(super) fn pause_before(&self, which: Which) -> Duration {
        let other = match which {
            Which::Webhooks => Which::Connections,
            Which::Connections => Which::Webhooks,
        };
        let saved = self.disk().slot(other).saved;
        saved.map_or(Duration::ZERO, |saved| self.debounce.saturating_sub(saved.elapsed()))
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
            // Writing to a String cannot fail.
            let _ = write!(text, " {device:x}:{}", place.display());
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
        let mut held_back = false;
        for trouble in
            [&mut self.webhooks, &mut self.connections].into_iter().filter_map(|slot| slot.trouble.as_mut())
        {
            trouble.told |= first || trouble.since.elapsed() >= HESITATION;
            held_back |= !trouble.told;
        }
        held_back
    }

    fn link(&self) -> LinkState {
        let troubles =
            [&self.webhooks, &self.connections].into_iter().filter_map(|slot| slot.trouble.as_ref());
        match troubles.filter(|trouble| trouble.told).map(|trouble| &trouble.error).next() {
            None => LinkState::Synced,
            Some(Error::Denied { permission, .. }) => {
                LinkState::Denied { permission: permission.clone(), retry_in: None }
            }
            Some(error) => LinkState::Stale { reason: error.to_string(), retry_in: None },
        }
    }
}

impl Slot {
    /// The documents of the file if it was read anew; `None` leaves the last good ones.
    fn look(&mut self, which: Which, path: &Path, force: bool) -> Option<BTreeMap<ResourceKey, Found>> {
        if !force && self.stamp.is_some() && self.stamp == Some(stamp(path)) {
            return None;
        }
        self.read = Some(SystemTime::now());
        let documents = match read(path) {
            Ok(Some((stamp, bytes))) => {
                // Also a file that cannot be understood need not be read again until it changes.
                self.stamp = settled(stamp).map(Some);
                Contents::of(path, bytes).map(|contents| contents.documents(which))
            }
            Ok(None) => {
                self.stamp = Some(None);
                Ok(BTreeMap::new())
            }
            Err(error) => {
                self.stamp = None;
                Err(error)
            }
        };
        match documents {
            Ok(documents) => {
                self.trouble = None;
                Some(documents)
            }
            Err(error) => {
                let before = self.trouble.take();
                let (since, told) =
                    before.map_or((Instant::now(), false), |trouble| (trouble.since, trouble.told));
                self.trouble = Some(Trouble { error, since, told });
                None
            }
        }
    }

    fn error(&self) -> Option<Error> {
        self.trouble.as_ref().map(|trouble| trouble.error.clone())
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    std::fs::metadata(path).ok().map(|file| Stamp::of(&file))
}

/// The stamp, if a later write cannot carry the same one.
pub(super) fn settled(stamp: Stamp) -> Option<Stamp> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    (stamp.changed_at().saturating_add(STAMP_SETTLES) < now).then_some(stamp)
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
}
