//! A text of JSON, YAML or TOML as a tree of values with their spans, and the settings that it makes.
//!
//! No text is read otherwise than it was meant: duplicates, numbers of more than 64 bits, `NaN` and unknown
//! tags of YAML are faults with their place.

mod json;
mod toml;
mod yaml;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::application::{
    LayerValue, SettingPath, SettingValue, SourceError, SourceFault, SourceValue, ValuePlace,
};
use crate::domain::json::{BYTE_ORDER_MARK, Span, line_column};

/// How a text is to be read as a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TreeFormat {
    Json,
    Yaml,
    Toml,
}

/// A value in its text.
pub(crate) struct TreeNode {
    pub(crate) value: TreeValue,
    /// Of a scalar all of it, in its quotes; of others it need not be more than where it begins.
    pub(crate) span: Span,
    /// Whether it stands elsewhere too: it came by an alias or a merge of YAML.
    pub(crate) shared: bool,
    /// The variables that were replaced in it.
    pub(crate) variables: Vec<Arc<str>>,
}

pub(crate) enum TreeValue {
    Scalar(SourceValue),
    List(Vec<TreeNode>),
    /// No two members have the same name, and none is empty.
    Section(Vec<(Arc<str>, TreeNode)>),
}

/// What is wrong with a text, and where. It quotes no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeFault {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    pub(crate) reason: Cow<'static, str>,
    pub(crate) remedy: &'static str,
}

impl TreeFault {
    pub(crate) fn at(
        text: &str,
        offset: usize,
        reason: impl Into<Cow<'static, str>>,
        remedy: &'static str,
    ) -> Self {
        let (line, column) = line_column(text, offset);
        Self { line, column, reason: reason.into(), remedy }
    }

    /// As the error of a source that is called so.
    pub(crate) fn of(&self, source: impl fmt::Display) -> SourceError {
        SourceError {
            fault: SourceFault::Invalid,
            place: format!("{source}:{}:{}", self.line, self.column),
            reason: self.reason.to_string(),
            remedy: self.remedy.to_owned(),
        }
    }
}

/// The text of a file or of an answer, without a byte order mark.
pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, TreeFault> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).and_then(|before| std::str::from_utf8(before).ok());
            let before = before.unwrap_or_default();
            Err(TreeFault::at(before, before.len(), "this byte is not UTF-8", "save it as UTF-8"))
        }
    }
}

/// Reads a whole text, whose outermost value is a section.
pub(crate) fn read(format: TreeFormat, text: &str) -> Result<TreeNode, TreeFault> {
    let root = match format {
        TreeFormat::Json => json::read(text),
        TreeFormat::Yaml => yaml::read(text),
        TreeFormat::Toml => toml::read(text),
    }?;
    match root.value {
        TreeValue::Section(_) => Ok(root),
        _ => Err(TreeFault::at(
            text,
            root.span.start,
            "settings are the members of an object, and this is none",
            "give the value a name",
        )),
    }
}

impl TreeNode {
    fn new(value: TreeValue, span: Span) -> Self {
        Self { value, span, shared: false, variables: Vec::new() }
    }

    fn scalar(value: impl Into<Value>, span: Span) -> Self {
        Self::new(TreeValue::Scalar(SourceValue::Typed(SettingValue::new(value.into()))), span)
    }

    /// Whether other settings lie in it.
    pub(crate) fn has_members(&self) -> bool {
        matches!(&self.value, TreeValue::Section(members) if !members.is_empty())
    }

    /// What lies at a path, if the text has something there.
    pub(crate) fn get(&self, path: &SettingPath) -> Option<&Self> {
        path.names().try_fold(self, |node, name| match &node.value {
            TreeValue::Section(members) => {
                members.iter().find(|(member, _)| &**member == name).map(|(_, node)| node)
            }
            _ => None,
        })
    }

    /// The settings of the text: each value that is no section, and each empty section. `place` says where
    /// one is, by its path, its span and the variables in it.
    ///
    /// # Errors
    /// Of a path that cannot be one, which no reader lets through.
    pub(crate) fn into_values(
        self,
        text: &str,
        mut place: impl FnMut(&SettingPath, Span, Vec<Arc<str>>) -> ValuePlace,
    ) -> Result<BTreeMap<SettingPath, LayerValue>, TreeFault> {
        let mut values = BTreeMap::new();
        let mut add = |names: &[Arc<str>], node: Self| {
            let span = node.span;
            let path = SettingPath::new(names.iter().cloned())
                .map_err(|error| TreeFault::at(text, span.start, error.to_string(), "rename it"))?;
            let (value, variables) = node.into_value();
            let place = place(&path, span, variables);
            values.insert(path, LayerValue { value, place });
            Ok(())
        };
        match self.value {
            // A text without settings is a layer without values.
            TreeValue::Section(members) if members.is_empty() => {}
            _ => self.visit(&mut Vec::new(), &mut add)?,
        }
        Ok(values)
    }

    fn visit(
        self,
        names: &mut Vec<Arc<str>>,
        add: &mut impl FnMut(&[Arc<str>], Self) -> Result<(), TreeFault>,
    ) -> Result<(), TreeFault> {
        match self.value {
            TreeValue::Section(members) if !members.is_empty() => {
                for (name, node) in members {
                    names.push(name);
                    node.visit(names, add)?;
                    names.pop();
                }
                Ok(())
            }
            _ => add(names, self),
        }
    }

    /// The value as a whole, with the variables in all of it.
    fn into_value(self) -> (SourceValue, Vec<Arc<str>>) {
        let mut variables = self.variables;
        let value = match self.value {
            TreeValue::Scalar(value) => return (value, variables),
            TreeValue::List(items) => {
                Value::Array(items.into_iter().map(|item| item.into_json(&mut variables)).collect())
            }
            TreeValue::Section(members) => {
                let members = members.into_iter();
                Value::Object(
                    members.map(|(name, node)| (name.to_string(), node.into_json(&mut variables))).collect(),
                )
            }
        };
        (SourceValue::Typed(SettingValue::new(value)), variables)
    }

    fn into_json(self, variables: &mut Vec<Arc<str>>) -> Value {
        let (value, own) = self.into_value();
        variables.extend(own);
        match value {
            SourceValue::Typed(value) => value.into_inner(),
            SourceValue::Text(mut text) => Value::String(std::mem::take(&mut *text)),
        }
    }
}

/// Adds a member, whose name must not be there yet.
fn add_member(
    members: &mut Vec<(Arc<str>, TreeNode)>,
    seen: &mut HashSet<Arc<str>>,
    (name, at): (&str, usize),
    node: TreeNode,
    text: &str,
) -> Result<(), TreeFault> {
    if name.is_empty() {
        return Err(TreeFault::at(text, at, "the name of this member is empty", "give it a name"));
    }
    let name: Arc<str> = name.into();
    if !seen.insert(Arc::clone(&name)) {
        let reason = format!("{name:?} is here for the second time, and only one of them could count");
        return Err(TreeFault::at(text, at, reason, "remove one of them"));
    }
    members.push((name, node));
    Ok(())
}

#[cfg(test)]
mod tests;
