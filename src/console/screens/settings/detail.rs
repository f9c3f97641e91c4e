//! The detail of the selected setting: its value, what it may be, the ladder of its layers from the winner down,
//! who else reads what it is read from, and the changes that were seen.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Rect;

use super::picture::{SettingRow, SettingsPicture, shown_value, source_value};
use crate::application::{
    EffectiveValue, LadderStep, LayerCondition, LayerStatus, SettingChange, SettingExplanation, SettingPath,
    SettingSpec, ValuePlace,
};
use crate::console::model::Model;
use crate::console::shell::layout::{Pane, body_rows};
use crate::console::theme::{Glyphs, StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, clamp_scroll, draw_title};
use crate::console::words;
use crate::domain::reference::Reference;

/// The columns of the labels.
const LABEL: u16 = 9;

/// The most changes, and the most readers, that are told.
const MOST_CHANGES: usize = 8;
const MOST_READERS: usize = 6;

pub(super) fn draw(surface: &mut Surface<'_>, model: &Model, pane: Rect) {
    if pane.width == 0 {
        return;
    }
    let rows = body_rows(pane);
    let Some(row) = model.settings.selected() else { return };
    if rows.height < pane.height {
        draw_title(surface, pane, words::pane_title(model, Pane::Detail, &row.text, TextRun::default()));
    }
    let area = text_area(rows);
    let lines = lines(model, area.width);
    let first = clamp_scroll(model.settings.scroll, lines.len(), area.height);
    surface.put_lines(area, 0, lines.iter().skip(first));
}

/// The number of its lines, and how many of them are shown at once.
pub(super) fn extent(model: &Model) -> (usize, usize) {
    let area = text_area(body_rows(model.panes().detail));
    (lines(model, area.width).len(), usize::from(area.height))
}

/// The time until each age in the detail, and in what is said of layers, changes.
pub(super) fn next_changes(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    let picture = model.settings.picture.as_deref();
    let layers = picture.into_iter().flat_map(|picture| picture.snapshot.layers());
    let since = layers.filter_map(|layer| match layer.condition {
        LayerCondition::Stale { since } => Some(since),
        LayerCondition::Remembered { at } => Some(at),
        _ => None,
    });
    let shown = picture.filter(|_| model.panes().detail.width > 0);
    let versions = shown.into_iter().flat_map(|picture| picture.snapshot.versions());
    let created = versions.filter(|version| !version.changes().is_empty()).map(|version| version.created());
    since.chain(created).map(|at| model.age(at).changes_in)
}

fn text_area(rows: Rect) -> Rect {
    Rect { x: rows.x + 1, width: rows.width.saturating_sub(2), ..rows }
}

fn lines(model: &Model, room: u16) -> Vec<TextRun> {
    let page = &model.settings;
    let (Some(picture), Some(row)) = (page.picture.as_deref(), page.selected()) else { return Vec::new() };
    let explanation = picture.snapshot.explain(&row.path);
    let mut lines = SettingLines { model, picture, row, explanation: &explanation, room, lines: Vec::new() };
    lines.value();
    lines.declaration();
    lines.faults();
    lines.ladder();
    lines.readers();
    lines.changes();
    lines.lines
}

/// The lines so far, with what they tell of.
struct SettingLines<'m> {
    model: &'m Model,
    picture: &'m SettingsPicture,
    row: &'m SettingRow,
    explanation: &'m SettingExplanation,
    room: u16,
    lines: Vec<TextRun>,
}

