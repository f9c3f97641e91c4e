//! Several writes as one: reviewed together and written in one commit, or not at all.

use std::collections::BTreeSet;
use std::time::Duration;

use super::own_secrets::SecretCopies;
use crate::compare::{self, Diff, DiffLine, LineTag};
use crate::console::request::RequestId;
use crate::domain::{Document, Entry, Masking, ResourceKey, Revision, SecretNames, StoreId, Token};
use crate::inventory::Inventory;
use crate::provider::{Capabilities, Expect, Lease, Op};
use crate::text::{grouped, secrets_in};

/// The most documents of one plan.
pub const MAX_STEPS: usize = 1_000;

/// The full text is shown up to this many bytes: two documents of the largest editable size.
const MAX_FULL: usize = 2 * 1024 * 1024;

#[derive(Debug)]
pub struct Plan {
    /// The sources it is built from, so that it can be rebuilt.
    pub kind: PlanKind,
    /// The store in which it was built; tokens of another store cannot be compared.
    pub store: Option<StoreId>,
    pub steps: Vec<PlanStep>,
    /// Documents left out because the plan would not change them or, in a rewrite, because they do not fit
    /// into one commit.
    pub unchanged: usize,
    pub diffs: StepDiffs,
    pub full: bool,
    pub scroll: usize,
    /// When it was opened; keys in the first 300 ms do not write.
    pub opened: Duration,
    /// The last write sent for it.
    pub sent: Option<RequestId>,
    /// The preconditions that failed, as the store reported them.
    pub conflicts: Vec<PlanConflict>,
    /// The step that can be left out.
    pub selected: usize,
    /// The steps that the user left out.
    pub left_out: BTreeSet<ResourceKey>,
    /// The steps of documents that were marked, but not on the screen; they come first.
    pub unseen: BTreeSet<ResourceKey>,
    /// The own secrets that are copied to the new names.
    pub copies: SecretCopies,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanKind {
    Delete(Vec<ResourceKey>),
    /// Each document and the key of its copy.
    Clone(Vec<(ResourceKey, ResourceKey)>),
    Rename {
        from: ResourceKey,
        to: ResourceKey,
    },
    /// The number of the write in the undo log.
    Undo(u64),
    /// Rewrites the documents unchanged, so that the receiver reads them again.
    Rewrite(Vec<ResourceKey>),
}

/// The write of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanStep {
    pub key: ResourceKey,
    /// The stored document, which is the precondition of the write; `None`: the key must not exist.
    pub before: Option<Entry>,
    /// The document to write; `None`: the key is deleted.
    pub after: Option<Document>,
    pub lease: Lease,
    /// The document whose text is copied, and its token at that time.
    pub source: Option<(ResourceKey, Token)>,
    /// An inventory older than this revision is not compared, because it lacks our own write.
    pub at: Revision,
}

/// A failed precondition. Nothing of the plan was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanConflict {
    pub key: ResourceKey,
    pub now: Option<Entry>,
}

/// Why the precondition of a step no longer holds, according to the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepConflict {
    Changed(Token),
    Deleted,
    /// It must not exist, but does.
    Exists(Token),
    /// It cannot be read, so its state is unknown.
    Hidden,
}

/// What the steps of a plan change.
#[derive(Debug)]
pub enum StepDiffs {
    /// They are being computed.
    Comparing(RequestId),
    /// One for each step.
    Ready(Vec<StepDiff>),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepDiff {
    /// By path, if both sides are text.
    pub diff: Diff,
    /// Line by line; empty if all texts together are too long to be shown.
    pub lines: Vec<DiffLine>,
    /// The number of secrets in the text to be written.
    pub secrets: usize,
    /// One side is not text, so they cannot be compared.
    pub binary: bool,
}

impl PlanStep {
    /// Deletes a stored document.
    pub fn delete(entry: Entry) -> Self {
        let key = entry.key.clone();
        Self { before: Some(entry), lease: Lease::Keep, ..Self::create(key, None) }
    }

    /// Rewrites a stored document unchanged.
    pub fn rewrite(entry: Entry) -> Self {
        let after = Some(entry.document.clone());
        Self { lease: Lease::Keep, before: Some(entry.clone()), ..Self::create(entry.key, after) }
    }

    /// Writes `after` to a key that does not exist.
    pub fn create(key: ResourceKey, after: Option<Document>) -> Self {
        Self { key, before: None, after, lease: Lease::Never, source: None, at: Revision::default() }
    }

