//! Values written into files.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use serde_json::{Value, json};

use super::*;
use crate::application::sources::variable_names::tests::setting;
use crate::application::{
    LayerWriteError, LayerWriteFault, LayerWriter, SettingPath, SettingValue, ValueType,
};

pub(super) fn path(path: &str) -> SettingPath {
    path.parse().unwrap()
}

/// Sets or removes a value in a file with this text; what it is then.
async fn written(name: &str, text: &str, at: &str, value: Option<Value>) -> Result<String, LayerWriteError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    write(layer(&file), at, value).await.map(|_| std::fs::read_to_string(&file).unwrap()).map_err(|error| {
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "nothing was written");
        LayerWriteError { place: error.place.replace(&format!("{}/", folder.path().display()), ""), ..error }
    })
}

/// Writes on the condition of what is there now, and reads it back.
pub(super) async fn write(
    layer: FileLayer,
    at: &str,
    value: Option<Value>,
) -> Result<LayerContents, LayerWriteError> {
    let (source, writer) = (FileSource::new(layer.clone()), FileWriter::new(layer));
    let known = loaded(&source).await.revision;
    let value = value.map(SettingValue::new);
    if value.is_some() {
        writer.can_write(&path(at)).await?;
    }
    let revision = writer.write(&path(at), value.as_ref(), &known).await?;
    let contents = loaded(&source).await;
    assert_eq!(contents.revision, revision, "the revision is that of the new text");
    Ok(contents)
}

async fn refusal(name: &str, text: &str, at: &str, value: Option<Value>) -> String {
    let error = written(name, text, at, value).await.expect_err("it is refused");
    assert_eq!(error.fault, LayerWriteFault::NotWritable);
    error.to_string()
}

#[tokio::test]
async fn a_value_of_json_is_set_and_every_other_byte_stays() {
    let text = "\u{feff}{\r\n\t\"a\": {\"b\" :1 },\r\n\t\"c\": [1,2]\r\n}\r\n";
    assert_eq!(written("f.json", text, "a.b", Some(json!("x"))).await.unwrap(), text.replace(":1", ":\"x\""));
    assert_eq!(
        written("f.json", text, "c", None).await.unwrap(),
        "\u{feff}{\r\n\t\"a\": {\"b\" :1 }\r\n}\r\n"
    );
    let added = written("f.json", text, "d.e", Some(json!(true))).await.unwrap();
    assert_eq!(added, text.replace("[1,2]", "[1,2],\r\n\t\"d\": {\"e\": true}"));
}

#[tokio::test]
async fn a_value_of_toml_is_set_and_comments_and_layout_stay() {
    let text = "# top\na = 1 # one\n\n[b] # section\n  c   = \"x\" # c\nd.e = 1\n";
    let set = |at, value| written("f.toml", text, at, Some(value));
    assert_eq!(set("a", json!(2)).await.unwrap(), text.replace("a = 1", "a = 2"));
    assert_eq!(set("b.c", json!([1, {"x": 2}])).await.unwrap(), text.replace("\"x\"", "[1, { x = 2 }]"));
    assert_eq!(set("b.d.f", json!(1.5)).await.unwrap(), format!("{text}d.f = 1.5\n"));
    assert_eq!(set("n.m.o", json!("y")).await.unwrap(), format!("{text}\n[n.m]\no = \"y\"\n"));
    assert_eq!(written("f.toml", text, "b.d.e", None).await.unwrap(), text.replace("d.e = 1\n", ""));
    let windows = text.replace('\n', "\r\n");
    assert_eq!(
        written("f.toml", &windows, "a", Some(json!(3))).await.unwrap(),
        windows.replace("= 1 #", "= 3 #")
    );
    assert!(refusal("f.toml", text, "a", Some(json!(null))).await.contains("TOML has neither null nor"));
    assert!(refusal("f.toml", text, "a", Some(json!([u64::MAX]))).await.contains("more than 63 bits"));
}

#[tokio::test]
async fn a_scalar_of_yaml_is_replaced_and_nothing_else() {
    let text = "# top\na: 1   # one\nb:\n  - x\nc: 'y' # c\nd: {e: plain, f: 2}\n";
    let set = |at, value| written("f.yaml", text, at, Some(value));
    assert_eq!(set("a", json!(20)).await.unwrap(), text.replace("1   #", "20   #"));
    assert_eq!(set("c", json!("it's")).await.unwrap(), text.replace("'y'", "\"it's\""));
    assert_eq!(set("d.e", json!("other-word")).await.unwrap(), text.replace("plain", "other-word"));
    assert_eq!(set("d.e", json!("5")).await.unwrap(), text.replace("plain", "\"5\""));
    assert_eq!(set("d.e", json!("true")).await.unwrap(), text.replace("plain", "\"true\""));
    assert_eq!(set("d.f", json!(["a, b", null])).await.unwrap(), text.replace('2', "[\"a, b\",null]"));
}

