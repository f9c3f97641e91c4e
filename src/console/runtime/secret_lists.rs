//! What the tab Secrets asks for beside presence: the versions of one secret, and what is stored. The
//! latter is listed folder by folder, breadth first: what is near the top is told first. One walk at a
//! time; another one, or an order to stop, ends it.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::timeout;

use super::runner::{Reply, Runner};
use crate::console::effect::Request;
use crate::console::message::Answer;
use crate::console::model::{Ended, Listed, MOST_FOLDERS, MOST_NAMES};
use crate::domain::{SecretFolder, SecretPath};
use crate::provider::{CALL_DEADLINE, Error, SecretName, SecretReader};

/// How many folders are asked for at once: few, since presence of what is on the screen comes first.
const AT_ONCE: usize = 2;

/// How many names of a folder go to the loop at once, so that one of thousands does not hold keys up.
const PART: usize = 500;

/// What a provider may take beyond its own deadline before it is not waited for any more.
const GRACE: Duration = Duration::from_secs(1);

impl Runner {
    /// Lists what is stored from these folders down, in place of what is being listed.
    pub(super) fn list_secrets(&mut self, request: Request, from: Vec<SecretFolder>) {
        if let Some(before) = self.secrets.walk.take() {
            before.abort();
        }
        let Some(reader) = self.secrets.reader().filter(|_| !from.is_empty()) else { return };
        let handle = self.spawn_telling(|answers| async move {
            let tell = |answer| {
                let answers = answers.clone();
                // The loop is gone only when the console is being left.
                async move { drop(answers.send((request, Reply::Answer(answer))).await) }
            };
            let within = CALL_DEADLINE + GRACE;
            let ended = walk(reader, from, within, |listed| tell(Answer::SecretFolder(listed))).await;
            tell(Answer::SecretsListed(ended)).await;
        });
        self.secrets.walk = Some(handle);
    }

    /// Asks for the versions of a secret, without reading it.
    pub(super) fn secret_versions(&mut self, request: Request, path: SecretPath) {
        let Some(reader) = self.secrets.reader() else { return };
        self.spawn(request, async move {
            let limit = CALL_DEADLINE + GRACE;
            let versions = timeout(limit, reader.versions(&path)).await.unwrap_or_else(|_| {
                let reason = format!("no versions within {} s", limit.as_secs());
                Err(Error::Unavailable { reason, retry_in: None })
            });
            Reply::Answer(Answer::SecretVersions(versions))
        });
    }
}

/// Walks from these folders down, each listed within this time; tells each as it comes, and answers how
/// it ended.
pub(super) async fn walk<T: Future<Output = ()>>(
    reader: Arc<dyn SecretReader>,
    from: Vec<SecretFolder>,
    within: Duration,
    tell: impl Fn(Listed) -> T,
) -> Ended {
    let mut waiting = VecDeque::from(from);
    let mut underway = FuturesUnordered::new();
    let (mut asked, mut names) = (0, 0);
    loop {
        while underway.len() < AT_ONCE && asked < MOST_FOLDERS {
            let Some(folder) = waiting.pop_front() else { break };
            underway.push(list(&*reader, folder, within));
            asked += 1;
        }
        let Some((folder, found)) = underway.next().await else { break };
        let found = match found {
            Err(silence) => return Ended::Failed(silence),
            // Nothing is to be had from such a store; any other refusal speaks of its folder alone.
            Ok(Err(error)) if !reader.standing().serves() => return Ended::Failed(error.to_string()),
            Ok(found) => found,
        };
        let found = found.map(|mut found| {
            found.truncate(MOST_NAMES - names);
            names += found.len();
            found
        });
        let folders = found.iter().flatten().filter_map(|name| match name {
            SecretName::Folder(folder) => Some(folder.clone()),
            _ => None,
        });
        waiting.extend(folders);
        let mut parts = parts(found).into_iter();
        while let Some(names) = parts.next() {
            let listed =
                Listed { folder: folder.clone(), names, waiting: waiting.len(), ends: parts.len() == 0 };
            tell(listed).await;
        }
        if names >= MOST_NAMES {
            return Ended::Names;
        }
    }
    if waiting.is_empty() { Ended::Whole } else { Ended::Folders(waiting.len()) }
}

type Found = Result<Vec<SecretName>, Error>;

/// What was found, in parts of a bounded size; at least one.
fn parts(found: Found) -> Vec<Found> {
    match found {
        Ok(names) if names.len() > PART => {
            let mut names = names.into_iter();
            let part = || Some(names.by_ref().take(PART).collect::<Vec<_>>()).filter(|part| !part.is_empty());
            std::iter::from_fn(part).map(Ok).collect()
        }
        whole => vec![whole],
    }
}

