//! The detail of a secret: its location, its fields under a mask of fixed width, its versions, and its
//! dependents, drawn only where visible.

use std::borrow::Cow;
use std::time::Duration;

use ratatui::layout::Rect;

use super::badges;
use super::index::{SecretCount, SecretEntry, SecretPart, SecretSubject};
use super::secret_state::{SecretState, newest_version};
use super::state::{MAX_FIELDS, MAX_VERSIONS, SecretFieldRow, Selection};
use crate::console::model::Model;
use crate::console::shell::layout::{Pane, body_rows};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{PaneTitle, Surface, TextRun, clamp_scroll, draw_title, width};
use crate::console::words;
use crate::domain::{
    FieldName, FieldState, OWN_VARIABLES, Presence, SecretField, SecretMetadata, SecretPath, VersionState,
    variable_name,
};
use crate::inventory::Slot;
use crate::text::{MASK, Safe};

/// The most entries of custom metadata shown for a secret.
const MOST: usize = 64;

const LABEL: u16 = 7;

/// The lines of the detail, for scrolling the selected one into view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DetailViewport {
    /// The selected line; `None` if none is selected.
    pub(crate) line: Option<usize>,
    /// Lines in total.
    pub(crate) total: usize,
    /// Lines visible at once.
    pub(crate) height: usize,
}

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, pane: Rect) {
    if pane.width == 0 {
        return;
    }
    let rows = body_rows(pane);
    if rows.height < pane.height {
        draw_title(surface, pane, title(model));
    }
    let area = Rect { x: rows.x + 1, width: rows.width.saturating_sub(2), ..rows };
    let Some(lines) = SecretDetailLines::of(model, area.width) else { return };
    let above = lines.lines.len();
    let first = clamp_scroll(model.secrets_page.scroll, above + lines.dependents(), area.height);
    let focused = model.has_focus(Pane::Detail);
    let selected = model.secrets_page.detail_selection.as_ref().filter(|_| focused);
    for row in 0..area.height {
        let at = first + usize::from(row);
        let holder = at.checked_sub(above).map(Selection::Holder);
        let (text_run, here) = match (lines.lines.get(at), &holder) {
            (Some(line), _) => (Some(line.run.clone()), line.selection.as_ref()),
            (None, holder) => (lines.holder(at - above), holder.as_ref()),
        };
        let mut writer = surface.row(area, row);
        if here.is_some() && here == selected {
            writer.highlight(StyleRole::Selection);
        }
        if let Some(text_run) = text_run {
            writer.put_run(&text_run);
        }
    }
}

pub(crate) fn viewport(model: &Model) -> DetailViewport {
    let rows = body_rows(model.panes().detail);
    let Some(lines) = SecretDetailLines::of(model, rows.width.saturating_sub(2)) else {
        return DetailViewport::default();
    };
    let line = match &model.secrets_page.detail_selection {
        Some(Selection::Holder(at)) => Some(lines.lines.len() + at),
        selected => {
            lines.lines.iter().position(|line| line.selection.is_some() && line.selection == *selected)
        }
    };
    let total = lines.lines.len() + lines.dependents();
    DetailViewport { line, total, height: usize::from(rows.height) }
}

fn title(model: &Model) -> PaneTitle {
    let name = model.secrets_page.list.selected.as_ref().map(|subject| subject.text()).unwrap_or_default();
    words::pane_title(model, Pane::Detail, &name, TextRun::default())
}

/// The time until each age in the detail changes.
pub(crate) fn next_changes(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    let shown = model.panes().detail.width > 0;
    let presence = model.selected_presence();
    let written = presence.as_deref().and_then(|presence| match presence {
        Presence::Deleted { at, .. } => *at,
        presence => newest_version(presence).1,
    });
    let of_versions =
        model.secrets_page.versions().into_iter().flat_map(|versions| &versions.list).flat_map(|info| {
            let deleted = match info.state {
                VersionState::Deleted(at) => at,
                VersionState::Available | VersionState::Destroyed => None,
            };
            [info.written, deleted]
        });
    let moments = written.into_iter().chain(of_versions.flatten());
    moments.filter(move |_| shown).map(|at| model.age(at).changes_in)
}

/// One line, and what it selects.
struct SecretDetailLine {
    run: TextRun,
    selection: Option<Selection>,
}

