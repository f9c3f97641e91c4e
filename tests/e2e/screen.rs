//! What a terminal shows at one moment: text by line, styles by cell, the cursor.

pub(crate) use vt100::Color;

/// A copy of what the terminal showed, taken between frames.
#[derive(Clone)]
pub(crate) struct Screen(vt100::Screen);

/// How a cell looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) foreground: Color,
    pub(crate) background: Color,
    pub(crate) bold: bool,
    pub(crate) dim: bool,
    pub(crate) italic: bool,
    pub(crate) underline: bool,
    pub(crate) reversed: bool,
}

impl Screen {
    pub(crate) fn new(screen: vt100::Screen) -> Self {
        Self(screen)
    }

    /// The emulator's own view, for what this type has no word for.
    pub(crate) fn emulator(&self) -> &vt100::Screen {
        &self.0
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> (u16, u16) {
        let (rows, columns) = self.0.size();
        (columns.get(), rows.get())
    }

    /// The lines from the top, without their trailing blanks.
    pub(crate) fn lines(&self) -> Vec<String> {
        let (columns, _) = self.size();
        self.0.rows(0, columns).map(|line| line.trim_end().to_owned()).collect()
    }

    /// One line, counted from 0 at the top.
    pub(crate) fn line(&self, row: u16) -> String {
        self.lines().swap_remove(usize::from(row))
    }

    /// The first line that holds `text`.
    pub(crate) fn line_with(&self, text: &str) -> Option<String> {
        self.lines().into_iter().find(|line| line.contains(text))
    }

    /// All lines, joined; blank lines at the end are left out.
    pub(crate) fn text(&self) -> String {
        self.lines().join("\n").trim_end().to_owned()
    }

    /// Whether `text` stands on one of the lines.
    pub(crate) fn has(&self, text: &str) -> bool {
        // With the blanks at the ends of lines, so that a prompt such as `$ ` can be waited for.
        self.0.rows(0, self.size().0).any(|line| line.contains(text))
    }

    /// Where `text` begins: column and row of its first place from the top.
    pub(crate) fn find(&self, text: &str) -> Option<(u16, u16)> {
        let (columns, rows) = self.size();
        (0..rows).find_map(|row| {
            // Byte offsets and columns differ: a cell may be wide, or hold several characters.
            let mut line = String::new();
            let mut starts = Vec::new();
            for column in 0..columns {
                let cell = self.0.cell(row, column)?;
                if !cell.is_wide_continuation() {
                    starts.push((line.len(), column));
                    line.push_str(if cell.has_contents() { cell.contents() } else { " " });
                }
            }
            let at = line.find(text)?;
            starts.into_iter().rev().find(|(start, _)| *start <= at).map(|(_, column)| (column, row))
        })
    }

    /// How the cell at this column and row looks.
    pub(crate) fn style_at(&self, column: u16, row: u16) -> Style {
        let cell = self.0.cell(row, column).expect("a cell within the screen");
        Style {
            foreground: cell.fgcolor(),
            background: cell.bgcolor(),
            bold: cell.bold(),
            dim: cell.dim(),
            italic: cell.italic(),
            underline: cell.underline(),
            reversed: cell.inverse(),
        }
    }

    /// How the first character of `text` looks.
    #[track_caller]
    pub(crate) fn style_of(&self, text: &str) -> Style {
        let Some((column, row)) = self.find(text) else {
            panic!("{text:?} is not on the screen:\n{}", self.framed());
        };
        self.style_at(column, row)
    }

    /// Column and row of the cursor, `None` while it is hidden.
    pub(crate) fn cursor(&self) -> Option<(u16, u16)> {
        let (row, column) = self.0.cursor_position();
        (!self.0.hide_cursor()).then_some((column, row))
    }

    /// The whole screen in a frame with line numbers, for the message of a test that fails.
    pub(crate) fn framed(&self) -> String {
        let (columns, rows) = self.size();
        let rule = "─".repeat(usize::from(columns));
        let mut framed = format!("   ┌{rule}┐ {columns}x{rows}\n");
        for (row, line) in self.0.rows(0, columns).enumerate() {
            framed.push_str(&format!("{row:>3}│{line}\n"));
        }
        framed.push_str(&format!("   └{rule}┘ cursor {:?}", self.cursor()));
        framed
    }
}
