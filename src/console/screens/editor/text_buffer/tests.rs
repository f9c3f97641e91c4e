use proptest::prelude::*;

use super::*;

fn pos(row: usize, at: usize) -> Pos {
    Pos { row, at }
}

fn typed(buffer: &mut TextBuffer, text: &str) {
    text.chars().for_each(|c| _ = if c == '\n' { buffer.enter() } else { buffer.type_char(c) });
}

#[test]
fn a_word_a_paste_and_an_enter_are_a_step_each() {
    let mut buffer = TextBuffer::new("{\n}");
    buffer.move_to(pos(0, 1));
    typed(&mut buffer, "one two\nthree");
    buffer.paste("a\r\nb\nc d");
    assert_eq!(buffer.text(), "{one two\nthreea\nb\nc d\n}");
    let mut texts = Vec::new();
    while buffer.undo() {
        texts.push(buffer.text());
    }
    let steps = ["{one two\nthree\n}", "{one two\n\n}", "{one two\n}", "{one \n}", "{\n}"];
    assert_eq!(texts, steps);
    while buffer.redo() {}
    assert_eq!((buffer.text().as_str(), buffer.cursor()), ("{one two\nthreea\nb\nc d\n}", pos(3, 3)));
}

#[test]
fn moving_ends_a_step_and_deleting_runs_are_steps() {
    let mut buffer = TextBuffer::new("abc def");
    buffer.move_by(Motion::End, false);
    (0..5).for_each(|_| _ = buffer.backspace());
    assert_eq!(buffer.text(), "ab");
    buffer.undo();
    assert_eq!(buffer.text(), "abc ");
    buffer.undo();
    assert_eq!((buffer.text().as_str(), buffer.cursor()), ("abc def", pos(0, 7)));
    buffer.move_to(pos(0, 0));
    (0..2).for_each(|_| _ = buffer.delete());
    buffer.move_by(Motion::Right, false);
    buffer.delete();
    assert_eq!(buffer.text(), "cdef");
    buffer.undo();
    assert_eq!(buffer.text(), "c def");
    buffer.undo();
    assert_eq!(buffer.text(), "abc def");
    assert!(!buffer.undo());
}

#[test]
fn steps_are_bounded_and_thousands_fit() {
    let mut buffer = TextBuffer::new("");
    for number in 0..2_000 {
        typed(&mut buffer, &format!("w{number}\n"));
    }
    let text = buffer.text();
    let mut steps = 0;
    while buffer.undo() {
        steps += 1;
    }
    assert_eq!((steps, buffer.text().as_str()), (4_000, ""));
    while buffer.redo() {}
    assert_eq!(buffer.text(), text);
    let block = "x".repeat(100 << 10);
    (0..4).for_each(|_| _ = buffer.paste(&block));
    let mut steps = 0;
    while buffer.undo() {
        steps += 1;
    }
    assert_eq!(steps, 2, "older steps are forgotten before memory is");
}

#[test]
fn enter_keeps_the_indent_and_brackets_move_it() {
    let mut buffer = TextBuffer::new("{\n    \"a\": 1\n}");
    buffer.move_to(pos(1, 10));
    typed(&mut buffer, ",\n\"b\": {\n\"c\": [\n1\n]");
    assert_eq!(
        buffer.text(),
        "{\n    \"a\": 1,\n    \"b\": {\n        \"c\": [\n            1\n        ]\n}"
    );
    typed(&mut buffer, "\n}");
    assert_eq!(buffer.line(6), "    }");
    let mut buffer = TextBuffer::new("{}");
    buffer.move_to(pos(0, 1));
    buffer.enter();
    assert_eq!((buffer.text().as_str(), buffer.cursor()), ("{\n  \n}", pos(1, 2)));
    buffer.undo();
    assert_eq!((buffer.text().as_str(), buffer.cursor()), ("{}", pos(0, 1)));
}

#[test]
fn lines_are_moved_in_and_back() {
    let mut buffer = TextBuffer::new("{\n  \"a\": 1,\n  \"b\": 2,\n\n}");
    buffer.move_to(pos(1, 4));
    buffer.move_by(Motion::Down, true);
    buffer.move_by(Motion::Down, true);
    buffer.indent(true);
    assert_eq!(buffer.text(), "{\n    \"a\": 1,\n    \"b\": 2,\n\n}");
    assert_eq!(buffer.selection(), Some((pos(1, 6), pos(3, 0))));
    buffer.indent(false);
    buffer.indent(false);
    assert_eq!(buffer.text(), "{\n\"a\": 1,\n\"b\": 2,\n\n}");
    (0..3).for_each(|_| _ = buffer.undo());
    assert_eq!(buffer.text(), "{\n  \"a\": 1,\n  \"b\": 2,\n\n}");
}

