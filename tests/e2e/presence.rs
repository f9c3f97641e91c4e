//! Which secrets are there, over a real server: nothing is read for it, all of it is seen, every kind of
//! trouble has its word in the badge and in the rows, and what is out of sight is not asked for.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::json;

use crate::secrets::reference;
use crate::store::Etcd;
use crate::support::bao::{Bao, viewer};
use crate::support::home::Home;
use crate::support::run::Program;
use crate::terminal::Terminal;

/// The same without the right to see which fields there are.
const BLIND: &str = r#"
path "webhooks/metadata/*"      { capabilities = ["list", "read"] }
path "sys/capabilities-self"    { capabilities = ["update"] }
path "auth/token/lookup-self"   { capabilities = ["read"] }
path "auth/token/renew-self"    { capabilities = ["update"] }
"#;

/// With an engine at `webhooks/` and the viewer's policy.
fn furnished(bao: &Bao, paths: &[&str]) {
    bao.mount("webhooks", 2);
    for path in paths {
        let fields = json!({"data": {"key": format!("planted-{path}"), "other": "planted"}});
        bao.does("POST", &format!("webhooks/data/{path}"), &fields);
    }
    bao.policy("viewer", &viewer("webhooks"));
}

/// A console on files whose webhooks refer to one secret each, with this login.
fn open(bao: &Bao, login: &[(&str, &str)], webhooks: &[(&str, &str)]) -> Terminal {
    let home = Home::new();
    let documents: serde_json::Map<_, _> =
        webhooks.iter().map(|(id, path)| ((*id).to_owned(), reference(path, "key"))).collect();
    home.write("work/webhooks.json", serde_json::Value::from(documents).to_string());
    let mut program = Program::confdeck::<&str>([])
        .at_home(&home)
        .env("SECRETS_BACKEND", "vault")
        .env("VAULT_ADDR", bao.address())
        .env("VAULT_MOUNT_POINT", "webhooks");
    for (name, value) in login {
        program = program.env(*name, *value);
    }
    let mut terminal = Terminal::open(program, 200, 40);
    terminal.wait_for("SYNCED");
    terminal
}

/// The keys answer: help opens and closes.
fn answers(terminal: &mut Terminal) {
    terminal.keys("?");
    terminal.wait_for("· keys");
    terminal.keys("esc");
    terminal.wait_gone("· keys");
}

/// The badge and the block of the selected document say so.
fn says(terminal: &mut Terminal, badge: &str, row: &str) {
    terminal.wait_until(|screen| screen.line(0).contains(badge) && screen.has(row));
    answers(terminal);
}

#[test]
fn a_viewer_sees_every_state_and_no_value_is_asked_for() {
    let bao = Bao::dev();
    furnished(&bao, &["app/kept", "app/gone", "app/burnt", "app/narrow"]);
    bao.does("POST", "webhooks/delete/app/gone", &json!({"versions": [1]}));
    bao.does("POST", "webhooks/destroy/app/burnt", &json!({"versions": [1]}));
    bao.does("POST", "webhooks/data/app/narrow", &json!({"data": {"other": "planted"}}));
    let token = bao.token(&["viewer"], "1h");
    let paths = ["app/kept", "app/gone", "app/burnt", "app/narrow", "app/nowhere"];
    let states = ["present", "deleted", "destroyed", "field missing", "missing"];
    let ids = ["kept", "gone", "burnt", "narrow", "nowhere"];
    let webhooks: Vec<_> = ids.into_iter().zip(paths).collect();
    let before = bao.audit().len();
    let mut terminal = open(&bao, &[("VAULT_TOKEN", &token)], &webhooks);
    terminal.wait_until(|screen| screen.line(0).contains("vault ▲ unsealed"));
    for ((id, path), state) in webhooks.iter().zip(states) {
        terminal.go_to(&format!("default/{id}"));
        terminal.wait_until(|screen| screen.has(&format!("webhooks/{path}")) && screen.has(state));
    }
    terminal.keys("3");
    terminal.wait_until(|screen| {
        let lines = screen.lines();
        let row =
            |path: &str, state: &str| lines.iter().any(|line| line.contains(path) && line.contains(state));
        paths.iter().zip(states).all(|(path, state)| row(path, state))
    });
    terminal.keys("6");
    terminal.wait_for("policies viewer");
    let screen = terminal.wait_for("token ends within an hour, renewable");
    assert!(screen.has("0 secret values read") && screen.has("state active"), "{}", screen.framed());
    terminal.keys("1");
    let screen = terminal.wait_for("secret values read: 0");
    assert!(!screen.line(0).contains("root"), "{}", screen.framed());
    let asked = bao.audit().split_off(before);
    let of = |part: &str| asked.iter().filter(|(_, path)| path.starts_with(part)).count();
    assert!(of("webhooks/subkeys/") >= 5, "{asked:?}");
    assert_eq!(of("webhooks/data/"), 0, "{asked:?}");
    assert!(!terminal.has_ever_written("planted"));
}

