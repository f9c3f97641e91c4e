//! What a webhook runs: its module, or the steps of its chain.

use std::borrow::Cow;

use crate::check::DocumentInput;
use crate::check::receiver::module::{Module, module};
use crate::domain::ResourceKey;
use crate::domain::json::{Member, Node, NodeValue, Span};

/// A module with its settings, as a webhook or a step of its chain names it.
pub(super) struct ModuleRun<'d> {
    /// The number of the step; `None` for the webhook's own module.
    step: Option<usize>,
    /// The module's name, as the receiver looks it up, and where it is written.
    pub(super) name: Cow<'d, str>,
    pub(super) span: Span,
    /// What names it; a step that is a name has no members.
    object: &'d Node,
    /// The webhook's settings, over which those of a step are merged.
    base: Option<&'d Node>,
}

impl<'d> ModuleRun<'d> {
    pub(super) fn module(&self) -> Option<&'static Module> {
        module(&self.name)
    }

    pub(super) fn is_step(&self) -> bool {
        self.step.is_some()
    }

    /// A member of the webhook, or of the step.
    pub(super) fn member(&self, name: &str) -> Option<&'d Member> {
        self.object.member(name)
    }

    /// A setting of `module-config`, and the pointer to it.
    pub(super) fn setting(&self, name: &str) -> Option<(&'d Member, String)> {
        let pointer = format!("module-config.{name}");
        let own = self.member("module-config").and_then(|config| config.value.member(name));
        let own = own.map(|member| (member, self.pointer(&pointer)));
        own.or_else(|| Some((self.base?.member(name)?, pointer)))
    }

    /// The pointer to one of its members: `chain[1].connection`.
    pub(super) fn pointer(&self, member: &str) -> String {
        match self.step {
            Some(number) => format!("chain[{number}].{member}"),
            None => member.to_owned(),
        }
    }
}

/// The steps of a webhook's chain, if it has one.
pub(super) fn chain<'d>(input: &'d DocumentInput<'_>) -> Option<&'d [Node]> {
    match &webhook(input)?.member("chain")?.value.value {
        NodeValue::Array(steps) => Some(steps),
        _ => None,
    }
}

/// The object of a webhook that the receiver can use.
pub(super) fn webhook<'d>(input: &'d DocumentInput<'_>) -> Option<&'d Node> {
    if matches!(input.key, ResourceKey::Webhook { .. }) { input.root() } else { None }
}

/// The object of a connection that the receiver can use, and its type.
pub(super) fn connection<'d>(input: &'d DocumentInput<'_>) -> Option<(&'d Node, &'d str)> {
    let is_connection = matches!(input.key, ResourceKey::Connection { .. });
    input.root().filter(|_| is_connection).zip(input.facts.module.as_deref())
}

/// The modules that a webhook runs.
pub(super) fn module_runs<'d>(input: &'d DocumentInput<'_>) -> Vec<ModuleRun<'d>> {
    let Some(root) = webhook(input) else { return Vec::new() };
    let base = root.member("module-config").map(|config| &config.value);
    let run = |step, object: &'d Node, named: &'d Node| {
        let name = match named.string(input.text())? {
            Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
            Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
        };
        Some(ModuleRun { step, name, span: named.span, object, base })
    };
    let named = |object: &'d Node| object.member("module").map(|module| &module.value);
    match chain(input) {
        Some(steps) => {
            let steps = steps.iter().enumerate();
            steps.filter_map(|(at, step)| run(Some(at), step, named(step).unwrap_or(step))).collect()
        }
        None => named(root).and_then(|module| run(None, root, module)).into_iter().collect(),
    }
}
