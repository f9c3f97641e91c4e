//! Reads JSON by its tokens, and malformed JSON as far as possible.

use std::borrow::Cow;

use super::value::parts;
use super::{ScanPiece, ScanPieces, SegmentRole, Visibility};
use crate::domain::json::{LexemeKind, Lexer, Span, decode, unquote};
use crate::domain::{DocumentKind, is_listed_secret, is_secret_field, looks_secret, may_be_secret};

/// In a text nested deeper than any real document, paths are not tracked and everything is hidden.
const MAX_DEPTH: usize = 130;

/// An open container.
struct JsonFrame {
    object: bool,
    /// How many names lead to it.
    path_len: usize,
    /// Whether all of its contents are secret.
    secret: bool,
    /// Whether the current member is secret.
    here: bool,
    /// Whether it became secret because of a stray bracket that may be among its members.
    doubtful: bool,
}

/// Tracks the path of names through a text and decides how each token is shown.
pub(super) struct JsonScanner<'a, 'p> {
    kind: DocumentKind,
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
        kind: DocumentKind,
        path: &'p [S],
        text: &'a str,
        broken_at: Option<usize>,
    ) -> Self {
        let path: Vec<Cow<'p, str>> = path.iter().map(|name| Cow::Borrowed(name.as_ref())).collect();
        let secret = is_secret_field(kind, &path);
        let root = JsonFrame { object: false, path_len: path.len(), secret, here: secret, doubtful: false };
        // A text without trustworthy quotes may contain the password of a URL, or a key.
        let hides_anywhere = |text: &str| text.contains('@') || text.contains("-----BEGIN");
        let suspicious = secret || broken_at.is_some_and(|at| hides_anywhere(text.get(at..).unwrap_or(text)));
        Self { kind, text, path, frames: vec![root], broken_at, suspicious, after_colon: false }
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
                    if self.after_colon || is_in_array {
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
                        _ if mark.opens() => self.open(mark == LexemeKind::OpenObject),
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

    fn open(&mut self, object: bool) {
        let secret = self.frames.last().is_some_and(|top| top.here) || self.frames.len() > MAX_DEPTH;
        self.frames.push(JsonFrame {
            object,
            path_len: self.path.len(),
            secret,
            here: secret,
            doubtful: false,
        });
    }

    fn close(&mut self) {
        let closed = if self.frames.len() > 1 { self.frames.pop() } else { None };
        // In a broken text this bracket may be stray, and what follows may be the rest of the secret.
        if let (Some(JsonFrame { secret: true, doubtful: false, .. }), Some(_), Some(top)) =
            (closed, self.broken_at, self.frames.last_mut())
            && !top.secret
        {
            (top.secret, top.here, top.doubtful) = (true, true, true);
        }
    }

    fn comma(&mut self) {
        if let Some(top) = self.frames.last_mut() {
            self.path.truncate(top.path_len);
            top.here = top.secret;
        }
    }

    fn key(&mut self, span: Span) {
        let quoted = span.of(self.text);
        let name = unquote(quoted).ok().unwrap_or(Cow::Borrowed(quoted));
        let broken = self.broken_at.is_some();
        let Some(top) = self.frames.last_mut() else { return };
        self.path.truncate(top.path_len);
        let sounds = if broken { may_be_secret(&name) } else { looks_secret(&name) };
        self.suspicious |= broken && sounds;
        self.path.push(name);
        // Names further up sounded harmless; otherwise the container would be secret already.
        top.here = top.secret || sounds || is_listed_secret(self.kind, &self.path);
        top.object = true;
    }

    /// Whether a value that ends here is a secret.
    fn is_secret(&self, span: Span) -> bool {
        self.frames.last().is_some_and(|top| if top.object { top.here } else { top.secret })
            || (self.suspicious && self.broken_at.is_some_and(|at| span.end > at))
    }

    fn string(&mut self, shape: LexemeKind, span: Span, pieces: &mut ScanPieces) {
        // The `@` that marks a password may be in the missing part.
        let cut_url = shape == LexemeKind::Unterminated && span.of(self.text).contains("//");
        let secret = cut_url || self.is_secret(span);
        let end = if shape == LexemeKind::String { span.end - 1 } else { span.end };
        let inner = Span { start: span.start + 1, end };
        let decoded = decode(inner.of(self.text));
        self.suspicious |= self.broken_at.is_some() && may_be_secret(&decoded.value);
        let quote = |at| Span { start: at, end: at + 1 };
        let parts = parts(&decoded.value, secret);
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
        let secret = self.is_secret(span);
        let look = match shape {
            LexemeKind::Null => Visibility::Shown(SegmentRole::Word),
            LexemeKind::Number | LexemeKind::Bool if secret => Visibility::Hidden { bare: true },
            LexemeKind::Number => Visibility::Shown(SegmentRole::Number),
            LexemeKind::Bool => Visibility::Shown(SegmentRole::Word),
            _ if secret => Visibility::Hidden { bare: false },
            _ => {
                self.suspicious |= may_be_secret(span.of(self.text));
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
