//! Brackets that open, close, and are left open or crossed.

use std::collections::HashMap;

use super::super::Span;
use super::super::walk::MAX_DEPTH;
use super::reader::{Open, Reader, Want, closes};
use super::slip::Slip;
use super::tokens::Token;
use super::{Fix, Shape};

impl Reader<'_> {
    /// A closing bracket where a value should stand.
    pub(super) fn close_for_value(&mut self, token: Token) {
        let closes = self.in_object() == (token.shape == Shape::CloseObject) && !self.open.is_empty();
        match (self.want, self.in_object()) {
            (Want::ValueOrClose, _) if closes => self.pop(token),
            (Want::Value, false) if closes => {
                let fix = Self::delete(self.comma, "take the comma out");
                self.tokens.tell(self.comma, Slip::TrailingComma { object: false }, fix);
                self.pop(token);
            }
            (_, true) => {
                self.tell(token, Slip::NoValue, None);
                self.close(token);
            }
            _ => self.close(token),
        }
    }

    pub(super) fn opens(&mut self, token: Token) -> bool {
        if self.open.len() == MAX_DEPTH {
            self.tell(token, Slip::TooDeep, None);
            return false;
        }
        let object = token.shape == Shape::OpenObject;
        let open = Open { object, at: token.span.start, indent: Some(self.indent), names: HashMap::new() };
        self.open.push(open);
        self.want = if object { Want::KeyOrClose } else { Want::ValueOrClose };
        true
    }

    /// Whether a colon shows that an array was left before its last item, which is a name.
    pub(super) fn names_a_member_of_the_parent(&self) -> bool {
        let parent = self.open.len().checked_sub(2).and_then(|at| self.open.get(at));
        let array = self.open.last().filter(|open| !open.object);
        parent.is_some_and(|parent| parent.object) && array.is_some_and(|array| array.at < self.comma.start)
    }

    /// Whether what stands where a name should shows that an object in an array was left before it.
    pub(super) fn is_an_item_of_the_parent(&mut self, token: Token) -> bool {
        let parent = self.open.len().checked_sub(2).and_then(|at| self.open.get(at));
        if self.want != Want::Key || parent.is_none_or(|parent| parent.object) {
            return false;
        }
        match token.shape {
            Shape::OpenObject | Shape::OpenArray => true,
            Shape::Comma | Shape::Colon | Shape::CloseObject | Shape::CloseArray => false,
            _ => self.tokens.peek().is_some_and(|next| next.shape == Shape::Comma || closes(next.shape)),
        }
    }

    /// Goes on behind the innermost bracket, which should have been closed before the last comma.
    pub(super) fn close_unclosed(&mut self, bracket: &str) {
        if let Some(open) = self.open.pop() {
            let span = Span { start: open.at, end: open.at + 1 };
            let fix = Self::put(self.comma.start, bracket, "close it");
            self.tokens.tell(span, Slip::NeverClosed { object: open.object }, fix);
        }
        self.want = Want::Value;
    }

    /// A closing bracket behind a value, which may be of the wrong kind.
    pub(super) fn close(&mut self, token: Token) {
        let object = token.shape == Shape::CloseObject;
        let Some(top) = self.open.last() else {
            self.tell(token, Slip::StrayClose, Self::delete(token.span, "take the bracket out"));
            return;
        };
        if top.object == object {
            return self.pop(token);
        }
        let (top, opened) = (top.object, top.at);
        let twin = self.open.iter().rposition(|open| open.object == object);
        let more_follows = self.tokens.peek().is_some();
        // What closes everything while more follows was meant for the innermost bracket.
        match twin {
            Some(twin) if twin > 0 || !more_follows => {
                let close = Self::put(self.end, if top { "}" } else { "]" }, "close it");
                let unclosed: Vec<_> = self.open.drain(twin + 1..).collect();
                let one = unclosed.len() == 1;
                for open in unclosed {
                    let span = Span { start: open.at, end: open.at + 1 };
                    let fix = close.clone().filter(|_| one);
                    self.tokens.tell(span, Slip::NeverClosed { object: open.object }, fix);
                }
                self.pop(token);
            }
            _ => {
                let replacement = if top { "}" } else { "]" }.to_owned();
                let fix = Fix { span: token.span, replacement, words: "change the bracket" };
                self.tell(token, Slip::WrongClose { opened, object: top }, Some(fix));
                self.pop(token);
            }
        }
    }

    pub(super) fn pop(&mut self, token: Token) {
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
        let begun = !matches!(self.want, Want::CommaOrClose | Want::KeyOrClose | Want::ValueOrClose);
        for open in std::mem::take(&mut self.open) {
            let at = self.suspect.take().filter(|_| !many);
            let close = if open.object { "}" } else { "]" };
            let fix = Self::put(self.end, &format!("\n{close}"), "close it at the end");
            let fix = fix.filter(|_| at.is_none() && !many && !begun);
            let start = at.unwrap_or(open.at);
            let object = self.text.get(start..).is_some_and(|rest| rest.starts_with('{'));
            self.tokens.tell(Span { start, end: start + 1 }, Slip::NeverClosed { object }, fix);
        }
    }
}
