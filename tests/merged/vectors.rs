//! What the real receiver made of references: `tests/vectors/references.json`, every case.

use std::collections::BTreeMap;

use confdeck::domain::SecretText;
use confdeck::domain::json::JsonValue;
use confdeck::domain::reference::{
    ReferenceSources, ResolveError, ResolveScope, VaultField, python_text, resolve, vault_fields,
};
use confdeck::provider::env::EnvVariables;
use serde_json::{Map, Value, json};

const VECTORS: &str = include_str!("../vectors/references.json");

struct World {
    variables: EnvVariables,
    vault: Map<String, Value>,
}

impl World {
    fn of(vectors: &Value) -> Self {
        let variables = vectors["env"].as_object().unwrap().iter().map(|(name, value)| {
            let value = value.as_str().unwrap();
            // The one value that is described instead of written.
            let value = if value == "<5000 x 'a'>" { "a".repeat(5000) } else { value.to_owned() };
            (name, value)
        });
        let vault = vectors["vault"].as_object().unwrap().clone();
        Self { variables: EnvVariables::of(variables), vault }
    }

    /// Resolves as a caller would: asks what is needed, fetches that alone, and resolves.
    fn resolve(&self, document: Value) -> Result<JsonValue, ResolveError> {
        let mut document = JsonValue::from(document);
        let fetch = |field: VaultField| {
            let value = python_text(&self.vault.get(&field.to_string())?.clone().into())?;
            Some((field, value))
        };
        let vault: BTreeMap<VaultField, SecretText> =
            vault_fields(&document).into_iter().filter_map(fetch).collect();
        let from = ReferenceSources { variables: &self.variables, vault: &vault };
        resolve(&mut document, from, ResolveScope::Everything).map(|()| document)
    }
}

/// The first number of containers around a text below the outermost one at which it is left alone.
fn first_left_alone(world: &World) -> usize {
    let nested = |depth: usize| (0..depth).fold(json!({"v": "{$TOK}"}), |inner, _| json!({"n": inner}));
    let left = |depth: &usize| world.resolve(nested(*depth)) == Ok(nested(*depth).into());
    (0..120).find(left).unwrap()
}

#[test]
fn every_reference_becomes_what_the_receiver_makes_of_it() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let world = World::of(&vectors);
    let mut wrong = Vec::new();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let right = if let Some(depth) = case.get("depth_first_unsubstituted_nesting") {
            json!(first_left_alone(&world)) == *depth
        } else if let Some(structure) = case.get("struct") {
            world.resolve(structure.clone()) == Ok(case["ok"].clone().into())
        } else {
            let key = case["key"].as_str().unwrap();
            let document = json!({ key: case["in"] });
            match (world.resolve(document), case.get("ok")) {
                (Ok(document), Some(expected)) => document[key] == *expected,
                (Err(_), None) => case.get("error").is_some(),
                _ => false,
            }
        };
        if !right {
            wrong.push(case);
        }
    }
    assert_eq!(cases.len(), 70);
    assert!(wrong.is_empty(), "{} cases: {wrong:#?}", wrong.len());
}
