//! Follows an application for the Settings tab: a task opens it, and tells each picture of it. It opens it again
//! where that fails.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, OptionFuture};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::runner::EffectRunner;
use super::task_reply::TaskReply;
use crate::application::Application;
use crate::console::message::Answer;
use crate::console::request::RequestId;
use crate::console::screens::settings::SettingsPicture;

/// Opens the application; the error says why that fails.
pub type OpenApplication = Arc<dyn Fn() -> BoxFuture<'static, Result<Application, String>> + Send + Sync>;

/// How long after a failure it is opened again.
const OPENED_AGAIN: Duration = Duration::from_secs(5);

impl EffectRunner {
    /// Follows an application until the runner is dropped.
    pub(super) fn follow_settings(&mut self, open: OpenApplication) {
        let retry = Arc::clone(&self.retry_settings);
        self.spawn_streaming(|answers| follow(open, retry, answers));
    }
}

async fn follow(open: OpenApplication, retry: Arc<Notify>, answers: mpsc::Sender<(RequestId, TaskReply)>) {
    let tell = async |told| {
        let reply = TaskReply::Answer(Answer::Settings(told));
        answers.send((RequestId::default(), reply)).await.is_ok()
    };
    let application = loop {
        let open = Arc::clone(&open);
        let handle = Handle::current();
        // Files are read, and one may be on a disk that hangs.
        let opened = spawn_blocking(move || handle.block_on(open())).await;
        match opened {
            Ok(Ok(application)) => break application,
            Ok(Err(reason)) => {
                if !tell(Err(reason)).await {
                    return;
                }
            }
            // The runtime ends.
            Err(_) => return,
        }
        tokio::select! {
            () = sleep(OPENED_AGAIN) => {}
            () = retry.notified() => {}
        }
    };
    let mut snapshots = application.snapshots();
    let mut reload = None;
    loop {
        tokio::select! {
            snapshot = snapshots.next() => {
                // It takes as long as there are settings.
                let Ok(picture) = spawn_blocking(move || Box::new(SettingsPicture::new(snapshot))).await else {
                    return;
                };
                if !tell(Ok(picture)).await {
                    return;
                }
            }
            () = retry.notified(), if reload.is_none() => {
                let application = application.clone();
                reload = Some(Box::pin(async move { application.reload(None).await }));
            }
            Some(_) = OptionFuture::from(reload.as_mut()) => reload = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;
    use crate::application::{ApplicationSpec, LayerCondition, StartError};
    use crate::console::demo::DemoApplication;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_opened_is_told_tried_again_and_followed() {
        let demo = DemoApplication::new().unwrap();
        let (etcd, spec) = (Arc::clone(&demo.etcd), demo.spec.clone());
        let sources = Mutex::new(vec![None, Some(demo)]);
        let open: OpenApplication = Arc::new(move || {
            let demo = sources.lock().remove(0);
            let spec: ApplicationSpec = spec.clone();
            Box::pin(async move {
                let demo = demo.ok_or("the file is away")?;
                let started = Application::builder(spec)
                    .source("config", demo.config)
                    .source("environment", demo.environment)
                    .source("etcd", demo.etcd)
                    .source("http", demo.remote)
                    .source("runtime", demo.overrides)
                    .start();
                started.await.map_err(|error: StartError| error.to_string())
            })
        });
        let (sender, mut answers) = mpsc::channel(1);
        let retry = Arc::new(Notify::new());
        let task = tokio::spawn(follow(open, Arc::clone(&retry), sender));
        let mut told = async || match answers.recv().await.unwrap() {
            (_, TaskReply::Answer(Answer::Settings(told))) => told,
            (_, other) => panic!("{other:?}"),
        };
        assert_eq!(told().await.unwrap_err(), "the file is away");
        retry.notify_one();
        assert_eq!(told().await.unwrap().snapshot.version().number(), 1);
        etcd.put("worker.count", "7");
        let path = "worker.count".parse().unwrap();
        while told().await.unwrap().row(&path).unwrap().value.as_deref() != Some("7") {}
        // How a layer stands is told too, although no value changes.
        etcd.fail();
        let is_stale = |picture: &SettingsPicture| {
            matches!(picture.layer("etcd").unwrap().condition, LayerCondition::Stale { .. })
        };
        while !is_stale(&told().await.unwrap()) {}
        task.abort();
    }
}
