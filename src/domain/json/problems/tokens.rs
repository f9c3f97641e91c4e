//! Lexemes as their typist meant them: comments left out, quotes that are missing thought of.

use super::super::{Lexeme, Lexer, Shape, Span, Unquoted, unquote};
use super::slip::Slip;
use super::{Fix, Found};

/// A lexeme that is neither white space nor a comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) shape: Shape,
    pub(super) span: Span,
    /// Blanks before it on its line, if it is the first there.
    pub(super) indent: Option<usize>,
    /// Whether something of its own is wrong with it, and was told.
    pub(super) told: bool,
}

/// The tokens of a text, with what is wrong in and between them.
pub(super) struct Tokens<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    indent: Option<usize>,
    ahead: Option<Token>,
    limit: usize,
    pub(super) found: Vec<Found>,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str, start: usize, limit: usize) -> Self {
        let mut lexer = Lexer::new(text);
        lexer.skip_to(start);
        Self { text, lexer, indent: Some(0), ahead: None, limit, found: Vec::new() }
    }

    /// The next token, without taking it.
    pub(super) fn peek(&mut self) -> Option<Token> {
        if self.ahead.is_none() {
            self.ahead = self.read();
        }
        self.ahead
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        self.ahead.take().or_else(|| self.read())
    }

    /// Whether as much was found as is wanted.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= self.limit
    }

    pub(super) fn tell(&mut self, span: Span, slip: Slip, fix: Option<Fix>) {
        self.found.push(Found { span, slip, fix });
    }

    fn read(&mut self) -> Option<Token> {
        // A text of nothing but comments is left as soon as any other.
        while !self.is_full() {
            let Lexeme { shape, span } = self.lexer.next()?;
            let text = span.of(self.text);
            match shape {
                Shape::Space => {
                    if let Some((_, last)) = text.rsplit_once('\n') {
                        self.indent = Some(last.len());
                    }
                }
                Shape::Bad if self.comment(span.start) => {}
                Shape::Bad if text == "'" => return Some(self.single_quoted(span.start)),
                Shape::Bad => return Some(self.bare(span)),
                Shape::Unterminated => return Some(self.unterminated(span)),
                Shape::String => return Some(self.string(span)),
                _ => return Some(self.token(shape, span, false)),
            }
        }
        None
    }

    fn token(&mut self, shape: Shape, span: Span, told: bool) -> Token {
        Token { shape, span, indent: self.indent.take(), told }
    }

    fn rest(&self, from: usize) -> &'t str {
        self.text.get(from..).unwrap_or_default()
    }

    /// The rest of the line.
    fn line(&self, from: usize) -> &'t str {
        let rest = self.rest(from);
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// Passes over a comment that starts here; says whether there was one.
    fn comment(&mut self, start: usize) -> bool {
        let rest = self.rest(start);
        let len = if rest.starts_with("//") || rest.starts_with('#') {
            self.line(start).trim_end_matches('\r').len()
        } else if rest.starts_with("/*") {
            memchr::memmem::find(rest.as_bytes(), b"*/").map_or(rest.len(), |at| at + 2)
        } else {
            return false;
        };
        let span = Span { start, end: start + len };
        let before = Span { start: 0, end: start }.of(self.text);
        // With the blanks before it, so that none are left at the end of the line.
        let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
        let to_line_end = self.line(span.end).trim().is_empty();
        let gone = if to_line_end { Span { start: start - blanks, ..span } } else { span };
        let fix = Fix { span: gone, replacement: String::new(), words: "take the comment out" };
        self.tell(span, Slip::Comment, Some(fix));
        self.lexer.skip_to(span.end);
        true
    }

    fn string(&mut self, span: Span) -> Token {
        let quoted = span.of(self.text);
        let Unquoted::Broken(at, reason) = unquote(quoted) else {
            return self.token(Shape::String, span, false);
        };
        let bad = quoted.get(at..).and_then(|rest| rest.chars().next()).unwrap_or('\\');
        let start = span.start + at;
        let replacement = match bad {
            '\\' => "\\\\".to_owned(),
            '\t' => "\\t".to_owned(),
            control => format!("\\u{:04x}", u32::from(control)),
        };
        let bad = Span { start, end: start + bad.len_utf8() };
        let words = if replacement == "\\\\" { "double the backslash" } else { "write it as an escape" };
        self.tell(bad, Slip::InString(reason), Some(Fix { span: bad, replacement, words }));
        self.token(Shape::String, span, true)
    }

    /// A string in single quotes, up to the one that closes it on its line.
    fn single_quoted(&mut self, start: usize) -> Token {
        let line = self.line(start + 1);
        let mut escaped = false;
        let close = line.char_indices().find(|(_, c)| {
            let closes = *c == '\'' && !escaped;
            escaped = *c == '\\' && !escaped;
            closes
        });
        let Some((at, _)) = close else {
            let end = start + 1 + line.len();
            return self.unterminated(Span { start, end });
        };
        let inner = line.get(..at).unwrap_or_default();
        let span = Span { start, end: start + at + 2 };
        let mut replacement = String::with_capacity(inner.len() + 2);
        replacement.push('"');
        let mut escaped = false;
        for c in inner.chars() {
            match c {
                '\'' if escaped => _ = replacement.pop(),
                '"' if !escaped => replacement.push('\\'),
                _ => {}
            }
            replacement.push(c);
            escaped = c == '\\' && !escaped;
        }
        replacement.push('"');
        self.tell(span, Slip::SingleQuotes, Some(Fix { span, replacement, words: "use double quotes" }));
        self.lexer.skip_to(span.end);
        self.token(Shape::String, span, true)
    }

    /// A string that its line ends: its quote is thought to be missing where its text seems to end.
    fn unterminated(&mut self, span: Span) -> Token {
        let body = span.of(self.text);
        // A name that lost its quote ends before the colon; a value before what follows values.
        let name = body.find(':').filter(|at| !body.get(1..*at).unwrap_or_default().contains([' ', '/']));
        let value = body.trim_end_matches([' ', '\t', '\r', ',', '}', ']']).len().max(1);
        let end = span.start + name.filter(|at| *at > 1).unwrap_or(value);
        let string = Span { start: span.start, end };
        let put = Span { start: end, end };
        let quote = if body.starts_with('\'') { None } else { Some("\"") };
        let fix = quote.map(|quote| Fix { span: put, replacement: quote.into(), words: "close the string" });
        self.tell(string, Slip::NoClosingQuote, fix);
        self.lexer.skip_to(end);
        self.token(Shape::String, string, true)
    }

    /// A bare word. With a quote right behind it, the one before it is missing.
    fn bare(&mut self, span: Span) -> Token {
        let ends_string = self.rest(span.end).strip_prefix('"').is_some_and(|rest| {
            let rest = rest.trim_start_matches([' ', '\t', '\r']);
            rest.is_empty() || rest.starts_with([',', ':', '}', ']', '\n'])
        });
        if !ends_string {
            return self.token(Shape::Bad, span, false);
        }
        let string = Span { start: span.start, end: span.end + 1 };
        let put = Span { start: span.start, end: span.start };
        let fix = Fix { span: put, replacement: "\"".into(), words: "open the string" };
        self.tell(string, Slip::NoOpeningQuote, Some(fix));
        self.lexer.skip_to(string.end);
        self.token(Shape::String, string, true)
    }
}
