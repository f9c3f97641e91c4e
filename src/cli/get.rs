//! `get`: prints one document.

use super::args::GetArgs;
use super::error::{Exit, Result};
use super::output::{Format, Printer, cell, pairs, whole};
use super::secrets::print_merged;
use super::session::CliSession;
use crate::domain::json::JsonValue;
use crate::domain::{Entry, Masking};
use crate::provider::ConfigReader;
use crate::text::{Masked, Safe};

pub(super) async fn run(session: &CliSession, get: GetArgs, out: &mut Printer<'_>) -> Result<()> {
    let key = session.key(&get.address);
    if get.merged {
        return print_merged(session, &key, &get.reveal, get.output.format, out).await;
    }
    if get.reveal.reveal {
        return Err(Exit::USAGE
            .because("--reveal is for --merged; the document as it is stored is printed by -o json"));
    }
    let reader = session.manager.reader();
    let entry = reader.get(&key).await?.ok_or_else(|| {
        Exit::NOT_FOUND.because(format!(
            "{key} does not exist in {}; confdeck list shows what does",
            Safe::name(&session.settings.context.name)
        ))
    })?;
    match get.output.format {
        Format::Table => table(&*reader, &session.masking(&entry.key), &entry, out).await,
        Format::Json => {
            // Parsing and reprinting would change number spellings, drop duplicate members and reject invalid
            // JSON, which is just when the exact text is needed.
            let stored = entry.document.as_bytes();
            out.exact(stored)?;
            Ok(out.exact(if stored.ends_with(b"\n") { b"" } else { b"\n" })?)
        }
        Format::Yaml => out.yaml_document(&read(&entry)?),
    }
}

fn read(entry: &Entry) -> Result<JsonValue> {
    let refused = |problem: String| {
        Exit::INVALID.because(format!("{} is {problem}; -o json prints it as it is stored", entry.key))
    };
    let text = entry
        .document
        .text()
        .map_err(|error| refused(format!("not text at byte {}", error.valid_up_to())))?;
    JsonValue::read(text)
        .map_err(|error| refused(format!("not JSON at line {}, column {}", error.line, error.column)))
}

async fn table(
    reader: &dyn ConfigReader,
    masking: &Masking,
    entry: &Entry,
    out: &mut Printer<'_>,
) -> Result<()> {
    let lease = match entry.lease {
        None => Safe::literal("none"),
        Some(lease) => {
            // The document is printed even if the lease's remaining time cannot be read.
            let left = reader.lease_left(lease).await.ok().flatten();
            let left = left.map(|left| format!(", {} s left", left.as_secs())).unwrap_or_default();
            cell(&format!("{lease}{left}"))
        }
    };
    let facts = vec![
        ("key", whole(&entry.key)),
        ("token", cell(&entry.token)),
        ("revision", cell(&entry.revision)),
        ("created", entry.created.map_or(Safe::literal("-"), |revision| cell(&revision))),
        ("version", entry.version.map_or(Safe::literal("-"), Safe::from)),
        ("lease", lease),
        ("size", cell(&format!("{} bytes", entry.document.len()))),
    ];
    out.lines(pairs(facts))?;
    out.line(&Safe::literal(""))?;
    let masked = Masked::of(masking, &entry.document);
    out.lines(masked.lines(0..masked.line_count()).map(|line| Safe::display(&line).into_owned()))
}
