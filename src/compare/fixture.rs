//! JSON texts for the property tests of `compare`: odd white space, odd numbers, escapes, duplicate
//! members, deep and empty containers; and texts derived from others by a few changes.

use proptest::prelude::*;
use proptest::sample::Index;

use super::path::tokens;
use crate::domain::json::{LexemeKind, Lexer, check_object};
use crate::text::fixture::document;

/// A JSON value that can be changed and written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Raw(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The texts of the tokens.
pub(super) fn all_tokens(text: &str) -> Vec<&str> {
    tokens(text.strip_prefix('\u{feff}').unwrap_or(text)).collect()
}

fn leaf() -> impl Strategy<Value = Json> {
    let raw = prop::sample::select(vec![
        "0",
        "-0",
        "1.50",
        "1e2",
        "1E+2",
        "100",
        "123456789012345678901234567890",
        "true",
        "null",
        "\"\"",
        "\"x\"",
        "\"\\u0078\"",
        "\"\\/\"",
        "\"é\\n\"",
        "\"{$A:b}\"",
        "{}",
        "[]",
    ]);
    raw.prop_map(|raw| match raw {
        "{}" => Json::Object(Vec::new()),
        "[]" => Json::Array(Vec::new()),
        raw => Json::Raw(raw.to_owned()),
    })
}

fn name() -> impl Strategy<Value = String> {
    // Few, so that duplicates and equal names in two texts are common.
    let names = vec!["a", "b", "c", "d", "\\u0061", "é", "", "password", "x.y", "list"];
    prop::sample::select(names).prop_map(|name| format!("\"{name}\""))
}

pub(super) fn value() -> BoxedStrategy<Json> {
    leaf()
        .prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
                prop::collection::vec((name(), inner), 0..5).prop_map(Json::Object),
            ]
        })
        .boxed()
}

pub(super) fn object() -> impl Strategy<Value = Json> {
    prop::collection::vec((name(), value()), 0..7).prop_map(Json::Object)
}

impl Json {
    /// Its tokens, each followed by a blank: [`laid_out`] formats them.
    pub(super) fn compact(&self) -> String {
        match self {
            Self::Raw(raw) => raw.clone(),
            Self::Array(items) => {
                format!("[{}]", items.iter().map(Self::compact).collect::<Vec<_>>().join(","))
            }
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| format!("{name}:{}", value.compact());
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// One change somewhere in a value.
#[derive(Debug, Clone)]
pub(super) enum JsonMutation {
    Set(Index, Json),
    Add(Index, String, Json),
    Drop(Index),
    Swap(Index, Index),
}

pub(super) fn change() -> impl Strategy<Value = (Vec<Index>, JsonMutation)> {
    let change = prop_oneof![
        3 => (any::<Index>(), value()).prop_map(|(at, value)| JsonMutation::Set(at, value)),
        3 => (any::<Index>(), name(), value()).prop_map(|(at, name, value)| JsonMutation::Add(at, name, value)),
        2 => any::<Index>().prop_map(JsonMutation::Drop),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(a, b)| JsonMutation::Swap(a, b)),
    ];
    (prop::collection::vec(any::<Index>(), 0..3), change)
}

/// A value with one change, as deep as the indexes lead.
pub(super) fn changed(mut json: Json, (way, change): &(Vec<Index>, JsonMutation)) -> Json {
    let inner = way.first().and_then(|first| match &mut json {
        Json::Array(items) => pick(items, first),
        Json::Object(members) => pick(members, first).map(|(_, value)| value),
        Json::Raw(_) => None,
    });
    if let Some(inner) = inner.filter(|inner| !matches!(inner, Json::Raw(_))) {
        *inner = changed(inner.clone(), &(way[1..].to_vec(), change.clone()));
        return json;
    }
    match &mut json {
        Json::Array(items) => change_list(items, change, |_, value| value, |item| item),
        Json::Object(members) => {
            change_list(members, change, |name, value| (name, value), |(_, value)| value);
        }
        Json::Raw(_) => (),
    }
    json
}

fn pick<'a, T>(list: &'a mut [T], at: &Index) -> Option<&'a mut T> {
    let len = list.len();
    list.get_mut(if len == 0 { 0 } else { at.index(len) })
}

fn change_list<T>(
    list: &mut Vec<T>,
    change: &JsonMutation,
    make: impl Fn(String, Json) -> T,
    value_of: impl Fn(&mut T) -> &mut Json,
) {
    let len = list.len();
    match change {
        JsonMutation::Add(at, name, value) => {
            list.insert(at.index(len + 1), make(name.clone(), value.clone()))
        }
        _ if len == 0 => (),
        JsonMutation::Set(at, value) => *value_of(&mut list[at.index(len)]) = value.clone(),
        JsonMutation::Drop(at) => drop(list.remove(at.index(len))),
        JsonMutation::Swap(a, b) => list.swap(a.index(len), b.index(len)),
    }
}

/// White space to put between tokens.
#[derive(Debug, Clone)]
pub(super) struct SampleGaps {
    gaps: Vec<&'static str>,
    mark: bool,
}

pub(super) fn gaps() -> impl Strategy<Value = SampleGaps> {
    let odd = vec!["", "", " ", "  ", "\t", "\n", "\r\n", "\n  ", "\r"];
    let line = vec!["", "", " ", "\t"];
    let some_of = |gaps| prop::collection::vec(prop::sample::select(gaps), 1..9);
    (prop_oneof![some_of(odd), some_of(line), Just(vec![""]), Just(vec!["\n  "])], any::<bool>())
        .prop_map(|(gaps, mark)| SampleGaps { gaps, mark })
}

/// The tokens of a text with other white space between them.
pub(super) fn laid_out(text: &str, gaps: &SampleGaps) -> String {
    let mut between = gaps.gaps.iter().cycle();
    let mut out = String::from(if gaps.mark { "\u{feff}" } else { "" });
    for lexeme in Lexer::new(text).filter(|lexeme| lexeme.kind != LexemeKind::Space) {
        out.push_str(between.next().unwrap());
        out.push_str(lexeme.span.of(text));
    }
    out + between.next().unwrap()
}

/// Any JSON object as text.
pub(super) fn json_text() -> impl Strategy<Value = String> {
    let own = (object(), gaps()).prop_map(|(json, gaps)| laid_out(&json.compact(), &gaps));
    let planted = (document(), gaps()).prop_map(|(document, gaps)| laid_out(&document.text, &gaps));
    prop_oneof![3 => own, 1 => planted, 1 => document().prop_map(|document| document.text)]
}

/// Three texts, two of them derived from the first, each with its own white space.
pub(super) fn family() -> impl Strategy<Value = [String; 3]> {
    let changes = || prop::collection::vec(change(), 0..4);
    (object(), changes(), changes(), [gaps(), gaps(), gaps()]).prop_map(|(base, mine, theirs, gaps)| {
        let after = |changes: &[_]| changes.iter().fold(base.clone(), changed);
        let all = [base.clone(), after(&mine), after(&theirs)];
        let [a, b, c] = [0, 1, 2].map(|at: usize| laid_out(&all[at].compact(), &gaps[at]));
        debug_assert!(check_object(a.trim_start_matches('\u{feff}')).is_ok());
        [a, b, c]
    })
}
