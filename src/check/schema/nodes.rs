//! Which parts of a schema describe a value of a document, and so its annotations.

use serde_json::Value;
use smallvec::SmallVec;

use super::compiled::{CompiledPart, CompiledSchema};
use super::validation::MAX_WIDTH;
use crate::check::Trail;
use crate::domain::DocumentKind;
use crate::domain::json::{Node, NodeValue, PathStep};

/// The parts of a schema that describe one value. Several do: a webhook is described by the schema of all
/// webhooks and by that of its module.
#[derive(Debug, Clone, Default)]
pub(in crate::check) struct SchemaNodes(SmallVec<[&'static CompiledPart; 4]>);

impl SchemaNodes {
    /// Those of a whole document; none for a kind without a schema.
    pub(in crate::check) fn of_document(kind: DocumentKind, text: &str, root: &Node) -> Self {
        let mut nodes = Self::default();
        if let Some(schema) = CompiledSchema::of(kind) {
            schema.expand(schema.root(), text, root, &mut nodes.0);
        }
        nodes
    }

    /// Those of a value within it.
    pub(in crate::check) fn at(kind: DocumentKind, text: &str, root: &Node, path: &[PathStep<'_>]) -> Self {
        let Some(schema) = CompiledSchema::of(kind) else { return Self::default() };
        let (mut node, mut nodes) = (root, Self::of_document(kind, text, root));
        for step in path {
            let within = match (step, &node.value) {
                (PathStep::Member(name), _) => node.member(name).map(|member| &member.value),
                (PathStep::Item(at), NodeValue::Array(items)) => items.get(*at),
                _ => None,
            };
            let Some(within) = within else { return Self::default() };
            nodes = match step {
                PathStep::Member(name) => nodes.member(schema, text, name, within),
                PathStep::Item(_) => nodes.item(schema, text, within),
            };
            node = within;
        }
        nodes
    }

    pub(in crate::check) fn iter(&self) -> impl Iterator<Item = &'static Value> {
        self.0.iter().map(|part| part.schema)
    }

    /// Whether nothing is known about the value.
    pub(in crate::check) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of an annotation: `x-ref`, `description`, `default`.
    pub(in crate::check) fn annotation(&self, name: &str) -> Option<&'static Value> {
        self.iter().find_map(|node| node.get(name))
    }

    /// As [`Self::annotation`], for one that is a text.
    pub(in crate::check) fn text(&self, name: &str) -> Option<&'static str> {
        self.iter().find_map(|node| node.get(name)?.as_str())
    }

    /// The names of the members that are known here, with their schemas.
    pub(in crate::check) fn properties(&self) -> impl Iterator<Item = (&'static str, &'static Value)> {
        let objects = self.iter().filter_map(|node| node.get("properties")?.as_object());
        objects.flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    /// Whether a member of this name is known here.
    pub(in crate::check) fn knows(&self, name: &str) -> bool {
        self.0.iter().any(|part| part.member(name).is_some())
    }

    fn member(&self, schema: &'static CompiledSchema, text: &str, name: &str, value: &Node) -> Self {
        let mut within = Self::default();
        for part in &self.0 {
            // Where names are free, all values have one schema.
            if let Some(found) = part.member(name).or(part.other_members) {
                schema.expand(found, text, value, &mut within.0);
            }
        }
        within
    }

    fn item(&self, schema: &'static CompiledSchema, text: &str, item: &Node) -> Self {
        let mut within = Self::default();
        for found in self.0.iter().filter_map(|part| part.items) {
            schema.expand(found, text, item, &mut within.0);
        }
        within
    }
}

/// Shows every value that the schema of a kind describes, with what describes it; each before those within it. Of
/// an array, no more items than are validated.
/// A value under the name of a later duplicate is left out, as the receiver does.
pub(in crate::check) fn visit<'n>(
    kind: DocumentKind,
    text: &str,
    root: &'n Node,
    see: &mut dyn FnMut(&Trail<'_>, &'n Node, &SchemaNodes),
) {
    let nodes = SchemaNodes::of_document(kind, text, root);
    if let Some(schema) = CompiledSchema::of(kind) {
        SchemaReader { schema, text }.descend(&Trail::Document, root, &nodes, see);
    }
}

/// As [`visit`], for settings that a module reads in another place than its own.
pub(in crate::check) fn visit_settings<'n>(
    module: &str,
    text: &str,
    trail: &Trail<'_>,
    settings: &'n Node,
    see: &mut dyn FnMut(&Trail<'_>, &'n Node, &SchemaNodes),
) {
    let Some(schema) = CompiledSchema::of(DocumentKind::Webhook) else { return };
    let Some(known) = schema.settings_of(module) else { return };
    let mut nodes = SchemaNodes::default();
    schema.expand(known, text, settings, &mut nodes.0);
    SchemaReader { schema, text }.descend(trail, settings, &nodes, see);
}

#[derive(Clone, Copy)]
struct SchemaReader<'a> {
    schema: &'static CompiledSchema,
    text: &'a str,
}

impl SchemaReader<'_> {
    fn descend<'n>(
        self,
        trail: &Trail<'_>,
        node: &'n Node,
        nodes: &SchemaNodes,
        see: &mut dyn FnMut(&Trail<'_>, &'n Node, &SchemaNodes),
    ) {
        if nodes.is_empty() {
            return;
        }
        see(trail, node, nodes);
        match &node.value {
            NodeValue::Object(_) => {
                for member in node.last_members() {
                    let within = nodes.member(self.schema, self.text, member.name.as_str(), &member.value);
                    self.descend(&Trail::Member(trail, member), &member.value, &within, see);
                }
            }
            NodeValue::Array(items) => {
                for (at, item) in items.iter().take(MAX_WIDTH).enumerate() {
                    let within = nodes.item(self.schema, self.text, item);
                    self.descend(&Trail::Item(trail, at), item, &within, see);
                }
            }
            NodeValue::Scalar(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::parse;

    fn described(kind: DocumentKind, text: &str, annotation: &str) -> Vec<String> {
        let mut found = Vec::new();
        let root = parse(text).unwrap();
        visit(kind, text, &root, &mut |trail, _, nodes| {
            found.extend(nodes.text(annotation).map(|words| format!("{trail}: {words}")));
        });
        found
    }

    #[test]
    fn each_value_is_described_by_the_schema_of_its_module_and_of_its_step() {
        let text = r#"{"module": "kafka", "module-config": {"topic": "a", "partition": "{$P}"},
            "rate_limit": {"max_requests": "{$N}", "enabled": true}, "unheard": {"of": 1}}"#;
        assert_eq!(
            described(DocumentKind::Webhook, text, "x-ref"),
            [
                "module: ok",
                "module-config.topic: ok",
                "module-config.partition: string-breaks",
                "rate_limit.max_requests: string-breaks",
            ]
        );
        let text = r#"{"chain": ["log", {"module": "mqtt", "module-config": {"qos": 1, "retained": "{$R}"}}],
            "chain-config": {"timeout": "{$T}"}, "module": "kafka", "module-config": {"partition": 1}}"#;
        assert_eq!(
            described(DocumentKind::Webhook, text, "x-ref"),
            [
                "chain[1].module-config.qos: string-breaks",
                "chain[1].module-config.retained: always-true",
                "chain-config.timeout: string-breaks",
                "module: ok",
            ]
        );
        let text = r#"{"type": "mqtt", "port": "{$P}", "port": "{$Q}", "tls": "{$T}"}"#;
        assert_eq!(
            described(DocumentKind::Connection, text, "x-ref"),
            ["type: ok", "port: string-breaks", "tls: always-true"]
        );
    }
}
