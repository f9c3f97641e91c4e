//! All layers merged, and made to fit what is declared: the whole at once, or only what a change of some
//! layers can reach.

use std::collections::BTreeSet;
use std::sync::Arc;

use itertools::{EitherOrBoth, Itertools as _};

use super::effective::{EffectiveValue, EffectiveValues, tree_of};
use super::layer::{Layer, is_empty_object};
use super::merge::{Winner, winners};
use super::{ApplicationSpec, SettingChange, SettingFault, SettingPath, SettingSpec, SourceValue, ValueType};

/// A change that touches more of the settings than one of so many is not followed path by path.
const FOLLOWED: usize = 8;

/// The layers that are in force, lowest first, and the values that they give.
#[derive(Clone, Default)]
pub(super) struct Picture {
    pub(super) layers: Vec<Arc<Layer>>,
    pub(super) values: Arc<EffectiveValues>,
}

impl Picture {
    /// The picture of other layers, and the differences in value. What the layers have in common with those
    /// of this picture is not judged again.
    ///
    /// # Errors
    /// Everything that is wrong with them; nothing is in force then.
    pub(super) fn with(
        &self,
        layers: Vec<Arc<Layer>>,
        declared: &ApplicationSpec,
    ) -> Result<(Self, Vec<SettingChange>), Vec<SettingFault>> {
        let (mut values, mut changes) = (EffectiveValues::clone(&self.values), Vec::new());
        let mut faults = Vec::new();
        let known: usize = layers.iter().map(|it| it.values.len()).sum();
        let merged: Vec<_> = layers.iter().map(|it| &**it).collect();
        let mut judge = |root: Option<&SettingPath>| match judged(declared, &winners(&merged, root), root) {
            Ok(found) => replace(&mut values, root, found, &mut changes),
            Err(found) => faults.extend(found),
        };
        let changed = (!self.layers.is_empty()).then(|| self.changed_paths(&layers));
        match changed.filter(|changed| changed.len() <= known / FOLLOWED) {
            Some(changed) => self.roots(&layers, declared, &changed).iter().for_each(|it| judge(Some(it))),
            None => judge(None),
        }
        // Rules are judged on values that have their types.
        if faults.is_empty() && (self.layers.is_empty() || !changes.is_empty()) {
            faults.extend(violations(declared, &values));
        }
        match faults.is_empty() {
            true => Ok((Self { layers, values: Arc::new(values) }, changes)),
            false => Err(faults),
        }
    }

    /// The paths at which a layer holds something else than in this picture, or has it in another place.
    fn changed_paths(&self, layers: &[Arc<Layer>]) -> BTreeSet<SettingPath> {
        let mut changed = BTreeSet::new();
        for after in layers {
            match self.layers.iter().find(|before| before.name == after.name) {
                Some(before) if Arc::ptr_eq(before, after) => {}
                Some(before) => {
                    let paths = before.values.iter().merge_join_by(&after.values, |a, b| a.0.cmp(b.0));
                    changed.extend(paths.filter_map(|pair| match pair {
                        EitherOrBoth::Both(before, after) => (before.1 != after.1).then_some(after.0.clone()),
                        EitherOrBoth::Left((path, _)) | EitherOrBoth::Right((path, _)) => Some(path.clone()),
                    }));
                }
                None => changed.extend(after.values.keys().cloned()),
            }
        }
        for before in self.layers.iter().filter(|it| !layers.iter().any(|after| after.name == it.name)) {
            changed.extend(before.values.keys().cloned());
        }
        changed
    }

    /// The paths to be merged again: for each change the outermost one that has a value of its own, as what
    /// lies within it depends on that, or that is declared. None lies within another.
    fn roots(
        &self,
        layers: &[Arc<Layer>],
        declared: &ApplicationSpec,
        changed: &BTreeSet<SettingPath>,
    ) -> Vec<SettingPath> {
        let decides = |path: &SettingPath| {
            let mut all = self.layers.iter().chain(layers);
            declared.settings.contains_key(path) || all.any(|it| it.values.contains_key(path))
        };
        let outermost = |path: &SettingPath| path.sections().find(decides).unwrap_or_else(|| path.clone());
        let sorted: BTreeSet<_> = changed.iter().map(outermost).collect();
        let mut roots: Vec<SettingPath> = Vec::new();
        for path in sorted {
            if !roots.last().is_some_and(|root| root.contains(&path)) {
                roots.push(path);
            }
        }
        roots
    }
}

/// The rules that values violate together. The tree of them is only made for rules.
fn violations(declared: &ApplicationSpec, values: &EffectiveValues) -> Vec<SettingFault> {
    if declared.rules.is_empty() {
        return Vec::new();
    }
    let all = tree_of(0, values.within(None).map(|it| (it.path(), it.value())));
    declared.rules.judge(all.expose()).into_iter().map(SettingFault::Rule).collect()
}

