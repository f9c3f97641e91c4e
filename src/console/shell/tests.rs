//! Whole frames: how they look, that no size is too small, that nothing leaks, and that nothing changes
//! before it was announced.

use std::fmt::Write as _;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::{Modifier, Style};

mod badges;
mod columns;
mod focus;
mod names;
mod status;
mod times;

use super::draw;
use super::layout::Size;
use super::next_change::next_change_at;
use crate::check::ReceiverEnv;
use crate::console::model::{Model, WriteAccess};
use crate::console::shell::sample::{self, NOW, SCENES, SECRET, size};
use crate::console::stamp::Stamp;
use crate::console::theme::{ColorDepth, Glyphs, StyleRole, Theme};
use crate::domain::{Finding, SecretStoreStatus};

fn theme(depth: ColorDepth, glyphs: Glyphs) -> Theme {
    Theme::named("default", depth, glyphs).unwrap()
}

fn render(model: &Model, theme: &Theme) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(model.size.cols, model.size.rows)).unwrap();
    terminal.draw(|frame| draw(model, theme, frame)).unwrap();
    terminal
}

/// The cells as text, line by line, without blanks at the ends.
fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in buffer.content().chunks(usize::from(buffer.area.width).max(1)) {
        let mut hidden = 0;
        let mut line = String::new();
        for cell in row {
            if hidden == 0 {
                line.push_str(cell.symbol());
                hidden = cell.cell_width();
            }
            hidden = hidden.saturating_sub(1);
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn shown(model: &Model) -> String {
    text(render(model, &theme(ColorDepth::None, Glyphs::Unicode)).backend().buffer())
}

fn scene(name: &str, size: Size) -> Model {
    let (_, set) = SCENES.iter().find(|(known, _)| *known == name).unwrap();
    set(size)
}

/// A frame without the line of tabs and the footer, so that a new tab or key changes one snapshot and not a
/// hundred; `footers_and_tabs` has those lines of every scene, and the frames that are about them are whole.
fn snapshot(name: &str, model: &Model) {
    let terminal = render(model, &theme(ColorDepth::Ansi16, Glyphs::Unicode));
    let whole = text(terminal.backend().buffer());
    let parts = model.frame();
    let is_cropped = |row: usize| {
        let row = u16::try_from(row).unwrap();
        let tabs = parts.tabs.height > 0 && row == parts.tabs.y && !model.is_covered();
        (tabs || parts.footer.height > 0 && row == parts.footer.y) && !name.starts_with("browse_")
    };
    let lines = whole.lines().enumerate().filter(|(row, _)| !is_cropped(*row)).map(|(_, line)| line);
    let mut shown: String = lines.flat_map(|line| [line, "\n"]).collect();
    if terminal.backend().cursor_visible() {
        let cursor = terminal.backend().cursor_position();
        let _ = writeln!(shown, "cursor at column {}, row {}", cursor.x + 1, cursor.y + 1);
    }
    insta::assert_snapshot!(name, shown);
}

#[test]
fn footers_and_tabs() {
    let mut lines = String::new();
    for (name, set) in SCENES {
        for (cols, rows) in [(80, 24), (120, 40)] {
            let model = set(size(cols, rows));
            let terminal = render(&model, &theme(ColorDepth::Ansi16, Glyphs::Unicode));
            let frame = text(terminal.backend().buffer());
            let line = |row: u16| frame.lines().nth(row.into()).unwrap();
            let parts = model.frame();
            let tabs = if !model.is_covered() { line(parts.tabs.y) } else { "" };
            let _ = writeln!(lines, "{name} {cols}x{rows}\n  {tabs}\n  {}", line(parts.footer.y));
        }
    }
    insta::assert_snapshot!("footers_and_tabs", lines);
}

#[test]
fn browse_at_the_sizes_of_the_design() {
    for (cols, rows) in [(80, 24), (100, 30), (120, 40), (200, 50), (20, 5)] {
        snapshot(&format!("browse_{cols}x{rows}"), &scene("browse", size(cols, rows)));
    }
}

#[test]
fn every_scene_at_120x40() {
    for (name, set) in SCENES.iter().filter(|(name, _)| *name != "browse") {
        snapshot(&format!("{name}_120x40"), &set(size(120, 40)));
    }
}

#[test]
fn scenes_that_fold_at_80x24() {
    for name in [
        "all",
        "settings",
        "settings_refused",
        "settings_rolled_back",
        "settings_failed",
        "health_application",
        "problems",
        "problems_unknown_word",
        "problems_none",
        "problems_partial",
        "detail",
        "secrets",
        "secrets_detail",
        "secrets_bounded",
        "namespaces",
        "connecting",
        "stale",
        "filtered",
        "told",
        "messages",
        "effective",
        "help",
        "confirm",
        "choose",
        "editor",
        "editor_problems",
        "editor_rules",
        "editor_completion",
        "editor_find",
        "editor_wrap",
        "editor_revealed",
        "review",
        "merge",
        "merge_edited",
        "drafts",
        "draft_withheld",
        "unknown",
        "marked",
        "marked_unseen",
        "plan_delete",
        "plan_delete_unseen",
        "plan_clone",
        "plan_rename",
        "plan_undo",
        "plan_undo_some",
        "needs",
        "needs_detail",
        "needs_many",
        "needs_variables",
        "needs_help",
        "secret_form",
        "secret_review",
        "secret_conflict",
        "secret_value",
        "secret_shown",
        "secret_undo",
        "secret_copy",
        "reread",
        "plan_reput",
        "secret_versions",
        "secret_destroy",
        "vault",
        "vault_crowded",
        "vault_sealed",
        "health_vault",
        "health",
        "health_full",
        "health_files",
        "health_lost",
    ] {
        snapshot(&format!("{name}_80x24"), &scene(name, size(80, 24)));
    }
}

#[test]
fn the_badge_names_the_host_that_a_store_redirects_to() {
    for (standing, said) in [
        (SecretStoreStatus::Standby, "standby at vault-2.example:8200"),
        (SecretStoreStatus::Redirects, "redirects to vault-2.example:8200"),
    ] {
        let mut model = scene("vault", size(120, 24));
        model.secret_link.set_standing(standing, Duration::ZERO);
        model.secret_link.redirect = Some("vault-2.example:8200".into());
        let shown = text(render(&model, &theme(ColorDepth::Ansi16, Glyphs::Unicode)).backend().buffer());
        assert!(shown.lines().next().unwrap().contains(said), "{shown}");
    }
}

#[test]
fn health_where_there_is_room() {
    for name in ["health", "health_full", "health_broken"] {
        snapshot(&format!("{name}_200x50"), &scene(name, size(200, 50)));
    }
}

#[test]
fn in_ascii_where_the_locale_is_not_utf_8() {
    for (name, set) in SCENES {
        let terminal = render(&set(size(120, 40)), &theme(ColorDepth::Ansi16, Glyphs::Ascii));
        let shown = text(terminal.backend().buffer());
        assert!(shown.is_ascii(), "{name}\n{shown}");
        if *name == "browse" {
            insta::assert_snapshot!("browse_ascii_120x40", shown);
        }
    }
}

/// Cells beside their styles: a letter for each style, and what it stands for.
fn styles(buffer: &Buffer) -> String {
    let mut known: Vec<Style> = vec![Style::reset()];
    let mut out = String::new();
    for row in buffer.content().chunks(usize::from(buffer.area.width).max(1)) {
        let mut letters = String::new();
        for cell in row {
            let style = cell.style();
            let blank = cell.symbol() == " " && !cell.modifier.contains(Modifier::REVERSED);
            let at = match known.iter().position(|other| *other == style) {
                _ if blank => 0,
                Some(at) => at,
                None => {
                    known.push(style);
                    known.len() - 1
                }
            };
            letters.push(char::from(b" abcdefghijklmnopqrstuvwxyz"[at]));
        }
        let shown = text(&Buffer {
            area: ratatui::layout::Rect::new(0, 0, row.len() as u16, 1),
            content: row.to_vec(),
        });
        let _ = writeln!(out, "{}\n{}", shown.trim_end(), letters.trim_end());
    }
    for (at, style) in known.iter().enumerate().skip(1) {
        let letter = char::from(b" abcdefghijklmnopqrstuvwxyz"[at]);
        let _ = writeln!(out, "{letter} = {} {:?}", style.fg.unwrap_or_default(), style.add_modifier);
    }
    out
}

#[test]
fn a_partial_picture_says_so_at_every_size() {
    for (cols, rows) in [(20, 5), (30, 8), (40, 10), (80, 24), (200, 50)] {
        for name in ["partial", "partial_health"] {
            let terminal = render(&scene(name, size(cols, rows)), &theme(ColorDepth::None, Glyphs::Unicode));
            let shown = text(terminal.backend().buffer());
            assert!(shown.contains("PARTIAL"), "{name} {cols}x{rows}\n{shown}");
        }
    }
}

#[test]
fn an_alarm_for_which_nothing_can_be_written_stands_beside_the_state() {
    for (cols, rows) in [(60, 12), (80, 24), (120, 40)] {
        let model = scene("health_full", size(cols, rows));
        let shown = text(render(&model, &theme(ColorDepth::None, Glyphs::Unicode)).backend().buffer());
        let header = shown.lines().next().unwrap();
        assert!(header.contains("▲ SYNCED NOSPACE"), "{cols}x{rows} {header}");
    }
}

#[test]
fn without_colour_state_and_selection_can_still_be_told() {
    let terminal = render(&scene("browse", size(80, 24)), &theme(ColorDepth::None, Glyphs::Unicode));
    let buffer = terminal.backend().buffer();
    insta::assert_snapshot!("browse_no_colour_80x24", styles(buffer));
    assert!(buffer.content().iter().all(|cell| cell.fg == ratatui::style::Color::Reset));
    assert!(buffer.content().iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)));
}

