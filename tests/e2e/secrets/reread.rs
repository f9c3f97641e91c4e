//! After a rotation: which documents the receiver has to read again, and the plan that writes them again
//! as they are.

use super::*;
use crate::store::Etcd;

/// A console on an etcd, unlocked, whose receiver's secrets are on a real server.
fn over_etcd(store: &Etcd, bao: &Bao, mount: &str, columns: u16, rows: u16) -> Terminal {
    let program = store
        .program(&[])
        .env("SECRETS_BACKEND", "vault")
        .env("VAULT_ADDR", bao.address())
        .env("VAULT_TOKEN", bao.root_token())
        .env("VAULT_MOUNT_POINT", mount);
    let mut terminal = Terminal::open(program, columns, rows);
    terminal.wait_for("SYNCED");
    terminal.unlock();
    terminal
}

#[test]
fn after_a_rotation_the_documents_that_refer_to_the_field_are_written_again_as_they_are() {
    let (bao, store) = (Bao::shared(), Etcd::new());
    bao.mount("reread-hands", 2);
    bao.does("POST", "reread-hands/data/app/x", &json!({"data": {"key": "planted-old", "other": "kept"}}));
    let refers = r#"{"module": "log",  "jwt": {"secret": "{$vault:app/x#key}"}}"#;
    let documents = [
        ("a/webhooks/direct", refers),
        ("a/webhooks/embedded", r#"{"module": "log", "authorization": "Bearer {$vault:/app/x#key:d}"}"#),
        ("a/webhooks/other", r#"{"module": "log", "jwt": {"secret": "{$vault:app/x#other}"}}"#),
        ("a/webhooks/through", r#"{"module": "kafka", "connection": "main", "topic": "t"}"#),
        ("global/connections/main", r#"{"type": "kafka", "password": "{$vault:app/x#key}"}"#),
    ];
    store.put_all(documents);
    store.put_leased("a/webhooks/leased", refers, 600);
    let lease = store.lease("a/webhooks/leased");
    let mut terminal = over_etcd(&store, &bao, "reread-hands", 120, 40);
    terminal.go_to("a/direct");
    terminal.keys("s");
    choose(&mut terminal, "set which secret?");
    terminal.generate("key");
    let screen = terminal.wait_for("REVIEW");
    assert!(
        screen.has("4 documents: a/direct, a/embedded, a/leased, connections/main"),
        "{}",
        screen.framed()
    );
    assert!(screen.has("through connections by 1 webhook: a/through"), "{}", screen.framed());
    let before = store.revision();
    terminal.answer("enter");
    let screen = terminal.wait_for("TO BE READ AGAIN  4 documents");
    assert!(screen.has("a/through   through it") && !screen.has("a/other"), "{}", screen.framed());

    // Somebody else writes one of them while the plan is looked at: nothing of it is written.
    terminal.keys("p");
    terminal.wait_for("RE-PUT  4 documents with the same content in lab");
    let theirs = refers.replace("log", "kafka");
    store.put("a/webhooks/direct", &theirs);
    terminal.wait_for("it was changed meanwhile");
    terminal.answer("enter");
    terminal.wait_for("CONFLICT: a/direct is at");
    terminal.keys("b");
    terminal.wait_gone("CONFLICT");
    terminal.answer("enter");
    terminal.wait_for("done: re-put of 4 documents");
    assert_eq!(store.changes_since(before), [1, 4], "theirs, and one transaction of four");
    for (key, text) in documents {
        let text = if key.ends_with("direct") { theirs.as_str() } else { text };
        assert_eq!(store.value(key).unwrap(), text, "{key}");
        let writes = if key.ends_with("direct") { 3 } else { 2 };
        let writes = if key.ends_with("other") || key.ends_with("through") { 1 } else { writes };
        assert_eq!(store.version(key), writes, "{key}");
    }
    assert_eq!(store.lease("a/webhooks/leased"), lease);
    terminal.command("reread");
    terminal.wait_for("no document is left that has to be read again");
    assert!(!terminal.has_ever_written("planted-old"));
}

#[test]
fn of_many_documents_as_many_are_planned_as_one_commit_takes_and_the_rest_after_them() {
    let (bao, store) = (Bao::shared(), Etcd::new());
    bao.mount("many-hands", 2);
    bao.does("POST", "many-hands/data/app/x", &json!({"data": {"key": "old"}}));
    let document = r#"{"module": "log", "jwt": {"secret": "{$vault:app/x#key}"}}"#;
    store.put_all((0..300).map(|n| (format!("a/webhooks/w{n:03}"), document)));
    let mut terminal = over_etcd(&store, &bao, "many-hands", 80, 24);
    terminal.go_to("a/w000");
    terminal.keys("s");
    choose(&mut terminal, "set which secret?");
    terminal.wait_for("new value of key");
    terminal.paste("planted-many");
    terminal.keys("enter");
    terminal.wait_for("300 documents: a/w000");
    let before = store.revision();
    terminal.answer("enter");
    terminal.wait_for("TO BE READ AGAIN  300 documents");
    for (left, done) in [
        (172, "172 left to be read again"),
        (44, "44 left to be read again"),
        (0, "done: re-put of 44 documents"),
    ] {
        terminal.keys("p");
        terminal.wait_for("RE-PUT");
        if left > 0 {
            terminal.wait_for(&format!("{left} documents, which one commit does not hold"));
        }
        terminal.answer("enter");
        terminal.wait_for(done);
        if left > 0 {
            terminal.wait_for(&format!("TO BE READ AGAIN  {left} documents"));
        }
    }
    terminal.wait_gone("TO BE READ AGAIN");
    assert_eq!(store.changes_since(before), [128, 128, 44]);
}

#[test]
fn over_files_one_write_has_the_receiver_read_the_file_again() {
    let bao = Bao::shared();
    bao.mount("file-hands", 2);
    bao.does("POST", "file-hands/data/app/orders", &json!({"data": {"key": "planted-old"}}));
    let home = Home::new();
    let mut terminal = on_vault(&bao, &home, "file-hands");
    let path = home.work().join("webhooks.json");
    let read = || (std::fs::read(&path).unwrap(), std::fs::metadata(&path).unwrap().modified().unwrap());
    let (text, modified) = read();
    rotate(&mut terminal);
    terminal.answer("enter");
    let screen = terminal.wait_for("TO BE READ AGAIN  1 document");
    assert!(screen.has("until a file is written again"), "{}", screen.framed());
    terminal.keys("p");
    terminal.wait_for("RE-PUT  default/orders");
    terminal.answer("enter");
    terminal.wait_for("done: re-put of default/orders");
    let now = read();
    assert_eq!(now.0, text, "byte for byte");
    assert!(now.1 > modified, "and written");
}
