//! Rules about modules, and about what is done with a request before and after them.

use std::collections::HashSet;

use super::MAX_DIAGNOSTICS;
use super::steps::{ModuleRun, chain, module_runs, webhook};
use crate::check::receiver::is_true;
use crate::check::receiver::module::{ModuleFault, Retries};
use crate::check::trail::shown_name;
use crate::check::{Diagnostic, DocumentInput, Reach, Rule, RuleCheck};
use crate::domain::ResourceKey;
use crate::domain::json::{Member, Node, NodeValue, Scalar, Severity, SyntaxFix};

/// The module never works.
pub const BROKEN_MODULE: Rule = Rule {
    id: "L16",
    name: "broken-module",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a module that never works in this version of the receiver",
    check: RuleCheck::Document(broken_module),
};

fn broken_module(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let runs = module_runs(input);
    let broken = runs.iter().filter_map(|run| Some((run, run.module()?, run.module()?.fault?)));
    for (run, module, fault) in broken.take(MAX_DIAGNOSTICS) {
        let what = match (fault, run.is_step()) {
            (ModuleFault::NotConstructed, false) => "every request is answered with 500",
            (ModuleFault::NotConstructed, true) => "the step is skipped without a word",
            (ModuleFault::InvalidSql, _) => "requests are answered with 200, and nothing is ever stored",
        };
        let message =
            format!("the module {} does not work in this version of the receiver: {what}", module.name);
        let remedy = match fault {
            ModuleFault::NotConstructed => {
                "use another module, for example a queue that something else sends on from"
            }
            ModuleFault::InvalidSql => "use another module, for example mysql",
        };
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message) };
        found.push(diagnostic.at(input.text(), run.span, run.pointer("module")));
    }
}

/// A connection of a webhook is meant for its steps, which do not get it.
pub const CONNECTION_OF_CHAIN: Rule = Rule {
    id: "L19",
    name: "connection-of-chain",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a webhook's connection beside a chain, whose steps do not inherit it",
    check: RuleCheck::Document(connection_of_chain),
};

fn connection_of_chain(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let (Some(root), Some(_)) = (webhook(input), chain(input)) else { return };
    let Some(own) = root.member("connection") else { return };
    let runs = module_runs(input);
    let names_none = |run: &&ModuleRun<'_>| run.member("connection").is_none();
    let needs_one = |run: &ModuleRun<'_>| run.module().is_some_and(|module| module.connection.is_some());
    let misses = runs.iter().filter(names_none).any(needs_one);
    if misses || runs.iter().all(|run| names_none(&run)) {
        let message = "the steps of a chain do not get the webhook's connection: those that name none use \
                       their own defaults, mostly localhost";
        let remedy = "name the connection in each step that needs it";
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(input.text(), own.key, "connection".into()));
    }
}

/// The log shows what it is told to hide.
pub const UNREDACTED_LOG: Rule = Rule {
    id: "L21",
    name: "unredacted-log",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "log with redact_sensitive off",
    check: RuleCheck::Document(unredacted_log),
};

fn unredacted_log(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let text = input.text();
    let is_on = |member: &Member| is_true(&member.value, text);
    let mut told = HashSet::new();
    for run in module_runs(input).iter().filter(|run| run.name == "log") {
        let Some((redact, pointer)) = run.setting("redact_sensitive") else { continue };
        // A setting of the webhook is told once, however many steps use it.
        if is_on(redact) || !told.insert(redact.value.span) {
            continue;
        }
        let message = match run.setting("pretty_print") {
            Some((pretty, _)) if is_on(pretty) => {
                "the receiver's log gets payloads and headers with the secrets in them"
            }
            _ => {
                "the receiver's log gets payloads, headers and this webhook's own settings, with the secrets \
                 in them"
            }
        };
        let fix = matches!(redact.value.value, NodeValue::Scalar(Scalar::Bool)).then(|| SyntaxFix {
            span: redact.value.span,
            replacement: "true".into(),
            words: "set it to true",
        });
        let diagnostic = Diagnostic { remedy: "set it to true", fix, ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(text, redact.value.span, pointer));
        if told.len() == MAX_DIAGNOSTICS {
            return;
        }
    }
}

