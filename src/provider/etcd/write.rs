//! Writing: one transaction for one commit, sent once.

use std::time::Duration;

use etcd_client::{Compare, CompareOp, DeleteOptions, KeyValue, PutOptions, Txn, TxnOp, TxnOpResponse};

use super::Layout;
use super::connect::{Connector, Head, Link};
use super::error::{Fault, within};
use super::layout::Keyspace;
use super::load::{entry, unsigned};
use crate::domain::{ResourceKey, Token, TokenKind};
use crate::provider::ops::check;
use crate::provider::{CALL_DEADLINE, Capabilities, Commit, Error, Expect, Lease, Op, Outcome, Result};

/// The most operations of one transaction (etcd's `--max-txn-ops`): of its comparisons, of its
/// branches, each counted alone.
pub(super) const OPERATIONS: usize = 128;
/// The largest request (etcd's `--max-request-bytes`).
const MAX_REQUEST: usize = 1_536 * 1024;
/// What one document may have of it: a request names its key several times.
pub(super) const MAX_DOCUMENT: usize = MAX_REQUEST - 8 * 1024;
/// Around each operation: tags, lengths, revisions, in both branches.
const FRAME: usize = 96;
/// The longest lease etcd grants.
const MAX_LEASE: u64 = 9_000_000_000;

/// Applies the operations all or nothing.
pub(super) async fn commit(connector: &Connector, keyspace: &Keyspace, ops: Vec<Op>) -> Result<Commit> {
    let steps = prepare(keyspace, ops)?;
    let first = steps.first().map(|step| step.key.clone()).ok_or_else(nothing)?;
    let name = connector.name();
    let permission = || format!("write of {} in etcd", named(&steps));

    let leases = match grant(connector, &steps).await {
        Ok(leases) => leases,
        Err(fault) => return Err(fault.into_error(&name, permission)),
    };
    let txn = transaction(&steps, &leases);
    let (link, sent) = send(connector, txn).await;
    match sent.and_then(|answer| judge(keyspace, &steps, &answer)) {
        Ok(Ok(commit)) => Ok(commit),
        Ok(Err(refused)) => {
            revoke(link, leases);
            Err(refused)
        }
        Err(fault) => {
            let error = match link {
                Some(_) => fault.into_write_error(&name, &first, permission),
                None => fault.into_error(&name, permission),
            };
            // A write that may be stored keeps its lease: revoking it would delete the key.
            if !matches!(error, Error::OutcomeUnknown { .. }) {
                revoke(link, leases);
            }
            Err(error)
        }
    }
}

/// One operation, ready to be sent.
struct Step {
    key: ResourceKey,
    stored: Vec<u8>,
    expect: Expect,
    /// The mod_revision it compares, if it compares one.
    compares: Option<i64>,
    action: Action,
}

enum Action {
    Put { value: Vec<u8>, lease: Lease },
    Delete,
}

impl Step {
    /// Whether it needs a transaction in the transaction: a write without condition that keeps a
    /// lease if there is one. etcd refuses to keep the lease of a key that does not exist.
    fn nested(&self) -> bool {
        matches!((&self.action, self.expect), (Action::Put { lease: Lease::Keep, .. }, Expect::Anything))
    }

    fn size(&self) -> usize {
        let value = match &self.action {
            // A nested transaction carries the value in both of its branches.
            Action::Put { value, .. } => value.len() * if self.nested() { 2 } else { 1 },
            Action::Delete => 0,
        };
        value + 5 * self.stored.len() + FRAME
    }

    fn condition(&self) -> Option<Compare> {
        match (self.compares, &self.action) {
            (Some(revision), _) => {
                Some(Compare::mod_revision(self.stored.clone(), CompareOp::Equal, revision))
            }
            (None, Action::Delete) => Some(Compare::version(self.stored.clone(), CompareOp::Greater, 0)),
            (None, Action::Put { .. }) => None,
        }
    }

    fn operation(&self, lease: Option<i64>) -> TxnOp {
        let anything = self.expect == Expect::Anything;
        let Action::Put { value, lease: wanted } = &self.action else {
            let options = anything.then(|| DeleteOptions::new().with_prev_key());
            return TxnOp::delete(self.stored.clone(), options);
        };
        let mut options = PutOptions::new().with_lease(lease.unwrap_or(0));
        if anything {
            // Elsewhere the token before is known from the condition.
            options = options.with_prev_key();
        }
        let put = |options| TxnOp::put(self.stored.clone(), value.clone(), Some(options));
        if self.nested() {
            let exists = Compare::version(self.stored.clone(), CompareOp::Greater, 0);
            let keeping = put(options.clone().with_ignore_lease());
            return TxnOp::txn(Txn::new().when([exists]).and_then([keeping]).or_else([put(options)]));
        }
        let keep = *wanted == Lease::Keep && matches!(self.expect, Expect::Token(_));
        put(if keep { options.with_ignore_lease() } else { options })
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
        atomic_max: OPERATIONS,
        max_document: MAX_DOCUMENT,
        tokens: TokenKind::Counter,
    }
}

