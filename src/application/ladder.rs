//! Why a setting has the value it has: what each layer has at its path, and what that hides.

use std::sync::Arc;

use super::effective::EffectiveValue;
use super::layer::Layer;
use super::picture::Picture;
use super::{ApplicationSpec, SettingPath, SettingSpec, SourceValue, ValueFault, ValueOrigin};

/// Why a setting has the value it has.
pub struct SettingExplanation {
    pub path: SettingPath,
    /// What readers get; `None` if there is no value, or the path is a section.
    pub in_force: Option<Arc<EffectiveValue>>,
    /// What the layers have, highest first.
    pub ladder: Vec<LadderStep>,
    /// As it is declared.
    pub spec: Option<SettingSpec>,
}

impl SettingExplanation {
    /// The values that a higher layer hides.
    pub fn shadows(&self) -> impl Iterator<Item = &LadderStep> {
        self.ladder.iter().filter(|step| !step.wins)
    }
}

/// What a layer has at the path of a setting.
#[derive(Clone)]
pub struct LadderStep {
    pub rank: u32,
    pub origin: ValueOrigin,
    /// The path that was asked for; a section that it lies in, where the layer has a value in place of that;
    /// or the first path within it, where the layer has a section there.
    pub path: SettingPath,
    /// As the layer has it; it may be a secret.
    pub value: SourceValue,
    /// Whether it is to be masked.
    pub secret: bool,
    /// Whether no higher layer hides it. Readers of a pinned process may still get another.
    pub wins: bool,
    /// Why it cannot be in force.
    pub fault: Option<ValueFault>,
}

/// What the layers of a picture have at a path.
pub(super) fn ladder(picture: &Picture, declared: &ApplicationSpec, path: &SettingPath) -> Vec<LadderStep> {
    picture.layers.iter().rev().filter_map(|layer| step(layer, picture, declared, path)).collect()
}

fn step(
    layer: &Layer,
    picture: &Picture,
    declared: &ApplicationSpec,
    path: &SettingPath,
) -> Option<LadderStep> {
    let above = || path.sections().find_map(|section| layer.values.get_key_value(&section));
    let (at, held) = layer.within(Some(path)).next().or_else(above)?;
    let wins = picture.values.get(at).is_some_and(|winner| winner.origin().layer == layer.name);
    let fault = declared.fit(at, declared.settings.get(at), &held.value).err();
    Some(LadderStep {
        rank: layer.rank,
        origin: layer.origin(&held.place),
        path: at.clone(),
        secret: declared.is_secret_source(at, &held.value),
        value: held.value.clone(),
        wins,
        fault,
    })
}
