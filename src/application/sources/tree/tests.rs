//! What texts of the three formats are read as, and how faults in them are told.

use proptest::prelude::*;
use serde_json::json;

use super::yaml::MAX_DEPTH;
use super::*;
use crate::application::ValuePlace;
use crate::domain::json::LineIndex;

const FORMATS: [TreeFormat; 3] = [TreeFormat::Json, TreeFormat::Yaml, TreeFormat::Toml];

/// Each setting with its line, its column and its value.
fn settings(format: TreeFormat, text: &str) -> Vec<(String, usize, usize, Value)> {
    let (lines, mut places) = (LineIndex::of(text), Vec::new());
    let root = read(format, text).unwrap_or_else(|fault| panic!("{fault:?}"));
    let values = root.into_values(text, |path, span, _| {
        places.push((path.clone(), lines.line_column(span.start)));
        ValuePlace::Program
    });
    let mut values = values.unwrap();
    let found = places.into_iter().map(|(path, (line, column))| {
        let SourceValue::Typed(value) = values.remove(&path).unwrap().value else {
            panic!("{path} has no type")
        };
        (path.to_string(), line, column, value.into_inner())
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn fault(format: TreeFormat, text: &str) -> String {
    read(format, text).err().unwrap_or_else(|| panic!("{text} is read")).of("f").to_string()
}

fn rows(rows: &[(&str, usize, usize, Value)]) -> Vec<(String, usize, usize, Value)> {
    rows.iter()
        .map(|(path, line, column, value)| ((*path).to_owned(), *line, *column, value.clone()))
        .collect()
}

#[test]
fn values_of_json_have_line_and_column() {
    let text =
        "{\n  \"é\": {\"x\": 1.5, \"empty\": {}},\n  \"list\": [1, {\"a\": null}],\n  \"t\": \"a\\nb\"\n}";
    assert_eq!(
        settings(TreeFormat::Json, text),
        rows(&[
            ("\"é\".empty", 2, 28, json!({})),
            ("\"é\".x", 2, 14, json!(1.5)),
            ("list", 3, 11, json!([1, {"a": null}])),
            ("t", 4, 8, json!("a\nb")),
        ])
    );
}

#[test]
fn values_of_yaml_have_line_and_column() {
    let text = "# comment\ndatabase:\n  pool_size: 20 # why\n  url: \"é\"\nlist:\n  - a\n  - b: 1\n\
                flow: {x: true, y: ~}\ntext: |\n  two\n  lines\n";
    assert_eq!(
        settings(TreeFormat::Yaml, text),
        rows(&[
            ("database.pool_size", 3, 14, json!(20)),
            ("database.url", 4, 8, json!("é")),
            ("flow.x", 8, 11, json!(true)),
            ("flow.y", 8, 20, json!(null)),
            ("list", 6, 3, json!(["a", {"b": 1}])),
            ("text", 10, 3, json!("two\nlines\n")),
        ])
    );
}

#[test]
fn values_of_toml_have_line_and_column() {
    let text = "a.b = 1\nwhen = 1979-05-27\n[c]\nd = [1, \"x\"]\ne = {f = 0x1F}\n[c.empty]\n[[g]]\nh = 1.5\n";
    assert_eq!(
        settings(TreeFormat::Toml, text),
        rows(&[
            ("a.b", 1, 7, json!(1)),
            ("c.d", 4, 5, json!([1, "x"])),
            ("c.e.f", 5, 10, json!(31)),
            ("c.empty", 6, 1, json!({})),
            ("g", 7, 1, json!([{"h": 1.5}])),
            ("when", 2, 8, json!("1979-05-27")),
        ])
    );
}

#[test]
fn yaml_takes_neither_a_country_for_a_boolean_nor_a_number_for_another() {
    let text = "a: no\nb: on\nc: True\nd: 1_000\ne: 0o17\nf: '5'\ng: 1e3\nh: 18446744073709551615\n\
                i: -9223372036854775808\n1: x\n";
    let values: Vec<_> = settings(TreeFormat::Yaml, text).into_iter().map(|row| row.3).collect();
    assert_eq!(
        values,
        [
            json!("x"),
            json!("no"),
            json!("on"),
            json!(true),
            json!(1000),
            json!(15),
            json!("5"),
            json!(1000.0),
            json!(u64::MAX),
            json!(i64::MIN),
        ]
    );
}

#[test]
fn a_number_of_yaml_that_readers_take_for_different_ones_is_refused() {
    for text in ["mode: 0644", "zip: -01234"] {
        let said = fault(TreeFormat::Yaml, text);
        assert!(said.contains("begins with 0") && said.contains("put it in quotes"), "{said}");
    }
    assert_eq!(settings(TreeFormat::Yaml, "a: 0\nb: 0.5\n").len(), 2);
}

#[test]
fn an_alias_and_a_merge_have_the_place_of_what_they_name_and_are_shared() {
    let text =
        "base: &base\n  a: 1\nother:\n  <<: *base\n  b: *x\n".replace("*x", "*y").replace("a: 1", "a: &y 1");
    let root = read(TreeFormat::Yaml, &text).unwrap_or_else(|fault| panic!("{fault:?}"));
    let at = |path: &str| root.get(&path.parse().unwrap()).unwrap();
    assert!(!at("base.a").shared && at("other.a").shared && at("other.b").shared);
    for path in ["base.a", "other.a", "other.b"] {
        assert_eq!(LineIndex::of(&text).line_column(at(path).span.start).0, 2, "{path}");
    }
}

#[test]
fn an_empty_text_of_yaml_or_toml_is_a_layer_without_values() {
    for text in ["", "# only a comment\n"] {
        for format in [TreeFormat::Yaml, TreeFormat::Toml] {
            assert_eq!(settings(format, text), [], "{format:?} {text:?}");
        }
    }
    assert_eq!(settings(TreeFormat::Yaml, "---\n"), []);
    assert_eq!(settings(TreeFormat::Json, "{}"), []);
    assert_eq!(
        fault(TreeFormat::Json, ""),
        "f:1:1: the text is empty; a JSON object is expected; write JSON as RFC 8259 has it"
    );
}

#[test]
fn duplicates_are_refused_with_their_place() {
    let said = "\"a\" is here for the second time, and only one of them could count; remove one of them";
    assert_eq!(fault(TreeFormat::Json, "{\"a\": 1,\n \"a\": 2}"), format!("f:2:2: {said}"));
    assert_eq!(fault(TreeFormat::Yaml, "a: 1\nb: 2\na: 3\n"), format!("f:3:1: {said}"));
    assert!(fault(TreeFormat::Toml, "a = 1\na = 2\n").starts_with("f:2:1: not TOML: duplicate key"));
}

#[test]
fn numbers_of_more_than_64_bits_are_refused_not_rounded() {
    for (format, texts) in [
        (TreeFormat::Json, ["{\"a\": 18446744073709551616}", "{\"a\": 1e999}", "{\"a\": NaN}"]),
        (TreeFormat::Yaml, ["a: 18446744073709551616", "a: 1e999", "a: .nan"]),
        (TreeFormat::Toml, ["a = 18446744073709551616", "a = inf", "a = -nan"]),
    ] {
        for text in texts {
            let said = fault(format, text);
            assert!(said.starts_with("f:1:") && !said.contains("1844") && !said.contains("999"), "{said}");
        }
    }
}

#[test]
fn what_is_no_section_and_what_has_no_name_is_refused() {
    for (format, text) in [
        (TreeFormat::Json, "[1]"),
        (TreeFormat::Yaml, "- 1"),
        (TreeFormat::Yaml, "word"),
        (TreeFormat::Json, "{\"\": 1}"),
        (TreeFormat::Yaml, "\"\": 1"),
        (TreeFormat::Toml, "\"\" = 1"),
        (TreeFormat::Yaml, "a: 1\n---\nb: 2\n"),
        (TreeFormat::Yaml, "a: !include other.yaml\n"),
        (TreeFormat::Yaml, "[a, b]: 1\n"),
        (TreeFormat::Yaml, "a: *nowhere\n"),
    ] {
        let said = fault(format, text);
        assert!(said.starts_with("f:"), "{text}: {said}");
    }
}

#[test]
fn a_fault_quotes_no_value() {
    for (format, text) in [
        (TreeFormat::Json, "{\"a\": \"planted-x\" \"planted-y\"}"),
        (TreeFormat::Yaml, "a: \"planted-x\nb: planted-y: planted-z\n"),
        (TreeFormat::Yaml, "a: planted-x\n b: @planted-y\n"),
        (TreeFormat::Yaml, "a: 'planted-x' planted-y\n"),
        (TreeFormat::Yaml, "a: !planted-tag planted-y\n"),
        (TreeFormat::Yaml, "%planted-x\n"),
        (TreeFormat::Toml, "a = \"planted-x\n"),
        (TreeFormat::Toml, "a = planted-x\n"),
    ] {
        let said = fault(format, text);
        assert!(!said.contains("planted"), "{said}");
    }
    let said = text_of(b"a: \xe9planted").unwrap_err();
    assert_eq!(said.of("f").to_string(), "f:1:4: this byte is not UTF-8; save it as UTF-8");
}

#[test]
fn a_text_that_is_nested_without_end_or_multiplies_itself_is_refused() {
    let deep = 100_000;
    for (format, text) in [
        (TreeFormat::Json, "[".repeat(deep)),
        (TreeFormat::Json, format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200))),
        (TreeFormat::Yaml, "[".repeat(deep)),
        (TreeFormat::Yaml, "- ".repeat(deep)),
        (TreeFormat::Yaml, format!("a:\n{}1", "- ".repeat(MAX_DEPTH))),
        (TreeFormat::Toml, format!("a = {}", "[".repeat(deep))),
    ] {
        assert!(read(format, &text).is_err(), "{format:?}");
    }
    let nested = format!("a:\n  {}1", "- ".repeat(MAX_DEPTH - 1));
    assert!(read(TreeFormat::Yaml, &nested).is_ok());
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let item = format!("*a{}", level - 1);
        laughs += &format!("a{level}: &a{level} [{}]\n", [item.as_str(); 10].join(", "));
    }
    assert!(read(TreeFormat::Yaml, &laughs).is_err());
}