/// The lines without the dependents: there may be very many, so they are made one by one where visible.
struct SecretDetailLines<'m> {
    model: &'m Model,
    entry: &'m SecretEntry,
    presence: Option<Cow<'m, Presence>>,
    room: u16,
    lines: Vec<SecretDetailLine>,
}

impl<'m> SecretDetailLines<'m> {
    /// The lines of the selected secret.
    fn of(model: &'m Model, room: u16) -> Option<Self> {
        let entry = model.secrets_page.entry()?;
        let presence = model.selected_presence();
        let mut lines = Self { model, entry, presence, room, lines: Vec::new() };
        lines.head();
        lines.fields();
        lines.versions();
        if !entry.dependents.is_empty() {
            let (direct, behind) = entry.count(&model.inventory);
            let mut title = format!("DEPENDS ON IT  {}", words::grouped(direct));
            if behind > 0 {
                title.push_str(&format!(", and {} through connections", words::grouped(behind)));
            }
            lines.section(title);
        }
        Some(lines)
    }

    /// How many lines tell one dependent each.
    fn dependents(&self) -> usize {
        let (direct, behind) = self.entry.count(&self.model.inventory);
        direct + behind
    }

    fn add(&mut self, label: &str, style: StyleRole, words: &str) {
        if !words.is_empty() {
            let words = self.model.glyphs.spell(words);
            self.push(TextRun::labelled(label, LABEL, style, &words, self.room));
        }
    }

    fn push(&mut self, lines: Vec<TextRun>) {
        self.lines.extend(lines.into_iter().map(|run| SecretDetailLine { run, selection: None }));
    }

    fn section(&mut self, title: String) {
        self.push(vec![TextRun::default(), TextRun::of(StyleRole::Dim, title)]);
    }

    fn head(&mut self) {
        let state = badges::state(self.model, self.entry);
        let (style, glyph, words) = badges::state_badge(state);
        let told = self.presence.as_deref().map(|presence| badges::presence(self.model, presence));
        match told {
            // The presence says the same, and more.
            Some(told) if told.starts_with(&words) => {
                let style = if state == SecretState::Present { StyleRole::Text } else { style };
                self.add("state", style, &format!("{glyph} {told}"));
            }
            Some(told) if state == SecretState::Unreferenced => self.add("state", StyleRole::Text, &told),
            told => {
                self.add("state", style, &format!("{glyph} {words}"));
                self.add("", StyleRole::Text, &told.unwrap_or_default());
            }
        }
        self.location();
        self.used();
    }

    fn location(&mut self) {
        let words = match &self.entry.subject {
            SecretSubject::Path(SecretPath::Kv { mount, path }) => {
                format!("{path} in the engine {mount}/")
            }
            SecretSubject::Path(SecretPath::Variables(id)) => {
                let names = OWN_VARIABLES.map(|field| Safe::name(&variable_name(id, field)).into_string());
                format!("variables {}", names.join(", "))
            }
            SecretSubject::Variable(_) => "a variable of the receiver's environment".into(),
            SecretSubject::Unread(_) => {
                "the receiver looks for it in no store: it reads no Vault, or the path is none".into()
            }
        };
        self.add("lives", StyleRole::Text, &words);
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
            count => {
                let mut words = format!("by {}", words::plural(count, "document"));
                let (_, behind) = self.entry.count(&self.model.inventory);
                if behind > 0 {
                    let webhooks = words::plural(behind, "webhook");
                    words.push_str(&format!(", and through connections by {webhooks}"));
                }
                self.add("used", StyleRole::Text, &words);
            }
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
        let spelled = |name: &FieldName| self.model.glyphs.spell(&name.to_string()).into_owned();
        let names: Vec<Safe<'_>> = rows.iter().map(|(name, _)| spelled(name).into()).collect();
        let widest = names.iter().map(width).max().unwrap_or(0).min(self.room / 2);
        for ((field, row), name) in rows.iter().zip(names) {
            let blank = usize::from((widest + 2).saturating_sub(width(&name)).max(1));
            let mut text_run =
                TextRun::of(StyleRole::Text, name.into_owned()).and(StyleRole::Text, " ".repeat(blank));
            let (style, glyph, words, mask) = self.field(row);
            text_run = text_run.and(StyleRole::Secret, mask).and(style, format!("  {glyph} {words}"));
            let users = self.users(field, row.count);
            if !users.is_empty() {
                text_run = text_run.and(StyleRole::Dim, format!("  {users}"));
            }
            let selection = Some(Selection::Field(field.clone()));
            self.lines.push(SecretDetailLine { run: text_run, selection });
        }
    }

