//! A patch leads from one text to another and touches nothing on the way.

use proptest::prelude::*;

use super::*;
use crate::compare::fixture::{all_tokens, family, json_text};
use crate::text::fixture::broken_document;

fn patched(old: &str, new: &str) -> String {
    apply(old, &changes(old, new)).unwrap()
}

fn told(old: &str, new: &str) -> Vec<String> {
    let told = changes(old, new).edits.into_iter().map(|edit| match edit {
        PatchOp::Replace { path, value } => format!("{} = {}", path.display(), value.text()),
        PatchOp::Respell { path, key } => format!("{} written {key}", path.display()),
        PatchOp::Remove { path } => format!("- {}", path.display()),
        PatchOp::Insert { path, at, key, value } => {
            format!("+ {} {at} {} {}", path.display(), key.unwrap_or_default(), value.text())
        }
        PatchOp::Move { path, at } => format!("{} to {at}", path.display()),
        PatchOp::Lines { first, gone, text } => format!("{first} {gone} {:?}", text.text()),
    });
    told.collect()
}

#[test]
fn edits_are_small_and_by_path() {
    let old =
        r#"{"m": {"t": 30, "u": "x"}, "gone": [1], "list": [1, {"a": 1}, 3], "last": 0, "dup": 1, "dup": 2}"#;
    let new = r#"{"last": 0, "m": {"t": 45, "\u0075": "x"}, "list": [1, {"a": 2}, 3, 4], "dup": 1, "dup": 3, "new": {}}"#;
    assert_eq!(
        told(old, new),
        [
            "- gone",
            "last to 0",
            "m.t = 45",
            "m.u written \"\\u0075\"",
            "list[1].a = 2",
            "+ list 3  4",
            "dup (2) = 3",
            "+ (document) 5 \"new\" {}",
        ]
    );
    assert_eq!(told("[1,2,3,4]", "[2, 3, 4, 1]"), ["[0] to 3"]);
}

#[test]
fn every_byte_outside_of_the_edits_stays() {
    let old = "\u{feff}{\r\n\t\"a\" :1.50,\r\n\t\"b\": [ 1,2 ],\r\n\t\"c\": {}\r\n} \n";
    assert_eq!(
        patched(old, r#"{"a": 1.50, "b": [1, 9], "c": {"x": 1}, "d": {"y": [1, 2]}}"#),
        "\u{feff}{\r\n\t\"a\" :1.50,\r\n\t\"b\": [ 1,9 ],\r\n\t\"c\": {\r\n\t  \"x\": 1\r\n\t},\r\n\t\"d\": {\"y\": [1, 2]}\r\n} \n"
    );
    let line = r#"{ "a":1 ,"b": [1,2 ], "c":3 }"#;
    assert_eq!(patched(line, "{\"b\": [1,2,\n3], \"c\": 3}"), r#"{ "b": [1,2,3 ], "c":3 }"#);
    assert_eq!(patched(line, "{\"a\": 1, \"b\": [1, 2]}"), r#"{ "a":1 ,"b": [1,2 ] }"#);
    let lines = "{\n  \"a\": {\n    \"b\": 1\n  }\n}";
    let moved = "{\n\"z\": {\n  \"list\": [\n    1\n  ]\n},\n\"a\": {\n  \"b\": 1\n}\n}";
    assert_eq!(
        patched(lines, moved),
        "{\n  \"z\": {\n    \"list\": [\n      1\n    ]\n  },\n  \"a\": {\n    \"b\": 1\n  }\n}"
    );
}

#[test]
fn a_patch_of_another_text_is_refused() {
    let patch = changes(r#"{"a": {"b": 1}}"#, r#"{"a": {"b": 2}}"#);
    assert_eq!(
        apply(r#"{"c": 9, "a": {"b": 7, "d": 1}}"#, &patch).unwrap(),
        r#"{"c": 9, "a": {"b": 2, "d": 1}}"#
    );
    for other in ["{}", r#"{"a": 1}"#, r#"{"a": []}"#, "no JSON"] {
        assert_eq!(apply(other, &patch), Err(PatchError), "{other}");
    }
    assert_eq!(apply("one\n", &changes("a\nb\nc\n", "a\nb\nd\n")), Err(PatchError));
}

#[test]
fn neither_patch_nor_values_tell_what_they_hold_in_a_log() {
    let shown = format!("{:?}", changes(r#"{"password": "old"}"#, r#"{"password": "hunter2"}"#));
    assert!(!shown.contains("hunter2") && shown.contains("Raw(9 bytes)"), "{shown}");
}

proptest! {
    #[test]
    fn applied_it_gives_the_target(old in json_text(), new in json_text()) {
        let after = patched(&old, &new);
        prop_assert_eq!(all_tokens(&after), all_tokens(&new));
    }

    #[test]
    fn of_relatives_too([old, new, other] in family()) {
        for new in [new, other] {
            let after = patched(&old, &new);
            prop_assert_eq!(all_tokens(&after), all_tokens(&new));
            // What is around the document is none of its business.
            let edge = |text: &str| text.split('{').next().unwrap().to_owned();
            prop_assert_eq!(edge(&after), edge(&old));
        }
    }

    #[test]
    fn members_that_stay_keep_their_bytes([old, new, _] in family()) {
        let after = patched(&old, &new);
        let (old, after) = (JsonTree::of(&old).unwrap(), JsonTree::of(&after).unwrap());
        for member in old.members().unwrap() {
            let same = after.members().unwrap().iter().find(|other| other.step() == member.step());
            if let Some(other) = same.filter(|other| other.value.same(&member.value)) {
                prop_assert_eq!(other.value.raw(), member.value.raw());
            }
        }
    }

    #[test]
    fn white_space_alone_is_no_change(text in json_text(), gaps in crate::compare::fixture::gaps()) {
        let other = crate::compare::fixture::laid_out(text.trim_start_matches('\u{feff}'), &gaps);
        prop_assert!(changes(&text, &other).is_empty());
        prop_assert_eq!(patched(&text, &other), text);
    }

    #[test]
    fn what_is_no_json_becomes_the_target_byte_for_byte(
        old in broken_document(), new in prop_oneof![broken_document(), crate::text::fixture::document()],
    ) {
        let whole = |patch: &Patch| patch.edits.iter().all(|edit| matches!(edit, PatchOp::Lines { .. }));
        let patch = changes(&old.text, &new.text);
        prop_assume!(whole(&patch) && !patch.is_empty());
        prop_assert_eq!(apply(&old.text, &patch).unwrap(), new.text);
    }

    #[test]
    fn any_text_becomes_any_text(old in r#"(?s)[\[\]{}:,"a1 \r\n\t]{0,20}"#, new in r#"(?s)[\[\]{}:,"a1 \r\n\t]{0,20}"#) {
        let after = patched(&old, &new);
        prop_assert!(after == new || all_tokens(&after) == all_tokens(&new));
    }
}
