//! The report as SARIF 2.1.0, which code scanning of repositories takes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::report::{CheckReport, ReportedFinding};
use crate::check::rules::severity_word;
use crate::check::{Reach, Rule};
use crate::domain::json::Severity;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log of one run. Of the rules it describes those that found something.
pub(super) fn log(report: &CheckReport) -> Value {
    let used: BTreeMap<&str, &Rule> =
        report.findings.iter().map(|finding| (finding.rule.id, &finding.rule)).collect();
    let index = |id: &str| used.keys().position(|used| *used == id);
    let results: Vec<_> =
        report.findings.iter().map(|finding| result(finding, index(finding.rule.id))).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "confdeck",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": used.values().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": {"documents": report.documents, "silenced": report.silenced},
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn descriptor(rule: &Rule) -> Value {
    let severity = severity_word(rule.severity);
    let reach = match rule.reach {
        Reach::Document => String::new(),
        reach => format!(" What its errors do: {}.", reach.words()),
    };
    let help = format!(
        "Finds {}. Its severity is {severity}, unless a context sets another one or silences it.{reach}",
        rule.summary
    );
    json!({
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": help},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(finding: &ReportedFinding, index: Option<usize>) -> Value {
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": finding.words()},
        "locations": [location(finding)],
    })
}

fn location(finding: &ReportedFinding) -> Value {
    let region = finding.region.map(|region| {
        json!({
            "startLine": region.line,
            "startColumn": region.column,
            "endLine": region.end_line,
            "endColumn": region.end_column,
        })
    });
    let file = finding.file.as_ref().map(|file| {
        let artifact = json!({"uri": uri(file)});
        object([("artifactLocation", Some(artifact)), ("region", region)])
    });
    let member = finding.key.as_ref().map(|key| {
        let member = if finding.pointer.is_empty() { "" } else { "#" };
        json!([{"fullyQualifiedName": format!("{key}{member}{}", finding.pointer), "kind": "member"}])
    });
    object([("physicalLocation", file), ("logicalLocations", member)])
}

/// Without what there is nothing to say of.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A path as a URI: relative as it is, absolute with its scheme.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte.into())
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri() {
        for (path, expected) in [
            ("config/webhooks.json", "config/webhooks.json"),
            ("a b/é%.json", "a%20b/%C3%A9%25.json"),
            ("/etc/webhooks.json", "file:///etc/webhooks.json"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
