//! Rules about connections: whether webhooks name the right ones, and what is wrong with their settings.

use super::MAX_DIAGNOSTICS;
use super::steps::{ModuleRun, chain, connection, module_runs, webhook};
use crate::check::receiver::is_true;
use crate::check::receiver::module::is_same_type;
use crate::check::trail::shown_name;
use crate::check::{ConnectionState, Diagnostic, DocumentInput, Reach, Rule, RuleCheck};
use crate::domain::ResourceKey;
use crate::domain::json::{Member, Node, NodeValue, Scalar, Severity, SyntaxFix};
use crate::domain::reference::lookups;

/// A webhook names a connection that does not exist or does not fit, or nobody names one.
pub const CONNECTION: Rule = Rule {
    id: "L15",
    name: "connection",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a connection that does not exist, does not fit the module, or is named by no webhook",
    check: RuleCheck::RowOrDocument(dangling_connection, connection_use),
};

/// The names alone: for rows, whose documents are not read. The pointer is the name.
fn dangling_connection(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let names = input.facts.connections.iter().take(MAX_DIAGNOSTICS);
    for name in names.filter(|name| is_missing(input, name)) {
        let message = missing_connection(name);
        found.push(Diagnostic { pointer: name.to_string(), ..rule.diagnostic(message) });
    }
}

/// What messages about a connection that does not exist begin with.
pub fn missing_connection(name: &str) -> String {
    format!("connection {} does not exist", shown_name(name))
}

fn is_missing(input: &DocumentInput<'_>, name: &str) -> bool {
    // Which connection a reference names, only the receiver knows.
    lookups(name).is_empty() && input.around.connection(name) == ConnectionState::Missing
}

fn connection_use(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    if matches!(input.key, ResourceKey::Connection { .. }) && input.is_usable() && input.around.is_unused() {
        let remedy = "delete it, if nothing else needs it";
        let severity = Severity::Info;
        found.push(Diagnostic {
            severity,
            remedy,
            ..rule.diagnostic("no webhook names this connection".into())
        });
    }
    let runs = module_runs(input);
    // That of a webhook with a chain is used by none of its steps.
    let unused = chain(input).and(webhook(input)).and_then(|root| root.member("connection"));
    let used = runs.iter().filter_map(|run| Some((Some(run), run.member("connection")?)));
    let limit = found.len() + MAX_DIAGNOSTICS;
    for (run, member) in unused.map(|member| (None, member)).into_iter().chain(used) {
        if found.len() >= limit {
            return;
        }
        let pointer = run.map_or_else(|| "connection".to_owned(), |run| run.pointer("connection"));
        let judged = judge_connection(rule, input, run, member);
        found.extend(judged.map(|judged| judged.at(input.text(), member.value.span, pointer)));
    }
}

fn judge_connection(
    rule: &Rule,
    input: &DocumentInput<'_>,
    run: Option<&ModuleRun<'_>>,
    member: &Member,
) -> Option<Diagnostic> {
    let name = member.value.string(input.text())?;
    if is_missing(input, &name) {
        let message = format!(
            "{}: the module uses its own defaults, mostly localhost, and the request is answered with 200 all \
             the same",
            missing_connection(&name)
        );
        let remedy = "name a connection that exists, or create this one first";
        return Some(Diagnostic { remedy, ..rule.diagnostic(message) });
    }
    let module = run?.module()?;
    let Some(wanted) = module.connection else {
        // What redis_publish reads instead is a rule of its own.
        let message = format!("the module {} uses no connection, and ignores this one", module.name);
        let diagnostic = Diagnostic { severity: Severity::Info, ..rule.diagnostic(message) };
        return (module.name != "redis_publish").then_some(diagnostic);
    };
    let ConnectionState::Exists(Some(kind)) = input.around.connection(&name) else { return None };
    if is_same_type(wanted, kind) || !lookups(kind).is_empty() {
        return None;
    }
    let message = format!(
        "connection {} is of the type {}, and the module {} needs one of the type {wanted}: nobody checks \
         that before the module fails",
        shown_name(&name),
        shown_name(kind),
        module.name
    );
    let remedy = "name a connection of that type";
    Some(Diagnostic { severity: Severity::Warning, remedy, ..rule.diagnostic(message) })
}

/// The settings of redis_publish are where it does not look for them.
pub const REDIS_SETTINGS: Rule = Rule {
    id: "L17",
    name: "redis-settings",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "redis_publish without the settings in `redis`, which alone it reads",
    check: RuleCheck::Document(redis_settings),
};

