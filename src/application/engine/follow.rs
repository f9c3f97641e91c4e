//! Loads: one task a layer, which loads again when its source changes, has failed, or has been silent for
//! long.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures::future::join_all;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{sleep, timeout};

use super::super::{LayerRevision, LayerSpec, Load, Source, SourceError, SourceFault};
use super::report::{ReloadReport, ReloadStatus, StartError};
use super::running::RunningApplication;
use super::state::{ApplicationState, LayerAnswer};

/// Sources have time-outs of their own; this one is for those that have not.
const LOAD_LIMIT: Duration = Duration::from_secs(30);

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// A layer that is about to be loaded. While it is held, nobody else loads it.
pub(super) struct LayerToLoad {
    name: Arc<str>,
    source: Arc<dyn Source>,
    known: Option<LayerRevision>,
    _gate: OwnedMutexGuard<()>,
}

/// What a reload is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReloadReason {
    /// The start of the application.
    Start,
    /// Somebody asked for it, which ends a rollback.
    Asked,
    /// The program added a layer.
    Added,
    /// Settings were written into layers.
    Written,
    /// A source changed, or it is time to look.
    Followed,
}

impl RunningApplication {
    /// Loads some layers, or all of them, and puts what they have in force.
    pub(super) async fn reload(&self, layers: Option<&[&str]>, reason: ReloadReason) -> ReloadReport {
        let loading = self.layers_to_load(layers).await;
        self.load(loading, layers.is_none(), reason).await
    }

    /// The same of layers that nobody else may load meanwhile.
    pub(super) async fn load(
        &self,
        loading: Vec<LayerToLoad>,
        whole: bool,
        reason: ReloadReason,
    ) -> ReloadReport {
        let loads = join_all(loading.iter().map(|it| load(&*it.source, it.known.as_ref()))).await;
        let answers = loading.iter().zip(loads).map(|(it, load)| {
            let away = matches!(&load, Err(error) if error.fault != SourceFault::Missing);
            let remembered =
                if away && reason == ReloadReason::Start { self.remembered(&it.name) } else { None };
            LayerAnswer { layer: it.name.clone(), load, remembered }
        });
        let answers = answers.collect();
        let mut state = self.state.lock();
        let report = self.settle(&mut state, answers, whole, reason);
        self.publish(&state);
        self.standing.send_replace(());
        report
    }

    /// Judges answers, counts that, and logs what is new.
    fn settle(
        &self,
        state: &mut ApplicationState,
        answers: Vec<LayerAnswer>,
        whole: bool,
        reason: ReloadReason,
    ) -> ReloadReport {
        let (begin, before) = (Instant::now(), state.newest());
        let verdict = state.judge(answers, whole, SystemTime::now());
        if reason == ReloadReason::Asked && verdict.status != ReloadStatus::Failed {
            state.pin = None;
        }
        let (took, version) = (begin.elapsed(), state.newest());
        if reason != ReloadReason::Followed || verdict.news {
            state.metrics.count(verdict.status, took);
            for (layer, error) in &verdict.failed {
                tracing::warn!("the layer {layer} could not be loaded: {error}");
            }
            for fault in &verdict.faults {
                tracing::warn!("settings are not put in force: {fault}");
            }
        }
        if version != before {
            tracing::info!("version {version} of the settings is accepted, changes: {}", verdict.changes);
        }
        ReloadReport {
            status: verdict.status,
            version,
            changes: verdict.changes,
            failed: verdict.failed,
            faults: verdict.faults,
            took,
        }
    }

    /// Adds a layer with what its source has, unless that is refused.
    pub(super) async fn add(
        &self,
        spec: LayerSpec,
        source: Arc<dyn Source>,
    ) -> Result<ReloadReport, StartError> {
        let (name, required) = (spec.name.clone(), spec.required);
        let load = load(&*source, None).await;
        let mut state = self.state.lock();
        state.add(spec, source)?;
        let answer = LayerAnswer { layer: name.clone(), load, remembered: None };
        let report = self.settle(&mut state, vec![answer], false, ReloadReason::Added);
        if !report.faults.is_empty() || required && !report.failed.is_empty() {
            state.remove(&name);
            return Err(StartError::Refused { faults: report.faults, unavailable: report.failed });
        }
        self.publish(&state);
        self.standing.send_replace(());
        Ok(report)
    }

    /// Their gates are taken in the order of the layers, so that two reloads cannot wait for each other.
    pub(super) async fn layers_to_load(&self, layers: Option<&[&str]>) -> Vec<LayerToLoad> {
        let named: Vec<_> = {
            let state = self.state.lock();
            let asked = state.layers.iter();
            let asked = asked.filter(|it| layers.is_none_or(|names| names.contains(&&*it.spec.name)));
            asked.map(|it| (it.spec.name.clone(), it.source.clone(), it.gate.clone())).collect()
        };
        let mut loading = Vec::new();
        for (name, source, gate) in named {
            let gate = gate.lock_owned().await;
            let known = self.state.lock().layer(&name).and_then(|it| it.known.clone());
            loading.push(LayerToLoad { name, source, known, _gate: gate });
        }
        loading
    }
}

async fn load(source: &dyn Source, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
    timeout(LOAD_LIMIT, source.load(known)).await.unwrap_or_else(|_| {
        Err(SourceError {
            fault: SourceFault::Unavailable,
            place: "the source".into(),
            reason: format!("it has not answered within {} s", LOAD_LIMIT.as_secs()),
            remedy: "see why it does not; it is tried again".into(),
        })
    })
}

/// Follows the source of a layer until the application ends.
pub(super) async fn follow(
    engine: Weak<RunningApplication>,
    layer: Arc<str>,
    source: Arc<dyn Source>,
    silence: Duration,
) {
    let mut retry: Option<ExponentialBackoff> = None;
    loop {
        let wait = match &mut retry {
            Some(retry) => retry.next().unwrap_or(LAST_RETRY),
            None => silence,
        };
        tokio::select! {
            () = source.changed() => {}
            () = sleep(wait) => {}
        }
        let Some(engine) = engine.upgrade() else { return };
        let report = engine.reload(Some(&[&layer]), ReloadReason::Followed).await;
        match report.failed.is_empty() {
            true => retry = None,
            false => {
                retry.get_or_insert_with(back_off);
            }
        }
    }
}

/// 1 s, doubling to 60 s, each with a random part, so that many processes do not ask at once.
fn back_off() -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(FIRST_RETRY)
        .with_max_delay(LAST_RETRY)
        .with_factor(2.0)
        .with_jitter()
        .without_max_times()
        .build()
}
