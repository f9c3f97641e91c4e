//! Odd paths, odd values: line 6 of the issue.

use confdeck::domain::Presence;
use confdeck::provider::{SecretExpect, SecretListItem};

use super::{Secrets, exact_texts_of, json_of, texts_of};

pub(crate) async fn paths_of_any_characters(secrets: &Secrets) {
    let paths = [
        "a b",
        "a%b",
        "a%2Fb",
        "a#b",
        "a?b=c",
        "ü/ö",
        "a+b",
        "...",
        ".a/b.",
        " lead",
        "trail ",
        "q\"<>\\^`{|}[]",
        "a:b@c;d,e&f",
        "日本/🔑",
        "data/metadata",
        "%",
        "%%20",
    ];
    for path in paths {
        secrets.put(path, &[("f", path)]).await;
    }
    for path in paths {
        assert_eq!(secrets.text(path, "f").await, path);
        let presence = secrets.presence(path).await;
        assert!(matches!(presence, Presence::Present(_) | Presence::Unknown { .. }), "{path}: {presence:?}");
    }
    let names = secrets.reader().list(&secrets.folder("")).await.unwrap();
    for path in paths.iter().filter(|path| !path.contains('/')) {
        assert!(names.contains(&SecretListItem::Secret(secrets.path(path))), "{path:?}");
    }
    let below = secrets.reader().list(&secrets.folder("ü")).await.unwrap();
    assert_eq!(below, [SecretListItem::Secret(secrets.path("ü/ö"))]);
    secrets.writer().destroy_all(&secrets.path("a%2Fb")).await.unwrap();
    assert_eq!(secrets.presence("a%2Fb").await, Presence::Missing);
    assert_eq!(secrets.text("a%b", "f").await, "a%b");
}

pub(crate) async fn texts_of_any_characters(secrets: &Secrets) {
    let all: String = (0..0x100_u32).filter_map(char::from_u32).collect();
    let texts = [
        "",
        " ",
        "\u{fffd}\u{feff}\u{202e}",
        "AAECAwT/+v==",
        "-----BEGIN KEY-----\r\nx\r\n",
        "{$vault:a#b}",
        "\u{10ffff}<>&",
        all.as_str(),
    ];
    for text in texts {
        let fields = ["f", "other \"name\" ü\u{1}"];
        let put = exact_texts_of(fields.map(|field| (field, text)));
        secrets.writer().put(&secrets.path("a"), &put, SecretExpect::Anything).await.unwrap();
        let revealed = secrets.reveal("a").await.unwrap().unwrap();
        for field in fields {
            assert_eq!(revealed.fields.get(field).unwrap().as_text().unwrap().expose(), text);
        }
    }
}

pub(crate) async fn a_field_of_a_mebibyte(secrets: &Secrets) {
    let large: String = "0123456789abcdef".repeat(1 << 16);
    secrets.put("large", &[("f", &large)]).await;
    assert!(secrets.text("large", "f").await == large, "all of it comes back");
    if let Presence::Present(contents) = secrets.presence("large").await {
        assert_eq!(contents.fields.len(), 1);
    }
    if secrets.can().patch {
        let change = texts_of(&[("g", &large)]);
        secrets.writer().patch(&secrets.path("large"), &change, SecretExpect::Anything).await.unwrap();
        assert!(secrets.text("large", "f").await == large);
    }
}

pub(crate) async fn values_that_are_no_texts(secrets: &Secrets) {
    let members = [
        ("array", "[1,null,\"x\"]"),
        ("false", "false"),
        ("int", "42"),
        ("null", "null"),
        ("object", r#"{"a":{"b":1}}"#),
        ("real", "-12.25"),
    ];
    secrets.writer().put(&secrets.path("a"), &json_of(&members), secrets.create()).await.unwrap();
    for (name, json) in members {
        assert_eq!(secrets.json("a", name).await, json, "{name}");
    }
    if let Presence::Present(contents) = secrets.presence("a").await {
        let names: Vec<_> = contents.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, members.map(|(name, _)| name), "the names of the top level alone");
    }
}

pub(crate) async fn a_secret_without_fields(secrets: &Secrets) {
    let put = secrets.writer().put(&secrets.path("a"), &texts_of(&[]), secrets.create()).await;
    if !secrets.can().versions {
        assert!(put.is_err(), "KV 1 keeps none");
        return;
    }
    let presence = secrets.presence("a").await;
    assert!(matches!(&presence, Presence::Present(contents) if contents.fields.is_empty()), "{presence:?}");
    assert!(secrets.reveal("a").await.unwrap().unwrap().fields.is_empty());
}