#[test]
fn a_byte_order_mark_moves_no_place() {
    let text = text_of("\u{feff}{\"a\": 1}".as_bytes()).unwrap();
    assert_eq!(settings(TreeFormat::Json, text), rows(&[("a", 1, 7, json!(1))]));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-c\\[\\]{}:,=&*!|>#\"'0-9.\\-\n é]{0,40}") {
        for format in FORMATS {
            if let Ok(root) = read(format, &text) {
                let lines = LineIndex::of(&text);
                let values = root.into_values(&text, |_, span, _| {
                    assert_eq!(lines.line_column(span.start), line_column(&text, span.start));
                    ValuePlace::Program
                });
                prop_assert!(values.is_ok());
            }
        }
    }

    #[test]
    fn no_fault_of_any_text_quotes_it(
        before in "[a-c\\[\\]{}:,=&*!|>#%@\"'0-9.\\- \n]{0,12}",
        after in "[a-c\\[\\]{}:,=&*!|>#%@\"'0-9.\\- \n]{0,12}",
    ) {
        for format in FORMATS {
            if let Err(fault) = read(format, &format!("a{before}planted-x{after}")) {
                prop_assert!(!fault.of("f").to_string().contains("planted"), "{:?}", fault);
            }
        }
    }

    #[test]
    fn json_is_read_the_same_as_yaml(
        numbers in proptest::collection::vec(any::<i64>(), 0..4),
        text in "\\PC{0,8}",
    ) {
        let document = json!({"section": {"numbers": numbers, "text": text, "none": null}}).to_string();
        let values = |format| {
            settings(format, &document).into_iter().map(|row| (row.0, row.3)).collect::<Vec<_>>()
        };
        prop_assert_eq!(values(TreeFormat::Json), values(TreeFormat::Yaml));
    }
}
