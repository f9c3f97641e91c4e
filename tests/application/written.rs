//! Writes through a running application whose layers are a file, a real etcd, and one process beside another.

use confdeck::application::{Application, LayerWriteFault, OpenOptions, SettingValue, SettingWriteError};
use confdeck::provider::env::EnvVariables;

use super::etcd::Root;
use super::*;

const SETTINGS: &str = "[settings.\"database.pool_size\"]\ntype = \"integer\"\netcd = \"Database/PoolSize\"\nmin = 1\n\
    [settings.\"database.timeout\"]\ntype = \"duration\"\netcd = \"Database/Timeout\"\n\
    [settings.level]\ndefault = \"INFO\"\n";

async fn open(root: &Root, folder: &std::path::Path) -> Application {
    let file = folder.join("billing.toml");
    let host = format!("http://{}", root.server.address());
    let text = format!(
        "name = \"billing\"\n[[layers]]\nkind = \"file\"\npath = \"base.toml\"\n[[layers]]\nkind = \"etcd\"\n\
         host = \"{host}\"\n{SETTINGS}"
    );
    std::fs::write(&file, text).unwrap();
    // The file names no root.
    let variables = EnvVariables::of([("EtcdSettings__RootKey", root.root.as_str())]);
    let options = OpenOptions::new().variables(Arc::new(variables));
    options.open(&file).await.unwrap_or_else(|error| panic!("{error}"))
}

fn some(value: Value) -> Option<SettingValue> {
    Some(SettingValue::new(value))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_written_into_etcd_where_that_wins_and_is_removed_to_what_it_hid() {
    let mut root = Root::new().await;
    root.put("/Database/PoolSize", "10").await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("base.toml"), "[database]\npool_size = 3\n").unwrap();
    let application = open(&root, folder.path()).await;
    let pool = path("database.pool_size");

    application.set(&pool, some(json!("20")), None).await.unwrap();
    assert_eq!(root.get("/Database/PoolSize").await.as_deref(), Some("20"));
    assert_eq!(application.get::<u16>("database.pool_size").unwrap(), 20, "at once");
    application.set(&path("database.timeout"), some(json!("90s")), None).await.unwrap();
    assert_eq!(root.get("/Database/Timeout").await.as_deref(), Some("90s"));
    // Without a key in etcd it goes to the next layer that can have it.
    application.set(&path("level"), some(json!("DEBUG")), None).await.unwrap();
    let text = std::fs::read_to_string(folder.path().join("base.toml")).unwrap();
    assert!(text.contains("level = \"DEBUG\"") && text.contains("pool_size = 3"), "{text}");

    application.set(&pool, None, None).await.unwrap();
    assert_eq!(root.get("/Database/PoolSize").await, None);
    assert_eq!(application.get::<u16>("database.pool_size").unwrap(), 3);

    let reversal = application.revert(1).await.unwrap_or_else(|error| panic!("{error}"));
    let plan = application.plan(reversal.writes).await.unwrap_or_else(|error| panic!("{error}"));
    application.apply(&plan).await.unwrap();
    assert_eq!(root.get("/Database/PoolSize").await.as_deref(), Some("10"));
    assert_eq!(root.get("/Database/Timeout").await, None);
    assert_eq!(application.get::<String>("level").unwrap(), "INFO");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_plan_from_one_revision_one_writes_and_the_other_is_told() {
    let mut root = Root::new().await;
    root.put("/Database/PoolSize", "10").await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("base.toml"), "").unwrap();
    let (one, other) = (open(&root, folder.path()).await, open(&root, folder.path()).await);
    let pool = path("database.pool_size");
    let plan = async |application: &Application, size| {
        let plan = application.plan_set(&pool, some(json!(size)), None).await;
        plan.unwrap_or_else(|error| panic!("{error}"))
    };
    let (first, second) = (plan(&one, 20).await, plan(&other, 30).await);
    one.apply(&first).await.unwrap();
    let error = other.apply(&second).await.unwrap_err();
    let SettingWriteError::Layer { layer, error } = &error else { panic!("{error}") };
    assert_eq!((&**layer, error.fault), ("etcd", LayerWriteFault::Conflict));
    assert_eq!(root.get("/Database/PoolSize").await.as_deref(), Some("20"));
    // It has been loaded meanwhile, so that what is planned now can be done.
    within("the other process follows", async {
        while other.get::<u16>("database.pool_size").unwrap() != 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let third = plan(&other, 30).await;
    other.apply(&third).await.unwrap();
    assert_eq!(root.get("/Database/PoolSize").await.as_deref(), Some("30"));
}
