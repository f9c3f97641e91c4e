//! Deletes, undeletes and destroys of a secret's versions, told by what is there before and afterwards: a
//! key-value engine accepts each of them also for a version that it does not have.

use futures::future::join_all;

use super::{
    CALL_DEADLINE, Error, Result, SecretChange, SecretReader, SecretWriter, secret_store_answer, within,
};
use crate::domain::{Presence, SecretContents, SecretMetadata, SecretPath, SecretVersion, VersionState};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionChange {
    /// Deleted versions can be undeleted.
    Delete,
    Undelete,
    /// Permanent.
    Destroy,
}

impl VersionChange {
    /// The state that it leads to.
    pub fn done(self) -> &'static str {
        match self {
            Self::Delete => "deleted",
            Self::Undelete => "undeleted",
            Self::Destroy => "destroyed",
        }
    }

    fn of_versions(self, versions: &[SecretVersion]) -> SecretChange<'_> {
        match self {
            Self::Delete => SecretChange::Delete(versions),
            Self::Undelete => SecretChange::Undelete(versions),
            Self::Destroy => SecretChange::Destroy(versions),
        }
    }
}

/// Deletes, undeletes or destroys versions, and looks before and afterwards in which state they are. To destroy
/// none means to destroy all, and the metadata. Returns those that were so already, for which nothing was sent.
///
/// # Errors
/// [`Error::NoSuchSecret`] and [`Error::Invalid`] if one of them does not exist or is destroyed, before
/// anything is sent; [`Error::SecretUnverified`] if this user may not see what is there afterwards;
/// [`Error::SecretNotDone`] if something else is; those of [`SecretWriter`].
pub async fn change_versions(
    reader: &dyn SecretReader,
    writer: &dyn SecretWriter,
    path: &SecretPath,
    change: VersionChange,
    versions: &[SecretVersion],
) -> Result<Vec<SecretVersion>> {
    if versions.is_empty() && change == VersionChange::Destroy {
        return destroy_all(reader, writer, path).await;
    }
    if !reader.capabilities().versions {
        // Such a store refuses, and says what to do instead.
        return send(writer, path, change.of_versions(versions)).await.map(|()| Vec::new());
    }
    let (mut unchanged, mut sent) = (Vec::new(), Vec::new());
    for (version, seen) in states(reader, path, versions).await {
        match VersionEffect::of(change, seen?) {
            VersionEffect::Done => unchanged.push(version),
            VersionEffect::Open | VersionEffect::Unseen(_) => sent.push(version),
            VersionEffect::Absent => {
                return Err(Error::NoSuchSecret { path: path.clone(), version: Some(version) });
            }
            VersionEffect::Impossible => return Err(impossible(path, change, version)),
        }
    }
    if sent.is_empty() && !versions.is_empty() {
        return Ok(unchanged);
    }
    send(writer, path, change.of_versions(&sent)).await?;
    let named = |version| format!("{version} of {path}");
    let mut unverified = None;
    for (version, seen) in states(reader, path, &sent).await {
        let unseen_by = |error: Error| VersionEffect::Unseen(error.to_string());
        match seen.map_or_else(unseen_by, |seen| VersionEffect::of(change, seen)) {
            VersionEffect::Done => {}
            VersionEffect::Open => return Err(not_done(path, &named(version), change.done())),
            VersionEffect::Absent => {
                return Err(Error::NoSuchSecret { path: path.clone(), version: Some(version) });
            }
            VersionEffect::Impossible => return Err(impossible(path, change, version)),
            VersionEffect::Unseen(reason) => {
                unverified.get_or_insert_with(|| unseen(path, &named(version), change.done(), &reason));
            }
        }
    }
    unverified.map_or(Ok(unchanged), Err)
}

async fn destroy_all(
    reader: &dyn SecretReader,
    writer: &dyn SecretWriter,
    path: &SecretPath,
) -> Result<Vec<SecretVersion>> {
    if existence(reader, path).await? == Presence::Missing {
        return Err(Error::NoSuchSecret { path: path.clone(), version: None });
    }
    send(writer, path, SecretChange::DestroyAll).await?;
    let name = format!("all of {path}");
    match existence(reader, path).await {
        Ok(Presence::Missing) => Ok(Vec::new()),
        Ok(Presence::Forbidden { permission }) => {
            Err(unseen(path, &name, VersionChange::Destroy.done(), &format!("{permission} is missing")))
        }
        Ok(Presence::Unreachable { reason } | Presence::Unknown { reason }) => {
            Err(unseen(path, &name, VersionChange::Destroy.done(), &reason))
        }
        Ok(_) => Err(not_done(path, &name, VersionChange::Destroy.done())),
        Err(error) => Err(unseen(path, &name, VersionChange::Destroy.done(), &error.to_string())),
    }
}

