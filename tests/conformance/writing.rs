//! `commit`: conditions, conflicts, all or nothing.

use std::time::Duration;

use confdeck::domain::{KeyPrefix, LeaseId, Namespace, ResourceKey, Token, TokenKind, WebhookId};
use confdeck::provider::{Error, Expect, Lease, Op};

use crate::reading::{connection, document, put, webhook};
use crate::subject::Subject;
use crate::support::picture::listed;

pub(crate) async fn create_only_creates(subject: &impl Subject) {
    let store = subject.store();
    let commit = store.commit(vec![put(webhook("a"), 1, Expect::Absent)]).await.unwrap();
    assert_eq!(commit.outcomes.len(), 1);
    assert_eq!(commit.outcomes[0].before, None);
    let again = store.commit(vec![put(webhook("a"), 2, Expect::Absent)]).await.unwrap_err();
    assert!(matches!(again, Error::Conflict { now: Some(_), .. }), "{again}");
    assert_eq!(store.get(&webhook("a")).await.unwrap().unwrap().document, document(1));
}

pub(crate) async fn conditional_put(subject: &impl Subject) {
    let store = subject.store();
    let first =
        store.commit(vec![put(webhook("a"), 1, Expect::Absent)]).await.unwrap().outcomes[0].after.unwrap();
    let second = store.commit(vec![put(webhook("a"), 2, Expect::Token(first))]).await.unwrap();
    assert_eq!(second.outcomes[0].before, Some(first));
    let stale = store.commit(vec![put(webhook("a"), 3, Expect::Token(first))]).await.unwrap_err();
    assert!(matches!(stale, Error::Conflict { .. }), "{stale}");
    assert_eq!(store.get(&webhook("a")).await.unwrap().unwrap().document, document(2));

    // What was deleted by another is a conflict too: the draft must not be lost.
    subject.outside_delete(&webhook("a")).await;
    let gone = store.commit(vec![put(webhook("a"), 3, Expect::Token(first))]).await;
    assert_eq!(gone, Err(Error::Conflict { key: webhook("a"), now: None }));
    assert_eq!(store.get(&webhook("a")).await, Ok(None));
    store.commit(vec![put(webhook("a"), 4, Expect::Anything)]).await.unwrap();
}

pub(crate) async fn conditional_delete(subject: &impl Subject) {
    let store = subject.store();
    let old =
        store.commit(vec![put(webhook("a"), 1, Expect::Absent)]).await.unwrap().outcomes[0].after.unwrap();
    let new = store.commit(vec![put(webhook("a"), 2, Expect::Token(old))]).await.unwrap().outcomes[0]
        .after
        .unwrap();
    let stale = store.delete(webhook("a"), Expect::Token(old)).await.unwrap_err();
    assert!(matches!(stale, Error::Conflict { now: Some(_), .. }), "{stale}");
    assert!(store.get(&webhook("a")).await.unwrap().is_some());
    let done = store.delete(webhook("a"), Expect::Token(new)).await.unwrap();
    assert_eq!((done.outcomes[0].before, done.outcomes[0].after), (Some(new), None));
    assert_eq!(store.get(&webhook("a")).await, Ok(None));
}

pub(crate) async fn a_conflict_tells_what_is_there_now(subject: &impl Subject) {
    let store = subject.store();
    let seen =
        store.commit(vec![put(webhook("a"), 1, Expect::Absent)]).await.unwrap().outcomes[0].after.unwrap();
    subject.outside_put(&webhook("a"), b"{\"module\":\"theirs\"}").await;
    let refused = store.commit(vec![put(webhook("a"), 2, Expect::Token(seen))]).await.unwrap_err();
    let Error::Conflict { key, now: Some(now) } = refused else { panic!("{refused}") };
    assert_eq!((&key, &now.key), (&webhook("a"), &webhook("a")));
    assert_eq!(now.document.as_bytes(), b"{\"module\":\"theirs\"}");
    assert_eq!(store.get(&key).await.unwrap().unwrap().token, now.token);
    // The token of the conflict is the base of the next attempt.
    store.commit(vec![put(webhook("a"), 2, Expect::Token(now.token))]).await.unwrap();
}