#[test]
fn with_colour_only_what_means_something_has_one() {
    let terminal = render(&scene("browse", size(120, 24)), &theme(ColorDepth::Ansi16, Glyphs::Unicode));
    insta::assert_snapshot!("browse_colour_120x24", styles(terminal.backend().buffer()));
}

#[test]
fn every_size_draws() {
    let theme = theme(ColorDepth::Ansi16, Glyphs::Unicode);
    for (name, set) in SCENES {
        let mut model = set(size(1, 1));
        let small = (1..=26).flat_map(|cols| (1..=12).map(move |rows| (cols, rows)));
        let large =
            (27..=300).step_by(13).flat_map(|cols| (1..=100).step_by(9).map(move |rows| (cols, rows)));
        for (cols, rows) in small.chain(large).chain([(300, 100)]) {
            model.size = size(cols, rows);
            let terminal = render(&model, &theme);
            assert_eq!(terminal.backend().buffer().area.width, cols, "{name}");
        }
    }
}

#[test]
fn one_cell_shows_nothing() {
    for (name, set) in SCENES {
        let terminal = render(&set(size(1, 1)), &theme(ColorDepth::Ansi16, Glyphs::Unicode));
        assert_eq!(text(terminal.backend().buffer()), "\n", "{name}");
    }
}

