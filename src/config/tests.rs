use std::path::PathBuf;

use super::*;
use crate::domain::SecretNames;

fn resolve(file: &str, variables: &[(&str, &str)], flags: Overrides) -> Result<Settings, SettingsError> {
    let text = ConfigText { path: PathBuf::from("/etc/c.toml"), text: file.into(), private: false };
    let environment = Environment::of(variables.iter().copied());
    Settings::resolve(&SettingSources { file: Some(text), environment, flags })
}

fn problem(file: &str, variables: &[(&str, &str)]) -> String {
    resolve(file, variables, Overrides::default()).unwrap_err().to_string()
}

fn etcd(settings: &Settings) -> &crate::provider::etcd::EtcdSettings {
    match &settings.target {
        Target::Etcd(etcd) => etcd,
        Target::Files(_) => panic!("files"),
    }
}

const PROD: &str = r#"
default_context = "prod"

[defaults]
backend = "etcd"
prefix = "/base"

[contexts.prod]
host = "10.0.0.1, 10.0.0.2:9"
port = 2380
protected = true

[contexts.local]
backend = "file"
webhooks_file = "data/w.json"
connections_file = "/abs/c.json"
theme = "light"

[console]
theme = "dark"
"#;

#[test]
fn without_anything_it_is_the_files_of_the_working_folder() {
    let settings = Settings::resolve(&SettingSources::default()).unwrap();
    assert_eq!(settings.context.name, "files webhooks.json");
    assert!(!settings.context.configured && settings.context.read_only.is_none());
    assert_eq!(settings.origin(SettingKey::Backend), Some(&Origin::Default));
}

#[test]
fn each_source_wins_over_the_one_below() {
    let flags = |context: &str| Overrides { context: Some(context.into()), ..Overrides::default() };
    let settings = resolve(PROD, &[("ETCD_PORT", "1234")], Overrides::default()).unwrap();
    assert_eq!(settings.target.to_string(), "etcd 10.0.0.1:1234+1 /base/");
    assert_eq!(settings.context.name, "prod");
    assert!(settings.context.protected);
    assert_eq!(settings.console.theme, Some("dark"));
    let origins: Vec<_> = [SettingKey::Prefix, SettingKey::Host, SettingKey::Port, SettingKey::Layout]
        .iter()
        .map(|key| settings.origin(*key).unwrap().to_string())
        .collect();
    assert_eq!(origins, ["/etc/c.toml:6", "/etc/c.toml:9", "ETCD_PORT", "default"]);

    let settings = resolve(PROD, &[("CONFDECK_CONTEXT", "prod")], flags("local")).unwrap();
    let Target::Files(files) = &settings.target else { panic!("etcd") };
    assert_eq!(files.webhooks, PathBuf::from("/etc/data/w.json"));
    assert_eq!(files.connections, PathBuf::from("/abs/c.json"));
    assert_eq!(settings.console.theme, Some("light"));
}

#[test]
fn variables_that_move_a_named_context_elsewhere_are_marked() {
    let settings = resolve(PROD, &[("ETCD_HOST", "https://db")], Overrides::default()).unwrap();
    assert_eq!(settings.warnings, [ContextWarning::Overridden { variable: "ETCD_HOST" }]);
    let settings = resolve(PROD, &[("ETCD_USERNAME", "u"), ("ETCD_PASSWORD", "p")], Overrides::default());
    assert_eq!(settings.unwrap().warnings, [ContextWarning::PlainHttp { host: "10.0.0.1".into() }]);
    let settings = resolve("", &[("CONFIG_BACKEND", "ETCD")], Overrides::default()).unwrap();
    assert_eq!(settings.warnings, []);
    assert_eq!(settings.context.name, "etcd localhost:2379 /cwm/");
}

#[test]
fn the_strictest_protection_wins() {
    let file = |on: bool| format!("[defaults]\nprotected = {on}\n");
    let flag = Overrides { protected: true, ..Overrides::default() };
    for (file, variables, flags, protected) in [
        (file(true), &[("CONFDECK_PROTECTED", "false")][..], Overrides::default(), true),
        (file(false), &[("CONFDECK_PROTECTED", "yes")], Overrides::default(), true),
        (file(false), &[], flag, true),
        (file(false), &[], Overrides::default(), false),
    ] {
        let settings = resolve(&file, variables, flags).unwrap();
        assert_eq!(settings.context.protected, protected, "{file} {variables:?}");
    }
}

