//! The secrets and variables that a webhook or a connection needs, and what is known about each: its own
//! secrets, every reference in it and in the connections it names, and plaintext values where
//! secrets belong. Pure: what the stores report is passed in.

mod dependents;
mod secret_lookup;
mod state;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub use dependents::{UsedName, own_webhooks, referrers};
pub use secret_lookup::{OwnPathTemplate, OwnPathTemplateError, OwnSecrets, ReceiverEnv, SecretLookup};
pub use state::{NeedMark, NeedState};

use crate::domain::reference::{ReferenceLookup, lookups};
use crate::domain::{
    FieldName, OWN_VARIABLES, Presence, Reference, ResourceKey, SecretField, SecretPath, variable_name,
};
use crate::inventory::{Facts, ValueSite};

/// The most references listed for one document; real ones have far fewer.
const MAX_FOUND: usize = 2_000;

/// How many places of one need are listed.
const MAX_PLACES: usize = 50;

/// A kind of thing that a document needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeedKind {
    /// One of the webhook's own secrets.
    Own(SecretField),
    /// The target of `{$vault:path#field}`.
    Vault {
        /// The path as written, without outer slashes.
        path: Arc<str>,
        field: FieldName,
    },
    /// The target of `{$NAME}`.
    Variable { name: Arc<str> },
    /// A reference to Vault that the receiver refuses.
    IllFormed,
    /// Nothing: there is a plaintext value where a secret belongs.
    Plaintext,
}

/// A default that is used if there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    /// Whether it is blank.
    pub empty: bool,
}

/// Where a document needs something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeedPlace {
    /// The connection that contains it; `None` is the document itself.
    pub connection: Option<Arc<str>>,
    /// The member, as `chain[0].module-config.headers.X-Key`, its names as `escape` writes them.
    pub path: String,
    /// Whether it is a field for secrets.
    pub secret: bool,
    /// The default, where there is one.
    pub fallback: Option<Fallback>,
}

impl NeedPlace {
    /// Whether the default of a reference contains a secret in plaintext.
    pub fn has_plaintext_default(&self) -> bool {
        self.secret && self.fallback.is_some_and(|fallback| !fallback.empty)
    }
}

/// One thing that a document needs, with the places where it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    pub kind: NeedKind,
    pub places: Vec<NeedPlace>,
    /// Whether the document is complete without it.
    pub optional: bool,
    path: Option<SecretPath>,
    /// What is known already; otherwise a store is asked for its field of a secret.
    settled: Option<NeedState>,
}

impl Need {
    /// The secret that contains it, if any, visible or not.
    pub fn path(&self) -> Option<&SecretPath> {
        self.path.as_ref()
    }

    /// Its field of that secret.
    pub fn field(&self) -> Option<FieldName> {
        self.field_name().map(FieldName::new)
    }

    fn field_name(&self) -> Option<&str> {
        match &self.kind {
            NeedKind::Own(field) => Some(field.as_str()),
            NeedKind::Vault { field, .. } => Some(field.as_str()),
            NeedKind::Variable { .. } | NeedKind::IllFormed | NeedKind::Plaintext => None,
        }
    }

    /// The variable that contains it, if any.
    pub fn variable(&self) -> Option<String> {
        match (&self.kind, &self.path) {
            (NeedKind::Variable { name }, _) => Some(name.to_string()),
            (NeedKind::Own(field), Some(SecretPath::Variables(id))) => Some(variable_name(id, *field)),
            _ => None,
        }
    }

