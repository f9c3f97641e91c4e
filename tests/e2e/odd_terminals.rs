//! Terminals that send something else than an xterm does, show something else, or were left in a state.

use std::time::Duration;

use confdeck::console::shell::layout::Size;
use confdeck::console::terminal::Painter;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use ratatui::style::{Color, Style};
use vt100::{MouseProtocolEncoding, MouseProtocolMode};

use crate::screen::{Color as ShownColor, Screen};
use crate::store::Files;
use crate::support::run::Program;
use crate::terminal::{Exit, Terminal};
use crate::tmux::Tmux;

fn demo(program: Program) -> Terminal {
    let mut terminal = Terminal::open(program.with(["--demo"]), 120, 40);
    terminal.wait_for("SYNCED");
    terminal
}

fn confdeck() -> Program {
    Program::confdeck::<&str>([])
}

/// A shell that has prepared the terminal before it starts a console.
fn after(preparation: &str) -> Terminal {
    let mut terminal = Terminal::open(Program::shell(), 120, 40);
    terminal.wait_for("$ ");
    terminal.type_text(&format!("{preparation}; confdeck --demo; echo left with $?\n"));
    terminal.wait_for("SYNCED");
    terminal
}

#[test]
fn whichever_backspace_a_terminal_sends_deletes_in_every_field() {
    let mut terminal = demo(confdeck());
    for erase in ["\x08", "\x7f"] {
        // The filter, the palette, the line of a search and the draft.
        terminal.keys("/");
        terminal.type_text(&format!("paX{erase}y"));
        terminal.wait_for("pay");
        assert!(!terminal.screen_now().has("paXy"));
        terminal.keys("esc");
        terminal.command(&format!("healX{erase}th"));
        terminal.wait_for("memory in this process");
        terminal.keys("1 e");
        terminal.wait_for("EDIT");
        terminal.type_text(&format!("QZ{erase}{erase}"));
        terminal.keys("ctrl-f");
        terminal.type_text(&format!("modX{erase}ule"));
        let screen = terminal.wait_for("module");
        assert!(!screen.has("modXule") && !screen.has("QZ"), "{}", screen.framed());
        terminal.keys("esc esc");
        terminal.wait_gone("EDIT");
    }
    // A value that nobody sees: typed right once, and mended once.
    terminal.go_to("production/payments");
    terminal.wait_until(|screen| screen.line_with("hmac").is_some());
    terminal.keys("s");
    terminal.wait_for("set which secret?");
    terminal.answer("enter");
    terminal.wait_for("new value of hmac");
    terminal.type_text("planted-abX\x08c");
    terminal.keys("enter");
    terminal.wait_for("type it again");
    terminal.type_text("planted-abc");
    terminal.keys("ctrl-s");
    terminal.wait_for("REVIEW");
}

#[test]
fn the_erase_character_that_stty_names_deletes_too() {
    let mut terminal = after("stty erase ^T");
    terminal.keys("/");
    terminal.type_text("paX\x14y");
    terminal.wait_for("pay");
    assert!(!terminal.screen_now().has("paX"));
}

/// What a program that crashed leaves behind: every report of the mouse, of the focus, application keys, a
/// scrolling region with its origin, insertion, letters that draw lines.
const LEFT_ON: &str = r"printf '\033[?9h\033[?1000h\033[?1002h\033[?1003h\033[?1004h\033[?1005h\033[?1006h\033[?1015h\033[?1h\033=\033[5;9r\033[?6h\033[4h\033(0'";

#[test]
fn what_a_crashed_program_left_on_is_switched_off() {
    let mut terminal = after(LEFT_ON);
    let screen = terminal.screen_now();
    let emulator = screen.emulator();
    assert_eq!(emulator.mouse_protocol_mode(), MouseProtocolMode::None);
    assert_eq!(emulator.mouse_protocol_encoding(), MouseProtocolEncoding::Default);
    assert!(!emulator.application_cursor() && !emulator.application_keypad());
    for mode in ["?9l", "?1001l", "?1004l", "?1015l", "?1016l", "4l", "(B"] {
        assert!(terminal.has_ever_written(&mode.replace("(B", "\x1b(B")), "{mode}");
    }
    assert!(screen.line(0).contains("confdeck"), "{}", screen.framed());
    terminal.keys("q");
    terminal.wait_for("left with 0");
}

