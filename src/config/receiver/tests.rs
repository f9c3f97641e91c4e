//! What is configured of the receiver, and what is refused.

use super::super::{ConfigText, Overrides, SettingSources};
use super::*;
use crate::domain::reference::{Variable, Variables};
use crate::domain::{FieldState, Namespace, ResourceKey, WebhookId};

fn resolve(file: &str, variables: &[(&str, &str)]) -> Result<Settings> {
    let text = ConfigText { path: PathBuf::from("/etc/c.toml"), text: file.into(), private: true };
    let environment = Environment::of(variables.iter().copied());
    Settings::resolve(&SettingSources { file: Some(text), environment, flags: Overrides::default() })
}

fn webhook() -> ResourceKey {
    ResourceKey::webhook(Namespace::default(), WebhookId::new("orders").unwrap())
}

#[test]
fn what_is_not_said_follows_from_the_store() {
    let lookup = resolve("", &[("WEBHOOK_X_TOKEN", "")]).unwrap().secret_lookup().unwrap();
    let known = [("WEBHOOK_X_TOKEN".to_owned(), FieldState::Empty)].into_iter().collect();
    assert_eq!(lookup.env, ReceiverEnv::Known(known), "files are read beside the receiver");
    assert_eq!(lookup.own, OwnSecrets::NotMerged);
    assert!(!lookup.can_read_kv);
    assert_eq!(lookup.reference_path("a").unwrap().to_string(), "secret/a");

    let etcd = resolve("", &[("CONFIG_BACKEND", "etcd"), ("VAULT_MOUNT_POINT", "team/kv/")]).unwrap();
    let lookup = etcd.secret_lookup().unwrap();
    assert_eq!((&lookup.env, &lookup.own), (&ReceiverEnv::NotVisible, &OwnSecrets::NotMerged));
    assert_eq!(lookup.reference_path("a").unwrap().to_string(), "team/kv/a");

    let flat = resolve("", &[("CONFIG_BACKEND", "etcd"), ("ETCD_LAYOUT", "flat")]).unwrap();
    assert_eq!(flat.secret_lookup().unwrap().own, OwnSecrets::Variables);
}

#[test]
fn a_context_describes_its_receiver_and_the_top_all_of_them() {
    let file = "[receiver]\nmerges_own_secrets = true\nreference_mount = \"all\"\n\
                [contexts.prod.receiver]\nenv = \"unknown\"\nown_mount = \"hooks\"\nown_path = \"x/{id}\"\n\
                reference_mount = \"prod\"\n";
    let vault = [("SECRETS_BACKEND", "vault"), ("VAULT_ADDR", "https://vault:8200"), ("VAULT_TOKEN", "t")];
    let settings = resolve(file, &[&vault[..], &[("CONFDECK_CONTEXT", "prod")]].concat()).unwrap();
    let lookup = settings.secret_lookup().unwrap();
    assert_eq!(lookup.env, ReceiverEnv::NotVisible);
    assert_eq!(lookup.own_path(&webhook()).unwrap().to_string(), "hooks/x/orders");
    assert_eq!(lookup.reference_path("a").unwrap().to_string(), "prod/a");
    let other = resolve(file, &vault).unwrap().secret_lookup().unwrap();
    assert_eq!(other.own_path(&webhook()).unwrap().to_string(), "webhooks/orders/secrets");
    assert_eq!(other.reference_path("a").unwrap().to_string(), "all/a");
    let named = resolve("[defaults]\nvault_mount_point = \"kv/\"\n", &[]).unwrap().secret_lookup().unwrap();
    assert_eq!(named.reference_path("a").unwrap().to_string(), "kv/a");
}

#[test]
fn a_named_file_holds_the_values_and_the_states_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("receiver.env");
    std::fs::write(&file, "A=theirs\nEMPTY=\n").unwrap();
    let file = format!("file:{}", file.display());
    let view = resolve("", &[("A", "ours"), ("B", "ours"), ("CONFDECK_RECEIVER_ENV", &file)]).unwrap();
    let view = view.receiver_view().unwrap();
    let known = [("A", FieldState::Present), ("EMPTY", FieldState::Empty)];
    let known = known.map(|(name, state)| (name.to_owned(), state)).into_iter().collect();
    assert_eq!(view.lookup.env, ReceiverEnv::Known(known));
    let Variable::Text(value) = view.variables.unwrap().variable("A") else { panic!("no text") };
    assert_eq!(value.expose(), "theirs");
    let etcd = resolve("", &[("CONFIG_BACKEND", "etcd"), ("A", "ours")]).unwrap();
    assert!(etcd.receiver_view().unwrap().variables.is_none());
}

