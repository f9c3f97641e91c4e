//! Reads tables of an application file member by member, and gathers every mistake with its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use toml::de::DeValue;
use zeroize::Zeroizing;

use super::coerce::{FALSE, TRUE, boolean};
use super::members::{MemberKind, SpecMember};
use super::{HardcodedCredential, SpecMistake, SpecPlace, credentials, units};
use crate::application::substitute::{Substituted, substitute};
use crate::config::{TomlText, TomlValue};
use crate::domain::reference::Variables;

pub(super) struct SpecReader<'t> {
    pub(super) text: &'t TomlText<'t>,
    pub(super) path: Arc<PathBuf>,
    pub(super) variables: &'t dyn Variables,
    pub(super) mistakes: Vec<SpecMistake>,
    /// Credentials in what has been read.
    pub(super) credentials: Vec<HardcodedCredential>,
}

/// The members of a table, each of which is known.
pub(super) struct Members<'d, 't> {
    /// Of the table itself.
    pub(super) span: Range<usize>,
    values: BTreeMap<&'static str, (&'static SpecMember, &'d TomlValue<'t>)>,
}

impl<'d, 't> Members<'d, 't> {
    pub(super) fn get(&self, name: &str) -> Option<&'d TomlValue<'t>> {
        self.values.get(name).map(|(_, value)| *value)
    }
}

/// A text with its place.
pub(super) struct WrittenText<'d> {
    pub(super) text: &'d str,
    pub(super) span: Range<usize>,
}

