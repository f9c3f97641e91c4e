//! What is in force, and what comes into force: decides what becomes of loads, without I/O and without a
//! clock.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use super::super::declarations::Declarations;
use super::super::layer::Layer;
use super::super::picture::Picture;
use super::super::version::ApplicationVersion;
use super::super::{
    LayerContents, LayerKind, LayerSpec, Load, SettingChange, SettingFault, Source, SourceError,
};
use super::layer_state::RunningLayer;
use super::metrics::ApplicationMetrics;
use super::report::{ReloadStatus, RollbackError, StartError};

/// The answer of a layer's source.
pub(super) struct LayerAnswer {
    pub(super) layer: Arc<str>,
    pub(super) load: Result<Load, SourceError>,
    /// What an earlier process kept of it, if it does not answer.
    pub(super) remembered: Option<(LayerContents, SystemTime)>,
}

/// What became of answers.
pub(super) struct ReloadVerdict {
    pub(super) status: ReloadStatus,
    pub(super) changes: usize,
    pub(super) failed: Vec<(Arc<str>, SourceError)>,
    pub(super) faults: Vec<SettingFault>,
    /// Whether there is something that was not known: new contents, or a layer that has begun to fail.
    pub(super) news: bool,
}

/// A rollback in force.
#[derive(Clone)]
pub(super) struct Pin {
    pub(super) version: Arc<ApplicationVersion>,
    /// How many versions were accepted since.
    pub(super) newer: u64,
}

pub(super) struct ApplicationState {
    /// Lowest first.
    pub(super) layers: Vec<RunningLayer>,
    pub(super) declared: Arc<Declarations>,
    /// What the newest version was made of.
    pub(super) picture: Picture,
    /// The newest last; never empty once started.
    history: VecDeque<Arc<ApplicationVersion>>,
    kept: usize,
    /// The number of the newest version, or of the last one of an earlier process.
    number: u64,
    pub(super) pin: Option<Pin>,
    pub(super) metrics: ApplicationMetrics,
}

impl ApplicationState {
    /// `kept` versions are kept, one at least; they are counted from the one after `number`.
    pub(super) fn new(declared: Arc<Declarations>, kept: usize, number: u64) -> Self {
        Self {
            layers: Vec::new(),
            declared,
            picture: Picture::default(),
            history: VecDeque::new(),
            kept: kept.max(1),
            number,
            pin: None,
            metrics: ApplicationMetrics::default(),
        }
    }

    /// Of files of the same rank the one that is added later is the higher.
    ///
    /// # Errors
    /// Its name is that of another layer, or its rank, and they are not both files.
    pub(super) fn add(&mut self, spec: LayerSpec, source: Arc<dyn Source>) -> Result<(), StartError> {
        for other in &self.layers {
            if other.spec.name == spec.name {
                return Err(StartError::SameName(spec.name));
            }
            let files = is_file(&other.spec) && is_file(&spec);
            if other.spec.rank == spec.rank && !files {
                return Err(StartError::SameRank(other.spec.name.clone(), spec.name, spec.rank));
            }
        }
        let at = self.layers.partition_point(|other| other.spec.rank <= spec.rank);
        self.layers.insert(at, RunningLayer::new(spec, source));
        Ok(())
    }

    pub(super) fn remove(&mut self, layer: &str) {
        self.layers.retain(|it| *it.spec.name != *layer);
    }

    pub(super) fn layer(&mut self, name: &str) -> Option<&mut RunningLayer> {
        self.layers.iter_mut().find(|it| *it.spec.name == *name)
    }

    /// The names of the layers, lowest first.
    pub(super) fn layer_names(&self) -> String {
        let names: Vec<_> = self.layers.iter().map(|it| &*it.spec.name).collect();
        names.join(", ")
    }

    /// What is in force; while nothing is, what the layers have.
    pub(super) fn picture_to_explain(&self) -> Picture {
        match self.history.is_empty() {
            true => Picture { layers: self.refused().collect(), values: Arc::default() },
            false => self.picture.clone(),
        }
    }

    /// What the layers have, while nothing is in force; nothing else.
    pub(super) fn refused(&self) -> impl Iterator<Item = Arc<Layer>> {
        self.layers.iter().filter(|_| self.history.is_empty()).filter_map(|it| it.refused.clone())
    }

    /// The version that readers see; `None` before the start.
    pub(super) fn in_force(&self) -> Option<&Arc<ApplicationVersion>> {
        self.pin.as_ref().map(|pin| &pin.version).or(self.history.back())
    }

    /// The versions that are kept, the newest first.
    pub(super) fn versions(&self) -> impl Iterator<Item = &Arc<ApplicationVersion>> {
        self.history.iter().rev()
    }

    pub(super) fn newest(&self) -> u64 {
        self.number
    }

