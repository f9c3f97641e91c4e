//! `list`: lists namespaces, webhooks and connections, without values.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use serde::Serialize;

use super::args::ListCommand;
use super::error::Result;
use super::output::{Format, Printer, cell, table, whole};
use super::session::CliSession;
use super::stderr::print_note;
use crate::domain::{Coverage, Entry, KeyPrefix, Masking, Namespace, ResourceKey, SecretNames};
use crate::inventory::Facts;
use crate::provider::ConfigReader;
use crate::text::Safe;

pub(super) async fn run(session: &CliSession, list: ListCommand, out: &mut Printer<'_>) -> Result<()> {
    let (reader, secret_names) = (session.manager.reader(), &session.settings.secret_names);
    match list {
        ListCommand::Namespaces(output) => namespaces(&*reader, output.format, out).await,
        ListCommand::Webhooks { namespace, ids, output } => {
            webhooks(&*reader, secret_names, (namespace, ids), output.format, out).await
        }
        ListCommand::Connections(output) => connections(&*reader, secret_names, output.format, out).await,
    }
}

#[derive(Serialize)]
struct NamespaceRow {
    namespace: String,
    webhooks: usize,
}

async fn namespaces(reader: &dyn ConfigReader, format: Format, out: &mut Printer<'_>) -> Result<()> {
    let mut counts = BTreeMap::<Namespace, usize>::new();
    let mut pages = reader.list_keys(KeyPrefix::All);
    let mut coverage = Coverage::Whole;
    while let Some(page) = pages.try_next().await? {
        coverage = page.coverage;
        for namespace in page.keys.iter().filter_map(ResourceKey::namespace) {
            *counts.entry(namespace.clone()).or_default() += 1;
        }
    }
    warn_partial(&coverage);
    if counts.is_empty() {
        explain_empty(reader, &KeyPrefix::Namespace(Namespace::default())).await;
    }
    let row = |(name, webhooks): (Namespace, _)| NamespaceRow { namespace: name.as_str().into(), webhooks };
    let rows: Vec<_> = counts.into_iter().map(row).collect();
    out.result(format, &rows, |rows| {
        table(["NAMESPACE", "WEBHOOKS"], rows.iter().map(|row| [whole(&row.namespace), cell(&row.webhooks)]))
    })
}

/// One document: its names, never its values.
#[derive(Serialize)]
struct DocumentRow {
    /// The address that every command takes.
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// A webhook's id as stored; a key whose shape the receiver ignores is not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// A connection's name as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Either, as shown.
    #[serde(skip)]
    shown_name: String,
    /// A webhook's.
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    /// A connection's.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    connections: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    auth: Vec<&'static str>,
    token: String,
    revision: u64,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl DocumentRow {
    fn of(entry: &Entry, secret_names: &SecretNames) -> Self {
        let facts = Facts::scan(&Masking::of(&entry.key, secret_names), &entry.document);
        let short = String::from_utf8_lossy(entry.key.short_bytes()).into_owned();
        let module = facts.module.map(Into::into);
        // What a webhook's document calls its module, a connection's calls its type.
        let is_connection = matches!(entry.key, ResourceKey::Connection { .. });
        let (id, name) = if is_connection { (None, Some(short)) } else { (Some(short), None) };
        let (module, kind) = if is_connection { (None, module) } else { (module, None) };
        Self {
            key: entry.key.to_string(),
            namespace: entry.key.namespace().map(|namespace| namespace.as_str().to_owned()),
            id,
            name,
            shown_name: entry.key.short().into_owned(),
            module,
            kind,
            connections: facts.connections.into_iter().map(Into::into).collect(),
            auth: facts.auth.iter().map(|auth| auth.word).collect(),
            token: entry.token.to_string(),
            revision: entry.revision.0,
            size: entry.document.len(),
            lease: entry.lease.map(|lease| lease.to_string()),
            problem: facts.error.map(|trouble| trouble.to_string()),
        }
    }
}

async fn rows(
    reader: &dyn ConfigReader,
    secret_names: &SecretNames,
    prefix: KeyPrefix,
    wanted: fn(&ResourceKey) -> bool,
) -> Result<Vec<DocumentRow>> {
    let (mut rows, mut coverage) = (Vec::new(), Coverage::Whole);
    let mut pages = reader.list(prefix);
    while let Some(page) = pages.try_next().await? {
        coverage = page.coverage;
        let wanted = page.entries.iter().filter(|entry| wanted(&entry.key));
        rows.extend(wanted.map(|entry| DocumentRow::of(entry, secret_names)));
    }
    warn_partial(&coverage);
    Ok(rows)
}

/// Notes on standard error that the listing may be incomplete; the format of the output stays the same.
fn warn_partial(coverage: &Coverage) {
    if let Some(words) = coverage.words() {
        print_note(&format!("partial: {words}"));
    }
}

/// Notes on standard error why there is nothing, if there is a reason.
async fn explain_empty(reader: &dyn ConfigReader, prefix: &KeyPrefix) {
    if let Some(reason) = reader.absence(prefix).await {
        print_note(&reason);
    }
}

async fn webhooks(
    reader: &dyn ConfigReader,
    secret_names: &SecretNames,
    (namespace, ids): (Option<Namespace>, Option<String>),
    format: Format,
    out: &mut Printer<'_>,
) -> Result<()> {
    let of_webhooks = KeyPrefix::Namespace(namespace.clone().unwrap_or_default());
    let prefix = match (namespace, ids) {
        (Some(namespace), Some(start)) => KeyPrefix::Ids { namespace, start },
        (Some(namespace), None) => KeyPrefix::Namespace(namespace),
        (None, _) => KeyPrefix::All,
    };
    let rows = rows(reader, secret_names, prefix, |key| key.namespace().is_some()).await?;
    if rows.is_empty() {
        explain_empty(reader, &of_webhooks).await;
    }
    out.result(format, &rows, |rows| {
        let cells = |row: &DocumentRow| {
            [
                optional(row.namespace.as_deref()),
                whole(&row.shown_name),
                names(row.module.as_slice()),
                names(&row.connections),
                cell(&row.auth.join(",")),
                cell(&row.token),
                optional(row.problem.as_deref()),
            ]
        };
        let headings = ["NAMESPACE", "ID", "MODULE", "CONNECTION", "AUTH", "TOKEN", "PROBLEM"];
        table(headings, rows.iter().map(cells))
    })
}

fn names(names: &[String]) -> Safe<'static> {
    let shown: Vec<_> = names.iter().map(|name| Safe::name(name).into_string()).collect();
    whole(&shown.join(","))
}

fn optional(text: Option<&str>) -> Safe<'static> {
    cell(text.unwrap_or_default())
}

async fn connections(
    reader: &dyn ConfigReader,
    secret_names: &SecretNames,
    format: Format,
    out: &mut Printer<'_>,
) -> Result<()> {
    let rows = rows(reader, secret_names, KeyPrefix::Connections, |_| true).await?;
    if rows.is_empty() {
        explain_empty(reader, &KeyPrefix::Connections).await;
    }
    out.result(format, &rows, |rows| {
        let cells = |row: &DocumentRow| {
            let problem = optional(row.problem.as_deref());
            [whole(&row.shown_name), names(row.kind.as_slice()), cell(&row.token), problem]
        };
        table(["NAME", "TYPE", "TOKEN", "PROBLEM"], rows.iter().map(cells))
    })
}
