//! Paths of placeholders in a document, to match them with a later version of it.

use std::collections::HashMap;

use super::syntax::{find_placeholders, without_numbers};
use crate::domain::json::{Node, NodeValue, parse};

/// Items nested deeper than this are identified by their order alone: each text of theirs is a part of the last.
const MAX_TEXTS: usize = 64;

/// The path of a placeholder: the steps to its value, and its index in that value.
pub(super) type PlaceholderPath = (Vec<String>, usize);

/// The placeholders in the values of a concealed text, by path; none where it is not JSON.
pub(super) fn placeholder_paths(text: &str) -> Vec<(PlaceholderPath, usize)> {
    let mut found = Vec::new();
    if let Ok(root) = parse(text) {
        collect_paths(text, &root, &mut Vec::new(), &mut found);
    }
    found
}

fn collect_paths(
    text: &str,
    node: &Node,
    steps: &mut Vec<String>,
    found: &mut Vec<(PlaceholderPath, usize)>,
) {
    let children: Vec<(String, &Node)> = match &node.value {
        NodeValue::Object(members) => {
            members.iter().map(|member| (member.name.clone(), &member.value)).collect()
        }
        // Items move, so they are identified by their text.
        NodeValue::Array(items) if steps.len() < MAX_TEXTS => {
            items.iter().map(|item| (without_numbers(item.span.of(text)), item)).collect()
        }
        NodeValue::Array(items) => items.iter().map(|item| (String::new(), item)).collect(),
        NodeValue::Scalar(_) => {
            let numbers =
                find_placeholders(node.span.of(text)).filter_map(|mark| mark.kind.number()).enumerate();
            found.extend(numbers.map(|(at, number)| ((steps.clone(), at), number)));
            return;
        }
    };
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (name, value) in children {
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        steps.push(format!("{count} {name}"));
        collect_paths(text, value, steps, found);
        steps.pop();
    }
}
