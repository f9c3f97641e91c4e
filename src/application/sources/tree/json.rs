//! JSON as a tree, by the strict grammar.

use std::collections::HashSet;

use super::{TreeFault, TreeNode, TreeValue, add_member};
use crate::domain::json::{Node, NodeValue, Oddity, Scalar, oddities, parse, string_value};

pub(super) fn read(text: &str) -> Result<TreeNode, TreeFault> {
    let root = parse(text)
        .map_err(|error| TreeFault::at(text, error.offset, error.reason, "write JSON as RFC 8259 has it"))?;
    match oddities(&root, text, 1).first() {
        Some((span, oddity)) => {
            let (reason, remedy) = words(*oddity);
            Err(TreeFault::at(text, span.start, reason, remedy))
        }
        None => node(&root, text),
    }
}

fn words(oddity: Oddity) -> (&'static str, &'static str) {
    match oddity {
        Oddity::NotFinite => ("JSON has neither NaN nor Infinity", "write a number, or leave it out"),
        Oddity::Infinite => ("this number is past the range of 64-bit floats", "write a smaller one"),
        Oddity::Large => {
            ("this whole number has more than 64 bits", "write a smaller one, or put it in quotes as a text")
        }
        Oddity::LoneSurrogate => ("half a surrogate pair, which is no character", "write both halves"),
        Oddity::TooDeep => ("nested more than 127 deep", "nest it less deeply"),
    }
}

fn node(node: &Node, text: &str) -> Result<TreeNode, TreeFault> {
    let written = node.span.of(text);
    let value = match &node.value {
        NodeValue::Object(nodes) => {
            let (mut members, mut seen) = (Vec::with_capacity(nodes.len()), HashSet::new());
            for member in nodes {
                let value = self::node(&member.value, text)?;
                add_member(&mut members, &mut seen, (&member.name, member.key.start), value, text)?;
            }
            TreeValue::Section(members)
        }
        NodeValue::Array(items) => {
            TreeValue::List(items.iter().map(|item| self::node(item, text)).collect::<Result<_, _>>()?)
        }
        NodeValue::Scalar(Scalar::String) => {
            return Ok(TreeNode::scalar(string_value(written).into_owned(), node.span));
        }
        // Numbers and words are read by what writes them back.
        NodeValue::Scalar(_) => {
            let value: serde_json::Value = serde_json::from_str(written).map_err(|_| {
                TreeFault::at(text, node.span.start, "this is no value of JSON", "replace it")
            })?;
            return Ok(TreeNode::scalar(value, node.span));
        }
    };
    Ok(TreeNode::new(value, node.span))
}
