//! The host and the port of a connection, as the receiver validates them.

use super::Startup;
use crate::check::receiver::host::host_refusal;
use crate::check::receiver::is_true;
use crate::check::{Diagnostic, Trail};
use crate::domain::json::{Node, NodeValue, Scalar, Severity};

/// The types of connection whose host and port it validates.
const VALIDATED: &[&str] = &["rabbitmq", "redis-rq", "postgresql", "mysql", "clickhouse"];

impl Startup<'_, '_> {
    pub(super) fn connection(&self, root: &Node) -> Vec<Diagnostic> {
        let given = |name: &str| root.member(name).filter(|member| is_true(&member.value, self.text()));
        let missing = |name: &str, remedy| self.missing(root, name, remedy);
        let Some(kind) = given("type") else {
            return vec![missing("type", "name the type of the connection, such as rabbitmq")];
        };
        if !kind.value.string(self.text()).is_some_and(|kind| VALIDATED.contains(&&*kind)) {
            return Vec::new();
        }
        let mut found = Vec::new();
        match given("host") {
            Some(host) => found.extend(self.host(&Trail::Member(&Trail::Document, host), &host.value)),
            None => found.push(missing("host", "name the host, also beside a connection_string")),
        }
        match given("port") {
            Some(port) => found.extend(self.port(&Trail::Member(&Trail::Document, port), &port.value)),
            None => found.push(missing("port", "name the port, also beside a connection_string")),
        }
        found
    }

    fn host(&self, trail: &Trail<'_>, value: &Node) -> Option<Diagnostic> {
        let remedy = "name a host that the receiver accepts, or set its variable and `receiver` here";
        let Some(host) = value.string(self.text()) else {
            return Some(self.at(trail, value.span, "host is not a text", "write the host as a text"));
        };
        if host.contains("{$") {
            return self.unset(trail, value, &host);
        }
        let refusal = host_refusal(&host, self.input.receiver)?;
        let diagnostic = self.at(trail, value.span, &format!("host {}", refusal.reason), remedy);
        let severity = if refusal.is_certain { self.rule.severity } else { Severity::Warning };
        Some(Diagnostic { severity, ..diagnostic })
    }

    /// It is read as Python's `int` reads it.
    fn port(&self, trail: &Trail<'_>, value: &Node) -> Option<Diagnostic> {
        let text = match &value.value {
            NodeValue::Scalar(Scalar::String) => value.string(self.text()).unwrap_or_default(),
            NodeValue::Scalar(Scalar::Number) => value.span.of(self.text()).into(),
            // Python takes true for 1.
            NodeValue::Scalar(_) => return None,
            _ => "".into(),
        };
        if text.contains("{$") {
            return self.unset(trail, value, &text);
        }
        let whole = text.trim().trim_start_matches('+').replace('_', "");
        let in_range = match &value.value {
            NodeValue::Scalar(Scalar::Number) => {
                text.parse::<f64>().is_ok_and(|port| (1.0..65_536.0).contains(&port))
            }
            _ => whole.parse::<u16>().is_ok_and(|port| port > 0),
        };
        let what = "port is not a whole number from 1 to 65535";
        (!in_range).then(|| self.at(trail, value.span, what, "write the port of the server"))
    }
}
