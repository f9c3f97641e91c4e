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
    seat: Option<Seat>,
}

/// A member's place in a cluster of several.
#[derive(Clone)]
pub(super) struct Seat {
    name: String,
    /// All members with their peer addresses, as `--initial-cluster` takes them.
    initial: String,
    state: &'static str,
}

impl Seat {
    /// One of those that begin a cluster.
    pub(super) fn founding(name: String, initial: String) -> Self {
        Self { name, initial, state: "new" }
    }

    /// One that is added to a cluster.
    pub(super) fn joining(name: String, initial: String) -> Self {
        Self { name, initial, state: "existing" }
    }
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

    pub(super) fn seat(mut self, seat: Seat) -> Self {
        self.seat = Some(seat);
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
        let peer = ports.peer_url();
        let etcd = self.binary.clone().unwrap_or_else(|| binaries().join("etcd"));
        let mut command = Command::new(etcd);
        command
            .arg("--data-dir")
            .arg(data.join("data"))
            .args(["--listen-client-urls", &client, "--advertise-client-urls", &client])
            .args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer])
            .args(["--listen-metrics-urls", &format!("http://127.0.0.1:{}", ports.metrics)])
            .args(["--log-level", "error"])
            // Not as a flag, which etcd 3.4 does not know.
            .env("ETCD_UNSAFE_NO_FSYNC", "true");
        match &self.seat {
            None => command
                .args(["--initial-cluster", &format!("default={peer}")])
                // Another data folder is another cluster, even on the same ports.
                .args(["--initial-cluster-token", &data.display().to_string()]),
            Some(seat) => command.args(["--name", &seat.name]).args([
                "--initial-cluster",
                &seat.initial,
                // The same for all of its members, and for no other cluster's.
                "--initial-cluster-token",
                &seat.initial,
                "--initial-cluster-state",
                seat.state,
            ]),
        };
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

/// The etcd 3.4 of `ETCD34_BIN`, else Debian's, fetched once; `None` where that is set to `none`.
pub fn etcd34() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || match std::env::var_os("ETCD34_BIN") {
        Some(none) if none == "none" => None,
        Some(etcd) => Some(PathBuf::from(etcd)),
        None => Some(fetch("etcd34").join("etcd")),
    };
    FOUND.get_or_init(find).clone()
}

/// The client of `ETCDCTL_BIN`, else the one beside the server.
pub fn etcdctl() -> PathBuf {
    std::env::var_os("ETCDCTL_BIN").map_or_else(|| binaries().join("etcdctl"), PathBuf::from)
}

/// The folder of etcd, etcdctl and etcdutl: that of `ETCD_BIN`, else the pinned one, fetched once.
pub fn binaries() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        if let Some(etcd) = std::env::var_os("ETCD_BIN") {
            return Path::new(&etcd).parent().unwrap().to_owned();
        }
        fetch("etcd")
    })
}

/// A folder for a server's data: in memory where there is plenty, since etcd reserves 128 MiB at its
/// start, 3.4 cannot be kept from waiting for the disk, and no test outlives the machine.
pub(crate) fn data_folder() -> tempfile::TempDir {
    const MEMORY: &str = "/dev/shm";
    static PLENTY: OnceLock<bool> = OnceLock::new();
    let free = || {
        let told = Command::new("df").args(["--output=avail", "-k", MEMORY]).output().ok()?;
        String::from_utf8(told.stdout).ok()?.lines().nth(1)?.trim().parse::<u64>().ok()
    };
    if *PLENTY.get_or_init(|| free().is_some_and(|kib| kib > 8 * 1024 * 1024))
        && let Ok(folder) = tempfile::tempdir_in(MEMORY)
    {
        return folder;
    }
    tempfile::tempdir().unwrap()
}

pub(crate) fn fetch(what: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fetched = Command::new(root.join("tools/fetch")).arg(what).output().unwrap();
    assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
    PathBuf::from(String::from_utf8(fetched.stdout).unwrap().trim())
}
