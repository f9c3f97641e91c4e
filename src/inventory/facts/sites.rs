//! Where references and secrets in plaintext stand in a document, in a few bytes for each: rows keep
//! them, so that nobody has to read the document again.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::Reference;
use crate::domain::json::{Lexer, unquote};
use crate::domain::reference::{ReferenceLookup, lookups};

/// Marks a step that is an item of an array and not the offset of a key.
pub(super) const ITEM: u32 = 1 << 31;

/// What is known of a value, beside the number of steps that lead to it.
pub(super) const SECRET: u32 = 1 << 31;
pub(super) const PLAINTEXT: u32 = 1 << 30;
const REMOVED: u32 = 1 << 29;
const STEPS: u32 = REMOVED - 1;

/// For each value: its offset, its flags with the number of steps, the steps.
#[derive(Debug, Default)]
pub(super) struct SiteBuilder {
    words: Vec<u32>,
    has_removed: bool,
}

impl SiteBuilder {
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn add(&mut self, start: usize, flags: u32, steps: &[u32]) {
        let count = u32::try_from(steps.len()).unwrap_or(0);
        self.words.extend([u32::try_from(start).unwrap_or(u32::MAX), flags | count]);
        self.words.extend(steps);
    }

    pub(super) fn remove(&mut self, range: Range<usize>) {
        let Some(mut words) = self.words.get_mut(range) else { return };
        while let Some((site, rest)) = words.split_at_mut_checked(2) {
            let [_, flags] = site else { return };
            *flags |= REMOVED;
            words = rest.get_mut((*flags & STEPS) as usize..).unwrap_or_default();
        }
        self.has_removed = true;
    }

    pub(super) fn finish(self) -> Box<[u32]> {
        if !self.has_removed {
            return self.words.into();
        }
        let mut kept = Self::default();
        for site in (ValueSites { text: "", words: &self.words }).filter(|site| site.flags & REMOVED == 0) {
            kept.add(site.start, site.flags & !STEPS, site.steps);
        }
        kept.words.into()
    }
}

/// The values of a document that refer to something, or are secrets in plaintext, in its order.
#[derive(Debug, Clone)]
pub struct ValueSites<'a> {
    pub(in crate::inventory) text: &'a str,
    pub(in crate::inventory) words: &'a [u32],
}

impl<'a> Iterator for ValueSites<'a> {
    type Item = ValueSite<'a>;

    fn next(&mut self) -> Option<ValueSite<'a>> {
        let (&[start, flags], rest) = self.words.split_first_chunk()?;
        let (steps, rest) = rest.split_at_checked((flags & STEPS) as usize)?;
        self.words = rest;
        Some(ValueSite { text: self.text, start: start as usize, flags, steps })
    }
}

impl ValueSites<'_> {
    /// The references, each once, with whether it has a default wherever it stands.
    pub fn references(self) -> BTreeMap<Reference, bool> {
        let mut found = BTreeMap::new();
        for site in self {
            for one in lookups(&site.value()) {
                let (reference, default) = match one {
                    ReferenceLookup::Variable { name, default, .. } => {
                        (Reference::Env { name: name.into() }, default)
                    }
                    ReferenceLookup::Vault { field, default } => {
                        (Reference::Vault { path: field.path, field: field.field }, default)
                    }
                    ReferenceLookup::IllFormed => continue,
                };
                *found.entry(reference).or_insert(true) &= default.is_some();
            }
        }
        found
    }
}

/// A value that refers to something, or is a secret in plaintext.
#[derive(Debug, Clone, Copy)]
pub struct ValueSite<'a> {
    text: &'a str,
    start: usize,
    flags: u32,
    steps: &'a [u32],
}

impl<'a> ValueSite<'a> {
    /// Whether it is a field for secrets.
    pub fn is_secret(self) -> bool {
        self.flags & SECRET != 0
    }

    /// Whether a secret stands there as it is.
    pub fn is_plaintext(self) -> bool {
        self.flags & PLAINTEXT != 0
    }

    pub fn value(self) -> Cow<'a, str> {
        token(self.text, self.start)
    }

    /// `chain[0].module-config.headers.X-Key`; not yet safe to show.
    pub fn path(self) -> String {
        let mut path = String::new();
        for step in self.steps {
            if step & ITEM != 0 {
                path.push_str(&format!("[{}]", step & !ITEM));
            } else {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(&token(self.text, *step as usize));
            }
        }
        path
    }
}

/// The token that begins here; of a string, what it says.
fn token(text: &str, start: usize) -> Cow<'_, str> {
    let rest = text.get(start..).unwrap_or_default();
    let token = Lexer::new(rest).next().map_or("", |lexeme| lexeme.span.of(rest));
    unquote(token).unwrap_or_default()
}
