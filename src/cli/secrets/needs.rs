//! What documents need, and whether it is there.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use serde::Serialize;

use super::Shop;
use crate::check::{Eyes, Need, NeedState, Needs, Wanted, needs};
use crate::cli::args::Format;
use crate::cli::failure::Failure;
use crate::cli::output::{Out, cell, table};
use crate::cli::remark;
use crate::domain::{ConnectionName, Document, FieldState, KeyPrefix, Presence, ResourceKey, SecretPath};
use crate::provider::SecretReader;
use crate::text::Safe;

/// How many secrets are asked for at once; the provider has its own pace beside it.
const AT_ONCE: usize = 8;

/// What is known of secrets, by path.
type Seen = BTreeMap<SecretPath, Presence>;

/// Which secrets and variables the receiver's variables say are set.
pub(super) fn word_of_variable(eyes: &Eyes, variable: &str) -> &'static str {
    match eyes.variable(variable) {
        None => "not visible from here",
        Some(None) => "missing",
        Some(Some(FieldState::Present)) => "present",
        Some(Some(FieldState::Empty)) => "empty",
        Some(Some(FieldState::NotText)) => "not UTF-8",
    }
}

/// Prints what one document needs; answers whether nothing of it is known to be missing.
pub(super) async fn of(
    shop: &Shop<'_>,
    key: &ResourceKey,
    format: Format,
    out: &mut Out<'_>,
) -> Result<bool, Failure> {
    let reader = shop.session.manager.reader();
    let entry = reader.get(key).await?.ok_or_else(|| {
        Failure::NotFound(format!("{key} does not exist in {}", shop.session.settings.context.name))
    })?;
    let connections = named_connections(shop, key, &entry.document).await?;
    let found = needs(key, &entry.document, &|name| connections.get(name).cloned(), &shop.eyes);
    let seen = look(shop, found.paths().into_iter().cloned().collect()).await?;
    let rows: Vec<_> = found.iter().map(|need| Row::of(need, &seen)).collect();
    if rows.is_empty() {
        remark(&format!("{key} needs no secret and no variable"));
    }
    out.result(format, &rows, |rows| lines(rows))?;
    cut(&found);
    Ok(rows.iter().all(|row| !row.lacks))
}

fn cut(found: &Needs) {
    if found.cut {
        remark("there is more than is told: the document holds thousands of references");
    }
}

/// Only the connections that the document names are read.
async fn named_connections(
    shop: &Shop<'_>,
    key: &ResourceKey,
    document: &Document,
) -> Result<BTreeMap<String, Document>, Failure> {
    let wanted = std::cell::RefCell::new(BTreeSet::new());
    let note = |name: &str| {
        wanted.borrow_mut().insert(name.to_owned());
        None
    };
    needs(key, document, &note, &shop.eyes);
    let mut found = BTreeMap::new();
    for name in wanted.into_inner() {
        let Ok(connection) = ConnectionName::new(&name) else { continue };
        let key = ResourceKey::connection(connection);
        if let Some(entry) = shop.session.manager.reader().get(&key).await? {
            found.insert(name, entry.document);
        }
    }
    Ok(found)
}

async fn look(shop: &Shop<'_>, paths: Vec<SecretPath>) -> Result<Seen, Failure> {
    if paths.is_empty() {
        return Ok(Seen::new());
    }
    let reader = shop.reader()?;
    let reader: &dyn SecretReader = &*reader;
    let ask = async |path: SecretPath| {
        let presence = reader.presence(&path).await;
        presence.map(|presence| (path, presence))
    };
    let seen: Vec<_> = stream::iter(paths).map(ask).buffer_unordered(AT_ONCE).collect().await;
    Ok(seen.into_iter().collect::<Result<Seen, _>>()?)
}

#[derive(Serialize)]
struct Row {
    /// `own`, `vault`, `variable`, `ill-formed`, `plaintext`.
    kind: &'static str,
    /// The secret or the variable.
    #[serde(rename = "where")]
    place: Option<String>,
    field: Option<String>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Whether a default stands in wherever it is needed.
    fallback: bool,
    /// Whether the document is whole without it.
    optional: bool,
    /// The members that need it.
    used_at: Vec<String>,
    /// Whether it is known that the receiver finds no value, and nothing stands in.
    lacks: bool,
}

impl Row {
    fn of(need: &Need, seen: &Seen) -> Self {
        let state = need.state(&|path| seen.get(path));
        let fallback = need.falls_back(&state);
        let at = |place: &crate::check::Place| match &place.connection {
            Some(connection) => format!("connections/{connection}: {}", place.path),
            None => place.path.clone(),
        };
        Self {
            kind: match need.wanted {
                Wanted::Own(_) => "own",
                Wanted::Vault { .. } => "vault",
                Wanted::Variable { .. } => "variable",
                Wanted::IllFormed => "ill-formed",
                Wanted::Plaintext => "plaintext",
            },
            place: need.variable().or_else(|| need.path().map(ToString::to_string)),
            field: need.field().map(|field| field.as_str().to_owned()),
            version: version(&state),
            state: state.word(),
            fallback,
            optional: need.optional,
            used_at: need.places.iter().map(at).collect(),
            lacks: lacks(need, &state),
        }
    }

