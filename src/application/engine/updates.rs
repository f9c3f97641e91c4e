//! Subscriptions to changes. One that is slow gets the newest version next, and holds nobody up: there is no
//! queue.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use tokio::sync::watch;

use super::super::version::ApplicationVersion;
use super::super::{SettingChange, SettingPath};

/// A version that is in force now, and what is different from the one that the subscriber saw before.
#[derive(Clone)]
pub struct SettingUpdate {
    pub version: Arc<ApplicationVersion>,
    /// In the order of paths, at least one.
    pub changes: Vec<SettingChange>,
}

/// The changes of an application's settings. It ends with the application.
#[must_use = "a subscription that is dropped ends at once"]
pub struct SettingUpdates(BoxStream<'static, SettingUpdate>);

impl SettingUpdates {
    /// From the version that is in force now on; with a path, only what changes there, within it, or above
    /// it.
    pub(super) fn new(
        mut versions: watch::Receiver<Arc<ApplicationVersion>>,
        path: Option<SettingPath>,
    ) -> Self {
        let seen = versions.borrow_and_update().clone();
        let updates = stream::unfold((versions, seen, path), |(mut versions, mut seen, path)| async move {
            loop {
                versions.changed().await.ok()?;
                let version = versions.borrow_and_update().clone();
                let mut changes = version.changes_since(&seen);
                seen = version.clone();
                if let Some(path) = &path {
                    changes
                        .retain(|it| it.path == *path || path.contains(&it.path) || it.path.contains(path));
                }
                if !changes.is_empty() {
                    return Some((SettingUpdate { version, changes }, (versions, seen, path)));
                }
            }
        });
        Self(updates.boxed())
    }

    /// The next update; `None` once the application has ended. Nothing is lost if this is not awaited to its
    /// end.
    pub async fn next(&mut self) -> Option<SettingUpdate> {
        self.0.next().await
    }
}

impl Stream for SettingUpdates {
    type Item = SettingUpdate;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<SettingUpdate>> {
        self.0.poll_next_unpin(context)
    }
}
