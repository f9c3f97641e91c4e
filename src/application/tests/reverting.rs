//! Reverts: a version's values put back into the layers that hold them, over real files.

use serde_json::json;

use super::super::*;
use super::files::{BASE, Files, set};
use super::support::path;

#[tokio::test]
async fn a_revert_puts_a_version_s_values_back_into_the_layers_that_hold_them() {
    let files = Files::new();
    let application = files.open().await;
    set(&application, "database.password", json!("planted-two"), Some("base")).await;
    set(&application, "database.pool_size", json!(30), Some("site")).await;
    set(&application, "debug", json!(true), Some("runtime")).await;
    set(&application, "region", json!("us"), Some("base")).await;
    let reversal = application.revert(1).await.unwrap_or_else(|error| panic!("{error}"));
    let told: Vec<_> = reversal.writes.iter().map(|it| format!("{} {}", it.layer, it.path)).collect();
    assert_eq!(told, ["base database.password", "base region", "site database.pool_size", "runtime debug"]);
    assert!(reversal.out_of_reach.is_empty() && reversal.secrets.is_empty());
    let plan = application.plan(reversal.writes).await.unwrap_or_else(|error| panic!("{error}"));
    application.apply(&plan).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(files.text("site.toml"), "[database]\npool_size = 20\n");
    assert_eq!(application.get::<String>("database.password").unwrap(), "planted-one");
    let versions = application.versions();
    assert_eq!(versions.first().unwrap().hash(), versions.last().unwrap().hash());
    assert!(application.revert(1).await.ok().unwrap().writes.is_empty(), "there is nothing left to do");
    let told = application.revert(77).await.err().unwrap().to_string();
    assert_eq!(told, "version 77 is not kept; there are 1 to 6");
}

#[tokio::test]
async fn a_revert_tells_what_it_cannot_put_back() {
    let mut files = Files::new();
    files.application =
        files.application.replace("kind = \"environment\"", "kind = \"environment\"\npriority = 70");
    files.write("extra", "one");
    let extra = files.at("extra").display().to_string();
    files.variables.push(("APP_EXTRA_FILE", extra));
    let application = files.open().await;
    files.write("extra", "two");
    application.reload(Some("environment")).await.unwrap();
    assert_eq!(application.get::<String>("extra").unwrap(), "two");
    let reversal = application.revert(1).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(reversal.writes.is_empty());
    assert_eq!(reversal.out_of_reach, [LayerPath { layer: "environment".into(), path: path("extra") }]);
}

#[tokio::test]
async fn a_version_of_an_earlier_process_is_put_back_without_its_secrets() {
    let mut files = Files::new();
    files.application = format!("state = \"state\"\n{}", files.application);
    let first = files.open().await;
    first.shutdown().await;
    files.write("site.toml", "[database]\npool_size = 40\n");
    files.write("base.yaml", &BASE.replace("planted-one", "planted-two"));
    let second = files.open().await;
    assert_eq!(second.version().number(), 2);
    let reversal = second.revert(1).await.unwrap_or_else(|error| panic!("{error}"));
    let told: Vec<_> = reversal.writes.iter().map(|it| format!("{} {}", it.layer, it.path)).collect();
    assert_eq!(told, ["site database.pool_size"]);
    assert_eq!(reversal.secrets, [LayerPath { layer: "base".into(), path: path("database.password") }]);
    let plan = second.plan(reversal.writes).await.unwrap_or_else(|error| panic!("{error}"));
    second.apply(&plan).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(second.get::<u16>("database.pool_size").unwrap(), 20);
    assert_eq!(second.get::<String>("database.password").unwrap(), "planted-two", "it stays as it is");
}
