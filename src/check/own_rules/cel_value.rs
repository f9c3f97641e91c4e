//! What CEL reads: a document as `self`, `key` and `kind`; the settings of an application by their first names.

use std::collections::HashMap;
use std::sync::Arc;

use cel::Context;
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt,
};
use cel::common::value::Val;

use super::expression::ExpressionNames;
use super::meter::{FUNCTIONS, METER, Meter};
use crate::domain::ResourceKey;
use crate::domain::json::{Node, NodeValue, Scalar, parse, unquote};

/// The largest document that own rules judge, in bytes, and its deepest nesting.
const MAX_DOCUMENT: usize = 256 * 1024;
const MAX_NESTING: usize = 64;

/// The steps that a rule has for any document, and for each of its bytes. A step takes some 50 ns, and a rule that
/// looks at each member once takes two or three for a byte.
const STEPS: u64 = 20_000;
const STEPS_A_BYTE: u64 = 32;

/// The names in an expression over a document.
const NAMES: [&str; 3] = ["self", "key", "kind"];

pub(super) const DOCUMENT: ExpressionNames<'_> = ExpressionNames::Only(&NAMES);

/// The variables of expressions.
pub(super) struct CelScope<'t> {
    context: Context<'t, 't>,
    bytes: usize,
}

impl<'t> CelScope<'t> {
    /// Reads a document; nothing if it is none that a receiver can use.
    ///
    /// # Errors
    /// Why it cannot be judged: "is larger than …".
    pub(super) fn of_document(key: &'t ResourceKey, text: &'t str) -> Result<Option<Self>, String> {
        let (namespace, id, kind) = match key {
            ResourceKey::Webhook { namespace, id } => (namespace.as_str(), id.as_str(), "webhook"),
            ResourceKey::Connection { name } => ("", name.as_str(), "connection"),
            ResourceKey::Foreign { .. } => return Ok(None),
        };
        if text.len() > MAX_DOCUMENT {
            return Err(format!("is larger than {} KiB", MAX_DOCUMENT / 1024));
        }
        let Some(root) = parse(text).ok().filter(|root| matches!(root.value, NodeValue::Object(_))) else {
            return Ok(None);
        };
        let document = value(&root, text, MAX_NESTING)
            .ok_or_else(|| format!("nests deeper than {MAX_NESTING} levels"))?;
        let text_of = |text: &'t str| -> Box<dyn Val + 't> { Box::new(CelString::from(text)) };
        let address: Box<dyn Val + 't> = Box::new(CelString::from(key.to_string()));
        let parts = [("namespace", text_of(namespace)), ("id", text_of(id)), ("address", address)];
        let parts: HashMap<_, _> =
            parts.into_iter().map(|(name, part)| (CelMapKey::from(name), part)).collect();
        let mut context = Context::with_env(Arc::clone(&FUNCTIONS));
        let values = [document, Box::new(CelMap::from(parts)), text_of(kind)];
        for (name, value) in NAMES.into_iter().zip(values) {
            context.add_variable_as_val(name, value);
        }
        Ok(Some(Self { context, bytes: text.len() }))
    }

    /// Variables with their values.
    ///
    /// # Errors
    /// As [`Self::of_document`].
    #[cfg(feature = "applications")]
    pub(super) fn of_values<'n>(
        values: impl Iterator<Item = (&'n str, &'t serde_json::Value)>,
    ) -> Result<Self, String> {
        let (mut context, mut bytes) = (Context::with_env(Arc::clone(&FUNCTIONS)), 0);
        for (name, value) in values {
            let read = of_json(value, MAX_NESTING, &mut bytes);
            let read = read.ok_or_else(|| format!("nests deeper than {MAX_NESTING} levels"))?;
            if bytes > MAX_DOCUMENT {
                return Err(format!("is larger than {} KiB", MAX_DOCUMENT / 1024));
            }
            context.add_variable_as_val(name, read);
        }
        Ok(Self { context, bytes })
    }

    /// How many steps a rule has for it.
    pub(super) fn steps(&self) -> u64 {
        let bytes = u64::try_from(self.bytes).unwrap_or(u64::MAX);
        STEPS.saturating_add(bytes.saturating_mul(STEPS_A_BYTE))
    }

    /// What an expression is evaluated in.
    pub(super) fn measured_by(&mut self, meter: &Meter) -> &Context<'t, 't> {
        self.context.add_variable_as_val(METER, Box::new(meter.clone()));
        &self.context
    }
}

/// A value of the document; `None` if it nests deeper than this.
fn value<'t>(node: &Node, text: &'t str, deeper: usize) -> Option<Box<dyn Val + 't>> {
    let written = node.span.of(text);
    Some(match &node.value {
        NodeValue::Object(members) => {
            let deeper = deeper.checked_sub(1)?;
            // Of duplicate members the last wins, as it does in a map.
            let member = |member: &crate::domain::json::Member| {
                let name = CelMapKey::String(string(member.key.of(text)));
                Some((name, value(&member.value, text, deeper)?))
            };
            Box::new(CelMap::from(members.iter().map(member).collect::<Option<HashMap<_, _>>>()?))
        }
        NodeValue::Array(items) => {
            let deeper = deeper.checked_sub(1)?;
            let items = items.iter().map(|item| value(item, text, deeper)).collect::<Option<Vec<_>>>()?;
            Box::new(CelList::from(items))
        }
        NodeValue::Scalar(Scalar::String) => Box::new(string(written)),
        NodeValue::Scalar(Scalar::Number) => number(written),
        NodeValue::Scalar(Scalar::Bool) => Box::new(CelBool::from(written == "true")),
        NodeValue::Scalar(Scalar::Null) => Box::new(CelNull),
    })
}

/// A value that has been read already; `bytes` grows by about what it takes as text.
#[cfg(feature = "applications")]
fn of_json<'t>(value: &'t serde_json::Value, deeper: usize, bytes: &mut usize) -> Option<Box<dyn Val + 't>> {
    use serde_json::Value;

    *bytes += value.as_str().map_or(4, |text| text.len() + 2);
    Some(match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(flag) => Box::new(CelBool::from(*flag)),
        Value::Number(written) => number(&written.to_string()),
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(items) => {
            let deeper = deeper.checked_sub(1)?;
            let items = items.iter().map(|item| of_json(item, deeper, bytes)).collect::<Option<Vec<_>>>()?;
            Box::new(CelList::from(items))
        }
        Value::Object(members) => {
            let deeper = deeper.checked_sub(1)?;
            let mut member = |(name, value): (&'t String, &'t Value)| {
                *bytes += name.len() + 4;
                Some((CelMapKey::from(name.as_str()), of_json(value, deeper, bytes)?))
            };
            Box::new(CelMap::from(members.iter().map(&mut member).collect::<Option<HashMap<_, _>>>()?))
        }
    })
}

/// A string that holds half a surrogate pair, which CEL cannot hold, stays as it is written.
fn string(quoted: &str) -> CelString<'_> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    CelString::from(unquote(quoted).unwrap_or(inner.into()))
}

/// A whole number is an `int`, or an `uint` where that is too small; what needs more than 64 bits, and all others,
/// are `double`.
fn number(written: &str) -> Box<dyn Val> {
    if let Ok(int) = written.parse::<i64>() {
        return Box::new(CelInt::from(int));
    }
    if let Ok(uint) = written.parse::<u64>() {
        return Box::new(CelUInt::from(uint));
    }
    let double = match written {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        // Python's JSON reads what is too large as infinity, and so does this.
        _ => written.parse().unwrap_or(f64::NAN),
    };
    Box::new(CelDouble::from(double))
}
