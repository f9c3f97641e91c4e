//! What a value looks like: tokens, keys, addresses of hooks, credentials and long random text, found under any
//! name.
//!
//! Nearly all values are shorter than the shortest of them, so that a length is all that is compared.

use super::SecretNames;
use super::name::names_public_data;
use super::random::{MIN_LENGTH, decoded, is_random};
use super::table::{HOOKS, TOKENS, TokenAlphabet, TokenRule};
use crate::domain::json::Span;
use crate::domain::references_in;

/// The length of the shortest token, and that of the shortest value with one: `Basic dTpw`.
const SHORTEST_TOKEN: usize = 13;
const SHORTEST_VALUE: usize = 10;

/// How much of the header of a JSON web token is looked at.
const MAX_HEADER: usize = 1024;

/// What stands before a digest that says so.
const DIGESTS: [&str; 8] = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake3"];

/// Public keys of ssh begin with the length and the name of their type.
const SSH_PUBLIC_KEYS: &str = "AAAA";

/// The parts of a value that look like secrets under any name; sorted, but they may overlap. `name` is that of
/// the field, or empty: it can say that a value is random and public.
pub(crate) fn secret_shapes(names: &SecretNames, value: &str, name: &str) -> Vec<Span> {
    let mut found = Vec::new();
    if value.len() < SHORTEST_VALUE {
        return found;
    }
    found.extend(private_key(value));
    basic(value, &mut found);
    let bytes = if value.len() < SHORTEST_TOKEN { &[] } else { value.as_bytes() };
    let (mut at, mut public) = (0, None);
    while let Some(start) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| is_token(*byte))) {
        let start = at + start;
        let len =
            bytes.get(start..).map_or(0, |rest| rest.iter().take_while(|byte| is_token(**byte)).count());
        let run = Span { start, end: start + len };
        at = run.end;
        if len < SHORTEST_TOKEN {
            continue;
        }
        hook(value, run, &mut found);
        let before = found.len();
        tokens(value, run, &mut found);
        if before == found.len() && len >= MIN_LENGTH && !*public.get_or_insert_with(|| is_public(value)) {
            random(names, value, (run, name), &mut found);
        }
    }
    found.sort_by_key(|span| span.start);
    if !found.is_empty() && value.contains("{$") {
        // A reference names a secret without being one, except for its default.
        let references = references_in(value);
        let mut references = references.iter().peekable();
        found.retain(|span| {
            while references.next_if(|(_, whole, _)| whole.end <= span.start).is_some() {}
            references.peek().is_none_or(|(_, whole, default)| {
                !is_within(*span, *whole) || default.is_some_and(|default| is_within(*span, default))
            })
        });
    }
    found
}

fn is_within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn is_token(byte: u8) -> bool {
    TOKEN_BYTES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The bytes of tokens, of paths and of base64.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const TOKEN_BYTES: [bool; 256] = {
    let mut tokens = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        let is = byte as u8;
        tokens[byte] =
            is.is_ascii_alphanumeric() || matches!(is, b'-'..=b'/' | b'_' | b'+' | b'=' | b'~' | b'%');
        byte += 1;
    }
    tokens
};

/// From the text after the header of a private key to the end.
fn private_key(value: &str) -> Option<Span> {
    let find = |text: &str, what: &str| memchr::memmem::find(text.as_bytes(), what.as_bytes());
    if value.len() < "-----BEGIN PRIVATE KEY".len() || memchr::memchr(b'-', value.as_bytes()).is_none() {
        return None;
    }
    let head = find(value, "-----BEGIN")?;
    let start = head + find(value.get(head..)?, "PRIVATE KEY")? + "PRIVATE KEY".len();
    (start < value.len()).then_some(Span { start, end: value.len() })
}

/// The credentials after each `Basic `: base64 of a user and a password.
fn basic(value: &str, found: &mut Vec<Span>) {
    const SCHEME: &str = "basic";
    for blank in memchr::memchr_iter(b' ', value.as_bytes()) {
        let scheme = blank.checked_sub(SCHEME.len()).and_then(|start| value.get(start..blank));
        let rest = value.get(blank + 1..).unwrap_or_default();
        if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME)) {
            let len = rest.bytes().take_while(|byte| is_token(*byte)).count();
            let token = rest.get(..len).unwrap_or_default();
            if decoded(token.trim_end_matches('.')).is_some_and(|text| text.contains(':')) {
                found.push(Span { start: blank + 1, end: blank + 1 + len });
            }
        }
    }
}

