//! Whatever is written into a file is read from it, and all else is as it was.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::writes::{path, write};
use super::*;

fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|number: f64| Value::from(number)),
        "[a-z${}:'\"#\\\\ \\n,é-]{0,10}".prop_map(Value::from),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,3}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The settings of a value at a path.
fn settings_of(at: &str, value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let mut inner: Vec<_> = members
                .iter()
                .flat_map(|(name, value)| settings_of(&format!("{at}.{name}"), value))
                .collect();
            inner.sort_by(|a, b| a.0.cmp(&b.0));
            inner
        }
        _ => vec![(at.to_owned(), value.clone())],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_written_is_read_and_all_else_is_as_it_was(value in any_value(), at in 0_usize..3) {
        let at = ["a.b", "new", "s.x.y"][at];
        let texts = [
            ("f.json", "{\"a\": {\"b\": 1, \"c\": [true]}, \"z\": \"é\"}\n"),
            ("f.toml", "z = 'é' # z\n[a]\nb = 1\nc = [true]\n"),
            ("f.yaml", "a:\n  b: 1\n  c: [true]\nz: é # z\nnew: \"x\"\ns: {x: {y: 'q'}}\n"),
        ];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (name, text) in texts {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            let before = runtime.block_on(async { rows(&loaded(&source(&file)).await) });
            let contents = runtime.block_on(write(layer(&file), at, Some(value.clone())));
            let contents = contents.unwrap_or_else(|error| panic!("{name} {at} {value}: {error}"));
            let after: Vec<_> = rows(&contents).into_iter().map(|row| (row.0, row.1)).collect();
            let is_of = |path: &str| path == at || path.starts_with(&format!("{at}."));
            let others = before.into_iter().filter(|row| !is_of(&row.0));
            let mut wanted: Vec<_> = others.map(|row| (row.0, row.1)).collect();
            wanted.extend(settings_of(at, &value));
            wanted.sort_by(|a, b| a.0.cmp(&b.0));
            let mut sorted = after;
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            prop_assert_eq!(sorted, wanted, "{}", name);
        }
    }

    #[test]
    fn a_variable_that_was_written_is_read(
        value in "\\PC{0,12}|[a${}:'\"#\\\\ \n\r\t=-]{0,8}",
        at in 0_usize..2,
    ) {
        let at = ["a", "new"][at];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "B='x' # b\nA=1 # a\nC=\"multi\nline\"\n").unwrap();
        let contents = runtime.block_on(write(layer(&file), at, Some(json!(value))));
        let contents = contents.unwrap_or_else(|error| panic!("{value:?}: {error}"));
        let read = contents.values.get(&path(at)).map(|at| match &at.value {
            SourceValue::Text(text) => text.to_string(),
            SourceValue::Typed(_) => panic!("variables are texts"),
        });
        let is_json = serde_json::from_str::<Value>(&value).is_ok();
        prop_assert_eq!(read.unwrap(), if is_json { json!(value).to_string() } else { value });
        prop_assert_eq!(contents.values.len(), 3 + usize::from(at == "new"));
        let text = std::fs::read_to_string(&file).unwrap();
        prop_assert!(text.starts_with("B='x' # b\n") && text.contains(" # a\nC=\"multi\nline\"\n"));
    }
}
