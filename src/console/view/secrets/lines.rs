//! The lines of a secret's detail, but for the documents that depend on it, of which there may be very
//! many: those are made one by one where they are seen.

use std::borrow::Cow;

use super::super::widgets::{Phrase, width};
use super::super::words;
use super::states;
use crate::console::model::{Model, SecretEntry, SecretFieldRow, SecretPart, SecretState, Spot, Subject};
use crate::console::theme::{Ink, glyph};
use crate::domain::{
    OWN_VARIABLES, Presence, SecretField, SecretPath, VersionState, Versions, variable_name,
};
use crate::inventory::Slot;
use crate::text::{MASK, Safe};

/// The most versions, and the most metadata of users, that are told of one secret.
const MOST: usize = 100;

const LABEL: usize = 7;

/// One line, and what can be selected in it.
pub(super) struct Line {
    pub(super) phrase: Phrase,
    pub(super) spot: Option<Spot>,
}

/// The lines of one secret.
pub(super) struct Lines<'m> {
    model: &'m Model,
    entry: &'m SecretEntry,
    presence: Option<Cow<'m, Presence>>,
    room: u16,
    pub(super) all: Vec<Line>,
}

impl<'m> Lines<'m> {
    /// Those of the selected secret.
    pub(super) fn of(model: &'m Model, room: u16) -> Option<Self> {
        let entry = model.secrets_page.entry()?;
        let seen = model.selected_presence();
        let presence = seen.and_then(Result::ok).flatten();
        let mut lines = Self { model, entry, presence, room, all: Vec::new() };
        lines.head();
        lines.fields();
        lines.versions();
        if !entry.holders.is_empty() {
            lines.section(format!("DEPENDS ON IT  {}", words::grouped(entry.holders.len())));
        }
        Some(lines)
    }

    /// How many documents follow, a line each.
    pub(super) fn holders(&self) -> usize {
        self.entry.holders.len()
    }

