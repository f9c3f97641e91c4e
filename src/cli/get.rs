//! `get`: one document.

use super::Session;
use super::args::{Format, Get};
use super::failure::{Exit, Failure};
use super::output::{Out, cell, pairs};
use super::secrets::print_merged;
use crate::domain::{Document, DocumentKind, Entry};
use crate::provider::ConfigReader;
use crate::text::{Masked, Safe};

pub(super) async fn run(session: &Session, get: Get, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let key = get.address.0;
    if get.merged {
        return print_merged(session, &key, &get.reveal, get.output.format, out).await;
    }
    if get.reveal.reveal {
        return Err(Failure::Usage(
            "--reveal is for --merged; the document as it is stored is printed by -o json".into(),
        ));
    }
    let reader = session.manager.reader();
    let entry = reader.get(&key).await?.ok_or_else(|| {
        Failure::NotFound(format!(
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

/// Exactly what is stored: parsing and printing again would change number spellings, drop duplicate
/// members and refuse what is not JSON, which is when one needs to see it most.
fn stored(document: &Document, out: &mut Out<'_>) -> Result<(), Failure> {
    out.exact(document.as_bytes())?;
    if !document.as_bytes().ends_with(b"\n") {
        out.exact(b"\n")?;
    }
    Ok(())
}

fn parsed(entry: &Entry) -> Result<serde_json::Value, Failure> {
    serde_json::from_slice(entry.document.as_bytes()).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let problem = format!("not JSON at line {line}, column {column}");
        Failure::Invalid(format!("{} is {problem}; -o json prints it as it is stored", entry.key))
    })
}

async fn table(reader: &dyn ConfigReader, entry: &Entry, out: &mut Out<'_>) -> Result<(), Failure> {
    let none = || Safe::literal("-");
    let lease = match entry.lease {
        None => Safe::literal("none"),
        Some(lease) => {
            // The document is shown even if the store does not tell the time left.
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
