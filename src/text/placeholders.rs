//! Secrets in the editor: each is taken out of the draft and a placeholder such as `‹kept:1›` put
//! in its place; left alone, the placeholder gets the stored bytes back, typed over, it is gone.
//!
//! Numbers follow the order of the text, so a draft read back from disk fits the stored document
//! it was based on.

use std::fmt;

use zeroize::Zeroizing;

use super::scan::{Look, Piece, scan, scan_within};
use crate::domain::DocumentKind;
use crate::domain::json::{Span, place};

const OPEN: &str = "‹";
const CLOSE: &str = "›";
const WORD: &str = "kept:";

/// What was taken out of one document; forgotten on drop, never shown.
#[derive(Default, Clone)]
pub struct Kept(Vec<Original>);

#[derive(Clone)]
struct Original {
    bytes: Zeroizing<String>,
    /// Whether it stood without quotes, so that those of its placeholder go with it.
    bare: bool,
}

impl Kept {
    /// How many secrets were taken out; they are numbered from 1.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a placeholder stands for, exactly as it was written, for the one key that reveals it.
    pub fn original(&self, number: usize) -> Option<&str> {
        self.get(number).map(|original| original.bytes.as_str())
    }

    fn get(&self, number: usize) -> Option<&Original> {
        self.0.get(number.checked_sub(1)?)
    }

    /// Keeps a text and gives the placeholder for it.
    fn keep(&mut self, text: &str, bare: bool) -> String {
        self.0.push(Original { bytes: Zeroizing::new(text.to_owned()), bare });
        let placeholder = write(self.0.len());
        if bare { format!("\"{placeholder}\"") } else { placeholder }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({} secrets)", self.0.len())
    }
}

/// A placeholder that cannot be filled, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FillError {
    /// Byte offset in the draft.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do; holds no part of the draft.
    pub reason: &'static str,
}

impl fmt::Display for FillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for FillError {}

/// Takes every secret out of a text. References in secret fields stay, without their defaults.
///
/// Text that looks like a placeholder is taken out as well, so that [`fill`] gives it back as it was.
pub fn conceal(kind: DocumentKind, text: &str) -> (String, Kept) {
    conceal_within::<&str>(kind, &[], text)
}

/// The same for one value, as JSON text, that stands at a path of member names.
pub fn conceal_within<S: AsRef<str>>(kind: DocumentKind, path: &[S], text: &str) -> (String, Kept) {
    let mut kept = Kept::default();
    let mut out = String::with_capacity(text.len());
    for (span, look) in joined(scan_within(kind, path, text)) {
        let run = span.of(text);
        match look {
            Look::Hidden { bare } => out.push_str(&kept.keep(run, bare)),
            Look::Shown(_) => {
                let mut at = 0;
                for mark in marks(run) {
                    out.push_str(Span { start: at, end: mark.span.start }.of(run));
                    out.push_str(&kept.keep(mark.span.of(run), false));
                    at = mark.span.end;
                }
                out.push_str(run.get(at..).unwrap_or_default());
            }
        }
    }
    (out, kept)
}

/// The draft with each placeholder replaced by what it stands for, byte for byte. A placeholder
/// may be repeated or missing.
///
/// # Errors
/// [`FillError`] at a placeholder that is damaged or stands for nothing.
pub fn fill(draft: &str, kept: &Kept) -> Result<String, FillError> {
    if let Some((span, reason)) = unfillable(draft, kept.len()).next() {
        let (line, column) = place(draft, span.start);
        return Err(FillError { offset: span.start, line, column, reason });
    }
    let mut out = String::with_capacity(draft.len());
    let mut at = 0;
    for (span, original) in fillings(draft, kept) {
        out.push_str(Span { start: at, end: span.start }.of(draft));
        out.push_str(original);
        at = span.end;
    }
    out.push_str(draft.get(at..).unwrap_or_default());
    Ok(out)
}

