//! The tab Secrets over the fleet.

use std::time::{Duration, SystemTime};

use super::{NOW, browse, empty};
use crate::check::{OwnPathTemplate, OwnSecrets, SecretLookup};
use crate::console::model::*;
use crate::console::request::RequestId;
use crate::console::screens::Tab;
use crate::console::screens::secrets::{
    FolderPage, ListingEnd, SecretSubject, Selection, rows as secret_rows,
};
use crate::console::shell::layout::{Pane, Size};
use crate::console::widgets::{ListSource, Movement};
use crate::domain::*;
use crate::provider::{Error, SecretListItem};

const DAY: u64 = 86_400;

fn mount(name: &str) -> Mount {
    Mount::new(name).unwrap()
}

fn kv(at: &str, path: &str) -> SecretPath {
    SecretPath::Kv { mount: mount(at), path: KvPath::new(path).unwrap() }
}

fn ago(days: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(days * DAY + 7))
}

fn present(fields: &[&str], version: u64, days: u64) -> Presence {
    let mut fields: Vec<_> = fields.iter().map(|name| (FieldName::new(name), FieldState::Present)).collect();
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    Presence::Present(SecretContents { fields, version: Some(SecretVersion(version)), written: ago(days) })
}

/// What the store reported of some of them: one in each state.
fn told() -> Vec<(SecretPath, Presence)> {
    let own = |path: &str| kv("webhooks", &format!("{path}/secrets"));
    vec![
        (kv("secret", "app/github"), present(&["hmac", "old\u{202e}er", "webhook"], 3, 4)),
        (kv("secret", "app/rabbit"), present(&["user"], 1, 90)),
        (own("production/github_events"), present(&["bearer-token", "hmac-secret", "note"], 12, 0)),
        (own("production/orders"), Presence::Deleted { version: SecretVersion(2), at: ago(1) }),
        (own("production/payments"), Presence::Destroyed { version: SecretVersion(7) }),
        (own("production/users"), Presence::Missing),
        (
            own("production/deploys"),
            Presence::Forbidden { permission: "read on webhooks/subkeys/production/deploys/secrets".into() },
        ),
        (own("staging/orders"), Presence::Unreachable { reason: "no answer within 5 s".into() }),
        (
            own("staging/doorbell"),
            Presence::Unknown { reason: "KV 1 tells nothing of a secret without reading it".into() },
        ),
        (kv("secret", "app/orphan \u{202e}x"), present(&["api"], 1, 400)),
    ]
}

fn lookup() -> SecretLookup {
    let kept = OwnSecrets::Kv { mount: mount("webhooks"), template: OwnPathTemplate::default() };
    SecretLookup { own: kept.clone(), stored: kept, can_read_kv: true, ..SecretLookup::default() }
}

/// Lets the tab index everything.
fn settle(model: &mut Model) {
    let (height, _) = secret_rows(model);
    let (page, inventory, view) = model.secrets_parts().unwrap();
    page.open();
    page.resize(height);
    while page.rows.is_partial() {
        page.work(inventory, view);
    }
}

fn page(size: Size) -> Model {
    let mut model = browse(size);
    model.tab = Tab::Secrets;
    model.context.secrets = Some(lookup());
    model.presence_cache.update(told(), NOW);
    settle(&mut model);
    model
}

fn walk(model: &mut Model, names: Result<Vec<SecretListItem>, Error>, ended: Option<ListingEnd>) {
    let (page, _, view) = model.secrets_parts().unwrap();
    page.begin_listing(RequestId(1), vec![mount("secret"), mount("webhooks")]);
    let folder = SecretFolder { mount: mount("secret"), folder: Some(KvPath::new("app").unwrap()) };
    page.folder_listed(RequestId(1), FolderPage { folder, names, is_last: true }, view);
    if let Some(ended) = ended {
        page.listing_ended(RequestId(1), ended, view, NOW);
    }
    settle(model);
}

fn stored() -> Vec<SecretListItem> {
    let secrets = ["app/github", "app/rabbit", "app/orphan \u{202e}x"].map(|path| kv("secret", path));
    secrets
        .into_iter()
        .map(SecretListItem::Secret)
        .chain([SecretListItem::Invalid("a\u{0}b".into())])
        .collect()
}

fn select(model: &mut Model, subject: &SecretPath) {
    let at = model.secrets_page.rows.position(&SecretSubject::Path(subject.clone())).unwrap();
    model.secrets_page.step(Movement::First);
    model.secrets_page.step(Movement::Lines(isize::try_from(at).unwrap()));
    model.secrets_page.follow_selection(true, NOW);
}

/// Every secret, each in its state; one stored without a reference.
pub(crate) fn secrets(size: Size) -> Model {
    let mut model = page(size);
    walk(&mut model, Ok(stored()), Some(ListingEnd::Complete));
    select(&mut model, &kv("secret", "app/github"));
    versions(&mut model);
    model
}

/// Sorted by state.
pub(crate) fn secrets_by_state(size: Size) -> Model {
    let mut model = secrets(size);
    let (page, _, view) = model.secrets_parts().unwrap();
    page.next_sort(view);
    page.step(Movement::First);
    page.follow_selection(true, NOW);
    model
}

/// A focused detail, one of its fields selected.
pub(crate) fn secrets_detail(size: Size) -> Model {
    let mut model = secrets(size);
    model.secrets_page.focus = Pane::Detail;
    model.secrets_page.detail_selection = Some(Selection::Field(FieldName::new("hmac")));
    model
}

/// A webhook's own secrets.
pub(crate) fn secrets_own(size: Size) -> Model {
    let mut model = secrets(size);
    select(&mut model, &kv("webhooks", "production/github_events/secrets"));
    model
}

/// Stored, but without a reference.
pub(crate) fn secrets_orphan(size: Size) -> Model {
    let mut model = secrets(size);
    select(&mut model, &kv("secret", "app/orphan \u{202e}x"));
    model
}

/// A listing that met a folder without list permission, and a limit.
pub(crate) fn secrets_bounded(size: Size) -> Model {
    let mut model = page(size);
    let error = Error::Denied { permission: "list on secret/metadata/app".into(), remedy: "" };
    walk(&mut model, Err(error), Some(ListingEnd::TooManyFolders(312)));
    model
}

/// A listing in progress, and a filter that nothing matches.
pub(crate) fn secrets_looking(size: Size) -> Model {
    let mut model = page(size);
    walk(&mut model, Ok(stored()), None);
    model.secrets_page.list.filter.set("nowhere");
    model.secrets_page.list.typing = Some(String::new());
    model.secrets_page.apply_filter();
    model
}

/// Documents without references, and no secret store.
pub(crate) fn secrets_none(size: Size) -> Model {
    let mut model = empty(size);
    model.tab = Tab::Secrets;
    model
}

/// The versions of the selected secret, with custom metadata.
fn versions(model: &mut Model) {
    model.secrets_page.follow_selection(true, NOW);
    let info =
        |version, days, state| VersionInfo { version: SecretVersion(version), written: ago(days), state };
    let told = SecretMetadata {
        current: Some(SecretVersion(3)),
        list: vec![
            info(3, 4, VersionState::Available),
            info(2, 40, VersionState::Deleted(ago(4))),
            info(1, 41, VersionState::Destroyed),
        ],
        max: Some(10),
        cas_required: true,
        custom: vec![("owner".into(), "team \u{202e}hooks".into())],
        ..SecretMetadata::default()
    };
    let past = model.secrets_page.version_history.as_mut().unwrap();
    past.asked.begin(RequestId(2), ());
    assert!(past.accept(RequestId(2), Ok(Some(told)), NOW));
}
