//! The pure parts that every frame and every change pass through, at the sizes of the budgets.

use std::hint::black_box;
use std::time::Duration;

use confdeck::check::{
    DocumentInput, OwnPathTemplate, OwnSecrets, ReceiverProfile, SecretLookup, Subject, diagnose,
};
use confdeck::compare;
use confdeck::console::model::NeedsCache;
use confdeck::console::screens::browse::{DocumentList, Filter};
use confdeck::domain::{
    Coverage, Document, DocumentKind, Entry, Masking, Mount, Namespace, ResourceKey, Revision, SecretNames,
    StoreId, Token, WebhookId,
};
use confdeck::inventory::{Facts, Inventory, Scope, scan_event};
use confdeck::provider::{PAGE_LIMIT, WatchEvent};
use confdeck::text::Masked;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const KEYS: u64 = 25_000;

fn entry(number: u64) -> Entry {
    let namespace = Namespace::new(&format!("team-{:02}", number % 20)).unwrap_or_default();
    let id = WebhookId::new(&format!("webhook_{number:07}"));
    let Ok(id) = id else { unreachable!("the id keeps the rule") };
    let text = format!(
        r#"{{"data_type":"json","module":"kafka","connection":"kafka_{}","module-config":{{"topic":"topic-{number}","forward_headers":false}},"hmac":{{"secret":"{{$vault:app/{number}#hmac}}","algorithm":"sha256"}}}}"#,
        number % 50
    );
    Entry {
        key: ResourceKey::webhook(namespace, id),
        document: Document::from(text),
        revision: Revision(number + 1),
        created: Some(Revision(number + 1)),
        version: Some(1),
        token: Token::counter(number + 1),
        lease: None,
    }
}

fn load() -> Vec<WatchEvent> {
    let mut entries: Vec<_> = (0..KEYS).map(entry).collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let at = Revision(KEYS);
    let mut events =
        vec![WatchEvent::Load { store: StoreId::new("bench"), at, resync: false, coverage: Coverage::Whole }];
    events.extend(entries.chunks(PAGE_LIMIT).map(|page| WatchEvent::Page(page.to_vec())));
    events.push(WatchEvent::Loaded { at });
    events
}

fn loaded() -> Inventory {
    let mut inventory = Inventory::default();
    for event in load() {
        inventory.apply(scan_event(event, &SecretNames::default()), Duration::ZERO);
    }
    inventory
}

fn checks(bench: &mut Criterion) {
    let receiver = ReceiverProfile::default();
    let masking = Masking::built_in(DocumentKind::Webhook);
    let documents: Vec<_> = (0..KEYS).map(entry).collect();
    let facts: Vec<_> = documents.iter().map(|entry| Facts::scan(&masking, &entry.document)).collect();
    let of = |entry: &Entry, facts: &Facts| {
        diagnose(Subject::Document(&DocumentInput::new(&entry.key, facts, &receiver, &()))).len()
    };
    bench.bench_function("check 25,000 documents", |bench| {
        bench.iter(|| documents.iter().zip(&facts).map(|(entry, facts)| of(entry, facts)).sum::<usize>());
    });
    let Some((changed, facts)) = documents.first().zip(facts.first()) else { return };
    bench.bench_function("check a document after a change", |bench| {
        bench.iter(|| of(black_box(changed), facts));
    });
}

fn picture(bench: &mut Criterion) {
    let events = load();
    bench.bench_function("scan 25,000 documents", |bench| {
        bench.iter_batched(
            || events.clone(),
            |events| {
                let scan = |event| drop(black_box(scan_event(event, &SecretNames::default())));
                events.into_iter().for_each(scan);
            },
            BatchSize::LargeInput,
        );
    });
    let feeds: Vec<_> = load().into_iter().map(|event| scan_event(event, &SecretNames::default())).collect();
    bench.bench_function("apply a load of 25,000", |bench| {
        bench.iter_batched(
            || (Inventory::default(), feeds.clone()),
            |(mut inventory, feeds)| {
                for feed in feeds {
                    inventory.apply(feed, Duration::ZERO);
                }
                inventory
            },
            BatchSize::LargeInput,
        );
    });
    let inventory = loaded();
    for (name, line) in
        [("filter 25,000 by a substring", "0123"), ("filter 25,000 by connection", "conn:kafka_7 !99")]
    {
        bench.bench_function(name, |bench| {
            bench.iter(|| {
                let mut listing = DocumentList::new(Scope::AllWebhooks);
                listing.set_filter(Filter::parse(black_box(line), None), &inventory);
                listing.len(&inventory)
            });
        });
    }
}

fn documents(bench: &mut Criterion) {
    let masking = Masking::built_in(DocumentKind::Webhook);
    let small = entry(7).document;
    bench.bench_function("mask a document of 200 bytes", |bench| {
        bench.iter(|| Masked::of(&masking, black_box(&small)).line_count());
    });
    let members: Vec<_> =
        (0..20_000).map(|n| format!(r#""member_{n}":{{"token":"value {n}","limit":{n}}}"#)).collect();
    let large = format!("{{{}}}", members.join(","));
    let document = Document::from(large.clone());
    bench.bench_function("mask a document of 1 MiB", |bench| {
        bench.iter(|| Masked::of(&masking, black_box(&document)).line_count());
    });
    let edited = compare::format(&large).replacen("\"limit\": 7,", "\"limit\": 8,", 1);
    bench.bench_function("restore the style of 1 MiB", |bench| {
        bench.iter(|| compare::restore(black_box(&large), black_box(&edited)).len());
    });
}

/// What a jump to another page of a list costs, above the jump itself.
fn needs(bench: &mut Criterion) {
    let inventory = loaded();
    let mount = || Mount::new("secret").ok();
    let Some(own) = mount() else { unreachable!("it is a mount") };
    let kept = OwnSecrets::Kv { mount: own, template: OwnPathTemplate::default() };
    let lookup = SecretLookup {
        references: mount(),
        own: kept.clone(),
        stored: kept,
        can_read_kv: true,
        ..SecretLookup::default()
    };
    let keys: Vec<_> = inventory.keys(&Scope::AllWebhooks).take(50).collect();
    bench.bench_function("read what 50 rows need", |bench| {
        bench.iter_batched(
            || (NeedsCache::default(), keys.clone()),
            |(mut cache, keys)| {
                cache.refresh(&inventory, &lookup, keys);
                cache.visible_paths().len()
            },
            BatchSize::SmallInput,
        );
    });
    let mut cache = NeedsCache::default();
    cache.refresh(&inventory, &lookup, keys.clone());
    bench.bench_function("find that what 50 rows need is known", |bench| {
        bench.iter(|| cache.refresh(&inventory, &lookup, black_box(&keys).clone()));
    });
}

criterion_group!(benches, picture, checks, documents, needs);
criterion_main!(benches);
