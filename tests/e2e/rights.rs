//! A user who may read a part, in the console and in commands.

use crate::store::Etcd;
use crate::support::etcd::Guarded;
use crate::support::run::Program;
use crate::terminal::Terminal;

/// What is granted to `ann` and shown as the ranges that may be read.
const PROD: [&str; 3] = ["readwrite", "/cwm/prod/", "/cwm/prod0"];
const ONE_KEY: [&str; 2] = ["read", "/cwm/test/webhooks/one"];

fn guarded() -> Guarded {
    let etcd = Guarded::start();
    for key in ["prod/webhooks/a", "prod/webhooks/b", "test/webhooks/one", "test/webhooks/two"] {
        etcd.put(key, r#"{"module":"log"}"#);
    }
    etcd.user("ann", &[&PROD, &ONE_KEY]);
    etcd
}

/// The program as a user.
fn program(etcd: &Guarded, user: &str, arguments: &[&str]) -> Program {
    Etcd::program_at(&etcd.server.address(), "/cwm/", arguments)
        .env("ETCD_USERNAME", user)
        .env("ETCD_PASSWORD", format!("{user}pw"))
}

#[test]
fn a_partial_picture_says_so_and_claims_nothing_beyond_it() {
    let etcd = guarded();
    let program = program(&etcd, "ann", &[]);
    let home = program.home.clone();
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("▲ SYNCED PARTIAL");
    let screen = terminal.wait_for("1 of 3 partial");
    assert!(screen.has("3 partial"), "{}", screen.framed());
    terminal.keys("6");
    terminal.wait_for("equal to what this user may read");
    let screen = terminal.wait_for("/cwm/prod/*");
    assert!(screen.has("/cwm/test/webhooks/one"), "{}", screen.framed());
    terminal.keys("1");
    terminal.command("test/two");
    terminal.wait_for("whether test/two exists is not known");
    terminal.keys("esc");

    terminal.unlock();
    terminal.keys("n ctrl-u");
    terminal.type_text("test/two\n");
    terminal.wait_for("permission denied: read of test/two");
    terminal.keys("esc");
    // What may be read and written is written as ever.
    terminal.edit("prod/a");
    terminal.replace("log", "kafka");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    // What may only be read is not.
    terminal.edit("test/one");
    terminal.replace("log", "kafka");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("permission denied: write of test/one in etcd");
    terminal.keys("esc esc");

    etcd.revoke("ann", &PROD[1..]);
    terminal.wait_for("1 of 1 partial");
    etcd.revoke("ann", &ONE_KEY[1..]);
    terminal.wait_for("DENIED");
    // Beside the result of the last act there is no room for all of it.
    terminal.keys("esc");
    terminal.wait_for("read of the keys from /cwm/ to /cwm0 in etcd");
    etcd.grant("ann", &["read", "/cwm/", "/cwm0"]);
    terminal.keys("ctrl-r");
    terminal.wait_until(|screen| screen.has("● SYNCED") && screen.has("of 4") && !screen.has("PARTIAL"));
    assert_eq!(home.files_holding("annpw").len(), 0);
}

#[test]
fn commands_tell_a_part_from_the_whole_beside_their_output() {
    let etcd = guarded();
    let ann = |arguments: &[&str]| program(&etcd, "ann", arguments).run();
    let note = "confdeck: partial: this user may read only /cwm/prod/*, /cwm/test/webhooks/one\n";
    for (arguments, lines) in [
        (&["list", "webhooks"][..], 4),
        (&["list", "namespaces"], 3),
        (&["list", "webhooks", "-o", "json"], 0),
    ] {
        let listed = ann(arguments).expect_code(0);
        assert_eq!(listed.err(), note, "{arguments:?}");
        assert!(lines == 0 || listed.out().lines().count() == lines, "{}", listed.out());
    }
    let whole = ann(&["list", "webhooks", "prod"]).expect_code(0);
    assert_eq!((whole.err().as_str(), whole.out().lines().count()), ("", 3));

    let mut watch = program(&etcd, "ann", &["watch", "-o", "json"]).start();
    let told = watch.wait_for("SYNCED");
    let partial =
        r#"{"type":"partial","reason":"this user may read only /cwm/prod/*, /cwm/test/webhooks/one"}"#;
    assert!(told.contains(partial), "{told}");
    etcd.revoke("ann", &ONE_KEY[1..]);
    let told = watch.wait_for("hidden");
    assert!(told.contains(r#"{"type":"hidden","key":"test/one""#) && !told.contains("deleted"), "{told}");
}

#[test]
fn commands_name_the_right_they_lack_and_exit_5() {
    let etcd = guarded();
    let ann = |arguments: &[&str]| program(&etcd, "ann", arguments).run();
    for (arguments, right) in [
        (&["get", "test/two"][..], "read of test/two in etcd"),
        (&["put", "test/one", "{}"], "write of test/one in etcd"),
        (&["put", "test/two", "{}", "--create"], "read of test/two, write of test/two in etcd"),
        (&["delete", "test/one", "--yes"], "write of test/one in etcd"),
        (
            &["list", "connections"],
            "read of the keys from /cwm/global/connections/ to /cwm/global/connections0",
        ),
    ] {
        let refused = ann(arguments).expect_code(5).err();
        assert!(refused.contains(&format!("permission denied: {right}")), "{refused}");
    }
    ann(&["put", "prod/c", "{}", "--create"]).expect_code(0);
    ann(&["delete", "prod/c", "--yes"]).expect_code(0);
    let wrong = program(&etcd, "ann", &["list", "webhooks"]).env("ETCD_PASSWORD", "wr0ngpw").run();
    let refused = wrong.expect_code(5).err();
    assert!(refused.contains("check ETCD_USERNAME and ETCD_PASSWORD") && !refused.contains("wr0ngpw"));
}
