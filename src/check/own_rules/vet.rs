//! The vetting of an expression: what it may say, and the calls that measure what it costs.
//!
//! Each place that takes more than a step is measured before it is evaluated: what a loop loops over with the size
//! of its body, and all that is compared, searched, copied or put into a list with its own size.

use std::collections::BTreeSet;
use std::mem;

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators,
};
use cel::common::types::CelInt;
use regex::{Regex, RegexBuilder};

use super::OwnRuleMistake;
use super::expression::ExpressionNames;
use super::meter::{KEY, LOOPED, MATCHES, METER, WEIGHED};

/// The deepest nesting of an expression.
pub(super) const MAX_NESTING: u16 = 32;

/// The deepest nesting of loops in each other.
const MAX_LOOPS: usize = 2;

/// The largest compiled pattern, in bytes.
const MAX_PATTERN: usize = 256 * 1024;

/// Names of types, to which `type(…)` is compared.
const TYPES: [&str; 9] = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "uint"];

/// Functions that may be called, `f(x)` or `x.f()`.
const FUNCTIONS: [&str; 13] = [
    "bool",
    "bytes",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "int",
    "matches",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
];

/// What the parser has made of loops; as functions they are called with other arguments than they take.
const MACROS: [&str; 7] = ["all", "exists", "existsOne", "exists_one", "filter", "has", "map"];

/// Operators whose operands are no more than looked at.
const CHEAP: [&str; 5] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::NOT_STRICTLY_FALSE,
];

/// Operators whose operands are read.
const OPERATORS: [&str; 13] = [
    operators::ADD,
    operators::SUBSTRACT,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::NEGATE,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::IN,
];

type Vetting<T = ()> = Result<T, OwnRuleMistake>;

/// What is known of an expression that may be evaluated.
pub(super) struct Vetted {
    pub(super) patterns: Vec<Regex>,
    pub(super) nodes: u64,
    /// The names in it that are not its own.
    pub(super) variables: BTreeSet<String>,
}

/// Vets an expression and lets it be measured.
pub(super) fn vet(expr: &mut IdedExpr, places: &SourceInfo, known: &ExpressionNames<'_>) -> Vetting<Vetted> {
    let vetted = Vetted { patterns: Vec::new(), nodes: 0, variables: BTreeSet::new() };
    let mut vetter = Vetter { places, known, names: Vec::new(), loops: 0, depth: 0, vetted };
    vetter.vet(expr)?;
    Ok(vetter.vetted)
}

struct Vetter<'e> {
    places: &'e SourceInfo,
    known: &'e ExpressionNames<'e>,
    /// The names that the loops around have made.
    names: Vec<String>,
    loops: usize,
    depth: u16,
    vetted: Vetted,
}

