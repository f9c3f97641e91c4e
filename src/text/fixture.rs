//! Documents with planted secrets, for the property tests of `text` and `compare`.

use proptest::prelude::*;

/// Part of every planted secret, and of nothing else.
const MARKER: &str = "Hunter2Hunter";

/// A text with secrets planted in it.
#[derive(Debug, Clone)]
pub(crate) struct Planted {
    pub(crate) text: String,
}

impl Planted {
    /// Whether any part of a planted secret can be read in the text shown.
    pub(crate) fn leaks_into(&self, shown: &str) -> bool {
        shown.contains("unter2") || shown.contains("2Hunt")
    }
}

#[derive(Debug, Clone, Copy)]
struct SampleLayout {
    comma: &'static str,
    colon: &'static str,
    open: &'static str,
    close: &'static str,
}

fn layout() -> impl Strategy<Value = SampleLayout> {
    prop_oneof![
        Just(SampleLayout { comma: ",", colon: ":", open: "", close: "" }),
        Just(SampleLayout { comma: ", ", colon: ": ", open: "", close: "" }),
        Just(SampleLayout { comma: ",\n  ", colon: ": ", open: "\n  ", close: "\n" }),
        Just(SampleLayout { comma: " ,\r\n\t", colon: " :\t", open: "\r\n", close: " " }),
    ]
}

#[derive(Debug, Clone)]
enum SampleTree {
    Raw(String),
    Array(Vec<SampleTree>),
    Object(Vec<(String, SampleTree)>),
}

impl SampleTree {
    fn write(&self, layout: SampleLayout, out: &mut String) {
        let join =
            |out: &mut String, at: usize| out.push_str(if at == 0 { layout.open } else { layout.comma });
        match self {
            Self::Raw(raw) => out.push_str(raw),
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    join(out, at);
                    item.write(layout, out);
                }
                out.push_str(if items.is_empty() { "" } else { layout.close });
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    join(out, at);
                    out.push_str(&format!("\"{name}\"{}", layout.colon));
                    value.write(layout, out);
                }
                out.push_str(if members.is_empty() { "" } else { layout.close });
                out.push('}');
            }
        }
    }
}

fn secret() -> impl Strategy<Value = SampleTree> {
    let raw = prop_oneof![
        Just(format!("\"{MARKER}\"")),
        Just(format!("\"{MARKER} {MARKER},{MARKER}:{MARKER}\"")),
        Just(format!("\"Bearer {MARKER}\"")),
        Just(format!("\"x{{$vault:a/b#c:{MARKER}}}{MARKER}\"")),
        Just(format!("\"{{$NAME:{MARKER}}}\"")),
        Just(format!("\"\\u0041{MARKER}\\n\\\\{MARKER}\"")),
    ];
    raw.prop_map(SampleTree::Raw)
}

const NAMES: &[&str] = &[
    "password",
    "x-api-key",
    "client_secret",
    "Authorization",
    "session_cookie",
    "ssl_key",
    "signingKey",
    "OAUTH_CODE",
    "access.key",
];

/// Values that look like secrets under any name.
fn shape() -> impl Strategy<Value = SampleTree> {
    let raw = prop_oneof![
        Just(format!("\"ghp_{MARKER}0123456789abcdef\"")),
        Just(format!("\"see, xoxb-1234567890-{MARKER} there\"")),
        Just(format!("\"https://hooks.slack.com/services/T0/B0/{MARKER}\"")),
        Just(format!("\"q83vEjRWeJCrze8SNFZ4kKvN{MARKER}\"")),
    ];
    raw.prop_map(SampleTree::Raw)
}

/// A pair whose name comes first: of a broken text, what follows is not known.
fn pair() -> impl Strategy<Value = SampleTree> {
    (prop::sample::select(NAMES), secret()).prop_map(|(name, secret)| {
        let name = ("name".to_owned(), SampleTree::Raw(format!("\"{name}\"")));
        SampleTree::Object(vec![name, ("value".to_owned(), secret)])
    })
}

