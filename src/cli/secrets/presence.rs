//! `secrets presence`: prints which fields a secret has, without reading them.

use serde::Serialize;

use super::SecretsContext;
use super::args::SecretPresenceArgs;
use super::needs::{self, PresenceVerdict};
use super::target::DocumentOrSecret;
use crate::cli::error::{Exit, Result};
use crate::cli::output::{Printer, cell, pairs, table, whole};
use crate::domain::{FieldState, Presence, SecretContents, SecretPath, utc};
use crate::text::Safe;

pub(super) async fn run(
    context: &SecretsContext<'_>,
    arguments: SecretPresenceArgs,
    out: &mut Printer<'_>,
) -> Result<Exit> {
    let format = arguments.output.format;
    let verdict = match &arguments.of {
        None => needs::print_all(context, format, out).await?,
        Some(text) => match context.looked_at(text)? {
            DocumentOrSecret::Document(key) => needs::print_document(context, &key, format, out).await?,
            DocumentOrSecret::Secret(path) => {
                let presence = context.reader().presence(&path).await?;
                let told = PresenceReport::of(&path, &presence);
                out.result(format, &told, PresenceReport::lines)?;
                PresenceVerdict::of(&presence)
            }
        },
    };
    Ok(if arguments.fail_on_missing { verdict.exit() } else { Exit::DONE })
}

/// Everything known about a secret without reading it.
#[derive(Serialize)]
pub(super) struct PresenceReport {
    secret: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// When the version was written or deleted, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Why no more is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    fields: Vec<FieldReport>,
}

#[derive(Serialize)]
struct FieldReport {
    name: String,
    state: &'static str,
}

impl PresenceReport {
    pub(super) fn of(path: &SecretPath, presence: &Presence) -> Self {
        let mut told = Self {
            secret: path.to_string(),
            state: presence.word(),
            version: presence.version().map(|version| version.to_string()),
            at: None,
            why: None,
            fields: Vec::new(),
        };
        match presence {
            Presence::Present(SecretContents { fields, written, .. }) => {
                told.at = written.map(utc);
                let field = |(name, state): &(_, FieldState)| FieldReport {
                    name: crate::domain::FieldName::as_str(name).to_owned(),
                    state: state.word(),
                };
                told.fields = fields.iter().map(field).collect();
            }
            Presence::Deleted { at, .. } => told.at = at.map(utc),
            Presence::Forbidden { permission } => told.why = Some(permission.clone()),
            Presence::Unreachable { reason } | Presence::Unknown { reason } => {
                told.why = Some(reason.clone())
            }
            _ => {}
        }
        told
    }

    pub(super) fn lines(&self) -> Vec<Safe<'static>> {
        let mut rows = vec![("secret", whole(&self.secret)), ("state", cell(self.state))];
        rows.extend(self.version.iter().map(|version| ("version", cell(version))));
        rows.extend(self.at.iter().map(|at| ("at", cell(at))));
        rows.extend(self.why.iter().map(|why| ("why", cell(why))));
        let mut lines = pairs(rows);
        if !self.fields.is_empty() {
            lines.push(Safe::literal(""));
            let fields = self.fields.iter().map(|it| [whole(&Safe::name(&it.name)), cell(it.state)]);
            lines.extend(table(["FIELD", "STATE"], fields));
        }
        lines
    }
}
