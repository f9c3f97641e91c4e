//! Texts that live as long as the program: the names and words of rules.

use std::collections::BTreeSet;

use parking_lot::Mutex;

static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The text, kept for good. Findings name their rule millions of times, and rules of the catalogue are known when
/// the program is built; what the settings of one process say of own rules is a few kilobytes however often they
/// are read again, because the same text is kept once.
pub(super) fn interned(text: &str) -> &'static str {
    let mut texts = TEXTS.lock();
    if let Some(known) = texts.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into());
    texts.insert(kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::interned;

    #[test]
    fn the_same_text_is_kept_once() {
        let (one, other) = (interned("prod-auth"), interned(&String::from("prod-auth")));
        assert!(std::ptr::eq(one, other));
        assert_eq!(one, "prod-auth");
    }
}
