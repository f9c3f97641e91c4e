//! `secrets set` and `secrets generate`: write one new version, conditional on the previous one.

use std::sync::Arc;

use serde::Serialize;

use super::args::{SecretConditionArgs, SecretGenerateArgs, SecretSetArgs, Surplus};
use super::get::note_values_read;
use super::judge::{FieldsWritten, judge};
use super::{SecretsContext, input, needs};
use crate::cli::error::{CliError, Exit, Result};
use crate::cli::output::{Format, Printer, change_line};
use crate::cli::redact_usage_error::NO_VALUE;
use crate::cli::stderr::print_note;
use crate::domain::{FieldName, Opaque, Presence, SecretGenerator, SecretPath, SecretVersion};
use crate::provider::{self, Error, SecretExpect, SecretFields, SecretWriter};
use crate::write::{SecretRequest, SecretWrite, SecretWriteMode, others_unreadable};

pub(super) async fn set(
    context: &SecretsContext<'_>,
    set: SecretSetArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    refuse_surplus(&set.surplus)?;
    set.field.iter().try_for_each(refuse_value_in_name)?;
    let path = target(context, &set.secret)?;
    // Fail before the user has typed anything.
    context.writer(&path)?;
    let fields = input::fields(&set)?;
    write(context, &path, fields, &set.condition, set.output.format, out).await
}

pub(super) async fn generate(
    context: &SecretsContext<'_>,
    generate: SecretGenerateArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    refuse_surplus(&generate.surplus)?;
    refuse_value_in_name(&generate.field)?;
    let path = target(context, &generate.secret)?;
    context.writer(&path)?;
    let wanted = SecretGenerator::new(generate.length, generate.alphabet).ok_or_else(|| {
        Exit::USAGE.because(format!(
            "a secret that is made has {} to {} characters",
            SecretGenerator::LEAST,
            SecretGenerator::MOST
        ))
    })?;
    let value = wanted
        .value(getrandom::fill)
        .map_err(|_| Exit::FAILED.because("the system gives no randomness; nothing was written"))?;
    let fields = [(generate.field, value)].into_iter().collect();
    write(context, &path, fields, &generate.condition, generate.output.format, out).await
}

/// The secret to write. An argument that names none is not repeated, because it may be the value.
fn target(context: &SecretsContext<'_>, text: &str) -> Result<SecretPath> {
    context.secret(text).map_err(|_| {
        Exit::USAGE.because(format!(
            "SECRET names no secret: write MOUNT/PATH, or the address of a webhook; {NO_VALUE}"
        ))
    })
}

fn refuse_surplus(surplus: &[Surplus]) -> Result<()> {
    match surplus {
        [] => Ok(()),
        _ => Err(Exit::USAGE.because(format!("a word too many: {NO_VALUE}"))),
    }
}

/// `FIELD=VALUE`, as other tools accept it, would store the value as a field name, which is not secret.
fn refuse_value_in_name(name: &FieldName) -> Result<()> {
    if name.as_str().contains('=') {
        return Err(Exit::USAGE.because(format!("a field's name has no = here: {NO_VALUE}")));
    }
    Ok(())
}

#[derive(Serialize)]
struct SecretWriteReport {
    secret: String,
    before: Option<String>,
    after: Option<String>,
    fields: Vec<String>,
    /// The documents that must be rewritten before the receiver uses the new version.
    documents: Vec<String>,
}

async fn write(
    context: &SecretsContext<'_>,
    path: &SecretPath,
    fields: SecretFields,
    condition: &SecretConditionArgs,
    format: Format,
    out: &mut Printer<'_>,
) -> Result<()> {
    let writer = context.writer(path)?;
    let way = SecretWriteStrategy::find(context, path, condition).await?;
    let names: Vec<_> = fields.iter().map(|(name, _)| name.clone()).collect();
    if condition.replace && !condition.force {
        refuse_losses(context, path, &names).await?;
    }
    let how = if way.keep_others { FieldsWritten::Beside } else { FieldsWritten::Alone };
    judge(context, path, &names, how, condition.force).await?;
    let update =
        SecretUpdate { request: context.request(condition.reason.as_deref()), writer, path, way: &way };
    let after = if way.keep_others {
        update.patch(fields, condition.read_modify_write).await?
    } else {
        let answer = update.write(SecretWriteMode::Replace, fields).await;
        answer.map_err(|error| CliError::from(error).or_exists(way.expect == SecretExpect::Absent))?
    };
    let written = SecretWriteReport {
        secret: path.to_string(),
        before: way.before.map(|version| version.to_string()),
        after: after.map(|version| version.to_string()),
        fields: names.iter().map(|name| name.as_str().to_owned()).collect(),
        documents: warn_dependents(context, path).await,
    };
    let done = match &written.after {
        Some(version) => format!("{path} is stored: {version}"),
        None => format!("{path} is stored"),
    };
    out.outcome(format, &written, &done, |it| {
        vec![change_line(&it.secret, it.before.as_deref(), it.after.as_deref())]
    })
}

struct SecretWriteStrategy {
    expect: SecretExpect,
    before: Option<SecretVersion>,
    /// Whether other fields keep their values.
    keep_others: bool,
}