    fn cells(&self) -> [Safe<'static>; 6] {
        let text = |text: &Option<String>| text.as_ref().map_or_else(|| Safe::literal("-"), cell);
        let state = match (self.fallback, self.optional && self.state == "missing") {
            (true, _) => format!("{}, default in effect", self.state),
            (false, true) => format!("{}, optional", self.state),
            (false, false) => self.state.to_owned(),
        };
        let at = self.used_at.join(", ");
        [cell(self.kind), text(&self.place), text(&self.field), cell(&state), text(&self.version), cell(&at)]
    }
}

fn lines(rows: &[Row]) -> Vec<Safe<'static>> {
    table(["KIND", "WHERE", "FIELD", "STATE", "VERSION", "USED AT"], rows.iter().map(Row::cells))
}

fn lacks(need: &Need, state: &NeedState) -> bool {
    state.is_lack() && !need.falls_back(state) && !need.optional
}

fn version(state: &NeedState) -> Option<String> {
    let version = match state {
        NeedState::Present { version, .. } | NeedState::FieldMissing { version } => *version,
        NeedState::Deleted { version, .. } | NeedState::Destroyed { version } => Some(*version),
        _ => None,
    };
    version.map(|version| version.to_string())
}

/// One secret, or one variable, with everything that needs it.
#[derive(Serialize)]
struct Line {
    #[serde(rename = "where")]
    place: String,
    /// Of the fields that are needed, each word once.
    states: BTreeSet<&'static str>,
    /// Needed fields that are known not to be there, and that no default stands in for.
    missing: BTreeSet<String>,
    documents: BTreeSet<String>,
}

/// Prints each secret that any document needs; answers whether nothing is known to be missing.
pub(super) async fn all(shop: &Shop<'_>, format: Format, out: &mut Out<'_>) -> Result<bool, Failure> {
    let found = inventory(shop).await?;
    let paths: BTreeSet<_> = found.iter().flat_map(|(_, needs)| needs.paths()).cloned().collect();
    let seen = look(shop, paths.into_iter().collect()).await?;
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    for (key, needs) in &found {
        for need in needs.iter() {
            let Some(place) = need.path().map(ToString::to_string).or_else(|| need.variable()) else {
                continue;
            };
            let state = need.state(&|path| seen.get(path));
            let line = lines.entry(place.clone()).or_insert_with(|| Line {
                place,
                states: BTreeSet::new(),
                missing: BTreeSet::new(),
                documents: BTreeSet::new(),
            });
            line.states.insert(state.word());
            line.documents.insert(key.to_string());
            if lacks(need, &state) {
                let name = need.field().map(|it| it.as_str().to_owned()).or_else(|| need.variable());
                line.missing.extend(name);
            }
        }
        cut(needs);
    }
    let lines: Vec<_> = lines.into_values().collect();
    out.result(format, &lines, |lines| {
        table(["WHERE", "STATE", "MISSING", "NEEDED BY"], lines.iter().map(Line::cells))
    })?;
    Ok(lines.iter().all(|line| line.missing.is_empty()))
}

impl Line {
    fn cells(&self) -> [Safe<'static>; 4] {
        let joined = |set: Vec<&str>| if set.is_empty() { "-".to_owned() } else { set.join(", ") };
        [
            cell(&self.place),
            cell(&joined(self.states.iter().copied().collect())),
            cell(&joined(self.missing.iter().map(String::as_str).collect())),
            cell(&joined(self.documents.iter().map(String::as_str).collect())),
        ]
    }
}

/// What each document needs.
async fn inventory(shop: &Shop<'_>) -> Result<Vec<(ResourceKey, Needs)>, Failure> {
    let mut entries = Vec::new();
    let mut pages = shop.session.manager.list(KeyPrefix::All);
    while let Some(page) = pages.next().await {
        entries.extend(page?.entries);
    }
    let connections: BTreeMap<&str, &Document> = entries
        .iter()
        .filter_map(|entry| match &entry.key {
            ResourceKey::Connection { name } => Some((name.as_str(), &entry.document)),
            _ => None,
        })
        .collect();
    let connection_of = |name: &str| connections.get(name).map(|document| (*document).clone());
    let of = |entry: &crate::domain::Entry| needs(&entry.key, &entry.document, &connection_of, &shop.eyes);
    Ok(entries.iter().map(|entry| (entry.key.clone(), of(entry))).collect())
}

/// The documents that have to be written again before the receiver uses a new value of a secret.
pub(super) async fn depend_on(shop: &Shop<'_>, path: &SecretPath) -> Result<Vec<String>, Failure> {
    let found = inventory(shop).await?;
    let depends = |needs: &Needs| needs.iter().any(|need| need.path() == Some(path));
    Ok(found.into_iter().filter(|(_, needs)| depends(needs)).map(|(key, _)| key.to_string()).collect())
}
