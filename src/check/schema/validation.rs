//! Where a document does not fit its schema: one violation a place, whatever the schema says of it in how many
//! ways.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Map, Number, Value};

use crate::domain::DocumentKind;
use crate::domain::json::{Node, NodeValue, PathStep, Scalar};

/// The most items of an array and members of an object that are validated; the schemas allow 20 steps, and know
/// fewer members. Further members are validated if the schema knows their names.
pub(super) const MAX_WIDTH: usize = 200;

/// How deep documents are validated; the schemas describe no value below the tenth level.
const MAX_DEPTH: usize = 24;

/// A place where a document does not fit its schema.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::check) struct Violation {
    /// The steps to the value.
    pub(in crate::check) path: Vec<PathStep<'static>>,
    pub(in crate::check) kind: ViolationKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(in crate::check) enum ViolationKind {
    /// The value there is not what the schema describes.
    Wrong,
    /// Each of these members of the object there would do, and none is there.
    Missing(Vec<String>),
    /// More than one of these members of the object are there.
    TooMany(Vec<String>),
}

/// All violations of a document, in the order in which the schema finds them, at most `limit`.
pub(in crate::check) fn violations(
    kind: DocumentKind,
    text: &str,
    root: &Node,
    limit: usize,
) -> Vec<Violation> {
    let (Some(schema), Some(validator)) = (super::schema(kind), validator(kind)) else { return Vec::new() };
    let mut document = plain(text, root, known_names(kind), 0);
    // A chain replaces the module, at which nobody looks then.
    if let Some(document) = document.as_object_mut()
        && document.get("chain").is_some_and(Value::is_array)
    {
        document.shift_remove("module");
    }
    if validator.is_valid(&document) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for error in validator.iter_errors(&document) {
        collect(schema, &error, &mut found);
        if found.len() >= limit {
            break;
        }
    }
    let mut places = HashSet::new();
    found.retain(|violation| {
        let name = match &violation.kind {
            ViolationKind::Missing(names) => names.first().cloned(),
            ViolationKind::Wrong | ViolationKind::TooMany(_) => None,
        };
        places.insert((violation.path.clone(), name))
    });
    found.truncate(limit);
    found
}

/// The compiled schema: its patterns take linear time, and it reads nothing from elsewhere.
fn validator(kind: DocumentKind) -> Option<&'static Validator> {
    static WEBHOOKS: OnceLock<Option<Validator>> = OnceLock::new();
    static CONNECTIONS: OnceLock<Option<Validator>> = OnceLock::new();
    let compile = || {
        let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex());
        options.should_validate_formats(true).build(super::schema(kind)?).ok()
    };
    match kind {
        DocumentKind::Webhook => WEBHOOKS.get_or_init(compile).as_ref(),
        DocumentKind::Connection => CONNECTIONS.get_or_init(compile).as_ref(),
        DocumentKind::Unknown => None,
    }
}

/// The names of all members that a schema knows anywhere.
fn known_names(kind: DocumentKind) -> &'static HashSet<&'static str> {
    fn gather(schema: &'static Value, names: &mut HashSet<&'static str>) {
        match schema {
            Value::Object(members) => {
                let properties = members.get("properties").and_then(Value::as_object);
                names.extend(properties.into_iter().flat_map(Map::keys).map(String::as_str));
                members.values().for_each(|value| gather(value, names));
            }
            Value::Array(items) => items.iter().for_each(|item| gather(item, names)),
            _ => {}
        }
    }
    static NAMES: OnceLock<[HashSet<&'static str>; 2]> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        [DocumentKind::Webhook, DocumentKind::Connection].map(|kind| {
            let mut names = HashSet::new();
            if let Some(schema) = super::schema(kind) {
                gather(schema, &mut names);
            }
            names
        })
    });
    let [webhook, connection] = names;
    if kind == DocumentKind::Connection { connection } else { webhook }
}

/// The document as the receiver reads it, as far as it is validated. The receiver takes nearly all members that
/// are null for absent ones, and what becomes of the others has rules of its own; it strips the names of modules.
fn plain(text: &str, node: &Node, known: &HashSet<&str>, depth: usize) -> Value {
    match &node.value {
        NodeValue::Object(_) if depth < MAX_DEPTH => {
            let last = node.last_members().into_iter();
            let members = last.filter(|member| !member.value.is_null()).enumerate();
            let kept = members.filter(|(at, member)| *at < MAX_WIDTH || known.contains(&*member.name));
            let plain = kept.map(|(_, member)| {
                let value = match plain(text, &member.value, known, depth + 1) {
                    Value::String(module) if member.name == "module" => module.trim().into(),
                    value => value,
                };
                (member.name.clone(), value)
            });
            Value::Object(plain.collect())
        }
        NodeValue::Array(items) if depth < MAX_DEPTH => {
            let kept = items.iter().take(MAX_WIDTH);
            Value::Array(kept.map(|item| plain(text, item, known, depth + 1)).collect())
        }
        NodeValue::Object(_) | NodeValue::Array(_) | NodeValue::Scalar(Scalar::Null) => Value::Null,
        NodeValue::Scalar(Scalar::String) => {
            Value::String(node.string(text).unwrap_or_default().into_owned())
        }
        NodeValue::Scalar(Scalar::Bool) => Value::Bool(node.span.of(text) == "true"),
        NodeValue::Scalar(Scalar::Number) => Value::Number(number(node.span.of(text))),
    }
}

