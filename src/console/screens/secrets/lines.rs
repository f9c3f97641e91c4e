//! The lines of a secret's detail, except its dependents, of which there may be very many: those are made one
//! by one where visible.

use std::borrow::Cow;

use super::index::{SecretCount, SecretEntry, SecretPart};
use super::secret_state::SecretState;
use super::state::{MAX_FIELDS, MAX_VERSIONS, SecretFieldRow, Selection};
use super::subject::SecretSubject;
use crate::console::model::Model;
use crate::console::screens::secrets::states;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{TextRun, width};
use crate::console::words;
use crate::domain::{
    FieldName, OWN_VARIABLES, Presence, SecretField, SecretMetadata, SecretPath, VersionState, variable_name,
};
use crate::inventory::Slot;
use crate::text::{MASK, Safe};

/// Entries of custom metadata shown of one secret.
const MOST: usize = 64;

const LABEL: u16 = 7;

/// One line, and what it selects.
pub(crate) struct SecretDetailLine {
    pub(crate) run: TextRun,
    pub(crate) selection: Option<Selection>,
}

pub(crate) struct SecretDetailLines<'m> {
    model: &'m Model,
    entry: &'m SecretEntry,
    presence: Option<Cow<'m, Presence>>,
    room: u16,
    pub(crate) lines: Vec<SecretDetailLine>,
}

impl<'m> SecretDetailLines<'m> {
    /// The lines of the selected secret.
    pub(crate) fn of(model: &'m Model, room: u16) -> Option<Self> {
        let entry = model.secrets_page.entry()?;
        let seen = model.selected_presence();
        let presence = seen.and_then(Result::ok).flatten();
        let mut lines = Self { model, entry, presence, room, lines: Vec::new() };
        lines.head();
        lines.fields();
        lines.versions();
        if !entry.dependents.is_empty() {
            lines.section(format!("DEPENDS ON IT  {}", words::grouped(entry.dependents.len())));
        }
        Some(lines)
    }

    /// Number of dependents, a line each after the other lines.
    pub(crate) fn holders(&self) -> usize {
        self.entry.dependents.len()
    }

    fn add(&mut self, label: &str, ink: StyleRole, words: &str) {
        if !words.is_empty() {
            self.push(TextRun::labelled(label, LABEL, ink, words, self.room));
        }
    }

    fn push(&mut self, lines: Vec<TextRun>) {
        self.lines.extend(lines.into_iter().map(|run| SecretDetailLine { run, selection: None }));
    }

    fn section(&mut self, title: String) {
        self.push(vec![TextRun::default(), TextRun::of(StyleRole::Dim, title)]);
    }

    fn head(&mut self) {
        let state = states::state(self.model, self.entry);
        let (ink, glyph, words) = states::state_badge(state);
        let told = self.presence.as_deref().map(|presence| states::presence(self.model, presence));
        match told {
            // It says the same, and more.
            Some(told) if told.starts_with(&words) => {
                let ink = if state == SecretState::Present { StyleRole::Text } else { ink };
                self.add("state", ink, &format!("{glyph} {told}"));
            }
            Some(told) if state == SecretState::Unreferenced => self.add("state", StyleRole::Text, &told),
            told => {
                self.add("state", ink, &format!("{glyph} {words}"));
                self.add("", StyleRole::Text, &told.unwrap_or_default());
            }
        }
        self.location();
        self.used();
    }

    fn location(&mut self) {
        match &self.entry.subject {
            SecretSubject::Path(SecretPath::Kv { mount, path }) => {
                let words = format!("{} in the engine {}/", path.as_str(), mount.as_str());
                self.add("lives", StyleRole::Text, &words);
            }
            SecretSubject::Path(SecretPath::Variables(id)) => {
                let names: Vec<_> = OWN_VARIABLES.iter().map(|field| variable_name(id, *field)).collect();
                self.add("lives", StyleRole::Text, &format!("variables {}", names.join(", ")));
            }
            SecretSubject::Variable(_) => {
                self.add("lives", StyleRole::Text, "a variable of the receiver's environment")
            }
            SecretSubject::Unread(_) => {
                let words = "the receiver looks for it in no store: it reads no Vault, or the path is none";
                self.add("lives", StyleRole::Text, words);
            }
        }
    }

    fn used(&mut self) {
        let partial = self.model.inventory.coverage().is_partial();
        match self.entry.dependents.len() {
            0 => {
                self.add("used", StyleRole::Text, "no reference seen");
                let words = match partial {
                    true => "you may not read all documents; others, and other programs, may need it",
                    false => "other stores of documents, and other programs, may need it",
                };
                self.add("", StyleRole::Dim, words);
            }
            count => self.add("used", StyleRole::Text, &format!("by {}", words::plural(count, "document"))),
        }
        if self.entry.own.all > 0 && matches!(self.presence.as_deref(), Some(Presence::Missing)) {
            self.add("", StyleRole::Dim, "a webhook's own secrets; one without any needs none");
        }
    }

