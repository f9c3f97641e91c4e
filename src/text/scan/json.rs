//! Reads JSON by its tokens, and malformed JSON as far as possible.

use std::borrow::Cow;

use super::value::{parts, zones};
use super::{ScanPiece, ScanPieces, SegmentRole, Visibility};
use crate::domain::json::{LexemeKind, Lexer, Span, decode, unquote};
use crate::domain::{Masking, Secrecy, SecretNames, is_pair_value, may_end_in_token, secret_shapes};

/// In a text nested deeper than any real document, paths are not tracked and everything is hidden.
const MAX_DEPTH: usize = 130;

/// An open container.
struct JsonFrame {
    object: bool,
    /// Where it opens in the text.
    start: usize,
    /// How many names lead to it.
    path_len: usize,
    /// What is known of its contents from the names that lead to it.
    secrecy: Secrecy,
    /// What is known of the current member or item.
    here: Secrecy,
    /// What an object that is a pair says of its value, once that was asked for; what the first item of an array
    /// within an array, such as `["X-Api-Key", …]`, says of the second.
    named: Option<Secrecy>,
    /// The number of the current item.
    item: usize,
    /// Whether it became secret because of a stray bracket that may be among its members.
    doubtful: bool,
}

impl JsonFrame {
    fn new(object: bool, start: usize, path_len: usize, secrecy: Secrecy) -> Self {
        Self { object, start, path_len, secrecy, here: secrecy, named: None, item: 0, doubtful: false }
    }
}

/// Tracks the path of names through a text and decides how each token is shown.
pub(super) struct JsonScanner<'a, 'p> {
    masking: &'p Masking,
    text: &'a str,
    path: Vec<Cow<'p, str>>,
    frames: Vec<JsonFrame>,
    /// Where the text stops being JSON. In such a text brackets and quotes before this offset are well-formed
    /// but may be incomplete, so names are judged without their place.
    broken_at: Option<usize>,
    /// In a broken text: whether anything so far announces a secret. After the break, nothing tells where
    /// such a secret ends, so every value is hidden.
    suspicious: bool,
    /// Whether the last token was a colon.
    after_colon: bool,
}

