//! The state shared by all calls and watches of one file provider: the last valid contents of each
//! file, and its current error.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::SILENT;
use super::contents::{FileKind, MemberDocument};
use super::filesystem::{StatStamp, folder};
use super::fs_watcher::WatchMode;
use super::io_clock::IoClock;
use super::io_threads::IoThreads;
use super::tracker::{FileTracker, HESITATION};
use crate::domain::{ChangeKind, Entry, KeyPrefix, LinkState, ResourceKey, Revision, StoreId};
use crate::provider::feed::{Feed, FeedState};
use crate::provider::{Error, Result};

/// How many blocking threads a provider may use.
const HANDS: usize = 8;

/// How long a caller waits before it reads again a file that an editor is writing.
pub(super) const GLANCE: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(super) struct FileState {
    pub(super) feed: Feed,
    /// How long the receiver waits after a change before it reloads a file.
    pub(super) debounce: Duration,
    pub(super) webhooks: PathBuf,
    pub(super) connections: PathBuf,
    pub(super) threads: IoThreads,
    pub(super) io: IoClock,
    pub(super) files: Mutex<FilePair>,
    pub(super) watch_mode: Mutex<WatchMode>,
}

#[derive(Debug, Default)]
pub(super) struct FilePair {
    webhooks: FileTracker,
    connections: FileTracker,
    loaded: bool,
}

impl FileState {
    pub(super) fn new(webhooks: PathBuf, connections: PathBuf, debounce: Duration) -> Self {
        let connecting = LinkState::Connecting { error: None, retry_in: None };
        // The store id is set by the first load; a constructor does no I/O.
        let feed = Feed::new(StoreId::new("files"), connecting.clone());
        // Nothing is known before it, not even that there is nothing.
        feed.update(|picture| picture.set_link(connecting, true));
        let threads = IoThreads::new(HANDS);
        let (files, watch_mode) = (Mutex::default(), Mutex::default());
        Self { feed, debounce, webhooks, connections, threads, io: IoClock::default(), files, watch_mode }
    }

    pub(super) fn path(&self, which: FileKind) -> &Path {
        match which {
            FileKind::Webhooks => &self.webhooks,
            FileKind::Connections => &self.connections,
        }
    }

