use super::*;
use crate::domain::{Mount, SecretText, utc};

fn at(text: &str) -> SystemTime {
    moment(text).unwrap()
}

fn data<'a, T: Deserialize<'a>>(body: &'a str) -> T {
    #[derive(Deserialize)]
    struct Body<T> {
        data: T,
    }
    serde_json::from_str::<Body<T>>(body).unwrap().data
}

fn fields(members: &[(&str, &str)]) -> SecretFields {
    let value =
        |json: &&str| SecretValue::json(Zeroizing::new((*json).to_owned())).unwrap_or_else(|_| panic!());
    members.iter().map(|(name, json)| (FieldName::new(name), value(json))).collect()
}

#[test]
fn names_come_without_values_and_one_level_deep() {
    let said = r#"{"data": {"metadata": {"created_time": "2026-11-21T12:42:47.47178219Z", "custom_metadata": null,
        "deletion_time": "", "destroyed": false, "version": 3}, "subkeys": {"t": null, "o": {"a": null}}}}"#;
    let contents = data::<Subkeys>(said).contents();
    let names: Vec<_> = contents.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names, contents.version), (vec!["o", "t"], Some(SecretVersion(3))));
    assert_eq!(contents.written, Some(at("2026-11-21T12:42:47.471782190Z")));
}

