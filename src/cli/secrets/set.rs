//! `secrets set` and `secrets generate`: one new version, on the condition of the one before.

use serde::Serialize;

use super::args::{Condition, Generate, Set, Surplus};
use super::get::read;
use super::hush::NO_VALUE;
use super::{Shop, input, needs};
use crate::audit::{Action, Deed};
use crate::cli::args::Format;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{Out, cell};
use crate::cli::remark;
use crate::cli::write::keep;
use crate::domain::{self, FieldName, Presence, SecretPath, SecretVersion};
use crate::provider::{self, Error, SecretExpect, SecretFields, SecretWriter};

/// The number of the write, after that of a read before it.
const WRITE: u64 = 2;

pub(super) async fn set(shop: &Shop<'_>, set: Set, out: &mut Out<'_>) -> Result<Exit, Failure> {
    nothing_more(&set.surplus)?;
    set.field.iter().try_for_each(no_value_within)?;
    let path = shop.secret(&set.secret)?;
    // A refusal comes before anything is typed.
    shop.writer(&path)?;
    let fields = input::fields(&set)?;
    write(shop, &path, fields, &set.condition, set.output.format, out).await
}

pub(super) async fn generate(
    shop: &Shop<'_>,
    generate: Generate,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    nothing_more(&generate.surplus)?;
    no_value_within(&generate.field)?;
    let path = shop.secret(&generate.secret)?;
    shop.writer(&path)?;
    let wanted = domain::Generate::new(generate.length, generate.alphabet).ok_or_else(|| {
        Failure::Usage(format!(
            "a secret that is made has {} to {} characters",
            domain::Generate::LEAST,
            domain::Generate::MOST
        ))
    })?;
    let value = wanted
        .value(getrandom::fill)
        .map_err(|_| Failure::Failed("the system gives no randomness; nothing was written".into()))?;
    let fields = [(generate.field, value)].into_iter().collect();
    write(shop, &path, fields, &generate.condition, generate.output.format, out).await
}

fn nothing_more(surplus: &[Surplus]) -> Result<(), Failure> {
    match surplus {
        [] => Ok(()),
        _ => Err(Failure::Usage(format!("a word too many: {NO_VALUE}"))),
    }
}

/// Who is used to `FIELD=VALUE` would have the value kept as a name, for everybody to see.
fn no_value_within(name: &FieldName) -> Result<(), Failure> {
    if name.as_str().contains('=') {
        return Err(Failure::Usage(format!("a field's name has no = here: {NO_VALUE}")));
    }
    Ok(())
}

/// What a write did.
#[derive(Serialize)]
struct Written {
    secret: String,
    before: Option<String>,
    after: Option<String>,
    fields: Vec<String>,
    /// The documents that have to be written again before the receiver uses it.
    documents: Vec<String>,
}

