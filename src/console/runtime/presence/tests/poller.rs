//! The poller as a task, over a store in memory.

use super::*;

/// The task over a memory store.
struct Office {
    store: FaultySecrets,
    poller: PresencePoller,
    answers: mpsc::Receiver<(RequestId, TaskReply)>,
}

impl Office {
    fn open() -> Self {
        let store = FaultySecrets::new();
        let (sender, answers) = mpsc::channel(2);
        let poller = PresencePoller::open(store.access(false).reader, sender);
        Self { store, poller, answers }
    }

    async fn next(&mut self) -> Answer {
        let answer = timeout(Duration::from_secs(30), self.answers.recv()).await;
        let (_, TaskReply::Answer(answer)) = answer.expect("an answer").expect("an open poller") else {
            panic!("no answer");
        };
        answer
    }

    /// Receives until so many changes were reported.
    async fn seen(&mut self, count: usize) -> (Vec<(SecretPath, Presence)>, usize) {
        let (mut told, mut messages) = (Vec::new(), 0);
        while told.len() < count {
            if let Answer::PresenceChanged(more) = self.next().await {
                told.extend(more);
                messages += 1;
            }
        }
        (told, messages)
    }

    async fn standing(&mut self) -> SecretStoreStatus {
        loop {
            if let Answer::SecretReachability(reachability) = self.next().await {
                return reachability.standing;
            }
        }
    }
}

#[tokio::test]
async fn only_what_is_wanted_is_asked_once_and_never_more_than_eight_at_once() {
    let mut office = Office::open();
    office.store.delay_calls(MS);
    office.store.put_now(&path(3), [("token", "x")]);
    office.poller.watch(paths(0..300));
    let (told, messages) = office.seen(300).await;
    assert!(messages < 60, "{messages} messages for 300 answers");
    let is_there = |n: usize| told.iter().any(|(it, presence)| *it == path(n) && is_present(presence));
    assert!(is_there(3) && !is_there(4));
    let calls = office.store.calls();
    assert_eq!((calls.presence, calls.reveal, calls.list), (300, 0, 0));
    assert!(calls.most_in_flight <= AT_ONCE, "{calls:?}");
}

fn is_present(presence: &Presence) -> bool {
    matches!(presence, Presence::Present(_))
}

#[tokio::test]
async fn a_store_that_is_sealed_and_unsealed_is_told_with_its_rows_and_its_health() {
    let mut office = Office::open();
    office.poller.watch(paths(0..20));
    office.seen(20).await;
    office.store.inject_outage(SecretsOutage::Sealed);
    office.poller.send(PollerCommand::RefreshAll);
    assert_eq!(office.standing().await, SecretStoreStatus::Sealed);
    let mut health = None;
    let mut rows = 0;
    while health.is_none() || rows < 20 {
        match office.next().await {
            Answer::SecretHealth(told) => health = told.secret_store,
            Answer::PresenceChanged(told) => rows += told.len(),
            _ => {}
        }
    }
    assert_eq!(health, Some(SecretStoreStatus::Sealed));
    office.store.restore();
    assert_eq!(office.standing().await, SecretStoreStatus::Unsealed);
    office.store.forbid(SecretRight::Presence, &path(2));
    office.poller.send(PollerCommand::Refresh(path(2)));
    loop {
        if let Answer::PresenceChanged(told) = office.next().await
            && told.iter().any(|(it, what)| *it == path(2) && matches!(what, Presence::Forbidden { .. }))
        {
            break;
        }
    }
}

/// The page of a proxy is an answer to one path, and the badge must not go on as if a store served.
#[tokio::test]
async fn a_secret_that_cannot_be_reached_any_more_has_the_store_asked_how_it_is() {
    let mut office = Office::open();
    office.poller.watch(paths(0..3));
    office.seen(3).await;
    office.store.unmount(&Mount::new("secret").unwrap());
    office.poller.send(PollerCommand::Refresh(path(1)));
    let (mut unreachable, mut asked) = (false, false);
    while !(unreachable && asked) {
        match office.next().await {
            Answer::PresenceChanged(told) => {
                unreachable |= told.iter().any(|(_, is)| matches!(is, Presence::Unreachable { .. }));
            }
            Answer::SecretHealth(_) => asked = true,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_desk_that_is_closed_asks_nothing_more() {
    let Office { store, poller, mut answers } = Office::open();
    store.delay_calls(Duration::from_secs(3_600));
    poller.watch(paths(0..20));
    while store.calls().presence < AT_ONCE {
        tokio::time::sleep(5 * MS).await;
    }
    drop(poller);
    assert!(timeout(Duration::from_secs(30), answers.recv()).await.expect("an end").is_none());
    assert_eq!(store.calls().presence, AT_ONCE);
}
