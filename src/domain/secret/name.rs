//! What a name says: the heuristic for fields that are in no list, over the rows of the table of names.

use super::table::{
    ABOUT_WORDS, HARMLESS_NAMES, NAMES, NameRule, PUBLIC_DATA_WORDS, PUBLIC_WORDS, WordPlace, is_usual_name,
};
use super::{Secrecy, SecretNames, random};

/// Parts of the names that the lists of fields know only in one place, for texts in which places are
/// uncertain.
const LISTED: [&str; 4] = ["headers", "connectiondetails", "awsaccesskeyid", "awssecretaccesskey"];

/// Longer names are secret for each word of the table in them, whatever follows it.
const MAX_NAME: usize = 256;

/// What a byte is to the search: the number of a letter from 1, in either case, a separator, or neither.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        let letter = (byte as u8).to_ascii_lowercase();
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        if is_separator(letter) {
            classes[byte] = SEPARATOR;
        } else if letter.is_ascii_lowercase() {
            classes[byte] = letter - b'a' + 1;
        }
        byte += 1;
    }
    classes
};
const OTHER: u8 = 0;
const SEPARATOR: u8 = 31;

/// For each first letter, the second letters of the table's words, as bits: hardly any position of a name needs
/// a comparison.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, for which a wrong index is an error")]
const SECOND_LETTERS: [u32; 32] = {
    let (mut letters, mut rest) = ([0; 32], NAMES);
    while let [rule, tail @ ..] = rest {
        if let [first, second, ..] = rule.word.as_bytes() {
            letters[CLASSES[*first as usize] as usize] |= 1 << CLASSES[*second as usize];
        }
        rest = tail;
    }
    letters
};

/// For each first letter, where its words begin and end in the table, which is in alphabetical order.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, for which a wrong index is an error")]
const RULES: [(usize, usize); 32] = {
    let (mut rules, mut at) = ([(0, 0); 32], 0);
    while at < NAMES.len() {
        let letter = CLASSES[NAMES[at].word.as_bytes()[0] as usize] as usize;
        rules[letter] = (if rules[letter].1 == 0 { at } else { rules[letter].0 }, at + 1);
        at += 1;
    }
    rules
};

/// A name as the heuristic compares it: ASCII letters in lower case, without separators, so that
/// `api_key`, `API-Key` and `apiKey` are equal. Compared in place: documents have very many names.
#[derive(Clone)]
pub(super) struct FoldedName<'a>(&'a [u8]);

impl Iterator for FoldedName<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            if !is_separator(*first) {
                return Some(first.to_ascii_lowercase());
            }
        }
    }
}

impl<'a> FoldedName<'a> {
    pub(super) fn of(name: &'a str) -> Self {
        Self(name.as_bytes())
    }

    /// What follows a word that it begins with.
    fn after(&self, word: &[u8]) -> Option<&'a [u8]> {
        let mut rest = self.clone();
        word.iter().all(|byte| rest.next() == Some(*byte)).then_some(rest.0)
    }

    fn is(&self, word: &str) -> bool {
        self.clone().eq(word.bytes())
    }

    fn contains(mut self, word: &str) -> bool {
        while !self.0.is_empty() {
            if self.after(word.as_bytes()).is_some() {
                return true;
            }
            self.next();
        }
        false
    }
}

pub(super) const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b' ' | b'-'..=b'/')
}

/// What a name says of the values under it, by the table alone.
pub(super) fn name_secrecy(name: &str) -> Secrecy {
    if is_usual_name(name) { Secrecy::Open } else { secrecy_by_rules(name) }
}

