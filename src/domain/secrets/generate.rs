//! Random secrets: length and alphabet. The source of randomness is the caller's choice: nothing here
//! asks the system for it.

use zeroize::Zeroizing;

use super::SecretValue;
use crate::domain::SecretText;

/// How many random bytes are requested at once.
const CHUNK: usize = 64;

/// The characters of a random secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alphabet {
    /// `A` to `Z`, `a` to `z`, `0` to `9`: safe in every header, variable and URL.
    #[default]
    LettersDigits,
    /// `0` to `9`, `a` to `f`.
    Hex,
    /// The alphabet of base64url: letters, digits, `-` and `_`.
    Base64Url,
    /// All printable ASCII but the space, including quotes and `$`, which a shell or a URL may not accept.
    Printable,
}

impl Alphabet {
    pub const ALL: [Self; 4] = [Self::LettersDigits, Self::Hex, Self::Base64Url, Self::Printable];

    pub fn characters(self) -> &'static [u8] {
        match self {
            Self::LettersDigits => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            Self::Hex => b"0123456789abcdef",
            Self::Base64Url => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            Self::Printable => {
                b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
            }
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::LettersDigits => "letters-digits",
            Self::Hex => "hex",
            Self::Base64Url => "base64url",
            Self::Printable => "printable",
        }
    }

    /// For display: `letters and digits`.
    pub fn words(self) -> &'static str {
        match self {
            Self::LettersDigits => "letters and digits",
            Self::Hex => "hexadecimal digits",
            Self::Base64Url => "letters, digits, - and _",
            Self::Printable => "printable ASCII",
        }
    }

    /// The character for a random byte. Bytes beyond the last full multiple of the alphabet's length have
    /// none: they would favour its first characters.
    fn pick(self, byte: u8) -> Option<char> {
        let characters = self.characters();
        let (byte, round) = (usize::from(byte), 256 - 256 % characters.len());
        let fair = if byte < round { characters.get(byte % characters.len()) } else { None };
        fair.map(|character| char::from(*character))
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alphabet| alphabet.name() == name)
    }
}

/// A specification of random secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretGenerator {
    length: usize,
    pub alphabet: Alphabet,
}

impl Default for SecretGenerator {
    fn default() -> Self {
        Self { length: Self::LENGTH, alphabet: Alphabet::default() }
    }
}

impl SecretGenerator {
    /// The minimum length: a shorter secret could be guessed.
    pub const LEAST: usize = 8;
    pub const MOST: usize = 256;
    /// The default length.
    pub const LENGTH: usize = 32;

    /// A generator of this length and alphabet; `None` if the length is out of bounds.
    pub fn new(length: usize, alphabet: Alphabet) -> Option<Self> {
        (Self::LEAST..=Self::MOST).contains(&length).then_some(Self { length, alphabet })
    }

    pub fn length(self) -> usize {
        self.length
    }

    /// Makes a secret from random bytes, in which each character is equally likely.
    ///
    /// # Errors
    /// The error of `random` if it cannot fill a buffer.
    pub fn make<E>(self, mut random: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<SecretText, E> {
        let mut text = Zeroizing::new(String::with_capacity(self.length));
        let mut chunk = Zeroizing::new([0_u8; CHUNK]);
        while text.len() < self.length {
            random(&mut *chunk)?;
            let left = self.length - text.len();
            text.extend(chunk.iter().filter_map(|byte| self.alphabet.pick(*byte)).take(left));
        }
        Ok(text.into())
    }

    /// As [`SecretGenerator::make`], but as the value of a field.
    ///
    /// # Errors
    /// As [`SecretGenerator::make`].
    pub fn value<E>(self, random: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<SecretValue, E> {
        self.make(random).map(|text| SecretValue::text(&text))
    }
}

/// `32 letters and digits`
impl std::fmt::Display for SecretGenerator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_a_set = matches!(self.alphabet, Alphabet::Base64Url | Alphabet::Printable);
        let of = if is_a_set { "characters of " } else { "" };
        write!(f, "{} {of}{}", self.length, self.alphabet.words())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::convert::Infallible;

    use super::*;

    /// Every byte in turn.
    fn in_turn() -> impl FnMut(&mut [u8]) -> Result<(), Infallible> {
        let mut next = 0_u8;
        move |buffer| {
            for byte in buffer {
                *byte = next;
                next = next.wrapping_add(1);
            }
            Ok(())
        }
    }

    #[test]
    fn alphabets_hold_each_character_once_and_are_found_by_name() {
        for (alphabet, count) in Alphabet::ALL.into_iter().zip([62, 16, 64, 94]) {
            let characters = alphabet.characters();
            let different: HashSet<_> = characters.iter().collect();
            assert_eq!((characters.len(), different.len()), (count, count), "{alphabet:?}");
            assert!(characters.iter().all(u8::is_ascii_graphic));
            assert_eq!(Alphabet::from_name(alphabet.name()), Some(alphabet));
        }
        assert_eq!(Alphabet::from_name("dice"), None);
    }

    #[test]
    fn no_character_is_likelier_than_another() {
        for alphabet in Alphabet::ALL {
            let mut made = std::collections::BTreeMap::<char, usize>::new();
            for character in (0..=255).filter_map(|byte| alphabet.pick(byte)) {
                *made.entry(character).or_default() += 1;
            }
            let count = alphabet.characters().len();
            assert_eq!(made.len(), count, "{alphabet:?}");
            assert!(made.values().all(|times| *times == 256 / count), "{alphabet:?}: {made:?}");
        }
    }

    #[test]
    fn bytes_that_would_favour_some_are_left_out() {
        // 248 is the first byte past four rounds of 62 characters.
        let mut bytes = (248..=255_u8).chain([0, 61, 62, 247]).chain(std::iter::repeat(1));
        let made = SecretGenerator::new(8, Alphabet::LettersDigits)
            .unwrap()
            .make(|buffer| {
                buffer.iter_mut().for_each(|byte| *byte = bytes.next().unwrap());
                Ok::<_, Infallible>(())
            })
            .unwrap();
        assert_eq!(made.expose(), "A9A9BBBB");
    }

    #[test]
    fn the_length_is_bounded_and_kept() {
        for (length, legal) in [(7, false), (8, true), (256, true), (257, false)] {
            let generate = SecretGenerator::new(length, Alphabet::Hex);
            assert_eq!(generate.is_some(), legal, "{length}");
            if let Some(generate) = generate {
                assert_eq!(generate.make(in_turn()).unwrap().expose().len(), length);
            }
        }
        assert_eq!(SecretGenerator::default().to_string(), "32 letters and digits");
        assert_eq!(SecretGenerator::default().make(|_| Err("none")).map(|_| ()), Err("none"));
    }
}