#[test]
fn the_strictest_read_only_wins() {
    let on = "[defaults]\nread_only = true\n";
    let off = "[defaults]\nread_only = false\n";
    let flag = Overrides { read_only: true, ..Overrides::default() };
    for (file, variables, flags, origin) in [
        (on, &[("CONFDECK_READ_ONLY", "no")][..], Overrides::default(), Some("/etc/c.toml:2")),
        (off, &[("CONFDECK_READ_ONLY", "1")][..], Overrides::default(), Some("CONFDECK_READ_ONLY")),
        (off, &[("CONFDECK_READ_ONLY", "off")][..], flag, Some("--read-only")),
        (off, &[("CONFDECK_READ_ONLY", "")][..], Overrides::default(), None),
    ] {
        let settings = resolve(file, variables, flags).unwrap();
        assert_eq!(settings.context.read_only.map(|origin| origin.to_string()).as_deref(), origin);
    }
}

#[test]
fn a_secrets_backend_is_env_or_vault() {
    let file = "[defaults]\nsecrets_backend = \"vault\"\n";
    let vault = [("VAULT_ADDR", "http://127.0.0.1:8200"), ("VAULT_TOKEN", "t")];
    let settings = resolve(file, &vault, Overrides::default()).unwrap();
    assert_eq!(settings.secrets.location(), "vault 127.0.0.1:8200");
    assert!(
        settings.secrets.access(true).writer.is_some() && settings.secrets.access(false).writer.is_none()
    );
    let settings = resolve(file, &[("SECRETS_BACKEND", " ENV ")], Overrides::default()).unwrap();
    assert_eq!(settings.secrets.location(), "env");
    assert!(settings.secrets.access(true).writer.is_none());
    let said = "\"files\" is not a secrets_backend; write env or vault";
    let unknown = problem("[defaults]\nsecrets_backend = \"files\"\n", &[]);
    assert_eq!(unknown, format!("/etc/c.toml:2:19: {said}"));
    // The receiver takes any other word for env.
    let settings = resolve("", &[("SECRETS_BACKEND", "files")], Overrides::default()).unwrap();
    assert_eq!(settings.secrets.location(), "env");
    let told: Vec<_> = settings.health().findings().iter().map(|finding| finding.text.clone()).collect();
    assert_eq!(told, [format!("SECRETS_BACKEND: {said}")]);
}

#[test]
fn the_flat_layout_brings_its_own_prefix() {
    let variables = [("CONFIG_BACKEND", "etcd"), ("ETCD_LAYOUT", "Flat")];
    let settings = resolve("", &variables, Overrides::default()).unwrap();
    assert_eq!(etcd(&settings).prefix.as_str(), "/webhooks/configs/");
}

