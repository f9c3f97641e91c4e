//! A real OpenBao: started on free loopback ports in a folder of its own, set up, sealed, stopped.
//!
//! `Bao::dev()` is unsealed, in memory, with KV 2 at `secret/`; `Bao::on_disk(…)` has raft storage and
//! survives `stop` and `restart`. Each writes an audit log, which `audit()` reads. Tests whose server
//! changes (seals, stops, freezes) need one of their own; the others may share `Bao::shared()`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::etcd::certs::Pair;
use super::etcd::{data_folder, fetch, free_port};
use super::http;
use super::planted::{MARK, assert_all};
use super::process::{PATIENCE, Process};

/// One server; it ends when this is dropped.
pub struct Bao {
    process: Mutex<Option<Process>>,
    kind: Kind,
    folder: tempfile::TempDir,
    /// Plain HTTP, for the test itself whatever the clients speak.
    port: u16,
    tls_port: u16,
    keys: Mutex<Keys>,
}

#[derive(Clone)]
enum Kind {
    Dev,
    /// With raft storage, and a listener with this certificate where there is one.
    OnDisk(Option<Pair>),
}

/// The root token of a server in dev mode.
const ROOT: &str = "planted-root-token";

#[derive(Clone, Default)]
struct Keys {
    root: String,
    unseal: String,
}

/// The `bao` of `BAO_BIN`, else the pinned one, fetched once.
pub fn program() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| match std::env::var_os("BAO_BIN") {
        Some(own) => own.into(),
        None => fetch("bao").join("bao"),
    })
}

impl Bao {
    /// In memory, unsealed, with KV 2 at `secret/`.
    pub fn dev() -> Self {
        let bao = Self::launch(Kind::Dev);
        bao.keys().root = ROOT.into();
        bao.wait(|status| status == 200);
        // The engine of a fresh server is still being upgraded for a moment.
        bao.until("the engine at secret/", || bao.root("GET", "secret/config", &Value::Null).0 == 200);
        bao
    }

    /// With raft storage, initialised and unsealed, without any engine.
    pub fn on_disk(tls: Option<Pair>) -> Self {
        let bao = Self::launch(Kind::OnDisk(tls));
        let (_, made) = bao.call("", "PUT", "sys/init", &json!({"secret_shares": 1, "secret_threshold": 1}));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        *bao.keys() = Keys { root: text(&made["root_token"]), unseal: text(&made["keys"][0]) };
        bao.unseal();
        bao
    }

