//! Themes: every part of the screen has a role, and a theme file gives each role a style. Colours are named
//! only here.

mod depth;
mod glyphs;

use std::collections::BTreeMap;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use thiserror::Error;

pub use depth::{ColorDepth, ansi_index};
pub use glyphs::{Glyphs, glyph};

macro_rules! style_roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal,)*) => {
        /// The role of a part of the screen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum StyleRole { $($(#[$doc])* $role,)* }

        impl StyleRole {
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$role),*];

            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }
        }
    };
}

style_roles! {
    /// Normal text.
    Text = "text",
    /// Secondary text.
    Dim = "dim",
    Title = "title",
    /// The title of the focused pane.
    FocusedTitle = "focused-title",
    Rule = "rule",
    Border = "border",
    Accent = "accent",
    Tab = "tab",
    ActiveTab = "active-tab",
    Key = "key",
    /// An important name.
    Strong = "strong",
    /// The context's name.
    Context = "context",
    /// What forbids or hampers writing here.
    Loud = "loud",
    /// The selected row of the focused pane.
    Selection = "selection",
    /// The selected row of an unfocused pane.
    IdleSelection = "idle-selection",
    /// The mark of a recent change.
    Fresh = "fresh",
    Good = "good",
    Warning = "warning",
    Bad = "bad",
    /// Overlaid on data that may be out of date.
    Stale = "stale",
    JsonKey = "json-key",
    JsonString = "json-string",
    JsonNumber = "json-number",
    /// `true`, `false`, `null`.
    JsonWord = "json-word",
    /// Brackets, colons and commas.
    JsonPunctuation = "json-punctuation",
    Reference = "reference",
    Secret = "secret",
    /// The placeholder of a stored secret in the editor.
    Placeholder = "placeholder",
    /// confdeck's own annotations inside a document.
    Note = "note",
    LineNumber = "line-number",
    Added = "added",
    Removed = "removed",
    /// Overlaid on the location of a problem, by its severity.
    Problem = "problem",
    ProblemWarning = "problem-warning",
    ProblemHint = "problem-hint",
    /// Overlaid on search matches.
    Match = "match",
    /// Overlaid on a pair of matching brackets.
    Bracket = "bracket",
}

/// A style for every role, and the glyph set.
#[derive(Debug, Clone)]
pub struct Theme {
    styles: [Style; StyleRole::ALL.len()],
    glyphs: Glyphs,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ThemeError {
    #[error("there is no theme \"{0}\": choose default, dark or light")]
    Unknown(String),
    /// It is not TOML, or not of the expected shape.
    #[error("the theme cannot be read: {0}")]
    Syntax(String),
    #[error("the theme names a role \"{0}\" that does not exist")]
    Role(String),
    /// Neither a colour nor an attribute.
    #[error(
        "\"{word}\" at \"{place}\" of the theme is no colour and no attribute: write a colour (cyan, 0 to 255, #rrggbb, a name of the palette), \"on\" another, and any of bold, dim, italic, underlined, reversed"
    )]
    Word {
        /// The role or the palette entry.
        place: String,
        word: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
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
    /// An embedded theme: `default`, `dark` or `light`. Without colours they all look alike.
    ///
    /// # Errors
    /// [`ThemeError::Unknown`].
    pub fn named(name: &str, depth: ColorDepth, glyphs: Glyphs) -> Result<Self, ThemeError> {
        let (_, text) = EMBEDDED
            .into_iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| ThemeError::Unknown(name.into()))?;
        Self::parse(text, depth, glyphs)
    }

    /// Parses a theme file; a role it omits looks as in the theme `default`.
    ///
    /// # Errors
    /// [`ThemeError`], naming the role or word that is wrong.
    pub fn parse(text: &str, depth: ColorDepth, glyphs: Glyphs) -> Result<Self, ThemeError> {
        let mut theme = Self { styles: [Style::new(); StyleRole::ALL.len()], glyphs };
        if depth == ColorDepth::None {
            theme.apply(PLAIN, depth)?;
            return Ok(theme);
        }
        theme.apply(DEFAULT, depth)?;
        theme.apply(text, depth)?;
        Ok(theme)
    }

    /// The same theme with this colour, one of [`crate::config::ACCENTS`], where a context shows itself.
    #[must_use]
    pub fn with_accent(mut self, color: &str, depth: ColorDepth) -> Self {
        let Some(color) = Color::from_str(color).ok().filter(|_| depth != ColorDepth::None) else {
            return self;
        };
        let mut change = |role: StyleRole, change: &dyn Fn(Style) -> Style| {
            self.styles.get_mut(role as usize).into_iter().for_each(|style| *style = change(*style));
        };
        for role in [StyleRole::Accent, StyleRole::Border, StyleRole::FocusedTitle, StyleRole::ActiveTab] {
            change(role, &|style| style.fg(color));
        }
        change(StyleRole::Context, &|style| style.fg(color).add_modifier(Modifier::REVERSED));
        self
    }

    pub fn style(&self, role: StyleRole) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    pub fn glyphs(&self) -> Glyphs {
        self.glyphs
    }

    fn apply(&mut self, text: &str, depth: ColorDepth) -> Result<(), ThemeError> {
        let file: ThemeFile = toml::from_str(text).map_err(|error| ThemeError::Syntax(error.to_string()))?;
        let mut palette = BTreeMap::new();
        for (name, color) in file.palette {
            let known = Color::from_str(&color)
                .map_err(|_| ThemeError::Word { place: name.clone(), word: color.clone() })?;
            palette.insert(name, known);
        }
        let text = file.roles.get(StyleRole::Text.name());
        let text = text.and_then(|words| read_style(words, &palette, ColorDepth::TrueColor, None).ok());
        let paper = depth::paper(text.and_then(|text| text.fg));
        for (name, words) in file.roles {
            let Some(role) = StyleRole::ALL.into_iter().find(|role| role.name() == name) else {
                return Err(ThemeError::Role(name));
            };
            let style = read_style(&words, &palette, depth, paper)
                .map_err(|word| ThemeError::Word { place: name, word: word.into() })?;
            if let Some(place) = self.styles.get_mut(role as usize) {
                *place = style;
            }
        }
        Ok(())
    }
}

