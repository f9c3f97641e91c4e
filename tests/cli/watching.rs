//! `watch`: lines as they come, and a quiet end.

use crate::support::etcd::EtcdServer;
use crate::support::home::Home;
use crate::support::run::{Program, Signal};
use crate::{SECRET, confdeck, json};

#[test]
fn changes_from_outside_are_lines_and_an_interrupt_is_the_end() {
    let server = EtcdServer::shared();
    let etcdctl = |arguments: &[&str]| assert!(server.etcdctl(arguments).status.success());
    etcdctl(&["put", "/watch/a/webhooks/old", r#"{"authorization":"Bearer planted-plain"}"#]);
    let mut watch = Program::confdeck(["watch", "a"])
        .env("CONFIG_BACKEND", "etcd")
        .env("ETCD_HOST", server.address())
        .env("ETCD_PREFIX", "/watch/")
        .start();
    watch.wait_for("\"SYNCED\"");
    etcdctl(&["put", "/watch/b/webhooks/elsewhere", "{}"]);
    etcdctl(&["put", "/watch/a/webhooks/new", "{}"]);
    etcdctl(&["put", "/watch/a/webhooks/new", r#"{"n":1}"#]);
    etcdctl(&["del", "/watch/a/webhooks/old"]);
    watch.wait_for("\"deleted\"");
    watch.signal(Signal::INT);
    let out = watch.finish().expect_code(0).out();
    let lines: Vec<_> = out.lines().map(json).filter(|line| line["type"] != "state").collect();
    let told: Vec<_> = lines.iter().map(|line| format!("{} {}", line["type"], line["key"])).collect();
    assert_eq!(
        told,
        ["\"load\" \"a/old\"", "\"created\" \"a/new\"", "\"updated\" \"a/new\"", "\"deleted\" \"a/old\""]
    );
    assert!(lines[..3].iter().all(|line| line["token"].is_string() && line["value"].is_string()));
    assert!(!out.contains(SECRET));
}

#[test]
fn raw_values_are_the_stored_text() {
    let home = Home::new();
    let document = "{\"authorization\":  \"Bearer planted-plain\"}";
    home.write("work/webhooks.json", format!("{{\"x\": {document}}}"));
    for (arguments, raw) in
        [(&["watch", "--raw"][..], true), (&["watch"], false), (&["watch", "-o", "table"], false)]
    {
        let program = confdeck(&home, arguments);
        let mut watch = if raw { program.reveals(SECRET) } else { program }.start();
        let out = watch.wait_for("SYNCED");
        assert_eq!(out.contains(SECRET), raw, "{out}");
        let told = out.lines().find(|line| line.contains("default/x")).unwrap();
        if raw {
            assert_eq!(json(told)["value"], document);
        }
    }
}

#[test]
fn an_idle_watch_notices_that_its_reader_is_gone() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"x": {}}"#);
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_confdeck")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    // The reader leaves after the last line that an idle store causes.
    let script = "confdeck watch | sed '/SYNCED/q' > seen; exit ${PIPESTATUS[0]}";
    Program::named("bash").with(["-c", script]).at_home(&home).env("PATH", path).run().expect_code(0);
}
