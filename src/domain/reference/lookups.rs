//! What the receiver would look up for one text, by the rules of [`super::resolve`]: to list what a
//! document needs without resolving it.

use super::scan::{self, ReferencePiece};
use super::vault::{self, VaultField};

/// One look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceLookup<'t> {
    Variable {
        name: &'t str,
        /// What is taken where it is not set.
        default: Option<&'t str>,
        /// Whether it is the whole text: unset and without a default, the text becomes
        /// `Undefined variable NAME`, which anybody can guess.
        whole: bool,
    },
    /// A field of a secret in Vault.
    Vault {
        /// Which.
        field: VaultField,
        /// What is taken where there is none.
        default: Option<&'t str>,
    },
    /// A reference to Vault that the receiver refuses, whatever its default.
    IllFormed,
}

/// The look-ups for one text, in their order. A text that is one reference from its first brace to
/// its last has one, even where its default holds what looks like others.
pub fn lookups(text: &str) -> Vec<ReferenceLookup<'_>> {
    if !text.contains("{$") {
        return Vec::new();
    }
    if let Some(body) = scan::whole_vault(text) {
        return vec![vault(body)];
    }
    if let Some((name, default)) = scan::whole_env(text) {
        return vec![ReferenceLookup::Variable { name, default, whole: true }];
    }
    let mut found = Vec::new();
    for piece in scan::vault_pieces(text) {
        match piece {
            ReferencePiece::Vault { body, .. } => found.push(vault(body)),
            ReferencePiece::Text(text) | ReferencePiece::Env { whole: text, .. } => {
                found.extend(scan::env_pieces(text).into_iter().filter_map(|piece| match piece {
                    ReferencePiece::Env { name, default, .. } => {
                        Some(ReferenceLookup::Variable { name, default, whole: false })
                    }
                    _ => None,
                }));
            }
        }
    }
    found
}

fn vault(body: &str) -> ReferenceLookup<'_> {
    match vault::parse(body) {
        Some((field, at)) => ReferenceLookup::Vault { field, default: vault::default_of(body, at) },
        None => ReferenceLookup::IllFormed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        lookups(text)
            .into_iter()
            .map(|found| match found {
                ReferenceLookup::Variable { name, default, whole } => format!("{name} {default:?} {whole}"),
                ReferenceLookup::Vault { field, default } => format!("{field} {default:?}"),
                ReferenceLookup::IllFormed => "ill-formed".into(),
            })
            .collect()
    }

    #[test]
    fn the_receiver_s_rules_decide_what_is_looked_up() {
        for (text, expected) in [
            ("plain ${A} $A {$A-B}", &[][..]),
            ("{$vault:a#b:c}", &["a#b Some(\"c\")"]),
            ("{$vault:a}", &["ill-formed"]),
            ("x{$vault:a}y{$vault:/b/#c}", &["ill-formed", "b#c None"]),
            ("{$A}", &["A None true"]),
            ("{$A}-{$B:}", &["A None false", "B Some(\"\") false"]),
            // One reference, greedily: what its default holds is never looked up.
            ("{$H:localhost}:{$vault:a#b}", &["H Some(\"localhost}:{$vault:a#b\") true"]),
            ("x{$A:{$vault:a#b}}", &["a#b None"]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
