//! Writes through a running application, over real files.

use serde_json::{Value, json};

use super::super::*;
use super::files::*;
use super::support::{path, until};

async fn refusal(application: &Application, writes: Vec<SettingWrite>) -> SettingWriteError {
    let error = application.plan(writes).await.err().unwrap();
    assert!(!error.to_string().contains("planted"), "a value is quoted");
    error
}

fn effect(plan: &WritePlan, at: &str) -> (Option<String>, Option<String>) {
    let effect = plan.effects.iter().find(|it| it.path == path(at)).unwrap();
    let told =
        |it: &std::sync::Arc<EffectiveValue>| format!("{} of {}", it.value().expose(), it.origin().layer);
    (effect.before.as_ref().map(told), effect.after.as_ref().map(told))
}

#[tokio::test]
async fn a_value_is_written_into_the_layer_that_wins_and_is_in_force_at_once() {
    let files = Files::new();
    let application = files.open().await;
    assert_eq!(application.writable(), ["runtime", "site", "base"].map(Into::into));
    let done = set(&application, "database.pool_size", json!(30), None).await;
    assert_eq!(application.get::<u16>("database.pool_size").unwrap(), 30);
    assert_eq!(files.text("site.toml"), "[database]\npool_size = 30\n");
    assert_eq!(files.text("base.yaml"), BASE);
    assert_eq!((done.report.status, done.report.changes), (ReloadStatus::Success, 1));
    assert_eq!((&*done.written[0].layer, application.version().number()), ("site", 2));
    // What the default alone decides goes to the highest layer that can be written.
    set(&application, "debug", json!("yes"), None).await;
    assert_eq!(files.text("runtime.json"), "{\n  \"debug\": true\n}\n");
    assert!(application.get::<bool>("debug").unwrap());
}

#[tokio::test]
async fn a_layer_that_cannot_have_the_value_is_passed_over_for_a_higher_one() {
    let mut files = Files::new();
    files.variables.push(("APP_REGION", "us".into()));
    let application = files.open().await;
    let layer = async |at| application.layer_for(&path(at)).await;
    assert_eq!(&*layer("region").await.unwrap(), "runtime", "the environment cannot be written");
    assert_eq!(&*layer("zone").await.unwrap(), "runtime", "that value is made of a variable");
    assert_eq!(&*layer("database.password").await.unwrap(), "base");
    let read_only = files.open_with(files.options().read_only()).await;
    assert!(read_only.writable().is_empty());
    let told = read_only.layer_for(&path("zone")).await.unwrap_err().to_string();
    assert_eq!(
        told,
        "zone: no layer from base on, whose value is in force, can have another one; declare a layer of kind \
         runtime, or change it where it is set"
    );
    let told = read_only.set(&path("zone"), some(json!("b")), Some("site")).await.unwrap_err().to_string();
    assert_eq!(
        told,
        "nothing can be written into the layer site; no layer of this application can be written"
    );
}

#[tokio::test]
async fn a_plan_tells_what_is_in_force_before_and_after_and_writes_nothing() {
    let files = Files::new();
    let application = files.open().await;
    let base = write("base", "database.pool_size", some(json!("15")));
    let plan = application.plan(vec![base.clone()]).await.unwrap_or_else(|error| panic!("{error}"));
    let same = Some("20 of site".to_owned());
    assert_eq!(effect(&plan, "database.pool_size"), (same.clone(), same), "it is shadowed");
    assert!(!plan.effects[0].is_change());
    assert!(plan.writes[0].write.value == some(json!(15)), "it has its type");
    assert!(plan.writes[0].replaces == Some(SourceValue::Typed(SettingValue::new(json!(10)))));

    let removed = application.plan(vec![base, write("site", "database.pool_size", None)]).await;
    let removed = removed.unwrap_or_else(|error| panic!("{error}"));
    let after = (Some("20 of site".into()), Some("15 of base".into()));
    assert_eq!(effect(&removed, "database.pool_size"), after);
    let origin = removed.effects[0].after.as_ref().unwrap().origin().to_string();
    assert_eq!(origin, "the new value, in the layer base");
    assert!(removed.revision("site").is_some() && removed.revision("runtime").is_none());
    assert_eq!((files.text("base.yaml"), application.version().number()), (BASE.to_owned(), 1));
    assert!(!files.at("runtime.json").exists());

    application.apply(&removed).await.unwrap();
    assert_eq!(files.text("base.yaml"), BASE.replace("10 #", "15 #"));
    assert_eq!(application.get::<u16>("database.pool_size").unwrap(), 15);
    assert_eq!(application.version().number(), 2, "both at once");
}