impl Vetter<'_> {
    fn mistake<T>(&self, id: u64, reason: String) -> Vetting<T> {
        let at = self.places.offset_for(id).and_then(|(start, _)| usize::try_from(start).ok());
        Err(OwnRuleMistake { at, reason })
    }

    /// A mistake in a call, whose own place is that of its bracket: told where its name stands.
    fn mistaken_call<T>(&self, id: u64, name: &str, reason: String) -> Vetting<T> {
        self.mistake(id, reason).map_err(|mistake: OwnRuleMistake| {
            let before = mistake.at.and_then(|at| self.places.source.get(..at));
            OwnRuleMistake { at: before.and_then(|before| before.rfind(name)).or(mistake.at), ..mistake }
        })
    }

    fn vet(&mut self, expr: &mut IdedExpr) -> Vetting {
        if self.depth >= MAX_NESTING {
            return self.mistake(expr.id, format!("it nests deeper than {MAX_NESTING} levels"));
        }
        self.depth += 1;
        self.vetted.nodes += 1;
        self.vet_inner(expr)?;
        self.depth -= 1;
        Ok(())
    }

    fn vet_inner(&mut self, expr: &mut IdedExpr) -> Vetting {
        let id = expr.id;
        match &mut expr.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.vet_name(id, name),
            Expr::Select(select) => self.vet(&mut select.operand),
            Expr::List(list) => list.elements.iter_mut().try_for_each(|element| self.weigh(element)),
            Expr::Map(map) => map.entries.iter_mut().try_for_each(|entry| match &mut entry.expr {
                EntryExpr::MapEntry(entry) => {
                    self.weigh(&mut entry.key).and_then(|()| self.weigh(&mut entry.value))
                }
                EntryExpr::StructField(_) => self.mistake(id, "it makes a struct, and there are none".into()),
            }),
            Expr::Comprehension(comprehension) => self.vet_loop(id, comprehension),
            Expr::Call(call) => {
                if call.func_name == "matches" {
                    let call = mem::take(call);
                    expr.expr = self.vet_pattern(id, call)?;
                    return Ok(());
                }
                self.vet_call(id, call)
            }
            Expr::Struct(_) => self.mistake(id, "it makes a struct, and there are none".into()),
            Expr::Unspecified => self.mistake(id, "a part of it is missing".into()),
        }
    }

    fn vet_name(&mut self, id: u64, name: &str) -> Vetting {
        let is_own = self.names.iter().any(|known| known == name) || name.starts_with('@');
        if is_own || (TYPES.contains(&name) && !self.known.holds(name)) {
            return Ok(());
        }
        match self.known.refuse(name).filter(|_| !self.known.holds(name)) {
            Some(reason) => self.mistake(id, reason),
            None => {
                self.vetted.variables.insert(name.to_owned());
                Ok(())
            }
        }
    }

    fn vet_call(&mut self, id: u64, call: &mut CallExpr) -> Vetting {
        let CallExpr { func_name: name, target, args } = call;
        if name == operators::INDEX {
            let mut operands = args.iter_mut();
            if let Some(indexed) = operands.next() {
                self.vet(indexed)?;
            }
            return operands.try_for_each(|index| {
                self.vet(index)?;
                wrap(index, KEY, Vec::new());
                Ok(())
            });
        }
        if CHEAP.contains(&name.as_str()) {
            return args.iter_mut().try_for_each(|arg| self.vet(arg));
        }
        if MACROS.contains(&name.as_str()) {
            let reason = format!("{name} takes other arguments: list.exists(x, …), has(self.name)");
            return self.mistaken_call(id, name, reason);
        }
        if !OPERATORS.contains(&name.as_str()) && !FUNCTIONS.contains(&name.as_str()) {
            let reason = format!("there is no function {name:?}; there are {}", FUNCTIONS.join(", "));
            return self.mistaken_call(id, name, reason);
        }
        target.iter_mut().map(AsMut::as_mut).chain(args).try_for_each(|operand| self.weigh(operand))
    }

    /// `text.matches("pattern")`: patterns are compiled once, and are no part of a document.
    fn vet_pattern(&mut self, id: u64, call: CallExpr) -> Vetting<Expr> {
        let mut operands: Vec<_> = call.target.map(|target| *target).into_iter().chain(call.args).collect();
        let (Some(pattern), Some(mut text), None) = (operands.pop(), operands.pop(), operands.pop()) else {
            let reason = "matches takes a text and a pattern: self.topic.matches(\"^a\")";
            return self.mistaken_call(id, "matches", reason.into());
        };
        let Expr::Literal(LiteralValue::String(written)) = &pattern.expr else {
            return self
                .mistake(pattern.id, "the pattern of matches has to be written in the expression".into());
        };
        let compiled =
            RegexBuilder::new(written.inner()).size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN).build();
        let compiled = match compiled {
            Ok(compiled) => compiled,
            Err(regex::Error::CompiledTooBig(_)) => {
                return self.mistake(pattern.id, "the pattern is too large: let it repeat less".into());
            }
            Err(_) => {
                return self
                    .mistake(pattern.id, "the pattern is none: look at its brackets and escapes".into());
            }
        };
        self.vet(&mut text)?;
        self.vetted.patterns.push(compiled);
        let number = i64::try_from(self.vetted.patterns.len() - 1).unwrap_or_default();
        Ok(Expr::Call(CallExpr {
            func_name: MATCHES.into(),
            target: None,
            args: vec![text, meter(), int(number)],
        }))
    }

    fn vet_loop(&mut self, id: u64, comprehension: &mut ComprehensionExpr) -> Vetting {
        if self.loops >= MAX_LOOPS {
            return self.mistake(id, format!("more than {MAX_LOOPS} loops stand in each other"));
        }
        let ComprehensionExpr { iter_range, iter_var, loop_step, .. } = comprehension;
        self.vet(iter_range)?;
        self.names.push(iter_var.clone());
        self.loops += 1;
        let before = self.vetted.nodes;
        self.vet_step(loop_step)?;
        let nodes = i64::try_from(self.vetted.nodes - before).unwrap_or(i64::MAX);
        self.loops -= 1;
        self.names.pop();
        // With what the loop does itself for each element.
        wrap(iter_range, LOOPED, vec![meter(), int(nodes.saturating_add(4))]);
        Ok(())
    }

    /// What a loop does for each element. Its shape is known to the interpreter, which would copy what it has
    /// gathered for each element otherwise: `@result + [x]`, `c ? @result + [x] : @result`, `@result || x`.
    fn vet_step(&mut self, step: &mut IdedExpr) -> Vetting {
        match &mut step.expr {
            Expr::Call(CallExpr { func_name, args, .. })
                if func_name == operators::ADD || func_name == operators::CONDITIONAL =>
            {
                args.iter_mut().try_for_each(|arg| match &arg.expr {
                    Expr::Call(call) if call.func_name == operators::ADD && is_result(call.args.first()) => {
                        self.vet_step(arg)
                    }
                    _ => self.vet(arg),
                })
            }
            _ => self.vet(step),
        }
    }

    /// Vets what is read or copied, and lets it be weighed.
    fn weigh(&mut self, expr: &mut IdedExpr) -> Vetting {
        self.vet(expr)?;
        if !matches!(expr.expr, Expr::Literal(_)) {
            wrap(expr, WEIGHED, vec![meter()]);
        }
        Ok(())
    }
}

/// Whether it is what a loop has gathered.
fn is_result(expr: Option<&IdedExpr>) -> bool {
    matches!(expr.map(|expr| &expr.expr), Some(Expr::Ident(name)) if name.starts_with('@'))
}

/// Makes `function(expr, rest…)` of an expression.
fn wrap(expr: &mut IdedExpr, function: &str, rest: Vec<IdedExpr>) {
    let (id, inner) = (expr.id, mem::take(expr));
    let args = std::iter::once(inner).chain(rest).collect();
    *expr = IdedExpr { id, expr: Expr::Call(CallExpr { func_name: function.into(), target: None, args }) };
}

fn meter() -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Ident(METER.into()) }
}

fn int(number: i64) -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Int(CelInt::from(number))) }
}
