//! The sources of an application that need no server, and the writers into them, by what its file says of a
//! layer.

use std::sync::Arc;

use super::{
    ArgumentError, ArgumentsSource, EnvironmentSource, FileLayer, FileSource, FileWriter, VariableNames,
};
use crate::application::{ApplicationSpec, FileFormat, LayerKind, LayerSpec, LayerWriter, Source};
use crate::provider::env::EnvVariables;

/// What the local sources of a process are made of: its variables and the settings of its command line.
pub struct LocalSources {
    variables: Arc<EnvVariables>,
    arguments: Vec<String>,
}

impl LocalSources {
    pub fn new(variables: Arc<EnvVariables>) -> Self {
        Self { variables, arguments: Vec::new() }
    }

    /// With what `--set` says, as `database.pool_size=20`.
    #[must_use]
    pub fn with_arguments(self, arguments: Vec<String>) -> Self {
        Self { arguments, ..self }
    }

    /// The source of a layer; `None` if it is none of these.
    ///
    /// # Errors
    /// [`ArgumentError`] if an argument sets nothing.
    pub fn source(
        &self,
        application: &ApplicationSpec,
        layer: &LayerSpec,
    ) -> Result<Option<Arc<dyn Source>>, ArgumentError> {
        Ok(Some(match &layer.kind {
            LayerKind::Environment { prefix } => {
                let names = VariableNames::new(&application.settings, prefix.clone());
                Arc::new(EnvironmentSource::new(Arc::clone(&self.variables), Arc::new(names)))
            }
            LayerKind::Arguments => Arc::new(ArgumentsSource::new(&self.arguments)?),
            _ => match self.file(application, layer) {
                Some(file) => match layer.kind {
                    LayerKind::File { watch: false, .. } => Arc::new(FileSource::new(file).unwatched()),
                    LayerKind::File { debounce, .. } => Arc::new(FileSource::with_debounce(file, debounce)),
                    _ => Arc::new(FileSource::new(file)),
                },
                None => return Ok(None),
            },
        }))
    }

    /// What writes into a layer; `None` if it is no file.
    pub fn writer(&self, application: &ApplicationSpec, layer: &LayerSpec) -> Option<Arc<dyn LayerWriter>> {
        Some(Arc::new(FileWriter::new(self.file(application, layer)?)))
    }

    fn file(&self, application: &ApplicationSpec, layer: &LayerSpec) -> Option<FileLayer> {
        match &layer.kind {
            LayerKind::File { path, format, variables, .. } => {
                let names = match format {
                    FileFormat::Env => variables_of(application),
                    FileFormat::Json | FileFormat::Yaml | FileFormat::Toml => VariableNames::default(),
                };
                let process = Arc::clone(&self.variables);
                Some(FileLayer::new(path.clone(), *format, variables.clone(), process, Arc::new(names)))
            }
            LayerKind::Runtime { path } => Some(FileLayer::runtime(path.clone())),
            _ => None,
        }
    }
}

