//! Scenes of marks and plans, made by keys as a user would.

use std::time::{Duration, SystemTime};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{NOW, browse, key, scope};
use crate::console::effect::Effect;
use crate::console::message::{Answer, AppEvent, Message};
use crate::console::model::*;
use crate::console::screens::Tab;
use crate::console::screens::plan::PlanStep;
use crate::console::shell::layout::Size;
use crate::console::stamp::Stamp;
use crate::console::update::update;
use crate::domain::*;
use crate::inventory::scan_event;
use crate::provider::{Commit, Error, Outcome, WatchEvent};

/// 13:02:11 UTC of the day of the scenes.
const WALL: Duration = Duration::from_secs(1_770_123_731);

fn send(model: &mut Model, event: AppEvent) -> Vec<Effect> {
    let wall = SystemTime::UNIX_EPOCH + WALL;
    update(model, Message { at: Stamp { mono: NOW, wall }, event })
}

fn keys(model: &mut Model, names: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for name in names.split_whitespace() {
        let code = match name {
            "enter" => KeyCode::Enter,
            "space" => KeyCode::Char(' '),
            name => KeyCode::Char(name.chars().next().unwrap()),
        };
        effects.extend(send(model, AppEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))));
    }
    effects
}

fn text(model: &mut Model, text: &str) {
    for c in text.chars() {
        send(model, AppEvent::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
    }
}

fn unlocked(size: Size) -> Model {
    let mut model = browse(size);
    model.lock = WriteAccess::Open(Some(NOW + Duration::from_secs(560)));
    model
}

/// Rows with marks among them.
pub(crate) fn marked(size: Size) -> Model {
    let mut model = unlocked(size);
    scope(&mut model, "production", Some("production/deploys"));
    keys(&mut model, "space j space space");
    quiet(model)
}

/// All rows marked, and all but one of them filtered out.
pub(crate) fn marked_unseen(size: Size) -> Model {
    let mut model = unlocked(size);
    scope(&mut model, "production", Some("production/deploys"));
    keys(&mut model, "* /");
    text(&mut model, "users");
    keys(&mut model, "enter");
    quiet(model)
}

/// Those to be deleted, one of them left out again.
pub(crate) fn delete_unseen(size: Size) -> Model {
    let mut model = marked_unseen(size);
    keys(&mut model, "d j space");
    quiet(model)
}

/// What is asked before they are.
pub(crate) fn delete_typed(size: Size) -> Model {
    let mut model = delete_unseen(size);
    model.plan.as_mut().unwrap().opened = Duration::ZERO;
    keys(&mut model, "enter");
    quiet(model)
}

/// Connections to be deleted, one of them in use.
pub(crate) fn delete(size: Size) -> Model {
    let mut model = unlocked(size);
    model.context.protected = true;
    model.tab = Tab::Connections;
    keys(&mut model, "2 g space space space d");
    quiet(model)
}

/// Copies into a namespace that already holds one of them.
pub(crate) fn clone(size: Size) -> Model {
    let mut model = unlocked(size);
    scope(&mut model, "production", Some("production/orders"));
    keys(&mut model, "space space G space c");
    text(&mut model, "staging/");
    keys(&mut model, "enter");
    quiet(model)
}

pub(crate) fn clone_full(size: Size) -> Model {
    let mut model = clone(size);
    keys(&mut model, "f");
    quiet(model)
}

/// A rename of a document with a lease.
pub(crate) fn rename(size: Size) -> Model {
    let mut model = unlocked(size);
    scope(&mut model, "production", Some("production/users"));
    keys(&mut model, "R");
    text(&mut model, "-2026");
    keys(&mut model, "enter");
    quiet(model)
}

/// An undo of a write, after another write.
pub(crate) fn undo(size: Size) -> Model {
    let mut model = unlocked(size);
    let entry = |address: &str, model: &Model| model.inventory.get(&key(address)).unwrap().entry();
    let orders = entry("production/orders", &model);
    let was = orders.document.text().unwrap().replace("\"orders\"", "\"orders-old\"").replace("shop", "till");
    let mut before = orders.clone();
    (before.document, before.token) = (was.into(), Token::counter(48_190));
    let other = entry("staging/orders", &model);
    written(&mut model, vec![PlanStep::delete(other)], None);
    written(
        &mut model,
        vec![PlanStep {
            before: Some(before),
            ..PlanStep::create(orders.key.clone(), Some(orders.document))
        }],
        Some(orders.token),
    );
    keys(&mut model, "u");
    quiet(model)
}

/// An undo of several deletes, one of which somebody else has undone already.
pub(crate) fn undo_some(size: Size) -> Model {
    let mut model = unlocked(size);
    let names = model.context.secret_names.clone();
    let addresses = ["production/orders", "production/users", "staging/doorbell", "staging/orders"];
    let entries = addresses.map(|address| model.inventory.get(&key(address)).unwrap().entry());
    written(&mut model, entries.iter().cloned().map(PlanStep::delete).collect(), None);
    let (at, again) = (Revision(48_214), Revision(48_221));
    let gone = entries.iter().map(|entry| ChangeKind::Deleted { key: entry.key.clone() });
    let changes = gone.map(|kind| Change { revision: at, kind }).collect();
    send(&mut model, AppEvent::Feed(scan_event(WatchEvent::Batch { at, changes }, &names)));
    let entry = Entry { revision: again, token: Token::counter(again.0), ..entries[1].clone() };
    let changes = vec![Change { revision: again, kind: ChangeKind::Put { entry } }];
    send(&mut model, AppEvent::Feed(scan_event(WatchEvent::Batch { at: again, changes }, &names)));
    model.traffic = Traffic::default();
    keys(&mut model, "u j j j space");
    quiet(model)
}

fn written(model: &mut Model, steps: Vec<PlanStep>, after: Option<Token>) {
    let key = steps[0].key.clone();
    let outcomes = steps.iter().map(|_| Outcome { before: None, after }).collect();
    let description = (steps.len() > 1).then(|| format!("delete {} documents", steps.len()));
    let (request, document) = (model.next_request(), steps[0].after.clone());
    let store = model.inventory.store().cloned();
    model.pending_write =
        Some(PendingWrite { request, document, key, store, steps, description, undoes: None });
    let commit = Commit { at: Revision(48_214), outcomes };
    send(model, AppEvent::Answer(request, Answer::Commit(Ok(commit))));
}

/// A conflict in one of several copies.
pub(crate) fn conflict(size: Size) -> Model {
    let mut model = clone(size);
    model.plan.as_mut().unwrap().opened = Duration::ZERO;
    let effects = keys(&mut model, "enter");
    let Some(Effect::Commit(request, _)) = effects.first() else { panic!("a commit") };
    let mut now = model.inventory.get(&key("staging/orders")).unwrap().entry();
    (now.token, now.revision) = (Token::counter(48_220), Revision(48_220));
    let error = Error::Conflict { key: now.key.clone(), now: Some(Box::new(now.clone())) };
    send(&mut model, AppEvent::Answer(*request, Answer::Commit(Err(error))));
    let change = Change { revision: now.revision, kind: ChangeKind::Put { entry: now } };
    let batch = WatchEvent::Batch { at: Revision(48_220), changes: vec![change] };
    let feed = scan_event(batch, &model.context.secret_names);
    send(&mut model, AppEvent::Feed(feed));
    model.traffic = Traffic::default();
    quiet(model)
}

/// More than the store takes at once.
pub(crate) fn too_many(size: Size) -> Model {
    let mut model = unlocked(size);
    model.context.capabilities.atomic_max = 4;
    scope(&mut model, "production", None);
    keys(&mut model, "* d");
    quiet(model)
}

/// What a protected context asks for.
pub(crate) fn typed(size: Size) -> Model {
    let mut model = delete(size);
    model.plan.as_mut().unwrap().opened = Duration::ZERO;
    keys(&mut model, "enter");
    text(&mut model, "delete");
    keys(&mut model, "enter");
    quiet(model)
}

/// Without the notices of the keys on the way, and some time after them.
fn quiet(mut model: Model) -> Model {
    model.lock = WriteAccess::Open(Some(NOW + Duration::from_secs(560)));
    model.notices = Notices::default();
    model
}
