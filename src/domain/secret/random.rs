//! Long random text: what no person would choose as a name. It is told by length, alphabet, entropy, and by how
//! often letters, capitals and digits alternate.
//!
//! Shown although they look alike: UUIDs, hexadecimal text of 40 digits (the ids of commits) or of less than 32,
//! and base64 of readable text in which nothing sounds secret (templates of bodies). Digests are shown where
//! they are labelled, see [`super::shape`].

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::SecretNames;

/// Of letters and digits; trufflehog began at 20, where names of hosts and pods look alike.
pub(super) const MIN_LENGTH: usize = 24;
/// Of hexadecimal digits: 128 bits.
const MIN_HEX: usize = 32;
/// The length of a commit's id.
const COMMIT: usize = 40;
/// In bits a character: that of gitleaks' generic-api-key.
const MIN_ENTROPY: f64 = 3.5;
/// Of hexadecimal text: the limit of detect-secrets' HexHighEntropyString.
const MIN_HEX_ENTROPY: f64 = 3.0;

/// Whether a text is long and random. `names` tell what sounds secret in one that is base64.
pub(super) fn is_random(names: &SecretNames, text: &str) -> bool {
    let text = text.trim_matches(['=', '/', '+', '-', '_']);
    if text.len() < MIN_LENGTH {
        return false;
    }
    if text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'_')) {
        return text.split(['-', '_']).any(is_random_hex);
    }
    if let Some(at) = uuid(text) {
        let sides = [text.get(..at), text.get(at + UUID..)];
        return sides.into_iter().flatten().any(|side| is_random(names, side));
    }
    alternates(text) && entropy(text) >= MIN_ENTROPY && !is_readable(names, text)
}

fn is_random_hex(text: &str) -> bool {
    let has = |wanted: fn(&u8) -> bool| text.as_bytes().iter().any(wanted);
    text.len() >= MIN_HEX
        && text.len() != COMMIT
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_lowercase) != has(u8::is_ascii_uppercase)
        && entropy(text) >= MIN_HEX_ENTROPY
}

const UUID: usize = 36;

/// Where a text contains a UUID.
fn uuid(text: &str) -> Option<usize> {
    let is_uuid = |window: &[u8]| {
        window.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    };
    text.as_bytes().windows(UUID).position(is_uuid)
}

#[derive(Clone, Copy, PartialEq)]
enum CharClass {
    Lower,
    Upper,
    Digit,
    Other,
}

