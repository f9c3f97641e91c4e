//! The secrets and variables that documents need, and whether they are present.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use super::SecretsContext;
use crate::check::{Need, NeedKind, NeedState, Needs, SecretLookup, needs};
use crate::cli::error::{Exit, Result};
use crate::cli::output::{Format, Printer, cell, table, whole};
use crate::cli::stderr::print_note;
use crate::domain::{
    ConnectionName, FieldName, FieldState, KeyPrefix, Presence, ResourceKey, SecretContents, SecretPath,
    escape,
};
use crate::inventory::{Facts, ScannedEntry};
use crate::text::Safe;

/// How many presence queries run at once; the provider limits its request rate as well.
const AT_ONCE: usize = 8;

/// The most reasons that are told for secrets that could not be looked at.
const MAX_REASONS: usize = 4;

type PresenceMap = BTreeMap<SecretPath, Presence>;

/// What is known about the presence of everything that is needed, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PresenceVerdict {
    /// Nothing is known to be missing, and what a store can tell was looked at.
    Complete,
    /// This user may not look at something.
    Forbidden,
    /// Something could not be looked at.
    Unseen,
    /// Something is missing.
    Missing,
}

impl PresenceVerdict {
    pub(super) fn of(presence: &Presence) -> Self {
        match presence {
            Presence::Forbidden { .. } => Self::Forbidden,
            Presence::Unreachable { .. } => Self::Unseen,
            gone if gone.is_gone() => Self::Missing,
            _ => Self::Complete,
        }
    }

    fn of_need(need: &Need, state: &NeedState) -> Self {
        // What a document can do without need not be seen.
        let is_needed = lacks(need, &NeedState::Secret(Presence::Missing));
        match state {
            state if lacks(need, state) => Self::Missing,
            NeedState::Secret(presence) if is_needed => Self::of(presence),
            NeedState::NotAsked if is_needed => Self::Unseen,
            _ => Self::Complete,
        }
    }

    /// Beyond the limit of references nothing is looked at.
    fn of_needs(found: &Needs, seen: &PresenceMap) -> Self {
        let each = found.iter().map(|need| Self::of_need(need, &need.state(&|path| seen.get(path))));
        let rest = if found.truncated { Self::Unseen } else { Self::Complete };
        each.fold(rest, Self::max)
    }

    /// The exit code of `--fail-on-missing`.
    pub(super) fn exit(self) -> Exit {
        match self {
            Self::Complete => Exit::DONE,
            Self::Forbidden => Exit::DENIED,
            Self::Unseen => Exit::UNAVAILABLE,
            Self::Missing => Exit::MISSING,
        }
    }
}

/// The state of one of the receiver's variables, in words.
pub(super) fn variable_state(lookup: &SecretLookup, variable: &str) -> &'static str {
    let word = |state: Option<FieldState>| state.map_or(Presence::Missing.word(), FieldState::word);
    lookup.variable(variable).map_or("not visible from here", word)
}

/// Prints what one document needs.
pub(super) async fn print_document(
    context: &SecretsContext<'_>,
    key: &ResourceKey,
    format: Format,
    out: &mut Printer<'_>,
) -> Result<PresenceVerdict> {
    let reader = context.session.manager.reader();
    let entry = reader.get(key).await?.ok_or_else(|| context.session.absent(key))?;
    let facts = Facts::scan(&context.session.masking(key), &entry.document);
    let mut connections = BTreeMap::new();
    for name in facts.connections.iter().filter(|_| facts.error.is_none()) {
        let Ok(connection) = ConnectionName::new(name) else { continue };
        if let Some(entry) = reader.get(&ResourceKey::connection(connection)).await? {
            connections.insert(&**name, Facts::scan(&context.session.masking(&entry.key), &entry.document));
        }
    }
    let found = needs(key, &facts, &|name| connections.get(name).cloned(), &context.lookup);
    let seen = fetch_presence(context, found.paths().into_iter().cloned().collect()).await?;
    let rows: Vec<_> = found.iter().map(|need| NeedRow::of(need, &seen)).collect();
    if rows.is_empty() {
        print_note(&format!("{key} needs no secret and no variable"));
    }
    out.result(format, &rows, |rows| {
        table(["KIND", "WHERE", "FIELD", "STATE", "VERSION", "USED AT"], rows.iter().map(NeedRow::cells))
    })?;
    warn_truncated(&found);
    Ok(PresenceVerdict::of_needs(&found, &seen))
}

