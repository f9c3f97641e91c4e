//! What settings of an application file are read to.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::super::SpecPlace;
use super::super::file::tests::{mistakes, parse};
use super::*;

/// A setting of a type, without limits.
pub(in super::super) fn spec(value_type: ValueType) -> SettingSpec {
    SettingSpec::new(value_type, SpecPlace { path: Arc::new(PathBuf::from("a.toml")), line: 1, column: 1 })
}

fn setting(members: &str) -> SettingSpec {
    let spec = parse(&format!("name = \"a\"\n[settings.\"a.b\"]\n{members}\n"));
    spec.settings.into_values().next().unwrap()
}

/// The mistake in a setting `a.b`, by its line in it.
fn mistake(members: &str) -> String {
    let told = mistakes(&format!("name = \"a\"\n[settings.\"a.b\"]\n{members}\n"));
    assert_eq!(told.len(), 1, "{told:?}");
    told[0].clone()
}

#[test]
fn a_setting_has_all_that_its_table_says() {
    let pool = setting(
        "type = \"integer\"\ndefault = 5\nmin = 1\nmax = 100\nallowed = [5, 10]\nenv = \"DATABASE_POOL_SIZE\"\n\
         etcd = \"Database/PoolSize\"\nrequired = true\ndescription = \"Connections\"",
    );
    assert_eq!(pool.value_type, ValueType::Integer);
    assert_eq!(pool.default.unwrap().expose(), &json!(5));
    assert_eq!((pool.min, pool.max, pool.required, pool.secret), (Some(1.0), Some(100.0), true, false));
    assert_eq!(pool.allowed.len(), 2);
    assert_eq!(pool.variable.as_deref(), Some("DATABASE_POOL_SIZE"));
    assert_eq!(pool.etcd_key.as_deref(), Some("Database/PoolSize"));
    assert_eq!((&*pool.description, pool.place.line, pool.place.column), ("Connections", 2, 1));
    let url = setting("type = \"url\"\npattern = \"^redis://\"\nmin_length = 9\nsecret = true");
    assert_eq!(url.pattern.unwrap().as_str(), "^redis://");
    assert_eq!((url.min_length, url.secret), (Some(9), true));
    assert_eq!(setting("default = \"x\"").value_type, ValueType::Text);
}

#[test]
fn a_default_and_its_limits_are_of_the_type_units_included() {
    let timeout = setting("type = \"duration\"\ndefault = \"1m30s\"\nmin = \"1s\"\nmax = 600");
    assert_eq!(timeout.default.unwrap().expose(), &json!(90));
    assert_eq!((timeout.min, timeout.max), (Some(1.0), Some(600.0)));
    let size = setting("type = \"bytes\"\ndefault = \"64KiB\"\nmax = \"10MB\"");
    assert_eq!((size.default.unwrap().expose(), size.max), (&json!(65_536), Some(10_000_000.0)));
    let json = setting("type = \"json\"\ndefault = { a = [1, 2.5, true], b = { c = \"x\" } }");
    assert_eq!(json.default.unwrap().expose(), &json!({"a": [1, 2.5, true], "b": {"c": "x"}}));
    let list = setting("type = \"list\"\ndefault = \"a, b\"\nallowed = [\"a\", \"b\"]");
    assert_eq!(list.default.unwrap().expose(), &json!(["a", "b"]));
    assert_eq!(setting("type = \"integer\"\ndefault = 0xff").default.unwrap().expose(), &json!(255));
    assert_eq!(setting("type = \"integer\"\ndefault = 1_000").default.unwrap().expose(), &json!(1000));
}