pub(crate) async fn delete_of_nothing_is_not_found(subject: &impl Subject) {
    let store = subject.store();
    let token = match store.capabilities().tokens {
        TokenKind::Counter => Token::counter(1),
        TokenKind::Digest => Token::digest([0; 6]),
    };
    for expect in [Expect::Anything, Expect::Token(token)] {
        let nothing = store.delete(webhook("a"), expect).await;
        assert_eq!(nothing, Err(Error::NotFound { key: webhook("a") }), "{expect:?}");
    }
    let senseless = store.delete(webhook("a"), Expect::Absent).await.unwrap_err();
    assert!(matches!(senseless, Error::Invalid { .. }), "{senseless}");
}

pub(crate) async fn a_commit_is_all_or_nothing(subject: &impl Subject) {
    let store = subject.store();
    let can = store.capabilities();
    if can.atomic_max < 3 {
        return;
    }
    let mut first = vec![put(webhook("a"), 1, Expect::Absent), put(webhook("b"), 1, Expect::Absent)];
    if can.connections {
        first.push(put(connection("c"), 1, Expect::Absent));
    }
    let commit = store.commit(first.clone()).await.unwrap();
    assert_eq!(commit.outcomes.len(), first.len());
    for (op, outcome) in first.iter().zip(&commit.outcomes) {
        let token = store.get(op.key()).await.unwrap().unwrap().token;
        assert_eq!(outcome.after, Some(token), "outcomes are in the order of the operations");
    }
    let before = listed(&*store, KeyPrefix::All).await;

    let token = |index: usize| Expect::Token(commit.outcomes[index].after.unwrap());
    subject.outside_put(&webhook("b"), b"{\"module\":\"theirs\"}").await;
    let mut second = vec![
        put(webhook("new"), 2, Expect::Absent),
        Op::Delete { key: webhook("a"), expect: token(0) },
        put(webhook("b"), 2, token(1)),
    ];
    if can.connections {
        second.insert(0, put(connection("c"), 2, token(2)));
    }
    let refused = store.commit(second).await.unwrap_err();
    assert!(matches!(&refused, Error::Conflict { key, .. } if *key == webhook("b")), "{refused}");
    let after = listed(&*store, KeyPrefix::All).await;
    assert_eq!(after.len(), before.len());
    assert_eq!(after[&webhook("a")], before[&webhook("a")]);
    assert_eq!(after.get(&connection("c")), before.get(&connection("c")));

    let theirs = Expect::Token(after[&webhook("b")].1);
    let ops = vec![Op::Delete { key: webhook("a"), expect: token(0) }, put(webhook("b"), 3, theirs)];
    let done = store.commit(ops).await.unwrap();
    assert_eq!(done.outcomes[0].after, None);
    assert_eq!(store.get(&webhook("a")).await, Ok(None));
}

pub(crate) async fn a_commit_names_each_key_once(subject: &impl Subject) {
    let store = subject.store();
    if store.capabilities().atomic_max < 2 {
        return;
    }
    let twice = vec![
        put(webhook("a"), 1, Expect::Anything),
        Op::Delete { key: webhook("a"), expect: Expect::Anything },
    ];
    let refused = store.commit(twice).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid { .. }), "{refused}");
    assert_eq!(store.get(&webhook("a")).await, Ok(None));
}

pub(crate) async fn tokens_keep_their_rules(subject: &impl Subject) {
    let store = subject.store();
    let kind = store.capabilities().tokens;
    let write = async |number| {
        let commit = store.commit(vec![put(webhook("a"), number, Expect::Anything)]).await.unwrap();
        commit.outcomes[0].after.unwrap()
    };
    let (first, second, third) = (write(1).await, write(2).await, write(1).await);
    assert_ne!(first, second);
    match kind {
        TokenKind::Counter => assert_ne!(first, third, "every write has a token of its own"),
        TokenKind::Digest => assert_eq!(first, third, "the same bytes have the same token"),
    }
    for token in [first, second] {
        assert_eq!(Token::parse(kind, &token.to_string()), Some(token), "a token reads back what it prints");
    }
    // The change of one document leaves the token of another.
    store.commit(vec![put(webhook("b"), 9, Expect::Absent)]).await.unwrap();
    assert_eq!(store.get(&webhook("a")).await.unwrap().unwrap().token, third);
}

