//! Secrets in the editor: each is replaced in the draft by a placeholder such as `‹kept:1›`. If the
//! placeholder is left alone, the stored bytes are restored; if it is overwritten, they are gone.
//!
//! Numbers follow the order of the text, so a draft read back from disk fits the stored document
//! it was based on.

use std::collections::HashMap;
use std::fmt;

use zeroize::Zeroizing;

use super::scan::{ScanPiece, Visibility, scan_within};
use crate::domain::Masking;
use crate::domain::json::{Span, SyntaxError};

mod numbering;
mod paths;
mod realign;
mod redact;
mod syntax;
#[cfg(test)]
mod tests;

use paths::placeholder_paths;
pub use redact::{RedactedDraft, conceal_anew, is_concealed, redact, redact_adding};
use syntax::{PlaceholderKind, find_placeholders, write_placeholder};

/// The secrets replaced in one document; wiped on drop, never shown. An entry may be empty: then nothing
/// is known here for its placeholder.
#[derive(Default, Clone)]
pub struct ConcealedSecrets(Vec<Option<ConcealedSecret>>);

#[derive(Clone)]
struct ConcealedSecret {
    bytes: Zeroizing<String>,
    /// Whether it had no quotes, so that the quotes of its placeholder are removed with it.
    bare: bool,
}

impl ConcealedSecrets {
    /// How many secrets were replaced; they are numbered from 1.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The original text for a placeholder, exactly as it was written, for the one key that reveals it.
    pub fn original(&self, number: usize) -> Option<&str> {
        self.get(number).map(|original| original.bytes.as_str())
    }

    fn get(&self, number: usize) -> Option<&ConcealedSecret> {
        self.0.get(number.checked_sub(1)?)?.as_ref()
    }

    /// For a concealed text whose secrets are not available: the secrets that `found` has at the same paths
    /// of `now`, the concealed text that is stored now; where there is none, the entry stays empty. If the
    /// two texts are equal, all are found.
    pub fn relocated(before: &str, now: &str, found: &Self) -> Self {
        if before == now {
            return found.clone();
        }
        let count = find_placeholders(before).filter_map(|mark| mark.kind.number()).max().unwrap_or_default();
        // A larger number cannot come from a text that was concealed here.
        let count = count.min(before.len());
        let mut kept = Self(std::iter::repeat_with(|| None).take(count).collect());
        kept.update_from(before, now, found);
        kept
    }

    /// How many of its entries are empty.
    pub fn missing(&self) -> usize {
        self.0.iter().filter(|original| original.is_none()).count()
    }

    /// Takes the secrets of `found` at the paths of these secrets: `before` and `after` are the concealed
    /// texts of the two. An entry whose path does not exist, or is in an array item that differs in more than
    /// its secrets, stays unchanged.
    pub fn update_from(&mut self, before: &str, after: &str, found: &Self) {
        let now: HashMap<_, _> = placeholder_paths(after).into_iter().collect();
        for (path, number) in placeholder_paths(before) {
            let original = now.get(&path).and_then(|number| found.get(*number));
            let own = number.checked_sub(1).and_then(|at| self.0.get_mut(at));
            if let (Some(own), Some(original)) = (own, original) {
                *own = Some(original.clone());
            }
        }
    }

    /// Stores a text and returns the placeholder for it.
    fn push(&mut self, text: &str, bare: bool) -> String {
        self.0.push(Some(ConcealedSecret { bytes: Zeroizing::new(text.to_owned()), bare }));
        write_placeholder(self.0.len(), bare)
    }
}

impl fmt::Debug for ConcealedSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({} secrets)", self.0.len())
    }
}

/// Replaces every secret of a text. References in secret fields stay, without their defaults.
///
/// Text that looks like a placeholder is replaced as well, so that [`fill`] restores it unchanged.
pub fn conceal(masking: &Masking, text: &str) -> (String, ConcealedSecrets) {
    conceal_within::<&str>(masking, &[], text)
}

