//! Redacts a draft before it leaves memory: every secret becomes a placeholder again,
//! whether it was a placeholder in the draft, was revealed there, or was typed.
//!
//! The same scan as everywhere else decides what is hidden. A secret that was moved to where the scan
//! shows it, by its placeholder or by its bytes, is hidden there too.

use std::collections::{HashMap, HashSet};

use super::numbering::Numbering;
use super::syntax::{ESCAPED, NOT_SAVED, WORD, find_placeholders, write_placeholder};
use super::{
    ConcealedSecret, ConcealedSecrets, FilledDraft, FilledPiece, PlaceholderKind, ScanPiece, Visibility,
    conceal, fill_known, replace_placeholders, runs,
};
use crate::domain::Masking;
use crate::domain::json::{Span, walk};
use crate::text::scan::scan;

/// Shorter secrets are not searched for in shown text: `on` would be found everywhere.
const TELLING: usize = 6;

/// A draft as it may be stored on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactedDraft {
    /// The text; its placeholders are numbered like those of the base it is read back with.
    pub text: String,
    /// How many secrets were left out because no base contains them; they read `‹kept:0›`, which
    /// [`super::fill`] rejects with a message that says so.
    pub withheld: usize,
}

/// Redacts a draft: its secrets become placeholders numbered as [`conceal`] numbers those of `base`, and
/// secrets that `base` does not contain are left out. Filled with the secrets of `base`, the text equals
/// the filled draft, byte for byte, if nothing was left out.
///
/// `known` is an earlier text of the draft, or empty: in a text that is not JSON, it is unknown where a
/// secret ends, and values that `base` or `known` show are not mistaken for secrets.
pub fn redact(
    masking: &Masking,
    draft: &str,
    kept: &ConcealedSecrets,
    base: &str,
    known: &str,
) -> RedactedDraft {
    let poured = replace_placeholders(draft, kept);
    let (concealed, stored) = conceal(masking, base);
    let harmless = if walk(&poured.text, |_| ()).is_err() {
        [shown(masking, &concealed), shown(masking, known)].concat().into_iter().collect()
    } else {
        HashSet::new()
    };
    let bits = split(masking, &poured, &stored, &concealed, &harmless);
    write(&bits, &stored, &concealed, |_| NOT_SAVED)
}

/// A draft for another program while this one runs: secrets that `kept` does not contain yet are added to
/// it, so that the text filled with `kept` is the filled draft. `opened` is the concealed text that `kept`
/// belongs to.
pub fn redact_adding(masking: &Masking, draft: &str, kept: &mut ConcealedSecrets, opened: &str) -> String {
    let poured = replace_placeholders(draft, kept);
    let bits = split(masking, &poured, kept, opened, &HashSet::new());
    let stored = kept.clone();
    let mut added: HashMap<(&str, bool), usize> = HashMap::new();
    write(&bits, &stored, opened, |secret| {
        *added.entry((secret.bytes, secret.bare)).or_insert_with(|| {
            kept.push(secret.bytes, secret.bare);
            kept.len()
        })
    })
    .text
}

/// Whether every secret of a draft is a placeholder.
pub fn is_concealed(masking: &Masking, draft: &str) -> bool {
    let mut hidden = runs::<&str>(masking, &[], draft).into_iter().filter(ScanPiece::is_hidden);
    hidden.all(|piece| {
        let text = piece.span.of(draft);
        find_placeholders(text).map(|mark| mark.span.len()).sum::<usize>() == text.len()
    })
}

/// A draft that was concealed when other names were secret, concealed as of now: `own` is behind its
/// placeholders, `kept` behind those of `opened`, the text that it began with. `None` where it is not JSON,
/// or a placeholder has no original, so that none can come to stand for another secret.
pub fn conceal_anew(
    masking: &Masking,
    draft: &str,
    own: &ConcealedSecrets,
    kept: &mut ConcealedSecrets,
    opened: &str,
) -> Option<String> {
    let filled = fill_known(draft, own);
    let known = find_placeholders(&filled).all(|mark| mark.kind == PlaceholderKind::Number(NOT_SAVED));
    (known && walk(&filled, |_| ()).is_ok()).then(|| redact_adding(masking, &filled, kept, opened))
}

