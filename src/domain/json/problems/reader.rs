//! A parser that recovers after each error as if it had been corrected.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::oddity::oddity;
use super::super::walk::{ParseState, scalar};
use super::super::{BYTE_ORDER_MARK, LexemeKind, Scalar, Span, unquote};
use super::error_kind::SyntaxErrorKind;
use super::tokens::{SyntaxToken, SyntaxTokens, insert_fix};
use super::{Severity, SpanProblem, SyntaxFix};

pub(super) struct OpenBracket<'t> {
    pub(super) object: bool,
    pub(super) at: usize,
    /// The indentation of its line, if the line begins with it or with the name of its member.
    pub(super) indent: Option<usize>,
    /// The names seen in it, each with its first offset.
    pub(super) names: HashMap<Cow<'t, str>, usize>,
}

pub(super) struct RecoveryParser<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: SyntaxTokens<'t>,
    pub(super) open: Vec<OpenBracket<'t>>,
    pub(super) state: ParseState,
    /// The end of the last token consumed, where missing text is inserted.
    pub(super) end: usize,
    pub(super) comma: Span,
    /// The indentation of the line being read.
    pub(super) indent: usize,
    /// A bracket indented deeper than the one that closed it: if a closing bracket is missing, it belongs
    /// to this one.
    pub(super) suspect: Option<usize>,
    /// Whether the text is an object, once that is known.
    pub(super) object: Option<(bool, Span)>,
}

impl<'t> RecoveryParser<'t> {
    pub(super) fn new(text: &'t str, limit: usize) -> Self {
        let mark = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        let mut tokens = SyntaxTokens::new(text, mark, limit);
        if mark > 0 {
            tokens.replace(Span { start: 0, end: mark }, SyntaxErrorKind::ByteOrderMark, "", "take it out");
        }
        let nowhere = Span { start: mark, end: mark };
        Self {
            text,
            tokens,
            open: Vec::new(),
            state: ParseState::Value,
            end: mark,
            comma: nowhere,
            indent: 0,
            suspect: None,
            object: None,
        }
    }

    pub(super) fn read(mut self) -> Vec<SpanProblem> {
        while !self.tokens.is_full()
            && let Some(token) = self.tokens.next()
        {
            self.indent = token.indent.unwrap_or(self.indent);
            if self.object.is_none() {
                self.object = Some((token.shape == LexemeKind::OpenObject, token.span));
            }
            let went_on = self.take(token);
            self.end = token.span.end.max(self.end);
            if !went_on {
                return self.tokens.found;
            }
        }
        if !self.tokens.is_full() {
            self.ended();
        }
        self.tokens.found
    }

    /// Consumes a token; false stops the parser.
    fn take(&mut self, token: SyntaxToken) -> bool {
        let object = self.in_object();
        match (self.state, token.shape) {
            (ParseState::End, _) => return self.after_the_end(token),
            (ParseState::Value | ParseState::ValueOrClose, _) => return self.value(token),
            (ParseState::Key | ParseState::KeyOrClose, _) => return self.key(token),
            (ParseState::Colon, _) => return self.colon(token),
            (ParseState::CommaOrClose, LexemeKind::Comma) => {
                self.comma = token.span;
                self.state = if object { ParseState::Key } else { ParseState::Value };
            }
            (ParseState::CommaOrClose, LexemeKind::CloseObject | LexemeKind::CloseArray) => self.close(token),
            (ParseState::CommaOrClose, LexemeKind::Colon) if self.names_a_member_of_the_parent() => {
                self.close_unclosed("]");
            }
            (ParseState::CommaOrClose, _) => return self.no_comma(token),
        }
        true
    }

    pub(super) fn in_object(&self) -> bool {
        self.open.last().is_some_and(|open| open.object)
    }

    pub(super) fn report(&mut self, token: SyntaxToken, slip: SyntaxErrorKind, fix: Option<SyntaxFix>) {
        self.tokens.report(token.span, slip, fix);
    }

    pub(super) fn after_value(&mut self) {
        self.state = if self.open.is_empty() { ParseState::End } else { ParseState::CommaOrClose };
    }

    pub(super) fn value(&mut self, token: SyntaxToken) -> bool {
        match token.shape {
            LexemeKind::OpenObject | LexemeKind::OpenArray => return self.opens(token),
            kind if let Some(scalar) = scalar(kind) => {
                self.note_oddity(scalar, token);
                self.after_value();
            }
            LexemeKind::CloseObject | LexemeKind::CloseArray => self.close_for_value(token),
            LexemeKind::Comma if self.in_object() => {
                self.report(token, SyntaxErrorKind::NoValue, None);
                self.comma = token.span;
                self.state = ParseState::Key;
            }
            LexemeKind::Comma => {
                self.tokens.replace(token.span, SyntaxErrorKind::ExtraComma, "", "take the comma out");
            }
            LexemeKind::Colon => {
                self.tokens.replace(token.span, SyntaxErrorKind::ExtraColon, "", "take the colon out");
            }
            _ => {
                self.bare_value(token);
                self.after_value();
            }
        }
        true
    }

