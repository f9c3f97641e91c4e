//! A store replaced under a running watch: restored from a backup, or by an old data folder put back,
//! under another cluster id or the same one.

use super::*;

use crate::support::backup::{Backup, Identity, OldData};

/// A store of its own, with a document that every later history still has.
fn begun() -> EtcdServer {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| runtime.block_on(put(&provider, &webhook("kept"), r#"{"n":1}"#)));
    server
}

async fn cluster(server: &EtcdServer) -> u64 {
    let mut client = server.client().await;
    client.get("x", None).await.unwrap().header().unwrap().cluster_id()
}

/// What a watch says while its store is replaced by one with lower revisions.
async fn notices(server: &EtcdServer, replace: impl FnOnce(&EtcdServer)) {
    let provider = server.provider("/cwm/");
    for n in 0..5 {
        put(&provider, &webhook(&format!("lost{n}")), "{}").await;
    }
    put(&provider, &webhook("kept"), r#"{"n":2}"#).await;
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let (old, at) = (reader.store.clone(), reader.at);

    tokio::task::block_in_place(|| replace(server));
    let serving = Instant::now();
    reader.until("a resync", |reader| reader.resyncs == 1).await;
    reader.until_synced().await;
    let noticed = serving.elapsed();
    assert!(noticed < Duration::from_secs(5), "noticed after {noticed:?}");
    assert!(reader.at < at, "{} after {at}", reader.at);
    assert_ne!(reader.store, old, "tokens of one history mean nothing in another");
    assert_eq!(reader.picture, listed(&provider, KeyPrefix::All).await);
    assert_eq!(reader.picture.keys().collect::<Vec<_>>(), [&webhook("kept")]);

    // It is followed from there on, and whoever asks hears of one store.
    put(&provider, &webhook("new"), "{}").await;
    reader.until("the write", |reader| reader.picture.len() == 2).await;
    let page = provider.list(KeyPrefix::All).try_next().await.unwrap().unwrap();
    assert_eq!(Some(page.store), reader.store);
    assert_eq!((reader.loads, reader.resyncs), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_is_another_store() {
    let server = begun();
    let (backup, old) = (Backup::of(&server), cluster(&server).await);
    notices(&server, |server| backup.restore(server, Identity::New)).await;
    assert_ne!(cluster(&server).await, old);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restored_under_its_own_cluster_id_is_another_store_too() {
    let server = begun();
    let (backup, old) = (Backup::of(&server), cluster(&server).await);
    notices(&server, |server| backup.restore(server, Identity::Same)).await;
    assert_eq!(cluster(&server).await, old, "the id says nothing here");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_data_folder_put_back_is_another_store_too() {
    let server = begun();
    let (data, old) = (OldData::of(&server), cluster(&server).await);
    notices(&server, |server| data.put_back(server)).await;
    assert_eq!(cluster(&server).await, old);
}

/// A watch that is away while its store is replaced by one that has come further since.
async fn overtaken(server: &EtcdServer, replace: impl FnOnce(&EtcdServer)) -> (Reader, Option<StoreId>) {
    let gate = Gate::before(server).await;
    let provider = behind(&gate, "/cwm/");
    put(&provider, &webhook("kept"), r#"{"by":"one"}"#).await;
    put(&provider, &webhook("lost"), "{}").await;
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let (before, at) = (reader.store.clone(), reader.at);

    gate.shut();
    reader.until_state("STALE").await;
    tokio::task::block_in_place(|| replace(server));
    let other = server.provider("/cwm/");
    while put(&other, &webhook("kept"), r#"{"by":"another"}"#).await.as_counter() <= Some(at.0 + 3) {}
    gate.reopen();
    reader.retry_now();
    let found = |reader: &Reader| reader.resyncs == 1 && reader.picture.len() == 1;
    reader.until("a resync", found).await;
    reader.until_synced().await;
    assert!(reader.at > at);
    assert_eq!(reader.picture, listed(&provider, KeyPrefix::All).await);
    assert_eq!(reader.picture.keys().collect::<Vec<_>>(), [&webhook("kept")]);
    (reader, before)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_written_past_what_was_seen_is_known_by_its_elections() {
    let server = begun();
    let backup = Backup::of(&server);
    // Every start of a member alone is an election; a restored backup counts them from the beginning.
    tokio::task::block_in_place(|| server.restart());
    let (reader, before) = overtaken(&server, |server| backup.restore(server, Identity::Same)).await;
    assert_ne!(reader.store, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_folder_that_was_written_past_what_was_seen_is_found_by_the_comparison() {
    let server = begun();
    // The copy is taken one start before, so its next start is an election of the same number.
    let data = OldData::of(&server);
    let (reader, before) = overtaken(&server, |server| data.put_back(server)).await;
    assert_eq!(reader.store, before, "neither revision, id nor term tell");
    assert!(reader.states.contains(&"CATCHING UP"), "{:?}", reader.states);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_meant_for_one_store_arrives_in_the_one_that_replaced_it() {
    let server = begun();
    let data = tokio::task::block_in_place(|| {
        let data = OldData::of(&server);
        // One election more than the old data will have had, or nothing but the bytes would differ.
        server.restart();
        data
    });
    let provider = server.provider("/cwm/");
    let base = put(&provider, &webhook("kept"), r#"{"by":"ours"}"#).await;
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    // The write comes before the watch could notice: here because there is none any more.
    drop(reader);
    server.kill();
    let down = provider.get(&webhook("kept")).await;
    assert!(matches!(down, Err(Error::Unavailable { .. })), "{down:?}");
    tokio::task::block_in_place(|| data.put_back(&server));
    let theirs = put(&server.provider("/cwm/"), &webhook("kept"), r#"{"by":"theirs"}"#).await;
    assert_eq!(base, theirs, "the token alone would let the write through");

    let draft = Document::from(r#"{"by":"a draft of ours"}"#);
    let write = provider.set(webhook("kept"), draft.clone(), Expect::Token(base), Lease::Keep).await;
    let Err(Error::Unavailable { reason, .. }) = write else { panic!("{write:?}") };
    assert!(reason.contains("another store answers"), "{reason}");
    let stored = provider.get(&webhook("kept")).await.unwrap().unwrap();
    assert_eq!(stored.document, Document::from(r#"{"by":"theirs"}"#));
    // Whoever has read what is there now may write.
    provider.set(webhook("kept"), draft, Expect::Token(stored.token), Lease::Keep).await.unwrap();
}
