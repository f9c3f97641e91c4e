//! Which etcd a layer of an application file reads: its own, that of system B's variables, that of the
//! context.

use confdeck::application::{EtcdShape, EtcdSource};
use confdeck::provider::env::EnvVariables;
use confdeck::provider::etcd::{EtcdSettings, KeyLayout};
use zeroize::Zeroizing;

use super::etcd::{CONTROL_UNIT, Root};
use super::support::etcd::certs::{Authority, Valid};
use super::support::etcd::{Guarded, Launch, Tls, settings_at};
use super::*;

fn open(
    root: &str,
    host: Option<&str>,
    variables: &[(&'static str, &str)],
    context: Option<&EtcdSettings>,
) -> Result<EtcdSource, SourceError> {
    let kind = LayerKind::Etcd {
        host: host.map(str::to_owned),
        root: root.into(),
        shape: EtcdShape::KeyMap,
        username: None,
        password: None,
        ca_cert: None,
    };
    let variables = EnvVariables::of(variables.iter().copied());
    EtcdSource::of_layer(&layer(kind), &settings(&CONTROL_UNIT), &variables, context)
}

const NOWHERE: &str = "127.0.0.1:1";

#[tokio::test(flavor = "multi_thread")]
async fn the_layer_names_its_etcd_then_the_variables_of_system_b_then_the_context() {
    let mut root = Root::new().await;
    root.put("/LogLevel", "INFO").await;
    let (here, name) = (root.server.address(), root.root.clone());
    let (context, away) = (
        settings_at(&here, KeyLayout::Namespaced, "/cwm/"),
        settings_at(NOWHERE, KeyLayout::Namespaced, "/cwm/"),
    );
    let url = format!("http://{here}/");
    for source in [
        open(&name, Some(&url), &[("EtcdSettings__HostName", NOWHERE)], Some(&away)),
        open(&name, None, &[("EtcdSettings__HostName", &url)], Some(&away)),
        open(&name, Some(""), &[("EtcdSettings__HostName", "")], Some(&context)),
    ] {
        let layer = source.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(shown(&contents(&layer).await), json!({"log_level": "INFO"}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remedy_names_what_the_etcd_was_named_with() {
    let context = settings_at(NOWHERE, KeyLayout::Namespaced, "/cwm/");
    for (source, name) in [
        (open("/APPS", Some(NOWHERE), &[], Some(&context)), "check that it runs and the layer's host;"),
        (
            open("/APPS", None, &[("EtcdSettings__HostName", NOWHERE)], None),
            "runs and EtcdSettings__HostName;",
        ),
        (open("/APPS", None, &[], Some(&context)), "runs and ETCD_HOST;"),
    ] {
        let layer = source.unwrap_or_else(|error| panic!("{error}"));
        let said = refused_as(&layer, SourceFault::Unavailable).await;
        assert!(said.contains(name), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn use_local_config_asks_no_etcd_at_all() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let variables = [("USE_LOCAL_CONFIG", "true"), ("EtcdSettings__HostName", host.as_str())];
    let layer = open("/APPS/ControlUnit", None, &variables, None).unwrap_or_else(|error| panic!("{error}"));
    let loaded = contents(&layer).await;
    assert_eq!(shown(&loaded), json!({}));
    assert!(is_unchanged(&layer, &loaded.revision).await);
    let woken = tokio::time::timeout(Duration::from_millis(200), layer.changed()).await;
    assert!(woken.is_err() && listener.accept().is_err());
    assert_eq!(facts(&layer)["etcd"], "not asked: USE_LOCAL_CONFIG is on");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_https_host_name_turns_tls_on_and_the_ca_cert_path_is_trusted() {
    let authority = Authority::new();
    let pair = authority.server(&["localhost", "127.0.0.1"], Valid::Now);
    let tls = Tls::Files { cert: pair.cert, key: pair.key, client_ca: None };
    let server = Launch::default().tls(tls).start();
    let (host, ca) = (format!("https://{}", server.address()), authority.file());
    let named = [("EtcdSettings__HostName", host.as_str())];
    let layer = open("/APPS", None, &named, None).unwrap_or_else(|error| panic!("{error}"));
    let said = refused_as(&layer, SourceFault::Unavailable).await;
    assert!(said.contains("not signed by anybody trusted"), "{said}");
    let trusted = [named[0], ("EtcdSettings__CaCertPath", ca.to_str().unwrap())];
    let layer = open("/APPS", None, &trusted, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(shown(&contents(&layer).await), json!({}));
}

#[test]
fn what_cannot_be_reached_is_refused_with_the_place_in_the_application_file() {
    let open = |host: Option<&str>, variables: &[(&'static str, &str)]| {
        let said = open("/APPS", host, variables, None).err().unwrap().to_string();
        assert_says_no_secret(&said);
        said
    };
    let said = open(None, &[]);
    assert!(said.starts_with("app.toml:3:1: layer remote: it names no etcd"), "{said}");
    let said = open(Some("https://user:planted-x@etcd"), &[]);
    assert!(said.contains("set username and password of the layer"), "{said}");
    assert!(open(Some("etcd:99999"), &[]).contains("is not a port"));
    let user = [("EtcdSettings__HostName", "etcd"), ("EtcdSettings__UserName", "ann")];
    assert!(open(None, &user).contains("set password too"));
    let password = [("EtcdSettings__HostName", "etcd"), ("EtcdSettings__Password", "planted-x")];
    assert!(open(None, &password).contains("set username too"));
    assert!(open(None, &[("USE_LOCAL_CONFIG", "planted-x")]).starts_with("USE_LOCAL_CONFIG: "));
}

/// A password goes to no other etcd than it was named with.
#[tokio::test(flavor = "multi_thread")]
async fn the_user_of_the_variables_is_not_sent_to_the_host_of_the_layer() {
    let etcd = Guarded::start();
    etcd.root(&["put", "/APPS/LogLevel", "INFO"]);
    let host = etcd.server.address();
    let user = [("EtcdSettings__UserName", "root"), ("EtcdSettings__Password", "rootpw")];
    let layer = open("/APPS", Some(&host), &user, None).unwrap_or_else(|error| panic!("{error}"));
    let said = refused_as(&layer, SourceFault::Unavailable).await;
    let remedy = "asks for a user: set the layer's username and the layer's password";
    assert!(said.contains(remedy), "{said}");
    let named = [user[0], user[1], ("EtcdSettings__HostName", host.as_str())];
    let layer = open("/APPS", None, &named, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(shown(&contents(&layer).await), json!({"log_level": "INFO"}));
    let kind = LayerKind::Etcd {
        host: Some(host),
        root: "/APPS".into(),
        shape: EtcdShape::KeyMap,
        username: Some("root".into()),
        password: Some(Zeroizing::new("planted-x".into())),
        ca_cert: None,
    };
    let none = EnvVariables::of::<&str, &str>([]);
    let source = EtcdSource::of_layer(&super::layer(kind), &settings(&CONTROL_UNIT), &none, None);
    let said = refused_as(&source.unwrap_or_else(|error| panic!("{error}")), SourceFault::Unavailable).await;
    assert!(said.contains("refuses this user name and password"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_name_without_a_port_is_that_of_etcd() {
    // Of this machine alone, and nobody listens there.
    let host = "http://127.0.0.99";
    let error = refused_as(&open("/APPS", Some(host), &[], None).unwrap(), SourceFault::Unavailable).await;
    assert!(error.contains("127.0.0.99:2379"), "{error}");
}