#[tokio::test]
async fn what_only_a_person_can_write_in_yaml_is_refused_with_the_reason() {
    let text = "a: &x 1\nb: *x\nc: [1]\nd: |\n  lines\ne:\nf: {<<: {g: 1}}\n";
    for (at, reason) in [
        ("a", "cannot be changed there without changing something else"),
        ("b", "comes from another place of the file, by an alias or a merge"),
        ("f.g", "comes from another place of the file, by an alias or a merge"),
        ("c", "is a list or a section of YAML there"),
        ("d", "d "),
        ("e", "has no text there that could be replaced"),
        ("new", "is not in this YAML, and values are only replaced there"),
    ] {
        let said = refusal("f.yaml", text, at, Some(json!(2))).await;
        assert!(said.contains(reason) && said.contains("edit the file by hand"), "{said}");
    }
    assert!(refusal("f.yaml", "a: 1\n", "a", None).await.contains("a is not removed"));
    assert_eq!(written("f.yaml", "a: 1\n", "b", None).await.unwrap(), "a: 1\n");
}

#[tokio::test]
async fn a_variable_is_set_on_its_line_and_all_others_stay() {
    let text = "# top\r\nexport A = 1 # one\r\nB='x'\r\nE= # empty\r\nX__Y=3";
    let set_in = |at, value: Value| written(".env", text, at, Some(value));
    assert_eq!(set_in("a", json!("two words")).await.unwrap(), text.replace("1 #", "\"two words\" #"));
    assert_eq!(set_in("b", json!("a\"b\n$x")).await.unwrap(), text.replace("'x'", "\"a\\\"b\\n$x\""));
    assert_eq!(set_in("e", json!("v")).await.unwrap(), text.replace("E= #", "E= v #"));
    assert_eq!(set_in("n.m", json!(5)).await.unwrap(), format!("{text}\r\nN__M=5\r\n"));
    assert_eq!(written(".env", text, "b", None).await.unwrap(), text.replace("B='x'\r\n", ""));
    assert_eq!(written(".env", "A=1\nB=2\nA=3\n", "a", None).await.unwrap(), "B=2\n");
    assert!(
        refusal(".env", text, "\"a b\"", Some(json!(1)))
            .await
            .contains("no variable of this file could hold")
    );
}

#[tokio::test]
async fn a_variable_that_others_need_or_would_lie_in_is_not_written() {
    let said = refusal(".env", "A=planted\nB=x${A}\n", "a", None).await;
    assert!(said.contains("could not be read after this write of a: the variable A is not set"), "{said}");
    let said = refusal(".env", "A__B=planted\n", "a", Some(json!("planted"))).await;
    assert!(said.contains("A holds a, and A__B holds a.b, which would lie in it"), "{said}");
    assert!(
        refusal(".env", "A=1\r\nB=2\n", "a", Some(json!(3)))
            .await
            .contains("without changing something else")
    );
    assert_eq!(written(".env", "\u{feff}A=1\r\n", "a", Some(json!(3))).await.unwrap(), "\u{feff}A=3\r\n");
}

#[tokio::test]
async fn the_content_of_a_file_that_a_variable_names_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "planted-x").unwrap();
    let text = format!("KEY_FILE={}\nA=1\n", secret.display());
    for value in [Some(json!("v")), None] {
        let said = refusal(".env", &text, "key", value).await;
        assert!(
            said.contains("key is the content of the file that KEY_FILE names; write that file"),
            "{said}"
        );
    }
    assert!(written(".env", &text, "a", Some(json!(2))).await.unwrap().ends_with("\nA=2\n"));
}

#[tokio::test]
async fn what_is_made_of_a_variable_is_not_overwritten() {
    for (name, text) in [
        ("f.json", "{\"a\": {\"b\": \"${HOST}\"}}"),
        ("f.yaml", "a:\n  b: x-${HOST:y}\n"),
        ("f.toml", "[a]\nb = [\"${HOST}\"]\n"),
        (".env", "A__B=${HOST}\n"),
    ] {
        let said = refusal(name, text, "a.b", Some(json!("v"))).await;
        assert!(said.contains("write into a layer of a higher rank"), "{said}");
    }
    assert_eq!(written("f.json", "{\"a\": \"$${HOST}\"}", "a", Some(json!(1))).await.unwrap(), "{\"a\": 1}");
    assert_eq!(written("f.json", "{\"a\": \"${HOST}\"}", "a", None).await.unwrap(), "{}");
}

#[tokio::test]
async fn a_value_does_not_take_the_place_of_a_section_nor_lie_in_a_value() {
    for (name, text) in [("f.json", "{\"a\": {\"b\": 1}}"), ("f.toml", "[a]\nb = 1\n")] {
        assert!(
            refusal(name, text, "a", Some(json!(1))).await.contains("a is a section there; remove it first")
        );
        let said = refusal(name, text, "a.b.c", Some(json!(1))).await;
        assert!(said.contains("a.b is a value there, so that a.b.c cannot lie in it"), "{said}");
        // An object replaces an object: a setting may have one as its value.
        let text = written(name, text, "a", Some(json!({"c": 2}))).await.unwrap();
        assert!(text.contains('c') && !text.contains('b'), "{text}");
    }
}