/// The names that files of variables have: those of the environment.
pub(super) fn variables_of(application: &ApplicationSpec) -> VariableNames {
    let prefix = application.layers.iter().find_map(|layer| match &layer.kind {
        LayerKind::Environment { prefix } => prefix.clone(),
        _ => None,
    });
    VariableNames::new(&application.settings, prefix).of_file()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::application::sources::variable_names::tests::setting;
    use crate::application::{Load, SettingValue, SourceValue, SpecPlace, ValueType};

    fn application(folder: &Path) -> ApplicationSpec {
        let file = |name: &str, format| LayerKind::File {
            path: folder.join(name),
            format,
            variables: Vec::new(),
            watch: true,
            debounce: Duration::ZERO,
        };
        let kinds = [
            ("defaults", LayerKind::Defaults),
            ("variables", file(".env", FileFormat::Env)),
            ("file", file("f.yaml", FileFormat::Yaml)),
            ("environment", LayerKind::Environment { prefix: Some("APP_".into()) }),
            ("arguments", LayerKind::Arguments),
            ("runtime", LayerKind::Runtime { path: folder.join("runtime.json") }),
        ];
        let place = SpecPlace { path: Arc::new(folder.join("app.toml")), line: 1, column: 1 };
        let layers = (0..).zip(kinds).map(|(rank, (name, kind))| LayerSpec {
            name: name.into(),
            rank,
            required: false,
            kind,
            place: place.clone(),
        });
        ApplicationSpec {
            name: "billing".into(),
            folder: folder.to_owned(),
            layers: layers.collect(),
            settings: BTreeMap::from([("a.b".parse().unwrap(), setting(ValueType::Text, Some("A_B")))]),
            ..ApplicationSpec::default()
        }
    }

    #[tokio::test]
    async fn every_local_layer_has_its_source_and_files_have_writers() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), "A_B=1\nAPP_C=2\nOTHER=3\n").unwrap();
        std::fs::write(
            folder.path().join("f.yaml"),
            "a: {b: ${APP_D}}\n".replace("{b", "\n  b").replace("}}", "}"),
        )
        .unwrap();
        let variables = EnvVariables::of([("A_B", "4"), ("APP_D", "5"), ("OTHER", "6")]);
        let local = LocalSources::new(Arc::new(variables)).with_arguments(vec!["e=7".into()]);
        let application = application(folder.path());
        let mut found = BTreeMap::new();
        for layer in &application.layers {
            let name = layer.name.to_string();
            let is_file = matches!(layer.kind, LayerKind::File { .. } | LayerKind::Runtime { .. });
            assert_eq!(local.writer(&application, layer).is_some(), is_file, "{name}");
            let Some(source) = local.source(&application, layer).unwrap() else { continue };
            let loaded = source.load(None).await.unwrap_or_else(|error| panic!("{error}"));
            let Load::Contents(contents) = loaded else { panic!("nothing was known") };
            let text = |value| match value {
                SourceValue::Text(text) => text.to_string(),
                SourceValue::Typed(value) => value.expose().to_string(),
            };
            let rows = contents.values.into_iter().map(|(path, at)| format!("{path}={}", text(at.value)));
            found.insert(name, rows.collect::<Vec<_>>().join(" "));
        }
        let expected = [
            ("arguments", "e=7"),
            ("environment", "a.b=4 d=5"),
            ("file", "a.b=5"),
            ("runtime", ""),
            ("variables", "a.b=1 c=2"),
        ];
        assert_eq!(found, expected.map(|(name, rows)| (name.to_owned(), rows.to_owned())).into());
    }

    #[tokio::test]
    async fn what_is_written_into_a_layer_is_what_its_source_loads() {
        let folder = tempfile::tempdir().unwrap();
        let (local, application) =
            (LocalSources::new(Arc::new(EnvVariables::of([("", ""); 0]))), application(folder.path()));
        let layer = application.layers.last().unwrap();
        let (source, writer) =
            (local.source(&application, layer).unwrap().unwrap(), local.writer(&application, layer).unwrap());
        let Ok(Load::Contents(before)) = source.load(None).await else { panic!("an empty layer") };
        let path = "a.b".parse().unwrap();
        let after =
            writer.write(&path, Some(&SettingValue::new(json!("x"))), &before.revision).await.unwrap();
        let Ok(Load::Contents(contents)) = source.load(Some(&before.revision)).await else {
            panic!("it has changed")
        };
        assert!(contents.revision == after && contents.values.contains_key(&path));
    }

    #[test]
    fn an_argument_that_sets_nothing_is_told_when_the_layer_is_opened() {
        let local =
            LocalSources::new(Arc::new(EnvVariables::process())).with_arguments(vec!["planted".into()]);
        let application = application(Path::new("/nowhere"));
        let opened = local.source(&application, &application.layers[4]);
        assert_eq!(opened.err(), Some(ArgumentError::NoValue(1)));
    }
}
