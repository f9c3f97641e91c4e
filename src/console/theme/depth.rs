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

impl ColorDepth {
    /// The nearest colour of this depth; the ANSI sixteen are kept, because users configure them.
    pub fn fit(self, color: Color) -> Color {
        match (self, color) {
            (Self::None, _) => Color::Reset,
            (Self::TrueColor, _) => color,
            (Self::Ansi256, Color::Rgb(r, g, b)) => Color::Indexed(nearest_index([r, g, b])),
            (Self::Ansi16, Color::Rgb(r, g, b)) => nearest_ansi([r, g, b]),
            (Self::Ansi16, Color::Indexed(index)) => match ANSI.get(usize::from(index)) {
                Some((named, _)) => *named,
                None => nearest_ansi(indexed(index)),
            },
            _ => color,
        }
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

fn nearest_ansi(wanted: [u8; 3]) -> Color {
    let nearest = ANSI.into_iter().min_by_key(|(_, known)| distance(*known, wanted));
    nearest.map_or(Color::Reset, |(color, _)| color)
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
        assert_eq!(ColorDepth::TrueColor.fit(orange), orange);
        assert_eq!(ColorDepth::Ansi256.fit(orange), Color::Indexed(208));
        assert_eq!(ColorDepth::Ansi16.fit(Color::Rgb(250, 10, 10)), Color::LightRed);
        assert_eq!(ColorDepth::Ansi16.fit(Color::Indexed(2)), Color::Green);
        assert_eq!(ColorDepth::Ansi16.fit(Color::Indexed(244)), Color::DarkGray);
        assert_eq!(ColorDepth::Ansi256.fit(Color::Cyan), Color::Cyan);
        assert_eq!(ColorDepth::None.fit(Color::Red), Color::Reset);
    }
}
