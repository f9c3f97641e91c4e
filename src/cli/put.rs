//! `put`: stores one document, byte for byte.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use serde::Serialize;

use super::CliSession;
use super::args::PutArgs;
use super::error::{CliError, Exit};
use super::output::{Printer, cell};
use crate::check::rules::{MaskForSecret, UnfilledPlaceholder, UnroutableId, UnusableDocument};
use crate::check::{Rule, Subject, diagnose};
use crate::domain::json::check_object;
use crate::domain::{Document, DocumentKind, ResourceKey, Token};
use crate::inventory::{DocumentError, Facts};
use crate::provider::{Commit, Error as StoreError, Expect, Lease, Op};
use crate::text::Safe;

pub(super) async fn run(session: &CliSession, put: PutArgs, out: &mut Printer<'_>) -> Result<Exit, CliError> {
    let writer = session.manager.writer()?;
    let key = put.address.0.clone();
    if key.is_foreign() {
        return Err(CliError::Invalid(format!(
            "{key} has a shape that the receiver ignores: it can be read and deleted, not written"
        )));
    }
    let expect = match &put.expect_revision {
        Some(token) => session.expect(token)?,
        None if put.create => Expect::Absent,
        None => Expect::Anything,
    };
    let most = writer.capabilities().max_document;
    let document = read(&put, most)?;
    if document.len() > most {
        return Err(CliError::Invalid(format!(
            "{key}: the document is larger than the {most} bytes that this store holds in one: shorten it; \
             nothing was sent"
        )));
    }
    check(&key, &document, put.force)?;
    let lease = put.ttl.map_or(Lease::Keep, Lease::For);
    let op = Op::Put { key: key.clone(), document, expect, lease };
    let commit = session.commit(&*writer, op).await.map_err(|failure| refused(failure, expect))?;
    let written = WriteReport::of(&key, &commit);
    out.result(put.output.format, &written, |written| vec![written.line()])?;
    Ok(Exit::DONE)
}

/// A conflict under `--create` means that the document already existed, not that somebody changed it.
fn refused(failure: CliError, expect: Expect) -> CliError {
    match failure {
        CliError::Store(StoreError::Conflict { key, now: Some(entry) }) if expect == Expect::Absent => {
            CliError::Exists(format!(
                "{key} exists already (now {token}); nothing was written. --expect-revision {token} replaces it",
                token = entry.token
            ))
        }
        failure => failure,
    }
}

/// The output of `put` and `delete`.
#[derive(Serialize)]
pub(super) struct WriteReport {
    key: String,
    before: Option<String>,
    after: Option<String>,
    revision: u64,
}

impl WriteReport {
    pub(super) fn of(key: &ResourceKey, commit: &Commit) -> Self {
        let outcome = commit.outcomes.first();
        let text = |token: Option<Token>| token.map(|token| token.to_string());
        Self {
            key: key.to_string(),
            before: text(outcome.and_then(|outcome| outcome.before)),
            after: text(outcome.and_then(|outcome| outcome.after)),
            revision: commit.at.0,
        }
    }

    pub(super) fn line(&self) -> Safe<'static> {
        let token = |token: &Option<String>| token.clone().unwrap_or_else(|| "-".into());
        cell(&format!("{}  {} -> {}", self.key, token(&self.before), token(&self.after)))
    }
}

fn read(put: &PutArgs, max: usize) -> Result<Document, CliError> {
    if let Some(value) = &put.value {
        return Ok(Document::from(value.as_str()));
    }
    match put.file.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let file = File::open(path).map_err(|error| unreadable(path, &error))?;
            read_all(file, max).map_err(|error| unreadable(path, &error))
        }
        None if put.file.is_none() && io::stdin().is_terminal() => Err(CliError::Usage(
            "there is no document: give it as an argument, with --file, or on standard input".into(),
        )),
        None => read_all(io::stdin().lock(), max)
            .map_err(|error| CliError::Failed(format!("cannot read standard input: {}", error.kind()))),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> CliError {
    CliError::Failed(format!("cannot read {}: {}", path.display(), error.kind()))
}

/// Reads at most one byte more than can be stored, which is enough to detect that it is too much.
fn read_all(from: impl Read, max: usize) -> io::Result<Document> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok(Document::new(bytes))
}

/// Refuses what the receiver could not use, and what would store a mask in place of a secret; `force`
/// stores it anyway. A placeholder stands for a secret that only its draft can fill in: not even that
/// may store it in the secret's place.
fn check(key: &ResourceKey, document: &Document, force: bool) -> Result<(), CliError> {
    let refused = |problem: String| CliError::Invalid(format!("{key}: {problem}"));
    let facts = Facts::scan(DocumentKind::of(key), document);
    let text = document.text().unwrap_or_default();
    let of_text = diagnose(Subject::Draft { text, concealed: None, byte_order_mark: false });
    if let Some(found) = of_text.iter().find(|found| found.rule == UnfilledPlaceholder.id()) {
        return Err(refused(found.to_string()));
    }
    let of_document = diagnose(Subject::Document { key, facts: &facts, around: &() });
    let problem = of_document.into_iter().chain(of_text).find_map(|found| match found.rule {
        rule if rule == UnroutableId.id() => {
            Some(format!("the receiver answers 400 for this id: {}", found.message))
        }
        rule if rule == UnusableDocument.id() => match facts.error {
            Some(DocumentError::NotUtf8(at)) => Some(format!("byte {at} of the document is not UTF-8")),
            _ => check_object(text).err().map(|error| error.to_string()),
        },
        rule if rule == MaskForSecret.id() => Some(found.message),
        _ => None,
    });
    match problem.filter(|_| !force) {
        Some(problem) => Err(refused(format!("{problem}; --force stores it anyway"))),
        None => Ok(()),
    }
}
