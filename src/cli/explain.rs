//! `explain`: prints a webhook's document as the receiver holds it, and what a request without credentials gets.

use std::collections::BTreeMap;
use std::path::Path;

use futures::{StreamExt, stream};
use serde::Serialize;
use serde_json::Value;

use super::args::ExplainArgs;
use super::error::{Exit, Result};
use super::input::read_into;
use super::output::{Format, Printer, cell, pairs, table, whole};
use super::redact_usage_error::quoted;
use super::secrets::{masked_json, secret_reader};
use super::session::{CliSession, note_faults};
use crate::check::receiver::{
    AnonymousAnswer, EffectiveView, LineText, ReceiverKnowledge, effective_view, secrets_of,
};
use crate::config::ReceiverView;
use crate::domain::json::JsonValue;
use crate::domain::reference::Variables;
use crate::domain::{Document, DocumentKind, Masking, Presence, ResourceKey, SecretPath};
use crate::inventory::{CheckState, Facts};
use crate::text::Safe;

/// The largest document that is read from a file, in bytes.
const MAX_DOCUMENT: usize = 64 * 1024 * 1024;

/// How many secrets are looked at at once.
const AT_ONCE: usize = 8;

pub(super) async fn run(session: &CliSession, arguments: ExplainArgs, out: &mut Printer<'_>) -> Result<()> {
    let key = arguments.address.as_ref().map(|named| session.key(named));
    if let Some(ResourceKey::Connection { .. }) = key {
        return Err(
            Exit::USAGE.because("explain is about webhooks: a connection serves no request by itself")
        );
    }
    let document = match (&arguments.file, &key) {
        (Some(path), _) => read(path)?,
        (None, Some(key)) => {
            let entry = session.manager.reader().get(key).await?;
            entry.ok_or_else(|| session.absent(key))?.document
        }
        (None, None) => return Err(Exit::USAGE.because("name a webhook, or a document with --file")),
    };
    let view = session.settings.receiver_view()?;
    note_faults(&view.findings);
    let store = if arguments.file.is_none() { Some(session) } else { None };
    let view = explained(store, &view, key.as_ref(), &document, session).await;
    let report = ExplainReport::of(key.as_ref(), &view);
    let json = || report.with(masked_json(&view.masked).ok().filter(|_| view.is_object));
    match arguments.output.format {
        Format::Table => out.lines(report.lines().into_iter().chain([Safe::literal("")]).chain(text(&view))),
        Format::Json => out.json_document(&json()?),
        Format::Yaml => out.yaml_document(&json()?),
    }
}

/// The lines of the document, each with what is to be said of it: `  "topic": "eu"  # {$REGION} is not set: …`.
fn text(view: &EffectiveView) -> impl Iterator<Item = Safe<'static>> {
    view.lines.iter().map(|line| {
        let mut text = match &line.text {
            LineText::Document(at) => view.masked.line_text(*at).to_owned(),
            LineText::Added(text) => text.as_str().to_owned(),
        };
        for (at, note) in line.notes.iter().enumerate() {
            text.push_str(if at == 0 { "  # " } else { "; " });
            text.push_str(&note.words);
        }
        Safe::from(text)
    })
}

fn read(path: &Path) -> Result<Document> {
    let mut bytes = Vec::new();
    let name = quoted(&path.to_string_lossy(), "the file that --file names");
    read_into(&mut bytes, Some(path).filter(|path| *path != Path::new("-")), &name, MAX_DOCUMENT)?;
    if bytes.len() > MAX_DOCUMENT {
        return Err(Exit::INVALID.because(format!("{name} has more than {MAX_DOCUMENT} bytes")));
    }
    Ok(Document::new(bytes))
}

/// What the receiver makes of a document, after its secrets have been looked at. Without a store, none is.
pub(super) async fn explained(
    store: Option<&CliSession>,
    view: &ReceiverView,
    key: Option<&ResourceKey>,
    document: &Document,
    session: &CliSession,
) -> EffectiveView {
    let names = &session.settings.secret_names;
    let masking = match key {
        Some(key) => Masking::of(key, names),
        None => Masking::new(DocumentKind::Webhook, names),
    };
    let facts = Facts::scan(&masking, document);
    let receiver = session.settings.receiver_profile(Some(view));
    let known = match store.filter(|_| view.lookup.can_read_kv) {
        Some(session) => presences(session, view, secrets_of(key, &facts, &view.lookup)).await,
        None => BTreeMap::new(),
    };
    let variables = view.variables.as_deref().map(|variables| variables as &dyn Variables);
    let presence = |path: &SecretPath| known.get(path).cloned();
    let known =
        ReceiverKnowledge { receiver: &receiver, lookup: &view.lookup, variables, presence: &presence };
    effective_view(key, &facts, &masking, known)
}

/// What is known of these secrets; a secret that cannot be looked at is left out.
async fn presences(
    session: &CliSession,
    view: &ReceiverView,
    paths: Vec<SecretPath>,
) -> BTreeMap<SecretPath, Presence> {
    let reader = secret_reader(session, view);
    let presence = async |path: SecretPath| {
        let found = reader.presence(&path).await.ok()?;
        Some((path, found))
    };
    stream::iter(paths)
        .map(presence)
        .buffer_unordered(AT_ONCE)
        .filter_map(async |found| found)
        .collect()
        .await
}

