//! Something to act on, and who can act.

use super::Condition;

/// Who can act on a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Something is broken, full, missing or about to be: for the operator of the store.
    Fault,
    /// The store works as intended, and withholds something from this user: for whoever grants rights.
    Rights(Right),
    /// Nothing is wrong; it could be better, or will not stay that way.
    Hint,
}

impl Cause {
    /// The word shown: `fault`, `rights`, `hint`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Rights(_) => "rights",
            Self::Hint => "hint",
        }
    }
}

/// What the missing right would permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Reading everything.
    Read,
    /// Writing.
    Write,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Who can act on it.
    pub cause: Cause,
    /// What was found, and where.
    pub text: String,
    /// What to do about it; empty where the text already says so.
    pub remedy: String,
    condition: Condition,
}

impl Finding {
    /// A fault with which the store still serves.
    pub fn fault(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Cause::Fault, Condition::Degraded, text, remedy)
    }

    /// A missing right; the store serves.
    pub fn rights(right: Right, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Cause::Rights(right), Condition::Degraded, text, remedy)
    }

    /// Something that is not a problem yet.
    pub fn hint(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Cause::Hint, Condition::Healthy, text, remedy)
    }

    fn new(cause: Cause, condition: Condition, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { cause, text: text.into(), remedy: remedy.into(), condition }
    }

    /// The same finding with another condition; a hint keeps its own.
    #[must_use]
    pub fn at(mut self, condition: Condition) -> Self {
        if self.cause != Cause::Hint {
            self.condition = condition;
        }
        self
    }

    /// The best condition that a backend with this finding can have.
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// Sorts the worst condition first; within one condition, faults before rights.
    pub(super) fn rank(&self) -> (std::cmp::Reverse<Condition>, Cause) {
        (std::cmp::Reverse(self.condition), self.cause)
    }
}
