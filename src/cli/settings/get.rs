//! `settings get`: the value of a setting, and for programs its origin and what it hides.

use super::args::SettingGetArgs;
use super::{OpenedApplication, SettingsContext};
use crate::application::SettingPath;
use crate::cli::error::{CliError, Exit, Result};
use crate::cli::output::{Format, Printer};

pub(super) async fn run(
    context: &SettingsContext<'_>,
    get: SettingGetArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let filter = context.consented(&get.reveal)?;
    let open = context.open().await?;
    let version = open.application.version();
    let found = version.iter().find(|value| *value.path() == get.path);
    let value = found.ok_or_else(|| open.absent(&get.path))?;
    context.note_revealed(&open, &filter, &get.reveal, [value]).await;
    let report = filter.report(&open, value);
    match get.output.format {
        Format::Json => out.json(&report),
        Format::Yaml => out.yaml(&report),
        Format::Table => {
            // Exact, so that a script gets what the application gets.
            out.exact(report.value.text().as_bytes())?;
            Ok(out.exact(b"\n")?)
        }
    }
}

impl OpenedApplication {
    /// The error of a path without a value.
    pub(super) fn absent(&self, path: &SettingPath) -> CliError {
        let version = self.application.version();
        Exit::NOT_FOUND.because(if version.iter().any(|value| path.contains(value.path())) {
            format!("{path} is a section; confdeck settings list {path} shows what lies in it")
        } else if self.spec.settings.contains_key(path) {
            format!(
                "no layer has a value of {path}; confdeck settings explain {path} tells how it can be set"
            )
        } else {
            format!(
                "no layer has a value of {path}, and it is not declared; confdeck settings list shows what is"
            )
        })
    }

    /// # Errors
    /// There is no layer of this name.
    pub(super) fn check_layer(&self, name: &str) -> Result<()> {
        let layers = self.application.sources();
        if layers.iter().any(|layer| *layer.name == *name) {
            return Ok(());
        }
        let known: Vec<_> = layers.iter().map(|layer| &*layer.name).collect();
        Err(Exit::USAGE.because(format!("there is no layer of that name; there are {}", known.join(", "))))
    }
}