fn warn_truncated(found: &Needs) {
    if found.truncated {
        print_note("there is more than is told: the document holds thousands of references");
    }
}

async fn fetch_presence(context: &SecretsContext<'_>, paths: Vec<SecretPath>) -> Result<PresenceMap> {
    let reader = context.reader();
    let ask = async |path: SecretPath| {
        let presence = reader.presence(&path).await;
        presence.map(|presence| (path, presence))
    };
    let seen: PresenceMap = stream::iter(paths).map(ask).buffer_unordered(AT_ONCE).try_collect().await?;
    let reasons = seen.values().filter_map(|presence| match presence {
        Presence::Unreachable { reason } => Some(reason),
        _ => None,
    });
    for reason in reasons.collect::<BTreeSet<_>>().into_iter().take(MAX_REASONS) {
        print_note(&format!("unreachable: {reason}"));
    }
    Ok(seen)
}

#[derive(Serialize)]
struct NeedRow {
    /// `own`, `vault`, `variable`, `ill-formed`, `plaintext`.
    kind: &'static str,
    #[serde(rename = "where")]
    place: Option<String>,
    field: Option<String>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Whether a default is in effect in every place that needs it.
    fallback: bool,
    /// Whether the document also works without it.
    optional: bool,
    /// Paths of the members that need it.
    used_at: Vec<String>,
    /// Whether the receiver is known to find neither a value nor a default.
    lacks: bool,
    #[serde(skip)]
    is_missing: bool,
}

impl NeedRow {
    fn of(need: &Need, seen: &PresenceMap) -> Self {
        let state = need.state(&|path| seen.get(path));
        let fallback = need.falls_back(&state);
        let at = |place: &crate::check::NeedPlace| match &place.connection {
            Some(connection) => format!("connections/{}: {}", escape(connection.as_bytes()), place.path),
            None => place.path.clone(),
        };
        Self {
            kind: match need.kind {
                NeedKind::Own(_) => "own",
                NeedKind::Vault { .. } => "vault",
                NeedKind::Variable { .. } => "variable",
                NeedKind::IllFormed => "ill-formed",
                NeedKind::Plaintext => "plaintext",
            },
            place: variable_of(need).or_else(|| need.path().map(ToString::to_string)),
            field: need.field().map(|field| field.as_str().to_owned()),
            version: state.version().map(|version| version.to_string()),
            state: state.word(),
            fallback,
            optional: need.optional,
            used_at: need.places.iter().map(at).collect(),
            lacks: lacks(need, &state),
            is_missing: state.is_missing(),
        }
    }

    fn cells(&self) -> [Safe<'static>; 6] {
        let text = |text: &Option<String>| text.as_ref().map_or_else(|| Safe::literal("-"), whole);
        let state = match (self.fallback, self.optional && self.is_missing) {
            (true, _) => format!("{}, default in effect", self.state),
            (false, true) => format!("{}, optional", self.state),
            (false, false) => self.state.to_owned(),
        };
        let at = self.used_at.join(", ");
        [cell(self.kind), text(&self.place), text(&self.field), cell(&state), text(&self.version), whole(&at)]
    }
}

/// The variable, as shown.
fn variable_of(need: &Need) -> Option<String> {
    need.variable().map(|name| escape(name.as_bytes()).into_owned())
}

fn lacks(need: &Need, state: &NeedState) -> bool {
    state.is_missing() && !need.falls_back(state) && !need.optional
}

