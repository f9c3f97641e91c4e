//! What the receiver refuses at its start, and documents and keys that it cannot use at all.

mod connection;

use crate::check::receiver::validation::{Refusal, Validation, is_unset_variable};
use crate::check::{Diagnostic, DocumentInput, Reach, Rule, RuleCheck, Trail};
use crate::domain::ResourceKey;
use crate::domain::json::{Node, Severity, Span};
use crate::inventory::DocumentError;

/// What becomes of the receiver.
const DARK: &str = "after its next start the receiver answers 404 to every webhook";

/// The receiver does not start with it.
pub const REFUSED_AT_START: Rule = Rule {
    id: "L01",
    name: "refused-at-start",
    severity: Severity::Error,
    reach: Reach::Darkens,
    summary: "what the receiver refuses at its start: in the default namespace a webhook without a known module or \
              with a chain that is ill-formed, a connection without a type, host or port, or with a host that is \
              not allowed",
    check: RuleCheck::Document(refused_at_start),
};

fn refused_at_start(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    let start = Startup { rule, input };
    let diagnostics = match (input.key, input.root()) {
        (ResourceKey::Webhook { namespace, .. }, _) if *namespace != input.receiver.default_namespace => {
            return;
        }
        (ResourceKey::Webhook { .. }, Some(root)) => start.webhook(root),
        (ResourceKey::Connection { .. }, Some(root)) => start.connection(root),
        (ResourceKey::Foreign { raw }, _) => start.nameless(raw),
        (_, None) => start.no_object(),
    };
    found.extend(diagnostics);
}

/// Why the receiver does not start: the first reason that it meets in each part of a document.
struct Startup<'a, 'd> {
    rule: &'a Rule,
    input: &'a DocumentInput<'d>,
}

impl Startup<'_, '_> {
    fn no_object(&self) -> Vec<Diagnostic> {
        let is_member = self.input.receiver.reads_files
            && matches!(self.input.facts.error, Some(DocumentError::NotObject));
        let message = format!("a member of the file that is not an object: {DARK}");
        let remedy = "make it an object, or take it out of the file";
        let diagnostic = Diagnostic { remedy, ..self.rule.diagnostic(message) };
        is_member.then_some(diagnostic).into_iter().collect()
    }

    /// A key whose last segment is empty.
    fn nameless(&self, raw: &[u8]) -> Vec<Diagnostic> {
        let webhook = format!("{}/webhooks/", self.input.receiver.default_namespace.as_str());
        let is_nameless = raw == b"global/connections/" || raw == webhook.as_bytes();
        let message = format!("a key whose name is empty: {DARK}");
        let remedy = "delete it";
        let diagnostic = Diagnostic { remedy, ..self.rule.diagnostic(message) };
        is_nameless.then_some(diagnostic).into_iter().collect()
    }

    fn text(&self) -> &str {
        self.input.text()
    }

    fn refused(&self, refusal: Refusal) -> Diagnostic {
        let Refusal { pointer, span, what, remedy, is_unknown_module } = refusal;
        // Another version of the receiver may have further modules.
        let is_certain = !is_unknown_module || self.input.receiver.is_known_version();
        let severity = if is_certain { self.rule.severity } else { Severity::Warning };
        let diagnostic = self.rule.diagnostic(format!("{what}: {DARK}"));
        Diagnostic { severity, remedy, ..diagnostic.at(self.text(), span, pointer) }
    }

    fn at(&self, trail: &Trail<'_>, span: Span, what: &str, remedy: &'static str) -> Diagnostic {
        self.refused(Refusal::at(trail, span, what.to_owned(), remedy))
    }

    fn missing(&self, object: &Node, name: &str, remedy: &'static str) -> Diagnostic {
        self.refused(Refusal::missing(&Trail::Document, object, name, remedy))
    }

    fn webhook(&self, root: &Node) -> Vec<Diagnostic> {
        let validation = Validation { text: self.text(), lookup: &self.input.receiver.lookup };
        validation.webhook(root).into_iter().map(|refusal| self.refused(refusal)).collect()
    }

    fn unset(&self, trail: &Trail<'_>, value: &Node, text: &str) -> Option<Diagnostic> {
        let what = format!("{trail} is a variable that the receiver does not have");
        let remedy = "set the variable for the receiver, or give it a default";
        is_unset_variable(text, &self.input.receiver.lookup)
            .then(|| self.at(trail, value.span, &what, remedy))
    }
}

/// The receiver answers 400 for its id.
pub const UNROUTABLE_ID: Rule = Rule {
    id: "L28",
    name: "unroutable-id",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "an id that the receiver answers 400 for, or a key whose shape it ignores",
    check: RuleCheck::Facts(unroutable_id),
};

