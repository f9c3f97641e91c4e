//! `settings`: what is in force, why, and what is wrong, over real files and variables.

use serde_json::{Value, json};

use crate::support::home::Home;
use crate::support::run::{Program, Signal};
use crate::{confdeck, json};

/// A value that is secret by its declaration.
const PLANTED: &str = "postgresql://app:planted-in-url@db/app";

const APPLICATION: &str = r#"
name = "billing"
state = "versions"

[[layers]]
kind = "file"
path = "base.yaml"
[[layers]]
kind = "file"
path = "more.toml"
[[layers]]
kind = "environment"
prefix = "APP_"
[[layers]]
kind = "runtime"
path = "runtime.json"

[settings."database.pool_size"]
type = "integer"
default = 5
min = 1
max = 100
env = "DATABASE_POOL_SIZE"
etcd = "Database/PoolSize"
description = "Connections kept open"
[settings."database.url"]
type = "url"
secret = true
env = "DATABASE_URL"
[settings."log.level"]
default = "INFO"
allowed = ["DEBUG", "INFO"]
[settings.timeout]
type = "duration"
default = "90s"
[settings.tags]
type = "list"
default = ["a", "b"]
[settings.debug]
type = "boolean"
default = false
[settings.environment]
default = "development"

[[rules]]
id = "no-debug-in-production"
when = 'environment == "production" && debug'
message = "debug must be off in production"
"#;

/// The application in the work folder, with a value that three layers have.
fn billing() -> Home {
    let home = Home::new();
    home.write("work/app.toml", APPLICATION);
    home.write(
        "work/base.yaml",
        "database:\n  pool_size: 10\n  url: ${URL:sqlite:///x}\nlog:\n  level: DEBUG\n",
    );
    home.write("work/more.toml", "[database]\npool_size = 20\n");
    home
}

fn settings(home: &Home, words: &[&str]) -> Program {
    confdeck(home, &["settings", "--app", "app.toml"]).with(words).env("DATABASE_URL", PLANTED)
}

#[test]
fn get_prints_path_value_origin_and_shadows_and_nothing_else() {
    let home = billing();
    let got = settings(&home, &["get", "database.pool_size", "-o", "json"]).env("DATABASE_POOL_SIZE", "30");
    assert_eq!(
        json(&got.run().expect_code(0).out()),
        json!({
            "path": "database.pool_size",
            "value": 30,
            "origin": {"layer": "environment", "place": "DATABASE_POOL_SIZE"},
            "shadows": [
                {"layer": "more.toml", "place": "more.toml:2:13", "value": 20},
                {"layer": "base.yaml", "place": "base.yaml:2:14", "value": 10},
                {"layer": "defaults", "place": "app.toml:18:1", "value": 5},
            ],
        })
    );
    let get = |words: &[&str]| settings(&home, &[&["get"], words].concat()).run();
    assert_eq!(get(&["database.pool_size"]).expect_code(0).out(), "20\n");
    let argument =
        get(&["database.pool_size", "--set", "database.pool_size=7", "-o", "yaml"]).expect_code(0).out();
    assert!(argument.contains("value: 7") && argument.contains("layer: arguments"), "{argument}");
    let section = get(&["database"]).expect_code(4);
    assert!(section.err().contains("settings list database"), "{}", section.err());
    let absent = get(&["databse.pool_size"]).expect_code(4);
    assert!(absent.err().contains("it is not declared"), "{}", absent.err());
    get(&["planted-wrong place"]).expect_code(2);
}