/// What a folder holds; the outer error says that the store did not answer at all.
async fn list(
    reader: &dyn SecretReader,
    folder: SecretFolder,
    within: Duration,
) -> (SecretFolder, Result<Found, String>) {
    let found = timeout(within, reader.list(&folder)).await;
    (folder, found.map_err(|_| format!("no list within {} s", within.as_secs())))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::domain::{KvPath, Mount, SecretPath};
    use crate::provider::memory::{MemorySecrets, Outage};

    fn mount() -> Mount {
        Mount::new("kv").unwrap()
    }

    fn root() -> SecretFolder {
        SecretFolder { mount: mount(), folder: None }
    }

    fn store(paths: impl IntoIterator<Item = String>) -> MemorySecrets {
        let store = MemorySecrets::new();
        for path in paths {
            let path = SecretPath::Kv { mount: mount(), path: KvPath::new(&path).unwrap() };
            store.put_now(&path, [("f", "v")]);
        }
        store
    }

    async fn walked(store: &MemorySecrets) -> (Vec<Listed>, Ended) {
        walked_from(store, vec![root()], CALL_DEADLINE + GRACE).await
    }

    async fn walked_from(
        store: &MemorySecrets,
        from: Vec<SecretFolder>,
        within: Duration,
    ) -> (Vec<Listed>, Ended) {
        let told = Mutex::new(Vec::new());
        let reader = Arc::new(store.clone());
        let ended = walk(reader, from, within, |listed| {
            told.lock().unwrap().push(listed);
            async {}
        })
        .await;
        (told.into_inner().unwrap(), ended)
    }

    fn folders(told: &[Listed]) -> Vec<String> {
        told.iter().map(|listed| listed.folder.to_string()).collect()
    }

    #[tokio::test]
    async fn folders_come_breadth_first_and_values_are_never_read() {
        let store = store(["a/b/c/d", "top", "x/y", "a/z"].map(String::from));
        let (told, ended) = walked(&store).await;
        assert_eq!(ended, Ended::Whole);
        assert_eq!(folders(&told), ["kv/", "kv/a/", "kv/x/", "kv/a/b/", "kv/a/b/c/"]);
        assert_eq!((store.calls().list, store.calls().reveal), (5, 0));
    }

    #[tokio::test]
    async fn a_folder_that_may_not_be_listed_hides_no_other() {
        let store = store(["a/b", "x/y"].map(String::from));
        let folder = SecretFolder { mount: mount(), folder: Some(KvPath::new("a").unwrap()) };
        store.forbid_list(&folder);
        let (told, ended) = walked(&store).await;
        assert_eq!(ended, Ended::Whole);
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
        assert_eq!(ended, Ended::Whole);
        assert_eq!(folders(&told), ["webhooks/", "kv/", "kv/a/", "kv/x/"]);
        let refused = told.iter().find(|listed| listed.folder == absent).unwrap();
        assert!(matches!(refused.names, Err(Error::Unavailable { .. })));
    }

    #[tokio::test]
    async fn a_store_that_does_not_serve_ends_the_walk_whatever_the_error() {
        let denied = || Outage::Denied { permission: "the token has expired".into() };
        for outage in [Outage::Sealed, Outage::Unreachable, denied()] {
            let store = store(["a/b", "x/y"].map(String::from));
            store.cut(outage);
            let (told, ended) = walked(&store).await;
            assert!(told.is_empty() && matches!(ended, Ended::Failed(_)), "{ended:?}");
        }
    }

    #[tokio::test]
    async fn a_list_that_does_not_come_ends_the_walk() {
        let store = store(["a/b"].map(String::from));
        store.slow(CALL_DEADLINE);
        let (told, ended) = walked_from(&store, vec![root()], Duration::from_millis(20)).await;
        assert!(told.is_empty() && matches!(ended, Ended::Failed(_)), "{ended:?}");
    }

    #[tokio::test]
    async fn a_large_folder_comes_in_parts() {
        let store = store((0..2 * PART + 1).map(|number| format!("w{number:05}")));
        let (told, ended) = walked(&store).await;
        let sizes = told.iter().map(|listed| (listed.names.as_ref().unwrap().len(), listed.ends));
        assert_eq!(sizes.collect::<Vec<_>>(), [(PART, false), (PART, false), (1, true)]);
        assert_eq!(ended, Ended::Whole);
    }

    #[tokio::test]
    async fn more_folders_than_are_asked_for_are_counted() {
        let store = store((0..MOST_FOLDERS + 9).map(|number| format!("w{number:05}/secrets")));
        let (told, ended) = walked(&store).await;
        let asked = told.iter().filter(|listed| listed.ends).count();
        assert_eq!((asked, ended), (MOST_FOLDERS, Ended::Folders(10)));
    }

    #[tokio::test]
    async fn names_beyond_the_bound_are_not_kept() {
        let store = store((0..MOST_NAMES + 5).map(|number| format!("w{number:05}")));
        let (told, ended) = walked(&store).await;
        let names: usize = told.iter().map(|listed| listed.names.as_ref().unwrap().len()).sum();
        assert_eq!((names, ended), (MOST_NAMES, Ended::Names));
    }
}
