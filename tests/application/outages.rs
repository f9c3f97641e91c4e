//! A running application whose layers fail, one after the other and all at once: last good values stay, the
//! layer says since when it is stale, and everything recovers without help.

use std::sync::Mutex;
use std::time::SystemTime;

use confdeck::application::{Application, LayerCondition};
use confdeck::domain::Condition;

use super::http::{Answer, HttpServer};
use super::running::*;
use super::support::etcd::EtcdServer;
use super::*;

const ROOT: &str = "/APPS/Outages";

/// A file, an etcd and a server, each with a value that the highest has not.
struct World {
    app: AppFolder,
    etcd: EtcdServer,
    http: HttpServer,
}

fn file(value: u32) -> String {
    format!("of_file: {value}\nall: 1\npassword: planted-file\n")
}

fn answer(value: u32) -> Answer {
    Answer::json(&format!(r#"{{"of_http": {value}, "all": 3, "token": "planted-http"}}"#))
}

impl World {
    async fn new(state: &str) -> Self {
        let (etcd, http) = (EtcdServer::start(), HttpServer::start(answer(1)).await);
        let application = format!(
            r#"
            name = "outages"
            {state}
            [[layers]]
            kind = "file"
            path = "app.yaml"
            debounce = "20ms"
            [[layers]]
            kind = "etcd"
            root = "{ROOT}"
            host = "http://{}"
            required = true
            [[layers]]
            kind = "http"
            url = "{}"
            refresh = "1s"
            timeout = "1s"
            [settings.of_etcd]
            type = "integer"
            etcd = "Value"
            max = 1000
            [settings.of_file]
            type = "integer"
            max = 1000
            [settings.of_http]
            type = "integer"
            max = 1000
            "#,
            etcd.address(),
            http.url("/app.json"),
        );
        let world = Self { app: AppFolder::new(&application), etcd, http };
        world.app.write("app.yaml", &file(1));
        world.put("1");
        world
    }

    fn put(&self, value: &str) {
        assert!(self.etcd.etcdctl(&["put", &format!("{ROOT}/Value"), value]).status.success());
    }
}

fn values(application: &Application) -> [u32; 3] {
    ["of_file", "of_etcd", "of_http"].map(|name| application.get(name).unwrap())
}

/// What every subscriber saw, which may not hold a value that is none.
fn followed(application: &Application) -> Arc<Mutex<Vec<[u32; 3]>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (mut updates, kept) = (application.subscribe(), seen.clone());
    tokio::spawn(async move {
        while let Some(update) = updates.next().await {
            let values = ["of_file", "of_etcd", "of_http"].map(|name| update.version.get(name).unwrap());
            kept.lock().unwrap().push(values);
        }
    });
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_short_or_invalid_leaves_its_last_good_values_until_it_is_mended() {
    let world = World::new("").await;
    let application = world.app.open(&[]).await;
    let seen = followed(&application);
    for (bad, place) in [
        ("of_file: 2\n  all: [planted-cut", ""),
        ("", ""),
        ("of_file: planted-many\n", "app.yaml:1:10"),
        ("of_file: 1001\n", "app.yaml:1:10"),
        ("- planted-list\n", ""),
        ("of_file: ${PLANTED_UNSET}\n", "app.yaml:1:"),
    ] {
        let before = SystemTime::now();
        world.app.write("app.yaml", bad);
        if bad.is_empty() {
            // An empty file is an empty layer, as a file of comments is: it has no values to lose.
            until_so("it is empty", || application.get::<u32>("of_file").is_err()).await;
            world.app.write("app.yaml", &file(1));
            until_so("it is back", || application.get::<u32>("of_file").is_ok()).await;
            continue;
        }
        let is_told = || !matches!(status(&application, "app.yaml").condition, LayerCondition::Current);
        until_so("it is told", is_told).await;
        assert_eq!(values(&application), [1, 1, 1], "{bad}");
        let layer = status(&application, "app.yaml");
        let told = match (&layer.failure, layer.condition) {
            (Some(failure), LayerCondition::Stale { since }) => {
                assert!(since >= before && since <= SystemTime::now());
                assert!(!failure.error.remedy.is_empty());
                failure.error.to_string()
            }
            (None, LayerCondition::Refused) => layer.faults[0].to_string(),
            other => panic!("{other:?}"),
        };
        assert!(told.contains("app.yaml") && told.contains(place), "{bad}: {told}");
        assert_says_no_secret(&self::told(&application));
        world.app.write("app.yaml", &file(1));
        until_current(&application, "app.yaml").await;
    }
    let seen = seen.lock().unwrap();
    assert!(seen.iter().all(|values| *values == [1, 1, 1]), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_answers_500_or_hangs_leaves_its_last_good_values_until_it_is_well() {
    let world = World::new("").await;
    let application = world.app.open(&[]).await;
    world.http.says(Answer::status(500));
    until_stale(&application, "http").await;
    let failure = status(&application, "http").failure.unwrap();
    assert!(
        failure.error.to_string().contains("500") && failure.error.place.starts_with("http://127.0.0.1:")
    );
    world.http.says(Answer::Never);
    let slow =
        || status(&application, "http").failure.is_some_and(|it| !it.error.to_string().contains("500"));
    until_so("it hangs", slow).await;
    assert_eq!(values(&application), [1, 1, 1]);
    assert_says_no_secret(&told(&application));
    // Others go on meanwhile.
    world.put("2");
    until_so("etcd goes on", || values(&application) == [1, 2, 1]).await;
    world.http.says(answer(2));
    until_so("it is well", || values(&application) == [1, 2, 2]).await;
    until_current(&application, "http").await;
    assert_eq!(application.health().condition(), Condition::Healthy);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_layers_away_at_once_keep_the_whole_picture_and_recover_by_themselves() {
    let world = World::new("").await;
    let application = world.app.open(&[]).await;
    let seen = followed(&application);
    let picture = all(&application);
    world.etcd.kill();
    world.http.says(Answer::status(503));
    world.app.write("app.yaml", "of_file: [planted-broken");
    for layer in ["app.yaml", "etcd", "http"] {
        until_stale(&application, layer).await;
    }
    assert_eq!(all(&application), picture);
    let health = application.health();
    assert_ne!(health.condition(), Condition::Healthy);
    for layer in ["app.yaml", "etcd", "http"] {
        let said = format!("the layer {layer} is stale since ");
        let finding = health.findings().iter().find(|it| it.text.starts_with(&said)).unwrap();
        assert!(!format!("{finding:?}").contains("remedy: \"\""), "{finding:?}");
    }
    assert_says_no_secret(&told(&application));
    world.http.says(answer(5));
    world.app.write("app.yaml", &file(3));
    world.etcd.restart();
    world.put("4");
    until_so("all of it is back", || values(&application) == [3, 4, 5]).await;
    for layer in ["app.yaml", "etcd", "http"] {
        until_current(&application, layer).await;
    }
    assert_eq!(seen.lock().unwrap().last(), Some(&[3, 4, 5]));
    assert_eq!(application.get::<u8>("all").unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_starts_from_its_last_good_picture_while_every_remote_layer_is_away_and_says_so() {
    let world = World::new("state = \"state\"").await;
    let first = world.app.open(&[]).await;
    world.put("7");
    until_so("the last change", || values(&first) == [1, 7, 1]).await;
    first.shutdown().await;
    drop(first);
    world.etcd.kill();
    world.http.says(Answer::status(500));
    world.app.write("app.yaml", &file(2));
    let second = world.app.open(&[]).await;
    assert_eq!(values(&second), [2, 7, 1], "what is here is read, what is away remembered");
    for layer in ["etcd", "http"] {
        let LayerCondition::Remembered { at } = status(&second, layer).condition else { panic!("{layer}") };
        assert!(at <= SystemTime::now());
        let said = format!("the layer {layer} has not answered; its values are those of ");
        assert!(second.health().findings().iter().any(|it| it.text.starts_with(&said)), "{layer}");
    }
    let etcd = &ladder(&second, "of_etcd")[0];
    assert!(
        etcd.starts_with(&format!("{ROOT}/Value at ")) && etcd.ends_with(", as last seen, in the layer etcd")
    );
    assert!(second.get::<String>("token").is_err(), "a secret is not remembered");
    assert_eq!(second.get::<String>("password").unwrap(), "planted-file");
    world.etcd.restart();
    world.http.says(answer(9));
    until_so("both are back", || values(&second) == [2, 7, 9]).await;
    for layer in ["etcd", "http"] {
        until_current(&second, layer).await;
    }
}