fn unroutable_id(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    match input.key {
        ResourceKey::Webhook { id, .. } => {
            found.extend(id.unroutable().map(|reason| rule.diagnostic(reason.into())));
        }
        ResourceKey::Foreign { .. } => found.push(Diagnostic {
            remedy: "write it under a key that the receiver reads, and delete this one",
            ..rule.diagnostic("the receiver ignores a key of this shape".into())
        }),
        ResourceKey::Connection { .. } => {}
    }
}

/// The receiver cannot use it at all: it is empty, not text, not JSON, or not an object.
pub const UNUSABLE_DOCUMENT: Rule = Rule {
    id: "L29",
    name: "unusable-document",
    severity: Severity::Error,
    reach: Reach::Document,
    summary: "a document that is empty, not text, not JSON or not an object",
    check: RuleCheck::Facts(unusable_document),
};

fn unusable_document(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    if let Some(error) = &input.facts.error {
        // The receiver ignores a foreign key's value, so nothing can be wrong with it.
        let severity = if input.key.is_foreign() { Severity::Info } else { rule.severity };
        found.push(Diagnostic { severity, ..rule.diagnostic(error.to_string()) });
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::fixture::{judged, lines};
    use crate::check::{Reach, ReceiverEnv, ReceiverProfile, SecretLookup, rules};
    use crate::domain::FieldState;
    use crate::domain::json::Severity;

    #[test]
    fn a_webhook_of_the_default_namespace_needs_a_module_or_a_chain_that_the_receiver_knows() {
        let table: &[(&str, &[&str])] = &[
            (r#"{"module": "log"}"#, &[]),
            (r#"{"module": " log ", "chain": null}"#, &[]),
            (r#"{"module": "{$MODULE}"}"#, &[]),
            (r#"{}"#, &["L01 Error module"]),
            (r#"{"module": ""}"#, &["L01 Error module"]),
            (r#"{"module": null}"#, &["L01 Error module"]),
            (r#"{"module": 5}"#, &["L01 Error module"]),
            (r#"{"module": "kafkXX"}"#, &["L01 Error module"]),
            (r#"{"module": "Log"}"#, &["L01 Error module"]),
            (
                r#"{"chain": ["log", {"module": "kafka", "topic": "ab", "retry": {"enabled": true}}], "module": 5}"#,
                &[],
            ),
            (r#"{"chain": []}"#, &["L01 Error chain"]),
            (r#"{"chain": "log"}"#, &["L01 Error chain"]),
            (
                r#"{"chain": ["nope", 5, {"connection": "x"}]}"#,
                &["L01 Error chain[0]", "L01 Error chain[1]", "L01 Error chain[2].module"],
            ),
            (
                r#"{"chain": [{"module": "log", "connection": 5, "retries": 1, "module-config": []}]}"#,
                &[
                    "L01 Error chain[0].connection",
                    "L01 Error chain[0].retries",
                    "L01 Error chain[0].module-config",
                ],
            ),
            (
                r#"{"chain": [{"module": "log", "retry": {"enabled": "yes", "max_attempts": 0}}]}"#,
                &["L01 Error chain[0].retry.enabled", "L01 Error chain[0].retry.max_attempts"],
            ),
            (
                r#"{"chain": [{"module": "kafka", "topic": "ab", "module-config": {"topic": "ab"}}]}"#,
                &["L01 Error chain[0].topic"],
            ),
            (
                r#"{"chain": ["log"], "chain-config": {"execution": "both", "continue_on_error": 1, "timeout": 0, "x": 1}}"#,
                &[
                    "L01 Error chain-config.execution",
                    "L01 Error chain-config.continue_on_error",
                    "L01 Error chain-config.timeout",
                    "L01 Error chain-config.x",
                ],
            ),
            (
                r#"{"chain": ["log"], "chain-config": {"execution": "parallel", "continue_on_error": false, "timeout": 0.5}}"#,
                &[],
            ),
            (r#"{"chain": ["log"], "chain-config": null}"#, &[]),
        ];
        for (text, expected) in table {
            assert_eq!(lines("default/w", text, &["L01"]), *expected, "{text}");
            assert!(lines("other/w", text, &["L01"]).is_empty(), "only one namespace is validated: {text}");
        }
        let steps = vec![r#""log""#; 21].join(", ");
        assert_eq!(lines("default/w", &format!("{{\"chain\": [{steps}]}}"), &["L01"]), ["L01 Error chain"]);
    }

    #[test]
    fn a_connection_needs_its_type_and_of_some_types_a_host_and_a_port() {
        let table: &[(&str, &[&str])] = &[
            (r#"{"type": "mysql", "host": "db", "port": "3306"}"#, &[]),
            (r#"{"type": "mysql", "host": "{$H}", "port": "{$P}"}"#, &[]),
            (r#"{"host": "db"}"#, &["L01 Error type"]),
            (r#"{"type": ""}"#, &["L01 Error type"]),
            (r#"{"type": "redis-rq"}"#, &["L01 Error host", "L01 Error port"]),
            (r#"{"type": "redis-rq", "host": "localhost", "port": 6379}"#, &["L01 Error host"]),
            (
                r#"{"type": "postgresql", "connection_string": "postgresql://a@b"}"#,
                &["L01 Error host", "L01 Error port"],
            ),
            (r#"{"type": "rabbitmq", "host": "my_host", "port": 0}"#, &["L01 Error host", "L01 Error port"]),
            (r#"{"type": "rabbitmq", "host": 5, "port": 70000}"#, &["L01 Error host", "L01 Error port"]),
            (
                r#"{"type": "clickhouse", "host": "10.0.0.1", "port": "x"}"#,
                &["L01 Warning host", "L01 Error port"],
            ),
            // Neither aliases nor other types are validated.
            (r#"{"type": "postgres"}"#, &[]),
            (r#"{"type": "mqtt", "host": "localhost"}"#, &[]),
        ];
        for (text, expected) in table {
            assert_eq!(lines("connections/c", text, &["L01"]), *expected, "{text}");
        }
    }

    #[test]
    fn what_the_profile_allows_is_no_error() {
        let text = r#"{"type": "redis-rq", "host": "localhost", "port": 6379}"#;
        let allowed = ReceiverProfile { allows_localhost: Some(true), ..ReceiverProfile::default() };
        assert!(judged("connections/redis_main", text, &allowed).is_empty());
        let other = ReceiverProfile { version: "9.9".into(), ..ReceiverProfile::default() };
        let found = judged("default/w", r#"{"module": "of-version-9"}"#, &other);
        let unknown = found.iter().find(|found| found.rule == "L01").unwrap();
        assert_eq!(unknown.severity, Severity::Warning, "another version may have it");
        let env = ReceiverEnv::Known([("DB_HOST".to_owned(), FieldState::Present)].into_iter().collect());
        let lookup = SecretLookup { env, ..SecretLookup::default() };
        let sees = ReceiverProfile { lookup, ..ReceiverProfile::default() };
        let text = r#"{"type": "mysql", "host": "{$DB_HOST}", "port": "{$DB_PORT}"}"#;
        let unset: Vec<_> = judged("connections/c", text, &sees).into_iter().map(|it| it.pointer).collect();
        assert_eq!(unset, ["port"], "it becomes a sentence");
        let files = ReceiverProfile { reads_files: true, ..ReceiverProfile::default() };
        let member =
            |receiver| judged("default/_comment", "\"text\"", receiver).iter().any(|it| it.rule == "L01");
        assert!(member(&files) && !member(&ReceiverProfile::default()), "etcd's are skipped");
    }

    #[test]
    fn an_error_at_start_says_where_it_is_what_happens_and_that_it_darkens_the_receiver() {
        let found = judged("default/w", "{\n  \"module\": \"kafkaa\"\n}", &ReceiverProfile::default());
        let of_module: Vec<_> = found.iter().filter(|found| found.pointer == "module").collect();
        let [module] = of_module.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (module.to_string().as_str(), module.pointer.as_str()),
            (
                "line 2, column 13: module names a module that the receiver does not have; kafka is one: after its \
                 next start the receiver answers 404 to every webhook",
                "module"
            )
        );
        assert_eq!(rules::rule_of(module).unwrap().reach, Reach::Darkens);
    }

    #[test]
    fn keys_without_a_route_are_errors() {
        let table: &[(&str, &[&str])] = &[
            ("a/one", &[]),
            ("a/health", &["L28 Error"]),
            ("a/with__two", &["L28 Error"]),
            ("connections/any", &[]),
            ("key:x/y/z/w", &["L28 Error"]),
        ];
        for (address, expected) in table {
            assert_eq!(lines(address, "{}", &["L28"]), *expected, "{address}");
        }
        assert_eq!(lines("key:global/connections/", "{}", &["L01"]), ["L01 Error"]);
        assert_eq!(lines("key:default/webhooks/", "{}", &["L01"]), ["L01 Error"]);
        assert!(lines("key:other/webhooks/", "{}", &["L01"]).is_empty());
        for (text, expected) in [("", "L29 Error"), ("[]", "L29 Error"), ("{", "L29 Error")] {
            assert_eq!(lines("a/one", text, &["L29"]), [expected], "{text}");
        }
    }
}