fn prepare(keyspace: &Keyspace, ops: Vec<Op>) -> Result<Vec<Step>> {
    check(&ops, &capabilities(keyspace.layout()))?;
    let steps = ops.into_iter().map(|op| step(keyspace, op)).collect::<Result<Vec<_>>>()?;
    let depth = usize::from(steps.iter().any(Step::nested));
    if steps.len() + depth > OPERATIONS {
        return Err(invalid(format!(
            "{} writes at once; etcd takes at most {} where a lease is kept whatever is there: split them",
            steps.len(),
            OPERATIONS - depth
        )));
    }
    let size: usize = steps.iter().map(Step::size).sum();
    if size > MAX_REQUEST {
        return Err(invalid(format!(
            "a write of {} KiB; etcd takes at most {} KiB at once: shorten or split it",
            size.div_ceil(1024),
            MAX_REQUEST / 1024
        )));
    }
    Ok(steps)
}

fn step(keyspace: &Keyspace, op: Op) -> Result<Step> {
    let stored = keyspace.encode(op.key())?;
    let expect = op.expect();
    let compares = match expect {
        Expect::Anything => None,
        Expect::Absent => Some(0),
        Expect::Token(token) => Some(
            token
                .as_counter()
                .and_then(|count| i64::try_from(count).ok())
                .filter(|count| *count > 0)
                .ok_or_else(|| {
                    invalid(format!("{token} is not a token of etcd, whose tokens are counts from 1 on"))
                })?,
        ),
    };
    let (key, action) = match op {
        Op::Delete { key, .. } => (key, Action::Delete),
        Op::Put { key, document, lease, .. } => {
            (key, Action::Put { value: document.as_bytes().to_vec(), lease })
        }
    };
    if let Action::Put { lease: Lease::For(length), .. } = &action {
        seconds(*length)?;
    }
    Ok(Step { key, stored, expect, compares, action })
}

/// A lease's length as etcd takes it: whole seconds, rounded up.
fn seconds(length: Duration) -> Result<i64> {
    let whole = length.as_secs().saturating_add(u64::from(length.subsec_nanos() > 0));
    match i64::try_from(whole) {
        Ok(seconds) if (1..=MAX_LEASE).contains(&whole) => Ok(seconds),
        _ => Err(invalid(format!("a lease of {whole} s; etcd grants 1 to {MAX_LEASE} s"))),
    }
}

fn invalid(reason: String) -> Error {
    Error::Invalid { reason }
}

fn nothing() -> Error {
    invalid("a commit without operations; name at least one key".into())
}

fn named(steps: &[Step]) -> String {
    let keys: Vec<_> = steps.iter().map(|step| step.key.to_string()).collect();
    keys.join(", ")
}