/// The placeholders of a draft that stand for something, and what each stands for. The quotes around
/// one that stands for a bare value go with it.
pub fn fillings<'k>(draft: &str, kept: &'k Kept) -> impl Iterator<Item = (Span, &'k str)> {
    marks(draft).filter_map(|mark| {
        let original = kept.get(mark.number?)?;
        let quoted = original.bare
            && draft.get(..mark.span.start).is_some_and(|before| before.ends_with('"'))
            && draft.get(mark.span.end..).is_some_and(|after| after.starts_with('"'));
        let around = usize::from(quoted);
        let span = Span { start: mark.span.start - around, end: mark.span.end + around };
        Some((span, original.bytes.as_str()))
    })
}

/// The placeholders of a draft that cannot be filled where so many secrets are kept, and why; the
/// words hold no part of the draft.
pub fn unfillable(draft: &str, kept: usize) -> impl Iterator<Item = (Span, &'static str)> {
    marks(draft).filter_map(move |mark| match mark.number {
        None => Some((mark.span, "this placeholder is damaged; undo the change, or type the whole value")),
        Some(0) => Some((mark.span, "the secret typed here was not saved with the draft; type it again")),
        Some(number) if number > kept => {
            Some((mark.span, "this placeholder stands for no stored secret; type the value itself"))
        }
        Some(_) => None,
    })
}

/// Whether a text holds a placeholder, whole or damaged: such text is not stored as it is.
pub fn has_placeholder(text: &str) -> bool {
    marks(text).next().is_some()
}

/// A draft as it may be saved to disk, and how many secrets typed into it were left out. Those
/// show as `‹kept:0›`, which [`fill`] refuses with words that say so.
pub fn withhold(kind: DocumentKind, draft: &str) -> (String, usize) {
    let mut out = String::with_capacity(draft.len());
    let mut count = 0;
    for (span, look) in runs(kind, draft) {
        let run = span.of(draft);
        let typed = match look {
            Look::Hidden { bare } if !is_placeholder(run) => Some(bare),
            _ => None,
        };
        match typed {
            Some(bare) => {
                count += 1;
                out.push_str(&if bare { format!("\"{}\"", write(0)) } else { write(0) });
            }
            None => out.push_str(run),
        }
    }
    (out, count)
}

fn write(number: usize) -> String {
    format!("{OPEN}{WORD}{number}{CLOSE}")
}

/// Whether a text is one whole placeholder and nothing else.
fn is_placeholder(text: &str) -> bool {
    let mut marks = marks(text);
    let first = marks.next();
    first.is_some_and(|mark| mark.number.is_some() && mark.span.len() == text.len())
}

/// The pieces of a text, those that are shown joined.
fn runs(kind: DocumentKind, text: &str) -> Vec<(Span, Look)> {
    joined(scan(kind, text))
}

fn joined(pieces: Vec<Piece>) -> Vec<(Span, Look)> {
    let mut runs: Vec<(Span, Look)> = Vec::new();
    for piece in pieces {
        match (runs.last_mut(), piece.look) {
            (Some((span, Look::Shown(_))), Look::Shown(_)) => span.end = piece.span.end,
            _ => runs.push((piece.span, piece.look)),
        }
    }
    runs
}

/// A placeholder in a text; without a number, the rest of one.
struct Mark {
    span: Span,
    number: Option<usize>,
}

