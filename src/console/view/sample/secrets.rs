//! Secrets being revealed, set and taken back, as the tests draw them.

use std::time::{Duration, SystemTime};

use super::{NOW, browse};
use crate::console::effect::Request;
use crate::console::layout::Size;
use crate::console::model::*;
use crate::console::secret_jobs::{Outlet, RevealOrder};
use crate::domain::*;
use crate::provider::SecretCapabilities;

fn path() -> SecretPath {
    SecretPath::Kv {
        mount: Mount::new("webhooks").unwrap(),
        path: KvPath::new("production/github_events/secrets").unwrap(),
    }
}

fn form(size: Size) -> Model {
    let mut model = browse(size);
    let field = |name: &str| (FieldName::new(name), FieldState::Present);
    let fields = vec![field("bearer-token"), field("hmac-secret"), field("old\u{202e}er")];
    let presence = Presence::Present(Contents { fields, version: Some(SecretVersion(3)), written: None });
    let can = SecretCapabilities { presence: true, versions: true, patch: true, list: true, write: true };
    let offered = SecretField::ALL.map(SecretField::name);
    let mut form = SecretForm::new(path(), &presence, (can, Lacking::default()), &offered).unwrap();
    let mut set = |name: &str, text: &str, generated| {
        let at = form.row_of(&FieldName::new(name));
        let mut new = NewValue { generated, ..NewValue::default() };
        new.value.paste(text).unwrap();
        form.rows[at].then = FieldThen::Set(new);
    };
    set("bearer-token", super::SECRET, Some(Generate::default()));
    set("hmac-header", "X-Hub-Signature-256", None);
    form.cursor = 1;
    model.lock = Lock::Open(None);
    model.hands.form = Some(Box::new(form));
    model
}

/// Which fields change, and to what.
pub(super) fn secret_form(size: Size) -> Model {
    form(size)
}

/// The same before it is written.
pub(super) fn secret_review(size: Size) -> Model {
    let mut model = form(size);
    model.hands.form.as_mut().unwrap().review = Some(SecretReview::default());
    model
}

/// After somebody else was faster, and a field has to go, for which all are read.
pub(super) fn secret_conflict(size: Size) -> Model {
    let mut model = secret_review(size);
    let form = model.hands.form.as_mut().unwrap();
    let at = form.row_of(&FieldName::new("hmac-secret"));
    form.rows[at].then = FieldThen::Remove;
    form.clash = Some(Some(SecretVersion(4)));
    model
}

/// A value that was typed once and is asked for again.
pub(super) fn secret_value(size: Size) -> Model {
    let mut model = form(size);
    let mut entry = ValueEntry::new(FieldName::new("hmac-secret"));
    entry.new.value.paste(super::SECRET).unwrap();
    entry.again = Some(SecretInput::default());
    model.overlay = Some(Overlay::Value(Hidden(Box::new(entry))));
    model
}

/// What is to be made at random.
pub(super) fn secret_generate(size: Size) -> Model {
    let mut model = form(size);
    let entry = Hidden(Box::new(ValueEntry::new(FieldName::new("hmac-secret"))));
    model.overlay = Some(Overlay::Generate(GenerateEntry {
        entry,
        length: Input::of("32"),
        alphabet: Alphabet::Hex,
        error: None,
    }));
    model
}

/// A field to be chosen.
pub(super) fn secret_pick(size: Size) -> Model {
    let mut model = browse(size);
    let fields = ["bearer-token", "hmac-secret", "odd\u{1b}[31m"].map(FieldName::new).to_vec();
    let choices = PickFrom::Fields(path(), fields);
    model.overlay =
        Some(Overlay::Pick(SecretPick { act: SecretAct::Reveal, choices, cursor: 1, opened: NOW }));
    model
}

/// A value on the screen; one that is no secret, because pictures of it are kept.
pub(super) fn secret_shown(size: Size) -> Model {
    let mut model = browse(size);
    model.hands.reads = 5;
    let value =
        SecretText::new("a value\nof three lines,\none with \u{1b}[31m and \u{202e} and \u{0} in it".into());
    model.overlay = Some(Overlay::Shown(SecretShown {
        path: path(),
        field: FieldName::new("hmac-secret"),
        version: Some(SecretVersion(3)),
        read: 3,
        value,
        until: NOW + SHOWN_FOR,
        scroll: 0,
    }));
    model
}

