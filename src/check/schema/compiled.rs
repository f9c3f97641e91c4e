//! A schema in which all that it refers to is found already, and conditions are read: documents are compared with
//! it a dozen times each.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;
use smallvec::SmallVec;

use crate::domain::DocumentKind;
use crate::domain::json::{Node, NodeValue, Scalar};

/// A part of a [`CompiledSchema`], by its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartId(usize);

/// A schema, and all that are in it.
#[derive(Debug)]
pub(super) struct CompiledSchema {
    parts: Vec<CompiledPart>,
    settings: HashMap<&'static str, PartId>,
}

#[derive(Debug)]
pub(super) struct CompiledPart {
    /// As it is written.
    pub(super) schema: &'static Value,
    members: HashMap<&'static str, PartId>,
    /// What all members of other names are, where names are free.
    pub(super) other_members: Option<PartId>,
    pub(super) items: Option<PartId>,
    /// Whether it says anything itself.
    says: bool,
    applied: Vec<Applied>,
}

/// Another part that is applied to the same value.
#[derive(Debug)]
enum Applied {
    Always(PartId),
    /// To a value of one of these types, if any are named.
    Alternative(PartId, Option<&'static Value>),
    If {
        condition: IfCondition,
        then: Option<PartId>,
        or_else: Option<PartId>,
    },
}

/// The condition of an `if`: of the keywords that the schemas use there.
#[derive(Debug, Default)]
struct IfCondition {
    required: Vec<&'static str>,
    properties: Vec<(&'static str, IfCondition)>,
    /// A text; `None` in it for a constant of another type, which no value is here.
    constant: Option<Option<&'static str>>,
    types: Option<&'static Value>,
    not: Option<Box<IfCondition>>,
}

impl CompiledSchema {
    /// The schema of a kind of document.
    pub(super) fn of(kind: DocumentKind) -> Option<&'static Self> {
        static WEBHOOKS: OnceLock<CompiledSchema> = OnceLock::new();
        static CONNECTIONS: OnceLock<CompiledSchema> = OnceLock::new();
        let schema = super::schema(kind)?;
        let compiled = if kind == DocumentKind::Connection { &CONNECTIONS } else { &WEBHOOKS };
        Some(compiled.get_or_init(|| Self::compile(schema)))
    }

    fn compile(schema: &'static Value) -> Self {
        let mut compiler = Compiler { root: schema, known: HashMap::new(), parts: Vec::new() };
        compiler.part(schema);
        let settings = schema.pointer("/$defs/module_config").and_then(Value::as_object);
        let settings = settings.into_iter().flatten().filter(|(_, settings)| settings.is_object());
        let settings = settings.map(|(name, settings)| (name.as_str(), compiler.part(settings))).collect();
        Self { parts: compiler.parts, settings }
    }

    /// What describes a whole document.
    pub(super) fn root(&self) -> PartId {
        PartId(0)
    }

    /// What describes the settings of a module.
    pub(super) fn settings_of(&self, module: &str) -> Option<PartId> {
        self.settings.get(module).copied()
    }

