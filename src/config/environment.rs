//! Environment variables: those of the process, overlaid with those of a named file.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::dotenv::{self, DotenvFault, DotenvFaultKind};
use super::error::Result;
use super::{Origin, SETTINGS, SettingsError, WithOrigin};
use crate::domain::Finding;
use crate::domain::reference::{Variable, Variables};
use crate::provider::env::EnvVariables;

/// Variables that we read besides those of [`SETTINGS`], to find our own files.
const OURS: [&str; 3] = ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"];

/// The variables that settings are read from. From the process it holds only those that confdeck knows. Any
/// of them, and any from a file, may be a secret, so all are wiped on drop and there is no `Debug` form.
#[derive(Clone, Default)]
pub struct Environment {
    process: HashMap<String, Zeroizing<String>>,
    /// Whether `process` holds only a part of a real process environment.
    inherits: bool,
    file: HashMap<String, FileVariable>,
    path: Option<Arc<Path>>,
    /// Names in that file without a value, which are set nowhere.
    unset: HashSet<String>,
    /// What the receiver would get otherwise from that file.
    findings: Vec<Finding>,
}

#[derive(Clone)]
struct FileVariable {
    /// `None` where it is not UTF-8.
    value: Option<Zeroizing<String>>,
    line: usize,
}

impl Environment {
    /// The process's own variables. This is the only place that reads them.
    ///
    /// # Errors
    /// [`SettingsError`] naming a variable we use that is not UTF-8.
    pub fn process() -> Result<Self> {
        let names = SETTINGS.iter().filter_map(|setting| setting.variable).chain(OURS);
        let mut process = HashMap::new();
        for name in names {
            let Some(value) = std::env::var_os(name) else { continue };
            let value = value.into_string().map_err(|_| SettingsError::Of {
                source_name: name.into(),
                problem: "its value is not UTF-8 text".into(),
            })?;
            process.insert(name.to_owned(), Zeroizing::new(value));
        }
        Ok(Self { process, inherits: true, ..Self::default() })
    }

