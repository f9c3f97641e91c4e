//! Writes: one transaction per commit, sent once. `transaction` builds it and knows the limits,
//! `leases` grants and revokes what it needs, `response` reads the result.

mod leases;
mod response;
mod transaction;

use std::sync::Arc;

use etcd_client::{Txn, TxnResponse};

use super::KeyLayout;
use super::connect::Connector;
use super::error::{Fault, within};
use super::link::MemberLink;
use super::rights;
use crate::domain::TokenKind;
use crate::provider::{self, CALL_DEADLINE, Capabilities, Commit, Error, Op};
use leases::{LeaseUse, NewLeases};
use response::read_response;
use transaction::{TxnStep, key_names, prepare, request_size, transaction};

/// Applies the operations atomically.
pub(super) async fn commit(connector: &Arc<Connector>, ops: Vec<Op>) -> provider::Result<Commit> {
    let steps = prepare(&connector.keyspace, ops)?;
    let Some(first) = steps.first() else {
        return Err(Error::invalid("a commit without operations; name at least one key"));
    };
    let name = connector.name();

    let mut leases = match NewLeases::grant(connector, &steps).await {
        Ok(leases) => leases,
        Err(fault) => {
            let lacking = missing_permission(connector, &steps, &fault).await;
            return Err(fault.into_error(&name, || lacking));
        }
    };
    let txn = transaction(&steps, leases.ids());
    leases.usage = LeaseUse::Unknown;
    let (link, sent) = match send(connector, &txn, &first.raw_key).await {
        // Authentication was enabled after the link was opened: such a write did nothing.
        (_, Err(Fault::NoLogin)) if connector.settings.login.is_some() => {
            send(connector, &txn, &first.raw_key).await
        }
        sent => sent,
    };
    let outcome = match sent.and_then(|answer| read_response(&connector.keyspace, &steps, &answer)) {
        Ok(outcome) => outcome,
        Err(fault) => {
            let lacking = missing_permission(connector, &steps, &fault).await;
            Err(match refused_limit(&fault, &steps) {
                Some(sent) => {
                    Error::invalid(format!("{}; {sent}, and nothing was written", fault.message(&name)))
                }
                None if link.is_some() => fault.into_write_error(&name, first.op.key(), || lacking),
                None => fault.into_error(&name, || lacking),
            })
        }
    };
    leases.usage = match outcome {
        Ok(_) => LeaseUse::Used,
        Err(Error::OutcomeUnknown { .. }) => LeaseUse::Unknown,
        Err(_) => LeaseUse::Unused,
    };
    outcome
}

/// The size of the request, where a server has lower limits than etcd's defaults.
fn refused_limit(fault: &Fault, steps: &[TxnStep]) -> Option<String> {
    match fault {
        Fault::RequestTooLarge => Some(format!(
            "the write of {} was a request of {} KiB",
            key_names(steps),
            request_size(steps).div_ceil(1024)
        )),
        Fault::TooManyOps => Some(format!("the write of {} had {}", key_names(steps), steps.len())),
        _ => None,
    }
}

pub(super) fn capabilities(layout: KeyLayout) -> Capabilities {
    let namespaced = layout == KeyLayout::Namespaced;
    Capabilities {
        namespaces: namespaced,
        connections: namespaced,
        leases: true,
        foreign: true,
        atomic_max: transaction::MAX_OPS,
        max_document: transaction::MAX_DOCUMENT,
        tokens: TokenKind::Counter,
    }
}

/// Checks whether the user may write the keys of nested transactions: etcd, up to 3.5 at least, checks
/// no permissions inside them, and would let a reader write.
async fn check_permission(connector: &Connector, steps: &[TxnStep]) -> Result<(), Fault> {
    let nested = steps.iter().filter(|step| step.needs_nested_txn());
    let nested = &nested.map(|step| &*step.raw_key).collect::<Vec<_>>();
    let has_credentials = connector.settings.login.is_some() || connector.settings.tls.identity.is_some();
    if nested.is_empty() || !has_credentials {
        return Ok(());
    }
    connector.read(|link| async move { rights::check_write(&link, nested).await }).await
}

/// The rights that a denied write lacks, for messages.
async fn missing_permission(connector: &Connector, steps: &[TxnStep], fault: &Fault) -> String {
    let keys = steps.iter().map(|step| (step.op.key(), &step.raw_key));
    if *fault == Fault::Denied
        && let Ok(link) = connector.link().await
        && let Some(missing) = rights::missing_rights(&link, keys).await
    {
        return missing;
    }
    format!("write of {} in etcd", key_names(steps))
}

/// Sends the transaction to the first member that answers at all. After any fault but a failed connect it
/// may have been applied, and is not sent again; after a refused token it was not, and is. Without a link
/// in the result, nothing was sent.
async fn send(
    connector: &Connector,
    txn: &Txn,
    readable: &[u8],
) -> (Option<MemberLink>, Result<TxnResponse, Fault>) {
    let mut fault = Fault::Unreachable;
    for _ in 0..connector.endpoints() {
        let link = match connector.responsive_link().await {
            Ok(link) => link,
            Err(met) => return (None, Err(met)),
        };
        let verified = connector.verify_store(&link, readable).await;
        let sent = verified.is_ok();
        let answer = match verified {
            Ok(()) => within(CALL_DEADLINE, link.txn(txn)).await,
            Err(met) => Err(met),
        };
        match answer {
            Err(met) if met.retry_elsewhere() => {
                fault = connector.fail(&link, met).await;
                if sent && !matches!(fault, Fault::Unreachable | Fault::Tls { .. }) {
                    return (Some(link), Err(fault));
                }
            }
            answer => {
                let answer = connector.drop_if_refused(&link, answer).await;
                return (Some(link), answer);
            }
        }
    }
    (None, Err(fault))
}
