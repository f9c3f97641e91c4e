//! Brackets that open, close, and are left open or crossed.

use std::collections::HashMap;

use super::super::walk::{MAX_DEPTH, MAX_STRICT_DEPTH, ParseState};
use super::super::{Oddity, Span};
use super::LexemeKind;
use super::error_kind::SyntaxErrorKind;
use super::reader::{OpenBracket, RecoveryParser};
use super::tokens::{SyntaxToken, insert_fix};

impl RecoveryParser<'_> {
    /// A closing bracket where a value is expected.
    pub(super) fn close_for_value(&mut self, token: SyntaxToken) {
        let closes = self.in_object() == (token.shape == LexemeKind::CloseObject) && !self.open.is_empty();
        match (self.state, self.in_object()) {
            (ParseState::ValueOrClose, _) if closes => self.pop(token),
            (ParseState::Value, false) if closes => {
                self.trailing_comma(token);
            }
            (_, true) => {
                self.report(token, SyntaxErrorKind::NoValue, None);
                self.close(token);
            }
            _ => self.close(token),
        }
    }

    /// A closing bracket after a comma.
    pub(super) fn trailing_comma(&mut self, token: SyntaxToken) {
        let kind = SyntaxErrorKind::TrailingComma { object: self.in_object() };
        self.tokens.replace(self.comma, kind, "", "take the comma out");
        self.pop(token);
    }

    pub(super) fn stray_close(&mut self, token: SyntaxToken) {
        self.tokens.replace(token.span, SyntaxErrorKind::StrayClose, "", "take the bracket out");
    }

    pub(super) fn opens(&mut self, token: SyntaxToken) -> bool {
        if self.open.len() == MAX_STRICT_DEPTH {
            self.report(token, SyntaxErrorKind::Odd(Oddity::TooDeep), None);
        }
        if self.open.len() == MAX_DEPTH {
            self.report(token, SyntaxErrorKind::TooDeep, None);
            return false;
        }
        let object = token.shape == LexemeKind::OpenObject;
        let open =
            OpenBracket { object, at: token.span.start, indent: Some(self.indent), names: HashMap::new() };
        self.open.push(open);
        self.state = if object { ParseState::KeyOrClose } else { ParseState::ValueOrClose };
        true
    }

    /// Whether a colon shows that an array ended before its last item, which is a name.
    pub(super) fn names_a_member_of_the_parent(&self) -> bool {
        let parent = self.open.len().checked_sub(2).and_then(|at| self.open.get(at));
        let array = self.open.last().filter(|open| !open.object);
        parent.is_some_and(|parent| parent.object) && array.is_some_and(|array| array.at < self.comma.start)
    }

    /// Whether a token in place of a name shows that an object in an array was left unclosed.
    pub(super) fn is_an_item_of_the_parent(&mut self, token: SyntaxToken) -> bool {
        let parent = self.open.len().checked_sub(2).and_then(|at| self.open.get(at));
        if self.state != ParseState::Key || parent.is_none_or(|parent| parent.object) {
            return false;
        }
        match token.shape {
            LexemeKind::OpenObject | LexemeKind::OpenArray => true,
            LexemeKind::Comma | LexemeKind::Colon | LexemeKind::CloseObject | LexemeKind::CloseArray => false,
            _ => {
                self.tokens.peek().is_some_and(|next| next.shape == LexemeKind::Comma || next.shape.closes())
            }
        }
    }

    /// Continues after the innermost bracket, which should have been closed before the last comma.
    pub(super) fn close_unclosed(&mut self, bracket: &str) {
        if let Some(open) = self.open.pop() {
            let span = Span { start: open.at, end: open.at + 1 };
            let fix = insert_fix(self.comma.start, bracket, "close it");
            self.tokens.report(span, SyntaxErrorKind::NeverClosed { object: open.object }, fix);
        }
        self.state = ParseState::Value;
    }

    /// A closing bracket after a value, which may be of the wrong kind.
    pub(super) fn close(&mut self, token: SyntaxToken) {
        let object = token.shape == LexemeKind::CloseObject;
        let Some(top) = self.open.last() else { return self.stray_close(token) };
        if top.object == object {
            return self.pop(token);
        }
        let (top, opened) = (top.object, top.at);
        let twin = self.open.iter().rposition(|open| open.object == object);
        let more_follows = self.tokens.peek().is_some();
        // A bracket that would close everything while more follows was meant for the innermost bracket.
        match twin {
            Some(twin) if twin > 0 || !more_follows => {
                let close = insert_fix(self.end, if top { "}" } else { "]" }, "close it");
                let unclosed: Vec<_> = self.open.drain(twin + 1..).collect();
                let one = unclosed.len() == 1;
                for open in unclosed {
                    let span = Span { start: open.at, end: open.at + 1 };
                    let fix = close.clone().filter(|_| one);
                    self.tokens.report(span, SyntaxErrorKind::NeverClosed { object: open.object }, fix);
                }
                self.pop(token);
            }
            _ => {
                let kind = SyntaxErrorKind::WrongClose { opened, object: top };
                self.tokens.replace(token.span, kind, if top { "}" } else { "]" }, "change the bracket");
                self.pop(token);
            }
        }
    }

    pub(super) fn pop(&mut self, token: SyntaxToken) {
        if let Some(open) = self.open.pop()
            && self.suspect.is_none()
            && let (Some(here), Some(there)) = (token.indent, open.indent)
            && here < there
        {
            self.suspect = Some(open.at);
        }
        self.after_value();
    }

    pub(super) fn never_closed(&mut self) {
        let many = self.open.len() > 1;
        let begun = !matches!(
            self.state,
            ParseState::CommaOrClose | ParseState::KeyOrClose | ParseState::ValueOrClose
        );
        for open in std::mem::take(&mut self.open) {
            let at = self.suspect.take().filter(|_| !many);
            let close = if open.object { "}" } else { "]" };
            let fix = insert_fix(self.end, &format!("\n{close}"), "close it at the end");
            let fix = fix.filter(|_| at.is_none() && !many && !begun);
            let start = at.unwrap_or(open.at);
            let object = self.text.get(start..).is_some_and(|rest| rest.starts_with('{'));
            self.tokens.report(Span { start, end: start + 1 }, SyntaxErrorKind::NeverClosed { object }, fix);
        }
    }
}
