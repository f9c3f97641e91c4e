//! Where references stand in a text, each with its default: for masks, indexes and colours.

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

/// A reference, where it stands, and where its default stands.
pub(crate) type ReferenceMatch = (Reference, Span, Option<Span>);

/// The references in the value of one string, in order, each with its span and the span of its
/// default, which is plaintext wherever the field is a secret.
///
/// What the receiver takes as plain text (`{$A-B}`, `${NAME}`, an ill-formed vault reference)
/// is not a reference and is left out.
pub fn references_in(value: &str) -> Vec<ReferenceMatch> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut close = 0;
    while let Some(start) = value.get(at..).and_then(|rest| rest.find("{$")).map(|offset| at + offset) {
        // Remembered, so that many openings before one brace cost one search.
        if close <= start {
            let Some(offset) = value.get(start..).and_then(|rest| rest.find('}')) else { break };
            close = start + offset;
        }
        let body = Span { start: start + 2, end: close };
        let span = Span { start, end: close + 1 };
        if let Some((reference, default)) = read(value, body) {
            found.push((reference, span, default));
            at = span.end;
        } else {
            at = start + 2;
        }
    }
    found
}

fn read(value: &str, body: Span) -> Option<(Reference, Option<Span>)> {
    let text = body.of(value);
    if let Some(vault) = text.strip_prefix("vault:") {
        return read_vault(value, Span { start: body.end - vault.len(), end: body.end });
    }
    let (name, rest) = split_name(text)?;
    let default = match rest.strip_prefix(':') {
        Some(default) => Some(Span { start: body.end - default.len(), end: body.end }),
        None if rest.is_empty() => None,
        None => return None,
    };
    Some((Reference::Env { name: name.into() }, default))
}

/// More than any legal reference with blanks around its parts; longer texts are not searched.
const MAX_VAULT_BODY: usize = 8192;

fn read_vault(value: &str, body: Span) -> Option<(Reference, Option<Span>)> {
    let text = body.of(value);
    if text.len() > MAX_VAULT_BODY {
        return None;
    }
    let (VaultField { path, field }, default) = vault::parse(text)?;
    let default = default.map(|at| Span { start: body.start + at, end: body.end });
    Some((Reference::Vault { path, field }, default))
}

/// Whether a text is references and nothing else; their defaults do not count.
pub(crate) fn is_all_references(text: &str) -> bool {
    references_in(text).iter().map(|(_, span, _)| span.len()).sum::<usize>() == text.len()
}

/// The password of `user:password@host`: what stands between the first colon that is no part of a
/// reference and the last `@`. It may hold what a URL should escape.
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