fn marks(text: &str) -> impl Iterator<Item = Mark> {
    memchr::memmem::find_iter(text.as_bytes(), WORD).filter_map(|at| {
        let opened = text.get(..at)?.ends_with(OPEN);
        let rest = text.get(at + WORD.len()..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let closed = digits > 0 && rest.get(digits..)?.starts_with(CLOSE);
        let start = if opened { at - OPEN.len() } else { at };
        let end = at + WORD.len() + digits + if closed { CLOSE.len() } else { 0 };
        let number = if opened && closed { rest.get(..digits)?.parse().ok() } else { None };
        (opened || closed).then_some(Mark { span: Span { start, end }, number })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::fixture::{broken_document, document};

    fn concealed(text: &str) -> (String, Kept) {
        conceal(DocumentKind::Webhook, text)
    }

    #[test]
    fn secrets_go_and_come_back_with_every_escape() {
        let text = r#"{"authorization": "B\u0061 \"x\"", "hmac": {"secret": "{$vault:p#f:dflt}"},
            "jwt": {"secret": 12.50}, "x": {"url": "amqp:\/\/u:pw@h"}, "p": {"password": ""}}"#;
        let (draft, kept) = concealed(text);
        assert_eq!(
            draft,
            r#"{"authorization": "‹kept:1›", "hmac": {"secret": "{$vault:p#f:‹kept:2›}"},
            "jwt": {"secret": "‹kept:3›"}, "x": {"url": "amqp:\/\/u:‹kept:4›@h"}, "p": {"password": ""}}"#
        );
        assert_eq!(fill(&draft, &kept).unwrap(), text);
        assert_eq!(kept.original(3), Some("12.50"));
        assert_eq!(format!("{kept:?}"), "Kept(4 secrets)");
    }

    #[test]
    fn a_value_is_concealed_by_the_names_that_lead_to_it() {
        let (text, kept) = conceal_within(DocumentKind::Webhook, &["jwt", "secret"], "\"hunter2\"");
        assert_eq!((text.as_str(), fill(&text, &kept).unwrap().as_str()), ("\"‹kept:1›\"", "\"hunter2\""));
        assert!(conceal_within(DocumentKind::Webhook, &["module"], "\"log\"").1.is_empty());
    }

    #[test]
    fn typed_over_values_stay_and_placeholders_may_move() {
        let (_, kept) = concealed(r#"{"password": "old", "token": 7}"#);
        assert_eq!(
            fill(r#"{"token": "x‹kept:2›", "b": ["‹kept:1›", "‹kept:1›"], "password": "new"}"#, &kept)
                .unwrap(),
            r#"{"token": "x7", "b": ["old", "old"], "password": "new"}"#
        );
    }

    #[test]
    fn what_cannot_be_filled_names_its_place() {
        let (_, kept) = concealed(r#"{"password": "old"}"#);
        let cases = [
            ("{\n \"é\": \"‹kept:2›\"}", "line 2, column 8: this placeholder stands for no stored secret"),
            ("{\"a\": \"‹kept:1\"}", "line 1, column 8: this placeholder is damaged"),
            ("{\"a\": \"kept:1›\"}", "line 1, column 8: this placeholder is damaged"),
            ("‹kept:0›", "line 1, column 1: the secret typed here was not saved"),
            ("‹kept:99999999999999999999999›", "line 1, column 1: this placeholder is damaged"),
        ];
        for (draft, reason) in cases {
            assert!(fill(draft, &kept).unwrap_err().to_string().starts_with(reason), "{draft}");
            assert!(has_placeholder(draft));
        }
        assert!(!has_placeholder("we kept: 3 ‹x› and kept:1"));
    }

    #[test]
    fn text_that_looks_like_a_placeholder_is_kept_too() {
        let text = r#"{"a": "‹kept:1›", "b": "‹kept:", "c": "kept:3›", "password": "‹kept:1›"}"#;
        let (draft, kept) = concealed(text);
        assert_eq!(kept.len(), 4);
        assert_eq!(fill(&draft, &kept).unwrap(), text);
    }

    #[test]
    fn typed_secrets_are_not_saved() {
        let draft = r#"{"password": "‹kept:1›", "token": "typed", "pin_secret": 12, "a": "b"}"#;
        assert_eq!(
            withhold(DocumentKind::Webhook, draft),
            (
                r#"{"password": "‹kept:1›", "token": "‹kept:0›", "pin_secret": "‹kept:0›", "a": "b"}"#.into(),
                2
            )
        );
    }

    proptest! {
        #[test]
        fn what_was_concealed_comes_back(document in document()) {
            let (draft, kept) = concealed(&document.text);
            prop_assert!(!document.leaks_into(&draft), "{}", draft);
            prop_assert_eq!(fill(&draft, &kept).unwrap(), document.text);
        }

        #[test]
        fn broken_text_comes_back_too(document in broken_document()) {
            let (draft, kept) = concealed(&document.text);
            prop_assert!(!document.leaks_into(&draft), "{}\n{}", document.text, draft);
            prop_assert_eq!(fill(&draft, &kept).unwrap(), document.text);
        }

        #[test]
        fn any_text_comes_back(text in r#"(?s)([\[\]{}:,"\\a1 \n‹›]|kept:|password|://|@|\{\$A:){0,30}"#) {
            let (draft, kept) = concealed(&text);
            prop_assert_eq!(fill(&draft, &kept).unwrap(), text);
        }
    }
}
