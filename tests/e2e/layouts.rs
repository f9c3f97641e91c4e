//! Every size has its layout, and none loses its place.

use crate::screen::Screen;
use crate::store::Files;
use crate::support::run::Program;
use crate::terminal::{Exit, Terminal};

/// Sixty webhooks with names that stand for nothing else.
fn many() -> Files {
    let members: Vec<_> = (0..60)
        .map(|n| format!("  \"hook{n:02}\": {{\"module\": \"log\", \"mark\": \"detail{n:02}\"}}"))
        .collect();
    Files::new(&format!("{{\n{}\n}}\n", members.join(",\n")))
}

fn shows(screen: &Screen, namespaces: bool, items: bool, detail: bool) -> bool {
    let shown = screen.has("NAMESPACES") || screen.has("› namespaces");
    shown == namespaces && screen.has("MODULE") == items && screen.has("detail30") == detail
}

#[test]
fn three_panes_two_one_and_a_few_lines() {
    let files = many();
    let mut terminal = files.open(120, 40);
    terminal.go_to("default/hook30");
    terminal.wait_until(|screen| shows(screen, true, true, true));
    terminal.resize(100, 30);
    terminal.wait_until(|screen| shows(screen, false, true, true));
    terminal.resize(80, 24);
    terminal.wait_until(|screen| shows(screen, false, true, false));
    terminal.keys("enter");
    terminal.wait_until(|screen| shows(screen, false, false, true));
    terminal.keys("esc esc");
    terminal.wait_until(|screen| shows(screen, true, false, false));
    terminal.keys("enter");
    terminal.wait_until(|screen| shows(screen, false, true, false));
    terminal.resize(20, 5);
    terminal.wait_until(|screen| screen.has("hook30") && screen.has("SYNCED"));
}

#[test]
fn the_selection_is_kept_through_every_size() {
    let files = many();
    let mut terminal = files.open(120, 40);
    terminal.go_to("default/hook30");
    let sizes =
        [(1, 1), (20, 5), (300, 100), (1, 50), (80, 24), (300, 1), (2, 2), (120, 40), (79, 7), (200, 50)];
    for (columns, rows) in sizes {
        terminal.resize_and_see(columns, rows);
        if columns >= 20 && rows >= 5 {
            let screen = terminal.wait_for("hook30");
            let selected = screen.lines().iter().any(|line| line.contains('▌') && line.contains("hook30"));
            assert!(selected, "{}", screen.framed());
        }
    }
    terminal.resize(120, 40);
    terminal.wait_for("detail30");
    // It was more than a picture: the next key goes on from there.
    terminal.keys("j");
    terminal.wait_for("detail31");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
}

#[test]
fn every_page_draws_at_every_size() {
    let mut terminal = Terminal::open(Program::confdeck(["--demo"]), 120, 40);
    terminal.wait_for("SYNCED");
    let pages = ["1", "2", "6", "7", "?", ":", "e"];
    for page in pages {
        terminal.resize(120, 40);
        terminal.keys("esc esc");
        terminal.keys(if page == "e" { "1" } else { "2" });
        terminal.keys(page);
        for (columns, rows) in [(1, 1), (3, 2), (20, 5), (80, 24), (300, 100), (7, 60)] {
            terminal.resize_and_see(columns, rows);
        }
    }
    terminal.resize(120, 40);
    terminal.keys("esc esc");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
}
