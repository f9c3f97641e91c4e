//! What leaves the console or goes: copies, deleted and destroyed versions.

use super::*;

#[test]
fn a_value_is_copied_only_where_the_settings_let_it_and_for_a_reason() {
    let mut console = console();
    console.command("copy-secret");
    assert!(console.jobs().is_empty() && console.notice().contains("CONFDECK_COPY_SECRETS"));
    console.model.context.may_copy_secrets = true;
    console.command("copy-secret").told(true).wait(400).keys("enter enter");
    assert_eq!(console.model.place(), Place::Prompt, "no reason, no copy");
    console.text("INC-42").keys("enter").told(true);
    let [_, order] = &console.jobs()[..] else { panic!("a question and a read") };
    assert!(order.contains("Clipboard") && order.contains("bearer-token"), "{order}");
    assert!(!console.shows_value() && console.model.secret_actions.reads == 2);
    let said = "copied bearer-token of webhooks/a/one/secrets v3; 2 values read for it";
    assert_eq!(console.notice(), said);
}

#[test]
fn a_version_is_destroyed_once_its_path_was_typed_and_not_pasted() {
    let mut console = console();
    console.command("destroy");
    assert!(matches!(console.effects.last(), Some(Effect::Secret(_, SecretJob::Versions(_)))));
    let list = vec![
        version(3, VersionState::Available),
        version(2, VersionState::Deleted(None)),
        version(1, VersionState::Destroyed),
    ];
    let versions =
        Some(SecretMetadata { current: Some(SecretVersion(3)), list, ..SecretMetadata::default() });
    let inspection =
        Inspection { capabilities: CAN, presence: Ok(holds(3)), lacking: MissingRights::default(), versions };
    console.says(SecretJobResult::Inspected(Box::new(inspection)));
    assert_eq!(console.model.place(), Place::PickSecret);
    console.wait(400).keys("down down down enter");
    console.send(AppEvent::Paste("webhooks/a/one/secrets".into()));
    console.keys("enter").text("webhooks/a/one").keys("enter");
    assert!(!console.effects.iter().any(Effect::writes), "{:?}", console.jobs());
    console.text("/secrets").keys("enter");
    let Some(Effect::Secret(_, SecretJob::Destroy(path, version))) = console.effects.last() else {
        panic!("{:?}", console.jobs())
    };
    assert_eq!((path.to_string().as_str(), *version), ("webhooks/a/one/secrets", SecretVersion(2)));
    console.told(true);
    assert_eq!(console.notice(), "done: destroy v2 of webhooks/a/one/secrets");
}

#[test]
fn all_of_a_secret_goes_by_its_path_and_not_without_the_right() {
    let mut console = console();
    console.command("destroy-all");
    let permission = "delete on webhooks/metadata/a/one/secrets".to_owned();
    let lacking: MissingRights = [(SecretRight::DestroyAll, permission)].into_iter().collect();
    let inspection = Inspection { capabilities: CAN, presence: Ok(holds(3)), lacking, versions: None };
    console.says(SecretJobResult::Inspected(Box::new(inspection)));
    let said = "you may not destroy it with all versions (webhooks/a/one/secrets): delete on \
                webhooks/metadata/a/one/secrets is missing";
    assert_eq!(console.notice(), said);
    console.command("destroy-all").told(true).text("webhooks/a/one/secrets").keys("enter");
    assert!(matches!(console.effects.last(), Some(Effect::Secret(_, SecretJob::DestroyAll(_)))));
    let path = match console.effects.last() {
        Some(Effect::Secret(_, SecretJob::DestroyAll(path))) => path.clone(),
        _ => panic!("{:?}", console.jobs()),
    };
    let lost = Error::SecretUnknown { path, reason: "lost".into() };
    console.says(written(Err(lost), 0));
    console.says(SecretJobResult::Found(Ok(Presence::Missing)));
    assert!(console.notice().contains("there is no secret webhooks/a/one/secrets"), "{}", console.notice());
}

#[test]
fn a_delete_names_its_version_and_is_asked_for() {
    let mut console = console();
    console.keys(":").text("delete-secret").keys("enter").told(true).wait(400).keys("y");
    let Some(Effect::Secret(_, SecretJob::Delete(path, version))) = console.effects.last() else {
        panic!("a delete")
    };
    assert_eq!((path.to_string().as_str(), *version), ("webhooks/a/one/secrets", SecretVersion(3)));
    console.told(true).keys(":").text("undelete-secret").keys("enter");
    console.says(inspection(Presence::Deleted { version: SecretVersion(3), at: None })).wait(400).keys("y");
    assert!(matches!(console.effects.last(), Some(Effect::Secret(_, SecretJob::Undelete(..)))));
}
