//! Values in place of references, in one text and in a whole document, as the receiver puts them there.
//!
//! For one text, in this order:
//!
//! 1. it is a reference to Vault: the field's value, as it is;
//! 2. it is a reference to a variable, taken greedily ([`scan::whole_env`]): the variable's value, or
//!    the default, cleaned, or a text that names the variable;
//! 3. otherwise references to Vault are replaced, and then, in what that gives, references to variables.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use thiserror::Error;
use zeroize::Zeroizing;

use super::clean::{Member, clean, shorten};
use super::scan::{self, Piece};
use super::vault::{self, VaultField};
use super::{Variable, Variables};
use crate::domain::{DocumentKind, SecretText, is_secret_field, looks_secret};

/// How many containers a text may lie in below the outermost one; deeper ones are left as they are.
const MAX_DEPTH: usize = 100;

/// How many bytes the values of one document may come to. The receiver has no such limit, and a
/// document of a megabyte could make gigabytes there.
pub const MAX_RESOLVED: usize = 16 * 1024 * 1024;

/// How much of a place an error tells, in characters.
const MAX_PLACE: usize = 120;

/// What values come from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The variables.
    pub variables: &'a dyn Variables,
    /// What Vault holds in the fields of [`vault_fields`], see [`super::text_of`]; what is not here is
    /// taken as missing.
    pub vault: &'a BTreeMap<VaultField, SecretText>,
}

/// Which references are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All, as the receiver does.
    Everything,
    /// Those to variables that can be no secret, by all that is known: in fields of this kind of
    /// document that are no secrets, under names that do not sound like one, in texts that can hold no
    /// login. All others stay as written.
    WithoutSecrets(DocumentKind),
}

/// Why a document cannot be resolved; holds no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unresolved {
    /// A field of Vault has no value, and the reference no default.
    #[error("{field} of Vault has no value here, and the reference at {place} no default")]
    Vault {
        /// Which field.
        field: VaultField,
        /// The member it stands in, as `outer.inner`.
        place: String,
    },
    /// The receiver refuses the reference, whatever its default.
    #[error("the reference to Vault at {place} is not of the form {{$vault:path#field}}")]
    IllFormed {
        /// The member it stands in, as `outer.inner`.
        place: String,
    },
    /// A variable does not hold text.
    #[error("the variable {name}, referred to at {place}, is not UTF-8 text")]
    NotText {
        /// Its name.
        name: String,
        /// The member it stands in, as `outer.inner`.
        place: String,
    },
    /// The values come to more than [`MAX_RESOLVED`].
    #[error("the values of its references come to more than {} MiB at {place}", MAX_RESOLVED >> 20)]
    TooLarge {
        /// The member that went beyond it, as `outer.inner`.
        place: String,
    },
}

/// Puts values in place of the references of a document. After an error some are in place: the
/// document is then to be wiped and dropped.
///
/// # Errors
/// [`Unresolved`] where the receiver would refuse the document, or could not hold it.
pub fn resolve(document: &mut Value, from: Sources<'_>, extent: Extent) -> Result<(), Unresolved> {
    let mut resolver = Resolver { from, extent, room: MAX_RESOLVED };
    if let Value::String(text) = document {
        return resolver.replace(text, Member::none, &[]);
    }
    resolver.visit(document, 0, &mut Vec::new())
}

/// The fields of Vault that [`resolve`] asks for in a document.
pub fn vault_fields(document: &Value) -> BTreeSet<VaultField> {
    let mut fields = BTreeSet::new();
    if let Value::String(text) = document {
        collect(text, &mut fields);
    }
    collect_in(document, 0, &mut fields);
    fields
}

fn collect_in(value: &Value, depth: usize, fields: &mut BTreeSet<VaultField>) {
    let mut child = |value: &Value| match value {
        Value::String(text) => collect(text, fields),
        value if depth < MAX_DEPTH => collect_in(value, depth + 1, fields),
        _ => {}
    };
    match value {
        Value::Object(members) => members.values().for_each(&mut child),
        Value::Array(items) => items.iter().for_each(&mut child),
        _ => {}
    }
}