pub(crate) async fn what_it_cannot_do_is_refused(subject: &impl Subject) {
    let store = subject.store();
    let can = store.capabilities();
    let refuse = async |key: ResourceKey, lease: Lease| {
        let refused = store.set(key, document(1), Expect::Absent, lease).await.unwrap_err();
        let Error::Unsupported { remedy, .. } = &refused else { panic!("{refused}") };
        assert!(!remedy.is_empty(), "what to do instead");
    };
    if !can.namespaces {
        let key = ResourceKey::webhook(Namespace::new("staging").unwrap(), WebhookId::new("a").unwrap());
        assert_eq!(store.get(&key).await, Ok(None));
        refuse(key, Lease::Keep).await;
    }
    if !can.connections {
        refuse(connection("a"), Lease::Keep).await;
    }
    if !can.leases {
        refuse(webhook("a"), Lease::For(Duration::from_secs(60))).await;
        refuse(webhook("a"), Lease::Of(LeaseId(1))).await;
    }
    if can.atomic_max < 10_000 {
        let key = |number| webhook(&format!("w{number}"));
        let ops = (0..=can.atomic_max).map(|number| put(key(number), 1, Expect::Absent)).collect();
        let refused = store.commit(ops).await.unwrap_err();
        assert!(matches!(refused, Error::Unsupported { .. }), "{refused}");
    }
    if can.max_document < 16 << 20 {
        let huge = "x".repeat(can.max_document + 1);
        let refused = store.set(webhook("a"), huge.into(), Expect::Absent, Lease::Keep).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { .. }), "{refused}");
    }
    assert!(listed(&*store, KeyPrefix::All).await.is_empty(), "nothing was written");
}

pub(crate) async fn leases_are_kept_unless_told_otherwise(subject: &impl Subject) {
    let store = subject.store();
    if !store.capabilities().leases {
        return;
    }
    let write = async |lease| {
        store.set(webhook("a"), document(1), Expect::Anything, lease).await.unwrap();
        store.get(&webhook("a")).await.unwrap().unwrap().lease
    };
    assert_eq!(write(Lease::Keep).await, None, "keep on an absent key is never");
    let hour = Duration::from_secs(3_600);
    let lease = write(Lease::For(hour)).await.expect("a lease");
    let left = store.lease_left(lease).await.unwrap().expect("it is running");
    assert!(left <= hour && left > hour / 2, "{left:?}");
    assert_eq!(write(Lease::Keep).await, Some(lease), "a plain put would detach it");
    store.set(webhook("b"), document(1), Expect::Absent, Lease::Of(lease)).await.unwrap();
    assert_eq!(store.get(&webhook("b")).await.unwrap().unwrap().lease, Some(lease), "one lease for two");
    assert_eq!(write(Lease::Never).await, None);
}

pub(crate) async fn of_two_writers_with_one_token_one_wins(subject: &impl Subject) {
    let store = subject.store();
    store.commit(vec![put(webhook("a"), 0, Expect::Absent)]).await.unwrap();
    for round in 1..20 {
        let seen = Expect::Token(store.get(&webhook("a")).await.unwrap().unwrap().token);
        let (left, right) = (subject.store(), subject.store());
        let results = tokio::join!(
            left.commit(vec![put(webhook("a"), 2 * round, seen)]),
            right.commit(vec![put(webhook("a"), 2 * round + 1, seen)]),
        );
        let (won, lost) = match results {
            (Ok(_), Err(lost)) => (2 * round, lost),
            (Err(lost), Ok(_)) => (2 * round + 1, lost),
            other => panic!("exactly one wins: {other:?}"),
        };
        assert!(matches!(lost, Error::Conflict { .. }), "{lost}");
        assert_eq!(store.get(&webhook("a")).await.unwrap().unwrap().document, document(won));
    }
}