#[test]
fn secrets_are_stars_unless_they_are_asked_for() {
    let home = billing();
    let hidden = settings(&home, &["get", "database.url", "-o", "json"]).run().expect_code(0).out();
    let hidden = json(&hidden);
    assert_eq!((&hidden["value"], &hidden["shadows"][0]["value"]), (&json!("***"), &json!("***")));
    for words in
        [&["list"][..], &["explain", "database.url"], &["export"], &["export", "-o", "json"], &["docs"]]
    {
        settings(&home, words).run().expect_code(0);
    }
    let shown = settings(&home, &["get", "database.url", "--reveal"]).reveals(PLANTED).run().expect_code(0);
    assert_eq!(shown.out(), format!("{PLANTED}\n"));
    assert!(shown.err().contains("secret values read: 1"), "{}", shown.err());
    // The context has names of its own for what is secret.
    home.write("config/confdeck/config.toml", "[defaults]\nhide_names = [\"level\"]\n");
    assert_eq!(settings(&home, &["get", "log.level"]).run().expect_code(0).out(), "***\n");
    assert_eq!(settings(&home, &["get", "log.level", "--reveal"]).run().expect_code(0).out(), "DEBUG\n");
}

#[test]
fn list_has_every_setting_with_its_layer_and_what_it_hides() {
    let home = billing();
    let listed = settings(&home, &["list"]).run().expect_code(0).out();
    let row = |name: &str| {
        let row = listed.lines().find(|line| line.starts_with(name)).unwrap();
        row.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("database.pool_size"), ["database.pool_size", "20", "more.toml", "more.toml:2:13", "2"]);
    assert_eq!(row("timeout")[1..3], ["1m", "30s"]);
    assert_eq!(row("database.url")[1], "***");
    let some = settings(&home, &["list", "database", "-o", "json"]).run().expect_code(0).out();
    assert_eq!(json(&some).as_array().unwrap().len(), 2);
    let of_layer =
        settings(&home, &["list", "--layer", "base.yaml", "-o", "json"]).run().expect_code(0).out();
    assert_eq!(json(&of_layer)[0]["path"], "log.level");
    let unknown = settings(&home, &["list", "--layer", "etcd"]).run().expect_code(2);
    assert!(unknown.err().contains("there are runtime"), "{}", unknown.err());
    settings(&home, &["list", "none"]).run().expect_code(4);
}