#[test]
fn what_the_receiver_gets_of_a_file_is_told_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("receiver.env");
    let text = b"\xef\xbb\xbfA=1\nhunter2 x\nexport\tB=caf\xe9\nC=\"two\nlines\" # note\nD=${HOME_OF_IT}\n";
    std::fs::write(&path, text).unwrap();
    let settings = resolve("", &[("CONFDECK_RECEIVER_ENV", &format!("file:{}", path.display()))]).unwrap();
    let view = settings.receiver_view().unwrap();
    let known = [
        ("A", FieldState::Present),
        ("B", FieldState::NotText),
        ("C", FieldState::Present),
        ("D", FieldState::Empty),
    ];
    let known = known.map(|(name, state)| (name.to_owned(), state)).into_iter().collect();
    assert_eq!(view.lookup.env, ReceiverEnv::Known(known));
    let health = settings.health();
    let told: Vec<_> = health.findings().iter().map(|finding| finding.text.as_str()).collect();
    let file = path.display();
    let expected = [
        format!("{file}:1:1: the file begins with a byte order mark"),
        format!("{file}:3:13: this byte is not UTF-8: python-dotenv refuses the whole file"),
        format!("{file}:2:1: this is not NAME=VALUE: the receiver gets nothing from this line"),
        format!("{file}:6:1: a ${{NAME}} that this file does not set"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    assert!(expected.iter().all(|words| told.iter().any(|told| told.starts_with(words))), "{told:?}");
    assert!(!told.concat().contains("hunter2"), "{told:?}");
    assert_eq!(health.verdict().as_str(), "degraded by fault");
}

#[test]
fn a_variable_that_the_file_sets_too_late_is_not_said_to_be_absent_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("receiver.env");
    std::fs::write(&path, "URL=http://${HOST}/\nHOST=db\n").unwrap();
    let file = format!("file:{}", path.display());
    let health = resolve("", &[("CONFDECK_RECEIVER_ENV", &file)]).unwrap().health();
    let told = &health.findings()[0];
    assert!(told.text.contains("a ${NAME} that this file does not set before it"), "{}", told.text);
    assert!(told.remedy.contains("on a line above"), "{}", told.remedy);
}

#[test]
fn own_secrets_are_merged_by_one_default_and_one_variable() {
    const VARIABLE: &str = "CONFDECK_RECEIVER_MERGES_OWN_SECRETS";
    let etcd = ("CONFIG_BACKEND", "etcd");
    let merges = |variables: &[(&str, &str)]| {
        resolve("", variables).unwrap().secret_lookup().unwrap().own != OwnSecrets::NotMerged
    };
    assert!(!merges(&[]) && !merges(&[etcd]));
    assert!(merges(&[etcd, ("ETCD_LAYOUT", "flat")]));
    assert!(!merges(&[etcd, ("ETCD_LAYOUT", "flat"), (VARIABLE, "no")]));
    assert!(merges(&[(VARIABLE, "true")]) && merges(&[etcd, (VARIABLE, "1")]));
}

#[test]
fn settings_that_cannot_be_used_are_told_by_their_health() {
    let health = |file: &str, variables: &[(&str, &str)]| resolve(file, variables).unwrap().health();
    assert_eq!(health("", &[]), Health::new("settings"));
    let unread = health("[receiver]\nenv = \"file:none.env\"\n", &[("SECRETS_BACKEND", "valut")]);
    let told: Vec<_> = unread.findings().iter().map(|finding| finding.text.as_str()).collect();
    let expected = [
        "SECRETS_BACKEND: \"valut\" is not a secrets_backend; write env or vault",
        "cannot read /etc/none.env (/etc/c.toml:2): there is no such file or folder",
    ];
    assert_eq!((told, unread.verdict().as_str()), (expected.to_vec(), "degraded by fault"));
    // A variable of a Vault that is not in use stops nothing.
    assert_eq!(health("", &[("VAULT_MOUNT_POINT", "a//b"), ("VAULT_KV_VERSION", "9")]).findings(), []);
}

#[test]
fn mistakes_name_their_place() {
    let problem = |file: &str| resolve(file, &[]).unwrap_err().to_string();
    assert_eq!(
        problem("[receiver]\nenv = \"here\"\n"),
        "/etc/c.toml:2:7: \"here\" is no place of variables; write unknown, process or file:PATH"
    );
    assert_eq!(
        problem("[contexts.a.receiver]\nmount = \"x\"\n"),
        "/etc/c.toml:2:1: \"mount\" is not known in [contexts.a.receiver]; known are env, vault_enabled, \
         reference_mount, own_mount, own_path, merges_own_secrets, version, allow_localhost, allow_private_ips"
    );
    assert!(problem("[receiver]\nown_path = \"secrets\"\n").contains("it has no {id}"));
    let missing = resolve("[receiver]\nenv = \"file:none.env\"\n", &[]).unwrap().secret_lookup().unwrap_err();
    assert_eq!(
        missing.to_string(),
        "cannot read /etc/none.env (/etc/c.toml:2): there is no such file or folder"
    );
}
