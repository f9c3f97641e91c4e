//! `secrets set` and `secrets generate`: write one new version, conditional on the previous one.

use serde::Serialize;

use super::args::{SecretConditionArgs, SecretGenerateArgs, SecretSetArgs, Surplus};
use super::get::read_audited;
use super::redact_usage_error::NO_VALUE;
use super::{SecretsContext, input, needs};
use crate::audit::{AuditAction, SecretEvent};
use crate::cli::args::Format;
use crate::cli::error::{CliError, Exit};
use crate::cli::output::{Printer, cell};
use crate::cli::print_note;
use crate::cli::write::save_audit;
use crate::domain::{self, FieldName, Presence, SecretPath, SecretVersion};
use crate::provider::{self, Error, SecretExpect, SecretFields, SecretWriter};

/// The request number of the write in the audit, after that of a read before it.
const WRITE: u64 = 2;

pub(super) async fn set(
    shop: &SecretsContext<'_>,
    set: SecretSetArgs,
    out: &mut Printer<'_>,
) -> Result<Exit, CliError> {
    refuse_surplus(&set.surplus)?;
    set.field.iter().try_for_each(refuse_value_in_name)?;
    let path = shop.secret(&set.secret)?;
    // Refuse before anything is typed.
    shop.writer(&path)?;
    let fields = input::fields(&set)?;
    write(shop, &path, fields, &set.condition, set.output.format, out).await
}

pub(super) async fn generate(
    shop: &SecretsContext<'_>,
    generate: SecretGenerateArgs,
    out: &mut Printer<'_>,
) -> Result<Exit, CliError> {
    refuse_surplus(&generate.surplus)?;
    refuse_value_in_name(&generate.field)?;
    let path = shop.secret(&generate.secret)?;
    shop.writer(&path)?;
    let wanted = domain::SecretGenerator::new(generate.length, generate.alphabet).ok_or_else(|| {
        CliError::Usage(format!(
            "a secret that is made has {} to {} characters",
            domain::SecretGenerator::LEAST,
            domain::SecretGenerator::MOST
        ))
    })?;
    let value = wanted
        .value(getrandom::fill)
        .map_err(|_| CliError::Failed("the system gives no randomness; nothing was written".into()))?;
    let fields = [(generate.field, value)].into_iter().collect();
    write(shop, &path, fields, &generate.condition, generate.output.format, out).await
}

fn refuse_surplus(surplus: &[Surplus]) -> Result<(), CliError> {
    match surplus {
        [] => Ok(()),
        _ => Err(CliError::Usage(format!("a word too many: {NO_VALUE}"))),
    }
}

/// `FIELD=VALUE`, as other tools take it, would store the value as a field name, visible to everybody.
fn refuse_value_in_name(name: &FieldName) -> Result<(), CliError> {
    if name.as_str().contains('=') {
        return Err(CliError::Usage(format!("a field's name has no = here: {NO_VALUE}")));
    }
    Ok(())
}

#[derive(Serialize)]
struct SecretWriteReport {
    secret: String,
    before: Option<String>,
    after: Option<String>,
    fields: Vec<String>,
    /// The documents that must be rewritten before the receiver uses it.
    documents: Vec<String>,
}

async fn write(
    shop: &SecretsContext<'_>,
    path: &SecretPath,
    fields: SecretFields,
    condition: &SecretConditionArgs,
    format: Format,
    out: &mut Printer<'_>,
) -> Result<Exit, CliError> {
    let writer = shop.writer(path)?;
    let way = SecretWriteStrategy::find(shop, path, condition).await?;
    let names: Vec<_> = fields.iter().map(|(name, _)| name.clone()).collect();
    let change = SecretUpdate { shop, writer: &*writer, path, names: &names, expect: way.expect, condition };
    let after = match way.keep_others {
        false => change.put(&fields).await?,
        true => change.patch(fields).await?,
    };
    let written = SecretWriteReport {
        secret: path.to_string(),
        before: way.before.map(|version| version.to_string()),
        after: after.map(|version| version.to_string()),
        fields: names.iter().map(|name| name.as_str().to_owned()).collect(),
        documents: warn_dependents(shop, path).await,
    };
    out.result(format, &written, |written| {
        let version = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".into());
        vec![cell(&format!(
            "{}  {} -> {}",
            written.secret,
            version(&written.before),
            version(&written.after)
        ))]
    })?;
    Ok(Exit::DONE)
}

struct SecretWriteStrategy {
    expect: SecretExpect,
    before: Option<SecretVersion>,
    /// Whether other fields keep their values.
    keep_others: bool,
}

