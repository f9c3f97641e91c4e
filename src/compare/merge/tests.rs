//! What was changed on one side is there, what was changed on both is asked, and nothing is invented.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::compare::fixture::{all_tokens, family, gaps, json_text, laid_out};
use crate::domain::{DocumentKind, Masking};
use crate::text::fixture::{broken_document, document};

const WEBHOOK: &Masking = &Masking::built_in(DocumentKind::Webhook);

fn merge(base: Option<&str>, mine: &str, theirs: Option<&str>) -> Merge {
    super::merge(WEBHOOK, base, mine, theirs)
}

fn all(merge: &Merge, choice: &ConflictChoice) -> String {
    let choices = vec![choice.clone(); merge.conflicts().count()];
    merge.text(&choices).unwrap().unwrap()
}

fn told(base: &str, mine: &str, theirs: &str) -> Vec<String> {
    let merge = merge(Some(base), mine, Some(theirs));
    let side = |value: Option<crate::text::Safe<'_>>| value.map_or("-".into(), |text| text.to_string());
    let shown = merge.row_texts(WEBHOOK).into_iter().zip(merge.rows());
    shown
        .map(|(shown, row)| {
            let [b, m, t] = [shown.base, shown.mine, shown.theirs].map(side);
            format!("{:?} {}: {m} | {b} | {t}", row.outcome, shown.place)
        })
        .collect()
}

#[test]
fn what_one_side_changed_is_taken_and_the_rest_is_theirs_byte_for_byte() {
    let base = r#"{"module":"log","timeout":30,"old":1,"list":[1,2]}"#;
    let mine = r#"{"module":"log","timeout":45,"list":[1,2],"mine":{"x":1}}"#;
    let theirs = "{\n  \"module\" : \"kafka\",\n  \"timeout\": 30, \"old\": 1,\n  \"list\": [ 1,2, 3 ],\n  \"by\": \"x\"\n}\n";
    let merged = merge(Some(base), mine, Some(theirs));
    assert_eq!(merged.conflicts().count(), 0);
    assert_eq!(
        merged.text(&[]).unwrap().unwrap(),
        "{\n  \"module\" : \"kafka\",\n  \"timeout\": 45,\n  \"list\": [ 1,2, 3 ],\n  \"mine\": {\"x\":1},\n  \"by\": \"x\"\n}\n"
    );
    assert_eq!(
        told(base, mine, theirs),
        [
            "Theirs module: \"log\" | \"log\" | \"kafka\"",
            "Mine timeout: 45 | 30 | 30",
            "Mine old: - | 1 | 1",
            "Theirs list[2]: - | - | 3",
            "Theirs by: - | - | \"x\"",
            "Mine mine: {\"x\":1} | - | -",
        ]
    );
}

