//! That the harness finds a planted value wherever it comes out, and lets the revealed one through.

use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::home::Home;
use crate::support::planted::{DISGUISES, Revealed};
use crate::support::run::Program;
use crate::terminal::Terminal;

/// One that only these tests know.
const VALUE: &str = "planted-for-the-harness";

/// Why this panicked, or nothing if it did not.
fn complaint(act: impl FnOnce()) -> String {
    let result = catch_unwind(AssertUnwindSafe(act));
    result.err().and_then(|why| why.downcast::<String>().ok()).map_or_else(String::new, |why| *why)
}

#[track_caller]
fn found(place: &str, act: impl FnOnce()) {
    let complaint = complaint(act);
    assert!(complaint.contains("nobody revealed") && complaint.contains(place), "{complaint}");
}

fn printing(script: &str) -> Terminal {
    let mut terminal = Terminal::open(Program::script(&format!("{script}; echo end; cat")), 80, 24);
    terminal.wait_for("end");
    terminal
}

#[test]
fn what_is_printed_is_searched() {
    for way in ["echo $VALUE", "echo $VALUE >&2", "printf %s $VALUE | base64", "printf %s x$VALUE | base64"] {
        found("the output of sh", || drop(Program::script(way).env("VALUE", VALUE).run()));
    }
    // Also of a program that is dropped before it ends.
    found("the output of sh", || {
        let mut running = Program::script("echo $VALUE; echo end; cat").env("VALUE", VALUE).start();
        running.wait_for("end");
    });
    let revealed = Program::script("echo $VALUE").env("VALUE", VALUE).reveals(VALUE).run();
    assert_eq!(revealed.expect_code(0).out(), format!("{VALUE}\n"));
    found("the output of sh", || {
        drop(Program::script("echo planted-other").reveals(VALUE).run());
    });
}

#[test]
fn what_is_drawn_is_searched() {
    found("a terminal", || drop(printing(&format!("echo {VALUE}"))));
    let begun = "printf '\\033[?2026h\\033[2J\\033[5;4Hnted-for-the-harness'";
    let whole = "printf '\\033[5;1Hpla\\033[?2026l'";
    found("a frame", || drop(printing(&format!("{begun}; {whole}"))));
    found("a terminal", || {
        let terminal = printing(&format!("printf %s {VALUE} | base64"));
        terminal.reveals(VALUE);
    });
    let terminal = printing(&format!("printf %s {VALUE} | base64"));
    terminal.reveals(&STANDARD.encode(VALUE));
    drop(terminal);
    let terminal = printing(&format!("{begun}; {whole}; echo {VALUE}"));
    terminal.reveals(VALUE);
    drop(terminal);
    // So much as a window has room for.
    let terminal = printing(&format!("echo '{VALUE}-and-more│'"));
    terminal.reveals(&format!("{VALUE}-and-more-than-fits"));
}

#[test]
fn what_is_left_behind_is_searched() {
    found("state/log", || {
        drop(Program::script("echo $VALUE > ~/state/log").env("VALUE", VALUE).run());
    });
    let home = Home::new();
    home.write("work/given", VALUE);
    drop(home);
    found("work/copied", || {
        let home = Home::new();
        home.write("work/given", VALUE);
        Program::script("cp given copied").at_home(&home).run().expect_code(0);
    });
}

#[test]
fn a_mark_is_found_in_every_disguise() {
    let found = |text: &str| Revealed::default().leak_in(text.as_bytes()).is_some();
    let base64 = |before: &str| STANDARD.encode(format!("{before}{VALUE}"));
    for text in [VALUE, &base64(""), &base64("a"), &base64("ab"), &format!("{:?}", VALUE.as_bytes())] {
        assert!(found(text), "{text}");
    }
    let hex: String = VALUE.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert!(found(&hex) && DISGUISES.iter().all(|form| found(form)));
    assert!(!found("the module planted, a test of planted::values"));
}
