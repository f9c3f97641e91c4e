//! A real etcd: started on free loopback ports in a folder of its own, stopped, killed, brought back.

pub mod certs;
mod cluster;
mod gate;
mod guarded;
mod late;
mod launch;
mod mute;
mod proxy;
mod snip;
pub mod storm;

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use confdeck::provider::etcd::{Endpoint, EtcdProvider, EtcdSettings, KeyLayout, Prefix};

pub use cluster::Cluster;
pub use gate::{Bandwidth, Gate};
pub use guarded::Guarded;
pub use late::Late;
pub use launch::{Launch, Tls, binaries, etcd34, etcdctl};
pub(crate) use launch::{data_folder, fetch};
pub use mute::Mute;
pub use proxy::Proxy;
pub use snip::Snip;

const START: Duration = Duration::from_secs(60);

/// One etcd server; it ends when this is dropped.
pub struct EtcdServer {
    process: Mutex<Process>,
    launch: Launch,
    data: tempfile::TempDir,
    ports: Ports,
}

/// Where one server listens; `metrics` answers plain HTTP whatever the clients speak.
#[derive(Clone, Copy)]
struct Ports {
    client: u16,
    peer: u16,
    metrics: u16,
    tls: bool,
}

impl Ports {
    fn free(tls: bool) -> Self {
        let [client, peer, metrics] = [free_port(), free_port(), free_port()];
        Self { client, peer, metrics, tls }
    }

    fn scheme(self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }

    fn peer_url(self) -> String {
        format!("http://127.0.0.1:{}", self.peer)
    }
}

impl EtcdServer {
    /// Starts one and waits until it serves.
    pub fn start() -> Self {
        Launch::default().start()
    }

    /// A port that somebody took meanwhile is no failure.
    fn launch(launch: Launch) -> Self {
        for _ in 0..5 {
            let server = Self::spawn(launch.clone(), Ports::free(launch.speaks_tls()));
            if server.serves() {
                return server;
            }
        }
        panic!("etcd did not start five times in a row");
    }

    /// Starts one without waiting: a member of several serves only once most of them are there.
    fn spawn(launch: Launch, ports: Ports) -> Self {
        let data = launch::data_folder();
        let process = Mutex::new(Process::spawn(&launch, data.path(), ports));
        Self { process, launch, data, ports }
    }

    fn serves(&self) -> bool {
        self.lock().serves(self.ports)
    }

    /// Whether its process runs.
    pub fn is_up(&self) -> bool {
        self.lock().etcd.try_wait().unwrap().is_none()
    }

    /// Where it keeps its data and whatever a test puts beside them.
    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    /// The certificate that a TLS server made for itself.
    pub fn certificate(&self) -> PathBuf {
        self.data.path().join("data/fixtures/client/cert.pem")
    }