fn secrecy_by_rules(name: &str) -> Secrecy {
    let mut found = Secrecy::Open;
    // Documents have very many names, and few have two letters in a row that a word begins with.
    let (mut first, mut seconds, mut start) = (OTHER, 0_u32, 0);
    for (at, byte) in name.bytes().enumerate() {
        let class = CLASSES.get(usize::from(byte)).copied().unwrap_or(OTHER);
        if class == SEPARATOR {
            continue;
        }
        if seconds >> class & 1 != 0 {
            found = found.max(secrecy_at(name.as_bytes(), [first, class], start));
            if found == Secrecy::All {
                break;
            }
        }
        seconds = SECOND_LETTERS.get(usize::from(class)).copied().unwrap_or_default();
        (first, start) = (class, at);
    }
    if found == Secrecy::Open && is_misspelt(name) {
        found = Secrecy::All;
    }
    let harmless = || HARMLESS_NAMES.iter().any(|known| FoldedName(name.as_bytes()).is(known));
    if found != Secrecy::Open && harmless() { Secrecy::Open } else { found }
}

/// Words that are recognised with a slip in them: they are long enough that nothing else is one letter away.
const SPELLED: [&str; 8] = [
    "authorization",
    "authorisation",
    "connectionstring",
    "credentials",
    "passphrase",
    "password",
    "privatekey",
    "secret",
];

/// Whether a name is one of these words as somebody has misspelt it: what the receiver ignores is a secret all the same.
fn is_misspelt(name: &str) -> bool {
    is_nearly_one_of(name, &SPELLED)
}

/// Whether a name is that of an authorization, or was meant to be.
pub(crate) fn is_authorization(name: &str) -> bool {
    const WORD: &[u8] = b"authorization";
    name.as_bytes().windows(WORD.len()).any(|part| part.eq_ignore_ascii_case(WORD))
        || name.eq_ignore_ascii_case("auth")
        || is_nearly_one_of(name, &["authorization", "authorisation"])
}

fn is_nearly_one_of(name: &str, words: &[&str]) -> bool {
    const MOST: usize = 17;
    let mut letters = [0; MOST];
    let mut len = 0;
    for letter in FoldedName::of(name) {
        let Some(place) = letters.get_mut(len) else { return false };
        *place = letter;
        len += 1;
    }
    let name = letters.get(..len).unwrap_or_default();
    words.iter().any(|word| has_at_most_one_slip(name, word.as_bytes()))
}

/// Whether a letter is missing, too many or another one, or two have changed places; or none of that.
fn has_at_most_one_slip(name: &[u8], word: &[u8]) -> bool {
    if name.len().abs_diff(word.len()) > 1 {
        return false;
    }
    let same = name.iter().zip(word).take_while(|(one, other)| one == other).count();
    let (name, word) = (name.get(same..).unwrap_or_default(), word.get(same..).unwrap_or_default());
    match (name, word) {
        ([], _) | (_, []) => true,
        ([a, b, name @ ..], [c, d, word @ ..]) if a == d && b == c && name == word => true,
        ([_, name @ ..], [_, word @ ..]) if name.len() == word.len() => name == word,
        ([_, rest @ ..], word) if name.len() > word.len() => rest == word,
        (name, [_, rest @ ..]) => name == rest,
    }
}

/// What the rules say whose words are at `start` of a name, and begin with the letters of these classes.
#[inline(never)]
fn secrecy_at(name: &[u8], [first, second]: [u8; 2], start: usize) -> Secrecy {
    let mut found = Secrecy::Open;
    let (begin, end) = RULES.get(usize::from(first)).copied().unwrap_or_default();
    let rest = FoldedName(name.get(start + 1..).unwrap_or_default());
    for rule in NAMES.get(begin..end).unwrap_or_default() {
        // `connection` is too short for `connectionstring`, and most names for most words.
        if name.len() - start < rule.word.len() {
            continue;
        }
        let tail = rule.word.as_bytes().get(1..).unwrap_or_default();
        if tail.first().is_some_and(|letter| *letter == second + b'a' - 1)
            && rest.after(tail).is_some_and(|after| counts(rule, name, start, after))
        {
            found = found.max(rule.secrecy);
        }
    }
    found
}

/// Whether a name sounds like a secret: the heuristic for fields that are in no list.
pub(super) fn looks_secret(name: &str) -> bool {
    name_secrecy(name) != Secrecy::Open
}

/// Whether a name sounds like a secret, or is listed in some place: for texts so broken that the place
/// is not known.
pub(super) fn may_be_secret(name: &str) -> bool {
    looks_secret(name) || LISTED.iter().any(|word| FoldedName(name.as_bytes()).contains(word))
}

