//! The scenes: the sample fleet in every state that is drawn differently.

use std::time::Duration;

use super::{NOW, browse, connecting, context, empty, key, scope};
use crate::console::model::*;
use crate::console::overlays::chooser::Chooser;
use crate::console::overlays::messages as messages_list;
use crate::console::overlays::{Confirm, ConfirmAction, Overlay, Prompt, PromptPurpose};
use crate::console::place::Place;
use crate::console::request::RequestId;
use crate::console::screens::Tab;
use crate::console::screens::browse::Sort;
use crate::console::screens::editor::{Draft, finish_checks};
use crate::console::shell::layout::{Pane, Size};
use crate::console::shell::sample::{
    editing, health, needs, plans, problems, secrets, secrets_tab, typing, vault,
};
use crate::console::widgets::TextInput;
use crate::domain::*;
use crate::inventory::{Scope, scan_event};
use crate::provider::WatchEvent;

fn broken(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "production", Some("production/stripe_events"));
    model
}

fn all(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "all", Some("staging/doorbell"));
    model.traffic.count(3, NOW - Duration::from_secs(5));
    model.traffic.count(40, NOW - Duration::from_secs(3));
    model.traffic.count(12, NOW - Duration::from_secs(1));
    model.traffic.advance(NOW);
    model
}

fn hostile(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "team-a", None);
    model
}

fn unrecognised(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "unrecognised", None);
    model
}

fn detail(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "production", Some("production/users"));
    model.webhooks.focus = Pane::Detail;
    model.lock = WriteAccess::Open(Some(NOW + Duration::from_secs(560)));
    model.lease = Some(LeaseExpiry {
        lease: LeaseId(0x694d_77aa),
        asked: None,
        ends: Some(NOW + Duration::from_secs(754)),
    });
    model
}

fn namespaces(size: Size) -> Model {
    let mut model = browse(size);
    model.webhooks.focus = Pane::Namespaces;
    model
}

fn connections(size: Size) -> Model {
    let mut model = browse(size);
    model.tab = Tab::Connections;
    model.connections.list.height = 30;
    model.connections.enter(Scope::Connections, &model.inventory);
    model.connections.select_key(&model.inventory, &key("connections/pg_audit"));
    model
}

pub(super) fn stale(size: Size) -> Model {
    let mut model = browse(size);
    let reason = "no answer from 127.0.0.1:2379 for 3 s".into();
    let retry_in = Some(Duration::from_millis(42_600));
    model.link.set_state(LinkState::Stale { reason, retry_in }, NOW - Duration::from_secs(41));
    model
}

/// A user who may read one namespace and the connections.
fn partial(size: Size) -> Model {
    let mut model = browse(size);
    let may_read = |key: &ResourceKey| {
        !key.is_foreign() && key.namespace().is_none_or(|namespace| namespace.as_str() == "production")
    };
    let ranges = ["/cwm/global/connections/*", "/cwm/production/*"].map(String::from);
    let coverage = Coverage::Partial(PermittedRanges::new(ranges.to_vec(), may_read));
    let scopes = [Scope::AllWebhooks, Scope::Connections];
    let slots = scopes.iter().flat_map(|scope| model.inventory.slots(scope));
    let rows = slots.filter_map(|slot| model.inventory.row(slot)).filter(|row| may_read(&row.key()));
    let page = WatchEvent::Page(rows.map(|row| row.entry()).collect());
    let (store, at) = (StoreId::new("cluster 1"), model.inventory.revision());
    for event in [WatchEvent::Load { store, at, resync: true, coverage }, page, WatchEvent::Loaded { at }] {
        model.inventory.apply(scan_event(event, &model.context.secret_names), NOW);
    }
    scope(&mut model, "production", Some("production/github_events"));
    model
}

fn partial_health(size: Size) -> Model {
    let mut model = health::rights(size);
    model.inventory = partial(size).inventory;
    model
}