#[test]
fn sealing_stopping_and_a_lost_right_have_their_words_and_are_got_over() {
    let bao = Bao::on_disk(None);
    furnished(&bao, &["app/orders"]);
    let token = bao.token(&["viewer"], "1h");
    let mut terminal = open(&bao, &[("VAULT_TOKEN", &token)], &[("orders", "app/orders")]);
    let well = |terminal: &mut Terminal| says(terminal, "vault ● unsealed", "present · v1");
    well(&mut terminal);
    bao.seal();
    says(&mut terminal, "vault ✗ sealed", "is sealed: unseal it");
    bao.unseal();
    well(&mut terminal);
    bao.stop();
    says(&mut terminal, "vault ✗ unreachable", "nothing listens where Vault at");
    bao.restart();
    says(&mut terminal, "vault ✗ sealed", "is sealed: unseal it");
    bao.unseal();
    well(&mut terminal);
    terminal.keys("7");
    terminal.wait_until(|screen| {
        screen.has("vault unreachable: nothing listens where Vault at") && screen.has("vault unsealed, after")
    });
    terminal.keys("1");
    bao.policy("viewer", BLIND);
    says(&mut terminal, "1 forbidden", "read on webhooks/subkeys/app/orders");
    bao.policy("viewer", &viewer("webhooks"));
    well(&mut terminal);
    bao.freeze();
    says(&mut terminal, "vault ✗ unreachable", "unreachable");
    bao.thaw();
    well(&mut terminal);
    bao.revoke(&token);
    says(&mut terminal, "vault ✗ token ended", "VAULT_TOKEN has expired or was revoked");
    terminal.keys("q");
}

#[test]
fn a_role_logs_in_anew_by_itself_until_its_secret_id_is_revoked() {
    let bao = Bao::dev();
    furnished(&bao, &["app/orders"]);
    let settings = json!({"token_policies": ["viewer"], "token_ttl": "1h"});
    let (role, secret) = bao.approle("console", &settings);
    let login = [("VAULT_ROLE_ID", role.as_str()), ("VAULT_SECRET_ID", secret.as_str())];
    let mut terminal = open(&bao, &login, &[("orders", "app/orders")]);
    says(&mut terminal, "vault ● unsealed", "present · v1");
    let logins = || bao.audit().iter().filter(|(_, path)| path == "auth/approle/login").count();
    assert_eq!(logins(), 1);
    let end_all = || bao.does("POST", "sys/leases/revoke-prefix/auth/approle/login", &json!({}));
    end_all();
    bao.does("POST", "webhooks/data/app/orders", &json!({"data": {"key": "planted-anew"}}));
    says(&mut terminal, "vault ● unsealed", "present · v2");
    assert_eq!(logins(), 2);
    bao.revoke_secret_id("console", &secret);
    end_all();
    says(&mut terminal, "vault ✗ login refused", "the AppRole login is refused");
}

#[test]
fn a_root_token_is_marked_for_ever() {
    let bao = Bao::shared();
    bao.mount("rooted", 2);
    let root = bao.root_token();
    let mut terminal = open(&bao, &[("VAULT_TOKEN", &root)], &[("orders", "app/orders")]);
    terminal.wait_until(|screen| screen.line(0).contains("▲ root token"));
    terminal.resize_and_see(80, 24);
    terminal.wait_until(|screen| screen.line(0).contains("▲ root"));
}

