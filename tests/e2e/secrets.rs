//! What is done with secrets by keys: revealed for a short time and with a reason, rotated by check and
//! set, taken back; and that a value is nowhere but where somebody asked to see it.

mod deeds;
mod odd;
mod reread;

use serde_json::{Value, json};

use crate::support::bao::Bao;
use crate::support::home::Home;
use crate::support::run::Program;
use crate::terminal::Terminal;

/// What the demo keeps in `secret/app/payments`.
const PAYMENTS: &str = "demo-payments-hmac";

fn demo(address: &str, columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::open(Program::confdeck(["--demo"]), columns, rows);
    terminal.wait_for("SYNCED");
    terminal.go_to(address);
    terminal.wait_until(|screen| screen.line_with("hmac").is_some() && screen.has("payments"));
    terminal
}

/// Leaves the list of what has to be read again.
fn leave_list(terminal: &mut Terminal) {
    terminal.wait_for("TO BE READ AGAIN");
    terminal.keys("esc");
    terminal.wait_gone("TO BE READ AGAIN");
}

/// Chooses what the document refers to, and says why it is to be read.
fn reveal(terminal: &mut Terminal, reason: &str) {
    terminal.keys("r");
    terminal.wait_for("reveal which secret?");
    terminal.answer("enter");
    terminal.wait_for("reveal hmac of secret/app/payments");
    terminal.type_text(reason);
    terminal.keys("enter");
}

#[test]
fn a_value_is_shown_for_a_reason_and_hidden_by_a_key_or_by_time() {
    let mut terminal = demo("production/payments", 120, 40);
    terminal.keys("r");
    terminal.wait_for("reveal which secret?");
    terminal.answer("enter");
    terminal.wait_for("why?");
    terminal.keys("enter");
    terminal.wait_for("it is kept in the audit, for those who look later");
    assert!(!terminal.has_ever_written(PAYMENTS));
    terminal.reveals(PAYMENTS);
    terminal.type_text("INC-42");
    terminal.keys("enter");
    let screen = terminal.wait_for(PAYMENTS);
    assert!(screen.has("the whole secret was read: 2 values, 2 in this session"), "{}", screen.framed());
    terminal.keys("esc");
    terminal.wait_gone(PAYMENTS);

    reveal(&mut terminal, "once more");
    terminal.wait_for(PAYMENTS);
    terminal.wait_for("hidden in 5 s");
    terminal.wait_gone(PAYMENTS);
    terminal.wait_gone("hidden in");
}

#[test]
fn a_secret_is_rotated_by_typing_and_by_chance_and_taken_back() {
    let mut terminal = demo("production/payments", 80, 24);
    terminal.keys("s");
    terminal.wait_for("set which secret?");
    terminal.answer("enter");
    terminal.wait_for("new value of hmac");
    terminal.type_text("planted-in-vain");
    terminal.keys("enter");
    terminal.wait_for("type it again");
    terminal.type_text("planted-in-vain");
    terminal.keys("ctrl-s");
    let screen = terminal.wait_for("REVIEW");
    assert!(
        screen.has("only if still at v1") && screen.has("without reading 1 other field"),
        "{}",
        screen.framed()
    );
    terminal.answer("enter");
    terminal.wait_for("done: set hmac of secret/app/payments, now v2");
    leave_list(&mut terminal);
    assert!(!terminal.has_ever_written("planted-in-vain"));

    terminal.keys("s");
    terminal.wait_for("set which secret?");
    terminal.answer("enter");
    terminal.wait_for("new value of hmac");
    terminal.keys("ctrl-g");
    terminal.wait_for("make a value at random");
    terminal.keys("enter");
    terminal.wait_for("generated: 32 letters and digits; enter takes it");
    terminal.keys("enter");
    terminal.wait_for("REVIEW");
    terminal.answer("enter");
    terminal.wait_for("now v3");

    terminal.command("undo-secret");
    terminal.wait_for("undo which secret?");
    terminal.answer("enter");
    let screen = terminal.wait_for("UNDO");
    assert!(screen.has("v2 is read for it, with all its values, counted"), "{}", screen.framed());
    terminal.answer("enter");
    terminal.wait_for("now v4");
    leave_list(&mut terminal);
    terminal.reveals("planted-in-vain");
    reveal(&mut terminal, "is it back?");
    terminal.wait_for("planted-in-vain");
}

