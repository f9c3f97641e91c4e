//! Three etcd members and an OpenBao, all with TLS.

use std::fs;
use std::process::{Command, Output};
use std::time::Instant;

use crate::compose::variables;
use crate::engine;
use crate::environment::Environment;
use crate::support::http;
use crate::support::process::PATIENCE;

const WEBHOOKS: [&str; 3] = ["production/events", "production/orders", "production/payments"];

/// One start serves all of it: a cluster and an OpenBao take long to begin with.
#[test]
fn production_is_a_cluster_and_an_openbao_that_know_who_asks() {
    let openssl = Command::new("openssl").arg("version").output();
    assert!(openssl.is_ok(), "certificates are made by openssl, which is not installed");
    let (mut production, _) = Environment::started("production");
    configuration_is_there(&mut production);
    certificates_say_who_may_write(&mut production);
    policies_say_who_may_read_secrets(&mut production);
    a_member_and_a_restart_are_survived(&mut production);
    nothing_tells_a_secret(&mut production);
}

fn configuration_is_there(production: &mut Environment) {
    assert_eq!(production.webhooks(), WEBHOOKS);
    let health = production.confdeck(["health", "-o", "json"]).run();
    let report: serde_json::Value = serde_json::from_str(&health.out()).unwrap();
    assert_ne!(report["condition"], "unusable", "{report}");
    let bearer = format!("Bearer {}", production.secret("WEBHOOK_ORDERS_TOKEN"));
    assert_eq!(production.post("/webhook/orders", Some(&bearer)).status, 200);
    assert_eq!(production.post("/webhook/orders", Some("Bearer wrong")).status, 401);
    assert_eq!(etcd_component(production), "healthy");
}

fn etcd_component(production: &mut Environment) -> String {
    let health = http::get(production.receiver(), "/health").unwrap().json();
    health["components"]["etcd"].as_str().unwrap().to_owned()
}

fn certificates_say_who_may_write(production: &mut Environment) {
    // Conditional: etcd before 3.5.28 checks no rights in the nested transaction of the other kind.
    let put = ["put", "production/new", r#"{"module":"log"}"#, "--create"];
    let receiver = |text: String| text.replace("/console/", "/receiver/");
    production.confdeck_with("receiver.env", receiver, ["list", "webhooks"]).run().expect_code(0);
    production.confdeck_with("receiver.env", receiver, put).run().expect_code(5);
    // Who shows no certificate is not spoken to; who trusts another authority does not speak.
    for absent in ["ETCD_CERT=\nETCD_KEY=\n", "ETCD_CACERT=\n"] {
        let without = |text: String| {
            let names: Vec<_> = absent.lines().collect();
            let stays = |line: &&str| !names.iter().any(|name| line.starts_with(name));
            text.lines().filter(stays).flat_map(|line| [line, "\n"]).collect()
        };
        production.confdeck_with("stranger.env", without, ["list", "webhooks"]).run().expect_code(6);
    }
    assert_eq!(production.webhooks(), WEBHOOKS);
}

fn policies_say_who_may_read_secrets(production: &mut Environment) {
    let (orders, payments) = ("production/orders/secrets", "production/payments/secrets");
    let subkeys = format!("webhooks/subkeys/{orders}");
    let [viewer, editor, receiver] =
        ["viewer", "editor", "receiver"].map(|name| Bao::logged_in(production, name));
    let get = |path| ["kv", "get", "-mount=webhooks", path];

    let names = viewer.says(&["read", "-format=json", &subkeys]);
    assert!(names.contains("bearer-token"), "{names}");
    viewer.is_denied(&get(orders));
    viewer.is_denied(&["kv", "put", "-mount=webhooks", orders, "bearer-token=x"]);

    editor.says(&["kv", "patch", "-mount=webhooks", "-method=patch", payments, "hmac-header=X-Signature"]);
    editor.is_denied(&get(payments));

    let value = |field: &str, path: &str| {
        receiver.says(&["kv", "get", "-mount=webhooks", &format!("-field={field}"), path])
    };
    assert_eq!(value("bearer-token", orders).trim(), production.secret("WEBHOOK_ORDERS_TOKEN"));
    assert_eq!(value("hmac-secret", payments).trim(), production.secret("WEBHOOK_PAYMENTS_HMAC_SECRET"));
    assert_eq!(value("hmac-header", payments).trim(), "X-Signature");
    receiver.is_denied(&["kv", "put", "-mount=webhooks", orders, "bearer-token=x"]);
}

fn a_member_and_a_restart_are_survived(production: &mut Environment) {
    production.engine().stop("etcd-1");
    production.engine().stop("openbao");
    until_two_members_answer(production);
    assert_eq!(production.webhooks(), WEBHOOKS);
    let bearer = format!("Bearer {}", production.secret("WEBHOOK_ORDERS_TOKEN"));
    assert_eq!(production.post("/webhook/orders", Some(&bearer)).status, 200);

    let said = production.up().unwrap();
    assert!(said.contains("production/orders  is there already"), "{said}");
    assert_eq!(format!("Bearer {}", production.secret("WEBHOOK_ORDERS_TOKEN")), bearer);
    let viewer = Bao::logged_in(production, "viewer");
    // The editor's change was not overwritten.
    let metadata = viewer.says(&["read", "-format=json", "webhooks/metadata/production/payments/secrets"]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata["data"]["current_version"], 2);
}

fn nothing_tells_a_secret(production: &mut Environment) {
    let made = production.folder.join("made");
    let keys = ["root-token", "unseal-key"].map(|name| made.join("openbao/keys").join(name));
    let keys = keys.iter().map(|key| fs::read_to_string(key).unwrap());
    let secrets: Vec<String> = variables(&made.join("secrets.env")).into_values().chain(keys).collect();
    assert!(secrets.len() == 4 && secrets.iter().all(|secret| secret.len() > 20), "{}", secrets.len());
    for (service, log) in production.engine().logs() {
        assert!(!secrets.iter().any(|secret| log.contains(secret)), "{service} printed a secret");
    }
}

/// If the leader was stopped, the others have to elect one of them; meanwhile nothing but "unavailable"
/// may be said.
fn until_two_members_answer(production: &mut Environment) {
    let begun = Instant::now();
    loop {
        match production.confdeck(["list", "webhooks"]).run().code() {
            Some(0) => return,
            code => assert_eq!(code, Some(6)),
        }
        assert!(begun.elapsed() < PATIENCE, "two of three members do not answer");
    }
}

/// `bao` with the rights of one policy.
struct Bao {
    program: std::path::PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Bao {
    /// Logs in as `setup` has arranged it for this name.
    fn logged_in(production: &mut Environment, name: &str) -> Self {
        let address = production.engine().address("openbao", 8200);
        let made = production.folder.join("made");
        let authority = made.join("certs/openbao/ca.pem").display().to_string();
        let known = vec![("BAO_ADDR", format!("https://{address}")), ("BAO_CACERT", authority)];
        let mut bao = Self { program: engine::bao(), variables: known };
        let login = variables(&made.join(format!("openbao/keys/{name}.env")));
        let role = format!("role_id={}", login["VAULT_ROLE_ID"]);
        let secret = format!("secret_id={}", login["VAULT_SECRET_ID"]);
        let token = bao.says(&["write", "-field=token", "auth/approle/login", &role, &secret]);
        bao.variables.push(("BAO_TOKEN", token));
        bao
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(&self.program).args(arguments).envs(self.variables.iter().cloned()).output().unwrap()
    }

    #[track_caller]
    fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn is_denied(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains("permission denied"), "{arguments:?}: {error}");
    }
}
