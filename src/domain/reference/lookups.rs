//! The look-ups that the receiver would make for one text, by the rules of [`super::resolve`]: to list
//! what a document needs without resolving it.

use super::Reference;
use super::scan::{self, ReferencePiece};
use super::vault::{self, VaultField};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceLookup<'t> {
    /// What is looked up; `None` is a reference to Vault that the receiver refuses, whatever its default.
    pub reference: Option<Reference>,
    /// The default, used if there is no value.
    pub default: Option<&'t str>,
}

/// The look-ups for one text, in order. A text that is one reference from its first brace to its last
/// has one, even where its default contains what looks like others.
pub fn lookups(text: &str) -> Vec<ReferenceLookup<'_>> {
    if !text.contains("{$") {
        return Vec::new();
    }
    if let Some(body) = scan::whole_vault(text) {
        return vec![vault(body)];
    }
    if let Some(reference) = scan::whole_env(text) {
        return vec![variable(reference)];
    }
    let mut found = Vec::new();
    for piece in scan::vault_pieces(text) {
        match piece {
            ReferencePiece::Reference(body, _) => found.push(vault(body)),
            ReferencePiece::Text(text) => {
                found.extend(scan::env_pieces(text).into_iter().filter_map(|piece| match piece {
                    ReferencePiece::Reference(reference, _) => Some(variable(reference)),
                    ReferencePiece::Text(_) => None,
                }));
            }
        }
    }
    found
}

fn variable<'t>((name, default): (&str, Option<&'t str>)) -> ReferenceLookup<'t> {
    ReferenceLookup { reference: Some(Reference::Env { name: name.into() }), default }
}

fn vault(body: &str) -> ReferenceLookup<'_> {
    let found = vault::parse(body);
    let default = found.as_ref().and_then(|(_, at)| vault::default_of(body, *at));
    let reference = found.map(|(VaultField { path, field }, _)| Reference::Vault { path, field });
    ReferenceLookup { reference, default }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        lookups(text)
            .into_iter()
            .map(|ReferenceLookup { reference, default }| match reference {
                Some(Reference::Env { name }) => format!("{name} {default:?}"),
                Some(Reference::Vault { path, field }) => format!("{path}#{field} {default:?}"),
                None => "ill-formed".into(),
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
            ("{$A}", &["A None"]),
            ("{$A}-{$B:}", &["A None", "B Some(\"\")"]),
            // One reference, greedily: what its default contains is never looked up.
            ("{$H:localhost}:{$vault:a#b}", &["H Some(\"localhost}:{$vault:a#b\")"]),
            ("x{$A:{$vault:a#b}}", &["a#b None"]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
