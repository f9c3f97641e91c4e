//! `put`: stores one document, byte for byte.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::PutArgs;
use super::error::{Exit, Result};
use super::input::read_into;
use super::output::{Format, Printer, change_line};
use super::redact_usage_error::quoted;
use super::secrets::{NewSecrets, write_new};
use super::session::CliSession;

use crate::check::rules::{MASK_FOR_SECRET, UNFILLED_PLACEHOLDER, UNROUTABLE_ID, UNUSABLE_DOCUMENT};
use crate::check::{DocumentInput, DraftInput, ReceiverProfile, Subject, diagnose};
use crate::domain::json::check_object;
use crate::domain::{Document, Masking, ResourceKey, Token};
use crate::inventory::{DocumentError, Facts};
use crate::provider::{Commit, Expect, Lease, Op};

pub(super) async fn run(session: &CliSession, put: PutArgs, out: &mut Printer<'_>) -> Result<()> {
    let writer = session.manager.writer()?;
    let key = session.key(&put.address);
    if key.is_foreign() {
        return Err(Exit::INVALID.because(format!(
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
        return Err(Exit::INVALID.because(format!(
            "{key}: the document is larger than the {most} bytes that this store holds in one: shorten it; \
             nothing was sent"
        )));
    }
    check(&key, &session.masking(&key), &document, put.force)?;
    let secrets = match &put.secrets_from {
        Some(from) => Some(write_new(session, &key, from).await?),
        None => None,
    };
    let lease = put.ttl.map_or(Lease::Keep, Lease::For);
    let op = Op::Put { key: key.clone(), document, expect, lease };
    let commit = session.commit(writer, op).await.map_err(|error| {
        let error = error.or_exists(put.create);
        match &secrets {
            Some(secrets) => secrets.without_document(&error),
            None => error,
        }
    })?;
    WriteReport { secrets, ..WriteReport::of(&key, &commit) }.print(put.output.format, out)
}

/// The output of `put` and `delete`.
#[derive(Serialize)]
pub(super) struct WriteReport {
    key: String,
    before: Option<String>,
    after: Option<String>,
    revision: u64,
    /// What was written before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secrets: Option<NewSecrets>,
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
            secrets: None,
        }
    }

    pub(super) fn print(&self, format: Format, out: &mut Printer<'_>) -> Result<()> {
        let done = match &self.after {
            Some(token) => format!("{} is stored: token {token}", self.key),
            None => format!("{} is deleted", self.key),
        };
        let lines = |it: &Self| {
            let secrets = it.secrets.iter().map(NewSecrets::line);
            secrets.chain([change_line(&it.key, it.before.as_deref(), it.after.as_deref())]).collect()
        };
        out.outcome(format, self, &done, lines)
    }
}

fn read(put: &PutArgs, max: usize) -> Result<Document> {
    if let Some(value) = &put.value {
        return Ok(Document::from(value.as_str()));
    }
    let is_stdin = |path: &Option<PathBuf>| path.as_deref() == Some(Path::new("-"));
    if is_stdin(&put.secrets_from) && (put.file.is_none() || is_stdin(&put.file)) {
        return Err(Exit::USAGE.because(
            "standard input holds the secrets: give the document as an argument, or name its file with --file",
        ));
    }
    if put.file.is_none() && io::stdin().is_terminal() {
        return Err(Exit::USAGE
            .because("there is no document: give it as an argument, with --file, or on standard input"));
    }
    let mut bytes = Vec::new();
    let file = put.file.as_deref().filter(|path| *path != Path::new("-"));
    let name =
        file.map(|path| quoted(&path.to_string_lossy(), "the file that --file names")).unwrap_or_default();
    read_into(&mut bytes, file, &name, max)?;
    Ok(Document::new(bytes))
}

/// Refuses a document that the receiver could not use, or that contains a mask in place of a secret; `force`
/// stores it anyway. An unfilled placeholder is always refused: only the draft it comes from knows the secret
/// behind it.
fn check(key: &ResourceKey, masking: &Masking, document: &Document, force: bool) -> Result<()> {
    let refused = |problem: String| Exit::INVALID.because(format!("{key}: {problem}"));
    let facts = Facts::scan(masking, document);
    let text = document.text().unwrap_or_default();
    let of_text = diagnose(Subject::Draft(DraftInput { text, concealed: None, byte_order_mark: false }));
    if let Some(found) = of_text.iter().find(|found| found.rule == UNFILLED_PLACEHOLDER.id) {
        return Err(refused(found.to_string()));
    }
    let of_document =
        diagnose(Subject::Row(&DocumentInput::new(key, &facts, &ReceiverProfile::default(), &())));
    let problem = of_document.into_iter().chain(of_text).find_map(|found| match found.rule {
        rule if rule == UNROUTABLE_ID.id => {
            Some(format!("the receiver answers 400 for this id: {}", found.message))
        }
        rule if rule == UNUSABLE_DOCUMENT.id => match facts.error {
            Some(DocumentError::NotUtf8(at)) => Some(format!("byte {at} of the document is not UTF-8")),
            _ => check_object(text).err().map(|error| error.to_string()),
        },
        rule if rule == MASK_FOR_SECRET.id => Some(found.message),
        _ => None,
    });
    match problem.filter(|_| !force) {
        Some(problem) => Err(refused(format!("{problem}; --force stores it anyway"))),
        None => Ok(()),
    }
}
