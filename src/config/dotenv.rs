//! Files of variables, read as python-dotenv 1.2.4 reads them, because the receiver loads its `.env` with it
//! (docs/receiver.md, Environment). Pure; `tests/vectors/dotenv.json` holds it to what the library itself said.

mod fault;
mod interpolate;

use zeroize::Zeroizing;

pub(crate) use fault::{DotenvFault, DotenvFaultKind};
pub(super) use interpolate::interpolate;

use crate::domain::json::line_column;

/// What a file says, in order; a later variable of the same name replaces an earlier one.
#[derive(Default)]
pub(crate) struct Dotenv {
    pub(crate) bindings: Vec<DotenvBinding>,
    pub(crate) faults: Vec<DotenvFault>,
}

pub(crate) struct DotenvBinding {
    pub(crate) name: String,
    /// Not interpolated; `None` for a name without `=`, which sets nothing.
    pub(crate) value: Option<Zeroizing<String>>,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// Its lines in [`unix_text`], with the end of the last one.
    #[cfg_attr(not(feature = "applications"), allow(dead_code, reason = "for what writes such files"))]
    pub(crate) lines: std::ops::Range<usize>,
    /// The value there, with its quotes; empty if there is none.
    #[cfg_attr(not(feature = "applications"), allow(dead_code, reason = "for what writes such files"))]
    pub(crate) written: std::ops::Range<usize>,
}

/// Reads a file; goes on after what python-dotenv gives up at.
pub(crate) fn parse(bytes: &[u8]) -> Dotenv {
    let mut found = Dotenv::default();
    let text = unix_text(bytes);
    let text = text.as_str();
    if bytes.starts_with("\u{feff}".as_bytes()) {
        found.faults.push(DotenvFault { kind: DotenvFaultKind::ByteOrderMark, line: 1, column: 1 });
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        let before = bytes.get(..error.valid_up_to()).and_then(|before| std::str::from_utf8(before).ok());
        let before = with_unix_lines(before.unwrap_or_default());
        found.fault(DotenvFaultKind::NotUtf8, &before, before.len());
    }
    if let Some(at) = text.find('\0') {
        found.fault(DotenvFaultKind::Nul, text, at);
    }
    let mut reader = DotenvReader { text, at: 0 };
    loop {
        reader.take_while(is_space);
        if reader.peek().is_none() {
            return found;
        }
        reader.statement(&mut found);
    }
}

/// The text that is read: without a byte order mark, and with `\n` for all ends of lines.
pub(crate) fn unix_text(bytes: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    with_unix_lines(text.strip_prefix('\u{feff}').unwrap_or(&text))
}

/// Python reads all ends of lines as `\n`.
fn with_unix_lines(text: &str) -> Zeroizing<String> {
    let mut unix = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        unix.push(if c == '\r' { '\n' } else { c });
        if c == '\r' {
            chars.next_if_eq(&'\n');
        }
    }
    unix
}

impl Dotenv {
    fn fault(&mut self, kind: DotenvFaultKind, text: &str, at: usize) {
        let (line, column) = line_column(text, at);
        self.faults.push(DotenvFault { kind, line, column });
    }
}

/// `\s` of Python's regular expressions.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn is_blank(c: char) -> bool {
    is_space(c) && c != '\n'
}

/// The functions follow python-dotenv's parser, including where it stands when it gives up.
struct DotenvReader<'t> {
    text: &'t str,
    at: usize,
}

type DotenvParse<T> = std::result::Result<T, (DotenvFaultKind, usize)>;