#[test]
fn a_tiny_screen_still_says_context_state_and_selection() {
    let shown = shown(&scene("browse", size(20, 5)));
    for needed in ["prod", "SYNCED", "github_events"] {
        assert!(shown.contains(needed), "{shown}");
    }
}

#[test]
fn context_state_and_lock_are_in_every_header() {
    for (name, set) in SCENES {
        for cols in [24, 40, 60, 80, 120, 200] {
            let mut model = set(size(cols, 24));
            model.context.name = "production-europe-west".into();
            let shown = shown(&model);
            let header = shown.lines().next().unwrap();
            // Where both do not fit, the warning says more than SYNCED.
            let state = match model.inventory.coverage().is_partial() && cols <= 40 {
                true => "PARTIAL",
                false => model.link.state.word(),
            };
            assert!(header.contains(state) && header.contains("pro"), "{name} {cols} {header}");
            let lock = match model.lock {
                WriteAccess::ReadOnly => "READ ONLY",
                WriteAccess::Locked | WriteAccess::Open(Some(_)) => "LOCKED",
                WriteAccess::Open(None) => "",
            };
            assert!(header.contains(lock), "{name} {cols} {header}");
        }
    }
}

#[test]
fn a_setting_that_cannot_be_used_is_on_the_badge_in_health_and_on_its_tab() {
    for (why, badge) in [(None, "▲ settings"), (Some("no file".into()), "▲ variables unreadable")] {
        let mut model = scene("health_env", size(120, 40));
        let env = &mut model.context.secrets.as_mut().unwrap().env;
        *env = why.map_or(ReceiverEnv::NotVisible, ReceiverEnv::Unreadable);
        model.context.settings.push(Finding::fault("no file", "write it"));
        let shown = shown(&model);
        for told in [badge, "▲ degraded by fault", "▲ fault ", "no file", "Health ▲"] {
            assert!(shown.contains(told), "{told}: {shown}");
        }
    }
}

