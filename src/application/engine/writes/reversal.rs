//! Reverts: the writes that put a version's values back into the layers that hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use itertools::{EitherOrBoth, Itertools as _};

use super::super::super::declarations::Declarations;
use super::super::super::layer::Layer;
use super::super::super::merge::{Winner, winners};
use super::super::super::{LayerRevision, LayerValue, SettingPath, SettingValue, SourceValue};
use super::super::Application;
use super::super::layer_state::RunningLayer;
use super::super::state::ApplicationState;
use super::super::state_folder::folder_fault;
use super::{RevertError, SettingWrite};

/// A path in a layer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LayerPath {
    pub layer: Arc<str>,
    pub path: SettingPath,
}

/// What puts a version's values back. It holds values, which may be secrets.
#[derive(Clone)]
pub struct Reversal {
    pub version: u64,
    /// For [`Application::plan`], which judges them. None if the layers are as they were.
    pub writes: Vec<SettingWrite>,
    /// Secrets of a version on disk, which are not kept there: they stay as they are.
    pub secrets: Vec<LayerPath>,
    /// Where another value than the version's stays in force, because the layer that has it, or had it then, cannot
    /// be written.
    pub out_of_reach: Vec<LayerPath>,
}

/// What a layer held in a version.
pub(in super::super) struct KeptLayer {
    pub(in super::super) name: Arc<str>,
    pub(in super::super) values: BTreeMap<SettingPath, LayerValue>,
    /// The paths of secrets.
    pub(in super::super) left_out: BTreeSet<SettingPath>,
}

impl Application {
    /// What puts the values of a version back into the layers that hold them. Versions of earlier processes are read
    /// from the folder of versions, if there is one. Nothing is written.
    ///
    /// # Errors
    /// The version is not kept.
    pub async fn revert(&self, version: u64) -> Result<Reversal, RevertError> {
        let engine = self.shared();
        let (mut kept, held) = {
            let state = engine.state.lock();
            let numbers: Vec<_> = state.versions().map(|it| it.number()).collect();
            (numbers, state.kept_layers(version))
        };
        let layers = match held {
            Some(layers) => layers,
            None => {
                let shared = engine.clone();
                let reading = tokio::task::spawn_blocking(move || {
                    let Some(folder) = &shared.folder else { return Ok((Vec::new(), None)) };
                    folder.kept_layers(version).map_err(|error| folder_fault(folder.path(), "read", &error))
                });
                let read = reading.await.unwrap_or_else(|error| Err(error.to_string()));
                let (numbers, layers) = read.map_err(RevertError::Folder)?;
                kept.extend(numbers);
                layers.ok_or(RevertError::NotKept { version, kept })?
            }
        };
        Ok(engine.state.lock().reversal(version, layers))
    }
}

impl ApplicationState {
    /// What the layers held in a version of this process.
    fn kept_layers(&self, version: u64) -> Option<Vec<KeptLayer>> {
        let version = self.versions().find(|it| it.number() == version)?;
        let kept = |layer: &Arc<Layer>| {
            let (name, values) = (layer.name.clone(), layer.values.clone());
            KeptLayer { name, values, left_out: BTreeSet::new() }
        };
        Some(version.contents.iter().map(kept).collect())
    }

    fn reversal(&self, version: u64, then: Vec<KeptLayer>) -> Reversal {
        let mut then: BTreeMap<_, _> = then.into_iter().map(|layer| (layer.name.clone(), layer)).collect();
        let mut made =
            Reversal { version, writes: Vec::new(), secrets: Vec::new(), out_of_reach: Vec::new() };
        // The layers as they were, and as they will be.
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for running in &self.layers {
            let now = held_now(running);
            let Some(KeptLayer { name, mut values, left_out }) = then.remove(&running.spec.name) else {
                after.push(now);
                continue;
            };
            for path in left_out {
                if let Some(held) = now.values.get(&path) {
                    values.insert(path.clone(), held.clone());
                }
                made.secrets.push(LayerPath { layer: name.clone(), path });
            }
            let layer = Layer { name, rank: now.rank, revision: now.revision.clone(), values };
            let layer = Arc::new(layer);
            match running.writer {
                Some(_) => {
                    made.writes.extend(differences(&now, &layer));
                    after.push(layer.clone());
                }
                None => after.push(now),
            }
            before.push(layer);
        }
        made.out_of_reach = other_winners(&before, &after, &self.declared);
        made
    }
}

/// What the source of a layer has.
fn held_now(running: &RunningLayer) -> Arc<Layer> {
    running.refused.clone().or_else(|| running.in_force.clone()).unwrap_or_else(|| {
        let values = BTreeMap::new();
        Arc::new(Layer {
            name: running.spec.name.clone(),
            rank: running.spec.rank,
            revision: LayerRevision("".into()),
            values,
        })
    })
}

/// The writes that make one layer hold what the other one does; removals come first, so that a section can take the
/// place of a value.
fn differences(now: &Layer, then: &Layer) -> Vec<SettingWrite> {
    let layer = &now.name;
    let write = |path: &SettingPath, value| SettingWrite { layer: layer.clone(), path: path.clone(), value };
    let gone = now.values.keys().filter(|path| !then.values.contains_key(path));
    let other = then
        .values
        .iter()
        .filter(|(path, held)| now.values.get(path).is_none_or(|it| it.value != held.value));
    let removals = gone.map(|path| write(path, None));
    removals.chain(other.map(|(path, held)| write(path, Some(value_of(&held.value))))).collect()
}

fn value_of(value: &SourceValue) -> SettingValue {
    match value {
        SourceValue::Typed(value) => value.clone(),
        SourceValue::Text(text) => SettingValue::new(text.as_str().into()),
    }
}

/// The paths at which two sets of layers have other values in force, with the layer of the second one's, or else of the
/// first one's.
fn other_winners(before: &[Arc<Layer>], after: &[Arc<Layer>], declared: &Declarations) -> Vec<LayerPath> {
    let (before, after): (Vec<&Layer>, Vec<&Layer>) =
        (before.iter().map(|it| &**it).collect(), after.iter().map(|it| &**it).collect());
    let (before, after) = (winners(&before, None), winners(&after, None));
    let same = |before: &Winner<'_>, after: &Winner<'_>| {
        let typed = |it: &Winner<'_>| declared.fit(declared.settings.get(it.path)?, &it.value.value).ok();
        before.value.value == after.value.value
            || typed(before).is_some_and(|before| typed(after).as_ref() == Some(&before))
    };
    let pairs = before.iter().merge_join_by(&after, |a, b| a.path.cmp(b.path));
    pairs
        .filter_map(|pair| {
            let winner = match pair {
                EitherOrBoth::Both(before, after) if same(before, after) => return None,
                EitherOrBoth::Both(_, winner) | EitherOrBoth::Left(winner) | EitherOrBoth::Right(winner) => {
                    winner
                }
            };
            Some(LayerPath { layer: winner.layer.name.clone(), path: winner.path.clone() })
        })
        .collect()
}
