//! Writes of single values into a file, conditional on its revision: all other bytes stay, and the new text
//! is read before it is put in place.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::super::super::substitute::{escaped, substitute};
use super::super::tree::{self, TreeFormat, TreeNode, TreeValue};
use super::{FileLayer, FileReader, LARGEST, THREADS, json_text, revision_of, toml_text, yaml_text};
use crate::application::{
    LayerRevision, LayerWriteError, LayerWriteFault, LayerWriter, SettingPath, SettingValue, SourceError,
    SourceValue, ValuePlace,
};
use crate::domain::SecretText;
use crate::domain::reference::Variable;
use crate::provider::file::{IoThreads, REWRITE_DEADLINE, SILENT, check_rewritable, rewrite};
use crate::provider::{CALL_DEADLINE, Error};

/// Writes into the file of a layer.
pub struct FileWriter {
    layer: Arc<FileLayer>,
    threads: IoThreads,
}

/// What is wrong with a write, before it is told of which file.
pub(super) struct WriteRefusal {
    pub(super) reason: String,
    pub(super) remedy: &'static str,
}

impl WriteRefusal {
    pub(super) fn new(reason: impl Into<String>, remedy: &'static str) -> Self {
        Self { reason: reason.into(), remedy }
    }
}

/// The settings of a text by path, as they are written: no variable is replaced.
type WrittenValues = BTreeMap<SettingPath, SettingValue>;

enum RewriteError {
    Write(LayerWriteError),
    File(Error),
}

impl From<Error> for RewriteError {
    fn from(error: Error) -> Self {
        Self::File(error)
    }
}

impl FileWriter {
    pub fn new(layer: FileLayer) -> Self {
        Self { layer: Arc::new(layer), threads: IoThreads::new(THREADS) }
    }

    async fn ask(
        &self,
        path: &SettingPath,
        question: fn(&FileLayer, &SettingPath) -> Result<(), LayerWriteError>,
    ) -> Result<(), LayerWriteError> {
        let (layer, path) = (Arc::clone(&self.layer), path.clone());
        let answer = self.threads.run(move || question(&layer, &path));
        match timeout(CALL_DEADLINE, answer).await {
            Ok(Some(answer)) => answer,
            _ => Err(self.layer.file_error(&Error::unavailable(SILENT))),
        }
    }
}

#[async_trait]
impl LayerWriter for FileWriter {
    async fn can_write(&self, path: &SettingPath) -> Result<(), LayerWriteError> {
        self.ask(path, FileLayer::check).await
    }

    async fn can_remove(&self, path: &SettingPath) -> Result<(), LayerWriteError> {
        self.ask(path, FileLayer::check_removal).await
    }

    async fn write(
        &self,
        path: &SettingPath,
        value: Option<&SettingValue>,
        expect: &LayerRevision,
    ) -> Result<LayerRevision, LayerWriteError> {
        let layer = Arc::clone(&self.layer);
        let (path, value, expect) = (path.clone(), value.cloned(), expect.clone());
        let written = self.threads.run(move || layer.write(&path, value.as_ref(), &expect));
        match timeout(REWRITE_DEADLINE, written).await {
            Ok(Some(written)) => written,
            _ => Err(self.layer.unknown(SILENT.into())),
        }
    }
}

impl FileLayer {
    fn check(&self, path: &SettingPath) -> Result<(), LayerWriteError> {
        let bytes = self.bytes(&mut FileReader::default()).map_err(of_source)?;
        let bytes = bytes.as_ref().map(|bytes| bytes.as_slice());
        match self.tree_format() {
            Some(format) => {
                let text = self.text(bytes)?;
                let root = self.tree(format, text)?;
                let checked = self.check_place(&root, path).and_then(|()| match format {
                    TreeFormat::Yaml => yaml_text::check(text, &root, path),
                    TreeFormat::Json | TreeFormat::Toml => Ok(()),
                });
                checked.map_err(|refusal| self.refused(refusal))?;
            }
            None => drop(self.variable_to_set(bytes.unwrap_or_default(), path)?),
        }
        check_rewritable(&self.path).map_err(|error| self.file_error(&error))
    }

    fn check_removal(&self, path: &SettingPath) -> Result<(), LayerWriteError> {
        let bytes = self.bytes(&mut FileReader::default()).map_err(of_source)?;
        self.edited(bytes.as_ref().map(|bytes| bytes.as_slice()), path, None)?;
        check_rewritable(&self.path).map_err(|error| self.file_error(&error))
    }

