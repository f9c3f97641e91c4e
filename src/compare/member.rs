//! One member of a document set or removed, at any depth, in the document's own layout.

use super::splice::{RawJson, SpliceChild, SpliceOp, splice};
use super::tree::{JsonTree, TreeKind};
use crate::domain::json::{SyntaxError, quote};

/// The text with this JSON at a path of members, or with nothing there. Objects are made where the path has
/// none, and go where one is left empty, but for the outermost. Nothing is changed where the path leads
/// through another value than an object.
///
/// ```
/// use confdeck::compare::set_member;
///
/// let text = "{\"a\": {\"b\": 1}}\n";
/// assert_eq!(set_member(text, &["a", "c"], Some("[2]"))?, "{\"a\": {\"b\": 1, \"c\": [2]}}\n");
/// assert_eq!(set_member(text, &["a", "b"], None)?, "{}\n");
/// # Ok::<(), confdeck::domain::json::SyntaxError>(())
/// ```
///
/// # Errors
/// [`SyntaxError`] if the text or the value is not JSON.
pub fn set_member(text: &str, path: &[&str], value: Option<&str>) -> Result<String, SyntaxError> {
    let tree = JsonTree::of(text)?;
    let edit = match (path.split_last(), value) {
        (Some(_), Some(value)) => set(&tree, path, value)?,
        (Some(_), None) => removal(&tree, path).unwrap_or(SpliceOp::Children(Vec::new())),
        (None, _) => SpliceOp::Keep,
    };
    Ok(splice(&tree, &edit))
}

/// The members of an object, all unchanged.
fn kept(count: usize) -> Vec<SpliceChild> {
    (0..count).map(|at| SpliceChild::existing(at, SpliceOp::Keep)).collect()
}

fn set(tree: &JsonTree<'_>, path: &[&str], value: &str) -> Result<SpliceOp, SyntaxError> {
    let Some((name, inner)) = path.split_first() else {
        return Ok(SpliceOp::Value(RawJson::of(&JsonTree::of(value)?)));
    };
    let TreeKind::Object(members) = &tree.kind else { return Ok(SpliceOp::Keep) };
    let mut children = kept(members.len());
    match members.iter().rposition(|member| member.name == *name) {
        Some(at) => {
            if let (Some(child), Some(member)) = (children.get_mut(at), members.get(at)) {
                child.value = set(&member.value, inner, value)?;
            }
        }
        None => {
            let nested = inner
                .iter()
                .rev()
                .fold(value.to_owned(), |value, name| format!("{{{}: {value}}}", quote(name)));
            children.push(SpliceChild::new(Some(quote(name)), &JsonTree::of(&nested)?));
        }
    }
    Ok(SpliceOp::Children(children))
}

/// `None` if nothing is left.
fn removal(tree: &JsonTree<'_>, path: &[&str]) -> Option<SpliceOp> {
    let (name, inner) = path.split_first()?;
    let TreeKind::Object(members) = &tree.kind else { return Some(SpliceOp::Keep) };
    let mut children = Vec::with_capacity(members.len());
    for (at, member) in members.iter().enumerate() {
        match member.name == *name {
            true => {
                children.extend(removal(&member.value, inner).map(|edit| SpliceChild::existing(at, edit)))
            }
            false => children.push(SpliceChild::existing(at, SpliceOp::Keep)),
        }
    }
    (!children.is_empty()).then_some(SpliceOp::Children(children))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn after(text: &str, path: &[&str], value: Option<&str>) -> String {
        set_member(text, path, value).unwrap()
    }

    #[test]
    fn a_value_is_set_in_the_layout_of_its_document() {
        let text = "{\r\n\t\"a\": {\r\n\t\t\"b\" :1\r\n\t}\r\n}\r\n";
        assert_eq!(after(text, &["a", "b"], Some("20")), text.replace(":1", ":20"));
        assert_eq!(
            after(text, &["a", "c"], Some("true")),
            text.replace(":1\r\n", ":1,\r\n\t\t\"c\" : true\r\n")
        );
        assert_eq!(after("{}", &["x", "y"], Some("1")), "{\"x\": {\"y\": 1}}");
    }

    #[test]
    fn a_removed_member_takes_objects_along_that_are_left_empty() {
        assert_eq!(after("{\"a\": {\"b\": {\"c\": 1}}, \"d\": 2}", &["a", "b", "c"], None), "{\"d\": 2}");
        assert_eq!(after("{\"a\": 1, \"a\": 2}", &["a"], None), "{}");
        assert_eq!(after("{\"a\": 1}", &["b"], None), "{\"a\": 1}");
    }

    #[test]
    fn a_path_through_a_value_changes_nothing() {
        for value in [Some("1"), None] {
            assert_eq!(after("{\"a\": [1]}", &["a", "b"], value), "{\"a\": [1]}");
        }
        assert!(set_member("{\"a\": ", &["a"], Some("1")).is_err());
    }

    proptest! {
        #[test]
        fn what_is_set_is_read_and_what_is_removed_is_gone(text in "[a-c]{1,3}", number in 0_i64..9) {
            let document = r#"{"a": {"b": {"x": 1}, "c": [1]}, "b": {}, "c": {"a": 2}}"#;
            let path: Vec<String> = text.chars().map(String::from).collect();
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let pointer = format!("/{}", path.join("/"));
            let set = after(document, &path, Some(&number.to_string()));
            let set: Value = serde_json::from_str(&set).unwrap();
            if !pointer.starts_with("/a/c/") && !pointer.starts_with("/c/a/") {
                prop_assert_eq!(set.pointer(&pointer), Some(&number.into()));
            }
            let gone: Value = serde_json::from_str(&after(document, &path, None)).unwrap();
            prop_assert_eq!(gone.pointer(&pointer), None);
        }
    }
}
