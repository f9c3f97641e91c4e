//! Reads JSON by its tokens, and text that was meant to be JSON as well as it goes.

use std::borrow::Cow;

use super::value::{Part, parts};
use super::{Look, Pieces, Role};
use crate::domain::json::{Lexeme, Lexer, Shape, Span, decode, unquote};
use crate::domain::{DocumentKind, is_listed_secret, is_secret_field, looks_secret, may_be_secret};

/// In a text nested deeper than any document, paths are not followed and everything is hidden.
const MAX_DEPTH: usize = 130;

/// A container that is open.
struct Frame {
    object: bool,
    /// How many names lead to it.
    path_len: usize,
    /// Whether all that it holds is secret.
    secret: bool,
    /// Whether the member being read is.
    here: bool,
    /// Whether it became secret because of a stray bracket that may be among its members.
    doubtful: bool,
}

/// Follows the path of names through a text and gives each token its look.
pub(super) struct Reader<'a, 'p> {
    kind: DocumentKind,
    text: &'a str,
    path: Vec<Cow<'p, str>>,
    frames: Vec<Frame>,
    /// Where the text stops being JSON. Up to there brackets and quotes are in their places, but
    /// not all of them need be there: names are judged without their place.
    broken_at: Option<usize>,
    /// In a broken text: whether something was met that announces a secret. After the break, nobody
    /// knows where such a secret ends, so every value is hidden.
    wary: bool,
    /// Whether the last token was a colon.
    after_colon: bool,
}

