//! Values and keys that the receiver cannot use: kept, visible, marked.

use confdeck::domain::{Document, KeyPrefix};
use confdeck::provider::{Error, Expect, Lease};

use crate::reading::{document, webhook};
use crate::subject::Subject;
use crate::support::picture::{Follower, listed};

fn values() -> Vec<(&'static str, Vec<u8>)> {
    let large = format!("{{\"text\": \"{}\"}}", "x".repeat((1 << 20) - 12));
    vec![
        ("an object", b"{ \"a\" : 1.0, \"a\":\t2e0 }".to_vec()),
        ("over lines", b"{\r\n  \"a\": [\n]\r\n}".to_vec()),
        ("an array", b"[1, 2]".to_vec()),
        ("a text", b"\"only text\"".to_vec()),
        ("null", b"null".to_vec()),
        ("1 MiB", large.into_bytes()),
        ("control characters", "{\"a\": \"\u{1b}[2J \u{202e}\"}".as_bytes().to_vec()),
        ("escapes", br#"{"a": "\u001b[2J \u202e \ud83d\ude00"}"#.to_vec()),
        ("empty", Vec::new()),
        ("invalid JSON", b"{\"a\": tru".to_vec()),
        ("no JSON", b"module: log".to_vec()),
        ("binary", vec![0xff, 0x00, 0xfe, b'{']),
    ]
}

pub(crate) async fn values_are_kept_byte_for_byte(subject: &impl Subject) {
    let store = subject.store();
    let mut follower = Follower::synced(&*store, KeyPrefix::All).await;
    for (index, (what, bytes)) in values().into_iter().enumerate() {
        if !subject.holds(&bytes) {
            continue;
        }
        let (ours, theirs) = (webhook(&format!("ours{index}")), webhook(&format!("theirs{index}")));
        store.set(ours.clone(), Document::new(bytes.clone()), Expect::Absent, Lease::Keep).await.unwrap();
        subject.outside_put(&theirs, &bytes).await;
        for key in [&ours, &theirs] {
            follower.until_holds(key, Some(&bytes)).await;
            let entry = store.get(key).await.unwrap().unwrap();
            assert_eq!(entry.document.as_bytes(), bytes, "{what}");
        }
        store.delete(ours, Expect::Anything).await.unwrap();
    }
    follower.until_picture(&listed(&*store, KeyPrefix::All).await).await;
}

pub(crate) async fn values_it_cannot_hold_are_refused(subject: &impl Subject) {
    let store = subject.store();
    store.set(webhook("a"), document(1), Expect::Absent, Lease::Keep).await.unwrap();
    for (what, bytes) in values().into_iter().filter(|(_, bytes)| !subject.holds(bytes)) {
        let written = store.set(webhook("a"), Document::new(bytes), Expect::Anything, Lease::Keep).await;
        assert!(matches!(&written, Err(Error::Invalid { .. })), "{what}: {written:?}");
        assert_eq!(store.get(&webhook("a")).await.unwrap().unwrap().document, document(1), "{what}");
    }
}

pub(crate) async fn foreign_keys_are_kept_visible_and_marked(subject: &impl Subject) {
    let store = subject.store();
    if !store.capabilities().foreign {
        return;
    }
    let mut follower = Follower::synced(&*store, KeyPrefix::All).await;
    for key in subject.foreign() {
        assert!(key.is_foreign());
        subject.outside_put(&key, b"{\"module\":\"log\"}").await;
        follower.until_holds(&key, Some(b"{\"module\":\"log\"}")).await;
        let entry = store.get(&key).await.unwrap().expect("it can be viewed");
        assert_eq!(entry.key, key);

        let refused = store.set(key.clone(), document(1), Expect::Anything, Lease::Keep).await.unwrap_err();
        assert!(matches!(refused, Error::Unsupported { .. }), "{refused}");
        let token = store.get(&key).await.unwrap().unwrap().token;
        assert_eq!(token, entry.token, "nothing but viewing and deleting");
    }
    let all = listed(&*store, KeyPrefix::All).await;
    assert_eq!(all.len(), subject.foreign().len());
    let hooks = KeyPrefix::Namespace(confdeck::domain::Namespace::default());
    assert!(listed(&*store, hooks).await.is_empty(), "foreign keys are in no namespace");
    for key in subject.foreign() {
        store.delete(key.clone(), Expect::Token(all[&key].1)).await.unwrap();
        follower.until_holds(&key, None).await;
    }
    assert!(listed(&*store, KeyPrefix::All).await.is_empty());
}