    /// Adds a part and those that it applies to a value.
    pub(super) fn expand(
        &'static self,
        PartId(at): PartId,
        text: &str,
        node: &Node,
        out: &mut SmallVec<[&'static CompiledPart; 4]>,
    ) {
        let Some(part) = self.parts.get(at) else { return };
        if part.says {
            out.push(part);
        }
        for applied in &part.applied {
            let applied = match applied {
                Applied::Always(part) => Some(*part),
                Applied::Alternative(part, types) => {
                    types.is_none_or(|types| is_of_type(types, node, text)).then_some(*part)
                }
                Applied::If { condition, then, or_else } => {
                    if condition.holds(text, node) {
                        *then
                    } else {
                        *or_else
                    }
                }
            };
            if let Some(applied) = applied {
                self.expand(applied, text, node, out);
            }
        }
    }
}

impl CompiledPart {
    pub(super) fn member(&self, name: &str) -> Option<PartId> {
        self.members.get(name).copied()
    }
}

struct Compiler {
    root: &'static Value,
    /// The parts by the addresses of their schemas: a step is made of steps.
    known: HashMap<*const Value, PartId>,
    parts: Vec<CompiledPart>,
}

impl Compiler {
    fn part(&mut self, schema: &'static Value) -> PartId {
        if let Some(known) = self.known.get(&std::ptr::from_ref(schema)) {
            return *known;
        }
        let id = PartId(self.parts.len());
        self.known.insert(std::ptr::from_ref(schema), id);
        let says = |name: &String| !matches!(name.as_str(), "if" | "then" | "else" | "allOf");
        self.parts.push(CompiledPart {
            schema,
            members: HashMap::new(),
            other_members: None,
            items: None,
            says: schema.as_object().is_none_or(|schema| schema.keys().any(says)),
            applied: Vec::new(),
        });
        let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let members = members.map(|(name, schema)| (name.as_str(), self.part(schema))).collect();
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        let other_members = others.map(|others| self.part(others));
        let items = schema.get("items").map(|items| self.part(items));
        let applied = self.applied(schema);
        if let Some(part) = self.parts.get_mut(id.0) {
            *part = CompiledPart { members, other_members, items, applied, ..*part };
        }
        id
    }

    fn applied(&mut self, schema: &'static Value) -> Vec<Applied> {
        let all = |name| schema.get(name).and_then(Value::as_array).into_iter().flatten();
        let target = self.target(schema).map(|target| Applied::Always(self.part(target)));
        let mut applied: Vec<_> = target.into_iter().collect();
        applied.extend(all("allOf").map(|part| Applied::Always(self.part(part))));
        for part in all("anyOf").chain(all("oneOf")) {
            let what = self.target(part).unwrap_or(part);
            let types = what.get("type").or_else(|| what.pointer("/allOf/0/type"));
            // One of a few values is described by the words of its schema alone.
            if types.is_some() || what.get("enum").is_none() {
                applied.push(Applied::Alternative(self.part(part), types));
            }
        }
        if let Some(condition) = schema.get("if") {
            let mut branch = |name| schema.get(name).map(|branch| self.part(branch));
            let (then, or_else) = (branch("then"), branch("else"));
            applied.push(Applied::If { condition: IfCondition::of(condition), then, or_else });
        }
        applied
    }

    /// What a `$ref` within the schema names.
    fn target(&self, schema: &Value) -> Option<&'static Value> {
        let name = schema.get("$ref")?.as_str()?;
        self.root.pointer(name.strip_prefix('#')?)
    }
}

impl IfCondition {
    fn of(condition: &'static Value) -> Self {
        let required = condition.get("required").and_then(Value::as_array).into_iter().flatten();
        let properties = condition.get("properties").and_then(Value::as_object).into_iter().flatten();
        Self {
            required: required.filter_map(Value::as_str).collect(),
            properties: properties.map(|(name, value)| (name.as_str(), Self::of(value))).collect(),
            constant: condition.get("const").map(Value::as_str),
            types: condition.get("type"),
            not: condition.get("not").map(|not| Box::new(Self::of(not))),
        }
    }

    fn holds(&self, text: &str, node: &Node) -> bool {
        let fits = |(name, condition): &(&str, Self)| {
            node.member(name).is_none_or(|member| condition.holds(text, &member.value))
        };
        let is_constant = |constant: Option<&str>| {
            constant.is_some_and(|constant| node.string(text).is_some_and(|it| it == constant))
        };
        self.required.iter().all(|name| node.member(name).is_some())
            && self.properties.iter().all(fits)
            && self.constant.is_none_or(is_constant)
            && self.types.is_none_or(|types| is_of_type(types, node, text))
            && self.not.as_ref().is_none_or(|not| !not.holds(text, node))
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
