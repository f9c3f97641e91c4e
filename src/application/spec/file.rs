//! The application file: from its text to what it says, or to all that is wrong with it.

use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use super::reader::{Members, SpecReader, WrittenText};
use super::{
    ApplicationFileError, ApplicationSpec, SpecMistake, VERSIONS_KEPT, layer, members, rules, setting,
};
use crate::config::{TomlText, TomlValue};
use crate::domain::reference::Variables;
use crate::private_file::io_reason;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 16 << 20;

impl ApplicationSpec {
    /// Reads an application file. `variables` are those that options of layers name.
    ///
    /// # Errors
    /// [`ApplicationFileError::Unreadable`], or all mistakes of the file.
    pub fn open(path: &Path, variables: &dyn Variables) -> Result<Self, ApplicationFileError> {
        let unreadable =
            |reason: String| ApplicationFileError::Unreadable { path: path.to_path_buf(), reason };
        let size = std::fs::metadata(path).map_err(|error| unreadable(io_reason(&error)))?.len();
        if size > MAX_FILE {
            return Err(unreadable(format!("it has more than {} MiB", MAX_FILE >> 20)));
        }
        let bytes = std::fs::read(path).map_err(|error| unreadable(io_reason(&error)))?;
        let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".into()))?;
        Self::parse(path, &text, variables)
    }

    /// What the text of an application file says; `path` is that of the file, for places and relative paths.
    ///
    /// # Errors
    /// All mistakes of the file.
    pub fn parse(path: &Path, text: &str, variables: &dyn Variables) -> Result<Self, ApplicationFileError> {
        let text = TomlText::of(text);
        let mut reader = SpecReader {
            text: &text,
            path: Arc::new(path.to_path_buf()),
            variables,
            mistakes: Vec::new(),
            credentials: Vec::new(),
        };
        let spec = match text.parse() {
            Ok(table) => {
                let span = table.span();
                let top = Spanned::new(span, DeValue::Table(table.into_inner()));
                read(&mut reader, &top)
            }
            Err(mistakes) => {
                mistakes.into_iter().for_each(|mistake| reader.mistake(&mistake.span, mistake.reason));
                None
            }
        };
        let mut mistakes = reader.mistakes;
        match spec {
            Some(spec) if mistakes.is_empty() => Ok(spec),
            _ => {
                mistakes.sort_by_key(|SpecMistake { place, .. }| (place.line, place.column));
                Err(ApplicationFileError::Mistakes(mistakes))
            }
        }
    }
}

fn read(reader: &mut SpecReader<'_>, top: &TomlValue<'_>) -> Option<ApplicationSpec> {
    let top = reader.members(top, "an application file", &[members::TOP])?;
    let folder = reader.path.parent().map(Path::to_path_buf).unwrap_or_default();
    let name = name(reader, &top);
    let state = reader.text(&top, "state").map(|state| folder.join(state.text.as_str()));
    let kept_versions = reader.count(&top, "versions").unwrap_or(VERSIONS_KEPT);
    let settings = top.get("settings").map(|value| setting::read(reader, value)).unwrap_or_default();
    let layers = layer::read(reader, &top, &folder);
    let rules = top.get("rules").map(|value| rules::read(reader, value, &settings)).unwrap_or_default();
    let credentials = std::mem::take(&mut reader.credentials);
    Some(ApplicationSpec {
        name: name?.into(),
        folder,
        layers,
        settings,
        rules,
        state,
        kept_versions,
        credentials,
    })
}

/// The name of the application is a word, because files and metrics are called by it.
fn name<'d>(reader: &mut SpecReader<'_>, top: &Members<'d, '_>) -> Option<&'d str> {
    let WrittenText { text, span } = reader.plain(top, "name")?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 64 || !text.chars().all(is_word) {
        reader.mistake(&span, "a name is 1 to 64 letters, digits, -, _ and .");
        return None;
    }
    Some(text)
}

