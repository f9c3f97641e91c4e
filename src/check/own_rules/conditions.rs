//! Expressions over values that are no document: compiled, measured and judged as those of own rules, with the same
//! limits.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cel_value::CelScope;
use super::expression::{Evaluation, Expression, ExpressionNames};
use super::{OwnRuleMistake, on_own_stack, stack};

/// Compiles expressions over variables of these names.
pub(crate) fn compile_conditions(
    texts: &[&str],
    names: &ExpressionNames<'_>,
) -> Vec<Result<Expression, OwnRuleMistake>> {
    let compile = || texts.iter().map(|text| Expression::compile(text, names)).collect();
    on_own_stack(stack::OF_PARSER, compile)
        .unwrap_or_else(|why| texts.iter().map(|_| Err(OwnRuleMistake::of_rule(why))).collect())
}

/// What each expression says of the values of variables. Only those that an expression mentions are read.
///
/// # Errors
/// Why none can be judged: "what they read is larger than …".
pub(crate) fn judge_conditions(
    conditions: &[&Expression],
    values: &BTreeMap<&str, &Value>,
) -> Result<Vec<Evaluation>, String> {
    let judge = || {
        let mentioned = |name: &str| conditions.iter().any(|condition| condition.mentions(name));
        let read = values.iter().map(|(name, value)| (*name, *value)).filter(|(name, _)| mentioned(name));
        let mut scope = CelScope::of_values(read).map_err(|why| format!("what they read {why}"))?;
        Ok(conditions.iter().map(|condition| condition.judge(&mut scope)).collect())
    };
    on_own_stack(stack::OF_INTERPRETER, judge).unwrap_or_else(|why| Err(why.into()))
}
