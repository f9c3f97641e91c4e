//! `secrets get`: masked without reading anything; with `--reveal` read, counted and audited.

use super::Shop;
use super::args::{Get, Reveal};
use super::presence::Told;
use crate::audit::{Action, Deed};
use crate::cli::args::Format;
use crate::cli::ask::{agrees, can_ask};
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{Out, cell, table};
use crate::cli::write::keep;
use crate::cli::{Session, remark};
use crate::domain::{FieldName, Presence, SecretPath, SecretVersion};
use crate::provider::Revealed;
use crate::text::{MASK, Safe};

/// A command makes one read of a secret beside its writes.
const READ: u64 = 1;

pub(super) async fn run(shop: &Shop<'_>, get: Get, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let path = shop.secret(&get.secret)?;
    if get.reveal.reveal {
        revealed(shop, &path, &get, out).await
    } else {
        masked(shop, &path, &get, out).await
    }
}

/// What stands for values is as wide for every value.
async fn masked(shop: &Shop<'_>, path: &SecretPath, get: &Get, out: &mut Out<'_>) -> Result<Exit, Failure> {
    if get.version.is_some() {
        return Err(Failure::Usage(
            "what an older version holds is known by reading it alone: add --reveal".into(),
        ));
    }
    let presence = shop.reader()?.presence(path).await?;
    match (&presence, &get.field) {
        (Presence::Missing, _) => return Err(absent(path, None)),
        (Presence::Present(contents), Some(field)) if contents.field(field.as_str()).is_none() => {
            return Err(absent(path, Some(field)));
        }
        _ => {}
    }
    let told = Told::of(path, &presence);
    match get.output.format {
        Format::Table => {
            let Presence::Present(contents) = &presence else {
                for line in told.lines() {
                    out.line(&line)?;
                }
                return Ok(Exit::DONE);
            };
            let wanted = |name: &FieldName| get.field.as_ref().is_none_or(|field| field == name);
            let names = contents.fields.iter().map(|(name, _)| name).filter(|name| wanted(name));
            for line in table(["FIELD", "VALUE"], names.map(|it| [cell(it.as_str()), cell(MASK)])) {
                out.line(&line)?;
            }
        }
        format => out.result(format, &told, Told::lines)?,
    }
    Ok(Exit::DONE)
}

async fn revealed(shop: &Shop<'_>, path: &SecretPath, get: &Get, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let what = match &get.field {
        Some(field) => format!("the field {} of {path}", field.as_str()),
        None => format!("all fields of {path}"),
    };
    consent(&get.reveal, &format!("read and print {what}?"))?;
    let fields = get.field.clone().into_iter().collect();
    let read = read(shop.session, path, get.version, fields, get.reveal.reason.clone()).await?;
    let Some(read) = read else { return Err(absent(path, None)) };
    print(path, &read, get.field.as_ref(), get.output.format, out)?;
    Ok(Exit::DONE)
}

/// Asks on a terminal; elsewhere the flag was the consent.
pub(super) fn consent(reveal: &Reveal, question: &str) -> Result<(), Failure> {
    if reveal.yes || !can_ask() || agrees(question)? {
        return Ok(());
    }
    Err(Failure::Failed("nothing was read".into()))
}

/// Reads a secret, and keeps in the audit that it did; `None` where there is none. Without names all of
/// its fields count.
pub(super) async fn read(
    session: &Session,
    path: &SecretPath,
    version: Option<SecretVersion>,
    fields: Vec<FieldName>,
    reason: Option<String>,
) -> Result<Option<Revealed>, Failure> {
    let access = session.manager.secrets();
    let all = fields.is_empty();
    let named = fields.first().cloned();
    let deed = Deed { action: Action::RevealSecret, path: path.clone(), fields, version, reason };
    let mut pending = session.audit.secret(READ, [deed]);
    let answer = access.revealer().reveal(path, version).await;
    let there = |read: &Revealed| named.as_ref().is_none_or(|name| read.fields.get(name.as_str()).is_some());
    match &answer {
        Ok(Some(read)) if there(read) => {
            if all {
                pending.secret_fields(read.fields.iter().map(|(name, _)| name));
            }
            pending.secret_read(&Ok(read.version));
        }
        Ok(_) => pending.secret_not_found(),
        Err(error) => pending.secret_read(&Err(error.clone())),
    }
    keep(pending).await;
    let read = answer?;
    if let (Some(read), Some(field)) = (&read, &named)
        && !there(read)
    {
        return Err(absent(path, Some(field)));
    }
    let count = read.as_ref().map_or(0, |read| if all { read.fields.len() } else { 1 });
    remark(&format!("secret values read: {count}; the audit says so"));
    Ok(read)
}

fn absent(path: &SecretPath, field: Option<&FieldName>) -> Failure {
    Failure::NotFound(match field {
        Some(field) => {
            format!("{path} has no field {:?}; confdeck secrets presence shows which it has", field.as_str())
        }
        None => format!(
            "there is no {path}, or not in that version; confdeck secrets presence shows what there is"
        ),
    })
}

/// Values go straight from where they are wiped to the output, without a copy in between.
fn print(
    path: &SecretPath,
    read: &Revealed,
    field: Option<&FieldName>,
    format: Format,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let wanted = |name: &FieldName| field.is_none_or(|field| field == name);
    let fields: Vec<_> = read.fields.iter().filter(|(name, _)| wanted(name)).collect();
    match (format, field) {
        (Format::Table, Some(_)) => {
            for (_, value) in fields {
                out.exact(value.shown().expose().as_bytes())?;
                out.exact(b"\n")?;
            }
        }
        (Format::Table, None) => {
            let width = fields.iter().map(|(name, _)| name.as_str().chars().count()).max().unwrap_or(0);
            for (name, value) in fields {
                let name = format!("{:width$}  ", Safe::new(name.as_str()).as_str());
                out.exact(name.as_bytes())?;
                out.line(&Safe::new(value.shown().expose()))?;
            }
        }
        // What JSON says YAML says too.
        (Format::Json | Format::Yaml, _) => {
            let version = read.version.map_or_else(|| "null".to_owned(), |it| format!("\"{it}\""));
            let path = quoted(&path.to_string());
            out.exact(format!("{{\"secret\": {path}, \"version\": {version}, \"fields\": {{").as_bytes())?;
            for (index, (name, value)) in fields.into_iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                out.exact(format!("{comma}{}: ", quoted(name.as_str())).as_bytes())?;
                out.exact(value.expose_json().as_bytes())?;
            }
            out.exact(b"}}\n")?;
        }
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