/// What follows the address of a hook.
fn hook(value: &str, run: Span, found: &mut Vec<Span>) {
    let text = run.of(value);
    for slash in memchr::memchr_iter(b'/', text.as_bytes()) {
        let before = text.get(..=slash).unwrap_or_default();
        let is = |address: &str| {
            let at = before.len().checked_sub(address.len());
            at.and_then(|at| before.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(address))
        };
        if HOOKS.iter().any(|rule| is(rule.address)) {
            let start = run.start + slash + 1;
            let rest = value.get(start..).unwrap_or_default();
            // A reference belongs to it; a brace that it did not open is that of the reference around it.
            let mut depth = 0_usize;
            let ends = |c: char| {
                let closes = c == '}' && depth == 0;
                match c {
                    '{' => depth += 1,
                    '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                closes || c.is_whitespace() || "\"'`<>|\\".contains(c)
            };
            let end = rest.find(ends).unwrap_or(rest.len());
            if end > 0 {
                found.push(Span { start, end: start + end });
            }
            return;
        }
    }
}

/// The tokens that a run of characters contains, each from its prefix to its end.
fn tokens(value: &str, run: Span, found: &mut Vec<Span>) {
    let text = run.of(value).as_bytes();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| rest.len() >= SHORTEST_TOKEN) {
        let len = if begins_token(text, at) {
            TOKENS.iter().find_map(|rule| token(rest, rule)).or_else(|| jwt(rest))
        } else {
            None
        };
        match len {
            Some(len) => {
                found.push(Span { start: run.start + at, end: run.start + at + len });
                at += len;
            }
            None => at += 1,
        }
    }
}

/// Whether a value that was cut off may end in a token: in the first characters of one.
pub(crate) fn may_end_in_token(value: &str) -> bool {
    let bytes = value.as_bytes();
    let start = bytes.iter().rposition(|byte| !is_token(*byte)).map_or(0, |at| at + 1);
    let last = bytes.get(start..).unwrap_or_default();
    (0..last.len()).filter(|at| begins_token(last, *at)).filter_map(|at| last.get(at..)).any(|rest| {
        TOKENS.iter().any(|rule| token(rest, &TokenRule { len: 0, ..*rule }).is_some())
            || rest.starts_with(b"eyJ")
    })
}

fn begins_token(text: &[u8], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// The length of the token that a text begins with, if it is one of this rule.
fn token(text: &[u8], rule: &TokenRule) -> Option<usize> {
    let (head, tail) = text.split_at_checked(rule.prefix.len())?;
    let same = |(byte, known): (&u8, u8)| *byte == known || (known == b'?' && byte.is_ascii_alphanumeric());
    if !head.iter().zip(rule.prefix.bytes()).all(same) {
        return None;
    }
    let accepts = |byte: &&u8| match rule.alphabet {
        TokenAlphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
        TokenAlphabet::Capital => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        TokenAlphabet::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
        TokenAlphabet::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
    };
    let len = tail.iter().take_while(accepts).count();
    // What follows directly belongs to it, whatever its alphabet.
    let more = tail.iter().skip(len).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    (len >= rule.len).then_some(head.len() + len + more)
}

/// The length of the JSON web token that a text begins with: parts of base64 that begin with `{"`.
fn jwt(text: &[u8]) -> Option<usize> {
    if !text.starts_with(b"eyJ") {
        return None;
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    let head = text.iter().take(MAX_HEADER).take_while(|byte| is_part(byte)).count();
    let body = text.get(head..)?.strip_prefix(b".")?;
    let is_token = head >= 12 && body.iter().take(8).filter(|byte| is_part(byte)).count() == 8;
    is_token.then(|| text.iter().take_while(|byte| is_part(byte) || **byte == b'.').count())
}

/// Whether the random text in a value is public: certificates, public keys, images.
fn is_public(value: &str) -> bool {
    value.contains("-----BEGIN") || ["data:image/", "data:font/"].iter().any(|begin| value.starts_with(begin))
}

/// The long random parts of a run of characters.
fn random(names: &SecretNames, value: &str, (run, name): (Span, &str), found: &mut Vec<Span>) {
    let before = found.len();
    let mut at = run.start;
    for part in run.of(value).split(['.', '~', '%']) {
        let span = Span { start: at, end: at + part.len() };
        at = span.end + 1;
        // Of a path, the parts.
        let is_path = part.starts_with('/') || part.contains("//");
        if !is_path && is_random(names, part) && !is_labelled(value, span) {
            found.push(span);
            continue;
        }
        let mut inner = span.start;
        for piece in part.split(['/', '=']) {
            let span = Span { start: inner, end: inner + piece.len() };
            inner = span.end + 1;
            if piece.len() < part.len() && is_random(names, piece) && !is_labelled(value, span) {
                found.push(span);
            }
        }
    }
    if before < found.len() && names_public_data(name) {
        found.truncate(before);
    }
}

/// Whether it is said to be a digest, as in `sha256:…` and `sha512-…`, or is a public key of ssh.
fn is_labelled(value: &str, span: Span) -> bool {
    let text = span.of(value);
    let before = value.get(..span.start).unwrap_or_default().trim_end_matches([':', '=', '-', '/']);
    let labels = |label: &&str| {
        let begins = text.get(..label.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(label))
            && text.as_bytes().get(label.len()).is_some_and(|byte| matches!(byte, b'-' | b'=' | b':'));
        let at = before.len().checked_sub(label.len());
        begins
            || (before.len() < span.start
                && at.and_then(|at| before.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(label)))
    };
    DIGESTS.iter().any(labels)
        || (text.starts_with(SSH_PUBLIC_KEYS) && before.trim_end().ends_with(|c: char| c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str, name: &str) -> String {
        let (mut out, mut at) = (String::new(), 0);
        for span in secret_shapes(&SecretNames::default(), value, name) {
            if span.end > at {
                out.push_str(value.get(at..span.start).unwrap_or_default());
                out.push('•');
                at = span.end;
            }
        }
        out + &value[at..]
    }

    #[test]
    fn what_looks_like_a_secret_is_found_under_any_name() {
        let random = "Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB";
        for (value, expected) in [
            ("ghp_0123456789abcdefABCD0123456789abcdef", "•"),
            ("see github_pat_11ABCDEFG0_abcdefghijklmnop, please", "see •, please"),
            ("xoxb-1234567890-abcdefghij", "•"),
            ("xoxe.xoxp-1-Mi0yLTEyMzQ1Njc4OTAxMjM", "•"),
            ("AKIAIOSFODNN7EXAMPLE", "•"),
            ("https://h/p?key=AIzaSyA-0123456789abcdefghijklmnopqrstu&x=1", "https://h/p?key=•&x=1"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "•"),
            ("https://hooks.slack.com/services/T00/B00/xyz", "https://hooks.slack.com/services/•"),
            ("https://Discord.com/api/webhooks/12/ab-cd?wait=1", "https://Discord.com/api/webhooks/•"),
            ("-----BEGIN RSA PRIVATE KEY-----\nabc", "-----BEGIN RSA PRIVATE KEY•"),
            ("Basic dXNlcjpwYXNz", "Basic •"),
            ("use basic authentication here", "use basic authentication here"),
            (random, "•"),
            (&format!("https://h/{random}/x"), "https://h/•/x"),
            (&format!("{{$vault:app/{random}#x}}"), &format!("{{$vault:app/{random}#x}}")),
            (&format!("{{$NAME:{random}}}"), "{$NAME:•}"),
            (&format!("sha256-{random}"), &format!("sha256-{random}")),
            (
                "image@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "image@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            ),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMq bob", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMq bob"),
            (
                "-----BEGIN CERTIFICATE-----\nMIIBtjCCAVugAwIBAgITBmyf1XSXNmYOwua2eiedgPySjAKBggq\n",
                "-----BEGIN CERTIFICATE-----\nMIIBtjCCAVugAwIBAgITBmyf1XSXNmYOwua2eiedgPySjAKBggq\n",
            ),
            ("kafka-1.example:9092,kafka-2.example:9092", "kafka-1.example:9092,kafka-2.example:9092"),
            (
                "https://sqs.eu-central-1.amazonaws.com/123456789012/orders-of-production",
                "https://sqs.eu-central-1.amazonaws.com/123456789012/orders-of-production",
            ),
        ] {
            assert_eq!(shown(value, "note"), expected);
        }
        assert_eq!(shown(random, "commit"), random, "a name can say that it is public");
        assert_eq!(shown("ghp_0123456789abcdefABCD", "commit_id"), "•", "but not of a token");
    }

    #[test]
    fn every_row_of_the_table_is_found_and_a_character_less_is_not() {
        for rule in TOKENS {
            let tail = |len| "Q7".repeat(len).chars().take(len).collect::<String>();
            let prefix = rule.prefix.replace('?', "b");
            let whole = format!("a {prefix}{} b", tail(rule.len));
            assert_eq!(shown(&whole, ""), "a • b", "{}", rule.source);
            assert_eq!(
                token(format!("{prefix}{}", tail(rule.len - 1)).as_bytes(), rule),
                None,
                "{}",
                rule.source
            );
            let within = tokens_in(&format!("x{prefix}{}", tail(rule.len)));
            assert_eq!(within, usize::from(prefix.contains(".xox")), "{} within a word", rule.source);
        }
        for rule in HOOKS {
            assert_eq!(
                shown(&format!("https://{}T0/B0/x", rule.address), ""),
                format!("https://{}•", rule.address)
            );
        }
    }

    fn tokens_in(value: &str) -> usize {
        let mut found = Vec::new();
        tokens(value, Span { start: 0, end: value.len() }, &mut found);
        found.len()
    }

    #[test]
    fn hostile_values_cost_one_pass() {
        for unit in
            ["/", "ghp_", "a.", "basic ", "eyJ", "A1b/", "xoxb-", "{$A:Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB} "]
        {
            secret_shapes(&SecretNames::default(), &unit.repeat(1_000_000 / unit.len()), "");
        }
    }
}
