//! TOML with the place of everything in it: for confdeck's own settings, and for application files.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::json::LineIndex;

pub(crate) type TomlValue<'t> = Spanned<DeValue<'t>>;

/// The text of a TOML file.
pub(crate) struct TomlText<'t> {
    text: &'t str,
    lines: LineIndex<'t>,
}

/// A place where a text is not TOML. It quotes nothing of it.
pub(crate) struct TomlMistake {
    pub(crate) span: Range<usize>,
    pub(crate) reason: String,
}

impl<'t> TomlText<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        Self { text, lines: LineIndex::of(text) }
    }

    /// # Errors
    /// Every place where it is not TOML, in their order.
    pub(crate) fn parse(&self) -> Result<Spanned<DeTable<'t>>, Vec<TomlMistake>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Ok(table);
        }
        // An error's Display form quotes the line, which may hold a password.
        let mistake = |error: &toml::de::Error| TomlMistake {
            span: error.span().unwrap_or_default(),
            reason: format!("not TOML: {}", error.message().lines().next().unwrap_or_default()),
        };
        let mut mistakes: Vec<_> = errors.iter().map(mistake).collect();
        mistakes.sort_by_key(|mistake| mistake.span.start);
        Err(mistakes)
    }

    /// Line and column of the start, from 1; columns count characters.
    pub(crate) fn line_column(&self, span: &Range<usize>) -> (usize, usize) {
        self.lines.line_column(span.start)
    }

    /// Where the text of a value begins in the file, if it stands there as it is, and not in escapes.
    pub(crate) fn verbatim(&self, value: &TomlValue<'_>) -> Option<usize> {
        let text = value.get_ref().as_str().filter(|text| !text.is_empty())?;
        let span = value.span();
        self.text.get(span.clone())?.find(text).map(|at| span.start + at)
    }
}