#[tokio::test]
async fn what_is_secret_is_told_of_a_planned_value() {
    let files = Files::new();
    let application = files.open().await;
    let planned = application
        .plan(vec![
            write("base", "database.password", some(json!("planted-two"))),
            write("base", "region", some(json!("postgresql://app:planted-three@db/app"))),
            write("base", "database.pool_size", some(json!(11))),
        ])
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(planned.writes.iter().map(|it| it.secret).collect::<Vec<_>>(), [true, true, false]);
    let secret = |at: &str| {
        let effect = planned.effects.iter().find(|it| it.path == path(at)).unwrap();
        effect.after.as_ref().unwrap().is_secret()
    };
    assert!(secret("database.password") && secret("region") && !secret("database.pool_size"));
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_refused_with_all_errors_where_it_would_be_hidden_too() {
    let files = Files::new();
    let application = files.open().await;
    let writes = vec![
        write("base", "database.pool_size", some(json!(500))),
        write("site", "debug", some(json!("planted-maybe"))),
        write("runtime", "environment", some(json!("planted-env"))),
        write("runtime", "database.timeout.seconds", some(json!(1))),
        write("runtime", "database", some(json!("planted-url"))),
        write("base", "database", some(json!({"pool_size": 0, "x": "planted-x"}))),
    ];
    let SettingWriteError::Refused(faults) = refusal(&application, writes).await else {
        panic!("not judged")
    };
    let told: Vec<_> = faults.iter().map(|fault| fault.to_string()).collect();
    assert_eq!(
        told,
        [
            "database.pool_size: it is more than 100, the most that it may be (the new value, in the layer base); \
             correct it there",
            "debug: it must be true or false; as a text also 1 yes y on, 0 no n off; it is a text that is none \
             (the new value, in the layer site); correct it there",
            "environment: it is none of the values that are allowed: staging, production (the new value, in the \
             layer runtime); correct it there",
            "database.timeout: it is one value, and the new value, in the layer runtime has the section \
             database.timeout.seconds in its place; remove that",
            "database.password: database is a value and no section (the new value, in the layer runtime); \
             remove it, or make it a section",
            "database.pool_size: it is less than 1, the least that it may be (the new value, in the layer base); \
             correct it there",
        ]
    );
    assert_eq!((files.text("base.yaml"), files.at("runtime.json").exists()), (BASE.to_owned(), false));
}

#[tokio::test]
async fn rules_judge_what_would_be_in_force() {
    let files = Files::new();
    let application = files.open().await;
    set(&application, "debug", json!(true), Some("site")).await;
    let production = write("site", "environment", some(json!("production")));
    let told = refusal(&application, vec![production.clone()]).await.to_string();
    assert!(
        told.starts_with(
            "nothing was written: debug must be off in production (rule no-debug-in-production, "
        )
    );
    let both = vec![production, write("runtime", "debug", some(json!(false)))];
    let plan = application.plan(both).await.unwrap_or_else(|error| panic!("{error}"));
    let done = application.apply(&plan).await.unwrap();
    assert_eq!(done.report.status, ReloadStatus::Success);
    assert_eq!(application.get::<String>("environment").unwrap(), "production");
}

#[tokio::test]
async fn a_plan_is_judged_again_by_what_other_layers_have_since() {
    let files = Files::new();
    let application = files.open().await;
    let plan = application.plan(vec![write("site", "debug", some(json!(true)))]).await;
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    files.write("base.yaml", "environment: production\n");
    application.reload(Some("base")).await.unwrap();
    let told = application.apply(&plan).await.unwrap_err();
    assert!(matches!(told, SettingWriteError::Refused(_)), "{told}");
    assert_eq!(files.text("site.toml"), "[database]\npool_size = 20\n");
}

#[tokio::test]
async fn a_file_that_has_changed_since_it_was_read_is_not_written() {
    let files = Files::new();
    let application = files.open().await;
    let plan = application
        .plan(vec![
            write("base", "region", some(json!("us"))),
            write("site", "database.pool_size", some(json!(7))),
            write("runtime", "debug", some(json!(true))),
        ])
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    files.write("site.toml", "[database]\npool_size = 21\n");
    let error = application.apply(&plan).await.unwrap_err();
    let SettingWriteError::Stopped(stopped) = &error else { panic!("{error}") };
    assert_eq!((&*stopped.layer, stopped.error.fault, stopped.left), ("site", LayerWriteFault::Conflict, 2));
    assert!(error.to_string().ends_with("; written before: region in base; not written: 2"), "{error}");
    assert_eq!(application.get::<String>("region").unwrap(), "us", "what was written is in force");
    assert_eq!(application.get::<u16>("database.pool_size").unwrap(), 21);
    assert!(!files.at("runtime.json").exists());
    // Nothing at all was written of one that fails at the first.
    let error = application.apply(&plan).await.unwrap_err();
    assert!(matches!(&error, SettingWriteError::Layer { layer, .. } if &**layer == "base"), "{error}");
}

#[tokio::test]
async fn a_value_is_removed_from_the_layer_that_wins() {
    let files = Files::new();
    let application = files.open().await;
    let plan = application.plan_set(&path("database.pool_size"), None, None).await;
    let plan = plan.unwrap_or_else(|error| panic!("{error}"));
    let after = (Some("20 of site".into()), Some("10 of base".into()));
    assert_eq!(effect(&plan, "database.pool_size"), after);
    application.apply(&plan).await.unwrap();
    assert_eq!(application.get::<u16>("database.pool_size").unwrap(), 10);
    // A section goes with what is in it.
    set(&application, "log", json!({"level": "info", "file": "a"}), Some("site")).await;
    application.set(&path("log"), None, Some("site")).await.unwrap();
    assert!(application.get::<Value>("log").is_err());
    let told = application.plan(vec![write("base", "database", None)]).await.err().unwrap().to_string();
    assert!(
        told.contains("database is not removed: of YAML values are only replaced; edit the file by hand")
    );
    let told = async |at, layer| application.set(&path(at), None, layer).await.unwrap_err().to_string();
    assert_eq!(
        told("region", Some("site")).await,
        "region: the layer site has no value of it, so there is none to remove"
    );
    assert_eq!(
        told("nowhere", None).await,
        "nowhere: no layer has a value of it, so there is none to remove"
    );
    assert_eq!(
        told("debug", None).await,
        "nothing can be written into the layer defaults; write into one of runtime, site, base"
    );
    assert_eq!(
        told("region", Some("sight")).await,
        "there is no layer sight; there are defaults, base, site, environment, runtime"
    );
}

#[tokio::test]
async fn what_a_file_was_refused_for_is_corrected_by_a_write() {
    let files = Files::new();
    let application = files.open().await;
    files.write("site.toml", "[database]\npool_size = 2000\n");
    let report = application.reload(Some("site")).await.unwrap();
    assert_eq!(report.status, ReloadStatus::Failed);
    set(&application, "database.pool_size", json!(50), None).await;
    assert_eq!(application.get::<u16>("database.pool_size").unwrap(), 50);
    assert_eq!(files.text("site.toml"), "[database]\npool_size = 50\n");
}

#[tokio::test]
async fn a_layer_that_was_not_read_is_not_written() {
    let files = Files::new();
    std::fs::remove_file(files.at("site.toml")).unwrap();
    let application = files.open().await;
    let told = refusal(&application, vec![write("site", "region", some(json!("us")))]).await.to_string();
    assert!(told.starts_with("the layer site has not been read by this process; write when it can be: "));
    assert!(told.contains("there is no such file; make it"), "{told}");
}

#[tokio::test]
async fn a_text_becomes_a_value_by_its_declaration_and_keeps_its_unit() {
    let files = Files::new();
    let application = files.open().await;
    let value = |at, text| application.value_of_text(&path(at), text).map(|it| it.expose().clone());
    assert_eq!(value("database.pool_size", "30"), Ok(json!(30)));
    assert_eq!(value("debug", "off"), Ok(json!(false)));
    assert_eq!(value("database.timeout", "90s"), Ok(json!("90s")));
    assert_eq!(value("region", "[1, true]"), Ok(json!([1, true])), "no setting is declared");
    assert_eq!(value("region", "eu"), Ok(json!("eu")));
    assert!(
        value("database.pool_size", "planted")
            .unwrap_err()
            .to_string()
            .starts_with("it must be a whole number")
    );
    set(&application, "database.timeout", json!("90s"), Some("site")).await;
    assert!(files.text("site.toml").contains("timeout = \"90s\""));
    assert_eq!(application.get::<u64>("database.timeout").unwrap(), 90);
}

#[tokio::test]
async fn a_write_does_not_end_a_rollback() {
    let files = Files::new();
    let application = files.open().await;
    set(&application, "region", json!("us"), None).await;
    application.rollback(1).unwrap();
    set(&application, "region", json!("ap"), None).await;
    assert_eq!(application.pinned(), Some(PinnedVersion { version: 1, newer: 1 }));
    assert_eq!(application.get::<String>("region").unwrap(), "eu");
}

#[tokio::test]
async fn those_who_follow_see_the_whole_of_a_plan_or_nothing() {
    let files = Files::new();
    let application = files.open().await;
    let mut updates = application.subscribe();
    let writes = [("base", "region"), ("site", "level"), ("runtime", "debug")];
    let writes = writes.map(|(layer, at)| write(layer, at, some(json!(true))));
    let plan = application.plan(writes.into()).await.unwrap_or_else(|error| panic!("{error}"));
    application.apply(&plan).await.unwrap();
    let update = updates.next().await.unwrap();
    assert_eq!(update.changes.len(), 3);
    until("the layers are current", || {
        application.sources().iter().all(|it| it.condition == LayerCondition::Current)
    })
    .await;
    assert_eq!(application.version().number(), 2);
    assert!(files.at("runtime.json").exists());
}
