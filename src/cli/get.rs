//! `get`: prints one document.

use super::CliSession;
use super::args::{Format, GetArgs};
use super::error::{CliError, Exit};
use super::output::{Printer, cell, pairs};
use super::secrets::print_merged;
use crate::domain::{Document, DocumentKind, Entry};
use crate::provider::ConfigReader;
use crate::text::{Masked, Safe};

pub(super) async fn run(session: &CliSession, get: GetArgs, out: &mut Printer<'_>) -> Result<Exit, CliError> {
    let key = get.address.0;
    if get.merged {
        return print_merged(session, &key, &get.reveal, get.output.format, out).await;
    }
    if get.reveal.reveal {
        return Err(CliError::Usage(
            "--reveal is for --merged; the document as it is stored is printed by -o json".into(),
        ));
    }
    let reader = session.manager.reader();
    let entry = reader.get(&key).await?.ok_or_else(|| {
        CliError::NotFound(format!(
            "{key} does not exist in {}; confdeck list shows what does",
            session.settings.context.name
        ))
    })?;
    match get.output.format {
        Format::Table => table(&*reader, &entry, out).await?,
        Format::Json => stored(&entry.document, out)?,
        Format::Yaml => out.yaml(&parsed(&entry)?)?,
    }
    Ok(Exit::DONE)
}

/// Prints the stored bytes unchanged: parsing and reprinting would change number spellings, drop
/// duplicate members and refuse what is not JSON, which is when one needs to see it most.
fn stored(document: &Document, out: &mut Printer<'_>) -> Result<(), CliError> {
    out.exact(document.as_bytes())?;
    if !document.as_bytes().ends_with(b"\n") {
        out.exact(b"\n")?;
    }
    Ok(())
}

fn parsed(entry: &Entry) -> Result<serde_json::Value, CliError> {
    serde_json::from_slice(entry.document.as_bytes()).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let problem = format!("not JSON at line {line}, column {column}");
        CliError::Invalid(format!("{} is {problem}; -o json prints it as it is stored", entry.key))
    })
}

async fn table(reader: &dyn ConfigReader, entry: &Entry, out: &mut Printer<'_>) -> Result<(), CliError> {
    let none = || Safe::literal("-");
    let lease = match entry.lease {
        None => Safe::literal("none"),
        Some(lease) => {
            // The document is shown even if the lease's remaining time cannot be read.
            let left = reader.lease_left(lease).await.ok().flatten();
            let left = left.map(|left| format!(", {} s left", left.as_secs())).unwrap_or_default();
            cell(&format!("{lease}{left}"))
        }
    };
    let facts = vec![
        ("key", cell(&entry.key)),
        ("token", cell(&entry.token)),
        ("revision", cell(&entry.revision)),
        ("created", entry.created.map_or_else(none, |revision| cell(&revision))),
        ("version", entry.version.map_or_else(none, Safe::from)),
        ("lease", lease),
        ("size", cell(&format!("{} bytes", entry.document.len()))),
    ];
    for line in pairs(facts) {
        out.line(&line)?;
    }
    out.line(&Safe::literal(""))?;
    let masked = Masked::of(DocumentKind::of(&entry.key), &entry.document);
    for line in masked.lines(0..masked.line_count()) {
        out.line(&Safe::display(&line))?;
    }
    Ok(())
}
