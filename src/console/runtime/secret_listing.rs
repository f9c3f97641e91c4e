//! Lists stored secrets and the versions of one secret, for the Secrets tab. Secrets are listed folder by
//! folder, breadth first, so that the top levels are reported first. One listing runs at a time; a new
//! request ends it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::timeout;

use super::runner::EffectRunner;
use super::task_reply::TaskReply;
use crate::console::message::Answer;
use crate::console::request::RequestId;
use crate::console::screens::secrets::{FolderPage, ListingEnd, MAX_FOLDERS, MAX_NAMES_LISTED};
use crate::domain::{SecretFolder, SecretPath};
use crate::provider::{CALL_DEADLINE, Error, GRACE, SecretListItem, SecretReader, within};

/// How many folders are listed at once: few, since the presence of visible secrets takes precedence.
const AT_ONCE: usize = 2;

/// The most names in one message, so that a folder of thousands does not delay keys.
const PART: usize = 500;

impl EffectRunner {
    /// Lists secrets recursively from these folders, replacing a running listing.
    pub(super) fn list_secrets(&mut self, request: RequestId, from: Vec<SecretFolder>) {
        if let Some(before) = self.listing.take() {
            before.abort();
        }
        let Some(reader) = self.secret_reader().filter(|_| !from.is_empty()) else { return };
        let handle = self.spawn_streaming(|answers| async move {
            let tell = |answer| {
                let answers = answers.clone();
                // The event loop is gone only on exit.
                async move { drop(answers.send((request, TaskReply::Answer(answer))).await) }
            };
            let within = CALL_DEADLINE + GRACE;
            let ended = walk(reader, from, within, |listed| tell(Answer::SecretFolder(listed))).await;
            tell(Answer::SecretListingEnded(ended)).await;
        });
        self.listing = Some(handle);
    }

    /// Lists the versions of a secret, without reading it.
    pub(super) fn secret_versions(&mut self, request: RequestId, path: SecretPath) {
        let Some(reader) = self.secret_reader() else { return };
        self.spawn(request, async move {
            let versions = within(CALL_DEADLINE, reader.versions(&path), |within| {
                Err(Error::unavailable_by(format!("no versions {within}"), std::io::ErrorKind::TimedOut))
            })
            .await;
            TaskReply::Answer(Answer::SecretVersions(versions))
        });
    }
}

/// Lists recursively, with the time limit `within` for each folder; reports each folder as it is listed, and
/// returns how the listing ended.
pub(super) async fn walk<T: Future<Output = ()>>(
    reader: Arc<dyn SecretReader>,
    from: Vec<SecretFolder>,
    within: Duration,
    tell: impl Fn(FolderPage) -> T,
) -> ListingEnd {
    let mut waiting = VecDeque::from(from);
    let mut underway = FuturesUnordered::new();
    let (mut asked, mut names) = (0, 0);
    loop {
        while underway.len() < AT_ONCE && asked < MAX_FOLDERS {
            let Some(folder) = waiting.pop_front() else { break };
            underway.push(list(&*reader, folder, within));
            asked += 1;
        }
        let Some((folder, found)) = underway.next().await else { break };
        let found = match found {
            Err(silence) => return ListingEnd::Failed(silence),
            // If the store does not serve, the listing ends; any other refusal concerns only this folder.
            Ok(Err(error)) if !reader.last_status().serves() => return ListingEnd::Failed(error.to_string()),
            Ok(found) => found,
        };
        let found = found.map(|mut found| {
            found.truncate(MAX_NAMES_LISTED - names);
            names += found.len();
            found
        });
        let folders = found.iter().flatten().filter_map(|name| match name {
            SecretListItem::Folder(folder) => Some(folder.clone()),
            _ => None,
        });
        waiting.extend(folders);
        let mut parts = parts(found).into_iter();
        while let Some(names) = parts.next() {
            let listed = FolderPage { folder: folder.clone(), names, is_last: parts.len() == 0 };
            tell(listed).await;
        }
        if names >= MAX_NAMES_LISTED {
            return ListingEnd::TooManyNames;
        }
    }
    if waiting.is_empty() { ListingEnd::Complete } else { ListingEnd::TooManyFolders(waiting.len()) }
}

type FolderNames = Result<Vec<SecretListItem>, Error>;

/// Splits the names into parts of bounded size; at least one part.
fn parts(found: FolderNames) -> Vec<FolderNames> {
    match found {
        Ok(names) if names.len() > PART => {
            let mut names = names.into_iter();
            let part = || Some(names.by_ref().take(PART).collect::<Vec<_>>()).filter(|part| !part.is_empty());
            std::iter::from_fn(part).map(Ok).collect()
        }
        whole => vec![whole],
    }
}

