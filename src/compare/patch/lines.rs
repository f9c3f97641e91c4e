//! Differences between texts that are no JSON: whole lines.

use similar::DiffOp;

use super::{Patch, PatchError, PatchOp};
use crate::compare::align;
use crate::compare::splice::RawJson;

pub(super) fn line_edits(old: &str, new: &str) -> Vec<PatchOp> {
    let [before, after] = [old, new].map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let ops = align::ops(&before, &after).into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let edits = ops.map(|op| PatchOp::Lines {
        first: op.old_range().start,
        gone: op.old_range().len(),
        text: RawJson::exact(after.get(op.new_range()).unwrap_or_default().concat()),
    });
    edits.collect()
}

pub(super) fn apply_lines(old: &str, patch: &Patch) -> Result<String, PatchError> {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let mut out = String::with_capacity(old.len());
    let mut at = 0;
    for edit in &patch.edits {
        let PatchOp::Lines { first, gone, text } = edit else { return Err(PatchError) };
        out.push_str(&lines.get(at..*first).ok_or(PatchError)?.concat());
        out.push_str(text.text());
        at = first.checked_add(*gone).filter(|end| *end <= lines.len()).ok_or(PatchError)?;
    }
    out.push_str(&lines.get(at..).ok_or(PatchError)?.concat());
    Ok(out)
}