impl SpecReader<'_> {
    pub(super) fn place(&self, span: &Range<usize>) -> SpecPlace {
        let (line, column) = self.text.line_column(span);
        SpecPlace { path: Arc::clone(&self.path), line, column }
    }

    pub(super) fn mistake(&mut self, span: &Range<usize>, problem: impl Into<String>) {
        let place = self.place(span);
        self.mistakes.push(SpecMistake { place, problem: problem.into() });
    }

    /// A mistake at a byte of a text: where it stands, or at the text with its number of characters.
    pub(super) fn mistake_within(&mut self, value: &TomlValue<'_>, at: usize, problem: &str) {
        match self.text.verbatim(value) {
            Some(start) => self.mistake(&(start + at..start + at), problem),
            None => {
                let before = value.get_ref().as_str().and_then(|text| text.get(..at)).unwrap_or_default();
                self.mistake(
                    &value.span(),
                    format!("at character {}: {problem}", before.chars().count() + 1),
                );
            }
        }
    }

    pub(super) fn mistyped(&mut self, name: &str, wanted: &str, value: &TomlValue<'_>) {
        let found = value.get_ref().type_str();
        self.mistake(&value.span(), format!("{name} must be {wanted}, and is a TOML {found}"));
    }

    /// The members of a table; those that are not known, and those that are missing, are mistakes. `label` is what the
    /// table is called.
    pub(super) fn members<'d, 't>(
        &mut self,
        table: &'d TomlValue<'t>,
        label: &str,
        known: &[&'static [SpecMember]],
    ) -> Option<Members<'d, 't>> {
        let Some(members) = table.get_ref().as_table() else {
            self.mistyped(label, "a table", table);
            return None;
        };
        let known = || known.iter().flat_map(|members| members.iter());
        let mut values = BTreeMap::new();
        for (name, value) in members {
            match known().find(|member| member.name == name.get_ref()) {
                Some(member) => {
                    values.insert(member.name, (member, value));
                }
                None => {
                    let names: Vec<_> = known().map(|member| member.name).collect();
                    let name = (name.get_ref(), name.span());
                    let problem =
                        format!("{:?} is not known in {label}; known are {}", name.0, names.join(", "));
                    self.mistake(&name.1, problem);
                }
            }
        }
        for member in known().filter(|member| member.required && !values.contains_key(member.name)) {
            self.mistake(&table.span(), format!("{label} needs {} = \"…\"", member.name));
        }
        Some(Members { span: table.span(), values })
    }

    /// A text as it is written.
    pub(super) fn plain<'d>(&mut self, members: &Members<'d, '_>, name: &str) -> Option<WrittenText<'d>> {
        let value = members.get(name)?;
        match value.get_ref().as_str() {
            Some(text) => Some(WrittenText { text, span: value.span() }),
            None => {
                self.mistyped(name, "a text in quotes", value);
                None
            }
        }
    }

    /// A text with its variables replaced. An empty one is none: so a variable without a value leaves an option out.
    pub(super) fn text(&mut self, members: &Members<'_, '_>, name: &str) -> Option<Substituted> {
        let value = members.get(name)?;
        match value.get_ref().as_str() {
            Some(_) => {
                let made = self.substituted(value).filter(|made| !made.text.is_empty())?;
                self.note_credential(name, name.to_owned(), &made, value);
                Some(made)
            }
            None => {
                self.mistyped(name, "a text in quotes", value);
                None
            }
        }
    }

    /// Takes note of a credential that comes from no variable.
    fn note_credential(&mut self, name: &str, subject: String, made: &Substituted, value: &TomlValue<'_>) {
        let SpecPlace { path, line, column } = self.place(&value.span());
        let of_option = || credentials::of_option(name, subject, &made.text, (path, line, column));
        self.credentials.extend(made.variables.is_empty().then(of_option).flatten());
    }

    /// As [`Self::text`], where there has to be one.
    pub(super) fn needed_text(&mut self, members: &Members<'_, '_>, name: &str) -> Option<Substituted> {
        let before = self.mistakes.len();
        let made = self.text(members, name);
        if let (None, Some(value)) = (&made, members.get(name))
            && before == self.mistakes.len()
        {
            self.mistake(&value.span(), format!("{name} is empty"));
        }
        made
    }

    fn substituted(&mut self, value: &TomlValue<'_>) -> Option<Substituted> {
        let text = value.get_ref().as_str()?;
        match substitute(text, |name| self.variables.variable(name)) {
            Ok(made) => Some(made.unwrap_or_else(|| Substituted::unchanged(text))),
            Err(fault) => {
                self.mistake_within(value, fault.at, &format!("{fault}; {}", fault.remedy()));
                None
            }
        }
    }

    pub(super) fn flag(&mut self, members: &Members<'_, '_>, name: &str) -> Option<bool> {
        let value = members.get(name)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.mistyped(name, "true or false", value);
        }
        flag
    }

    pub(super) fn switch(&mut self, members: &Members<'_, '_>, name: &str) -> Option<bool> {
        let value = members.get(name)?;
        if !value.get_ref().is_str() {
            return self.flag(members, name);
        }
        let text = self.substituted(value)?.text;
        let is_on = boolean(&text);
        if is_on.is_some() || text.trim().is_empty() {
            return is_on;
        }
        let words = [TRUE, FALSE].map(|words| words.join(" ")).join(", or ");
        self.mistake(&value.span(), format!("{name} must be true or false; as a text one of {words}"));
        None
    }

    /// A number within the limits of its row.
    pub(super) fn count<N: TryFrom<u64>>(&mut self, members: &Members<'_, '_>, name: &str) -> Option<N> {
        let (SpecMember { kind, .. }, value) = *members.values.get(name)?;
        let (from, to) = match kind {
            MemberKind::Count(from, to) => (*from, *to),
            _ => (0, u64::MAX),
        };
        let wanted = format!("a whole number from {from} to {to}");
        let Some(number) = value.get_ref().as_integer() else {
            self.mistyped(name, &wanted, value);
            return None;
        };
        let number = u64::from_str_radix(number.as_str(), number.radix()).ok();
        let number = number.filter(|number| (from..=to).contains(number));
        if number.is_none() {
            self.mistake(&value.span(), format!("{name} must be {wanted}"));
        }
        number.and_then(|number| number.try_into().ok())
    }

    pub(super) fn duration(&mut self, members: &Members<'_, '_>, name: &str) -> Option<std::time::Duration> {
        let value = members.get(name)?;
        let text = match value.get_ref() {
            DeValue::String(_) => self.substituted(value)?.text,
            DeValue::Integer(number) => Zeroizing::new(number.to_string()),
            DeValue::Float(number) => Zeroizing::new(number.to_string()),
            _ => {
                self.mistyped(name, "a text as \"10s\"", value);
                return None;
            }
        };
        if text.is_empty() {
            return None;
        }
        let seconds = units::seconds(text.trim()).and_then(|seconds| seconds.as_f64());
        let duration = seconds.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
        let duration = duration.filter(|duration| !duration.is_zero());
        if duration.is_none() {
            self.mistake(
                &value.span(),
                format!("{name} must be longer than nothing, as \"10s\" or \"1m30s\""),
            );
        }
        duration
    }

    /// The one of these words that stands there.
    pub(super) fn word<T: Copy>(
        &mut self,
        members: &Members<'_, '_>,
        name: &str,
        words: impl Iterator<Item = (&'static str, T)> + Clone,
    ) -> Option<T> {
        let WrittenText { text, span } = self.plain(members, name)?;
        let found = words.clone().find(|(word, _)| *word == text).map(|(_, meaning)| meaning);
        if found.is_none() {
            let known: Vec<_> = words.map(|(word, _)| word).collect();
            self.mistake(&span, format!("{name} must be one of {}", known.join(", ")));
        }
        found
    }

    /// Texts of a list, or of a text with commas.
    pub(super) fn list(&mut self, members: &Members<'_, '_>, name: &str) -> Option<Vec<String>> {
        let value = members.get(name)?;
        let one: &[TomlValue<'_>] = std::slice::from_ref(value);
        let items = value.get_ref().as_array().map_or(one, |items| items.as_ref());
        let mut texts = Vec::new();
        for item in items {
            if !item.get_ref().is_str() {
                self.mistyped(name, "a list of texts, or a text with commas", item);
                return None;
            }
            let made = self.substituted(item)?;
            let parts = made.text.split(',').map(str::trim).filter(|part| !part.is_empty());
            texts.extend(parts.map(str::to_owned));
        }
        Some(texts)
    }

    /// The texts of a table by their names.
    pub(super) fn texts(
        &mut self,
        members: &Members<'_, '_>,
        name: &str,
    ) -> Option<Vec<(String, Zeroizing<String>)>> {
        let value = members.get(name)?;
        let Some(table) = value.get_ref().as_table() else {
            self.mistyped(name, "a table of texts", value);
            return None;
        };
        let mut texts = Vec::new();
        for (member, value) in table {
            if !value.get_ref().is_str() {
                self.mistyped(&format!("{name}.{}", member.get_ref()), "a text in quotes", value);
                continue;
            }
            if let Some(made) = self.substituted(value) {
                let subject = format!("{name}.{}", member.get_ref());
                self.note_credential(member.get_ref(), subject, &made, value);
                texts.push((member.get_ref().to_string(), made.text));
            }
        }
        Some(texts)
    }
}
