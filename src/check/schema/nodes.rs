//! Which parts of a schema describe a value of a document, and so its annotations.

use serde_json::Value;
use smallvec::SmallVec;

use super::Step;
use super::validation::MAX_WIDTH;
use crate::check::Trail;
use crate::domain::DocumentKind;
use crate::domain::json::{Node, NodeValue, Scalar};

/// The parts of a schema that describe one value. Several do: a webhook is described by the schema of all
/// webhooks and by that of its module.
#[derive(Debug, Clone, Default)]
pub(in crate::check) struct SchemaNodes(SmallVec<[&'static Value; 4]>);

impl SchemaNodes {
    /// Those of a whole document; none for a kind without a schema.
    pub(in crate::check) fn of_document(kind: DocumentKind, text: &str, root: &Node) -> Self {
        let mut nodes = Self::default();
        if let Some(schema) = super::schema(kind) {
            SchemaReader { schema, text }.expand(schema, root, &mut nodes);
        }
        nodes
    }

    /// Those of a value within it.
    pub(in crate::check) fn at(kind: DocumentKind, text: &str, root: &Node, path: &[Step]) -> Self {
        let Some(schema) = super::schema(kind) else { return Self::default() };
        let reader = SchemaReader { schema, text };
        let (mut node, mut nodes) = (root, Self::of_document(kind, text, root));
        for step in path {
            let within = match (step, &node.value) {
                (Step::Name(name), _) => node.member(name).map(|member| &member.value),
                (Step::Item(at), NodeValue::Array(items)) => items.get(*at),
                _ => None,
            };
            let Some(within) = within else { return Self::default() };
            nodes = match step {
                Step::Name(name) => reader.member(&nodes, name, within),
                Step::Item(_) => reader.item(&nodes, within),
            };
            node = within;
        }
        nodes
    }

    pub(in crate::check) fn iter(&self) -> impl Iterator<Item = &'static Value> {
        self.0.iter().copied()
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
    if let Some(schema) = super::schema(kind) {
        SchemaReader { schema, text }.descend(&Trail::Document, root, &nodes, see);
    }
}

#[derive(Clone, Copy)]
struct SchemaReader<'a> {
    schema: &'static Value,
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
                    let within = self.member(nodes, member.name.as_str(), &member.value);
                    self.descend(&Trail::Member(trail, member), &member.value, &within, see);
                }
            }
            NodeValue::Array(items) => {
                for (at, item) in items.iter().take(MAX_WIDTH).enumerate() {
                    let within = self.item(nodes, item);
                    self.descend(&Trail::Item(trail, at), item, &within, see);
                }
            }
            NodeValue::Scalar(_) => {}
        }
    }

    fn member(self, nodes: &SchemaNodes, name: &str, value: &Node) -> SchemaNodes {
        let mut within = SchemaNodes::default();
        for node in nodes.iter() {
            let named = node.get("properties").and_then(|known| known.get(name));
            // Where names are free, all values have one schema.
            let other = || node.get("additionalProperties").filter(|schema| schema.is_object());
            if let Some(schema) = named.or_else(other) {
                self.expand(schema, value, &mut within);
            }
        }
        within
    }

    fn item(self, nodes: &SchemaNodes, item: &Node) -> SchemaNodes {
        let mut within = SchemaNodes::default();
        for schema in nodes.iter().filter_map(|node| node.get("items")) {
            self.expand(schema, item, &mut within);
        }
        within
    }

    /// Adds a schema and those that it applies to the value.
    fn expand(self, schema: &'static Value, node: &Node, out: &mut SchemaNodes) {
        out.0.push(schema);
        let all = |name| schema.get(name).and_then(Value::as_array).into_iter().flatten();
        if let Some(target) = self.target(schema) {
            self.expand(target, node, out);
        }
        for part in all("allOf") {
            self.expand(part, node, out);
        }
        for part in all("anyOf").chain(all("oneOf")).filter(|part| self.may_be(part, node)) {
            self.expand(part, node, out);
        }
        if let Some(condition) = schema.get("if") {
            let branch = if self.holds(condition, node) { "then" } else { "else" };
            if let Some(branch) = schema.get(branch) {
                self.expand(branch, node, out);
            }
        }
    }

    /// What a `$ref` within this schema names.
    fn target(self, schema: &'static Value) -> Option<&'static Value> {
        let name = schema.get("$ref")?.as_str()?;
        self.schema.pointer(name.strip_prefix('#')?)
    }

    /// Whether a value is of the type of an alternative.
    fn may_be(self, part: &'static Value, node: &Node) -> bool {
        let part = self.target(part).unwrap_or(part);
        let types = part.get("type").or_else(|| part.pointer("/allOf/0/type"));
        match types {
            Some(types) => is_of_type(types, node, self.text),
            None => !part.as_object().is_some_and(|part| part.contains_key("enum")),
        }
    }

    /// Whether the condition of an `if` holds; of the keywords that the schemas use there.
    fn holds(self, condition: &Value, node: &Node) -> bool {
        let required = condition.get("required").and_then(Value::as_array).into_iter().flatten();
        let has = |name: &Value| name.as_str().is_some_and(|name| node.member(name).is_some());
        let properties = condition.get("properties").and_then(Value::as_object).into_iter().flatten();
        let fits = |(name, schema): (&String, &Value)| {
            node.member(name).is_none_or(|member| self.holds(schema, &member.value))
        };
        let is_constant = |constant: &Value| {
            constant.as_str().is_some_and(|constant| node.string(self.text).is_some_and(|it| it == constant))
        };
        required.into_iter().all(has)
            && properties.into_iter().all(fits)
            && condition.get("const").is_none_or(is_constant)
            && condition.get("type").is_none_or(|types| is_of_type(types, node, self.text))
            && condition.get("not").is_none_or(|not| !self.holds(not, node))
    }
}

