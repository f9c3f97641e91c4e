//! Turns frames into bytes: the difference from the previous frame, inside a synchronized update. If nothing
//! changed and the cursor did not move, there are no bytes.

use std::io;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Rect};
use ratatui::{Frame, Terminal};
use zeroize::Zeroize;

use super::encode::{FrameEncoder, put_cursor};
use crate::console::shell::layout::Size;

const BEGIN_UPDATE: &[u8] = b"\x1b[?2026h";
const END_UPDATE: &[u8] = b"\x1b[?2026l";

/// Paints frames. The bytes of each frame must reach the terminal: the next frame is a difference from it.
pub struct Painter {
    terminal: Terminal<CursorBackend>,
    encoder: FrameEncoder,
    /// Whether the terminal shows its cursor; `None` if unknown.
    visible: Option<bool>,
    /// Where it is; `None` if cells were drawn since.
    cursor: Option<Position>,
    extra: Vec<u8>,
}

impl Painter {
    /// Starts from a cleared screen of this size with the cursor hidden.
    ///
    /// # Errors
    /// None in practice: nothing here touches a device.
    pub fn new(size: Size) -> io::Result<Self> {
        let terminal = Terminal::new(CursorBackend { size, visible: false, position: Position::ORIGIN })?;
        let encoder = FrameEncoder::new(Rect::new(0, 0, size.cols, size.rows));
        Ok(Self { terminal, encoder, visible: Some(false), cursor: None, extra: Vec::new() })
    }

    /// Sets the size; the next frame is painted in full.
    pub fn resize(&mut self, size: Size) {
        self.terminal.backend_mut().size = size;
    }

    /// Makes the next frame clear the screen and paint it in full.
    pub fn invalidate(&mut self) {
        self.visible = None;
        self.encoder.forget();
    }

    /// Sends bytes that draw nothing, such as OSC 52, with the next frame, even if that is unchanged.
    pub fn send_with_next(&mut self, bytes: &[u8]) {
        self.extra.extend_from_slice(bytes);
    }

