//! Several writes as one: what each would do to its document, reviewed together and written in one
//! commit, or not at all.

use std::time::Duration;

use crate::compare::{self, Diff, DiffLine, LineTag};
use crate::console::effect::Request;
use crate::domain::{Document, DocumentKind, Entry, ResourceKey, Revision, StoreId, Token};
use crate::inventory::Inventory;
use crate::provider::{Capabilities, Expect, Lease, Op};
use crate::text::{grouped, secrets_in};

/// The most documents of one plan; nobody reviews more.
pub const MAX_STEPS: usize = 1_000;

/// Plans up to so many bytes are compared at once, larger ones off the loop.
const COMPARED_AT_ONCE: usize = 64 * 1024;

/// Up to so many bytes the full text is shown: two documents of the largest size the editor takes.
const MAX_FULL: usize = 2 * 1024 * 1024;

/// A reviewed commit in the making.
#[derive(Debug)]
pub struct Plan {
    /// What it is made from, so that it can be made anew.
    pub recipe: Recipe,
    /// The store in which it was shown; tokens of another one mean nothing.
    pub store: Option<StoreId>,
    /// What it does, one step for each document.
    pub steps: Vec<Step>,
    /// How many were left out because they already are as they would become; of a re-put, because they do
    /// not fit into one commit.
    pub same: usize,
    /// What each step changes.
    pub looks: Looks,
    /// Whether the full text is shown.
    pub full: bool,
    /// First line shown.
    pub scroll: usize,
    /// When it was opened; keys of the first 300 ms do not write.
    pub opened: Duration,
    /// The last write of it that was asked for.
    pub sent: Option<Request>,
    /// What the store had against it.
    pub clash: Option<Clash>,
}

/// What a plan is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// These go.
    Delete(Vec<ResourceKey>),
    /// Each of these is copied to a name of its own.
    Clone(Vec<(ResourceKey, ResourceKey)>),
    /// One gets another name.
    Rename {
        /// Its name now.
        from: ResourceKey,
        /// Its name afterwards.
        to: ResourceKey,
    },
    /// A write of this session is taken back.
    Undo(u64),
    /// These are written again as they are, so that the receiver reads them again.
    Reput(Vec<ResourceKey>),
}

/// What happens to one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub key: ResourceKey,
    /// What is there, as shown: the write is conditional on that. `None`: it must not exist.
    pub before: Option<Entry>,
    /// What will be there; `None`: nothing.
    pub after: Option<Document>,
    /// Its lease afterwards.
    pub lease: Lease,
    /// Where the text comes from, and at which token it was taken.
    pub source: Option<(ResourceKey, Token)>,
    /// A picture below this revision says nothing of it: it does not hold our own write yet.
    pub at: Revision,
}

/// What the store had against a plan: nothing of it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Whose condition failed.
    pub key: ResourceKey,
    /// What is there now.
    pub now: Option<Entry>,
}

/// Why the condition of a step no longer holds, as far as the picture tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It was written again.
    Changed(Token),
    /// It is gone.
    Deleted,
    /// It should not exist, and does.
    Exists(Token),
    /// It may not be read, so nothing is known.
    Hidden,
}

/// What the steps of a plan change.
#[derive(Debug)]
pub enum Looks {
    /// They are being compared.
    Comparing(Request),
    /// One for each step.
    Ready(Vec<Look>),
}

/// What one step changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// By path, where one text takes the place of another.
    pub diff: Diff,
    /// Line by line; nothing where all texts together are too long to be shown.
    pub lines: Vec<DiffLine>,
    /// How many secrets the text holds that will be stored.
    pub secrets: usize,
    /// One of the two is not text and cannot be compared.
    pub binary: bool,
}

/// The two sides of a step.
#[derive(Debug, Clone)]
pub struct Sides {
    kind: DocumentKind,
    before: Option<Document>,
    after: Option<Document>,
}

impl Step {
    /// The step that removes what is stored.
    pub fn delete(entry: Entry) -> Self {
        let key = entry.key.clone();
        Self { before: Some(entry), lease: Lease::Keep, ..Self::to(key, None) }
    }

    /// The step that writes what is stored again.
    pub fn again(entry: Entry) -> Self {
        let after = Some(entry.document.clone());
        Self { lease: Lease::Keep, before: Some(entry.clone()), ..Self::to(entry.key, after) }
    }

    /// The step that leaves `after` under a name where nothing is.
    pub fn to(key: ResourceKey, after: Option<Document>) -> Self {
        Self { key, before: None, after, lease: Lease::Never, source: None, at: Revision::default() }
    }

    /// The conditional write.
    pub fn op(&self) -> Op {
        let expect = self.before.as_ref().map_or(Expect::Absent, |entry| Expect::Token(entry.token));
        let key = self.key.clone();
        match &self.after {
            Some(document) => Op::Put { key, document: document.clone(), expect, lease: self.lease },
            None => Op::Delete { key, expect },
        }
    }

    /// Whether it writes what is there already.
    pub fn is_same(&self) -> bool {
        self.before.as_ref().is_some_and(|entry| Some(&entry.document) == self.after.as_ref())
    }

    /// Bytes that are written.
    pub fn size(&self) -> usize {
        self.after.as_ref().map_or(0, Document::len)
    }