    fn fields(&mut self) {
        let rows = self.model.secrets_page.fields(self.presence.as_deref());
        if rows.is_empty() {
            return;
        }
        let more = if rows.len() < MAX_FIELDS { "" } else { " and more" };
        self.section(format!("FIELDS  {}{more}", words::grouped(rows.len())));
        let names: Vec<Safe<'_>> = rows.iter().map(|(name, _)| Safe::new(name.as_str())).collect();
        let widest = names.iter().map(width).max().unwrap_or(0).min(self.room / 2);
        for ((field, row), name) in rows.iter().zip(names) {
            let blank = usize::from((widest + 2).saturating_sub(width(&name)).max(1));
            let mut phrase =
                TextRun::of(StyleRole::Text, name.into_owned()).and(StyleRole::Text, " ".repeat(blank));
            let (ink, glyph, words, mask) = self.field(row);
            phrase = phrase.and(StyleRole::Secret, mask).and(ink, format!("  {glyph} {words}"));
            let users = self.users(field, row.count);
            if !users.is_empty() {
                phrase = phrase.and(StyleRole::Dim, format!("  {users}"));
            }
            let selection = Some(Selection::Field(field.clone()));
            self.lines.push(SecretDetailLine { run: phrase, selection });
        }
    }

    /// How a field looks; the mask has a fixed width, whatever it hides.
    fn field(&self, row: &SecretFieldRow) -> (StyleRole, &'static str, &'static str, String) {
        let blank = || " ".repeat(usize::from(width(&Safe::literal(MASK))));
        if let Some((ink, glyph, words)) = states::field(row.state) {
            return (ink, glyph, words, MASK.to_owned());
        }
        let words = match self.presence.as_deref() {
            Some(Presence::Present(_) | Presence::Missing) => "missing",
            Some(Presence::Deleted { .. }) => "deleted",
            Some(Presence::Destroyed { .. }) => "destroyed",
            _ => return (StyleRole::Dim, glyph::UNKNOWN, "not known", blank()),
        };
        match row.count.is_needed() {
            true => (StyleRole::Bad, glyph::BAD, words, blank()),
            false => (StyleRole::Warning, glyph::WARNING, words, blank()),
        }
    }

    fn users(&self, field: &FieldName, count: SecretCount) -> String {
        if count.all > 0 {
            let users = words::plural(count.all as usize, "document");
            return match count.fallback {
                0 => users,
                with => format!("{users}, {} with a default", words::grouped(with as usize)),
            };
        }
        let is_own = SecretField::ALL.iter().any(|own| own.as_str() == field.as_str());
        match (self.entry.own.all > 0, is_own) {
            (true, true) => String::new(),
            (true, false) => "not one of a webhook's own".into(),
            (false, _) => "no reference seen".into(),
        }
    }

    fn versions(&mut self) {
        let Some(past) = &self.model.secrets_page.version_history else { return };
        match &past.answer {
            None => {
                self.section("VERSIONS".into());
                self.plain(StyleRole::Dim, &format!("asking {}", glyph::MORE));
            }
            Some(Err(words)) => {
                self.section("VERSIONS".into());
                self.plain(StyleRole::Dim, words);
            }
            Some(Ok(None)) => {}
            Some(Ok(Some(versions))) => {
                self.version_list(versions);
                self.custom(versions);
            }
        }
    }

    fn plain(&mut self, ink: StyleRole, words: &str) {
        self.push(TextRun::wrap(ink, words, self.room));
    }

    fn version_list(&mut self, versions: &SecretMetadata) {
        self.section(format!("VERSIONS  {}", words::grouped(versions.list.len())));
        for info in versions.list.iter().take(MAX_VERSIONS) {
            let written = info.written.map(|at| states::since(self.model, at).text).unwrap_or_default();
            let newest = if versions.current == Some(info.version) { "  newest" } else { "" };
            let (ink, words) = match info.state {
                VersionState::Available => (StyleRole::Text, "kept".to_owned()),
                VersionState::Deleted(Some(at)) => {
                    (StyleRole::Warning, format!("deleted {} ago", states::since(self.model, at).text))
                }
                VersionState::Deleted(None) => (StyleRole::Warning, "deleted".to_owned()),
                VersionState::Destroyed => (StyleRole::Bad, "destroyed".to_owned()),
            };
            let phrase = TextRun::of(StyleRole::Text, format!("{:<6}", info.version.to_string()))
                .and(StyleRole::Dim, format!("{written:>5}  "))
                .and(ink, words)
                .and(StyleRole::Dim, newest);
            self.lines
                .push(SecretDetailLine { run: phrase, selection: Some(Selection::Version(info.version)) });
        }
        if versions.list.len() > MAX_VERSIONS {
            let more = words::plural(versions.list.len() - MAX_VERSIONS, "older one");
            self.plain(StyleRole::Dim, &format!("and {more}"));
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
            self.plain(StyleRole::Dim, &rules.join(&format!(" {} ", glyph::DOT)));
        }
    }

    fn custom(&mut self, versions: &SecretMetadata) {
        if versions.custom.is_empty() {
            return;
        }
        self.section("METADATA".into());
        for (name, value) in versions.custom.iter().take(MOST) {
            let phrase = TextRun::of(StyleRole::Text, Safe::new(name).into_owned())
                .and(StyleRole::Dim, "  ")
                .and(StyleRole::Text, Safe::new(value).into_owned());
            self.push(vec![phrase]);
        }
    }

    /// The line of one dependent document.
    pub(crate) fn holder(&self, at: usize) -> Option<TextRun> {
        let slot = *self.entry.dependents.get(at)?;
        let row = self.model.inventory.row(slot)?;
        let phrase = TextRun::of(StyleRole::Text, Safe::new(&row.key().to_string()).into_owned());
        let parts = self.parts(slot);
        Some(if parts.is_empty() { phrase } else { phrase.and(StyleRole::Dim, format!("  {parts}")) })
    }

    fn parts(&self, slot: Slot) -> String {
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
        let words: Vec<_> = self.model.secrets_page.rows.parts(&self.entry.subject, slot).map(word).collect();
        words.join(", ")
    }
}
