//! `list`: what is stored, without values.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use serde::Serialize;

use super::args::{Format, List};
use super::failure::{Exit, Failure};
use super::output::{Out, cell, table};
use super::{Session, remark};
use crate::domain::{Coverage, DocumentKind, Entry, KeyPrefix, Namespace, ResourceKey};
use crate::inventory::Facts;
use crate::provider::ConfigReader;

pub(super) async fn run(session: &Session, list: List, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let reader = session.manager.reader();
    match list {
        List::Namespaces { output } => namespaces(&*reader, output.format, out).await?,
        List::Webhooks { namespace, output } => webhooks(&*reader, namespace, output.format, out).await?,
        List::Connections { output } => connections(&*reader, output.format, out).await?,
    }
    Ok(Exit::DONE)
}

#[derive(Serialize)]
struct NamespaceRow {
    namespace: String,
    webhooks: usize,
}

async fn namespaces(reader: &dyn ConfigReader, format: Format, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut counts = BTreeMap::<Namespace, usize>::new();
    let mut pages = reader.list_keys(KeyPrefix::All);
    let mut coverage = Coverage::Whole;
    while let Some(page) = pages.try_next().await? {
        coverage = page.coverage;
        for namespace in page.keys.iter().filter_map(ResourceKey::namespace) {
            *counts.entry(namespace.clone()).or_default() += 1;
        }
    }
    tell_partial(&coverage);
    let row = |(namespace, webhooks): (Namespace, usize)| NamespaceRow {
        namespace: namespace.as_str().to_owned(),
        webhooks,
    };
    let rows: Vec<_> = counts.into_iter().map(row).collect();
    out.result(format, &rows, |rows| {
        table(["NAMESPACE", "WEBHOOKS"], rows.iter().map(|row| [cell(&row.namespace), cell(&row.webhooks)]))
    })
}

/// What a list tells of one document; its names, and nothing of its values.
#[derive(Serialize)]
struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
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

impl Row {
    fn of(entry: &Entry) -> Self {
        let facts = Facts::scan(DocumentKind::of(&entry.key), &entry.document);
        Self {
            namespace: entry.key.namespace().map(|namespace| namespace.as_str().to_owned()),
            name: entry.key.short(),
            module: facts.module.map(Into::into),
            connections: facts.connections.into_iter().map(Into::into).collect(),
            auth: facts.auth.iter().map(|auth| auth.word()).collect(),
            token: entry.token.to_string(),
            revision: entry.revision.0,
            size: entry.document.len(),
            lease: entry.lease.map(|lease| lease.to_string()),
            problem: facts.trouble.map(|trouble| trouble.to_string()),
        }
    }
}

async fn rows(
    reader: &dyn ConfigReader,
    prefix: KeyPrefix,
    wanted: fn(&ResourceKey) -> bool,
) -> Result<Vec<Row>, Failure> {
    let (mut rows, mut coverage) = (Vec::new(), Coverage::Whole);
    let mut pages = reader.list(prefix);
    while let Some(page) = pages.try_next().await? {
        coverage = page.coverage;
        rows.extend(page.entries.iter().filter(|entry| wanted(&entry.key)).map(Row::of));
    }
    tell_partial(&coverage);
    Ok(rows)
}

/// Says on standard error that there may be more than is listed: the output's shape stays as it is.
fn tell_partial(coverage: &Coverage) {
    if let Some(words) = coverage.words() {
        remark(&format!("partial: {words}"));
    }
}

async fn webhooks(
    reader: &dyn ConfigReader,
    namespace: Option<Namespace>,
    format: Format,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let prefix = namespace.map_or(KeyPrefix::All, KeyPrefix::Namespace);
    let rows = rows(reader, prefix, |key| key.namespace().is_some()).await?;
    out.result(format, &rows, |rows| {
        let headings = ["NAMESPACE", "ID", "MODULE", "CONNECTION", "AUTH", "TOKEN", "PROBLEM"];
        table(
            headings,
            rows.iter().map(|row| {
                [
                    cell(row.namespace.as_deref().unwrap_or_default()),
                    cell(&row.name),
                    cell(row.module.as_deref().unwrap_or_default()),
                    cell(&row.connections.join(",")),
                    cell(&row.auth.join(",")),
                    cell(&row.token),
                    cell(row.problem.as_deref().unwrap_or_default()),
                ]
            }),
        )
    })
}

async fn connections(reader: &dyn ConfigReader, format: Format, out: &mut Out<'_>) -> Result<(), Failure> {
    let rows = rows(reader, KeyPrefix::Connections, |_| true).await?;
    out.result(format, &rows, |rows| {
        table(
            ["NAME", "TYPE", "TOKEN", "PROBLEM"],
            rows.iter().map(|row| {
                [
                    cell(&row.name),
                    cell(row.module.as_deref().unwrap_or_default()),
                    cell(&row.token),
                    cell(row.problem.as_deref().unwrap_or_default()),
                ]
            }),
        )
    })
}
