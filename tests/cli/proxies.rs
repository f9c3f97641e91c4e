//! The gate `secrets presence --fail-on-missing` before a Vault that is hidden by something else.

use std::sync::Arc;

use serde_json::json;

use crate::SECRET;
use crate::support::bao::{Bao, viewer};
use crate::support::odd_proxy::{Odd, OddProxy, PAGES};
use crate::world::World;

/// A document that needs one secret, and can do without another.
fn world(mount: &'static str) -> World {
    let document = json!({"orders": {
        "module": "log",
        "module-config": {"api_key": format!("{{$vault:app/{mount}#key}}"), "x": "{$vault:app/none#f:d}"},
    }});
    World::new(mount, &document)
}

/// The three ways to ask: all documents, one document, one secret.
fn asked(mount: &str) -> [Vec<String>; 3] {
    let secret = format!("MOUNT/app/{mount}");
    [&[][..], &["default/orders"], &[secret.as_str()]]
        .map(|of| [&["presence", "--fail-on-missing"], of].concat().into_iter().map(str::to_owned).collect())
}

#[test]
fn what_could_not_be_looked_at_passes_no_gate() {
    let world = world("gate");
    world.put("app/gate", &json!({"key": SECRET}));
    let proxy = OddProxy::before(&world.bao);
    let run = |words: &[String]| {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        world.secrets(&words).env("VAULT_ADDR", proxy.address()).run()
    };
    for words in asked("gate") {
        run(&words).expect_code(0);
    }
    for page in PAGES {
        for part in ["", "/v1/gate/"] {
            proxy.clear();
            proxy.answers(part, Odd::page(page));
            for words in asked("gate") {
                let hidden = run(&words).expect_code(6);
                let all = hidden.out() + &hidden.err();
                assert!(all.contains("is not what a Vault says"), "{page:?} {words:?}: {all}");
            }
        }
    }
    // Without the flag it is told, as far as each secret could be asked for.
    let told = run(&["presence".to_owned()]).expect_code(0);
    assert!(
        told.out().contains("unreachable") && told.err().contains("unreachable: the 503"),
        "{}",
        told.err()
    );
    // A redirect to another host is not followed, and says what to set.
    proxy.clear();
    let server = world.bao.address().replace("127.0.0.1", "localhost");
    proxy.answers("", Odd::redirect("307 Temporary Redirect", &server));
    for words in asked("gate") {
        let refused = run(&words).expect_code(6).err();
        assert!(refused.contains("add localhost to VAULT_REDIRECT_HOSTS"), "{refused}");
    }
    let named = world.secrets(&["presence", "--fail-on-missing"]).env("VAULT_ADDR", proxy.address());
    named.env("VAULT_REDIRECT_HOSTS", "localhost").run().expect_code(0);
}

#[test]
fn what_may_not_be_looked_at_passes_no_gate_and_what_is_missing_comes_first() {
    let world = world("barred");
    world.put("app/barred", &json!({"key": SECRET}));
    let mut user = World { token: world.bao.token(&["default"], "1h"), ..world };
    for words in asked("barred") {
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        user.secrets(&words).run().expect_code(5);
    }
    // May see the one that is missing, and not the other.
    user.home.write(
        "work/webhooks.json",
        json!({
            "orders": {"module": "log", "x": "{$vault:app/barred#key}", "y": "{$vault:gone/a#key}"},
        })
        .to_string(),
    );
    user.bao.policy("half", &viewer("barred").replace("barred/subkeys/*", "barred/subkeys/gone/*"));
    user.token = user.bao.token(&["half"], "1h");
    let found = user.secrets(&["presence", "--fail-on-missing"]).run().expect_code(9).out();
    assert!(found.contains("forbidden") && found.contains("missing"), "{found}");
}

#[test]
fn a_sealed_server_passes_no_gate() {
    let bao = Arc::new(Bao::on_disk(None));
    let world = World::on(bao, "shut", &json!({"orders": {"module": "log", "x": "{$vault:a#f}"}}));
    world.put("a", &json!({"f": SECRET}));
    let gate = || world.secrets(&["presence", "--fail-on-missing"]).run();
    gate().expect_code(0);
    world.bao.seal();
    assert!(gate().expect_code(6).err().contains("is sealed: unseal it"));
}
