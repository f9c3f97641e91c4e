//! What documents show: laid out or as stored, shortened, and without their secrets.

use proptest::prelude::*;

use super::*;
use crate::domain::DocumentKind;
use crate::domain::json::walk;
use crate::text::fixture::{broken_document, document};

const WEBHOOK: &Masking = &Masking::built_in(DocumentKind::Webhook);

fn shown(masking: &Masking, text: &str) -> String {
    let masked = Masked::of(masking, &Document::from(text));
    let lines: Vec<_> = masked.lines(0..usize::MAX).map(|line| line.to_string()).collect();
    lines.join("\n")
}

#[test]
fn one_line_json_is_laid_out_and_secrets_are_masked() {
    let text = r#"{"module":"kafka","hmac":{"secret":"{$vault:app/github#hmac:hunter2}","algorithm":"sha256"},"jwt":{"secret":"hunter2"},"basic_auth":{"username":"u","password":""},"pin_token":42,"token":null,"chain":[{"module-config":{"headers":{"X-A":"hunter2"}}}]}"#;
    assert_eq!(
        shown(WEBHOOK, text),
        r#"{
  "module": "kafka",
  "hmac": {
    "secret": "{$vault:app/github#hmac:••••••••}",
    "algorithm": "sha256"
  },
  "jwt": {
    "secret": "••••••••"
  },
  "basic_auth": {
    "username": "u",
    "password": ""
  },
  "pin_token": ••••••••,
  "token": null,
  "chain": [
    {
      "module-config": {
        "headers": {
          "X-A": "••••••••"
        }
      }
    }
  ]
}"#
    );
}

#[test]
fn segments_have_roles_and_lines_stand_alone() {
    let masked =
        Masked::of(&Masking::built_in(DocumentKind::Unknown), &Document::from("{\n\t\"a\": [1, nul]\n}\n"));
    assert_eq!(masked.line_count(), 3);
    let line = masked.line(1).unwrap();
    let roles: Vec<_> = line.segments.iter().map(|s| (s.text.as_str(), s.role)).collect();
    use SegmentRole::{Bad, Key, Number, Plain, Punctuation};
    assert_eq!(
        roles,
        [
            ("    ", Plain),
            ("\"a\"", Key),
            (":", Punctuation),
            (" ", Plain),
            ("[", Punctuation),
            ("1", Number),
            (",", Punctuation),
            (" ", Plain),
            ("nul", Bad),
            ("]", Punctuation)
        ]
    );
    assert_eq!(masked.line(3), None);
    assert!(
        Masked::of(&Masking::built_in(DocumentKind::Unknown), &Document::from(""))
            .line(0)
            .unwrap()
            .segments
            .is_empty()
    );
}

#[test]
fn escapes_and_overrides_are_visible() {
    let text = "{\"a\u{202e}\": \"\u{9b}31m\u{200b}\"}\r\nx\x1b[2J";
    assert_eq!(shown(WEBHOOK, text), "{\"a‹U+202E›\": \"‹U+009B›31m‹U+200B›\"}\nx␛[2J");
    assert_eq!(shown(WEBHOOK, "\u{feff}{}"), "‹U+FEFF›{}");
}

#[test]
fn huge_documents_are_shortened_and_counted() {
    let text = format!("{{\"a\": \"{}\"}}", "x".repeat(1024 * 1024));
    let masked = Masked::of(WEBHOOK, &Document::from(text));
    let line = masked.line(1).unwrap().to_string();
    assert!(line.ends_with("x… 1,047,578 more characters"), "{}", &line[line.len() - 60..]);
    assert!(line.len() < 1_100);

    let text = format!("[{} nul]", "1,".repeat(100_000));
    let masked = Masked::of(WEBHOOK, &Document::from(text));
    assert_eq!(masked.line_count(), 1);
    let line = masked.line(0).unwrap().to_string();
    assert!(line.ends_with("… 196,006 more characters"), "{}", &line[line.len() - 60..]);

    let text = "[\n1\n]".repeat(1024 * 1024);
    let masked = Masked::of(WEBHOOK, &Document::from(text));
    assert_eq!(masked.lines(0..usize::MAX).last().unwrap().to_string(), "… 1,048,576 more bytes");
}

#[test]
fn what_is_no_text_says_so() {
    let mut bytes = b"password=hunter2 \xff\n".to_vec();
    bytes.extend([0u8; 5000]);
    let document = Document::new(bytes);
    let masked = Masked::of(WEBHOOK, &document);
    let first = masked.line(0).unwrap().to_string();
    assert_eq!(first, "not UTF-8: 5,019 bytes, first invalid byte at offset 17");
    assert_eq!(masked.line(1).unwrap().to_string(), "password=••••••••");
    assert!(masked.line(2).unwrap().to_string().starts_with("␀␀␀"));
    assert_eq!(masked.line(3).unwrap().to_string(), "… 923 more bytes");
    assert_eq!(Masked::one_line(WEBHOOK, &document, 80).as_str(), first);
}