    /// Puts new contents in force, all or none of them. With `whole`, contents that were refused before count
    /// as new. Otherwise they are tried with the new ones, and without them if that fails: who corrects one
    /// layer need not correct another first.
    pub(super) fn judge(&mut self, answers: Vec<LayerAnswer>, whole: bool, now: SystemTime) -> ReloadVerdict {
        let declared = self.declared.clone();
        let (mut fresh, mut failed, mut faults) = (BTreeSet::new(), Vec::new(), Vec::new());
        let (mut news, mut answered) = (false, false);
        for LayerAnswer { layer: name, load, remembered } in answers {
            let Some(layer) = self.layer(&name) else { continue };
            let contents = match load {
                Ok(Load::Unchanged) => {
                    layer.answered(now);
                    answered = true;
                    continue;
                }
                Ok(Load::Contents(contents)) => {
                    layer.answered(now);
                    layer.known = Some(contents.revision.clone());
                    layer.remembered = None;
                    (answered, news) = (true, true);
                    contents
                }
                Err(error) => {
                    news |= layer.failed(error.clone(), now);
                    failed.push((name.clone(), error));
                    let Some((contents, at)) = remembered else { continue };
                    layer.remembered = Some(at);
                    contents
                }
            };
            layer.faults.clear();
            match Layer::new(&layer.spec, contents, &declared) {
                Ok(contents) => {
                    layer.refused = Some(Arc::new(contents));
                    // What an earlier process kept may be left out again, if it does not fit any more.
                    if layer.remembered.is_none() {
                        fresh.insert(name);
                    }
                }
                Err(found) => {
                    layer.refused = None;
                    layer.faults.clone_from(&found);
                    faults.extend(found.into_iter().filter(|_| !whole));
                }
            }
        }
        if whole {
            for layer in &self.layers {
                match layer.refused {
                    _ if layer.remembered.is_some() => {}
                    Some(_) => drop(fresh.insert(layer.spec.name.clone())),
                    // What contradicts itself cannot even be tried again.
                    None => faults.extend(layer.faults.iter().cloned()),
                }
            }
        }
        let mut changes = 0;
        match faults.is_empty() {
            true => match self.put_in_force(&fresh, now) {
                Ok(changed) => changes = changed,
                Err(found) => faults = found,
            },
            false => self.refuse(&fresh, &faults),
        }
        let status = match (faults.is_empty(), failed.is_empty(), answered) {
            (false, ..) | (true, false, false) => ReloadStatus::Failed,
            (true, true, _) => ReloadStatus::Success,
            (true, false, true) => ReloadStatus::Partial,
        };
        if status != ReloadStatus::Failed {
            self.metrics.last_success = Some(now);
        }
        ReloadVerdict { status, changes, failed, faults, news }
    }

    fn refuse(&mut self, fresh: &BTreeSet<Arc<str>>, faults: &[SettingFault]) {
        for layer in self.layers.iter_mut().filter(|it| fresh.contains(&it.spec.name)) {
            layer.faults.extend_from_slice(faults);
        }
    }

    /// Tries contents that are new together with those that were refused before, and leaves out of these what
    /// is to blame. Tells how many values are others than before.
    fn put_in_force(
        &mut self,
        fresh: &BTreeSet<Arc<str>>,
        now: SystemTime,
    ) -> Result<usize, Vec<SettingFault>> {
        let waiting = self.layers.iter().filter(|it| it.refused.is_some());
        let mut taken: BTreeSet<_> = waiting.map(|it| it.spec.name.clone()).collect();
        if taken.is_empty() && !self.history.is_empty() {
            return Ok(0);
        }
        loop {
            let contents = |it: &RunningLayer| match taken.contains(&it.spec.name) {
                true => it.refused.clone(),
                false => it.in_force.clone(),
            };
            let layers = self.layers.iter().filter_map(contents).collect();
            match self.picture.with(layers, &self.declared) {
                Ok((picture, changes)) => return Ok(self.accept(picture, changes, &taken, now)),
                Err(faults) => {
                    let older = || taken.difference(fresh);
                    let blamed = |name: &&Arc<str>| faults.iter().any(|it| it.layer() == Some(*name));
                    let mut out: BTreeSet<_> = older().filter(blamed).cloned().collect();
                    if out.is_empty() {
                        out = older().cloned().collect();
                    }
                    let refused = if out.is_empty() { fresh } else { &out };
                    for layer in self.layers.iter_mut().filter(|it| refused.contains(&it.spec.name)) {
                        layer.faults.clone_from(&faults);
                    }
                    if out.is_empty() {
                        return Err(faults);
                    }
                    taken.retain(|name| !out.contains(name));
                }
            }
        }
    }

    fn accept(
        &mut self,
        picture: Picture,
        changes: Vec<SettingChange>,
        taken: &BTreeSet<Arc<str>>,
        now: SystemTime,
    ) -> usize {
        for layer in self.layers.iter_mut().filter(|it| taken.contains(&it.spec.name)) {
            layer.in_force = layer.refused.take();
            layer.faults.clear();
        }
        let layers: Arc<[_]> = picture.layers.as_slice().into();
        let values = picture.values.clone();
        self.picture = picture;
        let count = changes.len();
        match self.history.back_mut() {
            // Nothing that a reader sees has changed but the places of values.
            Some(newest) if count == 0 => {
                let (number, changes) = (newest.number, newest.changes.to_vec());
                *newest = Arc::new(ApplicationVersion::new(number, newest.created, layers, changes, values));
            }
            newest => {
                let changes = if newest.is_some() { changes } else { Vec::new() };
                self.number += 1;
                let version = ApplicationVersion::new(self.number, now, layers, changes, values);
                self.history.push_back(Arc::new(version));
                if let Some(pin) = &mut self.pin {
                    pin.newer += 1;
                }
                while self.history.len() > self.kept {
                    self.history.pop_front();
                }
            }
        }
        count
    }

    /// Pins the version so many steps before the one that readers see.
    pub(super) fn roll_back(&mut self, steps: usize) -> Result<(), RollbackError> {
        if steps == 0 {
            return Err(RollbackError::NoStep);
        }
        let from = self.in_force().map_or(0, |version| version.number());
        let before = self.history.iter().filter(|it| it.number() < from).rev();
        let Some(version) = before.clone().nth(steps - 1).cloned() else {
            return Err(RollbackError::NotKept { steps, from, kept: before.count() });
        };
        let newer = self.pin.as_ref().map_or(0, |pin| pin.newer);
        self.pin = Some(Pin { version, newer });
        self.metrics.rollbacks += 1;
        Ok(())
    }
}

fn is_file(layer: &LayerSpec) -> bool {
    matches!(layer.kind, LayerKind::File { .. })
}
