//! Stores that a console is opened on, and the other hand that changes them: an etcd, two files.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use etcd_client::{Client, Txn, TxnOp, WatchOptions};

use crate::support::etcd::{EtcdServer, Launch};
use crate::support::home::Home;
use crate::support::run::Program;
use crate::terminal::Terminal;

/// How many puts etcd takes in one transaction, unless told otherwise.
const PUTS: usize = 128;

/// A prefix of an etcd that no other test uses. Its context is called `lab`.
pub(crate) struct Etcd {
    pub(crate) server: Arc<EtcdServer>,
    prefix: String,
}

impl Etcd {
    /// On the server that the tests of this binary share.
    pub(crate) fn new() -> Self {
        Self::on(EtcdServer::shared())
    }

    /// On a server of its own, for a test that kills it.
    pub(crate) fn alone() -> Self {
        Self::on(Arc::new(EtcdServer::start()))
    }

    /// The same, started in a way of its own.
    pub(crate) fn launched(launch: Launch) -> Self {
        Self::on(Arc::new(launch.start()))
    }

    fn on(server: Arc<EtcdServer>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        Self { server, prefix: format!("/e2e/{}/", COUNT.fetch_add(1, Ordering::Relaxed)) }
    }

    /// The program with this store as its context `lab`.
    pub(crate) fn program(&self, arguments: &[&str]) -> Program {
        Self::program_at(&self.server.address(), &self.prefix, arguments)
    }

    /// The same at any address, whatever answers there.
    pub(crate) fn program_at(address: &str, prefix: &str, arguments: &[&str]) -> Program {
        let program = Program::confdeck(arguments);
        let context = format!(
            "default_context = \"lab\"\n[contexts.lab]\nbackend = \"etcd\"\nhost = \"{address}\"\nprefix = \"{prefix}\"\n"
        );
        program.home.write("config/confdeck/config.toml", context);
        program
    }

    /// A console that reaches it at another address.
    #[track_caller]
    pub(crate) fn open_at(&self, address: &str, columns: u16, rows: u16) -> Terminal {
        let mut terminal = Terminal::open(Self::program_at(address, &self.prefix, &[]), columns, rows);
        terminal.wait_for("SYNCED");
        terminal
    }

    /// A console that shows everything there is.
    #[track_caller]
    pub(crate) fn open(&self, columns: u16, rows: u16) -> Terminal {
        let mut terminal = Terminal::open(self.program(&[]), columns, rows);
        terminal.wait_for("SYNCED");
        terminal
    }

    /// `etcdctl put`.
    #[track_caller]
    pub(crate) fn put(&self, key: &str, value: &str) {
        self.etcdctl(&["put", "--", &self.key(key), value]);
    }

    /// `etcdctl del`.
    #[track_caller]
    pub(crate) fn delete(&self, key: &str) {
        self.etcdctl(&["del", &self.key(key)]);
    }

    /// What `etcdctl get` prints, byte for byte; `None` where nothing is stored.
    #[track_caller]
    pub(crate) fn value(&self, key: &str) -> Option<String> {
        let printed = self.etcdctl(&["get", &self.key(key), "--print-value-only"]);
        // etcdctl adds one line break to what is stored.
        printed.strip_suffix('\n').map(str::to_owned)
    }

    /// Many at once, or what no command line can hold.
    pub(crate) fn put_all<K: AsRef<str>, V: Into<Vec<u8>>>(&self, entries: impl IntoIterator<Item = (K, V)>) {
        let put = |(key, value): (K, V)| TxnOp::put(self.key(key.as_ref()), value, None);
        let puts: Vec<_> = entries.into_iter().map(put).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut client = Client::connect([self.server.address()], None).await.unwrap();
            for some in puts.chunks(PUTS) {
                client.txn(Txn::new().and_then(some)).await.unwrap();
            }
        });
    }

    /// How often a key has been written since it was created.
    #[track_caller]
    pub(crate) fn version(&self, key: &str) -> usize {
        self.field(key, "Version").parse().unwrap()
    }

    /// The revision of its last change.
    #[track_caller]
    pub(crate) fn mod_revision(&self, key: &str) -> u64 {
        self.field(key, "ModRevision").parse().unwrap()
    }

    /// The lease that a key is bound to, 0 for none.
    #[track_caller]
    pub(crate) fn lease(&self, key: &str) -> String {
        self.field(key, "Lease")
    }

    /// How many keys each revision after this one changed, of the keys of this prefix; other tests write
    /// to the same server.
    pub(crate) fn changes_since(&self, revision: u64) -> Vec<usize> {
        let end = self.key("end-of-history");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut changes = std::collections::BTreeMap::<i64, usize>::new();
        runtime.block_on(async {
            let mut client = Client::connect([self.server.address()], None).await.unwrap();
            client.put(end.clone(), "", None).await.unwrap();
            let from = WatchOptions::new().with_prefix().with_start_revision(revision as i64 + 1);
            let mut watch = client.watch(self.prefix.clone(), Some(from)).await.unwrap();
            while let Some(message) = watch.message().await.unwrap() {
                for key in message.events().iter().map(|event| event.kv().unwrap()) {
                    if key.key() == end.as_bytes() {
                        return;
                    }
                    *changes.entry(key.mod_revision()).or_default() += 1;
                }
            }
        });
        self.delete("end-of-history");
        changes.into_values().collect()
    }

    /// The revision at which the server stands.
    #[track_caller]
    pub(crate) fn revision(&self) -> u64 {
        let fields = self.etcdctl(&["get", &self.key(""), "--write-out=fields"]);
        fields.lines().find_map(|line| line.strip_prefix("\"Revision\" : ")).unwrap().parse().unwrap()
    }

    #[track_caller]
    fn field(&self, key: &str, name: &str) -> String {
        let fields = self.etcdctl(&["get", &self.key(key), "--write-out=fields"]);
        let value = fields.lines().find_map(|line| line.strip_prefix(&format!("\"{name}\" : ")));
        value.unwrap().to_owned()
    }

    /// `etcdctl put` with a lease of so many seconds.
    #[track_caller]
    pub(crate) fn put_leased(&self, key: &str, value: &str, seconds: u32) {
        let granted = self.etcdctl(&["lease", "grant", &seconds.to_string()]);
        let lease = granted.split_whitespace().nth(1).unwrap();
        self.etcdctl(&["put", &format!("--lease={lease}"), "--", &self.key(key), value]);
    }

    /// What its keys begin with.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    #[track_caller]
    fn etcdctl(&self, arguments: &[&str]) -> String {
        let output = self.server.etcdctl(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A `webhooks.json` in the working folder of a home.
pub(crate) struct Files {
    pub(crate) home: Home,
    pub(crate) webhooks: PathBuf,
}

impl Files {
    pub(crate) fn new(webhooks: &str) -> Self {
        let home = Home::new();
        let webhooks = home.write("work/webhooks.json", webhooks);
        Self { home, webhooks }
    }

    /// A console on it.
    #[track_caller]
    pub(crate) fn open(&self, columns: u16, rows: u16) -> Terminal {
        let mut terminal = Terminal::open(Program::confdeck::<&str>([]).at_home(&self.home), columns, rows);
        terminal.wait_for("SYNCED");
        terminal
    }

    /// What the file holds.
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(&self.webhooks).unwrap()
    }

    /// Writes it as an editor would that knows nothing of confdeck.
    pub(crate) fn write(&self, text: &str) {
        fs::write(&self.webhooks, text).unwrap();
    }
}
