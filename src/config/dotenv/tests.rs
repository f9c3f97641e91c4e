use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::*;
use crate::config::Environment;
use crate::domain::reference::{Variable, Variables};

#[derive(Deserialize)]
struct Vectors {
    process: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    hex: String,
    /// What python-dotenv sets; absent if it refuses the file.
    variables: Option<BTreeMap<String, String>>,
    /// How many statements it warns about and drops.
    #[serde(default)]
    dropped: usize,
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

/// Every case of the vectors, which `tools/dotenv_vectors.py` had from the library itself.
#[test]
fn values_are_those_that_python_dotenv_loads() {
    let vectors: Vectors = serde_json::from_str(include_str!("../../../tests/vectors/dotenv.json")).unwrap();
    assert!(vectors.cases.len() > 70);
    for case in &vectors.cases {
        let bytes = bytes(&case.hex);
        let faults = parse(&bytes).faults;
        let refused = faults.iter().any(|fault| fault.kind == DotenvFaultKind::NotUtf8);
        assert_eq!(refused, case.variables.is_none(), "{}", case.name);
        let Some(expected) = &case.variables else { continue };
        let gives_up = |fault: &&DotenvFault| {
            use DotenvFaultKind::{AfterQuote, NotAssignment, OpenQuote};
            matches!(fault.kind, AfterQuote | NotAssignment | OpenQuote)
        };
        assert_eq!(faults.iter().filter(gives_up).count(), case.dropped, "{}: {faults:?}", case.name);
        let (read, _) = Environment::of(&vectors.process).with_read_file(Path::new("vars"), &bytes);
        let variables = read.variables();
        let text = |name: &String| match variables.variable(name) {
            Variable::Text(value) => Some(value.expose().to_owned()),
            _ => None,
        };
        for (name, value) in expected {
            assert_eq!(text(name).as_deref(), Some(value.as_str()), "{}: {name}", case.name);
        }
        let own = variables.states().into_keys().filter(|name| !vectors.process.contains_key(name));
        let expected = expected.keys().filter(|name| !vectors.process.contains_key(*name));
        assert_eq!(own.collect::<Vec<_>>(), expected.cloned().collect::<Vec<_>>(), "{}", case.name);
    }
}

#[test]
fn what_the_receiver_does_not_get_has_its_line_and_column_and_the_rest_is_read() {
    use DotenvFaultKind::*;
    for (text, kind, line, column, names) in [
        (&b"A=1\n  hunter2 x\nB=2\n"[..], NotAssignment, 2, 3, &["A", "B"][..]),
        (b"A=1\n\nB=\"hunter2\nC=3\n", OpenQuote, 3, 3, &["A", "C"]),
        (b"A='hunter2' x\nB=2\n", AfterQuote, 1, 3, &["B"]),
        (b"A=1\nhunter2\n", NoValue, 2, 1, &["A", "hunter2"]),
        (b"\"A\"=1\n", QuotedName, 1, 1, &["\"A\""]),
        (b"\xef\xbb\xbfA=1\n", ByteOrderMark, 1, 1, &["A"]),
        (b"A=1\r\nB=caf\xe9\r\nC=3\r\n", NotUtf8, 2, 6, &["A", "B", "C"]),
        (b"A=1\nB=x\0y\n", Nul, 2, 4, &["A", "B"]),
        (b"A=   # hunter2\n", CommentAsValue, 1, 6, &["A"]),
    ] {
        let read = parse(text);
        assert_eq!(read.faults, [DotenvFault { kind, line, column }]);
        let found: Vec<_> = read.bindings.iter().map(|binding| binding.name.as_str()).collect();
        assert_eq!(found, names, "{kind:?}");
        let told = read.faults[0].finding(Path::new("vars"));
        let told = format!("{} {} {}", told.text, told.remedy, read.faults[0].problem());
        assert!(told.starts_with(&format!("vars:{line}:{column}: ")) && !told.contains("hunter2"), "{told}");
    }
}
