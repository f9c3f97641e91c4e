//! Finds references in a text, each with its default: for masks, indexes and colours.

use super::scan::split_name;
use super::vault::{self, VaultField};
use crate::domain::json::Span;

/// One reference found in a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// A variable of the receiver's environment.
    Env { name: String },
    /// A field of a Vault secret, relative to the receiver's mount.
    Vault {
        /// The path, without outer slashes.
        path: String,
        /// The field's name.
        field: String,
    },
}

/// A reference, its span, and the span of its default.
pub(crate) type ReferenceMatch = (Reference, Span, Option<Span>);

/// The references in the value of one string, in order, each with its span and the span of its
/// default, which is plaintext wherever the field is a secret.
///
/// Text that the receiver does not treat as a reference (`{$A-B}`, `${NAME}`, an ill-formed vault
/// reference) is left out.
pub fn references_in(value: &str) -> Vec<ReferenceMatch> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut close = 0;
    while let Some(start) = value.get(at..).and_then(|rest| rest.find("{$")).map(|offset| at + offset) {
        // Remembered, so that many openings before one brace cost only one search.
        if close <= start {
            let Some(offset) = value.get(start..).and_then(|rest| rest.find('}')) else { break };
            close = start + offset;
        }
        at = start + 2;
        if let Some((reference, default)) = value.get(at..close).and_then(read) {
            let default = default.map(|length| Span { start: close - length, end: close });
            at = close + 1;
            found.push((reference, Span { start, end: at }, default));
        }
    }
    found
}

/// Longer than any legal reference with blanks around its parts; longer texts are not searched.
const MAX_VAULT_BODY: usize = 8192;

/// Parses the text between the braces of a reference, with the length of its default.
fn read(body: &str) -> Option<(Reference, Option<usize>)> {
    if let Some(vault) = body.strip_prefix("vault:") {
        let vault = Some(vault).filter(|vault| vault.len() <= MAX_VAULT_BODY)?;
        let (VaultField { path, field }, default) = vault::parse(vault)?;
        return Some((Reference::Vault { path, field }, default.map(|at| vault.len() - at)));
    }
    let (name, rest) = split_name(body)?;
    let default = rest.strip_prefix(':').map(str::len);
    (default.is_some() || rest.is_empty()).then(|| (Reference::Env { name: name.into() }, default))
}

/// Whether a text consists of references only, apart from their defaults.
pub(crate) fn is_all_references(text: &str) -> bool {
    references_in(text).iter().map(|(_, span, _)| span.len()).sum::<usize>() == text.len()
}

/// The password of `user:password@host`: the text between the first colon outside of a reference and the
/// last `@`. It may contain characters that a URL should escape.
pub(crate) fn login_password(text: &str) -> Option<Span> {
    let end = text.rfind('@')?;
    let login = text.get(..end)?;
    let mut at = 0;
    for (_, span, _) in references_in(login) {
        if let Some(colon) = (Span { start: at, end: span.start }).of(login).find(':') {
            return Some(Span { start: at + colon + 1, end });
        }
        at = span.end;
    }
    let colon = login.get(at..)?.find(':')?;
    Some(Span { start: at + colon + 1, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Vec<String> {
        references_in(value)
            .into_iter()
            .map(|(reference, span, default)| {
                let default = default.map(|span| span.of(value));
                format!("{reference:?} {} {default:?}", span.of(value))
            })
            .collect()
    }

    #[test]
    fn finds_references_where_the_receiver_does() {
        assert_eq!(
            shown("amqp://{$USER:guest}@{$H}"),
            ["Env { name: \"USER\" } {$USER:guest} Some(\"guest\")", "Env { name: \"H\" } {$H} None",]
        );
        assert_eq!(
            shown("{$vault:/app/github#hmac:a:b}"),
            ["Vault { path: \"app/github\", field: \"hmac\" } {$vault:/app/github#hmac:a:b} Some(\"a:b\")"]
        );
        assert_eq!(shown("{$vault}"), ["Env { name: \"vault\" } {$vault} None"]);
    }

    #[test]
    fn many_openings_cost_one_pass() {
        let text = format!("{}}}", "{$vault:".repeat(100_000));
        assert!(references_in(&text).is_empty());
        let text = format!("{}{{$A:x}}", "{$".repeat(100_000));
        assert_eq!(references_in(&text).len(), 1);
    }

    #[test]
    fn leaves_out_what_the_receiver_takes_as_text() {
        for text in [
            "{$A-B}",
            "{$ A}",
            "{$}",
            "{$:d}",
            "${NAME}",
            "$NAME",
            "{$vault:a/../b#c}",
            "{$vault:a#b/c}",
            "{$A",
        ] {
            assert!(references_in(text).is_empty(), "{text}");
        }
    }
}