impl SettingLines<'_> {
    fn glyphs(&self) -> Glyphs {
        self.model.glyphs
    }

    fn add(&mut self, label: &str, style: StyleRole, words: &str) {
        let words = self.glyphs().spell(words).into_owned();
        self.lines.extend(TextRun::labelled(label, LABEL, style, &words, self.room));
    }

    fn heading(&mut self, words: &str) {
        self.lines.extend([TextRun::default(), TextRun::of(StyleRole::Dim, words.to_owned())]);
    }

    fn spec(&self) -> Option<&SettingSpec> {
        self.explanation.spec.as_ref()
    }

    fn value(&mut self) {
        match self.explanation.in_force.clone() {
            None => self.add("value", StyleRole::Dim, "none: no layer has one"),
            Some(value) => {
                let shown = shown_value(value.value(), self.spec(), self.row.secret);
                self.add("value", StyleRole::Strong, &shown);
                self.add("from", StyleRole::Text, &value.origin().to_string());
            }
        }
        if let Some(pinned) = self.picture.snapshot.pinned() {
            let newer = usize::try_from(pinned.newer).unwrap_or(usize::MAX);
            let newer = words::plural(newer, "newer version");
            let what =
                if self.row.rolled_back { "the newest has another value" } else { "the same in the newest" };
            let words =
                format!("{} to version {}; {newer} not in force; {what}", glyph::ROLLED_BACK, pinned.version);
            self.add("rolled back", StyleRole::Warning, &words);
        }
    }

    fn declaration(&mut self) {
        let Some(spec) = self.spec().cloned() else {
            return self.add("type", StyleRole::Dim, "not declared in the application file");
        };
        self.add("type", StyleRole::Text, spec.value_type.name());
        let limits = spec.limits();
        if !limits.is_empty() {
            self.add("limits", StyleRole::Text, &limits);
        }
        if !spec.description.is_empty() {
            self.add("about", StyleRole::Text, &spec.description);
        }
        let variable = spec.variable.as_ref().map(|name| format!("variable {name}"));
        let key = spec.etcd_key.as_ref().map(|key| format!("etcd key {key}"));
        let ways: Vec<_> = variable.into_iter().chain(key).collect();
        if !ways.is_empty() {
            self.add("set by", StyleRole::Text, &ways.join(", "));
        }
        self.add("declared", StyleRole::Dim, &spec.place.to_string());
    }

    /// What layers have newer and wrong, and is therefore not in force.
    fn faults(&mut self) {
        let layers = self.picture.snapshot.layers();
        let faults = layers.iter().flat_map(|layer| &layer.faults);
        let own: BTreeSet<String> =
            faults.filter(|fault| fault.path() == Some(&self.row.path)).map(ToString::to_string).collect();
        for fault in own {
            self.add("refused", StyleRole::Bad, &format!("{} {fault}", glyph::BAD));
        }
    }

    /// All layers from the winner down; those above it that hold something wrong, too.
    fn ladder(&mut self) {
        self.heading("LAYERS, from the one that wins");
        let (picture, explanation) = (self.picture, self.explanation);
        let layers = picture.snapshot.layers();
        let name = |layer: &LayerStatus| layer.name.chars().count();
        let width = layers.iter().map(name).max().unwrap_or_default().min(usize::from(self.room / 3));
        let mut is_below = explanation.ladder.is_empty();
        for layer in layers {
            let step = explanation.ladder.iter().find(|step| step.origin.layer == layer.name);
            is_below |= step.is_some();
            if is_below || layer.faults.iter().any(|fault| fault.path() == Some(&self.row.path)) {
                self.rung(layer, step, width);
            }
        }
    }

    fn rung(&mut self, layer: &LayerStatus, step: Option<&LadderStep>, width: usize) {
        let (style, mark) = match step {
            None => (StyleRole::Dim, glyph::NONE),
            Some(LadderStep { fault: Some(_), .. }) => (StyleRole::Bad, glyph::DIFFERS),
            Some(LadderStep { wins: true, .. }) => (StyleRole::Good, glyph::FULL),
            Some(_) => (StyleRole::Dim, glyph::HOLLOW),
        };
        let name = self.glyphs().spell(&layer.name).into_owned();
        let label = TextRun::of(style, format!("{mark} "))
            .and(StyleRole::Text, format!("{name:width$}"))
            .and(StyleRole::Dim, format!(" {:>3}  ", layer.rank));
        let indent = label.width();
        let room = self.room.saturating_sub(indent).max(8);
        let glyphs = self.glyphs();
        let mut beside = Vec::new();
        let mut say = |style, words: &str| beside.extend(TextRun::wrap(style, &glyphs.spell(words), room));
        match step {
            None => say(StyleRole::Dim, "has none"),
            Some(step) => {
                let style = if step.wins { StyleRole::Strong } else { StyleRole::Text };
                say(style, &step_words(step, &self.explanation.path, self.spec()));
                say(StyleRole::Dim, &step.origin.place.to_string());
                if let Some(fault) = &step.fault {
                    say(StyleRole::Bad, &fault.to_string());
                }
            }
        }
        if let Some((style, words)) = standing(self.model, layer) {
            say(style, &words);
        }
        self.lines.extend(TextRun::beside(&label, indent, beside));
    }

    /// Who else reads the variables and keys that the layers have it from.
    fn readers(&mut self) {
        let places = self.explanation.ladder.iter().map(|step| &step.origin.place);
        let mut names: BTreeSet<Arc<str>> = places.flat_map(names_read).cloned().collect();
        let variable = self.spec().and_then(|spec| spec.variable.clone());
        names.extend(variable);
        let told: Vec<_> =
            names.iter().filter_map(|name| Some((name.clone(), self.readers_of(name)?))).collect();
        if told.is_empty() {
            return;
        }
        self.heading("READ ELSEWHERE TOO");
        for (name, readers) in told {
            let glyphs = self.glyphs();
            let words = glyphs.spell(&format!("{name}: {readers}")).into_owned();
            self.lines.extend(TextRun::wrap(StyleRole::Text, &words, self.room.max(8)));
        }
    }

    /// The other settings that are read from a variable or a key, and the documents that name the variable.
    fn readers_of(&self, name: &Arc<str>) -> Option<String> {
        let settings = self.picture.readers.get(name).into_iter().flatten();
        let settings = settings.filter(|path| **path != self.row.path).map(ToString::to_string);
        let inventory = &self.model.inventory;
        let rows = inventory.variable_referrers(name).iter().filter_map(|slot| inventory.row(*slot));
        let names_it =
            |reference: &Reference| matches!(reference, Reference::Env { name: to } if *to == **name);
        let documents = rows.filter(|row| row.sites().references().keys().any(names_it));
        let documents = documents.map(|row| format!("the document {}", row.key()));
        let all: Vec<_> = settings.chain(documents).collect();
        let more = all.len().saturating_sub(MOST_READERS);
        let mut told = all.iter().take(MOST_READERS).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            told.push_str(&format!(" and {more} more"));
        }
        (!all.is_empty()).then_some(told)
    }

    fn changes(&mut self) {
        let versions = self.picture.snapshot.versions();
        let seen = versions.iter().flat_map(|version| {
            let own = version.changes().iter().filter(|change| change.path == self.row.path);
            own.map(move |change| (version, change))
        });
        let seen: Vec<_> = seen.take(MOST_CHANGES).collect();
        if seen.is_empty() {
            return;
        }
        self.heading("CHANGES SEEN BY THIS PROCESS");
        for (version, change) in seen {
            let label = format!("{} ", self.model.age(version.created()).text);
            let words = format!("version {}: {}", version.number(), change_words(change, self.spec()));
            let label_columns = u16::try_from(label.len()).unwrap_or(LABEL).max(5);
            let words = self.glyphs().spell(&words).into_owned();
            self.lines.extend(TextRun::labelled(&label, label_columns, StyleRole::Text, &words, self.room));
        }
    }
}