    /// How a field is drawn; the mask has a fixed width, whatever it hides.
    fn field(&self, row: &SecretFieldRow) -> (StyleRole, &'static str, &'static str, String) {
        let blank = || " ".repeat(usize::from(width(&Safe::literal(MASK))));
        if let Some(state) = row.state {
            let (style, glyph) = match state {
                FieldState::Empty => (StyleRole::Warning, glyph::WARNING),
                FieldState::NotText => (StyleRole::Bad, glyph::BAD),
                FieldState::Present => (StyleRole::Good, glyph::GOOD),
            };
            return (style, glyph, state.word(), MASK.to_owned());
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
        let words = match &past.answer {
            None => &format!("asking {}", glyph::MORE),
            Some(Err(words)) => words,
            Some(Ok(None)) => return,
            Some(Ok(Some(versions))) => {
                self.version_list(versions);
                return self.custom(versions);
            }
        };
        self.section("VERSIONS".into());
        self.plain(StyleRole::Dim, words);
    }

    fn plain(&mut self, style: StyleRole, words: &str) {
        self.push(TextRun::wrap(style, &self.model.glyphs.spell(words), self.room));
    }

    fn version_list(&mut self, versions: &SecretMetadata) {
        self.section(format!("VERSIONS  {}", words::grouped(versions.list.len())));
        for info in versions.list.iter().take(MAX_VERSIONS) {
            let written = info.written.map(|at| self.model.age(at).text).unwrap_or_default();
            let newest = if versions.current == Some(info.version) { "  newest" } else { "" };
            let (style, words) = match info.state {
                VersionState::Available => (StyleRole::Text, "kept".to_owned()),
                VersionState::Deleted(Some(at)) => {
                    (StyleRole::Warning, format!("deleted {}", self.model.ago(at)))
                }
                VersionState::Deleted(None) => (StyleRole::Warning, "deleted".to_owned()),
                VersionState::Destroyed => (StyleRole::Bad, "destroyed".to_owned()),
            };
            let text_run = TextRun::of(StyleRole::Text, format!("{:<6}", info.version.to_string()))
                .and(StyleRole::Dim, format!("{written:>5}  "))
                .and(style, words)
                .and(StyleRole::Dim, newest);
            self.lines
                .push(SecretDetailLine { run: text_run, selection: Some(Selection::Version(info.version)) });
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
            rules.push(format!("each is deleted {} after it was written", crate::console::age::span(after)));
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
            let run = TextRun::of(StyleRole::Text, Safe::name(name).into_owned())
                .and(StyleRole::Dim, "  ")
                .and(StyleRole::Text, Safe::new(value).into_owned());
            self.push(vec![run]);
        }
    }

    /// The line of one dependent document.
    fn holder(&self, at: usize) -> Option<TextRun> {
        let (slot, connection) = self.entry.dependent(&self.model.inventory, at)?;
        let row = self.model.inventory.row(slot)?;
        let run = TextRun::of(StyleRole::Text, Safe::display(&row.key()));
        if let Some(connection) = connection.and_then(|slot| self.model.inventory.row(slot)) {
            return Some(run.and(StyleRole::Dim, format!("  through {}", connection.key())));
        }
        let parts = self.parts(slot);
        Some(if parts.is_empty() { run } else { run.and(StyleRole::Dim, format!("  {parts}")) })
    }

    fn parts(&self, slot: Slot) -> String {
        let word = |(part, fallback): (&SecretPart, bool)| {
            let name = match part {
                SecretPart::Field(field) => field.to_string(),
                SecretPart::Own => "its own".to_owned(),
                SecretPart::Whole => String::new(),
            };
            match (fallback, name.as_str()) {
                (true, "") => "has a default".to_owned(),
                (true, name) => format!("{name} (has a default)"),
                (false, name) => name.to_owned(),
            }
        };
        let words: Vec<_> = self.model.secrets_page.rows.parts(&self.entry.subject, slot).map(word).collect();
        words.join(", ")
    }
}
