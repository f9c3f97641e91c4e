//! Checks shared by all stores: of a commit before it is applied, and of each operation's
//! precondition against the current entry.

use std::collections::HashSet;

use super::{Capabilities, Error, Expect, Op, Result};
use crate::domain::json::walk;
use crate::domain::{Document, Entry, ResourceKey};

/// Checks the rules that need no access to the store: size, count, duplicate and foreign keys.
pub(crate) fn check_commit(ops: &[Op], can: &Capabilities) -> Result<()> {
    if ops.len() > can.atomic_max {
        return Err(Error::unsupported(
            format!("a commit of {} operations", ops.len()),
            format!("this store applies at most {} at once; commit fewer at a time", can.atomic_max),
        ));
    }
    let mut seen = HashSet::new();
    for op in ops {
        let key = op.key();
        if !seen.insert(key) {
            return Err(Error::invalid(format!("{key} is named twice in one commit; name each key once")));
        }
        match op {
            Op::Put { .. } if key.is_foreign() && !can.foreign_puts => {
                return Err(Error::unsupported(
                    format!("writing {key}"),
                    "the receiver ignores keys of this shape; it can be viewed and deleted",
                ));
            }
            Op::Put { document, .. } if document.len() > can.max_document => {
                return Err(Error::invalid(format!(
                    "{key} would be {} bytes; this store holds at most {} in one document: shorten it",
                    document.len(),
                    can.max_document
                )));
            }
            Op::Delete { expect: Expect::Absent, .. } => {
                return Err(Error::invalid(format!(
                    "a delete of {key} cannot expect that it is absent; expect its token"
                )));
            }
            Op::Put { .. } | Op::Delete { .. } => {}
        }
    }
    Ok(())
}

/// Checks that a document is JSON; returns its text.
pub(crate) fn check_json<'a>(key: &ResourceKey, document: &'a Document) -> Result<&'a str> {
    let invalid = |reason: String| Error::invalid(format!("{key}: {reason}; nothing was written"));
    let text = document
        .text()
        .map_err(|error| invalid(format!("the document is not UTF-8 at byte {}", error.valid_up_to())))?;
    walk(text, |_| ()).map_err(|error| invalid(error.to_string()))?;
    Ok(text)
}

/// Checks an operation's precondition against the current entry.
///
/// A delete of a missing key is [`Error::NotFound`] whatever its precondition; a put that expects a
/// token for a missing key is an [`Error::Conflict`] without an entry, so that its draft is kept.
pub(crate) fn check_precondition(op: &Op, now: Option<&Entry>) -> Result<()> {
    let key = op.key();
    let conflict = || Err(Error::Conflict { key: key.clone(), now: now.cloned().map(Box::new) });
    match (op, op.expect(), now) {
        (Op::Delete { .. }, _, None) => Err(Error::NotFound { key: key.clone() }),
        (_, Expect::Absent, Some(_)) | (_, Expect::Token(_), None) => conflict(),
        (_, Expect::Token(token), Some(now)) if token != now.token => conflict(),
        _ => Ok(()),
    }
}
