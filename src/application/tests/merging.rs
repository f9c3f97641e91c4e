//! Which layer wins at each path, and that a change of some layers leads to what merging all of them does.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::effective::tree_of;
use super::super::merge::winners;
use super::super::picture::Picture;
use super::super::*;
use super::support::*;
use crate::application::layer::Layer;

/// The merge of layers, the lowest first, as an object.
fn merged(objects: &[Value]) -> Value {
    let declared = declared(BTreeMap::new());
    let layers: Vec<_> =
        (1..).zip(objects).map(|(rank, object)| layer(&rank.to_string(), rank, object, &declared)).collect();
    let layers: Vec<_> = layers.iter().map(|it| &**it).collect();
    let winners = winners(&layers, None);
    let values = winners.iter().map(|it| match &it.value.value {
        SourceValue::Typed(value) => (it.path, value),
        SourceValue::Text(_) => panic!("it is typed"),
    });
    tree_of(0, values).expose().clone()
}

#[test]
fn objects_merge_member_by_member_and_lists_are_replaced_whole() {
    let (low, high) =
        (json!({"a": {"x": 1, "y": [1, 2, 3]}, "b": 1}), json!({"a": {"y": [4], "z": {"q": 5}}}));
    assert_eq!(merged(&[low, high]), json!({"a": {"x": 1, "y": [4], "z": {"q": 5}}, "b": 1}));
}

#[test]
fn a_value_over_a_section_hides_all_of_it_and_a_section_over_a_value_hides_that() {
    assert_eq!(merged(&[json!({"a": {"x": 1, "y": {"z": 2}}}), json!({"a": 5})]), json!({"a": 5}));
    assert_eq!(merged(&[json!({"a": 5}), json!({"a": {"x": 1}})]), json!({"a": {"x": 1}}));
    // What the value in the middle hid does not come back.
    let three = [json!({"a": {"x": 1}}), json!({"a": 5}), json!({"a": {"b": 2}})];
    assert_eq!(merged(&three), json!({"a": {"b": 2}}));
}

#[test]
fn an_empty_object_is_a_section_and_takes_nothing_away_from_one() {
    assert_eq!(merged(&[json!({"a": {"x": 1}}), json!({"a": {}})]), json!({"a": {"x": 1}}));
    assert_eq!(merged(&[json!({"a": 1}), json!({"a": {}})]), json!({"a": {}}));
    assert_eq!(merged(&[json!({"a": {"x": 1}}), json!({"a": 2}), json!({"a": {}})]), json!({"a": {}}));
    assert_eq!(merged(&[json!({"a": {}}), json!({"a": {"x": 1}})]), json!({"a": {"x": 1}}));
    // What the value in the middle hid stays hidden within a section that is empty now.
    let three = [json!({"a": {"b": {"c": 1}}}), json!({"a": 5}), json!({"a": {"b": {}}})];
    assert_eq!(merged(&three), json!({"a": {"b": {}}}));
}

#[test]
fn null_is_a_value_that_replaces_others() {
    assert_eq!(merged(&[json!({"a": {"x": 1}}), json!({"a": {"x": null}})]), json!({"a": {"x": null}}));
}