    /// Blocks on I/O.
    fn write(
        &self,
        path: &SettingPath,
        value: Option<&SettingValue>,
        expect: &LayerRevision,
    ) -> Result<LayerRevision, LayerWriteError> {
        // What follows is of the files that variables name, which are not written.
        let (own, named) =
            expect.0.split_once('+').map_or((&*expect.0, None), |(own, named)| (own, Some(named)));
        let mut after = None;
        let written = rewrite(&self.path, LARGEST, |bytes| {
            if bytes.is_none() && !self.is_optional {
                return Err(RewriteError::Write(of_source(self.missing())));
            }
            if *revision_of(bytes).0 != *own {
                return Err(RewriteError::Write(self.conflict()));
            }
            let edited = self.edited(bytes, path, value).map_err(RewriteError::Write)?;
            let edited = edited.filter(|edited| bytes != Some(edited.as_slice()));
            after = Some(revision_of(edited.as_ref().map(|edited| edited.as_slice()).or(bytes)));
            Ok(edited)
        });
        match written {
            Ok(None) => {
                let own = after.unwrap_or_else(|| expect.clone());
                Ok(named.map_or(own.clone(), |named| LayerRevision(format!("{}+{named}", own.0).into())))
            }
            Ok(Some(reason)) => Err(self.unknown(reason)),
            Err(RewriteError::Write(error)) => Err(error),
            Err(RewriteError::File(error)) => Err(self.file_error(&error)),
        }
    }

    /// The bytes of the file with a value set or removed; `None` if there is nothing to remove.
    fn edited(
        &self,
        bytes: Option<&[u8]>,
        path: &SettingPath,
        value: Option<&SettingValue>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, LayerWriteError> {
        let Some(format) = self.tree_format() else {
            return self.edited_variables(bytes.unwrap_or_default(), path, value);
        };
        let text = self.text(bytes)?;
        let root = self.tree(format, text)?;
        let value = value.map(|value| match self.variables {
            Some(_) => SettingValue::new(escaped_value(value.expose())),
            None => value.clone(),
        });
        if value.is_none() && root.get(path).is_none() {
            return Ok(None);
        }
        let refused = |refusal| self.refused(refusal);
        if let Some(value) = &value {
            self.check_place(&root, path).map_err(refused)?;
            let is_section = root.get(path).is_some_and(TreeNode::has_members);
            if is_section && !value.expose().is_object() {
                let reason = format!("{path} is a section there");
                return Err(refused(WriteRefusal::new(reason, "remove it first, or set what lies in it")));
            }
        }
        let wanted = value.as_ref().map(SettingValue::expose);
        let candidates = match format {
            TreeFormat::Json => json_text::edited(text, path, wanted),
            TreeFormat::Toml => toml_text::edited(text, path, wanted),
            TreeFormat::Yaml => yaml_text::edited(text, &root, path, wanted),
        };
        let mut expected = written_values(root, text);
        apply(&mut expected, path, wanted);
        for candidate in candidates.map_err(refused)? {
            let reads = tree::read(format, &candidate).map(|root| written_values(root, &candidate));
            if reads.is_ok_and(|reads| reads == expected) {
                let mark = bytes.unwrap_or_default().len() - text.len() * usize::from(bytes.is_some());
                let mark = bytes.and_then(|bytes| bytes.get(..mark)).unwrap_or_default();
                return Ok(Some(Zeroizing::new([mark, candidate.as_bytes()].concat())));
            }
        }
        let reason = format!("{path} cannot be changed there without changing something else");
        Err(refused(WriteRefusal::new(reason, "edit the file by hand")))
    }

    /// The text of the file, or that of a new one.
    fn text<'b>(&self, bytes: Option<&'b [u8]>) -> Result<&'b str, LayerWriteError> {
        match bytes {
            Some(bytes) => tree::text_of(bytes).map_err(|fault| of_source(self.invalid(&[fault]))),
            None if self.tree_format() == Some(TreeFormat::Json) => Ok(json_text::EMPTY),
            None => Ok(""),
        }
    }

    fn tree(&self, format: TreeFormat, text: &str) -> Result<TreeNode, LayerWriteError> {
        tree::read(format, text).map_err(|fault| of_source(self.invalid(&[fault])))
    }

    /// Whether a value can be set at a path of this tree.
    fn check_place(&self, root: &TreeNode, path: &SettingPath) -> Result<(), WriteRefusal> {
        let mut node = root;
        for (depth, name) in path.names().enumerate() {
            let TreeValue::Section(members) = &node.value else {
                let outer = SettingPath::new(path.names().take(depth))
                    .map_or_else(|_| String::new(), |it| it.to_string());
                let reason = format!("{outer} is a value there, so that {path} cannot lie in it");
                return Err(WriteRefusal::new(reason, "remove that value first"));
            };
            match members.iter().find(|(member, _)| &**member == name) {
                Some((_, member)) => node = member,
                None => return Ok(()),
            }
        }
        match self.variables.is_some().then(|| variable_in(node)).flatten() {
            Some(name) => Err(WriteRefusal::new(
                format!("{path} is made of the variable {name} there"),
                "set that variable, or write into a layer of a higher rank",
            )),
            None => Ok(()),
        }
    }

    pub(super) fn refused(&self, refusal: WriteRefusal) -> LayerWriteError {
        self.error(LayerWriteFault::NotWritable, refusal.reason, refusal.remedy)
    }

    fn conflict(&self) -> LayerWriteError {
        let reason = "it has changed since it was read; nothing was written".into();
        self.error(LayerWriteFault::Conflict, reason, "look at it again, then decide")
    }

    fn unknown(&self, reason: String) -> LayerWriteError {
        self.error(LayerWriteFault::OutcomeUnknown, reason, "look at it again before you repeat the write")
    }

    fn file_error(&self, error: &Error) -> LayerWriteError {
        match error {
            Error::Denied { permission, remedy } => {
                self.error(LayerWriteFault::Denied, format!("permission denied: {permission}"), remedy)
            }
            other => self.error(LayerWriteFault::Unavailable, other.to_string(), "write again after that"),
        }
    }

    fn error(&self, fault: LayerWriteFault, reason: String, remedy: &str) -> LayerWriteError {
        LayerWriteError { fault, place: self.path.display().to_string(), reason, remedy: remedy.into() }
    }
}