#[test]
fn no_planted_secret_and_no_control_character_is_in_any_frame() {
    let theme = theme(ColorDepth::Ansi16, Glyphs::Unicode);
    // One scene shows values on request.
    for (name, set) in SCENES.iter().filter(|(name, _)| *name != "editor_revealed") {
        for (cols, rows) in [(80, 24), (120, 40), (200, 90)] {
            let mut model = set(size(cols, rows));
            for selected in model.inventory.keys(&crate::inventory::Scope::AllWebhooks).collect::<Vec<_>>() {
                let namespace = selected.namespace().unwrap().as_str().to_owned();
                sample::scope(&mut model, &namespace, None);
                model.webhooks.select_key(&model.inventory, &selected);
                let terminal = render(&model, &theme);
                let buffer = terminal.backend().buffer();
                let shown = text(buffer);
                assert!(!shown.contains(SECRET) && !shown.contains("unter2"), "{name}\n{shown}");
                for character in buffer.content().iter().flat_map(|cell| cell.symbol().chars()) {
                    assert!(!character.is_control() && character != '\u{202e}', "{name} {character:?}");
                }
            }
        }
    }
}

#[test]
fn nothing_changes_before_it_was_announced() {
    let theme = theme(ColorDepth::Ansi16, Glyphs::Unicode);
    for (name, set) in SCENES {
        let mut model = set(size(140, 40));
        for _ in 0..40 {
            let Stamp { mono: now, wall } = model.now;
            let before = render(&model, &theme);
            let next = next_change_at(&model);
            assert!(next.is_none_or(|next| next > now), "{name}: a moment that is over");
            let until = next.unwrap_or(now + Duration::from_secs(1_000_000));
            for part in [1, 50, 90, 99] {
                let passed = (until - now) * part / 100;
                model.now = Stamp { mono: now + passed, wall: wall + passed };
                let later = render(&model, &theme);
                let same = before.backend().buffer() == later.backend().buffer();
                assert!(same, "{name} at {now:?} + {part}%:\n{}", text(later.backend().buffer()));
            }
            let Some(next) = next else { break };
            model.now = Stamp { mono: next, wall: wall + (next - now) };
            model.traffic.advance(next);
        }
    }
}

#[test]
fn a_quiet_picture_announces_nothing() {
    let mut model = sample::empty(size(120, 40));
    assert_eq!(next_change_at(&model), None);
    model.now = Stamp { mono: NOW + Duration::from_secs(86_400), ..model.now };
    assert_eq!(next_change_at(&model), None);
}

#[test]
fn roles_are_what_colours_come_from() {
    let buffer = render(&scene("stale", size(120, 40)), &theme(ColorDepth::Ansi16, Glyphs::Unicode));
    let buffer = buffer.backend().buffer();
    let theme = theme(ColorDepth::Ansi16, Glyphs::Unicode);
    let header = text(buffer).lines().next().unwrap().to_owned();
    let at = header.chars().position(|c| c == '▲').unwrap();
    assert_eq!(buffer.cell((at as u16, 0)).unwrap().fg, theme.style(StyleRole::Warning).fg.unwrap());
}

#[test]
fn a_review_tells_the_size_and_the_limit_where_they_are_near() {
    let words = |most: usize| {
        let mut model = scene("review", size(120, 40));
        model.context.capabilities.max_document = most;
        text(render(&model, &theme(ColorDepth::None, Glyphs::Unicode)).backend().buffer())
    };
    assert!(!words(1 << 20).contains("of at most"));
    let near = words(400);
    assert!(near.contains("of at most 400 bytes") && !near.contains("refuses"), "{near}");
    assert!(words(100).contains("of at most 100 bytes: the store refuses it, shorten it first"));
}

#[test]
fn without_colour_a_clash_and_its_choice_can_still_be_told() {
    let terminal = render(&scene("merge", size(120, 24)), &theme(ColorDepth::None, Glyphs::Unicode));
    insta::assert_snapshot!("merge_no_colour_120x24", styles(terminal.backend().buffer()));
}