/// Writes placeholders in place of secrets: those in `stored`, and the others as numbered by `other`.
fn write<'t>(
    parts: &[DraftPart<'t>],
    stored: &'t ConcealedSecrets,
    concealed: &'t str,
    mut other: impl FnMut(&DraftSecret<'t>) -> usize,
) -> RedactedDraft {
    let mut numbering = Numbering::of(stored, concealed);
    numbering.match_paths(parts);
    let mut redacted = RedactedDraft { text: String::new(), withheld: 0 };
    for part in parts {
        let (number, bare) = match part {
            DraftPart::Shown(text) => {
                redacted.text.push_str(text);
                continue;
            }
            DraftPart::Word => {
                redacted.text.push_str(ESCAPED);
                continue;
            }
            DraftPart::Left(number) => (*number, false),
            DraftPart::Secret(secret) => {
                (numbering.number(secret).unwrap_or_else(|| other(secret)), secret.bare)
            }
        };
        redacted.withheld += usize::from(number == NOT_SAVED);
        redacted.text.push_str(&write_placeholder(number, bare));
    }
    redacted
}

/// A part of a draft being redacted.
pub(super) enum DraftPart<'t> {
    Shown(&'t str),
    /// The word that looks like a placeholder.
    Word,
    /// A placeholder that had no original in the draft.
    Left(usize),
    Secret(DraftSecret<'t>),
}

pub(super) struct DraftSecret<'t> {
    pub(super) bytes: &'t str,
    pub(super) bare: bool,
    /// The placeholder it came from.
    pub(super) origin: Option<usize>,
}

/// A range of a filled draft that must be hidden.
#[derive(Clone, Copy)]
struct SecretRange {
    span: Span,
    bare: bool,
    /// The secret that it came from, or whose bytes it has; `None` where the scan hides it.
    number: Option<usize>,
}

/// Splits a filled draft into shown and hidden parts.
fn split<'t>(
    masking: &Masking,
    poured: &'t FilledDraft,
    stored: &ConcealedSecrets,
    concealed: &str,
    harmless: &HashSet<&str>,
) -> Vec<DraftPart<'t>> {
    let text = poured.text.as_str();
    let mut stretches = secret_ranges(masking, poured, stored, concealed);
    // Of ranges that start together, the longest first; of equal ones, the one with a known number.
    stretches.sort_by_key(|one| (one.span.start, usize::MAX - one.span.end, one.number.is_none()));
    let known = stored.known();
    let mut cutter =
        DraftSplitter { text, filled: poured, stored, known, harmless, parts: Vec::new(), at: 0 };
    let mut rest = stretches.as_slice();
    while let Some(first) = rest.first() {
        let mut end = first.span.end;
        let count = rest
            .iter()
            .take_while(|one| {
                let joined = one.span.start < end;
                if joined {
                    end = end.max(one.span.end);
                }
                joined
            })
            .count();
        let (cluster, later) = rest.split_at(count);
        cutter.cluster(cluster, Span { start: first.span.start, end });
        rest = later;
    }
    cutter.push_shown(text.len());
    cutter.parts
}

fn secret_ranges(
    masking: &Masking,
    poured: &FilledDraft,
    stored: &ConcealedSecrets,
    concealed: &str,
) -> Vec<SecretRange> {
    let (text, known) = (poured.text.as_str(), stored.known());
    let mut found = Vec::new();
    for piece in runs::<&str>(masking, &[], text) {
        if let Visibility::Hidden { bare } = piece.visibility {
            found.push(SecretRange { span: piece.span, bare, number: None });
        }
    }
    let mut filled = Vec::new();
    for piece in &poured.pieces {
        if piece.number().is_some() && !looks_like_placeholder(piece.span.of(text)) {
            // A number and a text can have the same bytes; only one of them has quotes.
            let is_known = |bare| known.contains(&(piece.span.of(text), bare));
            let bare = if is_known(piece.bare) { piece.bare } else { is_known(true) };
            found.push(SecretRange { span: piece.span, bare, number: piece.number() });
            filled.push(piece.span);
        }
    }
    let is_filled = |span: Span| {
        // Pieces are in order; the first that ends after the start is the one that may overlap.
        let at = filled.partition_point(|one| one.end <= span.start);
        filled.get(at).is_some_and(|one| one.start < span.end)
    };
    let mut looked_for = HashSet::new();
    for (at, original) in stored.0.iter().enumerate() {
        let Some(ConcealedSecret { bytes, bare }) = original else { continue };
        let bytes = bytes.as_str();
        // Text that the concealed text shows anyway is not a secret.
        if bytes.len() < TELLING
            || looks_like_placeholder(bytes)
            || !looked_for.insert(bytes)
            || concealed.contains(bytes)
        {
            continue;
        }
        let places = memchr::memmem::find_iter(text.as_bytes(), bytes);
        let spans = places.map(|start| Span { start, end: start + bytes.len() });
        let range = |span| SecretRange { span, bare: *bare, number: Some(at + 1) };
        found.extend(spans.filter(|span| !is_filled(*span)).map(range));
    }
    found
}

/// Whether a text only looks like a placeholder.
fn looks_like_placeholder(text: &str) -> bool {
    find_placeholders(text).next().is_some_and(|mark| mark.span.len() == text.len())
}

/// The values that a text shows, without quotes.
fn shown<'t>(masking: &Masking, text: &'t str) -> Vec<&'t str> {
    let pieces = scan(masking, text).into_iter().filter(|piece| !piece.is_hidden());
    pieces.map(|piece| piece.span.of(text).trim_matches('"')).collect()
}