    /// Its state; `seen` returns what is known about a secret.
    pub fn state<'p>(&self, seen: &dyn Fn(&SecretPath) -> Option<&'p Presence>) -> NeedState {
        match (&self.settled, &self.path, self.field_name()) {
            (Some(state), ..) => state.clone(),
            (None, Some(path), Some(field)) => NeedState::of_field(seen(path), field),
            _ => NeedState::NotAsked,
        }
    }

    /// Whether a default is used everywhere, given its state.
    pub fn falls_back(&self, state: &NeedState) -> bool {
        state.is_missing()
            && !self.places.is_empty()
            && self.places.iter().all(|place| place.fallback.is_some())
    }

    /// The mark for this need alone, given its state.
    pub fn mark(&self, state: &NeedState) -> NeedMark {
        let worst = if self.places.iter().any(NeedPlace::has_plaintext_default) {
            NeedMark::Plaintext
        } else {
            NeedMark::Nothing
        };
        worst.min(self.plain_mark(state))
    }

    fn plain_mark(&self, state: &NeedState) -> NeedMark {
        let sensitive = matches!(self.kind, NeedKind::Own(_)) || self.places.iter().any(|place| place.secret);
        match state {
            NeedState::Secret(Presence::Missing) | NeedState::FieldMissing { .. } if self.optional => {
                NeedMark::Nothing
            }
            state if self.falls_back(state) => NeedMark::Fallback,
            state if state.is_missing() => NeedMark::Missing,
            NeedState::Empty if !sensitive => NeedMark::Present,
            NeedState::Empty | NeedState::NotText | NeedState::IllFormed => NeedMark::Missing,
            NeedState::Secret(Presence::Forbidden { .. }) => NeedMark::Forbidden,
            NeedState::Secret(Presence::Unreachable { .. }) => NeedMark::Unreachable,
            NeedState::Secret(Presence::Unknown { .. }) | NeedState::NotVisible => NeedMark::Unknown,
            NeedState::NotAsked => NeedMark::Asking,
            NeedState::Plaintext => NeedMark::Plaintext,
            _ => NeedMark::Present,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    list: Vec<Need>,
    /// Whether there are more than listed: the document has thousands of references.
    pub truncated: bool,
}

impl Needs {
    /// All needs, each once: the webhook's own secrets, then those of the document in order, then those of
    /// its connections.
    pub fn iter(&self) -> std::slice::Iter<'_, Need> {
        self.list.iter()
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The secrets to query from a store, each once, in order.
    pub fn paths(&self) -> Vec<&SecretPath> {
        let mut known = BTreeSet::new();
        let asked = self.list.iter().filter(|need| need.settled.is_none());
        asked.filter_map(Need::path).filter(|path| known.insert(*path)).collect()
    }

    /// Which of its own secrets are known to authenticate its callers, by the checks that they make.
    pub fn own_auth<'p>(&self, seen: &dyn Fn(&SecretPath) -> Option<&'p Presence>) -> Vec<&'static str> {
        let there = |need: &&Need| matches!(need.state(seen), NeedState::Present { .. });
        let check = |need: &Need| match need.kind {
            NeedKind::Own(SecretField::BEARER_TOKEN) => Some("bearer"),
            NeedKind::Own(SecretField::HMAC_SECRET) => Some("hmac"),
            _ => None,
        };
        self.list.iter().filter(there).filter_map(check).collect()
    }

    /// The worst mark of all needs.
    pub fn mark<'p>(&self, seen: &dyn Fn(&SecretPath) -> Option<&'p Presence>) -> NeedMark {
        let worst = self.list.iter().map(|need| need.mark(&need.state(seen))).min();
        let worst = worst.unwrap_or(NeedMark::Nothing);
        if self.truncated { worst.min(NeedMark::Unknown) } else { worst }
    }
}

/// The needs of a document and of the connections it names. `facts_of` returns a connection's facts by
/// name. A connection that is not a JSON object needs nothing, since the receiver skips it.
pub fn needs(
    key: &ResourceKey,
    facts: &Facts,
    facts_of: &dyn Fn(&str) -> Option<Facts>,
    lookup: &SecretLookup,
) -> Needs {
    let mut builder = NeedsBuilder { lookup, needs: Needs::default(), known: HashMap::new() };
    if key.is_foreign() || facts.error.is_some() {
        return builder.needs;
    }
    builder.own(key, facts);
    builder.take(facts, None);
    let mut known = BTreeSet::new();
    for name in facts.connections.iter().filter(|name| known.insert(&***name)) {
        if let Some(facts) = facts_of(name).filter(|facts| facts.error.is_none()) {
            builder.take(&facts, Some((&**name).into()));
        }
    }
    builder.needs
}

struct NeedsBuilder<'e> {
    lookup: &'e SecretLookup,
    needs: Needs,
    known: HashMap<NeedKind, usize>,
}