    /// The server that the tests of one binary share, while any of them runs. What concerns the whole of
    /// it (a compaction, authentication, a count of leases) needs a server to itself.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<EtcdServer>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start());
            *shared = Arc::downgrade(&server);
            server
        })
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.client)
    }

    pub fn settings(&self, layout: KeyLayout, prefix: &str) -> EtcdSettings {
        settings_at(&self.address(), layout, prefix)
    }

    pub fn provider(&self, prefix: &str) -> EtcdProvider {
        EtcdProvider::new(self.settings(KeyLayout::Namespaced, prefix))
    }

    /// A client that is not ours, for what others do to the store.
    pub async fn client(&self) -> etcd_client::Client {
        etcd_client::Client::connect([self.address()], None).await.unwrap()
    }

    /// Runs etcdctl against it.
    pub fn etcdctl(&self, arguments: &[&str]) -> Output {
        Command::new(etcdctl())
            .env("ETCDCTL_API", "3")
            .arg(format!("--endpoints={}", self.address()))
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Fills its database, whose quota is small, until it raises the alarm: one key again and again, whose
    /// history stays.
    pub fn fill_up(&self, key: &str) {
        let value = "x".repeat(60_000);
        let refusal = |_| String::from_utf8(self.etcdctl(&["put", key, &value]).stderr).unwrap();
        let full = (0..200).map(refusal).any(|told| told.contains("database space exceeded"));
        assert!(full, "the quota was never met");
        // A member that refuses for want of space asks for the alarm afterwards, and takes what is small until then.
        let is_raised = |_| {
            std::thread::sleep(Duration::from_millis(20));
            String::from_utf8(self.etcdctl(&["alarm", "list"]).stdout).unwrap().contains("NOSPACE")
        };
        assert!((0..500).any(is_raised), "the alarm was never raised");
    }

    /// Puts a key of any bytes.
    pub fn put_bytes(&self, key: &[u8], value: &str) {
        let mut etcdctl = Command::new(etcdctl());
        etcdctl.env("ETCDCTL_API", "3").arg(format!("--endpoints={}", self.address())).arg("put");
        let output = etcdctl.arg(OsStr::from_bytes(key)).arg(value).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// A number from its `/metrics`; summed over labels.
    pub fn metric(&self, name: &str) -> f64 {
        let text = http_get(self.ports.metrics, "/metrics").unwrap_or_default();
        let of_name = |line: &&str| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{'))
        };
        let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
        text.lines().filter(of_name).filter_map(value).sum()
    }

    /// It hangs: connections stay, nothing answers. The signal is on its way when `kill` returns; a
    /// request could still slip in before the last thread has stopped.
    pub fn freeze(&self) {
        self.signal("-STOP");
        let tasks = format!("/proc/{}/task", self.lock().etcd.id());
        let stopped = |task: PathBuf| {
            let stat = std::fs::read_to_string(task.join("stat")).unwrap_or_default();
            stat.rsplit(") ").next().is_none_or(|rest| rest.starts_with('T'))
        };
        let begun = Instant::now();
        while let Ok(mut list) = std::fs::read_dir(&tasks) {
            if list.all(|task| task.is_ok_and(|task| stopped(task.path()))) {
                return;
            }
            assert!(begun.elapsed() < START, "etcd does not stop");
        }
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.lock().etcd.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// It dies without a word.
    pub fn kill(&self) {
        self.lock().end();
    }

    /// It comes back with the same data at the same address.
    pub fn restart(&self) {
        self.restart_on(self.data.path());
    }

    /// It comes back at the same address with nothing, as another cluster.
    pub fn replace(&self) {
        let other = self.data.path().join("another");
        self.restart_on(&other);
    }

    /// It comes back at the same address with the data that a folder holds, as `data` in it.
    pub fn restart_on(&self, data: &Path) {
        self.kill();
        for _ in 0..5 {
            let mut process = Process::spawn(&self.launch, data, self.ports);
            if process.serves(self.ports) {
                *self.lock() = process;
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("etcd did not come back on port {}", self.ports.client);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One run of etcd, and a guard that ends it should this test process die without a word.
struct Process {
    etcd: Child,
    guard: Child,
}

impl Process {
    fn spawn(launch: &Launch, data: &Path, ports: Ports) -> Self {
        let etcd = launch.command(data, ports).spawn().unwrap();
        // Its standard input closes with this process, however that ends.
        let guard = Command::new("sh")
            .args(["-c", "read -r _; kill -9 \"$1\"", "guard", &etcd.id().to_string()])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { etcd, guard }
    }

    /// `false` if it ended by itself, as it does when a port is taken.
    fn serves(&mut self, ports: Ports) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < START {
            if self.etcd.try_wait().unwrap().is_some() {
                return false;
            }
            if http_get(ports.metrics, "/health").is_some_and(|body| body.contains("true")) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn end(&mut self) {
        // The guard first: it must not outlive the number it would end.
        for child in [&mut self.guard, &mut self.etcd] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// What reaches a prefix by these hosts, through whatever stands before the server.
pub fn settings_at(hosts: &str, layout: KeyLayout, prefix: &str) -> EtcdSettings {
    let mut settings = EtcdSettings::new(Endpoint::parse(hosts, 2379).unwrap(), layout);
    settings.prefix = Prefix::new(prefix).unwrap();
    settings
}

/// A provider that reaches a prefix by these hosts.
pub fn provider_at(hosts: &str, prefix: &str) -> EtcdProvider {
    EtcdProvider::new(settings_at(hosts, KeyLayout::Namespaced, prefix))
}

/// A port below those that systems give to outgoing connections: one of these could take it while the
/// server that has it is down, and the server would not come back.
pub(crate) fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    loop {
        // Test programs that run at the same time begin far apart.
        let step = TAKEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (std::process::id().wrapping_mul(997).wrapping_add(step)) % COUNT;
        let port = u16::try_from(port).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn http_get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

/// A fresh provider under a prefix of its own.
pub struct Fixture {
    pub provider: EtcdProvider,
    pub prefix: String,
    pub server: Arc<EtcdServer>,
}

/// What a conformance suite asks for: an empty store, on the shared server.
pub fn fresh() -> Fixture {
    Fixture::on(EtcdServer::shared())
}

/// The same on a server of its own.
pub fn alone() -> Fixture {
    Fixture::on(Arc::new(EtcdServer::start()))
}

impl Fixture {
    fn on(server: Arc<EtcdServer>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let prefix = format!("/test/{}/", COUNT.fetch_add(1, Ordering::Relaxed));
        Self { provider: server.provider(&prefix), prefix, server }
    }
}