/// How many webhooks there are, with two secrets each.
const FLEET: usize = 5_000;

fn id(n: usize) -> String {
    format!("hook-{n:04}")
}

/// Paths of the secrets of one webhook.
fn needed(n: usize) -> [String; 2] {
    [format!("fleet/{n:04}/hmac"), format!("fleet/{n:04}/token")]
}

fn webhook(n: usize) -> String {
    let [hmac, token] = needed(n).map(|path| format!("{{$vault:{path}#key}}"));
    json!({"module": "log", "hmac": {"secret": hmac}, "authorization": format!("Bearer {token}")}).to_string()
}

#[test]
fn of_ten_thousand_secrets_only_those_on_the_screen_are_asked_for() {
    let bao = Bao::dev();
    furnished(&bao, &[]);
    let etcd = Etcd::new();
    etcd.put_all((0..FLEET).map(|n| (format!("production/webhooks/{}", id(n)), webhook(n))));
    let last = FLEET - 60..FLEET;
    for path in (0..60).chain(last).flat_map(needed) {
        bao.does("POST", &format!("webhooks/data/{path}"), &json!({"data": {"key": "planted"}}));
    }
    let token = bao.token(&["viewer"], "1h");
    let program = etcd
        .program(&[])
        .env("SECRETS_BACKEND", "vault")
        .env("VAULT_ADDR", bao.address())
        .env("VAULT_TOKEN", &token)
        .env("VAULT_MOUNT_POINT", "webhooks");
    let mut terminal = Terminal::open(program, 200, 50);
    terminal.wait_for("SYNCED");
    let rows = |screen: &crate::screen::Screen, mark: &str| {
        let lines = (0..50).map(|line| screen.line(line));
        let items = lines.filter_map(|line| line.split('│').nth(1).map(str::to_owned));
        items.filter(|item| item.contains("hook-") && item.contains(mark)).count()
    };
    let full = |screen: &crate::screen::Screen, wanted: &str| {
        rows(screen, " ✓ ") >= 40 && rows(screen, " · ") == 0 && screen.has(wanted)
    };
    terminal.wait_until(|screen| full(screen, &id(0)));
    let asked = |bao: &Bao| -> Vec<String> {
        let all = bao.audit().into_iter().map(|(_, path)| path);
        all.filter(|path| path.starts_with("webhooks/subkeys/")).collect()
    };
    let first = asked(&bao);
    // Told and not judged: the machine may be busy. The marks of these rows are under way meanwhile.
    let middle = FLEET / 2;
    terminal.go_to(&format!("production/{}", id(middle)));
    let mut keys = Vec::new();
    for step in 1..=40 {
        let down = step <= 20;
        let row = middle + if down { step } else { 40 - step };
        let pressed = Instant::now();
        terminal.keys(if down { "j" } else { "k" });
        terminal.wait_until(|screen| screen.line(2).contains(&format!("production/{}", id(row))));
        keys.push(pressed.elapsed());
    }
    keys.sort();
    println!("a key to its selection painted: p50 {:?}, most {:?}", keys[20], keys[39]);
    let each: BTreeSet<_> = first.iter().collect();
    assert!((80..=110).contains(&each.len()), "{} paths for one screen", each.len());

    // A thousand rows go by, and nobody waits for them.
    for _ in 0..25 {
        terminal.keys("page-down");
    }
    let pressed = Instant::now();
    terminal.keys("G");
    terminal.wait_until(|screen| full(screen, &id(FLEET - 1)));
    println!("scrolled past a thousand rows; from G to the last mark: {:?}", pressed.elapsed());
    let all: BTreeSet<_> = asked(&bao).into_iter().collect();
    let passed = all.len() - each.len();
    println!("{} paths asked for on the first screen, {passed} from there to the last", each.len());
    assert!(passed < 110 + 400, "{passed} paths asked for between the first screen and the last");
    assert!(needed(FLEET - 1).iter().all(|path| all.contains(&format!("webhooks/subkeys/{path}"))));
    assert!(bao.audit().iter().all(|(how, path)| how != "read" || !path.starts_with("webhooks/data/")));
}
