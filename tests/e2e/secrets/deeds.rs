//! What needs more than a key: a value on the clipboard, a version or a whole secret destroyed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

#[test]
fn a_value_is_copied_only_where_the_settings_let_it_and_the_audit_knows() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"orders": {"module": "log"}}"#);
    let planted = "planted-for-the-clipboard";
    let open = |copies: &str| {
        let program = Program::confdeck::<&str>([])
            .at_home(&home)
            .env("WEBHOOK_ORDERS_TOKEN", planted)
            .env("CONFDECK_COPY_SECRETS", copies);
        let mut terminal = Terminal::open(program, 80, 24);
        terminal.wait_for("SYNCED");
        terminal.wait_for("orders");
        terminal.command("copy-secret");
        terminal
    };
    let mut off = open("");
    off.wait_for("copying secret values is off");
    assert!(!home.state().join("audit.jsonl").exists());

    let mut on = open("true");
    // As it travels to the clipboard, and not as it is.
    on.reveals(&STANDARD.encode(planted));
    on.wait_for("copy bearer-token of the variables of orders");
    let screen = on.wait_for("a clipboard's history");
    assert!(screen.has("why?"), "{}", screen.framed());
    on.keys("enter");
    on.wait_for("it is kept in the audit, for those who look later");
    assert_eq!(on.copied(), Vec::<String>::new());
    on.type_text("INC-42");
    on.keys("enter");
    on.wait_for("copied bearer-token of the variables of orders; 1 value read for it");
    assert_eq!(on.copied(), [STANDARD.encode(planted)]);
    let audit = std::fs::read_to_string(home.state().join("audit.jsonl")).unwrap();
    assert_eq!(audit.lines().count(), 1, "{audit}");
    assert!(audit.contains("\"count\":1") && audit.contains("INC-42"), "{audit}");
}

#[test]
fn a_version_and_then_all_of_a_secret_are_destroyed_once_the_path_was_typed() {
    let bao = Bao::shared();
    bao.mount("doomed-hands", 2);
    for key in ["planted-one", "planted-two", "planted-three"] {
        bao.does("POST", "doomed-hands/data/app/orders", &json!({"data": {"key": key}}));
    }
    let home = Home::new();
    let mut terminal = on_vault(&bao, &home, "doomed-hands");
    let versions =
        || bao.does("GET", "doomed-hands/metadata/app/orders", &Value::Null)["data"]["versions"].clone();
    terminal.command("destroy");
    choose(&mut terminal, "destroy which secret?");
    let screen = terminal.wait_for("destroy which version of doomed-hands/app/orders?");
    assert!(screen.has("v3") && screen.has("v1"), "{}", screen.framed());
    terminal.answer("down");
    terminal.keys("enter");
    terminal.wait_for("to destroy v2 of it for");
    terminal.paste("doomed-hands/app/orders");
    terminal.wait_for("a paste is not taken here");
    terminal.type_text("doomed-hands/app\n");
    terminal.wait_for("that is not the path");
    assert_eq!(versions()["2"]["destroyed"], false);
    terminal.type_text("/orders\n");
    terminal.wait_for("done: destroy v2 of doomed-hands/app/orders");
    let destroyed = ["1", "2", "3"].map(|version| versions()[version]["destroyed"].as_bool().unwrap());
    assert_eq!(destroyed, [false, true, false]);

    terminal.command("destroy-all");
    choose(&mut terminal, "destroy all of which secret?");
    terminal.wait_for("to destroy all its");
    terminal.type_text("doomed-hands/app/orders\n");
    terminal.wait_for("done: destroy doomed-hands/app/orders with all its versions");
    assert_eq!(bao.root("GET", "doomed-hands/metadata/app/orders", &Value::Null).0, 404);
    let audit = std::fs::read_to_string(home.state().join("audit.jsonl")).unwrap();
    let destroyed: Vec<_> = audit.lines().filter(|line| line.contains("destroy_secret")).collect();
    assert_eq!(destroyed.len(), 2, "{audit}");
    assert!(destroyed.iter().all(|line| line.contains("\"outcome\":\"done\"")), "{audit}");
}
