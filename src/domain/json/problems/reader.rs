//! Reads on after each slip as if it had been mended.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::lexer::is_number;
use super::super::{BYTE_ORDER_MARK, Shape, Span, quote, unquote};
use super::slip::Slip;
use super::tokens::{Token, Tokens};
use super::{Fix, Found};

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Want {
    Value,
    ValueOrClose,
    Key,
    KeyOrClose,
    Colon,
    CommaOrClose,
    End,
}

/// A bracket that waits for its other half.
pub(super) struct Open<'t> {
    pub(super) object: bool,
    pub(super) at: usize,
    /// Blanks before it, if its line begins with it or with the name of its member.
    pub(super) indent: Option<usize>,
    /// The names seen in it, and where first.
    pub(super) names: HashMap<Cow<'t, str>, usize>,
}

pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Tokens<'t>,
    pub(super) open: Vec<Open<'t>>,
    pub(super) want: Want,
    /// The end of the last token taken, where what is missing is put in.
    pub(super) end: usize,
    /// The last comma.
    pub(super) comma: Span,
    /// Blanks before the first token of the line being read.
    pub(super) indent: usize,
    /// A bracket whose line is further in than that of what closed it: if one is missing, it is its own.
    pub(super) suspect: Option<usize>,
    /// Whether the text is an object, once that is known.
    pub(super) object: Option<(bool, Span)>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, limit: usize) -> Self {
        let mark = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        let mut tokens = Tokens::new(text, mark, limit);
        if mark > 0 {
            let span = Span { start: 0, end: mark };
            let fix = Fix { span, replacement: String::new(), words: "take it out" };
            tokens.tell(span, Slip::ByteOrderMark, Some(fix));
        }
        let nowhere = Span { start: mark, end: mark };
        Self {
            text,
            tokens,
            open: Vec::new(),
            want: Want::Value,
            end: mark,
            comma: nowhere,
            indent: 0,
            suspect: None,
            object: None,
        }
    }

    pub(super) fn read(mut self) -> Vec<Found> {
        while !self.tokens.is_full()
            && let Some(token) = self.tokens.next()
        {
            self.indent = token.indent.unwrap_or(self.indent);
            if self.object.is_none() {
                self.object = Some((token.shape == Shape::OpenObject, token.span));
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

    /// Takes a token in; says whether to read on.
    fn take(&mut self, token: Token) -> bool {
        let object = self.in_object();
        match (self.want, token.shape) {
            (Want::End, _) => return self.after_the_end(token),
            (Want::Value | Want::ValueOrClose, _) => return self.value(token),
            (Want::Key | Want::KeyOrClose, _) => return self.key(token),
            (Want::Colon, _) => return self.colon(token),
            (Want::CommaOrClose, Shape::Comma) => {
                self.comma = token.span;
                self.want = if object { Want::Key } else { Want::Value };
            }
            (Want::CommaOrClose, Shape::CloseObject | Shape::CloseArray) => self.close(token),
            (Want::CommaOrClose, Shape::Colon) if self.names_a_member_of_the_parent() => {
                self.close_unclosed("]");
            }
            (Want::CommaOrClose, _) => return self.no_comma(token),
        }
        true
    }

    pub(super) fn in_object(&self) -> bool {
        self.open.last().is_some_and(|open| open.object)
    }

    pub(super) fn tell(&mut self, token: Token, slip: Slip, fix: Option<Fix>) {
        self.tokens.tell(token.span, slip, fix);
    }

    pub(super) fn put(at: usize, text: &str, words: &'static str) -> Option<Fix> {
        Some(Fix { span: Span { start: at, end: at }, replacement: text.to_owned(), words })
    }

    pub(super) fn delete(span: Span, words: &'static str) -> Option<Fix> {
        Some(Fix { span, replacement: String::new(), words })
    }

    pub(super) fn after_value(&mut self) {
        self.want = if self.open.is_empty() { Want::End } else { Want::CommaOrClose };
    }

    pub(super) fn value(&mut self, token: Token) -> bool {
        match token.shape {
            Shape::OpenObject | Shape::OpenArray => return self.opens(token),
            Shape::String | Shape::Number | Shape::Bool | Shape::Null => self.after_value(),
            Shape::CloseObject | Shape::CloseArray => self.close_for_value(token),
            Shape::Comma if self.in_object() => {
                self.tell(token, Slip::NoValue, None);
                self.comma = token.span;
                self.want = Want::Key;
            }
            Shape::Comma => {
                self.tell(token, Slip::ExtraComma, Self::delete(token.span, "take the comma out"));
            }
            Shape::Colon => {
                self.tell(token, Slip::ExtraColon, Self::delete(token.span, "take the colon out"));
            }
            Shape::Space | Shape::Unterminated | Shape::Bad => {
                self.bare_value(token);
                self.after_value();
            }
        }
        true
    }

    fn key(&mut self, token: Token) -> bool {
        if self.is_an_item_of_the_parent(token) {
            self.close_unclosed("}");
            return self.value(token);
        }
        match token.shape {
            Shape::String => {
                self.name(token);
                self.want = Want::Colon;
            }
            Shape::CloseObject if self.want == Want::Key => {
                let fix = Self::delete(self.comma, "take the comma out");
                self.tokens.tell(self.comma, Slip::TrailingComma { object: true }, fix);
                self.pop(token);
            }
            Shape::CloseObject => self.pop(token),
            Shape::CloseArray => self.close(token),
            Shape::Comma => {
                self.tell(token, Slip::ExtraComma, Self::delete(token.span, "take the comma out"));
            }
            Shape::Colon => {
                self.tell(token, Slip::NoName, None);
                self.want = Want::Value;
            }
            Shape::OpenObject | Shape::OpenArray => {
                self.tell(token, Slip::NoName, None);
                return self.opens(token);
            }
            _ => {
                let span = self.words_from(token);
                if self.tokens.peek().is_some_and(|next| next.shape == Shape::String) {
                    // A name follows by itself.
                    self.tokens.tell(span, Slip::NotAName, Self::delete(span, "take it out"));
                    return true;
                }
                let fix = Fix { span, replacement: quote(span.of(self.text)), words: "put it in quotes" };
                self.tokens.tell(span, Slip::UnquotedName, Some(fix));
                self.want = Want::Colon;
            }
        }
        true
    }

    fn name(&mut self, token: Token) {
        let Some(open) = self.open.last_mut() else { return };
        let Some(name) = unquote(token.span.of(self.text)).value().filter(|_| !token.told) else { return };
        if let Some(first) = open.names.get(&name) {
            let slip = Slip::Duplicate { first: *first };
            self.tokens.tell(token.span, slip, None);
        } else {
            open.names.insert(name, token.span.start);
        }
    }

    fn colon(&mut self, token: Token) -> bool {
        self.want = Want::Value;
        match token.shape {
            Shape::Colon => true,
            Shape::Bad if token.span.of(self.text) == "=" => {
                let fix = Fix { span: token.span, replacement: ":".into(), words: "put a colon there" };
                self.tell(token, Slip::EqualsSign, Some(fix));
                true
            }
            Shape::Comma | Shape::CloseObject | Shape::CloseArray => {
                self.tell(token, Slip::NoColonAndValue, None);
                self.want = Want::CommaOrClose;
                self.take(token)
            }
            _ => {
                self.tell(token, Slip::NoColon, Self::put(self.end, ":", "put a colon there"));
                self.value(token)
            }
        }
    }

    /// Something else than a comma behind a value.
    fn no_comma(&mut self, token: Token) -> bool {
        let object = self.in_object();
        let names = matches!(token.shape, Shape::String | Shape::Bad)
            && self.tokens.peek().is_some_and(|next| next.shape == Shape::Colon);
        let begins_value = matches!(
            token.shape,
            Shape::String | Shape::Number | Shape::Bool | Shape::Null | Shape::OpenObject | Shape::OpenArray
        );
        if (object && names) || (!object && begins_value) {
            if !token.told {
                self.tell(token, Slip::NoComma { object }, Self::put(self.end, ",", "put a comma there"));
            }
            self.comma = Span { start: self.end, end: self.end };
            self.want = if object { Want::Key } else { Want::Value };
            return self.take(token);
        }
        if !token.told {
            self.tell(token, Slip::Unexpected { object }, None);
        }
        self.skip_the_rest(token);
        true
    }

    /// Leaves out what stands behind a value on its line, up to where the next one may begin.
    fn skip_the_rest(&mut self, token: Token) {
        let mut depth = usize::from(opens(token.shape));
        while let Some(next) = self.tokens.peek() {
            let ends =
                depth == 0 && (next.shape == Shape::Comma || closes(next.shape) || next.indent.is_some());
            if ends {
                return;
            }
            depth = (depth + usize::from(opens(next.shape))) - usize::from(closes(next.shape));
            self.end = next.span.end;
            let taken = self.tokens.next();
            self.indent = taken.and_then(|taken| taken.indent).unwrap_or(self.indent);
        }
    }

    fn after_the_end(&mut self, token: Token) -> bool {
        if closes(token.shape) {
            self.tell(token, Slip::StrayClose, Self::delete(token.span, "take the bracket out"));
            return true;
        }
        let fix = match token.shape {
            Shape::Comma => Self::delete(token.span, "take the comma out"),
            _ => None,
        };
        if !token.told {
            self.tell(token, Slip::AfterTheEnd, fix);
        }
        false
    }

    /// A bare word, and those after it on its line, where a value should stand.
    fn bare_value(&mut self, token: Token) {
        let word = token.span.of(self.text);
        let spelling = match word {
            "True" | "TRUE" => Some("true"),
            "False" | "FALSE" => Some("false"),
            "None" | "nil" | "undefined" | "NULL" | "Null" => Some("null"),
            _ => None,
        };
        if let Some(spelling) = spelling {
            let fix = Fix { span: token.span, replacement: spelling.into(), words: "spell it as JSON does" };
            return self.tell(token, Slip::ForeignWord, Some(fix));
        }
        if matches!(word, "NaN" | "Infinity" | "-Infinity" | "+Infinity") {
            let fix = Fix { span: token.span, replacement: "null".into(), words: "write null" };
            return self.tell(token, Slip::NotFinite, Some(fix));
        }
        if word.trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit()) {
            let fix = number(word).map(|replacement| Fix {
                span: token.span,
                replacement,
                words: "write it as JSON does",
            });
            return self.tell(token, Slip::MalformedNumber, fix);
        }
        let span = self.words_from(token);
        let fix = Fix { span, replacement: quote(span.of(self.text)), words: "put it in quotes" };
        self.tokens.tell(span, Slip::UnquotedText, Some(fix));
    }

    /// A word and those that follow it on its line: meant as one text.
    fn words_from(&mut self, token: Token) -> Span {
        let mut span = token.span;
        while let Some(next) = self.tokens.peek()
            && next.indent.is_none()
            && matches!(next.shape, Shape::Bad | Shape::Number | Shape::Bool | Shape::Null)
            && next.span.of(self.text) != "="
        {
            span.end = next.span.end;
            self.end = span.end;
            self.tokens.next();
        }
        span
    }

    /// What the end of the text leaves open.
    fn ended(&mut self) {
        match (self.want, self.open.is_empty()) {
            (Want::End, _) => {
                let clean =
                    self.tokens.found.iter().all(|found| matches!(found.slip, Slip::Duplicate { .. }));
                if let Some((false, span)) = self.object.filter(|_| clean) {
                    self.tokens.tell(span, Slip::NotAnObject, None);
                }
            }
            (_, true) if self.tokens.found.is_empty() => {
                let span = Span { start: self.text.len(), end: self.text.len() };
                self.tokens.tell(span, Slip::Empty, Self::put(self.text.len(), "{}", "begin an object"));
            }
            (_, true) => {}
            (_, false) => self.never_closed(),
        }
    }
}

fn opens(shape: Shape) -> bool {
    matches!(shape, Shape::OpenObject | Shape::OpenArray)
}

pub(super) fn closes(shape: Shape) -> bool {
    matches!(shape, Shape::CloseObject | Shape::CloseArray)
}

/// A number as JSON writes it, from how people write it: `+5`, `.5`, `5.`, `007`.
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
