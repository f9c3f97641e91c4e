//! Where a container's addresses and paths are on this machine. Nothing else of a configuration is
//! changed before it runs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;

/// The ports that stand for those of containers.
pub(crate) struct Places {
    services: Vec<String>,
    ports: RefCell<BTreeMap<(String, u16), u16>>,
}

/// One container's view: its own name, and its folders as (theirs, ours).
pub(crate) struct Inside<'a> {
    pub(crate) places: &'a Places,
    pub(crate) service: &'a str,
    pub(crate) mounts: Vec<(String, PathBuf)>,
}

impl Places {
    pub(crate) fn new(services: impl Iterator<Item = String>) -> Self {
        Self { services: services.collect(), ports: RefCell::default() }
    }

    /// Our port for a service's; a free one at the first question.
    pub(crate) fn port(&self, service: &str, theirs: u16) -> u16 {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        *self.ports.borrow_mut().entry((service.to_owned(), theirs)).or_insert_with(free)
    }
}

impl Inside<'_> {
    /// A text of the configuration as it is true here: `etcd-1:2380` and `0.0.0.0:2380` are ports of
    /// 127.0.0.1, `/certs/ca.pem` is a file of ours.
    pub(crate) fn here(&self, text: &str) -> String {
        let (mut out, mut rest, mut before) = (String::new(), text, ' ');
        while let Some(first) = rest.chars().next() {
            let found = self.path(before, rest).or_else(|| self.address(before, rest));
            let (piece, length) = found.unwrap_or_else(|| (first.to_string(), first.len_utf8()));
            out.push_str(&piece);
            before = rest[..length].chars().next_back().unwrap();
            rest = &rest[length..];
        }
        out
    }

    /// A variable's value; programs of ours take address and port from two.
    pub(crate) fn variable(&self, name: &str, value: &str) -> String {
        match (name, value) {
            ("HOST", "0.0.0.0") => "127.0.0.1".to_owned(),
            ("PORT", port) => self.places.port(self.service, port.parse().unwrap()).to_string(),
            _ => self.here(value),
        }
    }

    /// A path at the beginning of `text`, and how long it is there.
    fn path(&self, before: char, text: &str) -> Option<(String, usize)> {
        let ends = |rest: &str| !rest.chars().next().is_some_and(in_name);
        let is_it = |theirs: &str| text.strip_prefix(theirs).is_some_and(ends);
        let (theirs, ours) = self.mounts.iter().find(|(theirs, _)| is_it(theirs))?;
        (before != '/' && !in_name(before)).then(|| (ours.display().to_string(), theirs.len()))
    }

    /// A host and port at the beginning of `text`.
    fn address(&self, before: char, text: &str) -> Option<(String, usize)> {
        let own = ["0.0.0.0", "127.0.0.1", "localhost"].map(|host| (host, self.service));
        let others = self.places.services.iter().map(|name| (name.as_str(), name.as_str()));
        let mut hosts = own.into_iter().chain(others);
        let (host, service, rest) = hosts.find_map(|(host, service)| {
            text.strip_prefix(host)?.strip_prefix(':').map(|rest| (host, service, rest))
        })?;
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let theirs = rest[..digits].parse().ok().filter(|_| !in_name(before))?;
        Some((format!("127.0.0.1:{}", self.places.port(service, theirs)), host.len() + 1 + digits))
    }
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

#[test]
fn only_whole_addresses_and_whole_paths_are_replaced() {
    let places = Places::new(["etcd", "etcd-1"].map(str::to_owned).into_iter());
    let mounts = vec![("/certs".to_owned(), PathBuf::from("/tmp/certs"))];
    let inside = Inside { places: &places, service: "etcd-1", mounts };
    let [one, peer, other] =
        [("etcd-1", 2379), ("etcd-1", 2380), ("etcd", 2379)].map(|(s, p)| places.port(s, p));
    for (text, here) in [
        ("https://etcd-1:2379,etcd:2379", format!("https://127.0.0.1:{one},127.0.0.1:{other}")),
        ("etcd-1=https://0.0.0.0:2380", format!("etcd-1=https://127.0.0.1:{peer}")),
        ("--cert=/certs/ca.pem /certs", "--cert=/tmp/certs/ca.pem /tmp/certs".to_owned()),
        (
            "/tmp/certs /certs2 my-etcd:2379 10.0.0.0:2379",
            "/tmp/certs /certs2 my-etcd:2379 10.0.0.0:2379".to_owned(),
        ),
    ] {
        assert_eq!(inside.here(text), here, "{text}");
    }
    assert_eq!(inside.variable("HOST", "0.0.0.0"), "127.0.0.1");
    assert_eq!(inside.variable("PORT", "2379"), one.to_string());
}
