//! Writes: one request per commit, sent once. `transaction` builds it and knows the limits, `leases` grants and
//! revokes what it needs, `response` reads the result.

mod leases;
mod response;
mod transaction;

use std::time::Duration;

use etcd_client::{DeleteOptions, Txn};

use super::connect::Connector;
use super::error::{Fault, within};
use super::layout::Keyspace;
use super::line_activity::LineActivity;
use super::link::MemberLink;
use super::{EtcdProvider, KeyLayout, rights};
use crate::domain::TokenKind;
use crate::provider::commit_status::read_status;
use crate::provider::{self, CALL_DEADLINE, Capabilities, Commit, CommitStatus, Error, Expect, Op};
use leases::{LeaseUse, NewLeases};
use response::{read_delete, read_response};
use transaction::{TxnStep, key_names, prepare, request_size, transaction};

/// The least that a line must bear for a write to be waited for to its end.
const SLOWEST_LINE: u32 = 10 * 1024;

/// How long a commit may take: what goes wrong ends it sooner, but not its way over a thin line.
pub(super) fn deadline(ops: &[Op]) -> Duration {
    // A put on no condition carries its document twice; twice that, because what was sent may be on its way
    // as long.
    let bytes = ops.iter().map(|op| match op {
        Op::Put { document, .. } => 4 * document.len(),
        Op::Delete { .. } => 0,
    });
    CALL_DEADLINE + Duration::from_secs(bytes.sum::<usize>() as u64 / u64::from(SLOWEST_LINE))
}

