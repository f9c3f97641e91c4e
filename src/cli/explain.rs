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
    Answer, EffectiveDocument, Judgement, VaultFieldState, effective, explain, routes,
};
use crate::check::{ReceiverProfile, SecretLookup};
use crate::config::ReceiverView;
use crate::domain::json::JsonValue;
use crate::domain::reference::{Variables, VaultField};
use crate::domain::{
    Document, FieldState, Masking, Presence, Reference, ResourceKey, SecretField, SecretNames, SecretPath,
};
use crate::inventory::{CheckState, Facts};
use crate::text::{Masked, Safe};

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
    let explained = ExplainedDocument::of(store, &view, key.as_ref(), &document, session).await;
    let masked = Masked::of(&explained.masking, &explained.effective.shown);
    let document = if explained.facts.error.is_none() { masked_json(&masked).ok() } else { None };
    let default = session.settings.target.namespace();
    let routes = key.as_ref().map(|key| routes(key, &default)).unwrap_or_default();
    let report = ExplainReport::of(&explained, routes);
    match arguments.output.format {
        Format::Table => {
            let text = masked.lines(0..masked.line_count()).map(|line| Safe::display(&line).into_owned());
            out.lines(report.lines().into_iter().chain([Safe::literal("")]).chain(text))
        }
        Format::Json => out.json_document(&report.with(document)?),
        Format::Yaml => out.yaml_document(&report.with(document)?),
    }
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

/// A document with what the receiver makes of it.
pub(super) struct ExplainedDocument {
    pub(super) judgement: Judgement,
    key: Option<ResourceKey>,
    facts: Facts,
    masking: Masking,
    effective: EffectiveDocument,
}

impl ExplainedDocument {
    /// Without a store, no secret is looked at.
    pub(super) async fn of(
        store: Option<&CliSession>,
        view: &ReceiverView,
        key: Option<&ResourceKey>,
        document: &Document,
        session: &CliSession,
    ) -> Self {
        let masking = masking(key, &session.settings.secret_names);
        let facts = Facts::scan(&masking, document);
        let lookup = &view.lookup;
        let fields: Vec<_> = facts.sites().references().into_keys().filter_map(vault_field).collect();
        let own = key.filter(|_| store.is_some()).and_then(|key| lookup.own_path(key));
        let paths = fields.iter().filter_map(|field| lookup.reference_path(&field.path)).chain(own.clone());
        let known = match store.filter(|_| lookup.can_read_kv) {
            Some(session) => presences(session, view, paths.collect()).await,
            None => BTreeMap::new(),
        };
        let state = |field: &VaultField| field_state(lookup, &known, field);
        let own = match (&own, key) {
            (Some(SecretPath::Variables(id)), _) => lookup.own_variables(id),
            (Some(path), _) => known.get(path).cloned(),
            (None, _) => None,
        };
        let own = own.as_ref().map(own_fields).unwrap_or_default();
        let variables = view.variables.as_deref().map(|variables| variables as &dyn Variables);
        let effective = effective(&facts, &masking, variables, &state, &own);
        let receiver =
            ReceiverProfile { default_namespace: session.settings.target.namespace(), ..Default::default() };
        let judgement = explain(key, &facts, &effective, &receiver);
        Self { judgement, key: key.cloned(), facts, masking, effective }
    }
}

fn masking(key: Option<&ResourceKey>, names: &SecretNames) -> Masking {
    match key {
        Some(key) => Masking::of(key, names),
        None => Masking::new(crate::domain::DocumentKind::Webhook, names),
    }
}

fn vault_field(reference: Reference) -> Option<VaultField> {
    match reference {
        Reference::Vault { path, field } => Some(VaultField { path, field }),
        Reference::Env { .. } => None,
    }
}

/// What is known of these secrets; a secret that cannot be looked at is left out.
async fn presences(
    session: &CliSession,
    view: &ReceiverView,
    mut paths: Vec<SecretPath>,
) -> BTreeMap<SecretPath, Presence> {
    let reader = secret_reader(session, view);
    paths.sort();
    paths.dedup();
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

fn field_state(
    lookup: &SecretLookup,
    known: &BTreeMap<SecretPath, Presence>,
    field: &VaultField,
) -> VaultFieldState {
    if lookup.references.is_none() {
        return VaultFieldState::Absent;
    }
    let presence = lookup.reference_path(&field.path).and_then(|path| known.get(&path));
    match presence {
        Some(Presence::Present(contents)) => {
            let state = contents.fields.iter().find(|(name, _)| name.as_str() == field.field);
            match state.map(|(_, state)| *state) {
                None => VaultFieldState::Absent,
                Some(FieldState::Empty) => VaultFieldState::Empty,
                Some(_) => VaultFieldState::Present,
            }
        }
        Some(Presence::Missing | Presence::Deleted { .. } | Presence::Destroyed { .. }) => {
            VaultFieldState::Absent
        }
        _ => VaultFieldState::NotKnown,
    }
}

/// The own secrets that are there and not empty.
fn own_fields(presence: &Presence) -> Vec<SecretField> {
    let Presence::Present(contents) = presence else { return Vec::new() };
    let there = |field: &SecretField| {
        contents.fields.iter().any(|(name, state)| *name == field.name() && *state == FieldState::Present)
    };
    SecretField::ALL.into_iter().filter(there).collect()
}

/// The output of `explain`.
#[derive(Serialize)]
struct ExplainReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    routes: Vec<String>,
    verdict: &'static str,
    anonymous: AnswerReport,
    reason: String,
    /// What every webhook gets after the receiver's next start, if that stumbles over this document.
    #[serde(skip_serializing_if = "Option::is_none")]
    after_restart: Option<AnswerReport>,
    checks: Vec<CheckReport>,
    ignored: Vec<IgnoredReport>,
    defaults: Vec<DefaultReport>,
    references: Vec<ReferenceReport>,
}

#[derive(Serialize)]
pub(super) struct AnswerReport {
    status: u16,
    by: Option<&'static str>,
}

impl AnswerReport {
    pub(super) fn of(answer: Answer) -> Self {
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
struct CheckReport {
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
    fn of(explained: &ExplainedDocument, routes: Vec<String>) -> Self {
        let ExplainedDocument { judgement, key, effective, .. } = explained;
        let checks = judgement.checks.iter().map(|check| CheckReport {
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
        let ignored = judgement.ignored.iter();
        let defaults = judgement
            .defaults
            .iter()
            .map(|(member, value)| DefaultReport { member: member.clone(), value: value.clone() });
        let references = effective.references.iter().map(|note| ReferenceReport {
            place: note.place.clone(),
            reference: note.reference.clone(),
            outcome: note.outcome.clone(),
        });
        Self {
            key: key.as_ref().map(ToString::to_string),
            routes,
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
        lines
    }
}
