//! Tests of sequences that terminals send, in all cuts.

mod lost_text;

use crossterm::event::KeyEventKind;
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
        (b"\x08", KeyCode::Backspace, NONE),
        (b"\x1b\x08", KeyCode::Backspace, KeyModifiers::ALT),
        (b"\x1b[8u", KeyCode::Backspace, NONE),
        (b"\x1b", KeyCode::Esc, NONE),
        (b"\x1b[A", KeyCode::Up, NONE),
        (b"\x1bOA", KeyCode::Up, NONE),
        (b"\x1b[1;5C", KeyCode::Right, CTRL),
        // With xterm's meta, which is option of some terminals.
        (b"\x1b[1;9D", KeyCode::Left, NONE),
        (b"\x1b[3;9~", KeyCode::Delete, NONE),
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
    let bracket = pressed(KeyCode::Char('['), NONE);
    assert_eq!(late(b"["), [pressed(KeyCode::Esc, NONE), bracket], "the end would have come with it");
}

#[test]
fn releases_are_dropped_and_repeats_kept() {
    // The last is with super.
    let inputs = decode(&[b"\x1b[106;1:1u\x1b[106;1:2u\x1b[106;1:3u\x1b[106;9u"]);
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
    let lost = TerminalInput::LostText(NotTaken::PasteTooLong);
    assert_eq!(inputs, [lost, pressed(KeyCode::Char('j'), KeyModifiers::NONE)]);
}

#[test]
fn the_terminals_own_erase_character_deletes_too() {
    let decoded = |erase: u8, bytes: &[u8]| {
        let mut inputs = Vec::new();
        Decoder::with_erase(erase).feed(bytes, |input| inputs.push(input));
        inputs
    };
    let erased = [pressed(KeyCode::Backspace, KeyModifiers::NONE)];
    for erase in [0x08, 0x7f, 0x15] {
        for byte in [0x08, 0x7f, erase] {
            assert_eq!(decoded(erase, &[byte]), erased, "{byte:#x} where {erase:#x} erases");
        }
    }
    // On a terminal of paper; in a name it is a character.
    assert_eq!(decoded(b'#', b"#"), [pressed(KeyCode::Char('#'), KeyModifiers::NONE)]);
    // None is set.
    assert_eq!(decoded(0, b"\0"), [pressed(KeyCode::Char(' '), KeyModifiers::CONTROL)]);
    assert_eq!(decoded(b'\r', b"\r"), [pressed(KeyCode::Enter, KeyModifiers::NONE)]);
}

/// Reports and answers in all their forms.
const REPORTS: &[&[u8]] = &[
    // Which terminal it is, in four ways, and how it is.
    b"\x1b[?62;c",
    b"\x1b[?64;1;2;6;22c",
    b"\x1b[>41;354;0c",
    b"\x1bP!|00000000\x1b\\",
    b"\x1bP>|XTerm(379)\x1b\\",
    b"\x1b[0n",
    b"\x1b[?13n",
    // Where the cursor is.
    b"\x1b[12;40R",
    b"\x1b[1;1R",
    b"\x1b[?12;40;1R",
    // The focus.
    b"\x1b[I",
    b"\x1b[O",
    // Colours, the clipboard, the size, the title.
    b"\x1b]11;rgb:0000/0000/0000\x07",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    b"\x1b]52;c;cXVpdA==\x07",
    b"\x1b[8;24;80t",
    b"\x1b[4;384;640t",
    b"\x1b]lquit\x1b\\",
    // Settings and modes.
    b"\x1bP1$r0m\x1b\\",
    b"\x1bP1+r544e=787465726d\x1b\\",
    b"\x1b[?2026;2$y",
    b"\x1b[4;1$y",
    b"\x1b[?0u",
    b"\x1b[>4;2m",
    b"\x1b_Gi=31;OK\x1b\\",
    // Clicks: the oldest form, below and beyond 95 columns, and beyond all it can say.
    b"\x1b[M !!",
    b"\x1b[Mqdd",
    b"\x1b[M \xb0q",
    b"\x1b[M#\x00\xff",
    // In UTF-8 (1005), of one byte and of two.
    "\x1b[M q\u{a1}".as_bytes(),
    "\x1b[M \u{12c}q".as_bytes(),
    "\x1b[M \u{12c}\u{105}".as_bytes(),
    // SGR (1006), urxvt (1015), in pixels (1016), with a highlight (1001), the locator of DEC.
    b"\x1b[<0;10;10M",
    b"\x1b[<64;120;40m",
    b"\x1b[32;10;10M",
    b"\x1b[<0;1024;768M",
    b"\x1b[tqq",
    b"\x1b[Tqqqqqq",
    b"\x1b[1;2;10;10;1&w",
    // In one byte what `ESC [` is in two.
    b"\x9b<0;10;10M",
];