/// Whether a value is of one of the types that `type` names.
pub(in crate::check) fn is_of_type(types: &Value, node: &Node, text: &str) -> bool {
    let is = |name: &Value| match (name.as_str().unwrap_or_default(), &node.value) {
        ("object", value) => matches!(value, NodeValue::Object(_)),
        ("array", value) => matches!(value, NodeValue::Array(_)),
        ("string", value) => matches!(value, NodeValue::Scalar(Scalar::String)),
        ("number", value) => matches!(value, NodeValue::Scalar(Scalar::Number)),
        ("integer", NodeValue::Scalar(Scalar::Number)) => {
            !node.span.of(text).contains(['.', 'e', 'E', 'N', 'I'])
        }
        ("boolean", value) => matches!(value, NodeValue::Scalar(Scalar::Bool)),
        ("null", value) => matches!(value, NodeValue::Scalar(Scalar::Null)),
        _ => false,
    };
    match types {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
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

    #[test]
    fn conditions_of_the_schemas_hold_no_keyword_that_is_not_judged() {
        fn conditions<'v>(schema: &'v Value, found: &mut Vec<&'v Value>) {
            match schema {
                Value::Object(members) => {
                    found.extend(members.get("if"));
                    members.values().for_each(|value| conditions(value, found));
                }
                Value::Array(items) => items.iter().for_each(|item| conditions(item, found)),
                _ => {}
            }
        }
        fn keywords<'v>(condition: &'v Value, found: &mut Vec<&'v str>) {
            for (name, value) in condition.as_object().into_iter().flatten() {
                found.push(name);
                match name.as_str() {
                    "properties" => value.as_object().unwrap().values().for_each(|it| keywords(it, found)),
                    "not" => keywords(value, found),
                    _ => {}
                }
            }
        }
        let mut found = Vec::new();
        for kind in [DocumentKind::Webhook, DocumentKind::Connection] {
            let (mut all, schema) = (Vec::new(), crate::check::schema::schema(kind).unwrap());
            conditions(schema, &mut all);
            assert!(all.len() > 10);
            all.into_iter().for_each(|condition| keywords(condition, &mut found));
        }
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, ["const", "not", "properties", "required", "type"]);
    }
}
