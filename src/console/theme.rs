//! What the console looks like: every piece of the screen has a role, and a theme file gives each
//! role a style. No colour is named anywhere else.

mod depth;
mod glyphs;

use std::collections::BTreeMap;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use thiserror::Error;

pub use depth::Depth;
pub use glyphs::{Glyphs, glyph};

macro_rules! inks {
    ($($(#[$doc:meta])* $ink:ident = $name:literal,)*) => {
        /// The role of a piece of the screen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Ink { $($(#[$doc])* $ink,)* }

        impl Ink {
            /// Every role, in the order of the theme files.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$ink),*];

            /// Its name in a theme file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$ink => $name,)* }
            }
        }
    };
}

inks! {
    /// What is read.
    Text = "text",
    /// What is there without being asked about.
    Dim = "dim",
    /// The title of a pane.
    Title = "title",
    /// The title of the pane that keys go to.
    FocusedTitle = "focused-title",
    /// Lines between panes.
    Rule = "rule",
    /// The border of an overlay.
    Border = "border",
    /// The one colour of emphasis.
    Accent = "accent",
    /// A tab.
    Tab = "tab",
    /// The tab in front.
    ActiveTab = "active-tab",
    /// A key to press.
    Key = "key",
    /// A name that matters.
    Strong = "strong",
    /// The selected row of the pane that keys go to.
    Selection = "selection",
    /// The selected row of another pane.
    IdleSelection = "idle-selection",
    /// The mark of a fresh change.
    Fresh = "fresh",
    /// All is well.
    Good = "good",
    /// Worth a look.
    Warning = "warning",
    /// Broken.
    Bad = "bad",
    /// Laid over what may be old.
    Stale = "stale",
    /// A member's name.
    JsonKey = "json-key",
    /// A string.
    JsonString = "json-string",
    /// A number.
    JsonNumber = "json-number",
    /// `true`, `false`, `null`.
    JsonWord = "json-word",
    /// Brackets, colons and commas.
    JsonPunctuation = "json-punctuation",
    /// A reference inside a document.
    Reference = "reference",
    /// The mask over a secret.
    Secret = "secret",
    /// In the editor, what stands for a stored secret.
    Placeholder = "placeholder",
    /// Words of confdeck's own inside a document.
    Note = "note",
    /// Line numbers.
    LineNumber = "line-number",
    /// What a change adds.
    Added = "added",
    /// What a change removes.
    Removed = "removed",
    /// Laid over the place of a problem.
    Problem = "problem",
    /// Laid over what was looked for.
    Match = "match",
    /// Laid over a bracket and its other half.
    Bracket = "bracket",
}

/// A style for every role, and the forms of the glyphs.
#[derive(Debug, Clone)]
pub struct Theme {
    styles: [Style; Ink::ALL.len()],
    glyphs: Glyphs,
}

/// What is wrong with a theme file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ThemeError {
    /// There is no such theme.
    #[error("there is no theme \"{0}\": choose default, dark or light")]
    Unknown(String),
    /// It is not TOML, or of another shape.
    #[error("the theme cannot be read: {0}")]
    Syntax(String),
    /// A role that does not exist.
    #[error("the theme names a role \"{0}\" that does not exist")]
    Role(String),
    /// A word of a style or of the palette that is neither a colour nor an attribute.
    #[error(
        "\"{word}\" at \"{place}\" of the theme is no colour and no attribute: write a colour (cyan, 0 to 255, #rrggbb, a name of the palette), \"on\" another, and any of bold, dim, italic, underlined, reversed"
    )]
    Word {
        /// The role or the name of the palette.
        place: String,
        /// The word.
        word: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    palette: BTreeMap<String, String>,
    #[serde(default)]
    roles: BTreeMap<String, String>,
}

const DEFAULT: &str = include_str!("../../themes/default.toml");
const PLAIN: &str = include_str!("../../themes/plain.toml");
const EMBEDDED: [(&str, &str); 3] = [
    ("default", DEFAULT),
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
];

impl Theme {
    /// An embedded theme, by name: `default`, `dark` or `light`. Without colours all look alike.
    ///
    /// # Errors
    /// [`ThemeError::Unknown`].
    pub fn named(name: &str, depth: Depth, glyphs: Glyphs) -> Result<Self, ThemeError> {
        let (_, text) = EMBEDDED
            .into_iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| ThemeError::Unknown(name.into()))?;
        Self::parse(text, depth, glyphs)
    }

    /// A theme file; a role it leaves out looks as in the theme `default`.
    ///
    /// # Errors
    /// [`ThemeError`], naming the role or word that is wrong.
    pub fn parse(text: &str, depth: Depth, glyphs: Glyphs) -> Result<Self, ThemeError> {
        let mut theme = Self { styles: [Style::new(); Ink::ALL.len()], glyphs };
        if depth == Depth::None {
            theme.take(PLAIN, depth)?;
            return Ok(theme);
        }
        theme.take(DEFAULT, depth)?;
        theme.take(text, depth)?;
        Ok(theme)
    }

    /// The style of a role.
    pub fn style(&self, ink: Ink) -> Style {
        self.styles.get(ink as usize).copied().unwrap_or_default()
    }

    /// The forms of the glyphs.
    pub fn glyphs(&self) -> Glyphs {
        self.glyphs
    }

    fn take(&mut self, text: &str, depth: Depth) -> Result<(), ThemeError> {
        let file: File = toml::from_str(text).map_err(|error| ThemeError::Syntax(error.to_string()))?;
        let mut palette = BTreeMap::new();
        for (name, color) in file.palette {
            let known = Color::from_str(&color)
                .map_err(|_| ThemeError::Word { place: name.clone(), word: color.clone() })?;
            palette.insert(name, known);
        }
        for (role, words) in file.roles {
            let Some(ink) = Ink::ALL.into_iter().find(|ink| ink.name() == role) else {
                return Err(ThemeError::Role(role));
            };
            let style = read_style(&words, &palette, depth)
                .map_err(|word| ThemeError::Word { place: role, word: word.into() })?;
            if let Some(place) = self.styles.get_mut(ink as usize) {
                *place = style;
            }
        }
        Ok(())
    }
}

