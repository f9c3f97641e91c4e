//! An etcd whose database is full: it has raised the alarm NOSPACE, reads go on, and what it takes is sent.

use etcd_client::{Compare, CompareOp};

use super::*;

/// A little more than an empty database.
const QUOTA: [&str; 2] = ["--quota-backend-bytes", "300000"];

/// Longer than several pings of a watch.
const PINGS: Duration = Duration::from_secs(4);

/// Writes one key again and again until etcd refuses: its history is what fills the database.
async fn fill_up(client: &mut etcd_client::Client) {
    for _ in 0..200 {
        if let Err(error) = client.put("/cwm/default/webhooks/ballast", vec![b'x'; 60_000], None).await {
            assert!(error.to_string().contains("database space exceeded"), "{error}");
            return;
        }
    }
    panic!("the quota was never met");
}

/// Reads on for several pings, during which nothing may happen to the link.
async fn stays(reader: &mut Reader, word: &str) {
    let states = reader.states.len();
    let watched = tokio::time::timeout(PINGS, async { while reader.step().await {} });
    assert!(watched.await.is_err(), "the watch ended");
    assert_eq!((reader.state.word(), reader.states.len()), (word, states), "{:?}", reader.state);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_is_read_and_watched_and_takes_deletes() {
    let server = Launch::default().flags(&QUOTA).start();
    let provider = server.provider("/cwm/");
    let mut tokens = Vec::new();
    for id in ["a", "b", "c", "d"] {
        tokens.push(put(&provider, &webhook(id), "{}").await);
    }
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let mut client = server.client().await;
    fill_up(&mut client).await;
    reader.until("the ballast", |reader| reader.picture.contains_key(&webhook("ballast"))).await;
    stays(&mut reader, "SYNCED").await;
    assert_eq!(listed(&provider, KeyPrefix::All).await, reader.picture);
    assert_eq!(provider.health().await.alarm, Some("NOSPACE"));

    // A newcomer as well: nothing that it asks for before it reads or deletes is refused.
    let newcomer = server.provider("/cwm/");
    Reader::new(newcomer.watch(KeyPrefix::All)).until_synced().await;
    let gone = newcomer.delete(webhook("a"), Expect::Anything).await.unwrap();
    assert_eq!((gone.outcomes[0].before, gone.outcomes[0].after), (Some(tokens[0]), None));
    assert_eq!(newcomer.get(&webhook("a")).await.unwrap(), None);
    reader.until("the delete", |reader| !reader.picture.contains_key(&webhook("a"))).await;
    let missing = newcomer.delete(webhook("a"), Expect::Anything).await;
    assert!(matches!(missing, Err(Error::NotFound { .. })), "{missing:?}");

    // On a condition too, though etcd 3.5.1 takes no transaction now, not even one that only deletes.
    let exists = Compare::version("/cwm/default/webhooks/b", CompareOp::Greater, 0);
    let delete = TxnOp::delete("/cwm/default/webhooks/b", None);
    let takes_transactions = client.txn(Txn::new().when([exists]).and_then([delete])).await.is_ok();
    let stale = provider.delete(webhook("d"), Expect::Token(tokens[0])).await;
    assert!(matches!(stale, Err(Error::Conflict { .. })), "{stale:?}");
    let conditional = provider.delete(webhook("c"), Expect::Token(tokens[2])).await;
    assert_eq!(conditional.unwrap().outcomes[0].before, Some(tokens[2]));
    assert_eq!(provider.get(&webhook("c")).await.unwrap(), None);
    assert!(provider.get(&webhook("d")).await.unwrap().is_some());

    if !takes_transactions {
        let two = ["d", "ballast"].map(|id| Op::Delete { key: webhook(id), expect: Expect::Anything });
        let together = provider.commit(two.to_vec()).await;
        let Err(Error::Unavailable { reason, .. }) = &together else { panic!("{together:?}") };
        assert!(reason.contains("one at a time"), "{reason}");
    }

    for lease in [Lease::Keep, Lease::For(Duration::from_secs(60))] {
        let refused = provider.set(webhook("d"), "[]".into(), Expect::Token(tokens[3]), lease).await;
        let Err(Error::Unavailable { reason, .. }) = &refused else { panic!("{refused:?}") };
        assert!(reason.contains("is full, and it takes no writes but deletes"), "{reason}");
    }
    assert_eq!(provider.get(&webhook("d")).await.unwrap().unwrap().token, tokens[3]);
    // In a transaction within a transaction, which keeps a lease if there is one, other versions overlook a put.
    let over = provider.set(webhook("d"), "[]".into(), Expect::Anything, Lease::Keep).await;
    match (takes_transactions, over) {
        (false, Err(Error::Unavailable { .. })) => {}
        (true, Ok(commit)) => {
            let stored = provider.get(&webhook("d")).await.unwrap().unwrap();
            assert_eq!(Some(stored.token), commit.outcomes[0].after);
        }
        (_, over) => panic!("{over:?}"),
    }
    stays(&mut reader, "SYNCED").await;
    assert_eq!((reader.loads, reader.resyncs), (1, 0));
}

/// etcd measures its database ten times a second. A write that was let in before, and is applied after it was
/// found to be full, is stored and refused.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_database_that_fills_up_refuses_is_not_stored() {
    const WRITERS: usize = 128;
    const MOST: usize = 200;
    let server = Launch::default().flags(&["--quota-backend-bytes", "16000000"]).start();
    let provider = server.provider("/cwm/");
    put(&provider, &webhook("first"), "{}").await;
    let document = Document::from(format!("\"{}\"", "x".repeat(8_000)).as_str());
    // Each goes on until it is refused, so that many are on their way when that begins.
    let writer = |writer: usize| {
        let (provider, document) = (&provider, document.clone());
        async move {
            for n in 0..MOST {
                let key = webhook(&format!("w{writer}-{n}"));
                let write = provider.set(key.clone(), document.clone(), Expect::Absent, Lease::Keep).await;
                match write {
                    Ok(_) | Err(Error::OutcomeUnknown { .. }) => {}
                    Err(Error::Unavailable { .. }) => return Some(key),
                    Err(other) => panic!("{key}: {other}"),
                }
            }
            None
        }
    };
    let refused: Vec<_> = futures::future::join_all((0..WRITERS).map(writer)).await;
    let stored = listed(&server.provider("/cwm/"), KeyPrefix::All).await;
    let refused: Vec<_> = refused.into_iter().flatten().collect();
    assert!(!refused.is_empty(), "the quota was never met");
    let lies: Vec<_> = refused.iter().filter(|key| stored.contains_key(key)).collect();
    assert!(lies.is_empty(), "stored, and told as refused: {lies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_revoked_while_the_database_is_full_is_noticed() {
    let guarded = Guarded::launch(Launch::default().flags(&QUOTA));
    guarded.user("ann", &[&["read", "/cwm/", "/cwm0"]]);
    guarded.put("default/webhooks/a", "{}");
    let ann = guarded.provider("ann");
    let mut reader = Reader::new(ann.watch(KeyPrefix::All));
    reader.until_synced().await;
    fill_up(&mut guarded.client().await).await;
    stays(&mut reader, "SYNCED").await;
    let health = ann.health().await;
    assert_eq!((health.alarm, health.causes()), (Some("NOSPACE"), vec!["fault"]), "{health:?}");
    guarded.revoke("ann", &["/cwm/", "/cwm0"]);
    let revoked = Instant::now();
    reader.until_state("DENIED").await;
    assert!(revoked.elapsed() < Duration::from_secs(5), "after {:?}", revoked.elapsed());
}