/// One lease for each step that wants a new one, in the order of the steps.
async fn grant(connector: &Connector, steps: &[Step]) -> std::result::Result<Vec<Option<i64>>, Fault> {
    let mut leases = Vec::with_capacity(steps.len());
    for step in steps {
        leases.push(match &step.action {
            Action::Put { lease: Lease::For(length), .. } => {
                let ttl = seconds(*length).map_err(|error| Fault::Unusable(error.to_string()))?;
                // A grant that is lost on the way expires by itself; it may be asked for again.
                let granted =
                    connector.read(|link| async move { Ok(link.lease().grant(ttl, None).await?.id()) }).await;
                Some(granted?)
            }
            _ => None,
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

fn transaction(steps: &[Step], leases: &[Option<i64>]) -> Txn {
    let conditions: Vec<_> = steps.iter().filter_map(Step::condition).collect();
    let operations: Vec<_> = steps.iter().zip(leases).map(|(step, lease)| step.operation(*lease)).collect();
    let present: Vec<_> = steps.iter().map(|step| TxnOp::get(step.stored.clone(), None)).collect();
    Txn::new().when(conditions).and_then(operations).or_else(present)
}

/// Sends it to the first member that answers at all. After any fault but a failed connection it may
/// have arrived, and is not sent again. Without a link in the answer, nothing was sent.
async fn send(
    connector: &Connector,
    txn: Txn,
) -> (Option<Link>, std::result::Result<etcd_client::TxnResponse, Fault>) {
    let mut fault = Fault::Unreachable;
    for _ in 0..connector.endpoints() {
        let link = match connector.proven().await {
            Ok(link) => link,
            Err(met) => return (None, Err(met)),
        };
        let (mut kv, txn) = (link.kv(), txn.clone());
        match within(CALL_DEADLINE, async move { Ok(kv.txn(txn).await?) }).await {
            Err(met) if met.elsewhere() => {
                fault = connector.fail(&link, met).await;
                if !fault.sent_nothing() {
                    return (Some(link), Err(fault));
                }
            }
            answer => return (Some(link), answer),
        }
    }
    (None, Err(fault))
}

/// Reads the answer: what was done, or which condition failed and what is there now.
fn judge(
    keyspace: &Keyspace,
    steps: &[Step],
    answer: &etcd_client::TxnResponse,
) -> std::result::Result<Result<Commit>, Fault> {
    let head = Head::of(answer.header())?;
    let parts = answer.op_responses();
    if parts.len() != steps.len() {
        return Err(Fault::Malformed);
    }
    let pairs = steps.iter().zip(&parts);
    if answer.succeeded() {
        let after = Token::counter(head.revision.0);
        let outcomes = pairs
            .map(|(step, part)| Outcome {
                before: match step.expect {
                    Expect::Token(token) => Some(token),
                    Expect::Absent => None,
                    Expect::Anything => before(part).map(|kv| token(&kv)),
                },
                after: matches!(step.action, Action::Put { .. }).then_some(after),
            })
            .collect();
        return Ok(Ok(Commit { at: head.revision, outcomes }));
    }
    let mut failed = pairs.filter_map(|(step, part)| refusal(keyspace, step, part));
    failed.next().map(Err).ok_or(Fault::Malformed)
}

fn token(kv: &KeyValue) -> Token {
    Token::counter(unsigned(kv.mod_revision()).0)
}

/// What a write replaced.
fn before(part: &TxnOpResponse) -> Option<KeyValue> {
    match part {
        TxnOpResponse::Put(put) => put.prev_key().cloned(),
        TxnOpResponse::Delete(delete) => delete.prev_kvs().first().cloned(),
        TxnOpResponse::Txn(txn) => txn.op_responses().iter().find_map(before),
        TxnOpResponse::Get(_) => None,
    }
}

/// The error of a step, if its condition is one that failed.
fn refusal(keyspace: &Keyspace, step: &Step, part: &TxnOpResponse) -> Option<Error> {
    let TxnOpResponse::Get(get) = part else { return None };
    let now = get.kvs().first();
    let key = step.key.clone();
    match (step.compares, &step.action) {
        (_, Action::Delete) if now.is_none() => Some(Error::NotFound { key }),
        (Some(expected), _) if now.map_or(0, KeyValue::mod_revision) != expected => {
            let now = now.and_then(|kv| Some(Box::new(entry(keyspace.decode(kv.key())?, kv))));
            Some(Error::Conflict { key, now })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Document, Namespace, WebhookId};

    fn keyspace() -> Keyspace {
        Keyspace::new(Layout::Namespaced.default_prefix(), Layout::Namespaced)
    }

    fn key(id: &str) -> ResourceKey {
        ResourceKey::webhook(Namespace::default(), WebhookId::new(id).unwrap())
    }

    fn put(id: &str, bytes: usize, expect: Expect, lease: Lease) -> Op {
        Op::Put { key: key(id), document: Document::new(vec![b'x'; bytes]), expect, lease }
    }

    fn refused(ops: Vec<Op>) -> Error {
        prepare(&keyspace(), ops).err().unwrap()
    }

    #[test]
    fn limits_are_known_before_anything_is_sent() {
        let many = |count: usize, expect| {
            (0..count).map(|n| put(&n.to_string(), 1, expect, Lease::Keep)).collect::<Vec<_>>()
        };
        assert!(prepare(&keyspace(), many(128, Expect::Absent)).is_ok());
        assert!(matches!(refused(many(129, Expect::Absent)), Error::Unsupported { .. }));
        assert!(prepare(&keyspace(), many(127, Expect::Anything)).is_ok());
        assert!(matches!(refused(many(128, Expect::Anything)), Error::Invalid { .. }));

        assert!(prepare(&keyspace(), vec![put("a", MAX_DOCUMENT, Expect::Absent, Lease::Never)]).is_ok());
        let large = vec![put("a", MAX_REQUEST, Expect::Absent, Lease::Never)];
        assert!(matches!(refused(large), Error::Invalid { .. }));
        let together = vec![
            put("a", MAX_DOCUMENT / 2, Expect::Absent, Lease::Never),
            put("b", MAX_DOCUMENT, Expect::Absent, Lease::Never),
        ];
        assert!(refused(together).to_string().contains("1536 KiB"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let twice = vec![
            put("a", 1, Expect::Absent, Lease::Keep),
            Op::Delete { key: key("a"), expect: Expect::Anything },
        ];
        assert!(refused(twice).to_string().contains("default/a is named twice"));
        let absent = vec![Op::Delete { key: key("a"), expect: Expect::Absent }];
        assert!(matches!(refused(absent), Error::Invalid { .. }));
        let digest = Expect::Token(Token::digest([1; 6]));
        assert!(matches!(refused(vec![put("a", 1, digest, Lease::Keep)]), Error::Invalid { .. }));
        let short = Lease::For(Duration::ZERO);
        assert!(matches!(refused(vec![put("a", 1, Expect::Absent, short)]), Error::Invalid { .. }));
        let foreign = vec![Op::Put {
            key: ResourceKey::foreign(*b"a/b"),
            document: Document::from("{}"),
            expect: Expect::Anything,
            lease: Lease::Keep,
        }];
        assert!(matches!(refused(foreign), Error::Unsupported { .. }));
    }

    #[test]
    fn a_lease_is_whole_seconds_rounded_up() {
        assert_eq!(seconds(Duration::from_millis(1_200)).unwrap(), 2);
        assert_eq!(seconds(Duration::from_secs(60)).unwrap(), 60);
        assert!(seconds(Duration::MAX).is_err());
    }
}
