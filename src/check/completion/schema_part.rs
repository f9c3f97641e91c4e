//! What a schema says of one value before there is any: its type, its words, its default, its description.

use std::ops::Range;

use serde_json::Value;

use crate::check::schema::{or, type_words};

/// What describes a text with a reference in it, which may stand nearly everywhere.
const REFERENCE: &str = "#/$defs/reference";

/// How many alternatives are followed into each other; the schemas nest a few.
const MAX_DEPTH: usize = 16;

/// The most words that are written out in a line.
const MAX_OPTIONS: usize = 3;

#[derive(Debug, Default)]
pub(super) struct SchemaPart {
    types: Vec<&'static str>,
    /// The values of a closed list.
    options: Vec<&'static Value>,
    /// Words that are known, among others.
    examples: Vec<&'static Value>,
    default: Option<&'static Value>,
    description: &'static str,
}

impl SchemaPart {
    pub(super) fn add(&mut self, root: &'static Value, schema: &'static Value) {
        self.add_within(root, schema, 0);
    }

    fn add_within(&mut self, root: &'static Value, schema: &'static Value, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let of = |name: &str| schema.get(name);
        let list = |name: &str| of(name).and_then(Value::as_array).into_iter().flatten();
        if let Some(target) = of("$ref").and_then(Value::as_str).filter(|target| *target != REFERENCE)
            && let Some(target) = target.strip_prefix('#').and_then(|target| root.pointer(target))
        {
            self.add_within(root, target, depth + 1);
        }
        if self.description.is_empty() {
            self.description = of("description").and_then(Value::as_str).unwrap_or_default();
        }
        self.default = self.default.or(of("default"));
        let types = of("type").into_iter().chain(list("type")).filter_map(Value::as_str);
        self.types.extend(types);
        self.options.extend(list("enum"));
        self.examples.extend(list("examples"));
        for part in ["anyOf", "oneOf", "allOf"].into_iter().flat_map(list) {
            self.add_within(root, part, depth + 1);
        }
    }

    /// The words that can stand there, each with whether it is the default.
    pub(super) fn words(&self) -> Vec<(&'static Value, bool)> {
        const BOOLEANS: [&Value; 2] = [&Value::Bool(true), &Value::Bool(false)];
        let booleans = BOOLEANS.into_iter().filter(|_| self.types.contains(&"boolean"));
        let default = self.default.filter(|default| !default.is_object() && !default.is_array());
        let known = self.options.iter().chain(&self.examples).copied();
        let mut words: Vec<(&Value, bool)> = Vec::new();
        for word in known.chain(booleans).chain(default) {
            if words.iter().all(|(known, _)| *known != word) && *word != "" {
                words.push((word, default == Some(word)));
            }
        }
        words
    }

    /// Whether it is needed, its type, its description.
    pub(super) fn detail(&self, is_needed: bool) -> String {
        let needed = if is_needed { "needed" } else { "" };
        let kind = match (self.options.len(), self.types.first()) {
            (1..=MAX_OPTIONS, _) => or(&self.options.iter().map(|word| shown(word)).collect::<Vec<_>>()),
            (0, Some(kind)) => type_words(kind).to_owned(),
            (0, None) => String::new(),
            (count, _) => format!("one of {count} words"),
        };
        let facts = [needed, &kind, self.description];
        facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    /// A value to go on with, and what of it is to be typed over.
    pub(super) fn template(&self) -> (String, Range<usize>) {
        let all = |text: String| {
            let end = text.len();
            (text, 0..end)
        };
        match (self.default, self.types.first().copied()) {
            // A word of a list is chosen next.
            _ if self.options.iter().any(|option| option.is_string()) => ("\"\"".into(), 1..1),
            (Some(default), _) if default.is_number() || default.is_boolean() => all(default.to_string()),
            (_, Some("object")) => ("{}".into(), 1..1),
            (_, Some("array")) => ("[]".into(), 1..1),
            (_, Some("boolean")) => all("true".into()),
            (_, Some("integer" | "number")) => all("0".into()),
            _ => match self.options.first() {
                Some(option) => all(option.to_string()),
                None => ("\"\"".into(), 1..1),
            },
        }
    }
}

fn shown(word: &Value) -> String {
    match word.as_str() {
        Some("") => "an empty text".into(),
        Some(word) => word.to_owned(),
        None => word.to_string(),
    }
}
