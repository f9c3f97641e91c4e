//! The nearest known name to one that is not known.

/// Longer names are no misspelt ones.
const MAX_NAME: usize = 64;

/// The candidate that a name was probably meant to be: a few letters differ, or only case, `-` and `_`.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let plain = |name: &str| name.to_lowercase().replace('-', "_");
    let wanted = plain(name);
    let allowed = (wanted.chars().count() / 3).min(3);
    let distance = |candidate: &str| strsim::osa_distance(&wanted, &plain(candidate));
    let near = candidates.into_iter().map(|candidate| (distance(candidate), candidate));
    let (_, nearest) =
        near.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance)?;
    Some(nearest)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_the_name_that_was_meant_and_another_word_finds_none() {
        let known = ["authorization", "hmac", "rate_limit", "module-config", "jwt"];
        for (typed, meant) in [
            ("autorization", Some("authorization")),
            ("hmca", Some("hmac")),
            ("RateLimit", Some("rate_limit")),
            ("module_config", Some("module-config")),
            ("description", None),
            ("jw", None),
            ("_comment", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
        assert_eq!(nearest(&"a".repeat(1 << 20), known), None);
    }
}