fn loading(size: Size) -> Model {
    let mut model = browse(size);
    model.link = StoreLink::default();
    model.link.set_state(LinkState::Loading { entries: 12_000, bytes_per_second: None }, NOW);
    model
}

fn denied(size: Size) -> Model {
    let mut model = connecting(size);
    let permission = "user deck may not read /cwm/ (etcd role: grant read on the prefix)".into();
    model
        .link
        .set_state(LinkState::Denied { permission, retry_in: Some(Duration::from_secs(60)) }, Duration::ZERO);
    model
}

fn filtering(size: Size) -> Model {
    let mut model = all(size);
    model.webhooks.list.filter.set("conn:kafka !test");
    model.webhooks.list.typing = Some(String::new());
    model.webhooks.apply_filter(&model.inventory);
    model
}

fn filtered(size: Size) -> Model {
    let mut model = filtering(size);
    model.webhooks.list.typing = None;
    model.webhooks.apply_sort(Sort::Newest, &model.inventory);
    model.link.resync = Some(Resync { differences: 12, at: NOW - Duration::from_secs(90), replaced: false });
    model.paused = Some(PausedEvents { changes: 31, ..PausedEvents::default() });
    model
}

fn no_match(size: Size) -> Model {
    let mut model = browse(size);
    model.webhooks.list.filter.set("conn:nothing");
    model.webhooks.apply_filter(&model.inventory);
    model.notify(Tone::Bad, "production/orders was deleted by someone else; nothing was written");
    model
}

fn log(size: Size) -> Model {
    let mut model = browse(size);
    model.tab = Tab::Log;
    model.log.lines = [
        "13:02:10  INFO start: version 0.1.0, context prod",
        "13:02:11  INFO watch: loaded 22 entries at r48213 in 4 ms",
        "13:05:40  WARN watch: no answer from 127.0.0.1:2379 for 3 s; tried again in 1 s",
        "13:05:41  INFO watch: resumed from r48213",
        "13:06:02 ERROR write: production/orders conflicts; nothing was written",
    ]
    .map(str::to_owned)
    .into();
    model
}

/// A result of one's own, and what somebody else did since.
fn told(size: Size) -> Model {
    let mut model = browse(size);
    model.notify(Tone::Good, "done: write production/github_events, now r48213");
    model.now = crate::console::stamp::Stamp { mono: NOW + Duration::from_secs(70), ..model.now };
    model.announce("staging/doorbell was deleted");
    model
}

/// The list of all that.
fn messages(size: Size) -> Model {
    let mut model = told(size);
    let words = "production/orders holds just what you wrote, now r48213: by someone else, or by an attempt of \
                 yours whose answer was lost; nothing was written now";
    model.notify(Tone::Bad, words);
    model.notify(Tone::Plain, "nothing is selected");
    messages_list::show(&mut model);
    model
}

fn help(size: Size) -> Model {
    let mut model = browse(size);
    model.overlay = Some(Overlay::Help { place: Place::Browse, scroll: 0 });
    model
}

fn prompt(size: Size) -> Model {
    let mut model = browse(size);
    model.overlay = Some(Overlay::Prompt(Prompt {
        purpose: PromptPurpose::Command,
        input: TextInput::of("re"),
        error: None,
        candidates: vec!["retry".into(), "redraw".into()],
    }));
    model
}

fn unlock(size: Size) -> Model {
    let mut model = browse(size);
    let error = Some("\"pord\" is not the name of this context".into());
    model.overlay = Some(Overlay::Prompt(Prompt {
        purpose: PromptPurpose::Unlock,
        input: TextInput::of("pord"),
        error,
        candidates: Vec::new(),
    }));
    model
}

fn confirm(size: Size) -> Model {
    let mut model = browse(size);
    let entry = Box::new(model.inventory.get(&key("connections/kafka_main")).unwrap().entry());
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: "delete connections/kafka_main from prod?".into(),
        details: vec!["used by 2 webhooks: production/deploys, production/github_events".into()],
        action: ConfirmAction::Delete { entry, store: None },
        asked: NOW,
    }));
    model
}

