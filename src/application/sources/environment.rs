//! The variables of the process as a source.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::file::FileReader;
use super::variable_names::{SetVariable, VariableNames};
use super::watch::{FileWatch, SeenFile};
use crate::application::{LayerContents, LayerRevision, Load, Source, SourceError, SourceFault, ValuePlace};
use crate::domain::reference::{Variable, Variables};
use crate::provider::CALL_DEADLINE;
use crate::provider::env::EnvVariables;
use crate::provider::file::{GATHER, IoThreads, SILENT};

/// The variables of a process, by [`VariableNames`]. What changes is the content of the files that they name.
pub struct EnvironmentSource {
    variables: Arc<EnvVariables>,
    names: Arc<VariableNames>,
    /// Keys the revision, which would else tell a short secret to who tries all of them.
    keys: RandomState,
    threads: IoThreads,
    watch: FileWatch,
}

impl EnvironmentSource {
    pub fn new(variables: Arc<EnvVariables>, names: Arc<VariableNames>) -> Self {
        let threads = IoThreads::new(2);
        let watch = FileWatch::new(GATHER, threads.clone());
        Self { variables, names, keys: RandomState::new(), threads, watch }
    }
}

fn read(
    variables: &EnvVariables,
    names: &VariableNames,
    keys: &RandomState,
) -> (Vec<SeenFile>, Result<LayerContents, SourceError>) {
    let mut files = FileReader::default();
    let contents = set_variables(variables, names).and_then(|set| {
        let mut hasher = keys.build_hasher();
        for variable in &set {
            (&*variable.name, variable.value.as_str()).hash(&mut hasher);
        }
        let values = names.settings(set, &mut |path| files.named(path))?;
        files.named_digest().hash(&mut hasher);
        Ok(LayerContents { revision: LayerRevision(format!("{:016x}", hasher.finish()).into()), values })
    });
    (files.seen, contents)
}

/// Those that are of interest, in the order of their names.
fn set_variables(variables: &EnvVariables, names: &VariableNames) -> Result<Vec<SetVariable>, SourceError> {
    let known: BTreeMap<String, _> = variables.states();
    let mut set = Vec::new();
    for name in known.into_keys().filter(|name| names.concerns(name)) {
        let name: Arc<str> = name.into();
        match variables.variable(&name) {
            Variable::Text(value) => set.push(SetVariable {
                value: Zeroizing::new(value.expose().to_owned()),
                place: ValuePlace::Variable(Arc::clone(&name)),
                name,
            }),
            Variable::NotText => {
                return Err(SourceError {
                    fault: SourceFault::Invalid,
                    place: name.to_string(),
                    reason: "its value is not UTF-8 text".into(),
                    remedy: "set it to text, or unset it".into(),
                });
            }
            Variable::Unset | Variable::NotVisible => {}
        }
    }
    Ok(set)
}

#[async_trait]
impl Source for EnvironmentSource {
    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        let (variables, names) = (Arc::clone(&self.variables), Arc::clone(&self.names));
        let keys = self.keys.clone();
        let read = self.threads.run(move || read(&variables, &names, &keys));
        let Ok(Some((seen, contents))) = timeout(CALL_DEADLINE, read).await else {
            self.watch.set_seen(None);
            return Err(SourceError {
                fault: SourceFault::Unavailable,
                place: "a file that a variable names".into(),
                reason: SILENT.into(),
                remedy: "it is read again as soon as it can be".into(),
            });
        };
        self.watch.set_seen(Some(seen));
        let contents = contents?;
        Ok(match known {
            Some(known) if *known == contents.revision => Load::Unchanged,
            _ => Load::Contents(contents),
        })
    }

    async fn changed(&self) {
        self.watch.changed().await;
    }
}

#[cfg(test)]
mod tests;
