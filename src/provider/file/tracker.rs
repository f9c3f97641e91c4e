//! Tracks one file: the stamp and hash of its last read, and its current error.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::contents::{FileContents, FileKind, MemberDocument};
use super::filesystem::{StatStamp, read};
use super::io_clock::IoClock;
use crate::domain::ResourceKey;
use crate::provider::{Error, Result};

/// A stamp younger than this, in seconds, may hide a second write within the same timestamp tick of
/// the file system, some of which count in whole seconds.
const STAMP_SETTLES: i64 = 2;

/// How long a file must stay invalid or missing before it is reported to watches: many editors truncate
/// or remove a file before they write it.
pub(crate) const HESITATION: Duration = Duration::from_millis(150);

#[derive(Debug, Default)]
pub(super) struct FileTracker {
    /// The stamp of the last read, once it can be trusted; `Some(None)` for a missing file.
    stamp: Option<Option<StatStamp>>,
    pub(super) read_at: Option<SystemTime>,
    /// Whether the file exists; stays true for [`HESITATION`] after it has gone.
    pub(super) exists: bool,
    missing_since: Option<Instant>,
    /// The hash of the last valid text. Its keys are random per process, so that collisions cannot be
    /// constructed.
    last_good_hash: Option<u64>,
    keys: RandomState,
    failure: Option<ReadFailure>,
    /// When this process last replaced it.
    pub(super) saved_at: Option<Instant>,
}

/// Why a file cannot be read.
#[derive(Debug)]
struct ReadFailure {
    error: Error,
    since: Instant,
    /// Whether it was reported to watches; callers always get it.
    reported: bool,
}

impl FileTracker {
    /// The documents of the file if it has changed; `None` keeps the last valid ones.
    pub(super) fn poll(
        &mut self,
        which: FileKind,
        path: &Path,
        force: bool,
        io: &IoClock,
    ) -> Option<BTreeMap<ResourceKey, MemberDocument>> {
        let unchanged = |stamp: Option<StatStamp>| {
            let _looking = io.begin();
            stamp == StatStamp::at(path)
        };
        if !force && self.stamp.is_some_and(unchanged) {
            return None;
        }
        self.read_at = Some(SystemTime::now());
        match self.load(which, path, io) {
            Ok(documents) => {
                self.failure = None;
                documents
            }
            Err(error) => {
                let known = self.failure.as_ref();
                let (since, reported) =
                    known.map_or((Instant::now(), false), |known| (known.since, known.reported));
                self.failure = Some(ReadFailure { error, since, reported });
                None
            }
        }
    }

    /// Reads the file; `None` if its contents are unchanged.
    fn load(
        &mut self,
        which: FileKind,
        path: &Path,
        io: &IoClock,
    ) -> Result<Option<BTreeMap<ResourceKey, MemberDocument>>> {
        let reading = io.begin();
        let read = read(path).inspect_err(|_| self.stamp = None)?;
        drop(reading);
        let Some((stamp, bytes)) = read else { return self.on_missing(path).map(Some) };
        // Nor need an invalid file be read again until it changes.
        self.stamp = settled(stamp).map(Some);
        (self.exists, self.missing_since) = (true, None);
        let hash = self.keys.hash_one(&bytes);
        if self.last_good_hash == Some(hash) {
            return Ok(None);
        }
        let documents = FileContents::of(path, bytes)?.documents(which);
        self.last_good_hash = Some(hash);
        Ok(Some(documents))
    }

    /// A missing file counts as one without documents, once it stays missing.
    fn on_missing(&mut self, path: &Path) -> Result<BTreeMap<ResourceKey, MemberDocument>> {
        let gone = *self.missing_since.get_or_insert_with(Instant::now);
        if self.exists && gone.elapsed() < HESITATION {
            self.stamp = None;
            let reason = format!("{} is gone this moment; read it again", path.display());
            return Err(Error::unavailable(reason));
        }
        self.stamp = Some(None);
        (self.exists, self.last_good_hash) = (false, None);
        Ok(BTreeMap::new())
    }

    pub(super) fn error(&self) -> Option<&Error> {
        self.failure.as_ref().map(|trouble| &trouble.error)
    }

    /// The current error, once its grace period is over.
    pub(super) fn reported_error(&self) -> Option<&Error> {
        self.failure.as_ref().filter(|trouble| trouble.reported).map(|trouble| &trouble.error)
    }

    /// Marks the error as reported, `at_once` or after [`HESITATION`]; returns whether it is still withheld.
    pub(super) fn report_failure(&mut self, at_once: bool) -> bool {
        let Some(trouble) = &mut self.failure else { return false };
        trouble.reported |= at_once || trouble.since.elapsed() >= HESITATION;
        !trouble.reported
    }
}

/// The stamp, if it is old enough that a later write cannot have the same one.
pub(crate) fn settled(stamp: StatStamp) -> Option<StatStamp> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    (stamp.changed.0.saturating_add(STAMP_SETTLES) < now).then_some(stamp)
}