/// The chooser of a new webhook.
fn choose(size: Size) -> Model {
    let mut model = browse(size);
    let mut chooser = Chooser::new(key("production/refunds"));
    chooser.list.cursor = 1;
    model.overlay = Some(Overlay::Choose(chooser));
    model
}

fn choose_type(size: Size) -> Model {
    let mut model = connections(size);
    let mut chooser = Chooser::new(key("connections/queue_eu"));
    chooser.list.filter = TextInput::of("sql");
    model.overlay = Some(Overlay::Choose(chooser));
    model
}

/// A write whose answer was lost.
fn unknown(size: Size) -> Model {
    let mut model = editing::writing(size);
    model.lock = WriteAccess::Open(Some(NOW + Duration::from_secs(560)));
    let sent = SentCommit { request: RequestId(1), store: None, ops: Vec::new() };
    model.unknown_outcome = Some(UnknownOutcome { sent, asked: Some(RequestId(2)), asked_at: Some(NOW) });
    model
}

pub(crate) fn edit(size: Size, change: impl FnOnce(&mut Draft)) -> Model {
    let mut model = browse(size);
    let entry = model.inventory.get(&key("production/github_events")).unwrap().entry();
    let mut edit =
        Draft::stored(entry, model.inventory.store().cloned(), &model.context.secret_names).unwrap();
    change(&mut edit);
    edit.check();
    model.edit = Some(Box::new(edit));
    finish_checks(&mut model);
    model.update_editor_view();
    model
}

