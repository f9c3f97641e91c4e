//! `put`: stores one document, byte for byte, and says what its receiver will do with it.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::{StreamExt, stream};
use serde::Serialize;
use tokio::time::timeout;

use super::args::PutArgs;
use super::error::{Exit, Result};
use super::input::read_into;
use super::output::{Format, Printer, change_line};
use super::redact_usage_error::quoted;
use super::secrets::{NewSecrets, write_new};
use super::session::CliSession;
use super::stderr::print_note;
use super::surroundings::{LookLimits, look_at_secrets};
use crate::check::rules::{
    MASK_FOR_SECRET, UNFILLED_PLACEHOLDER, UNROUTABLE_ID, UNUSABLE_DOCUMENT, severity_word,
};
use crate::check::{
    Diagnostic, DocumentInput, DraftInput, KnownDocuments, PreflightVerdict, ReceiverProfile, Rule,
    SecretLookup, Subject, diagnose, diagnose_document, preflight,
};
use crate::domain::json::check_object;
use crate::domain::{ConnectionName, Document, ResourceKey, Token};
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
    let notes = check(session, &key, &document, &put).await?;
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
    notes.iter().for_each(|note| print_note(note));
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

/// How long what surrounds a document is looked at: a backend that hangs delays no write for longer.
const LOOKS_WITHIN: Duration = Duration::from_secs(3);

/// The most connections and secrets that are looked at, and how many at once.
const MOST_LOOKS: usize = 64;
const LOOKS_AT_ONCE: usize = 8;

/// What is to be said of a document once it is written.
///
/// # Errors
/// If the receiver could not use it, if it contains a mask in place of a secret, or if the receiver would serve
/// nothing any more because of it; `--force` stores it anyway. An unfilled placeholder is always refused: only
/// the draft it comes from knows the secret behind it.
async fn check(
    session: &CliSession,
    key: &ResourceKey,
    document: &Document,
    put: &PutArgs,
) -> Result<Vec<String>> {
    let refused = |problem: String| Exit::INVALID.because(format!("{key}: {problem}"));
    let facts = Facts::scan(&session.masking(key), document);
    if let Some(problem) = unusable(key, &facts, put.force) {
        return Err(refused(problem));
    }
    let receiver = session.receiver_profile();
    let known = surroundings(session, key, &facts, &receiver.lookup).await;
    let around = known.around(key);
    let input = DocumentInput::new(key, &facts, &receiver, &around);
    let own = receiver.own_rules.judge(&[(key, input.text())]);
    let mut found = diagnose_document(&input).found;
    found.extend(receiver.rules.apply(own.found.into_iter().flatten().collect()).found);
    found.sort_by_key(|found| found.severity as u8);
    let mut notes: Vec<_> = found.iter().map(|found| format!("{key}: {}", line(&receiver, found))).collect();
    let disabled = receiver.own_rules.without(&own.overruns).diagnostics().collect();
    let disabled = receiver.rules.apply(disabled).found;
    notes.extend(disabled.iter().map(|disabled| line(&receiver, disabled)));
    let mut flight = preflight(&input, None);
    if flight.is_stopped() && !put.create {
        // What may not be read is no excuse for what is known of the document.
        let stored = session.manager.reader().get(key).await.ok().flatten();
        let stored = stored.map(|entry| Facts::scan(&session.masking(key), &entry.document));
        let stored = stored.as_ref().map(|facts| DocumentInput::new(key, facts, &receiver, &around));
        flight = preflight(&input, stored.as_ref());
    }
    if flight.verdict == PreflightVerdict::NoWorse {
        notes.push(format!("{key}: what was stored before has as many errors that reach beyond it"));
    }
    match flight.stops().next() {
        Some(stop) if !put.force => {
            let others = notes.iter().filter(|note| !note.ends_with(&line(&receiver, stop)));
            others.for_each(|note| print_note(note));
            Err(refused(format!("{}; nothing was sent, --force stores it anyway", line(&receiver, stop))))
        }
        _ => Ok(notes),
    }
}

/// `error L01 refused-at-start: line 2, column 13: what is wrong; what to do`
pub(super) fn line(receiver: &ReceiverProfile, found: &Diagnostic) -> String {
    let rule = receiver.rule(found.rule).map_or_else(|| found.rule.to_owned(), Rule::title);
    let advice = found.advice();
    let then = if advice.is_empty() { "" } else { "; " };
    let severity = severity_word(found.severity);
    format!("{severity} {rule}: {found}{then}{advice}")
}

/// Why a document is refused whatever is around it.
fn unusable(key: &ResourceKey, facts: &Facts, force: bool) -> Option<String> {
    let text = facts.document.text().unwrap_or_default();
    let of_text = diagnose(Subject::Draft(DraftInput { text, concealed: None, byte_order_mark: false }));
    if let Some(found) = of_text.iter().find(|found| found.rule == UNFILLED_PLACEHOLDER.id) {
        return Some(found.to_string());
    }
    let of_document =
        diagnose(Subject::Row(&DocumentInput::new(key, facts, &ReceiverProfile::default(), &())));
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
    problem.filter(|_| !force).map(|problem| format!("{problem}; --force stores it anyway"))
}

/// The connections and secrets that a document names, as far as they can be seen in time.
async fn surroundings(
    session: &CliSession,
    key: &ResourceKey,
    facts: &Facts,
    lookup: &SecretLookup,
) -> KnownDocuments {
    let mut known = KnownDocuments::default();
    known.add(key, facts);
    let looked = timeout(LOOKS_WITHIN, look(session, key, facts, lookup, &mut known)).await;
    if looked.is_err() {
        print_note("not everything that the document names could be looked at in time: it is not judged");
    }
    known
}

async fn look(
    session: &CliSession,
    key: &ResourceKey,
    facts: &Facts,
    lookup: &SecretLookup,
    known: &mut KnownDocuments,
) {
    let reader = session.manager.reader();
    if reader.capabilities().connections {
        let names = facts.connections.iter().filter_map(|name| ConnectionName::new(name).ok());
        let ask = async |name: ConnectionName| {
            let entry = reader.get(&ResourceKey::connection(name.clone())).await;
            (name, entry)
        };
        let mut answers = stream::iter(names.take(MOST_LOOKS)).map(ask).buffer_unordered(LOOKS_AT_ONCE);
        while let Some((name, answer)) = answers.next().await {
            match answer {
                Ok(Some(entry)) => {
                    let facts = Facts::scan(&session.masking(&entry.key), &entry.document);
                    known.add(&entry.key, &facts);
                }
                Ok(None) => known.add_absent_connection(name.as_str()),
                // It may be there.
                Err(_) => {}
            }
        }
    }
    let limits = LookLimits { most: MOST_LOOKS, within: LOOKS_WITHIN };
    look_at_secrets(session, &[(key, facts)], lookup, known, limits).await;
}
