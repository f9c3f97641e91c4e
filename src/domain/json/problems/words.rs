//! Bare words where a value is expected: foreign spellings, odd numbers, text without quotes.

use super::super::lexer::is_number;
use super::super::quote;
use super::error_kind::SyntaxErrorKind;
use super::reader::RecoveryParser;
use super::tokens::SyntaxToken;
use super::{LexemeKind, Span, SyntaxFix};

impl RecoveryParser<'_> {
    /// A bare word, and those after it on its line, where a value is expected.
    pub(super) fn bare_value(&mut self, token: SyntaxToken) {
        let word = token.span.of(self.text);
        let spelling = match word {
            "True" | "TRUE" => Some("true"),
            "False" | "FALSE" => Some("false"),
            "None" | "nil" | "undefined" | "NULL" | "Null" => Some("null"),
            _ => None,
        };
        if let Some(spelling) = spelling {
            let kind = SyntaxErrorKind::ForeignWord;
            return self.tokens.replace(token.span, kind, spelling, "spell it as JSON does");
        }
        if let Some(word @ ("NaN" | "Infinity")) = word.strip_prefix('+') {
            let kind = SyntaxErrorKind::MalformedNumber;
            return self.tokens.replace(token.span, kind, word, "write it without the plus sign");
        }
        if is_number(word.as_bytes()) {
            return self.report(token, SyntaxErrorKind::TooManyDigits, None);
        }
        if word.trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit()) {
            let fix = number(word).map(|replacement| SyntaxFix {
                span: token.span,
                replacement,
                words: "write it as JSON does",
            });
            return self.report(token, SyntaxErrorKind::MalformedNumber, fix);
        }
        let span = self.words_from(token);
        self.quote(span, SyntaxErrorKind::UnquotedText);
    }

    /// Reports a text without quotes.
    pub(super) fn quote(&mut self, span: Span, kind: SyntaxErrorKind) {
        self.tokens.replace(span, kind, &quote(span.of(self.text)), "put it in quotes");
    }

    /// A word and those that follow it on its line: probably meant as one text.
    pub(super) fn words_from(&mut self, token: SyntaxToken) -> Span {
        let mut span = token.span;
        while let Some(next) = self.tokens.peek()
            && next.indent.is_none()
            && matches!(
                next.shape,
                LexemeKind::Bad | LexemeKind::Number | LexemeKind::Bool | LexemeKind::Null
            )
            && next.span.of(self.text) != "="
        {
            span.end = next.span.end;
            self.end = span.end;
            self.tokens.next();
        }
        span
    }
}

/// A number in JSON's syntax, from common other spellings: `+5`, `.5`, `5.`, `007`.
fn number(word: &str) -> Option<String> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", word.strip_prefix('+').unwrap_or(word)),
    };
    let whole = digits.trim_start_matches('0');
    let whole =
        if whole.starts_with(|c: char| c.is_ascii_digit()) { whole.to_owned() } else { format!("0{whole}") };
    let number = format!("{sign}{}{}", whole, if whole.ends_with('.') { "0" } else { "" });
    is_number(number.as_bytes()).then_some(number)
}
