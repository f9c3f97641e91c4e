use super::*;
use crate::domain::DocumentKind;

pub(crate) fn unsaved(text: &str) -> UnsavedDraft {
    let Address(key) = "a/one".parse().unwrap();
    let stored = r#"{"module":"log","authorization":"Bearer planted"}"#;
    let masking = Masking::built_in(DocumentKind::Webhook);
    let kept = conceal(&masking, stored).1;
    let entry = Entry {
        key: key.clone(),
        document: stored.into(),
        revision: Revision(7),
        created: Some(Revision(3)),
        version: Some(2),
        token: Token::counter(7),
        lease: Some(LeaseId(9)),
    };
    UnsavedDraft {
        context: "prod".into(),
        store: Some(StoreId::new("s1")),
        key,
        masking,
        base: Base::Stored(entry),
        source: None,
        text: text.into(),
        concealed: kept,
        cursor: (1, 2),
        byte_order_mark: false,
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
    }
}

#[test]
fn what_was_saved_is_read_back() {
    let text = "{\n  \"module\": \"kafka\",\n  \"authorization\": \"Bearer ‹kept:1›\"\n}";
    let saved = unsaved(text).to_saved("").unwrap();
    let bytes = saved.to_bytes().unwrap();
    let shown = String::from_utf8(bytes.clone()).unwrap();
    assert!(!shown.contains("planted"), "{shown}");
    assert!(SavedDraft::from_bytes(&bytes).unwrap() == saved);
    assert_eq!(saved.text, text);
    let DraftSummary { lines, changed, withheld, token, .. } = saved.summary();
    assert_eq!((lines, changed, withheld, token), (4, 1, 0, Some(Token::counter(7))));
    assert!(!format!("{saved:?} {:?}", unsaved(text)).contains("kafka"));
}

#[test]
fn typed_and_revealed_secrets_are_not_in_the_file() {
    let text = "{\"authorization\": \"Bearer planted\", \"password\": \"typed-secret\"}";
    let saved = unsaved(text).to_saved("").unwrap();
    assert_eq!(saved.withheld, 1);
    let shown = String::from_utf8(saved.to_bytes().unwrap()).unwrap();
    assert!(!shown.contains("planted") && !shown.contains("typed-secret"), "{shown}");
}

#[test]
fn other_files_are_refused_with_words() {
    let saved = unsaved("{}").to_saved("").unwrap().to_bytes().unwrap();
    let text = String::from_utf8(saved).unwrap();
    let refused = |text: &str| SavedDraft::from_bytes(text.as_bytes()).unwrap_err();
    assert_eq!(
        refused(&text.replace("\"format\":2", "\"format\":1")),
        "its format is 1; this confdeck reads 2"
    );
    assert_eq!(refused(&text.replace("a/one", "nowhere")), "it names no document");
    assert_eq!(refused(&text[..text.len() / 2]), "it is damaged");
    assert_eq!(refused(""), "it is damaged");
}

#[test]
fn what_is_too_large_is_not_saved() {
    let text = "x".repeat(MAX_EDITABLE + SLACK + 1);
    assert_eq!(unsaved(&text).to_saved("").unwrap_err(), "it is larger than 1 MiB");
}