    /// Runs file I/O on one of its threads; `None` if the runtime is shutting down.
    pub(super) async fn blocking<T, F>(self: Arc<Self>, work: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> T + Send + 'static,
    {
        let threads = self.threads.clone();
        threads.run(move || work(&self)).await
    }

    /// Reads each file that has changed, or both with `force`, and publishes all differences as one
    /// revision. Blocks on I/O.
    ///
    /// Returns whether an error is still within its grace period: the file should be read again soon.
    pub(super) fn reload(&self, force: bool) -> bool {
        let mut disk = self.files.lock();
        let mut news = Vec::new();
        for which in [FileKind::Webhooks, FileKind::Connections] {
            let path = self.path(which);
            if let Some(found) = disk.of(which).poll(which, path, force, &self.io) {
                news.push((which, found));
            }
        }
        let first = !std::mem::replace(&mut disk.loaded, true);
        // The first load reports errors at once, because there are no valid contents yet.
        let FilePair { webhooks, connections, .. } = &mut *disk;
        let hesitating = [webhooks, connections].map(|file| file.report_failure(first)).contains(&true);
        let link = disk.link();
        if first {
            let store = self.identity();
            self.feed.update(|picture| {
                let at = Revision::default().next();
                let found = news.into_iter().flat_map(|(_, found)| found);
                let entries = found.map(|(key, found)| (key.clone(), entry(key, found, at))).collect();
                picture.replace(store, at, entries);
                picture.set_link(link, false);
            });
        } else if !news.is_empty() || self.feed.read(|picture| *picture.link() != link) {
            self.feed.update(|picture| {
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

    /// Returns once the file system has answered, whatever it said.
    pub(super) fn probe(&self) {
        for path in [&self.webhooks, &self.connections] {
            let _ = StatStamp::at(path);
        }
    }

    /// Reports that the file system does not answer, until a reload has succeeded.
    pub(super) fn report_silence(&self) {
        let stale = LinkState::Stale { reason: SILENT.into(), retry_in: None };
        if self.feed.read(|picture| *picture.link() != stale) {
            self.feed.update(|picture| picture.set_link(stale, picture.is_withheld()));
        }
    }

    /// Reloads for a caller, who must get neither a half-written file nor stale contents.
    pub(super) fn refresh(&self) {
        let patience = Instant::now() + 2 * HESITATION;
        while self.reload(false) && Instant::now() < patience {
            sleep(GLANCE);
        }
    }

    /// The error of the first unreadable file of a range.
    pub(super) fn read_error(&self, prefix: &KeyPrefix) -> Option<Error> {
        let mut disk = self.files.lock();
        [FileKind::Webhooks, FileKind::Connections]
            .into_iter()
            .filter(|which| which.in_range(prefix))
            .find_map(|which| disk.of(which).error().cloned())
    }

    pub(super) fn check_readable(&self, which: FileKind) -> Result<()> {
        self.files.lock().of(which).error().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Records the time of a save, so that the next save of the other file waits for the receiver.
    pub(super) fn mark_saved(&self, which: FileKind) {
        self.files.lock().of(which).saved_at = Some(Instant::now());
    }

    /// Waits until a save of this file cannot hide a change of the other from the receiver, which
    /// has one timer for both: a change to one within the debounce of the other is lost (domain.md
    /// section 8), whoever made it. Returns whether it had to wait.
    pub(super) fn wait_for_debounce(&self, which: FileKind) -> bool {
        let other = if which == FileKind::Webhooks { FileKind::Connections } else { FileKind::Webhooks };
        // A second wait covers a change during the first. A file that never stops changing is reloaded
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

    /// How long ago a file changed, by our own save or by its modification time. A modification time
    /// in the future counts as now within the debounce (clock skew), and is ignored beyond it.
    fn age(&self, which: FileKind) -> Duration {
        let saved = self.files.lock().of(which).saved_at.map_or(Duration::MAX, |saved| saved.elapsed());
        let modified = std::fs::metadata(self.path(which)).and_then(|file| file.modified());
        let age = modified.map_or(Duration::MAX, |modified| match modified.elapsed() {
            Ok(age) => age,
            Err(ahead) if ahead.duration() <= self.debounce => Duration::ZERO,
            Err(_) => Duration::MAX,
        });
        saved.min(age)
    }

    /// The device and the path of both files. Symbolic links of the files themselves are not
    /// followed, so that changing one is a change and not another store.
    fn identity(&self) -> StoreId {
        let place = |path: &Path| {
            let folder = folder(path);
            let device = std::fs::metadata(folder).map(|folder| folder.dev()).unwrap_or_default();
            let canonical = std::fs::canonicalize(folder).or_else(|_| std::path::absolute(folder));
            let place =
                canonical.unwrap_or_else(|_| folder.into()).join(path.file_name().unwrap_or_default());
            // A path that is not UTF-8 is escaped.
            let place = place.to_str().map_or_else(|| format!("{place:?}"), str::to_owned);
            format!("{device:x}:{place}")
        };
        StoreId::new(format!("files {} {}", place(&self.webhooks), place(&self.connections)))
    }
}

impl FilePair {
    pub(super) fn of(&mut self, which: FileKind) -> &mut FileTracker {
        match which {
            FileKind::Webhooks => &mut self.webhooks,
            FileKind::Connections => &mut self.connections,
        }
    }

    fn link(&self) -> LinkState {
        match [&self.webhooks, &self.connections].into_iter().find_map(FileTracker::reported_error) {
            None => LinkState::Synced,
            Some(Error::Denied { permission, .. }) => {
                LinkState::Denied { permission: permission.clone(), retry_in: None }
            }
            Some(error) => LinkState::Stale { reason: error.to_string(), retry_in: None },
        }
    }
}

fn entry(key: ResourceKey, found: MemberDocument, revision: Revision) -> Entry {
    let MemberDocument { document, token } = found;
    Entry { key, document, revision, created: None, version: None, token, lease: None }
}

/// The changes between the published entries of one file and its new contents.
fn differences(
    picture: &FeedState,
    which: FileKind,
    found: BTreeMap<ResourceKey, MemberDocument>,
) -> Vec<ChangeKind> {
    let at = picture.at().next();
    let of_this = |key: &&ResourceKey| FileKind::locate(key).is_some_and(|(file, _)| file == which);
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
        let shared = FileState::new(webhooks.clone(), folder.path().join("c.json"), Duration::ZERO);
        let link = || shared.feed.read(|picture| picture.link().word());
        let reload = |text: &str| {
            std::fs::write(&webhooks, text).unwrap();
            shared.reload(true)
        };
        assert!(!reload("{\"a\": 1}"));
        assert!(reload(""), "read it again soon");
        assert_eq!(link(), "SYNCED");
        assert!(shared.read_error(&KeyPrefix::All).is_some(), "a caller must not get what may be old");
        assert!(!reload("{\"a\": 2}"));

        assert!(reload("{\"a\""));
        while shared.reload(true) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(link(), "STALE");
        assert_eq!(shared.feed.read(|picture| picture.entries().len()), 1, "the last good picture");
        assert!(!reload("{}"));
        assert_eq!(link(), "SYNCED");
    }

    #[test]
    fn a_file_that_is_away_for_a_moment_is_no_news_and_one_that_stays_away_is() {
        let folder = tempfile::tempdir().unwrap();
        let webhooks = folder.path().join("w.json");
        let shared = FileState::new(webhooks.clone(), folder.path().join("c.json"), Duration::ZERO);
        let look = || shared.feed.read(|picture| (picture.link().word(), picture.entries().len()));
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
        assert!(shared.read_error(&KeyPrefix::All).is_none());
    }
}
