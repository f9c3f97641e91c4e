//! The harness itself, against programs whose behaviour is known.

use std::time::Duration;

use crate::screen::Color;
use crate::support::home::Home;
use crate::support::run::{Program, Signal};
use crate::terminal::{Exit, Terminal};

fn script(script: &str) -> Terminal {
    Terminal::open(Program::script(script), 80, 24)
}

/// A program that takes raw keys and shows each byte in hexadecimal, until it reads `q`.
fn key_viewer() -> Terminal {
    let viewer = "stty raw -echo; printf 'ready\\r\\n'
        while key=$(dd bs=64 count=1 2>/dev/null | od -An -tx1 | tr -d ' \\n'); do
            printf '<%s>' \"$key\"; [ \"$key\" = 71 ] && exit 0
        done";
    let mut terminal = script(viewer);
    terminal.wait_for("ready");
    terminal
}

#[test]
fn the_screen_is_read_as_text_and_cells() {
    let mut terminal = script(r"printf 'plain \033[1;31mred\033[0m \033[7m日本\033[0m·end\n'; cat");
    let screen = terminal.wait_for("·end");
    assert_eq!(terminal.screen(), "plain red 日本·end");
    assert_eq!(screen.line(0), "plain red 日本·end");
    assert_eq!(screen.find("·end"), Some((14, 0)));
    assert_eq!(screen.find("nowhere"), None);
    assert_eq!(screen.style_of("red").foreground, Color::Idx(1));
    assert!(screen.style_of("red").bold && !screen.style_of("plain").bold);
    assert!(screen.style_of("本").reversed && !screen.style_of("·end").reversed);
    assert_eq!(screen.cursor(), Some((0, 1)));
}

#[test]
fn a_program_meets_a_clean_environment_and_an_empty_folder() {
    let mut terminal = script("env | cut -d= -f1 | sort; ls -A; echo $$ >~/id; echo end");
    terminal.wait_for("end");
    let told = std::fs::read_to_string(terminal.home().path().join("id")).unwrap();
    assert_eq!(told.trim(), terminal.id().to_string());
    let names = "CONFDECK_LOG HOME LANG OLDPWD PATH PWD SHELL SHLVL TERM TMPDIR \
        XDG_CACHE_HOME XDG_CONFIG_HOME XDG_STATE_HOME _ end";
    for name in terminal.screen().split_whitespace() {
        assert!(names.split_whitespace().any(|known| known == name), "{name} was inherited");
    }
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
}

#[test]
fn each_key_arrives_and_escape_is_not_taken_for_alt() {
    let mut terminal = key_viewer();
    for (key, bytes) in [("j", "<6a>"), ("enter", "<0d>"), ("ctrl-s", "<13>"), ("up", "<1b5b41>")] {
        terminal.keys(key);
        terminal.wait_for(bytes);
    }
    terminal.keys("esc");
    terminal.keys("x");
    terminal.wait_for("<1b><78>");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
}

#[test]
fn what_goes_away_and_what_is_copied_are_seen() {
    let mut terminal = script(r"printf 'here'; read line; printf '\033[2J\033]52;c;aGVsbG8=\007'; cat");
    terminal.wait_for("here");
    terminal.keys("enter");
    terminal.wait_gone("here");
    terminal.type_text("seen\n");
    terminal.wait_for("seen");
    assert_eq!(terminal.copied(), ["aGVsbG8="]);
}

#[test]
fn a_paste_is_bracketed_only_where_the_program_asked() {
    let mut terminal = script("cat -v");
    terminal.paste("a b\n");
    terminal.wait_until(|screen| screen.lines().iter().filter(|line| *line == "a b").count() == 2);
    let mut terminal = script(r"printf '\033[?2004h'; stty raw -echo; printf ready; cat -v");
    terminal.wait_for("ready");
    terminal.paste("a\nb");
    terminal.wait_for("^[[200~a^Mb^[[201~");
}

#[test]
fn the_window_has_its_size_and_can_be_resized() {
    let mut terminal = script("trap 'stty size' WINCH; stty size; while :; do sleep 0.01; done");
    terminal.wait_for("24 80");
    terminal.resize(132, 50);
    assert_eq!(terminal.wait_for("50 132").size(), (132, 50));
}

#[test]
fn signals_reach_the_program_and_the_exit_is_told() {
    let mut terminal = script("trap 'echo caught; exit 7' TERM; echo up; while :; do sleep 0.01; done");
    terminal.wait_for("up");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.wait_exit(), Exit::Code(7));
    assert_eq!(terminal.screen(), "up\ncaught");

    let mut terminal = script("echo up; exec sleep 60");
    terminal.wait_for("up");
    terminal.signal(Signal::KILL);
    assert_eq!(terminal.wait_exit(), Exit::Signal("Killed".to_owned()));
}

#[test]
fn closing_the_window_hangs_up_and_types_nothing() {
    let home = Home::new();
    let told = home.path().join("told");
    // Raw, the program reads whatever is typed, and tells: only the hang-up may end its reading.
    let script = "trap 'echo hup >>told; exit' HUP; stty raw -echo; exec 3<&0; echo up
        while :; do dd bs=1 count=1 <&3 >>told 2>/dev/null & wait $!; done";
    let program = Program::script(script).at_home(&home).in_folder(home.path());
    let mut terminal = Terminal::open(program, 80, 24);
    terminal.wait_for("up");
    terminal.hang_up();
    terminal.wait_exit();
    assert_eq!(std::fs::read_to_string(told).unwrap(), "hup\n");
}

