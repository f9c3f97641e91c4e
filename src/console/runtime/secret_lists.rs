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
            let ended = walk(reader, from, |listed| tell(Answer::SecretFolder(listed))).await;
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

/// Walks from these folders down; tells each folder as it comes, and answers how it ended.
pub(super) async fn walk<T: Future<Output = ()>>(
    reader: Arc<dyn SecretReader>,
    from: Vec<SecretFolder>,
    tell: impl Fn(Listed) -> T,
) -> Ended {
    let mut waiting = VecDeque::from(from);
    let mut underway = FuturesUnordered::new();
    let (mut asked, mut names) = (0, 0);
    loop {
        while underway.len() < AT_ONCE && asked < MOST_FOLDERS {
            let Some(folder) = waiting.pop_front() else { break };
            underway.push(list(&*reader, folder));
            asked += 1;
        }
        let Some((folder, found)) = underway.next().await else { break };
        if let Err(error @ (Error::Unavailable { .. } | Error::Unsupported { .. })) = &found {
            return Ended::Failed(error.to_string());
        }
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
        tell(Listed { folder, names: found, waiting: waiting.len() }).await;
        if names >= MOST_NAMES {
            return Ended::Names;
        }
    }
    if waiting.is_empty() { Ended::Whole } else { Ended::Folders(waiting.len()) }
}

async fn list(
    reader: &dyn SecretReader,
    folder: SecretFolder,
) -> (SecretFolder, Result<Vec<SecretName>, Error>) {
    let limit = CALL_DEADLINE + GRACE;
    let found = timeout(limit, reader.list(&folder)).await.unwrap_or_else(|_| {
        Err(Error::Unavailable { reason: format!("no list within {} s", limit.as_secs()), retry_in: None })
    });
    (folder, found)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::domain::{KvPath, Mount, SecretPath};
    use crate::provider::memory::MemorySecrets;

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
        let told = Mutex::new(Vec::new());
        let reader = Arc::new(store.clone());
        let ended = walk(reader, vec![root()], |listed| {
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
    async fn more_folders_than_are_asked_for_are_counted() {
        let store = store((0..MOST_FOLDERS + 9).map(|number| format!("w{number:05}/secrets")));
        let (told, ended) = walked(&store).await;
        assert_eq!((told.len(), ended), (MOST_FOLDERS, Ended::Folders(10)));
    }

    #[tokio::test]
    async fn names_beyond_the_bound_are_not_kept() {
        let store = store((0..MOST_NAMES + 5).map(|number| format!("w{number:05}")));
        let (told, ended) = walked(&store).await;
        let names: usize = told.iter().map(|listed| listed.names.as_ref().unwrap().len()).sum();
        assert_eq!((names, ended), (MOST_NAMES, Ended::Names));
    }
}
