//! Filters of lists: words that must, or must not, occur in a row.

use std::borrow::Cow;

use crate::domain::unescape;
use crate::inventory::RowRef;

/// A parsed filter line: words separated by blanks, all of which must match. `!word` must not
/// occur; `id:`, `ns:`, `module:` and `conn:` search that column only. A name is found as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<FilterTerm>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FilterTerm {
    field: Option<FilterField>,
    /// Lower case.
    needle: Vec<u8>,
    negated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FilterField {
    Id,
    Namespace,
    Module,
    Connection,
}

impl Filter {
    /// Parses a filter line; every text is a valid filter.
    pub fn parse(text: &str) -> Self {
        Self::from_words(text, |word| {
            let (field, needle) = match word.split_once(':') {
                Some(("id", rest)) => (Some(FilterField::Id), rest),
                Some(("ns", rest)) => (Some(FilterField::Namespace), rest),
                Some(("module" | "type", rest)) => (Some(FilterField::Module), rest),
                Some(("conn", rest)) => (Some(FilterField::Connection), rest),
                _ => (None, word),
            };
            // Rows are compared as they are stored.
            (field, unescape(needle))
        })
    }

    /// Parses a filter line for texts without columns: words are matched as they are.
    pub fn words(text: &str) -> Self {
        Self::from_words(text, |word| (None, word.as_bytes().into()))
    }

    fn from_words(text: &str, parse: impl Fn(&str) -> (Option<FilterField>, Cow<'_, [u8]>)) -> Self {
        let term = |word: &str| {
            let bare = word.strip_prefix('!');
            let (field, needle) = parse(bare.unwrap_or(word));
            let needle = needle.to_ascii_lowercase();
            (!needle.is_empty()).then_some(FilterTerm { field, needle, negated: bare.is_some() })
        };
        Self { terms: text.split_whitespace().filter_map(term).collect() }
    }

    /// Whether every row matches.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a text matches.
    pub fn accepts_text(&self, text: &str) -> bool {
        self.terms.iter().all(|term| contains(text.as_bytes(), &term.needle) != term.negated)
    }

    /// Whether a row matches.
    pub fn accepts(&self, row: RowRef<'_>) -> bool {
        self.terms.iter().all(|term| term.found_in(row) != term.negated)
    }
}

impl FilterTerm {
    fn found_in(&self, row: RowRef<'_>) -> bool {
        let wanted = |field| self.field.is_none_or(|only| only == field);
        let holds = |text: Option<&[u8]>| text.is_some_and(|text| contains(text, &self.needle));
        wanted(FilterField::Id) && holds(Some(row.short()))
            || wanted(FilterField::Namespace)
                && holds(row.namespace().map(|namespace| namespace.as_str().as_bytes()))
            || wanted(FilterField::Module) && holds(row.module().map(str::as_bytes))
            || wanted(FilterField::Connection) && holds(row.connection().map(str::as_bytes))
    }
}

/// Whether `text` contains `needle`, which is lower case; ASCII letters match in either case.
fn contains(text: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text)
        .any(|at| text.get(at + 1..at + 1 + rest.len()).is_some_and(|tail| tail.eq_ignore_ascii_case(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substrings_ignore_case() {
        for (text, needle, found) in [
            ("Kafka_Main", "kafka", true),
            ("kafka", "kafka_", false),
            ("xKa", "ka", true),
            ("", "a", false),
            ("aab", "ab", true),
        ] {
            assert_eq!(contains(text.as_bytes(), needle.as_bytes()), found, "{text} {needle}");
        }
    }

    #[test]
    fn every_text_is_a_filter() {
        for text in ["", "  ", "!", "conn:", "!!", "a:b"] {
            Filter::parse(text);
        }
        assert!(Filter::parse(" ! conn: ").is_empty());
        assert_eq!(Filter::parse("conn:Kafka !test").terms.len(), 2);
    }
}
