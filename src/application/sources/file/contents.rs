//! What the bytes of a file hold: settings with their places. Variables are replaced in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::super::super::substitute::{Substituted, SubstitutionFault, is_name, substitute};
use super::super::tree::{self, TreeFault, TreeFormat, TreeNode, TreeValue};
use super::super::variable_names::SetVariable;
use super::{FileLayer, FileReader, SharedVariables, revision_of};
use crate::application::{
    FileFormat, LayerContents, LayerRevision, LayerValue, SettingPath, SettingValue, SourceError,
    SourceValue, ValuePlace,
};
use crate::config::dotenv::{self, DotenvFaultKind};
use crate::domain::SecretText;
use crate::domain::json::LineIndex;
use crate::domain::reference::Variable;

impl FileLayer {
    pub(super) fn contents(
        &self,
        bytes: Option<&[u8]>,
        files: &mut FileReader,
    ) -> Result<LayerContents, SourceError> {
        let revision = revision_of(bytes);
        let Some(bytes) = bytes else { return Ok(LayerContents { revision, values: BTreeMap::new() }) };
        match self.tree_format() {
            Some(format) => {
                let values = self.tree_values(format, bytes).map_err(|faults| self.invalid(&faults))?;
                Ok(LayerContents { revision, values })
            }
            None => {
                let variables = self.set_variables(bytes).map_err(|faults| self.invalid(&faults))?;
                let values = self.names.settings(variables, &mut |path| files.named(path))?;
                let revision = match files.named_digest() {
                    Some(named) => LayerRevision(format!("{}+{named}", revision.0).into()),
                    None => revision,
                };
                Ok(LayerContents { revision, values })
            }
        }
    }

    pub(super) fn tree_format(&self) -> Option<TreeFormat> {
        match self.format {
            FileFormat::Json => Some(TreeFormat::Json),
            FileFormat::Yaml => Some(TreeFormat::Yaml),
            FileFormat::Toml => Some(TreeFormat::Toml),
            FileFormat::Env => None,
        }
    }

    fn tree_values(
        &self,
        format: TreeFormat,
        bytes: &[u8],
    ) -> Result<BTreeMap<SettingPath, LayerValue>, Vec<TreeFault>> {
        let text = tree::text_of(bytes).map_err(|fault| vec![fault])?;
        let mut root = tree::read(format, text).map_err(|fault| vec![fault])?;
        let lines = LineIndex::of(text);
        if let Some(variables) = &self.variables {
            let mut faults = Vec::new();
            substitute_in(&mut root, &lines, variables, &mut faults);
            if !faults.is_empty() {
                return Err(faults);
            }
        }
        root.into_values(text, |_, span, variables| self.place(lines.line_column(span.start), variables))
            .map_err(|fault| vec![fault])
    }

    pub(super) fn place(&self, (line, column): (usize, usize), variables: Vec<Arc<str>>) -> ValuePlace {
        let variables = self.path_variables.iter().cloned().chain(variables).collect();
        ValuePlace::File { path: Arc::clone(&self.path), line, column, variables }
    }

    /// The variables of the file, of each name the last one.
    pub(super) fn set_variables(&self, bytes: &[u8]) -> Result<Vec<SetVariable>, Vec<TreeFault>> {
        let read = dotenv::parse(bytes);
        let is_lost = |kind: DotenvFaultKind| kind.is_lost() || kind == DotenvFaultKind::QuotedName;
        let lost = read.faults.iter().filter(|fault| is_lost(fault.kind)).map(|fault| TreeFault {
            line: fault.line,
            column: fault.column,
            reason: fault.kind.reason().into(),
            remedy: fault.kind.remedy(),
        });
        let mut faults: Vec<_> = lost.collect();
        let mut set: BTreeMap<Arc<str>, SetVariable> = BTreeMap::new();
        for binding in read.bindings {
            let Some(value) = binding.value else { continue };
            let (name, at) = (Arc::<str>::from(binding.name), (binding.line, binding.column));
            let (value, variables) = match self.replaced(&value, &set) {
                Ok(None) => (value, Vec::new()),
                Ok(Some(replaced)) => (replaced.text, replaced.variables),
                Err(fault) => {
                    faults.push(unreplaced(&fault, at));
                    continue;
                }
            };
            let place = self.place(at, variables);
            set.insert(Arc::clone(&name), SetVariable { name, value, place });
        }
        if faults.is_empty() { Ok(set.into_values().collect()) } else { Err(faults) }
    }

    /// A value with its variables replaced: by those of the process, else by those above it in the file. The
    /// default after `:-` is the one that files of variables have everywhere.
    fn replaced(
        &self,
        value: &str,
        above: &BTreeMap<Arc<str>, SetVariable>,
    ) -> Result<Option<Substituted>, SubstitutionFault> {
        let Some(process) = &self.variables else { return Ok(None) };
        let value = Zeroizing::new(with_plain_defaults(value));
        substitute(&value, |name| match process.variable(name) {
            Variable::Unset | Variable::NotVisible => match above.get(name) {
                Some(own) => Variable::Text(SecretText::new(own.value.as_str().to_owned())),
                None => Variable::Unset,
            },
            found => found,
        })
    }

    /// All faults as one error, at the place of the first.
    pub(super) fn invalid(&self, faults: &[TreeFault]) -> SourceError {
        let path = self.path.display();
        let Some((first, others)) = faults.split_first() else {
            return TreeFault { line: 1, column: 1, reason: "not readable".into(), remedy: "look at it" }
                .of(path);
        };
        let mut error = first.of(path);
        for TreeFault { line, column, reason, .. } in others {
            error.reason.push_str(&format!("; at {line}:{column} {reason}"));
        }
        error
    }
}

/// `${NAME:-default}` as `${NAME:default}`.
fn with_plain_defaults(text: &str) -> String {
    let mut parts = text.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        let is_escaped = text.ends_with('$');
        text.push_str("${");
        match part.split_once(":-").filter(|(name, _)| !is_escaped && is_name(name)) {
            Some((name, default)) => text.extend([name, ":", default]),
            None => text.push_str(part),
        }
        text
    })
}

/// Replaces the variables in all texts of a tree. What is nothing but a variable has no type, as its value
/// has none.
fn substitute_in(
    node: &mut TreeNode,
    lines: &LineIndex<'_>,
    variables: &SharedVariables,
    faults: &mut Vec<TreeFault>,
) {
    match &mut node.value {
        TreeValue::List(items) => {
            items.iter_mut().for_each(|item| substitute_in(item, lines, variables, faults));
        }
        TreeValue::Section(members) => {
            members.iter_mut().for_each(|(_, member)| substitute_in(member, lines, variables, faults));
        }
        TreeValue::Scalar(SourceValue::Text(_)) => {}
        TreeValue::Scalar(SourceValue::Typed(value)) => {
            let Some(text) = value.expose().as_str() else { return };
            match substitute(text, |name| variables.variable(name)) {
                Ok(None) => {}
                Ok(Some(Substituted { mut text, variables, is_whole })) => {
                    node.value = TreeValue::Scalar(match is_whole {
                        true => SourceValue::Text(text),
                        false => SourceValue::Typed(SettingValue::new(std::mem::take(&mut *text).into())),
                    });
                    node.variables = variables;
                }
                Err(fault) => faults.push(unreplaced(&fault, lines.line_column(node.span.start))),
            }
        }
    }
}

fn unreplaced(fault: &SubstitutionFault, (line, column): (usize, usize)) -> TreeFault {
    TreeFault { line, column, reason: fault.to_string().into(), remedy: fault.remedy() }
}
