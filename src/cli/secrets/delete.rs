//! `secrets delete`, `secrets undelete` and `secrets destroy`.

use std::sync::Arc;

use serde::Serialize;

use super::SecretsContext;
use super::args::{SecretDeleteArgs, SecretDestroyArgs, SecretVersionsArgs};
use crate::cli::error::{Exit, Result};
use crate::cli::output::{Printer, whole};
use crate::cli::stderr::{ask_line, confirm, require_terminal};
use crate::domain::{Presence, SecretPath, SecretVersion};
use crate::provider::SecretWriter;
use crate::write::VersionChange;

pub(super) async fn delete(
    context: &SecretsContext<'_>,
    delete: SecretDeleteArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let SecretDeleteArgs { versions: wanted, yes } = delete;
    let path = context.secret(&wanted.secret)?;
    let writer = context.writer(&path)?;
    let asks = !yes && wanted.versions.is_empty();
    if asks {
        require_terminal("--yes, or --versions NUMBERS")?;
    }
    let versions = named_or_newest(context, &path, &wanted).await?;
    if asks && !confirm(&format!("delete {} of {path} (it can be undeleted)?", version_list(&versions)))? {
        return Err(Exit::FAILED.because("nothing was deleted"));
    }
    change_versions(context, (writer, VersionChange::Delete), &path, &versions, &wanted, out).await
}

pub(super) async fn undelete(
    context: &SecretsContext<'_>,
    wanted: SecretVersionsArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let path = context.secret(&wanted.secret)?;
    let writer = context.writer(&path)?;
    let versions = named_or_newest(context, &path, &wanted).await?;
    change_versions(context, (writer, VersionChange::Undelete), &path, &versions, &wanted, out).await
}

pub(super) async fn destroy(
    context: &SecretsContext<'_>,
    destroy: SecretDestroyArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let SecretDestroyArgs { versions: wanted, all, yes } = destroy;
    let path = context.secret(&wanted.secret)?;
    let writer = context.writer(&path)?;
    if wanted.versions.is_empty() && !all {
        return Err(Exit::USAGE.because("say what to destroy for ever: --versions NUMBERS, or --all"));
    }
    if !yes {
        confirm_by_path(&path, &version_list(&wanted.versions))?;
    }
    change_versions(context, (writer, VersionChange::Destroy), &path, &wanted.versions, &wanted, out).await
}

/// Asks to type the path, because destroying cannot be undone.
fn confirm_by_path(path: &SecretPath, what: &str) -> Result<()> {
    require_terminal("--yes")?;
    let typed = ask_line(&format!("{what} of {path} will be gone for ever; type the path to destroy it:"))?;
    if typed.trim_end_matches(['\r', '\n']) == path.to_string() {
        return Ok(());
    }
    Err(Exit::FAILED.because("that is not the path; nothing was destroyed"))
}

async fn named_or_newest(
    context: &SecretsContext<'_>,
    path: &SecretPath,
    wanted: &SecretVersionsArgs,
) -> Result<Vec<SecretVersion>> {
    if !wanted.versions.is_empty() {
        return Ok(wanted.versions.clone());
    }
    if !context.reader().capabilities().versions {
        return Err(Exit::INVALID.because(format!(
            "{path} is kept without versions, so that a delete cannot be taken back; destroy --all removes it, \
             if that is meant"
        )));
    }
    let newest = match context.reader().presence(path).await? {
        Presence::Missing => return Err(Exit::NOT_FOUND.because(format!("there is no {path}"))),
        presence => presence.version(),
    };
    newest.map(|version| vec![version]).ok_or_else(|| {
        Exit::INVALID
            .because(format!("which version of {path} is the newest cannot be seen: name it with --versions"))
    })
}

#[derive(Serialize)]
struct VersionsReport {
    secret: String,
    done: &'static str,
    /// Empty for all versions.
    versions: Vec<String>,
    /// Those of them that were so already, for which nothing was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unchanged: Vec<String>,
}

async fn change_versions(
    context: &SecretsContext<'_>,
    (writer, change): (Arc<dyn SecretWriter>, VersionChange),
    path: &SecretPath,
    versions: &[SecretVersion],
    wanted: &SecretVersionsArgs,
    out: &mut Printer<'_>,
) -> Result<()> {
    let request = context.request(wanted.reason.as_deref());
    let unchanged = request.change_versions(Ok(writer), change, path, versions).await.noted()?;
    let names = |versions: &[SecretVersion]| versions.iter().map(ToString::to_string).collect();
    let done = VersionsReport {
        secret: path.to_string(),
        done: change.done(),
        versions: names(versions),
        unchanged: names(&unchanged),
    };
    let (word, already) = (done.done, version_list(&unchanged));
    let changed: Vec<_> = versions.iter().copied().filter(|version| !unchanged.contains(version)).collect();
    let what = match (changed.as_slice(), unchanged.as_slice()) {
        (_, []) => format!("{} {word}", version_list(versions)),
        ([], _) => format!("{already} {word} already; nothing was sent"),
        (changed, _) => format!("{} {word}; {already} {word} already", version_list(changed)),
    };
    out.outcome(wanted.output.format, &done, &format!("{path}: {what}"), |done| {
        vec![whole(&format!("{}  {what}", done.secret))]
    })
}

fn version_list(versions: &[SecretVersion]) -> String {
    match versions {
        [] => "all versions".into(),
        versions => versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
