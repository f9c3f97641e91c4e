//! Assigns placeholder numbers to the secrets of a draft.

use std::collections::HashMap;

use super::ConcealedSecrets;
use super::paths::placeholder_paths;
use super::redact::{DraftPart, DraftSecret};
use super::syntax::{ESCAPED, write_placeholder};

/// Numbers for stored secrets: the number they came from, else the one at the same path, else
/// the next of those with the same bytes.
pub(super) struct Numbering<'k> {
    numbers: HashMap<(&'k str, bool), Vec<usize>>,
    concealed: &'k str,
    /// By the index of the secrets in the draft.
    by_path: HashMap<usize, usize>,
    next: usize,
    used: HashMap<(&'k str, bool), usize>,
}

impl<'k> Numbering<'k> {
    pub(super) fn of(stored: &'k ConcealedSecrets, concealed: &'k str) -> Self {
        let mut numbers: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, original) in stored.0.iter().enumerate() {
            if let Some(original) = original {
                numbers.entry((original.bytes.as_str(), original.bare)).or_default().push(at + 1);
            }
        }
        Self { numbers, concealed, by_path: HashMap::new(), next: 0, used: HashMap::new() }
    }

    /// Compares paths for secrets that match several numbers.
    pub(super) fn match_paths(&mut self, bits: &[DraftPart<'k>]) {
        let candidates = |secret: &DraftSecret<'k>| self.numbers.get(&(secret.bytes, secret.bare));
        let unclear = |bit: &DraftPart<'k>| match bit {
            DraftPart::Secret(secret) => candidates(secret).is_some_and(|numbers| {
                numbers.len() > 1 && secret.origin.is_none_or(|origin| !numbers.contains(&origin))
            }),
            _ => false,
        };
        if !bits.iter().any(unclear) {
            return;
        }
        let mut text = String::new();
        let mut count = 0;
        for bit in bits {
            match bit {
                DraftPart::Shown(shown) => text.push_str(shown),
                DraftPart::Word => text.push_str(ESCAPED),
                DraftPart::Left(_) => {}
                DraftPart::Secret(secret) => {
                    count += 1;
                    text.push_str(&write_placeholder(count, secret.bare));
                }
            }
        }
        let stored: HashMap<_, _> = placeholder_paths(self.concealed).into_iter().collect();
        let here = placeholder_paths(&text).into_iter();
        self.by_path = here.filter_map(|(path, at)| Some((at, *stored.get(&path)?))).collect();
    }

    /// The number of the next secret of the draft, if it is stored.
    pub(super) fn number(&mut self, secret: &DraftSecret<'k>) -> Option<usize> {
        self.next += 1;
        let (key, numbers) = self.numbers.get_key_value(&(secret.bytes, secret.bare))?;
        let fits = |number: &usize| numbers.contains(number);
        if let Some(origin) = secret.origin.filter(fits) {
            return Some(origin);
        }
        if let Some(seated) = self.by_path.get(&self.next).copied().filter(fits) {
            return Some(seated);
        }
        let used = self.used.entry(*key).or_default();
        let number = numbers.get((*used).min(numbers.len() - 1)).copied();
        *used += 1;
        number
    }
}
