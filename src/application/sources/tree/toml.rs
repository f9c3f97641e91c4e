//! TOML as a tree. Dates and times are texts.

use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{TreeFault, TreeNode, TreeValue, add_member};
use crate::domain::json::Span;

pub(super) fn read(text: &str) -> Result<TreeNode, TreeFault> {
    let document = DeTable::parse(text).map_err(|error| {
        // The error's Display form quotes the line, which may hold a password.
        let first = error.message().lines().next().unwrap_or_default();
        let at = error.span().unwrap_or_default().start;
        TreeFault::at(text, at, format!("not TOML: {first}"), "write it as TOML 1.1 has it")
    })?;
    table(document.get_ref(), span(document.span()), text)
}

fn span(range: Range<usize>) -> Span {
    Span { start: range.start, end: range.end }
}

fn table(table: &DeTable<'_>, at: Span, text: &str) -> Result<TreeNode, TreeFault> {
    let (mut members, mut seen) = (Vec::with_capacity(table.len()), HashSet::new());
    for (name, value) in table {
        let node = node(value, text)?;
        add_member(&mut members, &mut seen, (name.get_ref(), name.span().start), node, text)?;
    }
    Ok(TreeNode::new(TreeValue::Section(members), at))
}

fn node(value: &Spanned<DeValue<'_>>, text: &str) -> Result<TreeNode, TreeFault> {
    let at = span(value.span());
    let fault = |reason, remedy| TreeFault::at(text, at.start, reason, remedy);
    Ok(match value.get_ref() {
        DeValue::String(value) => TreeNode::scalar(value.as_ref(), at),
        DeValue::Boolean(value) => TreeNode::scalar(*value, at),
        DeValue::Datetime(value) => TreeNode::scalar(value.to_string(), at),
        DeValue::Integer(number) => {
            let (digits, radix) = (number.as_str(), number.radix());
            match (i64::from_str_radix(digits, radix), u64::from_str_radix(digits, radix)) {
                (Ok(number), _) => TreeNode::scalar(number, at),
                (_, Ok(number)) => TreeNode::scalar(number, at),
                _ => {
                    return Err(fault(
                        "this whole number has more than 64 bits",
                        "write a smaller one, or put it in quotes as a text",
                    ));
                }
            }
        }
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => TreeNode::scalar(number, at),
            _ => return Err(fault("this is no finite number of 64 bits", "write another, or leave it out")),
        },
        DeValue::Array(items) => {
            let items = items.iter().map(|item| node(item, text)).collect::<Result<_, _>>()?;
            TreeNode::new(TreeValue::List(items), at)
        }
        DeValue::Table(members) => table(members, at, text)?,
    })
}