    fn key(&mut self, token: SyntaxToken) -> bool {
        if self.is_an_item_of_the_parent(token) {
            self.close_unclosed("}");
            return self.value(token);
        }
        match token.shape {
            LexemeKind::String => {
                self.name(token);
                self.state = ParseState::Colon;
            }
            LexemeKind::CloseObject if self.state == ParseState::Key => {
                self.trailing_comma(token);
            }
            LexemeKind::CloseObject => self.pop(token),
            LexemeKind::CloseArray => self.close(token),
            LexemeKind::Comma => {
                self.tokens.replace(token.span, SyntaxErrorKind::ExtraComma, "", "take the comma out");
            }
            LexemeKind::Colon => {
                self.report(token, SyntaxErrorKind::NoName, None);
                self.state = ParseState::Value;
            }
            LexemeKind::OpenObject | LexemeKind::OpenArray => {
                self.report(token, SyntaxErrorKind::NoName, None);
                return self.opens(token);
            }
            _ => {
                let span = self.words_from(token);
                if self.tokens.peek().is_some_and(|next| next.shape == LexemeKind::String) {
                    // The next token is a name already.
                    self.tokens.replace(span, SyntaxErrorKind::NotAName, "", "take it out");
                    return true;
                }
                self.quote(span, SyntaxErrorKind::UnquotedName);
                self.state = ParseState::Colon;
            }
        }
        true
    }

    /// Reports what the receiver takes and others do not; a token with an error in it has enough.
    fn note_oddity(&mut self, scalar: Scalar, token: SyntaxToken) {
        let oddity = oddity(scalar, token.span.of(self.text)).filter(|_| !token.reported);
        if let Some((_, oddity)) = oddity {
            self.report(token, SyntaxErrorKind::Odd(oddity), None);
        }
    }

    fn name(&mut self, token: SyntaxToken) {
        self.note_oddity(Scalar::String, token);
        let Some(open) = self.open.last_mut() else { return };
        let Some(name) = unquote(token.span.of(self.text)).ok().filter(|_| !token.reported) else {
            return;
        };
        if let Some(first) = open.names.get(&name) {
            let slip = SyntaxErrorKind::Duplicate { first: *first };
            self.tokens.report(token.span, slip, None);
        } else {
            open.names.insert(name, token.span.start);
        }
    }

    fn colon(&mut self, token: SyntaxToken) -> bool {
        self.state = ParseState::Value;
        match token.shape {
            LexemeKind::Colon => true,
            LexemeKind::Bad if token.span.of(self.text) == "=" => {
                self.tokens.replace(token.span, SyntaxErrorKind::EqualsSign, ":", "put a colon there");
                true
            }
            LexemeKind::Comma | LexemeKind::CloseObject | LexemeKind::CloseArray => {
                self.report(token, SyntaxErrorKind::NoColonAndValue, None);
                self.state = ParseState::CommaOrClose;
                self.take(token)
            }
            _ => {
                let fix = insert_fix(self.end, ":", "put a colon there");
                self.report(token, SyntaxErrorKind::NoColon, fix);
                self.value(token)
            }
        }
    }

    /// A token other than a comma after a value.
    fn no_comma(&mut self, token: SyntaxToken) -> bool {
        let object = self.in_object();
        let names = matches!(token.shape, LexemeKind::String | LexemeKind::Bad)
            && self.tokens.peek().is_some_and(|next| next.shape == LexemeKind::Colon);
        let begins_value = token.shape.opens() || scalar(token.shape).is_some();
        if (object && names) || (!object && begins_value) {
            if !token.reported {
                let fix = insert_fix(self.end, ",", "put a comma there");
                self.report(token, SyntaxErrorKind::NoComma { object }, fix);
            }
            self.comma = Span { start: self.end, end: self.end };
            self.state = if object { ParseState::Key } else { ParseState::Value };
            return self.take(token);
        }
        if !token.reported {
            self.report(token, SyntaxErrorKind::Unexpected { object }, None);
        }
        self.skip_the_rest(token);
        true
    }

    /// Skips the rest of a value's line, up to where the next value may begin.
    fn skip_the_rest(&mut self, token: SyntaxToken) {
        let mut depth = usize::from(token.shape.opens());
        while let Some(next) = self.tokens.peek() {
            let ends = depth == 0
                && (next.shape == LexemeKind::Comma || next.shape.closes() || next.indent.is_some());
            if ends {
                return;
            }
            depth = (depth + usize::from(next.shape.opens())) - usize::from(next.shape.closes());
            self.end = next.span.end;
            let taken = self.tokens.next();
            self.indent = taken.and_then(|taken| taken.indent).unwrap_or(self.indent);
        }
    }

    fn after_the_end(&mut self, token: SyntaxToken) -> bool {
        if token.shape.closes() {
            self.stray_close(token);
            return true;
        }
        if token.shape == LexemeKind::Comma {
            self.tokens.replace(token.span, SyntaxErrorKind::AfterTheEnd, "", "take the comma out");
        } else if !token.reported {
            self.report(token, SyntaxErrorKind::AfterTheEnd, None);
        }
        false
    }

    /// Reports what is unfinished at the end of the text.
    fn ended(&mut self) {
        match (self.state, self.open.is_empty()) {
            (ParseState::End, _) => {
                let clean = self.tokens.found.iter().all(|found| found.kind.severity() == Severity::Warning);
                if let Some((false, span)) = self.object.filter(|_| clean) {
                    self.tokens.report(span, SyntaxErrorKind::NotAnObject, None);
                }
            }
            (_, true) if self.tokens.found.is_empty() => {
                let span = Span { start: self.text.len(), end: self.text.len() };
                self.tokens.replace(span, SyntaxErrorKind::Empty, "{}", "begin an object");
            }
            (_, true) => {}
            (_, false) => self.never_closed(),
        }
    }
}
