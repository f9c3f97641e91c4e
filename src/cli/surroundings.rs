//! What is known around documents of a context: the presence of the secrets that they need, as far as this user may see
//! it, and since when they are as they are. Nothing waits for it longer than it says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::time::timeout;

use super::session::CliSession;
use super::stderr::print_note;
use crate::check::{KnownDocuments, NeedKind, Needs, SecretLookup, needs};
use crate::config::Target;
use crate::domain::{Presence, ResourceKey, SecretPath};
use crate::inventory::Facts;

/// How many secrets are looked at at once.
const AT_ONCE: usize = 8;

/// How many secrets are looked at, and for how long.
#[derive(Clone, Copy)]
pub(super) struct LookLimits {
    pub(super) most: usize,
    pub(super) within: Duration,
}

/// Looks at the secrets that documents refer to, and at their own.
pub(super) async fn look_at_secrets(
    session: &CliSession,
    documents: &[(&ResourceKey, &Facts)],
    lookup: &SecretLookup,
    known: &mut KnownDocuments,
    limits: LookLimits,
) {
    let of = |(key, facts): &(&ResourceKey, &Facts)| ((*key).clone(), needs(key, facts, &|_| None, lookup));
    let needs: Vec<(ResourceKey, Needs)> = documents.iter().map(of).collect();
    let is_looked_at = |kind: &NeedKind| matches!(kind, NeedKind::Vault { .. } | NeedKind::Own(_));
    let paths: BTreeSet<SecretPath> = needs
        .iter()
        .flat_map(|(_, needs)| needs.iter())
        .filter(|need| is_looked_at(&need.kind))
        .filter_map(|need| need.path())
        .filter(|path| !matches!(path, SecretPath::Variables(_)))
        .cloned()
        .collect();
    match session.settings.secrets.problem() {
        _ if paths.is_empty() || !lookup.can_read_kv => {}
        Some(problem) => print_note(&format!("secrets are not looked at: {problem}")),
        None => {
            let all = paths.len();
            let seen = presences(session, paths.into_iter().take(limits.most), limits.within).await;
            let is_unseen = |presence: &Presence| {
                matches!(presence, Presence::Forbidden { .. } | Presence::Unreachable { .. })
            };
            let told = seen.values().filter(|presence| !is_unseen(presence)).count();
            if told < all {
                print_note(&format!(
                    "{} of {all} secrets could not be looked at: they are not judged",
                    all - told
                ));
            }
            seen.into_iter().for_each(|(path, presence)| known.add_presence(path, presence));
        }
    }
    needs.iter().for_each(|(key, needs)| known.add_own_secrets(key, needs));
}

/// What was told in time.
async fn presences(
    session: &CliSession,
    paths: impl Iterator<Item = SecretPath>,
    within: Duration,
) -> BTreeMap<SecretPath, Presence> {
    let reader = session.manager.secrets().reader;
    let ask = async |path: SecretPath| {
        let presence = reader.presence(&path).await;
        (path, presence)
    };
    let mut seen = BTreeMap::new();
    let look = async {
        let mut answers = stream::iter(paths).map(ask).buffer_unordered(AT_ONCE);
        while let Some((path, answer)) = answers.next().await {
            if let Ok(presence) = answer {
                seen.insert(path, presence);
            }
        }
    };
    _ = timeout(within, look).await;
    seen
}

/// Since when documents are as they are, at the latest: of files the time of the file, else what the audit of this user
/// says of the very token. `tokens` are those of the documents.
pub(super) fn note_ages(
    session: &CliSession,
    tokens: &BTreeMap<ResourceKey, String>,
    known: &mut KnownDocuments,
) {
    match &session.settings.target {
        Target::Files(files) => {
            let modified = |path: &std::path::Path| path.metadata().and_then(|it| it.modified()).ok();
            let (webhooks, connections) = (modified(&files.webhooks), modified(&files.connections));
            for key in tokens.keys() {
                let at = if matches!(key, ResourceKey::Connection { .. }) { connections } else { webhooks };
                at.into_iter().for_each(|at| known.add_stored_by(key.clone(), at));
            }
        }
        #[cfg(feature = "etcd")]
        Target::Etcd(_) => {
            let audited = audited(session);
            for (key, token) in tokens {
                if let Some(at) = audited.get(&(crate::audit::recorded_name(&key.to_string()), token.clone()))
                {
                    known.add_stored_by(key.clone(), *at);
                }
            }
        }
    }
}

/// The writes to this store that the audit knows to be done: what was written, with its token, and when. An audit that
/// cannot be read tells nothing.
#[cfg(feature = "etcd")]
fn audited(session: &CliSession) -> BTreeMap<(String, String), std::time::SystemTime> {
    use crate::audit::{AuditLine, AuditOutcome};
    let store = session.settings.target.location();
    let lines =
        session.settings.console.state_dir.as_deref().and_then(|folder| crate::audit::read(folder).ok());
    let record = |line: std::io::Result<AuditLine>| match line {
        Ok(AuditLine::Record(record)) => Some(record),
        _ => None,
    };
    let is_done = |outcome| matches!(outcome, AuditOutcome::Done | AuditOutcome::FoundDone);
    let records = lines.into_iter().flatten().filter_map(record);
    let done = records.filter(|it| it.store == store && !it.action.is_of_secret() && is_done(it.outcome));
    done.filter_map(|record| Some(((record.key.clone(), record.after.clone()?), record.at))).collect()
}