/// One secret or variable, with all documents that need it.
#[derive(Default, Serialize)]
struct RequirementRow {
    #[serde(rename = "where")]
    place: String,
    /// The distinct states of the needed fields.
    states: BTreeSet<&'static str>,
    /// Needed fields that are known to be missing and have no default.
    missing: BTreeSet<String>,
    documents: BTreeSet<String>,
}

/// Prints each secret that any document needs.
pub(super) async fn print_all(
    context: &SecretsContext<'_>,
    format: Format,
    out: &mut Printer<'_>,
) -> Result<PresenceVerdict> {
    let found = all_needs(context).await?;
    let paths: BTreeSet<_> = found.iter().flat_map(|(_, needs)| needs.paths()).cloned().collect();
    let seen = fetch_presence(context, paths.into_iter().collect()).await?;
    let mut lines: BTreeMap<String, RequirementRow> = BTreeMap::new();
    for (key, needs) in &found {
        for need in needs.iter() {
            let Some(place) = need.path().map(ToString::to_string).or_else(|| variable_of(need)) else {
                continue;
            };
            let state = need.state(&|path| seen.get(path));
            let line = lines.entry(place.clone()).or_default();
            line.place = place;
            line.states.insert(state.word());
            line.documents.insert(key.to_string());
            if lacks(need, &state) {
                line.missing
                    .extend(need.field().map(|field| field.to_string()).or_else(|| variable_of(need)));
            }
        }
        warn_truncated(needs);
    }
    let lines: Vec<_> = lines.into_values().collect();
    out.result(format, &lines, |lines| {
        table(["WHERE", "STATE", "MISSING", "NEEDED BY"], lines.iter().map(RequirementRow::cells))
    })?;
    let verdicts = found.iter().map(|(_, needs)| PresenceVerdict::of_needs(needs, &seen));
    Ok(verdicts.fold(PresenceVerdict::Complete, PresenceVerdict::max))
}

impl RequirementRow {
    fn cells(&self) -> [Safe<'static>; 4] {
        let joined = |set: Vec<&str>| whole(&if set.is_empty() { "-".to_owned() } else { set.join(", ") });
        let texts = |set: &BTreeSet<String>| joined(set.iter().map(String::as_str).collect());
        let states = joined(self.states.iter().copied().collect());
        [whole(&self.place), states, texts(&self.missing), texts(&self.documents)]
    }
}

/// The documents that may be read, and whether those are all.
pub(super) struct AllDocuments {
    pub(super) entries: Vec<ScannedEntry>,
    pub(super) is_whole: bool,
}

pub(super) async fn all_documents(context: &SecretsContext<'_>) -> Result<AllDocuments> {
    let names = &context.session.settings.secret_names;
    let mut pages = context.session.manager.list(KeyPrefix::All);
    let mut all = AllDocuments { entries: Vec::new(), is_whole: true };
    while let Some(page) = pages.try_next().await? {
        all.is_whole &= !page.coverage.is_partial();
        all.entries.extend(page.entries.into_iter().map(|entry| ScannedEntry::new(entry, names)));
    }
    Ok(all)
}

async fn all_needs(context: &SecretsContext<'_>) -> Result<Vec<(ResourceKey, Needs)>> {
    let AllDocuments { entries, .. } = all_documents(context).await?;
    let connections: BTreeMap<&str, &Facts> = entries
        .iter()
        .filter_map(|scanned| match &scanned.entry.key {
            ResourceKey::Connection { name } => Some((name.as_str(), &scanned.facts)),
            _ => None,
        })
        .collect();
    let facts_of = |name: &str| connections.get(name).copied().cloned();
    let of = |ScannedEntry { entry, facts }: &ScannedEntry| {
        (entry.key.clone(), needs(&entry.key, facts, &facts_of, &context.lookup))
    };
    Ok(entries.iter().map(of).collect())
}

