//! `list`: lists namespaces, webhooks and connections, without values.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::{Args, Subcommand};
use futures::TryStreamExt;
use serde::Serialize;

use super::error::Result;
use super::output::{Format, OutputArgs, Printer, cell, table, whole};
use super::session::CliSession;
use super::stderr::print_note;
use crate::check::{SecretLookup, UsedName};
use crate::domain::{Coverage, Entry, KeyPrefix, Namespace, ResourceKey, SecretNames, unescape_text};
use crate::inventory::{Inventory, InventoryEvent, ScannedEntry};
use crate::provider::ConfigReader;
use crate::text::Safe;

#[derive(Debug, Subcommand)]
pub(super) enum ListCommand {
    /// The namespaces, and how many webhooks each has; reads keys only
    Namespaces(OutputArgs),
    /// The webhooks of a namespace, or of all
    Webhooks {
        /// The namespace
        namespace: Option<Namespace>,
        /// Only those whose ids begin so
        #[arg(long, value_name = "START", requires = "namespace")]
        ids: Option<String>,
        #[command(flatten)]
        uses: UsesArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// The connections
    Connections {
        #[command(flatten)]
        uses: UsesArgs,
        #[command(flatten)]
        output: OutputArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct UsesArgs {
    /// Only those that depend on a connection, a secret or a variable, through a connection too: a
    /// connection's name, MOUNT/PATH or PATH of a secret, with #FIELD or without, or '$NAME' for a variable
    /// alone
    #[arg(long, value_name = "NAME", value_parser = used_name)]
    pub(super) uses: Option<UsedName>,
}

fn used_name(text: &str) -> std::result::Result<UsedName, String> {
    unescape_text(text).map(|name| UsedName::new(&name)).map_err(|error| error.to_string())
}

pub(super) async fn run(session: &CliSession, list: ListCommand, out: &mut Printer<'_>) -> Result<()> {
    let reader = session.manager.reader();
    match list {
        ListCommand::Namespaces(output) => namespaces(&*reader, output.format, out).await,
        ListCommand::Webhooks { namespace, ids, uses, output } => {
            let rows = DocumentRows::new(session, &*reader, uses);
            webhooks(rows, (namespace, ids), output.format, out).await
        }
        ListCommand::Connections { uses, output } => {
            connections(DocumentRows::new(session, &*reader, uses), output.format, out).await
        }
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
    fn of(ScannedEntry { entry, facts }: &ScannedEntry) -> Self {
        let short = String::from_utf8_lossy(entry.key.short_bytes()).into_owned();
        let module = facts.module.clone().map(Into::into);
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
            connections: facts.connections.iter().cloned().map(Into::into).collect(),
            auth: facts.auth.iter().map(|auth| auth.word).collect(),
            token: entry.token.to_string(),
            revision: entry.revision.0,
            size: entry.document.len(),
            lease: entry.lease.map(|lease| lease.to_string()),
            problem: facts.error.as_ref().map(|trouble| trouble.to_string()),
        }
    }
}

/// The documents that are listed.
struct DocumentRows<'r> {
    reader: &'r dyn ConfigReader,
    secret_names: &'r SecretNames,
    /// What they are to depend on.
    used: Option<(UsedName, SecretLookup)>,
}

impl<'r> DocumentRows<'r> {
    fn new(session: &'r CliSession, reader: &'r dyn ConfigReader, UsesArgs { uses }: UsesArgs) -> Self {
        let used = uses.map(|name| (name, session.receiver_profile().lookup));
        Self { reader, secret_names: &session.settings.secret_names, used }
    }

    async fn read(&self, prefix: KeyPrefix, wanted: fn(&ResourceKey) -> bool) -> Result<Vec<DocumentRow>> {
        let (mut rows, mut inventory) = (Vec::new(), Inventory::default());
        let mut take = |entries: Vec<ScannedEntry>| {
            let wanted = entries.iter().filter(|scanned| wanted(&scanned.entry.key));
            rows.extend(wanted.map(|scanned| (scanned.entry.key.clone(), DocumentRow::of(scanned))));
            if self.used.is_some() {
                inventory.apply(InventoryEvent::Page(entries), Duration::ZERO);
            }
        };
        // Of some webhooks alone, it would not be known what is behind their connections.
        let behind = matches!(prefix, KeyPrefix::Namespace(_) | KeyPrefix::Ids { .. }) && self.used.is_some();
        self.pages(prefix, &mut take).await?;
        if behind {
            self.pages(KeyPrefix::Connections, &mut take).await?;
        }
        if let Some((used, lookup)) = &self.used {
            rows.retain(|(key, _)| {
                inventory.get(key).is_some_and(|row| used.is_used_by(row, &inventory, Some(lookup)))
            });
        }
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    async fn pages(&self, prefix: KeyPrefix, take: &mut impl FnMut(Vec<ScannedEntry>)) -> Result<()> {
        let mut coverage = Coverage::Whole;
        let mut pages = self.reader.list(prefix);
        while let Some(page) = pages.try_next().await? {
            coverage = page.coverage;
            let scan = |entry: Entry| ScannedEntry::new(entry, self.secret_names);
            take(page.entries.into_iter().map(scan).collect());
        }
        warn_partial(&coverage);
        Ok(())
    }
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
    documents: DocumentRows<'_>,
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
    let rows = documents.read(prefix, |key| key.namespace().is_some()).await?;
    if rows.is_empty() && documents.used.is_none() {
        explain_empty(documents.reader, &of_webhooks).await;
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

async fn connections(documents: DocumentRows<'_>, format: Format, out: &mut Printer<'_>) -> Result<()> {
    let rows = documents.read(KeyPrefix::Connections, |_| true).await?;
    if rows.is_empty() && documents.used.is_none() {
        explain_empty(documents.reader, &KeyPrefix::Connections).await;
    }
    out.result(format, &rows, |rows| {
        let cells = |row: &DocumentRow| {
            let problem = optional(row.problem.as_deref());
            [whole(&row.shown_name), names(row.kind.as_slice()), cell(&row.token), problem]
        };
        table(["NAME", "TYPE", "TOKEN", "PROBLEM"], rows.iter().map(cells))
    })
}
