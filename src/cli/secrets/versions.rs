//! `secrets delete`, `undelete` and `destroy`: three different things, each named.

use serde::Serialize;

use super::Shop;
use super::args::{Delete, Destroy, Undelete, Versions};
use crate::audit::{Action, Deed};
use crate::cli::ask::{agrees, answer, can_ask};
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{Out, cell};
use crate::cli::write::keep;
use crate::domain::{Presence, SecretPath, SecretVersion};
use crate::provider::{Result as Answer, SecretWriter};

/// A command does one of these.
const ONLY: u64 = 1;

pub(super) async fn delete(shop: &Shop<'_>, delete: Delete, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let Delete { versions: wanted, yes } = delete;
    let path = shop.secret(&wanted.secret)?;
    let writer = shop.writer(&path)?;
    let asks = !yes && wanted.versions.is_empty();
    if asks && !can_ask() {
        return Err(nobody("--yes, or --versions NUMBERS"));
    }
    let versions = named_or_newest(shop, &path, &wanted).await?;
    if asks && !agrees(&format!("delete {} of {path} (it can be undeleted)?", words(&versions)))? {
        return Err(Failure::Failed("nothing was deleted".into()));
    }
    let answer = async { writer.delete(&path, &versions).await };
    done(shop, Action::DeleteSecret, &path, &versions, &wanted, answer, out).await
}

pub(super) async fn undelete(
    shop: &Shop<'_>,
    undelete: Undelete,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let wanted = undelete.versions;
    let path = shop.secret(&wanted.secret)?;
    let writer = shop.writer(&path)?;
    let versions = named_or_newest(shop, &path, &wanted).await?;
    let answer = async { writer.undelete(&path, &versions).await };
    done(shop, Action::UndeleteSecret, &path, &versions, &wanted, answer, out).await
}

pub(super) async fn destroy(shop: &Shop<'_>, destroy: Destroy, out: &mut Out<'_>) -> Result<Exit, Failure> {
    let Destroy { versions: wanted, all, yes } = destroy;
    let path = shop.secret(&wanted.secret)?;
    let writer = shop.writer(&path)?;
    if wanted.versions.is_empty() && !all {
        return Err(Failure::Usage("say what to destroy for ever: --versions NUMBERS, or --all".into()));
    }
    if !yes {
        typed(&path, &if all { "all versions".to_owned() } else { words(&wanted.versions) })?;
    }
    let writer: &dyn SecretWriter = &*writer;
    let answer = async {
        if all { writer.destroy_all(&path).await } else { writer.destroy(&path, &wanted.versions).await }
    };
    done(shop, Action::DestroySecret, &path, &wanted.versions, &wanted, answer, out).await
}

/// What cannot be taken back needs more than a key.
fn typed(path: &SecretPath, what: &str) -> Result<(), Failure> {
    if !can_ask() {
        return Err(nobody("--yes"));
    }
    let typed = answer(&format!("{what} of {path} will be gone for ever; type the path to destroy it:"))?;
    if typed.trim_end_matches(['\r', '\n']) == path.to_string() {
        return Ok(());
    }
    Err(Failure::Failed("that is not the path; nothing was destroyed".into()))
}

fn nobody(instead: &str) -> Failure {
    Failure::Usage(format!("nobody can be asked without a terminal: add {instead}"))
}

async fn named_or_newest(
    shop: &Shop<'_>,
    path: &SecretPath,
    wanted: &Versions,
) -> Result<Vec<SecretVersion>, Failure> {
    if !wanted.versions.is_empty() {
        return Ok(wanted.versions.clone());
    }
    if !shop.reader()?.capabilities().versions {
        return Err(Failure::Invalid(format!(
            "{path} is kept without versions, so that a delete cannot be taken back; destroy --all removes it, \
             if that is meant"
        )));
    }
    let newest = match shop.reader()?.presence(path).await? {
        Presence::Present(contents) => contents.version,
        Presence::Deleted { version, .. } | Presence::Destroyed { version } => Some(version),
        Presence::Missing => return Err(Failure::NotFound(format!("there is no {path}"))),
        _ => None,
    };
    newest.map(|version| vec![version]).ok_or_else(|| {
        Failure::Invalid(format!(
            "which version of {path} is the newest cannot be seen: name it with --versions"
        ))
    })
}

#[derive(Serialize)]
struct Done {
    secret: String,
    done: &'static str,
    /// None: all of them.
    versions: Vec<String>,
}

async fn done(
    shop: &Shop<'_>,
    action: Action,
    path: &SecretPath,
    versions: &[SecretVersion],
    wanted: &Versions,
    answer: impl Future<Output = Answer<()>>,
    out: &mut Out<'_>,
) -> Result<Exit, Failure> {
    let deed = |version| Deed {
        action,
        path: path.clone(),
        fields: Vec::new(),
        version,
        reason: wanted.reason.clone(),
    };
    let each: Vec<_> = match versions {
        [] => vec![deed(None)],
        versions => versions.iter().map(|version| deed(Some(*version))).collect(),
    };
    let mut pending = shop.session.audit.secret(ONLY, each);
    let answer = answer.await;
    pending.secret_done(&answer);
    keep(pending).await;
    answer?;
    let done = Done {
        secret: path.to_string(),
        done: match action {
            Action::DeleteSecret => "deleted",
            Action::UndeleteSecret => "undeleted",
            _ => "destroyed",
        },
        versions: versions.iter().map(ToString::to_string).collect(),
    };
    out.result(wanted.output.format, &done, |done| {
        vec![cell(&format!("{}  {} {}", done.secret, words(versions), done.done))]
    })?;
    Ok(Exit::DONE)
}

fn words(versions: &[SecretVersion]) -> String {
    match versions {
        [] => "all versions".into(),
        versions => versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