/// The documents that must be rewritten before the receiver uses a new value of a secret.
pub(super) async fn dependents(context: &SecretsContext<'_>, path: &SecretPath) -> Result<Vec<String>> {
    let found = all_needs(context).await?;
    let depends = |needs: &Needs| needs.iter().any(|need| need.path() == Some(path));
    Ok(found.into_iter().filter(|(_, needs)| depends(needs)).map(|(key, _)| key.to_string()).collect())
}

/// What documents have of a secret, and would lack if it consisted of these fields alone: `a/orders needs token`.
pub(super) async fn lost(
    context: &SecretsContext<'_>,
    path: &SecretPath,
    fields: &[FieldName],
) -> Result<Vec<String>> {
    let before = context.reader().presence(path).await?;
    let fields = fields.iter().map(|field| (field.clone(), FieldState::Present)).collect();
    let after = Presence::Present(SecretContents { fields, ..SecretContents::default() });
    let lacks_in = |need: &Need, presence: &Presence| lacks(need, &need.state(&|_| Some(presence)));
    let mut lost = Vec::new();
    for (key, needs) in all_needs(context).await? {
        let of_path = needs.iter().filter(|need| need.path() == Some(path));
        let fields = of_path.filter(|need| !lacks_in(need, &before) && lacks_in(need, &after));
        lost.extend(fields.filter_map(Need::field).map(|field| format!("{key} needs {field}")));
    }
    Ok(lost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Document, DocumentKind, KvPath, Masking, Mount, SecretVersion};

    #[test]
    fn only_what_was_looked_at_passes_a_gate() {
        let text = || "why".to_owned();
        for (presence, code) in [
            (Presence::Present(SecretContents::default()), 0),
            // KV 1 tells no more than that without being read.
            (Presence::Unknown { reason: text() }, 0),
            (Presence::Forbidden { permission: text() }, 5),
            (Presence::Unreachable { reason: text() }, 6),
            (Presence::Missing, 9),
            (Presence::Deleted { version: SecretVersion(1), at: None }, 9),
            (Presence::Destroyed { version: SecretVersion(1) }, 9),
        ] {
            assert_eq!(PresenceVerdict::of(&presence).exit(), Exit(code), "{presence:?}");
        }
    }

    #[test]
    fn of_a_document_the_worst_counts_and_nothing_that_it_can_do_without() {
        let lookup = SecretLookup { can_read_kv: true, ..SecretLookup::default() };
        let verdict = |document: &str, states: &[(&str, Presence)]| {
            let facts = Facts::scan(&Masking::built_in(DocumentKind::Webhook), &Document::from(document));
            let key = "default/a".parse::<crate::domain::Address>().unwrap().0;
            let path = |path: &str| SecretPath::Kv {
                mount: Mount::new("secret").unwrap(),
                path: KvPath::new(path).unwrap(),
            };
            let seen = states.iter().map(|(at, presence)| (path(at), presence.clone())).collect();
            PresenceVerdict::of_needs(&needs(&key, &facts, &|_| None, &lookup), &seen)
        };
        let unreachable = || Presence::Unreachable { reason: "why".into() };
        let forbidden = || Presence::Forbidden { permission: "why".into() };
        let two = r#"{"module": "log", "x": "{$vault:a#f}", "y": "{$vault:b#f}"}"#;
        assert_eq!(verdict(two, &[("a", forbidden()), ("b", unreachable())]), PresenceVerdict::Unseen);
        assert_eq!(verdict(two, &[("a", Presence::Missing), ("b", unreachable())]), PresenceVerdict::Missing);
        assert_eq!(verdict(two, &[("a", unreachable())]), PresenceVerdict::Unseen);
        let default = r#"{"module": "log", "x": "{$vault:a#f:d}"}"#;
        assert_eq!(verdict(default, &[("a", unreachable())]), PresenceVerdict::Complete);
        let many: Vec<_> = (0..2_001).map(|n| format!("\"k{n}\": \"{{$vault:p{n}#f:d}}\"")).collect();
        let many = format!("{{\"module\": \"log\", {}}}", many.join(", "));
        assert_eq!(verdict(&many, &[]), PresenceVerdict::Unseen);
    }
}
