//! A cluster of several members on loopback ports, each of which can be killed, frozen and brought
//! back; members join and leave.

use std::time::Instant;

use confdeck::provider::etcd::EtcdProvider;

use super::launch::Seat;
use super::{EtcdServer, Launch, Ports, START, provider_at};

/// Members of one cluster; they end when this is dropped.
pub struct Cluster {
    launch: Launch,
    members: Vec<EtcdServer>,
}

impl Cluster {
    /// Starts so many members and waits until all of them serve.
    pub fn start(size: usize) -> Self {
        Self::of(size, Launch::default())
    }

    /// The same, of servers started in a way of their own.
    pub fn of(size: usize, launch: Launch) -> Self {
        for _ in 0..5 {
            let ports: Vec<_> = (0..size).map(|_| Ports::free(launch.speaks_tls())).collect();
            let initial: Vec<_> = ports.iter().enumerate().map(|(n, ports)| seat(n, *ports)).collect();
            let start = |(n, ports): (usize, &Ports)| {
                let seat = Seat::founding(name(n), initial.join(","));
                EtcdServer::spawn(launch.clone().seat(seat), *ports)
            };
            let members: Vec<_> = ports.iter().enumerate().map(start).collect();
            if members.iter().all(EtcdServer::serves) {
                return Self { launch, members };
            }
        }
        panic!("a cluster of {size} did not start five times in a row");
    }

    pub fn members(&self) -> &[EtcdServer] {
        &self.members
    }

    pub fn member(&self, n: usize) -> &EtcdServer {
        &self.members[n]
    }

    /// The client addresses of these members, in this order, as `ETCD_HOST` takes them.
    pub fn hosts(&self, members: &[usize]) -> String {
        let hosts: Vec<_> = members.iter().map(|n| self.members[*n].address()).collect();
        hosts.join(",")
    }

    /// A provider that knows these members, in this order.
    pub fn provider(&self, members: &[usize], prefix: &str) -> EtcdProvider {
        provider_at(&self.hosts(members), prefix)
    }

    /// Who leads, as the leader itself says; waits for an election to end.
    pub fn leader(&self) -> usize {
        let begun = Instant::now();
        loop {
            let leads = |member: &EtcdServer| member.is_up() && member.metric("etcd_server_is_leader") == 1.0;
            if let Some(leader) = self.members.iter().position(leads) {
                return leader;
            }
            assert!(begun.elapsed() < START, "no leader was elected");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// All but this member.
    pub fn others(&self, but: usize) -> Vec<usize> {
        (0..self.members.len()).filter(|n| *n != but).collect()
    }

    /// Adds a member that learns and does not vote; says which one it is.
    pub fn add_learner(&mut self) -> usize {
        let n = self.members.len();
        let ports = Ports::free(self.launch.speaks_tls());
        self.join(n, ports, &["--learner"]);
        n
    }

    /// Takes a member out for good and puts a new one with no data at its address.
    pub fn replace(&mut self, n: usize) {
        let old = &self.members[n];
        old.kill();
        let ports = old.ports;
        let by = self.others(n)[0];
        let listed = self.members[by].etcdctl(&["member", "list"]);
        let listed = String::from_utf8(listed.stdout).unwrap();
        let line = listed.lines().find(|line| line.contains(&old.address())).unwrap();
        let id = line.split(',').next().unwrap();
        self.ask(by, &["member", "remove", id]);
        self.join(n, ports, &[]);
    }

    fn join(&mut self, n: usize, ports: Ports, flags: &[&str]) {
        let by = self.others(n)[0];
        let peer = format!("--peer-urls={}", ports.peer_url());
        self.ask(by, &[&["member", "add", &name(n), &peer][..], flags].concat());
        let mut initial: Vec<_> = self.others(n).iter().map(|n| seat(*n, self.members[*n].ports)).collect();
        initial.push(seat(n, ports));
        let joining = Seat::joining(name(n), initial.join(","));
        let member = EtcdServer::spawn(self.launch.clone().seat(joining), ports);
        assert!(member.serves(), "the new member does not serve");
        if n < self.members.len() {
            self.members[n] = member;
        } else {
            self.members.push(member);
        }
    }

    /// Asks until it is done: etcd refuses changes of members while it is not sure of all of them.
    fn ask(&self, by: usize, arguments: &[&str]) {
        let begun = Instant::now();
        loop {
            let output = self.members[by].etcdctl(arguments);
            if output.status.success() {
                return;
            }
            assert!(begun.elapsed() < START, "{arguments:?}: {output:?}");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

fn name(n: usize) -> String {
    format!("m{n}")
}

fn seat(n: usize, ports: Ports) -> String {
    format!("{}={}", name(n), ports.peer_url())
}