#[test]
fn explain_is_the_ladder_of_all_layers_and_the_declaration() {
    let home = billing();
    let told = settings(&home, &["explain", "database.pool_size"]).run().expect_code(0).out();
    for words in ["1 to 100", "Connections kept open", "DATABASE_POOL_SIZE", "app.toml:18:1"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let ladder: Vec<_> = told.lines().skip_while(|line| !line.starts_with("LAYER")).skip(1).collect();
    assert_eq!(ladder.len(), 3, "{told}");
    assert!(ladder[0].starts_with("more.toml") && ladder[0].ends_with("in force"), "{told}");
    assert!(ladder[2].starts_with("defaults") && ladder[2].ends_with("hidden"), "{told}");
    let all =
        json(&settings(&home, &["explain", "database.pool_size", "-o", "json"]).run().expect_code(0).out());
    assert_eq!(all["ladder"][0]["wins"], true);
    assert_eq!(all["declared"]["type"], "integer");
    // A value that would be refused if it was in force.
    home.write("work/base.yaml", "database:\n  pool_size: 1000\n");
    let told = settings(&home, &["explain", "database.pool_size"]).run().expect_code(0).out();
    assert!(told.contains("hidden; it is more than 100"), "{told}");
    settings(&home, &["explain", "none"]).run().expect_code(4);
}

#[test]
fn check_names_every_mistake_with_its_place() {
    let home = billing();
    settings(&home, &["check"]).run().expect_code(0);
    home.write(
        "work/base.yaml",
        "database:\n  pool_size: many\n  url: postgresql://app:planted-in-file@db/app\n",
    );
    home.write("work/more.toml", "[log]\nlevle = \"INFO\"\n");
    let found = json(&settings(&home, &["check", "-o", "json"]).run().expect_code(8).out());
    let finding = |found: &Value, rule: &str| {
        let all = found["findings"].as_array().unwrap().clone();
        all.into_iter().find(|it| it["rule"] == rule).unwrap_or_else(|| panic!("{rule} in {found}"))
    };
    let value = finding(&found, "value");
    assert_eq!(
        (&value["place"], &value["subject"]),
        (&json!("base.yaml:2:14"), &json!("database.pool_size"))
    );
    assert_eq!(finding(&found, "hardcoded-token")["place"], "base.yaml:3:8");
    home.write("work/base.yaml", "debug: true\nenvironment: production\n");
    let found = json(&settings(&home, &["check", "-o", "json"]).run().expect_code(8).out());
    let rule = finding(&found, "no-debug-in-production");
    assert!(rule["place"].as_str().unwrap().starts_with("app.toml:"), "{rule}");
    home.write("work/base.yaml", "debug: true\n");
    let found = json(&settings(&home, &["check", "-o", "json"]).run().expect_code(0).out());
    assert_eq!(finding(&found, "undeclared")["subject"], "log.levle");
    settings(&home, &["check", "--fail-on", "hint"]).run().expect_code(8);
    home.write("work/app.toml", "name = 5\n[[layers]]\nkind = \"fiel\"\n");
    let found = json(&settings(&home, &["check", "-o", "json"]).run().expect_code(8).out());
    assert!(found["findings"].as_array().unwrap().len() >= 2, "{found}");
    assert!(
        finding(&found, "application-file")["place"].as_str().unwrap().starts_with("app.toml:1:"),
        "{found}"
    );
}

#[test]
fn check_offline_reaches_no_remote_layer_and_does_not_ask_for_what_only_that_could_have() {
    let home = billing();
    let remote = "\n[[layers]]\nkind = \"http\"\nurl = \"http://127.0.0.1:9/app.json\"\nrequired = true\n\
        [settings.\"api.base\"]\nrequired = true\n";
    let application = APPLICATION.replacen(
        "[[layers]]",
        &format!("{}\n[[layers]]", remote.split("[settings").next().unwrap()),
        1,
    );
    home.write("work/app.toml", format!("{application}[settings.\"api.base\"]\nrequired = true\n"));
    let away = settings(&home, &["check"]).run().expect_code(8);
    assert!(away.out().contains("127.0.0.1:9") && away.out().contains("api.base"), "{}", away.out());
    let offline = settings(&home, &["check", "--offline"]).run().expect_code(0).out();
    assert!(offline.contains("not known offline: api.base") && !offline.contains("127.0.0.1"), "{offline}");
    home.write("work/more.toml", "[database]\npool_size = 0\n[api]\nbase = \"x\"\n");
    let offline = settings(&home, &["check", "--offline"]).run().expect_code(8).out();
    assert!(offline.contains("more.toml:2:13"), "{offline}");
    home.write("work/more.toml", "[api]\nbase = \"x\"\n");
    settings(&home, &["check"]).run().expect_code(6);
}

#[test]
fn docs_are_a_table_in_markdown() {
    let home = billing();
    let docs = settings(&home, &["docs"]).run().expect_code(0).out();
    assert!(
        docs.contains(
            "| `database.pool_size` | `DATABASE_POOL_SIZE` | `Database/PoolSize` | integer | `5` | 1 to 100 |"
        ),
        "{docs}"
    );
}

#[test]
fn an_export_is_read_back_as_the_same_settings() {
    let home = billing();
    home.write(
        "work/base.yaml",
        "note: \"it's \\\"x\\\" # and\\nmore\"\nratio: 0.5\nnone: null\ndeep:\n  er: [1, 2]\n",
    );
    let tree = |words: &[&str]| {
        let printed = settings(&home, &[&["export", "-o", "json"], words].concat()).run().expect_code(0);
        (json(&printed.out()), printed.err())
    };
    let (tree, said) = tree(&[]);
    assert_eq!(tree["database"], json!({"pool_size": 20}));
    assert!(said.contains("left out are secrets") && said.contains("database.url"), "{said}");
    let export = |format: &str| settings(&home, &["export", "-o", format]).run().expect_code(0);

    let toml = export("toml");
    let read: Value = toml::from_str(&toml.out()).unwrap();
    let mut without_null = tree.clone();
    without_null.as_object_mut().unwrap().remove("none");
    assert_eq!(read, without_null);
    assert!(toml.err().contains("null") && toml.err().contains("none"), "{}", toml.err());
    assert!(export("yaml").out().contains("pool_size: 20"));

    // Both forms of variables, read by an application of the same settings.
    let again = Home::new();
    let files = "kind = \"file\"\npath = \"base.yaml\"\n[[layers]]\nkind = \"file\"\npath = \"more.toml\"";
    again.write("work/app.toml", APPLICATION.replace(files, "kind = \"file\"\npath = \"exported.env\""));
    again.write("work/exported.env", export("dotenv").out());
    let read = || confdeck(&again, &["settings", "--app", "app.toml", "export", "-o", "json"]);
    assert_eq!(json(&read().run().expect_code(0).out()), tree);
    again.write("work/exported.env", "");
    again.write("work/run.sh", export("env").out() + "exec \"$@\"\n");
    let program = read();
    let words = [program.path.into_os_string()].into_iter().chain(program.arguments);
    let by_shell = Program::named("sh").with(["run.sh"]).with(words).at_home(&again);
    assert_eq!(json(&by_shell.run().expect_code(0).out()), tree);
}

#[test]
fn watch_prints_what_is_there_and_then_every_change() {
    let home = billing();
    home.write("work/runtime.json", "{}");
    let mut watch = settings(&home, &["watch", "database"]).start();
    watch.wait_for("\"path\":\"database.pool_size\",\"value\":20");
    home.write("work/runtime.json", "{\"database\": {\"pool_size\": 33}}");
    let printed = watch.wait_for("\"type\":\"updated\"");
    let line = printed.lines().find(|line| line.contains("updated")).unwrap();
    let line = json(line);
    assert_eq!((&line["value"], &line["origin"]["layer"]), (&json!(33), &json!("runtime")));
    home.write("work/runtime.json", "{\"database\": {\"pool_size\": 0}}");
    let printed = watch.wait_for("\"state\":\"refused\"");
    assert!(printed.contains("it is less than 1"), "{printed}");
    home.write("work/runtime.json", "{}");
    watch.wait_for("\"state\":\"current\"");
    watch.signal(Signal::INT);
    watch.finish().expect_code(0);
}

#[test]
fn the_application_is_named_by_flag_variable_or_context() {
    let home = billing();
    let none = confdeck(&home, &["settings", "list"]).run().expect_code(2);
    assert!(none.err().contains("--app FILE"), "{}", none.err());
    confdeck(&home, &["settings", "list"]).env("CONFDECK_APP", "app.toml").run().expect_code(0);
    home.write("config/confdeck/config.toml", "[contexts.billing]\napplication = \"../../work/app.toml\"\n");
    confdeck(&home, &["settings", "list", "--context", "billing"]).run().expect_code(0);
    let missing = confdeck(&home, &["settings", "list", "--app", "none.toml"]).run().expect_code(2);
    assert!(missing.err().contains("cannot read none.toml"), "{}", missing.err());
    home.write("work/vars", "DATABASE_POOL_SIZE=44\n");
    let named =
        settings(&home, &["get", "database.pool_size", "--env-file", "vars"]).run().expect_code(0).out();
    assert_eq!(named, "44\n", "variables of a named file count");
}

#[test]
fn to_look_keeps_no_version_in_the_folder_of_the_application() {
    let home = billing();
    settings(&home, &["list"]).run().expect_code(0);
    settings(&home, &["check"]).run().expect_code(0);
    assert!(!home.work().join("versions").exists());
}

#[test]
fn values_that_cannot_be_in_force_are_all_told_at_once_and_none_is_repeated() {
    let home = billing();
    home.write("work/more.toml", "debug = \"planted-perhaps\"\n[database]\npool_size = 101\n");
    let refused = settings(&home, &["list"]).run().expect_code(8);
    assert!(
        refused.err().contains("more.toml:1:9") && refused.err().contains("more.toml:3:13"),
        "{}",
        refused.err()
    );
}
