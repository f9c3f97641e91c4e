//! `secrets presence`: which fields a secret has, without reading one.

use serde::Serialize;

use super::args::Presence as Arguments;
use super::place::Named;
use super::{Shop, needs};
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{Out, cell, pairs, table};
use crate::domain::{Contents, FieldState, Presence, SecretPath, utc};
use crate::text::Safe;

pub(super) async fn run(shop: &Shop<'_>, arguments: Arguments, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let format = arguments.output.format;
    let complete = match &arguments.of {
        None => needs::all(shop, format, out).await?,
        Some(text) => match shop.named(text)? {
            Named::Document(key) => needs::of(shop, &key, format, out).await?,
            Named::Secret(path) => {
                let presence = shop.reader()?.presence(&path).await?;
                let told = Told::of(&path, &presence);
                out.result(format, &told, Told::lines)?;
                !matches!(presence, Presence::Missing | Presence::Deleted { .. } | Presence::Destroyed { .. })
            }
        },
    };
    Ok(if arguments.fail_on_missing && !complete { Exit::MISSING } else { Exit::DONE })
}

/// A secret, as far as it is known without reading it.
#[derive(Serialize)]
pub(super) struct Told {
    secret: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// When that was written or deleted, by the server's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// Why nothing more is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: String,
    state: &'static str,
}

impl Told {
    pub(super) fn of(path: &SecretPath, presence: &Presence) -> Self {
        let mut told = Self {
            secret: path.to_string(),
            state: word(presence),
            version: version(presence),
            at: None,
            why: None,
            fields: Vec::new(),
        };
        match presence {
            Presence::Present(Contents { fields, written, .. }) => {
                told.at = written.map(utc);
                let field = |(name, state): &(_, FieldState)| Field {
                    name: crate::domain::FieldName::as_str(name).to_owned(),
                    state: word_of_field(*state),
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
        let mut rows = vec![("secret", cell(&self.secret)), ("state", cell(self.state))];
        rows.extend(self.version.iter().map(|version| ("version", cell(version))));
        rows.extend(self.at.iter().map(|at| ("at", cell(at))));
        rows.extend(self.why.iter().map(|why| ("why", cell(why))));
        let mut lines = pairs(rows);
        if !self.fields.is_empty() {
            lines.push(Safe::literal(""));
            lines.extend(table(
                ["FIELD", "STATE"],
                self.fields.iter().map(|it| [cell(&it.name), cell(it.state)]),
            ));
        }
        lines
    }
}

fn word(presence: &Presence) -> &'static str {
    match presence {
        Presence::Present(_) => "present",
        Presence::Missing => "missing",
        Presence::Deleted { .. } => "deleted",
        Presence::Destroyed { .. } => "destroyed",
        Presence::Forbidden { .. } => "forbidden",
        Presence::Unreachable { .. } => "unreachable",
        Presence::Unknown { .. } => "unknown",
    }
}

fn word_of_field(state: FieldState) -> &'static str {
    match state {
        FieldState::Present => "present",
        FieldState::Empty => "empty",
        FieldState::NotText => "not UTF-8",
    }
}

fn version(presence: &Presence) -> Option<String> {
    let version = match presence {
        Presence::Present(contents) => contents.version,
        Presence::Deleted { version, .. } | Presence::Destroyed { version } => Some(*version),
        _ => None,
    };
    version.map(|version| version.to_string())
}
