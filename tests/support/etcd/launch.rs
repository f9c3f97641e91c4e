//! How a server is started: which binary, with what TLS, with which further flags.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{EtcdServer, Ports};

/// Starts one server in its own way; `Launch::default()` is the pinned version, plain and alone.
#[derive(Clone, Default)]
pub struct Launch {
    tls: Tls,
    flags: Vec<String>,
    binary: Option<PathBuf>,
}

/// What the server speaks to its clients.
#[derive(Clone, Default)]
pub enum Tls {
    #[default]
    Off,
    /// A certificate of the server's own making.
    Auto,
    /// These files; clients must show a certificate of `client_ca` where there is one.
    Files { cert: PathBuf, key: PathBuf, client_ca: Option<PathBuf> },
}

impl Launch {
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Adds flags of etcd's own.
    pub fn flags(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(ToString::to_string));
        self
    }

    /// Another etcd than the pinned one.
    pub fn binary(mut self, etcd: PathBuf) -> Self {
        self.binary = Some(etcd);
        self
    }

    /// Starts it with an empty store and waits until it serves.
    pub fn start(self) -> EtcdServer {
        EtcdServer::launch(self)
    }

    pub(super) fn speaks_tls(&self) -> bool {
        !matches!(self.tls, Tls::Off)
    }

    pub(super) fn command(&self, data: &Path, ports: Ports) -> Command {
        let client = format!("{}://127.0.0.1:{}", ports.scheme(), ports.client);
        let peer = format!("http://127.0.0.1:{}", ports.peer);
        let etcd = self.binary.clone().unwrap_or_else(|| binaries().join("etcd"));
        let mut command = Command::new(etcd);
        command
            .arg("--data-dir")
            .arg(data.join("data"))
            .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--listen-metrics-urls", &format!("http://127.0.0.1:{}", ports.metrics)])
            .args(["--initial-cluster", &format!("default={peer}")])
            // Another data folder is another cluster, even on the same ports.
            .args(["--initial-cluster-token", &data.display().to_string()])
            .args(["--log-level", "error", "--unsafe-no-fsync"]);
        match &self.tls {
            Tls::Off => {}
            Tls::Auto => {
                command.arg("--auto-tls");
            }
            Tls::Files { cert, key, client_ca } => {
                command.arg("--cert-file").arg(cert).arg("--key-file").arg(key);
                if let Some(ca) = client_ca {
                    command.arg("--client-cert-auth").arg("--trusted-ca-file").arg(ca);
                }
            }
        }
        command.args(&self.flags);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

/// The folder of etcd, etcdctl and etcdutl: that of `ETCD_BIN`, else the pinned one, fetched once.
pub fn binaries() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        if let Some(etcd) = std::env::var_os("ETCD_BIN") {
            return Path::new(&etcd).parent().unwrap().to_owned();
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let fetched = Command::new(root.join("tools/fetch")).arg("etcd").output().unwrap();
        assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
        PathBuf::from(String::from_utf8(fetched.stdout).unwrap().trim())
    })
}
