//! Finds the value of one setting among flags, variables and the file, and checks its type.

use std::path::{Path, PathBuf};

use super::file::{ConfigFile, Layer, Raw};
use super::{
    ConfigText, Environment, Explained, Kind, Origin, Overrides, SettingKey, SettingsError, Sourced,
};

type Result<T> = std::result::Result<T, SettingsError>;

/// All sources of one resolution, highest first, and what was found so far.
pub(super) struct Lookup<'a> {
    flags: &'a Overrides,
    environment: &'a Environment,
    file: ConfigFile,
    context: Option<Layer>,
    private_file: bool,
    pub(super) explained: Vec<Explained>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(
        flags: &'a Overrides,
        environment: &'a Environment,
        text: Option<&ConfigText>,
    ) -> Result<Self> {
        let file = text.map_or_else(|| Ok(ConfigFile::default()), |t| ConfigFile::parse(&t.path, &t.text))?;
        let private_file = text.is_none_or(|text| text.private);
        Ok(Self { flags, environment, file, context: None, private_file, explained: Vec::new() })
    }

    /// Takes the table of a context as a source from here on.
    pub(super) fn enter(&mut self, name: &Sourced<String>) -> Result<()> {
        let Some(layer) = self.file.contexts.get(&name.value) else {
            let known: Vec<_> = self.file.contexts.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                "the config file has none".to_owned()
            } else {
                format!("known are {}", known.join(", "))
            };
            return Err(SettingsError::of(
                &name.origin,
                format!("there is no context {:?}; {known}", name.value),
            ));
        };
        self.context = Some(layer.clone());
        Ok(())
    }

    /// A host in the config file means etcd: without a backend beside it, files of the working folder
    /// would be opened in its place. A variable may be left over from another program.
    pub(super) fn refuse_unused_host(&self) -> Result<()> {
        let host = self.first(SettingKey::Host).filter(|host| matches!(host.origin, Origin::File { .. }));
        match (host, self.first(SettingKey::Backend)) {
            (Some(host), None) => Err(of(&host, "host is set and backend is not; add backend = \"etcd\"")),
            _ => Ok(()),
        }
    }

    /// A switch that any source can turn on and none can turn off again: the strictest wins.
    pub(super) fn strictest(&mut self, key: SettingKey) -> Result<Option<Origin>> {
        let mut on = None;
        for found in self.candidates(key) {
            if switch(key, &found)? && on.is_none() {
                on = Some(found.origin);
            }
        }
        self.explain(key, on.is_some(), on.clone().unwrap_or(Origin::Default));
        Ok(on)
    }

    pub(super) fn switch(&mut self, key: SettingKey) -> Result<bool> {
        let found = self.first(key);
        let on = found.as_ref().map(|found| switch(key, found)).transpose()?.unwrap_or(false);
        self.explain(key, on, found.map_or(Origin::Default, |found| found.origin));
        Ok(on)
    }

    /// As [`Lookup::switch`], of what need not be off where nobody says so.
    pub(super) fn switch_or(&mut self, key: SettingKey, default: bool) -> Result<bool> {
        match self.first(key) {
            Some(_) => self.switch(key),
            None => Ok(self.default(key, default).value),
        }
    }

    pub(super) fn port(&mut self, key: SettingKey, default: u16) -> Result<Sourced<u16>> {
        let Some(found) = self.first(key) else {
            return Ok(self.default(key, default));
        };
        let number = match &found.value {
            Raw::Number(number) => u16::try_from(*number).ok(),
            Raw::Text(text) => text.trim().parse().ok(),
            Raw::Switch(_) => None,
        };
        let number = number
            .filter(|number| *number > 0)
            .ok_or_else(|| of(&found, format!("{} must be a number from 1 to 65535", key.setting().name)))?;
        self.explain(key, number, found.origin.clone());
        Ok(found.map(|_| number))
    }

    /// One of the accepted words, folded to lower case.
    pub(super) fn word(&mut self, key: SettingKey, default: &'static str) -> Result<Sourced<&'static str>> {
        let Some(found) = self.first(key) else {
            return Ok(self.default(key, default));
        };
        let Kind::Word(accepted) = key.setting().kind else { return Ok(self.default(key, default)) };
        let text = text_of(&found.value);
        let word = accepted.iter().find(|word| word.eq_ignore_ascii_case(text.trim())).ok_or_else(|| {
            let problem =
                format!("{text:?} is not a {}; write {}", key.setting().name, accepted.join(" or "));
            of(&found, problem)
        })?;
        self.explain(key, word, found.origin.clone());
        Ok(found.map(|_| *word))
    }

    /// A text with a default; set to nothing is a mistake.
    pub(super) fn text_or(&mut self, key: SettingKey, default: &str) -> Result<Sourced<String>> {
        let Some(found) = self.first(key) else {
            return Ok(self.default(key, default.to_owned()));
        };
        let text = text_of(&found.value).to_owned();
        if text.is_empty() {
            let problem = format!("{} is empty; leave it out for {default}", key.setting().name);
            return Err(of(&found, problem));
        }
        self.explain(key, &text, found.origin.clone());
        Ok(found.map(|_| text))
    }

    /// A text that need not be there; set to nothing counts as not set.
    pub(super) fn text(&mut self, key: SettingKey) -> Option<Sourced<String>> {
        let found = self.first(key).filter(|found| !text_of(&found.value).is_empty())?;
        let shown = text_of(&found.value).to_owned();
        self.explain(key, shown, found.origin.clone());
        Some(found.map(|raw| text_of(&raw).to_owned()))
    }

    /// A secret: as [`Lookup::text`], refused from a file that others can read, and never shown.
    pub(super) fn secret(&mut self, key: SettingKey) -> Result<Option<Sourced<String>>> {
        let Some(found) = self.first(key).filter(|found| !text_of(&found.value).is_empty()) else {
            return Ok(None);
        };
        if !self.private_file && matches!(found.origin, Origin::File { .. }) {
            let variable = key.setting().variable.unwrap_or_default();
            let problem = format!(
                "a {} stands in a file that others can read; run chmod 600 on it, or set {variable} instead",
                key.setting().name
            );
            return Err(of(&found, problem));
        }
        self.explain(key, "(hidden)", found.origin.clone());
        Ok(Some(found.map(|raw| text_of(&raw).to_owned())))
    }

    /// A path that need not be there.
    pub(super) fn path(&mut self, key: SettingKey) -> Option<Sourced<PathBuf>> {
        let found = self.first(key).filter(|found| !text_of(&found.value).is_empty())?;
        let path = located(&found);
        self.explain(key, path.display(), found.origin.clone());
        Some(found.map(|_| path))
    }

    pub(super) fn path_or(&mut self, key: SettingKey, default: &str) -> Result<PathBuf> {
        self.text_or(key, default)?;
        // The text was explained as written; what it leads to says more.
        self.explained.pop();
        match self.path(key) {
            Some(path) => Ok(path.value),
            None => Ok(self.default(key, default).value.into()),
        }
    }

    fn default<T: ToString>(&mut self, key: SettingKey, value: T) -> Sourced<T> {
        self.explain(key, value.to_string(), Origin::Default);
        Sourced { value, origin: Origin::Default }
    }

    fn explain(&mut self, key: SettingKey, value: impl ToString, origin: Origin) {
        self.explained.push(Explained { key, value: value.to_string(), origin });
    }

    fn first(&self, key: SettingKey) -> Option<Sourced<Raw>> {
        self.candidates(key).into_iter().next()
    }

    /// Every source's value, highest first.
    fn candidates(&self, key: SettingKey) -> Vec<Sourced<Raw>> {
        let setting = key.setting();
        let variable = setting.variable.and_then(|name| self.environment.get(name));
        let variable = variable.filter(|found| {
            // A variable that turns something on is off when it is empty.
            !(found.value.is_empty() && matches!(setting.kind, Kind::Switch | Kind::Presence))
        });
        let layers = [
            self.context.as_ref(),
            Some(&self.file.console),
            Some(&self.file.defaults),
            Some(&self.file.top),
        ];
        let layered = layers.into_iter().flatten().filter_map(|layer| layer.get(&key).cloned());
        let flag = self
            .flag(key)
            .map(|value| Sourced { value, origin: Origin::Flag(setting.flag.unwrap_or_default()) });
        let variable = variable.map(|found| found.map(|text| Raw::Text(text.to_owned())));
        flag.into_iter().chain(variable).chain(layered).collect()
    }

    fn flag(&self, key: SettingKey) -> Option<Raw> {
        match key {
            SettingKey::Context => self.flags.context.clone().map(Raw::Text),
            SettingKey::Theme => self.flags.theme.clone().map(Raw::Text),
            SettingKey::ReadOnly => self.flags.read_only.then_some(Raw::Switch(true)),
            SettingKey::Protected => self.flags.protected.then_some(Raw::Switch(true)),
            SettingKey::NoColor => self.flags.no_color.then_some(Raw::Switch(true)),
            _ => None,
        }
    }
}

pub(super) fn of(found: &Sourced<Raw>, problem: impl Into<String>) -> SettingsError {
    SettingsError::of(&found.origin, problem)
}

fn text_of(raw: &Raw) -> &str {
    match raw {
        Raw::Text(text) => text,
        Raw::Switch(_) | Raw::Number(_) => "",
    }
}

/// A path of the config file is relative to that file, so that it means the same from everywhere.
fn located(found: &Sourced<Raw>) -> PathBuf {
    let path = Path::new(text_of(&found.value));
    match &found.origin {
        Origin::File { path: file, .. } => file.parent().unwrap_or(Path::new("")).join(path),
        _ => path.to_path_buf(),
    }
}

fn switch(key: SettingKey, found: &Sourced<Raw>) -> Result<bool> {
    let setting = key.setting();
    match &found.value {
        Raw::Switch(on) => Ok(*on),
        Raw::Text(_) if setting.kind == Kind::Presence => Ok(true),
        Raw::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(of(found, format!("{} must be true or false", setting.name))),
        },
        Raw::Number(_) => Err(of(found, format!("{} must be true or false", setting.name))),
    }
}
