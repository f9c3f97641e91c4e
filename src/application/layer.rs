//! A layer's values made ready to be merged: text of no declared setting is read, and members of objects are
//! settings of their own.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;

use super::declarations::Declarations;
use super::{
    LayerContents, LayerRevision, LayerSpec, LayerValue, SettingFault, SettingPath, SettingValue,
    SourceValue, ValueOrigin, ValuePlace, ValueType,
};

/// What a layer holds, each value at the path that it decides. No value is an object, unless it is empty, and
/// none lies within another.
pub(super) struct Layer {
    pub(super) name: Arc<str>,
    pub(super) rank: u32,
    pub(super) revision: LayerRevision,
    pub(super) values: BTreeMap<SettingPath, LayerValue>,
}

impl Layer {
    /// # Errors
    /// Everything with which the layer contradicts itself, or cannot be read.
    pub(super) fn new(
        spec: &LayerSpec,
        contents: LayerContents,
        declared: &Declarations,
    ) -> Result<Self, Vec<SettingFault>> {
        let mut expansion =
            Expansion { layer: &spec.name, declared, values: BTreeMap::new(), faults: Vec::new() };
        if contents.values.values().all(|it| is_plain(&it.value)) {
            expansion.values = contents.values;
        } else {
            for (path, LayerValue { value, place }) in contents.values {
                expansion.add(path, value, &place);
            }
        }
        expansion.refuse_values_within_values();
        let Expansion { values, faults, .. } = expansion;
        match faults.is_empty() {
            true => {
                Ok(Self { name: spec.name.clone(), rank: spec.rank, revision: contents.revision, values })
            }
            false => Err(faults),
        }
    }

    /// The values at a path and within it, or all of them, in the order of their paths.
    pub(super) fn within(
        &self,
        root: Option<&SettingPath>,
    ) -> impl Iterator<Item = (&SettingPath, &LayerValue)> {
        let start = root.map_or(Bound::Unbounded, Bound::Included);
        self.values
            .range::<SettingPath, _>((start, Bound::Unbounded))
            .take_while(move |(path, _)| root.is_none_or(|root| *path == root || root.contains(path)))
    }

    pub(super) fn origin(&self, place: &ValuePlace) -> ValueOrigin {
        ValueOrigin { layer: self.name.clone(), place: place.clone() }
    }
}

/// Whether a value is an object without members, which is a section as one with members is.
pub(super) fn is_empty_object(value: &SourceValue) -> bool {
    matches!(value, SourceValue::Typed(value) if value.expose().as_object().is_some_and(|it| it.is_empty()))
}

fn is_plain(value: &SourceValue) -> bool {
    match value {
        SourceValue::Typed(value) => value.expose().as_object().is_none_or(|it| it.is_empty()),
        SourceValue::Text(_) => false,
    }
}

struct Expansion<'a> {
    layer: &'a Arc<str>,
    declared: &'a Declarations,
    values: BTreeMap<SettingPath, LayerValue>,
    faults: Vec<SettingFault>,
}

impl Expansion<'_> {
    fn add(&mut self, path: SettingPath, value: SourceValue, place: &ValuePlace) {
        let spec = self.declared.settings.get(&path);
        let value = match (value, spec) {
            (SourceValue::Text(text), None) => SourceValue::Typed(SettingValue::new(read_text(&text))),
            // What it holds is merged with other layers, so it is needed now.
            (value @ SourceValue::Text(_), Some(spec)) if spec.value_type == ValueType::Json => {
                match self.declared.coerce(spec, &value) {
                    Ok(value) => SourceValue::Typed(value),
                    Err(reason) => {
                        let origin = self.origin(place);
                        return self.faults.push(SettingFault::Value { path, origin, reason });
                    }
                }
            }
            (value, _) => value,
        };
        match &value {
            SourceValue::Typed(object) if !is_plain(&value) => {
                for (name, member) in object.expose().as_object().into_iter().flatten() {
                    match path.member(name) {
                        Ok(path) => {
                            self.add(path, SourceValue::Typed(SettingValue::new(member.clone())), place);
                        }
                        Err(_) => {
                            let (path, origin) = (path.clone(), self.origin(place));
                            self.faults.push(SettingFault::EmptyName { path, origin });
                        }
                    }
                }
            }
            _ => {
                let known = LayerValue { value, place: place.clone() };
                if let Some(first) = self.values.insert(path.clone(), known) {
                    let origin = self.origin(place);
                    self.faults.push(SettingFault::Twice { path, first: first.place, origin });
                }
            }
        }
    }

    fn refuse_values_within_values(&mut self) {
        let mut above: Option<(&SettingPath, &LayerValue)> = None;
        for (path, value) in &self.values {
            match above {
                Some((holder, held)) if holder.contains(path) => self.faults.push(SettingFault::Within {
                    path: path.clone(),
                    above: holder.clone(),
                    first: held.place.clone(),
                    origin: ValueOrigin { layer: self.layer.clone(), place: value.place.clone() },
                }),
                _ if is_empty_object(&value.value) => {}
                _ => above = Some((path, value)),
            }
        }
    }

    fn origin(&self, place: &ValuePlace) -> ValueOrigin {
        ValueOrigin { layer: self.layer.clone(), place: place.clone() }
    }
}

/// Text of no declared setting: what is JSON is read as such, all else is text (docs/applications.md). A
/// number that 64 bits do not hold stays text, because reading it would change it.
pub(super) fn read_text(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value) if !has_inexact_number(&value) => value,
        _ => Value::String(text.to_owned()),
    }
}

fn has_inexact_number(value: &Value) -> bool {
    /// From here on a float may be what became of an integer.
    const LIMIT: f64 = 9_223_372_036_854_775_807.0;
    match value {
        Value::Number(number) => number.is_f64() && number.as_f64().is_none_or(|it| it.abs() >= LIMIT),
        Value::Array(items) => items.iter().any(has_inexact_number),
        Value::Object(members) => members.values().any(has_inexact_number),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}