    fn add(&mut self, label: &str, ink: Ink, words: &str) {
        let room = self.room.saturating_sub(7).max(8);
        if words.is_empty() {
            return;
        }
        for (at, line) in words::wrap(words, room).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            let phrase = Phrase::of(Ink::Dim, format!("{label:LABEL$}")).and(ink, line);
            self.all.push(Line { phrase, spot: None });
        }
    }

    fn section(&mut self, title: String) {
        self.all.push(Line { phrase: Phrase::default(), spot: None });
        self.all.push(Line { phrase: Phrase::of(Ink::Dim, title), spot: None });
    }

    fn head(&mut self) {
        let state = states::state(self.model, self.entry);
        let (ink, glyph, words) = states::look(state);
        let told = self.presence.as_deref().map(|presence| states::presence(self.model, presence));
        match told {
            // It says the same, and more.
            Some(told) if told.starts_with(&words) => {
                let ink = if state == SecretState::Present { Ink::Text } else { ink };
                self.add("state", ink, &format!("{glyph} {told}"));
            }
            Some(told) if state == SecretState::Loose => self.add("state", Ink::Text, &told),
            told => {
                self.add("state", ink, &format!("{glyph} {words}"));
                self.add("", Ink::Text, &told.unwrap_or_default());
            }
        }
        self.lives();
        self.used();
    }

    fn lives(&mut self) {
        match &self.entry.subject {
            Subject::Path(SecretPath::Kv { mount, path }) => {
                let words = format!("{} in the engine {}/", path.as_str(), mount.as_str());
                self.add("lives", Ink::Text, &words);
            }
            Subject::Path(SecretPath::Variables(id)) => {
                let names: Vec<_> = OWN_VARIABLES.iter().map(|field| variable_name(id, *field)).collect();
                self.add("lives", Ink::Text, &format!("variables {}", names.join(", ")));
            }
            Subject::Variable(_) => self.add("lives", Ink::Text, "a variable of the receiver's environment"),
            Subject::Unread(_) => {
                let words = "the receiver looks for it in no store: it reads no Vault, or the path is none";
                self.add("lives", Ink::Text, words);
            }
        }
    }

    fn used(&mut self) {
        let partial = self.model.inventory.coverage().is_partial();
        match self.entry.holders.len() {
            0 => {
                self.add("used", Ink::Text, "no reference seen");
                let words = match partial {
                    true => "you may not read all documents; others, and other programs, may need it",
                    false => "other stores of documents, and other programs, may need it",
                };
                self.add("", Ink::Dim, words);
            }
            count => self.add("used", Ink::Text, &format!("by {}", words::plural(count, "document"))),
        }
        if self.entry.own > 0 && matches!(self.presence.as_deref(), Some(Presence::Missing)) {
            self.add("", Ink::Dim, "a webhook's own secrets; one without any needs none");
        }
    }

    fn fields(&mut self) {
        let rows = self.model.secrets_page.fields(self.presence.as_deref());
        if rows.is_empty() {
            return;
        }
        self.section(format!("FIELDS  {}", words::grouped(rows.len())));
        let names: Vec<Safe<'_>> = rows.iter().map(|row| Safe::new(row.name.as_str())).collect();
        let widest = names.iter().map(width).max().unwrap_or(0).min(self.room / 2);
        for (row, name) in rows.iter().zip(names) {
            let blank = usize::from((widest + 2).saturating_sub(width(&name)).max(1));
            let mut phrase = Phrase::of(Ink::Text, name.into_owned()).and(Ink::Text, " ".repeat(blank));
            let (ink, glyph, words, mask) = self.field(row);
            phrase = phrase.and(Ink::Secret, mask).and(ink, format!("  {glyph} {words}"));
            let users = self.users(row);
            if !users.is_empty() {
                phrase = phrase.and(Ink::Dim, format!("  {users}"));
            }
            self.all.push(Line { phrase, spot: Some(Spot::Field(row.name.clone())) });
        }
    }

    /// How a field looks; the mask has one width, whatever it hides.
    fn field(&self, row: &SecretFieldRow) -> (Ink, &'static str, &'static str, String) {
        let blank = || " ".repeat(usize::from(width(&Safe::literal(MASK))));
        if let Some((ink, glyph, words)) = states::field(row.state) {
            return (ink, glyph, words, MASK.to_owned());
        }
        let words = match self.presence.as_deref() {
            Some(Presence::Present(_) | Presence::Missing) => "missing",
            Some(Presence::Deleted { .. }) => "deleted",
            Some(Presence::Destroyed { .. }) => "destroyed",
            _ => return (Ink::Dim, glyph::UNKNOWN, "not known", blank()),
        };
        match row.count.is_needed() {
            true => (Ink::Bad, glyph::BAD, words, blank()),
            false => (Ink::Warning, glyph::WARNING, words, blank()),
        }
    }

    fn users(&self, row: &SecretFieldRow) -> String {
        let count = row.count;
        if count.all > 0 {
            let users = words::plural(count.all as usize, "document");
            return match count.fallback {
                0 => users,
                with => format!("{users}, {} with a default", words::grouped(with as usize)),
            };
        }
        let is_own = SecretField::ALL.iter().any(|field| field.as_str() == row.name.as_str());
        match (self.entry.own > 0, is_own) {
            (true, true) => String::new(),
            (true, false) => "not one of a webhook's own".into(),
            (false, _) => "no reference seen".into(),
        }
    }

    fn versions(&mut self) {
        let Some(past) = &self.model.secrets_page.past else { return };
        match &past.told {
            None => {
                self.section("VERSIONS".into());
                self.plain(Ink::Dim, &format!("asking {}", glyph::MORE));
            }
            Some(Err(words)) => {
                self.section("VERSIONS".into());
                self.plain(Ink::Dim, words);
            }
            Some(Ok(None)) => {}
            Some(Ok(Some(versions))) => {
                self.listed(versions);
                self.custom(versions);
            }
        }
    }

    fn plain(&mut self, ink: Ink, words: &str) {
        for line in words::wrap(words, self.room) {
            self.all.push(Line { phrase: Phrase::of(ink, line), spot: None });
        }
    }

    fn listed(&mut self, versions: &Versions) {
        self.section(format!("VERSIONS  {}", words::grouped(versions.list.len())));
        for info in versions.list.iter().take(MOST) {
            let written = info.written.map(|at| states::since(self.model, at).text).unwrap_or_default();
            let newest = if versions.current == Some(info.version) { "  newest" } else { "" };
            let (ink, words) = match info.state {
                VersionState::Kept => (Ink::Text, "kept".to_owned()),
                VersionState::Deleted(Some(at)) => {
                    (Ink::Warning, format!("deleted {} ago", states::since(self.model, at).text))
                }
                VersionState::Deleted(None) => (Ink::Warning, "deleted".to_owned()),
                VersionState::Destroyed => (Ink::Bad, "destroyed".to_owned()),
            };
            let phrase = Phrase::of(Ink::Text, format!("{:<6}", info.version.to_string()))
                .and(Ink::Dim, format!("{written:>5}  "))
                .and(ink, words)
                .and(Ink::Dim, newest);
            self.all.push(Line { phrase, spot: Some(Spot::Version(info.version)) });
        }
        if versions.list.len() > MOST {
            let more = words::plural(versions.list.len() - MOST, "older one");
            self.plain(Ink::Dim, &format!("and {more}"));
        }
        let mut rules = Vec::new();
        if let Some(max) = versions.max {
            rules.push(format!(
                "at most {} are kept",
                words::grouped(usize::try_from(max).unwrap_or(usize::MAX))
            ));
        }
        if versions.cas_required {
            rules.push("every writer has to name the version it replaces".into());
        }
        if let Some(after) = versions.delete_after {
            rules.push(format!(
                "each is deleted {} after it was written",
                crate::console::age::until(after).text
            ));
        }
        if !rules.is_empty() {
            self.plain(Ink::Dim, &rules.join(&format!(" {} ", glyph::DOT)));
        }
    }

    /// What users wrote beside it.
    fn custom(&mut self, versions: &Versions) {
        if versions.custom.is_empty() {
            return;
        }
        self.section("METADATA".into());
        for (name, value) in versions.custom.iter().take(MOST) {
            let phrase = Phrase::of(Ink::Text, Safe::new(name).into_owned())
                .and(Ink::Dim, "  ")
                .and(Ink::Text, Safe::new(value).into_owned());
            self.all.push(Line { phrase, spot: None });
        }
    }

    /// The line of one document that depends on it.
    pub(super) fn holder(&self, at: usize) -> Option<Phrase> {
        let slot = *self.entry.holders.get(at)?;
        let row = self.model.inventory.row(slot)?;
        let phrase = Phrase::of(Ink::Text, Safe::new(&row.key().to_string()).into_owned());
        let parts = self.parts(slot);
        Some(if parts.is_empty() { phrase } else { phrase.and(Ink::Dim, format!("  {parts}")) })
    }

    fn parts(&self, slot: Slot) -> String {
        let Some(rows) = &self.model.secrets_page.rows else { return String::new() };
        let word = |(part, fallback): (&SecretPart, bool)| {
            let name = match part {
                SecretPart::Field(field) => field.as_str(),
                SecretPart::Own => "its own",
                SecretPart::Whole => "",
            };
            match (fallback, name) {
                (true, "") => "has a default".to_owned(),
                (true, name) => format!("{name} (has a default)"),
                (false, name) => name.to_owned(),
            }
        };
        let words: Vec<_> = rows.parts(&self.entry.subject, slot).map(word).collect();
        words.join(", ")
    }
}
