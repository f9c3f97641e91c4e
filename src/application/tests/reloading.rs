//! What a reload puts in force: all of it or nothing, and which values stay where a layer fails or is
//! refused.

use serde_json::json;

use super::super::*;
use super::support::*;

fn at_most(max: f64) -> SettingSpec {
    SettingSpec { max: Some(max), ..setting(ValueType::Integer) }
}

fn required() -> SettingSpec {
    SettingSpec {
        required: true,
        variable: Some("DATABASE_URL".into()),
        etcd_key: Some("Database/Url".into()),
        ..setting(ValueType::Text)
    }
}

async fn reload(application: &Application) -> ReloadReport {
    application.reload(None).await.unwrap()
}

#[tokio::test]
async fn a_reload_that_is_refused_changes_nothing_and_names_all_errors() {
    let made = TestApplication::with(&["file", "environment"])
        .setting("pool", at_most(100.0))
        .setting("retries", setting(ValueType::Integer))
        .setting("url", required());
    let (file, environment) = (made.source("file"), made.source("environment"));
    file.set_quietly(&json!({"pool": 5, "retries": 1, "url": "x", "free": "a"}));
    let application = made.start().await;
    file.set_quietly(&json!({"pool": 500, "free": "b"}));
    environment.set_quietly(&json!({"retries": "planted-retries", "other": true}));
    let report = reload(&application).await;
    assert_eq!((report.status, report.version, report.changes), (ReloadStatus::Failed, 1, 0));
    let told: Vec<_> = report.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "pool: must not be so large (app.yaml:1:1, in the layer file); correct it there",
            "retries: must be an integer (app.yaml:1:1, in the layer environment); correct it there",
            "url: it is required and has no value; set it in one of the layers, as DATABASE_URL in the environment, \
             as the key Database/Url in etcd",
        ]
    );
    let kept = json!({"pool": 5, "retries": 1, "url": "x", "free": "a"});
    assert_eq!(tree(&application.version()), kept);
    // Asked again, the answer is the same, though the sources have nothing new.
    let again = reload(&application).await;
    assert_eq!((again.status, again.faults), (ReloadStatus::Failed, report.faults));
    assert_eq!(tree(&application.version()), kept);
    // Only what is still wrong keeps it from being in force, and then all of it is.
    file.set_quietly(&json!({"pool": 50, "url": "y", "free": "b"}));
    environment.set_quietly(&json!({"retries": 2, "other": true}));
    let report = reload(&application).await;
    assert_eq!((report.status, report.version, report.changes), (ReloadStatus::Success, 2, 5));
    let changed = json!({"pool": 50, "retries": 2, "url": "y", "free": "b", "other": true});
    assert_eq!(tree(&application.version()), changed);
}

#[tokio::test]
async fn the_layer_of_a_refused_value_says_so_and_keeps_its_last_good_ones() {
    let made = TestApplication::with(&["file"]).setting("pool", at_most(100.0));
    let file = made.source("file");
    file.set_quietly(&json!({"pool": 5}));
    let application = made.start().await;
    file.set_quietly(&json!({"pool": 500}));
    let _ = reload(&application).await;
    let status = application.sources().remove(0);
    assert_eq!((status.condition, status.faults.len()), (LayerCondition::Refused, 1));
    let findings: Vec<_> = application.health().findings().iter().map(|it| it.text.clone()).collect();
    let said = "new values of the layer file are refused: pool: must not be so large (app.yaml:1:1, in";
    assert!(findings.iter().any(|it| it.starts_with(said)), "{findings:?}");
    // What was good before is taken back.
    file.set_quietly(&json!({"pool": 5}));
    assert_eq!(reload(&application).await.status, ReloadStatus::Success);
    assert_eq!(application.sources()[0].condition, LayerCondition::Current);
    assert_eq!(application.version().number(), 1);
}

