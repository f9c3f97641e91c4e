use proptest::prelude::*;

use super::*;

fn pos(row: usize, at: usize) -> Pos {
    Pos { row, at }
}

fn typed(pad: &mut TextBuffer, text: &str) {
    text.chars().for_each(|c| _ = if c == '\n' { pad.enter() } else { pad.type_char(c) });
}

#[test]
fn a_word_a_paste_and_an_enter_are_a_step_each() {
    let mut pad = TextBuffer::new("{\n}");
    pad.move_to(pos(0, 1));
    typed(&mut pad, "one two\nthree");
    pad.paste("a\r\nb\nc d");
    assert_eq!(pad.text(), "{one two\nthreea\nb\nc d\n}");
    let mut texts = Vec::new();
    while pad.undo() {
        texts.push(pad.text());
    }
    let steps = ["{one two\nthree\n}", "{one two\n\n}", "{one two\n}", "{one \n}", "{\n}"];
    assert_eq!(texts, steps);
    while pad.redo() {}
    assert_eq!((pad.text().as_str(), pad.cursor()), ("{one two\nthreea\nb\nc d\n}", pos(3, 3)));
}

#[test]
fn moving_ends_a_step_and_deleting_runs_are_steps() {
    let mut pad = TextBuffer::new("abc def");
    pad.move_by(Motion::End, false);
    (0..5).for_each(|_| _ = pad.backspace());
    assert_eq!(pad.text(), "ab");
    pad.undo();
    assert_eq!(pad.text(), "abc ");
    pad.undo();
    assert_eq!((pad.text().as_str(), pad.cursor()), ("abc def", pos(0, 7)));
    pad.move_to(pos(0, 0));
    (0..2).for_each(|_| _ = pad.delete());
    pad.move_by(Motion::Right, false);
    pad.delete();
    assert_eq!(pad.text(), "cdef");
    pad.undo();
    assert_eq!(pad.text(), "c def");
    pad.undo();
    assert_eq!(pad.text(), "abc def");
    assert!(!pad.undo());
}

#[test]
fn steps_are_bounded_and_thousands_fit() {
    let mut pad = TextBuffer::new("");
    for number in 0..2_000 {
        typed(&mut pad, &format!("w{number}\n"));
    }
    let text = pad.text();
    let mut steps = 0;
    while pad.undo() {
        steps += 1;
    }
    assert_eq!((steps, pad.text().as_str()), (4_000, ""));
    while pad.redo() {}
    assert_eq!(pad.text(), text);
    let block = "x".repeat(100 << 10);
    (0..4).for_each(|_| _ = pad.paste(&block));
    let mut steps = 0;
    while pad.undo() {
        steps += 1;
    }
    assert_eq!(steps, 2, "older steps are forgotten before memory is");
}

#[test]
fn enter_keeps_the_indent_and_brackets_move_it() {
    let mut pad = TextBuffer::new("{\n    \"a\": 1\n}");
    pad.move_to(pos(1, 10));
    typed(&mut pad, ",\n\"b\": {\n\"c\": [\n1\n]");
    assert_eq!(pad.text(), "{\n    \"a\": 1,\n    \"b\": {\n        \"c\": [\n            1\n        ]\n}");
    typed(&mut pad, "\n}");
    assert_eq!(pad.line(6), "    }");
    let mut pad = TextBuffer::new("{}");
    pad.move_to(pos(0, 1));
    pad.enter();
    assert_eq!((pad.text().as_str(), pad.cursor()), ("{\n  \n}", pos(1, 2)));
    pad.undo();
    assert_eq!((pad.text().as_str(), pad.cursor()), ("{}", pos(0, 1)));
}

#[test]
fn lines_are_moved_in_and_back() {
    let mut pad = TextBuffer::new("{\n  \"a\": 1,\n  \"b\": 2,\n\n}");
    pad.move_to(pos(1, 4));
    pad.move_by(Motion::Down, true);
    pad.move_by(Motion::Down, true);
    pad.indent(true);
    assert_eq!(pad.text(), "{\n    \"a\": 1,\n    \"b\": 2,\n\n}");
    assert_eq!(pad.selection(), Some((pos(1, 6), pos(3, 0))));
    pad.indent(false);
    pad.indent(false);
    assert_eq!(pad.text(), "{\n\"a\": 1,\n\"b\": 2,\n\n}");
    (0..3).for_each(|_| _ = pad.undo());
    assert_eq!(pad.text(), "{\n  \"a\": 1,\n  \"b\": 2,\n\n}");
}

#[test]
fn a_selection_is_typed_over_in_one_step() {
    let mut pad = TextBuffer::new("ab\ncd\nef");
    pad.move_to(pos(0, 1));
    pad.move_by(Motion::Down, true);
    pad.move_by(Motion::Right, true);
    pad.type_char('x');
    assert_eq!(pad.text(), "ax\nef");
    pad.undo();
    assert_eq!(pad.text(), "ab\ncd\nef");
    pad.select(pos(0, 0), pos(2, 1));
    pad.backspace();
    assert_eq!(pad.text(), "f");
}

