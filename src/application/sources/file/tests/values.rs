//! What files hold.

use serde_json::json;

use super::*;

async fn rows_of(name: &str, text: &str) -> Vec<(String, serde_json::Value, String)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    rows(&loaded(&source(&path)).await)
}

async fn refused(name: &str, text: impl AsRef<[u8]>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let error = error_of(&source(&path)).await.to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[tokio::test]
async fn a_value_has_the_line_and_the_column_of_its_file() {
    let expected = |place: &str| vec![row("a.b", json!(1), place)];
    assert_eq!(rows_of("f.json", "\u{feff}{\n  \"a\": {\"b\": 1}\n}").await, expected("f.json:2:14"));
    assert_eq!(rows_of("f.yaml", "a:\n  b: 1\n").await, expected("f.yaml:2:6"));
    assert_eq!(rows_of("f.toml", "[a]\nb = 1\n").await, expected("f.toml:2:5"));
    assert_eq!(rows_of("f.env", "# x\nA__B=1\n").await, [row("a.b", json!({"text": "1"}), "f.env:2:1")]);
}

#[tokio::test]
async fn variables_are_replaced_whole_or_embedded_and_are_part_of_the_origin() {
    let text =
        "url: http://${HOST}:${OTHER:80}/\nport: ${PORT}\nlist: [\"${HOST}\", \"$${HOST}\"]\nplain: $HOST\n";
    assert_eq!(
        rows_of("f.yaml", text).await,
        [
            row("list", json!(["db.example", "${HOST}"]), "f.yaml:3:7 ${HOST}"),
            row("plain", json!("$HOST"), "f.yaml:4:8"),
            row("port", json!({"text": "5432"}), "f.yaml:2:7 ${PORT}"),
            row("url", json!("http://db.example:80/"), "f.yaml:1:6 ${HOST} ${OTHER}"),
        ]
    );
}

#[tokio::test]
async fn an_unset_variable_without_a_default_is_an_error_that_names_its_place_and_not_null() {
    assert_eq!(
        refused("f.yaml", "a: ${GONE}\nb: x${PORT}\nc: [1, \"${LOST}\"]\n").await,
        "f.yaml:1:4: the variable GONE is not set, and has no default here; at 3:8 the variable LOST is not \
         set, and has no default here; set it, or write ${NAME:default}"
    );
    assert!(
        refused("f.env", "A=1\nB=${GONE}\n").await.starts_with("f.env:2:1: the variable GONE is not set")
    );
}

#[tokio::test]
async fn the_variables_of_its_path_are_part_of_every_origin() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("production.json");
    std::fs::write(&path, "{\"a\": \"${HOST}\"}").unwrap();
    let layer = FileLayer { path_variables: vec!["ENVIRONMENT".into()], ..layer(&path) };
    let rows = rows(&loaded(&FileSource::new(layer)).await);
    assert_eq!(rows, [row("a", json!({"text": "db.example"}), "production.json:1:7 ${ENVIRONMENT} ${HOST}")]);
}

#[tokio::test]
async fn a_variable_in_a_file_of_variables_is_that_of_the_process_then_one_above_it() {
    let text =
        "FROM=file\nOWN=x\nA=${FROM}-${OWN}-${BELOW:-none}-${BELOW:other}\nBELOW=y\nexport Q='a b' # c\n";
    let values: Vec<_> =
        rows_of(".env.development", text).await.into_iter().map(|row| (row.0, row.1)).collect();
    let text = |text: &str| json!({ "text": text });
    let expected = [
        ("a", text("process-x-none-other")),
        ("below", text("y")),
        ("from", text("file")),
        ("own", text("x")),
        ("q", text("a b")),
    ];
    assert_eq!(values, expected.map(|(path, value)| (path.to_owned(), value)));
}

#[tokio::test]
async fn the_last_variable_of_a_name_counts_in_a_file_of_variables() {
    assert_eq!(rows_of("f.env", "A=1\nA=2\n").await, [row("a", json!({"text": "2"}), "f.env:2:1")]);
}

#[tokio::test]
async fn a_line_that_is_lost_in_a_file_of_variables_is_an_error_without_its_text() {
    assert_eq!(
        refused("f.env", "A=1\n planted-x\nB='planted-y\n").await,
        "f.env:2:2: this is not NAME=VALUE; at 3:3 a quote is opened and never closed; write NAME=VALUE, or \
         begin a comment with #"
    );
    assert_eq!(
        refused("f.env", b"A=\xff\n").await,
        "f.env:1:3: this byte is not UTF-8; save the file as UTF-8"
    );
}

#[tokio::test]
async fn a_file_of_a_variable_in_a_file_of_variables_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (path, secret) = (folder.path().join(".env"), folder.path().join("secret"));
    std::fs::write(&secret, "planted-1\n").unwrap();
    std::fs::write(&path, format!("KEY_FILE={}\n", secret.display())).unwrap();
    let source = source(&path);
    let first = loaded(&source).await;
    assert_eq!(rows(&first), [row("key", json!({"text": "planted-1"}), ".env:1:1")]);
    assert!(matches!(source.load(Some(&first.revision)).await, Ok(Load::Unchanged)));
    std::fs::write(&secret, "planted-2\n").unwrap();
    assert!(matches!(source.load(Some(&first.revision)).await, Ok(Load::Contents(_))));
}

#[tokio::test]
async fn a_missing_file_is_missing_and_a_missing_file_of_overrides_is_an_empty_layer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.json");
    let error = error_of(&source(&path)).await;
    assert_eq!(error.fault, SourceFault::Missing);
    assert!(
        error.to_string().ends_with(
            "f.json: there is no such file; make it, or take its layer out of the application file"
        )
    );
    assert_eq!(rows(&loaded(&FileSource::new(FileLayer::runtime(path))).await), []);
    let far = source(&folder.path().join("none/f.json"));
    assert!(error_of(&far).await.to_string().contains("does not exist; create it, or mount it"));
}

#[tokio::test]
async fn what_is_written_as_an_override_is_no_variable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runtime.json");
    std::fs::write(&path, "{\"a\": \"${GONE}\"}").unwrap();
    let rows = rows(&loaded(&FileSource::new(FileLayer::runtime(path))).await);
    assert_eq!(rows, [row("a", json!("${GONE}"), "runtime.json:1:7")]);
}

#[tokio::test]
async fn a_file_that_is_none_or_too_large_is_refused_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("folder.json")).unwrap();
    let error = error_of(&source(&at("folder.json"))).await;
    assert_eq!(error.fault, SourceFault::Unavailable);
    assert!(error.to_string().contains("is a folder; put a file in its place"), "{error}");
    std::fs::File::create(at("large.json")).unwrap().set_len(LARGEST + 1).unwrap();
    assert!(error_of(&source(&at("large.json"))).await.to_string().contains("more than the 16 MiB"));
}

#[tokio::test]
async fn a_large_file_is_read_in_a_moment() {
    let members = (0..10_000).map(|number| format!("\"name{number}\": {{\"é\": \"value {number}\"}}"));
    let text = format!("{{{}}}", members.collect::<Vec<_>>().join(", "));
    let began = std::time::Instant::now();
    assert_eq!(rows_of("f.json", &text).await.len(), 10_000);
    // Without an index of lines it takes minutes; how long it takes exactly is measured elsewhere.
    assert!(began.elapsed() < std::time::Duration::from_secs(20));
}
