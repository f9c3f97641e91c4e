//! A sample cluster for tests.

use etcd_client::Member;
use etcd_client::proto::PbMember;

use super::super::super::error::Fault;
use super::super::member_status::{AddressSource, ClusterStatus, MemberReply, MemberStatus};
use crate::domain::LatencyClass;

/// A healthy member; the first one leads.
pub(in super::super) fn report(member: u64) -> MemberStatus {
    MemberStatus {
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

/// Configured members, named `etcd-1` and so on.
pub(in super::super) fn answers(
    said: impl IntoIterator<Item = Result<MemberStatus, Fault>>,
) -> ClusterStatus {
    let address = |at: u64| format!("10.0.0.{at}:2379");
    let answers: Vec<_> = said
        .into_iter()
        .zip(1..)
        .map(|(said, at)| MemberReply { source: AddressSource::Settings, address: address(at), status: said })
        .collect();
    let members = (1..).take(answers.len()).map(|at| {
        Member(PbMember {
            id: at,
            name: format!("etcd-{at}"),
            client_ur_ls: vec![format!("http://{}", address(at))],
            peer_ur_ls: vec![format!("http://10.0.0.{at}:2380")],
            is_learner: false,
        })
    });
    ClusterStatus { members: members.collect(), replies: answers }
}
