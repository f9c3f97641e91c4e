//! What the receiver takes for JSON and other readers refuse, or read as another value.

use super::string::lone_surrogates;
use super::walk::MAX_STRICT_DEPTH;
use super::{Node, NodeValue, Scalar, Span};

/// A part of a text that the receiver reads in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// `NaN`, `Infinity` or `-Infinity`.
    NotFinite,
    /// A number past the range of 64-bit floats, such as `1e999`.
    Infinite,
    /// A whole number of more than 64 bits.
    Large,
    /// An escape such as `\ud800` without the other half of its character.
    LoneSurrogate,
    /// A container nested deeper than some readers go.
    TooDeep,
}

impl Oddity {
    /// What becomes of it; contains no part of the text.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotFinite => "the receiver takes NaN and Infinity, most other readers refuse them",
            Self::Infinite => "the receiver reads this number as infinity, others refuse it or read another",
            Self::Large => "the receiver reads this number exactly, others round it or refuse it",
            Self::LoneSurrogate => {
                "half a surrogate pair, which the receiver takes; others refuse it or read another character"
            }
            Self::TooDeep => "nested more than 127 deep: the receiver takes it, some other readers do not",
        }
    }
}

/// What is odd about a string or a number, and from which offset in it.
pub(super) fn oddity(scalar: Scalar, written: &str) -> Option<(usize, Oddity)> {
    match scalar {
        Scalar::String => lone_surrogates(written).next().map(|span| (span.start, Oddity::LoneSurrogate)),
        Scalar::Number if written.ends_with(|c: char| c.is_ascii_alphabetic()) => {
            Some((0, Oddity::NotFinite))
        }
        Scalar::Number if is_whole(written) => {
            let is_large = written.parse::<i64>().is_err() && written.parse::<u64>().is_err();
            is_large.then_some((0, Oddity::Large))
        }
        Scalar::Number => {
            let is_infinite = written.parse().is_ok_and(f64::is_infinite);
            is_infinite.then_some((0, Oddity::Infinite))
        }
        Scalar::Bool | Scalar::Null => None,
    }
}

/// Whether a number is one that Python reads as an `int`, of any size.
pub(crate) fn is_whole(number: &str) -> bool {
    number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// All that is odd about a text and its tree, in the order of the text, with the span of the string, the number or
/// the bracket, at most `limit`.
pub fn oddities(root: &Node, text: &str, limit: usize) -> Vec<(Span, Oddity)> {
    let (mut found, mut left) = (Vec::new(), vec![(root, None, 1)]);
    while found.len() < limit
        && let Some((node, key, depth)) = left.pop()
    {
        let mut add = |scalar, span: Span| {
            found.extend(oddity(scalar, span.of(text)).map(|(_, oddity)| (span, oddity)));
        };
        if let Some(key) = key {
            add(Scalar::String, key);
        }
        match &node.value {
            NodeValue::Scalar(scalar) => add(*scalar, node.span),
            _ if depth == MAX_STRICT_DEPTH + 1 => {
                found.push((Span { start: node.span.start, end: node.span.start + 1 }, Oddity::TooDeep));
            }
            _ => {}
        }
        left.extend(node.members().iter().rev().map(|member| (&member.value, Some(member.key), depth + 1)));
        left.extend(node.items().iter().rev().map(|item| (item, None, depth + 1)));
    }
    found.truncate(limit);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::{Grammar, parse, walk, walk_as};

    fn oddities(text: &str, limit: usize) -> Vec<(Span, Oddity)> {
        super::oddities(&parse(text).unwrap(), text, limit)
    }

    #[test]
    fn what_others_refuse_is_told_with_its_place_and_nothing_else_is() {
        let text = concat!(
            r#"{"\ud800": NaN, "a": [Infinity, -Infinity, 1e999, -1e999, 18446744073709551616], "#,
            r#""b": ["\udc00x", "\ud83d\ude00", "\ufffd", -9223372036854775808, 18446744073709551615, 1e-999, -0]}"#
        );
        let told: Vec<_> = oddities(text, 99).iter().map(|(span, odd)| (span.of(text), *odd)).collect();
        assert_eq!(
            told,
            [
                (r#""\ud800""#, Oddity::LoneSurrogate),
                ("NaN", Oddity::NotFinite),
                ("Infinity", Oddity::NotFinite),
                ("-Infinity", Oddity::NotFinite),
                ("1e999", Oddity::Infinite),
                ("-1e999", Oddity::Infinite),
                ("18446744073709551616", Oddity::Large),
                (r#""\udc00x""#, Oddity::LoneSurrogate),
            ]
        );
        assert_eq!(oddities(text, 2).len(), 2);
        for (span, odd) in oddities(text, 99) {
            let error = walk_as(Grammar::Strict, &format!("[{}]", span.of(text)), |_| ()).unwrap_err();
            assert_eq!(error.reason, odd.reason());
        }
    }

    #[test]
    fn deep_nesting_is_odd_where_others_end() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        for (depth, odd) in [(127, false), (128, true), (993, true)] {
            let told = oddities(&nested(depth), 99);
            assert_eq!(told.first(), odd.then_some(&(Span { start: 127, end: 128 }, Oddity::TooDeep)));
            assert!(told.len() <= 1, "once, not at each level");
            assert_eq!(walk_as(Grammar::Strict, &nested(depth), |_| ()).is_err(), odd);
            assert!(walk(&nested(depth), |_| ()).is_ok());
        }
    }
}