#[tokio::test]
async fn a_bad_value_in_one_layer_does_not_hold_up_another() {
    let made = TestApplication::with(&["file", "etcd"]).setting("pool", at_most(100.0));
    let (file, etcd) = (made.source("file"), made.source("etcd"));
    let application = made.start().await;
    file.set_quietly(&json!({"pool": 500}));
    assert_eq!(application.reload(Some("file")).await.unwrap().status, ReloadStatus::Failed);
    etcd.set_quietly(&json!({"level": "info"}));
    let report = application.reload(Some("etcd")).await.unwrap();
    assert_eq!((report.status, report.changes), (ReloadStatus::Success, 1));
    assert_eq!(tree(&application.version()), json!({"level": "info"}));
    assert_eq!(application.sources()[1].condition, LayerCondition::Refused);
    // A higher layer hides the bad value, so that what is below is good again.
    etcd.set_quietly(&json!({"level": "info", "pool": 7}));
    assert_eq!(application.reload(Some("etcd")).await.unwrap().changes, 1);
    assert_eq!(application.sources()[1].condition, LayerCondition::Current);
}

#[tokio::test]
async fn values_that_a_rule_refuses_alone_come_into_force_with_those_that_they_need() {
    let mut made = TestApplication::with(&["file", "etcd"]);
    made.rule = Some(|all| all["environment"] == "production" && all["debug"] == true);
    let (file, etcd) = (made.source("file"), made.source("etcd"));
    file.set_quietly(&json!({"environment": "development", "debug": true}));
    let application = made.start().await;
    etcd.set_quietly(&json!({"environment": "production"}));
    let report = application.reload(Some("etcd")).await.unwrap();
    let told = report.faults.iter().map(ToString::to_string).collect::<String>();
    assert_eq!(told, "they do not go together (rule the-rule, app.toml:1:1); change one of its settings");
    assert_eq!(application.get::<String>("environment").unwrap(), "development");
    file.set_quietly(&json!({"environment": "development", "debug": false}));
    assert_eq!(application.reload(Some("file")).await.unwrap().status, ReloadStatus::Success);
    let both = json!({"environment": "production", "debug": false});
    assert_eq!(tree(&application.version()), both);
}

#[tokio::test]
async fn values_that_a_rule_refuses_do_not_hold_up_other_layers() {
    let mut made = TestApplication::with(&["file", "etcd", "http"]);
    made.rule = Some(|all| all["environment"] == "production" && all["debug"] == true);
    made.source("file").set_quietly(&json!({"debug": true}));
    let application = made.start().await;
    made.source("etcd").set_quietly(&json!({"environment": "production"}));
    assert_eq!(application.reload(Some("etcd")).await.unwrap().status, ReloadStatus::Failed);
    made.source("http").set_quietly(&json!({"level": "info"}));
    assert_eq!(application.reload(Some("http")).await.unwrap().status, ReloadStatus::Success);
    assert_eq!(tree(&application.version()), json!({"debug": true, "level": "info"}));
    assert_eq!(application.sources()[1].condition, LayerCondition::Refused);
}

#[tokio::test]
async fn a_layer_that_fails_keeps_its_last_good_values_and_is_stale_since_then() {
    let made = TestApplication::with(&["file", "etcd"]);
    let (file, etcd) = (made.source("file"), made.source("etcd"));
    file.set_quietly(&json!({"a": 1}));
    etcd.set_quietly(&json!({"b": 1}));
    let application = made.start().await;
    for fault in [SourceFault::Unavailable, SourceFault::Invalid, SourceFault::Missing] {
        etcd.fail_quietly(Some(fault));
        file.set_quietly(&json!({"a": fault as u8 + 2}));
        let report = reload(&application).await;
        assert_eq!((report.status, report.failed.len()), (ReloadStatus::Partial, 1));
        assert_eq!(tree(&application.version()), json!({"a": fault as u8 + 2, "b": 1}));
    }
    let status = application.sources().remove(0);
    assert!(matches!(status.condition, LayerCondition::Stale { .. }));
    assert_eq!(status.failure.unwrap().count, 3);
    let health = application.health();
    assert!(health.findings().iter().any(|it| it.text.starts_with("the layer etcd is stale since")));
    etcd.fail_quietly(None);
    assert_eq!(reload(&application).await.status, ReloadStatus::Success);
    assert_eq!(application.sources()[0].condition, LayerCondition::Current);
}