impl<'a: 'p, 'p> Reader<'a, 'p> {
    pub(super) fn new<S: AsRef<str>>(
        kind: DocumentKind,
        path: &'p [S],
        text: &'a str,
        broken_at: Option<usize>,
    ) -> Self {
        let path: Vec<Cow<'p, str>> = path.iter().map(|name| Cow::Borrowed(name.as_ref())).collect();
        let secret = is_secret_field(kind, &path);
        let root = Frame { object: false, path_len: path.len(), secret, here: secret, doubtful: false };
        let wary = secret || broken_at.is_some_and(|at| hides_anywhere(text.get(at..).unwrap_or(text)));
        Self { kind, text, path, frames: vec![root], broken_at, wary, after_colon: false }
    }

    /// Reads the text from `at` on.
    pub(super) fn read(mut self, at: usize, pieces: &mut Pieces) {
        let body = self.text.get(at..).unwrap_or_default();
        let mut lexer = Lexer::new(body);
        while let Some(lexeme) = lexer.next() {
            let span = Span { start: at + lexeme.span.start, end: at + lexeme.span.end };
            match lexeme.shape {
                Shape::Space => pieces.shown(span, Role::Plain),
                Shape::String if is_key(lexer.clone()) => {
                    // A stray colon makes a value look like a name.
                    if self.after_colon || self.is_in_array() {
                        self.string(lexeme.shape, span, pieces);
                    } else {
                        pieces.shown(span, Role::Key);
                    }
                    self.key(span);
                }
                Shape::String | Shape::Unterminated => self.string(lexeme.shape, span, pieces),
                Shape::Number | Shape::Bool | Shape::Null | Shape::Bad => {
                    self.word(Lexeme { shape: lexeme.shape, span }, pieces);
                }
                mark => {
                    self.punctuation(mark);
                    pieces.shown(span, Role::Punctuation);
                }
            }
            if lexeme.shape != Shape::Space {
                self.after_colon = lexeme.shape == Shape::Colon;
            }
        }
    }

    fn punctuation(&mut self, mark: Shape) {
        match mark {
            Shape::OpenObject | Shape::OpenArray => self.open(mark == Shape::OpenObject),
            Shape::CloseObject | Shape::CloseArray => self.close(),
            Shape::Comma => self.comma(),
            _ => (),
        }
    }

    fn open(&mut self, object: bool) {
        let secret = self.frames.last().is_some_and(|top| top.here) || self.frames.len() > MAX_DEPTH;
        self.frames.push(Frame { object, path_len: self.path.len(), secret, here: secret, doubtful: false });
    }

    fn close(&mut self) {
        let closed = if self.frames.len() > 1 { self.frames.pop() } else { None };
        // In a broken text this may be one bracket too many, and what follows the rest of the secret.
        if let (Some(Frame { secret: true, doubtful: false, .. }), Some(_), Some(top)) =
            (closed, self.broken_at, self.frames.last_mut())
            && !top.secret
        {
            (top.secret, top.here, top.doubtful) = (true, true, true);
        }
    }

    fn is_in_array(&self) -> bool {
        matches!(self.frames.as_slice(), [_, .., top] if !top.object)
    }

    fn comma(&mut self) {
        if let Some(top) = self.frames.last_mut() {
            self.path.truncate(top.path_len);
            top.here = top.secret;
        }
    }

    fn key(&mut self, span: Span) {
        let quoted = span.of(self.text);
        let name = unquote(quoted).value().unwrap_or(Cow::Borrowed(quoted));
        let broken = self.broken_at.is_some();
        let Some(top) = self.frames.last_mut() else { return };
        self.path.truncate(top.path_len);
        let sounds = if broken { may_be_secret(&name) } else { looks_secret(&name) };
        self.wary |= broken && sounds;
        self.path.push(name);
        // Names further up sounded harmless, or the container were secret already.
        top.here = top.secret || sounds || is_listed_secret(self.kind, &self.path);
        top.object = true;
    }

    /// Whether a value that ends here is a secret.
    fn is_secret(&self, span: Span) -> bool {
        self.frames.last().is_some_and(|top| if top.object { top.here } else { top.secret })
            || (self.wary && self.broken_at.is_some_and(|at| span.end > at))
    }

    fn string(&mut self, shape: Shape, span: Span, pieces: &mut Pieces) {
        // The `@` that tells a password may be in the part that is missing.
        let cut_url = shape == Shape::Unterminated && span.of(self.text).contains("//");
        let secret = cut_url || self.is_secret(span);
        let end = if shape == Shape::String { span.end - 1 } else { span.end };
        let inner = Span { start: span.start + 1, end };
        let decoded = decode(inner.of(self.text));
        self.wary |= self.broken_at.is_some() && may_be_secret(&decoded.value);
        let quote = |at| Span { start: at, end: at + 1 };
        let mut parts = parts(&decoded.value, secret);
        if let [(_, Part::Text)] | [] = parts.as_slice() {
            return pieces.shown(span, Role::String);
        }
        pieces.shown(quote(span.start), Role::String);
        for (part_span, part) in parts.drain(..) {
            let part_span = Span {
                start: inner.start + decoded.written(part_span.start),
                end: inner.start + decoded.written(part_span.end),
            };
            match part {
                Part::Text => pieces.shown(part_span, Role::String),
                Part::Reference => pieces.shown(part_span, Role::Reference),
                Part::Hidden => pieces.push(part_span, Look::Hidden { bare: false }),
            }
        }
        if end < span.end {
            pieces.shown(quote(end), Role::String);
        }
    }

    fn word(&mut self, lexeme: Lexeme, pieces: &mut Pieces) {
        let Lexeme { shape, span } = lexeme;
        let secret = self.is_secret(span);
        let look = match shape {
            Shape::Null => Look::Shown(Role::Word),
            Shape::Number | Shape::Bool if secret => Look::Hidden { bare: true },
            Shape::Number => Look::Shown(Role::Number),
            Shape::Bool => Look::Shown(Role::Word),
            _ if secret => Look::Hidden { bare: false },
            _ => {
                self.wary |= may_be_secret(span.of(self.text));
                Look::Shown(Role::Bad)
            }
        };
        pieces.push(span, look);
    }
}

/// Whether a text without trustworthy quotes may hold the password of a URL, or a key.
fn hides_anywhere(text: &str) -> bool {
    text.contains('@') || text.contains("-----BEGIN")
}

/// Whether the string just read names a member: a colon follows.
fn is_key(mut rest: Lexer<'_>) -> bool {
    rest.find(|lexeme| lexeme.shape != Shape::Space).is_some_and(|lexeme| lexeme.shape == Shape::Colon)
}
