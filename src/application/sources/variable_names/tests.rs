//! Which settings variables hold, and what is refused rather than guessed.

use super::*;
use crate::application::SpecPlace;

pub(crate) fn setting(value_type: ValueType, variable: Option<&str>) -> SettingSpec {
    let place = SpecPlace { path: Arc::new("app.toml".into()), line: 1, column: 1 };
    SettingSpec { variable: variable.map(Into::into), ..SettingSpec::new(value_type, place) }
}

fn declared(settings: &[(&str, Option<&str>)]) -> BTreeMap<SettingPath, SettingSpec> {
    settings
        .iter()
        .map(|(path, variable)| (path.parse().unwrap(), setting(ValueType::Text, *variable)))
        .collect()
}

fn names(settings: &[(&str, Option<&str>)], prefix: Option<&str>) -> VariableNames {
    VariableNames::new(&declared(settings), prefix.map(Into::into))
}

fn read(names: &VariableNames, variables: &[(&str, &str)]) -> Result<Vec<(String, String)>, String> {
    let set = variables.iter().map(|(name, value)| SetVariable {
        name: (*name).into(),
        value: Zeroizing::new((*value).to_owned()),
        place: ValuePlace::Variable((*name).into()),
    });
    let mut files = |path: &Path| match path.to_str() {
        Some("/run/secret") => Ok(Zeroizing::new("planted-value\r\n".to_owned())),
        Some("/run/lines") => Ok(Zeroizing::new("a\nb\n\n".to_owned())),
        Some("/run/denied") => Err(NamedFileFault::Denied),
        _ => Err(NamedFileFault::Missing),
    };
    let settings = names.settings(set, &mut files).map_err(|error| error.to_string())?;
    let text = |value| match value {
        SourceValue::Text(text) => text.to_string(),
        SourceValue::Typed(_) => panic!("variables are texts"),
    };
    Ok(settings.into_iter().map(|(path, at)| (path.to_string(), text(at.value))).collect())
}

fn row(path: &str, value: &str) -> (String, String) {
    (path.into(), value.into())
}

#[test]
fn a_variable_with_the_prefix_is_one_flat_name_in_lower_case_and_two_underscores_separate_levels() {
    let names = names(&[], Some("APP_"));
    let set = [("APP_DEBUG_MODE", "false"), ("APP_DATABASE__POOL_SIZE", "5"), ("OTHER", "x"), ("APP_", "y")];
    assert_eq!(read(&names, &set), Ok(vec![row("database.pool_size", "5"), row("debug_mode", "false")]));
}

#[test]
fn database_pool_size_is_the_declared_database_pool_size_and_not_database_pool_size_by_splitting() {
    let table =
        [("database.pool_size", Some("DATABASE_POOL_SIZE")), ("log-level", None), ("apiBase.url", None)];
    let names = names(&table, Some("APP_"));
    let set = [("DATABASE_POOL_SIZE", "5"), ("APP_LOG_LEVEL", "INFO"), ("APP_APIBASE__URL", "u")];
    let rows = vec![row("apiBase.url", "u"), row("database.pool_size", "5"), row("log-level", "INFO")];
    assert_eq!(read(&names, &set), Ok(rows));
    assert_eq!(read(&names, &[("APP_DATABASE_POOL_SIZE", "5")]), Ok(vec![row("database.pool_size", "5")]));
}

#[test]
fn without_a_prefix_declared_variables_alone_are_read_and_of_a_file_all() {
    let table = [("database.url", Some("DATABASE_URL")), ("log.level", None)];
    let set = [("DATABASE_URL", "u"), ("HOME", "h"), ("LOG_LEVEL", "INFO")];
    assert_eq!(read(&names(&table, None), &set), Ok(vec![row("database.url", "u")]));
    let rows = vec![row("database.url", "u"), row("home", "h"), row("log.level", "INFO")];
    assert_eq!(read(&names(&table, None).of_file(), &set), Ok(rows));
    assert_eq!(read(&names(&table, Some("APP_")).of_file(), &set), Ok(vec![row("database.url", "u")]));
}