#[test]
fn a_click_or_an_answer_of_the_terminal_presses_no_key() {
    let mut terminal = demo(confdeck());
    let before = terminal.screen_now().text();
    // `q` quits, `d` deletes, `:` opens a prompt: as coordinates, parameters and parts of an answer.
    let reports = [
        "\x1b[M qd",
        "\x1b[M#dq",
        "\x1b[Mq::",
        "\x1b[M q\u{a1}",
        "\x1b[M \u{12c}\u{105}",
        "\x1b[<0;10;10M\x1b[<0;10;10m",
        "\x1b[32;10;10M",
        "\x1b[tqq",
        "\x1b[I\x1b[O",
        "\x1b[?62;22c\x1b[>41;354;0c",
        "\x1b[12;40R",
        "\x1b]11;rgb:0000/0000/dddd\x07",
        "\x1b]lq\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x1bP>|q\x1b\\",
        "\x1b_Gi=1;quit\x1b\\",
        "\x1b[?0u",
        "\x1b[?2026;2$y",
    ];
    for report in reports {
        // At once, and over a link that cuts it in two and takes its time.
        terminal.type_text(report);
        let cut = report.char_indices().nth(report.chars().count() / 2).unwrap().0.max(2);
        let (first, rest) = report.split_at(cut);
        terminal.type_text(first);
        std::thread::sleep(Duration::from_millis(120));
        terminal.type_text(rest);
    }
    // Nothing was asked, typed or left.
    terminal.keys("?");
    terminal.wait_for("Lists and details");
    terminal.keys("esc");
    let screen = terminal.wait_gone("Lists and details");
    let rows = |text: &str| text.lines().filter(|line| line.contains("payments")).count();
    assert_eq!(rows(&screen.text()), rows(&before), "{}", screen.framed());
    assert!(!screen.has("Delete ") && !screen.has("enter take"), "{}", screen.framed());
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
}

/// The colours of all cells.
fn colors(screen: &Screen) -> Vec<ShownColor> {
    let (columns, rows) = screen.size();
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
    cells
        .map(|(column, row)| screen.style_at(column, row))
        .flat_map(|style| [style.foreground, style.background])
        .collect()
}

#[test]
fn sixteen_colours_are_sent_by_their_own_codes_and_the_dark_theme_is_readable_in_them() {
    for theme in ["default", "dark", "light"] {
        let program = confdeck().with(["--theme", theme]).env("TERM", "linux");
        let terminal = demo(program);
        assert!(!terminal.has_ever_written("8;5;") && !terminal.has_ever_written("8;2;"), "{theme}");
        let screen = terminal.screen_now();
        let shown = colors(&screen);
        assert!(shown.iter().any(|color| matches!(color, ShownColor::Idx(0..16))), "{theme}");
        // The badge's colour is still one, and what is selected stands out.
        assert!(matches!(screen.style_of("SYNCED").foreground, ShownColor::Idx(2 | 10)), "{theme}");
        let styles: Vec<_> = (0..40).map(|row| screen.style_at(60, row)).collect();
        assert!(
            styles.iter().any(|style| style.reversed || style.background == ShownColor::Idx(4)),
            "{theme}: {}",
            screen.framed()
        );
        assert!(styles.iter().all(|style| {
            style.foreground == ShownColor::Default || style.foreground != style.background
        }));
    }
}

#[test]
fn a_terminal_without_colours_gets_none() {
    let terminal = demo(confdeck().with(["--theme", "dark"]).env("TERM", "vt100"));
    assert!(colors(&terminal.screen_now()).iter().all(|color| *color == ShownColor::Default));
    for color in ["\x1b[0;3", "\x1b[0;1;3", "\x1b[0;9", "\x1b[0;1;9"] {
        assert!(!terminal.has_ever_written(color), "{}", color.escape_debug());
    }
}

#[test]
fn sixty_four_thousand_keys_that_no_brackets_surround_are_all_taken() {
    let files = Files::new("{\"one\": {\"module\": \"log\"}}\n");
    let mut terminal = files.open(120, 40);
    terminal.go_to("default/one");
    terminal.keys("e");
    terminal.wait_for("EDIT");
    terminal.type_text(&"word ".repeat(12_800));
    terminal.type_text("the-end");
    terminal.wait_for("the-end");
    terminal.keys("ctrl-u");
    terminal.wait_gone("the-end");
}

/// Clusters that terminals give widths of their own: Thai SARA AM, flags, vowel signs of Devanagari and Tamil,
/// half-width kana with marks, a skin tone, jamo.
const CLUSTERS: [&str; 12] = ["กำ", "น้ำ", "🇩🇪", "कि", "ஃகொ", "ｶﾞ", "ﾊﾟ", "👍🏽", "각", "日", "e\u{301}", "ab"];

const SIZE: Size = Size { cols: 24, rows: 6 };

/// Words with their places and colours.
type Picture = Vec<(u16, u16, String, u8)>;

fn pictures() -> impl Strategy<Value = Vec<Picture>> {
    let word =
        prop::collection::vec(prop::sample::select(&CLUSTERS[..]), 1..7).prop_map(|parts| parts.concat());
    let word = (0..SIZE.cols, 0..SIZE.rows, word, 0..8_u8);
    prop::collection::vec(prop::collection::vec(word, 0..8), 2..8)
}

