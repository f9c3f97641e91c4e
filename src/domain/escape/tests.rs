use proptest::prelude::*;

use super::*;

/// Pieces of names: what looks like another piece, like nothing, like an escape, or like a mark of a
/// screen.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::sample::select(&[
        "",
        " ",
        "  ",
        "a",
        "e",
        "orders",
        "\\",
        "\\\\",
        "x20",
        "\\x20",
        "\\u{301}",
        "\\empty",
        "empty",
        "u{301}",
        "é",
        "e\u{301}",
        "\u{301}",
        "\u{323}",
        "\u{307}",
        "ổ",
        "\u{1e0b}\u{323}",
        "\u{212b}",
        "Å",
        "\u{1100}",
        "\u{1161}",
        "\u{11a8}",
        "가",
        "각",
        "か\u{3099}",
        "が",
        "\u{200b}",
        "\u{200d}",
        "\u{202e}",
        "\u{feff}",
        "\u{a0}",
        "\u{3000}",
        "\t",
        "\n",
        "\u{1b}",
        "\u{7f}",
        "\u{9b}",
        "␛",
        "‹U+202E›",
        "‹0xFF›",
        "…",
        "–",
        "→",
        ">",
        "?",
        "/",
        ":",
        "key:",
        "connections",
        "\u{fffd}",
        "\u{9c7}\u{9be}",
        "\u{1b44}",
        "\u{f73}",
        "ไทย",
    ]);
    prop_oneof![
        6 => text.prop_map(|text| text.as_bytes().to_vec()),
        2 => any::<char>().prop_map(|character| character.to_string().into_bytes()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ]
}

/// Names of any bytes.
pub(crate) fn names() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(pieces(), 0..6).prop_map(|pieces| pieces.concat())
}

/// Two names, which often differ in little.
pub(crate) fn name_pairs() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let apart = (names(), pieces(), names(), pieces()).prop_map(|(before, one, after, other)| {
        let join = |middle: &[u8]| [&before, middle, &after].concat();
        (join(&one), join(&other))
    });
    let recomposed = names().prop_map(|name| {
        let text = String::from_utf8_lossy(&name).into_owned();
        let nfc = NFC.normalize(&text).into_owned();
        (text.into_bytes(), nfc.into_bytes())
    });
    let mistaken = names().prop_map(|name| (escape(&name).into_owned().into_bytes(), name));
    prop_oneof![apart, recomposed, mistaken, (names(), names())]
}

/// What is left of a text to a reader: no blanks at the ends, one blank for many, one composition.
fn seen(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    NFC.normalize(&words.join(" ")).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn two_names_that_differ_never_show_the_same_text((one, other) in name_pairs()) {
        if one != other {
            prop_assert_ne!(seen(&escape(&one)), seen(&escape(&other)));
        }
    }

    #[test]
    fn what_is_shown_of_a_name_can_be_seen_and_reads_back(name in names()) {
        let shown = escape(&name);
        prop_assert_eq!(&*unescape(&shown), &*name, "{}", shown);
        prop_assert_eq!(seen(&shown), &*shown);
        for character in shown.chars() {
            let is_seen = character == ' ' || character.is_ascii_graphic() || is_visible(character);
            prop_assert!(is_seen || is_combining(character), "{:?} in {:?}", character, shown);
        }
    }

    #[test]
    fn every_text_stands_for_a_name(text in any::<String>()) {
        prop_assert!(text.contains('\\') || unescape(&text) == text.as_bytes());
        let name = unescape(&text).into_owned();
        prop_assert_eq!(unescape(&escape(&name)).into_owned(), name);
    }
}

#[test]
fn words_are_themselves_and_what_could_be_mistaken_is_escaped() {
    for word in ["orders", "my-Order_1", "redis main", "q\"<>^`{|}", "höhe-日本", "ไทย", "עברית", "ổ", "각"]
    {
        assert_eq!(escape(word.as_bytes()), word);
    }
    let cases: [(&[u8], &str); 16] = [
        (b"", r"\empty"),
        (b"orders ", r"orders\x20"),
        (b" ", r"\x20"),
        (b" a  b", r"\x20a \x20b"),
        ("cafe\u{301}".as_bytes(), r"cafe\u{301}"),
        ("\u{301}".as_bytes(), r"\u{301}"),
        ("x\u{300}\u{301}\u{302}\u{303}\u{304}".as_bytes(), "x\u{300}\u{301}\u{302}\u{303}\\u{304}"),
        ("\u{212b}".as_bytes(), r"\u{212b}"),
        ("가\u{11a8}".as_bytes(), r"가\u{11a8}"),
        ("a\u{200b}\u{301}".as_bytes(), r"a\u{200b}\u{301}"),
        ("a\u{a0}b".as_bytes(), r"a\u{a0}b"),
        (b"a\xff\xc3", r"a\xff\xc3"),
        (b"\x1b[31m\n\x7f", r"\x1b[31m\x0a\x7f"),
        (br"a\x20", r"a\\x20"),
        (br"\empty", r"\\empty"),
        ("a…".as_bytes(), r"a\u{2026}"),
    ];
    for (name, shown) in cases {
        assert_eq!(escape(name), shown, "{name:?}");
    }
}

#[test]
fn a_backslash_that_begins_no_escape_is_itself() {
    for text in
        [r"a\b", r"\", r"a\x2", r"\xg0", r"\u{}", r"\u{110000}", r"\u{+41}", r"\u{1234567}", r"\emptyx"]
    {
        assert_eq!(unescape(text), text.as_bytes());
    }
    assert_eq!(&*unescape(r"\xC3\xa9\u{E9}\\x"), "éé\\x".as_bytes());
    assert_eq!(unescape_text(r"a\xff"), Err(NotText));
}
