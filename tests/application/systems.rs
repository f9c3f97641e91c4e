//! What the three public systems promise, and what they get wrong, over real layers; each test is named
//! after it (docs/applications.md).

use std::collections::BTreeSet;
use std::path::Path;

use confdeck::application::{Application, ApplicationSpec, LayerCondition, ReloadStatus, SettingChangeKind};
use confdeck::provider::env::EnvVariables;

use super::etcd::Root;
use super::http::{Answer, HttpServer};
use super::running::*;
use super::*;

const HIERARCHY: &str = "hierarchy/application.toml";

#[tokio::test(flavor = "multi_thread")]
async fn system_a_the_later_wins_from_defaults_over_files_variables_and_arguments_to_overrides() {
    let app = AppFolder::example(HIERARCHY);
    app.write("hierarchy/config/development.yaml", "database:\n  url: sqlite:///a.db\n  pool_size: 11\n");
    app.write(
        "hierarchy/.env.development",
        "DATABASE_POOL_SIZE=${POOL}\nSECRET_KEY=development-only-development-only\n",
    );
    app.write("hierarchy/runtime.json", r#"{"database": {"pool_size": 50}}"#);
    let variables = [("DATABASE_POOL_SIZE", "30"), ("POOL", "12")];
    let options = AppFolder::options(&variables).arguments(vec!["database.pool_size=40".into()]);
    let application = app.open_with(options).await;
    assert_eq!(application.get::<u8>("database.pool_size").unwrap(), 50);
    let folder = format!("{}/hierarchy/", app.folder.path().display());
    let places: Vec<_> =
        ladder(&application, "database.pool_size").iter().map(|it| it.replace(&folder, "")).collect();
    assert_eq!(
        places,
        [
            "runtime.json:1:28, in the layer runtime",
            "argument 1, in the layer arguments",
            "DATABASE_POOL_SIZE, in the layer environment",
            ".env.development:1:1 ${ENVIRONMENT} ${POOL}, in the layer .env.development",
            "config/development.yaml:3:14 ${ENVIRONMENT}, in the layer config/development.yaml",
            "config.yaml:4:14, in the layer config.yaml",
            "application.toml:61:1, in the layer defaults",
        ]
    );
    // Each in its turn, down to the default.
    let pool = |application: &Application| application.get::<u8>("database.pool_size").unwrap();
    app.write("hierarchy/runtime.json", "{}");
    until_so("the argument decides", || pool(&application) == 40).await;
    let application = app.open(&variables).await;
    assert_eq!(pool(&application), 30);
    let application = app.open(&variables[1..]).await;
    assert_eq!(pool(&application), 12);
    app.write("hierarchy/.env.development", "SECRET_KEY=development-only-development-only\n");
    until_so("the file of the environment decides", || pool(&application) == 11).await;
    app.write("hierarchy/config/development.yaml", "database:\n  url: sqlite:///a.db\n");
    until_so("the file of all environments decides", || pool(&application) == 10).await;
    let without = "redis:\n  url: redis://localhost\napi:\n  base_url: http://localhost\n";
    app.write("hierarchy/config.yaml", without);
    until_so("the default decides", || pool(&application) == 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn system_a_a_bad_update_is_refused_whole_with_all_errors() {
    let app = AppFolder::example(HIERARCHY);
    app.write("hierarchy/config.json", "{}");
    let application = app.open(&[]).await;
    let before = all(&application);
    app.write(
        "hierarchy/config.yaml",
        "log_level: planted-level\ndatabase:\n  pool_size: 101\nredis:\n  url: http://planted-host\napi:\n  \
         base_url: http://localhost:8000\n  retry_count: 11\n  timeout: 20\n",
    );
    let is_refused = || status(&application, "config.yaml").condition == LayerCondition::Refused;
    until_so("it is refused", is_refused).await;
    let faults: Vec<_> =
        status(&application, "config.yaml").faults.iter().map(|fault| fault.to_string()).collect();
    let paths: BTreeSet<_> = faults.iter().map(|fault| fault.split(':').next().unwrap()).collect();
    // In development another file decides on the level.
    assert_eq!(paths, BTreeSet::from(["api.retry_count", "database.pool_size", "redis.url"]), "{faults:#?}");
    assert!(
        faults.iter().all(|fault| fault.contains("/config.yaml:") && fault.ends_with("; correct it there"))
    );
    assert_eq!(application.get::<u8>("api.timeout").unwrap(), 10, "not even what is right in it");
    assert_eq!(all(&application)["database"], before["database"]);
    assert_says_no_secret(&told(&application));
}

#[tokio::test(flavor = "multi_thread")]
async fn system_a_a_fernet_token_is_an_error_that_names_the_variable_and_not_the_default() {
    let app = AppFolder::example(HIERARCHY);
    let variables =
        [("SECRET_KEY", "enc:fernet:planted-gAAAAABl"), ("DATABASE_URL", "aws:planted-production#url")];
    let told = app.refused(&variables).await;
    for (path, variable) in [("secret_key", "SECRET_KEY"), ("database.url", "DATABASE_URL")] {
        let line =
            told.lines().find(|line| line.trim().starts_with(path)).unwrap_or_else(|| panic!("{told}"));
        assert!(line.contains(&format!("({variable}, in the layer environment)")), "{line}");
        assert!(line.contains("not built in"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn system_a_secret_key_api_key_password_and_token_are_secret_at_any_depth() {
    let app = AppFolder::new("name = \"a\"\n[[layers]]\nkind = \"file\"\npath = \"a.json\"\n");
    let names = ["secret_key", "api_key", "password", "token"];
    let mut tree = json!({"open": "x", "items": [{"token": "planted-item"}]});
    for (at, name) in names.iter().enumerate() {
        let mut deep = json!({*name: "planted-value"});
        (0..at).for_each(|_| deep = json!({"level": deep.clone()}));
        tree[format!("section{at}")] = deep;
    }
    app.write("a.json", &tree.to_string());
    let version = app.open(&[]).await.version();
    let open: Vec<_> = version.iter().filter(|it| !it.is_secret()).map(|it| it.path().to_string()).collect();
    assert_eq!(open, ["open"]);
    assert_eq!(version.iter().count(), 2 + names.len());
}

const CONTROL_UNIT: &str = "control_unit.toml";

/// A fitting text for each setting of system B that needs one, with its variable and its key.
fn control_unit() -> Vec<(String, String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/applications").join(CONTROL_UNIT);
    let spec = ApplicationSpec::open(&file, &EnvVariables::of::<&str, &str>([])).unwrap();
    let text = |path: &str, spec: &SettingSpec| match (path, spec.value_type) {
        ("postgres_dsn", _) => "postgresql://planted-user@db/app",
        ("log_level" | "log_sql_level", _) => "INFO",
        (_, ValueType::Url) => "https://planted-service.example",
        (_, ValueType::Integer) => "7",
        (_, ValueType::Boolean) => "Yes",
        (_, ValueType::List) => "done, , closed ",
        _ => "planted-text",
    };
    let required = spec.settings.iter().filter(|(_, spec)| spec.required);
    required
        .map(|(path, spec)| {
            let of = |name: &Option<Arc<str>>| name.as_ref().unwrap().to_string();
            (of(&spec.variable), of(&spec.etcd_key), text(&path.to_string(), spec).to_owned())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn system_b_a_start_is_a_success_only_if_every_declared_key_has_a_value() {
    let app = AppFolder::example(CONTROL_UNIT);
    let mut root = Root::new().await;
    let (host, name) = (format!("http://{}", root.server.address()), root.root.clone());
    let variables = [("EtcdSettings__HostName", host.as_str()), ("EtcdSettings__RootKey", &name)];
    let keys = control_unit();
    for (_, key, text) in &keys[2..] {
        root.put(&format!("/{key}"), text).await;
    }
    let refusal = app.refused(&variables).await;
    for (variable, key, _) in &keys[..2] {
        let ways = format!("set the variable {variable}, or the key {key} of etcd");
        assert!(refusal.contains(&ways), "{refusal}");
    }
    assert_eq!(refusal.matches("it has no value in any layer").count(), 2, "{refusal}");
    for (_, key, text) in &keys[..2] {
        root.put(&format!("/{key}"), text).await;
    }
    let application = app.open(&variables).await;
    assert_eq!(application.get::<Vec<String>>("closed_statuses").unwrap(), ["done", "closed"]);
    assert!(application.get::<bool>("log_sql_echo").unwrap());
    assert_eq!(
        application.get::<u32>("ai_http_max_connections").unwrap(),
        10,
        "a default for what is missing"
    );
    assert_eq!(application.version().layers().len(), 3);
    assert_says_no_secret(&told(&application));
}

#[tokio::test(flavor = "multi_thread")]
async fn system_b_use_local_config_takes_variables_alone_and_asks_no_etcd() {
    let app = AppFolder::example(CONTROL_UNIT);
    let keys = control_unit();
    let mut variables: Vec<_> =
        keys.iter().map(|(variable, _, text)| (variable.as_str(), text.as_str())).collect();
    variables.extend([("USE_LOCAL_CONFIG", "true"), ("EtcdSettings__HostName", "http://127.0.0.1:1")]);
    let application = app.open(&variables).await;
    let layers: Vec<_> = application.sources().iter().map(|it| it.name.to_string()).collect();
    assert_eq!(layers, ["environment", "defaults"]);
    assert_eq!(ladder(&application, "spam_count"), ["SPAM_COUNT, in the layer environment"]);
    // There a start succeeds whatever is missing; here what is required is.
    variables.retain(|(name, _)| *name != "SPAM_COUNT");
    let refusal = app.refused(&variables).await;
    assert!(refusal.contains("spam_count: it has no value in any layer"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn system_b_variables_are_the_fallback_while_etcd_is_away_and_its_values_count_once_it_is_there() {
    let server = super::support::etcd::EtcdServer::start();
    let put = |key: &str, text: &str| {
        assert!(server.etcdctl(&["put", &format!("/APPS/ControlUnit/{key}"), text]).status.success());
    };
    put("SpamCount", "3");
    server.kill();
    let app = AppFolder::example(CONTROL_UNIT);
    let (keys, host) = (control_unit(), format!("http://{}", server.address()));
    let mut variables: Vec<_> =
        keys.iter().map(|(variable, _, text)| (variable.as_str(), text.as_str())).collect();
    variables.push(("EtcdSettings__HostName", &host));
    let application = app.open(&variables).await;
    let spam = || application.get::<u32>("spam_count").unwrap();
    assert_eq!((spam(), status(&application, "etcd").condition), (7, LayerCondition::Missing));
    server.restart();
    until_so("the key decides", || spam() == 3).await;
    // From now on its last good values stay, and not those of the variables.
    server.kill();
    until_stale(&application, "etcd").await;
    assert_eq!(spam(), 3);
    server.restart();
    put("SpamCount", "4");
    until_so("the new value of the key", || spam() == 4).await;
    until_current(&application, "etcd").await;
    // An ill-formed integer is no default, and reaches nobody.
    put("SpamCount", "planted-many");
    let is_refused = || status(&application, "etcd").condition == LayerCondition::Refused;
    until_so("it is refused", is_refused).await;
    assert_eq!(spam(), 4);
    let fault = status(&application, "etcd").faults[0].to_string();
    assert!(
        fault.starts_with("spam_count: ") && fault.contains("/APPS/ControlUnit/SpamCount at "),
        "{fault}"
    );
    assert_says_no_secret(&told(&application));
}

#[tokio::test(flavor = "multi_thread")]
async fn system_c_variables_with_the_prefix_are_flat_names_with_values_in_json() {
    let app = AppFolder::example("hot_reload.toml");
    app.write("password", "planted-rotated\n");
    let file = app.folder.path().join("password");
    let variables = [
        ("APP_DEBUG_MODE", "false"),
        ("APP_FEATURE_FLAGS", r#"{"new_ui": true}"#),
        ("APP_CACHE__TTL", "30"),
        ("APP_GREETING", "good day"),
        ("APP_DATABASE_PASSWORD_FILE", file.to_str().unwrap()),
        ("DATABASE_PORT", "6000"),
        ("OTHER", "x"),
    ];
    let application = app.open(&variables).await;
    assert!(!application.get::<bool>("debug_mode").unwrap(), "the variable is above local.json");
    assert!(application.get::<bool>("feature_flags.new_ui").unwrap());
    assert_eq!(application.get::<u8>("cache.ttl").unwrap(), 30);
    assert_eq!(application.get::<String>("greeting").unwrap(), "good day");
    assert_eq!(application.get::<u16>("database.port").unwrap(), 6000);
    assert_eq!(application.get::<String>("database.host").unwrap(), "localhost");
    assert_eq!(application.get::<String>("database.password").unwrap(), "planted-rotated");
    assert!(application.get::<String>("other").is_err());
    app.write("password", "planted-again\n");
    let password = || application.get::<String>("database.password").unwrap();
    until_so("a rotated secret", || password() == "planted-again").await;
    assert_says_no_secret(&told(&application));
}

/// As documented: file 10, environment 20, remote 30, and a `priority` for each.
#[tokio::test(flavor = "multi_thread")]
async fn system_c_the_higher_priority_wins_over_all_kinds_of_layers() {
    let server = HttpServer::start(Answer::json(r#"{"debug_mode": true, "from": "remote"}"#)).await;
    let app = AppFolder::example("hot_reload.toml");
    app.write("hot_reload/base.yaml", "from: base\nonly: {base: 1}\n");
    app.write("hot_reload/local.json", r#"{"from": "local", "only": {"local": 1}}"#);
    let url = server.url("/config");
    let all_of = [("APP_FROM", "variables"), ("APP_CONFIG_URL", &url), ("APP_CONFIG_OFFLINE", "false")];
    let from = |application: &Application| application.get::<String>("from").unwrap();
    let application = app.open(&all_of).await;
    assert_eq!(from(&application), "remote");
    let layers: Vec<_> = application.explain(&path("from")).ladder;
    let ladder: Vec<_> = layers.iter().map(|step| (&*step.origin.layer, step.rank, step.wins)).collect();
    assert_eq!(
        ladder,
        [("remote", 30, true), ("variables", 20, false), ("local", 15, false), ("base", 10, false)]
    );
    assert_eq!(all(&application)["only"], json!({"base": 1, "local": 1}), "objects merge deeply");
    assert_eq!(from(&app.open(&all_of[..1]).await), "variables");
    assert_eq!(from(&app.open(&[]).await), "local");
    assert_eq!(from(&app.open(&[("APP_CONFIG_SOURCES", "base")]).await), "base");
}

#[tokio::test(flavor = "multi_thread")]
async fn system_c_a_304_and_an_unmodified_source_take_no_value_away() {
    let server = HttpServer::start(Answer::Tagged { etag: "\"1\"", body: r#"{"from": "remote"}"# }).await;
    let app = AppFolder::example("hot_reload.toml");
    let url = server.url("/config");
    let application = app.open(&[("APP_CONFIG_URL", &url), ("APP_CONFIG_OFFLINE", "false")]).await;
    let before = all(&application);
    for _ in 0..3 {
        let report = application.reload(None).await.unwrap();
        assert_eq!((report.status, report.changes), (ReloadStatus::Success, 0));
    }
    app.write("hot_reload/local.json", r#"{"debug_mode": false}"#);
    let report = application.reload(Some("local")).await.unwrap();
    assert_eq!(report.status, ReloadStatus::Success);
    assert_eq!(all(&application)["from"], "remote");
    assert_eq!(all(&application)["features"], before["features"]);
    assert!(server.asked() >= 4, "it was asked each time");
    assert_eq!(application.version().number(), 2, "what is the same is no version");
}

#[tokio::test(flavor = "multi_thread")]
async fn system_c_app_config_watch_false_reads_files_only_when_asked() {
    let app = AppFolder::example("hot_reload.toml");
    let application = app.open(&[("APP_CONFIG_WATCH", "false")]).await;
    assert!(application.get::<bool>("debug_mode").unwrap());
    app.write("hot_reload/local.json", r#"{"debug_mode": false}"#);
    // Longer than the debounce, so that a watcher would have noticed.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(application.get::<bool>("debug_mode").unwrap());
    application.reload(None).await.unwrap();
    assert!(!application.get::<bool>("debug_mode").unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn system_c_a_change_has_its_path_kind_values_and_time() {
    let app = AppFolder::new("name = \"c\"\n[[layers]]\nkind = \"file\"\npath = \"c.json\"\n");
    app.write("c.json", r#"{"gone": 1, "kept": true, "other": {"x": "a"}}"#);
    let application = app.open(&[]).await;
    let mut updates = application.subscribe();
    let before = std::time::SystemTime::now();
    app.write("c.json", r#"{"kept": true, "other": {"x": "b"}, "new": [1]}"#);
    let update = within("a change", updates.next()).await.unwrap();
    let value = |it: &Option<Arc<confdeck::application::EffectiveValue>>| {
        it.as_ref().map(|it| it.value().expose().clone())
    };
    let seen: Vec<_> = update
        .changes
        .iter()
        .map(|it| (it.path.to_string(), it.kind(), value(&it.before), value(&it.after)))
        .collect();
    assert_eq!(
        seen,
        [
            ("gone".into(), SettingChangeKind::Deleted, Some(json!(1)), None),
            ("new".into(), SettingChangeKind::Added, None, Some(json!([1]))),
            ("other.x".into(), SettingChangeKind::Modified, Some(json!("a")), Some(json!("b"))),
        ]
    );
    let created = update.version.created();
    assert!(created >= before && created <= std::time::SystemTime::now());
    // Its versions are in force one after the other, until it is asked to go back.
    assert_eq!(application.versions().iter().map(|it| it.number()).collect::<Vec<_>>(), [2, 1]);
    application.rollback(1).unwrap();
    let update = within("a rollback", updates.next()).await.unwrap();
    assert_eq!((update.version.number(), update.changes.len()), (1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn system_c_ten_versions_are_kept_unless_the_file_says_otherwise() {
    for (versions, kept) in [("", 10), ("versions = 3", 3)] {
        let file = format!("name = \"c\"\n{versions}\n[[layers]]\nkind = \"file\"\npath = \"c.json\"\n");
        let app = AppFolder::new(&file);
        app.write("c.json", r#"{"at": 0}"#);
        let application = app.open(&[]).await;
        for at in 1..=11 {
            app.write("c.json", &json!({"at": at}).to_string());
            application.reload(None).await.unwrap();
        }
        let numbers: Vec<_> = application.versions().iter().map(|it| it.number()).collect();
        assert_eq!(numbers, (0..kept).map(|back| 12 - back).collect::<Vec<_>>());
        let steps = usize::try_from(kept).unwrap();
        assert!(application.rollback(steps).err().unwrap().to_string().contains("there is none any more"));
        let pinned = application.rollback(steps - 1).unwrap();
        assert_eq!(pinned.get::<u64>("at").unwrap(), 12 - kept);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_with_the_same_file_have_the_same_picture() {
    let app = AppFolder::example(HIERARCHY);
    let (first, second) = (app.open(&[]).await, app.open(&[]).await);
    assert_eq!(first.version().hash(), second.version().hash());
    assert_eq!(all(&first), all(&second));
    let other = app.open(&[("LOG_LEVEL", "ERROR")]).await;
    assert_ne!(first.version().hash(), other.version().hash());
    // A secret is in no hash, so that nobody finds it by trying.
    let secret = app.open(&[("SECRET_KEY", "planted-another-planted-another-planted")]).await;
    assert_eq!(first.version().hash(), secret.version().hash());
}
