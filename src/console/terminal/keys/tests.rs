//! Tests of sequences that terminals send, in all cuts.

use proptest::prelude::*;

use super::*;

fn decode(reads: &[&[u8]]) -> Vec<TerminalInput> {
    let mut decoder = Decoder::default();
    let mut inputs = Vec::new();
    for bytes in reads {
        decoder.feed(bytes, |input| inputs.push(input));
    }
    inputs.extend(decoder.flush());
    inputs
}

fn pressed(code: KeyCode, modifiers: KeyModifiers) -> TerminalInput {
    TerminalInput::Key(KeyEvent::new(code, modifiers))
}

#[test]
fn keys_as_terminals_send_them() {
    const NONE: KeyModifiers = KeyModifiers::NONE;
    const CTRL: KeyModifiers = KeyModifiers::CONTROL;
    let cases: &[(&[u8], KeyCode, KeyModifiers)] = &[
        (b"a", KeyCode::Char('a'), NONE),
        (b"G", KeyCode::Char('G'), KeyModifiers::SHIFT),
        ("ü".as_bytes(), KeyCode::Char('ü'), NONE),
        (b"\r", KeyCode::Enter, NONE),
        (b"\n", KeyCode::Char('j'), CTRL),
        (b"\x03", KeyCode::Char('c'), CTRL),
        (b"\x1a", KeyCode::Char('z'), CTRL),
        (b"\x7f", KeyCode::Backspace, NONE),
        (b"\x1b", KeyCode::Esc, NONE),
        (b"\x1b[A", KeyCode::Up, NONE),
        (b"\x1bOA", KeyCode::Up, NONE),
        (b"\x1b[1;5C", KeyCode::Right, CTRL),
        (b"\x1b[Z", KeyCode::BackTab, KeyModifiers::SHIFT),
        (b"\x1b[5~", KeyCode::PageUp, NONE),
        (b"\x1b[3;5~", KeyCode::Delete, CTRL),
        (b"\x1bOP", KeyCode::F(1), NONE),
        (b"\x1b[[B", KeyCode::F(2), NONE),
        (b"\x1b[19~", KeyCode::F(8), NONE),
        (b"\x1b[24~", KeyCode::F(12), NONE),
        (b"\x1bx", KeyCode::Char('x'), KeyModifiers::ALT),
        (b"\x1b[", KeyCode::Char('['), KeyModifiers::ALT),
        (b"\x1b[115;5u", KeyCode::Char('s'), CTRL),
        (b"\x1b[27;5;13~", KeyCode::Enter, CTRL),
    ];
    for (bytes, code, modifiers) in cases {
        assert_eq!(decode(&[bytes]), [pressed(*code, *modifiers)], "{}", bytes.escape_ascii());
    }
}

#[test]
fn an_escape_long_before_a_key_is_not_alt_though_nobody_looked_in_between() {
    const NONE: KeyModifiers = KeyModifiers::NONE;
    let late = |next: &[u8]| {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(b"\x1b", |input| inputs.push(input));
        inputs.extend(decoder.flush_before(next));
        decoder.feed(next, |input| inputs.push(input));
        inputs
    };
    assert_eq!(late(b"j"), [pressed(KeyCode::Esc, NONE), pressed(KeyCode::Char('j'), NONE)]);
    assert_eq!(late(b"\x1b[A"), [pressed(KeyCode::Esc, NONE), pressed(KeyCode::Up, NONE)]);
    assert_eq!(late(b"[A"), [pressed(KeyCode::Up, NONE)], "a slow link has cut a sequence in two");
    assert_eq!(late(b"OP"), [pressed(KeyCode::F(1), NONE)]);
}

#[test]
fn releases_are_dropped_and_repeats_kept() {
    let inputs = decode(&[b"\x1b[106;1:1u\x1b[106;1:2u\x1b[106;1:3u"]);
    let kinds: Vec<_> = inputs
        .iter()
        .map(|input| match input {
            TerminalInput::Key(key) => key.kind,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, [KeyEventKind::Press, KeyEventKind::Repeat]);
}

#[test]
fn a_paste_is_one_message_and_runs_no_keys() {
    let inputs = decode(&[b"q\x1b[200~one\r\ntwo\rthree\x1b", b"[A q\x1b[20", b"1~q"]);
    let q = pressed(KeyCode::Char('q'), KeyModifiers::NONE);
    assert_eq!(inputs, [q.clone(), TerminalInput::Paste("one\ntwo\nthree\u{1b}[A q".into()), q]);
}

#[test]
fn a_paste_past_the_limit_is_refused_whole_and_its_end_is_found() {
    let mut decoder = Decoder::default();
    let mut inputs = Vec::new();
    decoder.feed(b"\x1b[200~", |input| inputs.push(input));
    decoder.feed(&vec![b'x'; PASTE_LIMIT + 10_000], |input| inputs.push(input));
    assert!(decoder.pending.len() <= PASTE_LIMIT + PASTE_END.len());
    decoder.feed(b"\x1b[201~j", |input| inputs.push(input));
    assert_eq!(inputs, [pressed(KeyCode::Char('j'), KeyModifiers::NONE)]);
}

#[test]
fn what_a_terminal_reports_types_nothing() {
    let replies: &[&[u8]] = &[
        b"\x1b[?62;c",
        b"\x1b[12;40R",
        b"\x1b[I",
        b"\x1b[O",
        b"\x1b]11;rgb:0000/0000/0000\x07",
        b"\x1b]11;rgb:0000/0000/0000\x1b\\",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b[<0;10;10M",
        b"\x1b[?2026;2$y",
    ];
    for reply in replies {
        assert_eq!(decode(&[reply]), [], "{}", reply.escape_ascii());
    }
}

#[test]
fn waits_only_inside_a_sequence() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.timeout(), None);
    decoder.feed(b"\x1b[1;", |_| panic!("nothing is complete"));
    assert_eq!(decoder.timeout(), Some(REST_OF_SEQUENCE));
    let mut inputs = Vec::new();
    decoder.feed(b"5A", |input| inputs.push(input));
    assert_eq!(inputs, [pressed(KeyCode::Up, KeyModifiers::CONTROL)]);
    assert_eq!(decoder.timeout(), None);
}

proptest! {
    #[test]
    fn how_reads_are_cut_changes_nothing(
        pieces in prop::collection::vec(
            prop_oneof![
                Just(b"\x1b[200~paste\x1b[201~".to_vec()),
                Just(b"\x1b[1;5A".to_vec()),
                Just(b"\x1bOB".to_vec()),
                Just("é日".as_bytes().to_vec()),
                Just(b"jk\r".to_vec()),
                prop::collection::vec(any::<u8>(), 0..8),
            ],
            0..12,
        ),
        cut in 1_usize..7,
    ) {
        let bytes = pieces.concat();
        let chunks: Vec<_> = bytes.chunks(cut).collect();
        prop_assert_eq!(decode(&chunks), decode(&[&bytes]));
    }
}
