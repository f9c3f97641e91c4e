//! Which part of a store a listing or a watch covers.

use std::fmt;
use std::sync::Arc;

use super::ResourceKey;

/// How many ranges are named; the rest is only counted.
const NAMED: usize = 4;

/// Which keys would be shown if they existed. Nothing is known of any other key: that it is not shown
/// does not mean that it does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Coverage {
    /// Every key of the requested range.
    #[default]
    Whole,
    /// Only the keys that this user may read.
    Partial(PermittedRanges),
}

impl Coverage {
    /// Whether the absence of this key means that it does not exist.
    pub fn covers(&self, key: &ResourceKey) -> bool {
        match self {
            Self::Whole => true,
            Self::Partial(permitted) => (permitted.0.covers)(key),
        }
    }

    /// Whether there may be more than is shown.
    pub fn is_partial(&self) -> bool {
        matches!(self, Self::Partial(_))
    }

    /// The readable ranges, one text each; empty if everything is readable.
    pub fn ranges(&self) -> &[String] {
        match self {
            Self::Whole => &[],
            Self::Partial(permitted) => &permitted.0.ranges,
        }
    }

    /// The text for partial coverage: `this user may read only /cwm/staging/*`.
    pub fn words(&self) -> Option<String> {
        let Self::Partial(permitted) = self else { return None };
        let ranges = &permitted.0.ranges;
        let named: Vec<_> = ranges.iter().take(NAMED).map(String::as_str).collect();
        let more = match ranges.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!("this user may read only {}{more}", named.join(", ")))
    }
}

/// The ranges of a store that may be read.
#[derive(Clone)]
pub struct PermittedRanges(Arc<RangeFilter>);

struct RangeFilter {
    ranges: Vec<String>,
    covers: Box<dyn Fn(&ResourceKey) -> bool + Send + Sync>,
}

impl PermittedRanges {
    /// The ranges as the store writes them, and a test for the keys in them. Ranges are compared by their
    /// texts only.
    pub fn new(ranges: Vec<String>, sees: impl Fn(&ResourceKey) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(RangeFilter { ranges, covers: Box::new(sees) }))
    }
}

impl PartialEq for PermittedRanges {
    fn eq(&self, other: &Self) -> bool {
        self.0.ranges == other.0.ranges
    }
}

impl Eq for PermittedRanges {}

impl fmt::Debug for PermittedRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permitted").field(&self.0.ranges).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_coverage_names_a_few_ranges_and_counts_the_others() {
        let ranges = |count: usize| (0..count).map(|n| format!("/{n}/*")).collect();
        let words = |count| Coverage::Partial(PermittedRanges::new(ranges(count), |_| true)).words().unwrap();
        assert_eq!(words(2), "this user may read only /0/*, /1/*");
        assert_eq!(words(6), "this user may read only /0/*, /1/*, /2/*, /3/* and 2 more");
        assert_eq!(Coverage::Whole.words(), None);
    }

    #[test]
    fn what_is_not_covered_is_not_seen() {
        let foreign = |raw: &[u8]| ResourceKey::foreign(raw);
        let part =
            Coverage::Partial(PermittedRanges::new(vec!["a".into()], move |key| *key == foreign(b"a")));
        assert!(part.covers(&foreign(b"a")) && !part.covers(&foreign(b"b")));
        assert!(Coverage::Whole.covers(&foreign(b"b")));
    }
}