#[test]
fn mistakes_name_their_source_and_what_is_accepted() {
    let on = ("CONFIG_BACKEND", "etcd");
    for (file, variables, expected) in [
        (
            "",
            &[("CONFIG_BACKEND", "consul")][..],
            "CONFIG_BACKEND: \"consul\" is not a backend; write file or etcd",
        ),
        ("", &[on, ("ETCD_PORT", "65536")], "ETCD_PORT: port must be a number from 1 to 65535"),
        ("", &[on, ("ETCD_HOST", "")], "ETCD_HOST: host is empty; leave it out for localhost"),
        ("", &[on, ("ETCD_PREFIX", "")], "ETCD_PREFIX: prefix is empty; leave it out for /cwm/"),
        ("", &[on, ("ETCD_NAMESPACE", "a b")], "ETCD_NAMESPACE: a namespace is 1 to 64 of"),
        (
            "[defaults]\nbackend = \"etcd\"\nnamespace = \"a/b\"\n",
            &[],
            "/etc/c.toml:3:13: a namespace is 1 to 64 of the characters",
        ),
        (
            "",
            &[on, ("ETCD_USERNAME", "root")],
            "ETCD_USERNAME: username needs password beside it: set ETCD_PASSWORD",
        ),
        ("", &[on, ("ETCD_KEY", "k.pem")], "ETCD_KEY: key needs cert beside it: set ETCD_CERT"),
        ("", &[("CONFDECK_READ_ONLY", "perhaps")], "CONFDECK_READ_ONLY: read_only must be true or false"),
        (
            PROD,
            &[("CONFDECK_CONTEXT", "qa")],
            "CONFDECK_CONTEXT: there is no context \"qa\"; known are local, prod",
        ),
        (
            "default_context = \"x\"\n",
            &[],
            "/etc/c.toml:1:19: there is no context \"x\"; the config file has none",
        ),
    ] {
        let message = problem(file, variables);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_password_stands_only_in_a_file_that_nobody_else_reads_and_is_never_shown() {
    let file = "[defaults]\nbackend = \"etcd\"\nusername = \"root\"\npassword = \"hunter2\"\n";
    let message = problem(file, &[]);
    assert!(message.starts_with("/etc/c.toml:4:12: ") && message.contains("chmod 600"), "{message}");
    assert!(!message.contains("hunter2"));

    let text = ConfigText { path: "c.toml".into(), text: file.into(), private: true };
    let sources = SettingSources { file: Some(text), ..SettingSources::default() };
    let settings = Settings::resolve(&sources).unwrap();
    assert!(etcd(&settings).login.is_some());
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn no_color_is_on_with_any_value() {
    for (value, expected) in [("", false), ("0", true), ("1", true)] {
        let settings = resolve("", &[("NO_COLOR", value)], Overrides::default()).unwrap();
        assert_eq!(settings.console.no_color, expected, "{value:?}");
    }
}

#[test]
fn secrets_are_copied_only_where_somebody_says_so_and_a_context_may_say_otherwise() {
    let copies = |file: &str, variables: &[(&str, &str)]| {
        resolve(file, variables, Overrides::default()).unwrap().console.copy_secrets
    };
    let file =
        "default_context = \"prod\"\n[contexts.prod]\ncopy_secrets = false\n[console]\ncopy_secrets = true\n";
    assert!(!copies("", &[]) && !copies(file, &[]));
    assert!(
        copies("[console]\ncopy_secrets = true\n", &[]) && copies(file, &[("CONFDECK_COPY_SECRETS", "yes")])
    );
    assert!(!copies("[console]\ncopy_secrets = true\n", &[("CONFDECK_COPY_SECRETS", "off")]));
}

#[test]
fn names_to_hide_add_up_and_of_names_to_show_the_nearest_list_counts() {
    const FILE: &str = "[defaults]\nhide_names = [\"internal_code\"]\nshow_names = [\"license\", \"pin\"]\n\
                        [contexts.prod]\nhide_names = [\"customer_ref\", \"pin\"]\n\
                        [contexts.other]\nshow_names = [\"otp\"]\n";
    let judged = |context: &str, variables: &[(&str, &str)]| {
        let flags = Overrides { context: Some(context.into()), ..Overrides::default() };
        let settings = resolve(FILE, variables, flags).unwrap();
        ["Internal-Code", "customerRef", "fleet", "LICENSE", "pin", "otp"]
            .map(|name| settings.secret_names.looks_secret(name))
    };
    assert_eq!(judged("prod", &[]), [true, true, false, false, true, true], "hiding wins over showing");
    assert_eq!(judged("other", &[]), [true, false, false, true, true, false]);
    let variables = [("CONFDECK_HIDE_NAMES", "fleet, license"), ("CONFDECK_SHOW_NAMES", " otp ")];
    assert_eq!(judged("prod", &variables), [true, true, true, true, true, false]);
    assert_eq!(judged("other", &[("CONFDECK_SHOW_NAMES", "")]), [true, false, false, true, true, false]);

    let flags = Overrides { context: Some("prod".into()), ..Overrides::default() };
    let settings = resolve(FILE, &[], flags).unwrap();
    let told = |key| settings.effective.iter().find(|setting| setting.key == key).unwrap();
    assert_eq!(told(SettingKey::HideNames).value, "customer_ref, pin, internal_code");
    assert_eq!(told(SettingKey::HideNames).origin.to_string(), "/etc/c.toml:5");
    assert_eq!(told(SettingKey::ShowNames).origin.to_string(), "/etc/c.toml:3");
    assert_eq!(Settings::resolve(&SettingSources::default()).unwrap().secret_names, SecretNames::default());
}

#[test]
fn a_name_that_is_none_is_refused_at_its_place() {
    let end = "write the name of a member, or leave it out";
    for (file, expected) in [
        (
            "[defaults]\nhide_names = [\"a\",\n  \"_ \"]\n",
            format!("/etc/c.toml:3:3: hide_names has a name that is empty or has only separators; {end}"),
        ),
        (
            "[defaults]\nshow_names = [\"\"]\n",
            format!("/etc/c.toml:2:15: show_names has a name that is empty or has only separators; {end}"),
        ),
        (
            &format!("[defaults]\nshow_names = [\"{}\"]\n", "a".repeat(129)),
            format!("/etc/c.toml:2:15: show_names has a name of more than 128 characters; {end}"),
        ),
        (
            "[defaults]\nhide_names = \"a, b\"\n",
            "/etc/c.toml:2:14: hide_names must be a list of texts, as [\"a\", \"b\"], and is a TOML string".into(),
        ),
        (
            "[defaults]\nhide_names = [\"a\", 1]\n",
            "/etc/c.toml:2:20: hide_names must be a list of texts, as [\"a\", \"b\"], and this is a TOML integer".into(),
        ),
    ] {
        assert_eq!(problem(file, &[]), expected);
    }
    assert_eq!(
        problem("", &[("CONFDECK_HIDE_NAMES", "a,,b")]),
        format!("CONFDECK_HIDE_NAMES: hide_names has a name that is empty or has only separators; {end}")
    );
}

#[test]
fn our_own_folders_follow_the_base_directory_rules() {
    let state =
        |variables: &[(&str, &str)]| resolve("", variables, Overrides::default()).unwrap().console.state_dir;
    assert_eq!(state(&[("HOME", "/h")]), Some("/h/.local/state/confdeck".into()));
    assert_eq!(state(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")]), Some("/s/confdeck".into()));
    assert_eq!(state(&[("HOME", "/h"), ("XDG_STATE_HOME", "s")]), Some("/h/.local/state/confdeck".into()));
    assert_eq!(state(&[]), None);
}

/// Wherever one is asked for, all are named.
#[test]
fn a_theme_that_does_not_exist_is_refused_from_every_source() {
    let flag = Overrides { theme: Some("neon".into()), ..Overrides::default() };
    for (said, refused) in [
        ("--theme: ", resolve("", &[], flag)),
        ("CONFDECK_THEME: ", resolve("", &[("CONFDECK_THEME", "neon")], Overrides::default())),
        ("/etc/c.toml:2:9: ", resolve("[console]\ntheme = \"neon\"\n", &[], Overrides::default())),
    ] {
        let expected = format!("{said}\"neon\" is not a theme; write default or dark or light");
        assert_eq!(refused.unwrap_err().to_string(), expected);
    }
    let accent =
        resolve("[defaults]\naccent = \"puce\"\n", &[], Overrides::default()).unwrap_err().to_string();
    assert!(
        accent
            .ends_with("\"puce\" is not an accent; write red or yellow or green or cyan or blue or magenta"),
        "{accent}"
    );
    let none = resolve("", &[("CONFDECK_THEME", "")], Overrides::default()).unwrap();
    assert_eq!((none.console.theme, none.console.accent), (None, None));
}

#[test]
fn another_context_is_read_from_the_same_places_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    write("[contexts.a]\nwebhooks_file = \"a.json\"\n[contexts.b]\nwebhooks_file = \"b.json\"\n");
    let flags = Overrides { config: Some(path.clone()), read_only: true, ..Overrides::default() };
    let flags = Overrides { context: Some("a".into()), ..flags };
    let first = Settings::resolve(&SettingSources::gather(flags).unwrap()).unwrap();
    assert_eq!((first.context.name.as_str(), &*first.contexts), ("a", &["a".to_owned(), "b".to_owned()][..]));
    write("[contexts.b]\nwebhooks_file = \"c.json\"\naccent = \"red\"\n");
    let second = first.of_context("b").unwrap();
    let Target::Files(files) = &second.target else { panic!("etcd") };
    assert_eq!(files.webhooks, folder.path().join("c.json"));
    assert!(second.context.read_only.is_some(), "the flags stay");
    assert_eq!((second.console.accent, &*second.contexts), (Some("red"), &["b".to_owned()][..]));
    assert!(second.of_context("a").unwrap_err().to_string().contains("known are b"));
}