/// A file that cannot be read is not written.
pub(super) fn of_source(error: SourceError) -> LayerWriteError {
    let SourceError { place, reason, remedy, .. } = error;
    let reason = format!("{reason}; nothing was written");
    LayerWriteError { fault: LayerWriteFault::Unavailable, place, reason, remedy }
}

/// The first variable that a value is made of.
fn variable_in(node: &TreeNode) -> Option<Arc<str>> {
    match &node.value {
        TreeValue::Section(members) => members.iter().find_map(|(_, member)| variable_in(member)),
        TreeValue::List(items) => items.iter().find_map(variable_in),
        TreeValue::Scalar(SourceValue::Typed(value)) => {
            let found =
                substitute(value.expose().as_str()?, |_| Variable::Text(SecretText::new(String::new())));
            found.ok().flatten()?.variables.into_iter().next()
        }
        TreeValue::Scalar(SourceValue::Text(_)) => None,
    }
}

/// A value whose texts are not taken for variables when they are read.
fn escaped_value(value: &Value) -> Value {
    match value {
        Value::String(text) => escaped(text).into(),
        Value::Array(items) => items.iter().map(escaped_value).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), escaped_value(value))).collect()
        }
        other => other.clone(),
    }
}

fn written_values(root: TreeNode, text: &str) -> WrittenValues {
    let values = root.into_values(text, |_, _, _| ValuePlace::Program).unwrap_or_default();
    let value = |value| match value {
        SourceValue::Typed(value) => value,
        SourceValue::Text(mut text) => SettingValue::new(std::mem::take(&mut *text).into()),
    };
    values.into_iter().map(|(path, at)| (path, value(at.value))).collect()
}

/// What is there after a write.
fn apply(values: &mut WrittenValues, path: &SettingPath, value: Option<&Value>) {
    values.retain(|other, _| other != path && !path.contains(other) && !other.contains(path));
    if let Some(value) = value {
        flatten(values, path.clone(), value);
    }
}

fn flatten(values: &mut WrittenValues, path: SettingPath, value: &Value) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let names = path.names().chain([name.as_str()]);
                // A member without a name is refused by what reads the result.
                if let Ok(inner) = SettingPath::new(names) {
                    flatten(values, inner, member);
                }
            }
        }
        _ => drop(values.insert(path, SettingValue::new(value.clone()))),
    }
}