impl<'t> DotenvReader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn statement(&mut self, found: &mut Dotenv) {
        if let Err((kind, at)) = self.binding(found) {
            found.fault(kind, self.text, at);
            self.take_while(|c| c != '\n');
        }
    }

    fn binding(&mut self, found: &mut Dotenv) -> DotenvParse<()> {
        self.skip_export();
        let start = self.at;
        let name = self.name()?;
        self.take_while(is_blank);
        let mut value_at = start;
        let mut value_end = start;
        let value = if name.is_some() && self.peek() == Some('=') {
            self.at += 1;
            let blanks = !self.take_while(is_blank).is_empty();
            value_at = self.at;
            if blanks && self.peek() == Some('#') {
                found.fault(DotenvFaultKind::CommentAsValue, self.text, self.at);
                Some(Zeroizing::default())
            } else {
                Some(self.value()?)
            }
        } else {
            None
        };
        if let Some(value) = &value {
            let is_quoted = self.text.get(value_at..).is_some_and(|text| text.starts_with(['\'', '"']));
            value_end = if is_quoted { self.at } else { value_at + value.len() };
        }
        self.skip_comment();
        self.end_of_line().map_err(|()| match value {
            Some(_) => (DotenvFaultKind::AfterQuote, value_at),
            None => (DotenvFaultKind::NotAssignment, start),
        })?;
        let Some(name) = name else { return Ok(()) };
        if value.is_none() {
            found.fault(DotenvFaultKind::NoValue, self.text, start);
        } else if name.contains(['\'', '"', '`', '\u{feff}']) {
            found.fault(DotenvFaultKind::QuotedName, self.text, start);
        }
        let (line, column) = line_column(self.text, start);
        found.bindings.push(DotenvBinding {
            name: name.to_owned(),
            value,
            line,
            column,
            lines: self.text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
                ..self.at,
            written: value_at..value_end,
        });
        Ok(())
    }

    fn skip_export(&mut self) {
        let start = self.at;
        let found = self.rest().starts_with("export");
        self.at += if found { "export".len() } else { 0 };
        if !found || self.take_while(is_blank).is_empty() {
            self.at = start;
        }
    }

    /// `None` at a comment.
    fn name(&mut self) -> DotenvParse<Option<&'t str>> {
        let start = self.at;
        let name = match self.peek() {
            Some('#') => return Ok(None),
            Some('\'') => {
                let name = self.rest().get(1..).and_then(|rest| rest.split_once('\'')).map(|(name, _)| name);
                self.at += name.map_or(0, |name| name.len() + 2);
                name.unwrap_or_default()
            }
            _ => self.take_while(|c| c != '=' && c != '#' && !is_space(c)),
        };
        if name.is_empty() {
            self.at = start;
            return Err((DotenvFaultKind::NotAssignment, start));
        }
        Ok(Some(name))
    }

    fn value(&mut self) -> DotenvParse<Zeroizing<String>> {
        match self.peek() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            None | Some('\n') => Ok(Zeroizing::default()),
            _ => {
                let line = self.take_while(|c| c != '\n');
                let comment = line.match_indices('#').map(|(at, _)| line.get(..at).unwrap_or_default());
                let mut values = comment.filter(|before| before.ends_with(is_space));
                let value = values.next().unwrap_or(line).trim_end_matches(is_space);
                Ok(Zeroizing::new(value.to_owned()))
            }
        }
    }

    /// A backslash keeps the character after it from closing the quote, whatever that is.
    fn quoted(&mut self, quote: char) -> DotenvParse<Zeroizing<String>> {
        let start = self.at;
        let rest = self.rest();
        // Never reallocates, so that no copy is left behind.
        let mut value = Zeroizing::new(String::with_capacity(rest.len()));
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, escaped)) => match unescaped(quote, escaped) {
                        Some(c) => value.push(c),
                        None => value.extend(['\\', escaped]),
                    },
                    None => break,
                },
                c if c == quote => {
                    self.at += at + c.len_utf8();
                    return Ok(value);
                }
                c => value.push(c),
            }
        }
        Err((DotenvFaultKind::OpenQuote, start))
    }

    fn skip_comment(&mut self) {
        let start = self.at;
        self.take_while(is_blank);
        if self.peek() == Some('#') {
            self.take_while(|c| c != '\n');
        } else {
            self.at = start;
        }
    }

    fn end_of_line(&mut self) -> std::result::Result<(), ()> {
        let start = self.at;
        self.take_while(is_blank);
        match self.peek() {
            None => Ok(()),
            Some('\n') => {
                self.at += 1;
                Ok(())
            }
            Some(_) => {
                self.at = start;
                Err(())
            }
        }
    }
}

/// What an escape stands for; `None` where the backslash stays.
fn unescaped(quote: char, escaped: char) -> Option<char> {
    Some(match (quote, escaped) {
        (_, '\\' | '\'') => escaped,
        ('\'', _) => return None,
        (_, '"') => '"',
        (_, 'a') => '\u{7}',
        (_, 'b') => '\u{8}',
        (_, 'f') => '\u{c}',
        (_, 'n') => '\n',
        (_, 'r') => '\r',
        (_, 't') => '\t',
        (_, 'v') => '\u{b}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