/// A rate limit counts what it is not meant to count, or is not the one that is written.
pub const RATE_LIMIT: Rule = Rule {
    id: "L23",
    name: "rate-limit",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a rate limit whose counter others share, or with names that the receiver does not know",
    check: RuleCheck::Document(rate_limit),
};

fn rate_limit(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let Some(limit) = webhook(input).and_then(|root| root.member("rate_limit")) else { return };
    let ResourceKey::Webhook { id, .. } = input.key else { return };
    if limit.value.members().is_empty() {
        return;
    }
    let text = input.text();
    let own = limit.key;
    if let Some(other) = input.around.same_id_in() {
        let message =
            format!("the webhook of this id in the namespace {other} counts towards the same limit");
        let remedy = "give one of them another id";
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message) };
        found.push(diagnostic.at(text, own, "rate_limit".into()));
    }
    if id.as_str() == "default" {
        let message = "this webhook serves every unknown id, and each of them has a limit of its own";
        let remedy = "do not rely on this limit";
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(text, own, "rate_limit".into()));
    }
    let known = |name: &str| matches!(name, "max_requests" | "window_seconds" | "enabled");
    for member in limit.value.members().iter().filter(|member| !known(&member.name)).take(MAX_DIAGNOSTICS) {
        let message = "the receiver ignores this: without max_requests and window_seconds, 100 requests in \
                       60 seconds are the limit";
        let remedy = "write max_requests and window_seconds";
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(text, member.key, format!("rate_limit.{}", shown_name(&member.name))));
    }
}

/// Retries are on, and nothing is retried.
pub const USELESS_RETRY: Rule = Rule {
    id: "L31",
    name: "useless-retry",
    severity: Severity::Warning,
    reach: Reach::Document,
    summary: "a retry that retries nothing",
    check: RuleCheck::Document(useless_retry),
};

fn useless_retry(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let text = input.text();
    let is_enabled =
        |retry: &&Member| retry.value.member("enabled").is_some_and(|enabled| is_true(&enabled.value, text));
    let unused = chain(input).and(webhook(input)).and_then(|root| root.member("retry")).filter(is_enabled);
    if let Some(retry) = unused {
        let message = "the retry of a webhook is not used with a chain, whose steps have their own";
        let remedy = "write it into the steps";
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(text, retry.key, "retry".into()));
    }
    let limit = found.len() + MAX_DIAGNOSTICS;
    for run in module_runs(input) {
        if found.len() == limit {
            return;
        }
        let Some(retry) = run.member("retry").filter(is_enabled) else { continue };
        let (message, remedy) =
            match run.module().filter(|module| module.fault.is_none()).map(|module| module.retries) {
                Some(Retries::Wrapped) if !lists_exception(&retry.value, text) => (
                    "this module wraps its errors into a bare Exception, which is not retried by default: \
                 nothing is retried",
                    "add \"Exception\" to retryable_errors",
                ),
                Some(Retries::Swallowed) => (
                    "this module reports no errors: nothing is retried",
                    "leave the retry out, and do not rely on it",
                ),
                _ => continue,
            };
        let diagnostic = Diagnostic { remedy, ..rule.diagnostic(message.into()) };
        found.push(diagnostic.at(text, retry.key, run.pointer("retry")));
    }
}

