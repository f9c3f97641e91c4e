//! Resolves the outcome of a commit whose answer was lost, by reading its keys again; the commit is
//! never sent again.

use std::time::Duration;

use tokio::time::sleep;

use super::{Commit, ConfigReader, Expect, Op, Outcome, Result};
use crate::domain::{Entry, ResourceKey};

/// How long to wait for a write that was not found: it may still be in flight.
const IN_FLIGHT_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitStatus {
    /// It was applied: every key is in the requested state. This is the answer that was lost.
    Written(Commit),
    /// It had not been applied by then, and may be yet: a request can wait in a member that has stopped for as
    /// long as that stands, and no later revision proves that it will not come. If it is sent again under the
    /// same conditions, only one of the two can be applied.
    NotWritten,
    /// Its conditions no longer hold: another writer changed this key, before it or after it. Of a put on no
    /// condition: something else is there, which may be what was there before.
    Superseded {
        /// The first such key.
        key: ResourceKey,
        /// What is there now; `None` if nothing is.
        now: Option<Box<Entry>>,
    },
    /// Some of it is stored and some is not.
    Partial,
}

/// What the state of one key says about the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyStatus {
    /// The requested state is there, and was not before.
    Applied,
    /// The requested state is there, and may have been before.
    Matching,
    /// The condition still holds.
    Unchanged,
    /// Something else is there.
    Different,
}

/// Reads again every key of a commit whose answer was [`super::Error::OutcomeUnknown`]. A commit is all
/// or nothing, so one key whose state is certain decides for all of them. If the commit does not seem to
/// be applied, its keys are read a second time, one second later.
///
/// # Errors
/// Those of [`ConfigReader::get`]: then the outcome is still unknown.
pub async fn resolve_outcome<R: ConfigReader + ?Sized>(reader: &R, ops: &[Op]) -> Result<CommitStatus> {
    let found = read_status(reader, ops).await?;
    if matches!(found, CommitStatus::Written(_)) {
        return Ok(found);
    }
    // Keys are read one by one, so a commit that looks partial may have been applied in between.
    sleep(IN_FLIGHT_WAIT).await;
    read_status(reader, ops).await
}

/// The status by one reading, which is final where the store has said that the commit has ended.
pub(super) async fn read_status<R: ConfigReader + ?Sized>(reader: &R, ops: &[Op]) -> Result<CommitStatus> {
    let mut entries = Vec::with_capacity(ops.len());
    for op in ops {
        entries.push(reader.get(op.key()).await?);
    }
    Ok(status_of(ops, &entries))
}

fn status_of(ops: &[Op], entries: &[Option<Entry>]) -> CommitStatus {
    let signs: Vec<_> = ops.iter().zip(entries).map(|(op, now)| key_status(op, now.as_ref())).collect();
    let any = |wanted| signs.contains(&wanted);
    if any(KeyStatus::Applied) && any(KeyStatus::Unchanged) {
        return CommitStatus::Partial;
    }
    let all_there = signs.iter().all(|sign| matches!(sign, KeyStatus::Applied | KeyStatus::Matching));
    if any(KeyStatus::Applied) || all_there {
        return CommitStatus::Written(commit_of(ops, entries));
    }
    let other = signs.iter().position(|sign| *sign == KeyStatus::Different);
    match other.and_then(|at| Some((ops.get(at)?, entries.get(at)?))) {
        Some((op, now)) => CommitStatus::Superseded { key: op.key().clone(), now: now.clone().map(Box::new) },
        None => CommitStatus::NotWritten,
    }
}

fn key_status(op: &Op, now: Option<&Entry>) -> KeyStatus {
    match (op, op.expect(), now) {
        // Another writer may have deleted it; either way it is gone, as requested.
        (Op::Delete { .. }, _, None) => KeyStatus::Matching,
        (Op::Delete { .. }, Expect::Token(token), Some(now)) if now.token != token => KeyStatus::Different,
        (Op::Delete { .. }, _, Some(_)) => KeyStatus::Unchanged,
        (Op::Put { .. }, Expect::Token(_), None) => KeyStatus::Different,
        (Op::Put { .. }, _, None) => KeyStatus::Unchanged,
        (Op::Put { document, .. }, expect, Some(now)) => {
            let same = now.document == *document;
            match expect {
                // Where tokens are digests, writing the same document changes nothing.
                Expect::Token(token) if now.token == token && same && token.as_counter().is_none() => {
                    KeyStatus::Matching
                }
                Expect::Token(token) if now.token == token => KeyStatus::Unchanged,
                Expect::Anything if same => KeyStatus::Matching,
                _ if same => KeyStatus::Applied,
                _ => KeyStatus::Different,
            }
        }
    }
}

/// Whether an entry that failed the condition of an operation is just what the operation asks for: an earlier
/// attempt was applied after all, or someone else wrote the same.
pub fn is_as_requested(op: &Op, now: Option<&Entry>) -> bool {
    match op {
        Op::Put { document, .. } => now.is_some_and(|now| now.document == *document),
        Op::Delete { .. } => now.is_none(),
    }
}