fn paint(painter: &mut Painter, picture: &Picture) -> Vec<u8> {
    painter
        .paint(Vec::new(), |frame| {
            for (x, y, text, color) in picture {
                let style = Style::new().fg(Color::Indexed(*color)).bg(Color::Indexed(*color + 8));
                frame.buffer_mut().set_stringn(*x, *y, text, (SIZE.cols - x).into(), style);
            }
        })
        .unwrap()
}

/// What is seen of a screen that tmux has printed: its cells up to the last that is not blank in each row.
fn cells(printed: &str) -> Vec<String> {
    // So wide that no row goes on in the next, whatever a cluster measures here.
    let some = |cells| std::num::NonZero::new(cells).unwrap();
    let mut parser = vt100::Parser::new(some(40), some(400), 0);
    parser.process(printed.replace('\n', "\r\n").as_bytes());
    let screen = Screen::new(parser.screen().clone());
    let row = |row: u16| {
        let cell = |column| {
            let style = screen.style_at(column, row);
            let text = screen.emulator().cell(row, column).unwrap();
            let text = if text.has_contents() { text.contents() } else { " " };
            let is_bare = text == " " && !style.reversed && !style.underline;
            if is_bare { format!(" {:?}", style.background) } else { format!("{text}{style:?}") }
        };
        let cells: Vec<_> = (0..400).map(cell).collect();
        let bare = format!(" {:?}", ShownColor::Default);
        let end = cells.iter().rposition(|cell| *cell != bare).map_or(0, |last| last + 1);
        cells[..end].concat()
    };
    (0..40).map(row).collect()
}

/// In tmux; the same in the emulator of these tests is with the painter's own.
#[test]
fn clusters_of_any_width_that_come_and_go_leave_nothing_in_tmux() {
    let Some(tmux) = Tmux::start(SIZE.cols, SIZE.rows) else { return };
    let (shown, to_shown) = tmux.screen("shown");
    let (fresh, to_fresh) = tmux.screen("fresh");
    const CLEAN: &[u8] = b"\x1b[?7l\x1b[?25l\x1b[0m\x1b[2J";
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&pictures(), |pictures| {
            let mut painter = Painter::new(SIZE).unwrap();
            tmux.show(shown, &to_shown, CLEAN);
            for picture in &pictures {
                let in_turn = tmux.show(shown, &to_shown, &paint(&mut painter, picture));
                let whole = [CLEAN, &paint(&mut Painter::new(SIZE).unwrap(), picture)].concat();
                let fresh = tmux.show(fresh, &to_fresh, &whole);
                prop_assert_eq!(cells(&in_turn), cells(&fresh));
            }
            Ok(())
        })
        .unwrap();
}

/// Documents that are nothing but clusters, each of other lengths than the one before.
fn documents() -> Files {
    let documents = CLUSTERS.iter().enumerate().map(|(at, cluster)| {
        let text = |count: usize| cluster.repeat(count);
        format!(
            "\"{}-{at}\": {{\"module\": \"log\", \"{}\": \"{}\", \"note\": \"{}\"}}",
            text(3),
            text(5 + at),
            text(40 - at),
            text(at)
        )
    });
    Files::new(&format!("{{{}}}", documents.collect::<Vec<_>>().join(",\n")))
}

/// Keys that bring other clusters to the same cells.
const WALK: [&str; 9] = ["j", "j j", "G", "k", "z", "z", "g", "j", "j j j"];

#[test]
fn in_tmux_nothing_of_the_last_document_stays() {
    let Some(tmux) = Tmux::start(100, 30) else { return };
    let files = documents();
    let console = tmux.open("console", &confdeck().at_home(&files.home));
    tmux.settled(console, "SYNCED");
    tmux.keys(console, "T");
    for keys in WALK {
        tmux.keys(console, keys);
        let in_turn = tmux.settled(console, "confdeck");
        tmux.keys(console, "C-l");
        let fresh = tmux.settled(console, "confdeck");
        assert_eq!(cells(&in_turn), cells(&fresh), "after {keys}:\n{in_turn}\n{fresh}");
    }
}

#[test]
fn nothing_of_the_last_document_stays() {
    let mut terminal = documents().open(100, 30);
    terminal.keys("T");
    for keys in WALK {
        terminal.keys(keys);
        terminal.wait_quiet_for(Duration::from_millis(150));
        let in_turn = terminal.screen_now();
        let frames = terminal.frames();
        terminal.keys("ctrl-l");
        while terminal.frames() == frames {
            std::thread::sleep(Duration::from_millis(5));
        }
        let fresh = terminal.screen_now();
        assert_eq!(in_turn.text(), fresh.text(), "after {keys}");
        assert_eq!(colors(&in_turn), colors(&fresh), "after {keys}");
    }
}