fn redis_settings(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let runs = module_runs(input);
    for run in runs.iter().filter(|run| run.name == "redis_publish").take(MAX_DIAGNOSTICS) {
        if run.member("redis").is_some() {
            continue;
        }
        let elsewhere = ["channel", "host", "port"].iter().find_map(|name| run.setting(name));
        let (span, pointer) = match (run.member("connection"), elsewhere) {
            (Some(member), _) => (member.key, run.pointer("connection")),
            (None, Some((member, pointer))) => (member.key, pointer),
            // What reaches a step is known of these only.
            (None, None) if run.is_step() => continue,
            (None, None) => (run.span, run.pointer("module")),
        };
        let message = "redis_publish reads neither a connection nor module-config, but the member redis of \
                       the webhook: without it, it tries localhost, which it refuses, and the request is \
                       answered with 500";
        let remedy = "put host, port and channel into redis, beside module";
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(input.text(), span, pointer));
    }
}

/// A ClickHouse connection does more than is meant, or uses the wrong port.
pub const CLICKHOUSE_CONNECTION: Rule = Rule {
    id: "L27",
    name: "clickhouse-connection",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "the only clickhouse connection, to which all requests are logged, or its HTTP port",
    check: RuleCheck::Document(clickhouse_connection),
};

fn clickhouse_connection(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some((root, "clickhouse")) = connection(input) else { return };
    if input.around.has_other_of_type("clickhouse") == Some(false)
        && let Some(kind) = root.member("type")
    {
        let message = "the first connection of this type becomes the log of all webhooks: after the \
                       receiver's next start their payloads and headers are stored there, masked";
        let remedy = "make sure that this is wanted";
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(input.text(), kind.value.span, "type".into()));
    }
    if let Some(port) = root.member("port")
        && port.value.span.of(input.text()).trim_matches('"') == "8123"
    {
        let message =
            "8123 is the port of ClickHouse's HTTP interface; the receiver speaks the native protocol";
        let fix = SyntaxFix { span: port.value.span, replacement: "9000".into(), words: "use port 9000" };
        let diagnostic = Diagnostic { remedy: "use 9000", fix: Some(fix), ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(input.text(), port.value.span, "port".into()));
    }
}

/// A setting of a connection is accepted, and the connection never works.
pub const UNUSABLE_CONNECTION: Rule = Rule {
    id: "L33",
    name: "unusable-connection",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "settings of postgresql, mqtt or activemq with which the connection never works",
    check: RuleCheck::Document(unusable_connection),
};

fn unusable_connection(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some((root, kind)) = connection(input) else { return };
    let text = input.text();
    let mut add = |member: &Member, message: &str, remedy| {
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.to_owned()) };
        found.push(diagnostic.at(text, member.value.span, member.name.clone()));
    };
    match kind {
        "postgresql" | "postgres" => {
            let files =
                ["ssl_ca_cert", "ssl_cert", "ssl_key"].into_iter().filter_map(|name| root.member(name));
            let ssl = root.member("ssl").is_some_and(|ssl| is_true(&ssl.value, text));
            for member in files {
                let remedy = "leave the files out, or leave ssl off";
                match ssl {
                    true => add(
                        member,
                        "with ssl and this file the driver fails, and the connection never works",
                        remedy,
                    ),
                    false => {
                        add(member, "has no effect while ssl is not true, with which it would fail", remedy)
                    }
                }
            }
            let whole = root.member("connection_string").filter(|whole| is_true(&whole.value, text));
            if let Some(whole) = whole
                && (root.member("host").is_none() || root.member("port").is_none())
            {
                let message =
                    "host and port are required beside connection_string, although it wins over them";
                add(whole, message, "add host and port");
            }
            if let Some(password) = root.member("password").filter(|_| whole.is_none())
                && let Some(value) = password.value.string(text).filter(|value| lookups(value).is_empty())
                && value.contains(['@', '/', ':'])
            {
                let message =
                    "the receiver puts the password into a URL as it is, and @ / : in it break that URL";
                add(
                    password,
                    message,
                    "use a password without @ / :, or a connection_string with it percent-encoded",
                );
            }
        }
        "mqtt" | "activemq" => {
            let names: &[&str] = if kind == "mqtt" { &["port", "keepalive"] } else { &["port"] };
            for member in names.iter().filter_map(|name| root.member(name)) {
                if !is_integer(&member.value, text) && !is_reference(&member.value, text) {
                    let message =
                        "this must be a whole number, not a text: otherwise the connection never works";
                    add(member, message, "write the number without quotes");
                }
            }
        }
        _ => {}
    }
}

fn is_integer(value: &Node, text: &str) -> bool {
    matches!(value.value, NodeValue::Scalar(Scalar::Number)) && !value.span.of(text).contains(['.', 'e', 'E'])
}

/// What a reference does in a number is a rule of its own.
fn is_reference(value: &Node, text: &str) -> bool {
    value.string(text).is_some_and(|value| !lookups(&value).is_empty())
}

