//! What one document has to become to be another, keeping as much of it as possible.

use std::collections::HashMap;

use similar::DiffOp;

use super::align;
use super::splice::{RawJson, SpliceChild, SpliceOp};
use super::tree::{JsonTree, TreeKind, by_id, hashes};

pub(super) fn between(old: &JsonTree<'_>, new: &JsonTree<'_>) -> SpliceOp {
    if old.same(new) {
        return SpliceOp::Keep;
    }
    match (&old.kind, &new.kind) {
        (TreeKind::Object(before), TreeKind::Object(after)) => {
            let known = by_id(before);
            let children = after.iter().map(|member| {
                let key = member.written();
                match known.get(&member.id()) {
                    Some((at, was)) => SpliceChild {
                        origin: Some(*at),
                        key: (was.written() != key).then(|| key.to_owned()),
                        value: between(&was.value, &member.value),
                    },
                    None => SpliceChild::new(Some(key.to_owned()), &member.value),
                }
            });
            SpliceOp::children(children.collect(), before.len())
        }
        (TreeKind::Array(before), TreeKind::Array(after)) => {
            SpliceOp::children(items(before, after), before.len())
        }
        _ => SpliceOp::Value(RawJson::of(new)),
    }
}

/// The items of an array, each with the one that it is or takes the place of.
fn items(before: &[JsonTree<'_>], after: &[JsonTree<'_>]) -> Vec<SpliceChild> {
    if let Some(origins) = permutation(before, after) {
        return origins.into_iter().map(|at| SpliceChild::existing(at, SpliceOp::Keep)).collect();
    }
    let mut children = Vec::with_capacity(after.len());
    for op in align::ops(&hashes(before), &hashes(after)) {
        let pairs = if matches!(op, DiffOp::Equal { .. } | DiffOp::Replace { .. }) { usize::MAX } else { 0 };
        let mut olds = op.old_range().take(pairs);
        for is in after.get(op.new_range()).unwrap_or_default() {
            children.push(match olds.next().and_then(|at| Some((at, before.get(at)?))) {
                Some((at, was)) => SpliceChild::existing(at, between(was, is)),
                None => SpliceChild::new(None, is),
            });
        }
    }
    children
}

/// Where each item stood, if they are the same ones in another order.
pub(super) fn permutation(before: &[JsonTree<'_>], after: &[JsonTree<'_>]) -> Option<Vec<usize>> {
    if before.len() != after.len() {
        return None;
    }
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, item) in before.iter().enumerate().rev() {
        places.entry(item.hash).or_default().push(at);
    }
    let find = |item: &JsonTree<'_>| {
        let at = places.get_mut(&item.hash)?.pop()?;
        before.get(at)?.same(item).then_some(at)
    };
    after.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::splice::splice;
    use super::*;
    use crate::compare::fixture::{all_tokens, family, gaps, json_text, laid_out};

    fn patched(old: &str, new: &str) -> String {
        let (old, new) = (JsonTree::of(old).unwrap(), JsonTree::of(new).unwrap());
        splice(&old, &between(&old, &new))
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
            let (TreeKind::Object(before), TreeKind::Object(now)) = (&old.kind, &after.kind) else {
                panic!("objects");
            };
            for member in before {
                let same = now.iter().find(|other| other.id() == member.id());
                if let Some(other) = same.filter(|other| other.value.same(&member.value)) {
                    prop_assert_eq!(other.value.raw(), member.value.raw());
                }
            }
        }

        #[test]
        fn white_space_alone_is_no_change(text in json_text(), gaps in gaps()) {
            let other = laid_out(text.trim_start_matches('\u{feff}'), &gaps);
            prop_assert!(JsonTree::of(&text).unwrap().same(&JsonTree::of(&other).unwrap()));
            prop_assert_eq!(patched(&text, &other), text);
        }
    }
}
