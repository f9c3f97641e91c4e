//! What was last seen of one file, and what is wrong with it now.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::reading::{Contents, Found, Which};
use super::system::{Stamp, read};
use crate::domain::ResourceKey;
use crate::provider::Error;

/// A stamp younger than this, in seconds, may hide a second write within the same clock tick of the
/// file system, some of which count in whole seconds.
const STAMP_SETTLES: i64 = 2;

/// How long a file must stay broken, or away, before it is told: many editors empty or remove a file
/// before they write it, and that moment is no news.
pub(super) const HESITATION: Duration = Duration::from_millis(150);

/// What is known of one file.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// The stamp of the last reading, once it can be trusted; `Some(None)` for no file.
    stamp: Option<Option<Stamp>>,
    /// When it was last read.
    pub(super) read: Option<SystemTime>,
    /// Whether there was a file, until it has stayed away.
    there: bool,
    gone: Option<Instant>,
    /// The hash of the last good text. Its keys are this process's secret, so that no two texts can
    /// be made to look alike.
    good: Option<u64>,
    keys: RandomState,
    trouble: Option<Trouble>,
    /// When this process last replaced it.
    pub(super) saved: Option<Instant>,
}

/// Why a file cannot be read as it is now.
#[derive(Debug)]
struct Trouble {
    error: Error,
    since: Instant,
    /// Whether watches know of it; callers always do.
    told: bool,
}

impl Slot {
    /// The documents of the file if it was read anew; `None` leaves the last good ones.
    pub(super) fn look(
        &mut self,
        which: Which,
        path: &Path,
        force: bool,
    ) -> Option<BTreeMap<ResourceKey, Found>> {
        if !force && self.stamp.is_some() && self.stamp == Some(Stamp::at(path)) {
            return None;
        }
        self.read = Some(SystemTime::now());
        let documents = match read(path) {
            Ok(Some((stamp, bytes))) => {
                // Also a file that cannot be understood need not be read again until it changes.
                self.stamp = settled(stamp).map(Some);
                (self.there, self.gone) = (true, None);
                let hash = self.keys.hash_one(&bytes);
                if self.good == Some(hash) {
                    // Touched, replaced by its like, or read once more to be sure.
                    self.trouble = None;
                    return None;
                }
                let documents = Contents::of(path, bytes).map(|contents| contents.documents(which));
                if documents.is_ok() {
                    self.good = Some(hash);
                }
                documents
            }
            Ok(None) => self.away(path),
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

    /// A file that is gone is one without documents, once it stays gone.
    fn away(&mut self, path: &Path) -> Result<BTreeMap<ResourceKey, Found>, Error> {
        let gone = *self.gone.get_or_insert_with(Instant::now);
        if self.there && gone.elapsed() < HESITATION {
            self.stamp = None;
            let reason = format!("{} is gone this moment; read it again", path.display());
            return Err(Error::Unavailable { reason, retry_in: None });
        }
        self.stamp = Some(None);
        (self.there, self.good) = (false, None);
        Ok(BTreeMap::new())
    }

    /// Whether there was a file, and it has not been away for long.
    pub(super) fn was_there(&self) -> bool {
        self.there
    }

    /// What keeps the file from being read as it is now.
    pub(super) fn error(&self) -> Option<&Error> {
        self.trouble.as_ref().map(|trouble| &trouble.error)
    }

    /// The same, once watches are told of it.
    pub(super) fn told(&self) -> Option<&Error> {
        self.trouble.as_ref().filter(|trouble| trouble.told).map(|trouble| &trouble.error)
    }

    /// Decides whether a trouble is told now, `at_once` or after a moment; answers whether one is
    /// held back.
    pub(super) fn tell(&mut self, at_once: bool) -> bool {
        let Some(trouble) = &mut self.trouble else { return false };
        trouble.told |= at_once || trouble.since.elapsed() >= HESITATION;
        !trouble.told
    }
}

/// The stamp, if a later write cannot carry the same one.
pub(super) fn settled(stamp: Stamp) -> Option<Stamp> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    (stamp.changed_at().saturating_add(STAMP_SETTLES) < now).then_some(stamp)
}