#[test]
fn a_selection_is_typed_over_in_one_step() {
    let mut buffer = TextBuffer::new("ab\ncd\nef");
    buffer.move_to(pos(0, 1));
    buffer.move_by(Motion::Down, true);
    buffer.move_by(Motion::Right, true);
    buffer.type_char('x');
    assert_eq!(buffer.text(), "ax\nef");
    buffer.undo();
    assert_eq!(buffer.text(), "ab\ncd\nef");
    buffer.select(pos(0, 0), pos(2, 1));
    buffer.backspace();
    assert_eq!(buffer.text(), "f");
}

#[test]
fn rows_beyond_what_a_text_area_can_jump_to_are_reached() {
    let text = (0..70_000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
    let mut buffer = TextBuffer::new(&text);
    buffer.scroll_into_view(40, 80);
    buffer.move_by(Motion::Bottom, false);
    buffer.move_by(Motion::PageUp, false);
    assert_eq!(buffer.cursor().row, 70_000 - 41);
    buffer.move_by(Motion::PageDown, false);
    assert_eq!((buffer.cursor().row, buffer.line(69_999)), (69_999, "69999"));
    buffer.type_char('!');
    assert_eq!(buffer.line(69_999), "69999!");
    buffer.scroll_into_view(40, 80);
    assert_eq!(buffer.visual_rows().first().map(|row| row.line), Some(70_000 - 40));
}

#[test]
fn a_long_line_goes_on_in_the_next_row() {
    let mut buffer = TextBuffer::new(&format!("{}\nshort", "0123456789".repeat(100_000)));
    buffer.scroll_into_view(5, 41);
    let rows = buffer.visual_rows();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().enumerate().all(|(at, row)| row.bytes == (at * 40..at * 40 + 40)));
    buffer.move_to(pos(0, 7));
    buffer.move_by(Motion::Down, false);
    assert_eq!(buffer.cursor(), pos(0, 47));
    buffer.move_by(Motion::End, false);
    buffer.scroll_into_view(5, 41);
    assert_eq!(buffer.visual_rows().last().map(|row| row.bytes.clone()), Some(999_960..1_000_000));
    assert_eq!(buffer.visual_rows()[4].column(&buffer, buffer.cursor()), Some(40));
    buffer.move_by(Motion::Down, false);
    assert_eq!(buffer.cursor(), pos(1, 5));
    buffer.move_by(Motion::Up, false);
    assert_eq!(buffer.cursor().row, 0);
    buffer.set_wraps(false);
    buffer.move_to(pos(0, 500));
    buffer.scroll_into_view(5, 41);
    assert_eq!(buffer.visual_rows().len(), 2);
    assert_eq!(buffer.visual_rows()[0].column(&buffer, buffer.cursor()), Some(40));
}

#[test]
fn a_mark_comes_and_goes_as_a_step() {
    let mut buffer = TextBuffer::new("{}");
    buffer.byte_order_mark = true;
    buffer.drop_byte_order_mark();
    assert!(!buffer.byte_order_mark);
    buffer.undo();
    assert!(buffer.byte_order_mark);
    buffer.redo();
    assert!(!buffer.byte_order_mark);
}

#[test]
fn carriage_returns_that_were_there_come_back() {
    let text = "a\r\nb\rc\r\nd";
    let mut buffer = TextBuffer::new(text);
    buffer.select(pos(0, 0), pos(2, 1));
    buffer.delete();
    buffer.undo();
    assert_eq!(buffer.text(), text);
}

/// What a person may do.
fn act(buffer: &mut TextBuffer, act: u8, text: &str) {
    match act % 14 {
        0..=3 => typed(buffer, text),
        4 => _ = buffer.paste(text),
        5 => _ = buffer.backspace(),
        6 => _ = buffer.delete(),
        7 => buffer.move_by(Motion::Left, false),
        8 => buffer.move_by(Motion::Up, act & 64 > 0),
        9 => buffer.move_by(Motion::WordRight, act & 64 > 0),
        10 => _ = buffer.indent(act & 64 > 0),
        11 => buffer.move_by(Motion::Down, act & 64 > 0),
        12 => _ = buffer.apply(&[(pos(0, 0), pos(0, 0), text.to_owned())]),
        _ => _ = buffer.undo(),
    }
}