impl NeedsBuilder<'_> {
    fn own(&mut self, key: &ResourceKey, facts: &Facts) {
        if self.lookup.own == OwnSecrets::NotMerged || !matches!(key, ResourceKey::Webhook { .. }) {
            return;
        }
        let path = self.lookup.own_path(key);
        for (field, required) in facts.own.iter() {
            let settled = match &path {
                Some(SecretPath::Variables(_)) if !OWN_VARIABLES.contains(&field) => continue,
                Some(SecretPath::Variables(id)) => Some(self.variable(&variable_name(id, field))),
                Some(_) => self.unreadable(),
                None => Some(no_path()),
            };
            let (kind, path) = (NeedKind::Own(field), path.clone());
            self.needs.list.push(Need { kind, places: Vec::new(), optional: !required, path, settled });
        }
    }

    fn take(&mut self, facts: &Facts, connection: Option<Arc<str>>) {
        let mut found = 0;
        for site in facts.sites() {
            let value = site.value();
            let plaintext = site.is_plaintext().then_some((NeedKind::Plaintext, None));
            let looked_up = lookups(&value).into_iter().map(|ReferenceLookup { reference, default }| {
                let kind = match reference {
                    Some(Reference::Env { name }) => NeedKind::Variable { name: name.into() },
                    Some(Reference::Vault { path, field }) => {
                        NeedKind::Vault { path: path.into(), field: FieldName::new(&field) }
                    }
                    None => NeedKind::IllFormed,
                };
                (kind, default.map(|default| Fallback { empty: default.trim().is_empty() }))
            });
            for (kind, fallback) in plaintext.into_iter().chain(looked_up) {
                if found == MAX_FOUND {
                    self.needs.truncated = true;
                    return;
                }
                found += 1;
                self.place(kind, fallback, site, &connection);
            }
        }
    }

    fn place(
        &mut self,
        kind: NeedKind,
        fallback: Option<Fallback>,
        site: ValueSite<'_>,
        connection: &Option<Arc<str>>,
    ) {
        let secret = site.is_secret() || kind == NeedKind::Plaintext;
        let at = match self.known.get(&kind) {
            Some(at) => *at,
            None => {
                self.known.insert(kind.clone(), self.needs.list.len());
                let need = self.need(kind);
                self.needs.list.push(need);
                self.needs.list.len() - 1
            }
        };
        let Some(need) = self.needs.list.get_mut(at) else { return };
        if need.places.len() < MAX_PLACES {
            need.places.push(NeedPlace {
                connection: connection.clone(),
                path: site.path(),
                secret,
                fallback,
            });
        } else if let Some(last) = need.places.last_mut() {
            // Places beyond the limit still count.
            last.secret |= secret;
            last.fallback = last.fallback.filter(|_| fallback.is_some());
        }
    }

    fn need(&self, wanted: NeedKind) -> Need {
        let (path, settled) = match &wanted {
            NeedKind::Vault { path, .. } => match (self.lookup.reference_path(path), &self.lookup.references)
            {
                (_, None) => (None, Some(NeedState::NoVault)),
                (None, Some(_)) => (None, Some(no_path())),
                (path, Some(_)) => (path, self.unreadable()),
            },
            NeedKind::Variable { name } => (None, Some(self.variable(name))),
            NeedKind::IllFormed => (None, Some(NeedState::IllFormed)),
            NeedKind::Plaintext | NeedKind::Own(_) => (None, Some(NeedState::Plaintext)),
        };
        Need { kind: wanted, places: Vec::new(), optional: false, path, settled }
    }

    /// The state of a secret stored in an engine, if the engine cannot be queried.
    fn unreadable(&self) -> Option<NeedState> {
        (!self.lookup.can_read_kv).then_some(NeedState::NotVisible)
    }

    fn variable(&self, name: &str) -> NeedState {
        match self.lookup.variable(name) {
            None => NeedState::NotVisible,
            Some(state) => NeedState::of_value(state, None, None),
        }
    }
}

fn no_path() -> NeedState {
    NeedState::Secret(Presence::Unknown { reason: "no server takes such a path as it is".into() })
}
