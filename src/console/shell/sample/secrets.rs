//! Secrets being revealed, set and undone.

use std::time::{Duration, SystemTime};

use super::{NOW, browse};
use crate::console::model::*;
use crate::console::overlays::{DestroyTarget, Overlay, Prompt, PromptPurpose};
use crate::console::request::RequestId;
use crate::console::screens::plan::{Plan, PlanKind, PlanStep, StepDiffs, diff};
use crate::console::screens::secret_form::{
    FieldChange, GeneratePrompt, NewSecretValue, SecretForm, SecretReview, ValuePrompt,
};
use crate::console::screens::secrets::actions::{
    PickerItems, REVEALED_FOR, RevealedValue, SecretAction, SecretPicker, SecretUndoEntry, SecretUndoReview,
};
use crate::console::screens::stale_dependents::SecretDependents;
use crate::console::screens::stale_dependents::{ChangedSecret, StaleDependentsPage, StaleDependentsPart};
use crate::console::secret_jobs::{RevealDestination, RevealRequest};
use crate::console::shell::layout::Size;
use crate::console::widgets::{ListState, TextInput};
use crate::domain::*;
use crate::provider::SecretCapabilities;
use crate::terminal_input::SecretInput;

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
    let presence =
        Presence::Present(SecretContents { fields, version: Some(SecretVersion(3)), written: None });
    let can = SecretCapabilities { versions: true, patch: true, write: true };
    let offered = SecretField::ALL.map(SecretField::name);
    let mut form = SecretForm::new(path(), &presence, (can, MissingRights::default()), &offered).unwrap();
    let mut set = |name: &str, text: &str, generated| {
        let at = form.row_or_insert(&FieldName::new(name));
        let mut new = NewSecretValue { generated, ..NewSecretValue::default() };
        new.value.paste(text).unwrap();
        form.rows[at].change = FieldChange::Set(new);
    };
    set("bearer-token", super::SECRET, Some(SecretGenerator::default()));
    set("hmac-header", "X-Hub-Signature-256", None);
    form.cursor = 1;
    model.lock = WriteAccess::Open(None);
    model.secret_actions.form = Some(Box::new(form));
    model
}

/// Which fields change, and to what.
pub(crate) fn secret_form(size: Size) -> Model {
    form(size)
}

/// The same before it is written.
pub(crate) fn secret_review(size: Size) -> Model {
    let mut model = form(size);
    model.secret_actions.form.as_mut().unwrap().review = Some(SecretReview::default());
    model
}

/// After a conflict; a field is removed, for which all have to be read.
pub(crate) fn secret_conflict(size: Size) -> Model {
    let mut model = secret_review(size);
    let form = model.secret_actions.form.as_mut().unwrap();
    let at = form.row_or_insert(&FieldName::new("hmac-secret"));
    form.rows[at].change = FieldChange::Remove;
    form.conflict = Some(Some(SecretVersion(4)));
    model
}

/// A value that was typed once, and has to be typed again.
pub(crate) fn secret_value(size: Size) -> Model {
    let mut model = form(size);
    let mut entry = ValuePrompt::new(FieldName::new("hmac-secret"));
    entry.new.value.paste(super::SECRET).unwrap();
    entry.repeated = Some(SecretInput::default());
    model.overlay = Some(Overlay::Value(Opaque(Box::new(entry))));
    model
}

pub(crate) fn secret_generate(size: Size) -> Model {
    let mut model = form(size);
    let entry = Opaque(Box::new(ValuePrompt::new(FieldName::new("hmac-secret"))));
    model.overlay = Some(Overlay::Generate(GeneratePrompt {
        entry,
        length: TextInput::of("32"),
        alphabet: Alphabet::Hex,
        error: None,
    }));
    model
}

pub(crate) fn secret_pick(size: Size) -> Model {
    let mut model = browse(size);
    let fields = ["bearer-token", "hmac-secret", "odd\u{1b}[31m"].map(FieldName::new).to_vec();
    let choices = PickerItems::Fields(path(), fields);
    model.overlay = Some(Overlay::PickSecret(SecretPicker {
        act: SecretAction::Reveal,
        choices,
        list: ListState { cursor: 1, ..ListState::default() },
        opened: NOW,
    }));
    model
}

/// A value on the screen; not a secret, because it ends up in snapshots.
pub(crate) fn secret_shown(size: Size) -> Model {
    let mut model = browse(size);
    model.secret_actions.reads = 5;
    let value =
        SecretText::new("a value\nof three lines,\none with \u{1b}[31m and \u{202e} and \u{0} in it".into());
    model.overlay = Some(Overlay::RevealedValue(RevealedValue {
        path: path(),
        field: FieldName::new("hmac-secret"),
        version: Some(SecretVersion(3)),
        read: 3,
        value,
        until: NOW + REVEALED_FOR,
        scroll: 0,
    }));
    model
}

