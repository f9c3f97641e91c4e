//! Values that may be secrets, planted in every layer: in no error, no `Debug` form, no log line and no
//! version on disk.

use std::fs;
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Mutex;

use confdeck::application::{Application, ApplicationSpec, ReloadReport};
use confdeck::provider::env::EnvVariables;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::etcd::Root;
use super::http::{Answer, HttpServer};
use super::running::*;
use super::support::planted::{DISGUISES, MARK};
use super::*;

/// What confdeck has logged in this process, whichever test was the cause.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn search(what: &str, text: &str) {
    let found = [MARK].iter().chain(&DISGUISES).any(|mark| text.contains(mark));
    assert!(!found, "{what}: {}", text.replace(MARK, "planted_"));
}

const APPLICATION: &str = r#"
name = "secrets"
state = "state"
[[layers]]
kind = "file"
path = "app.json"
debounce = "20ms"
[[layers]]
kind = "file"
path = "app.yaml"
debounce = "20ms"
[[layers]]
kind = "file"
path = "app.toml.toml"
debounce = "20ms"
[[layers]]
kind = "file"
path = ".env"
debounce = "20ms"
[[layers]]
kind = "environment"
prefix = "APP_"
[[layers]]
kind = "etcd"
root = "ROOT"
host = "http://ETCD"
[[layers]]
kind = "http"
url = "http://planted-user:planted-pass@HTTP/app.json?key=planted-query"
headers = { Authorization = "Bearer ${HTTP_TOKEN}" }
refresh = "1s"
[[layers]]
kind = "arguments"
[[layers]]
kind = "runtime"
path = "runtime.json"
[settings.dsn]
type = "url"
secret = true
etcd = "Dsn"
[settings.port]
type = "integer"
default = 1
max = 65535
etcd = "Port"
env = "PORT"
[settings.level]
allowed = ["info", "planted-allowed"]
secret = true
default = "info"
etcd = "Level"
[settings.when]
type = "duration"
[settings.name]
pattern = "^[a-z-]*$"
min_length = 3
[[rules]]
id = "no-root"
when = 'dsn != null && dsn.contains("root") || port == 13'
message = "not as root, and not on 13"
"#;

fn report(report: &ReloadReport) -> String {
    format!("{report:?}")
}

