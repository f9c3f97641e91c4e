//! Own rules against what is made to hurt them: neither a crash, nor a long time.

use std::time::{Duration, Instant};

use super::tests::{key, rules, text};
use super::*;

/// A generator of numbers that needs no crate.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            let leaf = [
                "self",
                "key",
                "kind",
                "self.a",
                "self.b.c",
                "x",
                "y",
                "1",
                "0",
                "-1",
                "9223372036854775807",
                "2u",
                "1.5",
                "1e308",
                "'a'",
                "''",
                "\"é\\n\"",
                "b'a'",
                "true",
                "false",
                "null",
                "[]",
                "{}",
                "int",
                "-9223372036854775808",
                "18446744073709551615u",
                "key.namespace",
            ];
            return self.one(&leaf).to_owned();
        }
        let a = self.expression(depth - 1);
        match self.below(15) {
            0..=4 => {
                let operator = self.one(&[
                    "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "in", "&&", "||", "+", "==",
                ]);
                format!("({a} {operator} {})", self.expression(depth - 1))
            }
            5 => format!("!({a})"),
            6 => format!("-({a})"),
            7 => format!("({a})[{}]", self.expression(depth - 1)),
            8 => format!("({a} ? {} : {})", self.expression(depth - 1), self.expression(depth - 1)),
            9 => format!("[{a}, {}, {a}]", self.expression(depth - 1)),
            10 => format!("{{{a}: {}}}", self.expression(depth - 1)),
            11 => {
                let function =
                    self.one(&["size", "int", "uint", "double", "string", "bytes", "bool", "type", "dyn"]);
                format!("{function}({a})")
            }
            12 => {
                let function = self.one(&["contains", "startsWith", "endsWith", "matches"]);
                let argument =
                    if function == "matches" { "'(a|b)*c'".into() } else { self.expression(depth - 1) };
                format!("({a}).{function}({argument})")
            }
            _ => {
                let (function, variable) =
                    (self.one(&["all", "exists", "exists_one", "map", "filter"]), self.one(&["x", "y"]));
                format!("({a}).{function}({variable}, {})", self.expression(depth - 1))
            }
        }
    }

    /// An expression with a few characters replaced.
    fn damaged(&mut self, expression: &str) -> String {
        let mut chars: Vec<char> = expression.chars().collect();
        for _ in 0..=self.below(3) {
            let at = self.below(chars.len());
            chars[at] =
                ['(', ')', '[', '{', '\'', '"', '.', '\\', '\u{0}', 'é', '9', '?', '`', '@'][self.below(14)];
        }
        chars.into_iter().collect()
    }
}

const DOCUMENTS: [&str; 8] = [
    "{}",
    r#"{"a": 1, "b": {"c": [1, 2, 3]}}"#,
    r#"{"a": "text", "b": {"c": {"a": null}}}"#,
    r#"{"a": [[], {}, "x", NaN, -Infinity, 1e999, 99999999999999999999999999], "b": 1}"#,
    r#"{"a": 9223372036854775807, "b": {"c": -9223372036854775808}}"#,
    r#"{"a": "\ud800 \u0000 é", "b": {"c": 18446744073709551615}}"#,
    r#"{"a": true, "a": {"": {"": [false, null, -0, 0.1]}}, "b": {"c": ""}}"#,
    r#"{"a": [1, 1.0, "1", [1], {"1": 1}], "b": {"c": [["a"], ["b"]]}, "x": "y"}"#,
];

#[test]
fn no_expression_and_no_document_makes_the_interpreter_fail() {
    let rounds = if std::env::var_os("CONFDECK_LONG").is_some() { 125_000 } else { 12_500 };
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let keys = [key("production/hook"), key("connections/c")];
    let (mut compiled, mut judged, mut refused) = (0, 0, 0);
    for round in 0..rounds {
        let depth = 1 + random.below(4);
        let mut expression = random.expression(depth);
        if round % 4 == 0 {
            expression = random.damaged(&expression);
        } else if round % 3 == 0 {
            expression = format!("self.all(x, {{'k': x, 'y': 1}}.exists(y, {expression} == x))");
        }
        let Ok(expression) = Expression::over_document(&expression) else {
            refused += 1;
            continue;
        };
        compiled += 1;
        for (at, document) in DOCUMENTS.iter().enumerate() {
            let mut read = cel_value::CelScope::of_document(&keys[at % 2], document).unwrap().unwrap();
            let _ = expression.judge(&mut read);
            judged += 1;
        }
    }
    assert!(
        compiled > rounds / 8,
        "{compiled} of {rounds} are expressions; {judged} judgements, {refused} refused"
    );
}

/// Judges a document, and says how long it took.
fn timed(when: &str, document: &str) -> (OwnFindings, Duration) {
    let (own, key) = (rules(&[when]), key("a/b"));
    let begun = Instant::now();
    let found = own.judge(&[(&key, document)]);
    (found, begun.elapsed())
}

/// What an expression may take at most: a good deal more than it does, for a machine that is busy.
const LONG: Duration = Duration::from_secs(5);