/// The answer that was lost; the state before the commit is known only from its conditions.
fn commit_of(ops: &[Op], entries: &[Option<Entry>]) -> Commit {
    let outcome = |(op, now): (&Op, &Option<Entry>)| Outcome {
        before: if let Expect::Token(token) = op.expect() { Some(token) } else { None },
        after: now.as_ref().map(|entry| entry.token),
    };
    let at = entries.iter().flatten().map(|entry| entry.revision).max().unwrap_or_default();
    Commit { at, outcomes: ops.iter().zip(entries).map(outcome).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Address, Revision, Token};
    use crate::provider::Lease;

    fn key(address: &str) -> ResourceKey {
        address.parse::<Address>().unwrap().0
    }

    fn entry(address: &str, text: &str, token: Token) -> Option<Entry> {
        Some(Entry {
            key: key(address),
            document: text.into(),
            revision: Revision(9),
            created: None,
            version: None,
            token,
            lease: None,
        })
    }

    fn put(address: &str, expect: Expect) -> Op {
        Op::Put { key: key(address), document: "new".into(), expect, lease: Lease::Keep }
    }

    fn delete(address: &str, token: u64) -> Op {
        Op::Delete { key: key(address), expect: at(token) }
    }

    fn at(token: u64) -> Expect {
        Expect::Token(Token::counter(token))
    }

    fn words(ops: &[Op], entries: &[Option<Entry>]) -> String {
        match status_of(ops, entries) {
            CommitStatus::Written(commit) => {
                let after = commit.outcomes.iter().map(|outcome| match outcome.after {
                    Some(token) => token.to_string(),
                    None => "gone".into(),
                });
                format!("written {}", after.collect::<Vec<_>>().join(" "))
            }
            CommitStatus::NotWritten => "not written".into(),
            CommitStatus::Superseded { key, now } => format!("{key} overtaken, there {}", now.is_some()),
            CommitStatus::Partial => "partly".into(),
        }
    }

    #[test]
    fn one_key_tells_by_its_token_and_its_bytes() {
        let is = |text, token| entry("a/x", text, Token::counter(token));
        let mine = [put("a/x", at(5))];
        for (now, found) in [
            (is("new", 7), "written 7"),
            (is("old", 5), "not written"),
            (is("new", 5), "not written"),
            (is("theirs", 7), "a/x overtaken, there true"),
            (None, "a/x overtaken, there false"),
        ] {
            assert_eq!(words(&mine, &[now]), found);
        }
        let created = [put("a/x", Expect::Absent)];
        assert_eq!(words(&created, &[None]), "not written");
        assert_eq!(words(&created, &[is("new", 7)]), "written 7");
        assert_eq!(words(&created, &[is("theirs", 7)]), "a/x overtaken, there true");
        let deleted = [delete("a/x", 5)];
        assert_eq!(words(&deleted, &[None]), "written gone");
        assert_eq!(words(&deleted, &[is("old", 5)]), "not written");
        assert_eq!(words(&deleted, &[is("theirs", 7)]), "a/x overtaken, there true");
    }

    #[test]
    fn writing_what_is_there_is_done_where_tokens_are_digests() {
        let digest = Token::digest([1; 6]);
        let op = [put("a/x", Expect::Token(digest))];
        assert!(words(&op, &[entry("a/x", "new", digest)]).starts_with("written"));
        assert_eq!(words(&op, &[entry("a/x", "old", digest)]), "not written");
    }

    #[test]
    fn one_key_decides_for_all_of_a_commit() {
        let is = |address, text, token| entry(address, text, Token::counter(token));
        // A rename: created there, deleted here.
        let rename = [put("a/new", Expect::Absent), delete("a/old", 5)];
        for (new, old, found) in [
            (is("a/new", "new", 7), None, "written 7 gone"),
            (None, is("a/old", "old", 5), "not written"),
            // It was applied, and another writer has written the old name since.
            (is("a/new", "new", 7), is("a/old", "theirs", 8), "written 7 8"),
            // Another writer deleted the old one; ours was not applied and no longer can be.
            (is("a/new", "theirs", 8), None, "a/new overtaken, there true"),
            (None, is("a/old", "theirs", 8), "a/old overtaken, there true"),
            (None, None, "not written"),
            (is("a/new", "new", 7), is("a/old", "old", 5), "partly"),
        ] {
            assert_eq!(words(&rename, &[new, old]), found);
        }
    }

    #[test]
    fn a_conflict_with_the_same_bytes_is_known_as_what_was_asked_for() {
        let (mine, theirs) =
            (entry("a/x", "new", Token::counter(7)), entry("a/x", "theirs", Token::counter(7)));
        let met = |op: Op| [mine.as_ref(), theirs.as_ref(), None].map(|now| is_as_requested(&op, now));
        assert_eq!(met(put("a/x", at(5))), [true, false, false]);
        assert_eq!(met(put("a/x", Expect::Absent)), [true, false, false]);
        assert_eq!(met(delete("a/x", 5)), [false, false, true]);
    }

    #[test]
    fn without_a_condition_only_the_bytes_tell() {
        let is = |text| entry("a/x", text, Token::counter(7));
        let op = [put("a/x", Expect::Anything)];
        assert_eq!(words(&op, &[is("new")]), "written 7");
        assert_eq!(words(&op, &[is("theirs")]), "a/x overtaken, there true");
        assert_eq!(words(&op, &[None]), "not written");
    }
}
