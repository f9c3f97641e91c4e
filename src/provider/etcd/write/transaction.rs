//! Builds the transaction of a commit: conditions, operations, size limits.

use std::time::Duration;

use etcd_client::{Compare, CompareOp, DeleteOptions, PutOptions, Txn, TxnOp};

use super::capabilities;
use crate::domain::LeaseId;
use crate::provider::etcd::layout::Keyspace;
use crate::provider::ops::check_commit;
use crate::provider::{Error, Expect, Lease, Op, Result};

/// The most operations of one transaction (etcd's default `--max-txn-ops`): of its comparisons and of
/// each branch, counted separately.
pub(super) const MAX_OPS: usize = 128;
/// The largest request, in bytes (etcd's default `--max-request-bytes`; a server's own limit cannot be
/// queried).
const MAX_REQUEST: usize = 1_536 * 1024;
/// The largest document: a request contains its key several times.
pub(super) const MAX_DOCUMENT: usize = MAX_REQUEST - 8 * 1024;
/// Overhead of each operation, in bytes: tags, lengths, revisions, in both branches.
const OP_OVERHEAD: usize = 96;
/// The longest lease etcd grants, in seconds.
const MAX_LEASE: u64 = 9_000_000_000;
/// The most keys that a message lists.
const MAX_NAMED_KEYS: usize = 4;

/// One operation of the transaction.
pub(super) struct TxnStep {
    pub(super) op: Op,
    pub(super) raw_key: Vec<u8>,
    /// The revision to compare with; 0 for a key that must not exist.
    pub(super) mod_revision: Option<i64>,
    /// The TTL, in seconds, of the lease to grant before the transaction is sent.
    pub(super) new_lease_ttl: Option<i64>,
}

impl TxnStep {
    /// Whether it needs a nested transaction: an unconditional write that keeps a lease if there is one.
    /// etcd refuses to keep the lease of a key that does not exist.
    pub(super) fn needs_nested_txn(&self) -> bool {
        matches!(self.op, Op::Put { lease: Lease::Keep, expect: Expect::Anything, .. })
    }

    /// Whether it deletes on no condition, which etcd has a request of its own for.
    pub(super) fn is_plain_delete(&self) -> bool {
        matches!(self.op, Op::Delete { expect: Expect::Anything, .. })
    }

    fn value_size(&self) -> usize {
        match &self.op {
            Op::Put { document, .. } => document.len(),
            Op::Delete { .. } => 0,
        }
    }

    /// Its share of the request, at most, in bytes.
    fn size(&self) -> usize {
        // A nested transaction carries the value in both of its branches.
        let copies = if self.needs_nested_txn() { 2 } else { 1 };
        copies * self.value_size() + 5 * self.raw_key.len() + OP_OVERHEAD
    }

    fn condition(&self) -> Option<Compare> {
        let key = &*self.raw_key;
        match (self.mod_revision, &self.op) {
            (Some(revision), _) => Some(Compare::mod_revision(key, CompareOp::Equal, revision)),
            (None, Op::Delete { .. }) => Some(Compare::version(key, CompareOp::Greater, 0)),
            (None, Op::Put { .. }) => None,
        }
    }

    fn operation(&self, granted: Option<i64>) -> TxnOp {
        let (key, anything) = (&*self.raw_key, self.op.expect() == Expect::Anything);
        let Op::Put { document, lease, .. } = &self.op else {
            return TxnOp::delete(key, anything.then(|| DeleteOptions::new().with_prev_key()));
        };
        let existing = if let Lease::Of(LeaseId(id)) = lease { *id } else { 0 };
        let mut options = PutOptions::new().with_lease(granted.unwrap_or(existing));
        if anything {
            // Otherwise the previous token is known from the condition.
            options = options.with_prev_key();
        }
        let put = |options| TxnOp::put(key, document.as_bytes(), Some(options));
        if self.needs_nested_txn() {
            let exists = Compare::version(key, CompareOp::Greater, 0);
            let keeping = put(options.clone().with_ignore_lease());
            return TxnOp::txn(Txn::new().when([exists]).and_then([keeping]).or_else([put(options)]));
        }
        let keeps = *lease == Lease::Keep && matches!(self.op.expect(), Expect::Token(_));
        put(if keeps { options.with_ignore_lease() } else { options })
    }
}