    pub fn op(&self) -> Op {
        let expect = self.before.as_ref().map_or(Expect::Absent, |entry| Expect::Token(entry.token));
        let key = self.key.clone();
        match &self.after {
            Some(document) => Op::Put { key, document: document.clone(), expect, lease: self.lease },
            None => Op::Delete { key, expect },
        }
    }

    /// Whether it writes the document that is already stored.
    pub fn is_rewrite(&self) -> bool {
        self.before.as_ref().is_some_and(|entry| Some(&entry.document) == self.after.as_ref())
    }

    /// Bytes to write.
    pub fn size(&self) -> usize {
        self.after.as_ref().map_or(0, Document::len)
    }

    /// The conflict, if the inventory shows one.
    pub fn conflict(&self, inventory: &Inventory) -> Option<StepConflict> {
        match (&self.before, inventory.get(&self.key)) {
            (_, Some(row)) if row.revision() <= self.at => None,
            (None, Some(row)) => Some(StepConflict::Exists(row.token())),
            (Some(entry), Some(row)) => {
                (row.token() != entry.token).then(|| StepConflict::Changed(row.token()))
            }
            (_, None) if !inventory.coverage().covers(&self.key) => Some(StepConflict::Hidden),
            (Some(_), None) => (inventory.revision() >= self.at).then_some(StepConflict::Deleted),
            (None, None) => None,
        }
    }

    fn diff(&self, names: &SecretNames, with_lines: bool) -> StepDiff {
        let masking = Masking::of(&self.key, names);
        let before = self.before.as_ref().map(|entry| entry.document.text()).transpose();
        let after = self.after.as_ref().map(Document::text).transpose();
        let (Ok(before), Ok(after)) = (before, after) else {
            return StepDiff { binary: true, ..StepDiff::default() };
        };
        let diff = before.zip(after).map(|(before, after)| compare::diff(&masking, before, after));
        // A side without text has no lines, not even an empty one.
        let shown = |line: &DiffLine| match line.tag {
            LineTag::Same => true,
            LineTag::Removed => before.is_some(),
            LineTag::Added => after.is_some(),
        };
        let [old, new] = [before, after].map(Option::unwrap_or_default);
        let mut lines = if with_lines { compare::lines(&masking, old, new) } else { Vec::new() };
        lines.retain(shown);
        let secrets = after.map_or(0, |text| secrets_in(&masking, text));
        StepDiff { diff: diff.unwrap_or_default(), lines, secrets, binary: false }
    }
}

/// The namespace that several documents are copied to: `staging/`.
pub(super) fn target_folder(pairs: &[(ResourceKey, ResourceKey)]) -> String {
    let namespace = pairs.first().and_then(|(_, to)| to.namespace());
    namespace.map(|to| format!("{}/", to.as_str())).unwrap_or_default()
}

/// Bytes to compare.
pub(super) fn size(steps: &[PlanStep]) -> usize {
    let before = steps.iter().filter_map(|step| step.before.as_ref()).map(|entry| &entry.document);
    before.chain(steps.iter().filter_map(|step| step.after.as_ref())).map(Document::len).sum()
}

pub fn diff(names: &SecretNames, steps: &[PlanStep]) -> Vec<StepDiff> {
    let with_lines = size(steps) <= MAX_FULL;
    steps.iter().map(|step| step.diff(names, with_lines)).collect()
}

impl Plan {
    /// Builds a plan; its diffs arrive as the answer to `request`.
    pub fn new(
        plan_kind: PlanKind,
        steps: Vec<PlanStep>,
        (store, opened, request): (Option<StoreId>, Duration, RequestId),
    ) -> Self {
        Self {
            kind: plan_kind,
            store,
            steps,
            unchanged: 0,
            diffs: StepDiffs::Comparing(request),
            full: false,
            scroll: 0,
            opened,
            sent: None,
            conflicts: Vec::new(),
            selected: 0,
            left_out: BTreeSet::new(),
            unseen: BTreeSet::new(),
            copies: SecretCopies::default(),
        }
    }

    pub fn is_undo(&self) -> bool {
        matches!(self.kind, PlanKind::Undo(_))
    }

    /// Whether it moves a document: half of that would lose it, or leave it twice.
    pub fn is_move(&self) -> bool {
        self.steps.iter().any(|step| step.before.is_none())
            && self.steps.iter().any(|step| step.after.is_none())
    }