#[test]
fn a_version_is_deleted_after_a_question_and_undeleted() {
    let mut terminal = demo("production/payments", 120, 40);
    terminal.command("delete-secret");
    terminal.wait_for("delete which secret?");
    terminal.answer("enter");
    terminal.wait_for("Delete v1 of secret/app/payments, its newest version?");
    terminal.answer("y");
    terminal.wait_for("done: delete v1 of secret/app/payments");
    terminal.keys("r");
    terminal.wait_for("reveal which secret?");
    terminal.answer("enter");
    terminal.wait_for("v1 of secret/app/payments, its newest, was deleted");
    terminal.command("undelete-secret");
    terminal.wait_for("undelete which secret?");
    terminal.answer("enter");
    terminal.wait_for("Undelete v1 of secret/app/payments?");
    terminal.answer("y");
    terminal.wait_for("done: undelete v1 of secret/app/payments");
    leave_list(&mut terminal);
    terminal.reveals(PAYMENTS);
    reveal(&mut terminal, "is it back?");
    terminal.wait_for(PAYMENTS);
}

#[test]
fn a_reveal_is_in_the_audit_with_its_reason_and_the_value_is_in_no_file() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"orders": {"module": "log"}}"#);
    let program =
        Program::confdeck::<&str>([]).at_home(&home).env("WEBHOOK_ORDERS_TOKEN", "planted-in-orders");
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.wait_for("orders");
    terminal.keys("r");
    terminal.wait_for("reveal bearer-token of the variables of orders");
    assert!(!terminal.has_ever_written("planted-in-orders"));
    terminal.reveals("planted-in-orders");
    terminal.type_text("INC-42");
    terminal.keys("enter");
    terminal.wait_for("planted-in-orders");
    terminal.keys("esc");
    terminal.wait_gone("planted-in-orders");
    terminal.keys("s");
    terminal.wait_for("cannot be written from here: set the variables where the receiver is started");
    let audit = std::fs::read_to_string(home.state().join("audit.jsonl")).unwrap();
    assert_eq!(audit.lines().count(), 1, "{audit}");
    for part in ["reveal_secret", "INC-42", "bearer-token", "the variables of orders"] {
        assert!(audit.contains(part), "{part}: {audit}");
    }
    assert_eq!(home.files_holding("planted-in-orders"), Vec::<std::path::PathBuf>::new());
}

/// A program on files of this home in the context `lab`, whose references lead to an engine of a real
/// server.
pub(crate) fn lab(bao: &Bao, home: &Home, (mount, token): (&str, &str), webhooks: &Value) -> Program {
    home.write("work/webhooks.json", webhooks.to_string());
    home.write(
        "config/confdeck/config.toml",
        "default_context = \"lab\"\n[contexts.lab]\nbackend = \"file\"\n",
    );
    Program::confdeck::<&str>([])
        .at_home(home)
        .env("SECRETS_BACKEND", "vault")
        .env("VAULT_ADDR", bao.address())
        .env("VAULT_TOKEN", token)
        .env("VAULT_MOUNT_POINT", mount)
}

/// A webhook that refers to one secret.
pub(crate) fn reference(path: &str, field: &str) -> Value {
    json!({"module": "log", "hmac": {"secret": format!("{{$vault:{path}#{field}}}")}})
}

/// A console on a file whose webhook refers to the secret of a real server, unlocked.
fn on_vault(bao: &Bao, home: &Home, mount: &str) -> Terminal {
    let webhooks = json!({"orders": reference("app/orders", "key")});
    at_orders(lab(bao, home, (mount, &bao.root_token()), &webhooks))
}

/// The console, unlocked and at the webhook.
fn at_orders(program: Program) -> Terminal {
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.unlock();
    terminal.go_to("default/orders");
    terminal
}

/// Takes the reference of the document, where its own secrets could be meant too.
fn choose(terminal: &mut Terminal, question: &str) {
    terminal.wait_for(question);
    terminal.answer("enter");
}

/// Sets the field by a generated value, up to the review.
fn rotate(terminal: &mut Terminal) {
    terminal.keys("s");
    choose(terminal, "set which secret?");
    terminal.generate("key");
    terminal.wait_for("only if still at v1");
}

