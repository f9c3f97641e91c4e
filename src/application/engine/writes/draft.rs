//! Writes judged before they are done: layers as they would be, and what would then be in force. No I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::super::layer::Layer;
use super::super::super::{
    LayerContents, LayerValue, LayerWriter, SettingFault, SettingPath, SourceValue, ValueOrigin, ValuePlace,
    ValueType,
};
use super::super::UnknownLayerError;
use super::super::layer_state::RunningLayer;
use super::super::state::ApplicationState;
use super::{PlannedWrite, SettingEffect, SettingWrite, SettingWriteError, WritePlan};

impl RunningLayer {
    /// What its source has, in force or not.
    fn read(&self) -> Result<&Arc<Layer>, SettingWriteError> {
        let held = self.refused.as_ref().or(self.in_force.as_ref());
        match held.filter(|held| self.remembered.is_none() && self.known.as_ref() == Some(&held.revision)) {
            Some(held) => Ok(held),
            None if !self.faults.is_empty() => Err(SettingWriteError::Refused(self.faults.clone())),
            None => {
                let failure = self.failure.as_ref().map(|failure| failure.error.to_string());
                let reason = failure.unwrap_or_else(|| "it has not answered yet".into());
                Err(SettingWriteError::NotRead { layer: self.spec.name.clone(), reason })
            }
        }
    }
}

impl ApplicationState {
    /// The layer whose value is in force at a path, or the highest with one within it, by its place among layers.
    pub(super) fn winner(&self, path: &SettingPath) -> Option<usize> {
        let values = self.picture.values.within(Some(path));
        let refused = self.refused().filter(|it| it.within(Some(path)).next().is_some());
        let refused = refused.filter_map(|it| self.position(&it.name));
        values.filter_map(|it| self.position(&it.origin().layer)).chain(refused).max()
    }

    fn position(&self, layer: &str) -> Option<usize> {
        self.layers.iter().position(|it| *it.spec.name == *layer)
    }

    fn named(&self, layer: &str) -> Result<&RunningLayer, SettingWriteError> {
        let found = self.layers.iter().find(|it| *it.spec.name == *layer);
        found.ok_or_else(|| UnknownLayerError(layer.into(), self.layer_names()).into())
    }

    pub(super) fn writer(&self, layer: &str) -> Result<Arc<dyn LayerWriter>, SettingWriteError> {
        self.named(layer)?.writer.clone().ok_or_else(|| {
            let writable = self.layers.iter().rev().filter(|it| it.writer.is_some());
            let writable = writable.map(|it| it.spec.name.clone()).collect();
            SettingWriteError::ReadOnly { layer: layer.into(), writable }
        })
    }