#[test]
fn expressions_that_grow_without_end_are_stopped() {
    let text = "x".repeat(100_000);
    let document = format!("{{\"s\": \"{text}\", \"l\": [{}]}}", vec!["1"; 1_000].join(","));
    let doubled = |base: &str, times: usize| format!("[{base}]{}.size() > 1", ".map(x, x + x)".repeat(times));
    for when in [
        doubled("self.s", 26),
        doubled("self.l", 26),
        format!("[self]{}.size() > 1", ".map(x, [x, x])".repeat(26)),
        format!("[self]{} == [1]", ".map(x, {'a': x, 'b': x, 'c': x})".repeat(26)),
        format!("self.l.all(x, {}.size() > 1)", vec!["self.s"; 25].join("+")),
        "self.l.all(x, self.l.all(y, self.s.contains('y') || true))".into(),
        "self.l.all(x, self.l.all(y, self.s.matches('(x+x+)+y') || true))".into(),
        "self.l.all(x, self.l.all(y, self == self))".into(),
        "self.l.map(x, self.l.map(y, self)).size() > 0".into(),
        format!("self.l{}.size() > 0", ".map(x, self.l)".repeat(3)),
        "self.l.all(x, self.l[1.5] == 1 || true)".into(),
    ] {
        let (judged, took) = timed(&when, &document);
        assert!(took < LONG, "{took:?}: {}", &when[..when.len().min(80)]);
        let is_stopped =
            !judged.overruns.is_empty() || judged.found[0].iter().any(|found| found.rule == "O02");
        assert!(is_stopped || took < Duration::from_secs(1), "{took:?} {when}: {judged:?}");
    }
}

#[test]
fn a_pattern_takes_linear_time() {
    let document = format!("{{\"s\": \"{}\"}}", "a".repeat(200_000));
    for pattern in ["(a+)+$b", "(a|aa)+$b", "(.*a){20}b", "^(([a-z])+.)+[A-Z]([a-z])+$"] {
        let (judged, took) = timed(&format!("self.s.matches('{pattern}')"), &document);
        assert!(took < LONG, "{pattern}: {took:?}");
        assert_eq!(judged.overruns, [], "{pattern}");
    }
}

#[test]
fn documents_that_are_made_to_hurt_are_judged_or_told() {
    let keys: String = (0..100_000).map(|at| format!("\"{at}\":1,")).collect();
    let nested = format!("{{\"a\":{}{}}}", "[".repeat(900), "]".repeat(900));
    for document in [
        format!("{{{keys}\"a\": 1}}"),
        format!("{{\"a\": \"{}\"}}", "x".repeat(1 << 20)),
        format!("{{\"a\": \"{}\"}}", "\\u0000".repeat(40_000)),
        nested,
        format!("{{\"a\": {}}}", "9".repeat(200_000)),
        format!("{{\"a\": [{}]}}", vec!["0"; 120_000].join(",")),
        "[".repeat(100_000),
        "{\"a\": ".repeat(20_000),
    ] {
        for when in ["self.exists(k, self[k] == 'x')", "self.a == self.a", "string(self.a).matches('^x+$')"] {
            let (_, took) = timed(when, &document);
            assert!(took < LONG, "{when}: {took:?} for {} bytes", document.len());
        }
    }
}

#[test]
fn expressions_that_are_made_to_hurt_the_parser_are_refused_in_time() {
    let repeated = |from: &str, piece: &str, to: &str, close: &str| {
        let times = (1_990 - from.len() - to.len()) / (piece.len() + close.len());
        format!("{from}{}{to}{}", piece.repeat(times), close.repeat(times))
    };
    for when in [
        repeated("", "(", "1", ")"),
        repeated("", "[", "1", "]"),
        repeated("", "{1:", "1", "}"),
        repeated("", "size(", "1", ")"),
        repeated("", "(", "", ""),
        repeated("", "[(", "", ""),
        repeated("", "}])", "", ""),
        repeated("", "!", "true", ""),
        repeated("", "-", "1", ""),
        repeated("self", ".a", "", ""),
        repeated("self", "[0]", "", ""),
        repeated("1", "+1", "", ""),
        repeated("1", "<1", "", ""),
        repeated("true", "&&true", "", ""),
        repeated("true", "||!true", "", ""),
        repeated("", "true?1:", "1", ""),
        repeated("", "true?", "1", ":1"),
        repeated("[1]", ".map(x,x)", "", ""),
        repeated("[1]", ".all(x,[1]", "", ")"),
        repeated("1", ".size()", "", ""),
        repeated("'", "\\", "", ""),
        repeated("'a'.matches('", "(", "", "){9}") + "')",
        repeated("'a'.matches('", "[a-z]{9}", "", "") + "')",
        "\u{0}".repeat(1_000),
        "é".repeat(1_000),
    ] {
        let begun = Instant::now();
        let mut own = OwnRules::default();
        let _ = own.add(&text("own", &when));
        let took = begun.elapsed();
        assert!(took < LONG, "{took:?}: {}", &when.chars().take(60).collect::<String>());
        // What is taken can be judged.
        let _ = own.judge(&[(&key("a/b"), "{\"a\": 1}")]);
    }
}
