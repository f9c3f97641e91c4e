//! Encodes frames as bytes: the difference from the previous frame, inside a synchronized update. If nothing
//! changed and the cursor did not move, there are no bytes.

use std::io;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::{Frame, Terminal};
use zeroize::Zeroize;

use crate::console::shell::layout::Size;

const BEGIN_UPDATE: &[u8] = b"\x1b[?2026h";
const END_UPDATE: &[u8] = b"\x1b[?2026l";

/// Paints frames. The bytes of each frame must reach the terminal: the next frame is a difference from it.
pub struct Painter {
    terminal: Terminal<CaptureBackend>,
    extra: Vec<u8>,
}

impl Painter {
    /// Starts from a cleared screen of this size with the cursor hidden.
    ///
    /// # Errors
    /// None in practice: nothing here touches a device.
    pub fn new(size: Size) -> io::Result<Self> {
        let backend = CaptureBackend { bytes: Vec::new(), size, visible: Some(false), cursor: None };
        let terminal = Terminal::new(backend)?;
        Ok(Self { terminal, extra: Vec::new() })
    }

    /// Sets the size; the next frame is painted in full.
    pub fn resize(&mut self, size: Size) {
        self.terminal.backend_mut().size = size;
    }

    /// Makes the next frame clear the screen and paint it in full.
    ///
    /// # Errors
    /// None in practice.
    pub fn invalidate(&mut self) -> io::Result<()> {
        self.terminal.backend_mut().visible = None;
        self.terminal.clear()
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
        self.terminal.draw(draw)?;
        let capture = self.terminal.backend_mut();
        if !capture.bytes.is_empty() {
            buffer.extend_from_slice(BEGIN_UPDATE);
            buffer.append(&mut capture.bytes);
            buffer.extend_from_slice(END_UPDATE);
        }
        buffer.extend_from_slice(&self.extra);
        // The bytes may contain a secret that was copied.
        self.extra.zeroize();
        Ok(buffer)
    }
}

/// A ratatui backend that collects bytes and skips cursor commands that change nothing.
struct CaptureBackend {
    bytes: Vec<u8>,
    size: Size,
    /// Whether the cursor is shown; `None` if unknown.
    visible: Option<bool>,
    /// The cursor's position; `None` if cells were drawn since.
    cursor: Option<Position>,
}

impl CaptureBackend {
    fn encode(&mut self) -> CrosstermBackend<&mut Vec<u8>> {
        CrosstermBackend::new(&mut self.bytes)
    }

    fn show(&mut self, visible: bool) -> io::Result<()> {
        if self.visible == Some(visible) {
            return Ok(());
        }
        self.visible = Some(visible);
        if visible { self.encode().show_cursor() } else { self.encode().hide_cursor() }
    }
}

impl Backend for CaptureBackend {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut cells = content.peekable();
        if cells.peek().is_none() {
            return Ok(());
        }
        self.cursor = None;
        self.encode().draw(cells)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.show(false)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.show(true)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Never queried from the terminal: the answer would arrive among the keys.
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.visible == Some(false) || self.cursor == Some(position) {
            return Ok(());
        }
        self.cursor = Some(position);
        self.encode().set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.cursor = None;
        self.encode().clear_region(clear_type)
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
        painter.invalidate().unwrap();
        let bytes = painter.paint(Vec::new(), |frame| word("hello").draw(frame)).unwrap();
        let mut shown = screen(SIZE);
        shown.process(b"\x1b[?25hrubbish of another program");
        shown.process(&bytes);
        assert_eq!(shown.screen().contents().trim_end(), "hello");
        assert!(shown.screen().hide_cursor());
    }
}
