//! Reads the response of a transaction or of a plain delete: the commit, or which condition failed.

use etcd_client::proto::{PbTxnOpResponse, PbTxnResponse};
use etcd_client::{DeleteResponse, KeyValue, TxnOpResponse};

use super::transaction::TxnStep;
use crate::domain::Token;
use crate::provider::etcd::error::Fault;
use crate::provider::etcd::layout::Keyspace;
use crate::provider::etcd::link::Head;
use crate::provider::etcd::load::{entry, unsigned};
use crate::provider::{self, Commit, Error, Expect, Op, Outcome};

/// The commit, or the error of the condition that failed, with the current entry.
pub(super) fn read_response(
    keyspace: &Keyspace,
    steps: &[TxnStep],
    answer: &etcd_client::TxnResponse,
) -> Result<provider::Result<Commit>, Fault> {
    let head = Head::of(answer.header())?;
    if !is_whole(&answer.0) || answer.0.responses.len() != steps.len() {
        return Err(Fault::Malformed);
    }
    let parts = answer.op_responses();
    let pairs = steps.iter().zip(&parts);
    if answer.succeeded() {
        let after = Token::counter(head.revision.0);
        let outcomes = pairs
            .map(|(step, part)| Outcome {
                before: match step.op.expect() {
                    Expect::Token(token) => Some(token),
                    Expect::Absent => None,
                    Expect::Anything => token_before(part),
                },
                after: matches!(step.op, Op::Put { .. }).then_some(after),
            })
            .collect();
        return Ok(Ok(Commit { at: head.revision, outcomes }));
    }
    let mut failed = pairs.filter_map(|(step, part)| condition_error(keyspace, step, part));
    failed.next().map(Err).ok_or(Fault::Malformed)
}

/// The same of a delete on no condition.
pub(super) fn read_delete(
    step: &TxnStep,
    answer: &DeleteResponse,
) -> Result<provider::Result<Commit>, Fault> {
    let head = Head::of(answer.header())?;
    if answer.deleted() == 0 {
        return Ok(Err(Error::NotFound { key: step.op.key().clone() }));
    }
    let before = answer.prev_kvs().first().map(token);
    Ok(Ok(Commit { at: head.revision, outcomes: vec![Outcome { before, after: None }] }))
}

/// Whether each operation has a response: the client library panics at one without.
fn is_whole(answer: &PbTxnResponse) -> bool {
    answer.responses.iter().all(|part| match &part.response {
        None => false,
        Some(PbTxnOpResponse::ResponseTxn(nested)) => is_whole(nested),
        Some(_) => true,
    })
}

fn token(kv: &KeyValue) -> Token {
    Token::counter(unsigned(kv.mod_revision()).0)
}

/// The token that a write replaced.
fn token_before(part: &TxnOpResponse) -> Option<Token> {
    match part {
        TxnOpResponse::Put(put) => put.prev_key().map(token),
        TxnOpResponse::Delete(delete) => delete.prev_kvs().first().map(token),
        TxnOpResponse::Txn(txn) => txn.op_responses().iter().find_map(token_before),
        TxnOpResponse::Get(_) => None,
    }
}

/// The error of a step, if its condition is one that failed.
fn condition_error(keyspace: &Keyspace, step: &TxnStep, part: &TxnOpResponse) -> Option<Error> {
    let TxnOpResponse::Get(get) = part else { return None };
    let now = get.kvs().first();
    let key = step.op.key().clone();
    match (step.mod_revision, &step.op) {
        (_, Op::Delete { .. }) if now.is_none() => Some(Error::NotFound { key }),
        (Some(expected), _) if now.map_or(0, KeyValue::mod_revision) != expected => {
            let now = now.and_then(|kv| entry(keyspace, kv)).map(Box::new);
            Some(Error::Conflict { key, now })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use etcd_client::proto::{PbResponseHeader, PbResponseOp};

    use super::*;
    use crate::provider::etcd::layout::KeyLayout;

    #[test]
    fn an_answer_that_lacks_a_part_is_malformed_and_no_panic() {
        let hollow = PbResponseOp { response: None };
        let layout = KeyLayout::Namespaced;
        let keyspace = Keyspace { prefix: layout.default_prefix(), layout };
        let nested = PbTxnResponse { responses: vec![hollow.clone()], ..Default::default() };
        let inside = PbResponseOp { response: Some(PbTxnOpResponse::ResponseTxn(nested)) };
        for part in [hollow, inside] {
            let header = Some(PbResponseHeader::default());
            let answer = PbTxnResponse { header, succeeded: true, responses: vec![part] };
            let judged = read_response(&keyspace, &[], &etcd_client::TxnResponse(answer));
            assert!(matches!(judged, Err(Fault::Malformed)));
        }
    }
}
