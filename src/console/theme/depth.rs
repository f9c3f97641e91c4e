//! Colour depth of a terminal, and the nearest available colour to any given one.

use ratatui::style::Color;

/// The colours that a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    /// Attributes only: bold, dim, underlined, reversed.
    None,
    /// The sixteen ANSI colours.
    Ansi16,
    /// The sixteen ANSI colours, a cube of 216 and a ramp of 24 greys.
    Ansi256,
    /// 24 bits.
    TrueColor,
}

/// xterm's values of the sixteen ANSI colours; other terminals differ too little to change the nearest one.
const ANSI: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The steps along each axis of the cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The least contrast, by the formula of WCAG, at which a foreground is taken as it is nearest.
const READABLE: f64 = 3.0;

/// The least difference between the channels of what is seen as a hue rather than as a grey.
const HUE: u8 = 32;

impl ColorDepth {
    /// The nearest colour of this depth; the ANSI sixteen are kept, because users configure them. `on` is what a
    /// foreground must be readable on, if that is known.
    pub fn fit(self, color: Color, on: Option<[u8; 3]>) -> Color {
        match (self, color) {
            (Self::None, _) => Color::Reset,
            (Self::TrueColor, _) => color,
            (Self::Ansi256, Color::Rgb(r, g, b)) => Color::Indexed(nearest_index([r, g, b])),
            (Self::Ansi16, Color::Indexed(index @ 0..16)) => {
                ANSI.get(usize::from(index)).map_or(color, |(named, _)| *named)
            }
            (Self::Ansi16, Color::Rgb(..) | Color::Indexed(_)) => {
                rgb(color).map_or(color, |wanted| nearest_ansi(wanted, &ANSI, on))
            }
            _ => color,
        }
    }

    /// The nearest background of this depth; `None` where it would be the terminal's own. Of the sixteen, the
    /// first eight alone: a bright background is a plain one or blinks on some terminals.
    pub(super) fn fit_background(self, color: Color, paper: Option<[u8; 3]>) -> Option<Color> {
        let (plain, _) = ANSI.split_at(8);
        match (self, color, rgb(color)) {
            (Self::Ansi16, Color::Rgb(..) | Color::Indexed(16..), Some(wanted)) => {
                let fitted = nearest_ansi(wanted, plain, None);
                (paper.is_none() || rgb(fitted) != paper).then_some(fitted)
            }
            _ => Some(self.fit(color, None)),
        }
    }
}

/// The place of a colour among the ANSI sixteen.
pub fn ansi_index(color: Color) -> Option<u8> {
    (0..).zip(ANSI).find(|(_, (known, _))| *known == color).map(|(index, _)| index)
}

/// What a theme is written on, black or white, to judge by the colour of its text; `None` if the terminal
/// decides that colour.
pub(super) fn paper(text: Option<Color>) -> Option<[u8; 3]> {
    let text = text.filter(|color| matches!(color, Color::Rgb(..) | Color::Indexed(16..)))?;
    let light = luminance(rgb(text)?) > luminance([127; 3]);
    Some(if light { [0; 3] } else { [255; 3] })
}

/// The channels of a colour; `None` for the terminal's own.
pub(super) fn rgb(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index @ 16..) => Some(indexed(index)),
        Color::Indexed(index) => ANSI.get(usize::from(index)).map(|(_, known)| *known),
        _ => ANSI.iter().find(|(known, _)| *known == color).map(|(_, known)| *known),
    }
}

/// The colour of an index beyond the first sixteen.
fn indexed(index: u8) -> [u8; 3] {
    let Some(index) = index.checked_sub(16) else { return [0; 3] };
    match index.checked_sub(216) {
        Some(step) => [8 + 10 * step; 3],
        None => {
            [index / 36, index / 6 % 6, index % 6].map(|at| CUBE.get(usize::from(at)).copied().unwrap_or(0))
        }
    }
}

fn nearest_index(wanted: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|index| distance(indexed(*index), wanted)).unwrap_or(16)
}