#[tokio::test]
async fn a_layer_that_was_never_loaded_is_missing_which_matters_where_it_is_required() {
    let mut made = TestApplication::with(&["file", "etcd"]).setting("url", required());
    made.source("etcd").fail_quietly(Some(SourceFault::Unavailable));
    made.source("file").set_quietly(&json!({"url": "x"}));
    let application = made.start().await;
    assert_eq!(application.sources()[0].condition, LayerCondition::Missing);
    made.source("etcd").fail_quietly(None);
    assert_eq!(reload(&application).await.status, ReloadStatus::Success);
    assert_eq!(application.sources()[0].condition, LayerCondition::Current);

    made.layers[1].0.required = true;
    made.source("etcd").fail_quietly(Some(SourceFault::Unavailable));
    made.source("file").set_quietly(&json!({}));
    let told = made.builder().start().await.err().unwrap().to_string();
    assert_eq!(
        told,
        "its settings cannot be put in force:\n  url: it is required and has no value; set it in one of the layers, as \
         DATABASE_URL in the environment, as the key Database/Url in etcd\n  the layer etcd could not be loaded: \
         the source: it is away; bring it back"
    );
}

#[tokio::test]
async fn what_does_not_fit_its_place_is_refused() {
    let made = TestApplication::with(&["file", "etcd"])
        .setting("a.b", setting(ValueType::Integer))
        .setting("c", setting(ValueType::Integer));
    let application = made.start().await;
    made.source("file").set_quietly(&json!({"a": 1, "c": {"d": 1}}));
    let told: Vec<_> = reload(&application).await.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "a.b: a is a value and no section (app.yaml:1:1, in the layer file); remove it, or make it a section",
            "c: it is one value, and app.yaml:2:1, in the layer file has the section c.d in its place; remove that",
        ]
    );
}

#[tokio::test]
async fn layers_of_one_name_or_rank_are_refused_and_so_are_sources_of_none() {
    let start = async |specs: &[(&str, u32)], sources: &[&str]| {
        let source = || FakeSource::new(&json!({}));
        let layers = specs.iter().map(|(name, rank)| (layer_spec(name, *rank), source())).collect();
        let made = TestApplication { layers, ..TestApplication::default() };
        let builder = sources.iter().fold(made.builder(), |it, name| it.source(name, source()));
        builder.start().await.err().map(|error| error.to_string()).unwrap()
    };
    assert_eq!(start(&[("a", 1), ("a", 2)], &[]).await, "there are two layers named a; rename one of them");
    assert_eq!(
        start(&[("a", 1), ("b", 1)], &[]).await,
        "the layers a and b have the same rank 1; give one of them another priority"
    );
    assert_eq!(
        start(&[], &["c"]).await,
        "a source or a writer was given for the layer c, which is not declared; declare it, or take that away"
    );
}

#[tokio::test]
async fn the_defaults_of_settings_are_the_lowest_layer() {
    let default = |value: serde_json::Value| SettingSpec {
        default: Some(SettingValue::new(value)),
        ..setting(ValueType::Integer)
    };
    let made =
        TestApplication::with(&["file"]).setting("a", default(json!(1))).setting("b", default(json!(2)));
    made.source("file").set_quietly(&json!({"b": 3}));
    let application = made.start().await;
    assert_eq!(tree(&application.version()), json!({"a": 1, "b": 3}));
    let explained = application.explain(&path("b"));
    let ladder: Vec<_> = explained.ladder.iter().map(|it| (it.origin.to_string(), it.wins)).collect();
    let expected = [
        ("app.yaml:1:1, in the layer file".to_owned(), true),
        ("app.toml:1:1, in the layer defaults".into(), false),
    ];
    assert_eq!(ladder, expected);
    assert_eq!(explained.shadows().count(), 1);
}

