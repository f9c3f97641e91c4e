//! Text that a value would lack unseen is told, whatever swallowed it.

use super::*;

fn lost(inputs: &[TerminalInput]) -> Vec<NotTaken> {
    inputs
        .iter()
        .filter_map(|input| match input {
            TerminalInput::LostText(why) => Some(*why),
            _ => None,
        })
        .collect()
}

/// At the end of each, the time for the rest has passed.
#[test]
fn text_that_is_lost_is_told() {
    for (bytes, why) in [
        (&b"a\xfcb"[..], Some(NotTaken::NotUtf8)),
        (b"a\xc3b", Some(NotTaken::NotUtf8)),
        (b"caf\xe9", Some(NotTaken::NotUtf8)),
        (b"ab\xe9\x1b[Ac", Some(NotTaken::NotUtf8)),
        (b"\x1b[200~\xff\x1b[201~", Some(NotTaken::NotUtf8)),
        (b"\x1b[200~caf\xe9", Some(NotTaken::NotUtf8)),
        ("aü\u{1f1e9}".as_bytes(), None),
        (b"\x1b[M \xb0\xb0", None),
    ] {
        let lost = lost(&decode(&[bytes]));
        assert_eq!(lost.first(), why.as_ref(), "{}", bytes.escape_ascii());
        assert!(lost.len() <= 1, "{}", bytes.escape_ascii());
    }
    let keys: Vec<_> = ['a', 'c'].map(|c| pressed(KeyCode::Char(c), KeyModifiers::NONE)).into();
    let told = TerminalInput::LostText(NotTaken::NotUtf8);
    assert_eq!(decode(&[b"a\xe9c"]), [keys[0].clone(), told, keys[1].clone()], "in its place");
}

/// Whoever waits patiently has not flushed when the text comes, in one read, for instance as a paste.
#[test]
fn text_after_an_escape_that_is_taken_for_a_sequence_is_told_as_lost() {
    for (typed, is_lost) in [
        ("Password1", true),
        ("Xyz", true),
        ("_id", true),
        ("[500", true),
        ("Ok", true),
        ("O5", true),
        ("O5x", true),
        ("Password1\u{18}", true),
        ("abc", false),
        ("[A", false),
        ("OP", false),
    ] {
        let pause = Duration::from_millis(300);
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(b"\x1b", |input| inputs.push(input));
        inputs.extend(decoder.settle(pause, typed.as_bytes()));
        decoder.feed(typed.as_bytes(), |input| inputs.push(input));
        inputs.extend(decoder.flush());
        let expected = if is_lost { vec![NotTaken::CutShort] } else { Vec::new() };
        assert_eq!(lost(&inputs), expected, "{}", typed.escape_debug());
    }
    let k = pressed(KeyCode::Char('k'), KeyModifiers::NONE);
    assert_eq!(decode(&[b"\x1bOk"]), [alt('O'), CUT_SHORT, k], "and the next key is one");
}
