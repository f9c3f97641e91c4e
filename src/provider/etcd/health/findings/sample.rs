//! A cluster of three as a check sees it.

use super::super::super::error::Fault;
use super::super::ask::{Answer, Listed, Named, Report, Seen};
use crate::domain::LatencyClass;

/// A member that is well; the first one leads.
pub(in super::super) fn report(member: u64) -> Report {
    Report {
        member,
        cluster: 7,
        version: "3.5.1".into(),
        size: 2 << 20,
        used: Some(1 << 20),
        quota: None,
        leader: 1,
        term: 3,
        behind: 0,
        learner: false,
        alarms: Vec::new(),
        latency: LatencyClass::Under5ms,
    }
}

/// Configured members that are called `etcd-1` and so on.
pub(in super::super) fn answers(said: impl IntoIterator<Item = Result<Report, Fault>>) -> Seen {
    let address = |at: u64| format!("10.0.0.{at}:2379");
    let answers: Vec<_> = said
        .into_iter()
        .zip(1..)
        .map(|(said, at)| Answer { named: Named::BySettings, address: address(at), said })
        .collect();
    let members = (1..).take(answers.len()).map(|at| Listed {
        id: at,
        name: format!("etcd-{at}"),
        clients: vec![format!("http://{}", address(at))],
        peers: vec![format!("http://10.0.0.{at}:2380")],
        learner: false,
    });
    Seen { members: members.collect(), answers }
}