struct DraftSplitter<'t, 'k> {
    text: &'t str,
    filled: &'t FilledDraft,
    stored: &'k ConcealedSecrets,
    /// The secrets in `stored`.
    known: HashSet<(&'k str, bool)>,
    harmless: &'k HashSet<&'k str>,
    parts: Vec<DraftPart<'t>>,
    at: usize,
}

impl<'t> DraftSplitter<'t, '_> {
    /// Overlapping ranges: the one that covers all others decides; if none does, the whole is an unknown
    /// secret.
    fn cluster(&mut self, cluster: &[SecretRange], whole: Span) {
        let Some(first) = cluster.first().copied().filter(|first| first.span == whole) else {
            return self.secret(whole, false, None);
        };
        let bytes = whole.of(self.text);
        match first.number {
            Some(_) => self.secret(whole, first.bare, first.number),
            None if self.is_stored(bytes, first.bare) => {
                let origin = self.piece(whole);
                self.secret(whole, first.bare, origin.and_then(FilledPiece::number));
            }
            None if self.harmless.contains(bytes) => {}
            // A placeholder that had no original in the draft, and so hides nothing.
            None if self.piece(whole).is_some_and(|piece| !piece.filled) => {}
            None => self.parts(cluster.get(1..).unwrap_or_default(), whole, first.bare),
        }
    }

    /// Known secrets with only punctuation between them keep their numbers.
    fn parts(&mut self, parts: &[SecretRange], whole: Span, bare: bool) {
        let mut known: Vec<SecretRange> = Vec::new();
        for part in parts {
            if known.last().is_none_or(|last| last.span.end <= part.span.start) {
                known.push(*part);
            }
        }
        let mut at = whole.start;
        let mut plain = true;
        for end in known.iter().map(|part| part.span).chain([Span { start: whole.end, end: whole.end }]) {
            let between = Span { start: at, end: end.start }.of(self.text);
            plain &= between.chars().all(|c| c.is_whitespace() || "{}[]:,\"".contains(c));
            at = end.end;
        }
        if known.is_empty() || !plain {
            return self.secret(whole, bare, None);
        }
        for part in known.into_iter().filter(|part| part.number.is_some()) {
            self.secret(part.span, part.bare, part.number);
        }
    }

    fn is_stored(&self, bytes: &str, bare: bool) -> bool {
        self.known.contains(&(bytes, bare))
    }

    fn piece(&self, span: Span) -> Option<&'t FilledPiece> {
        let pieces = &self.filled.pieces;
        let at = pieces.binary_search_by_key(&span.start, |piece| piece.span.start).ok()?;
        pieces.get(at).filter(|piece| piece.span == span)
    }

    fn secret(&mut self, span: Span, bare: bool, origin: Option<usize>) {
        self.push_shown(span.start);
        self.parts.push(DraftPart::Secret(DraftSecret { bytes: span.of(self.text), bare, origin }));
        self.at = span.end;
    }

    /// Writes the shown text up to here; text in it that looks like a placeholder is escaped so that it
    /// stays unchanged.
    fn push_shown(&mut self, end: usize) {
        let start = self.at;
        let shown = Span { start, end }.of(self.text);
        let mut at = 0;
        for mark in find_placeholders(shown) {
            let span = mark.span.shifted(start);
            let piece = self.piece(span);
            let word = mark.span.start + shown.get(mark.span.start..).and_then(|s| s.find(WORD)).unwrap_or(0);
            let (upto, bit, from) = match piece.filter(|piece| !piece.filled).map(|piece| piece.kind) {
                Some(PlaceholderKind::Damaged) => continue,
                Some(PlaceholderKind::Number(NOT_SAVED)) => {
                    (mark.span.start, DraftPart::Left(NOT_SAVED), mark.span.end)
                }
                // It must not come to stand for an original.
                Some(PlaceholderKind::Number(number)) => {
                    (mark.span.start, DraftPart::Left(number.max(self.stored.len() + 1)), mark.span.end)
                }
                _ if self.is_stored(span.of(self.text), false) => {
                    let origin = piece.and_then(FilledPiece::number);
                    let secret = DraftSecret { bytes: span.of(self.text), bare: false, origin };
                    (mark.span.start, DraftPart::Secret(secret), mark.span.end)
                }
                _ => (word, DraftPart::Word, word + WORD.len()),
            };
            self.parts.push(DraftPart::Shown(Span { start: at, end: upto }.of(shown)));
            self.parts.push(bit);
            at = from;
        }
        self.parts.push(DraftPart::Shown(shown.get(at..).unwrap_or_default()));
        self.at = end;
    }
}

impl ConcealedSecrets {
    fn known(&self) -> HashSet<(&str, bool)> {
        self.0.iter().flatten().map(|one| (one.bytes.as_str(), one.bare)).collect()
    }
}
