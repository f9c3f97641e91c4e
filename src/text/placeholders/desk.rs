//! Which number a secret gets on its way out.

use std::collections::HashMap;

use super::Kept;
use super::marks::{ESCAPED, write};
use super::seats::seats;
use super::shelve::{Bit, Secret};

/// Gives stored secrets their numbers: the one they came from, else the one in the same seat, else
/// the next of those with the same bytes.
pub(super) struct Desk<'k> {
    numbers: HashMap<(&'k str, bool), Vec<usize>>,
    concealed: &'k str,
    /// By the order of the secrets in the draft.
    seated: HashMap<usize, usize>,
    next: usize,
    used: HashMap<(&'k str, bool), usize>,
}

impl<'k> Desk<'k> {
    pub(super) fn of(stored: &'k Kept, concealed: &'k str) -> Self {
        let mut numbers: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, original) in stored.0.iter().enumerate() {
            if let Some(original) = original {
                numbers.entry((original.bytes.as_str(), original.bare)).or_default().push(at + 1);
            }
        }
        Self { numbers, concealed, seated: HashMap::new(), next: 0, used: HashMap::new() }
    }

    /// Looks where the secrets sit that several numbers fit.
    pub(super) fn seat(&mut self, bits: &[Bit<'k>]) {
        let candidates = |secret: &Secret<'k>| self.numbers.get(&(secret.bytes, secret.bare));
        let unclear = |bit: &Bit<'k>| match bit {
            Bit::Secret(secret) => candidates(secret).is_some_and(|numbers| {
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
                Bit::Shown(shown) => text.push_str(shown),
                Bit::Word => text.push_str(ESCAPED),
                Bit::Left(_) => {}
                Bit::Secret(secret) => {
                    count += 1;
                    text.push_str(&write(count, secret.bare));
                }
            }
        }
        let stored: HashMap<_, _> = seats(self.concealed).into_iter().collect();
        let here = seats(&text).into_iter();
        self.seated = here.filter_map(|(seat, at)| Some((at, *stored.get(&seat)?))).collect();
    }

    /// The number of the next secret of the draft, if it is stored.
    pub(super) fn number(&mut self, secret: &Secret<'k>) -> Option<usize> {
        self.next += 1;
        let (key, numbers) = self.numbers.get_key_value(&(secret.bytes, secret.bare))?;
        let fits = |number: &usize| numbers.contains(number);
        if let Some(origin) = secret.origin.filter(fits) {
            return Some(origin);
        }
        if let Some(seated) = self.seated.get(&self.next).copied().filter(fits) {
            return Some(seated);
        }
        let used = self.used.entry(*key).or_default();
        let number = numbers.get((*used).min(numbers.len() - 1)).copied();
        *used += 1;
        number
    }
}
