//! Expressions of own rules in a program without CEL: none can be used.

use super::OwnRuleMistake;

#[derive(Debug)]
pub(super) enum Expression {}

impl Expression {
    pub(super) fn over_document(_text: &str) -> Result<Self, OwnRuleMistake> {
        let reason =
            "own rules are not built into this program: build it with the feature \"own-rules\" of confdeck";
        Err(OwnRuleMistake::of_rule(reason))
    }
}
