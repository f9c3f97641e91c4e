//! The value sites of all rows in one buffer: a few bytes per row, for which an allocation each would be
//! mostly overhead.

use super::Slot;

/// Up to this many unused bytes are not worth a walk over all rows.
const SLACK: usize = 4096;

#[derive(Default)]
pub(super) struct SiteArena {
    bytes: Vec<u8>,
    /// Start and length of each slot's sites; a slot past the end has none.
    ranges: Vec<(u32, u32)>,
    /// The bytes of removed sites, reclaimed once they are the larger part .
    unused: usize,
}

impl SiteArena {
    pub(super) fn get(&self, slot: Slot) -> &[u8] {
        let (start, len) = self.ranges.get(slot.index()).copied().unwrap_or_default();
        self.bytes.get(start as usize..start as usize + len as usize).unwrap_or_default()
    }

    pub(super) fn set(&mut self, slot: Slot, sites: &[u8]) {
        self.unused += self.get(slot).len();
        // 4 GiB of sites do not fit; the last ones are then unknown.
        let range = u32::try_from(self.bytes.len()).ok().zip(u32::try_from(sites.len()).ok());
        let range = range.filter(|_| !sites.is_empty()).unwrap_or_default();
        if range != (0, 0) && slot.index() >= self.ranges.len() {
            self.ranges.resize(slot.index() + 1, (0, 0));
        }
        if let Some(place) = self.ranges.get_mut(slot.index()) {
            *place = range;
        }
        if range.1 > 0 {
            self.bytes.extend_from_slice(sites);
        }
        if self.unused > SLACK + self.bytes.len() / 2 {
            self.reclaim();
        }
    }

    fn reclaim(&mut self) {
        let old = std::mem::take(&mut self.bytes);
        for (start, len) in &mut self.ranges {
            let sites = old.get(*start as usize..*start as usize + *len as usize).unwrap_or_default();
            *start = u32::try_from(self.bytes.len()).unwrap_or_default();
            self.bytes.extend_from_slice(sites);
        }
        self.unused = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_was_set_last_and_little_else(
            steps in prop::collection::vec((0_u32..20, prop::collection::vec(any::<u8>(), 0..200)), 0..200)
        ) {
            let (mut arena, mut expected) = (SiteArena::default(), HashMap::new());
            for (slot, sites) in steps {
                arena.set(Slot(slot), &sites);
                expected.insert(slot, sites);
            }
            for slot in 0..25 {
                prop_assert_eq!(arena.get(Slot(slot)), expected.get(&slot).map_or(&[][..], Vec::as_slice));
            }
            let used: usize = expected.values().map(Vec::len).sum();
            prop_assert!(arena.bytes.len() <= 2 * (used + SLACK) + 200, "{} for {used}", arena.bytes.len());
        }
    }
}
