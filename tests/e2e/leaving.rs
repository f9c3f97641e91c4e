//! Every way out leaves the shell as it was.

use std::time::{Duration, Instant};

use crate::support::run::{Program, Signal};
use crate::terminal::{Exit, Terminal};

fn demo() -> Terminal {
    let mut terminal = Terminal::open(Program::confdeck(["--demo"]), 120, 40);
    terminal.wait_for("SYNCED");
    terminal
}

#[test]
fn by_keys_and_by_commands() {
    for leave in ["q", "ctrl-c", ": q u i t enter", "6 q", "7 ctrl-c", "/ ctrl-c ctrl-c", "? esc q"] {
        let mut terminal = demo();
        terminal.keys(leave);
        assert_eq!(terminal.wait_exit(), Exit::Code(0), "{leave}");
        terminal.assert_restored();
        assert_eq!(terminal.screen(), "", "{leave}");
    }
}

#[test]
fn by_signals() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let mut terminal = demo();
        terminal.signal(signal);
        assert_eq!(terminal.wait_exit(), Exit::Code(code));
        terminal.assert_restored();
    }
}

#[test]
fn a_draft_does_not_hold_a_signal_up() {
    let mut terminal = demo();
    terminal.edit("production/github_events");
    terminal.replace("\"gh\"", "\"gh-eu\"");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_exit(), Exit::Code(143));
    terminal.assert_restored();
}

#[test]
fn by_a_window_that_is_closed() {
    let mut terminal = demo();
    terminal.hang_up();
    assert_eq!(terminal.wait_exit(), Exit::Code(129));
}

/// A shell in which the demo was started and is in front.
fn from_a_shell() -> Terminal {
    let mut terminal = Terminal::open(Program::shell(), 120, 40);
    terminal.wait_for("$ ");
    terminal.type_text("stty -g >before; confdeck --demo; stty -g >after; echo left with $?\n");
    terminal.wait_for("SYNCED");
    terminal
}

/// Whether the shell's own screen is shown, waiting for a command.
fn is_at_prompt(screen: &crate::screen::Screen) -> bool {
    !screen.emulator().alternate_screen() && screen.text().ends_with("\n$") && screen.cursor().is_some()
}

#[test]
fn suspended_it_gives_the_shell_back_and_takes_it_again() {
    let mut terminal = from_a_shell();
    terminal.go_to("production/payments");
    for size in [(120, 40), (80, 24)] {
        terminal.keys("ctrl-z");
        terminal.wait_until(|screen| screen.has("Stopped") && is_at_prompt(screen));
        terminal.type_text("echo $((40 + 2))\n");
        terminal.wait_until(|screen| screen.lines().contains(&"42".to_owned()) && is_at_prompt(screen));
        // While it is stopped, the window changes.
        terminal.resize(size.0, size.1);
        terminal.type_text("fg\n");
        let screen =
            terminal.wait_until(|screen| screen.has("memory") && screen.emulator().alternate_screen());
        assert_eq!(screen.size(), size);
        terminal.wait_until(|screen| {
            screen.line_with("▌  production").is_some_and(|line| line.contains("payments"))
        });
    }
    terminal.keys("q");
    terminal.wait_until(is_at_prompt);
    terminal.type_text("exit\n");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
}

#[test]
fn the_shell_finds_its_line_as_it_left_it() {
    let mut terminal = from_a_shell();
    terminal.keys("j j ctrl-c");
    terminal.wait_for("left with 0");
    let modes = |name: &str| std::fs::read_to_string(terminal.home().work().join(name)).unwrap();
    assert_eq!(modes("before"), modes("after"));
}

#[test]
fn a_stalled_terminal_does_not_hold_it() {
    let mut terminal = demo();
    terminal.stall();
    // Frames that nobody takes, until the line is full.
    for (columns, rows) in [(300, 100), (200, 90), (300, 100), (200, 90), (300, 100), (200, 90)] {
        terminal.resize(columns, rows);
        terminal.bytes_during(Duration::from_millis(50));
    }
    let pressed = Instant::now();
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    println!("left a stalled terminal after {:?}", pressed.elapsed());
    assert!(pressed.elapsed() < Duration::from_secs(1), "leaving took {:?}", pressed.elapsed());
}

#[test]
fn without_a_terminal_it_says_so() {
    for arguments in [&["--demo"][..], &["--demo=files"], &[]] {
        let finished = Program::confdeck(arguments).run().expect_code(2);
        assert_eq!(finished.out(), "");
        assert!(finished.err().contains("needs a terminal"), "{}", finished.err());
        assert!(finished.err().contains("confdeck --help"), "{}", finished.err());
    }
}