    /// Paints a frame into `buffer`, which is cleared first; it stays empty if nothing changed.
    ///
    /// # Errors
    /// None in practice.
    pub fn paint(&mut self, mut buffer: Vec<u8>, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<Vec<u8>> {
        buffer.clear();
        buffer.extend_from_slice(BEGIN_UPDATE);
        let drawn = self.terminal.draw(draw)?;
        if self.encoder.encode(drawn.buffer, &mut buffer)? {
            self.cursor = None;
        }
        self.place_cursor(&mut buffer)?;
        if buffer.len() == BEGIN_UPDATE.len() {
            buffer.clear();
        } else {
            buffer.extend_from_slice(END_UPDATE);
        }
        buffer.extend_from_slice(&self.extra);
        // The bytes may contain a secret that was copied.
        self.extra.zeroize();
        Ok(buffer)
    }

    /// Shows, hides or moves the cursor, where it is not so already.
    fn place_cursor(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let CursorBackend { visible, position, .. } = *self.terminal.backend();
        if self.visible.replace(visible) != Some(visible) {
            out.extend_from_slice(if visible { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
        if visible && self.cursor.replace(position) != Some(position) {
            put_cursor(out, position.x, position.y)?;
        }
        Ok(())
    }
}

/// A ratatui backend that only notes where the cursor is wanted: cells are encoded from whole frames, because
/// some rows are written as a whole.
struct CursorBackend {
    size: Size,
    visible: bool,
    position: Position,
}

impl Backend for CursorBackend {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, _: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.visible = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.visible = true;
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Never queried from the terminal: the answer would arrive among the keys.
        Ok(self.position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.position = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        Ok(())
    }

    fn size(&self) -> io::Result<ratatui::layout::Size> {
        Ok(ratatui::layout::Size::new(self.size.cols, self.size.rows))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: ratatui::layout::Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use proptest::prelude::*;
    use ratatui::style::{Color, Modifier, Style};

    use super::*;

    const SIZE: Size = Size { cols: 24, rows: 6 };

    /// A screen simple enough to generate: coloured words and a cursor.
    #[derive(Debug, Clone, Default)]
    struct TestPicture {
        words: Vec<(u16, u16, String, u8)>,
        cursor: Option<(u16, u16)>,
    }

    impl TestPicture {
        fn draw(&self, frame: &mut Frame<'_>) {
            let area = frame.area();
            for (x, y, text, colour) in &self.words {
                if *x < area.width && *y < area.height {
                    let style = Style::new().fg(Color::Indexed(*colour)).add_modifier(Modifier::BOLD);
                    frame.buffer_mut().set_stringn(*x, *y, text, usize::from(area.width - x), style);
                }
            }
            if let Some((x, y)) = self.cursor.filter(|(x, y)| *x < area.width && *y < area.height) {
                frame.set_cursor_position((x, y));
            }
        }
    }

    fn pictures() -> impl Strategy<Value = Vec<TestPicture>> {
        let word = (0..SIZE.cols, 0..SIZE.rows, prop_oneof!["[a-z]{1,9}", Just("日本".to_owned())], 0..8_u8);
        let picture = (prop::collection::vec(word, 0..6), prop::option::of((0..SIZE.cols, 0..SIZE.rows)))
            .prop_map(|(words, cursor)| TestPicture { words, cursor });
        prop::collection::vec(picture, 1..12)
    }

    /// Words of clusters that terminals give widths of their own: Thai SARA AM, flags, vowel signs of
    /// Devanagari and Tamil, half-width kana with marks, a skin tone, jamo, a mark alone.
    fn odd_pictures() -> impl Strategy<Value = Vec<TestPicture>> {
        const ODD: [&str; 13] =
            ["กำ", "🇩🇪", "कि", "கொ", "ｶﾞ", "ﾊﾟ", "👍🏽", "각", "\u{93f}", "日", "e\u{301}", "ab", " "];
        let word =
            prop::collection::vec(prop::sample::select(&ODD[..]), 1..7).prop_map(|parts| parts.concat());
        let word = (0..SIZE.cols, 0..SIZE.rows, word, 0..8_u8);
        let picture = prop::collection::vec(word, 0..8).prop_map(|words| TestPicture { words, cursor: None });
        prop::collection::vec(picture, 1..8)
    }

    fn screen(size: Size) -> vt100::Parser {
        let some = |cells| NonZero::new(cells).unwrap();
        let mut parser = vt100::Parser::new(some(size.rows), some(size.cols), 0);
        parser.process(b"\x1b[?1049h\x1b[?25l");
        parser
    }

    /// The visible screen: every cell, and the cursor if it is shown.
    fn seen(parser: &vt100::Parser) -> (Vec<u8>, Option<(u16, u16)>) {
        let screen = parser.screen();
        let cursor = (!screen.hide_cursor()).then(|| screen.cursor_position());
        let mut cells = Vec::new();
        let (rows, cols) = screen.size();
        for row in 0..rows.get() {
            for col in 0..cols.get() {
                let cell = screen.cell(row, col).unwrap();
                let text = if cell.has_contents() { cell.contents() } else { " " };
                cells.extend_from_slice(text.as_bytes());
                if text != " " {
                    cells.extend_from_slice(format!("{:?}{}", cell.fgcolor(), cell.bold()).as_bytes());
                }
            }
        }
        (cells, cursor)
    }

    proptest! {
        #[test]
        fn differences_with_frames_left_out_show_the_same_as_a_fresh_draw(
            pictures in pictures(),
            taken in prop::collection::vec(any::<bool>(), 12),
        ) {
            let mut painter = Painter::new(SIZE).unwrap();
            let mut shown = screen(SIZE);
            let last = pictures.len() - 1;
            for (at, picture) in pictures.iter().enumerate() {
                // A busy writer skips frames; those are never painted at all.
                if taken.get(at) == Some(&true) || at == last {
                    let bytes = painter.paint(Vec::new(), |frame| picture.draw(frame)).unwrap();
                    shown.process(&bytes);
                }
            }
            let mut fresh = screen(SIZE);
            let picture = pictures.last().unwrap();
            let whole = Painter::new(SIZE).unwrap().paint(Vec::new(), |frame| picture.draw(frame)).unwrap();
            fresh.process(&whole);
            prop_assert_eq!(seen(&shown), seen(&fresh));
        }

        #[test]
        fn clusters_of_any_width_that_come_and_go_leave_nothing(pictures in odd_pictures()) {
            let mut painter = Painter::new(SIZE).unwrap();
            let mut shown = screen(SIZE);
            for picture in &pictures {
                shown.process(&painter.paint(Vec::new(), |frame| picture.draw(frame)).unwrap());
                let mut fresh = screen(SIZE);
                let whole = Painter::new(SIZE).unwrap().paint(Vec::new(), |frame| picture.draw(frame)).unwrap();
                fresh.process(&whole);
                prop_assert_eq!(seen(&shown), seen(&fresh));
            }
        }

        #[test]
        fn the_same_picture_twice_writes_nothing(pictures in pictures()) {
            let mut painter = Painter::new(SIZE).unwrap();
            for picture in &pictures {
                painter.paint(Vec::new(), |frame| picture.draw(frame)).unwrap();
                let again = painter.paint(Vec::new(), |frame| picture.draw(frame)).unwrap();
                prop_assert!(again.is_empty(), "{}", again.escape_ascii());
            }
        }
    }

    fn word(text: &str) -> TestPicture {
        TestPicture { words: vec![(0, 0, text.into(), 1)], cursor: None }
    }

    #[test]
    fn a_frame_is_one_synchronized_update() {
        let mut painter = Painter::new(SIZE).unwrap();
        let bytes = painter.paint(Vec::new(), |frame| word("hello").draw(frame)).unwrap();
        assert!(bytes.starts_with(BEGIN_UPDATE) && bytes.ends_with(END_UPDATE));
        let ask = [b"\x1b[6n".as_slice(), b"\x1b[c", b"\x1b[18t"];
        assert!(ask.iter().all(|question| !bytes.windows(question.len()).any(|part| part == *question)));
    }

    #[test]
    fn a_moved_cursor_alone_is_worth_a_frame() {
        let mut painter = Painter::new(SIZE).unwrap();
        let at = |x| TestPicture { cursor: Some((x, 0)), ..word("hello") };
        painter.paint(Vec::new(), |frame| at(1).draw(frame)).unwrap();
        let moved = painter.paint(Vec::new(), |frame| at(2).draw(frame)).unwrap();
        assert_eq!(moved, [BEGIN_UPDATE, b"\x1b[1;3H", END_UPDATE].concat());
    }

    #[test]
    fn what_goes_beside_leaves_with_an_unchanged_frame() {
        let mut painter = Painter::new(SIZE).unwrap();
        painter.paint(Vec::new(), |frame| word("hello").draw(frame)).unwrap();
        painter.send_with_next(b"\x1b]52;c;aGk=\x07");
        assert!(!painter.extra.is_empty());
        let bytes = painter.paint(Vec::new(), |frame| word("hello").draw(frame)).unwrap();
        assert_eq!(bytes, b"\x1b]52;c;aGk=\x07");
        assert!(painter.extra.is_empty());
    }

    #[test]
    fn every_size_paints_and_a_new_one_starts_clean() {
        let mut painter = Painter::new(Size { cols: 0, rows: 0 }).unwrap();
        for (cols, rows) in [(0, 0), (1, 1), (80, 24), (20, 5), (300, 100), (1, 50)] {
            painter.resize(Size { cols, rows });
            let bytes = painter.paint(Vec::new(), |frame| word("hello").draw(frame)).unwrap();
            let mut shown = screen(Size { cols: cols.max(1), rows: rows.max(1) });
            shown.process(b"left over from before");
            shown.process(&bytes);
            let expected: String = "hello".chars().take(usize::from(cols)).collect();
            if rows > 0 && cols > 0 {
                assert_eq!(shown.screen().contents().trim_end(), expected, "{cols}x{rows}");
            }
        }
    }

    #[test]
    fn after_forgetting_everything_is_drawn_again() {
        let mut painter = Painter::new(SIZE).unwrap();
        painter.paint(Vec::new(), |frame| word("hello").draw(frame)).unwrap();
        painter.invalidate();
        let bytes = painter.paint(Vec::new(), |frame| word("hello").draw(frame)).unwrap();
        let mut shown = screen(SIZE);
        shown.process(b"\x1b[?25hrubbish of another program");
        shown.process(&bytes);
        assert_eq!(shown.screen().contents().trim_end(), "hello");
        assert!(shown.screen().hide_cursor());
    }
}
