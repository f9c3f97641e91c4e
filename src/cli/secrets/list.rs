//! `secrets list`: the names in a folder, or the variables and the webhooks that read them.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use serde::Serialize;

use super::SecretsContext;
use super::target;
use crate::cli::error::{Exit, Result};
use crate::cli::output::{Format, Printer, table, whole};
use crate::cli::stderr::print_note;
use crate::domain::{KeyPrefix, OWN_VARIABLES, ResourceKey, variable_name};
use crate::provider::SecretListItem;
use crate::provider::env::{Overlap, overlaps};
use crate::text::Safe;

pub(super) async fn run(
    context: &SecretsContext<'_>,
    folder: Option<&str>,
    format: Format,
    out: &mut Printer<'_>,
) -> Result<()> {
    if !context.lookup.can_read_kv {
        if folder.is_some() {
            return Err(
                Exit::USAGE.because("environment variables have no folders: leave it out to list them all")
            );
        }
        return variables(context, format, out).await;
    }
    let names = match folder {
        Some(folder) => context.reader().list(&target::folder(folder, &context.lookup)?).await?,
        None => Vec::new(),
    };
    let names = names.into_iter().map(|name| match name {
        SecretListItem::Secret(path) => (path.to_string(), "secret"),
        SecretListItem::Folder(folder) => (folder.to_string(), "folder"),
        SecretListItem::Invalid(name) => (Safe::name(&name).into_string(), "odd"),
    });
    let mounts = target::mounts(&context.lookup).into_iter().filter(|_| folder.is_none());
    let mounts = mounts.map(|mount| (format!("{mount}/"), "mount"));
    let rows: Vec<_> = names.chain(mounts).map(|(name, kind)| SecretNameRow { name, kind }).collect();
    if rows.is_empty() {
        print_note("there is nothing stored in it");
    }
    out.result(format, &rows, |rows| {
        table(["NAME", "KIND"], rows.iter().map(|row| [whole(&row.name), Safe::literal(row.kind)]))
    })
}

#[derive(Serialize)]
struct SecretNameRow {
    name: String,
    kind: &'static str,
}

/// One variable and the webhooks that read it.
#[derive(Serialize)]
struct VariableRow {
    variable: String,
    /// `present`, `empty`, `not UTF-8`, `missing`, `not visible from here`.
    state: &'static str,
    webhooks: Vec<String>,
    /// Whether webhooks with different ids read it, so that one gets the other's secret.
    collision: bool,
}

async fn variables(context: &SecretsContext<'_>, format: Format, out: &mut Printer<'_>) -> Result<()> {
    let reader = context.session.manager.reader();
    let keys: Vec<_> = reader.list_keys(KeyPrefix::All).map_ok(|page| page.keys).try_concat().await?;
    let mut readers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for key in &keys {
        let ResourceKey::Webhook { id, .. } = key else { continue };
        for field in OWN_VARIABLES {
            readers.entry(variable_name(id, field)).or_default().push(key.to_string());
        }
    }
    let overlaps = overlaps(&keys);
    let collides = |name: &str| {
        overlaps.iter().any(|it| matches!(it, Overlap::Collision { variable, .. } if variable == name))
    };
    let rows: Vec<_> = readers
        .into_iter()
        .map(|(variable, webhooks)| VariableRow {
            state: super::needs::variable_state(&context.lookup, &variable),
            collision: collides(&variable),
            variable,
            webhooks,
        })
        .collect();
    overlaps.iter().for_each(|overlap| print_note(&overlap.to_string()));
    out.result(format, &rows, |rows| {
        let row = |row: &VariableRow| {
            [whole(&Safe::name(&row.variable)), Safe::literal(row.state), whole(&row.webhooks.join(", "))]
        };
        table(["VARIABLE", "STATE", "WEBHOOKS"], rows.iter().map(row))
    })
}