#[test]
fn a_mistake_in_a_setting_names_its_place_and_what_would_be_right() {
    for (members, told) in [
        (
            "type = \"integer\"\ndefault = \"many\"",
            "4:11: default does not fit the type integer: it must be a whole number of 64 bits, as 5; it is a text that is none",
        ),
        (
            "type = \"integer\"\nmax = 3\ndefault = 5",
            "5:11: default is none that the setting may have: it is more than 3, the most that it may be",
        ),
        ("type = \"integer\"\nmin = 3\nmax = 2", "5:7: max is less than min, so nothing fits"),
        ("min = 3", "3:7: a setting of type text has no min"),
        ("type = \"boolean\"\npattern = \"a\"", "4:11: a setting of type boolean has no pattern"),
        ("type = \"float\"\nmin_length = 3", "4:14: a setting of type float has no min_length"),
        ("allowed = []", "3:11: allowed must be a list of values, and at least one"),
        ("pattern = \"(\"", "3:11: the pattern is no regular expression: look at its brackets and escapes"),
        ("pattern = '(\\w{1000}){1000}'", "3:11: the pattern is too large: let it repeat less"),
        (
            "env = \"DATABASE-URL\"",
            "3:7: the name of a variable is letters, digits and _, and begins with no digit",
        ),
        ("etcd = \"/\"", "3:8: a key is a text as Database/PoolSize, and stands under the root of a layer"),
        (
            "default = 2026-01-01",
            "3:11: default is no value of a setting: write dates as text, and finite numbers of 64 bits",
        ),
        (
            "type = \"float\"\ndefault = inf",
            "4:11: default is no value of a setting: write dates as text, and finite numbers of 64 bits",
        ),
        (
            "requird = true",
            "3:1: \"requird\" is not known in the setting a.b; known are type, default, required, secret, allowed, min, max, min_length, pattern, description, env, etcd",
        ),
        ("required = \"yes\"", "3:12: required must be true or false, and is a TOML string"),
    ] {
        assert_eq!(mistake(members), told);
    }
}

#[test]
fn a_path_is_one_name_in_quotes_and_no_table_in_a_table() {
    assert_eq!(
        mistakes("name = \"a\"\n[settings.database.pool_size]\ntype = \"integer\"\n"),
        ["2:20: this looks like the setting database.pool_size: write [settings.\"database.pool_size\"]"]
    );
    let told = mistakes("name = \"a\"\n[settings.\"a..b\"]\n");
    assert!(told[0].starts_with("2:11: \"a..b\" is no path of a setting: a name in it is empty"), "{told:?}");
}

#[test]
fn no_setting_is_a_section_of_another_and_no_variable_or_key_is_that_of_two() {
    let told = mistakes(
        "name = \"a\"\n[settings.\"a\"]\nenv = \"A\"\netcd = \"A\"\n[settings.\"a.b\"]\nenv = \"A\"\n\
         [settings.\"a.c\"]\netcd = \"/A\"\n[settings.\"ab\"]\n[settings.'\"ab\"']\n",
    );
    assert_eq!(
        told,
        [
            "5:1: a is a setting, so a.b cannot be one: nothing is a value and a section",
            "5:1: the variable A is that of a too: each setting has its own",
            "7:1: a is a setting, so a.c cannot be one: nothing is a value and a section",
            "7:1: the key A is that of a too: each setting has its own",
            "9:11: ab is declared at 10:1 too",
        ]
    );
}

#[test]
fn a_setting_is_secret_by_its_name_unless_the_file_says_otherwise() {
    let spec = parse(
        "name = \"a\"\n[settings.\"api.secret_key\"]\n[settings.\"redis.password\"]\nsecret = false\n\
         [settings.\"database.pool\"]\n[settings.\"database.dsn\"]\nsecret = true\n",
    );
    let secret: Vec<_> =
        spec.settings.iter().filter(|(_, it)| it.secret).map(|(path, _)| path.to_string()).collect();
    assert_eq!(secret, ["api.secret_key", "database.dsn"]);
}

#[test]
fn a_mistaken_default_of_a_secret_is_not_quoted() {
    let told = mistake("secret = true\nallowed = [\"planted-a\"]\ndefault = \"planted-b\"");
    assert!(!told.contains("planted"), "{told}");
}
