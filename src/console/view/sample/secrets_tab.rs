//! The tab Secrets over the fleet, as the tests draw it.

use std::time::{Duration, SystemTime};

use super::{NOW, browse, empty};
use crate::check::{Eyes, OwnSecrets, OwnTemplate};
use crate::console::effect::Request;
use crate::console::layout::{Pane, Size};
use crate::console::model::*;
use crate::console::view::secret_rows;
use crate::domain::*;
use crate::provider::{Error, SecretName};

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
    Presence::Present(Contents { fields, version: Some(SecretVersion(version)), written: ago(days) })
}

/// What the store told of some of them: one in each state.
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

fn eyes() -> Eyes {
    let kept = OwnSecrets::Kv { mount: mount("webhooks"), template: OwnTemplate::default() };
    Eyes { own: kept.clone(), kept, sees_kv: true, ..Eyes::default() }
}

/// Lets the tab look at everything.
fn settle(model: &mut Model) {
    let (height, _) = secret_rows(model);
    let (page, inventory, vista) = model.secrets_parts().unwrap();
    page.open();
    page.resize(height);
    while page.is_partial() {
        page.work(inventory, &vista);
    }
}

fn page(size: Size) -> Model {
    let mut model = browse(size);
    model.tab = Tab::Secrets;
    model.context.secrets = Some(eyes());
    model.sight.take(told(), NOW);
    settle(&mut model);
    model
}

fn walk(model: &mut Model, names: Result<Vec<SecretName>, Error>, ended: Option<Ended>) {
    let (page, _, vista) = model.secrets_parts().unwrap();
    page.begin_walk(Request(1), vec![mount("secret"), mount("webhooks")]);
    let folder = SecretFolder { mount: mount("secret"), folder: Some(KvPath::new("app").unwrap()) };
    page.listed(Request(1), Listed { folder, names, waiting: 3, ends: true }, &vista);
    if let Some(ended) = ended {
        page.walked(Request(1), ended, &vista, NOW);
    }
    settle(model);
}

fn stored() -> Vec<SecretName> {
    let secrets = ["app/github", "app/rabbit", "app/orphan \u{202e}x"].map(|path| kv("secret", path));
    secrets.into_iter().map(SecretName::Secret).chain([SecretName::Odd("a\u{0}b".into())]).collect()
}

fn select(model: &mut Model, subject: &SecretPath) {
    let rows = model.secrets_page.rows.as_ref().unwrap();
    let at = rows.position(&Subject::Path(subject.clone())).unwrap();
    model.secrets_page.walk_to(at);
    model.secrets_page.follow_past(true, NOW);
}

/// Every secret, each in its state; one stored without a reference.
pub(super) fn secrets(size: Size) -> Model {
    let mut model = page(size);
    walk(&mut model, Ok(stored()), Some(Ended::Whole));
    select(&mut model, &kv("secret", "app/github"));
    versions(&mut model);
    model
}

/// The worst first.
pub(super) fn secrets_by_state(size: Size) -> Model {
    let mut model = secrets(size);
    let (page, _, vista) = model.secrets_parts().unwrap();
    page.next_sort(&vista);
    page.walk_to(0);
    page.follow_past(true, NOW);
    model
}

/// A secret opened, one of its fields selected.
pub(super) fn secrets_detail(size: Size) -> Model {
    let mut model = secrets(size);
    model.secrets_page.focus = Pane::Detail;
    model.secrets_page.spot = Some(Spot::Field(FieldName::new("hmac")));
    model
}

/// A webhook's own secrets.
pub(super) fn secrets_own(size: Size) -> Model {
    let mut model = secrets(size);
    select(&mut model, &kv("webhooks", "production/github_events/secrets"));
    model
}

/// Something stored that nothing here refers to.
pub(super) fn secrets_orphan(size: Size) -> Model {
    let mut model = secrets(size);
    select(&mut model, &kv("secret", "app/orphan \u{202e}x"));
    model
}

/// Listing has met a folder that may not be listed, and a bound.
pub(super) fn secrets_bounded(size: Size) -> Model {
    let mut model = page(size);
    let error = Error::Denied { permission: "list on secret/metadata/app".into(), remedy: "" };
    walk(&mut model, Err(error), Some(Ended::Folders(312)));
    model
}

/// Still looking, and a filter being typed that nothing matches.
pub(super) fn secrets_looking(size: Size) -> Model {
    let mut model = page(size);
    walk(&mut model, Ok(stored()), None);
    model.secrets_page.filter.set("nowhere");
    model.secrets_page.typing = Some(String::new());
    model.secrets_page.apply_filter();
    model
}

/// Documents that refer to none, and no store of them.
pub(super) fn secrets_none(size: Size) -> Model {
    let mut model = empty(size);
    model.tab = Tab::Secrets;
    model
}

/// The versions of the secret that is selected, and what users wrote beside it.
fn versions(model: &mut Model) {
    model.secrets_page.follow_past(true, NOW);
    let info =
        |version, days, state| VersionInfo { version: SecretVersion(version), written: ago(days), state };
    let told = Versions {
        current: Some(SecretVersion(3)),
        list: vec![
            info(3, 4, VersionState::Kept),
            info(2, 40, VersionState::Deleted(ago(4))),
            info(1, 41, VersionState::Destroyed),
        ],
        max: Some(10),
        cas_required: true,
        custom: vec![("owner".into(), "team \u{202e}hooks".into())],
        ..Versions::default()
    };
    let past = model.secrets_page.past.as_mut().unwrap();
    past.ask(Request(2));
    assert!(past.take(Request(2), Ok(Some(told)), NOW));
}
