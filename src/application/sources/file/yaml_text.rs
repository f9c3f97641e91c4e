//! A scalar of a YAML text replaced, and nothing else: its layout is its author's.

use serde_json::Value;
use zeroize::Zeroizing;

use super::super::tree::{TreeNode, TreeValue};
use super::writer::WriteRefusal;
use crate::application::SettingPath;
use crate::domain::json::quote;

const BY_HAND: &str = "edit the file by hand, or write into another layer";

/// Whether the value at a path can be replaced.
pub(super) fn check(text: &str, root: &TreeNode, path: &SettingPath) -> Result<(), WriteRefusal> {
    let Some(node) = root.get(path) else {
        return Err(WriteRefusal::new(
            format!("{path} is not in this YAML, and values are only replaced there"),
            BY_HAND,
        ));
    };
    if !matches!(node.value, TreeValue::Scalar(_)) {
        return Err(WriteRefusal::new(format!("{path} is a list or a section of YAML there"), BY_HAND));
    }
    if node.shared {
        let reason = format!("{path} comes from another place of the file, by an alias or a merge");
        return Err(WriteRefusal::new(reason, BY_HAND));
    }
    match node.span.of(text).chars().next() {
        None => Err(WriteRefusal::new(format!("{path} has no text there that could be replaced"), BY_HAND)),
        Some('|' | '>') => Err(WriteRefusal::new(format!("{path} is a block of lines there"), BY_HAND)),
        Some(_) => Ok(()),
    }
}

/// The texts that may be written, the best one first.
pub(super) fn edited(
    text: &str,
    root: &TreeNode,
    path: &SettingPath,
    value: Option<&Value>,
) -> Result<Vec<Zeroizing<String>>, WriteRefusal> {
    let Some(value) = value else {
        return Err(WriteRefusal::new(
            format!("{path} is not removed: of YAML values are only replaced"),
            BY_HAND,
        ));
    };
    check(text, root, path)?;
    let span = root.get(path).map(|node| node.span).unwrap_or(root.span);
    let [before, after] = [text.get(..span.start), text.get(span.end..)].map(Option::unwrap_or_default);
    let is_quoted = span.of(text).starts_with(['"', '\'']);
    let plain = match value {
        Value::String(text) if !is_quoted && is_plain(text) => Some(text.clone()),
        _ => None,
    };
    // What JSON writes is YAML, in the quotes of JSON.
    let written = match value {
        Value::String(text) => quote(text),
        other => other.to_string(),
    };
    let with = |value: String| Zeroizing::new([before, &Zeroizing::new(value), after].concat());
    Ok(plain.into_iter().chain([written]).map(with).collect())
}

/// Whether a text is the same without quotes, wherever it stands; what it would be read as is found out by
/// reading.
fn is_plain(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}
