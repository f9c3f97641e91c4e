//! `secrets get`: prints fields masked, without reading them; with `--reveal` they are read and audited.

use super::SecretsContext;
use super::args::{RevealArgs, SecretGetArgs};
use super::presence::PresenceReport;
use crate::cli::error::{CliError, Exit, Result};
use crate::cli::output::{Format, Printer, cell, table, whole};
use crate::cli::stderr::{can_ask, confirm, print_note};
use crate::domain::{FieldName, Presence, SecretPath};
use crate::provider::SecretData;
use crate::text::{MASK, Safe};

pub(super) async fn run(
    context: &SecretsContext<'_>,
    get: SecretGetArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let path = context.secret(&get.secret)?;
    context.check_visible(&path)?;
    if get.reveal.reveal {
        print_revealed(context, &path, &get, out).await
    } else {
        print_masked(context, &path, &get, out).await
    }
}

/// Every mask has the same width, whatever the value.
async fn print_masked(
    context: &SecretsContext<'_>,
    path: &SecretPath,
    get: &SecretGetArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    if get.version.is_some() {
        return Err(
            Exit::USAGE.because("what an older version holds is known by reading it alone: add --reveal")
        );
    }
    let presence = context.reader().presence(path).await?;
    match (&presence, &get.field) {
        (Presence::Missing, _) => return Err(absent(path, None)),
        (Presence::Present(contents), Some(field)) if contents.field(field.as_str()).is_none() => {
            return Err(absent(path, Some(field)));
        }
        _ => {}
    }
    if let (Format::Table, Presence::Present(contents)) = (get.output.format, &presence) {
        let wanted = |name: &&FieldName| get.field.as_ref().is_none_or(|field| field == *name);
        let names = contents.fields.iter().map(|(name, _)| name).filter(wanted);
        return out.lines(table(["FIELD", "VALUE"], names.map(|it| [whole(it), cell(MASK)])));
    }
    out.result(get.output.format, &PresenceReport::of(path, &presence), PresenceReport::lines)
}

async fn print_revealed(
    context: &SecretsContext<'_>,
    path: &SecretPath,
    get: &SecretGetArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let what = match &get.field {
        Some(field) => format!("the field {field} of {path}"),
        None => format!("all fields of {path}"),
    };
    consent(&get.reveal, &format!("read and print {what}?"))?;
    let request = context.request(get.reveal.reason.as_deref());
    let wanted = get.field.as_ref();
    let read = request.reveal(path, get.version, wanted).await.noted()?;
    let received = read.as_ref().map_or(0, |read| read.fields.len());
    let read = read.filter(|read| wanted.is_none_or(|field| read.fields.get(field.as_str()).is_some()));
    note_values_read(read.as_ref().map_or(0, |_| wanted.map_or(received, |_| 1)), received);
    let read = read.ok_or_else(|| absent(path, wanted.filter(|_| received > 0)))?;
    print(path, &read, wanted, get.output.format, out)
}

/// A store returns whole versions, so more values may be received than are used.
pub(super) fn note_values_read(used: usize, received: usize) {
    let of = if used == received { String::new() } else { format!(" of {received} received") };
    print_note(&format!("secret values read: {used}{of}; the audit says so"));
}

/// Asks on a terminal; without one, `--reveal` is the consent.
pub(in crate::cli) fn consent(reveal: &RevealArgs, question: &str) -> Result<()> {
    if reveal.yes || !can_ask() || confirm(question)? {
        return Ok(());
    }
    Err(Exit::FAILED.because("nothing was read"))
}

fn absent(path: &SecretPath, field: Option<&FieldName>) -> CliError {
    Exit::NOT_FOUND.because(match field {
        Some(field) => {
            format!("{path} has no field \"{field}\"; confdeck secrets presence shows which it has")
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
) -> Result<()> {
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
            let width = fields.iter().map(|(name, _)| name.to_string().chars().count()).max().unwrap_or(0);
            for (name, value) in fields {
                let name = format!("{name:width$}  ");
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