/// Waits until what is in etcd is refused, or is not.
async fn is_refused(application: &Application, wanted: bool) {
    let faults = || {
        application
            .sources()
            .into_iter()
            .filter(|layer| *layer.name == *"etcd")
            .any(|it| !it.faults.is_empty())
    };
    while faults() != wanted {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What a program that reads other types than there are is told.
fn misread(application: &Application) -> String {
    let mut told = String::new();
    for value in application.version().iter() {
        let name = value.path().to_string();
        for error in [
            application.get::<u8>(&name).err(),
            application.get::<IpAddr>(&name).err(),
            application.get::<Vec<u8>>(&name).err(),
            application.section::<BTreeMap<String, i8>>(&name).err(),
        ]
        .into_iter()
        .flatten()
        {
            told += &format!("{error}\n{error:?}\n");
        }
    }
    told
}

fn on_disk(folder: &std::path::Path) -> String {
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    files.map(|path| format!("{}\n{}\n", path.display(), fs::read_to_string(&path).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_any_layer_is_in_an_error_a_debug_form_a_log_or_a_version_on_disk() {
    // Another test may have been first: then there is nothing to search, and the search says so.
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| LogWriter);
    let of_confdeck = Targets::new().with_target("confdeck", LevelFilter::TRACE);
    tracing_subscriber::registry().with(of_confdeck).with(lines).try_init().unwrap();

    let mut root = Root::new().await;
    let server = HttpServer::start(Answer::json(r#"{"h": {"password": "planted-http"}}"#)).await;
    let application = APPLICATION
        .replace("ROOT", &root.root)
        .replace("ETCD", &root.server.address())
        .replace("HTTP/", &server.url("/").replace("http://", ""));
    let app = AppFolder::new(&application);
    app.write("app.json", r#"{"j": {"password": "planted-json", "list": ["open"]}}"#);
    app.write("app.yaml", "y:\n  api_key: planted-yaml\n");
    app.write("app.toml.toml", "[t]\ntoken = \"planted-toml\"\n");
    app.write(".env", "APP_E__SECRET_KEY=planted-dotenv\n");
    app.write("file", "planted-named\n");
    app.write("runtime.json", r#"{"r": {"secret": "planted-runtime"}}"#);
    root.put("/Dsn", "https://planted-user:planted-pass@db/app").await;
    let named = app.folder.path().join("file").display().to_string();
    let variables = [
        ("APP_V__TOKEN", "planted-variable"),
        ("APP_W__PASSWORD_FILE", named.as_str()),
        ("HTTP_TOKEN", "planted-header"),
    ];
    let options = AppFolder::options(&variables).arguments(vec!["a.password=planted-argument".into()]);
    let running = app.open_with(options.clone()).await;
    for name in ["j", "y", "t", "e", "h", "r", "v", "w", "a"] {
        let section: BTreeMap<String, Value> = running.section(name).unwrap();
        assert!(format!("{section:?}").contains(MARK), "{name} is loaded");
    }
    // All of them masked, but for what neither its name nor its look tells.
    let version = running.version();
    let open = version.iter().filter(|it| !it.is_secret()).map(|it| it.path().to_string());
    assert_eq!(open.collect::<Vec<_>>(), ["j.list", "port"]);

    let mut told = told(&running) + &misread(&running);
    running.shutdown().await;
    let disk = on_disk(&app.folder.path().join("state"));
    assert!(disk.contains("versions.json") && disk.contains("port"), "it is kept: {disk}");
    search("on disk", &disk);
    let running = app.open_with(options.clone()).await;

    // Each layer with what it cannot be read with, what does not fit, and what contradicts itself.
    for (name, texts) in [
        (
            "app.json",
            ["{\"port\": \"planted-port\"}", "{\"x\": planted-bare}", "{\"a\": 1, \"a\": \"planted-twice\"}"],
        ),
        ("app.yaml", ["when: planted-when\n", "a: [planted-open\n", "a: ${PLANTED_UNSET}planted-rest\n"]),
        ("app.toml.toml", ["level = \"planted-level\"\n", "a = planted-bare\n", "a = 1\na = \"planted\"\n"]),
        (".env", ["APP_NAME=Planted-planted-\n", "planted-line-without-equals\n", "APP_A='planted-open\n"]),
        (
            "runtime.json",
            [
                "{\"port\": 13, \"name\": \"planted-p\"}",
                "[\"planted-list\"]",
                "{\"dsn\": {\"x\": \"planted-section\"}}",
            ],
        ),
    ] {
        let before = fs::read_to_string(app.folder.path().join(name)).unwrap();
        for text in texts {
            app.write(name, text);
            told += &report(&running.reload(None).await.unwrap());
            told += &self::told(&running);
            let error = app.try_open(options.clone()).await.err();
            error.iter().for_each(|error| told += &format!("{error}\n{error:?}\n"));
        }
        app.write(name, &before);
    }
    for (key, text) in [
        ("Port", "planted-port"),
        ("Level", "planted-level"),
        ("Dsn", "planted no url"),
        ("Dsn", "https://root:planted-pass@db"),
    ] {
        root.put(&format!("/{key}"), text).await;
        told += &report(&running.reload(Some("etcd")).await.unwrap());
        // The watch may not have told it yet.
        within("it is refused", is_refused(&running, true)).await;
        told += &self::told(&running);
        let ladder = running.explain(&path(&key.to_lowercase())).ladder;
        ladder.iter().for_each(|step| told += &format!("{:?} {:?}\n", step.origin, step.fault));
        root.delete(&format!("/{key}")).await;
        within("it is accepted again", is_refused(&running, false)).await;
    }
    for answer in [
        Answer::status(500),
        Answer::json("{\"planted\": planted-bare}"),
        Answer::json("[\"planted-list\"]"),
        Answer::status(302)
            .with("location", "http://planted-user:planted-pass@other.example/planted-path?planted-query"),
    ] {
        server.says(answer);
        told += &report(&running.reload(Some("http")).await.unwrap());
        told += &self::told(&running);
    }
    for arguments in ["planted-argument", "=planted", "port=planted-port", "a..b=planted-value"] {
        let options = AppFolder::options(&variables).arguments(vec![arguments.into()]);
        let error = app.try_open(options).await.err().unwrap_or_else(|| panic!("{}", arguments.len()));
        told += &format!("{error}\n{error:?}\n");
    }
    let with = [&variables[..], &[("PORT", "planted-port")]].concat();
    told += &app.refused(&with).await;

    // Credentials that are written where they should not be, by rule and place.
    let file = "name = \"x\"\n[settings.api_key]\ndefault = \"planted-Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB\"\n";
    let spec = ApplicationSpec::parse("x.toml".as_ref(), file, &EnvVariables::of::<&str, &str>([])).unwrap();
    let found = spec.hardcoded_credentials(&[]);
    assert_eq!(found.len(), 1);
    told += &format!("{found:?}");
    for said in
        ["it must be a whole number", "/Port at ", "app.yaml:1:", "500", "it redirects", "rule no-root"]
    {
        assert!(told.contains(said), "never said: {said}");
    }
    search("told", &told);
    running.shutdown().await;
    search("on disk", &on_disk(&app.folder.path().join("state")));
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    assert!(log.contains("settings are not put in force: "), "it is logged");
    assert!(log.contains("could not be loaded: "), "it is logged");
    search("logged", &log);
}
