//! The glyphs of the screen, each with an ASCII fallback for terminals whose locale is not UTF-8.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// The glyphs by meaning.
pub mod glyph {
    pub const SELECTED: &str = "▌";
    /// The title of the pane that has the focus.
    pub const FOCUSED: &str = "▸";
    pub const MARKED: &str = "◆";
    /// Changed recently.
    pub const FRESH: &str = "~";
    pub const BAD: &str = "✗";
    pub const WARNING: &str = "▲";
    pub const GOOD: &str = "✓";
    /// Good, or selected.
    pub const FULL: &str = "●";
    /// In progress.
    pub const HALF: &str = "◐";
    /// Open, or only a hint.
    pub const HOLLOW: &str = "○";
    pub const NONE: &str = "–";
    pub const FORBIDDEN: &str = "⊘";
    pub const UNREACHABLE: &str = "!";
    /// A default is in effect.
    pub const FALLBACK: &str = "↓";
    /// A secret in plaintext.
    pub const PLAINTEXT: &str = "¶";
    /// Hides what a lower layer has.
    pub const SHADOWS: &str = "△";
    /// Is not as it is declared.
    pub const DIFFERS: &str = "≠";
    /// An older version is in force.
    pub const ROLLED_BACK: &str = "◂";
    pub const UNKNOWN: &str = "?";
    pub const ARROW: &str = "→";
    /// Between facts on one line.
    pub const DOT: &str = "·";
    /// Between the levels of a path.
    pub const CRUMB: &str = "›";
    /// Truncated.
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

/// The set of glyphs to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    Unicode,
    /// ASCII fallbacks; any other non-ASCII character becomes its number where [`Glyphs::spell`] is used,
    /// else `?`.
    Ascii,
}

impl Glyphs {
    /// The set for a locale.
    pub fn of(utf8: bool) -> Self {
        if utf8 { Self::Unicode } else { Self::Ascii }
    }

    /// The text with each character that cannot be drawn written as in [`crate::domain::escape`], so that two
    /// names do not become the same question marks.
    pub fn spell(self, text: &str) -> Cow<'_, str> {
        if self == Self::Unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len() * 2);
        for grapheme in text.graphemes(true) {
            if grapheme == "?" || self.form(grapheme) != "?" {
                out.push_str(grapheme);
                continue;
            }
            for character in grapheme.chars() {
                match character.is_ascii() {
                    true => out.push(character),
                    false => out.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
                }
            }
        }
        Cow::Owned(out)
    }

    /// One grapheme as drawn. A fallback is one cell wide; the caller pads it to the original's width.
    pub fn form(self, grapheme: &str) -> &str {
        if self == Self::Unicode || grapheme.is_ascii() {
            return grapheme;
        }
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
            "△" => "^",
            "≠" => "%",
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glyph_has_a_twin() {
        let single = [
            glyph::SELECTED,
            glyph::FOCUSED,
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
            glyph::SHADOWS,
            glyph::DIFFERS,
            glyph::ROLLED_BACK,
            glyph::ARROW,
            glyph::DOT,
            glyph::CRUMB,
            glyph::MORE,
            glyph::VERTICAL,
            glyph::HORIZONTAL,
        ];
        for glyph in single.into_iter().chain(glyph::CORNERS).chain(glyph::SPARK) {
            let name = crate::domain::escape(glyph.as_bytes());
            assert!(name.is_ascii(), "a name that holds the mark {glyph} would look like a marked name");
            let twin = Glyphs::Ascii.form(glyph);
            assert!(twin.is_ascii() && twin.len() == 1 && twin != "?", "{glyph} {twin}");
            assert_eq!(Glyphs::Unicode.form(glyph), glyph);
        }
        assert_eq!(Glyphs::Ascii.form("é"), "?");
    }
}
