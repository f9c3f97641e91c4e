//! Remote layers as an application file declares them, by `RemoteSources`.

use confdeck::application::{
    ApplicationSpec, EtcdShape, FileFormat, RemoteLayer, RemoteSources, SettingValue,
};
use confdeck::provider::env::EnvVariables;
use confdeck::provider::etcd::KeyLayout;
use zeroize::Zeroizing;

use super::etcd::{CONTROL_UNIT, Root};
use super::http::{Answer, HttpServer};
use super::support::etcd::settings_at;
use super::*;

fn application(layers: Vec<LayerSpec>) -> ApplicationSpec {
    ApplicationSpec {
        name: "billing".into(),
        folder: PathBuf::from("."),
        layers,
        settings: settings(&CONTROL_UNIT),
        ..ApplicationSpec::default()
    }
}

fn etcd(host: Option<String>, root: &str) -> LayerKind {
    LayerKind::Etcd {
        host,
        root: root.into(),
        shape: EtcdShape::KeyMap,
        username: None,
        password: None,
        ca_cert: None,
    }
}

fn http(url: String) -> LayerKind {
    let headers = vec![("X-Token".to_owned(), Zeroizing::new("planted-token".to_owned()))];
    LayerKind::Http {
        url,
        headers,
        timeout: Duration::from_secs(10),
        refresh: Duration::from_secs(30),
        ca_cert: None,
    }
}

fn open(sources: &RemoteSources, kind: LayerKind) -> RemoteLayer {
    let application = application(vec![layer(kind)]);
    match sources.open(&application, &application.layers[0]) {
        Ok(layer) => layer.expect("a remote layer"),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_remote_layer_is_opened_by_its_kind_and_local_ones_are_left_to_others() {
    let mut root = Root::new().await;
    root.put("/LogLevel", "INFO").await;
    let server = HttpServer::start(Answer::json(r#"{"log_level": "DEBUG"}"#)).await;
    let context = settings_at(&root.server.address(), KeyLayout::Namespaced, "/cwm/");
    let sources = RemoteSources::new(Arc::new(EnvVariables::of::<&str, &str>([]))).with_etcd(context);

    // One object reads and writes, so that a write is judged by what was read.
    let of_etcd = open(&sources, etcd(None, &root.root));
    let Ok(Load::Contents(read)) = of_etcd.source.load(None).await else { panic!("not loaded") };
    assert_eq!(shown(&read), json!({"log_level": "INFO"}));
    let writer = of_etcd.writer.unwrap();
    let value = SettingValue::new(json!(5));
    writer.write(&path("database.pool_size"), Some(&value), &read.revision).await.unwrap();
    assert_eq!(root.get("/Database/PoolSize").await.as_deref(), Some("5"));

    let of_http = open(&sources, http(server.url("/app.json")));
    assert!(of_http.writer.is_none());
    let Ok(Load::Contents(read)) = of_http.source.load(None).await else { panic!("not loaded") };
    assert_eq!(shown(&read), json!({"log_level": "DEBUG"}));

    let file = LayerKind::File {
        path: "app.json".into(),
        format: FileFormat::Json,
        variables: Vec::new(),
        watch: true,
        debounce: std::time::Duration::ZERO,
    };
    for kind in [LayerKind::Defaults, LayerKind::Arguments, file] {
        let application = application(vec![layer(kind)]);
        assert!(sources.open(&application, &application.layers[0]).is_ok_and(|layer| layer.is_none()));
    }
}

#[test]
fn opening_asks_nobody_and_needs_no_runtime() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let sources = RemoteSources::new(Arc::new(EnvVariables::of::<&str, &str>([])));
    let layers = [
        open(&sources, etcd(Some(address.clone()), "/APPS")),
        open(&sources, http(format!("http://{address}/"))),
    ];
    layers.iter().for_each(|layer| assert!(!layer.source.facts().is_empty()));
    drop(layers);
    assert!(listener.accept().is_err());
}