impl<'a: 'p, 'p> JsonScanner<'a, 'p> {
    pub(super) fn new<S: AsRef<str>>(
        masking: &'p Masking,
        path: &'p [S],
        text: &'a str,
        broken_at: Option<usize>,
    ) -> Self {
        let path: Vec<Cow<'p, str>> = path.iter().map(|name| Cow::Borrowed(name.as_ref())).collect();
        let secrecy = masking.field_secrecy(&path);
        let root = JsonFrame::new(false, 0, path.len(), secrecy);
        // A text without trustworthy quotes may contain the password of a URL, a key or a token.
        let hides_anywhere = |text: &str| {
            text.contains('@')
                || text.contains("-----BEGIN")
                || !secret_shapes(masking.names(), text, "").is_empty()
        };
        let suspicious = secrecy != Secrecy::Open
            || broken_at.is_some_and(|at| hides_anywhere(text.get(at..).unwrap_or(text)));
        Self { masking, text, path, frames: vec![root], broken_at, suspicious, after_colon: false }
    }

    fn names(&self) -> &'p SecretNames {
        self.masking.names()
    }

    /// Reads the text from `at` to its end.
    pub(super) fn read(mut self, at: usize, pieces: &mut ScanPieces) {
        let body = self.text.get(at..).unwrap_or_default();
        let mut lexer = Lexer::new(body);
        while let Some(lexeme) = lexer.next() {
            let span = lexeme.span.shifted(at);
            match lexeme.kind {
                LexemeKind::Space => pieces.shown(span, SegmentRole::Plain),
                LexemeKind::String if is_key(lexer.clone()) => {
                    // A stray colon makes a value look like a name.
                    let is_in_array = matches!(self.frames.as_slice(), [_, .., top] if !top.object);
                    let is_value = self.after_colon || is_in_array;
                    if is_value
                        || (self.broken_at.is_some()
                            && !zones(self.names(), span.of(self.text), "").is_empty())
                    {
                        self.string(lexeme.kind, span, pieces);
                    } else {
                        pieces.shown(span, SegmentRole::Key);
                    }
                    self.key(span);
                }
                LexemeKind::String | LexemeKind::Unterminated => self.string(lexeme.kind, span, pieces),
                LexemeKind::Number | LexemeKind::Bool | LexemeKind::Null | LexemeKind::Bad => {
                    self.word(lexeme.kind, span, pieces);
                }
                mark => {
                    match mark {
                        LexemeKind::Comma => self.comma(),
                        LexemeKind::Colon => {}
                        _ if mark.opens() => self.open(mark == LexemeKind::OpenObject, span.start),
                        _ => self.close(),
                    }
                    pieces.shown(span, SegmentRole::Punctuation);
                }
            }
            if lexeme.kind != LexemeKind::Space {
                self.after_colon = lexeme.kind == LexemeKind::Colon;
            }
        }
    }

    fn open(&mut self, object: bool, start: usize) {
        let too_deep = self.frames.len() > MAX_DEPTH;
        let here = self.frames.last().map_or(Secrecy::Open, |top| top.here);
        let secrecy = if too_deep { Secrecy::All } else { here.within(object) };
        self.frames.push(JsonFrame::new(object, start, self.path.len(), secrecy));
    }

    fn close(&mut self) {
        let closed = if self.frames.len() > 1 { self.frames.pop() } else { None };
        // In a broken text this bracket may be stray, and what follows may be the rest of the secret.
        if let (Some(JsonFrame { secrecy, doubtful: false, .. }), Some(_), Some(top)) =
            (closed, self.broken_at, self.frames.last_mut())
            && top.secrecy < secrecy
        {
            (top.secrecy, top.here, top.doubtful) = (secrecy, secrecy, true);
        }
    }

    fn comma(&mut self) {
        if let Some(top) = self.frames.last_mut() {
            self.path.truncate(top.path_len);
            top.item += 1;
            let named = top.named.filter(|_| !top.object && top.item == 1).unwrap_or_default();
            top.here = top.secrecy.max(named);
        }
    }

    fn key(&mut self, span: Span) {
        let quoted = span.of(self.text);
        let name = unquote(quoted).ok().unwrap_or(Cow::Borrowed(quoted));
        let broken = self.broken_at.is_some();
        let Some(top) = self.frames.last_mut() else { return };
        self.path.truncate(top.path_len);
        let sounds = broken && self.masking.names().may_be_secret(&name);
        self.suspicious |= sounds;
        self.path.push(name);
        top.object = true;
        // Names further up were asked when their containers opened.
        let own = if sounds { Secrecy::All } else { self.masking.member_secrecy(&self.path) };
        top.here = top.secrecy.max(own);
        if top.here != Secrecy::All && self.path.last().is_some_and(|name| is_pair_value(name)) {
            let rest = self.text.get(top.start..).unwrap_or_default();
            let names = self.masking.names();
            top.here = top.here.max(*top.named.get_or_insert_with(|| names.pair_secrecy(rest, broken)));
        }
    }

    /// What is known of a value that ends here.
    fn secrecy(&self, span: Span) -> Secrecy {
        if self.suspicious && self.broken_at.is_some_and(|at| span.end > at) {
            return Secrecy::All;
        }
        self.frames.last().map_or(Secrecy::Open, |top| top.here)
    }

    fn string(&mut self, shape: LexemeKind, span: Span, pieces: &mut ScanPieces) {
        let end = if shape == LexemeKind::String { span.end - 1 } else { span.end };
        let inner = Span { start: span.start + 1, end };
        let decoded = decode(inner.of(self.text));
        // The `@` that marks a password may be in the missing part, and most of a token.
        let cut_off = shape == LexemeKind::Unterminated
            && (decoded.value.contains("//") || may_end_in_token(&decoded.value));
        let secret = cut_off || self.secrecy(span).hides(&decoded.value);
        self.suspicious |= self.broken_at.is_some() && self.names().may_be_secret(&decoded.value);
        let names = self.names();
        // Not at the root: a value that is shown alone is no item.
        if let [_, .., outer, top] = self.frames.as_mut_slice()
            && !outer.object
            && !top.object
            && top.item == 0
        {
            top.named = Some(names.pair_name_secrecy(&decoded.value));
        }
        let quote = |at| Span { start: at, end: at + 1 };
        let parts = parts(names, &decoded.value, self.path.last().map_or("", |name| name), secret);
        if let [ScanPiece { visibility: Visibility::Shown(SegmentRole::String), .. }] | [] = parts.as_slice()
        {
            return pieces.shown(span, SegmentRole::String);
        }
        pieces.shown(quote(span.start), SegmentRole::String);
        for part in parts {
            let [start, end] =
                [part.span.start, part.span.end].map(|at| inner.start + decoded.source_offset(at));
            pieces.push(Span { start, end }, part.visibility);
        }
        if end < span.end {
            pieces.shown(quote(end), SegmentRole::String);
        }
    }

    fn word(&mut self, shape: LexemeKind, span: Span, pieces: &mut ScanPieces) {
        let secrecy = self.secrecy(span);
        let text = span.of(self.text);
        let look = match shape {
            LexemeKind::Null => Visibility::Shown(SegmentRole::Word),
            LexemeKind::Number if secrecy != Secrecy::Open => Visibility::Hidden { bare: true },
            // What is `true` of a short name is a mode.
            LexemeKind::Bool if secrecy == Secrecy::All => Visibility::Hidden { bare: true },
            LexemeKind::Number => Visibility::Shown(SegmentRole::Number),
            LexemeKind::Bool => Visibility::Shown(SegmentRole::Word),
            _ if secrecy != Secrecy::Open || !zones(self.names(), text, "").is_empty() => {
                Visibility::Hidden { bare: false }
            }
            _ => {
                self.suspicious |= self.names().may_be_secret(text);
                Visibility::Shown(SegmentRole::Bad)
            }
        };
        pieces.push(span, look);
    }
}

/// Whether the string just read names a member: a colon follows.
fn is_key(mut rest: Lexer<'_>) -> bool {
    rest.find(|lexeme| lexeme.kind != LexemeKind::Space)
        .is_some_and(|lexeme| lexeme.kind == LexemeKind::Colon)
}