fn collect(text: &str, fields: &mut BTreeSet<VaultField>) {
    let mut add = |body| fields.extend(vault::parse(body).map(|(field, _)| field));
    if let Some(body) = scan::whole_vault(text) {
        add(body);
    } else if scan::whole_env(text).is_none() {
        for piece in scan::vault_pieces(text) {
            if let Piece::Vault { body, .. } = piece {
                add(body);
            }
        }
    }
}

/// What is wrong, before it is known where.
enum Cause {
    Vault(VaultField),
    IllFormed,
    NotText(String),
    TooLarge,
}

impl Cause {
    fn at(self, path: &[&str]) -> Unresolved {
        let place = place(path);
        match self {
            Self::Vault(field) => Unresolved::Vault { field, place },
            Self::IllFormed => Unresolved::IllFormed { place },
            Self::NotText(name) => Unresolved::NotText { name, place },
            Self::TooLarge => Unresolved::TooLarge { place },
        }
    }
}

fn place(path: &[&str]) -> String {
    if path.is_empty() { "the top".into() } else { path.join(".").chars().take(MAX_PLACE).collect() }
}

struct Resolver<'a> {
    from: Sources<'a>,
    extent: Extent,
    /// How many bytes of values may still be put in.
    room: usize,
}

type Resolved = Zeroizing<String>;

/// What is known of a variable.
enum Known {
    Value(Resolved),
    /// Not set, and no default.
    Unset,
    /// The extent leaves it out.
    Withheld,
}

/// A part of a text that is being put together.
enum Part<'t> {
    Written(&'t str),
    Value(Resolved),
}

