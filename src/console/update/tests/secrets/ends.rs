//! Failures: no right to write, a store that is gone, a secret that is gone.

use super::*;

impl TestConsole {
    /// Asks for a delete of the selected secret and says yes; returns what was sent.
    fn told_delete(&mut self) -> Option<&Effect> {
        self.keys(":").text("delete-secret").keys("enter").told(true).wait(400).keys("y");
        self.effects.last()
    }
}

fn lacks(rights: &[SecretRight]) -> SecretJobResult {
    let lacking = rights.iter().map(|right| (*right, format!("{right:?} on webhooks/data/a/one/secrets")));
    let (can, presence, versions) = (CAN, Ok(holds(3)), None);
    SecretJobResult::Inspected(Box::new(Inspection {
        capabilities: can,
        presence,
        lacking: lacking.collect(),
        versions,
    }))
}

#[test]
fn who_can_write_in_no_way_is_told_before_anything_is_typed() {
    let mut console = console();
    console.keys("s").says(lacks(&[SecretRight::Update, SecretRight::Patch, SecretRight::Reveal]));
    assert!(console.notice().starts_with("nothing can be written: "), "{}", console.notice());
    assert!(console.notice().contains("on webhooks/data/a/one/secrets is missing"), "{}", console.notice());
    assert!(console.model.secret_actions.form.is_none());
    for enough in [SecretRight::Update, SecretRight::Patch] {
        let others = [SecretRight::Update, SecretRight::Patch].into_iter().filter(|right| *right != enough);
        let mut console = super::console();
        console.keys("s").says(lacks(&others.collect::<Vec<_>>()));
        assert!(console.model.secret_actions.form.is_some(), "{enough:?} is a way");
    }
}

#[test]
fn a_store_that_fails_a_write_is_looked_at_at_once() {
    let mut console = console();
    console.typed("mine", "mine").keys("ctrl-s").wait(400).keys("enter");
    let sealed = Error::unavailable("it is sealed");
    console.says(written(Err(sealed), 0));
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::RefreshAllPresence)));
}

#[test]
fn what_was_changed_is_still_to_be_read_after_a_delete_and_not_planned_while_it_is_gone() {
    let mut console = console();
    console.typed("mine", "mine").keys("ctrl-s").wait(400).keys("enter").told(true);
    assert_eq!(console.model.stale_dependents().documents().len(), 1);
    let path = console.model.stale_dependents().parts[0].change.path.clone();
    console
        .keys("esc")
        .keys(":")
        .text("delete-secret")
        .keys("enter")
        .told(true)
        .wait(400)
        .keys("y")
        .told(true);
    assert_eq!(console.model.stale_dependents().documents().len(), 1, "{}", console.notice());
    let deleted = Presence::Deleted { version: SecretVersion(4), at: None };
    console.model.presence_cache.update([(path.clone(), deleted)], Duration::ZERO);
    console.keys(":").text("reread").keys("enter p");
    assert!(console.model.plan.is_none());
    assert!(console.notice().contains("is not there any more"), "{}", console.notice());
    console.model.presence_cache.update([(path, holds(4))], Duration::ZERO);
    console.keys("p");
    assert!(console.model.plan.is_some(), "{}", console.notice());
}

#[test]
fn a_change_of_a_version_without_effect_is_not_told_as_done() {
    let path = || match console().told_delete() {
        Some(Effect::Secret(_, SecretJob::Delete(path, _))) => path.clone(),
        other => panic!("{other:?}"),
    };
    let ended = |result, unchanged| {
        let mut console = console();
        console.told_delete();
        console.says(SecretJobResult::Written(SecretOutcome { result, values_read: 0, unchanged }));
        console.notice().to_owned()
    };
    let version = Some(SecretVersion(3));
    let absent = ended(Err(Error::NoSuchSecret { path: path(), version }), false);
    assert_eq!(absent, "v3 of webhooks/a/one/secrets does not exist; nothing was changed");
    let reason = "whether v3 is deleted now cannot be seen".to_owned();
    let unseen = ended(Err(Error::SecretUnverified { path: path(), reason }), false);
    assert!(unseen.starts_with("sent, unverified: whether v3 is deleted now"), "{unseen}");
    let already = ended(Ok(None), true);
    assert!(already.starts_with("nothing to do: ") && !already.contains("done"), "{already}");
}

/// The receiver caches what it read, so that a document written again too early may get the old value once more.
#[test]
fn what_is_written_again_too_early_is_listed_again_once_that_is_certain() {
    let mut console = console();
    console.typed("mine", "mine").keys("ctrl-s").wait(400).keys("enter").told(true);
    let changed = console.model.stale_dependents().parts[0].change.clone();
    let keys: Vec<_> = console.model.stale_dependents().documents().into_iter().cloned().collect();
    let mut put = |at: std::time::SystemTime| {
        console.model.secret_actions.stale_dependents.record_rewrites(&keys, at);
        [changed.when, changed.cache_expiry()].map(|now| {
            console.model.now.wall = now;
            console.model.stale_dependents().total()
        })
    };
    assert_eq!(put(changed.when), [0, 1]);
    assert_eq!(put(changed.cache_expiry()), [0, 0]);
}
