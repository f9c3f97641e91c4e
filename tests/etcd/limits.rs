//! Sizes of requests and transactions: what is promised before sending holds on a server that was told
//! nothing, and what a server refuses that was told less comes back in words, with nothing written.

use super::*;

/// Etcd's `--max-request-bytes` and `--max-txn-ops` by default.
const REQUEST: usize = 1_536 * 1024;
const OPERATIONS: usize = 128;

fn op(id: &str, bytes: usize, expect: Expect, lease: Lease) -> Op {
    Op::Put { key: webhook(id), document: Document::new(vec![b'x'; bytes]), expect, lease }
}

async fn stored(provider: &EtcdProvider) -> usize {
    listed(provider, KeyPrefix::All).await.len()
}

/// Why it was refused, with nothing written.
async fn refusal(provider: &EtcdProvider, ops: Vec<Op>) -> String {
    let before = stored(provider).await;
    let refused = provider.commit(ops).await;
    assert_eq!(stored(provider).await, before);
    match refused {
        Err(Error::Invalid { reason }) => reason,
        Err(other @ Error::Unsupported { .. }) => other.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_promised_is_taken() {
    let store = fresh();
    let (provider, most) = (&store.provider, store.provider.capabilities().max_document);
    assert!(most > REQUEST - 16 * 1024);
    let longest = "i".repeat(256);
    for (id, expect, lease) in [
        ("plain", Expect::Absent, Lease::Keep),
        (longest.as_str(), Expect::Absent, Lease::For(Duration::from_secs(600))),
        ("any", Expect::Anything, Lease::Never),
    ] {
        provider.commit(vec![op(id, most, expect, lease)]).await.unwrap();
    }
    let token = provider.get(&webhook("plain")).await.unwrap().unwrap().token;
    provider.commit(vec![op("plain", most, Expect::Token(token), Lease::Keep)]).await.unwrap();
    // As many as fit, each with its key, its condition and what is read should that fail.
    let each = REQUEST / OPERATIONS - 256;
    let many = |expect| (0..OPERATIONS).map(move |n| op(&format!("n{n}"), each, expect, Lease::Keep));
    provider.commit(many(Expect::Absent).collect()).await.unwrap();
    assert_eq!(stored(provider).await, 3 + OPERATIONS);
    // A write that keeps whatever lease there is carries its document twice.
    provider.commit(vec![op("any", REQUEST / 2 - 4096, Expect::Anything, Lease::Keep)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_refused_before_it_is_sent() {
    let store = fresh();
    let (provider, most) = (&store.provider, store.provider.capabilities().max_document);
    let absent = |id: &str, bytes| op(id, bytes, Expect::Absent, Lease::Keep);
    let words = refusal(provider, vec![absent("a", most + 1)]).await;
    assert!(words.contains(&(most + 1).to_string()) && words.contains(&most.to_string()), "{words}");
    let words = refusal(provider, vec![absent("a", most), absent("b", 64 * 1024)]).await;
    assert!(words.contains("default/a, default/b") && words.contains("1536 KiB"), "{words}");
    let words = refusal(provider, vec![op("a", most, Expect::Anything, Lease::Keep)]).await;
    assert!(words.contains("sent twice"), "{words}");
    let many = (0..=OPERATIONS).map(|n| absent(&n.to_string(), 1)).collect();
    assert!(refusal(provider, many).await.contains("at most 128 at once"));
    // The same words come where nobody listens: nothing of it was sent.
    let nobody = EtcdProvider::new(EtcdSettings::new(
        Endpoint::parse("127.0.0.1:9", 2379).unwrap(),
        KeyLayout::Namespaced,
    ));
    let write = nobody.commit(vec![absent("a", most + 1)]).await;
    assert!(matches!(write, Err(Error::Invalid { .. })), "{write:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_lower_limits_is_quoted() {
    let server = Launch::default().flags(&["--max-request-bytes", "65536", "--max-txn-ops", "8"]).start();
    let provider = server.provider("/cwm/");
    // Above its limit, and so far above it that its gRPC refuses before etcd sees it.
    for bytes in [100 * 1024, 1024 * 1024] {
        let words = refusal(&provider, vec![op("a", bytes, Expect::Absent, Lease::Keep)]).await;
        let sent = format!("{} KiB", bytes / 1024 + 1);
        assert!(words.contains(&sent) && words.contains("--max-request-bytes"), "{words}");
        assert!(words.contains("default/a") && words.contains("nothing was written"), "{words}");
    }
    let nine = (0..9).map(|n| op(&n.to_string(), 1, Expect::Absent, Lease::Keep)).collect();
    let words = refusal(&provider, nine).await;
    assert!(words.contains("fewer operations") && words.contains("had 9"), "{words}");
    let eight = (0..8).map(|n| op(&n.to_string(), 1, Expect::Absent, Lease::Keep)).collect();
    provider.commit(eight).await.unwrap();
    // A lease that was granted for what was refused is given back.
    let lease = Lease::For(Duration::from_secs(600));
    refusal(&provider, vec![op("b", 100 * 1024, Expect::Absent, lease)]).await;
    let begun = Instant::now();
    while !server.client().await.leases().await.unwrap().leases().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "the lease of a refused write stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_with_higher_limits_holds_is_read() {
    let server = Launch::default().flags(&["--max-request-bytes", "8000000"]).start();
    let provider = server.provider("/cwm/");
    let large = vec![b'x'; 6_000_000];
    server.client().await.put("/cwm/default/webhooks/large", large.clone(), None).await.unwrap();
    let entry = provider.get(&webhook("large")).await.unwrap().unwrap();
    assert_eq!(entry.document.as_bytes(), large);
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    assert_eq!(reader.picture[&webhook("large")].document.len(), large.len());
    // What we write keeps to what every etcd takes.
    let token = Expect::Token(entry.token);
    let words = refusal(&provider, vec![op("large", 2_000_000, token, Lease::Keep)]).await;
    assert!(words.contains("at most"), "{words}");
    provider.commit(vec![op("large", 1_000_000, token, Lease::Keep)]).await.unwrap();
    reader.until("the write", |reader| reader.picture[&webhook("large")].document.len() == 1_000_000).await;
}
