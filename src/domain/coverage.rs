//! How much of a store a picture can show.

use std::fmt;
use std::sync::Arc;

use super::ResourceKey;

/// How many ranges are named before the rest is counted.
const NAMED: usize = 4;

/// Which keys a picture would show if they existed. About any other it knows nothing, and that it
/// does not show one is no sign that there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Coverage {
    /// Every key of the range that was asked for.
    #[default]
    Whole,
    /// Those alone that this user may read.
    Partial(Permitted),
}

impl Coverage {
    /// Whether the absence of this key from the picture means that it does not exist.
    pub fn sees(&self, key: &ResourceKey) -> bool {
        match self {
            Self::Whole => true,
            Self::Partial(permitted) => (permitted.0.sees)(key),
        }
    }

    /// Whether there may be more than is shown.
    pub fn is_partial(&self) -> bool {
        matches!(self, Self::Partial(_))
    }

    /// What may be read, a text for each range; nothing for a whole picture.
    pub fn ranges(&self) -> &[String] {
        match self {
            Self::Whole => &[],
            Self::Partial(permitted) => &permitted.0.ranges,
        }
    }

    /// What a person is told of a partial picture: `this user may read only /cwm/staging/*`.
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
pub struct Permitted(Arc<Ranges>);

struct Ranges {
    ranges: Vec<String>,
    sees: Box<dyn Fn(&ResourceKey) -> bool + Send + Sync>,
}

impl Permitted {
    /// The ranges as the store writes them, and the rule which keys lie in them. The texts tell the
    /// ranges apart: two with the same texts are equal.
    pub fn new(ranges: Vec<String>, sees: impl Fn(&ResourceKey) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(Ranges { ranges, sees: Box::new(sees) }))
    }
}

impl PartialEq for Permitted {
    fn eq(&self, other: &Self) -> bool {
        self.0.ranges == other.0.ranges
    }
}

impl Eq for Permitted {}

impl fmt::Debug for Permitted {
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
        let words = |count| Coverage::Partial(Permitted::new(ranges(count), |_| true)).words().unwrap();
        assert_eq!(words(2), "this user may read only /0/*, /1/*");
        assert_eq!(words(6), "this user may read only /0/*, /1/*, /2/*, /3/* and 2 more");
        assert_eq!(Coverage::Whole.words(), None);
    }

    #[test]
    fn what_is_not_covered_is_not_seen() {
        let foreign = |raw: &[u8]| ResourceKey::foreign(raw);
        let part = Coverage::Partial(Permitted::new(vec!["a".into()], move |key| *key == foreign(b"a")));
        assert!(part.sees(&foreign(b"a")) && !part.sees(&foreign(b"b")));
        assert!(Coverage::Whole.sees(&foreign(b"b")));
    }
}