#[test]
fn of_two_who_rotate_the_same_secret_the_loser_sees_it_and_no_version_is_lost() {
    let bao = Bao::shared();
    bao.mount("two-hands", 2);
    bao.does("POST", "two-hands/data/app/orders", &json!({"data": {"key": "planted-one", "other": "kept"}}));
    let homes = [Home::new(), Home::new()];
    let [mut first, mut second] = homes.each_ref().map(|home| on_vault(&bao, home, "two-hands"));
    rotate(&mut first);
    rotate(&mut second);
    first.answer("enter");
    first.wait_for("done: set key of two-hands/app/orders, now v2");
    second.answer("enter");
    let screen = second.wait_for("CONFLICT: two-hands/app/orders is");
    assert!(screen.has("nothing was written, what you typed is kept"), "{}", screen.framed());
    let versions = || bao.does("GET", "two-hands/metadata/app/orders", &Value::Null)["data"].clone();
    assert_eq!(versions()["current_version"], 2);
    second.answer("b");
    second.wait_for("only if still at v2");
    second.answer("enter");
    second.wait_for("done: set key of two-hands/app/orders, now v3");
    let now = bao.does("GET", "two-hands/data/app/orders", &Value::Null)["data"]["data"].clone();
    assert_eq!((&now["other"], now["key"].as_str().map(str::len)), (&json!("kept"), Some(32)));
    assert!(
        versions()["versions"].as_object().unwrap().values().all(|version| version["destroyed"] == false)
    );

    // Only who wrote last can take it back: their version is the newest.
    first.command("undo-secret");
    choose(&mut first, "undo which secret?");
    first.wait_for("was changed since your v2 (now v3): it is not taken back");
    second.command("undo-secret");
    choose(&mut second, "undo which secret?");
    second.wait_for("UNDO");
    second.answer("enter");
    second.wait_for("now v4");
    let value = |version: u64| {
        let path = format!("two-hands/data/app/orders?version={version}");
        bao.does("GET", &path, &Value::Null)["data"]["data"]["key"].clone()
    };
    assert_eq!(value(4), value(2));
    for (home, terminal) in homes.iter().zip([&first, &second]) {
        assert_eq!(home.files_holding("planted-one"), Vec::<std::path::PathBuf>::new());
        assert!(!terminal.has_ever_written("planted-one"));
    }
}

#[test]
fn a_real_value_is_shown_whatever_it_holds_and_a_version_is_deleted_and_undeleted() {
    let bao = Bao::shared();
    bao.mount("odd-hands", 2);
    let long = format!("planted-begin-of-much{}", "x".repeat(1_000_000));
    bao.does("POST", "odd-hands/data/app/orders", &json!({"data": {"key": "planted-two\nlines \u{1b}[31m"}}));
    let home = Home::new();
    let mut terminal = on_vault(&bao, &home, "odd-hands");
    terminal.reveals("planted-two");
    terminal.reveals("planted-begin-of-much");
    let mut reveal = |what: &str| {
        terminal.keys("r");
        choose(&mut terminal, "reveal which secret?");
        terminal.wait_for("why?");
        terminal.type_text("INC-42");
        terminal.keys("enter");
        terminal.wait_for(what);
        terminal.keys("esc");
        terminal.wait_gone("hidden in");
    };
    reveal("lines ␛[31m");
    for (value, shown) in [
        (json!(long), "planted-begin-of-much"),
        (json!(""), "(the empty text)"),
        (json!({"a": [1, null]}), "{\"a\":[1,null]}"),
        (json!("\u{0}\u{1}\u{7f}"), "␀␁␡"),
    ] {
        bao.does("POST", "odd-hands/data/app/orders", &json!({"data": {"key": value}}));
        reveal(shown);
    }
    terminal.command("delete-secret");
    choose(&mut terminal, "delete which secret?");
    terminal.wait_for("Delete v5 of odd-hands/app/orders");
    terminal.answer("y");
    terminal.wait_for("done: delete v5");
    terminal.command("undelete-secret");
    choose(&mut terminal, "undelete which secret?");
    terminal.wait_for("Undelete v5");
    terminal.answer("y");
    terminal.wait_for("done: undelete v5");
    assert_eq!(bao.does("GET", "odd-hands/data/app/orders", &Value::Null)["data"]["metadata"]["version"], 5);
}
