//! What a name says: the heuristic for fields that are in no list, over the rows of the table of names.

use super::table::{
    ABOUT_WORDS, HARMLESS_NAMES, NAMES, NameRule, PUBLIC_DATA_WORDS, PUBLIC_WORDS, WordPlace,
};
use super::{Secrecy, random};

/// Parts of the names that the lists of fields know only in one place, for texts in which places are
/// uncertain.
const LISTED: [&str; 4] = ["headers", "connectiondetails", "awsaccesskeyid", "awssecretaccesskey"];

/// Longer names are secret for each word of the table in them, whatever follows it.
const MAX_NAME: usize = 256;

/// The pairs of letters that words of the table begin with, so that hardly any position of a name needs a
/// comparison.
const PAIRS: u128 = {
    let (mut pairs, mut rest) = (0, NAMES);
    while let [rule, tail @ ..] = rest {
        if let [first, second, ..] = rule.word.as_bytes() {
            pairs |= pair(*first, *second);
        }
        rest = tail;
    }
    pairs
};

/// The bit of a pair of letters; few of the other pairs share it.
const fn pair(first: u8, second: u8) -> u128 {
    1 << ((first.wrapping_mul(5) ^ second) & 127)
}

/// A name as the heuristic compares it: ASCII letters in lower case, without separators, so that
/// `api_key`, `API-Key` and `apiKey` are equal. Compared in place: documents have very many names.
#[derive(Clone)]
struct FoldedName<'a>(&'a [u8]);

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

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b' ' | b'-'..=b'/')
}

/// What a name says of the values under it.
pub fn name_secrecy(name: &str) -> Secrecy {
    let (bytes, mut found) = (name.as_bytes(), Secrecy::Open);
    let mut folded = FoldedName(bytes);
    let Some(mut first) = folded.next() else { return found };
    loop {
        let rest = folded.clone();
        let Some(second) = folded.next() else { break };
        if PAIRS & pair(first, second) != 0 {
            for rule in NAMES {
                if let Some((own, tail)) = rule.word.as_bytes().split_first()
                    && *own == first
                    && let Some(after) = rest.after(tail)
                    && counts(rule, bytes, bytes.len() - rest.0.len() - 1, after)
                {
                    found = found.max(rule.secrecy);
                }
            }
            if found == Secrecy::All {
                break;
            }
        }
        first = second;
    }
    let harmless = found != Secrecy::Open && HARMLESS_NAMES.iter().any(|name| FoldedName(bytes).is(name));
    if harmless { Secrecy::Open } else { found }
}

/// Whether a name sounds like a secret: the heuristic for fields that are in no list.
pub fn looks_secret(name: &str) -> bool {
    name_secrecy(name) != Secrecy::Open
}

/// Whether a name sounds like a secret, or is listed in some place: for texts so broken that the place
/// is not known.
pub fn may_be_secret(name: &str) -> bool {
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
        && !text.split(['/', '.', '\\']).any(random::is_random)
        && !random::is_random(text)
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