    /// The one that the tests of one program share while any of them runs.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Bao>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let bao = Arc::new(Self::dev());
            *shared = Arc::downgrade(&bao);
            bao
        })
    }

    /// A port that somebody took meanwhile is no failure.
    fn launch(kind: Kind) -> Self {
        for _ in 0..5 {
            let bao = Self {
                process: Mutex::new(None),
                kind: kind.clone(),
                folder: data_folder(),
                port: free_port(),
                tls_port: free_port(),
                keys: Mutex::default(),
            };
            bao.spawn();
            if bao.answers() {
                return bao;
            }
        }
        panic!("OpenBao did not start five times in a row");
    }

    fn spawn(&self) {
        let folder = self.folder.path();
        std::fs::create_dir_all(folder.join("raft")).unwrap();
        let config = folder.join("config.hcl");
        std::fs::write(&config, self.config()).unwrap();
        let mut words = vec![program().display().to_string(), "server".into()];
        words.push(format!("-config={}", config.display()));
        if matches!(self.kind, Kind::Dev) {
            let dev = ["-dev", "-dev-no-store-token"];
            words.extend(dev.map(String::from));
            words.push(format!("-dev-root-token-id={ROOT}"));
            words.push(format!("-dev-listen-address=127.0.0.1:{}", self.port));
        }
        let home = BTreeMap::from([("HOME".to_owned(), folder.display().to_string())]);
        *self.process() = Some(Process::start(&words, &home, folder, folder.join("log")));
    }

    fn config(&self) -> String {
        let folder = self.folder.path().display();
        let audit =
            format!("audit \"file\" \"file\" {{\n  options {{ file_path = \"{folder}/audit.log\" }}\n}}\n");
        let Kind::OnDisk(tls) = &self.kind else { return audit };
        let listener = |port: u16, rest: String| {
            format!("listener \"tcp\" {{\n  address = \"127.0.0.1:{port}\"\n  {rest}\n}}\n")
        };
        let plain = listener(self.port, "tls_disable = true".into());
        let tls = tls.as_ref().map(|pair| {
            let (cert, key) = (pair.cert.display(), pair.key.display());
            listener(self.tls_port, format!("tls_cert_file = \"{cert}\"\n  tls_key_file = \"{key}\""))
        });
        format!(
            "storage \"raft\" {{\n  path = \"{folder}/raft\"\n  node_id = \"one\"\n}}\n\
             api_addr = \"http://127.0.0.1:{0}\"\ncluster_addr = \"http://127.0.0.1:{1}\"\n{plain}{2}{audit}",
            self.port,
            free_port(),
            tls.unwrap_or_default(),
        )
    }

    /// `false` if it ended by itself, as it does when a port is taken.
    fn answers(&self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if !self.process().as_mut().is_some_and(Process::runs) {
                return false;
            }
            if http::get(self.socket(), "/v1/sys/health").is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn process(&self) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it listens in plaintext.
    pub(super) fn socket(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// What `VAULT_ADDR` is set to: plain HTTP.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What `VAULT_ADDR` is set to for TLS.
    pub fn tls_address(&self) -> String {
        format!("https://127.0.0.1:{}", self.tls_port)
    }

    pub fn root_token(&self) -> String {
        self.keys().root.clone()
    }

    /// One request below `/v1/`; the status and the body, null where there is none.
    pub fn call(&self, token: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.call_in("", token, method, path, body)
    }

    /// The same in a namespace.
    pub fn call_in(
        &self,
        namespace: &str,
        token: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        assert_planted(path, body);
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let headers =
            [("X-Vault-Token", token), ("X-Vault-Namespace", namespace), ("X-Vault-Request", "true")];
        let headers: Vec<_> = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let answer = http::request(self.socket(), method, &format!("/v1/{path}"), &headers, &body);
        let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// One request as root.
    pub fn root(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.call(&self.root_token(), method, path, body)
    }

    /// The same; it must be done.
    #[track_caller]
    pub fn does(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.root(method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// Mounts a key-value engine of this version.
    pub fn mount(&self, path: &str, version: u8) {
        let options = json!({"type": "kv", "options": {"version": version.to_string()}});
        self.does("POST", &format!("sys/mounts/{path}"), &options);
        let probe = if version == 2 { format!("{path}/config") } else { format!("{path}/none") };
        self.until("a mount", || matches!(self.root("GET", &probe, &Value::Null).0, 200 | 404));
    }

    /// Writes a policy; what holds it holds to the new one at once.
    pub fn policy(&self, name: &str, rules: &str) {
        self.does("PUT", &format!("sys/policies/acl/{name}"), &json!({"policy": rules}));
    }

    /// A renewable token with these policies and this time to live, as in `1h`.
    pub fn token(&self, policies: &[&str], ttl: &str) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let id = format!("{MARK}token-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let wanted = json!({"id": id, "policies": policies, "ttl": ttl, "no_default_policy": true});
        let made = self.does("POST", "auth/token/create", &wanted);
        made["auth"]["client_token"].as_str().unwrap().to_owned()
    }

    pub fn revoke(&self, token: &str) {
        self.does("POST", "auth/token/revoke", &json!({"token": token}));
    }

    /// An AppRole; `settings` as its endpoint takes them. Answers role id and secret id.
    pub fn approle(&self, name: &str, settings: &Value) -> (String, String) {
        self.root("POST", "sys/auth/approle", &json!({"type": "approle"}));
        self.does("POST", &format!("auth/approle/role/{name}"), settings);
        let role = self.does("GET", &format!("auth/approle/role/{name}/role-id"), &Value::Null);
        (role["data"]["role_id"].as_str().unwrap().to_owned(), self.secret_id(name))
    }

    /// One more secret id of an AppRole.
    pub fn secret_id(&self, name: &str) -> String {
        let made = self.does("POST", &format!("auth/approle/role/{name}/secret-id"), &json!({}));
        made["data"]["secret_id"].as_str().unwrap().to_owned()
    }

    pub fn revoke_secret_id(&self, name: &str, secret: &str) {
        let path = format!("auth/approle/role/{name}/secret-id/destroy");
        self.does("POST", &path, &json!({"secret_id": secret}));
    }

    pub fn seal(&self) {
        self.does("PUT", "sys/seal", &Value::Null);
        self.wait(|status| status == 503);
    }

    /// Unseals it and waits until it serves.
    pub fn unseal(&self) {
        let key = self.keys().unseal.clone();
        self.call("", "PUT", "sys/unseal", &json!({"key": key}));
        self.wait(|status| status == 200);
    }

    /// It ends, and nothing listens any more.
    pub fn stop(&self) {
        *self.process() = None;
    }

    /// It comes back with the same data at the same address, sealed; in dev mode with nothing.
    pub fn restart(&self) {
        self.stop();
        for _ in 0..5 {
            self.spawn();
            if self.answers() {
                return;
            }
        }
        panic!("OpenBao did not come back on port {}", self.port);
    }

    /// It hangs: connections stay, nothing answers.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process().as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// The requests that its audit log tells of: operation and path, in their order.
    pub fn audit(&self) -> Vec<(String, String)> {
        let log = std::fs::read_to_string(self.folder.path().join("audit.log")).unwrap_or_default();
        let entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let requests = entries.filter(|entry| entry["type"] == "request");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        requests.map(|it| (text(&it["request"]["operation"]), text(&it["request"]["path"]))).collect()
    }

    /// Everything it printed.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn wait(&self, wanted: impl Fn(u16) -> bool) {
        let health = || http::get(self.socket(), "/v1/sys/health").is_ok_and(|answer| wanted(answer.status));
        self.until("sys/health", health);
    }

    fn until(&self, what: &str, done: impl Fn() -> bool) {
        let begun = Instant::now();
        while !done() {
            assert!(begun.elapsed() < PATIENCE, "no {what}: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Every text that goes into an engine carries the mark, so that it is recognised wherever it comes out.
#[track_caller]
fn assert_planted(path: &str, body: &Value) {
    let of_the_server = ["sys/", "auth/"].iter().any(|place| path.starts_with(place));
    let of_an_engine = ["/config", "/metadata/", "/delete/", "/undelete/", "/destroy/"];
    if !of_the_server && !of_an_engine.iter().any(|place| path.contains(place)) {
        assert_all(body.get("data").unwrap_or(body));
    }
}

/// The policy that docs/secrets.md gives a viewer, for one engine.
pub(crate) fn viewer(mount: &str) -> String {
    format!(
        r#"
path "{mount}/metadata/*"       {{ capabilities = ["list", "read"] }}
path "{mount}/subkeys/*"        {{ capabilities = ["read"] }}
path "sys/capabilities-self"    {{ capabilities = ["update"] }}
path "auth/token/lookup-self"   {{ capabilities = ["read"] }}
path "auth/token/renew-self"    {{ capabilities = ["update"] }}
"#
    )
}
