//! Writes into the layers of a running application: planned on what would be in force, then done one after the
//! other, each on the condition of the revision that was read.

mod draft;
mod error;
mod reversal;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use error::{RevertError, SettingWriteError, StoppedWrites};
pub(super) use reversal::KeptLayer;
pub use reversal::{LayerPath, Reversal};

use super::super::effective::EffectiveValue;
use super::super::{
    LayerRevision, LayerWriteError, LayerWriteFault, LayerWriter, SettingFault, SettingPath, SettingValue,
    SourceValue, ValueFault,
};
use super::follow::ReloadReason;
use super::{Application, ReloadReport};

/// A value to be written into a layer.
#[derive(Clone)]
pub struct SettingWrite {
    pub layer: Arc<str>,
    pub path: SettingPath,
    /// `None` removes what the layer has at the path and within it.
    pub value: Option<SettingValue>,
}

/// A write that was judged, and what it replaces.
#[derive(Clone)]
pub struct PlannedWrite {
    /// Its value is as it will stand in the layer.
    pub write: SettingWrite,
    /// What the layer has at the path; `None` if nothing, or a section.
    pub replaces: Option<SourceValue>,
    /// Whether the value, or the one that it replaces, is to be masked.
    pub secret: bool,
}

/// Writes that may be done, and what they do. It holds values, which may be secrets.
#[derive(Clone)]
pub struct WritePlan {
    pub writes: Vec<PlannedWrite>,
    /// What is in force where they write, and whatever else they change, in the order of paths.
    pub effects: Vec<SettingEffect>,
    /// What is wrong already and stays so, where nothing is in force because of it; there are no effects then.
    pub left: Vec<SettingFault>,
    /// The revision that the first write into each layer is conditional on; later ones are on what that answers.
    revisions: BTreeMap<Arc<str>, LayerRevision>,
}

/// What is in force at a path, now and after writes. In a process that is pinned, readers still get another.
#[derive(Clone)]
pub struct SettingEffect {
    pub path: SettingPath,
    /// `None` if there is no value.
    pub before: Option<Arc<EffectiveValue>>,
    /// `None` if there will be none.
    pub after: Option<Arc<EffectiveValue>>,
}

/// A write that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenSetting {
    pub layer: Arc<str>,
    pub path: SettingPath,
    /// Of the layer, after the write.
    pub revision: LayerRevision,
}

/// What became of a plan: all of it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedPlan {
    /// In the order of the plan.
    pub written: Vec<WrittenSetting>,
    /// What became of the load of the layers that were written.
    pub report: ReloadReport,
}

impl SettingEffect {
    /// Whether readers will get another value, or one from another layer.
    pub fn is_change(&self) -> bool {
        fn seen(it: &Arc<EffectiveValue>) -> (&SettingValue, &Arc<str>) {
            (it.value(), &it.origin().layer)
        }
        self.before.as_ref().map(seen) != self.after.as_ref().map(seen)
    }
}

impl WritePlan {
    /// The revision that the first write into a layer is conditional on.
    pub fn revision(&self, layer: &str) -> Option<&LayerRevision> {
        self.revisions.get(layer)
    }
}

impl Application {
    /// The layers that values can be written into, highest first.
    pub fn writable(&self) -> Vec<Arc<str>> {
        let state = self.shared().state.lock();
        let layers = state.layers.iter().rev().filter(|it| it.writer.is_some());
        layers.map(|it| it.spec.name.clone()).collect()
    }

    /// The layer into which a value is to be written so that it is in force: the one whose value is in force, or
    /// the highest other one that can have it and is above that.
    ///
    /// # Errors
    /// [`SettingWriteError::NoLayer`] with what each of them says; the layer whose value is in force cannot be
    /// asked, so that another one would only hide it.
    pub async fn layer_for(&self, path: &SettingPath) -> Result<Arc<str>, SettingWriteError> {
        let (candidates, winner) = {
            let state = self.shared().state.lock();
            let winner = state.winner(path);
            let above = state.layers.iter().skip(winner.unwrap_or_default()).rev();
            let mut above: Vec<_> =
                above.filter_map(|it| Some((it.spec.name.clone(), it.writer.clone()?))).collect();
            let winner = winner.and_then(|at| Some(state.layers.get(at)?.spec.name.clone()));
            // That one is asked first.
            if let Some(at) = above.iter().position(|(name, _)| Some(name) == winner.as_ref()) {
                let own = above.remove(at);
                above.insert(0, own);
            }
            (above, winner)
        };
        let mut refusals = Vec::new();
        for (layer, writer) in candidates {
            match writer.can_write(path).await {
                Ok(()) => return Ok(layer),
                Err(error)
                    if error.fault != LayerWriteFault::NotWritable && Some(&layer) == winner.as_ref() =>
                {
                    return Err(SettingWriteError::Layer { layer, error: Box::new(error) });
                }
                Err(error) => refusals.push((layer, error)),
            }
        }
        Err(SettingWriteError::NoLayer { path: path.clone(), winner, refusals })
    }

