//! Odd secrets on the screen, over a real OpenBao: line 6 of the issue on secrets.

use super::*;

/// A console over a document whose only secret is this one, as its reference says it.
fn over(bao: &Bao, home: &Home, mount: &str, path: &str, version: &str) -> Terminal {
    let webhooks = json!({"orders": reference(path, "key")});
    at_orders(lab(bao, home, (mount, &bao.root_token()), &webhooks).env("VAULT_KV_VERSION", version))
}

/// A receiver takes letters, digits and a few marks alone in a reference.
#[test]
fn a_reference_to_a_path_of_odd_characters_is_told_as_refused() {
    let bao = Bao::shared();
    bao.mount("odd-path", 2);
    let home = Home::new();
    let mut terminal = over(&bao, &home, "odd-path", "ü b/%2F+日本\u{202e}", "2");
    terminal.wait_until(|screen| screen.has("✗ a reference that the") && screen.has("receiver refuses"));
    terminal.wait_for("hmac.secret");
    assert!(!terminal.has_ever_written("\u{202e}"));
}

#[test]
fn kv_1_is_unknown_without_reading_and_read_for_a_reason_and_written_with_a_warning() {
    let bao = Bao::shared();
    bao.mount("odd-kv1", 1);
    bao.does("POST", "odd-kv1/app/orders", &json!({"key": "planted-in-kv-1", "other": "planted-beside"}));
    let home = Home::new();
    let mut terminal = over(&bao, &home, "odd-kv1", "app/orders", "1");
    terminal.wait_for("? odd-kv1/app/orders · unknown");
    terminal.wait_until(|screen| screen.has("a secret without") && screen.has("reading it; it exists"));
    terminal.keys("s");
    choose(&mut terminal, "set which secret?");
    terminal.wait_for("new value of key");
    terminal.type_text("planted-new");
    terminal.keys("enter");
    terminal.wait_for("type it again");
    terminal.type_text("planted-new");
    terminal.keys("ctrl-s");
    let screen = terminal.wait_for("REVIEW");
    for words in
        ["without a condition: its store keeps no versions", "reads the whole secret first (all values"]
    {
        assert!(screen.has(words), "{}", screen.framed());
    }
    let stored = || bao.does("GET", "odd-kv1/app/orders", &Value::Null)["data"].clone();
    assert_eq!(stored()["key"], "planted-in-kv-1");
    terminal.answer("enter");
    terminal.wait_for("done: set key of odd-kv1/app/orders");
    assert_eq!(stored(), json!({"key": "planted-new", "other": "planted-beside"}));
    terminal.reveals("planted-new");
    terminal.wait_for("TO BE READ AGAIN");
    terminal.keys("esc");
    terminal.wait_for("? odd-kv1/app/orders · unknown");
    terminal.keys("r");
    choose(&mut terminal, "reveal which secret?");
    terminal.wait_for("reveal key of odd-kv1/app/orders");
    terminal.type_text("INC-42\n");
    terminal.wait_for("planted-new");
}

#[test]
fn a_mount_that_is_not_there_is_no_missing_secret() {
    let bao = Bao::shared();
    let home = Home::new();
    let mut terminal = over(&bao, &home, "odd-absent", "app/orders", "2");
    terminal.wait_until(|screen| screen.has("! odd-absent/app/orders") && screen.has("unreachable"));
    terminal.wait_for("there is no secrets engine");
    for (key, act, told) in
        [("r", "reveal", "odd-absent/app/orders cannot be reached"), ("s", "set", "nothing can be written")]
    {
        terminal.keys(key);
        choose(&mut terminal, &format!("{act} which secret?"));
        terminal.wait_for(&format!("✗ {told}: there is no secrets engine at odd-absent/"));
    }
}