/// Reads `COLOUR on COLOUR ATTRIBUTE…`; gives back the word it does not know.
fn read_style<'w>(words: &'w str, palette: &BTreeMap<String, Color>, depth: Depth) -> Result<Style, &'w str> {
    let mut style = Style::new();
    let mut background = false;
    for word in words.split_whitespace() {
        if word == "on" {
            background = true;
        } else if let Some(modifier) = attribute(word) {
            style = style.add_modifier(modifier);
        } else {
            let color = palette.get(word).copied().or_else(|| Color::from_str(word).ok()).ok_or(word)?;
            let color = depth.fit(color);
            style = if std::mem::take(&mut background) { style.bg(color) } else { style.fg(color) };
        }
    }
    if background { Err("on") } else { Ok(style) }
}

fn attribute(word: &str) -> Option<Modifier> {
    Some(match word {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underlined" => Modifier::UNDERLINED,
        "reversed" => Modifier::REVERSED,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Every role with its style, a line each.
    fn roles(theme: &Theme) -> String {
        let mut out = String::new();
        for ink in Ink::ALL {
            let Style { fg, bg, add_modifier, .. } = theme.style(ink);
            let color = |color: Option<Color>| color.map_or("-".into(), |color| color.to_string());
            let _ = writeln!(out, "{:18}{:14}{:14}{add_modifier:?}", ink.name(), color(fg), color(bg));
        }
        out
    }

    #[test]
    fn themes_give_every_role_a_style() {
        for (name, text) in EMBEDDED.into_iter().chain([("plain", PLAIN)]) {
            let file: File = toml::from_str(text).unwrap();
            assert_eq!(file.roles.len(), Ink::ALL.len(), "{name}");
            let depth = if name == "plain" { Depth::None } else { Depth::TrueColor };
            let theme = Theme::parse(text, depth, Glyphs::Unicode).unwrap();
            insta::assert_snapshot!(format!("roles_{name}"), roles(&theme));
        }
    }

    #[test]
    fn the_default_theme_uses_the_terminals_own_palette_and_no_background() {
        let theme = Theme::named("default", Depth::TrueColor, Glyphs::Unicode).unwrap();
        for ink in Ink::ALL {
            let style = theme.style(ink);
            assert!(!matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{ink:?}");
            assert!(!matches!(style.fg, Some(Color::White | Color::Black | Color::Gray)), "{ink:?}");
            assert_eq!(style.bg, None, "{ink:?}");
        }
    }

    #[test]
    fn without_colour_no_role_has_one_and_a_selection_still_shows() {
        for name in ["default", "dark", "light"] {
            let theme = Theme::named(name, Depth::None, Glyphs::Unicode).unwrap();
            assert!(
                Ink::ALL.iter().all(|ink| theme.style(*ink).fg.is_none() && theme.style(*ink).bg.is_none())
            );
            assert!(theme.style(Ink::Selection).add_modifier.contains(Modifier::REVERSED));
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| {
            Theme::parse(text, Depth::Ansi16, Glyphs::Unicode).map(|_| ()).unwrap_err().to_string()
        };
        assert!(error("[roles]\nhaeder = \"red\"").contains("\"haeder\""));
        assert!(error("[roles]\nbad = \"reddish bold\"").contains("\"reddish\" at \"bad\""));
        assert!(error("[roles]\nbad = \"red on\"").contains("\"on\" at \"bad\""));
        assert!(error("[palette]\nx = \"nope\"").contains("\"nope\" at \"x\""));
        assert!(error("[colours]\nx = \"red\"").contains("colours"));
        assert!(
            Theme::named("neon", Depth::Ansi16, Glyphs::Unicode)
                .is_err_and(|error| error.to_string().contains("neon"))
        );
    }

    #[test]
    fn a_file_may_change_one_role_alone() {
        let text = "[palette]\nmine = \"#ff8800\"\n[roles]\naccent = \"mine on black italic\"";
        let theme = Theme::parse(text, Depth::TrueColor, Glyphs::Unicode).unwrap();
        let accent = Style::new().fg(Color::Rgb(255, 136, 0)).bg(Color::Black).italic();
        assert_eq!(theme.style(Ink::Accent), accent);
        assert_eq!(theme.style(Ink::Good), Style::new().fg(Color::Green));
    }
}
