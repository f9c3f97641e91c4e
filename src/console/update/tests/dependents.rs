//! Dependants: rows of the details that lead to them, and what a plan does to documents that it does not
//! write.

use super::plans::{commits, done};
use super::secrets::places;
use super::*;
use crate::console::screens::browse::LinkTarget;
use crate::console::secret_jobs::{CopyRequest, Inspection, SecretJob, SecretJobResult, SecretWriteOutcome};
use crate::domain::{
    FieldName, FieldState, KvPath, MissingRights, Mount, Presence, SecretContents, SecretPath, SecretRight,
    SecretVersion,
};
use crate::provider::SecretCapabilities;

fn kv(mount: &str, path: &str) -> SecretPath {
    SecretPath::Kv { mount: Mount::new(mount).unwrap(), path: KvPath::new(path).unwrap() }
}

fn own(name: &str) -> SecretPath {
    kv("webhooks", &format!("{name}/secrets"))
}

fn present(fields: &[&str]) -> Presence {
    let fields = fields.iter().map(|name| (FieldName::new(name), FieldState::Present)).collect();
    Presence::Present(SecretContents { fields, version: Some(SecretVersion(3)), written: None })
}

/// Two webhooks behind a connection with a secret, one of them in a step; one that reads a variable of both.
fn fleet() -> TestConsole {
    let mut console = TestConsole::new();
    console.model.context.secrets = Some(places());
    let entries = [
        entry("a/one", r#"{"module":"kafka","connection":"k1","url":"{$HOST}"}"#, 1),
        entry("b/steps", r#"{"chain":["log",{"module":"kafka","connection":"k1"}]}"#, 2),
        entry("b/three", r#"{"module":"http_webhook","hmac":{"secret":"{$vault:app/k#p}"}}"#, 3),
        entry("connections/k1", r#"{"type":"kafka","pass":"{$vault:app/k#p}","host":"{$HOST}"}"#, 4),
        entry("connections/k2", r#"{"type":"kafka"}"#, 5),
    ];
    console.load("s1", 5, &entries);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.effects.clear();
    console
}

impl TestConsole {
    fn link(&self) -> Option<LinkTarget> {
        self.model.browse().and_then(|browse| browse.detail.link.clone())
    }

    fn shown(&self) -> Vec<String> {
        let listing = &self.model.browse().unwrap().listing;
        let slots = listing.slots_from(&self.model.inventory, 0);
        slots.filter_map(|slot| Some(self.model.inventory.row(slot)?.key().to_string())).collect()
    }

    fn knows(&mut self, told: &[(SecretPath, Presence)]) -> &mut Self {
        self.send(AppEvent::Answer(RequestId::default(), Answer::PresenceChanged(told.to_vec())));
        self
    }

    fn secret_jobs(&mut self) -> Vec<(RequestId, SecretJob)> {
        let jobs = self.effects.drain(..).filter_map(|effect| match effect {
            Effect::Secret(request, job) => Some((request, job)),
            _ => None,
        });
        jobs.collect()
    }

    /// Answers what was asked of rights.
    fn rights(&mut self, lacking: impl Fn(&SecretPath) -> Option<(SecretRight, String)>) {
        for (request, job) in self.secret_jobs() {
            let SecretJob::Inspect(path) = job else { panic!("{job:?}") };
            let lacking: MissingRights = lacking(&path).into_iter().collect();
            let capabilities = SecretCapabilities { versions: true, patch: true, write: true };
            let presence = Ok(Presence::Missing);
            let found = Inspection { capabilities, presence, lacking, versions: None };
            let told = SecretJobResult::Inspected(Box::new(found));
            self.send(AppEvent::Answer(request, Answer::Secret(told)));
        }
    }

    fn copied(&mut self, request: RequestId, result: Result<Option<SecretVersion>, Error>) {
        let outcome = SecretWriteOutcome { result, values_read: 2, unchanged: false };
        self.send(AppEvent::Answer(request, Answer::Secret(SecretJobResult::Written(outcome))));
    }
}

#[test]
fn from_a_webhook_to_its_connection_and_from_there_to_all_who_depend_on_it() {
    let mut console = fleet();
    console.keys("g l");
    assert_eq!(console.link(), None);
    console.keys("enter");
    assert_eq!(console.selected(), "a/one", "nothing is selected that leads anywhere");
    let mut links = Vec::new();
    for _ in 0..10 {
        console.keys("j");
        links.extend(console.link().filter(|link| links.last() != Some(link)));
    }
    let users = |name: &str| LinkTarget::Users(name.into());
    let connection = LinkTarget::Document(key("connections/k1"));
    assert_eq!(links, [users("webhooks/a/one/secrets"), users("$HOST"), users("secret/app/k"), connection]);
    console.keys("enter");
    assert_eq!((console.model.tab, console.selected()), (Tab::Connections, "connections/k1".into()));
    console.keys("l j");
    assert_eq!(console.link(), Some(LinkTarget::Document(key("a/one"))));
    console.keys("j enter");
    assert_eq!((console.model.tab, console.selected()), (Tab::Webhooks, "b/steps".into()), "by a step");
}

#[test]
fn a_variable_of_the_detail_leads_to_all_webhooks_that_read_it_and_esc_leads_back() {
    let mut console = fleet();
    console.keys("g l j j");
    assert_eq!(console.link(), Some(LinkTarget::Users("$HOST".into())));
    console.keys("enter");
    assert_eq!(console.shown(), ["a/one", "b/steps"], "one through its connection alone");
    console.put("connections/k1", r#"{"type":"kafka"}"#, 6);
    assert_eq!(console.shown(), ["a/one"], "the connection does not read it any more");
    console.put("connections/k2", r#"{"type":"kafka","host":"{$HOST}"}"#, 7);
    console.put("b/three", r#"{"module":"kafka","connection":"k2"}"#, 8);
    assert_eq!(console.shown(), ["a/one", "b/three"]);
    console.del("connections/k2", 9);
    assert_eq!(console.shown(), ["a/one"]);
    console.keys("esc");
    assert_eq!((console.shown().len(), console.selected()), (3, "a/one".into()));
}

#[test]
fn up_and_down_pass_what_leads_somewhere_and_scroll_where_nothing_does() {
    let mut console = fleet();
    console.keys("g l j k");
    assert_eq!(console.link(), None, "up from the first one");
    console.keys("j j j j");
    let last = console.link();
    assert!(last.is_some());
    console.keys("j");
    assert_eq!(console.link(), last, "all of it is in view");
    console.keys("h j");
    assert_eq!((console.selected(), console.link()), ("b/steps".into(), None), "another document");
}

#[test]
fn the_detail_of_a_secret_leads_to_webhooks_behind_connections_too() {
    let mut console = fleet();
    console.keys("3").send(AppEvent::Wake);
    console.keys("/").text("app/k").keys("enter l");
    let screen = console.frame();
    assert!(screen.contains("DEPENDS ON IT  2, and 2 through connections"), "{screen}");
    assert!(screen.contains("b/steps  through connections/k1"), "{screen}");
    console.keys("G enter");
    assert_eq!((console.model.tab, console.selected()), (Tab::Webhooks, "b/steps".into()));
}

#[test]
fn deleting_a_connection_counts_the_webhooks_that_stay_and_names_the_connections_left_without_use() {
    let mut console = fleet();
    console.keys("2 * d");
    let screen = console.frame();
    let words = "2 webhooks would name what is not there: a/one, b/steps";
    assert!(screen.contains(words) && screen.contains("a 1, b 1"), "{screen}");
    assert!(!screen.contains("breaks"), "only one of them has dependants, and says so: {screen}");

    let mut console = fleet();
    console.keys("g * d");
    let screen = console.frame();
    assert!(screen.contains("connections/k1: named by no webhook any more"), "{screen}");
    console.keys("j space");
    let screen = console.frame();
    assert!(!screen.contains("any more"), "one that names it was left out: {screen}");

    let mut console = fleet();
    console.del("b/steps", 6);
    console.knows(&[(own("a/one"), present(&["hmac-secret"]))]).keys("g d");
    let screen = console.frame();
    assert!(screen.contains("connections/k1 is named by no webhook any more then"), "{screen}");
    assert!(screen.contains("webhooks/a/one/secrets, its own secrets, stay in their store"), "{screen}");
}

/// A rename of a webhook whose own secrets are known.
fn renaming() -> TestConsole {
    let mut console = fleet();
    console.keys("g R ctrl-u").text("a/new").keys("enter");
    assert_eq!(console.model.place(), Place::Plan);
    assert!(console.frame().contains("webhooks/a/one/secrets holds any is being asked"));
    let looked = console.effects.iter().any(
        |effect| matches!(effect, Effect::WatchPresence(paths) if *paths == [own("a/one"), own("a/new")]),
    );
    assert!(looked, "what the plan depends on is looked at");
    let holds = present(&["bearer-token", "note"]);
    console.knows(&[(own("a/one"), holds), (own("a/new"), Presence::Missing)]);
    console.wait(400);
    console.effects.clear();
    console
}

fn copy() -> CopyRequest {
    CopyRequest { from: own("a/one"), version: Some(SecretVersion(3)), to: own("a/new") }
}

#[test]
fn a_rename_says_which_own_secrets_the_new_name_loses_and_copies_them_first_if_it_is_asked_to() {
    let mut console = renaming();
    let screen = console.frame();
    assert!(screen.contains("the new name loses bearer-token of webhooks/a/one/secrets"), "{screen}");
    assert!(screen.contains("it would be open to anyone"), "{screen}");
    assert!(screen.contains("s copies it to webhooks/a/new/secrets in this plan"), "{screen}");
    assert!(!screen.contains("any more"), "the new name goes on naming its connection: {screen}");
    console.keys("s");
    assert!(console.frame().contains("its rights are being asked"));
    console.wait(400).keys("enter");
    assert!(console.notice().contains("is being asked"), "{}", console.notice());
    console.rights(|_| None);
    assert!(console.frame().contains("webhooks/a/one/secrets v3 is copied to webhooks/a/new/secrets first"));
    console.keys("enter enter");
    let jobs = console.secret_jobs();
    let [(request, SecretJob::Copy(asked))] = &jobs[..] else { panic!("{jobs:?}") };
    assert_eq!(*asked, copy());
    console.copied(*request, Ok(Some(SecretVersion(1))));
    assert_eq!(console.model.secret_actions.reads, 2, "what was read for it is counted");
    let (request, ops) = commits(&mut console).expect("the documents follow");
    assert_eq!(ops.iter().map(|op| op.key().to_string()).collect::<Vec<_>>(), ["a/new", "a/one"]);
    done(&mut console, request, 9, &[Some(9), None]);
    assert_eq!(console.notice(), "done: rename a/one to a/new");
}

#[test]
fn without_being_asked_nothing_is_read_and_nothing_copied() {
    let mut console = renaming();
    console.keys("s").rights(|_| None);
    console.keys("s").wait(400).keys("enter");
    assert_eq!(console.secret_jobs().len(), 0);
    let mut console = renaming();
    console.keys("enter");
    assert!(console.effects.iter().all(|effect| !matches!(effect, Effect::Secret(..))));
    assert!(commits(&mut console).is_some());
}

#[test]
fn where_rights_are_missing_or_a_copy_fails_no_document_is_written() {
    let mut console = renaming();
    console.keys("s").rights(|path| {
        let right = (SecretRight::Reveal, format!("read on {path}"));
        (*path == own("a/one")).then_some(right)
    });
    assert!(console.frame().contains("read on webhooks/a/one/secrets is missing"));
    console.wait(400).keys("enter");
    assert!(console.notice().contains("s leaves the own secrets behind"), "{}", console.notice());
    assert!(console.effects.is_empty(), "{:?}", console.effects);

    let conflict = Error::SecretConflict { path: own("a/new"), now: Some(SecretVersion(1)) };
    let unknown = Error::SecretUnknown { path: own("a/new"), reason: "lost".into() };
    for (error, words) in [(conflict, "v1 by now"), (unknown, "may or may not be stored")] {
        let mut console = renaming();
        console.keys("s").rights(|_| None);
        console.wait(400).keys("enter");
        let jobs = console.secret_jobs();
        console.copied(jobs[0].0, Err(error));
        assert!(console.notice().contains(words), "{}", console.notice());
        assert_eq!(console.model.place(), Place::Plan, "the plan stays");
        assert!(commits(&mut console).is_none());
    }
}

#[test]
fn a_new_name_that_has_secrets_of_its_own_uses_those_and_another_s_refusal_names_what_was_copied() {
    let mut console = renaming();
    console.knows(&[(own("a/new"), present(&["bearer-token"]))]);
    let screen = console.frame();
    assert!(screen.contains("webhooks/a/new/secrets is there already: the new name uses that"), "{screen}");
    console.keys("s");
    assert_eq!(console.notice(), "there are no own secrets to copy");

    let mut console = renaming();
    console.keys("s").rights(|_| None);
    console.wait(400).keys("enter");
    let jobs = console.secret_jobs();
    console.copied(jobs[0].0, Ok(Some(SecretVersion(1))));
    let (request, _) = commits(&mut console).unwrap();
    let now = Some(Box::new(entry("a/one", "{}", 8)));
    let refused = Err(Error::Conflict { key: key("a/one"), now });
    console.send(AppEvent::Answer(request, Answer::Commit(refused)));
    assert!(console.notice().contains("copied already, and left there: webhooks/a/new/secrets"));
}

#[test]
fn the_review_of_a_copy_to_a_free_name_tells_the_own_secrets_that_it_does_not_get() {
    let mut console = fleet();
    console.keys("g c ctrl-u").text("a/new").keys("enter");
    assert_eq!(console.model.place(), Place::Editor);
    let looked = console.effects.iter().any(
        |effect| matches!(effect, Effect::WatchPresence(paths) if *paths == [own("a/one"), own("a/new")]),
    );
    assert!(looked, "what the review tells is looked at");
    let told = [(own("a/one"), present(&["hmac-secret", "bearer-token"])), (own("a/new"), Presence::Missing)];
    console.knows(&told).keys("ctrl-s");
    let screen = console.frame();
    assert!(
        screen.contains("the new name loses bearer-token, hmac-secret of webhooks/a/one/secrets"),
        "{screen}"
    );
    assert!(screen.contains("set webhooks/a/new/secrets before"), "{screen}");
}