/// The undo of a write, before it is written.
pub(crate) fn secret_undo(size: Size) -> Model {
    let mut model = browse(size);
    model.lock = WriteAccess::Open(None);
    let done = SecretUndoEntry {
        before: Some(SecretVersion(3)),
        after: SecretVersion(4),
        description: "set bearer-token of webhooks/production/github_events/secrets".into(),
        fields: None,
    };
    model.secret_actions.undo = Some(Box::new(SecretUndoReview {
        path: path(),
        entry: done,
        review: SecretReview { opened: NOW, scroll: 0 },
        conflict: None,
        dependents: SecretDependents::default(),
        sent: None,
    }));
    model
}

/// The reason for copying a value, in a context that allows it.
pub(crate) fn secret_copy(size: Size) -> Model {
    let mut model = browse(size);
    let field = FieldName::new("hmac-secret");
    let order = RevealRequest {
        path: path(),
        field,
        reason: String::new(),
        destination: RevealDestination::Clipboard,
    };
    model.overlay = Some(Overlay::Prompt(prompt(PromptPurpose::Reason(order), "INC-42")));
    model
}

/// The picker of the version to destroy.
pub(crate) fn secret_versions(size: Size) -> Model {
    let mut model = browse(size);
    let written = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_770_091_445));
    let states = [VersionState::Available, VersionState::Deleted(None), VersionState::Available];
    let versions = (1..=3).rev().map(SecretVersion).zip(states);
    let versions = versions.map(|(version, state)| VersionInfo { version, written, state }).collect();
    let choices = PickerItems::Versions(path(), versions);
    model.overlay = Some(Overlay::PickSecret(SecretPicker {
        act: SecretAction::Destroy,
        choices,
        list: ListState { cursor: 1, ..ListState::default() },
        opened: NOW,
    }));
    model
}

/// The prompt for the path.
pub(crate) fn secret_destroy(size: Size) -> Model {
    let mut model = browse(size);
    let warnings = vec!["its metadata go too, and the next write begins at v1".into()];
    let target = DestroyTarget { path: path(), version: None, warnings };
    model.overlay = Some(Overlay::Prompt(prompt(PromptPurpose::Destroy(target), "webhooks/production/git")));
    model
}

fn prompt(purpose: PromptPurpose, text: &str) -> Prompt {
    Prompt { purpose, input: TextInput::of(text), error: None, candidates: Vec::new() }
}

/// Stale dependents of two secrets, one of them used through a connection.
pub(crate) fn reread(size: Size) -> Model {
    let mut model = browse(size);
    model.lock = WriteAccess::Open(None);
    let changed = |name: &str, what: &str| {
        let path = SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new(name).unwrap() };
        let what = format!("{what} of {path}");
        ChangedSecret::new(path, what, (Some(SecretVersion(4)), SystemTime::UNIX_EPOCH), None)
    };
    let key = |address: &str| address.parse::<Address>().unwrap().0;
    let keys = |addresses: &[&str]| addresses.iter().map(|address| key(address)).collect::<Vec<_>>();
    let connection = key("connections/kafka_main");
    let through = ["production/deploys", "production/github_events"].map(|it| (key(it), connection.clone()));
    let of = |documents: Vec<ResourceKey>, total| SecretDependents {
        documents,
        total,
        ..SecretDependents::default()
    };
    let left = SecretDependents {
        via_connection: through.to_vec(),
        via_connection_total: 7,
        ..of(keys(&["connections/kafka_main", "production/orders"]), 2)
    };
    let parts = vec![
        StaleDependentsPart { change: changed("app/kafka", "set 2 fields"), dependents: left },
        StaleDependentsPart {
            change: changed("app/github", "undo of set hmac"),
            dependents: of(keys(&["production/github_events"]), 1_234),
        },
    ];
    model.secret_actions.stale_dependents.record(changed("app/kafka", "set 2 fields"));
    model.secret_actions.stale_dependents.page = Some(Box::new(StaleDependentsPage { parts, scroll: 0 }));
    model
}

/// The plan that rewrites documents.
pub(crate) fn plan_reput(size: Size) -> Model {
    let mut model = browse(size);
    model.lock = WriteAccess::Open(None);
    let keys: Vec<_> = ["production/github_events", "connections/kafka_main"]
        .map(|it| it.parse::<Address>().unwrap().0)
        .into();
    let steps =
        keys.iter().filter_map(|key| model.inventory.get(key)).map(|row| PlanStep::rewrite(row.entry()));
    let made = (model.inventory.store().cloned(), NOW, RequestId(1));
    let mut plan = Plan::new(PlanKind::Rewrite(keys.clone()), steps.collect(), made);
    plan.unchanged = 22;
    plan.diffs = StepDiffs::Ready(diff(&model.context.secret_names, &plan.steps));
    model.plan = Some(Box::new(plan));
    model
}