/// Whether the word of a rule that was found in a name counts where it is: from `start` up to `after`.
fn counts(rule: &NameRule, name: &[u8], start: usize, after: &[u8]) -> bool {
    let end = name.len() - after.len();
    let whole = match rule.place {
        WordPlace::Anywhere => return true,
        WordPlace::Alone => return FoldedName(name).is(rule.word),
        WordPlace::AtEnd => true,
        WordPlace::Whole => begins_word(name, start),
    };
    // The plural, too.
    let plural =
        after.first().is_some_and(|byte| byte.eq_ignore_ascii_case(&b's')) && ends_word(name, end + 1);
    let is_word = |word: &&str| words(name).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    // A very long name is not read again for each word in it.
    let about = || PUBLIC_WORDS.iter().any(is_word) || last_word_is_in(after, ABOUT_WORDS);
    whole && (plural || ends_word(name, end)) && (name.len() > MAX_NAME || !about())
}

/// Whether a value under this name may be long and random without being a secret.
pub(super) fn names_public_data(name: &str) -> bool {
    last_word_is_in(name.as_bytes(), PUBLIC_DATA_WORDS)
        || words(name.as_bytes()).any(|word| word.eq_ignore_ascii_case(b"public"))
}

/// Whether a text names a file: a key may be given as one.
pub(super) fn names_file(text: &str) -> bool {
    const EXTENSIONS: [&str; 10] = ["pem", "key", "crt", "cer", "der", "p8", "p12", "pfx", "jks", "txt"];
    const BEGINNINGS: [&str; 4] = ["/", "./", "../", "~/"];
    let is_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-~@+:\\".contains(&byte);
    let extension = text.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
    });
    (extension || BEGINNINGS.iter().any(|begin| text.starts_with(begin)))
        && text.len() <= 1024
        && text.bytes().all(is_path)
        && !text.split(['/', '.', '\\']).any(|part| random::is_random(&SecretNames::BUILT_IN, part))
        && !random::is_random(&SecretNames::BUILT_IN, text)
}

fn last_word_is_in(name: &[u8], list: &[&str]) -> bool {
    words(name)
        .filter(|word| !word.iter().all(u8::is_ascii_digit))
        .last()
        .is_some_and(|last| list.iter().any(|word| last.eq_ignore_ascii_case(word.as_bytes())))
}

/// The words of a name: it is split at separators, and at capitals that begin a word. A digit belongs to
/// the word before it.
fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let begins = move |at: usize| {
        name.get(at).is_some_and(|byte| !is_separator(*byte) && !byte.is_ascii_digit())
            && begins_word(name, at)
            || at > 0 && name.get(at - 1).is_some_and(|byte| is_separator(*byte))
    };
    let starts = (0..name.len()).filter(move |at| *at == 0 || begins(*at));
    starts.filter_map(move |start| {
        let end = (start + 1..name.len()).find(|at| begins(*at)).unwrap_or(name.len());
        let word = name.get(start..end)?;
        let len = word.iter().rposition(|byte| !is_separator(*byte)).map_or(0, |last| last + 1);
        word.get(..len).filter(|word| !word.is_empty())
    })
}

/// Whether a word begins here: after a separator or a digit, or at a capital that begins one.
fn begins_word(name: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|before| name.get(before)) else { return true };
    let Some(here) = name.get(at) else { return true };
    let next = name.get(at + 1);
    is_separator(*before)
        || before.is_ascii_digit()
        || !before.is_ascii()
        || before.is_ascii_punctuation()
        || (before.is_ascii_lowercase() && here.is_ascii_uppercase())
        || (before.is_ascii_uppercase()
            && here.is_ascii_uppercase()
            && next.is_some_and(|next| next.is_ascii_lowercase()))
}

/// Whether a word ends before this place.
fn ends_word(name: &[u8], at: usize) -> bool {
    name.get(at).is_none_or(|byte| !byte.is_ascii_alphabetic()) || begins_word(name, at)
}

#[cfg(test)]
mod tests;
