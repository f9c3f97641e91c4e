//! Rules that read all of a document, for the tests of what runs and shows them: they say what the document tells
//! them to.

use super::*;
use crate::domain::json::{Node, NodeValue};

pub(super) static RULES: &[Rule] = &[
    Rule {
        id: "X01",
        name: "told-error",
        severity: Severity::Error,
        reach: Reach::Document,
        summary: "a document that names an error of its own",
        check: RuleCheck::Document(|rule, input, found| told(rule, "x-error", input, found)),
    },
    Rule {
        id: "X02",
        name: "told-warning",
        severity: Severity::Warning,
        reach: Reach::Document,
        summary: "a document that names a warning of its own",
        check: RuleCheck::Document(|rule, input, found| told(rule, "x-warning", input, found)),
    },
    Rule {
        id: "X03",
        name: "told-surroundings",
        severity: Severity::Info,
        reach: Reach::Document,
        summary: "a document that asks what is around it",
        check: RuleCheck::Document(surroundings),
    },
];

/// The document if it says this anywhere.
fn root_if<'i>(input: &'i DocumentInput<'_>, name: &str) -> Option<&'i Node> {
    input.text().contains(name).then(|| input.root()).flatten()
}

fn surroundings(rule: &Rule, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    if root_if(input, "x-around").is_none() {
        return;
    }
    let around = input.around;
    let other = input.facts.module.as_deref().map(|kind| around.has_other_of_type(kind));
    let (unused, same) = (around.is_unused(), around.same_id_in());
    found.push(rule.diagnostic(format!("unused {unused}, another {other:?}, same id in {same:?}")));
}

/// One diagnostic for a member of a chain's step or of the document itself.
fn told(rule: &Rule, name: &str, input: &DocumentInput<'_>, found: &mut Vec<Diagnostic>) {
    // Other documents are not parsed for it, which tests count.
    let Some(root) = root_if(input, name) else { return };
    let steps = root.member("chain").map(|chain| &chain.value.value);
    let steps = match steps {
        Some(NodeValue::Array(steps)) => steps.as_slice(),
        _ => &[],
    };
    let of_steps = steps.iter().zip(0..).map(|(step, at)| (format!("chain[{at}]."), step));
    for (before, node) in of_steps.chain([(String::new(), root)]) {
        let Some(member) = node.member(name) else { continue };
        found.push(Diagnostic {
            span: member.key,
            place: Some(line_column(input.text(), member.key.start)),
            pointer: format!("{before}{name}"),
            remedy: "take it out",
            ..rule.diagnostic(format!("{name} is set"))
        });
    }
}