    /// Whether single steps can be left out.
    pub fn is_divisible(&self) -> bool {
        self.steps.len() > 1 && !self.is_move()
    }

    /// Why a step can no longer be done, as the inventory shows or the store reported.
    pub fn obstacle(&self, step: &PlanStep, inventory: &Inventory) -> Option<StepConflict> {
        step.conflict(inventory).or_else(|| {
            let told = self.conflicts.iter().find(|told| told.key == step.key)?;
            Some(match (&told.now, &step.before) {
                (Some(now), Some(_)) => StepConflict::Changed(now.token),
                (Some(now), None) => StepConflict::Exists(now.token),
                (None, _) => StepConflict::Deleted,
            })
        })
    }

    /// Whether a step is written, as far as it decides: it was not left out, and an undo does what it still can.
    pub fn includes(&self, step: &PlanStep, inventory: &Inventory) -> bool {
        let is_barred = || self.is_undo() && self.obstacle(step, inventory).is_some();
        !self.left_out.contains(&step.key) && !is_barred()
    }

    /// The steps that are written. Of a move it is all or none.
    pub fn chosen(&self, inventory: &Inventory) -> Vec<&PlanStep> {
        let chosen: Vec<_> = self.steps.iter().filter(|step| self.includes(step, inventory)).collect();
        if self.is_move() && chosen.len() < self.steps.len() { Vec::new() } else { chosen }
    }

    /// How many of its steps are written that were marked out of sight.
    pub fn unseen_count(&self) -> usize {
        self.unseen.iter().filter(|key| !self.left_out.contains(*key)).count()
    }

    /// The document it concerns, or the number of documents.
    pub fn subject(&self, inventory: &Inventory) -> String {
        match self.chosen(inventory).as_slice() {
            [one] => one.key.to_string(),
            steps => format!("{} documents", grouped(steps.len())),
        }
    }

    /// `delete 3 documents`
    pub fn describe(&self, inventory: &Inventory) -> String {
        let some = self.subject(inventory);
        match &self.kind {
            PlanKind::Delete(_) => format!("delete {some}"),
            PlanKind::Clone(pairs) => match pairs.as_slice() {
                [_] => format!("clone to {some}"),
                _ => format!("clone of {some} to {}", target_folder(pairs)),
            },
            PlanKind::Rename { from, to } => format!("rename {from} to {to}"),
            PlanKind::Undo(_) => format!("undo of {some}"),
            PlanKind::Rewrite(_) => format!("re-put of {some}"),
        }
    }

    /// The text to type as confirmation: for more than one deletion, and in a protected context for a single
    /// one too. `None` unless the plan leaves fewer documents than before.
    pub fn confirmation_text(&self, inventory: &Inventory, is_protected: bool) -> Option<String> {
        let steps = self.chosen(inventory);
        let gone = steps.iter().filter(|step| step.after.is_none()).count();
        let new = steps.iter().filter(|step| step.before.is_none()).count();
        match steps.as_slice() {
            _ if gone <= new || (gone == 1 && !is_protected) => None,
            [one] => Some(one.key.to_string()),
            _ => Some(format!("delete {gone}")),
        }
    }

    /// Bytes of all documents to write.
    pub fn size(&self, inventory: &Inventory) -> usize {
        self.chosen(inventory).into_iter().map(PlanStep::size).sum()
    }

    /// Why the store cannot apply it in one commit.
    pub fn limit_exceeded(&self, can: &Capabilities, inventory: &Inventory) -> Option<String> {
        let steps = self.chosen(inventory).len();
        let instead = if self.is_divisible() { "leave some out" } else { "it needs a shorter document" };
        if steps > can.atomic_max {
            let (count, most) = (grouped(steps), grouped(can.atomic_max));
            return Some(format!(
                "{count} operations, and this store applies at most {most} at once: nothing is sent; {instead}"
            ));
        }
        let (size, most) = (self.size(inventory), can.max_commit());
        (size > most).then(|| {
            let (size, most) = (grouped(size), grouped(most));
            format!(
                "{size} bytes, and this store takes at most {most} in one commit: nothing is sent; {instead}"
            )
        })
    }

    /// Whether the texts together are too long to be shown in full.
    pub fn is_too_long(&self) -> bool {
        size(&self.steps) > MAX_FULL
    }
}