    /// Exactly these variables; for tests, and for programs that manage their own.
    pub fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let owned = |(name, value): (N, V)| (name.into(), Zeroizing::new(value.into()));
        Self { process: variables.into_iter().map(owned).collect(), ..Self::default() }
    }

    /// Adds the variables of a file, read as python-dotenv reads it, since the receiver loads its `.env` with it.
    /// They take precedence: the file was named explicitly, the process's variables were inherited. In `${NAME}`
    /// the process wins, as in `load_dotenv()` without `override`.
    ///
    /// # Errors
    /// [`SettingsError::At`] with the first place that python-dotenv would drop: a setting in it would be lost.
    pub fn with_file(self, path: &Path, bytes: impl AsRef<[u8]>) -> Result<Self> {
        let (mut read, faults) = self.with_read_file(path, bytes.as_ref());
        if let Some(lost) = faults.iter().find(|fault| fault.kind.is_lost()) {
            let DotenvFault { line, column, .. } = *lost;
            return Err(SettingsError::At {
                path: path.to_path_buf(),
                line,
                column,
                problem: lost.problem(),
            });
        }
        read.findings = faults.iter().map(|fault| fault.finding(path)).collect();
        Ok(read)
    }

    /// As [`Self::with_file`], and goes on after what python-dotenv would drop.
    pub(super) fn with_read_file(mut self, path: &Path, bytes: &[u8]) -> (Self, Vec<DotenvFault>) {
        let dotenv::Dotenv { bindings, mut faults } = dotenv::parse(bytes);
        let is_text = std::str::from_utf8(bytes).is_ok();
        let process = self.process_variables();
        for binding in bindings {
            let dotenv::DotenvBinding { name, value, line, column, .. } = binding;
            let Some(value) = value else {
                self.file.remove(&name);
                self.unset.insert(name);
                continue;
            };
            let mut elsewhere = false;
            let value = dotenv::interpolate(&value, |name| match process.variable(name) {
                Variable::Text(value) => Some(Zeroizing::new(value.expose().to_owned())),
                _ => {
                    let own = self.file.get(name).map(|own| own.value.clone().unwrap_or_default());
                    let own = own.or_else(|| self.unset.contains(name).then(Zeroizing::default));
                    elsewhere |= own.is_none();
                    own
                }
            });
            if elsewhere && self.is_without_process() {
                faults.push(DotenvFault { kind: DotenvFaultKind::OtherVariable, line, column });
            }
            let value = Some(value).filter(|value| is_text || !value.contains(char::REPLACEMENT_CHARACTER));
            self.unset.remove(&name);
            self.file.insert(name, FileVariable { value, line });
        }
        self.path = Some(path.into());
        (self, faults)
    }

    /// Whether nothing is known of the process that reads the file.
    fn is_without_process(&self) -> bool {
        !self.inherits && self.process.is_empty()
    }

    /// What the receiver would get otherwise from the file than it looks.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// All variables, for references and secrets: those of the file take precedence over the process's, which
    /// are read on demand.
    pub fn variables(&self) -> EnvVariables {
        let text = |variable: &FileVariable| variable.value.as_ref().map(|value| value.as_str().to_owned());
        self.process_variables()
            .with_file(self.file.iter().map(|(name, variable)| (name.clone(), text(variable))))
    }

    fn process_variables(&self) -> EnvVariables {
        if self.inherits {
            EnvVariables::process()
        } else {
            EnvVariables::of(self.process.iter().map(|(name, value)| (name, value.as_str())))
        }
    }

    /// A variable's value and where it was set.
    pub(super) fn get(&self, name: &'static str) -> Option<WithOrigin<&str>> {
        if let (Some(FileVariable { value: Some(value), line }), Some(path)) =
            (self.file.get(name), &self.path)
        {
            let origin = Origin::Variable { name, file: Some((path.clone(), *line)) };
            return Some(WithOrigin { value, origin });
        }
        let origin = Origin::Variable { name, file: None };
        self.process.get(name).map(|value| WithOrigin { value: value.as_str(), origin })
    }

    /// A variable's value, unless it is unset or empty.
    pub(super) fn text(&self, name: &'static str) -> Option<&str> {
        self.get(name).map(|found| found.value).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reference::{Variable, Variables};

    fn read(text: &str) -> Result<Environment> {
        Environment::of([("ETCD_HOST", "inherited"), ("ETCD_PORT", "1")]).with_file(Path::new("vars"), text)
    }

    #[test]
    fn a_named_file_wins_over_the_process_and_says_so() {
        let env = read("# comment\n\nexport ETCD_HOST = db # note\nETCD_PREFIX='/a b/#'\n").unwrap();
        let host = env.get("ETCD_HOST").unwrap();
        assert_eq!((host.value, host.origin.to_string().as_str()), ("db", "ETCD_HOST (vars:3)"));
        assert_eq!(env.get("ETCD_PREFIX").unwrap().value, "/a b/#");
        assert_eq!(env.get("ETCD_PORT").unwrap().origin.to_string(), "ETCD_PORT");
    }

    #[test]
    fn every_variable_is_there_for_references_and_the_file_wins() {
        let variables = read("WEBHOOK_X_TOKEN='a b'\nETCD_HOST=db\nEMPTY=\n").unwrap().variables();
        let text = |name| match variables.variable(name) {
            Variable::Text(value) => Some(value.expose().to_owned()),
            _ => None,
        };
        let read = ["WEBHOOK_X_TOKEN", "ETCD_HOST", "ETCD_PORT", "EMPTY", "PATH"].map(text);
        assert_eq!(
            read.each_ref().map(Option::as_deref),
            [Some("a b"), Some("db"), Some("1"), Some(""), None]
        );
    }

    #[test]
    fn quotes_keep_their_usual_meaning() {
        let env = read("ETCD_PASSWORD=\"a\\\"b\\\\c\\n#d\" # note\nETCD_USERNAME=a#b\n").unwrap();
        assert_eq!(env.get("ETCD_PASSWORD").unwrap().value, "a\"b\\c\n#d");
        assert_eq!(env.get("ETCD_USERNAME").unwrap().value, "a#b");
    }

    #[test]
    fn a_bad_line_is_named_without_its_content() {
        for (text, place) in [
            ("A=1\n  hunter2\n", "vars:2:3"),
            ("A='hunter2\n", "vars:1:3"),
            ("A=\"hunter2\" x\n", "vars:1:3"),
            ("A=1\n=hunter2\n", "vars:2:1"),
            ("export A=\"\\x hunter2\n", "vars:1:10"),
        ] {
            let error = read(text).err().unwrap().to_string();
            assert!(error.starts_with(place), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let latin_1 = Environment::default().with_file(Path::new("vars"), b"A=1\n# caf\xe9 hunter2\n");
        let error = latin_1.err().unwrap().to_string();
        assert!(
            error.starts_with("vars:2:6: this byte is not UTF-8") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn a_reference_to_a_variable_prefers_the_process_as_the_receiver_s_loader_does() {
        let read = read("ETCD_HOST=file\nETCD_PREFIX=${ETCD_HOST}/${ETCD_NAMESPACE:-none}/\n").unwrap();
        assert_eq!(read.get("ETCD_PREFIX").unwrap().value, "inherited/none/");
        assert_eq!(read.get("ETCD_HOST").unwrap().value, "file", "the file was named");
    }
}