/// The names in a folder; the outer error means that the store did not answer.
async fn list(
    reader: &dyn SecretReader,
    folder: SecretFolder,
    within: Duration,
) -> (SecretFolder, Result<FolderNames, String>) {
    let found = timeout(within, reader.list(&folder)).await;
    (folder, found.map_err(|_| format!("no list within {} s", within.as_secs())))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::domain::{KvPath, Mount, SecretPath};
    use crate::provider::memory::faulty::{FaultySecrets, SecretsOutage};

    fn mount() -> Mount {
        Mount::new("kv").unwrap()
    }

    fn root() -> SecretFolder {
        SecretFolder { mount: mount(), folder: None }
    }

    fn store(paths: impl IntoIterator<Item = String>) -> FaultySecrets {
        let store = FaultySecrets::new();
        for path in paths {
            let path = SecretPath::Kv { mount: mount(), path: KvPath::new(&path).unwrap() };
            store.put_now(&path, [("f", "v")]);
        }
        store
    }

    async fn walked(store: &FaultySecrets) -> (Vec<FolderPage>, ListingEnd) {
        walked_from(store, vec![root()], CALL_DEADLINE + GRACE).await
    }

    async fn walked_from(
        store: &FaultySecrets,
        from: Vec<SecretFolder>,
        within: Duration,
    ) -> (Vec<FolderPage>, ListingEnd) {
        let told = Mutex::new(Vec::new());
        let reader = Arc::new(store.clone());
        let ended = walk(reader, from, within, |listed| {
            told.lock().unwrap().push(listed);
            async {}
        })
        .await;
        (told.into_inner().unwrap(), ended)
    }

    fn folders(told: &[FolderPage]) -> Vec<String> {
        told.iter().map(|listed| listed.folder.to_string()).collect()
    }

    #[tokio::test]
    async fn folders_come_breadth_first_and_values_are_never_read() {
        let store = store(["a/b/c/d", "top", "x/y", "a/z"].map(String::from));
        let (told, ended) = walked(&store).await;
        assert_eq!(ended, ListingEnd::Complete);
        assert_eq!(folders(&told), ["kv/", "kv/a/", "kv/x/", "kv/a/b/", "kv/a/b/c/"]);
        assert_eq!((store.calls().list, store.calls().reveal), (5, 0));
    }

    #[tokio::test]
    async fn a_folder_that_may_not_be_listed_hides_no_other() {
        let store = store(["a/b", "x/y"].map(String::from));
        let folder = SecretFolder { mount: mount(), folder: Some(KvPath::new("a").unwrap()) };
        store.forbid_list(&folder);
        let (told, ended) = walked(&store).await;
        assert_eq!(ended, ListingEnd::Complete);
        let refused = told.iter().find(|listed| listed.folder == folder).unwrap();
        assert!(matches!(refused.names, Err(Error::Denied { .. })));
        assert_eq!(folders(&told).len(), 3);
    }

    #[tokio::test]
    async fn a_mount_that_is_not_there_hides_no_other() {
        let store = store(["a/b", "x/y"].map(String::from));
        let absent = Mount::new("webhooks").unwrap();
        store.unmount(&absent);
        let absent = SecretFolder { mount: absent, folder: None };
        let (told, ended) = walked_from(&store, vec![absent.clone(), root()], CALL_DEADLINE).await;
        assert_eq!(ended, ListingEnd::Complete);
        assert_eq!(folders(&told), ["webhooks/", "kv/", "kv/a/", "kv/x/"]);
        let refused = told.iter().find(|listed| listed.folder == absent).unwrap();
        assert!(matches!(refused.names, Err(Error::Unavailable { .. })));
    }

    #[tokio::test]
    async fn a_store_that_does_not_serve_ends_the_walk_whatever_the_error() {
        let denied = || SecretsOutage::Denied { permission: "the token has expired".into() };
        for outage in [SecretsOutage::Sealed, SecretsOutage::Unreachable, denied()] {
            let store = store(["a/b", "x/y"].map(String::from));
            store.inject_outage(outage);
            let (told, ended) = walked(&store).await;
            assert!(told.is_empty() && matches!(ended, ListingEnd::Failed(_)), "{ended:?}");
        }
    }

    #[tokio::test]
    async fn a_list_that_does_not_come_ends_the_walk() {
        let store = store(["a/b"].map(String::from));
        store.delay_calls(CALL_DEADLINE);
        let (told, ended) = walked_from(&store, vec![root()], Duration::from_millis(20)).await;
        assert!(told.is_empty() && matches!(ended, ListingEnd::Failed(_)), "{ended:?}");
    }

    #[tokio::test]
    async fn a_large_folder_comes_in_parts() {
        let store = store((0..2 * PART + 1).map(|number| format!("w{number:05}")));
        let (told, ended) = walked(&store).await;
        let sizes = told.iter().map(|listed| (listed.names.as_ref().unwrap().len(), listed.is_last));
        assert_eq!(sizes.collect::<Vec<_>>(), [(PART, false), (PART, false), (1, true)]);
        assert_eq!(ended, ListingEnd::Complete);
    }

    #[tokio::test]
    async fn more_folders_than_are_asked_for_are_counted() {
        let store = store((0..MAX_FOLDERS + 9).map(|number| format!("w{number:05}/secrets")));
        let (told, ended) = walked(&store).await;
        let asked = told.iter().filter(|listed| listed.is_last).count();
        assert_eq!((asked, ended), (MAX_FOLDERS, ListingEnd::TooManyFolders(10)));
    }

    #[tokio::test]
    async fn names_beyond_the_bound_are_not_kept() {
        let store = store((0..MAX_NAMES_LISTED + 5).map(|number| format!("w{number:05}")));
        let (told, ended) = walked(&store).await;
        let names: usize = told.iter().map(|listed| listed.names.as_ref().unwrap().len()).sum();
        assert_eq!((names, ended), (MAX_NAMES_LISTED, ListingEnd::TooManyNames));
    }
}