/// The tables of an array.
pub(super) fn tables<'d, 't>(
    reader: &mut SpecReader<'_>,
    value: &'d TomlValue<'t>,
    label: &str,
) -> &'d [TomlValue<'t>] {
    match value.get_ref().as_array() {
        Some(items) if items.iter().all(|item| item.get_ref().is_table()) => items.as_ref(),
        _ => {
            reader.mistake(&value.span(), format!("these must be tables, each written {label}"));
            &[]
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::provider::env::EnvVariables;

    pub(in super::super) fn parse_with(
        text: &str,
        variables: &[(&str, &str)],
    ) -> Result<ApplicationSpec, ApplicationFileError> {
        ApplicationSpec::parse(
            Path::new("app/billing.toml"),
            text,
            &EnvVariables::of(variables.iter().copied()),
        )
    }

    pub(in super::super) fn parse(text: &str) -> ApplicationSpec {
        parse_with(text, &[]).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Its mistakes, each with line and column.
    pub(in super::super) fn mistakes(text: &str) -> Vec<String> {
        match parse_with(text, &[]) {
            Err(ApplicationFileError::Mistakes(mistakes)) => mistakes
                .iter()
                .map(|it| format!("{}:{}: {}", it.place.line, it.place.column, it.problem))
                .collect(),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("there is no mistake in {text}"),
        }
    }

    #[test]
    fn an_application_is_read_as_it_is_described() {
        let spec = parse("name = \"billing\"\nstate = \"versions\"\nversions = 20\n");
        assert_eq!((&*spec.name, spec.kept_versions), ("billing", 20));
        assert_eq!(spec.state, Some(PathBuf::from("app/versions")));
        assert_eq!(spec.folder, Path::new("app"));
        let [defaults] = &spec.layers[..] else { panic!("the defaults are always there") };
        assert_eq!((&*defaults.name, defaults.rank), ("defaults", 0));
        assert_eq!(parse("name = \"a\"\n").kept_versions, 10);
    }

    #[test]
    fn all_mistakes_are_told_at_once_each_with_line_and_column() {
        let told = mistakes(
            "nmae = \"billing\"\nversions = 0\n[[layers]]\nkind = \"fiel\"\n[[layers]]\nkind = \"file\"\npaht = \"a.json\"\n\
             [settings.port]\ntype = \"number\"\nmin = true\n[[rules]]\nid = \"a\"\n",
        );
        assert_eq!(
            told,
            [
                "1:1: \"nmae\" is not known in an application file; known are name, state, versions, sources, layers, settings, rules",
                "1:1: an application file needs name = \"…\"",
                "2:12: versions must be a whole number from 1 to 1000",
                "4:8: kind must be one of defaults, file, environment, etcd, http, arguments, runtime",
                "5:1: a layer of kind file needs path = \"…\"",
                "7:1: \"paht\" is not known in a layer of kind file; known are kind, name, priority, required, disabled, path, format, watch, debounce",
                "9:8: type must be one of text, integer, float, boolean, list, duration, bytes, url, json",
                "11:1: a rule needs when = \"…\"",
                "11:1: a rule needs message = \"…\"",
            ]
        );
    }

    #[test]
    fn every_error_of_syntax_is_told_and_no_value_is_quoted() {
        let told =
            mistakes("name = \"billing\"\npassword = planted-value\n[settings\ntoken = 'planted-value\n");
        assert!(told.len() >= 2, "{told:?}");
        assert!(told.iter().all(|it| it.contains("not TOML: ") && !it.contains("planted")), "{told:?}");
        assert!(told[0].starts_with("2:"), "{told:?}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_with_its_path() {
        let error =
            ApplicationSpec::open(Path::new("/nowhere/app.toml"), &EnvVariables::of::<&str, &str>([])).err();
        assert!(error.unwrap().to_string().starts_with("cannot read /nowhere/app.toml: "));
    }

    #[test]
    fn a_name_is_a_word() {
        assert_eq!(mistakes("name = \"a b\"\n"), ["1:8: a name is 1 to 64 letters, digits, -, _ and ."]);
        assert_eq!(mistakes("name = 3\n"), ["1:8: name must be a text in quotes, and is a TOML integer"]);
    }
}