#[test]
fn rows_beyond_what_a_text_area_can_jump_to_are_reached() {
    let text = (0..70_000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
    let mut pad = TextBuffer::new(&text);
    pad.scroll_into_view(40, 80);
    pad.move_by(Motion::Bottom, false);
    pad.move_by(Motion::PageUp, false);
    assert_eq!(pad.cursor().row, 70_000 - 41);
    pad.move_by(Motion::PageDown, false);
    assert_eq!((pad.cursor().row, pad.line(69_999)), (69_999, "69999"));
    pad.type_char('!');
    assert_eq!(pad.line(69_999), "69999!");
    pad.scroll_into_view(40, 80);
    assert_eq!(pad.visual_rows().first().map(|row| row.line), Some(70_000 - 40));
}

#[test]
fn a_long_line_goes_on_in_the_next_row() {
    let mut pad = TextBuffer::new(&format!("{}\nshort", "0123456789".repeat(100_000)));
    pad.scroll_into_view(5, 41);
    let rows = pad.visual_rows();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().enumerate().all(|(at, row)| row.bytes == (at * 40..at * 40 + 40)));
    pad.move_to(pos(0, 7));
    pad.move_by(Motion::Down, false);
    assert_eq!(pad.cursor(), pos(0, 47));
    pad.move_by(Motion::End, false);
    pad.scroll_into_view(5, 41);
    assert_eq!(pad.visual_rows().last().map(|row| row.bytes.clone()), Some(999_960..1_000_000));
    assert_eq!(pad.visual_rows()[4].column(&pad, pad.cursor()), Some(40));
    pad.move_by(Motion::Down, false);
    assert_eq!(pad.cursor(), pos(1, 5));
    pad.move_by(Motion::Up, false);
    assert_eq!(pad.cursor().row, 0);
    pad.set_wraps(false);
    pad.move_to(pos(0, 500));
    pad.scroll_into_view(5, 41);
    assert_eq!(pad.visual_rows().len(), 2);
    assert_eq!(pad.visual_rows()[0].column(&pad, pad.cursor()), Some(40));
}

#[test]
fn a_mark_comes_and_goes_as_a_step() {
    let mut pad = TextBuffer::new("{}");
    pad.open_with_byte_order_mark();
    pad.drop_byte_order_mark();
    assert!(!pad.has_byte_order_mark());
    pad.undo();
    assert!(pad.has_byte_order_mark());
    pad.redo();
    assert!(!pad.has_byte_order_mark());
}

#[test]
fn carriage_returns_that_were_there_come_back() {
    let text = "a\r\nb\rc\r\nd";
    let mut pad = TextBuffer::new(text);
    pad.select(pos(0, 0), pos(2, 1));
    pad.delete();
    pad.undo();
    assert_eq!(pad.text(), text);
}

/// What a person may do.
fn act(pad: &mut TextBuffer, act: u8, text: &str) {
    match act % 14 {
        0..=3 => typed(pad, text),
        4 => _ = pad.paste(text),
        5 => _ = pad.backspace(),
        6 => _ = pad.delete(),
        7 => pad.move_by(Motion::Left, false),
        8 => pad.move_by(Motion::Up, act & 64 > 0),
        9 => pad.move_by(Motion::WordRight, act & 64 > 0),
        10 => _ = pad.indent(act & 64 > 0),
        11 => pad.move_by(Motion::Down, act & 64 > 0),
        12 => _ = pad.apply(&[(pos(0, 0), pos(0, 0), text.to_owned())]),
        _ => _ = pad.undo(),
    }
}

proptest! {
    #[test]
    fn undo_then_redo_is_the_same_text(
        start in "(?s)[ab é{}\\n\\t日\\r]{0,30}",
        acts in proptest::collection::vec((any::<u8>(), "[ab\\n }\\]é]{0,4}"), 0..30),
    ) {
        let mut pad = TextBuffer::new(&start);
        pad.scroll_into_view(4, 6);
        for (number, text) in &acts {
            act(&mut pad, *number, text);
            pad.scroll_into_view(4, 6);
            let whole = pad.text();
            prop_assert_eq!(pad.len(), whole.len());
            prop_assert_eq!(pad.rows(), whole.split('\n').count());
            let cursor = pad.cursor();
            let line = whole.split('\n').nth(cursor.row).unwrap();
            prop_assert_eq!(line[..cursor.at].chars().count(), pad.column());
            prop_assert!(pad.visual_rows().iter().any(|row| row.column(&pad, cursor).is_some()), "{:?}", pad.visual_rows());
        }
        let last = pad.text();
        while pad.undo() {}
        prop_assert!(pad.text_is(&start), "{:?}", pad.text());
        while pad.redo() {}
        // What was undone before the end may be done again, and then it is one step further.
        let undone = acts.iter().any(|(number, _)| number % 14 == 13);
        prop_assert!(undone || pad.text() == last);
    }

    #[test]
    fn rows_cover_their_line(line in "[a-z日é\u{301}\\t]{0,300}", width in 1usize..20) {
        let mut at = 0;
        let mut rows = 0;
        while at < line.len() {
            let row = wrap::row_at(&line, at, width);
            prop_assert_eq!(row.start, at);
            prop_assert!(row.end > at && line.is_char_boundary(row.end));
            prop_assert_eq!(wrap::row_at(&line, row.end - 1, width), row.clone());
            at = row.end;
            rows += 1;
        }
        prop_assert_eq!(at, line.len());
        prop_assert!(rows <= line.len() + 1);
    }
}