/// A number of the same type that is in the same ranges: no schema has a limit beyond those of an `f64`.
fn number(text: &str) -> Number {
    let far = if text.starts_with('-') { f64::MIN } else { f64::MAX };
    let rounded = || match text.parse::<f64>() {
        Ok(number) if number.is_finite() => number,
        Ok(number) if number.is_nan() => 0.5,
        _ => far,
    };
    let whole = text.parse::<i64>().map(Number::from);
    whole.ok().or_else(|| Number::from_f64(rounded())).unwrap_or_else(|| Number::from(0))
}

fn collect(schema: &Value, error: &ValidationError<'_>, found: &mut Vec<Violation>) {
    use ValidationErrorKind as Kind;
    let mut push = |kind| found.push(Violation { path: path(error), kind });
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            alternatives(schema, error, context, found);
        }
        Kind::OneOfMultipleValid { .. } => {
            let branches = schema.pointer(error.schema_path().as_str()).and_then(Value::as_array);
            let name = |branch: &Value| branch.pointer("/required/0")?.as_str().map(str::to_owned);
            push(ViolationKind::TooMany(branches.into_iter().flatten().filter_map(name).collect()));
        }
        Kind::Required { property } => {
            push(ViolationKind::Missing(vec![property.as_str().unwrap_or_default().to_owned()]));
        }
        // Members that are not known have rules of their own.
        Kind::AdditionalProperties { .. } => {}
        _ => push(ViolationKind::Wrong),
    }
}

/// Of several alternatives, what is wrong in the one that was meant; else that none of them is there.
fn alternatives(
    schema: &Value,
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    found: &mut Vec<Violation>,
) {
    let here = error.instance_path().as_str();
    let is_shape = |error: &ValidationError<'_>| {
        use ValidationErrorKind::{AnyOf, Constant, Enum, Format, Not, Pattern, Type};
        let of_value = matches!(
            error.kind(),
            Type { .. } | Enum { .. } | Constant { .. } | Pattern { .. } | Format { .. }
        );
        let of_value = of_value || matches!(error.kind(), Not { .. } | AnyOf { .. });
        of_value && error.instance_path().as_str() == here
    };
    let is_missing =
        |error: &ValidationError<'_>| matches!(error.kind(), ValidationErrorKind::Required { .. });
    let mut meant = context.iter().filter(|branch| !branch.iter().any(is_shape));
    // Alternatives of members, as `module` or `chain`: one that is there was meant.
    let all_missing = context.iter().all(|branch| branch.iter().any(is_missing));
    match (meant.next(), meant.next()) {
        (Some(first), Some(_)) if all_missing => missing(context, first, found),
        (Some(first), second) => {
            let present = |branch: &&Vec<ValidationError<'_>>| !branch.iter().any(is_missing);
            let branch = [Some(first), second].into_iter().flatten().find(present).unwrap_or(first);
            branch.iter().for_each(|error| collect(schema, error, found));
        }
        (None, _) => found.push(Violation { path: path(error), kind: ViolationKind::Wrong }),
    }
}

fn missing(
    context: &[Vec<ValidationError<'static>>],
    first: &[ValidationError<'static>],
    found: &mut Vec<Violation>,
) {
    let missing = |error: &ValidationError<'_>| match error.kind() {
        ValidationErrorKind::Required { property } => {
            let mut path = path(error);
            path.push(PathStep::Member(property.as_str().unwrap_or_default().to_owned().into()));
            Some(path)
        }
        _ => None,
    };
    let Some(mut place) = first.iter().find_map(missing) else { return };
    place.pop();
    let names = context.iter().flatten().filter_map(missing).filter_map(|mut path| match path.pop() {
        Some(PathStep::Member(name)) if path == place => Some(name.into_owned()),
        _ => None,
    });
    let kind = ViolationKind::Missing(names.collect());
    found.push(Violation { path: place, kind });
}

fn path(error: &ValidationError<'_>) -> Vec<PathStep<'static>> {
    let step = |segment: LocationSegment<'_>| match segment {
        LocationSegment::Property(name) => PathStep::Member(Cow::Owned(name.into_owned())),
        LocationSegment::Index(at) => PathStep::Item(at),
    };
    error.instance_path().segments().map(step).collect()
}
