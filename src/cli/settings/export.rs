//! `settings export`: all that is in force, for programs that read no application file.

use zeroize::Zeroizing;

use super::args::{ExportFormat, SettingExportArgs};
use super::{OpenedApplication, SettingsContext};
use crate::application::{EffectiveValue, ExportedVariable, SettingValue, VariableExport};
use crate::cli::error::{Exit, Result};
use crate::cli::output::Printer;
use crate::cli::stderr::print_note;

pub(super) async fn run(
    context: &SettingsContext<'_>,
    export: SettingExportArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let filter = context.consented(&export.reveal)?;
    let open = context.open().await?;
    let version = open.application.version();
    let (secrets, others): (Vec<_>, Vec<_>) =
        version.iter().partition(|value| filter.is_secret(value.path(), value.is_secret()));
    let secret_names = names(&secrets);
    let chosen = |value: &EffectiveValue| !filter.hides(value.path(), value.is_secret());
    match export.format {
        ExportFormat::Env => print_variables(&open, chosen, out, shell_line)?,
        ExportFormat::Dotenv => print_variables(&open, chosen, out, ExportedVariable::dotenv_line)?,
        ExportFormat::Json => out.json(version.tree_where(chosen).expose())?,
        ExportFormat::Yaml => out.yaml(version.tree_where(chosen).expose())?,
        ExportFormat::Toml => {
            let is_toml = |value: &EffectiveValue| has_toml(value.value());
            note_left_out(
                "TOML has no null, and no number so large",
                others.iter().filter(|it| !is_toml(it)).copied(),
            );
            let tree = version.tree_where(|value| chosen(value) && is_toml(value));
            let text = toml::to_string_pretty(tree.expose())
                .map_err(|_| Exit::FAILED.because("the settings cannot be written as TOML; use -o json"))?;
            out.exact(Zeroizing::new(text).as_bytes())?;
        }
    }
    context.note_revealed(&open, &filter, &export.reveal, secrets.iter().copied()).await;
    if !filter.reveals && !secrets.is_empty() {
        print_note(&format!("left out are secrets, which --reveal prints: {secret_names}"));
    }
    Ok(())
}

fn print_variables(
    open: &OpenedApplication,
    chosen: impl Fn(&EffectiveValue) -> bool,
    out: &mut Printer<'_>,
    line: fn(&ExportedVariable) -> Option<Zeroizing<String>>,
) -> Result<()> {
    let variables = VariableExport::new(&open.spec);
    let (version, mut left_out) = (open.application.version(), Vec::new());
    for value in version.iter().filter(|value| chosen(value)) {
        let variable = variables.variable(value.path(), value.value().expose());
        match variable.as_ref().and_then(line) {
            Some(line) => out.exact(line.as_bytes())?,
            None => left_out.push(value),
        }
    }
    note_left_out("no variable holds them, or not in this format", left_out.into_iter());
    Ok(())
}

fn note_left_out<'v>(why: &str, values: impl Iterator<Item = &'v EffectiveValue>) {
    let values: Vec<_> = values.collect();
    if !values.is_empty() {
        print_note(&format!("left out, because {why}: {}; -o json prints them", names(&values)));
    }
}

fn names(values: &[&EffectiveValue]) -> String {
    values.iter().map(|value| value.path().to_string()).collect::<Vec<_>>().join(", ")
}

/// `export NAME='value'`, for a shell.
fn shell_line(variable: &ExportedVariable) -> Option<Zeroizing<String>> {
    let value = shell_words::quote(&variable.value);
    Some(Zeroizing::new(["export ", &variable.name, "=", &value, "\n"].concat()))
}

fn has_toml(value: &SettingValue) -> bool {
    fn holds(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Null => false,
            serde_json::Value::Number(number) => !number.is_u64() || number.is_i64(),
            serde_json::Value::Array(items) => items.iter().all(holds),
            serde_json::Value::Object(members) => members.values().all(holds),
            serde_json::Value::Bool(_) | serde_json::Value::String(_) => true,
        }
    }
    holds(value.expose())
}
