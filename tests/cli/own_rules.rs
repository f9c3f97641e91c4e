//! Own rules of a context: what `check`, `put` and `health` say of documents that violate them, and of mistakes.

use serde_json::Value;

use crate::support::home::Home;
use crate::{confdeck, json};

const RULES: &str = r#"
[defaults]
rules_as_warnings = ["no-plain-topic"]

[[defaults.rules]]
id = "prod-auth"
severity = "error"
message = "production needs authentication"
remedy = "add a block such as hmac"
kinds = ["webhook"]
when = 'key.namespace == "default" && !("hmac" in self)'

[[defaults.rules]]
id = "no-plain-topic"
severity = "error"
message = "the topic names no team"
when = 'has(self.topic) && !self.topic.contains(".")'
"#;

const BROKEN: &str = r#"
[[defaults.rules]]
id = "broken"
severity = "error"
message = "never said"
when = 'self.module == modul'
"#;

fn home(rules: &[&str]) -> Home {
    let home = Home::new();
    home.write("config/confdeck/config.toml", rules.concat());
    let documents = r#"{
  "open": {"module": "log", "topic": "plain"},
  "shut": {"module": "log", "topic": "team.paid", "hmac": {"secret": "planted-own-rules", "header": "X-Sig"}}
}
"#;
    home.write("work/webhooks.json", documents);
    home
}

/// `id severity key` of the findings of own rules, and of what is said of these.
fn own(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let is_own = |finding: &&Value| {
        let rule = finding["rule"].as_str().unwrap();
        rule.contains('-') || rule.starts_with('O') || rule == "costly"
    };
    let word = |finding: &Value, name: &str| finding[name].as_str().unwrap_or("-").to_owned();
    findings
        .filter(is_own)
        .map(|finding| ["rule", "severity", "key"].map(|name| word(finding, name)).join(" "))
        .collect()
}

#[test]
fn check_names_own_rules_in_all_its_forms() {
    let home = home(&[RULES]);
    let check =
        |format: &str| confdeck(&home, &["check", "webhooks.json", "-o", format]).run().expect_code(8);
    let report = json(&check("json").out());
    assert_eq!(own(&report), ["prod-auth error default/open", "no-plain-topic warning default/open"]);
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["rule"] == "prod-auth").unwrap();
    assert_eq!(finding["name"], "prod-auth");
    assert_eq!(finding["message"], "production needs authentication");
    assert_eq!(finding["remedy"], "add a block such as hmac");
    assert_eq!((&finding["line"], &finding["column"]), (&2.into(), &3.into()));
    let table = check("table").out();
    assert!(table.lines().any(|line| line.starts_with("error") && line.contains(" prod-auth ")), "{table}");
    let annotations = check("github").out();
    let annotation =
        "::error file=webhooks.json,line=2,col=3,title=prod-auth::default/open: production needs";
    assert!(annotations.contains(annotation), "{annotations}");
    let sarif = json(&check("sarif").out());
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let described = rules.iter().find(|rule| rule["id"] == "prod-auth").unwrap();
    assert_eq!(described["shortDescription"]["text"], "production needs authentication");
    assert!(run["results"].as_array().unwrap().iter().any(|result| result["ruleId"] == "prod-auth"));
}

#[test]
fn own_rules_are_silenced_with_a_reason_and_counted() {
    let silenced = RULES.replace("[defaults]\n", "[defaults]\nsilence_rules = [\"prod-auth: not yet\"]\n");
    let home = home(&[&silenced]);
    let report = json(&confdeck(&home, &["check", "webhooks.json", "-o", "json"]).run().out());
    assert_eq!(own(&report), ["no-plain-topic warning default/open"]);
    assert_eq!(report["silenced"], 1);
}

#[test]
fn a_mistake_in_one_disables_that_one_and_makes_a_check_fail() {
    let home = home(&[BROKEN, "[[defaults.rules]]", RULES.rsplit("[[defaults.rules]]").next().unwrap()]);
    let report = json(&confdeck(&home, &["check", "webhooks.json", "-o", "json"]).run().expect_code(8).out());
    assert_eq!(own(&report), ["no-plain-topic error default/open", "O01 error -"]);
    let told = "config.toml:6:24: the own rule broken is disabled: \"modul\" is not known";
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["message"].as_str().unwrap().contains(told)), "{report}");
    let health = confdeck(&home, &["health"]).run();
    assert!(health.out().contains(told), "{}", health.out());
    let put = confdeck(&home, &["put", "default/new", r#"{"module": "log", "topic": "plain"}"#])
        .run()
        .expect_code(0);
    assert!(put.err().contains(told), "{}", put.err());
    assert!(put.err().contains("error no-plain-topic: the topic names no team"), "{}", put.err());
}

#[test]
fn put_says_what_own_rules_find_and_writes_it_all_the_same() {
    let home = home(&[RULES]);
    let put = confdeck(&home, &["put", "default/new", r#"{"module": "log"}"#]).run().expect_code(0);
    let told = "default/new: error prod-auth: production needs authentication; add a block such as hmac";
    assert!(put.err().contains(told), "{}", put.err());
    let shut = r#"{"module": "log", "hmac": {"secret": "planted-own-rules", "header": "X-Sig"}}"#;
    let put = confdeck(&home, &["put", "default/other", shut]).run().expect_code(0);
    assert!(!put.err().contains("prod-auth"), "{}", put.err());
}

#[test]
fn a_rule_that_costs_too_much_is_disabled_and_told_with_the_figure() {
    let costly = r#"
[[defaults.rules]]
id = "costly"
severity = "error"
message = "slow"
when = 'has(self.list) && self.list.all(x, self.list.exists(y, x == y)) || has(self.topic)'
"#;
    let home = home(&[costly]);
    let list = vec!["1"; 3_000].join(",");
    home.write(
        "work/webhooks.json",
        format!("{{\"a\": {{\"module\": \"log\", \"topic\": \"t\"}},\n\"b\": {{\"list\": [{list}]}}}}"),
    );
    let report = json(&confdeck(&home, &["check", "webhooks.json", "-o", "json"]).run().expect_code(8).out());
    assert_eq!(own(&report), ["O01 error -"]);
    let findings = report["findings"].as_array().unwrap();
    let told = findings.iter().find(|finding| finding["rule"] == "O01").unwrap();
    let words = "the own rule costly is disabled: it takes more than the 212352 steps that it has for default/b (6011 bytes)";
    assert_eq!(told["message"], words);
}