/// The value of a layer, or what it has in its place.
fn step_words(step: &LadderStep, path: &SettingPath, spec: Option<&SettingSpec>) -> String {
    if path.contains(&step.path) {
        return format!("a section, with {}", step.path);
    }
    if step.path.contains(path) {
        return format!("{} is a value and no section", step.path);
    }
    source_value(&step.value, spec, step.secret)
}

/// What a layer's values are worth, unless they are what its source has.
pub(super) fn standing(model: &Model, layer: &LayerStatus) -> Option<(StyleRole, String)> {
    let why =
        layer.failure.as_ref().map(|failure| format!(": {}: {}", failure.error.place, failure.error.reason));
    let why = why.unwrap_or_default();
    Some(match layer.condition {
        LayerCondition::Current => return None,
        LayerCondition::Refused => {
            (StyleRole::Bad, format!("{} newer values are refused, the last good ones stay", glyph::BAD))
        }
        LayerCondition::Stale { since } => {
            (StyleRole::Warning, format!("{} stale, {}{why}", glyph::WARNING, model.age(since).text))
        }
        LayerCondition::Remembered { at } => {
            (StyleRole::Warning, format!("{} as kept {}{why}", glyph::WARNING, model.ago(at)))
        }
        LayerCondition::Missing => (StyleRole::Warning, format!("{} missing{why}", glyph::WARNING)),
    })
}

/// The variables and the key that a value is read from.
fn names_read(place: &ValuePlace) -> &[Arc<str>] {
    match place {
        ValuePlace::File { variables, .. } => variables,
        ValuePlace::Variable(name) | ValuePlace::EtcdKey { key: name, .. } => std::slice::from_ref(name),
        _ => &[],
    }
}

/// What a change made of a value: `10 → 20`.
fn change_words(change: &SettingChange, spec: Option<&SettingSpec>) -> String {
    let shown = |value: &Option<Arc<EffectiveValue>>| {
        let told = value.as_ref().map(|value| shown_value(value.value(), spec, value.is_secret()));
        told.unwrap_or_else(|| "none".into())
    };
    let from = change.after.as_ref().map(|after| format!(" ({})", after.origin().layer)).unwrap_or_default();
    format!("{} {} {}{from}", shown(&change.before), glyph::ARROW, shown(&change.after))
}