/// The same for one value, as JSON text, at a path of member names.
pub fn conceal_within<S: AsRef<str>>(
    masking: &Masking,
    path: &[S],
    text: &str,
) -> (String, ConcealedSecrets) {
    let mut kept = ConcealedSecrets::default();
    let mut out = String::with_capacity(text.len());
    for piece in runs(masking, path, text) {
        let run = piece.span.of(text);
        match piece.visibility {
            Visibility::Hidden { bare } => out.push_str(&kept.push(run, bare)),
            Visibility::Shown(_) => {
                let mut at = 0;
                for mark in find_placeholders(run) {
                    out.push_str(Span { start: at, end: mark.span.start }.of(run));
                    out.push_str(&kept.push(mark.span.of(run), false));
                    at = mark.span.end;
                }
                out.push_str(run.get(at..).unwrap_or_default());
            }
        }
    }
    (out, kept)
}

/// The draft with each placeholder replaced by its original, byte for byte. A placeholder may be
/// repeated or missing.
///
/// # Errors
/// [`SyntaxError`] at a placeholder that is damaged or has no original.
pub fn fill(draft: &str, kept: &ConcealedSecrets) -> Result<String, SyntaxError> {
    try_fill(draft, kept).map(|poured| poured.text)
}

fn try_fill(draft: &str, kept: &ConcealedSecrets) -> Result<FilledDraft, SyntaxError> {
    let poured = replace_placeholders(draft, kept);
    match poured.pieces.iter().find(|piece| !piece.filled) {
        Some(piece) => Err(SyntaxError::new(draft, piece.mark.start, reason(piece.kind))),
        None => Ok(poured),
    }
}

/// As [`fill`], for a value at a path of member names; a placeholder must stay where its secret is hidden.
/// In a field that is shown, its original would be revealed unasked.
///
/// # Errors
/// As [`fill`], and at a placeholder that was moved to where its secret would be shown.
pub fn fill_hidden<S: AsRef<str>>(
    masking: &Masking,
    path: &[S],
    draft: &str,
    kept: &ConcealedSecrets,
) -> Result<String, SyntaxError> {
    let poured = try_fill(draft, kept)?;
    let mut hidden = runs(masking, path, &poured.text);
    hidden.retain(ScanPiece::is_hidden);
    let is_hidden = |span: Span| {
        let at = hidden.partition_point(|run| run.span.end < span.end);
        hidden.get(at).is_some_and(|run| run.span.start <= span.start)
    };
    // Text that only looks like a placeholder was replaced in a shown field, and may go back there.
    let is_secret = |piece: &FilledPiece| {
        let bytes = piece.span.of(&poured.text);
        piece.number().is_some() && !bytes.is_empty() && !has_placeholder(bytes)
    };
    let shown = poured.pieces.iter().find(|piece| is_secret(piece) && !is_hidden(piece.span));
    let reason = "here the secret would be shown; leave it in a secret field, or type the value itself";
    match shown.map(|piece| SyntaxError::new(draft, piece.mark.start, reason)) {
        Some(error) => Err(error),
        None => Ok(poured.text),
    }
}

/// Why a placeholder cannot be filled; the text contains no part of the draft.
fn reason(sense: PlaceholderKind) -> &'static str {
    match sense {
        PlaceholderKind::Damaged => "this placeholder is damaged; undo the change, or type the whole value",
        PlaceholderKind::Number(syntax::NOT_SAVED) => {
            "the secret typed here was not saved with the draft; type it again"
        }
        _ => "this placeholder stands for no stored secret; type the value itself",
    }
}

/// As [`fill`], but leaves placeholders that have no original; never to be stored.
pub fn fill_known(draft: &str, kept: &ConcealedSecrets) -> String {
    replace_placeholders(draft, kept).text
}

/// As [`fill_known`], with the way back from places of the filled text to those of the draft.
pub fn fill_with_places(draft: &str, kept: &ConcealedSecrets) -> FilledDraft {
    replace_placeholders(draft, kept)
}

/// A draft with its placeholders replaced, and the places where that happened.
pub struct FilledDraft {
    text: String,
    pieces: Vec<FilledPiece>,
}

impl FilledDraft {
    /// It holds secrets: never to be shown.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a part of the filled text is in the draft; where it ends in a secret, the whole placeholder.
    pub fn span_in_draft(&self, span: Span) -> Span {
        let start = self.offset_in_draft(span.start, false);
        Span { start, end: self.offset_in_draft(span.end, true).max(start) }
    }

    /// Whether a part of the filled text holds anything that its draft conceals.
    pub fn is_concealed(&self, span: Span) -> bool {
        self.pieces.iter().any(|piece| piece.span.start < span.end && span.start < piece.span.end)
    }