#[tokio::test]
async fn a_ladder_tells_what_each_layer_has_at_a_path_and_what_does_not_fit() {
    let made =
        TestApplication::with(&["low", "middle", "high", "top"]).setting("a.b", setting(ValueType::Integer));
    made.source("low").set_quietly(&json!({"a": {"b": "planted-text"}}));
    made.source("middle").set_quietly(&json!({"a": 1}));
    made.source("high").set_quietly(&json!({"a": {"b": {"c": 1}}}));
    made.source("top").set_quietly(&json!({"a": {"b": 4}}));
    let application = made.start().await;
    let explained = application.explain(&path("a.b"));
    let steps: Vec<_> = explained
        .ladder
        .iter()
        .map(|it| (&*it.origin.layer, it.path.to_string(), it.wins, it.fault.as_deref()))
        .collect();
    assert_eq!(
        steps,
        [
            ("top", "a.b".into(), true, None),
            ("high", "a.b.c".into(), false, None),
            ("middle", "a".into(), false, None),
            ("low", "a.b".into(), false, Some("must be an integer")),
        ]
    );
    assert_eq!(explained.in_force.unwrap().origin().layer, "top".into());
    assert!(application.explain(&path("nowhere")).ladder.is_empty());
}

#[tokio::test]
async fn a_place_that_moves_is_told_anew_without_a_version_of_its_own() {
    let made = TestApplication::with(&["file"]);
    let file = made.source("file");
    file.set_quietly(&json!({"z": 1}));
    let application = made.start().await;
    let mut updates = application.subscribe();
    let mut moved = contents(&json!({"z": 1}));
    moved.values.get_mut(&path("z")).unwrap().place = place(9);
    file.set_contents(moved);
    until("the place is the new one", || {
        application.version().value("z").unwrap().unwrap().origin().place == place(9)
    })
    .await;
    assert_eq!((application.version().number(), application.versions().len()), (1, 1));
    file.set(&json!({"z": 2}));
    assert_eq!(updates.next().await.unwrap().version.number(), 2, "nothing was told before");
}

#[tokio::test]
async fn a_source_can_be_added_unless_its_values_are_refused() {
    let made = TestApplication::with(&["file"]).setting("pool", at_most(100.0));
    made.source("file").set_quietly(&json!({"pool": 1}));
    let application = made.start().await;
    let bad = FakeSource::new(&json!({"pool": 500}));
    assert!(application.add_source(layer_spec("extra", 50), bad).await.is_err());
    assert_eq!(application.sources().len(), 1);
    let taken = application.add_source(layer_spec("other", 10), FakeSource::new(&json!({}))).await;
    assert!(matches!(taken, Err(StartError::SameRank(..))));
    let good = FakeSource::new(&json!({"pool": 50}));
    let report = application.add_source(layer_spec("extra", 50), good.clone()).await.unwrap();
    assert_eq!((report.status, report.changes), (ReloadStatus::Success, 1));
    good.set(&json!({"pool": 51}));
    until("it is followed", || application.get::<u8>("pool").unwrap() == 51).await;
}

#[tokio::test]
async fn a_secret_is_one_by_declaration_by_name_or_by_its_look() {
    let secret = SettingSpec { secret: true, ..setting(ValueType::Json) };
    let made = TestApplication::with(&["file"]).setting("declared", secret);
    let object = |declared: &str| {
        json!({
            "declared": {"inner": declared}, "database": {"password": "planted-b"}, "level": "info",
            "note": "ghp_planted0123456789abcdef0123456789abcd", "pool_size": 5, "api_key": "planted-c",
            "secret_key": "planted-d", "items": [{"token": "planted-e"}], "debug": true
        })
    };
    made.source("file").set_quietly(&object("planted-a"));
    let application = made.start().await;
    let version = application.version();
    let secrets: Vec<_> =
        version.iter().filter(|it| it.is_secret()).map(|it| it.path().to_string()).collect();
    assert_eq!(secrets, ["api_key", "database.password", "declared.inner", "items", "note", "secret_key"]);
    // The hash tells nothing of them.
    let hash = version.hash().to_owned();
    made.source("file").set_quietly(&object("planted-x"));
    assert_eq!(reload(&application).await.changes, 1);
    assert_eq!(application.version().hash(), hash);
}
