//! `secrets list`: names that are stored; of variables, which webhooks read them.

use std::collections::BTreeMap;

use futures::StreamExt;
use serde::Serialize;

use super::Shop;
use super::place;
use crate::cli::args::Format;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{Out, cell, table};
use crate::cli::remark;
use crate::domain::{KeyPrefix, OWN_VARIABLES, ResourceKey, variable_name};
use crate::provider::SecretName;
use crate::provider::env::{Overlap, overlaps};

pub(super) async fn run(
    shop: &Shop<'_>,
    folder: Option<&str>,
    format: Format,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    if !shop.eyes.sees_kv {
        if folder.is_some() {
            return Err(Failure::Usage(
                "environment variables have no folders: leave it out to list them all".into(),
            ));
        }
        return variables(shop, format, out).await;
    }
    let rows = match folder {
        Some(folder) => stored(shop, folder).await?,
        None => {
            place::mounts(&shop.eyes).iter().map(|mount| Row::new(format!("{mount}/"), "mount")).collect()
        }
    };
    if rows.is_empty() {
        remark("there is nothing stored in it");
    }
    out.result(format, &rows, |rows| {
        table(["NAME", "KIND"], rows.iter().map(|row| [cell(&row.name), cell(row.kind)]))
    })?;
    Ok(Exit::DONE)
}

#[derive(Serialize)]
struct Row {
    name: String,
    kind: &'static str,
}

impl Row {
    fn new(name: String, kind: &'static str) -> Self {
        Self { name, kind }
    }
}

async fn stored(shop: &Shop<'_>, folder: &str) -> Result<Vec<Row>, Failure> {
    let folder = place::folder(folder, &shop.eyes)?;
    let names = shop.reader()?.list(&folder).await?;
    Ok(names
        .into_iter()
        .map(|name| match name {
            SecretName::Secret(path) => Row::new(path.to_string(), "secret"),
            SecretName::Folder(folder) => Row::new(folder.to_string(), "folder"),
            SecretName::Odd(name) => Row::new(name, "odd"),
        })
        .collect())
}

/// One variable, and who reads it.
#[derive(Serialize)]
struct Variable {
    variable: String,
    /// `present`, `empty`, `not UTF-8`, `missing`, `not visible from here`.
    state: &'static str,
    webhooks: Vec<String>,
    /// Whether webhooks of different ids read it, so that one gets the other's secret.
    collision: bool,
}

async fn variables(shop: &Shop<'_>, format: Format, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let keys = keys(shop).await?;
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
        .map(|(variable, webhooks)| Variable {
            state: super::needs::word_of_variable(&shop.eyes, &variable),
            collision: collides(&variable),
            variable,
            webhooks,
        })
        .collect();
    overlaps.iter().for_each(|overlap| remark(&overlap.to_string()));
    out.result(format, &rows, |rows| {
        let row = |row: &Variable| [cell(&row.variable), cell(row.state), cell(&row.webhooks.join(", "))];
        table(["VARIABLE", "STATE", "WEBHOOKS"], rows.iter().map(row))
    })?;
    Ok(Exit::DONE)
}

async fn keys(shop: &Shop<'_>) -> Result<Vec<ResourceKey>, Failure> {
    let mut keys = Vec::new();
    let mut pages = shop.session.manager.list(KeyPrefix::All);
    while let Some(page) = pages.next().await {
        keys.extend(page?.entries.into_iter().map(|entry| entry.key));
    }
    Ok(keys)
}
