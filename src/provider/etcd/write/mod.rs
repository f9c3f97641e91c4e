//! Writing: one transaction for one commit, sent once. `step` makes the transaction and knows its
//! limits, `answer` reads what came of it.

mod answer;
mod step;

use etcd_client::Txn;

use super::Layout;
use super::connect::Connector;
use super::error::{Fault, within};
use super::layout::Keyspace;
use super::link::Link;
use super::rights;
use crate::domain::TokenKind;
use crate::provider::{CALL_DEADLINE, Capabilities, Commit, Error, Op, Result};
use answer::judge;
use step::{Step, named, prepare, request_size, transaction};

/// Applies the operations all or nothing.
pub(super) async fn commit(connector: &Connector, keyspace: &Keyspace, ops: Vec<Op>) -> Result<Commit> {
    let steps = prepare(keyspace, ops)?;
    let Some(first) = steps.first().map(|step| step.key.clone()) else {
        return Err(Error::Invalid { reason: "a commit without operations; name at least one key".into() });
    };
    let name = connector.name();

    let leases = match permitted(connector, &steps).await {
        Ok(()) => grant(connector, &steps).await,
        Err(fault) => Err(fault),
    };
    let leases = match leases {
        Ok(leases) => leases,
        Err(fault) => {
            let lacking = lacking(connector, &steps, &fault).await;
            return Err(fault.into_error(&name, || lacking));
        }
    };
    let txn = transaction(&steps, &leases);
    let readable = steps.first().map(|step| step.stored.clone()).unwrap_or_default();
    let (link, sent) = send(connector, txn, readable).await;
    match sent.and_then(|answer| judge(keyspace, &steps, &answer)) {
        Ok(Ok(commit)) => Ok(commit),
        Ok(Err(refused)) => {
            revoke(link, leases);
            Err(refused)
        }
        Err(fault) => {
            let lacking = lacking(connector, &steps, &fault).await;
            let error = match refused_limit(&fault, &steps) {
                Some(sent) => Error::Invalid {
                    reason: format!("{}; {sent}, and nothing was written", fault.words(&name)),
                },
                None if link.is_some() => fault.into_write_error(&name, &first, || lacking),
                None => fault.into_error(&name, || lacking),
            };
            // A write that may be stored keeps its lease: revoking it would delete the key.
            if !matches!(error, Error::OutcomeUnknown { .. }) {
                revoke(link, leases);
            }
            Err(error)
        }
    }
}

/// What was sent, where a server has lower limits than etcd's own defaults.
fn refused_limit(fault: &Fault, steps: &[Step]) -> Option<String> {
    match fault {
        Fault::TooLarge => Some(format!(
            "the write of {} was a request of {} KiB",
            named(steps),
            request_size(steps).div_ceil(1024)
        )),
        Fault::TooMany => Some(format!("the write of {} had {}", named(steps), steps.len())),
        _ => None,
    }
}

/// What an etcd can do, in either layout.
pub(super) fn capabilities(layout: Layout) -> Capabilities {
    let namespaced = layout == Layout::Namespaced;
    Capabilities {
        namespaces: namespaced,
        connections: namespaced,
        leases: true,
        foreign: true,
        atomic_max: step::OPERATIONS,
        max_document: step::MAX_DOCUMENT,
        tokens: TokenKind::Counter,
    }
}

/// Asks whether the user may write what stands in a nested transaction: etcd up to 3.5 at least checks
/// no rights in there, and would let a reader write.
async fn permitted(connector: &Connector, steps: &[Step]) -> std::result::Result<(), Fault> {
    let nested: Vec<_> = steps.iter().filter(|step| step.nested()).map(|step| step.stored.clone()).collect();
    if nested.is_empty() || !connector.settings().is_somebody() {
        return Ok(());
    }
    let nested = &nested;
    connector.read(|link| async move { rights::may_write(&link, nested).await }).await
}

/// The rights that a denied write lacks, in words.
async fn lacking(connector: &Connector, steps: &[Step], fault: &Fault) -> String {
    let keys: Vec<_> = steps.iter().map(|step| (step.key.clone(), step.stored.clone())).collect();
    let mut told = None;
    if *fault == Fault::Denied
        && let Ok(link) = connector.link().await
    {
        told = rights::missing(&link, &keys).await;
    }
    told.unwrap_or_else(|| format!("write of {} in etcd", named(steps)))
}

/// One lease for each step that wants a new one, in the order of the steps.
async fn grant(connector: &Connector, steps: &[Step]) -> std::result::Result<Vec<Option<i64>>, Fault> {
    let mut leases = Vec::with_capacity(steps.len());
    for step in steps {
        leases.push(match step.wants_lease() {
            // A grant that is lost on the way expires by itself; it may be asked for again.
            Some(ttl) => Some(
                connector.read(|link| async move { Ok(link.lease().grant(ttl, None).await?.id()) }).await?,
            ),
            None => None,
        });
    }
    Ok(leases)
}

/// Gives leases back that nothing hangs on; if that fails, they expire by themselves.
fn revoke(link: Option<Link>, leases: Vec<Option<i64>>) {
    let Some(link) = link else { return };
    let unused: Vec<_> = leases.into_iter().flatten().collect();
    if unused.is_empty() {
        return;
    }
    tokio::spawn(async move {
        for lease in unused {
            let revoked = within(CALL_DEADLINE, async { Ok(link.lease().revoke(lease).await?) });
            if revoked.await.is_err() {
                return;
            }
        }
    });
}

/// Sends it to the first member that answers at all. After any fault but a failed connection it may
/// have arrived, and is not sent again; one whose token was refused did nothing, and is. Without a link
/// in the answer, nothing was sent.
async fn send(
    connector: &Connector,
    txn: Txn,
    readable: Vec<u8>,
) -> (Option<Link>, std::result::Result<etcd_client::TxnResponse, Fault>) {
    let mut fault = Fault::Unreachable;
    for _ in 0..connector.endpoints() {
        let link = match connector.proven().await {
            Ok(link) => link,
            Err(met) => return (None, Err(met)),
        };
        match connector.vouch(&link, readable.clone()).await {
            Ok(()) => {}
            Err(met) if met.elsewhere() => {
                fault = connector.fail(&link, met).await;
                continue;
            }
            Err(met) => return (Some(link), Err(met)),
        }
        let call = || {
            let (mut kv, txn) = (link.kv(), txn.clone());
            async move { Ok(kv.txn(txn).await?) }
        };
        match within(CALL_DEADLINE, link.renewing(call)).await {
            Err(met) if met.elsewhere() => {
                fault = connector.fail(&link, met).await;
                if !fault.sent_nothing() {
                    return (Some(link), Err(fault));
                }
            }
            answer => {
                let answer = connector.part_if_refused(&link, answer).await;
                return (Some(link), answer);
            }
        }
    }
    (None, Err(fault))
}