    /// Judges writes, each after those before it.
    pub(super) fn plan(&self, writes: Vec<SettingWrite>) -> Result<WritePlan, SettingWriteError> {
        let mut drafts: BTreeMap<Arc<str>, LayerContents> = BTreeMap::new();
        let (mut planned, mut faults) = (Vec::new(), Vec::new());
        for write in writes {
            self.writer(&write.layer)?;
            let layer = self.named(&write.layer)?;
            if !drafts.contains_key(&write.layer) {
                let Layer { revision, values, .. } = &**layer.read()?;
                let draft = LayerContents { revision: revision.clone(), values: values.clone() };
                drafts.insert(write.layer.clone(), draft);
            }
            let Some(draft) = drafts.get_mut(&write.layer) else { continue };
            match self.draft(draft, write) {
                Ok(write) => planned.push(write),
                Err(DraftError::Fault(fault)) => faults.push(*fault),
                Err(DraftError::NotThere(path)) => {
                    return Err(SettingWriteError::NotThere { path, layer: layer.spec.name.clone() });
                }
            }
        }
        let revisions = drafts.iter().map(|(name, draft)| (name.clone(), draft.revision.clone())).collect();
        let mut made: BTreeMap<Arc<str>, Arc<Layer>> = BTreeMap::new();
        for (name, draft) in drafts {
            match Layer::new(&self.named(&name)?.spec, draft, &self.declared) {
                Ok(layer) => {
                    let written = planned.iter().filter(|it| it.write.layer == name);
                    faults.extend(written.flat_map(|it| self.misfits(&layer, &it.write.path)));
                    made.insert(name, Arc::new(layer));
                }
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(SettingWriteError::Refused(faults));
        }
        let held = |it: &RunningLayer| {
            let refused = || self.refused().find(|layer| layer.name == it.spec.name);
            it.in_force.clone().or_else(refused)
        };
        let contents = |it: &RunningLayer| made.get(&it.spec.name).cloned().or_else(|| held(it));
        let layers = self.layers.iter().filter_map(contents).collect();
        let (picture, changes) = match self.picture.with(layers, &self.declared) {
            Ok(made) => made,
            // What is wrong already does not hinder that something else is repaired.
            Err(left) if left.iter().all(|fault| self.is_known(fault)) => {
                return Ok(WritePlan { writes: planned, effects: Vec::new(), left, revisions });
            }
            Err(faults) => return Err(SettingWriteError::Refused(faults)),
        };
        let mut paths: BTreeSet<_> = changes.into_iter().map(|change| change.path).collect();
        for PlannedWrite { write: SettingWrite { path, .. }, .. } in &planned {
            let values = self.picture.values.within(Some(path)).chain(picture.values.within(Some(path)));
            let known = paths.len();
            paths.extend(values.map(|it| it.path().clone()));
            if paths.len() == known && !paths.iter().any(|it| it == path || path.contains(it)) {
                paths.insert(path.clone());
            }
        }
        let effect = |path: SettingPath| SettingEffect {
            before: self.picture.values.get(&path).cloned(),
            after: picture.values.get(&path).cloned(),
            path,
        };
        Ok(WritePlan {
            writes: planned,
            effects: paths.into_iter().map(effect).collect(),
            left: Vec::new(),
            revisions,
        })
    }

    /// Whether this is wrong already, so that nothing is in force.
    fn is_known(&self, fault: &SettingFault) -> bool {
        self.in_force().is_none() && self.layers.iter().any(|it| it.faults.contains(fault))
    }

    /// Puts a value into the draft of a layer.
    fn draft(&self, draft: &mut LayerContents, write: SettingWrite) -> Result<PlannedWrite, DraftError> {
        let SettingWrite { layer, path, value } = write;
        let origin = ValueOrigin { layer: layer.clone(), place: ValuePlace::Planned };
        let fault = |fault| DraftError::Fault(Box::new(fault));
        let is_within = |other: &SettingPath| *other == path || path.contains(other);
        let value = match value {
            None if !draft.values.keys().any(is_within) => return Err(DraftError::NotThere(path)),
            None => None,
            Some(value) => {
                let outer = path.sections().find(|outer| {
                    self.declared.settings.get(outer).is_some_and(|spec| spec.value_type != ValueType::Json)
                });
                if let Some(outer) = outer {
                    return Err(fault(SettingFault::Section { path: outer, member: path, origin }));
                }
                let inner = self.declared.settings.keys().find(|inner| path.contains(inner));
                if let (Some(inner), false) = (inner, value.expose().is_object()) {
                    return Err(fault(SettingFault::Covered { path: inner.clone(), above: path, origin }));
                }
                let value = self.declared.to_write(&path, SourceValue::Typed(value));
                Some(value.map_err(|found| {
                    let (path, origin, reason) = (path.clone(), origin.clone(), found.to_string());
                    fault(SettingFault::Value { path, origin, reason })
                })?)
            }
        };
        let replaces = draft.values.get(&path).map(|held| held.value.clone());
        let secret = replaces.as_ref().is_some_and(|held| self.declared.is_secret_source(&path, held))
            || value.as_ref().is_some_and(|value| self.declared.is_secret(&path, value.expose()));
        draft.values.retain(|other, _| !(is_within(other) || value.is_some() && other.contains(&path)));
        if let Some(value) = value.clone() {
            let value = LayerValue { value: SourceValue::Typed(value), place: ValuePlace::Planned };
            draft.values.insert(path.clone(), value);
        }
        Ok(PlannedWrite { write: SettingWrite { layer, path, value }, replaces, secret })
    }

    /// The members of a value that was written which do not fit what they are declared to be, where a higher layer
    /// hides them.
    fn misfits(&self, layer: &Layer, path: &SettingPath) -> Vec<SettingFault> {
        let written =
            layer.within(Some(path)).filter(|(at, held)| *at != path && held.place == ValuePlace::Planned);
        let fault = |(at, held): (&SettingPath, &LayerValue)| {
            let reason = self.declared.fit(self.declared.settings.get(at)?, &held.value).err()?;
            Some(SettingFault::Value { path: at.clone(), origin: layer.origin(&held.place), reason })
        };
        written.filter_map(fault).collect()
    }
}

enum DraftError {
    Fault(Box<SettingFault>),
    NotThere(SettingPath),
}