proptest! {
    #[test]
    fn undo_then_redo_is_the_same_text(
        start in "(?s)[ab é{}\\n\\t日\\r]{0,30}",
        acts in proptest::collection::vec((any::<u8>(), "[ab\\n }\\]é]{0,4}"), 0..30),
    ) {
        let mut buffer = TextBuffer::new(&start);
        buffer.scroll_into_view(4, 6);
        for (number, text) in &acts {
            act(&mut buffer, *number, text);
            buffer.scroll_into_view(4, 6);
            let whole = buffer.text();
            prop_assert_eq!(buffer.len(), whole.len());
            prop_assert_eq!(buffer.rows(), whole.split('\n').count());
            let cursor = buffer.cursor();
            let line = whole.split('\n').nth(cursor.row).unwrap();
            prop_assert_eq!(line[..cursor.at].chars().count(), buffer.column());
            prop_assert!(buffer.visual_rows().iter().any(|row| row.column(&buffer, cursor).is_some()), "{:?}", buffer.visual_rows());
        }
        let last = buffer.text();
        while buffer.undo() {}
        prop_assert!(buffer.text_is(&start), "{:?}", buffer.text());
        while buffer.redo() {}
        // What was undone before the end may be done again, and then it is one step further.
        let undone = acts.iter().any(|(number, _)| number % 14 == 13);
        prop_assert!(undone || buffer.text() == last);
    }

    #[test]
    fn keys_that_came_at_once_are_as_if_they_came_one_by_one(
        start in "[ab {}\n日]{0,20}",
        (row, from, to) in (0usize..4, 0usize..6, 0usize..6),
        text in "[ab_ ,}\\]é日\"]{1,20}",
    ) {
        let open = || {
            let mut buffer = TextBuffer::new(&start);
            buffer.scroll_into_view(4, 6);
            buffer.select(buffer.clamp(pos(row, from)), buffer.clamp(pos(row, to)));
            buffer
        };
        let (mut one_by_one, mut at_once) = (open(), open());
        typed(&mut one_by_one, &text);
        prop_assert!(at_once.type_text(&text));
        prop_assert!(at_once.revision() <= 4, "{} edits", at_once.revision());
        loop {
            prop_assert_eq!(at_once.text(), one_by_one.text());
            prop_assert_eq!(at_once.cursor(), one_by_one.cursor());
            prop_assert_eq!(at_once.column(), one_by_one.column());
            prop_assert_eq!(at_once.len(), one_by_one.len());
            if (at_once.undo(), one_by_one.undo()) == (false, false) {
                break;
            }
        }
    }

    /// The same text and cursor, the same steps of undo, and at most two edits, one of them of a selection.
    #[test]
    fn deletions_at_once_are_as_if_they_came_one_by_one(
        text in "[a-c _日é\u{301}🇩🇪}\n]{0,60}",
        before in "[a-c }]{0,4}",
        (row, from, to) in (0usize..6, 0usize..20, 0usize..20),
        selects in any::<bool>(),
        forward in any::<bool>(),
        count in 1usize..70,
    ) {
        let open = || {
            let mut buffer = TextBuffer::new(&text);
            buffer.move_to(pos(row, from));
            typed(&mut buffer, &before);
            if selects {
                buffer.select(buffer.clamp(pos(row, from)), buffer.clamp(pos(row, to)));
            }
            buffer
        };
        let (mut one_by_one, mut at_once) = (open(), open());
        let edits = at_once.revision();
        let mut did = false;
        for _ in 0..count {
            did |= if forward { one_by_one.delete() } else { one_by_one.backspace() };
        }
        prop_assert_eq!(at_once.delete_run(forward, count), did);
        prop_assert!(at_once.revision() - edits <= 2, "{} edits", at_once.revision() - edits);
        loop {
            prop_assert_eq!(at_once.text(), one_by_one.text());
            prop_assert_eq!(at_once.cursor(), one_by_one.cursor());
            prop_assert_eq!(at_once.len(), one_by_one.len());
            if (at_once.undo(), one_by_one.undo()) == (false, false) {
                break;
            }
        }
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