#[test]
fn a_layer_that_contradicts_itself_is_refused_with_both_places() {
    let declared = declared(BTreeMap::new());
    let mut values = contents(&json!({"a": 1, "b": 2})).values;
    values.extend(contents(&json!({"a": {"x": 1}})).values);
    let refused = |values| {
        let contents = LayerContents { revision: LayerRevision("1".into()), values };
        Layer::new(&layer_spec("file", 10), contents, &declared).err().unwrap()
    };
    let faults = refused(values);
    assert_eq!(
        faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["a.x: it lies in a, which is a value (app.yaml:1:1, and app.yaml:1:1, in the layer file); \
          remove one of them"]
    );
    let twice = texts(&[("a", r#"{"x": "planted-one"}"#), ("a.x", "planted-two")]).values;
    let told = refused(twice).iter().map(ToString::to_string).collect::<String>();
    assert_eq!(told, "a.x: it is there twice (A, and A.X, in the layer file); remove one of them");
}

#[test]
fn text_of_no_declared_setting_is_read_as_json_where_that_loses_nothing() {
    let declared = declared(BTreeMap::new());
    let pairs = [
        ("a", "false"),
        ("b", r#"{"new_ui": true, "deep": {"er": [1]}}"#),
        ("c", "hello"),
        ("d", "007"),
        ("e", "123456789012345678901234567890"),
        ("f", "1.5"),
        ("g", "{not json"),
        ("h", r#"{"id": 123456789012345678901234567890}"#),
        ("i", ""),
    ];
    let layer = Layer::new(&layer_spec("environment", 20), texts(&pairs), &declared);
    let layer = layer.unwrap_or_else(|faults| panic!("{faults:?}"));
    let winners = winners(&[&layer], None);
    let values = winners.iter().map(|it| match &it.value.value {
        SourceValue::Typed(value) => (it.path, value),
        SourceValue::Text(_) => panic!("it is read"),
    });
    let expected = json!({
        "a": false, "b": {"new_ui": true, "deep": {"er": [1]}}, "c": "hello", "d": "007",
        "e": "123456789012345678901234567890", "f": 1.5, "g": "{not json",
        "h": r#"{"id": 123456789012345678901234567890}"#, "i": ""
    });
    assert_eq!(*tree_of(0, values).expose(), expected);
}

#[test]
fn a_member_without_a_name_is_refused_with_its_place() {
    let declared = declared(BTreeMap::new());
    let faults = Layer::new(&layer_spec("environment", 20), texts(&[("a", r#"{"": 1}"#)]), &declared);
    let told = faults.err().unwrap().iter().map(ToString::to_string).collect::<String>();
    assert_eq!(told, "a: a member of it has an empty name (A, in the layer environment); name it");
}

/// Objects whose members often meet those of others.
fn objects() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => (0..3i64).prop_map(Value::from),
        1 => proptest::collection::vec(0..3i64, 0..3).prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let tree = leaf.prop_recursive(4, 24, 3, |inner| {
        proptest::collection::btree_map("[a-c]", inner, 0..4)
            .prop_map(|it| Value::Object(it.into_iter().collect()))
    });
    proptest::collection::btree_map("[a-c]", tree, 0..4)
        .prop_map(|it| Value::Object(it.into_iter().collect()))
}

/// The rule in its shortest form: objects merge member by member, and everything else is replaced.
fn fold(low: Value, high: &Value) -> Value {
    match (low, high) {
        (Value::Object(mut low), Value::Object(high)) => {
            for (name, member) in high {
                let below = low.remove(name).unwrap_or(Value::Object(Map::new()));
                low.insert(name.clone(), fold(below, member));
            }
            Value::Object(low)
        }
        (_, Value::Object(high)) => fold(Value::Object(Map::new()), &Value::Object(high.clone())),
        (_, high) => high.clone(),
    }
}

proptest! {
    #[test]
    fn the_merge_is_that_of_one_layer_after_the_other(layers in proptest::collection::vec(objects(), 1..6)) {
        let folded = layers.iter().fold(json!({}), fold);
        prop_assert_eq!(merged(&layers), folded);
    }

    #[test]
    fn what_a_change_can_reach_is_all_that_it_changes(
        start in proptest::collection::vec(objects(), 4),
        steps in proptest::collection::vec((0..4usize, objects()), 1..6),
        declared_json in any::<bool>(),
    ) {
        let mut settings = BTreeMap::new();
        if declared_json {
            settings.insert(path("a.b"), setting(ValueType::Json));
        }
        let declared = declared(settings);
        let made = |objects: &[Value]| -> Vec<_> {
            (1..).zip(objects).map(|(rank, it)| layer(&rank.to_string(), rank, it, &declared)).collect()
        };
        let mut objects = start;
        let mut layers = made(&objects);
        // So many more settings that a change is followed path by path.
        let many: Map<_, _> = (0..200).map(|at| (format!("n{at}"), Value::from(at))).collect();
        layers.push(layer("5", 5, &Value::Object(many), &declared));
        let first = Picture::default().with(layers.clone(), &declared);
        let Ok((mut picture, _)) = first else {
            // The section that is declared is covered by a value.
            return Ok(());
        };
        for (at, object) in steps {
            objects[at] = object;
            let rank = u32::try_from(at).unwrap() + 1;
            layers[at] = layer(&rank.to_string(), rank, &objects[at], &declared);
            let fresh = Picture::default().with(layers.clone(), &declared);
            let next = picture.with(layers.clone(), &declared);
            prop_assert_eq!(next.is_ok(), fresh.is_ok());
            let (Ok((next, changes)), Ok((fresh, _))) = (next, fresh) else { continue };
            let of = |it: &Picture| -> Vec<_> {
                let told = |it: &std::sync::Arc<EffectiveValue>| {
                    (it.path().clone(), it.value().expose().clone(), it.origin().clone(), *it.digest())
                };
                it.values.within(None).map(told).collect()
            };
            prop_assert_eq!(of(&next), of(&fresh));
            let found = |it: &EffectiveValue| next.values.by_text(&it.path().to_string()).is_some();
            prop_assert!(fresh.values.within(None).all(|it| found(it)));
            let paths: Vec<_> = changes.iter().map(|it| it.path.clone()).collect();
            let differs = |path: &SettingPath| {
                picture.values.get(path).map(|it| it.value().expose())
                    != next.values.get(path).map(|it| it.value().expose())
            };
            let all = picture.values.within(None).chain(next.values.within(None)).map(|it| it.path().clone());
            let expected: std::collections::BTreeSet<_> = all.filter(differs).collect();
            prop_assert_eq!(paths, expected.into_iter().collect::<Vec<_>>());
            picture = next;
        }
    }
}