impl SecretWriteStrategy {
    async fn find(
        shop: &SecretsContext<'_>,
        path: &SecretPath,
        condition: &SecretConditionArgs,
    ) -> Result<Self, CliError> {
        if condition.create {
            return Ok(Self { expect: SecretExpect::Absent, before: None, keep_others: false });
        }
        let patches = !condition.replace;
        if let Some(version) = condition.expect_version {
            return Ok(Self {
                expect: SecretExpect::Version(version),
                before: Some(version),
                keep_others: patches,
            });
        }
        let reader = shop.reader()?;
        if !reader.capabilities().versions {
            return Ok(Self { expect: SecretExpect::Anything, before: None, keep_others: patches });
        }
        let known = |version: SecretVersion, patches| Self {
            expect: SecretExpect::Version(version),
            before: Some(version),
            keep_others: patches,
        };
        match reader.presence(path).await? {
            Presence::Missing => Ok(Self { expect: SecretExpect::Absent, before: None, keep_others: false }),
            Presence::Present(contents) => match contents.version {
                Some(version) => Ok(known(version, patches)),
                None => Ok(Self { expect: SecretExpect::Anything, before: None, keep_others: patches }),
            },
            Presence::Deleted { version, .. } | Presence::Destroyed { version } if condition.replace => {
                Ok(known(version, false))
            }
            Presence::Deleted { version, .. } => Err(CliError::Invalid(format!(
                "{version} of {path} is deleted, and its other fields with it: undelete it first, or begin anew \
                 with --replace; nothing was written"
            ))),
            Presence::Destroyed { version } => Err(CliError::Invalid(format!(
                "{version} of {path} is destroyed, and its other fields with it: begin anew with --replace; \
                 nothing was written"
            ))),
            Presence::Forbidden { permission } => Err(CliError::Invalid(format!(
                "which version of {path} is the newest cannot be seen ({permission} is missing): name it with \
                 --expect-version, or --create; nothing was written"
            ))),
            Presence::Unreachable { reason } => Err(Error::Unavailable { reason, retry_in: None }.into()),
            Presence::Unknown { reason } => Err(CliError::Invalid(format!(
                "which version of {path} is the newest is not known ({reason}); nothing was written"
            ))),
        }
    }
}

/// A write in progress: the writer, the target and the condition.
struct SecretUpdate<'a> {
    shop: &'a SecretsContext<'a>,
    writer: &'a dyn SecretWriter,
    path: &'a SecretPath,
    names: &'a [FieldName],
    expect: SecretExpect,
    condition: &'a SecretConditionArgs,
}

impl SecretUpdate<'_> {
    /// The version that is replaced, where it is known.
    fn version(&self) -> Option<SecretVersion> {
        match self.expect {
            SecretExpect::Version(version) => Some(version),
            SecretExpect::Absent | SecretExpect::Anything => None,
        }
    }

    /// Runs a request and records its outcome in the audit.
    async fn audited(
        &self,
        request: impl Future<Output = provider::Result<Option<SecretVersion>>>,
    ) -> provider::Result<Option<SecretVersion>> {
        let deed = SecretEvent {
            action: AuditAction::WriteSecret,
            path: self.path.clone(),
            fields: self.names.to_vec(),
            version: self.version(),
            reason: self.condition.reason.clone(),
        };
        let mut pending = self.shop.session.audit.begin_secret(WRITE, [deed]);
        let answer = request.await;
        pending.secret_written(&answer);
        save_audit(pending).await;
        answer
    }

    async fn put(&self, fields: &SecretFields) -> Result<Option<SecretVersion>, CliError> {
        let answer = self.audited(self.writer.put(self.path, fields, self.expect)).await;
        answer.map_err(|error| refused(error, self.expect))
    }

    /// Changes some fields and keeps the others, without reading them where that is possible.
    async fn patch(&self, fields: SecretFields) -> Result<Option<SecretVersion>, CliError> {
        match self.audited(self.writer.patch(self.path, &fields, self.expect)).await {
            Err(error @ (Error::Denied { .. } | Error::Unsupported { .. }))
                if self.condition.read_modify_write =>
            {
                print_note(&format!(
                    "single fields cannot be changed ({error}); reading the others, and writing all"
                ));
                self.rewrite(fields).await
            }
            Err(error @ (Error::Denied { .. } | Error::Unsupported { .. })) => {
                print_note(
                    "--read-modify-write reads the other fields and writes all of them, --replace writes these alone",
                );
                Err(error.into())
            }
            answer => Ok(answer?),
        }
    }

    async fn rewrite(&self, fields: SecretFields) -> Result<Option<SecretVersion>, CliError> {
        let Self { shop, path, .. } = self;
        let reason = Some("read to write it back with other fields changed".to_owned());
        let read = read_audited(shop.session, path, self.version(), Vec::new(), reason).await?;
        if let (None, Some(version)) = (&read, self.version()) {
            return Err(CliError::NotFound(format!(
                "the other fields of {path} are not in {version}; nothing was written"
            )));
        }
        // The write keeps its condition, so that it replaces exactly what was read.
        let mut all = read.unwrap_or_default().fields;
        for (name, value) in fields {
            all.set(name, value);
        }
        self.put(&all).await
    }
}

/// A conflict under `--create` means that the secret already existed, not that somebody changed it.
fn refused(error: Error, expect: SecretExpect) -> CliError {
    match error {
        Error::SecretConflict { path, now } if expect == SecretExpect::Absent => {
            let now = now.map(|now| format!(" (now {now})")).unwrap_or_default();
            CliError::Exists(format!(
                "{path} exists already{now}; nothing was written. --expect-version replaces it"
            ))
        }
        error => error.into(),
    }
}

/// Warns about the documents that need this secret: a receiver reads a secret when it loads a document that
/// names it, and caches it (docs/receiver.md).
async fn warn_dependents(shop: &SecretsContext<'_>, path: &SecretPath) -> Vec<String> {
    match needs::dependents(shop, path).await {
        Ok(documents) => {
            if !documents.is_empty() {
                print_note(&format!(
                    "the receiver goes on with the old value until its cache is over (300 s unless set otherwise) \
                     and these documents are written again, with the same content: {}",
                    documents.join(", ")
                ));
            }
            documents
        }
        Err(error) => {
            print_note(&format!("which documents need it could not be found out: {error}"));
            Vec::new()
        }
    }
}