/// Whether errors of the class `Exception` are to be retried: names count as a part of the class's, too.
fn lists_exception(retry: &Node, text: &str) -> bool {
    let names = retry.member("retryable_errors").map(|errors| errors.value.items()).unwrap_or_default();
    names
        .iter()
        .filter_map(|name| name.string(text))
        .any(|name| !name.is_empty() && "Exception".contains(&*name))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::fixture::{Known, check, diagnostics, fixed, in_short, receiver};

    const RULES: [&str; 5] = ["L16", "L19", "L21", "L23", "L31"];

    #[test]
    fn each_rule_finds_what_it_is_for_and_nothing_else() {
        check(
            &RULES,
            &[
                ("a/b", r#"{"module": " zeromq "}"#, &["L16 Error module"]),
                ("a/b", r#"{"module": "log"}"#, &[]),
                (
                    "a/b",
                    r#"{"module": "zeromq", "chain": ["websocket", "log", {"module": "postgres"}, 1, {}]}"#,
                    &["L16 Error chain[0].module", "L16 Error chain[2].module"],
                ),
                ("connections/c", r#"{"type": "postgres", "module": "zeromq"}"#, &[]),
                ("a/b", r#"{"connection": "k", "chain": ["kafka"]}"#, &["L19 Warning connection"]),
                ("a/b", r#"{"connection": "k", "chain": ["log"]}"#, &["L19 Warning connection"]),
                (
                    "a/b",
                    r#"{"connection": "k", "chain": ["log", {"module": "kafka", "connection": "k"}]}"#,
                    &[],
                ),
                (
                    "a/b",
                    r#"{"connection": "k", "chain": ["mqtt", {"module": "kafka", "connection": "k"}]}"#,
                    &["L19 Warning connection"],
                ),
                ("a/b", r#"{"connection": "k", "chain": null, "module": "kafka"}"#, &[]),
                (
                    "a/b",
                    r#"{"module": "log", "module-config": {"redact_sensitive": false}}"#,
                    &["L21 Warning module-config.redact_sensitive"],
                ),
                ("a/b", r#"{"module": "log", "module-config": {"redact_sensitive": "false"}}"#, &[]),
                ("a/b", r#"{"module": "kafka", "module-config": {"redact_sensitive": false}}"#, &[]),
                (
                    "a/b",
                    r#"{"chain": ["log", "log", {"module": "log", "module-config": {"redact_sensitive": 0}},
                        {"module": "log", "module-config": {"redact_sensitive": true}}],
                        "module-config": {"redact_sensitive": false}}"#,
                    &[
                        "L21 Warning module-config.redact_sensitive",
                        "L21 Warning chain[2].module-config.redact_sensitive",
                    ],
                ),
                ("a/b", r#"{"rate_limit": {"max_requests": 1}}"#, &["L23 Warning rate_limit"]),
                (
                    "a/b",
                    r#"{"rate_limit": {"requests": 1, "enabled": true}}"#,
                    &["L23 Warning rate_limit", "L23 Warning rate_limit.requests"],
                ),
                ("a/b", r#"{"rate_limit": {}}"#, &[]),
                (
                    "a/default",
                    r#"{"rate_limit": {"max_requests": 1}}"#,
                    &["L23 Warning rate_limit", "L23 Warning rate_limit"],
                ),
                ("a/b", r#"{"module": "mqtt", "retry": {"enabled": true}}"#, &["L31 Warning retry"]),
                ("a/b", r#"{"module": "mqtt", "retry": {"enabled": false, "max_attempts": 9}}"#, &[]),
                (
                    "a/b",
                    r#"{"module": "mqtt", "retry": {"enabled": true, "retryable_errors": ["Exception"]}}"#,
                    &[],
                ),
                ("a/b", r#"{"module": "redis_publish", "retry": {"enabled": true}}"#, &[]),
                (
                    "a/b",
                    r#"{"module": "clickhouse", "retry": {"enabled": true, "retryable_errors": ["Exception"]}}"#,
                    &["L31 Warning retry"],
                ),
                (
                    "a/b",
                    r#"{"retry": {"enabled": true}, "chain": ["mqtt", {"module": "s3", "retry": {"enabled": true}},
                        {"module": "kafka", "retry": {"enabled": true}}]}"#,
                    &["L31 Warning retry", "L31 Warning chain[1].retry"],
                ),
            ],
        );
    }

    #[test]
    fn a_counter_that_nobody_is_known_to_share_is_not_told() {
        let text = r#"{"rate_limit": {"max_requests": 1}}"#;
        assert!(in_short(&diagnostics("a/b", text, &receiver(), &Known::new(false)), &RULES).is_empty());
    }

    #[test]
    fn a_fix_is_an_edit_of_the_text() {
        let text = r#"{"module": "log", "module-config": {"redact_sensitive": false}}"#;
        assert_eq!(fixed("L21", "a/b", text), text.replace("false", "true"));
    }
}