#[cfg(test)]
mod tests {
    use crate::check::rules::fixture::{Known, check, diagnostics, fixed, in_short, receiver};

    const RULES: [&str; 4] = ["L15", "L17", "L27", "L33"];

    #[test]
    fn each_rule_finds_what_it_is_for_and_nothing_else() {
        check(
            &RULES,
            &[
                ("a/b", r#"{"module": "kafka", "connection": "no"}"#, &["L15 Error connection"]),
                ("a/b", r#"{"module": "kafka", "connection": "k"}"#, &[]),
                ("a/b", r#"{"module": "kafka", "connection": "loading"}"#, &[]),
                ("a/b", r#"{"module": "kafka", "connection": "{$NO}", "connection": "{$NO}-x"}"#, &[]),
                ("a/b", r#"{"module": "mqtt", "connection": "k"}"#, &["L15 Warning connection"]),
                ("a/b", r#"{"module": "postgresql", "connection": "pg"}"#, &[]),
                ("a/b", r#"{"module": "mqtt", "connection": "known"}"#, &[]),
                ("a/b", r#"{"module": "log", "connection": "k"}"#, &["L15 Info connection"]),
                (
                    "a/b",
                    r#"{"connection": "no", "chain": ["log", {"module": " mqtt ", "connection": "k"},
                        {"module": "kafka", "connection": "gone"}, {"module": "kafka", "connection": "k"}]}"#,
                    &[
                        "L15 Error connection",
                        "L15 Warning chain[1].connection",
                        "L15 Error chain[2].connection",
                    ],
                ),
                ("a/b", r#"{"module": "mqtt", "connection": "no", "connection": 1}"#, &[]),
                ("connections/c", r#"{"type": "kafka"}"#, &["L15 Info"]),
                ("a/b", r#"{"module": "redis_publish", "connection": "k"}"#, &["L17 Error connection"]),
                (
                    "a/b",
                    r#"{"module": "redis_publish", "module-config": {"channel": "x"}}"#,
                    &["L17 Error module-config.channel"],
                ),
                ("a/b", r#"{"module": "redis_publish"}"#, &["L17 Error module"]),
                ("a/b", r#"{"module": "redis_publish", "redis": {"host": "r.example.com"}}"#, &[]),
                (
                    "a/b",
                    r#"{"module": "redis_publish", "chain": ["log", {"module": "redis_publish", "connection": "k"}]}"#,
                    &["L17 Error chain[1].connection"],
                ),
                (
                    "connections/c",
                    r#"{"type": "clickhouse", "port": "8123"}"#,
                    &["L15 Info", "L27 Warning type", "L27 Warning port"],
                ),
                ("connections/c", r#"{"type": "kafka", "port": 8123}"#, &["L15 Info"]),
                (
                    "connections/c",
                    r#"{"type": "postgres", "ssl": true, "ssl_cert": "c", "password": "planted-/x"}"#,
                    &["L15 Info", "L33 Warning ssl_cert", "L33 Warning password"],
                ),
                (
                    "connections/c",
                    r#"{"type": "postgresql", "connection_string": "{$SET}", "host": "h", "password": "planted-/x"}"#,
                    &["L15 Info", "L33 Warning connection_string"],
                ),
                (
                    "connections/c",
                    r#"{"type": "postgresql", "ssl": true, "host": "h", "port": 1, "password": "{$SET}", "database": "a:b"}"#,
                    &["L15 Info"],
                ),
                (
                    "connections/c",
                    r#"{"type": "mqtt", "port": "1883", "keepalive": 1.5}"#,
                    &["L15 Info", "L33 Error port", "L33 Error keepalive"],
                ),
                ("connections/c", r#"{"type": "activemq", "port": 61613, "keepalive": "1"}"#, &["L15 Info"]),
                ("connections/c", r#"{"type": "mqtt", "port": "{$SET}"}"#, &["L15 Info"]),
            ],
        );
    }

    #[test]
    fn what_is_not_so_and_what_is_not_known_is_not_told() {
        let text = r#"{"type": "clickhouse", "port": 9000}"#;
        assert!(
            in_short(&diagnostics("connections/c", text, &receiver(), &Known::new(false)), &RULES).is_empty()
        );
        assert!(in_short(&diagnostics("connections/c", text, &receiver(), &()), &RULES).is_empty());
        let text = r#"{"module": "kafka", "connection": "no"}"#;
        assert!(in_short(&diagnostics("a/b", text, &receiver(), &()), &RULES).is_empty());
    }

    #[test]
    fn a_fix_is_an_edit_of_the_text() {
        let text = r#"{"type": "clickhouse", "port": "8123"}"#;
        assert_eq!(fixed("L27", "connections/c", text), r#"{"type": "clickhouse", "port": 9000}"#);
    }
}
