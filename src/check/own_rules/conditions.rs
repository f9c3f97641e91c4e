//! Expressions over values that are no document: compiled, measured and judged as those of own rules, with the same
//! limits.

use std::collections::BTreeSet;

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

/// What each expression says, where `value` gives the values of its variables.
///
/// # Errors
/// Why none can be judged: "what they read is larger than …".
pub(crate) fn judge_conditions<'v>(
    conditions: &[&Expression],
    value: impl Fn(&str) -> &'v Value + Sync,
) -> Result<Vec<Evaluation>, String> {
    let judge = || {
        let names: BTreeSet<&str> = conditions.iter().flat_map(|condition| condition.variables()).collect();
        let read = names.into_iter().map(|name| (name, value(name)));
        let mut scope = CelScope::of_values(read).map_err(|why| format!("what they read {why}"))?;
        Ok(conditions.iter().map(|condition| condition.judge(&mut scope)).collect())
    };
    on_own_stack(stack::OF_INTERPRETER, judge).unwrap_or_else(|why| Err(why.into()))
}