    fn offset_in_draft(&self, offset: usize, is_end: bool) -> usize {
        let begun = self.pieces.partition_point(|piece| piece.span.start < offset + usize::from(!is_end));
        let Some(piece) = begun.checked_sub(1).and_then(|at| self.pieces.get(at)) else { return offset };
        let around = usize::from(piece.bare);
        if offset < piece.span.end && !is_end {
            return piece.mark.start - around;
        }
        piece.mark.end + around + offset.saturating_sub(piece.span.end)
    }
}

struct FilledPiece {
    /// The span in the filled text.
    span: Span,
    /// Its placeholder in the draft.
    mark: Span,
    kind: PlaceholderKind,
    /// Whether the quotes around the placeholder were removed with it.
    bare: bool,
    /// Whether it was replaced by its original; otherwise it has none, and was left.
    filled: bool,
}

impl FilledPiece {
    /// The number of the secret that it is.
    fn number(&self) -> Option<usize> {
        self.kind.number().filter(|_| self.filled)
    }
}

fn replace_placeholders(draft: &str, kept: &ConcealedSecrets) -> FilledDraft {
    let mut text = String::with_capacity(draft.len());
    let mut pieces = Vec::new();
    let mut at = 0;
    for mark in find_placeholders(draft) {
        let before = Span { start: at, end: mark.span.start }.of(draft);
        let original = mark.kind.number().and_then(|number| kept.get(number));
        let bare = original.is_some_and(|original| original.bare);
        let unquoted = before
            .strip_suffix('"')
            .filter(|_| bare && draft.get(mark.span.end..).is_some_and(|after| after.starts_with('"')));
        text.push_str(unquoted.unwrap_or(before));
        let bytes = match (mark.kind, original) {
            (PlaceholderKind::Word, _) => Some(syntax::WORD),
            (_, original) => original.map(|original| original.bytes.as_str()),
        };
        let start = text.len();
        text.push_str(bytes.unwrap_or_else(|| mark.span.of(draft)));
        let span = Span { start, end: text.len() };
        let (bare, filled) = (unquoted.is_some(), bytes.is_some());
        pieces.push(FilledPiece { span, mark: mark.span, kind: mark.kind, bare, filled });
        at = mark.span.end + usize::from(unquoted.is_some());
    }
    text.push_str(draft.get(at..).unwrap_or_default());
    FilledDraft { text, pieces }
}

/// The placeholders of a draft that have an original, each with it. The quotes around one that stands for
/// a bare value are part of it.
pub fn fill_spans<'k>(draft: &str, kept: &'k ConcealedSecrets) -> impl Iterator<Item = (Span, &'k str)> {
    find_placeholders(draft).filter_map(|mark| {
        let original = kept.get(mark.kind.number()?)?;
        let quoted = original.bare
            && draft.get(..mark.span.start).is_some_and(|before| before.ends_with('"'))
            && draft.get(mark.span.end..).is_some_and(|after| after.starts_with('"'));
        let around = usize::from(quoted);
        let span = Span { start: mark.span.start - around, end: mark.span.end + around };
        Some((span, original.bytes.as_str()))
    })
}

/// The placeholders of a draft that cannot be filled where `kept` secrets are stored, and why; the text
/// contains no part of the draft.
pub fn unfillable(draft: &str, kept: usize) -> impl Iterator<Item = (Span, &'static str)> {
    let stands = move |sense| match sense {
        PlaceholderKind::Number(number) => (1..=kept).contains(&number),
        PlaceholderKind::Word => true,
        PlaceholderKind::Damaged => false,
    };
    find_placeholders(draft).filter(move |mark| !stands(mark.kind)).map(|mark| (mark.span, reason(mark.kind)))
}

/// Whether a text contains a placeholder, whole or damaged: such a text must not be stored as it is.
pub fn has_placeholder(text: &str) -> bool {
    find_placeholders(text).next().is_some()
}

/// The pieces of a value at a path of member names, with adjacent shown pieces joined.
fn runs<S: AsRef<str>>(masking: &Masking, path: &[S], text: &str) -> Vec<ScanPiece> {
    let mut runs: Vec<ScanPiece> = Vec::new();
    for piece in scan_within(masking, path, text) {
        match runs.last_mut() {
            Some(last) if !last.is_hidden() && !piece.is_hidden() => last.span.end = piece.span.end,
            _ => runs.push(piece),
        }
    }
    runs
}
