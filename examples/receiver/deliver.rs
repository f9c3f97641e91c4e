//! The module `log`: a payload on standard output, with its secrets hidden and every character safe.
//! Neither headers nor the webhook's own fields are ever printed.

use std::io::{self, Write};

use confdeck::domain::json::JsonObject;
use confdeck::domain::{DocumentKind, Masking, ResourceKey, SecretNames};
use confdeck::provider::Error;
use confdeck::text::{Masked, Safe};

use crate::webhook::Payload;

/// The most that a payload takes on one line, in characters.
const LINE_MAX: usize = 4_096;

/// Prints one delivery: `pretty_print` over several lines, else on one; `redact_sensitive: false` as it
/// came.
pub(crate) fn log(
    key: &ResourceKey,
    names: &SecretNames,
    webhook: &JsonObject,
    payload: &Payload<'_>,
) -> io::Result<()> {
    let masking = Masking::new(DocumentKind::Unknown, names);
    let config = webhook.get("module-config");
    let on = |name: &str, default| config.and_then(|config| config.get(name)?.as_bool()).unwrap_or(default);
    let mut out = io::stdout().lock();
    match payload {
        Payload::Blob(bytes) => writeln!(out, "{key} {} bytes", bytes.len()),
        Payload::Json(text) if !on("redact_sensitive", true) => {
            writeln!(out, "{key} {}", Safe::prefix(text, LINE_MAX))
        }
        Payload::Json(text) if on("pretty_print", false) => {
            writeln!(out, "{key}")?;
            let masked = Masked::text(&masking, text);
            masked.lines(0..masked.line_count()).try_for_each(|line| writeln!(out, "{line}"))
        }
        Payload::Json(text) => {
            let masked = Masked::one_line(&masking, &(*text).into(), LINE_MAX);
            writeln!(out, "{key} {masked}")
        }
    }
}

/// Logs why a webhook could not be found out about.
pub(crate) fn complain(error: &Error) {
    tracing::error!("{}", Safe::display(error));
}
