//! Looks up the value of one setting among flags, variables and the config file, and checks its type.

use std::path::PathBuf;

use super::error::Result;
use super::file::{ConfigFile, RawSetting, SettingLayer};
use super::{
    ConfigText, EffectiveSetting, Environment, Origin, Overrides, SettingKey, SettingKind, WithOrigin,
};
use crate::domain::Finding;

/// The value of a [`SettingKind::SwitchOrPath`].
pub(super) enum SwitchOrPath {
    Switch(bool),
    Path(PathBuf),
}

/// All sources, in order of precedence, and the values found so far.
pub(super) struct Lookup<'a> {
    flags: &'a Overrides,
    environment: &'a Environment,
    file: ConfigFile,
    context: SettingLayer,
    private_file: bool,
    pub(super) effective: Vec<EffectiveSetting>,
    /// Values of variables that the receiver, and so confdeck, reads otherwise than they are written.
    pub(super) findings: Vec<Finding>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(
        flags: &'a Overrides,
        environment: &'a Environment,
        text: Option<&ConfigText>,
    ) -> Result<Self> {
        let file =
            text.map(|text| ConfigFile::parse(&text.path, &text.text)).transpose()?.unwrap_or_default();
        let private_file = text.is_none_or(|text| text.private);
        Ok(Self {
            flags,
            environment,
            file,
            context: SettingLayer::new(),
            private_file,
            effective: Vec::new(),
            findings: Vec::new(),
        })
    }

    /// Adds the table of a context to the sources.
    pub(super) fn enter(&mut self, name: &WithOrigin<String>) -> Result<()> {
        let Some(layer) = self.file.contexts.get(&name.value) else {
            let known: Vec<_> = self.file.contexts.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                "the config file has none".to_owned()
            } else {
                format!("known are {}", known.join(", "))
            };
            return Err(name.wrong(format!("there is no context {:?}; {known}", name.value)));
        };
        self.context = layer.clone();
        Ok(())
    }

    /// A host in the config file implies etcd. Without a backend next to it, the files of the working folder
    /// would be opened instead. A host in a variable is allowed: it may be left over from another program.
    pub(super) fn refuse_unused_host(&self) -> Result<()> {
        let host = self.first(SettingKey::Host).filter(|host| matches!(host.origin, Origin::File { .. }));
        match (host, self.first(SettingKey::Backend)) {
            (Some(host), None) => Err(host.wrong("host is set and backend is not; add backend = \"etcd\"")),
            _ => Ok(()),
        }
    }

    /// A switch that any source can turn on and none can turn off again.
    pub(super) fn strictest(&mut self, key: SettingKey) -> Result<Option<Origin>> {
        let mut on = None;
        for found in self.candidates(key) {
            if switch(key, &found)? && on.is_none() {
                on = Some(found.origin);
            }
        }
        self.record(key, on.is_some(), on.clone().unwrap_or(Origin::Default));
        Ok(on)
    }

    pub(super) fn switch(&mut self, key: SettingKey, default: bool) -> Result<bool> {
        let Some(found) = self.first(key) else { return Ok(self.default(key, default).value) };
        let on = switch(key, &found)?;
        Ok(self.in_force(key, found.map(|_| on)).value)
    }

    /// As [`Lookup::switch`], without a default.
    pub(super) fn named_switch(&mut self, key: SettingKey) -> Result<Option<bool>> {
        self.first(key).map(|_| self.switch(key, false)).transpose()
    }

    /// A number within the range given in the settings table.
    pub(super) fn number(&mut self, key: SettingKey, default: u16) -> Result<WithOrigin<u16>> {
        let (Some(found), SettingKind::Number(from, to)) = (self.first(key), key.setting().kind) else {
            return Ok(self.default(key, default));
        };
        let number = match &found.value {
            RawSetting::Number(number) => u16::try_from(*number).ok(),
            RawSetting::Text(text) => text.trim().parse().ok(),
            RawSetting::Switch(_) | RawSetting::List(_) | RawSetting::Rules(_) => None,
        };
        let number = number.filter(|number| (from..=to).contains(number)).ok_or_else(|| {
            found.wrong(format!("{} must be a number from {from} to {to}", key.setting().name))
        })?;
        Ok(self.in_force(key, found.map(|_| number)))
    }

    /// As [`Lookup::number`], for a variable that the receiver reads too: by its rule, which takes any text.
    pub(super) fn receiver_number(
        &mut self,
        key: SettingKey,
        default: u16,
        rule: fn(&str) -> u16,
    ) -> Result<u16> {
        let Some((text, found)) = self.receiver_text(key) else {
            return Ok(self.number(key, default)?.value);
        };
        let number = rule(text.trim());
        if !text.trim().is_empty() && text.trim().parse() != Ok(number) {
            let problem = format!("{} is read as {number} here, as by the receiver", key.setting().name);
            let remedy = match key.setting().kind {
                SettingKind::Number(from, to) => format!("write a number from {from} to {to}"),
                _ => String::new(),
            };
            self.findings.push(Finding::hint(found.wrong(problem).to_string(), remedy));
        }
        Ok(self.in_force(key, found.map(|()| number)).value)
    }

    /// As [`Lookup::word`], for a variable that the receiver reads too: it takes a word that it does not know
    /// for the default.
    pub(super) fn receiver_word(
        &mut self,
        key: SettingKey,
        default: &'static str,
    ) -> Result<WithOrigin<&'static str>> {
        match (self.word(key, default), self.receiver_text(key)) {
            (Err(_), Some((text, found))) if text.trim().is_empty() => {
                Ok(self.in_force(key, found.map(|()| default)))
            }
            (Err(problem), Some((_, found))) => {
                let remedy = format!("until then it counts as {default}, here as for the receiver");
                self.findings.push(Finding::fault(problem.to_string(), remedy));
                Ok(self.in_force(key, found.map(|()| default)))
            }
            (word, _) => word,
        }
    }

    /// A switch that the receiver reads too: anything but its words for yes means no.
    pub(super) fn receiver_switch(&mut self, key: SettingKey) -> WithOrigin<bool> {
        let on = |text: &str| matches!(text.trim().to_lowercase().as_str(), "1" | "true" | "yes" | "on");
        match self.receiver_text(key) {
            Some((text, found)) => self.in_force(key, found.map(|()| on(&text))),
            None => self.default(key, false),
        }
    }

    /// The text of a setting that a variable, and no flag, determines.
    pub(super) fn receiver_text(&self, key: SettingKey) -> Option<(String, WithOrigin<()>)> {
        match self.first(key)? {
            WithOrigin { value: RawSetting::Text(text), origin: origin @ Origin::Variable { .. } } => {
                Some((text, WithOrigin { value: (), origin }))
            }
            _ => None,
        }
    }

    /// `true` or `false` in any spelling of a switch, otherwise a path; `None` if unset.
    pub(super) fn switch_or_path(&mut self, key: SettingKey) -> Result<Option<SwitchOrPath>> {
        let Some(found) = self.first(key).filter(|found| found.value != RawSetting::Text(String::new()))
        else {
            return Ok(None);
        };
        if let Ok(on) = switch(key, &found) {
            self.record(key, on, found.origin);
            return Ok(Some(SwitchOrPath::Switch(on)));
        }
        Ok(self.path(key).map(|path| SwitchOrPath::Path(path.value)))
    }

    /// One of the accepted words, in lower case.
    pub(super) fn word(
        &mut self,
        key: SettingKey,
        default: &'static str,
    ) -> Result<WithOrigin<&'static str>> {
        let (Some(found), SettingKind::Word(accepted)) = (self.first_text(key), key.setting().kind) else {
            return Ok(self.default(key, default));
        };
        let text = &found.value;
        let word = accepted.iter().find(|word| word.eq_ignore_ascii_case(text.trim())).ok_or_else(|| {
            let name = key.setting().name;
            let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            found.wrong(format!("{text:?} is not {article} {name}; write {}", accepted.join(" or ")))
        })?;
        Ok(self.in_force(key, found.map(|_| *word)))
    }

    /// As [`Lookup::word`], without a default; an empty value counts as unset.
    pub(super) fn named_word(&mut self, key: SettingKey) -> Result<Option<&'static str>> {
        let empty = RawSetting::Text(String::new());
        if self.first(key).is_none_or(|found| found.value == empty) {
            return Ok(None);
        }
        Ok(Some(self.word(key, "")?.value))
    }

    /// The names of all contexts.
    pub(super) fn contexts(&self) -> Vec<String> {
        self.file.contexts.keys().cloned().collect()
    }

    /// A text with a default; an empty value is an error.
    pub(super) fn text_or(&mut self, key: SettingKey, default: &str) -> Result<WithOrigin<String>> {
        let Some(found) = self.first_text(key) else { return Ok(self.default(key, default.to_owned())) };
        if found.value.is_empty() {
            let name = key.setting().name;
            return Err(found.wrong(format!("{name} is empty; leave it out for {default}")));
        }
        Ok(self.in_force(key, found))
    }

    /// An optional text; an empty value counts as unset.
    pub(super) fn text(&mut self, key: SettingKey) -> Option<WithOrigin<String>> {
        let found = self.non_empty(key)?;
        Some(self.in_force(key, found))
    }

    /// A secret: as [`Lookup::text`], but refused from a file that others can read, and never shown.
    pub(super) fn secret(&mut self, key: SettingKey) -> Result<Option<WithOrigin<String>>> {
        let Some(found) = self.non_empty(key) else { return Ok(None) };
        if !self.private_file && matches!(found.origin, Origin::File { .. }) {
            let variable = key.setting().variable.unwrap_or_default();
            return Err(found.wrong(format!(
                "a {} stands in a file that others can read; run chmod 600 on it, or set {variable} instead",
                key.setting().name
            )));
        }
        self.record(key, "(hidden)", found.origin.clone());
        Ok(Some(found))
    }

    /// The home folder, if it is known.
    pub(super) fn home(&self) -> Option<PathBuf> {
        self.environment.text("HOME").map(PathBuf::from)
    }

    /// The texts of a list; none if it is unset.
    pub(super) fn list(&mut self, key: SettingKey) -> Vec<WithOrigin<String>> {
        let found = self.lists(key).next();
        self.record_list(key, found.into_iter().collect())
    }

    /// The texts of a list in all sources: none can take out what another has put in.
    pub(super) fn all_lists(&mut self, key: SettingKey) -> Vec<WithOrigin<String>> {
        let found = self.lists(key).collect();
        self.record_list(key, found)
    }

    /// The texts of several lists, those of what is nearest first, with the list that each is from.
    pub(super) fn layered_lists(&mut self, keys: &[SettingKey]) -> Vec<(SettingKey, WithOrigin<String>)> {
        let layers = [&self.context, &self.file.console, &self.file.defaults, &self.file.top];
        let lists =
            layers.into_iter().flat_map(|layer| keys.iter().filter_map(move |key| layer.get_key_value(key)));
        let texts = |(key, found): (&SettingKey, &WithOrigin<RawSetting>)| match &found.value {
            RawSetting::List(texts) => texts.iter().map(|text| (*key, text.clone())).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let found: Vec<_> = lists.flat_map(texts).collect();
        for key in keys {
            let texts = found.iter().filter(|(of, _)| of == key).map(|(_, text)| text);
            let origin = texts.clone().next().map_or(Origin::Default, |text| text.origin.clone());
            let shown: Vec<_> = texts.map(|text| text.value.as_str()).collect();
            self.record(*key, shown.join(", "), origin);
        }
        found
    }

    /// The list of every source that has one; an empty variable has none.
    fn lists(&self, key: SettingKey) -> impl Iterator<Item = WithOrigin<Vec<WithOrigin<String>>>> + use<> {
        self.candidates(key).into_iter().filter_map(|found| {
            let WithOrigin { value, origin } = found;
            let text = |text: &str| WithOrigin { value: text.trim().to_owned(), origin: origin.clone() };
            let value = match value {
                RawSetting::List(texts) => texts,
                RawSetting::Text(all) if !all.trim().is_empty() => all.split(',').map(text).collect(),
                _ => return None,
            };
            Some(WithOrigin { value, origin })
        })
    }

    fn record_list(
        &mut self,
        key: SettingKey,
        found: Vec<WithOrigin<Vec<WithOrigin<String>>>>,
    ) -> Vec<WithOrigin<String>> {
        let origin = found.first().map_or(Origin::Default, |first| first.origin.clone());
        let texts: Vec<_> = found.into_iter().flat_map(|list| list.value).collect();
        let shown: Vec<_> = texts.iter().map(|text| text.value.as_str()).collect();
        self.record(key, shown.join(", "), origin);
        texts
    }

    /// An optional path.
    pub(super) fn path(&mut self, key: SettingKey) -> Option<WithOrigin<PathBuf>> {
        let found = self.non_empty(key)?;
        let path = found.relative_path(&found.value);
        self.record(key, path.display(), found.origin.clone());
        Some(found.map(|_| path))
    }

    pub(super) fn path_or(&mut self, key: SettingKey, default: &str) -> Result<PathBuf> {
        let found = self.text_or(key, default)?;
        let path = found.relative_path(&found.value);
        // Replaces the record of the text as written: the resolved path says more.
        self.effective.pop();
        self.record(key, path.display(), found.origin);
        Ok(path)
    }

    fn default<T: ToString>(&mut self, key: SettingKey, value: T) -> WithOrigin<T> {
        self.in_force(key, WithOrigin { value, origin: Origin::Default })
    }

    fn in_force<T: ToString>(&mut self, key: SettingKey, found: WithOrigin<T>) -> WithOrigin<T> {
        self.record(key, found.value.to_string(), found.origin.clone());
        found
    }

    pub(super) fn record(&mut self, key: SettingKey, value: impl ToString, origin: Origin) {
        self.effective.push(EffectiveSetting { key, value: value.to_string(), origin });
    }

    fn first(&self, key: SettingKey) -> Option<WithOrigin<RawSetting>> {
        self.candidates(key).into_iter().next()
    }

    /// As [`Lookup::first`], for a text.
    fn first_text(&self, key: SettingKey) -> Option<WithOrigin<String>> {
        let text = |raw| if let RawSetting::Text(text) = raw { text } else { String::new() };
        self.first(key).map(|found| found.map(text))
    }

    /// A text that is not empty; not recorded in `effective`.
    pub(super) fn non_empty(&self, key: SettingKey) -> Option<WithOrigin<String>> {
        self.first_text(key).filter(|found| !found.value.is_empty())
    }

    /// The value of every source, in order of precedence.
    pub(super) fn candidates(&self, key: SettingKey) -> Vec<WithOrigin<RawSetting>> {
        let setting = key.setting();
        let variable = setting.variable.and_then(|name| self.environment.get(name));
        let variable = variable.filter(|found| {
            // An empty variable does not turn anything on.
            !(found.value.is_empty() && matches!(setting.kind, SettingKind::Switch | SettingKind::Presence))
        });
        let layers = [&self.context, &self.file.console, &self.file.defaults, &self.file.top];
        let layered = layers.into_iter().filter_map(|layer| layer.get(&key).cloned());
        let origin = Origin::Flag(setting.flag.unwrap_or_default());
        let flag = self.flag(key).map(|value| WithOrigin { value, origin });
        let variable = variable.map(|found| found.map(|text| RawSetting::Text(text.to_owned())));
        flag.into_iter().chain(variable).chain(layered).collect()
    }

    fn flag(&self, key: SettingKey) -> Option<RawSetting> {
        match key {
            SettingKey::Context => self.flags.context.clone().map(RawSetting::Text),
            SettingKey::Application => {
                let path = self.flags.application.as_ref();
                path.map(|path| RawSetting::Text(path.to_string_lossy().into_owned()))
            }
            SettingKey::Theme => self.flags.theme.clone().map(RawSetting::Text),
            SettingKey::ReadOnly => self.flags.read_only.then_some(RawSetting::Switch(true)),
            SettingKey::Protected => self.flags.protected.then_some(RawSetting::Switch(true)),
            SettingKey::NoColor => self.flags.no_color.then_some(RawSetting::Switch(true)),
            _ => None,
        }
    }
}

fn switch(key: SettingKey, found: &WithOrigin<RawSetting>) -> Result<bool> {
    let setting = key.setting();
    match &found.value {
        RawSetting::Switch(on) => Ok(*on),
        RawSetting::Text(_) if setting.kind == SettingKind::Presence => Ok(true),
        RawSetting::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(found.wrong(format!("{} must be true or false", setting.name))),
        },
        RawSetting::Number(_) | RawSetting::List(_) | RawSetting::Rules(_) => {
            Err(found.wrong(format!("{} must be true or false", setting.name)))
        }
    }
}