/// Joins parts into a text that is allocated once, so that no copy is left behind.
fn join(parts: &[Part<'_>]) -> Resolved {
    let texts = || {
        parts.iter().map(|part| match part {
            Part::Written(text) => *text,
            Part::Value(value) => value.as_str(),
        })
    };
    let mut whole = Zeroizing::new(String::with_capacity(texts().map(str::len).sum()));
    texts().for_each(|text| whole.push_str(text));
    whole
}

impl Resolver<'_> {
    fn visit<'v>(
        &mut self,
        value: &'v mut Value,
        depth: usize,
        path: &mut Vec<&'v str>,
    ) -> Result<(), Unresolved> {
        if depth > MAX_DEPTH {
            return Ok(());
        }
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    path.push(name);
                    match value {
                        Value::String(text) => self.replace(text, || Member::named(name), path)?,
                        value => self.visit(value, depth + 1, path)?,
                    }
                    path.pop();
                }
            }
            Value::Array(items) => {
                for item in items {
                    match item {
                        Value::String(text) => self.replace(text, Member::item, path)?,
                        value => self.visit(value, depth + 1, path)?,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn replace(
        &mut self,
        text: &mut String,
        member: impl FnOnce() -> Member,
        path: &[&str],
    ) -> Result<(), Unresolved> {
        if !text.contains("{$") {
            return Ok(());
        }
        let new = match self.extent {
            Extent::Everything => self.full(text, &member()),
            Extent::WithoutSecrets(kind) if is_secret_field(kind, path) || holds_login(text) => return Ok(()),
            Extent::WithoutSecrets(_) => self.public(text, &member()),
        };
        if let Some(mut new) = new.map_err(|cause| cause.at(path))? {
            std::mem::swap(text, &mut new);
        }
        Ok(())
    }

    /// A text as the receiver uses it.
    fn full(&mut self, text: &str, member: &Member) -> Result<Option<Resolved>, Cause> {
        if let Some(body) = scan::whole_vault(text) {
            return self.vault(body).map(Some);
        }
        if let Some((name, default)) = scan::whole_env(text) {
            return self.whole(name, default, member);
        }
        let mut parts = Vec::new();
        for piece in scan::vault_pieces(text) {
            parts.push(match piece {
                Piece::Vault { body, .. } => Part::Value(self.vault(body)?),
                Piece::Text(text) | Piece::Env { whole: text, .. } => Part::Written(text),
            });
        }
        // A value of Vault that looks like a reference to a variable is one here.
        let filled = join(&parts);
        Ok(Some(join(&self.env_parts(&filled, member)?)))
    }

    /// A text with that filled in which is no secret; `None` where it stays as written.
    fn public(&mut self, text: &str, member: &Member) -> Result<Option<Resolved>, Cause> {
        let cut = scan::vault_pieces(text);
        if let Some((name, default)) = scan::whole_env(text) {
            let alone = !cut.iter().any(|piece| matches!(piece, Piece::Vault { .. }));
            return if alone { self.whole(name, default, member) } else { Ok(None) };
        }
        let mut parts = Vec::new();
        for piece in cut {
            match piece {
                Piece::Text(text) => parts.extend(self.env_parts(text, member)?),
                Piece::Vault { whole, .. } | Piece::Env { whole, .. } => parts.push(Part::Written(whole)),
            }
        }
        Ok(Some(join(&parts)))
    }

    /// A text that is one reference to a variable.
    fn whole(
        &mut self,
        name: &str,
        default: Option<&str>,
        member: &Member,
    ) -> Result<Option<Resolved>, Cause> {
        Ok(match self.env(name, default, member)? {
            Known::Value(value) => Some(value),
            Known::Unset => Some(Zeroizing::new(format!("Undefined variable {name}"))),
            Known::Withheld => None,
        })
    }

    fn env_parts<'t>(&mut self, text: &'t str, member: &Member) -> Result<Vec<Part<'t>>, Cause> {
        let mut parts = Vec::new();
        for piece in scan::env_pieces(text) {
            parts.push(match piece {
                Piece::Env { name, default, whole } => match self.env(name, default, member)? {
                    Known::Value(value) => Part::Value(value),
                    Known::Unset | Known::Withheld => Part::Written(whole),
                },
                Piece::Text(text) | Piece::Vault { whole: text, .. } => Part::Written(text),
            });
        }
        Ok(parts)
    }

    fn env(&mut self, name: &str, default: Option<&str>, member: &Member) -> Result<Known, Cause> {
        let cautious = self.extent != Extent::Everything;
        if cautious && looks_secret(name) {
            return Ok(Known::Withheld);
        }
        let value = match (self.from.variables.variable(name), default) {
            (Variable::Text(value), _) => clean(value.expose(), member),
            (Variable::NotText, _) if cautious => return Ok(Known::Withheld),
            (Variable::NotText, _) => return Err(Cause::NotText(name.into())),
            (Variable::Unset, Some(default)) => clean(default, member),
            (Variable::Unset, None) => return Ok(Known::Unset),
        };
        if cautious && holds_login(&value) {
            return Ok(Known::Withheld);
        }
        self.spend(value).map(Known::Value)
    }

    fn vault(&mut self, body: &str) -> Result<Resolved, Cause> {
        let (field, default) = vault::parse(body).ok_or(Cause::IllFormed)?;
        let value = match (self.from.vault.get(&field), vault::default_of(body, default)) {
            (Some(value), _) => shorten(value.expose()),
            (None, Some(default)) => shorten(default),
            (None, None) => return Err(Cause::Vault(field)),
        };
        self.spend(value)
    }

    fn spend(&mut self, value: Resolved) -> Result<Resolved, Cause> {
        self.room = self.room.checked_sub(value.len()).ok_or(Cause::TooLarge)?;
        Ok(value)
    }
}

/// Whether a text may be a URL, or a connection string, with a login in it.
fn holds_login(text: &str) -> bool {
    text.contains('@')
}