async fn write(
    shop: &Shop<'_>,
    path: &SecretPath,
    fields: SecretFields,
    condition: &Condition,
    format: Format,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let writer = shop.writer(path)?;
    let way = Way::find(shop, path, condition).await?;
    let names: Vec<_> = fields.iter().map(|(name, _)| name.clone()).collect();
    let change = Change { shop, writer: &*writer, path, names: &names, expect: way.expect, condition };
    let after = match way.patches {
        false => change.put(&fields).await?,
        true => change.patch(fields).await?,
    };
    let written = Written {
        secret: path.to_string(),
        before: way.before.map(|version| version.to_string()),
        after: after.map(|version| version.to_string()),
        fields: names.iter().map(|name| name.as_str().to_owned()).collect(),
        documents: dependents(shop, path).await,
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

/// How it is written.
struct Way {
    expect: SecretExpect,
    before: Option<SecretVersion>,
    /// Whether other fields are to keep their values.
    patches: bool,
}

impl Way {
    async fn find(shop: &Shop<'_>, path: &SecretPath, condition: &Condition) -> Result<Self, Failure> {
        if condition.create {
            return Ok(Self { expect: SecretExpect::Absent, before: None, patches: false });
        }
        let patches = !condition.replace;
        if let Some(version) = condition.expect_version {
            return Ok(Self { expect: SecretExpect::Version(version), before: Some(version), patches });
        }
        let reader = shop.reader()?;
        if !reader.capabilities().versions {
            return Ok(Self { expect: SecretExpect::Anything, before: None, patches });
        }
        let known = |version: SecretVersion, patches| Self {
            expect: SecretExpect::Version(version),
            before: Some(version),
            patches,
        };
        match reader.presence(path).await? {
            Presence::Missing => Ok(Self { expect: SecretExpect::Absent, before: None, patches: false }),
            Presence::Present(contents) => match contents.version {
                Some(version) => Ok(known(version, patches)),
                None => Ok(Self { expect: SecretExpect::Anything, before: None, patches }),
            },
            Presence::Deleted { version, .. } | Presence::Destroyed { version } if condition.replace => {
                Ok(known(version, false))
            }
            Presence::Deleted { version, .. } => Err(Failure::Invalid(format!(
                "{version} of {path} is deleted, and its other fields with it: undelete it first, or begin anew \
                 with --replace; nothing was written"
            ))),
            Presence::Destroyed { version } => Err(Failure::Invalid(format!(
                "{version} of {path} is destroyed, and its other fields with it: begin anew with --replace; \
                 nothing was written"
            ))),
            Presence::Forbidden { permission } => Err(Failure::Invalid(format!(
                "which version of {path} is the newest cannot be seen ({permission} is missing): name it with \
                 --expect-version, or --create; nothing was written"
            ))),
            Presence::Unreachable { reason } => Err(Error::Unavailable { reason, retry_in: None }.into()),
            Presence::Unknown { reason } => Err(Failure::Invalid(format!(
                "which version of {path} is the newest is not known ({reason}); nothing was written"
            ))),
        }
    }
}

/// One write, with all that its parts need.
struct Change<'a> {
    shop: &'a Shop<'a>,
    writer: &'a dyn SecretWriter,
    path: &'a SecretPath,
    /// The fields that change.
    names: &'a [FieldName],
    expect: SecretExpect,
    condition: &'a Condition,
}

impl Change<'_> {
    /// The version that it replaces, where it is known.
    fn version(&self) -> Option<SecretVersion> {
        match self.expect {
            SecretExpect::Version(version) => Some(version),
            SecretExpect::Absent | SecretExpect::Anything => None,
        }
    }

    /// Carries a request out, and keeps in the audit what came of it.
    async fn audited(
        &self,
        request: impl Future<Output = provider::Result<Option<SecretVersion>>>,
    ) -> provider::Result<Option<SecretVersion>> {
        let deed = Deed {
            action: Action::WriteSecret,
            path: self.path.clone(),
            fields: self.names.to_vec(),
            version: self.version(),
            reason: self.condition.reason.clone(),
        };
        let mut pending = self.shop.session.audit.secret(WRITE, [deed]);
        let answer = request.await;
        pending.secret_written(&answer);
        keep(pending).await;
        answer
    }

    async fn put(&self, fields: &SecretFields) -> Result<Option<SecretVersion>, Failure> {
        let answer = self.audited(self.writer.put(self.path, fields, self.expect)).await;
        answer.map_err(|error| refused(error, self.expect))
    }

    /// Changes some fields and leaves the others: without reading them where that is possible.
    async fn patch(&self, fields: SecretFields) -> Result<Option<SecretVersion>, Failure> {
        match self.audited(self.writer.patch(self.path, &fields, self.expect)).await {
            Err(error @ (Error::Denied { .. } | Error::Unsupported { .. }))
                if self.condition.read_modify_write =>
            {
                remark(&format!(
                    "single fields cannot be changed ({error}); reading the others, and writing all"
                ));
                self.rewrite(fields).await
            }
            Err(error @ (Error::Denied { .. } | Error::Unsupported { .. })) => {
                remark(
                    "--read-modify-write reads the other fields and writes all of them, --replace writes these alone",
                );
                Err(error.into())
            }
            answer => Ok(answer?),
        }
    }

    async fn rewrite(&self, fields: SecretFields) -> Result<Option<SecretVersion>, Failure> {
        let Self { shop, path, .. } = self;
        let reason = Some("read to write it back with other fields changed".to_owned());
        let read = read(shop.session, path, self.version(), Vec::new(), reason).await?;
        if let (None, Some(version)) = (&read, self.version()) {
            return Err(Failure::NotFound(format!(
                "the other fields of {path} are not in {version}; nothing was written"
            )));
        }
        // The write keeps its condition, so that what was read is what is replaced.
        let mut all = read.unwrap_or_default().fields;
        for (name, value) in fields {
            all.set(name, value);
        }
        self.put(&all).await
    }
}

/// Something that was there all along is nobody's change.
fn refused(error: Error, expect: SecretExpect) -> Failure {
    match error {
        Error::SecretConflict { path, now } if expect == SecretExpect::Absent => {
            let now = now.map(|now| format!(" (now {now})")).unwrap_or_default();
            Failure::Exists(format!(
                "{path} exists already{now}; nothing was written. --expect-version replaces it"
            ))
        }
        error => error.into(),
    }
}

/// A receiver reads a secret when a document that names it is loaded, and keeps it (domain.md L30).
async fn dependents(shop: &Shop<'_>, path: &SecretPath) -> Vec<String> {
    match needs::depend_on(shop, path).await {
        Ok(documents) => {
            if !documents.is_empty() {
                remark(&format!(
                    "the receiver goes on with the old value until its cache is over (300 s unless set otherwise) \
                     and these documents are written again, with the same content: {}",
                    documents.join(", ")
                ));
            }
            documents
        }
        Err(error) => {
            remark(&format!("which documents need it could not be found out: {error}"));
            Vec::new()
        }
    }
}
