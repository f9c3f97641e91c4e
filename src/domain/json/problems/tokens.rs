//! Lexemes as they were probably meant: comments skipped, missing quotes assumed.

use super::super::{Lexeme, LexemeKind, Lexer, Span, unquote};
use super::error_kind::SyntaxErrorKind;
use super::{SpanProblem, SyntaxFix};

/// A lexeme that is neither white space nor a comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct SyntaxToken {
    pub(super) shape: LexemeKind,
    pub(super) span: Span,
    /// The indentation before it, if it is the first token on its line.
    pub(super) indent: Option<usize>,
    /// Whether an error in the token itself was reported.
    pub(super) reported: bool,
}

/// The tokens of a text, with the problems in and between them.
pub(super) struct SyntaxTokens<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    indent: Option<usize>,
    ahead: Option<SyntaxToken>,
    limit: usize,
    pub(super) found: Vec<SpanProblem>,
}

impl<'t> SyntaxTokens<'t> {
    pub(super) fn new(text: &'t str, start: usize, limit: usize) -> Self {
        let mut lexer = Lexer::new(text);
        lexer.skip_to(start);
        Self { text, lexer, indent: Some(0), ahead: None, limit, found: Vec::new() }
    }

    /// The next token, without consuming it.
    pub(super) fn peek(&mut self) -> Option<SyntaxToken> {
        if self.ahead.is_none() {
            self.ahead = self.read();
        }
        self.ahead
    }

    pub(super) fn next(&mut self) -> Option<SyntaxToken> {
        self.ahead.take().or_else(|| self.read())
    }

    /// Whether the limit is reached.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= self.limit
    }

    pub(super) fn report(&mut self, span: Span, slip: SyntaxErrorKind, fix: Option<SyntaxFix>) {
        self.found.push(SpanProblem { span, kind: slip, fix });
    }

    /// Reports a problem that is corrected by other text in the same place.
    pub(super) fn replace(&mut self, span: Span, slip: SyntaxErrorKind, text: &str, words: &'static str) {
        self.report(span, slip, Some(SyntaxFix { span, replacement: text.to_owned(), words }));
    }

    fn read(&mut self) -> Option<SyntaxToken> {
        // The limit applies to a text of comments alone, too.
        while !self.is_full() {
            let Lexeme { kind: shape, span, .. } = self.lexer.next()?;
            let text = span.of(self.text);
            match shape {
                LexemeKind::Space => {
                    if let Some((_, last)) = text.rsplit_once('\n') {
                        self.indent = Some(last.len());
                    }
                }
                LexemeKind::Bad if self.comment(span.start) => {}
                LexemeKind::Bad if text == "'" => return Some(self.single_quoted(span.start)),
                LexemeKind::Bad => return Some(self.bare(span)),
                LexemeKind::Unterminated => return Some(self.unterminated(span)),
                LexemeKind::String => return Some(self.string(span)),
                _ => return Some(self.token(shape, span, false)),
            }
        }
        None
    }

    fn token(&mut self, shape: LexemeKind, span: Span, told: bool) -> SyntaxToken {
        SyntaxToken { shape, span, indent: self.indent.take(), reported: told }
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

    /// Skips a comment that starts here; false if there is none.
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
        // Including the blanks before it, so that none are left at the end of the line.
        let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
        let to_line_end = self.line(span.end).trim().is_empty();
        let gone = if to_line_end { Span { start: start - blanks, ..span } } else { span };
        let fix = SyntaxFix { span: gone, replacement: String::new(), words: "take the comment out" };
        self.report(span, SyntaxErrorKind::Comment, Some(fix));
        self.lexer.skip_to(span.end);
        true
    }

    fn string(&mut self, span: Span) -> SyntaxToken {
        let quoted = span.of(self.text);
        let Err((at, reason)) = unquote(quoted) else {
            return self.token(LexemeKind::String, span, false);
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
        self.replace(bad, SyntaxErrorKind::InString(reason), &replacement, words);
        self.token(LexemeKind::String, span, true)
    }

    /// A string in single quotes, up to the quote that closes it on its line.
    fn single_quoted(&mut self, start: usize) -> SyntaxToken {
        let line = self.line(start + 1);
        let mut replacement = String::from('"');
        let mut escaped = false;
        for (at, c) in line.char_indices() {
            match c {
                '\'' if escaped => _ = replacement.pop(),
                '\'' => {
                    let span = Span { start, end: start + at + 2 };
                    replacement.push('"');
                    self.replace(span, SyntaxErrorKind::SingleQuotes, &replacement, "use double quotes");
                    self.lexer.skip_to(span.end);
                    return self.token(LexemeKind::String, span, true);
                }
                '"' if !escaped => replacement.push('\\'),
                _ => {}
            }
            replacement.push(c);
            escaped = c == '\\' && !escaped;
        }
        self.unterminated(Span { start, end: start + 1 + line.len() })
    }

    /// A string cut off by the end of its line: the missing quote is assumed where its text seems to end.
    fn unterminated(&mut self, span: Span) -> SyntaxToken {
        let body = span.of(self.text);
        // A name without its closing quote ends before the colon; a value before what follows values.
        let name = body.find(':').filter(|at| !body.get(1..*at).unwrap_or_default().contains([' ', '/']));
        let value = body.trim_end_matches([' ', '\t', '\r', ',', '}', ']']).len().max(1);
        let end = span.start + name.filter(|at| *at > 1).unwrap_or(value);
        let string = Span { start: span.start, end };
        let fix = insert_fix(end, "\"", "close the string").filter(|_| !body.starts_with('\''));
        self.report(string, SyntaxErrorKind::NoClosingQuote, fix);
        self.lexer.skip_to(end);
        self.token(LexemeKind::String, string, true)
    }

    /// A bare word. If a quote follows it directly, its opening quote is missing.
    fn bare(&mut self, span: Span) -> SyntaxToken {
        let ends_string = self.rest(span.end).strip_prefix('"').is_some_and(|rest| {
            let rest = rest.trim_start_matches([' ', '\t', '\r']);
            rest.is_empty() || rest.starts_with([',', ':', '}', ']', '\n'])
        });
        if !ends_string {
            return self.token(LexemeKind::Bad, span, false);
        }
        let string = Span { start: span.start, end: span.end + 1 };
        self.report(string, SyntaxErrorKind::NoOpeningQuote, insert_fix(span.start, "\"", "open the string"));
        self.lexer.skip_to(string.end);
        self.token(LexemeKind::String, string, true)
    }
}

pub(super) fn insert_fix(at: usize, text: &str, words: &'static str) -> Option<SyntaxFix> {
    Some(SyntaxFix { span: Span { start: at, end: at }, replacement: text.to_owned(), words })
}