    /// Whether the picture shows that the condition no longer holds.
    pub fn moved(&self, inventory: &Inventory) -> Option<Moved> {
        match (&self.before, inventory.get(&self.key)) {
            (_, Some(row)) if row.revision() <= self.at => None,
            (None, Some(row)) => Some(Moved::Exists(row.token())),
            (Some(entry), Some(row)) => (row.token() != entry.token).then(|| Moved::Changed(row.token())),
            (_, None) if !inventory.coverage().sees(&self.key) => Some(Moved::Hidden),
            (Some(_), None) => (inventory.revision() >= self.at).then_some(Moved::Deleted),
            (None, None) => None,
        }
    }

    fn sides(&self) -> Sides {
        Sides {
            kind: DocumentKind::of(&self.key),
            before: self.before.as_ref().map(|entry| entry.document.clone()),
            after: self.after.clone(),
        }
    }
}

impl Sides {
    fn size(&self) -> usize {
        [&self.before, &self.after].into_iter().flatten().map(Document::len).sum()
    }

    fn look(&self, with_lines: bool) -> Look {
        let text = |side: &Option<Document>| side.as_ref().map(|side| side.text().map(str::to_owned));
        let (Ok(before), Ok(after)) = (text(&self.before).transpose(), text(&self.after).transpose()) else {
            return Look { binary: true, ..Look::default() };
        };
        let diff = match (&before, &after) {
            (Some(before), Some(after)) => compare::diff(self.kind, before, after),
            _ => Diff::default(),
        };
        let secrets = after.as_deref().map_or(0, |text| secrets_in(self.kind, text));
        // Where there is no text on one side, none is shown, not an empty line of it either.
        let shown = |line: &DiffLine| match line.tag {
            LineTag::Same => true,
            LineTag::Removed => before.is_some(),
            LineTag::Added => after.is_some(),
        };
        let [old, new] = [&before, &after].map(|text| text.as_deref().unwrap_or_default());
        let mut lines = if with_lines { compare::lines(self.kind, old, new) } else { Vec::new() };
        lines.retain(shown);
        Look { diff, lines, secrets, binary: false }
    }
}

/// What each of these changes.
pub fn look(sides: &[Sides]) -> Vec<Look> {
    let with_lines = sides.iter().map(Sides::size).sum::<usize>() <= MAX_FULL;
    sides.iter().map(|sides| sides.look(with_lines)).collect()
}

impl Plan {
    /// A plan that was just made. Its steps are compared at once where they are small; else they are
    /// handed out, to be compared off the loop as the answer to `request`.
    pub fn new(
        recipe: Recipe,
        steps: Vec<Step>,
        (store, opened, request): (Option<StoreId>, Duration, Request),
    ) -> (Self, Option<Vec<Sides>>) {
        let sides: Vec<_> = steps.iter().map(Step::sides).collect();
        let small = sides.iter().map(Sides::size).sum::<usize>() <= COMPARED_AT_ONCE;
        let looks = if small { Looks::Ready(look(&sides)) } else { Looks::Comparing(request) };
        let plan = Self {
            recipe,
            store,
            steps,
            same: 0,
            looks,
            full: false,
            scroll: 0,
            opened,
            sent: None,
            clash: None,
        };
        (plan, (!small).then_some(sides))
    }

    /// What it does, in words: `delete 3 documents`.
    pub fn what(&self) -> String {
        let some = match self.steps.as_slice() {
            [one] => one.key.to_string(),
            steps => format!("{} documents", grouped(steps.len())),
        };
        match &self.recipe {
            Recipe::Delete(_) => format!("delete {some}"),
            Recipe::Clone(_) => format!("clone to {some}"),
            Recipe::Rename { from, to } => format!("rename {from} to {to}"),
            Recipe::Undo(_) => format!("undo of {some}"),
            Recipe::Reput(_) => format!("re-put of {some}"),
        }
    }

    /// What must be typed before it is written where the context is protected: whatever leaves fewer
    /// documents than there were.
    pub fn to_be_typed(&self) -> Option<String> {
        let gone = self.steps.iter().filter(|step| step.after.is_none()).count();
        let new = self.steps.iter().filter(|step| step.before.is_none()).count();
        match self.steps.as_slice() {
            _ if gone <= new => None,
            [one] => Some(one.key.to_string()),
            _ => Some(format!("delete {gone}")),
        }
    }

    /// Bytes of all documents that are written.
    pub fn size(&self) -> usize {
        self.steps.iter().map(Step::size).sum()
    }

    /// Why the store would not take it in one commit.
    pub fn too_much(&self, can: &Capabilities) -> Option<String> {
        if self.steps.len() > can.atomic_max {
            let (count, most) = (grouped(self.steps.len()), grouped(can.atomic_max));
            return Some(format!(
                "{count} operations, and this store applies at most {most} at once: nothing is sent; mark fewer"
            ));
        }
        let (size, most) = (self.size(), can.max_commit());
        (size > most).then(|| {
            let (size, most) = (grouped(size), grouped(most));
            format!(
                "{size} bytes, and this store takes at most {most} in one commit: nothing is sent; take fewer or \
                 shorter documents"
            )
        })
    }

    /// Whether the texts together are too long for the full text to be shown.
    pub fn is_too_long(&self) -> bool {
        self.steps.iter().map(|step| step.sides().size()).sum::<usize>() > MAX_FULL
    }
}