/// The operations as steps, checked against every known limit before they are sent.
pub(super) fn prepare(keyspace: &Keyspace, ops: Vec<Op>) -> Result<Vec<TxnStep>> {
    check_commit(&ops, &capabilities(keyspace.layout))?;
    let steps = ops.into_iter().map(|op| step(keyspace, op)).collect::<Result<Vec<_>>>()?;
    let most = MAX_OPS - usize::from(steps.iter().any(TxnStep::needs_nested_txn));
    if steps.len() > most {
        return Err(Error::invalid(format!(
            "{} writes at once; etcd takes at most {most} where a lease is kept whatever is there: commit fewer \
             at a time",
            steps.len(),
        )));
    }
    let size = request_size(&steps);
    if size <= MAX_REQUEST {
        return Ok(steps);
    }
    let twice: usize = steps.iter().filter(|step| step.needs_nested_txn()).map(TxnStep::value_size).sum();
    let remedy = if size - twice <= MAX_REQUEST {
        "a document that is written on no condition and keeps its lease is sent twice: write it on the \
         condition of its token, or that it is absent, or with a lease of its own"
    } else {
        "shorten it, or commit fewer at a time"
    };
    Err(Error::invalid(format!(
        "the write of {} would be a request of {} KiB; etcd takes at most {} KiB at once: {remedy}",
        key_names(&steps),
        size.div_ceil(1024),
        MAX_REQUEST / 1024
    )))
}

/// How large a request of these steps is, at most, in bytes.
pub(super) fn request_size(steps: &[TxnStep]) -> usize {
    steps.iter().map(TxnStep::size).sum()
}

fn step(keyspace: &Keyspace, op: Op) -> Result<TxnStep> {
    let raw_key = keyspace.encode(op.key())?;
    let mod_revision = match op.expect() {
        Expect::Anything => None,
        Expect::Absent => Some(0),
        Expect::Token(token) => {
            let count = token.as_counter().and_then(|count| i64::try_from(count).ok());
            let reason = format!("{token} is not a token of etcd, whose tokens are counts from 1 on");
            Some(count.filter(|count| *count > 0).ok_or_else(|| Error::invalid(reason))?)
        }
    };
    let new_lease_ttl = match op {
        Op::Put { lease: Lease::For(length), .. } => Some(seconds(length)?),
        _ => None,
    };
    Ok(TxnStep { op, raw_key, mod_revision, new_lease_ttl })
}

/// A TTL in etcd's unit: whole seconds, rounded up.
fn seconds(length: Duration) -> Result<i64> {
    let whole = length.as_secs().saturating_add(u64::from(length.subsec_nanos() > 0));
    match i64::try_from(whole) {
        Ok(seconds) if (1..=MAX_LEASE).contains(&whole) => Ok(seconds),
        _ => Err(Error::invalid(format!("a lease of {whole} s; etcd grants 1 to {MAX_LEASE} s"))),
    }
}

/// The keys of a write, for messages; of many, the first few.
pub(super) fn key_names(steps: &[TxnStep]) -> String {
    let names: Vec<_> = steps.iter().take(MAX_NAMED_KEYS).map(|step| step.op.key().to_string()).collect();
    let more = match steps.len().saturating_sub(MAX_NAMED_KEYS) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    names.join(", ") + &more
}

/// All steps as one transaction; where a condition fails, it reads the current entries instead.
pub(super) fn transaction(steps: &[TxnStep], leases: &[Option<i64>]) -> Txn {
    let conditions: Vec<_> = steps.iter().filter_map(TxnStep::condition).collect();
    let operations: Vec<_> = steps.iter().zip(leases).map(|(step, lease)| step.operation(*lease)).collect();
    let present: Vec<_> = steps.iter().map(|step| TxnOp::get(&*step.raw_key, None)).collect();
    Txn::new().when(conditions).and_then(operations).or_else(present)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Document, Namespace, ResourceKey, Token, WebhookId};
    use crate::provider::etcd::KeyLayout;

    fn keyspace() -> Keyspace {
        let layout = KeyLayout::Namespaced;
        Keyspace { prefix: layout.default_prefix(), layout }
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
        let words = refused(together).to_string();
        assert!(words.contains("default/a, default/b") && words.contains("1536 KiB"), "{words}");
    }

    #[test]
    fn a_document_that_is_sent_twice_is_told_how_to_be_sent_once() {
        let half = MAX_REQUEST / 2 + 1;
        let words = refused(vec![put("a", half, Expect::Anything, Lease::Keep)]).to_string();
        assert!(words.contains("sent twice") && words.contains("its token"), "{words}");
        for lease in [Lease::Never, Lease::For(Duration::from_secs(60))] {
            assert!(prepare(&keyspace(), vec![put("a", half, Expect::Anything, lease)]).is_ok());
        }
        let token = Expect::Token(Token::counter(7));
        assert!(prepare(&keyspace(), vec![put("a", half, token, Lease::Keep)]).is_ok());
        let words = refused(vec![put("a", MAX_DOCUMENT, Expect::Anything, Lease::Keep)]).to_string();
        assert!(words.contains("sent twice"), "{words}");
    }

    #[test]
    fn of_many_keys_the_first_few_are_named() {
        let ops = (0..9).map(|n| put(&n.to_string(), 1, Expect::Absent, Lease::Keep)).collect();
        let steps = prepare(&keyspace(), ops).unwrap();
        assert_eq!(key_names(&steps), "default/0, default/1, default/2, default/3 and 5 more");
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