/// The output of `explain`.
#[derive(Serialize)]
struct ExplainReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    routes: Vec<String>,
    /// Whether it serves the unknown ids of its namespace, too.
    catch_all: bool,
    verdict: &'static str,
    anonymous: AnswerReport,
    reason: String,
    /// What every webhook gets after the receiver's next start, if that stumbles over this document.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_restart: Option<AnswerReport>,
    checks: Vec<AuthCheckReport>,
    ignored: Vec<IgnoredReport>,
    defaults: Vec<DefaultReport>,
    references: Vec<ReferenceReport>,
    /// What cannot be seen from here.
    not_known: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct AnswerReport {
    status: u16,
    by: Option<&'static str>,
}

impl AnswerReport {
    pub(super) fn of(answer: AnonymousAnswer) -> Self {
        Self { status: answer.status, by: answer.by }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn words(&self) -> String {
        match self.by {
            Some(by) => format!("{} by {by}", self.status),
            None => self.status.to_string(),
        }
    }
}

#[derive(Serialize)]
struct AuthCheckReport {
    name: &'static str,
    member: &'static str,
    state: &'static str,
    words: String,
}

#[derive(Serialize)]
struct IgnoredReport {
    member: String,
    why: String,
}

#[derive(Serialize)]
struct DefaultReport {
    member: String,
    value: Value,
}

#[derive(Serialize)]
struct ReferenceReport {
    place: String,
    reference: String,
    outcome: String,
}

impl ExplainReport {
    fn of(key: Option<&ResourceKey>, view: &EffectiveView) -> Self {
        let judgement = &view.judgement;
        let checks = judgement.checks.iter().map(|check| AuthCheckReport {
            name: check.auth.check,
            member: check.auth.member,
            state: match check.state {
                CheckState::Ignored(_) => "ignored",
                CheckState::Passes => "passes",
                CheckState::Asks(_) => "asks",
                CheckState::RefusesAll(_) => "refuses all",
                CheckState::Breaks(_) => "breaks",
            },
            words: check.words(),
        });
        let ignored = view.ignored.iter();
        let defaults = view
            .defaults
            .iter()
            .map(|(member, value)| DefaultReport { member: member.clone(), value: value.clone() });
        let references = view.references.iter().map(|note| ReferenceReport {
            place: note.place.clone(),
            reference: note.reference.clone(),
            outcome: note.outcome.clone(),
        });
        Self {
            key: key.map(ToString::to_string),
            routes: view.routes.clone(),
            catch_all: view.is_catch_all,
            verdict: judgement.verdict.word(),
            anonymous: AnswerReport::of(judgement.anonymous),
            reason: judgement.reason.clone(),
            after_restart: judgement.after_restart.map(AnswerReport::of),
            checks: checks.collect(),
            ignored: ignored
                .map(|it| IgnoredReport { member: it.member.clone(), why: it.why.clone() })
                .collect(),
            defaults: defaults.collect(),
            references: references.collect(),
            not_known: view.not_known.clone(),
        }
    }

    /// With the document, its secrets masked and its numbers as they are written; null where it is no JSON object.
    fn with(&self, document: Option<JsonValue>) -> Result<JsonValue> {
        let failed = Exit::FAILED.because("the result cannot be written");
        let report = serde_json::to_string(self).ok().and_then(|text| JsonValue::read(&text).ok());
        let Some(JsonValue::Object(mut members)) = report else { return Err(failed) };
        members.insert("document", document.unwrap_or_default());
        Ok(JsonValue::Object(members))
    }

    fn lines(&self) -> Vec<Safe<'static>> {
        let mut facts = Vec::new();
        facts.extend(self.key.as_ref().map(|key| ("key", whole(key))));
        facts.extend(self.routes.iter().map(|route| ("route", whole(&format!("POST {route}")))));
        if self.catch_all {
            facts.push(("", cell("and every unknown id of its namespace: it is the catch-all")));
        }
        facts.push(("verdict", cell(self.verdict)));
        facts.push(("anonymous", cell(&self.anonymous.words())));
        facts.push(("because", cell(&self.reason)));
        if let Some(after) = &self.after_restart {
            facts
                .push(("restart", cell(&format!("every webhook gets {} after the next one", after.words()))));
        }
        let mut lines = pairs(facts);
        let mut add = |table: Vec<Safe<'static>>| {
            if table.len() > 1 {
                lines.push(Safe::literal(""));
                lines.extend(table);
            }
        };
        let checks = self.checks.iter().map(|it| [cell(it.name), cell(it.member), cell(&it.words)]);
        add(table(["CHECK", "MEMBER", "WHAT IT DOES"], checks));
        add(table(["IGNORED", "BECAUSE"], self.ignored.iter().map(|it| [whole(&it.member), cell(&it.why)])));
        let defaults = self.defaults.iter().map(|it| [whole(&it.member), cell(&it.value)]);
        add(table(["DEFAULT", "VALUE"], defaults));
        let references =
            self.references.iter().map(|it| [whole(&it.place), whole(&it.reference), cell(&it.outcome)]);
        add(table(["PLACE", "REFERENCE", "IN THE RECEIVER"], references));
        add(table(["NOT KNOWN FROM HERE"], self.not_known.iter().map(|it| [whole(it)])));
        lines
    }
}
