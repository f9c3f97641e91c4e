//! The expressions of own rules: parsed and vetted once, judged by CEL's interpreter.

use std::sync::Arc;

use cel::common::ast::IdedExpr;
use cel::common::types::CelBool;
use cel::parser::Parser;
use cel::{ExecutionError, ParseErrors, Value};
use regex::Regex;

use super::OwnRuleMistake;
use super::cel_value::{CelScope, DOCUMENT};
use super::meter::Meter;
use super::vet::{MAX_NESTING, Vetted, vet};
use crate::check::spelling::nearest;

/// The longest expression, in bytes.
const MAX_EXPRESSION: usize = 2_000;

/// The most characters of what CEL's parser says.
const MAX_REASON: usize = 120;

/// Shorter names are like each other without being meant.
const SHORTEST_MISSPELT: usize = 5;

/// The names in expressions that are not their own.
pub(crate) enum ExpressionNames<'n> {
    /// These and no others: those of a document.
    Only(&'n [&'n str]),
    /// Any, of which these are known: an unknown one that is much like a known one is misspelt.
    #[cfg_attr(not(feature = "applications"), allow(dead_code, reason = "settings have such"))]
    Any(&'n [&'n str]),
}

impl ExpressionNames<'_> {
    pub(super) fn holds(&self, name: &str) -> bool {
        let (Self::Only(known) | Self::Any(known)) = self;
        known.contains(&name)
    }

    /// Why a name is none that may stand in an expression.
    pub(super) fn refuse(&self, name: &str) -> Option<String> {
        match self {
            Self::Only(known) => Some(format!("{name:?} is not known; a document is {}", known.join(", "))),
            Self::Any(known) => {
                let near = Some(name).filter(|name| name.len() >= SHORTEST_MISSPELT);
                let near = near.and_then(|name| nearest(name, known.iter().copied()))?;
                Some(format!("{name:?} is not known, and much like {near:?}: declare it if it is meant"))
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct Expression {
    text: String,
    expr: IdedExpr,
    patterns: Arc<[Regex]>,
    nodes: u64,
    #[cfg_attr(not(feature = "applications"), expect(dead_code, reason = "a document's are always there"))]
    variables: Vec<String>,
}

/// What an expression says of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Evaluation {
    Violated,
    Fulfilled,
    /// Why it cannot tell.
    Unjudged(String),
    /// It takes more than these steps.
    TooCostly(u64),
}

impl Expression {
    pub(super) fn over_document(text: &str) -> Result<Self, OwnRuleMistake> {
        Self::compile(text, &DOCUMENT)
    }

    pub(super) fn compile(text: &str, names: &ExpressionNames<'_>) -> Result<Self, OwnRuleMistake> {
        if text.trim().is_empty() {
            return Err(OwnRuleMistake::of_rule("its expression is empty"));
        }
        if text.len() > MAX_EXPRESSION {
            let reason =
                format!("its expression has {} bytes, and at most {MAX_EXPRESSION} are taken", text.len());
            return Err(OwnRuleMistake::of_rule(reason));
        }
        let parser = Parser::new().max_recursion_depth(MAX_NESTING);
        let (mut expr, places) =
            parser.parse_with_source_info(text).map_err(|errors| mistake_of(text, &errors))?;
        let Vetted { patterns, nodes, variables } = vet(&mut expr, &places, names)?;
        let variables = variables.into_iter().collect();
        Ok(Self { text: text.to_owned(), expr, patterns: patterns.into(), nodes, variables })
    }

    /// The names in it that are not its own.
    #[cfg(feature = "applications")]
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    pub(super) fn judge(&self, scope: &mut CelScope<'_>) -> Evaluation {
        let most = scope.steps();
        let meter = Meter::new(most, Arc::clone(&self.patterns));
        let context = scope.measured_by(&meter);
        let outcome = meter.charge(self.nodes).and_then(|()| Value::resolve_val(&self.expr, context));
        if meter.is_spent() {
            return Evaluation::TooCostly(most);
        }
        match outcome {
            Ok(value) => match value.downcast_ref::<CelBool>() {
                Some(is_violated) if *is_violated.inner() => Evaluation::Violated,
                Some(_) => Evaluation::Fulfilled,
                None => {
                    Evaluation::Unjudged(format!("it gives a {}, not true or false", value.get_type().name()))
                }
            },
            Err(error) => Evaluation::Unjudged(self.words(&error)),
        }
    }

    /// An error in words, without a value of the document: of names only those that the expression says itself.
    fn words(&self, error: &ExecutionError) -> String {
        match error {
            ExecutionError::NoSuchKey(name) if self.text.contains(name.as_str()) => {
                format!("there is no member {name}")
            }
            ExecutionError::NoSuchKey(_) => "there is no member of a name that it looks for".into(),
            ExecutionError::NoSuchOverload(overload) => {
                let types = overload.argument_types().join(" and ");
                format!("{} cannot be used with {types}", overload.function().trim_matches('@'))
            }
            ExecutionError::UnexpectedType { .. } => "a value is of another type than it takes".into(),
            ExecutionError::UnsupportedBinaryOperator(operator, ..) => {
                format!("{operator} cannot be used with values of these types")
            }
            ExecutionError::FunctionError { function, .. } => format!("{function} cannot take a value"),
            ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
                "it divides by zero".into()
            }
            ExecutionError::Overflow(..) => "a number has more than 64 bits".into(),
            ExecutionError::IndexOutOfBounds(_) => "a list is shorter than it takes".into(),
            ExecutionError::DuplicateKey(_) => "it makes a map with the same key twice".into(),
            _ => "its values cannot be used this way".into(),
        }
    }
}

/// The first error of a parser that tells a place.
fn mistake_of(text: &str, errors: &ParseErrors) -> OwnRuleMistake {
    let Some(error) = errors.errors.iter().find(|error| error.pos.0 > 0).or(errors.errors.first()) else {
        return OwnRuleMistake::of_rule("it is no expression of CEL");
    };
    let at = offset(text, error.pos);
    if error.msg.contains("ecursion limit") {
        return OwnRuleMistake { at, reason: format!("it nests deeper than {MAX_NESTING} levels") };
    }
    let said = error.msg.trim_start_matches("Syntax error: ");
    let said = said.split(" expecting {").next().unwrap_or(said).replace("'<EOF>'", "its end");
    let said: String = said.chars().take(MAX_REASON).map(|c| if c.is_control() { ' ' } else { c }).collect();
    OwnRuleMistake { at, reason: format!("it is no expression of CEL: {said}") }
}

/// The byte offset of a line and a column in characters, both from 1.
fn offset(text: &str, (line, column): (isize, isize)) -> Option<usize> {
    let (line, column) = (usize::try_from(line).ok()?, usize::try_from(column).ok()?);
    let lines = text.split_inclusive('\n');
    let before: usize = lines.clone().take(line.checked_sub(1)?).map(str::len).sum();
    let within = lines.clone().nth(line - 1).unwrap_or_default();
    let at = within.char_indices().nth(column.checked_sub(1)?).map_or(within.len(), |(at, _)| at);
    Some(before + at)
}