#[tokio::test]
async fn a_file_that_has_changed_since_it_was_read_is_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.json");
    std::fs::write(&file, "{\"a\": 1}").unwrap();
    let known = loaded(&source(&file)).await.revision;
    std::fs::write(&file, "{\"a\": 2}").unwrap();
    let value = SettingValue::new(json!(3));
    let error = FileWriter::new(layer(&file)).write(&path("a"), Some(&value), &known).await.unwrap_err();
    assert_eq!(error.fault, LayerWriteFault::Conflict);
    assert!(
        error.to_string().contains("it has changed since it was read; nothing was written; look at it again")
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"a\": 2}");
}

#[tokio::test]
async fn of_many_writers_with_the_same_revision_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.json");
    std::fs::write(&file, "{}").unwrap();
    let known = loaded(&source(&file)).await.revision;
    let writes = (0..8).map(|number| {
        let (layer, known) = (layer(&file), known.clone());
        tokio::spawn(async move {
            let value = SettingValue::new(json!(number));
            FileWriter::new(layer).write(&path("a"), Some(&value), &known).await.is_ok()
        })
    });
    let won =
        futures::future::join_all(writes).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn overrides_make_their_file_which_is_private_and_are_no_variables() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runtime.json");
    let layer = FileLayer::runtime(file.clone());
    let contents = write(layer.clone(), "a.b", Some(json!("${GONE}"))).await.unwrap();
    assert_eq!(rows(&contents), [row("a.b", json!("${GONE}"), "runtime.json:3:10")]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\n  \"a\": {\n    \"b\": \"${GONE}\"\n  }\n}\n");
    assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600);
    assert_eq!(rows(&write(layer, "a.b", None).await.unwrap()), []);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{}\n");
}

#[tokio::test]
async fn to_remove_what_is_not_there_changes_nothing_and_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runtime.json");
    assert_eq!(rows(&write(FileLayer::runtime(file.clone()), "a.b", None).await.unwrap()), []);
    assert!(!file.exists());
    for (name, text) in [("f.json", "{\"a\": 1 }"), ("f.toml", "a=1"), ("f.yaml", "a:  1"), (".env", "A=1")] {
        for at in ["b", "b.c", "\"x y\""] {
            assert_eq!(written(name, text, at, None).await.unwrap(), text);
        }
    }
}

#[tokio::test]
async fn a_missing_file_that_people_write_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.json");
    let writer = FileWriter::new(layer(&file));
    let value = SettingValue::new(json!(1));
    for error in [
        writer.can_write(&path("a")).await.unwrap_err(),
        writer.write(&path("a"), Some(&value), &revision_of(None)).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("there is no such file; nothing was written"), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn the_mode_of_a_file_and_a_link_to_it_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("real.json"), folder.path().join("f.json"));
    std::fs::write(&file, "{}").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    symlink("real.json", &link).unwrap();
    write(layer(&link), "a", Some(json!(1))).await.unwrap();
    assert!(link.is_symlink());
    assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("f.json", "{\"a\": planted}"), ("f.yaml", "a: [planted\n"), (".env", "planted\n")] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let writer = FileWriter::new(layer(&file));
        let known = revision_of(Some(text.as_bytes()));
        for error in [
            writer.can_write(&path("a")).await.unwrap_err(),
            writer.write(&path("a"), Some(&SettingValue::new(json!(1))), &known).await.unwrap_err(),
        ] {
            assert_eq!(error.fault, LayerWriteFault::Unavailable, "{error}");
            assert!(
                error.to_string().contains("nothing was written") && !error.to_string().contains("planted")
            );
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
}

#[tokio::test]
async fn a_text_of_a_variable_is_written_so_that_its_setting_reads_it() {
    let types = [
        ("number", ValueType::Integer),
        ("list", ValueType::List),
        ("text", ValueType::Text),
        ("json", ValueType::Json),
    ];
    let declared = types.map(|(name, value_type)| (path(name), setting(value_type, None)));
    let names = Arc::new(VariableNames::new(&declared.into(), None).of_file());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    for (at, value, text) in [
        ("number", json!(5), Some("5")),
        ("list", json!(["a", "b"]), Some("a,b")),
        ("list", json!([]), Some("")),
        ("list", json!(["a,b"]), None),
        ("text", json!("5"), Some("5")),
        ("text", json!(null), None),
        ("json", json!("5"), Some("\"5\"")),
        ("json", json!({"a": [1]}), Some("{\"a\":[1]}")),
        ("undeclared", json!("5"), Some("\"5\"")),
        ("undeclared", json!("word"), Some("word")),
        ("undeclared", json!(true), Some("true")),
    ] {
        std::fs::write(&file, "").unwrap();
        let layer = FileLayer { names: Arc::clone(&names), ..layer(&file) };
        let read = write(layer, at, Some(value.clone())).await.map(|contents| rows(&contents));
        match text {
            Some(text) => {
                assert_eq!(read.unwrap(), [row(at, json!({ "text": text }), ".env:1:1")], "{at} {value}")
            }
            None => assert!(read.unwrap_err().to_string().contains("cannot hold this value"), "{at} {value}"),
        }
    }
}
