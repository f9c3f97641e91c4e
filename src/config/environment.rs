//! Environment variables: those of the process, overlaid with those of a named file.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::error::Result;
use super::{Origin, SETTINGS, SettingsError, WithOrigin};
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
    file: HashMap<String, (Zeroizing<String>, usize)>,
    path: Option<Arc<Path>>,
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

    /// Adds the variables of a file. They take precedence: the file was named explicitly, the process's
    /// variables were inherited.
    ///
    /// Lines are `NAME=VALUE`, `export NAME=VALUE`, blank, or begin with `#`. A value in single
    /// quotes is taken as it is; in double quotes `\n`, `\t`, `\"`, `\\` and `\$` are escapes;
    /// without quotes it ends before ` #`. Nothing is expanded.
    ///
    /// # Errors
    /// [`SettingsError::At`] with the first line that does not have this form.
    pub fn with_file(mut self, path: &Path, text: &str) -> Result<Self> {
        for (line, text) in (1..).zip(text.lines()) {
            let parsed = parse_line(text).map_err(|(column, problem)| SettingsError::At {
                path: path.to_path_buf(),
                line,
                column,
                problem: problem.into(),
            })?;
            self.file.extend(parsed.map(|(name, value)| (name.to_owned(), (value, line))));
        }
        self.path = Some(path.into());
        Ok(self)
    }

    /// All variables, for references and secrets: those of the file take precedence over the process's, which
    /// are read on demand.
    pub fn variables(&self) -> EnvVariables {
        let inherited = if self.inherits {
            EnvVariables::process()
        } else {
            EnvVariables::of(self.process.iter().map(|(name, value)| (name, value.as_str())))
        };
        inherited.with(self.file.iter().map(|(name, (value, _))| (name, value.as_str())))
    }

    /// A variable's value and where it was set.
    pub(super) fn get(&self, name: &'static str) -> Option<WithOrigin<&str>> {
        if let (Some((value, line)), Some(path)) = (self.file.get(name), &self.path) {
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

type LineError = (usize, &'static str);

fn parse_line(line: &str) -> std::result::Result<Option<(&str, Zeroizing<String>)>, LineError> {
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return Ok(None);
    }
    let trimmed = trimmed.strip_prefix("export ").map_or(trimmed, str::trim_start);
    let column_of = |part: &str| 1 + offset(line, part);
    let Some((name, value)) = trimmed.split_once('=') else {
        return Err((column_of(trimmed), "this is not NAME=VALUE; begin a comment with #"));
    };
    let name = name.trim_end();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(word) {
        return Err((column_of(trimmed), "a variable's name is letters, digits and _"));
    }
    let value = value.trim_start();
    parse_value(value).map(|value| Some((name, value))).map_err(|problem| (column_of(value), problem))
}

/// The offset of `part`, a slice of `whole`, in characters.
fn offset(whole: &str, part: &str) -> usize {
    let bytes = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    whole.get(..bytes).map_or(0, |before| before.chars().count())
}

fn parse_value(text: &str) -> std::result::Result<Zeroizing<String>, &'static str> {
    if let Some(rest) = text.strip_prefix('\'') {
        let (value, rest) = rest.split_once('\'').ok_or("a quote is opened and not closed on this line")?;
        return nothing_after(rest).map(|()| Zeroizing::new(value.to_owned()));
    }
    if let Some(rest) = text.strip_prefix('"') {
        return double_quoted(rest);
    }
    let value = text.split_once(" #").map_or(text, |(value, _)| value);
    Ok(Zeroizing::new(value.trim_end().to_owned()))
}

fn double_quoted(text: &str) -> std::result::Result<Zeroizing<String>, &'static str> {
    // Never reallocates, so that no copy is left behind.
    let mut value = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return nothing_after(chars.as_str()).map(|()| value),
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some(c @ ('"' | '\\' | '$')) => value.push(c),
                _ => return Err(r#"inside double quotes only \n, \t, \", \\ and \$ are escapes"#),
            },
            c => value.push(c),
        }
    }
    Err("a quote is opened and not closed on this line")
}

fn nothing_after(rest: &str) -> std::result::Result<(), &'static str> {
    let rest = rest.trim_start();
    let nothing = rest.is_empty() || rest.starts_with('#');
    nothing.then_some(()).ok_or("something follows the closing quote; quote the whole value")
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
            ("A-B=hunter2\n", "vars:1:1"),
            ("export A=\"\\x\"\n", "vars:1:10"),
        ] {
            let error = read(text).err().unwrap().to_string();
            assert!(error.starts_with(place), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
