//! Finds the secrets behind the placeholders of a text in what it was made of, whatever was a secret then.

use super::syntax::{PlaceholderKind, find_placeholders};
use super::{ConcealedSecrets, Span};

impl ConcealedSecrets {
    /// The secrets that `text` has where `concealed` has placeholders, which are numbered in their order;
    /// `None` if the two differ in anything else.
    pub fn found_in(concealed: &str, text: &str) -> Option<Self> {
        let mut between = Vec::new();
        let mut at = 0;
        for (mark, number) in find_placeholders(concealed).zip(1..) {
            if mark.kind != PlaceholderKind::Number(number) {
                return None;
            }
            between.push(Span { start: at, end: mark.span.start }.of(concealed));
            at = mark.span.end;
        }
        let (mut before, mut kept) = (*between.first()?, Self::default());
        let last = concealed.get(at..)?;
        let mut rest = text.strip_prefix(before.strip_suffix('"').unwrap_or(before))?;
        for after in between.iter().skip(1).chain([&last]) {
            // A placeholder for a number or for `true` has quotes, which its original has not.
            let quoted = before.ends_with('"');
            let bare = quoted && after.starts_with('"') && !rest.starts_with('"');
            rest = if quoted && !bare { rest.strip_prefix('"')? } else { rest };
            let stem = if bare { after.strip_prefix('"')? } else { after };
            let is_last = kept.len() + 1 == between.len();
            let stem = if is_last { stem } else { stem.strip_suffix('"').unwrap_or(stem) };
            let end = match (is_last, stem) {
                (true, _) => rest.len().checked_sub(stem.len()).filter(|_| rest.ends_with(stem))?,
                (false, "") => return None,
                (false, _) => rest.find(stem)?,
            };
            kept.push(rest.get(..end)?, bare);
            rest = rest.get(end + stem.len()..)?;
            before = after;
        }
        Some(kept)
    }
}
