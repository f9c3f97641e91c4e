//! The positions of references and plaintext secrets in a document, in a few bytes each: rows store
//! them, so that the document need not be scanned again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::domain::Reference;
use crate::domain::json::{Lexer, PathStep, Span, path_text, unquote};
use crate::domain::reference::{ReferenceLookup, lookups};

/// The sites of one document. Few need more room, so that hardly any document costs an allocation for them.
pub(in crate::inventory) type SiteBytes = SmallVec<[u8; 24]>;

/// Distinguishes an item's number in an array from the offset of a key; both are stored doubled.
pub(super) const ITEM: u32 = 1;

/// Flags of a value, stored next to the number of steps that lead to it.
pub(super) const SECRET: u32 = 1;
pub(super) const PLAINTEXT: u32 = 1 << 1;
const FLAGS: u32 = 2;

/// How many steps of the way to a value are kept: of one that is nested deeper, which no real document has, the
/// first ones, so that a document of many such values does not become many times its size.
const MAX_STEPS: usize = 128;

/// Adds a value: its offset, its flags with the number of steps, and the steps. Each number is written as a
/// varint, seven bits per byte, lowest first.
pub(super) fn add_site(sites: &mut SiteBytes, start: usize, flags: u32, steps: &[u32]) {
    let steps = steps.get(..MAX_STEPS).unwrap_or(steps);
    let count = u32::try_from(steps.len()).unwrap_or(0);
    let head = [u32::try_from(start).unwrap_or(u32::MAX), count << FLAGS | flags];
    for mut number in head.into_iter().chain(steps.iter().copied()) {
        while number >= 0x80 {
            let [low, ..] = number.to_le_bytes();
            sites.push(low | 0x80);
            number >>= 7;
        }
        sites.extend(u8::try_from(number));
    }
}

fn read_number(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_at_checked(bytes.iter().position(|byte| *byte < 0x80)? + 1)?;
    *bytes = rest;
    Some(number.iter().rev().fold(0, |number, byte| number << 7 | u32::from(byte & 0x7f)))
}

/// The values of a document that refer to something or are plaintext secrets, in document order.
#[derive(Debug, Clone)]
pub struct ValueSites<'a> {
    pub(in crate::inventory) text: &'a str,
    pub(in crate::inventory) sites: &'a [u8],
}

impl<'a> Iterator for ValueSites<'a> {
    type Item = ValueSite<'a>;

    fn next(&mut self) -> Option<ValueSite<'a>> {
        let (start, flags) = (read_number(&mut self.sites)?, read_number(&mut self.sites)?);
        let steps = self.sites;
        for _ in 0..flags >> FLAGS {
            read_number(&mut self.sites)?;
        }
        let steps = steps.get(..steps.len() - self.sites.len())?;
        Some(ValueSite { text: self.text, start: start as usize, flags, steps })
    }
}

impl ValueSites<'_> {
    /// The references, each once, and whether it has a default wherever it occurs.
    pub fn references(self) -> BTreeMap<Reference, bool> {
        let mut found = BTreeMap::new();
        for site in self {
            for ReferenceLookup { reference, default } in lookups(&site.value()) {
                if let Some(reference) = reference {
                    *found.entry(reference).or_insert(true) &= default.is_some();
                }
            }
        }
        found
    }
}

/// A value that refers to something or is a plaintext secret.
#[derive(Debug, Clone, Copy)]
pub struct ValueSite<'a> {
    text: &'a str,
    start: usize,
    flags: u32,
    steps: &'a [u8],
}

impl<'a> ValueSite<'a> {
    /// Whether its field is a secret one.
    pub fn is_secret(self) -> bool {
        self.flags & SECRET != 0
    }

    /// Whether it is a secret in plaintext.
    pub fn is_plaintext(self) -> bool {
        self.flags & PLAINTEXT != 0
    }

    pub fn value(self) -> Cow<'a, str> {
        unquote(self.span().of(self.text)).unwrap_or_default()
    }

    /// Its place in the text, with its quotes.
    pub fn span(self) -> Span {
        token(self.text, self.start)
    }

    /// The way to it.
    pub fn steps(self) -> impl Iterator<Item = PathStep<'a>> {
        let mut steps = self.steps;
        std::iter::from_fn(move || {
            let step = read_number(&mut steps)?;
            Some(match step & ITEM {
                0 => {
                    let name = token(self.text, (step >> 1) as usize).of(self.text);
                    PathStep::Member(unquote(name).unwrap_or_default())
                }
                _ => PathStep::Item((step >> 1) as usize),
            })
        })
    }

    /// The name of the member whose value it is; `None` for an item of an array.
    pub fn member(self) -> Option<Cow<'a, str>> {
        match self.steps().last()? {
            PathStep::Member(name) => Some(name),
            PathStep::Item(_) => None,
        }
    }

    /// `chain[0].module-config.headers.X-Key`, its names as [`escape`](crate::domain::escape) writes them.
    pub fn path(self) -> String {
        path_text(&self.steps().collect::<Vec<_>>())
    }
}

/// The span of the token that begins at `start`.
fn token(text: &str, start: usize) -> Span {
    let rest = text.get(start..).unwrap_or_default();
    let token = Lexer::new(rest).next().map(|lexeme| lexeme.span).unwrap_or(Span { start: 0, end: 0 });
    token.shifted(start)
}