#[test]
fn name_file_is_the_content_of_that_file_without_its_last_newline() {
    let names = names(&[("database.url", Some("DATABASE_URL")), ("api.key", None)], Some("APP_"));
    let set = [
        ("DATABASE_URL_FILE", "/run/secret"),
        ("APP_API_KEY_FILE", "/run/lines"),
        ("APP_X_FILE", "/run/secret"),
    ];
    let rows =
        vec![row("api.key", "a\nb\n"), row("database.url", "planted-value"), row("x", "planted-value")];
    assert_eq!(read(&names, &set), Ok(rows));
}

#[test]
fn a_declared_setting_whose_name_ends_in_file_is_itself() {
    let table = [("log_file", None), ("tls.cert_file", Some("TLS_CERT_FILE"))];
    let names = names(&table, Some("APP_"));
    let set = [("APP_LOG_FILE", "/var/log/x"), ("TLS_CERT_FILE", "c.pem")];
    assert_eq!(read(&names, &set), Ok(vec![row("log_file", "/var/log/x"), row("tls.cert_file", "c.pem")]));
}

#[test]
fn a_named_file_that_cannot_be_read_is_told_by_its_variable_alone() {
    let names = names(&[("database.url", Some("DATABASE_URL"))], None);
    let error = |value| read(&names, &[("DATABASE_URL_FILE", value)]).unwrap_err();
    assert_eq!(
        error("planted-secret"),
        "DATABASE_URL_FILE: the file that DATABASE_URL_FILE names is not there; make it, or set DATABASE_URL \
         to the value itself, or declare a setting whose own variable is DATABASE_URL_FILE"
    );
    assert!(error("/run/denied").contains("may not be read by this user; let this user read it"));
    assert!(error("").contains("it is empty"));
}

#[test]
fn two_variables_for_one_setting_are_an_error_that_names_both() {
    let names = names(&[("database.url", Some("DATABASE_URL"))], Some("APP_"));
    for other in ["APP_DATABASE__URL", "DATABASE_URL_FILE"] {
        let error = read(&names, &[("DATABASE_URL", "planted-a"), (other, "/run/secret")]).unwrap_err();
        assert!(error.contains(&format!("DATABASE_URL and {other} both hold database.url")), "{error}");
    }
}

#[test]
fn a_value_and_a_section_in_one_place_are_an_error_that_names_both() {
    let error = read(&names(&[], Some("APP_")), &[("APP_A", "planted"), ("APP_A__B", "1"), ("APP_AB", "1")]);
    assert_eq!(
        error.unwrap_err(),
        "APP_A: APP_A holds a, and APP_A__B holds a.b, which would lie in it; unset one of them"
    );
}

#[test]
fn a_name_that_could_be_two_settings_is_an_error_that_names_both() {
    let names = names(&[("a.b_c", None), ("a_b.c", None)], Some("APP_"));
    let error = read(&names, &[("APP_A_B_C", "1")]).unwrap_err();
    assert!(error.contains("APP_A_B_C may be a.b_c or a_b.c; write two underscores"), "{error}");
    assert_eq!(read(&names, &[("APP_A__B_C", "1")]), Ok(vec![row("a.b_c", "1")]));
}

#[test]
fn a_variable_without_a_name_between_its_underscores_is_an_error() {
    let error = read(&names(&[], Some("APP_")), &[("APP_A____B", "1")]).unwrap_err();
    assert!(error.starts_with("APP_A____B: APP_A____B names no setting"), "{error}");
}

#[test]
fn a_setting_has_the_variable_that_it_is_read_from() {
    let names = names(&[("database.url", Some("DATABASE_URL")), ("a.b_c", None)], Some("APP_"));
    let of = |path: &str| names.variable_of(&path.parse().unwrap()).map(|name| name.to_string());
    assert_eq!(of("database.url").as_deref(), Some("DATABASE_URL"));
    assert_eq!(of("a.b_c").as_deref(), Some("APP_A__B_C"));
    assert_eq!(of("x.y").as_deref(), Some("APP_X__Y"));
    assert_eq!(of("x.Y"), None, "lower case is read");
    assert_eq!(of("\"a b\""), None);
    assert_eq!(of("x_file"), None, "it names a file");
    let shared = self::names(&[("a", Some("A")), ("b", Some("A"))], None);
    assert_eq!(shared.variable_of(&"a".parse().unwrap()), None, "it holds another setting too");
}
