//! `get --merged`: a document as a receiver that merges uses it.

use serde_json::Value;
use zeroize::Zeroizing;

use super::args::Reveal;
use super::get::consent;
use crate::audit::{Action, Deed};
use crate::cli::args::Format;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Out;
use crate::cli::write::keep;
use crate::cli::{Session, remark};
use crate::domain::{Document, DocumentKind, ResourceKey};
use crate::manager::{Merged, Secrets};
use crate::text::{Masked, Safe};

/// A command makes one merge.
const ONLY: u64 = 1;

/// Prints it. Without `--reveal` no secret is read: what refers to one stays as it is written, and what
/// stands in a secret field is masked.
pub(in crate::cli) async fn print(
    session: &Session,
    key: &ResourceKey,
    reveal: &Reveal,
    format: Format,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    if reveal.reveal {
        consent(reveal, &format!("read and print the secrets of {key}?"))?;
    }
    let secrets = if reveal.reveal { Secrets::Include } else { Secrets::Exclude };
    let merged = session.manager.get_merged(key, secrets).await;
    if reveal.reveal {
        tell(session, key, reveal, merged.as_ref().ok().and_then(Option::as_deref)).await;
    }
    let merged = merged?.ok_or_else(|| {
        Failure::NotFound(format!("{key} does not exist in {}", session.settings.context.name))
    })?;
    for field in merged.fallbacks() {
        remark(&format!("{field} could not be read: the default stands in its place"));
    }
    match (reveal.reveal, format) {
        (true, format) => shown(&merged, format, out)?,
        (false, Format::Yaml) => out.yaml(&masked(key, &merged)?)?,
        (false, Format::Json) => out.json(&masked(key, &merged)?)?,
        (false, Format::Table) => {
            for line in masked_lines(key, merged.json())? {
                out.line(&Safe::display(&line))?;
            }
        }
    }
    Ok(Exit::DONE)
}

/// Everything that was read, each secret and the document that it was read for.
async fn tell(session: &Session, key: &ResourceKey, reveal: &Reveal, merged: Option<&Merged>) {
    let Some(merged) = merged else { return };
    let read: Vec<_> = merged.sources().iter().filter(|source| !source.fields.is_empty()).collect();
    let count = read.iter().map(|source| source.fields.len()).sum::<usize>();
    let deeds = read.into_iter().map(|source| Deed {
        action: Action::RevealSecret,
        path: source.path.clone(),
        fields: source.fields.clone(),
        version: source.version,
        reason: reveal.reason.clone().or_else(|| Some(format!("merged into {key}"))),
    });
    let mut pending = session.audit.secret(ONLY, deeds);
    pending.secret_done(&Ok(()));
    keep(pending).await;
    remark(&format!("secret values read: {count}; the audit says so"));
}

fn shown(merged: &Merged, format: Format, out: &mut Out<'_>) -> Result<(), Failure> {
    let failed = || Failure::Failed("the document cannot be written".into());
    let mut text = Zeroizing::new(Vec::with_capacity(1 << 16));
    match format {
        Format::Table | Format::Json => {
            serde_json::to_writer_pretty(&mut *text, merged.json()).map_err(|_| failed())?;
            text.push(b'\n');
        }
        Format::Yaml => {
            let yaml = serde_saphyr::to_string(merged.json()).map(Zeroizing::new).map_err(|_| failed())?;
            text.extend_from_slice(yaml.as_bytes());
        }
    }
    Ok(out.exact(&text)?)
}

fn masked_lines(key: &ResourceKey, json: &Value) -> Result<Vec<String>, Failure> {
    let failed = |_| Failure::Failed("the document cannot be written".into());
    let document = Document::new(serde_json::to_vec_pretty(json).map_err(failed)?);
    let masked = Masked::of(DocumentKind::of(key), &document);
    Ok(masked.lines(0..masked.line_count()).map(|line| line.to_string()).collect())
}

/// The masked text as a value, for programs.
fn masked(key: &ResourceKey, merged: &Merged) -> Result<Value, Failure> {
    let text = masked_lines(key, merged.json())?.join("\n");
    serde_json::from_str(&text).map_err(|_| {
        Failure::Failed("the masked document is not JSON any more; without -o it is shown as it is".into())
    })
}
