//! What the schema says of the members of a document, for a line under the text that is edited.

use std::collections::HashMap;

use serde_json::Value;

use super::Trail;
use super::schema::{SchemaNodes, expected, schema, visit};
use crate::domain::DocumentKind;
use crate::domain::json::parse_leniently;

/// The most members whose descriptions are kept.
const MAX_MEMBERS: usize = 2_000;

/// The descriptions of the members of a document, by the paths to them.
#[derive(Debug, Clone, Default)]
pub struct MemberDescriptions {
    kind: Option<DocumentKind>,
    members: HashMap<String, SchemaNodes>,
}

impl MemberDescriptions {
    /// Those of a text, which need not be JSON.
    pub fn of(kind: DocumentKind, text: &str) -> Self {
        let mut members = HashMap::new();
        if let Some(root) = parse_leniently(text) {
            visit(kind, text, &root, &mut |trail, _, nodes| {
                if members.len() < MAX_MEMBERS && matches!(trail, Trail::Member(..)) {
                    members.insert(trail.to_string(), nodes.clone());
                }
            });
        }
        Self { kind: Some(kind), members }
    }

    /// What is known of the member at a path such as `chain[0].module`: what it is for, what the receiver takes
    /// there, its default, and what becomes of a reference. `None` where nothing is known.
    pub fn get(&self, path: &str) -> Option<String> {
        let nodes = self.members.get(path)?;
        let root = schema(self.kind?)?;
        let about = nodes.text("description").unwrap_or_default();
        let takes = nodes.iter().map(|node| expected(root, node)).find(|words| !words.is_empty());
        let default = nodes.annotation("default").map(|default| match default {
            Value::String(text) if text.is_empty() => "default empty".to_owned(),
            Value::String(text) => format!("default {text}"),
            other => format!("default {other}"),
        });
        let reference = match nodes.text("x-ref") {
            Some("always-true") => "a reference counts as true",
            Some("string-breaks") => "a reference breaks it",
            _ => "",
        };
        let facts = [about, &takes.unwrap_or_default(), &default.unwrap_or_default(), reference];
        let line = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ");
        (!line.is_empty()).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_described_by_its_path_also_in_a_text_that_is_not_json_yet() {
        let text = "{\"module\": \"kafka\", \"module-config\": {\"topic\": \"ab\", \"forward_headers\": tru}, \
                    \"rate_limit\": {\"max_requests\": 5, \"custom\": 1}, \"chain-config\": {\"timeout\": 3}, \"x";
        let described = MemberDescriptions::of(DocumentKind::Webhook, text);
        let line = |path| described.get(path).unwrap_or_default();
        assert_eq!(
            line("rate_limit.max_requests"),
            "Requests per window; 0 blocks all. · a whole number, at least 0 · default 100 · a reference breaks it"
        );
        assert!(line("module-config.topic").starts_with("Topic to publish to. · 2 to 249 of"));
        assert!(line("module").starts_with("Destination module."));
        assert!(line("chain-config.timeout").contains("default 30"));
        assert_eq!((line("rate_limit.custom"), line("x"), line("")), Default::default());
        let connection =
            MemberDescriptions::of(DocumentKind::Connection, r#"{"type": "kafka", "bootstrap_servers": 1}"#);
        assert!(
            connection.get("bootstrap_servers").is_some_and(|line| line.contains("default localhost:9092"))
        );
    }
}