/// A write about to be taken back.
pub(super) fn secret_undo(size: Size) -> Model {
    let mut model = browse(size);
    model.lock = Lock::Open(None);
    let done = SecretDone {
        before: Some(SecretVersion(3)),
        after: SecretVersion(4),
        what: "set bearer-token of webhooks/production/github_events/secrets".into(),
        when: SystemTime::UNIX_EPOCH,
        fields: None,
    };
    model.hands.undo = Some(Box::new(SecretUndo {
        path: path(),
        done,
        opened: NOW,
        scroll: 0,
        clash: None,
        holders: Holders::default(),
        sent: None,
    }));
    model
}

/// Why a value is to be copied, which somebody allowed.
pub(super) fn secret_copy(size: Size) -> Model {
    let mut model = browse(size);
    let field = FieldName::new("hmac-secret");
    let order = RevealOrder { path: path(), field, reason: String::new(), to: Outlet::Clipboard };
    model.overlay = Some(Overlay::Prompt(prompt(Purpose::Reason(order), "INC-42")));
    model
}

/// A version to be chosen for ever.
pub(super) fn secret_versions(size: Size) -> Model {
    let mut model = browse(size);
    let written = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_770_091_445));
    let states = [VersionState::Kept, VersionState::Deleted(None), VersionState::Kept];
    let versions = (1..=3).rev().map(SecretVersion).zip(states);
    let versions = versions.map(|(version, state)| VersionInfo { version, written, state }).collect();
    let choices = PickFrom::Versions(path(), versions);
    model.overlay =
        Some(Overlay::Pick(SecretPick { act: SecretAct::Destroy, choices, cursor: 1, opened: NOW }));
    model
}

/// The path that is to be typed.
pub(super) fn secret_destroy(size: Size) -> Model {
    let mut model = browse(size);
    let warnings = vec!["its metadata go too, and the next write begins at v1".into()];
    let doomed = Doomed { path: path(), version: None, warnings };
    model.overlay = Some(Overlay::Prompt(prompt(Purpose::Destroy(doomed), "webhooks/production/git")));
    model
}

fn prompt(purpose: Purpose, text: &str) -> Prompt {
    Prompt { purpose, input: Input::of(text), error: None, candidates: Vec::new() }
}

/// What the receiver has to read again, of two secrets, one of them by way of a connection.
pub(super) fn reread(size: Size) -> Model {
    let mut model = browse(size);
    model.lock = Lock::Open(None);
    let changed = |name: &str, what: &str| {
        let path = SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new(name).unwrap() };
        let what = format!("{what} of {path}");
        Changed::new(path, what, (Some(SecretVersion(4)), SystemTime::UNIX_EPOCH), None)
    };
    let key = |address: &str| address.parse::<Address>().unwrap().0;
    let keys = |addresses: &[&str]| addresses.iter().map(|address| key(address)).collect::<Vec<_>>();
    let connection = key("connections/kafka_main");
    let through = ["production/deploys", "production/github_events"].map(|it| (key(it), connection.clone()));
    let of = |documents: Vec<ResourceKey>, total| Holders { documents, total, ..Holders::default() };
    let left = Holders {
        through: through.to_vec(),
        through_total: 7,
        ..of(keys(&["connections/kafka_main", "production/orders"]), 2)
    };
    let parts = vec![
        RereadPart { changed: changed("app/kafka", "set 2 fields"), left },
        RereadPart {
            changed: changed("app/github", "undo of set hmac"),
            left: of(keys(&["production/github_events"]), 1_234),
        },
    ];
    model.hands.rereads.take(changed("app/kafka", "set 2 fields"));
    model.hands.rereads.page = Some(Box::new(RereadPage { parts, scroll: 0 }));
    model
}

/// The plan that writes documents again.
pub(super) fn plan_reput(size: Size) -> Model {
    let mut model = browse(size);
    model.lock = Lock::Open(None);
    let keys: Vec<_> = ["production/github_events", "connections/kafka_main"]
        .map(|it| it.parse::<Address>().unwrap().0)
        .into();
    let steps = keys.iter().filter_map(|key| model.inventory.get(key)).map(|row| Step::again(row.entry()));
    let made = (model.inventory.store().cloned(), NOW, Request(1));
    let (mut plan, _) = Plan::new(Recipe::Reput(keys.clone()), steps.collect(), made);
    plan.same = 22;
    model.plan = Some(Box::new(plan));
    model
}