#[test]
fn what_a_terminal_reports_types_nothing_wherever_it_is_cut() {
    let q = pressed(KeyCode::Char('q'), KeyModifiers::NONE);
    for report in REPORTS {
        assert_eq!(decode(&[report]), [], "{}", report.escape_ascii());
        let keys_around = [b"q", *report, b"q"].concat();
        for cut in 0..keys_around.len() {
            let (first, rest) = keys_around.split_at(cut);
            assert_eq!(decode(&[first, rest]), [q.clone(), q.clone()], "{} | {rest:?}", first.escape_ascii());
        }
    }
}

/// The listener flushes once the timeout has passed without a byte.
#[test]
fn a_report_that_a_slow_link_has_cut_types_nothing() {
    for report in REPORTS.iter().filter(|report| report.first() == Some(&ESC)) {
        for cut in 1..report.len() {
            let (first, rest) = report.split_at(cut);
            let mut inputs = after_a_pause(first, rest);
            // After the escape alone it cannot be known yet; after `ESC P` and its like, neither.
            inputs.retain(|input| !is_gone_before_known(input));
            assert_eq!(inputs, [], "{} | {}", first.escape_ascii(), rest.escape_ascii());
        }
    }
}

fn is_gone_before_known(input: &TerminalInput) -> bool {
    match input {
        TerminalInput::Key(key) => key.code == KeyCode::Esc || key.modifiers.contains(KeyModifiers::ALT),
        _ => false,
    }
}

#[test]
fn after_a_lone_escape_what_a_person_types_is_no_report() {
    let later = |next: &[u8]| {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(b"\x1b", |input| inputs.push(input));
        inputs.extend(decoder.flush());
        decoder.resume(next);
        decoder.feed(next, |input| inputs.push(input));
        inputs.len()
    };
    for (keys, count) in [("[", 2), ("M", 2), ("[a", 3), ("O", 2), ("Pq", 3), ("]x", 3), ("jk", 3)] {
        assert_eq!(later(keys.as_bytes()), count, "{keys}");
    }
}

#[test]
fn a_reply_that_was_cut_short_does_not_swallow_the_next_key() {
    let up = pressed(KeyCode::Up, KeyModifiers::NONE);
    for cut_short in [&b"\x1b]11;rgb:00"[..], b"\x1bP1$r\x18", b"\x1b[M "] {
        assert_eq!(decode(&[cut_short, b"\x1b[A"]), [CUT_SHORT, up.clone()], "{}", cut_short.escape_ascii());
    }
    for cut_short in [b"\x1b[M\x03", b"\x1b[1\x03"] {
        assert_eq!(decode(&[cut_short]), [CUT_SHORT, pressed(KeyCode::Char('c'), KeyModifiers::CONTROL)]);
    }
}