#[test]
fn a_clash_is_decided_by_mine_theirs_or_another_value() {
    let (base, mine, theirs) = (
        r#"{"m": {"t": 30, "u": 1}, "d": 1}"#,
        r#"{"m": {"t": 45, "u": 2}}"#,
        r#"{"m": { "t":60, "u": 1 }, "d": 2}"#,
    );
    assert_eq!(
        told(base, mine, theirs),
        ["Conflict m.t: 45 | 30 | 60", "Mine m.u: 2 | 1 | 1", "Conflict d: - | 1 | 2"]
    );
    let merge = merge(Some(base), mine, Some(theirs));
    let text = |one, other| merge.text(&[one, other]).unwrap().unwrap();
    assert_eq!(text(ConflictChoice::Mine, ConflictChoice::Mine), r#"{"m": { "t":45, "u": 2 }}"#);
    assert_eq!(text(ConflictChoice::Theirs, ConflictChoice::Theirs), r#"{"m": { "t":60, "u": 2 }, "d": 2}"#);
    let edited = ConflictChoice::Edited(RawJson::new(" [50] "));
    assert_eq!(text(edited.clone(), ConflictChoice::Theirs), r#"{"m": { "t":[50], "u": 2 }, "d": 2}"#);
    assert_eq!(merge.text(std::slice::from_ref(&edited)), Err(MergeError::Count));
    let broken = ConflictChoice::Edited(RawJson::new("5 0"));
    assert_eq!(merge.text(&[ConflictChoice::Mine, broken]), Err(MergeError::Value(1)));
}

#[test]
fn orders_merge_and_clash() {
    let base = r#"{"a": 1, "b": 2, "c": 3}"#;
    let moved = r#"{"c": 3, "a": 1, "b": 2}"#;
    let text = |mine, theirs, choice| all(&merge(Some(base), mine, Some(theirs)), &choice);
    assert_eq!(text(moved, r#"{"a":1,"b":9,"c":3}"#, ConflictChoice::Mine), r#"{"c":3,"a":1,"b":9}"#);
    let other = r#"{"b": 2, "a": 1, "c": 3}"#;
    assert_eq!(told(base, moved, other), ["Conflict (document) (order): c, a, b | a, b, c | b, a, c"]);
    assert_eq!(text(moved, other, ConflictChoice::Mine), moved);
    assert_eq!(text(moved, other, ConflictChoice::Theirs), other);
    assert!(!merge(Some(base), moved, Some(other)).accepts_value(0));
    assert_eq!(
        told("[1,2,3]", "[3,1,2]", "[1,2,3]"),
        ["Mine (document) (order): [2], [0], [1] | [0], [1], [2] | [0], [1], [2]"]
    );
}

#[test]
fn items_merge_where_it_is_plain_which_is_which() {
    let base = r#"{"chain": [{"module": "log", "n": 1}, {"module": "s3", "n": 2}, "x"]}"#;
    let mine = r#"{"chain": [{"module": "log", "n": 9}, {"module": "s3", "n": 2}, "x"]}"#;
    let theirs = r#"{"chain": ["new", {"module": "log", "n": 1}, {"module": "s3", "n": 2, "k": 0}, "x"]}"#;
    let merged = merge(Some(base), mine, Some(theirs));
    // One item comes and its neighbour changes: nobody can say which is which.
    assert_eq!(merged.conflicts().count(), 1);
    let theirs = r#"{"chain": [{"module": "log", "n": 1}, {"module": "s3", "n": 2, "k": 0}, "x", "new"]}"#;
    assert_eq!(
        all(&merge(Some(base), mine, Some(theirs)), &ConflictChoice::Mine),
        r#"{"chain": [{"module": "log", "n": 9}, {"module": "s3", "n": 2, "k": 0}, "x", "new"]}"#
    );
    assert_eq!(
        told(base, mine, theirs),
        ["Mine chain[0].n: 9 | 1 | 1", "Theirs chain[1].k: - | - | 0", "Theirs chain[3]: - | - | \"new\""]
    );
    // Both change one item: within it, and by another.
    let nested = r#"{"chain": [{"module": "log", "n": 1, "m": 5}, {"module": "s3", "n": 2}, "x"]}"#;
    assert_eq!(merge(Some(base), mine, Some(nested)).conflicts().count(), 0);
    let another = r#"{"chain": [{"url": "http://h"}, {"module": "s3", "n": 2}, "x"]}"#;
    assert_eq!(told(base, mine, another).len(), 1);
    assert!(told(base, mine, another)[0].starts_with("Conflict chain[0]: "));
    // Both add at the end: one value.
    assert_eq!(told("[1]", "[1, 2]", "[1, 3]"), ["Conflict (document): [1, 2] | [1] | [1, 3]"]);
    assert_eq!(told("[1]", "[1, 2]", "[1,2]"), ["Both [1]: 2 | - | 2"]);
}

#[test]
fn created_by_both_and_deleted_by_them() {
    let both = merge(None, r#"{"a": 1, "m": {"x": 1}, "c": 1}"#, Some(r#"{"a": 1, "m": {"y": 2}, "c": 2}"#));
    assert_eq!(both.conflicts().count(), 1);
    assert_eq!(all(&both, &ConflictChoice::Mine), r#"{"a": 1, "m": {"x": 1, "y": 2}, "c": 1}"#);
    let gone = merge(Some("{}"), "{\"a\": 1}\n", None);
    assert_eq!(gone.conflicts().count(), 1);
    assert_eq!(gone.text(&[ConflictChoice::Mine]).unwrap().as_deref(), Some("{\"a\": 1}\n"));
    assert_eq!(gone.text(&[ConflictChoice::Theirs]), Ok(None));
    assert_eq!(gone.text(&[ConflictChoice::Edited(RawJson::new("{}"))]), Err(MergeError::Value(0)));
}

#[test]
fn what_is_no_json_is_merged_by_lines() {
    let base = "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n  \"d\": 4\n}\n";
    let (mine, theirs) = (
        base.replace(": 3", ": 3,").replace(": 1", ": 11"),
        base.replace(": 1", ": 12").replace(": 4", ": 44"),
    );
    let merge = merge(Some(base), &mine, Some(&theirs));
    assert_eq!(
        told(base, &mine, &theirs),
        [
            "Conflict line 2: \"a\": 11, | \"a\": 1, | \"a\": 12,",
            // Neighbouring lines are one block.
            "Conflict lines 4 to 5: \"c\": 3, \"d\": 4 | \"c\": 3 \"d\": 4 | \"c\": 3 \"d\": 44",
        ]
    );
    assert_eq!(all(&merge, &ConflictChoice::Mine), mine);
    assert_eq!(all(&merge, &ConflictChoice::Theirs), theirs);
    assert!(!merge.accepts_value(0));
}

#[test]
fn choices_outlive_a_change_elsewhere() {
    let base = r#"{"a": 1, "b": 1, "c": 1}"#;
    let mine = r#"{"a": 2, "b": 2, "c": 1}"#;
    let first = merge(Some(base), mine, Some(r#"{"a": 3, "b": 3, "c": 1}"#));
    let again = merge(Some(base), mine, Some(r#"{"a": 3, "b": 4, "c": 9}"#));
    let choices = [Some(ConflictChoice::Mine), Some(ConflictChoice::Theirs)];
    assert_eq!(again.carry_over(&first, &choices), [Some(ConflictChoice::Mine), None]);
}

#[test]
fn secrets_are_told_apart_and_not_told() {
    let with =
        |secret: &str, url: &str| format!(r#"{{"jwt": {{"secret": "{secret}"}}, "u": "http://u:{url}@h"}}"#);
    assert_eq!(
        told(&with("hunter1", "hunter1"), &with("hunter2", "hunter1"), &with("hunter3", "hunter4")),
        [
            "Conflict jwt.secret: (value hidden) | (value hidden) | (value hidden)",
            "Theirs u: (value hidden) | (value hidden) | (value hidden)",
        ]
    );
    let debug = format!("{:?}", merge(Some("{}"), "{\"password\": \"hunter2\"}", Some("{}")));
    assert_eq!(debug, "Merge(1 places, 0 clashes)");
}

/// Which clashes there are, sides told apart.
fn clashes(merge: &Merge, swapped: bool) -> Vec<String> {
    let side = |raw: &Option<RawJson>| raw.as_ref().map_or("-".into(), |raw| raw.text().to_owned());
    let conflict = |row: &MergeRow| {
        let (mine, theirs) = if swapped { (&row.theirs, &row.mine) } else { (&row.mine, &row.theirs) };
        format!("{:?} {} | {} | {}", row.place, side(&row.base), side(mine), side(theirs))
    };
    let mut clashes: Vec<String> = merge.conflicts().map(conflict).collect();
    clashes.sort_unstable();
    clashes
}

/// Objects of one shape, whose leaves may be missing: what becomes of each leaf is plain.
type Leaves = BTreeMap<(&'static str, &'static str), &'static str>;

fn leaves() -> impl Strategy<Value = Leaves> {
    let leaf = prop::sample::select(vec!["1", "1.0", "\"x\"", "[1, 2]", "null"]);
    let keys = ["a", "b", "c"].into_iter().flat_map(|outer| ["x", "y", "z"].map(|inner| (outer, inner)));
    let keys: Vec<_> = keys.collect();
    prop::collection::btree_map(prop::sample::select(keys), leaf, 0..9)
}

fn written(leaves: &Leaves) -> String {
    let object = |outer| {
        let inner = leaves.iter().filter(|((name, _), _)| *name == outer);
        let inner: Vec<_> = inner.map(|((_, name), value)| format!("\"{name}\":{value}")).collect();
        format!("\"{outer}\":{{{}}}", inner.join(","))
    };
    format!("{{{}}}", ["a", "b", "c"].map(object).join(","))
}

/// What each leaf must be, and which clash. Lists are told by their text here, so two that both
/// changed are left out by [`leaves`] having only one.
fn oracle(base: &Leaves, mine: &Leaves, theirs: &Leaves, prefer_mine: bool) -> (Leaves, usize) {
    let (mut result, mut conflicts) = (Leaves::new(), 0);
    let keys: std::collections::BTreeSet<_> = base.keys().chain(mine.keys()).chain(theirs.keys()).collect();
    for key in keys {
        let (b, m, t) = (base.get(key), mine.get(key), theirs.get(key));
        let value = match () {
            () if m == t || b == m => t,
            () if b == t => m,
            () => {
                conflicts += 1;
                if prefer_mine { m } else { t }
            }
        };
        result.extend(value.map(|value| (*key, *value)));
    }
    (result, conflicts)
}

proptest! {
    #[test]
    fn each_leaf_is_what_it_must_be(
        [b, m, t] in [leaves(), leaves(), leaves()], spaces in [gaps(), gaps(), gaps()],
    ) {
        let lay = |leaves: &Leaves, at: usize| laid_out(&written(leaves), &spaces[at]);
        let merge = merge(Some(&lay(&b, 0)), &lay(&m, 1), Some(&lay(&t, 2)));
        for (choice, prefer_mine) in [(ConflictChoice::Mine, true), (ConflictChoice::Theirs, false)] {
            let (expected, clashes) = oracle(&b, &m, &t, prefer_mine);
            let text = all(&merge, &choice);
            let sorted: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            let wanted: serde_json::Value = serde_json::from_str(&written(&expected)).unwrap();
            prop_assert_eq!(sorted, wanted);
            let values = merge.conflicts().filter(|row| matches!(row.place, MergePlace::Path(_))).count();
            prop_assert_eq!(values, clashes);
        }
    }

    #[test]
    fn lists_keep_what_each_side_did(
        base in prop::collection::vec(1u8..200, 1..12).prop_map(|mut ids| { ids.sort_unstable(); ids.dedup(); ids }),
        picks in prop::collection::vec(0u8..4, 12), front in any::<bool>(), end in any::<bool>(),
    ) {
        // Mine changes x, theirs y; mine adds at the end, theirs at the start.
        let list = |x: bool, y: bool, front: bool, end: bool| {
            let item = |(at, id): (usize, &u8)| {
                let value = |on: bool, bit: u8| if on && picks[at] & bit > 0 { 555 } else { 444 };
                format!("{{\"id\": {id}{id}, \"name\": \"n{id}\", \"x\": {}, \"y\": {}}}", value(x, 1), value(y, 2))
            };
            let mut items: Vec<String> = front.then(|| "\"front\"".to_owned()).into_iter().collect();
            items.extend(base.iter().enumerate().map(item));
            items.extend(end.then(|| "\"end\"".to_owned()));
            format!("{{\"list\": [{}]}}", items.join(", "))
        };
        let texts = [list(false, false, false, false), list(true, false, false, end), list(false, true, front, false)];
        let merge = merge(Some(&texts[0]), &texts[1], Some(&texts[2]));
        // Where an added item stands next to a changed one, it is asked; else all of it is there.
        if merge.conflicts().count() == 0 {
            prop_assert_eq!(merge.text(&[]).unwrap().unwrap(), list(true, true, front, end));
        } else {
            prop_assert!(front || end);
            prop_assert_eq!(all(&merge, &ConflictChoice::Mine), &texts[1][..]);
        }
    }

    #[test]
    fn who_changed_nothing_gives_the_other([base, mine, theirs] in family()) {
        let unchanged = merge(Some(&base), &base, Some(&theirs));
        prop_assert_eq!(unchanged.text(&[]).unwrap().unwrap(), theirs.as_str());
        let alone = all(&merge(Some(&base), &mine, Some(&base)), &ConflictChoice::Theirs);
        prop_assert_eq!(all_tokens(&alone), all_tokens(&mine));
        let same = merge(Some(&base), &theirs, Some(&theirs));
        prop_assert_eq!(same.text(&[]).unwrap().unwrap(), theirs);
    }

    #[test]
    fn of_unrelated_texts_too(base in json_text(), other in json_text()) {
        let text = merge(Some(&base), &other, Some(&base)).text(&[]).unwrap().unwrap();
        prop_assert_eq!(all_tokens(&text), all_tokens(&other));
        prop_assert_eq!(merge(Some(&base), &base, Some(&other)).text(&[]).unwrap().unwrap(), other.as_str());
        prop_assert_eq!(merge(None, &other, Some(&other)).text(&[]).unwrap().unwrap(), other);
    }

    #[test]
    fn mine_and_theirs_clash_alike([base, mine, theirs] in family()) {
        let (one, other) =
            (merge(Some(&base), &mine, Some(&theirs)), merge(Some(&base), &theirs, Some(&mine)));
        prop_assert_eq!(clashes(&one, false), clashes(&other, true));
    }

    #[test]
    fn no_value_is_invented([base, mine, theirs] in family()) {
        let merge = merge(Some(&base), &mine, Some(&theirs));
        for choice in [ConflictChoice::Mine, ConflictChoice::Theirs] {
            let text = all(&merge, &choice);
            let (m, t) = (all_tokens(&mine), all_tokens(&theirs));
            prop_assert!(JsonTree::of(&text).is_ok());
            // Two that come to nothing need a comma between.
            for token in all_tokens(&text).into_iter().filter(|token| *token != ",") {
                prop_assert!(m.contains(&token) || t.contains(&token), "{token}");
            }
        }
    }

    #[test]
    fn what_theirs_has_and_mine_did_not_touch_keeps_its_bytes([base, mine, theirs] in family()) {
        let merge = merge(Some(&base), &mine, Some(&theirs));
        let text = all(&merge, &ConflictChoice::Theirs);
        let edge = |text: &str| text.split('{').next().unwrap().to_owned();
        prop_assert_eq!(edge(&text), edge(&theirs));
        if merge.rows().iter().all(|row| matches!(row.outcome, MergeOutcome::Theirs | MergeOutcome::Both)) {
            let respelt = all_tokens(&text) != all_tokens(&theirs);
            prop_assert!(respelt || text == theirs);
        }
    }

    #[test]
    fn lines_are_not_lost(
        base in broken_document(), mine in document(), theirs in prop_oneof![broken_document().boxed(), document().boxed()],
    ) {
        let merged = merge(Some(&base.text), &mine.text, Some(&theirs.text));
        prop_assert_eq!(all(&merge(Some(&base.text), &base.text, Some(&theirs.text)), &ConflictChoice::Mine), &theirs.text[..]);
        let alone = all(&merge(Some(&base.text), &mine.text, Some(&base.text)), &ConflictChoice::Mine);
        prop_assert!(alone == mine.text || all_tokens(&alone) == all_tokens(&mine.text));
        let text = all(&merged, &ConflictChoice::Mine);
        for line in text.lines().filter(|_| matches!(merged.mode, MergeMode::Lines(_))) {
            prop_assert!(mine.text.contains(line) || theirs.text.contains(line));
        }
    }

    #[test]
    fn no_secret_is_told(
        base in document(),
        mine in document(),
        theirs in prop_oneof![document().boxed(), broken_document().boxed()],
    ) {
        let told = told(&base.text, &mine.text, &theirs.text).join("\n");
        prop_assert!(!base.leaks_into(&told), "{}", told);
    }
}
