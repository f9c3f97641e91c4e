//! Output of commands: tables for people, exact text for programs.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::error::{Exit, Result};
use super::stderr::print_note;
use super::yaml;
use crate::domain::json::JsonValue;
use crate::text::Safe;

/// The longest table cell, in characters; a key can be wider than any screen.
const CELL_MAX: usize = 120;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Json,
    Yaml,
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct OutputArgs {
    /// How to print
    #[arg(short = 'o', long = "output", value_enum, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Format,
}

pub(super) struct Printer<'a> {
    pub(super) writer: &'a mut dyn Write,
    pub(super) is_terminal: bool,
}

impl Printer<'_> {
    /// Prints a line for people.
    pub(super) fn line(&mut self, text: &Safe<'_>) -> io::Result<()> {
        writeln!(self.writer, "{text}")
    }

    pub(super) fn lines(&mut self, lines: impl IntoIterator<Item = Safe<'static>>) -> Result<()> {
        Ok(lines.into_iter().try_for_each(|line| self.line(&line))?)
    }

    /// Prints bytes unchanged, for programs. On a terminal control characters are made visible, so that
    /// stored data cannot disturb it.
    pub(super) fn exact(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.is_terminal {
            return self.writer.write_all(bytes);
        }
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => writeln!(self.writer, "{}", Safe::bytes(line))?,
                None => write!(self.writer, "{}", Safe::bytes(line))?,
            }
        }
        Ok(())
    }

    /// Prints a result as a table, or the same data as JSON or YAML.
    pub(super) fn result<T: Serialize>(
        &mut self,
        format: Format,
        data: &T,
        table: impl FnOnce(&T) -> Vec<Safe<'static>>,
    ) -> Result<()> {
        match format {
            Format::Table => self.lines(table(data)),
            Format::Json => self.json(data),
            Format::Yaml => self.yaml(data),
        }
    }

    /// Prints what a write did. `done` says so on standard error if that cannot be printed: the write is over,
    /// whatever the exit code says of its output.
    pub(super) fn outcome<T: Serialize>(
        &mut self,
        format: Format,
        data: &T,
        done: &str,
        table: impl FnOnce(&T) -> Vec<Safe<'static>>,
    ) -> Result<()> {
        let printed = self.result(format, data, table).and_then(|()| Ok(self.flush()?));
        if printed.is_err() {
            print_note(&format!("{done}; only this output is lost"));
        }
        printed
    }

    /// Prints indented JSON.
    pub(super) fn json<T: Serialize>(&mut self, data: &T) -> Result<()> {
        let mut text = serde_json::to_string_pretty(data)
            .map_err(|_| Exit::FAILED.because("the result cannot be written as JSON"))?;
        text.push('\n');
        Ok(self.exact(text.as_bytes())?)
    }

    pub(super) fn yaml<T: Serialize>(&mut self, data: &T) -> Result<()> {
        let text = serde_saphyr::to_string(data)
            .map_err(|_| Exit::FAILED.because("the result cannot be written as YAML; use -o json"))?;
        Ok(self.exact(text.as_bytes())?)
    }

    /// Prints a document as indented JSON, its numbers as they are written.
    pub(super) fn json_document(&mut self, document: &JsonValue) -> Result<()> {
        self.exact(document.indented().as_bytes())?;
        Ok(self.exact(b"\n")?)
    }

    /// Prints a document as YAML, see [`yaml`].
    pub(super) fn yaml_document(&mut self, document: &JsonValue) -> Result<()> {
        let text = yaml::document(document)
            .map_err(|_| Exit::FAILED.because("the result cannot be written as YAML; use -o json"))?;
        Ok(self.exact(text.as_bytes())?)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// A table cell: the value's text, escaped and truncated to [`CELL_MAX`].
pub(super) fn cell(value: &(impl ToString + ?Sized)) -> Safe<'static> {
    Safe::prefix(&value.to_string(), CELL_MAX).into_owned()
}

/// A table cell that is never truncated: what holds a name, since two long names may differ in their ends.
pub(super) fn whole(value: &(impl ToString + ?Sized)) -> Safe<'static> {
    value.to_string().into()
}

/// What a write replaced, and with what.
pub(super) fn change_line(name: &str, before: Option<&str>, after: Option<&str>) -> Safe<'static> {
    whole(&format!("{name}  {} -> {}", before.unwrap_or("-"), after.unwrap_or("-")))
}

/// Lines of a table, each column as wide as its widest cell, but no wider than [`CELL_MAX`]: a longer cell
/// moves those behind it.
pub(super) fn table<const N: usize>(
    headings: [&'static str; N],
    rows: impl IntoIterator<Item = [Safe<'static>; N]>,
) -> Vec<Safe<'static>> {
    let mut all = vec![headings.map(Safe::literal)];
    all.extend(rows);
    let mut widths = [0; N];
    for row in &all {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.as_str().width().min(CELL_MAX));
        }
    }
    all.iter().map(|row| aligned(row, &widths)).collect()
}

/// Lines of names and values in two columns, without headings.
pub(super) fn pairs(rows: Vec<(&'static str, Safe<'static>)>) -> Vec<Safe<'static>> {
    let widths = [rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0), 0];
    rows.into_iter().map(|(name, value)| aligned(&[Safe::literal(name), value], &widths)).collect()
}

fn aligned(row: &[Safe<'static>], widths: &[usize]) -> Safe<'static> {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        line.push_str(cell.as_str());
        let padding = width.saturating_sub(cell.as_str().width()) + 2;
        line.extend(std::iter::repeat_n(' ', padding));
    }
    line.truncate(line.trim_end().len());
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_by_width_and_safe() {
        let rows = [[cell("a\u{1b}[31m"), cell("漢字"), cell("")], [cell("b"), cell("x"), cell(&7)]];
        let lines: Vec<_> = table(["ID", "NAME", "N"], rows).iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["ID      NAME  N", "a␛[31m  漢字", "b       x     7"]);
    }

    #[test]
    fn a_program_gets_the_bytes_and_a_terminal_gets_them_visible() {
        for (is_terminal, expected) in [(false, "\u{1b}[2J\nx"), (true, "␛[2J\nx")] {
            let mut written = Vec::new();
            Printer { writer: &mut written, is_terminal }.exact(b"\x1b[2J\nx").unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }
}