/// Applies the operations atomically.
pub(super) async fn commit(store: &EtcdProvider, ops: Vec<Op>) -> provider::Result<Commit> {
    let connector = &store.connector;
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
    let txn = &transaction(&steps, leases.ids());
    leases.usage = LeaseUse::Unknown;
    let (link, sent) = match send(connector, &steps, txn).await {
        // Authentication was enabled after the link was opened: such a write did nothing.
        (_, Err(Fault::NoLogin)) if connector.settings.login.is_some() => send(connector, &steps, txn).await,
        sent => sent,
    };
    let outcome = match sent {
        Ok(outcome) => outcome,
        // etcd says so of the write that fills the database as well, after applying it. Either way the write has
        // ended, so its keys tell.
        Err(fault @ Fault::NoSpace) if link.is_some() => {
            let ops: Vec<_> = steps.iter().map(|step| step.op.clone()).collect();
            let unconditional = ops.iter().all(|op| op.expect() == Expect::Anything);
            match read_status(store, &ops).await {
                Ok(CommitStatus::Written(commit)) => Ok(commit),
                Ok(CommitStatus::NotWritten) => match (&link, &*steps) {
                    (Some(link), [step]) if deletes(&steps) => delete_unchanged(&name, link, step).await,
                    _ => Err(refusal(fault, &name, &steps)),
                },
                // No delete fills a database, so what is there now was there before.
                Ok(CommitStatus::Superseded { key, now }) if deletes(&steps) => {
                    Err(Error::Conflict { key, now })
                }
                // Something else is there, and what was sent will not come any more.
                Ok(CommitStatus::Superseded { .. }) if unconditional => Err(refusal(fault, &name, &steps)),
                _ => Err(fault.into_write_error(&name, first.op.key(), String::new)),
            }
        }
        Err(fault @ (Fault::TooManyOps | Fault::RequestTooLarge)) => Err(refusal(fault, &name, &steps)),
        Err(fault) => {
            let lacking = missing_permission(connector, &steps, &fault).await;
            Err(match link {
                Some(_) => fault.into_write_error(&name, first.op.key(), || lacking),
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

fn deletes(steps: &[TxnStep]) -> bool {
    steps.iter().all(|step| matches!(step.op, Op::Delete { .. }))
}

/// The error of a write that a full database or one of the server's limits has refused.
fn refusal(fault: Fault, name: &str, steps: &[TxnStep]) -> Error {
    let (words, keys) = (fault.message(name), key_names(steps));
    match fault {
        // Versions that take conditional deletes do not get here with them.
        Fault::NoSpace if deletes(steps) => Error::unavailable(format!(
            "{keys} were not deleted: etcd at {name} is full, and this version of it then takes no \
                 transaction. Delete them one at a time; or compact and defragment etcd, and clear its alarm"
        )),
        Fault::NoSpace => Error::unavailable(format!("{keys} was not written: {words}")),
        Fault::RequestTooLarge => {
            let size = request_size(steps).div_ceil(1024);
            Error::invalid(format!(
                "{words}; the write of {keys} was a request of {size} KiB, and nothing was written"
            ))
        }
        _ => {
            let count = steps.len();
            Error::invalid(format!("{words}; the write of {keys} had {count}, and nothing was written"))
        }
    }
}

pub(super) fn capabilities(layout: KeyLayout) -> Capabilities {
    let namespaced = layout == KeyLayout::Namespaced;
    Capabilities {
        namespaces: namespaced,
        connections: namespaced,
        leases: true,
        foreign: true,
        foreign_puts: layout == KeyLayout::Raw,
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

/// Sends the write to the first member that answers at all. After any fault but a failed connect it may
/// have been applied, and is not sent again; after a refused token it was not, and is. Without a link in
/// the result, nothing was sent.
async fn send(
    connector: &Connector,
    steps: &[TxnStep],
    txn: &Txn,
) -> (Option<MemberLink>, Result<provider::Result<Commit>, Fault>) {
    let readable = steps.first().map(|step| &*step.raw_key).unwrap_or_default();
    let mut fault = Fault::Unreachable;
    for _ in 0..connector.endpoints() {
        let link = match connector.responsive_link().await {
            Ok(link) => link,
            Err(met) => return (None, Err(met)),
        };
        let verified = connector.verify_store(&link, readable).await;
        let sent = verified.is_ok();
        let answer = match verified {
            Ok(()) => {
                let write = || write(&link, &connector.keyspace, steps, txn);
                // Of this write alone: the pings of a watch would keep it alive for ever.
                let sending = LineActivity::part_of(&link.activity);
                let call = sending.counting(link.with_token_renewal(write));
                sending.while_sending(CALL_DEADLINE, call).await
            }
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
                return (sent.then_some(link), answer);
            }
        }
    }
    (None, Err(fault))
}

/// One write: a transaction, but for a delete on no condition. etcd 3.5.1 refuses every transaction while
/// its database is full, even one that deletes, and takes the request that does nothing else.
async fn write(
    link: &MemberLink,
    keyspace: &Keyspace,
    steps: &[TxnStep],
    txn: &Txn,
) -> Result<provider::Result<Commit>, Fault> {
    match steps {
        [step] if step.is_plain_delete() => plain_delete(link, step).await,
        _ => read_response(keyspace, steps, &link.kv().txn(txn.clone()).await?),
    }
}

async fn plain_delete(link: &MemberLink, step: &TxnStep) -> Result<provider::Result<Commit>, Fault> {
    let options = DeleteOptions::new().with_prev_key();
    read_delete(step, &link.kv().delete(&*step.raw_key, Some(options)).await?)
}

/// A delete on a condition that still holds, at a full etcd which refuses transactions. While it refuses puts
/// there is next to nothing that could come in between, and the answer to the request that only deletes says
/// what it removed.
async fn delete_unchanged(name: &str, link: &MemberLink, step: &TxnStep) -> provider::Result<Commit> {
    let key = step.op.key();
    let commit = match within(CALL_DEADLINE, plain_delete(link, step)).await {
        Ok(answer) => answer?,
        Err(fault) => return Err(fault.into_write_error(name, key, String::new)),
    };
    let removed = commit.outcomes.first().and_then(|outcome| outcome.before);
    match (step.op.expect(), removed) {
        (Expect::Token(token), Some(removed)) if token != removed => Err(Error::unavailable(format!(
            "{key} was deleted, but as somebody had just written it, at {removed}: etcd at {name} is full, and \
             takes no delete on a condition. `etcdctl get` with `--rev` still has that text"
        ))),
        _ => Ok(commit),
    }
}
