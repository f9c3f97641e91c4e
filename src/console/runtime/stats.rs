//! Counters for measurements, written as JSON on exit to the file named by `CONFDECK_STATS`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::inventory::InventoryEvent;
use crate::private_file::{self, done_within, io_reason};

/// How long the file may take, whatever else took how long.
const AT_LEAST: Duration = Duration::from_millis(10);

/// Counters of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Stats {
    /// Changes applied, excluding those of loads.
    pub events_applied: u64,
    /// Batches in which they arrived.
    pub batches: u64,
    /// Loads completed.
    pub loads: u64,
    /// Loads that replaced an earlier one.
    pub resyncs: u64,
    /// Frames handed to the terminal.
    pub frames: u64,
    /// Frames that were due while the previous one was still being written.
    pub frames_skipped: u64,
    /// Bytes written to the terminal.
    pub bytes: u64,
}

impl Stats {
    /// Counts a feed; returns how many changes it contains.
    pub fn count(&mut self, feed: &InventoryEvent) -> usize {
        match feed {
            InventoryEvent::Batch { changes, .. } => {
                self.batches += 1;
                self.events_applied += changes.len() as u64;
                return changes.len();
            }
            InventoryEvent::Page(entries) => return entries.len(),
            InventoryEvent::Load { resync, .. } => self.resyncs += u64::from(*resync),
            InventoryEvent::Loaded { .. } => self.loads += 1,
            InventoryEvent::State(_) | InventoryEvent::Compared { .. } | InventoryEvent::Progress { .. } => {}
        }
        1
    }

    /// Writes the counters to a file with mode 0600, if its disk answers by then.
    pub fn write_until(self, path: PathBuf, until: Instant) {
        let (limit, shown) = (until.saturating_duration_since(Instant::now()).max(AT_LEAST), path.clone());
        let reason = match done_within(limit, move || self.write(&path)) {
            Some(Ok(())) => return,
            Some(Err(error)) => io_reason(&error),
            None => "its disk does not answer".into(),
        };
        tracing::warn!(path = %shown.display(), %reason, "the counters were not written");
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = private_file::create(path)?;
        serde_json::to_writer(&mut file, self)?;
        file.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use crate::domain::{Coverage, Revision, StoreId};

    use super::*;

    #[test]
    fn it_counts_and_writes_a_private_file() {
        let mut stats = Stats::default();
        stats.count(&InventoryEvent::Load {
            store: StoreId::new("s"),
            at: Revision(1),
            resync: true,
            coverage: Coverage::Whole,
        });
        stats.count(&InventoryEvent::Loaded { at: Revision(1) });
        stats.count(&InventoryEvent::Batch { at: Revision(2), changes: Vec::new() });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stats.json");
        stats.write_until(path.clone(), Instant::now() + Duration::from_secs(20));
        let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            (&written["loads"], &written["resyncs"], &written["batches"]),
            (&1.into(), &1.into(), &1.into())
        );
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