/// Puts the values found at a path in place of those that are there.
fn replace(
    values: &mut EffectiveValues,
    root: Option<&SettingPath>,
    found: Vec<EffectiveValue>,
    changes: &mut Vec<SettingChange>,
) {
    let before: Vec<_> = values.within(root).cloned().collect();
    for pair in before.into_iter().merge_join_by(found, |a, b| a.path().cmp(b.path())) {
        match pair {
            EitherOrBoth::Left(before) => {
                values.remove(before.path());
                changes.push(SettingChange::deleted(before));
            }
            EitherOrBoth::Right(after) => {
                let after = Arc::new(after);
                values.insert(after.clone());
                changes.push(SettingChange::added(after));
            }
            EitherOrBoth::Both(before, after) if before.value() == after.value() => {
                // Its place may have moved all the same.
                if before.origin() != after.origin() || before.is_secret() != after.is_secret() {
                    values.insert(Arc::new(after));
                }
            }
            EitherOrBoth::Both(before, after) => {
                let after = Arc::new(after);
                values.insert(after.clone());
                changes.push(SettingChange::modified(before, after));
            }
        }
    }
}

/// Makes the values at a path fit their declarations; so are settings that have none.
fn judged(
    declared: &ApplicationSpec,
    winners: &[Winner<'_>],
    root: Option<&SettingPath>,
) -> Result<Vec<EffectiveValue>, Vec<SettingFault>> {
    let start = root.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
    let specs = declared.settings.range::<SettingPath, _>((start, std::ops::Bound::Unbounded));
    let specs = specs.take_while(|(path, _)| root.is_none_or(|root| *path == root || root.contains(path)));
    let mut judgement = SettingsJudgement { declared, winners, values: Vec::new(), faults: Vec::new() };
    let mut at = 0;
    for pair in specs.merge_join_by(winners, |(path, _), winner| (*path).cmp(winner.path)) {
        match pair {
            EitherOrBoth::Left((path, spec)) => judgement.without_value(path, spec, at),
            EitherOrBoth::Both((_, spec), winner) => judgement.value(winner, Some(spec)),
            EitherOrBoth::Right(winner) => judgement.value(winner, None),
        }
        at += usize::from(!matches!(pair, EitherOrBoth::Left(_)));
    }
    match judgement.faults.is_empty() {
        true => Ok(judgement.values),
        false => Err(judgement.faults),
    }
}

struct SettingsJudgement<'a> {
    declared: &'a ApplicationSpec,
    winners: &'a [Winner<'a>],
    values: Vec<EffectiveValue>,
    faults: Vec<SettingFault>,
}

impl<'a> SettingsJudgement<'a> {
    fn value(&mut self, winner: &Winner<'a>, spec: Option<&SettingSpec>) {
        let fit = self.declared.fit(winner.path, spec, &winner.value.value);
        let (path, origin) = (winner.path.clone(), winner.layer.origin(&winner.value.place));
        match fit {
            Ok(value) => {
                let secret = self.declared.is_secret(winner.path, value.expose());
                self.values.push(EffectiveValue::new(path, value, origin, secret));
            }
            Err(fault) => self.faults.push(SettingFault::Value { path, origin, fault }),
        }
    }

    /// A declared setting that no layer has a value of, before the winner at an index.
    fn without_value(&mut self, path: &'a SettingPath, spec: &SettingSpec, at: usize) {
        let before = at.checked_sub(1).and_then(|before| self.winners.get(before));
        if let Some(above) = before.filter(|it| it.path.contains(path) && !is_empty_object(&it.value.value)) {
            let (path, above, origin) =
                (path.clone(), above.path.clone(), above.layer.origin(&above.value.place));
            return self.faults.push(SettingFault::Covered { path, above, origin });
        }
        let rest = self.winners.get(at..).unwrap_or_default();
        let members = rest.iter().take_while(|it| path.contains(it.path)).collect::<Vec<_>>();
        let Some(first) = members.first() else {
            if spec.required {
                self.faults.push(SettingFault::Missing { path: path.clone(), fault: spec.missing() });
            }
            return;
        };
        let (origin, member) = (first.layer.origin(&first.value.place), first.path.clone());
        if spec.value_type != ValueType::Json {
            return self.faults.push(SettingFault::Section { path: path.clone(), member, origin });
        }
        let values = members.iter().filter_map(|it| match &it.value.value {
            SourceValue::Typed(value) => Some((it.path, value)),
            SourceValue::Text(_) => None,
        });
        let object = tree_of(path.names().len(), values);
        if let Err(fault) = spec.check(&object) {
            self.faults.push(SettingFault::Value { path: path.clone(), origin, fault });
        }
    }
}
