//! The differences between two trees, value by value: for a diff, and for what a merge takes from one side.

use similar::DiffOp;

use super::align;
use super::patch::permutation;
use super::path::{JsonPath, PathStep};
use super::tree::{JsonTree, MemberId, TreeKind, TreeMember, by_id, hashes};
use crate::domain::SecretNames;

/// The change of one value.
pub(super) enum TreeChange<'a> {
    /// A value that was added, removed or replaced.
    Value(Option<&'a JsonTree<'a>>, Option<&'a JsonTree<'a>>),
    /// The same members or items in another order. The text of both orders is made only where it is shown,
    /// since it is long for a large document.
    Order(Box<dyn Fn() -> [String; 2] + 'a>),
}

pub(super) struct ChangeFinder<'a> {
    /// What makes a pair one of a secret, see [`JsonTree::is_secret_pair`].
    secret_names: SecretNames,
    /// The path to the values compared.
    pub(super) steps: Vec<PathStep>,
    /// Whether items that are in both are numbered as in the old text instead of the new one.
    pub(super) counts_old: bool,
    /// In the order of the old text; additions come last.
    pub(super) found: Vec<(JsonPath, TreeChange<'a>)>,
}

impl<'a> ChangeFinder<'a> {
    pub(super) fn new(secret_names: &SecretNames, steps: Vec<PathStep>, counts_old: bool) -> Self {
        Self { secret_names: secret_names.clone(), steps, counts_old, found: Vec::new() }
    }

    pub(super) fn value(&mut self, old: &'a JsonTree<'a>, new: &'a JsonTree<'a>) {
        match (&old.kind, &new.kind) {
            _ if old.same(new) => {}
            _ if [old, new].iter().any(|side| side.is_secret_pair(&self.secret_names)) => {
                self.push(TreeChange::Value(Some(old), Some(new)));
            }
            (TreeKind::Object(before), TreeKind::Object(after)) => self.members(before, after),
            (TreeKind::Array(before), TreeKind::Array(after)) => self.items((0, before), (0, after)),
            _ => self.push(TreeChange::Value(Some(old), Some(new))),
        }
    }

    fn members(&mut self, before: &'a [TreeMember<'a>], after: &'a [TreeMember<'a>]) {
        let [of_before, of_after] = [before, after].map(by_id);
        for was in before {
            self.within(was.step(), |finder| match of_after.get(&was.id()) {
                Some((_, is)) => finder.value(&was.value, &is.value),
                None => finder.push(TreeChange::Value(Some(&was.value), None)),
            });
        }
        for is in after.iter().filter(|is| !of_before.contains_key(&is.id())) {
            self.within(is.step(), |finder| finder.push(TreeChange::Value(None, Some(&is.value))));
        }
        let ids = |members: &'a [TreeMember<'a>]| -> Vec<MemberId<'a>> {
            let ids = members.iter().map(TreeMember::id);
            ids.filter(|id| of_before.contains_key(id) && of_after.contains_key(id)).collect()
        };
        let (stayed, stay) = (ids(before), ids(after));
        if stayed != stay {
            self.push(TreeChange::Order(Box::new(move || [&stayed, &stay].map(|ids| names(ids)))));
        }
    }

    /// Items of an array; each side comes with the index of its first item.
    pub(super) fn items(&mut self, old: (usize, &'a [JsonTree<'a>]), new: (usize, &'a [JsonTree<'a>])) {
        let ((old_first, old), (new_first, new)) = (old, new);
        if let Some(order) = permutation(old, new) {
            // The items may contain secrets; their positions are enough.
            let places = move |order: &[usize]| {
                order.iter().map(|at| format!("[{}]", old_first + at)).collect::<Vec<_>>().join(", ")
            };
            let stored: Vec<_> = (0..old.len()).collect();
            return self.push(TreeChange::Order(Box::new(move || [&stored, &order].map(|at| places(at)))));
        }
        for op in align::ops(&hashes(old), &hashes(new)) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (gone, come) = (op.old_range(), op.new_range());
            let pairs = gone.len().min(come.len());
            for (was, is) in gone.clone().zip(come.clone()) {
                let place = if self.counts_old { old_first + was } else { new_first + is };
                if let (Some(was), Some(is)) = (old.get(was), new.get(is)) {
                    self.within(PathStep::Item(place), |finder| finder.value(was, is));
                }
            }
            for at in gone.skip(pairs) {
                self.within(PathStep::Item(old_first + at), |finder| {
                    finder.push(TreeChange::Value(old.get(at), None));
                });
            }
            for at in come.skip(pairs) {
                self.within(PathStep::Item(new_first + at), |finder| {
                    finder.push(TreeChange::Value(None, new.get(at)));
                });
            }
        }
    }

    fn within(&mut self, step: PathStep, visit: impl FnOnce(&mut Self)) {
        self.steps.push(step);
        visit(self);
        self.steps.pop();
    }

    fn push(&mut self, change: TreeChange<'a>) {
        self.found.push((JsonPath(self.steps.clone()), change));
    }
}

/// Members as named in the text of an order change.
pub(super) fn names(ids: &[MemberId<'_>]) -> String {
    let written = |(name, number): &MemberId<'_>| {
        JsonPath(vec![PathStep::Name((*name).to_owned(), *number)]).display().into_string()
    };
    ids.iter().map(written).collect::<Vec<_>>().join(", ")
}