    /// A text as a value of the setting at a path, typed and limited by its declaration; of an undeclared one, JSON
    /// where it is that, else text. With a unit it stays as it is written.
    ///
    /// # Errors
    /// It does not fit the declaration.
    pub fn value_of_text(&self, path: &SettingPath, text: &str) -> Result<SettingValue, ValueFault> {
        let text = SourceValue::Text(text.to_owned().into());
        self.shared().state.lock().declared.to_write(path, text)
    }

    /// Judges writes as one: each value by its declaration, then what would be in force by that and by the rules.
    /// Nothing is written.
    ///
    /// # Errors
    /// [`SettingWriteError`], with everything that is wrong with the values at once.
    pub async fn plan(&self, writes: Vec<SettingWrite>) -> Result<WritePlan, SettingWriteError> {
        let plan = self.shared().state.lock().plan(writes)?;
        for (at, PlannedWrite { write, .. }) in plan.writes.iter().enumerate() {
            let earlier = plan.writes.iter().take(at).map(|it| &it.write);
            let touches = |other: &SettingWrite| {
                let (one, other_path) = (&write.path, &other.path);
                other.layer == write.layer
                    && (one == other_path || one.contains(other_path) || other_path.contains(one))
            };
            // How it is then cannot be asked yet.
            if earlier.into_iter().any(touches) {
                continue;
            }
            let writer = self.writer(&write.layer)?;
            let asked = match &write.value {
                Some(_) => writer.can_write(&write.path).await,
                None => writer.can_remove(&write.path).await,
            };
            asked.map_err(|error| of_layer(&write.layer, error))?;
        }
        Ok(plan)
    }

    /// Plans to set the value at a path, or to remove it, in one layer; where none is named, in the one of
    /// [`Application::layer_for`], or in the one whose value is to be removed.
    ///
    /// # Errors
    /// Those of [`Application::plan`] and [`Application::layer_for`].
    pub async fn plan_set(
        &self,
        path: &SettingPath,
        value: Option<SettingValue>,
        layer: Option<&str>,
    ) -> Result<WritePlan, SettingWriteError> {
        let layer = match (layer, &value) {
            (Some(layer), _) => layer.into(),
            (None, Some(_)) => self.layer_for(path).await?,
            (None, None) => {
                let state = self.shared().state.lock();
                let layer = state.winner(path).and_then(|at| state.layers.get(at));
                let name = layer.map(|it| it.spec.name.clone());
                name.ok_or_else(|| SettingWriteError::NoValue { path: path.clone() })?
            }
        };
        self.plan(vec![SettingWrite { layer, path: path.clone(), value }]).await
    }

    /// Does what was planned, one write after the other, and loads the layers that were written. Readers see the
    /// whole of it at once; a rollback stays in force.
    ///
    /// # Errors
    /// Nothing was written, unless it is [`SettingWriteError::Stopped`]. Other layers have changed so that the
    /// values are refused now, or a layer was not written.
    pub async fn apply(&self, plan: &WritePlan) -> Result<AppliedPlan, SettingWriteError> {
        let engine = self.shared();
        let named: Vec<&str> = plan.revisions.keys().map(|name| &**name).collect();
        // Until all is written nobody else loads these layers, so that nothing in between comes into force.
        let loading = engine.layers_to_load(Some(&named)).await;
        engine.state.lock().plan(plan.writes.iter().map(|it| it.write.clone()).collect())?;
        let mut revisions = plan.revisions.clone();
        let mut written = Vec::new();
        let mut stopped = None;
        for PlannedWrite { write, .. } in &plan.writes {
            let SettingWrite { layer, path, value } = write;
            let Some(expect) = revisions.get_mut(layer) else { continue };
            match self.writer(layer)?.write(path, value.as_ref(), expect).await {
                Ok(revision) => {
                    *expect = revision.clone();
                    written.push(WrittenSetting { layer: layer.clone(), path: path.clone(), revision });
                }
                Err(error) => {
                    stopped = Some((layer.clone(), error));
                    break;
                }
            }
        }
        // What it says is of no use where it is not the end: those who follow the layer are told.
        let report = engine.load(loading, false, ReloadReason::Written).await;
        match stopped {
            None => Ok(AppliedPlan { written, report }),
            Some((layer, error)) if written.is_empty() => Err(of_layer(&layer, error)),
            Some((layer, error)) => {
                let left = plan.writes.len() - written.len();
                Err(SettingWriteError::Stopped(Box::new(StoppedWrites { written, layer, error, left })))
            }
        }
    }

    /// Sets the value at a path, or removes it, as [`Application::plan_set`] plans it.
    ///
    /// # Errors
    /// Those of [`Application::plan_set`] and [`Application::apply`].
    pub async fn set(
        &self,
        path: &SettingPath,
        value: Option<SettingValue>,
        layer: Option<&str>,
    ) -> Result<AppliedPlan, SettingWriteError> {
        self.apply(&self.plan_set(path, value, layer).await?).await
    }

    fn writer(&self, layer: &str) -> Result<Arc<dyn LayerWriter>, SettingWriteError> {
        self.shared().state.lock().writer(layer)
    }
}

fn of_layer(layer: &Arc<str>, error: LayerWriteError) -> SettingWriteError {
    SettingWriteError::Layer { layer: layer.clone(), error: Box::new(error) }
}
