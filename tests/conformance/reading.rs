//! `get` and `list`.

use confdeck::domain::{ConnectionName, Document, KeyPrefix, Namespace, ResourceKey, WebhookId};
use confdeck::provider::{Expect, Lease, Op, PAGE_LIMIT};

use crate::subject::Subject;
use crate::support::picture::listed;

pub(crate) fn webhook(id: &str) -> ResourceKey {
    ResourceKey::webhook(Namespace::default(), WebhookId::new(id).unwrap())
}

pub(crate) fn connection(name: &str) -> ResourceKey {
    ResourceKey::connection(ConnectionName::new(name).unwrap())
}

pub(crate) fn document(number: usize) -> Document {
    format!("{{\"module\": \"log\", \"number\": {number}}}").into()
}

pub(crate) fn put(key: ResourceKey, number: usize, expect: Expect) -> Op {
    Op::Put { key, document: document(number), expect, lease: Lease::Keep }
}

pub(crate) async fn get_answers_what_is_there(subject: &impl Subject) {
    let store = subject.store();
    assert_eq!(store.get(&webhook("orders")).await, Ok(None));
    let commit = store.set(webhook("orders"), document(1), Expect::Absent, Lease::Keep).await.unwrap();
    let entry = store.get(&webhook("orders")).await.unwrap().unwrap();
    assert_eq!((&entry.key, &entry.document), (&webhook("orders"), &document(1)));
    assert_eq!(Some(entry.token), commit.outcomes[0].after);
    assert!(entry.revision <= commit.at && entry.lease.is_none());
    assert_eq!(store.get(&webhook("order")).await, Ok(None), "a prefix of a key is another key");
    assert_eq!(store.get(&connection("orders")).await, Ok(None));

    subject.outside_put(&webhook("orders"), b"{\"module\":\"kafka\"}").await;
    let entry = store.get(&webhook("orders")).await.unwrap().unwrap();
    assert_eq!(entry.document.as_bytes(), b"{\"module\":\"kafka\"}", "never an old picture");
}

pub(crate) async fn list_keeps_to_its_range(subject: &impl Subject) {
    let store = subject.store();
    assert!(listed(&*store, KeyPrefix::All).await.is_empty());
    let mut keys = vec![webhook("a"), webhook("b")];
    if store.capabilities().connections {
        keys.push(connection("c"));
    }
    if store.capabilities().namespaces {
        let other = Namespace::new("other").unwrap();
        keys.push(ResourceKey::webhook(other, WebhookId::new("a").unwrap()));
        let longer = Namespace::new("default-2").unwrap();
        keys.push(ResourceKey::webhook(longer, WebhookId::new("a").unwrap()));
    }
    for key in &keys {
        store.set(key.clone(), document(1), Expect::Absent, Lease::Keep).await.unwrap();
    }
    let other = KeyPrefix::Namespace(Namespace::new("other").unwrap());
    for prefix in [KeyPrefix::All, KeyPrefix::Namespace(Namespace::default()), other, KeyPrefix::Connections]
    {
        let mut expected: Vec<_> = keys.iter().filter(|key| prefix.covers(key)).cloned().collect();
        expected.sort();
        let found: Vec<_> = listed(&*store, prefix.clone()).await.into_keys().collect();
        assert_eq!(found, expected, "{prefix:?}");
    }
}

pub(crate) async fn list_of_many_is_one_revision(subject: &impl Subject) {
    let store = subject.store();
    let count = 2 * PAGE_LIMIT + 1;
    let key = |number: usize| webhook(&format!("w{number:05}"));
    let all = (0..count).map(|number| (key(number), document(number).as_bytes().to_vec())).collect();
    subject.outside_put_all(all).await;
    let found = listed(&*store, KeyPrefix::All).await;
    assert_eq!(found.len(), count);
    assert_eq!(found[&key(count - 1)].0, document(count - 1));
}

/// Two documents are always written as one; a list that sees them apart is torn.
pub(crate) async fn list_during_writes_is_one_revision(subject: &impl Subject) {
    let store = subject.store();
    let pair = |number| {
        vec![put(webhook("a"), number, Expect::Anything), put(webhook("z"), number, Expect::Anything)]
    };
    store.commit(pair(0)).await.unwrap();
    let writer = subject.store();
    let writing = tokio::spawn(async move {
        for number in 1..40 {
            writer.commit(pair(number)).await.unwrap();
        }
    });
    let mut lists = 0;
    while !writing.is_finished() || lists == 0 {
        let found = listed(&*store, KeyPrefix::All).await;
        assert_eq!(found[&webhook("a")].0, found[&webhook("z")].0);
        lists += 1;
    }
    writing.await.unwrap();
}
