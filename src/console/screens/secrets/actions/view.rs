//! Dialogs of secrets: picking one, typing, generating or showing a value.

use std::time::Duration;

use ratatui::buffer::CellWidth;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::state::{PickerItems, RevealedValue, SecretPicker, SecretTarget};
use crate::console::model::Model;
use crate::console::overlays::Overlay;
use crate::console::screens::secret_form::{GeneratePrompt, ValuePrompt};
use crate::console::shell::layout::Size;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{
    DIALOG_COLUMNS, Surface, TextRun, clamp_scroll, dialog, dialog_columns, put_marker,
};
use crate::console::words;
use crate::domain::{Alphabet, VersionInfo, VersionState, utc};
use crate::terminal_input::SecretInput;
use crate::text::{MASK, Safe};

/// Width of a value.
const WIDE: u16 = 96;

/// The most of a value that is shown, in bytes: more than can be read in 15 seconds.
const SHOWN: usize = 64 * 1024;

/// Rows of the box below the value: a blank and two notes.
const BELOW: u16 = 3;

pub(crate) fn pick(surface: &mut Surface<'_>, area: Rect, pick: &SecretPicker) {
    let word = pick.act.word();
    let (title, lines): (String, Vec<String>) = match &pick.choices {
        PickerItems::Targets(targets) => {
            let line = |target: &SecretTarget| match &target.field {
                Some(field) => format!("{}  {field}", target.path),
                None => format!("{}  (its own secrets)", target.path),
            };
            (format!("{word} which secret?"), targets.iter().map(line).collect())
        }
        PickerItems::Fields(path, fields) => {
            let lines = fields.iter().map(|field| field.to_string()).collect();
            (format!("{word} which field of {path}?"), lines)
        }
        PickerItems::Versions(path, versions) => {
            (format!("{word} which version of {path}?"), versions.iter().map(version).collect())
        }
    };
    let inside = dialog(surface, area, &title, DIALOG_COLUMNS, lines.len());
    let first = pick.list.first_row(lines.len(), inside.height);
    for (row, (at, line)) in (0..inside.height).zip(lines.iter().enumerate().skip(first)) {
        let mut writer = surface.row(inside, row);
        put_marker(&mut writer, at == pick.list.cursor, true).skip(1).put(StyleRole::Text, line.as_str());
    }
}

/// `v3   written 2026-02-03 04:05 UTC   deleted`
fn version(info: &VersionInfo) -> String {
    let written = info.written.map(|at| utc(at).replace('T', " ")).unwrap_or_default();
    let written = written.get(..16).map(|at| format!("   written {at} UTC")).unwrap_or_default();
    let state = match info.state {
        VersionState::Available => "",
        VersionState::Deleted(_) => "   deleted",
        VersionState::Destroyed => "   destroyed",
    };
    format!("{:4}{written}{state}", info.version.to_string())
}

pub(crate) fn value(surface: &mut Surface<'_>, area: Rect, entry: &ValuePrompt) {
    let columns = dialog_columns(area, DIALOG_COLUMNS);
    let hint = match (&entry.error, entry.new.generated) {
        (Some(error), _) => format!("{} {error}", glyph::BAD),
        (None, Some(_)) if entry.awaited.is_some() => "being made".into(),
        (None, Some(generate)) => format!("generated: {generate}; enter takes it"),
        (None, None) if entry.repeated.is_some() => "type it again, since it is not seen".into(),
        (None, None) if entry.is_plain() => "no secret: it is shown as it is typed".into(),
        (None, None) => "type or paste it; ctrl-g makes one at random, ctrl-u begins anew".into(),
    };
    let style = if entry.error.is_some() { StyleRole::Bad } else { StyleRole::Dim };
    let below = TextRun::wrap(style, &hint, columns);
    let inside = dialog(surface, area, &format!("new value of {}", entry.field), columns, 3 + below.len());
    line(surface, inside, 0, "value", &entry.new.value, entry.is_plain());
    if let Some(again) = &entry.repeated {
        line(surface, inside, 1, "again", again, false);
    }
    surface.put_lines(inside, 3, &below);
}

/// An input line: a mask of fixed width, whatever was typed.
fn line(
    surface: &mut Surface<'_>,
    inside: Rect,
    row: u16,
    label: &'static str,
    input: &SecretInput,
    open: bool,
) {
    let mut writer = surface.row(inside, row);
    writer.put_column(8, StyleRole::Dim, label).put(StyleRole::Key, glyph::CRUMB).skip(1);
    if open {
        writer.put(StyleRole::Text, input.expose());
    } else if !input.is_empty() {
        writer.put(StyleRole::Secret, MASK);
    }
}

pub(crate) fn generate(surface: &mut Surface<'_>, area: Rect, generate: &GeneratePrompt) {
    let rows = 3 + Alphabet::ALL.len();
    let inside = dialog(surface, area, "make a value at random", DIALOG_COLUMNS, rows);
    let mut line = surface.row(inside, 0);
    line.put_column(12, StyleRole::Dim, "characters").put(StyleRole::Key, glyph::CRUMB).skip(1);
    line.put(StyleRole::Text, generate.length.text());
    for (row, alphabet) in (1..).zip(Alphabet::ALL) {
        let chosen = alphabet == generate.alphabet;
        let mut line = surface.row(inside, row);
        line.skip(12).put(StyleRole::Accent, if chosen { glyph::SELECTED } else { " " }).skip(1);
        line.put(if chosen { StyleRole::Strong } else { StyleRole::Text }, alphabet.words());
    }
    if let Some(error) = &generate.error {
        surface
            .row(inside, inside.height.saturating_sub(1))
            .put(StyleRole::Bad, format!("{} {error}", glyph::BAD));
    }
}