impl SecretWriteStrategy {
    async fn find(
        context: &SecretsContext<'_>,
        path: &SecretPath,
        condition: &SecretConditionArgs,
    ) -> Result<Self> {
        let patches = !condition.replace;
        let absent = Self { expect: SecretExpect::Absent, before: None, keep_others: false };
        let anything = Self { expect: SecretExpect::Anything, before: None, keep_others: patches };
        let known = |version| Self {
            expect: SecretExpect::Version(version),
            before: Some(version),
            keep_others: patches,
        };
        if condition.create {
            return Ok(absent);
        }
        if let Some(version) = condition.expect_version {
            return Ok(known(version));
        }
        let reader = context.reader();
        if !reader.capabilities().versions {
            return Ok(anything);
        }
        match reader.presence(path).await? {
            Presence::Missing => Ok(absent),
            Presence::Present(contents) => Ok(contents.version.map_or(anything, known)),
            Presence::Deleted { version, .. } | Presence::Destroyed { version } if condition.replace => {
                Ok(known(version))
            }
            Presence::Deleted { version, .. } => Err(Exit::INVALID.because(format!(
                "{version} of {path} is deleted, and its other fields with it: undelete it first, or begin anew \
                 with --replace; nothing was written"
            ))),
            Presence::Destroyed { version } => Err(Exit::INVALID.because(format!(
                "{version} of {path} is destroyed, and its other fields with it: begin anew with --replace; \
                 nothing was written"
            ))),
            Presence::Forbidden { permission } => Err(Exit::INVALID.because(format!(
                "which version of {path} is the newest cannot be seen ({permission} is missing): name it with \
                 --expect-version, or --create; nothing was written"
            ))),
            Presence::Unreachable { reason } => Err(Error::unavailable(reason).into()),
            Presence::Unknown { reason } => Err(Exit::INVALID.because(format!(
                "which version of {path} is the newest is not known ({reason}); nothing was written"
            ))),
        }
    }
}

/// A write in progress: the writer, the target and the condition.
struct SecretUpdate<'a> {
    request: SecretRequest<'a>,
    writer: Arc<dyn SecretWriter>,
    path: &'a SecretPath,
    way: &'a SecretWriteStrategy,
}

impl SecretUpdate<'_> {
    async fn write(
        &self,
        mode: SecretWriteMode,
        fields: SecretFields,
    ) -> provider::Result<Option<SecretVersion>> {
        let (path, expect) = (self.path.clone(), self.way.expect);
        let write = SecretWrite { path, mode, expect, set: Opaque(fields), remove: Vec::new() };
        let outcome = self.request.write(Ok(Arc::clone(&self.writer)), write).await.noted();
        if mode == SecretWriteMode::ReadModifyWrite {
            note_values_read(outcome.values_read, outcome.values_read);
        }
        outcome.result
    }

    /// Changes some fields and keeps the others, without reading them if possible.
    async fn patch(&self, fields: SecretFields, may_read: bool) -> Result<Option<SecretVersion>> {
        let error = match self.write(SecretWriteMode::Patch, fields.copied()).await {
            Err(error @ (Error::Denied { .. } | Error::Unsupported { .. })) => error,
            answer => return Ok(answer?),
        };
        if !may_read {
            print_note(
                "--read-modify-write reads the other fields and writes all of them, --replace writes these alone",
            );
            return Err(error.into());
        }
        print_note(&format!(
            "single fields cannot be changed ({error}); reading the others, and writing all"
        ));
        self.write(SecretWriteMode::ReadModifyWrite, fields).await.map_err(|error| match self.way.before {
            Some(version) if error == others_unreadable(self.path, version) => {
                Exit::NOT_FOUND.because(error.to_string())
            }
            _ => error.into(),
        })
    }
}

/// Refuses to leave out fields that documents need and have no default for: the receiver could not load them any
/// more. What cannot be found out stops nothing.
async fn refuse_losses(context: &SecretsContext<'_>, path: &SecretPath, names: &[FieldName]) -> Result<()> {
    let lost = needs::lost(context, path, names).await.unwrap_or_else(|error| {
        print_note(&format!("which documents need its other fields could not be found out: {error}"));
        Vec::new()
    });
    if lost.is_empty() {
        return Ok(());
    }
    Err(Exit::INVALID.because(format!(
        "{path}: documents need what --replace would leave out: {}; nothing was written; leave out --replace to keep \
         other fields, or --force",
        lost.join(", ")
    )))
}

/// Warns about the documents that need this secret: a receiver reads a secret when it loads a document that
/// names it, and caches the value (docs/receiver.md).
async fn warn_dependents(context: &SecretsContext<'_>, path: &SecretPath) -> Vec<String> {
    let documents = needs::dependents(context, path).await.unwrap_or_else(|error| {
        print_note(&format!("which documents need it could not be found out: {error}"));
        Vec::new()
    });
    if !documents.is_empty() {
        print_note(&format!(
            "the receiver goes on with the old value until its cache is over (300 s unless set otherwise) \
             and these documents are written again, with the same content: {}",
            documents.join(", ")
        ));
    }
    documents
}
