//! The members of an object.

use std::collections::HashMap;

use super::{JsonText, JsonValue};

/// The members of an object, each name once, in the order in which they were first named.
#[derive(Debug, Clone, Default)]
pub struct JsonObject(pub(super) Vec<(JsonText, JsonValue)>);

impl JsonObject {
    /// The value of the member of this name; a linear search, as objects are small where names are looked up.
    pub fn get(&self, name: &str) -> Option<&JsonValue> {
        self.iter().find(|(known, _)| known.as_str() == Some(name)).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut JsonValue> {
        self.iter_mut().find(|(known, _)| known.as_str() == Some(name)).map(|(_, value)| value)
    }

    /// Sets the member of this name, which comes last if it is new.
    pub fn insert(&mut self, name: &str, value: JsonValue) {
        match self.get_mut(name) {
            Some(known) => *known = value,
            None => self.0.push((JsonText::Text(name.to_owned()), value)),
        }
    }

    /// The members in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&JsonText, &JsonValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&JsonText, &mut JsonValue)> {
        self.0.iter_mut().map(|(name, value)| (&*name, value))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Of duplicate names the last one counts, in the place of the first.
impl FromIterator<(JsonText, JsonValue)> for JsonObject {
    fn from_iter<I: IntoIterator<Item = (JsonText, JsonValue)>>(members: I) -> Self {
        let mut places: HashMap<JsonText, usize> = HashMap::new();
        let mut kept: Vec<(JsonText, JsonValue)> = Vec::new();
        for (name, value) in members {
            match places.get(&name).and_then(|at| kept.get_mut(*at)) {
                Some((_, known)) => *known = value,
                None => {
                    places.insert(name.clone(), kept.len());
                    kept.push((name, value));
                }
            }
        }
        Self(kept)
    }
}

/// The order of the members makes no difference.
impl PartialEq for JsonObject {
    fn eq(&self, other: &Self) -> bool {
        let names: HashMap<_, _> = other.iter().collect();
        self.len() == other.len() && self.iter().all(|(name, value)| names.get(name) == Some(&value))
    }
}

impl Eq for JsonObject {}