/// A grey becomes the nearest grey and any other colour the nearest hue, so that red and green do not both
/// become grey; then its brightness is chosen, by what it has to be read on before anything else.
fn nearest_ansi(wanted: [u8; 3], known: &[(Color, [u8; 3])], on: Option<[u8; 3]>) -> Color {
    let nearest = known.iter().map(|(_, known)| off_hue(*known, wanted)).min();
    let of_hue = known.iter().filter(|(_, known)| Some(off_hue(*known, wanted)) == nearest);
    let unreadable = |known: [u8; 3]| {
        // In hundredths; what is readable at all is equally so.
        let contrast = on.map_or(READABLE, |on| contrast(known, on)).min(READABLE);
        ((READABLE - contrast) * 100.0).round() as u32
    };
    let nearest = of_hue.min_by_key(|(_, known)| (unreadable(*known), distance(*known, wanted)));
    nearest.map_or(Color::Reset, |(color, _)| *color)
}

/// How far apart two hues are; nothing is farther than a grey is from a hue.
fn off_hue(a: [u8; 3], b: [u8; 3]) -> u32 {
    match (hue(a), hue(b)) {
        (None, None) => 0,
        (Some(a), Some(b)) => distance(a, b),
        _ => u32::MAX,
    }
}

/// A colour at full saturation and brightness; `None` for a grey.
fn hue(color: [u8; 3]) -> Option<[u8; 3]> {
    let (low, high) = (color.into_iter().min()?, color.into_iter().max()?);
    let range = high - low;
    let full = |channel: u8| u32::from(channel - low) * 255 / u32::from(range).max(1);
    (range >= HUE).then(|| color.map(|channel| u8::try_from(full(channel)).unwrap_or(u8::MAX)))
}

/// The contrast of two colours, from 1 to 21.
fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    if a > b { a / b } else { b / a }
}

fn luminance(color: [u8; 3]) -> f64 {
    let linear = color.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    linear.into_iter().zip([0.2126, 0.7152, 0.0722]).map(|(value, weight)| value * weight).sum()
}

/// Squared distance, weighted by the eye's sensitivity to each channel, in integers.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let weights = [3, 6, 1];
    a.into_iter().zip(b).zip(weights).map(|((a, b), weight)| u32::from(a.abs_diff(b)).pow(2) * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_degrade_to_the_nearest() {
        let orange = Color::Rgb(255, 135, 0);
        assert_eq!(ColorDepth::TrueColor.fit(orange, None), orange);
        assert_eq!(ColorDepth::Ansi256.fit(orange, None), Color::Indexed(208));
        assert_eq!(ColorDepth::Ansi16.fit(Color::Rgb(250, 10, 10), None), Color::LightRed);
        assert_eq!(ColorDepth::Ansi16.fit(Color::Indexed(2), None), Color::Green);
        assert_eq!(ColorDepth::Ansi16.fit(Color::Indexed(244), None), Color::DarkGray);
        assert_eq!(ColorDepth::Ansi256.fit(Color::Cyan, None), Color::Cyan);
        assert_eq!(ColorDepth::None.fit(Color::Red, None), Color::Reset);
    }

    #[test]
    fn of_sixteen_colours_a_hue_stays_and_can_be_read() {
        let on = |color, ground| ColorDepth::Ansi16.fit(color, Some([ground; 3]));
        assert_eq!(on(Color::Rgb(143, 201, 143), 0), Color::Green, "though a grey is nearer");
        assert_eq!(on(Color::Rgb(244, 112, 103), 0), Color::LightRed);
        assert_eq!(on(Color::Rgb(0, 0, 160), 0), Color::LightBlue, "blue on black cannot be read");
        assert_eq!(on(Color::Rgb(0, 0, 160), 255), Color::Blue);
        assert_eq!(on(Color::Rgb(180, 186, 194), 255), Color::DarkGray, "grey on white cannot be read");
        assert_eq!(on(Color::Rgb(180, 186, 194), 0), Color::Gray);
    }

    #[test]
    fn a_background_is_one_of_the_first_eight_or_none() {
        let on_black = |color| ColorDepth::Ansi16.fit_background(color, Some([0; 3]));
        assert_eq!(on_black(Color::Rgb(38, 56, 79)), Some(Color::Blue));
        assert_eq!(on_black(Color::Rgb(38, 43, 51)), None, "the terminal's own");
        assert_eq!(on_black(Color::Black), Some(Color::Black), "configured");
        assert_eq!(
            ColorDepth::TrueColor.fit_background(Color::Rgb(1, 1, 1), None),
            Some(Color::Rgb(1, 1, 1))
        );
    }
}