pub(crate) fn shown(surface: &mut Surface<'_>, model: &Model, area: Rect, shown: &RevealedValue) {
    let columns = columns(model.size);
    let lines = wrap_value(shown.value.expose(), columns);
    let title = format!("{} {} {}", shown.path, glyph::DOT, shown.field);
    let inside = dialog(surface, area, &title, columns, lines.len() + usize::from(BELOW));
    let height = inside.height.saturating_sub(BELOW);
    let first = clamp_scroll(shown.scroll, lines.len(), height);
    for (row, text) in (0..height).zip(lines.iter().skip(first)) {
        surface.row(inside, row).put(StyleRole::Text, *text);
    }
    if shown.value.expose().is_empty() {
        surface.row(inside, 0).put(StyleRole::Dim, "(the empty text)");
    }
    let below = Rect { y: inside.y + height, height: inside.height - height, ..inside };
    surface.row(below, 1).put(StyleRole::Dim, about(model, shown, lines.len() > usize::from(height)));
    let left = countdown_seconds(model, shown);
    surface.row(below, 2).put(StyleRole::Warning, format!("hidden in {left} s, or at once by esc"));
}

/// The version, how many values were read to show it, and what is not shown.
fn about(model: &Model, shown: &RevealedValue, more: bool) -> String {
    let version = shown.version.map(|version| format!("{version} {} ", glyph::DOT)).unwrap_or_default();
    let read = match shown.read {
        1 => "1 value was read".to_owned(),
        read => format!("the whole secret was read: {}", words::plural(read, "value")),
    };
    let size = shown.value.expose().len();
    let cut = match size.checked_sub(SHOWN) {
        Some(left) if left > 0 => {
            format!(" {} {} more bytes are not shown", glyph::DOT, words::grouped(left))
        }
        _ if more => format!(" {} scrolls", glyph::DOT),
        _ => String::new(),
    };
    format!("{version}{read}, {} in this session{cut}", model.secret_actions.reads)
}

/// Seconds left, in steps that cost few frames: 15, 10, 5, then every second.
fn countdown_seconds(model: &Model, shown: &RevealedValue) -> u64 {
    let left = shown.until.saturating_sub(model.now.mono).as_millis().div_ceil(1_000);
    let left = u64::try_from(left).unwrap_or(u64::MAX);
    match left {
        0..=5 => left,
        6..=10 => 10,
        _ => 15,
    }
}

/// When the countdown changes.
pub(crate) fn countdown(model: &Model) -> Option<Duration> {
    let Some(Overlay::RevealedValue(shown)) = &model.overlay else { return None };
    let back = match countdown_seconds(model, shown) {
        15 => 10,
        10 => 5,
        left => left.saturating_sub(1),
    };
    shown.until.checked_sub(Duration::from_secs(back))
}

/// Rows of the value, and how many are visible at once.
pub(crate) fn height(model: &Model) -> (usize, usize) {
    let Some(Overlay::RevealedValue(shown)) = &model.overlay else { return (0, 1) };
    let frame = model.frame();
    let room = frame.footer.y.saturating_sub(frame.header.bottom()).saturating_sub(2 + BELOW);
    (wrap_value(shown.value.expose(), columns(model.size)).len(), usize::from(room.max(1)))
}

fn columns(size: Size) -> u16 {
    WIDE.min(size.cols.saturating_sub(4)).max(1)
}

/// The value in rows of at most `columns`, measured in its sanitized form. The rows are borrowed, so that no
/// copy of the value is left behind.
fn wrap_value(text: &str, columns: u16) -> Vec<&str> {
    let text = text.get(..text.floor_char_boundary(SHOWN)).unwrap_or_default();
    let mut rows = Vec::new();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (mut from, mut used) = (0, 0);
        for (at, grapheme) in line.grapheme_indices(true) {
            let wide = Safe::new(grapheme).as_str().cell_width();
            if used + wide > columns && at > from {
                rows.push(line.get(from..at).unwrap_or_default());
                (from, used) = (at, 0);
            }
            used = used.saturating_add(wide);
        }
        rows.push(line.get(from..).unwrap_or_default());
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_into_rows_that_fit_once_they_are_safe() {
        assert_eq!(wrap_value("abcdef\r\ng\n", 4), ["abcd", "ef", "g", ""]);
        // `‹U+202E›` takes eight columns.
        assert_eq!(wrap_value("ab\u{202e}cd", 9), ["ab", "\u{202e}c", "d"]);
        assert_eq!(wrap_value("日本語", 4), ["日本", "語"]);
        assert_eq!(wrap_value(&"x".repeat(1 << 20), 64).len(), SHOWN / 64);
        assert_eq!(wrap_value(&format!("{}é", "x".repeat(SHOWN - 1)), 1 << 15).concat().len(), SHOWN - 1);
    }
}
