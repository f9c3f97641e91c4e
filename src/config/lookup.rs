//! Finds the value of one setting among flags, variables and the file, and checks its type.

use std::path::{Path, PathBuf};

use super::file::{ConfigFile, RawSetting, SettingLayer};
use super::{
    ConfigText, EffectiveSetting, Environment, Origin, Overrides, SettingKey, SettingKind, SettingsError,
    WithOrigin,
};

type LookupResult<T> = std::result::Result<T, SettingsError>;

/// What a [`SettingKind::SwitchOrPath`] says.
pub(super) enum SwitchOrPath {
    Switch(bool),
    Path(PathBuf),
}

/// All sources of one resolution, highest first, and what was found so far.
pub(super) struct Lookup<'a> {
    flags: &'a Overrides,
    environment: &'a Environment,
    file: ConfigFile,
    context: Option<SettingLayer>,
    private_file: bool,
    pub(super) effective: Vec<EffectiveSetting>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(
        flags: &'a Overrides,
        environment: &'a Environment,
        text: Option<&ConfigText>,
    ) -> LookupResult<Self> {
        let file = text.map_or_else(|| Ok(ConfigFile::default()), |t| ConfigFile::parse(&t.path, &t.text))?;
        let private_file = text.is_none_or(|text| text.private);
        Ok(Self { flags, environment, file, context: None, private_file, effective: Vec::new() })
    }

    /// Takes the table of a context as a source from here on.
    pub(super) fn enter(&mut self, name: &WithOrigin<String>) -> LookupResult<()> {
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
    pub(super) fn refuse_unused_host(&self) -> LookupResult<()> {
        let host = self.first(SettingKey::Host).filter(|host| matches!(host.origin, Origin::File { .. }));
        match (host, self.first(SettingKey::Backend)) {
            (Some(host), None) => Err(of(&host, "host is set and backend is not; add backend = \"etcd\"")),
            _ => Ok(()),
        }
    }

    /// A switch that any source can turn on and none can turn off again: the strictest wins.
    pub(super) fn strictest(&mut self, key: SettingKey) -> LookupResult<Option<Origin>> {
        let mut on = None;
        for found in self.candidates(key) {
            if switch(key, &found)? && on.is_none() {
                on = Some(found.origin);
            }
        }
        self.record(key, on.is_some(), on.clone().unwrap_or(Origin::Default));
        Ok(on)
    }

    pub(super) fn switch(&mut self, key: SettingKey) -> LookupResult<bool> {
        let found = self.first(key);
        let on = found.as_ref().map(|found| switch(key, found)).transpose()?.unwrap_or(false);
        self.record(key, on, found.map_or(Origin::Default, |found| found.origin));
        Ok(on)
    }

    /// A text that another setting falls back on; it is recorded under its own key, not here.
    pub(super) fn raw_text(&self, key: SettingKey) -> Option<String> {
        self.first(key).map(|found| text_of(&found.value).to_owned()).filter(|text| !text.is_empty())
    }

    /// As [`Lookup::switch`], with a default.
    pub(super) fn switch_or(&mut self, key: SettingKey, default: bool) -> LookupResult<bool> {
        match self.first(key) {
            Some(_) => self.switch(key),
            None => Ok(self.default(key, default).value),
        }
    }

    /// A number in the range that its row of the table says.
    pub(super) fn number(&mut self, key: SettingKey, default: u16) -> LookupResult<WithOrigin<u16>> {
        let Some(found) = self.first(key) else {
            return Ok(self.default(key, default));
        };
        let SettingKind::Number(from, to) = key.setting().kind else { return Ok(self.default(key, default)) };
        let number = match &found.value {
            RawSetting::Number(number) => u16::try_from(*number).ok(),
            RawSetting::Text(text) => text.trim().parse().ok(),
            RawSetting::Switch(_) => None,
        };
        let number = number.filter(|number| (from..=to).contains(number)).ok_or_else(|| {
            of(&found, format!("{} must be a number from {from} to {to}", key.setting().name))
        })?;
        self.record(key, number, found.origin.clone());
        Ok(found.map(|_| number))
    }

    /// `true` or `false` in any spelling of a switch, else a path; `None` if it is not set.
    pub(super) fn switch_or_path(&mut self, key: SettingKey) -> LookupResult<Option<SwitchOrPath>> {
        let Some(found) = self.first(key).filter(|found| found.value != RawSetting::Text(String::new()))
        else {
            return Ok(None);
        };
        if let Ok(on) = switch(key, &found) {
            self.record(key, on, found.origin.clone());
            return Ok(Some(SwitchOrPath::Switch(on)));
        }
        let path = relative_path(&found);
        self.record(key, path.display(), found.origin.clone());
        Ok(Some(SwitchOrPath::Path(path)))
    }

    /// One of the accepted words, folded to lower case.
    pub(super) fn word(
        &mut self,
        key: SettingKey,
        default: &'static str,
    ) -> LookupResult<WithOrigin<&'static str>> {
        let Some(found) = self.first(key) else {
            return Ok(self.default(key, default));
        };
        let SettingKind::Word(accepted) = key.setting().kind else { return Ok(self.default(key, default)) };
        let text = text_of(&found.value);
        let word = accepted.iter().find(|word| word.eq_ignore_ascii_case(text.trim())).ok_or_else(|| {
            let problem =
                format!("{text:?} is not a {}; write {}", key.setting().name, accepted.join(" or "));
            of(&found, problem)
        })?;
        self.record(key, word, found.origin.clone());
        Ok(found.map(|_| *word))
    }

    /// A text with a default; set to nothing is a mistake.
    pub(super) fn text_or(&mut self, key: SettingKey, default: &str) -> LookupResult<WithOrigin<String>> {
        let Some(found) = self.first(key) else {
            return Ok(self.default(key, default.to_owned()));
        };
        let text = text_of(&found.value).to_owned();
        if text.is_empty() {
            let problem = format!("{} is empty; leave it out for {default}", key.setting().name);
            return Err(of(&found, problem));
        }
        self.record(key, &text, found.origin.clone());
        Ok(found.map(|_| text))
    }

    /// A text that need not be there; set to nothing counts as not set.
    pub(super) fn text(&mut self, key: SettingKey) -> Option<WithOrigin<String>> {
        let found = self.first(key).filter(|found| !text_of(&found.value).is_empty())?;
        let shown = text_of(&found.value).to_owned();
        self.record(key, shown, found.origin.clone());
        Some(found.map(|raw| text_of(&raw).to_owned()))
    }

    /// A secret: as [`Lookup::text`], refused from a file that others can read, and never shown.
    pub(super) fn secret(&mut self, key: SettingKey) -> LookupResult<Option<WithOrigin<String>>> {
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
        self.record(key, "(hidden)", found.origin.clone());
        Ok(Some(found.map(|raw| text_of(&raw).to_owned())))
    }

    /// A path that need not be there.
    pub(super) fn path(&mut self, key: SettingKey) -> Option<WithOrigin<PathBuf>> {
        let found = self.first(key).filter(|found| !text_of(&found.value).is_empty())?;
        let path = relative_path(&found);
        self.record(key, path.display(), found.origin.clone());
        Some(found.map(|_| path))
    }

    pub(super) fn path_or(&mut self, key: SettingKey, default: &str) -> LookupResult<PathBuf> {
        self.text_or(key, default)?;
        // The text was explained as written; what it leads to says more.
        self.effective.pop();
        match self.path(key) {
            Some(path) => Ok(path.value),
            None => Ok(self.default(key, default).value.into()),
        }
    }

    fn default<T: ToString>(&mut self, key: SettingKey, value: T) -> WithOrigin<T> {
        self.record(key, value.to_string(), Origin::Default);
        WithOrigin { value, origin: Origin::Default }
    }

    fn record(&mut self, key: SettingKey, value: impl ToString, origin: Origin) {
        self.effective.push(EffectiveSetting { key, value: value.to_string(), origin });
    }

    fn first(&self, key: SettingKey) -> Option<WithOrigin<RawSetting>> {
        self.candidates(key).into_iter().next()
    }

    /// Every source's value, highest first.
    fn candidates(&self, key: SettingKey) -> Vec<WithOrigin<RawSetting>> {
        let setting = key.setting();
        let variable = setting.variable.and_then(|name| self.environment.get(name));
        let variable = variable.filter(|found| {
            // A variable that turns something on is off when it is empty.
            !(found.value.is_empty() && matches!(setting.kind, SettingKind::Switch | SettingKind::Presence))
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
            .map(|value| WithOrigin { value, origin: Origin::Flag(setting.flag.unwrap_or_default()) });
        let variable = variable.map(|found| found.map(|text| RawSetting::Text(text.to_owned())));
        flag.into_iter().chain(variable).chain(layered).collect()
    }

    fn flag(&self, key: SettingKey) -> Option<RawSetting> {
        match key {
            SettingKey::Context => self.flags.context.clone().map(RawSetting::Text),
            SettingKey::Theme => self.flags.theme.clone().map(RawSetting::Text),
            SettingKey::ReadOnly => self.flags.read_only.then_some(RawSetting::Switch(true)),
            SettingKey::Protected => self.flags.protected.then_some(RawSetting::Switch(true)),
            SettingKey::NoColor => self.flags.no_color.then_some(RawSetting::Switch(true)),
            _ => None,
        }
    }
}

pub(super) fn of(found: &WithOrigin<RawSetting>, problem: impl Into<String>) -> SettingsError {
    SettingsError::of(&found.origin, problem)
}

fn text_of(raw: &RawSetting) -> &str {
    match raw {
        RawSetting::Text(text) => text,
        RawSetting::Switch(_) | RawSetting::Number(_) => "",
    }
}

/// A path of the config file is relative to that file, so that it means the same from everywhere.
fn relative_path(found: &WithOrigin<RawSetting>) -> PathBuf {
    let path = Path::new(text_of(&found.value));
    match &found.origin {
        Origin::File { path: file, .. } => file.parent().unwrap_or(Path::new("")).join(path),
        _ => path.to_path_buf(),
    }
}

fn switch(key: SettingKey, found: &WithOrigin<RawSetting>) -> LookupResult<bool> {
    let setting = key.setting();
    match &found.value {
        RawSetting::Switch(on) => Ok(*on),
        RawSetting::Text(_) if setting.kind == SettingKind::Presence => Ok(true),
        RawSetting::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(of(found, format!("{} must be true or false", setting.name))),
        },
        RawSetting::Number(_) => Err(of(found, format!("{} must be true or false", setting.name))),
    }
}
