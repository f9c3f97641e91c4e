//! The names of keys, and the bytes that an xterm sends for them.

/// The bytes of one key: a character (`j`, `/`), a name (`enter`, `esc`, `f2`, `page-down`), or
/// either with `ctrl-` or `alt-` before it.
#[track_caller]
pub(crate) fn bytes_of(key: &str) -> Vec<u8> {
    if let Some(rest) = key.strip_prefix("alt-") {
        let mut bytes = vec![0x1b];
        bytes.extend(bytes_of(rest));
        return bytes;
    }
    if let Some(bytes) = named(key) {
        return bytes.to_vec();
    }
    let plain = key.strip_prefix("ctrl-").unwrap_or(key);
    let mut characters = plain.chars();
    match (characters.next(), characters.next(), plain.len() < key.len()) {
        (Some(character), None, false) => character.to_string().into_bytes(),
        // Control is the letter with all but its five low bits cleared.
        (Some(letter @ ('a'..='z' | '@' | '[' | ']' | '\\' | '^' | '_')), None, true) => {
            vec![letter.to_ascii_uppercase() as u8 & 0x1f]
        }
        _ => panic!("{key:?} is not a key; see tests/e2e/keys.rs"),
    }
}

fn named(key: &str) -> Option<&'static [u8]> {
    Some(match key {
        "enter" => b"\r",
        "esc" => b"\x1b",
        "tab" => b"\t",
        "shift-tab" => b"\x1b[Z",
        "space" => b" ",
        "backspace" => b"\x7f",
        "ctrl-space" => b"\0",
        "up" => b"\x1b[A",
        "down" => b"\x1b[B",
        "right" => b"\x1b[C",
        "left" => b"\x1b[D",
        "ctrl-right" => b"\x1b[1;5C",
        "ctrl-left" => b"\x1b[1;5D",
        "home" => b"\x1b[H",
        "ctrl-home" => b"\x1b[1;5H",
        "ctrl-end" => b"\x1b[1;5F",
        "end" => b"\x1b[F",
        "insert" => b"\x1b[2~",
        "delete" => b"\x1b[3~",
        "page-up" => b"\x1b[5~",
        "page-down" => b"\x1b[6~",
        "f1" => b"\x1bOP",
        "f2" => b"\x1bOQ",
        "f3" => b"\x1bOR",
        "f4" => b"\x1bOS",
        "f5" => b"\x1b[15~",
        "f6" => b"\x1b[17~",
        "f7" => b"\x1b[18~",
        "f8" => b"\x1b[19~",
        "shift-f8" => b"\x1b[19;2~",
        "f9" => b"\x1b[20~",
        "f10" => b"\x1b[21~",
        "f11" => b"\x1b[23~",
        "f12" => b"\x1b[24~",
        _ => return None,
    })
}

#[test]
fn keys_are_what_xterm_sends() {
    assert_eq!(bytes_of("j"), b"j");
    assert_eq!(bytes_of("é"), "é".as_bytes());
    assert_eq!(bytes_of("ctrl-s"), [0x13]);
    assert_eq!(bytes_of("ctrl-c"), [3]);
    assert_eq!(bytes_of("alt-enter"), b"\x1b\r");
    assert_eq!(bytes_of("f2"), b"\x1bOQ");
}

#[test]
#[should_panic(expected = "\"entre\" is not a key")]
fn a_misspelt_key_is_an_error_of_the_test() {
    bytes_of("entre");
}
