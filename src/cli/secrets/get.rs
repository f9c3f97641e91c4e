//! `secrets get`: prints fields masked, without reading them; with `--reveal` they are read and audited.

use super::SecretsContext;
use super::args::{RevealArgs, SecretGetArgs};
use super::presence::PresenceReport;
use crate::audit::{AuditAction, SecretEvent};
use crate::cli::args::Format;
use crate::cli::error::{CliError, Exit};
use crate::cli::output::{Printer, cell, table};
use crate::cli::prompt::{can_ask, confirm};
use crate::cli::write::save_audit;
use crate::cli::{CliSession, print_note};
use crate::domain::{FieldName, Presence, SecretPath, SecretVersion};
use crate::provider::SecretData;
use crate::text::{MASK, Safe};

/// The request number in the audit: a command makes one read of a secret, before its write.
const READ: u64 = 1;

pub(super) async fn run(
    shop: &SecretsContext<'_>,
    get: SecretGetArgs,
    out: &mut Printer<'_>,
) -> Result<Exit, CliError> {
    let path = shop.secret(&get.secret)?;
    if get.reveal.reveal {
        print_revealed(shop, &path, &get, out).await
    } else {
        print_masked(shop, &path, &get, out).await
    }
}

/// Every mask has the same width, whatever the value.
async fn print_masked(
    shop: &SecretsContext<'_>,
    path: &SecretPath,
    get: &SecretGetArgs,
    out: &mut Printer<'_>,
) -> Result<Exit, CliError> {
    if get.version.is_some() {
        return Err(CliError::Usage(
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
    let told = PresenceReport::of(path, &presence);
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
        format => out.result(format, &told, PresenceReport::lines)?,
    }
    Ok(Exit::DONE)
}

async fn print_revealed(
    shop: &SecretsContext<'_>,
    path: &SecretPath,
    get: &SecretGetArgs,
    out: &mut Printer<'_>,
) -> Result<Exit, CliError> {
    let what = match &get.field {
        Some(field) => format!("the field {} of {path}", field.as_str()),
        None => format!("all fields of {path}"),
    };
    consent(&get.reveal, &format!("read and print {what}?"))?;
    let fields = get.field.clone().into_iter().collect();
    let read = read_audited(shop.session, path, get.version, fields, get.reveal.reason.clone()).await?;
    let Some(read) = read else { return Err(absent(path, None)) };
    print(path, &read, get.field.as_ref(), get.output.format, out)?;
    Ok(Exit::DONE)
}

/// Asks on a terminal; elsewhere `--reveal` is the consent.
pub(super) fn consent(reveal: &RevealArgs, question: &str) -> Result<(), CliError> {
    if reveal.yes || !can_ask() || confirm(question)? {
        return Ok(());
    }
    Err(CliError::Failed("nothing was read".into()))
}

/// Reads a secret and records that in the audit; `None` where there is none. Without `fields` all of its
/// fields count as read.
pub(super) async fn read_audited(
    session: &CliSession,
    path: &SecretPath,
    version: Option<SecretVersion>,
    fields: Vec<FieldName>,
    reason: Option<String>,
) -> Result<Option<SecretData>, CliError> {
    let access = session.manager.secrets();
    let all = fields.is_empty();
    let named = fields.first().cloned();
    let deed = SecretEvent { action: AuditAction::RevealSecret, path: path.clone(), fields, version, reason };
    let mut pending = session.audit.begin_secret(READ, [deed]);
    let answer = access.revealer().reveal(path, version).await;
    let there =
        |read: &SecretData| named.as_ref().is_none_or(|name| read.fields.get(name.as_str()).is_some());
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
    save_audit(pending).await;
    let read = answer?;
    if let (Some(read), Some(field)) = (&read, &named)
        && !there(read)
    {
        return Err(absent(path, Some(field)));
    }
    let count = read.as_ref().map_or(0, |read| if all { read.fields.len() } else { 1 });
    print_note(&format!("secret values read: {count}; the audit says so"));
    Ok(read)
}

fn absent(path: &SecretPath, field: Option<&FieldName>) -> CliError {
    CliError::NotFound(match field {
        Some(field) => {
            format!("{path} has no field {:?}; confdeck secrets presence shows which it has", field.as_str())
        }
        None => format!(
            "there is no {path}, or not in that version; confdeck secrets presence shows what there is"
        ),
    })
}

/// Values go straight from zeroizing memory to the output, without a copy in between.
fn print(
    path: &SecretPath,
    read: &SecretData,
    field: Option<&FieldName>,
    format: Format,
    out: &mut Printer<'_>,
) -> Result<(), CliError> {
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
        // JSON is valid YAML.
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
