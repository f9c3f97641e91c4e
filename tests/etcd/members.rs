//! Health of a cluster whose members die, hang, learn, or are not named.

use confdeck::domain::{FactValue, Health, MemberHealth, MemberRole};

use super::*;
use crate::support::etcd::Cluster;

const ALL: [usize; 3] = [0, 1, 2];

fn at<'h>(health: &'h Health, cluster: &Cluster, n: usize) -> &'h MemberHealth {
    let address = cluster.member(n).address();
    let found = health.members.iter().find(|member| member.address == address || member.name == address);
    found.unwrap_or_else(|| panic!("no {address} in {health:?}"))
}

fn leader_change(health: &Health) -> Option<&str> {
    let fact = health.facts.iter().find(|fact| fact.name == "leader change")?;
    match &fact.value {
        FactValue::Observed { what, .. } => Some(what),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_member_and_a_change_of_leader_are_told() {
    let cluster = Cluster::start(3);
    let provider = cluster.provider(&ALL, "/cwm/");
    let health = provider.health().await;
    assert_eq!((health.verdict().as_str(), health.findings()), ("healthy", &[][..]), "{health:?}");
    let leader = cluster.leader();
    assert_eq!(at(&health, &cluster, leader).role, Some(MemberRole::Leader));
    assert_eq!(health.members.iter().filter(|member| member.role == Some(MemberRole::Follower)).count(), 2);
    assert_eq!(leader_change(&health), None);

    cluster.member(leader).kill();
    let begun = Instant::now();
    let health = loop {
        let health = provider.health().await;
        assert!(begun.elapsed() < PATIENCE, "{health:?}");
        if leader_change(&health).is_some_and(|what| what.starts_with("took over from")) {
            break health;
        }
    };
    assert_eq!(health.verdict(), "degraded by fault", "{health:?}");
    let [finding] = health.findings() else { panic!("{health:?}") };
    let dead = at(&health, &cluster, leader);
    assert!(finding.text.starts_with("1 of 3 endpoints does not answer: "), "{finding:?}");
    assert!(
        finding.text.contains(&dead.name) && finding.remedy.contains("cannot bear the loss"),
        "{finding:?}"
    );
    assert_eq!((dead.condition, dead.role), (Some(Condition::Unusable), None));
    let new = cluster.leader();
    assert_eq!(at(&health, &cluster, new).role, Some(MemberRole::Leader));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_hang_delay_nothing_and_hide_nobody() {
    let cluster = Cluster::start(3);
    let hanging = cluster.others(cluster.leader())[0];
    // The one that hangs is asked first, and the link of the provider leads to it.
    let provider = cluster.provider(&[&[hanging][..], &cluster.others(hanging)].concat(), "/cwm/");
    assert_eq!(provider.health().await.condition(), Condition::Healthy);
    cluster.member(hanging).freeze();
    let begun = Instant::now();
    let health = provider.health().await;
    let took = begun.elapsed();
    cluster.member(hanging).thaw();
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert_eq!(health.verdict(), "degraded by fault", "{health:?}");
    assert_eq!(at(&health, &cluster, hanging).condition, Some(Condition::Unusable));
    for other in cluster.others(hanging) {
        assert_eq!(at(&health, &cluster, other).condition, Some(Condition::Healthy), "{health:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_that_nobody_named_are_found_and_their_silence_proves_nothing() {
    let cluster = Cluster::start(3);
    let named = cluster.leader();
    let [first, second] = cluster.others(named)[..] else { panic!("three members") };
    let provider = cluster.provider(&[named], "/cwm/");
    let health = provider.health().await;
    assert_eq!((health.verdict().as_str(), health.members.len()), ("healthy", 3), "{health:?}");
    let [hint] = health.findings() else { panic!("{health:?}") };
    for other in [first, second] {
        assert!(hint.text.contains(&cluster.member(other).address()), "{hint:?}");
        assert_eq!(at(&health, &cluster, other).role, Some(MemberRole::Follower));
    }
    cluster.member(first).kill();
    let health = provider.health().await;
    assert_eq!(health.verdict(), "healthy", "{health:?}");
    assert_eq!(at(&health, &cluster, first).condition, None, "down, or out of our reach");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_majority_it_is_unusable_and_says_so() {
    let cluster = Cluster::start(3);
    let provider = cluster.provider(&ALL, "/cwm/");
    assert_eq!(provider.health().await.condition(), Condition::Healthy);
    let left = cluster.others(cluster.leader())[0];
    cluster.others(left).into_iter().for_each(|n| cluster.member(n).kill());
    let begun = Instant::now();
    loop {
        let health = provider.health().await;
        assert_eq!(health.verdict(), "unusable by fault", "{health:?}");
        if at(&health, &cluster, left).role == Some(MemberRole::Leaderless) {
            assert_eq!(at(&health, &cluster, left).condition, Some(Condition::Unusable));
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{health:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_is_told_from_those_who_vote() {
    let mut cluster = Cluster::start(1);
    let learner = cluster.add_learner();
    let health = cluster.provider(&[0, learner], "/cwm/").health().await;
    assert_eq!(at(&health, &cluster, learner).role, Some(MemberRole::Learner), "{health:?}");
    assert_eq!(health.verdict(), "healthy", "{health:?}");
    let [hint] = health.findings() else { panic!("{health:?}") };
    assert!(hint.text.contains("names a learner") && hint.cause.word() == "hint", "{hint:?}");
    let members = health.facts.iter().find(|fact| fact.name == "members").map(|fact| fact.value.words());
    assert_eq!(members.as_deref(), Some("1, of which 1 make a quorum, and 1 learner"));
}
