//! How long after a change is visible to a layer every subscriber has it, over all kinds of layers at once:
//! with `CONFDECK_LONG` many times, and told. Only what arrives is asserted, not when.

use std::fmt;
use std::time::Instant;

use confdeck::application::{Application, SettingUpdate};
use tokio::sync::mpsc;

use super::etcd::Root;
use super::http::{Answer, HttpServer};
use super::running::*;
use super::*;

const SUBSCRIBERS: usize = 8;

/// How long the file rests before it is read.
const DEBOUNCE: Duration = Duration::from_millis(50);

/// How long other files rest, for which an application file says nothing.
const GATHER: Duration = Duration::from_millis(100);

fn is_long() -> bool {
    std::env::var_os("CONFDECK_LONG").is_some()
}

/// Times of one kind of layer, in order.
struct Times(Vec<Duration>);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |part: usize| self.0[(self.0.len() - 1) * part / 100].as_secs_f64() * 1_000.0;
        write!(f, "median {:.1} ms, 95 % {:.1} ms, most {:.1} ms", at(50), at(95), at(100))
    }
}

struct World {
    app: AppFolder,
    application: Application,
    root: Root,
    http: HttpServer,
    arrived: mpsc::Receiver<(Instant, u64, [u64; 2])>,
}

/// The pairs that each layer changes together: half of one is never seen.
fn pair(update: &SettingUpdate, layer: &str) -> [u64; 2] {
    ["one", "two"].map(|name| update.version.get(&format!("{layer}.{name}")).unwrap())
}

impl World {
    /// With so many settings besides.
    async fn new(settings: usize) -> Self {
        let mut root = Root::new().await;
        let http = HttpServer::start(Answer::json(r#"{"http": {"one": 0, "two": 0}}"#)).await;
        let application = format!(
            r#"
            name = "latency"
            [[layers]]
            kind = "file"
            path = "many.json"
            [[layers]]
            kind = "file"
            path = "app.yaml"
            debounce = "{}ms"
            [[layers]]
            kind = "environment"
            prefix = "APP_"
            [[layers]]
            kind = "etcd"
            root = "{}"
            shape = "tree"
            host = "http://{}"
            [[layers]]
            kind = "http"
            url = "{}"
            refresh = "100ms"
            [[layers]]
            kind = "runtime"
            path = "runtime.json"
            "#,
            DEBOUNCE.as_millis(),
            root.root,
            root.server.address(),
            http.url("/app.json"),
        );
        let app = AppFolder::new(&application);
        let many = (0..settings).map(|at| (format!("s{}", at / 100), format!("n{at}"), at));
        let mut tree = serde_json::Map::new();
        for (section, name, at) in many {
            let section = tree.entry(section).or_insert_with(|| json!({}));
            section[name] = at.into();
        }
        app.write("many.json", &Value::Object(tree).to_string());
        app.write("app.yaml", "file: {one: 0, two: 0}\n");
        app.write("runtime.json", r#"{"runtime": {"one": 0, "two": 0}}"#);
        app.write("named", r#"{"one": 0, "two": 0}"#);
        put(&mut root, 0).await;
        let named = app.folder.path().join("named").display().to_string();
        let application = app.open(&[("APP_VARIABLE_FILE", &named)]).await;
        let (sender, arrived) = mpsc::channel(1024);
        for _ in 0..SUBSCRIBERS {
            let (mut updates, sender) = (application.subscribe(), sender.clone());
            tokio::spawn(async move {
                while let Some(update) = updates.next().await {
                    let at = Instant::now();
                    let layer = update.changes[0].path.names().next().unwrap().to_owned();
                    let sent = (at, update.version.number(), pair(&update, &layer));
                    if sender.send(sent).await.is_err() {
                        return;
                    }
                }
            });
        }
        Self { app, application, root, http, arrived }
    }

    /// When the last subscriber had it, after a change to these values.
    async fn last(&mut self, value: u64) -> Instant {
        let mut last = None;
        for _ in 0..SUBSCRIBERS {
            let (at, _, pair) = within("every subscriber", self.arrived.recv()).await.unwrap();
            assert_eq!(pair, [value, value], "all or nothing");
            last = last.max(Some(at));
        }
        last.unwrap()
    }
}

/// Both keys in one transaction.
async fn put(root: &mut Root, value: u64) -> Instant {
    use etcd_client::{Txn, TxnOp};
    let puts =
        ["one", "two"].map(|name| TxnOp::put(format!("{}/etcd/{name}", root.root), value.to_string(), None));
    root.client.txn(Txn::new().and_then(puts)).await.unwrap();
    Instant::now()
}

/// One change in each kind of layer, `rounds` times.
async fn measured(settings: usize, rounds: u64) -> Vec<(&'static str, Times)> {
    let mut world = World::new(settings).await;
    let versions = world.application.version().number();
    let mut times: BTreeMap<&'static str, Vec<Duration>> = BTreeMap::new();
    for value in 1..=rounds {
        let text = format!(r#"{{"one": {value}, "two": {value}}}"#);
        for (kind, name, text, rest) in [
            ("file, after its debounce", "app.yaml", format!("file: {text}\n"), DEBOUNCE),
            ("runtime, after its debounce", "runtime.json", format!(r#"{{"runtime": {text}}}"#), GATHER),
            ("file of a variable, after its debounce", "named", text.clone(), GATHER),
        ] {
            world.app.write(name, &text);
            let visible = Instant::now();
            let took = world.last(value).await.duration_since(visible);
            times.entry(kind).or_default().push(took.saturating_sub(rest));
        }
        let visible = put(&mut world.root, value).await;
        let took = world.last(value).await.saturating_duration_since(visible);
        times.entry("etcd, after the answer to the put").or_default().push(took);
        world.http.says(Answer::json(&format!(r#"{{"http": {text}}}"#)));
        let last = world.last(value).await;
        // Nobody was asked in between: it was the last answer that had it.
        let visible = world.http.last_asked_before(last);
        times.entry("http, after the request").or_default().push(last.duration_since(visible));
    }
    assert_eq!(world.application.version().number(), versions + 5 * rounds, "each change is one version");
    assert!(world.arrived.try_recv().is_err(), "and arrives once");
    times.values_mut().for_each(|times| times.sort());
    times.into_iter().map(|(kind, times)| (kind, Times(times))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_in_any_layer_reaches_every_subscriber_once_and_whole() {
    let cases: &[(usize, u64)] = if is_long() { &[(10, 100), (10_000, 20)] } else { &[(10, 2)] };
    for (settings, rounds) in cases {
        for (kind, times) in measured(*settings, *rounds).await {
            if is_long() {
                println!("{settings} settings, {SUBSCRIBERS} subscribers, {rounds} changes: {kind}: {times}");
            }
        }
    }
}
