//! Drafts of earlier sessions, one in each status.

use std::time::{Duration, SystemTime};

use super::editing::replace;
use super::scenes::edit;
use super::*;
use crate::console::drafts::{DraftEntry, DraftId, DraftSave, DraftSummary};
use crate::console::overlays::Overlay;
use crate::console::request::RequestId;
use crate::console::screens::drafts::DraftsPage;
use crate::console::widgets::ListState;

fn summary(address: &str, token: u64, typed: Duration) -> DraftSummary {
    DraftSummary {
        context: "prod".into(),
        store: Some(StoreId::new("cluster 1")),
        key: key(address),
        token: Some(Token::counter(token)),
        lines: 31,
        changed: 3,
        withheld: 0,
        at: SystemTime::UNIX_EPOCH + NOW - typed,
    }
}

pub(crate) fn page(size: Size) -> Model {
    let mut model = browse(size);
    model.now.wall = SystemTime::UNIX_EPOCH + NOW;
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let stored = model.inventory.get(&key("production/github_events")).unwrap().token().as_counter().unwrap();
    let drafts = vec![
        DraftSummary { lines: 231, changed: 200, ..summary("production/github_events", stored, minutes(4)) },
        DraftSummary { withheld: 2, ..summary("production/orders", 31_002, minutes(7)) },
        DraftSummary { token: None, ..summary("production/refunds", 0, minutes(11)) },
        DraftSummary { store: Some(StoreId::new("cluster 0")), ..summary("default/ping", 9, minutes(60)) },
        summary("production/gone", 31_007, minutes(90)),
        DraftSummary { context: "staging".into(), ..summary("production/payments", 7, minutes(3_000)) },
    ];
    let entry =
        |(number, draft)| DraftEntry { id: DraftId::sample(&format!("{number}.json")), summary: Ok(draft) };
    let mut listed: Vec<_> = drafts.into_iter().enumerate().map(entry).collect();
    listed.push(DraftEntry {
        id: DraftId::sample("draft.json"),
        summary: Err("its format is 2; this confdeck reads 1".into()),
    });
    model.saved_drafts.offered = listed;
    let mut list = ListState::default();
    list.select_at(&model.draft_rows(), 1);
    model.overlay = Some(Overlay::Drafts(DraftsPage { list, opened: Duration::ZERO }));
    model
}

/// A draft with a typed secret, which is not saved with it.
pub(crate) fn withheld(size: Size) -> Model {
    let mut model = edit(size, |edit| {
        replace(edit, "{$vault:app/github#hmac}", "Typed-in-place");
        edit.autosave.begin(RequestId(1), Duration::ZERO);
        edit.autosave.accept(RequestId(1), &Ok(DraftSave { withheld: 1, displaced: Vec::new() }));
    });
    model.saved_drafts.on_disk.insert(key("production/github_events"));
    model
}
