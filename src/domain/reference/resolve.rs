//! Replaces references by values, in one text and in a whole document, as the receiver does.
//!
//! For one text, in this order:
//!
//! 1. if it is a reference to Vault: the field's value, unchanged;
//! 2. if it is a reference to a variable, matched greedily ([`scan::whole_env`]): the variable's value or
//!    the default, sanitized, or a text that names the variable;
//! 3. otherwise references to Vault are replaced, and then, in the result, references to variables.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use super::sanitize::{LIST_ITEM, sanitize, truncate};
use super::scan::{self, ReferencePiece};
use super::vault::{self, VaultField};
use super::{Reference, Variable, Variables, lookups};
use crate::domain::json::{JsonText, JsonValue, requoted};
use crate::domain::{Masking, SecretText, is_pair_value, secret_shapes};

/// How deep below the outermost container texts are resolved; deeper ones are left unchanged.
pub(crate) const MAX_DEPTH: usize = 100;

/// The largest total size of one document's values, in bytes. The receiver has no such limit: there, a
/// document of a megabyte could grow to gigabytes.
pub const MAX_RESOLVED: usize = 16 * 1024 * 1024;

/// The longest path shown in an error, in characters.
const MAX_PLACE: usize = 120;

/// Where values come from.
#[derive(Clone, Copy)]
pub struct ReferenceSources<'a> {
    pub variables: &'a dyn Variables,
    /// Vault's values for the fields of [`vault_fields`], see [`super::python_text`]; a field that is not
    /// here counts as missing.
    pub vault: &'a BTreeMap<VaultField, SecretText>,
}

/// Which references are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolveScope<'a> {
    /// All references, as the receiver does.
    Everything,
    /// Only references to variables that, as far as is known, cannot be secrets: in fields that this masking
    /// does not hide, with names that do not sound secret, in texts that cannot contain a login. All others
    /// stay as written.
    WithoutSecrets(&'a Masking),
}

impl<'a> ResolveScope<'a> {
    /// What decides which values are secrets and stay as written, if any do.
    fn masking(self) -> Option<&'a Masking> {
        match self {
            Self::Everything => None,
            Self::WithoutSecrets(masking) => Some(masking),
        }
    }
}

/// Why a document cannot be resolved; contains no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// A field of Vault has no value, and the reference has no default.
    #[error("{field} of Vault has no value here, and the reference at {place} no default")]
    Vault {
        field: VaultField,
        /// The member that contains the reference, as `outer.inner`.
        place: String,
    },
    /// The receiver refuses the reference, whatever its default.
    #[error("the reference to Vault at {place} is not of the form {{$vault:path#field}}")]
    IllFormed {
        /// The member that contains the reference, as `outer.inner`.
        place: String,
    },
    /// The value of a variable is not UTF-8 text.
    #[error("the variable {name}, referred to at {place}, is not UTF-8 text")]
    NotText {
        name: String,
        /// The member that contains the reference, as `outer.inner`.
        place: String,
    },
    /// The values exceed [`MAX_RESOLVED`].
    #[error("the values of its references come to more than {} MiB at {place}", MAX_RESOLVED >> 20)]
    TooLarge {
        /// The member at which the limit was exceeded, as `outer.inner`.
        place: String,
    },
}

/// Replaces the references of a document by their values. After an error only some are replaced: the
/// document must then be wiped and dropped.
///
/// # Errors
/// [`ResolveError`] where the receiver would refuse the document, or could not keep it in memory.
pub fn resolve(
    document: &mut JsonValue,
    from: ReferenceSources<'_>,
    extent: ResolveScope<'_>,
) -> Result<(), ResolveError> {
    let mut resolver = Resolver { from, scope: extent, remaining: MAX_RESOLVED, path: Vec::new() };
    resolver.visit(document, None, 0)
}

/// The fields of Vault that [`resolve`] looks up for a document.
pub fn vault_fields(document: &JsonValue) -> BTreeSet<VaultField> {
    let mut fields = BTreeSet::new();
    collect(document, 0, &mut fields);
    fields
}

fn collect(value: &JsonValue, depth: usize, fields: &mut BTreeSet<VaultField>) {
    match value {
        JsonValue::String(text) => {
            fields.extend(lookups(&text.lossy()).into_iter().filter_map(|lookup| match lookup.reference {
                Some(Reference::Vault { path, field }) => Some(VaultField { path, field }),
                _ => None,
            }));
        }
        JsonValue::Object(members) if depth <= MAX_DEPTH => {
            members.iter().for_each(|(_, value)| collect(value, depth + 1, fields));
        }
        JsonValue::Array(items) if depth <= MAX_DEPTH => {
            items.iter().for_each(|value| collect(value, depth + 1, fields));
        }
        _ => {}
    }
}

