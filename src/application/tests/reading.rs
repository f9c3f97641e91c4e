//! Values as the types of a program, and what is told of those that do not fit: never the value.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::*;
use super::support::*;

async fn application(object: Value) -> Application {
    let made = TestApplication::with(&["file"]);
    made.source("file").set_quietly(&object);
    made.start().await
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Database {
    url: String,
    #[serde(default = "five")]
    pool_size: u16,
    timeout: Option<Duration>,
}

fn five() -> u16 {
    5
}

#[tokio::test]
async fn values_are_read_as_the_types_of_a_program() {
    let object = json!({
        "log": {"level": "debug"}, "hosts": ["a", "b"], "ratio": 1, "wait": 1.5, "off": null, "n": -3,
        "database": {"url": "x", "timeout": 30}, "features": {"new_ui": {"enabled": true}}
    });
    let application = application(object).await;
    assert_eq!(application.get::<Level>("log.level").unwrap(), Level::Debug);
    assert_eq!(application.get::<Vec<String>>("hosts").unwrap(), ["a", "b"]);
    assert_eq!(application.get::<f64>("ratio").unwrap(), 1.0);
    assert_eq!(application.get::<i8>("n").unwrap(), -3);
    assert_eq!(application.get::<Duration>("wait").unwrap(), Duration::from_millis(1_500));
    assert_eq!(application.get::<Option<u8>>("off").unwrap(), None);
    let database = Database { url: "x".into(), pool_size: 5, timeout: Some(Duration::from_secs(30)) };
    assert_eq!(application.section::<Database>("database").unwrap(), database);
    assert_eq!(application.get::<Value>("features").unwrap(), json!({"new_ui": {"enabled": true}}));
    // However the path is written.
    assert_eq!(application.get::<String>("\"database\".url").unwrap(), "x");
    let all: BTreeMap<String, Value> = application.version().settings().unwrap();
    assert_eq!(all.len(), 8);
}

#[tokio::test]
async fn a_value_that_is_not_there_is_an_error_with_its_path_or_the_default_of_the_caller() {
    let application = application(json!({"a": {"b": 1}})).await;
    let told = application.get::<u16>("a.c").unwrap_err().to_string();
    assert_eq!(told, "a.c: no layer has a value of it, which is to be u16; set it in one of them");
    assert_eq!(application.get_or("a.c", 7).unwrap(), 7);
    assert_eq!(application.get_or("a.b", 7).unwrap(), 1);
    assert!(application.get_or("a.b", String::new()).is_err(), "a wrong type is no missing value");
    assert!(matches!(application.get::<u8>("a..b"), Err(GetSettingError::Path(_))));
    let lacks = application.section::<Database>("database").unwrap_err().to_string();
    assert_eq!(
        lacks,
        "database.url: no layer has a value of it, which is to be a value; set it in one of them"
    );
    // A member that lacks is no reason to take the default of the whole.
    assert!(application.get_or("a", Database { url: String::new(), pool_size: 1, timeout: None }).is_err());
    #[derive(Deserialize)]
    struct Optional {
        x: Option<u8>,
    }
    assert_eq!(application.section::<Optional>("nowhere").unwrap().x, None);
}

#[tokio::test]
async fn a_wrong_type_is_told_with_path_place_and_remedy_and_without_the_value() {
    let application = application(json!({
        "database": {"pool_size": "planted-size", "url": "planted-url"}, "level": "planted-level",
        "port": 70_000, "list": [1, "planted-item"], "host": "planted-host", "float": 1.5
    }))
    .await;
    let told = |error: GetSettingError| error.to_string();
    assert_eq!(
        told(application.get::<u16>("database.pool_size").unwrap_err()),
        "database.pool_size: it is a text and not u16 (app.yaml:1:1, in the layer file); correct it there"
    );
    assert_eq!(
        told(application.section::<Database>("database").unwrap_err()),
        "database.pool_size: it is a text and not u16 (app.yaml:1:1, in the layer file); correct it there"
    );
    assert_eq!(
        told(application.get::<Level>("level").unwrap_err()),
        "level: it is another text and not one of debug, info (app.yaml:3:1, in the layer file); correct it there"
    );
    assert_eq!(
        told(application.get::<u16>("port").unwrap_err()),
        "port: it is an integer out of its range and not u16 (app.yaml:4:1, in the layer file); correct it there"
    );
    let all = [
        told(application.get::<Vec<u8>>("list").unwrap_err()),
        told(application.get::<std::net::IpAddr>("host").unwrap_err()),
        told(application.get::<u8>("float").unwrap_err()),
        told(application.get::<Database>("host").unwrap_err()),
        told(application.version().settings::<Vec<u8>>().unwrap_err()),
        told(application.version().settings::<BTreeMap<String, u8>>().unwrap_err()),
    ];
    for text in all {
        assert!(!text.contains("planted"), "{}", text.replace("planted", "PLANTED"));
        assert!(text.contains(" and not "), "{text}");
    }
}