/// Parses `COLOUR on COLOUR ATTRIBUTE…`; the error is the unknown word. `paper` is the background that the theme
/// is made for.
fn read_style<'w>(
    words: &'w str,
    palette: &BTreeMap<String, Color>,
    depth: ColorDepth,
    paper: Option<[u8; 3]>,
) -> Result<Style, &'w str> {
    let mut style = Style::new();
    let mut background = false;
    for word in words.split_whitespace() {
        if word == "on" {
            background = true;
        } else if let Some(modifier) = attribute(word) {
            style = style.add_modifier(modifier);
        } else {
            let color = palette.get(word).copied().or_else(|| Color::from_str(word).ok()).ok_or(word)?;
            style = if std::mem::take(&mut background) { style.bg(color) } else { style.fg(color) };
        }
    }
    if background {
        return Err("on");
    }
    style.bg = style.bg.and_then(|color| depth.fit_background(color, paper));
    let ground = style.bg.map_or(paper, depth::rgb);
    style.fg = style.fg.map(|color| depth.fit(color, ground));
    Ok(style)
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

    /// Every role with its style, one per line.
    fn roles(theme: &Theme) -> String {
        let mut out = String::new();
        for role in StyleRole::ALL {
            let Style { fg, bg, add_modifier, .. } = theme.style(role);
            let color = |color: Option<Color>| color.map_or("-".into(), |color| color.to_string());
            let _ = writeln!(out, "{:18}{:14}{:14}{add_modifier:?}", role.name(), color(fg), color(bg));
        }
        out
    }

    #[test]
    fn themes_give_every_role_a_style() {
        for (name, text) in EMBEDDED.into_iter().chain([("plain", PLAIN)]) {
            let file: ThemeFile = toml::from_str(text).unwrap();
            assert_eq!(file.roles.len(), StyleRole::ALL.len(), "{name}");
            let depth = if name == "plain" { ColorDepth::None } else { ColorDepth::TrueColor };
            let theme = Theme::parse(text, depth, Glyphs::Unicode).unwrap();
            insta::assert_snapshot!(format!("roles_{name}"), roles(&theme));
        }
    }

    /// What a theme becomes where 16 colours are all there are: hues stay apart, and nothing vanishes.
    #[test]
    fn themes_made_for_more_colours_can_be_read_in_sixteen() {
        for name in ["dark", "light"] {
            let theme = Theme::named(name, ColorDepth::Ansi16, Glyphs::Unicode).unwrap();
            insta::assert_snapshot!(format!("roles_{name}_in_sixteen"), roles(&theme));
            let fg = |role| theme.style(role).fg;
            assert_ne!(fg(StyleRole::Good), fg(StyleRole::Bad));
            assert_ne!(fg(StyleRole::Added), fg(StyleRole::Removed));
            let own = if name == "dark" { Color::Black } else { Color::White };
            for role in StyleRole::ALL {
                let style = theme.style(role);
                assert_ne!(style.fg, Some(style.bg.unwrap_or(own)), "{role:?} vanishes in {name}");
            }
            assert_ne!(theme.style(StyleRole::Selection).bg, None, "{name}");
        }
    }

    #[test]
    fn the_default_theme_uses_the_terminals_own_palette_and_no_background() {
        let theme = Theme::named("default", ColorDepth::TrueColor, Glyphs::Unicode).unwrap();
        for role in StyleRole::ALL {
            let style = theme.style(role);
            assert!(!matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{role:?}");
            assert!(!matches!(style.fg, Some(Color::White | Color::Black | Color::Gray)), "{role:?}");
            assert_eq!(style.bg, None, "{role:?}");
        }
    }

    #[test]
    fn without_colour_no_role_has_one_and_a_selection_still_shows() {
        for name in ["default", "dark", "light"] {
            let theme = Theme::named(name, ColorDepth::None, Glyphs::Unicode).unwrap();
            assert!(
                StyleRole::ALL
                    .iter()
                    .all(|role| theme.style(*role).fg.is_none() && theme.style(*role).bg.is_none())
            );
            assert!(theme.style(StyleRole::Selection).add_modifier.contains(Modifier::REVERSED));
        }
    }

    #[test]
    fn settings_name_the_themes_that_there_are() {
        assert_eq!(EMBEDDED.map(|(name, _)| name), crate::config::THEMES);
    }

    #[test]
    fn what_forbids_writing_stands_out_in_every_theme_without_colours_too() {
        for name in crate::config::THEMES {
            for depth in [ColorDepth::None, ColorDepth::Ansi16, ColorDepth::TrueColor] {
                let theme = Theme::named(name, depth, Glyphs::Unicode).unwrap();
                assert!(theme.style(StyleRole::Loud).add_modifier.contains(Modifier::REVERSED), "{name}");
            }
        }
    }

    #[test]
    fn an_accent_tells_contexts_apart_where_there_are_colours() {
        let looks = |depth, accent: Option<&str>| {
            let theme = Theme::named("default", depth, Glyphs::Unicode).unwrap();
            let theme = accent.map_or(theme.clone(), |accent| theme.with_accent(accent, depth));
            (theme.style(StyleRole::Context), theme.style(StyleRole::FocusedTitle))
        };
        let mut seen: Vec<_> = crate::config::ACCENTS.iter().map(|accent| Some(*accent)).collect();
        seen.push(None);
        let mut seen: Vec<_> = seen.into_iter().map(|accent| looks(ColorDepth::Ansi16, accent)).collect();
        while let Some(look) = seen.pop() {
            assert!(seen.iter().all(|other| other.0 != look.0), "{look:?}");
        }
        assert_eq!(looks(ColorDepth::Ansi16, Some("red")).0.fg, Some(Color::Red));
        assert_eq!(looks(ColorDepth::None, Some("red")), looks(ColorDepth::None, None));
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text: &str| {
            Theme::parse(text, ColorDepth::Ansi16, Glyphs::Unicode).map(|_| ()).unwrap_err().to_string()
        };
        assert!(error("[roles]\nhaeder = \"red\"").contains("\"haeder\""));
        assert!(error("[roles]\nbad = \"reddish bold\"").contains("\"reddish\" at \"bad\""));
        assert!(error("[roles]\nbad = \"red on\"").contains("\"on\" at \"bad\""));
        assert!(error("[palette]\nx = \"nope\"").contains("\"nope\" at \"x\""));
        assert!(error("[colours]\nx = \"red\"").contains("colours"));
        assert!(
            Theme::named("neon", ColorDepth::Ansi16, Glyphs::Unicode)
                .is_err_and(|error| error.to_string().contains("neon"))
        );
    }

    #[test]
    fn a_file_may_change_one_role_alone() {
        let text = "[palette]\nmine = \"#ff8800\"\n[roles]\naccent = \"mine on black italic\"";
        let theme = Theme::parse(text, ColorDepth::TrueColor, Glyphs::Unicode).unwrap();
        let accent = Style::new().fg(Color::Rgb(255, 136, 0)).bg(Color::Black).italic();
        assert_eq!(theme.style(StyleRole::Accent), accent);
        assert_eq!(theme.style(StyleRole::Good), Style::new().fg(Color::Green));
    }
}