/// Whether letters, capitals and digits alternate as in random text: in `MyServiceRole2024` a run is as long as
/// a word, in random text of base62 it has 1.9 characters.
fn alternates(text: &str) -> bool {
    let (mut lower, mut upper, mut digits, mut other) = (0, 0, 0, 0);
    let (mut vowels, mut runs, mut two_capitals) = (0, 0, 0);
    let (mut before, mut last) = (CharClass::Other, CharClass::Other);
    for byte in text.bytes() {
        let class = match byte {
            b'a'..=b'z' => CharClass::Lower,
            b'A'..=b'Z' => CharClass::Upper,
            b'0'..=b'9' => CharClass::Digit,
            _ => CharClass::Other,
        };
        match class {
            CharClass::Lower => lower += 1,
            CharClass::Upper => upper += 1,
            CharClass::Digit => digits += 1,
            CharClass::Other => other += 1,
        }
        vowels += usize::from(matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u'));
        let begins = match (last, class) {
            (_, CharClass::Other) => false,
            // A capital belongs to the word after it, unless others came before.
            (CharClass::Upper, CharClass::Lower) => before == CharClass::Upper,
            (last, class) => last != class,
        };
        runs += usize::from(begins);
        two_capitals += usize::from(last == CharClass::Upper && class == CharClass::Upper);
        (before, last) = (last, class);
    }
    let letters = lower + upper;
    let in_runs = letters + digits;
    // Words between separators, and paths in which some part is hexadecimal: of those, the parts are asked.
    if other * 8 > text.len() || text.split('/').any(|part| part.len() >= 16 && is_hex(part)) {
        return false;
    }
    match (lower > 0 && upper > 0, digits) {
        (true, 2..) => in_runs <= 3 * runs,
        // A name in camel case has no two capitals in a row, or two or three of them.
        (true, _) => two_capitals * 12 >= text.len() && 5 * in_runs <= 16 * runs && 3 * vowels <= letters,
        (false, 2..) => {
            other == 0
                && (digits >= 3 && in_runs <= 4 * runs && 3 * vowels <= letters
                    || in_runs <= 5 * runs && 4 * vowels <= letters)
        }
        (false, _) => false,
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Shannon's entropy of the bytes of a text, in bits a byte.
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::HashMap::new();
    for byte in text.bytes() {
        *counts.entry(byte).or_insert(0_u32) += 1;
    }
    let total = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts.values().map(|count| f64::from(*count) / total).map(|share| -share * share.log2()).sum()
}

/// Whether it is base64 of readable text in which nothing sounds secret.
fn is_readable(names: &SecretNames, text: &str) -> bool {
    decoded(text).is_some_and(|text| {
        let words = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'));
        !text.contains("://")
            && !text.contains('@')
            && !words.into_iter().any(|word| names.looks_secret(word))
    })
}

/// The readable text that some base64 stands for, with or without padding.
pub(super) fn decoded(base64: &str) -> Option<String> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let url_safe = memchr::memchr2(b'-', b'_', base64.as_bytes()).is_some();
    let alphabet = if url_safe { &URL_SAFE } else { &STANDARD };
    let bytes = GeneralPurpose::new(alphabet, CONFIG).decode(base64).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_random(text: &str) -> bool {
        super::is_random(&SecretNames::default(), text)
    }

    #[test]
    fn random_text_is_told_from_names_ids_and_digests() {
        for random in [
            "8dyfuiRyqZvVc3RRrXedRkQfK",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEjmQqPzTk",
            "Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB",
            "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
            "k7f2m9x4q1z8w3t6v5b0n7c2d4",
            "JBSWY3DPEHPK3PXPQ4T2RZ6K7M",
            "9f86d081884c7d659a2feaa0c55ad015",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "key_550e8400-e29b-41d4-a716-446655440000_Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB",
        ] {
            assert!(is_random(random), "{random}");
        }
        for shown in [
            "short9XyZ",
            "production.orders.events-v2-eu-central-1",
            "arn/role/MyServiceRoleForProduction2024Eu",
            "ConnectionRefusedErrorHandlerWithRetry",
            "getXmlByIdOrNameOfTheUserWithHttp2",
            "orders-eu-central-1-v2-2024-11-29-blue",
            "riscv64a23-unknown-linux-gnu",
            "ecdsa_prime256v1_sha256_compressed",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "123456789012345678901234567890123456",
            "550e8400-e29b-41d4-a716-446655440000",
            "webhook_550e8400-e29b-41d4-a716-446655440000",
            "64bd7db1d1b148594edfde112cdb6d6260e2cfc3",
            "507f1f77bcf86cd799439011",
            "spiderhash-io/webhook/blob/64bd7db1d1b148594edfde112cdb6d6260e2cfc3/src/Main",
        ] {
            assert!(!is_random(shown), "{shown}");
        }
    }

    #[test]
    fn base64_of_a_readable_template_is_shown_and_of_a_secret_is_not() {
        let base64 = |text: &str| GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new()).encode(text);
        assert!(!is_random(&base64(r#"{"text": "Order {{id}} of {{customer}} was paid"}"#)));
        for text in
            ["postgres password: hunter2!", "https://hooks.example/T0/B0/Xyz", "bob:x@example.com, see"]
        {
            assert!(is_random(&base64(text)), "{text}");
        }
        let names = SecretNames::default().hide("customer").unwrap().show("password").unwrap();
        let text = base64(r#"{"text": "Order {{id}} of {{customer}} was paid"}"#);
        assert!(super::is_random(&names, &text));
        assert!(!super::is_random(&names, &base64("postgres password: hunter2!")));
    }
}