/// A console over files: digests for tokens, no lease, nothing to unlock.
pub(crate) fn files(size: Size) -> Model {
    let mut model = Model::new(
        ConsoleContext {
            name: "files webhooks.json".into(),
            backend: &crate::provider::file::BACKEND,
            target: "webhooks.json, connections.json".into(),
            locked: false,
            ..context()
        },
        size,
    );
    model.context.capabilities.tokens = TokenKind::Digest;
    model.now.mono = NOW;
    let entry = |id: &str, token| Entry {
        key: key(&format!("default/{id}")),
        document: Document::from(r#"{"module": "log"}"#),
        revision: Revision(1),
        created: None,
        version: None,
        token: Token::digest([0x3f, 0xa9, 0xc1, 0xd2, 0xe4, token]),
        lease: None,
    };
    let (store, at) = (StoreId::new("files"), Revision(1));
    let page = WatchEvent::Page(vec![entry("orders", 1), entry("ping", 2)]);
    for event in [
        WatchEvent::Load { store, at, resync: false, coverage: Coverage::Whole },
        page,
        WatchEvent::Loaded { at },
    ] {
        model.inventory.apply(scan_event(event, &model.context.secret_names), Duration::ZERO);
    }
    model.link.set_state(LinkState::Synced, NOW);
    scope(&mut model, "default", Some("default/ping"));
    model
}

/// A scene: its name, and its constructor.
pub(crate) type Scene = (&'static str, fn(Size) -> Model);

pub(crate) const SCENES: &[Scene] = &[
    ("browse", browse),
    ("all", all),
    ("problems", problems::worst),
    ("problems_filtered", problems::filtered),
    ("problems_unknown_word", problems::unknown_word),
    ("problems_none", problems::none),
    ("problems_partial", problems::partial),
    ("settings", super::settings::shadowed),
    ("settings_refused", super::settings::refused),
    ("settings_secret", super::settings::secret),
    ("settings_rolled_back", super::settings::rolled_back),
    ("settings_filtering", super::settings::filtering),
    ("settings_unknown_state", super::settings::unknown_state),
    ("settings_opening", super::settings::opening),
    ("settings_failed", super::settings::failed),
    ("settings_help", super::settings::help),
    ("health_application", super::settings::health),
    ("namespaces", namespaces),
    ("detail", detail),
    ("broken", broken),
    ("hostile", hostile),
    ("unrecognised", unrecognised),
    ("connections", connections),
    ("connecting", connecting),
    ("loading", loading),
    ("denied", denied),
    ("stale", stale),
    ("partial", partial),
    ("partial_health", partial_health),
    ("empty", empty),
    ("filtering", filtering),
    ("filtered", filtered),
    ("no_match", no_match),
    ("health", health::cluster),
    ("health_full", health::full),
    ("health_rights", health::rights),
    ("health_lost", health::lost),
    ("health_files", health::files),
    ("health_broken", health::broken),
    ("log", log),
    ("told", told),
    ("messages", messages),
    ("help", help),
    ("prompt", prompt),
    ("unlock", unlock),
    ("confirm", confirm),
    ("choose", choose),
    ("choose_type", choose_type),
    ("editor", editing::editor),
    ("editor_problems", typing::problems),
    ("editor_rules", typing::rules),
    ("editor_described", typing::described),
    ("editor_completion", typing::completion),
    ("editor_completion_above", typing::completion_above),
    ("editor_find", typing::find),
    ("editor_wrap", typing::wrap),
    ("editor_revealed", typing::revealed),
    ("review", editing::review),
    ("full_review", editing::full_review),
    ("merge", editing::merge),
    ("merge_edited", editing::merge_edited),
    ("merge_alone", editing::merge_alone),
    ("merge_text", editing::merge_text),
    ("drafts", super::drafts::page),
    ("draft_withheld", super::drafts::withheld),
    ("writing", editing::writing),
    ("unknown", unknown),
    ("new_document", editing::new_document),
    ("files", files),
    ("marked", plans::marked),
    ("marked_unseen", plans::marked_unseen),
    ("plan_delete", plans::delete),
    ("plan_delete_unseen", plans::delete_unseen),
    ("plan_delete_typed", plans::delete_typed),
    ("plan_clone", plans::clone),
    ("plan_clone_full", plans::clone_full),
    ("plan_rename", plans::rename),
    ("plan_undo", plans::undo),
    ("plan_undo_some", plans::undo_some),
    ("plan_conflict", plans::conflict),
    ("plan_too_many", plans::too_many),
    ("plan_typed", plans::typed),
    ("needs", needs::each_mark),
    ("needs_detail", needs::detail),
    ("needs_of_a_connection", needs::connection),
    ("needs_many", needs::many),
    ("needs_variables", needs::variables),
    ("needs_help", needs::help),
    ("secret_form", secrets::secret_form),
    ("secret_review", secrets::secret_review),
    ("secret_conflict", secrets::secret_conflict),
    ("secret_value", secrets::secret_value),
    ("secret_generate", secrets::secret_generate),
    ("secret_pick", secrets::secret_pick),
    ("secret_shown", secrets::secret_shown),
    ("secret_undo", secrets::secret_undo),
    ("secret_copy", secrets::secret_copy),
    ("effective", super::effective::page),
    ("reread", secrets::reread),
    ("plan_reput", secrets::plan_reput),
    ("secret_versions", secrets::secret_versions),
    ("secret_destroy", secrets::secret_destroy),
    ("vault", vault::well),
    ("vault_crowded", vault::crowded),
    ("vault_sealed", vault::sealed),
    ("health_vault", vault::page_well),
    ("health_vault_sealed", vault::page_sealed),
    ("health_env", vault::page_env),
    ("secrets", secrets_tab::secrets),
    ("secrets_by_state", secrets_tab::secrets_by_state),
    ("secrets_detail", secrets_tab::secrets_detail),
    ("secrets_own", secrets_tab::secrets_own),
    ("secrets_orphan", secrets_tab::secrets_orphan),
    ("secrets_bounded", secrets_tab::secrets_bounded),
    ("secrets_looking", secrets_tab::secrets_looking),
    ("secrets_none", secrets_tab::secrets_none),
];