#[test]
fn bytes_are_counted_and_quiet_is_noticed() {
    let mut terminal = script("printf 12345; read line; printf 678; sleep 60");
    terminal.wait_for("12345");
    terminal.wait_quiet_for(Duration::from_millis(50));
    assert_eq!(terminal.bytes_out(), 5);
    assert_eq!(terminal.bytes_during(Duration::from_millis(50)), 0);
    terminal.keys("enter");
    terminal.wait_for("678");
    // Enter is echoed as a carriage return and a line feed.
    assert_eq!(terminal.bytes_out(), 10);
    assert!(terminal.has_ever_written("45\r\n678") && !terminal.has_ever_written("123456"));
}

#[test]
fn a_stalled_terminal_takes_nothing_until_it_resumes() {
    let mut terminal = script("echo up; read line; yes | head -c 200000; echo all; sleep 60");
    terminal.wait_for("up");
    terminal.stall();
    terminal.keys("enter");
    let before = terminal.bytes_out();
    assert_eq!(terminal.bytes_during(Duration::from_millis(100)), 0);
    terminal.resume();
    terminal.wait_for("all");
    assert!(terminal.bytes_out() - before > 200_000);
}

#[test]
fn half_a_frame_is_never_seen() {
    let mut terminal = script(
        r"printf '\033[?2026hold\033[?2026l'; read line
          printf '\033[?2026h\033[2J\033[Hhalf'; sleep 0.2; printf ' whole\033[?2026l'; cat",
    );
    terminal.wait_for("old");
    terminal.keys("enter");
    let first = terminal.wait_until(|screen| !screen.has("old"));
    assert!(first.has("whole"), "{}", first.framed());
    assert_eq!(terminal.frames(), 2);
}

#[test]
fn a_terminal_that_is_put_back_passes() {
    let mut terminal = script(
        r"was=$(stty -g); stty raw -echo; printf '\033[?1049h\033[?25l\033[?2004h\033[1;31mhello'; dd bs=1 count=1 2>&- >&-
          printf '\033[0m\033[?2004l\033[?25h\033[?1049l'; stty $was",
    );
    terminal.wait_for("hello");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
    assert_eq!(terminal.screen(), "");
}

#[test]
fn each_thing_left_behind_is_told() {
    for (script_, left) in [
        (r"printf '\033[?1049h'", "the alternate screen"),
        (r"printf '\033[?25l'", "a hidden cursor"),
        (r"printf '\033[?2004h'", "bracketed paste"),
        (r"printf '\033[?1000h'", "mouse reports"),
        (r"printf '\033[?2026h'", "an open synchronized update"),
        (r"printf '\033[>1u'", "keyboard enhancements"),
        (r"printf '\033[31m'", "colours or attributes"),
        ("stty -echo", "line modes"),
    ] {
        let mut terminal = script(script_);
        terminal.wait_exit();
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| terminal.assert_restored()));
        let told = told.expect_err(left).downcast::<String>().unwrap();
        assert!(told.contains(left), "{told}");
    }
}

#[test]
#[should_panic(expected = "waited for \"never\", but the program ended with Code(3)\n   ┌───")]
fn waiting_for_what_cannot_come_shows_the_screen() {
    script("echo something; exit 3").wait_for("never");
}

#[test]
fn a_shell_can_suspend_and_continue_a_program() {
    let mut terminal = Terminal::open(Program::shell(), 80, 24);
    let home = terminal.home().clone();
    home.write("work/followed", "one\n");
    terminal.wait_for("$ ");
    terminal.type_text("tail -f followed\n");
    terminal.wait_for("one");
    terminal.keys("ctrl-z");
    terminal.wait_until(|screen| screen.line_with("Stopped").is_some() && screen.text().ends_with("\n$"));
    home.write("work/followed", "one\ntwo\n");
    terminal.type_text("fg\n");
    terminal.wait_for("two");
    terminal.keys("ctrl-c");
    terminal.wait_until(|screen| screen.text().ends_with("\n$"));
    terminal.type_text("exit 4\n");
    assert_eq!(terminal.wait_exit(), Exit::Code(4));
}

#[test]
fn programs_without_a_terminal_give_their_output_and_exit_code() {
    let finished = Program::script("cat; echo err >&2; exit 3").input("in\n").run().expect_code(3);
    assert_eq!((finished.out().as_str(), finished.err().as_str()), ("in\n", "err\n"));

    let mut running =
        Program::script("trap 'echo last; exit 0' TERM; echo first; while :; do sleep 0.01; done").start();
    running.wait_for("first\n");
    running.signal(Signal::TERM);
    assert_eq!(running.finish().out(), "first\nlast\n");
}

#[test]
fn a_home_tells_which_files_hold_a_secret() {
    let program =
        Program::script("mkdir -p $XDG_STATE_HOME/confdeck; echo a-s3cret-b >$XDG_STATE_HOME/confdeck/log");
    let home = program.home.clone();
    program.run().expect_code(0);
    assert_eq!(home.files_holding("s3cret"), [home.state().join("log")]);
    assert_eq!(home.files_holding("other").len(), 0);
}