/// `[` with alt, and the next key.
#[test]
fn a_key_after_alt_and_a_bracket_is_not_swallowed() {
    let bracket = pressed(KeyCode::Char('['), KeyModifiers::ALT);
    const CTRL: KeyModifiers = KeyModifiers::CONTROL;
    let keys: &[(&[u8], KeyCode, KeyModifiers)] = &[
        (b"j", KeyCode::Char('j'), KeyModifiers::NONE),
        (b"q", KeyCode::Char('q'), KeyModifiers::NONE),
        (b":", KeyCode::Char(':'), KeyModifiers::NONE),
        (b"/", KeyCode::Char('/'), KeyModifiers::NONE),
        (b" ", KeyCode::Char(' '), KeyModifiers::NONE),
        (b"\r", KeyCode::Enter, KeyModifiers::NONE),
        (b"\x7f", KeyCode::Backspace, KeyModifiers::NONE),
        (b"\x03", KeyCode::Char('c'), CTRL),
        ("ü".as_bytes(), KeyCode::Char('ü'), KeyModifiers::NONE),
        (b"\x1b[A", KeyCode::Up, KeyModifiers::NONE),
    ];
    for (next, code, modifiers) in keys {
        let inputs = decode(&[b"\x1b[", next]);
        assert_eq!(inputs, [bracket.clone(), pressed(*code, *modifiers)], "{}", next.escape_ascii());
    }
    // What may go on is told apart by a pause: a person's next key comes alone.
    for key in ['1', '7', '?', '<', '>'] {
        let inputs = after_a_pause(b"\x1b[", key.to_string().as_bytes());
        assert_eq!(inputs, [bracket.clone(), pressed(KeyCode::Char(key), KeyModifiers::NONE)], "{key}");
    }
    for (rest, code, modifiers) in [
        (&b"A"[..], KeyCode::Up, KeyModifiers::NONE),
        (b"1;5C", KeyCode::Right, CTRL),
        (b"3~", KeyCode::Delete, KeyModifiers::NONE),
        (b"[B", KeyCode::F(2), KeyModifiers::NONE),
    ] {
        let inputs = after_a_pause(b"\x1b[", rest);
        assert_eq!(inputs, [pressed(code, modifiers)], "a slow link has cut it: {}", rest.escape_ascii());
    }
}

/// What is decoded if the rest comes after less than a report is waited for.
fn after_a_pause(first: &[u8], rest: &[u8]) -> Vec<TerminalInput> {
    let pause = Duration::from_millis(300);
    let mut decoder = Decoder::default();
    let mut inputs = Vec::new();
    decoder.feed(first, |input| inputs.push(input));
    if decoder.timeout().is_some_and(|patience| patience < pause) {
        inputs.extend(decoder.flush());
    }
    inputs.extend(decoder.settle(pause, rest));
    decoder.feed(rest, |input| inputs.push(input));
    assert_eq!(decoder.timeout(), None, "{} is whole", rest.escape_ascii());
    inputs
}

#[test]
fn a_character_that_a_slow_link_has_cut_is_whole() {
    assert_eq!(after_a_pause(b"\xc3", b"\xa9"), [pressed(KeyCode::Char('é'), KeyModifiers::NONE)]);
}

#[test]
fn what_is_typed_with_super_is_the_desktops() {
    for keys in [&b"\x1b[97;9u"[..], b"\x1b[13;9u", b"\x1b[9;9u", b"\x1b[127;9u", b"\x1b[27;9;13~"] {
        assert_eq!(decode(&[keys]), [], "{}", keys.escape_ascii());
    }
}

#[test]
fn a_decoder_that_is_printed_for_debugging_shows_no_text() {
    let mut decoder = Decoder::default();
    decoder.feed(b"\x1b[200~planted", |_| {});
    assert_eq!(format!("{decoder:?}"), "Decoder(Paste, 7 bytes)");
}

#[test]
fn a_paste_that_outgrows_its_buffer_is_whole() {
    let text = "0123456789".repeat(1_000);
    let sent = format!("\x1b[200~{text}\x1b[201~");
    assert_eq!(decode(&[sent.as_bytes()]), [TerminalInput::Paste(text.as_str().into())]);
}

#[test]
fn waits_only_inside_a_sequence() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.timeout(), None);
    decoder.feed(b"\x1b[1;", |_| panic!("nothing is complete"));
    assert_eq!(decoder.timeout(), Some(REST_OF_REPORT), "no key of its own begins like this");
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
                prop::sample::select(REPORTS).prop_map(<[u8]>::to_vec),
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
