//! `settings versions`: what the folder of an application's versions has, the newest first.

use super::SettingsContext;
use crate::application::{KeptVersion, kept_versions};
use crate::cli::error::{Exit, Result};
use crate::cli::output::{Format, Printer, cell, table, whole};

pub(super) fn run(context: &SettingsContext<'_>, format: Format, out: &mut Printer<'_>) -> Result<()> {
    let spec = context.spec()?;
    let folder = spec.state.as_deref().ok_or_else(|| {
        Exit::NOT_FOUND.because(format!(
            "{} keeps no versions across restarts; write state = \"FOLDER\" at the top of {}",
            spec.name,
            context.path.display()
        ))
    })?;
    let versions = kept_versions(folder).map_err(|fault| Exit::FAILED.because(fault))?;
    out.result(format, &versions, |versions| {
        let row = |version: &KeptVersion| {
            let changes: Vec<_> =
                version.changes.iter().map(|(path, word)| format!("{path} {word}")).collect();
            [
                cell(&version.number),
                cell(&version.created),
                cell(version.hash.get(..12).unwrap_or(&version.hash)),
                whole(&version.layers.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
                cell(&changes.join(", ")),
            ]
        };
        table(["VERSION", "TIME", "HASH", "LAYERS", "CHANGES"], versions.iter().map(row))
    })
}
