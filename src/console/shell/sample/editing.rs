//! Scenes of a draft: the editor, its review and its merge.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::scenes::{edit, stale};
use super::{NOW, key};
use crate::console::message::{AppEvent, Message};
use crate::console::model::*;
use crate::console::request::RequestId;
use crate::console::screens::editor::{Draft, DraftStage, Upstream};
use crate::console::screens::plan::PlanStep;
use crate::console::screens::review::Review;
use crate::console::shell::layout::Size;
use crate::domain::*;
use crate::inventory::scan_event;
use crate::provider::WatchEvent;

/// Replaces the first occurrence of a text by typing another.
pub(crate) fn replace(edit: &mut Draft, from: &str, to: &str) {
    let text = edit.text();
    let at = text.find(from).unwrap();
    edit.buffer.select(edit.buffer.position_of(at), edit.buffer.position_of(at + from.len()));
    edit.buffer.paste(to);
}

pub(super) fn editor(size: Size) -> Model {
    edit(size, |edit| replace(edit, "30", "3o"))
}

fn changed(edit: &mut Draft) {
    replace(edit, "30", "45");
    replace(edit, "\"gh\"", "\"github\"");
}

pub(super) fn review(size: Size) -> Model {
    let mut model = edit(size, changed);
    let edit = model.edit.as_mut().unwrap();
    let review = edit.review_input().review().unwrap_or_else(|_| panic!("the draft is ready"));
    edit.stage = DraftStage::Review(Box::new(Review { opened: NOW, ..review }));
    model
}

pub(super) fn full_review(size: Size) -> Model {
    let mut model = review(size);
    if let Some(DraftStage::Review(review)) = model.edit.as_mut().map(|edit| &mut edit.stage) {
        review.full = true;
    }
    model
}

/// A draft whose document was meanwhile changed to what `theirs` returns.
fn merging(size: Size, theirs: impl FnOnce(String) -> String) -> Model {
    let mut model = edit(size, |edit| {
        changed(edit);
        replace(edit, "192.0.2.7", "192.0.2.8");
    });
    let mut now = model.inventory.get(&key("production/github_events")).unwrap().entry();
    let text = theirs(now.document.text().unwrap().to_owned());
    now.document = Document::from(text);
    now.token = Token::counter(48_220);
    now.revision = Revision(48_220);
    let batch = WatchEvent::Batch {
        at: Revision(48_220),
        changes: vec![Change { revision: now.revision, kind: ChangeKind::Put { entry: now } }],
    };
    let feed = scan_event(batch, &model.context.secret_names);
    update(&mut model, AppEvent::Feed(feed));
    model.lock = WriteAccess::Open(None);
    press(&mut model, 'g', KeyModifiers::CONTROL);
    model
}

fn update(model: &mut Model, event: AppEvent) {
    let at = model.now;
    crate::console::update::update(model, Message { at, event });
}

fn press(model: &mut Model, key: char, modifiers: KeyModifiers) {
    update(model, AppEvent::Key(KeyEvent::new(KeyCode::Char(key), modifiers)));
}

fn clashing(text: String) -> String {
    text.replace(":30", ":60")
        .replace("\"gh\"", "\"gh2\"")
        .replace("192.0.2.7", "192.0.2.9")
        .replace("sha256", "sha512")
        .replace("Hunter2Hunter", "Hunter2Hunter-too")
}

pub(super) fn merge(size: Size) -> Model {
    let mut model = merging(size, clashing);
    press(&mut model, 'm', KeyModifiers::NONE);
    press(&mut model, 'j', KeyModifiers::NONE);
    model
}

pub(super) fn merge_edited(size: Size) -> Model {
    let mut model = merge(size);
    if let Some(DraftStage::Merge(merging)) = model.edit.as_mut().map(|edit| &mut edit.stage) {
        merging.replaced = true;
    }
    for key in ['j', 'e'] {
        press(&mut model, key, KeyModifiers::NONE);
    }
    update(&mut model, AppEvent::Paste("5".into()));
    update(&mut model, AppEvent::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
    model
}

pub(super) fn merge_alone(size: Size) -> Model {
    merging(size, |text| text.replace("sha256", "sha512"))
}

pub(super) fn merge_text(size: Size) -> Model {
    let mut model = merging(size, clashing);
    press(&mut model, 'M', KeyModifiers::NONE);
    press(&mut model, 'f', KeyModifiers::NONE);
    model
}

pub(super) fn writing(size: Size) -> Model {
    let mut model = review(size);
    let (request, key) = (RequestId(1), key("production/github_events"));
    let document = Some(Document::from("{}"));
    let steps = vec![PlanStep::create(key.clone(), document.clone())];
    model.pending_write =
        Some(PendingWrite { request, document, key, store: None, steps, description: None, undoes: None });
    model
}

/// A new document in a read-only console that has lost its store: everything that can block a write.
pub(super) fn new_document(size: Size) -> Model {
    let mut model = stale(size);
    model.lock = WriteAccess::ReadOnly;
    let mut edit = Draft::new(
        key("production/refunds"),
        r#"{"module": "log"}"#.into(),
        model.inventory.store().cloned(),
        &model.context.secret_names,
    )
    .unwrap();
    edit.upstream = Upstream::Changed;
    let review = edit.review_input().review().unwrap_or_else(|_| panic!("the draft is ready"));
    edit.stage = DraftStage::Review(Box::new(Review { opened: NOW, ..review }));
    model.edit = Some(Box::new(edit));
    model
}
