//! A write that was done is said to be done, wherever its output goes.

use serde_json::{Value, json};

use crate::support::etcd::EtcdServer;
use crate::support::run::{Finished, Program};
use crate::world::World;
use crate::{SECRET, confdeck};

/// Runs it with a standard output that takes nothing: a full disk, or a pipe that nobody reads.
fn unprinted(program: Program, output: &str) -> Finished {
    let script = match output {
        "full" => "exec \"$0\" \"$@\" > /dev/full",
        _ => "{ sleep 1; exec \"$0\" \"$@\"; } | true; exit ${PIPESTATUS[0]}",
    };
    let words = std::iter::once(program.path.clone().into_os_string()).chain(program.arguments.clone());
    let (words, environment) = (words.collect::<Vec<_>>(), program.environment.clone());
    let mut shell = Program::named("bash").with(["-c", script]).with(words).at_home(&program.home);
    shell.environment = environment;
    shell.input(SECRET).run()
}

#[test]
fn a_write_whose_output_is_lost_is_said_to_be_done() {
    let world = World::new("lost", &json!({"orders": {"module": "log"}}));
    world.put("a", &json!({"key": SECRET}));
    let documents = |words: &[&str]| confdeck(&world.home, words);
    let secrets = |words: &[&str]| world.secrets(words);
    let mut newest = 1;
    for (output, code) in [("full", 1), ("pipe", 0)] {
        for format in ["table", "json", "yaml"] {
            let (set, destroyed) = ((newest + 1).to_string(), format!("lost/a: v{} destroyed", newest + 1));
            newest += 2;
            for (program, done) in [
                (documents(&["put", "default/new", r#"{"module":"log"}"#]), "default/new is stored: token "),
                (documents(&["delete", "default/new", "--yes"]), "default/new is deleted"),
                (secrets(&["set", "MOUNT/a", "key"]), "lost/a is stored: v"),
                (secrets(&["generate", "MOUNT/a", "made"]), "lost/a is stored: v"),
                (secrets(&["delete", "MOUNT/a", "--yes"]), " deleted"),
                (secrets(&["undelete", "MOUNT/a"]), " undeleted"),
                (secrets(&["destroy", "MOUNT/a", "--versions", &set, "--yes"]), &*destroyed),
            ] {
                let lost = unprinted(program.with(["-o", format]), output).expect_code(code);
                let said = lost.err();
                assert!(said.contains(done) && said.contains("only this output is lost"), "{format}: {said}");
                assert_eq!(said.contains("cannot write the output"), output == "full", "{said}");
            }
        }
    }
    // And it was.
    let (version, stored) = world.stored("a");
    assert_eq!((version, stored["key"].as_str()), (13, Some(SECRET)));
    let kept = crate::json(&std::fs::read_to_string(world.home.work().join("webhooks.json")).unwrap());
    assert_eq!(kept, json!({"orders": {"module": "log"}}));
    let everything = secrets(&["destroy", "MOUNT/a", "--all", "--yes"]);
    assert!(unprinted(everything, "full").expect_code(1).err().contains("lost/a: all versions destroyed"));
    assert_eq!(world.stored("a").1, Value::Null);
    // What fails says nothing of the kind.
    let refused = unprinted(documents(&["put", "default/orders", r#"{"module":"log"}"#, "--create"]), "full")
        .expect_code(3);
    assert!(!refused.err().contains("is stored"), "{}", refused.err());
}

#[test]
fn a_write_to_etcd_whose_output_is_lost_is_said_to_be_done() {
    let server = EtcdServer::shared();
    let put = Program::confdeck(["put", "live/x", r#"{"module":"log"}"#, "--create"])
        .env("CONFIG_BACKEND", "etcd")
        .env("ETCD_HOST", server.address())
        .env("ETCD_PREFIX", "/lost-output/");
    let said = unprinted(put, "full").expect_code(1).err();
    assert!(said.contains("live/x is stored: token "), "{said}");
}
