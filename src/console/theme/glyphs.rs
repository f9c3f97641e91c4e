//! The glyphs of the screen, each with a twin for terminals whose locale is not UTF-8.

/// The glyphs by what they mean.
pub mod glyph {
    /// The selected row.
    pub const SELECTED: &str = "▌";
    /// A marked row.
    pub const MARKED: &str = "◆";
    /// Changed a moment ago.
    pub const FRESH: &str = "~";
    /// Broken.
    pub const BAD: &str = "✗";
    /// Worth a look.
    pub const WARNING: &str = "▲";
    /// Well.
    pub const GOOD: &str = "✓";
    /// In order.
    pub const FULL: &str = "●";
    /// On its way.
    pub const HALF: &str = "◐";
    /// Not there yet.
    pub const HOLLOW: &str = "○";
    /// Nothing to show.
    pub const NONE: &str = "–";
    /// Not permitted.
    pub const FORBIDDEN: &str = "⊘";
    /// No answer.
    pub const UNREACHABLE: &str = "!";
    /// Something else stands in.
    pub const FALLBACK: &str = "↓";
    /// Open for anyone to read.
    pub const PLAINTEXT: &str = "¶";
    /// Cannot be known from here.
    pub const UNKNOWN: &str = "?";
    /// From here to there.
    pub const ARROW: &str = "→";
    /// Between facts of one line.
    pub const DOT: &str = "·";
    /// From a whole to its part.
    pub const CRUMB: &str = "›";
    /// Something is cut off.
    pub const MORE: &str = "…";
    /// Between panes.
    pub const VERTICAL: &str = "│";
    /// Between the parts of a pane.
    pub const HORIZONTAL: &str = "─";
    /// Corners of an overlay: top left, top right, bottom left, bottom right.
    pub const CORNERS: [&str; 4] = ["╭", "╮", "╰", "╯"];
    /// The steps of a sparkline, lowest first.
    pub const SPARK: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
}

/// Which forms are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// As they are.
    Unicode,
    /// Their ASCII twins; any other character that is not ASCII becomes `?`.
    Ascii,
}

impl Glyphs {
    /// What a locale allows.
    pub fn of(utf8: bool) -> Self {
        if utf8 { Self::Unicode } else { Self::Ascii }
    }

    /// The form of one grapheme. A twin is one cell wide; the caller fills up what the original takes.
    pub fn form(self, grapheme: &str) -> &str {
        if self == Self::Unicode || grapheme.is_ascii() { grapheme } else { twin(grapheme) }
    }
}

fn twin(grapheme: &str) -> &'static str {
    match grapheme {
        "▌" | "›" | "→" | "▸" => ">",
        "‹" | "◂" => "<",
        "✗" => "x",
        "▲" => "!",
        "✓" | "╭" | "╮" | "╰" | "╯" | "┼" | "┴" | "┬" | "├" | "┤" => "+",
        "◆" => "#",
        "●" | "•" | "█" => "*",
        "◐" | "▄" | "▅" => "o",
        "○" | "▁" | "▂" | "▃" | "·" => ".",
        "⊘" => "/",
        "↓" => "v",
        "¶" => "P",
        "–" | "─" | "−" => "-",
        "…" => "~",
        "│" => "|",
        "▆" | "▇" => "O",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_has_a_twin() {
        let single = [
            glyph::SELECTED,
            glyph::MARKED,
            glyph::FRESH,
            glyph::BAD,
            glyph::WARNING,
            glyph::GOOD,
            glyph::FULL,
            glyph::HALF,
            glyph::HOLLOW,
            glyph::NONE,
            glyph::FORBIDDEN,
            glyph::UNREACHABLE,
            glyph::FALLBACK,
            glyph::PLAINTEXT,
            glyph::ARROW,
            glyph::DOT,
            glyph::CRUMB,
            glyph::MORE,
            glyph::VERTICAL,
            glyph::HORIZONTAL,
        ];
        for glyph in single.into_iter().chain(glyph::CORNERS).chain(glyph::SPARK) {
            let twin = Glyphs::Ascii.form(glyph);
            assert!(twin.is_ascii() && twin.len() == 1 && twin != "?", "{glyph} {twin}");
            assert_eq!(Glyphs::Unicode.form(glyph), glyph);
        }
        assert_eq!(Glyphs::Ascii.form("é"), "?");
    }
}