#[test]
fn an_absence_is_of_nothing_or_of_a_version() {
    let absent = |said: &str| serde_json::from_str::<NotFoundBody>(said).unwrap().into_version();
    assert!(matches!(absent(r#"{"errors": []}"#), (None, true)));
    assert!(matches!(absent(r#"{"errors": ["a"]}"#), (None, false)));
    assert!(matches!(absent("{}"), (None, false)));
    let read =
        r#"{"data": {"subkeys": null, "metadata": {"version": 2, "destroyed": true}}, "warnings": null}"#;
    let (Some(meta), false) = absent(read) else { panic!() };
    assert_eq!((meta.number(), meta.destroyed, meta.deleted()), (SecretVersion(2), true, None));
    let patched = r#"{"data": {"version": 4, "destroyed": false, "deletion_time": "2026-11-21T12:42:47Z"}}"#;
    let (Some(meta), false) = absent(patched) else { panic!() };
    assert_eq!((meta.version, meta.deleted()), (4, Some(at("2026-11-21T12:42:47Z"))));
}

#[test]
fn versions_are_kept_deleted_planned_to_be_deleted_or_destroyed() {
    let said = r#"{"current_version": 12, "max_versions": 0, "cas_required": true, "delete_version_after": "1h30m0s",
        "created_time": "2026-01-01T00:00:00Z", "updated_time": "", "custom_metadata": {"owner": "ops"},
        "versions": {"9": {"created_time": "2026-01-02T00:00:00Z", "deletion_time": "", "destroyed": true},
            "10": {"created_time": "", "deletion_time": "2026-01-03T00:00:00Z"},
            "11": {"deletion_time": "2026-01-04T01:00:00Z"}, "12": {"deletion_time": ""}}}"#;
    let read = |now: &str| serde_json::from_str::<KvMetadata>(said).unwrap().versions(at(now));
    let versions = read("2026-01-04T00:00:00Z");
    let told: Vec<_> = versions.list.iter().map(|info| (info.version.0, info.state)).collect();
    let deleted = VersionState::Deleted(Some(at("2026-01-03T00:00:00Z")));
    let kept = VersionState::Available;
    assert_eq!(told, [(12, kept), (11, kept), (10, deleted), (9, VersionState::Destroyed)]);
    assert_eq!(
        (versions.current, versions.max, versions.cas_required),
        (Some(SecretVersion(12)), None, true)
    );
    assert_eq!(versions.delete_after, Some(Duration::from_secs(5_400)));
    assert_eq!(
        (versions.created.map(utc).as_deref(), versions.updated),
        (Some("2026-01-01T00:00:00Z"), None)
    );
    assert_eq!(versions.custom, [("owner".to_owned(), "ops".to_owned())]);
    // A deletion by a server whose clock is a little ahead.
    let ahead = read("2026-01-04T00:59:50Z").list[1].state;
    assert!(matches!(ahead, VersionState::Deleted(_)), "{ahead:?}");
}

#[test]
fn spans_are_read_as_go_writes_them() {
    for (text, seconds) in [("0s", 0.0), ("1h0m0s", 3_600.0), ("1.5s", 1.5), ("2m3s", 123.0), ("5ms", 0.005)]
    {
        assert_eq!(duration(text), Some(Duration::from_secs_f64(seconds)), "{text}");
    }
    for text in ["", "1", "h", "1x", "1..2s", "-1s", "99999999999999999999999h"] {
        assert_eq!(duration(text), None, "{text}");
    }
}

#[test]
fn a_list_has_secrets_folders_and_names_that_are_no_path() {
    let folder = SecretFolder { mount: Mount::new("kv").unwrap(), folder: Some(KvPath::new("a").unwrap()) };
    let keys: KeyList = serde_json::from_str(r#"{"keys": ["x/", "x", "..", "y\u0007", "/"]}"#).unwrap();
    let shown = |name| match name {
        SecretListItem::Secret(path) => path.to_string(),
        SecretListItem::Folder(folder) => folder.to_string(),
        SecretListItem::Invalid(name) => format!("odd {name:?}"),
    };
    let shown: Vec<_> = keys.names(&folder).into_iter().map(shown).collect();
    assert_eq!(shown, ["kv/a/x", "kv/a/x/", "odd \"..\"", "odd \"/\"", "odd \"y\\u{7}\""]);
}

#[test]
fn values_come_out_as_they_went_in() {
    let said = r#"{"data": {"data": {"n": 1.50, "b": 12345678901234567890123, "t": "\u0001\ufffd", "o": {"a": [1, null]}},
        "metadata": {"version": 7, "created_time": ""}}}"#;
    let read = data::<KvSecret<'_>>(said).revealed().unwrap();
    assert_eq!(read.version, Some(SecretVersion(7)));
    let members: Vec<_> =
        read.fields.iter().map(|(name, value)| (name.as_str(), value.expose_json())).collect();
    let expected = [
        ("b", "12345678901234567890123"),
        ("n", "1.50"),
        ("o", r#"{"a": [1, null]}"#),
        ("t", r#""\u0001\ufffd""#),
    ];
    assert_eq!(members, expected);
    let body = write(&read.fields, SecretExpect::Version(SecretVersion(7)));
    let sent = std::str::from_utf8(&body).unwrap();
    assert!(
        sent.starts_with(r#"{"options":{"cas":7},"data":{"b":12345678901234567890123,"n":1.50,"#),
        "{sent}"
    );
}

#[test]
fn a_body_is_one_object_and_never_grows_out_of_its_room() {
    let odd = fields(&[("a\"\u{1}\\", "\"x\""), ("ü", "[1]")]);
    let large = "x".repeat(1 << 20);
    let large: SecretFields =
        [(FieldName::new("a"), SecretValue::text(&SecretText::new(large)))].into_iter().collect();
    let none = SecretFields::default();
    for fields in [&odd, &large, &none] {
        assert!(object(fields).len() <= capacity(fields));
        for expect in
            [SecretExpect::Absent, SecretExpect::Version(SecretVersion(u64::MAX)), SecretExpect::Anything]
        {
            let body: serde_json::Value = serde_json::from_slice(&write(fields, expect)).unwrap();
            assert_eq!(body["data"].as_object().unwrap().len(), fields.len());
            assert_eq!(body["options"]["cas"].is_null(), expect == SecretExpect::Anything);
        }
    }
    assert_eq!(&*numbers(&[SecretVersion(1), SecretVersion(3)]), br#"{"versions":[1,3]}"#);
}