/// What a look at one version says about a change of it.
enum VersionEffect {
    /// It is as the change would have it.
    Done,
    /// It is there, and not so.
    Open,
    Absent,
    /// It is destroyed.
    Impossible,
    Unseen(String),
}

impl VersionEffect {
    fn of(change: VersionChange, seen: Presence) -> Self {
        match (seen, change) {
            (Presence::Present(_), VersionChange::Undelete)
            | (Presence::Deleted { .. }, VersionChange::Delete)
            | (Presence::Destroyed { .. }, VersionChange::Destroy) => Self::Done,
            (Presence::Destroyed { .. }, _) => Self::Impossible,
            (Presence::Present(_) | Presence::Deleted { .. }, _) => Self::Open,
            (Presence::Missing, _) => Self::Absent,
            (Presence::Forbidden { permission }, _) => Self::Unseen(format!("{permission} is missing")),
            (Presence::Unreachable { reason } | Presence::Unknown { reason }, _) => Self::Unseen(reason),
        }
    }
}

async fn states<'a>(
    reader: &dyn SecretReader,
    path: &SecretPath,
    versions: &'a [SecretVersion],
) -> impl Iterator<Item = (SecretVersion, Result<Presence>)> + 'a {
    let looks = versions.iter().map(|version| secret_store_answer(reader.version_presence(path, *version)));
    versions.iter().copied().zip(join_all(looks).await)
}

/// Whether a secret exists in any form, metadata included.
async fn existence(reader: &dyn SecretReader, path: &SecretPath) -> Result<Presence> {
    match secret_store_answer(reader.versions(path)).await {
        Ok(None) => Ok(Presence::Missing),
        Ok(Some(_)) => Ok(Presence::Present(SecretContents::default())),
        Err(Error::Denied { .. } | Error::Unsupported { .. }) => {
            secret_store_answer(reader.presence(path)).await
        }
        Err(error) => Err(error),
    }
}

/// The state of one version, from the metadata of its secret.
pub(super) fn presence_in_metadata(
    metadata: Result<Option<SecretMetadata>>,
    version: SecretVersion,
) -> Result<Presence> {
    let metadata = match metadata {
        Ok(metadata) => metadata,
        Err(Error::Denied { permission, .. }) => return Ok(Presence::Forbidden { permission }),
        Err(error) => return Err(error),
    };
    let known = metadata.and_then(|all| all.list.into_iter().find(|info| info.version == version));
    Ok(match known.map(|info| (info.state, info.written)) {
        None => Presence::Missing,
        Some((VersionState::Available, written)) => {
            Presence::Present(SecretContents { version: Some(version), written, ..SecretContents::default() })
        }
        Some((VersionState::Deleted(at), _)) => Presence::Deleted { version, at },
        Some((VersionState::Destroyed, _)) => Presence::Destroyed { version },
    })
}

/// After the deadline it may or may not have been carried out.
async fn send(writer: &dyn SecretWriter, path: &SecretPath, change: SecretChange<'_>) -> Result<()> {
    let sent = within(CALL_DEADLINE, writer.apply(path, change), |within| {
        Err(Error::SecretUnknown { path: path.clone(), reason: format!("nothing {within}") })
    });
    sent.await.map(drop)
}

fn impossible(path: &SecretPath, change: VersionChange, version: SecretVersion) -> Error {
    Error::invalid(format!(
        "{version} of {path} is destroyed for ever and cannot be {}: nothing was changed",
        change.done()
    ))
}

fn unseen(path: &SecretPath, what: &str, done: &str, reason: &str) -> Error {
    let reason = format!("whether {what} is {done} now cannot be seen ({reason})");
    Error::SecretUnverified { path: path.clone(), reason }
}

fn not_done(path: &SecretPath, what: &str, done: &str) -> Error {
    let reason = format!("{what} is not {done} afterwards");
    Error::SecretNotDone { path: path.clone(), reason }
}
