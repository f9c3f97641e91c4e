//! What Python's `json` takes, and random texts: the receiver's grammar and its relatives agree with it and with
//! each other.

use serde_json::Value;

use super::*;
use crate::domain::reference::json_text;

const VECTORS: &str = include_str!("../../../tests/vectors/json_python.json");

/// The text of a case: as it is there, or put together from its parts.
fn text_of(case: &Value) -> String {
    let part = |list: &Value, at: usize| list[at].as_str().unwrap().to_owned();
    let repeated = |text: &str, count: &Value| text.repeat(usize::try_from(count.as_u64().unwrap()).unwrap());
    match case {
        Value::String(text) => text.clone(),
        _ if !case["nested"].is_null() => {
            let parts = &case["nested"];
            let depth = &case["depth"];
            repeated(&part(parts, 0), depth) + &part(parts, 1) + &repeated(&part(parts, 2), depth)
        }
        _ => {
            let parts = &case["repeated"];
            part(parts, 0) + &repeated(&part(parts, 1), &case["count"]) + &part(parts, 2)
        }
    }
}

#[test]
fn the_receivers_grammar_is_that_of_pythons_json() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() > 60);
    for case in cases {
        let text = text_of(&case["text"]);
        let read = JsonValue::read(&text);
        let shown: String = text.chars().take(60).collect();
        assert_eq!(read.is_ok(), case["error"].is_null(), "{shown}");
        if let (Ok(value), Some(expected)) = (&read, case["value"].as_str()) {
            assert_eq!(json_text(value), expected, "{shown}");
        }
        let others = serde_json::from_str::<Value>(&text).is_ok();
        assert!(!others || read.is_ok() || text.len() > MAX_SHORT, "{shown}");
        agrees_with_itself(&text);
    }
}

/// Python refuses whole numbers that other readers round.
const MAX_SHORT: usize = 4300;

/// All that reads a text says the same of it.
fn agrees_with_itself(text: &str) {
    let (mut taken, mut strictly) = (Vec::new(), Vec::new());
    let walked = walk(text, |event| taken.push(event));
    let strict = walk_as(Grammar::Strict, text, |event| strictly.push(event));
    if strict.is_ok() {
        assert_eq!((&walked, &taken), (&Ok(()), &strictly), "what all take the receiver takes: {text:?}");
    }
    let root = parse(text);
    assert_eq!(root.is_ok(), walked.is_ok());
    let is_usual = root.is_ok_and(|root| oddities(&root, text, usize::MAX).is_empty());
    assert_eq!(strict.is_ok(), is_usual, "{text:?}");
    let errors = problems(text, 200);
    let full = errors.len() == 200;
    let errors = errors.iter().filter(|problem| problem.severity == Severity::Error).count();
    assert!(full || (errors == 0) == check_object(text).is_ok(), "{text:?}");
    match JsonValue::read(text) {
        Ok(value) => {
            assert_eq!(walked, Ok(()));
            let same =
                |other: &str| JsonValue::read(other).map(|other| other.to_string()) == Ok(value.to_string());
            assert!(
                same(&value.indented()) && indent(text).is_none_or(|indented| same(&indented)),
                "{text:?}"
            );
        }
        Err(error) => {
            assert_eq!(walked.as_ref(), Err(&error));
            assert!(text.get(error.offset..).is_some() && indent(text).is_none(), "{text:?}");
        }
    }
}

/// Pieces of which random texts are made: whole values more often than what breaks them.
const PIECES: [&str; 48] = [
    "{",
    "}",
    "{",
    "}",
    "[",
    "]",
    "[",
    "]",
    ":",
    ":",
    ",",
    ",",
    ",",
    " ",
    "\n",
    "\"a\":",
    "\"a\": ",
    "\"b\"",
    "\"\"",
    "1",
    "-0",
    "1.50",
    "1e999",
    "-1e5",
    "18446744073709551616",
    "NaN",
    "Infinity",
    "-Infinity",
    "true",
    "null",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u0041\\n\"",
    "\"\\ud800\":",
    "\"é😀\"",
    "{\"a\":[",
    "]}",
    "\"",
    "\\",
    "\\u",
    "d800",
    "-",
    "e",
    "01",
    "\u{0}",
    "\u{feff}",
    "/",
    "'",
];

/// The next of a series of numbers that is the same in each run.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 16).unwrap_or_default()
}

#[test]
fn random_texts_are_read_alike_by_all_and_crash_none() {
    let count = if std::env::var_os("CONFDECK_LONG").is_some() { 1_000_000 } else { 100_000 };
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let mut taken = 0;
    for _ in 0..count {
        let pieces = next(&mut state) % 14;
        let text: String = (0..pieces).map(|_| PIECES[next(&mut state) % PIECES.len()]).collect();
        agrees_with_itself(&text);
        taken += usize::from(walk(&text, |_| ()).is_ok());
    }
    assert!(taken > count / 100, "{taken} of {count} are JSON");
}

#[test]
fn hostile_texts_are_refused_or_read_and_end_no_stack() {
    let long = "x".repeat(1 << 20);
    let members: String = (0..100_000).map(|at| format!("\"{at}\":{at},")).collect();
    for text in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "[".repeat(100_000) + &"]".repeat(100_000),
        "[[],".repeat(900) + &"1".repeat(5000) + &"]".repeat(900),
        format!("{{\"a\":\"{long}\"}}"),
        format!("{{\"{long}\":\"\\ud800{long}\"}}"),
        format!("{{{members}\"a\":NaN}}"),
        "\\".repeat(1 << 20),
        "\"\\ud800".repeat(100_000),
        "NaN,".repeat(100_000),
        "1".repeat(1 << 20),
    ] {
        agrees_with_itself(&text);
    }
}