#[test]
fn values_and_documents_fit_on_a_line() {
    let text = Document::from("{\n  \"a\": 1,\r\n  \"password\": \"hunter2\"\n}");
    let line = |max| Masked::one_line(WEBHOOK, &text, max).into_string();
    assert_eq!(line(80), "{ \"a\": 1, \"password\": \"••••••••\" }");
    assert_eq!(line(8), "{ \"a\": 1… 26 more characters");
    let value = |path: &[&str], value| {
        mask_value(&Masking::built_in(DocumentKind::Connection), path, value, 40).into_string()
    };
    assert_eq!(value(&["password"], "\"hunter2\""), "\"••••••••\"");
    assert_eq!(value(&["credentials", "id"], "12"), "••••••••");
    assert_eq!(value(&["url"], "\"redis://:hunter2@h\""), "\"redis://:••••••••@h\"");
    assert_eq!(value(&["host"], "\"h\""), "\"h\"");
}

#[test]
fn a_document_is_laid_out_whatever_its_own_layout_is_and_a_long_value_is_shown_whole() {
    let inside =
        "{\n      \"a\": [1,\n        2],\n      \"b\": \"TEXT\"\n    }".replace("TEXT", &"x".repeat(5_000));
    let lines = |layout| {
        let (masked, shown) = Masked::of_checked(WEBHOOK, &Document::from(inside.as_str()), None, layout);
        let lines: Vec<_> = masked.lines(0..usize::MAX).map(|line| line.to_string()).collect();
        (0..lines.len()).for_each(|at| assert_eq!(masked.line_text(at), lines[at]));
        (lines, shown)
    };
    let (pretty, shown) = lines(DocumentLayout::Pretty);
    assert_eq!(
        (pretty[..4].join("|").as_str(), shown),
        ("{|  \"a\": [|    1,|    2", DocumentLayout::Pretty)
    );
    let (stored, shown) = lines(DocumentLayout::Stored);
    assert_eq!((stored.join("\n"), shown), (inside.clone(), DocumentLayout::Stored));
}

proptest! {
    #[test]
    fn no_secret_is_shown(document in prop_oneof![document().boxed(), broken_document().boxed()]) {
        let text = shown(WEBHOOK, &document.text);
        prop_assert!(!document.leaks_into(&text), "{}\n{}", document.text, text);
        let stored = Document::from(document.text.as_str());
        let line = Masked::one_line(WEBHOOK, &stored, 10_000);
        prop_assert!(!document.leaks_into(line.as_str()), "{}\n{}", document.text, line);
    }

    #[test]
    fn a_secret_is_masked_alike_however_its_document_is_laid_out(
        document in prop_oneof![document().boxed(), broken_document().boxed()],
    ) {
        let stored = Document::from(document.text.as_str());
        let broken_at = walk(&document.text, |_| ()).err().map(|error| error.offset);
        let [pretty, as_stored] = [DocumentLayout::Pretty, DocumentLayout::Stored].map(|layout| {
            let (masked, layout) = Masked::of_checked(WEBHOOK, &stored, broken_at, layout);
            (masked.lines(0..usize::MAX).map(|line| line.to_string()).collect::<String>(), layout)
        });
        prop_assert_eq!(as_stored.1, DocumentLayout::Stored);
        prop_assert!(broken_at.is_none() || pretty.1 == DocumentLayout::Stored);
        for (text, _) in [&pretty, &as_stored] {
            prop_assert!(!document.leaks_into(text), "{}\n{}", document.text, text);
        }
        // A line break of its own is one of the blanks that a text may have, and is shown.
        let is_blank = |c: &char| c.is_whitespace() || *c == '␍';
        let bare = |text: &str| text.chars().filter(|c| !is_blank(c)).collect::<String>();
        prop_assert_eq!(bare(&pretty.0), bare(&as_stored.0));
    }

    #[test]
    fn secrets_of_any_length_look_the_same(document in document(), length in 1usize..40) {
        // Random text is told by its length.
        prop_assume!(!document.text.contains("q83v"));
        let other = document.text.replace("Hunter2Hunter", &"s".repeat(length));
        prop_assert_eq!(
            shown(WEBHOOK, &document.text),
            shown(WEBHOOK, &other)
        );
    }

    #[test]
    fn any_text_gives_safe_lines(text in r#"(?s)([\[\]{}:,"\\a1 \r\n\t\x1b]|\u{202e}|\u{301}|password|://|@|\{\$A:){0,40}"#) {
        for line in Masked::of(WEBHOOK, &Document::from(text)).lines(0..usize::MAX) {
            for segment in line.segments {
                let again = Safe::new(segment.text.as_str());
                prop_assert_eq!(again.as_str(), segment.text.as_str());
            }
        }
    }
}

#[test]
fn a_secret_under_a_misspelt_name_is_masked_like_any_other() {
    let shown = shown(
        WEBHOOK,
        r#"{"authorisation": "hunter2", "auth": "hunter2", "Autorization": "Bearer hunter2",
            "basic-auth": {"username": "u", "pasword": "hunter2"}, "jwt_auth": {"secrte": ["hunter2"]}}"#,
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    // As in the place that was meant: a value moved there must not show more than here.
    assert!(shown.contains("\"Autorization\": \"Bearer ••••••••\""), "{shown}");
}