/// Headers are secret in one place only, which is near the top.
fn headers() -> impl Strategy<Value = (String, SampleTree)> {
    secret().prop_map(|secret| {
        let headers = SampleTree::Object(vec![("X-A".into(), secret.clone()), ("X-B".into(), secret)]);
        ("module-config".to_owned(), SampleTree::Object(vec![("headers".to_owned(), headers)]))
    })
}

fn member(value: BoxedStrategy<SampleTree>) -> BoxedStrategy<(String, SampleTree)> {
    let plain = "[a-z]{1,3}".prop_filter("a harmless name", |name| !name.contains("pwd"));
    let url = Just(("url".to_owned(), SampleTree::Raw(format!("\"amqp://user:{MARKER}@host:5672/v\""))));
    prop_oneof![
        4 => (plain, value.clone()),
        2 => (prop::sample::select(NAMES).prop_map(str::to_owned), secret()),
        1 => (prop::sample::select(NAMES).prop_map(str::to_owned), secret())
            .prop_map(|(name, secret)| (name, SampleTree::Array(vec![SampleTree::Object(vec![("a".into(), secret)])]))),
        1 => url,
        1 => ("[a-m]{3}", shape()),
        1 => ("[a-m]{3}", pair()),
    ]
    .boxed()
}

fn tree() -> BoxedStrategy<SampleTree> {
    let leaf = prop_oneof![
        Just("1.50"),
        Just("-0"),
        Just("true"),
        Just("null"),
        Just("\"x\""),
        Just("\"a: b\""),
        Just("\"\""),
        Just("\"{$HOST:localhost}\""),
        Just("\"\u{202e}\\u0000\""),
        Just("{}"),
        Just("[]"),
    ]
    .prop_map(|raw| SampleTree::Raw(raw.to_owned()));
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(SampleTree::Array),
            prop::collection::vec(member(inner.boxed()), 0..5).prop_map(SampleTree::Object),
        ]
    })
    .boxed()
}

/// A webhook with secrets at any depth, in one of several layouts.
pub(crate) fn document() -> impl Strategy<Value = Planted> {
    let top = prop_oneof![4 => member(tree()), 1 => headers().boxed()];
    (prop::collection::vec(top, 1..6), layout(), prop_oneof![Just(""), Just("\n")]).prop_map(
        |(members, layout, end)| {
            let mut text = String::new();
            SampleTree::Object(members).write(layout, &mut text);
            text.push_str(end);
            Planted { text }
        },
    )
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Delete,
    Insert(char),
    Truncate,
}

/// The same with one structural byte missing or added, or cut off there.
pub(crate) fn broken_document() -> impl Strategy<Value = Planted> {
    let damage = prop_oneof![
        3 => Just(Damage::Delete),
        1 => prop::sample::select(vec!['{', '}', '[', ']', ':', ',', '"', '\\', '\n', 'x']).prop_map(Damage::Insert),
        1 => Just(Damage::Truncate),
    ];
    (document(), any::<prop::sample::Index>(), damage).prop_map(|(mut document, index, damage)| {
        let structure: Vec<usize> = document
            .text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| b"{}[]:,\"\\ \n\r\t".contains(byte))
            .map(|(at, _)| at)
            // Without its colon, a default becomes part of its reference's name, which cannot be told apart.
            .filter(|at| !document.text[*at..].starts_with(&format!(":{MARKER}")))
            .collect();
        let at = structure[index.index(structure.len())];
        match damage {
            Damage::Delete => drop(document.text.remove(at)),
            // Not inside a word: another name is another member.
            Damage::Insert(character) if !document.text[..at].ends_with(char::is_alphanumeric) => {
                document.text.insert(at, character);
            }
            Damage::Insert(_) => document.text.insert(0, '{'),
            Damage::Truncate => document.text.truncate(document.text.floor_char_boundary(at + 12)),
        }
        document
    })
}
