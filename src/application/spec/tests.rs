//! Application files as people have them: those of the documentation and of the examples.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::file::tests::parse;
use super::*;
use crate::application::{SettingValue, SourceValue};
use crate::provider::env::EnvVariables;

fn example(name: &str, variables: &[(&str, &str)]) -> ApplicationSpec {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/applications").join(name);
    ApplicationSpec::open(&path, &EnvVariables::of(variables.iter().copied()))
        .unwrap_or_else(|error| panic!("{error}"))
}

const EXAMPLES: [&str; 5] =
    ["billing.toml", "control_unit.toml", "hierarchy/application.toml", "hot_reload.toml", "receiver.toml"];

fn layers(spec: &ApplicationSpec) -> Vec<(&str, u32)> {
    spec.layers.iter().map(|layer| (&*layer.name, layer.rank)).collect()
}

fn coerced(spec: &ApplicationSpec, path: &str, text: &str) -> Result<Value, String> {
    let setting = &spec.settings[&path.parse().unwrap()];
    let value = setting.coerce(&SourceValue::Text(zeroize::Zeroizing::new(text.into())));
    let value = value.and_then(|value| setting.check(&value).map(|()| value));
    value.map(|value| value.expose().clone()).map_err(|fault| fault.to_string())
}

#[test]
fn each_example_is_an_application_that_the_schema_takes_and_has_no_hardcoded_credential() {
    let validator = jsonschema::validator_for(&application_schema()).unwrap();
    for name in EXAMPLES {
        let spec = example(name, &[]);
        assert_eq!(spec.hardcoded_credentials(&[]), [], "{name}");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/applications").join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema ")).unwrap();
        assert!(path.parent().unwrap().join(schema).is_file(), "{name} names {schema}");
        let toml: toml::Value = toml::from_str(&text).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(&serde_json::to_value(toml).unwrap()).map(|it| it.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn the_file_of_the_documentation_is_read() {
    let page = include_str!("../../../docs/application-file.md");
    let text = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let spec = parse(text);
    assert_eq!((&*spec.name, spec.layers.len(), spec.settings.len()), ("billing", 3, 2));
    // Neither is declared: they may come from a layer all the same.
    let in_force = serde_json::json!({"environment": "production", "debug": true});
    assert_eq!(spec.rules.judge(&in_force).len(), 1);
}

#[test]
fn the_schema_of_system_b_is_control_unit_toml() {
    let spec = example("control_unit.toml", &[]);
    assert_eq!(layers(&spec), [("defaults", 0), ("environment", 20), ("etcd", 30)]);
    let LayerKind::Etcd { root, shape, .. } = &spec.layers[2].kind else { panic!("etcd") };
    assert_eq!((root.as_str(), *shape), ("/APPS/ControlUnit", EtcdShape::KeyMap));
    let of = |path: &str| &spec.settings[&path.parse().unwrap()];
    assert_eq!(of("log_level").etcd_key.as_deref(), Some("LogLevel"));
    assert_eq!(of("basic_auth_password").etcd_key.as_deref(), Some("password"));
    assert_eq!(of("postgres_dsn").variable.as_deref(), Some("POSTGRES_DSN"));
    assert!(of("postgres_dsn").secret && of("categorization_api_token").secret && !of("log_level").secret);
    for setting in spec.settings.values() {
        assert!(setting.variable.is_some() && setting.etcd_key.is_some() && !setting.description.is_empty());
        assert!(
            setting.required != setting.default.is_some(),
            "a start is a success only if every key has a value"
        );
    }
    assert_eq!(coerced(&spec, "log_level", "INFO"), Ok("INFO".into()));
    assert_eq!(coerced(&spec, "log_sql_echo", "Yes"), Ok(true.into()));
    assert_eq!(
        coerced(&spec, "closed_statuses", "done, , closed "),
        Ok(serde_json::json!(["done", "closed"]))
    );
    assert_eq!(coerced(&spec, "open_statuses", "new, open "), Ok("new, open ".into()));
    assert_eq!(coerced(&spec, "ai_http_timeout_seconds", "2.5"), Ok(2.5.into()));
    assert!(coerced(&spec, "ai_http_max_connections", "ten").is_err(), "no silent default");
    assert_eq!(
        spec.rules
            .judge(
                &serde_json::json!({"ai_http_max_keepalive_connections": 11, "ai_http_max_connections": 10})
            )
            .len(),
        1
    );
    let dev = example(
        "control_unit.toml",
        &[("EtcdSettings__Dev", "true"), ("EtcdSettings__RootKey", "APPS/Other/")],
    );
    let LayerKind::Etcd { root, .. } = &dev.layers[2].kind else { panic!("etcd") };
    assert_eq!(root, "/dev/APPS/Other");
    let local = example("control_unit.toml", &[("USE_LOCAL_CONFIG", "true")]);
    assert_eq!(layers(&local), [("defaults", 0), ("environment", 20)]);
}

#[test]
fn the_hierarchy_of_system_a_has_files_of_its_environment() {
    let names = [
        ("defaults", 0),
        ("config.yaml", 10),
        ("config.json", 10),
        ("config/production.yaml", 10),
        (".env.production", 10),
        ("environment", 20),
        ("arguments", 50),
        ("runtime", 60),
    ];
    let spec = example("hierarchy/application.toml", &[("ENVIRONMENT", "production")]);
    assert_eq!(layers(&spec), names);
    let files: Vec<(PathBuf, FileFormat)> = spec
        .layers
        .iter()
        .filter_map(|layer| match &layer.kind {
            LayerKind::File { path, format, .. } => Some((path.clone(), *format)),
            _ => None,
        })
        .collect();
    assert!(files.iter().all(|(path, _)| path.is_file()), "{files:?}");
    assert_eq!(files.last().unwrap().1, FileFormat::Env);
    assert_eq!(layers(&example("hierarchy/application.toml", &[]))[3], ("config/development.yaml", 10));
    for (path, text, fits) in [
        ("log_level", "TRACE", false),
        ("environment", "staging", true),
        ("secret_key", "too short", false),
        ("secret_key", "0123456789abcdef0123456789abcdef", true),
        ("database.pool_size", "0", false),
        ("database.pool_size", "100", true),
        ("database.timeout", "0", false),
        ("api.retry_count", "11", false),
        ("database.url", "postgresql://db/app", true),
        ("database.url", "http://db/app", false),
        ("redis.url", "rediss://host", false),
        ("debug", "perhaps", false),
    ] {
        assert_eq!(coerced(&spec, path, text).is_ok(), fits, "{path} {text}");
    }
    let required = ["api.base_url", "database.url", "redis.url", "secret_key"];
    let is: Vec<_> =
        spec.settings.iter().filter(|(_, it)| it.required).map(|(path, _)| path.to_string()).collect();
    assert_eq!(is, required);
}

#[test]
fn a_variable_of_system_a_maps_to_a_path_by_the_schema_and_not_by_splitting() {
    let spec = example("hierarchy/application.toml", &[]);
    let of = |name: &str| {
        spec.settings
            .iter()
            .find(|(_, it)| it.variable.as_deref() == Some(name))
            .map(|(path, _)| path.to_string())
    };
    for (name, path) in [
        ("DATABASE_POOL_SIZE", "database.pool_size"),
        ("API_BASE_URL", "api.base_url"),
        ("SECRET_KEY", "secret_key"),
        ("FEATURE_NEW_DASHBOARD", "features.new_dashboard"),
    ] {
        assert_eq!(of(name).as_deref(), Some(path));
    }
}

#[test]
fn the_sources_of_system_c_have_priorities_a_folder_and_a_switch() {
    let spec = example("hot_reload.toml", &[]);
    assert_eq!(layers(&spec), [("defaults", 0), ("base", 10), ("local", 15), ("variables", 20)]);
    let LayerKind::File { path, watch, .. } = &spec.layers[1].kind else { panic!("a file") };
    assert!(path.is_file() && *watch, "{path:?}");
    let variables = [
        ("CONFIG_DIR", "/etc/app"),
        ("APP_CONFIG_WATCH", "false"),
        ("APP_CONFIG_SOURCES", "base, remote"),
        ("APP_CONFIG_OFFLINE", "false"),
    ];
    let spec = example("hot_reload.toml", &variables);
    assert_eq!(layers(&spec), [("defaults", 0), ("base", 10), ("remote", 30)]);
    let LayerKind::File { path, watch, variables, .. } = &spec.layers[1].kind else { panic!("a file") };
    assert_eq!((path.as_path(), *watch), (Path::new("/etc/app/base.yaml"), false));
    assert_eq!(variables.iter().map(|it| &**it).collect::<Vec<_>>(), ["CONFIG_DIR"]);
}

#[test]
fn a_file_of_ten_thousand_settings_is_read_in_a_moment() {
    let mut text = "name = \"large\"\n".to_owned();
    for at in 0..10_000 {
        text += &format!(
            "[settings.\"s{}.n{at}\"]\ntype = \"integer\"\ndefault = {at}\nenv = \"V{at}\"\n",
            at / 100
        );
    }
    let before = std::time::Instant::now();
    let spec = parse(&text);
    assert_eq!(spec.settings.len(), 10_000);
    // Unoptimized; places that were counted from the start of the file each would take minutes.
    assert!(before.elapsed() < std::time::Duration::from_secs(20), "{:?}", before.elapsed());
    assert!(spec.settings[&"s99.n9999".parse().unwrap()].default == Some(SettingValue::new(9999.into())));
}

mod any_text {
    use proptest::prelude::*;

    use super::*;

    fn is_told(text: &str) -> bool {
        match ApplicationSpec::parse(Path::new("a.toml"), text, &EnvVariables::of([("A", "planted-value")])) {
            Ok(_) => true,
            Err(error) => !error.to_string().is_empty(),
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_application_or_its_mistakes(text in "\\PC{0,200}") {
            prop_assert!(is_told(&text));
        }

        /// An example with a piece of it replaced.
        #[test]
        fn a_damaged_file_is_an_application_or_its_mistakes(
            which in 0..EXAMPLES.len(), at in 0..4000_usize, length in 0..40_usize, new in "[\\[\\]\"'={}a.$0-9\\n ]{0,8}",
        ) {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/applications").join(EXAMPLES[which]);
            let mut text = std::fs::read_to_string(path).unwrap();
            let at = at % text.len();
            let end = (at + length).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, &new);
            }
            prop_assert!(is_told(&text));
        }
    }
}