struct Resolver<'a, 'v> {
    from: ReferenceSources<'a>,
    scope: ResolveScope<'a>,
    /// How many more bytes of values may be inserted.
    remaining: usize,
    /// The member names that lead to the current value.
    path: Vec<Cow<'v, str>>,
}

type ResolvedText = Zeroizing<String>;

/// The value of a variable, as far as it is known.
enum VariableValue {
    Value(ResolvedText),
    /// Not set, without a default.
    Unset,
    /// Out of scope, or not visible.
    Withheld,
}

/// A part of a text being assembled.
enum TextPart<'t> {
    Written(&'t str),
    Value(ResolvedText),
}

/// Joins parts into a text with a single allocation, so that no copy is left behind.
fn join(parts: &[TextPart<'_>]) -> ResolvedText {
    let texts = || {
        parts.iter().map(|part| match part {
            TextPart::Written(text) => *text,
            TextPart::Value(value) => value.as_str(),
        })
    };
    let mut whole = Zeroizing::new(String::with_capacity(texts().map(str::len).sum()));
    texts().for_each(|text| whole.push_str(text));
    whole
}

impl<'v> Resolver<'_, 'v> {
    /// `member` is the name of the member that contains the value, see [`sanitize`].
    fn visit(
        &mut self,
        value: &'v mut JsonValue,
        member: Option<&str>,
        depth: usize,
    ) -> Result<(), ResolveError> {
        match value {
            JsonValue::String(JsonText::Text(text)) => self.replace(text, member)?,
            JsonValue::String(JsonText::Unpaired(quoted)) => self.replace_unpaired(quoted, member)?,
            JsonValue::Object(members) if depth <= MAX_DEPTH => {
                let texts =
                    members.iter().filter_map(|(name, value)| Some((name.as_str()?, value.as_str()?)));
                let pair =
                    self.scope.masking().is_some_and(|masking| masking.names().names_secret_pair(texts));
                for (name, value) in members.iter_mut() {
                    let name = name.lossy();
                    if pair && is_pair_value(&name) {
                        continue;
                    }
                    self.path.push(name.clone());
                    self.visit(value, Some(&name), depth + 1)?;
                    self.path.pop();
                }
            }
            // The value of a pair such as `["X-Api-Key", …]`.
            JsonValue::Array(items)
                if member == Some(LIST_ITEM)
                    && let Some(name) = items.first().and_then(JsonValue::as_str)
                    && self.scope.masking().is_some_and(|masking| masking.names().looks_secret(name)) => {}
            JsonValue::Array(items) if depth <= MAX_DEPTH => {
                items.iter_mut().try_for_each(|item| self.visit(item, Some(LIST_ITEM), depth + 1))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The current member, as `outer.inner`, for an error.
    fn place(&self) -> String {
        if self.path.is_empty() {
            return "the top".into();
        }
        self.path.join(".").chars().take(MAX_PLACE).collect()
    }

    fn replace(&mut self, text: &mut String, member: Option<&str>) -> Result<(), ResolveError> {
        if !text.contains("{$") {
            return Ok(());
        }
        let new = match self.scope {
            ResolveScope::Everything => self.full(text, member)?,
            ResolveScope::WithoutSecrets(masking)
                if masking.is_secret_field(&self.path) || holds_login(text) =>
            {
                return Ok(());
            }
            ResolveScope::WithoutSecrets(_) => self.public(text, member)?,
        };
        if let Some(mut new) = new {
            std::mem::swap(text, &mut new);
        }
        Ok(())
    }

    /// A string with halves of surrogate pairs, none of which is in a reference. A text between them is not the
    /// whole string, whatever it is.
    fn replace_unpaired(&mut self, quoted: &mut String, member: Option<&str>) -> Result<(), ResolveError> {
        let mut new = requoted(quoted, |text| {
            let mut text = Zeroizing::new([NEIGHBOUR, text, NEIGHBOUR].concat());
            self.replace(&mut text, member)?;
            let inside = text.strip_prefix(NEIGHBOUR).and_then(|text| text.strip_suffix(NEIGHBOUR));
            Ok(Zeroizing::new(inside.unwrap_or(&text).to_owned()))
        })?;
        std::mem::swap(quoted, &mut new);
        new.zeroize();
        Ok(())
    }

    /// A text as the receiver uses it.
    fn full(&mut self, text: &str, member: Option<&str>) -> Result<Option<ResolvedText>, ResolveError> {
        if let Some(body) = scan::whole_vault(text) {
            return self.vault(body).map(Some);
        }
        if let Some((name, default)) = scan::whole_env(text) {
            return self.whole(name, default, member);
        }
        let mut parts = Vec::new();
        for piece in scan::vault_pieces(text) {
            parts.push(match piece {
                ReferencePiece::Reference(body, _) => TextPart::Value(self.vault(body)?),
                ReferencePiece::Text(text) => TextPart::Written(text),
            });
        }
        // A value of Vault that looks like a reference to a variable is resolved as one.
        let filled = join(&parts);
        Ok(Some(join(&self.env_parts(&filled, member)?)))
    }

    /// A text with its non-secret references resolved; `None` where it stays as written.
    fn public(&mut self, text: &str, member: Option<&str>) -> Result<Option<ResolvedText>, ResolveError> {
        let cut = scan::vault_pieces(text);
        if let Some((name, default)) = scan::whole_env(text) {
            let alone = !cut.iter().any(|piece| matches!(piece, ReferencePiece::Reference(..)));
            return if alone { self.whole(name, default, member) } else { Ok(None) };
        }
        let mut parts = Vec::new();
        for piece in cut {
            match piece {
                ReferencePiece::Text(text) => parts.extend(self.env_parts(text, member)?),
                ReferencePiece::Reference(_, whole) => parts.push(TextPart::Written(whole)),
            }
        }
        Ok(Some(join(&parts)))
    }

    /// A text that is one reference to a variable.
    fn whole(
        &mut self,
        name: &str,
        default: Option<&str>,
        member: Option<&str>,
    ) -> Result<Option<ResolvedText>, ResolveError> {
        Ok(match self.env(name, default, member)? {
            VariableValue::Value(value) => Some(value),
            VariableValue::Unset => Some(Zeroizing::new(format!("Undefined variable {name}"))),
            VariableValue::Withheld => None,
        })
    }

    fn env_parts<'t>(
        &mut self,
        text: &'t str,
        member: Option<&str>,
    ) -> Result<Vec<TextPart<'t>>, ResolveError> {
        let mut parts = Vec::new();
        for piece in scan::env_pieces(text) {
            parts.push(match piece {
                ReferencePiece::Reference((name, default), whole) => match self.env(name, default, member)? {
                    VariableValue::Value(value) => TextPart::Value(value),
                    VariableValue::Unset | VariableValue::Withheld => TextPart::Written(whole),
                },
                ReferencePiece::Text(text) => TextPart::Written(text),
            });
        }
        Ok(parts)
    }

    fn env(
        &mut self,
        name: &str,
        default: Option<&str>,
        member: Option<&str>,
    ) -> Result<VariableValue, ResolveError> {
        let names = self.scope.masking().map(Masking::names);
        if names.is_some_and(|names| names.looks_secret(name)) {
            return Ok(VariableValue::Withheld);
        }
        let value = match (self.from.variables.variable(name), default) {
            (Variable::Text(value), _) => sanitize(value.expose(), member),
            (Variable::NotVisible, _) => return Ok(VariableValue::Withheld),
            (Variable::NotText, _) if names.is_some() => return Ok(VariableValue::Withheld),
            (Variable::NotText, _) => {
                return Err(ResolveError::NotText { name: name.into(), place: self.place() });
            }
            (Variable::Unset, Some(default)) => sanitize(default, member),
            (Variable::Unset, None) => return Ok(VariableValue::Unset),
        };
        if names.is_some_and(|names| holds_login(&value) || !secret_shapes(names, &value, "").is_empty()) {
            return Ok(VariableValue::Withheld);
        }
        self.charge(value).map(VariableValue::Value)
    }

    fn vault(&mut self, body: &str) -> Result<ResolvedText, ResolveError> {
        let Some((field, default)) = vault::parse(body) else {
            return Err(ResolveError::IllFormed { place: self.place() });
        };
        let value = match (self.from.vault.get(&field), vault::default_of(body, default)) {
            (Some(value), _) => truncate(value.expose()),
            (None, Some(default)) => truncate(default),
            (None, None) => return Err(ResolveError::Vault { field, place: self.place() }),
        };
        self.charge(value)
    }

    fn charge(&mut self, value: ResolvedText) -> Result<ResolvedText, ResolveError> {
        let left = self.remaining.checked_sub(value.len());
        self.remaining = left.ok_or_else(|| ResolveError::TooLarge { place: self.place() })?;
        Ok(value)
    }
}

/// A character that no reference begins or ends with.
const NEIGHBOUR: &str = "\u{fffd}";

/// Whether a text may be a URL, or a connection string, that contains a login.
fn holds_login(text: &str) -> bool {
    text.contains('@')
}
