//! The effective view of a webhook: which routes serve it, how a request without credentials is judged, and its
//! document as the receiver holds it, line by line, with what is added, cleaned, ignored or not known. Pure: what the
//! stores report is passed in, and whoever shows it renders it.

use std::collections::BTreeMap;

use super::effective_lines::{EffectiveLine, LineNoteKind, Marks, lines};
use super::{
    CATCH_ALL, EffectiveSources, IgnoredPart, Judgement, ReferenceNote, ReferenceOutcome, VaultFieldState,
    effective, explain, routes,
};
use crate::check::rules::{IGNORED_KEY, SUSPICIOUS_KEY, diagnose_by};
use crate::check::schema::visit;
use crate::check::{DocumentInput, KNOWN_VERSION, ReceiverProfile, SecretLookup, Subject};
use crate::domain::json::{BYTE_ORDER_MARK, Node, NodeValue, parse};
use crate::domain::reference::{Variables, VaultField};
use crate::domain::{
    DocumentKind, FieldState, Masking, Presence, Reference, ResourceKey, SecretField, SecretPath, escape,
};
use crate::inventory::{CheckState, Facts};
use crate::text::{MASK, Masked};

/// What is known of what the receiver looks up for a document.
#[derive(Clone, Copy)]
pub struct ReceiverKnowledge<'a> {
    pub receiver: &'a ReceiverProfile,
    /// Where it looks up references and own secrets.
    pub lookup: &'a SecretLookup,
    /// Its variables, where their values can be seen.
    pub variables: Option<&'a dyn Variables>,
    /// What stores said of secrets; `None` for one that was not asked.
    pub presence: &'a dyn Fn(&SecretPath) -> Option<Presence>,
}

impl ReceiverKnowledge<'_> {
    fn field(&self, field: &VaultField) -> VaultFieldState {
        if self.lookup.references.is_none() {
            return VaultFieldState::Absent;
        }
        let presence = self.lookup.reference_path(&field.path).and_then(|path| (self.presence)(&path));
        match presence {
            Some(Presence::Present(contents)) => match contents.field(&field.field) {
                None => VaultFieldState::Absent,
                Some(FieldState::Empty) => VaultFieldState::Empty,
                Some(_) => VaultFieldState::Present,
            },
            Some(Presence::Missing | Presence::Deleted { .. } | Presence::Destroyed { .. }) => {
                VaultFieldState::Absent
            }
            _ => VaultFieldState::NotKnown,
        }
    }

    fn own(&self, path: &SecretPath) -> Option<Presence> {
        match path {
            SecretPath::Variables(id) => self.lookup.own_variables(id),
            path => (self.presence)(path),
        }
    }
}

/// What the receiver makes of a webhook, and of its document.
pub struct EffectiveView {
    pub routes: Vec<String>,
    /// Whether it serves the unknown ids of its namespace, too.
    pub is_catch_all: bool,
    pub judgement: Judgement,
    /// What the receiver does not use: whole parts, and members within others.
    pub ignored: Vec<IgnoredPart>,
    /// Members that the document leaves out, and what the receiver takes in their place.
    pub defaults: Vec<(String, serde_json::Value)>,
    pub references: Vec<ReferenceNote>,
    /// What cannot be seen from here, in sentences.
    pub not_known: Vec<String>,
    /// Whether the document is a JSON object.
    pub is_object: bool,
    /// The document with its references replaced as far as they are known, and its secrets hidden.
    pub masked: Masked,
    /// Its lines, with those that the receiver adds.
    pub lines: Vec<EffectiveLine>,
}

/// The secrets that a document needs, of which [`ReceiverKnowledge::presence`] is asked.
pub fn secrets_of(key: Option<&ResourceKey>, facts: &Facts, lookup: &SecretLookup) -> Vec<SecretPath> {
    let path = |reference| match reference {
        Reference::Vault { path, .. } => lookup.reference_path(&path),
        Reference::Env { .. } => None,
    };
    let own =
        key.and_then(|key| lookup.own_path(key)).filter(|path| !matches!(path, SecretPath::Variables(_)));
    let mut paths: Vec<_> = facts.sites().references().into_keys().filter_map(path).chain(own).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Describes a webhook, stored under a key or not yet.
pub fn effective_view(
    key: Option<&ResourceKey>,
    facts: &Facts,
    masking: &Masking,
    known: ReceiverKnowledge<'_>,
) -> EffectiveView {
    let receiver = known.receiver;
    let own_path = key.and_then(|key| known.lookup.own_path(key));
    let own_presence = own_path.as_ref().and_then(|path| known.own(path));
    let own = own_presence.as_ref().map(own_fields).unwrap_or_default();
    let field = |field: &VaultField| known.field(field);
    let sources =
        EffectiveSources { variables: known.variables, lookup: known.lookup, vault: &field, own: &own };
    let document = effective(facts, masking, sources);
    let judgement = explain(key, facts, &document, receiver);
    let is_object = facts.error.is_none();
    let ignored = if is_object { ignored(key, facts, &judgement) } else { judgement.ignored.clone() };
    let defaults = if is_object { defaults(facts, &judgement, &ignored) } else { Vec::new() };
    let is_known = |presence: &Presence| {
        let unseen = matches!(
            presence,
            Presence::Forbidden { .. } | Presence::Unreachable { .. } | Presence::Unknown { .. }
        );
        !unseen
    };
    let mut not_known: Vec<_> = document
        .references
        .iter()
        .filter(|note| note.kind == ReferenceOutcome::NotKnown)
        .map(|note| format!("{} at {} {}", note.reference, note.place, note.outcome))
        .collect();
    if let Some(path) = own_path.as_ref().filter(|_| !own_presence.as_ref().is_some_and(is_known)) {
        not_known.push(format!("whether it has secrets of its own in {path}"));
    }
    if !receiver.is_known_version() {
        let version = escape(receiver.version.as_bytes());
        not_known.push(format!("what version {version} of the receiver does otherwise than {KNOWN_VERSION}"));
    }
    let mut marks = Marks::default();
    for note in &document.references {
        let kind = match note.kind {
            ReferenceOutcome::Value => LineNoteKind::Value,
            ReferenceOutcome::Substitute => LineNoteKind::Substitute,
            ReferenceOutcome::Cleaned => LineNoteKind::Cleaned,
            ReferenceOutcome::NotKnown => LineNoteKind::NotKnown,
        };
        marks.note(&note.place, kind, format!("{} {}", note.reference, note.outcome));
    }
    for part in &ignored {
        marks.note(&part.member, LineNoteKind::Ignored, format!("ignored: {}", part.why));
    }
    for (path, value) in &defaults {
        marks.add(path, value.to_string(), "the receiver's default".into());
    }
    for (member, field) in own_members(facts, &own) {
        let path = own_path.as_ref().map(ToString::to_string).unwrap_or_default();
        marks.add(member, format!("\"{MASK}\""), format!("merged in from {} of {path}", field.as_str()));
    }
    let (masked, lines) = lines(&document.shown, masking, is_object, marks);
    EffectiveView {
        routes: key.map(|key| routes(key, &receiver.default_namespace)).unwrap_or_default(),
        is_catch_all: matches!(key, Some(ResourceKey::Webhook { id, .. }) if id.as_str() == CATCH_ALL),
        judgement,
        ignored,
        defaults,
        references: document.references,
        not_known,
        is_object,
        masked,
        lines,
    }
}

/// The own secrets that are there and not empty.
fn own_fields(presence: &Presence) -> Vec<SecretField> {
    let Presence::Present(contents) = presence else { return Vec::new() };
    let is_there = |field: &SecretField| contents.field(field.as_str()) == Some(FieldState::Present);
    SecretField::ALL.into_iter().filter(is_there).collect()
}

/// The members that own secrets of the document make, each with the field.
fn own_members(facts: &Facts, own: &[SecretField]) -> Vec<(&'static str, SecretField)> {
    let member = |field: &SecretField| match *field {
        SecretField::BEARER_TOKEN => Some("authorization"),
        SecretField::HMAC_SECRET => Some("hmac.secret"),
        SecretField::HMAC_HEADER => Some("hmac.header"),
        SecretField::HMAC_ALGORITHM => Some("hmac.algorithm"),
        SecretField::CHANNEL_TOKEN => Some("module-config.channel_token"),
        _ => None,
    };
    let filled = own.iter().filter(|field| facts.own.contains(**field));
    filled.filter_map(|field| Some((member(field)?, *field))).collect()
}

/// The parts that the judgement names, and the members within others that the receiver does not read.
fn ignored(key: Option<&ResourceKey>, facts: &Facts, judgement: &Judgement) -> Vec<IgnoredPart> {
    let mut ignored = judgement.ignored.clone();
    let Some(key) = key.cloned().or_else(some_webhook) else { return ignored };
    // What a context does not want to be told is ignored all the same.
    let receiver = ReceiverProfile::default();
    let input = DocumentInput::new(&key, facts, &receiver, &());
    let wanted = [SUSPICIOUS_KEY.id, IGNORED_KEY.id];
    for found in diagnose_by(Subject::Document(&input), |rule| wanted.contains(&rule.id)).found {
        let is_told = |part: &IgnoredPart| {
            let rest = found.pointer.strip_prefix(&*part.member);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if !ignored.iter().any(is_told) {
            ignored.push(IgnoredPart { member: found.pointer, why: found.message, is_check: false });
        }
    }
    ignored
}

/// The key of a document that has none: what its members mean does not depend on it.
fn some_webhook() -> Option<ResourceKey> {
    let id = crate::domain::WebhookId::new("document").ok()?;
    Some(ResourceKey::webhook(crate::domain::Namespace::default(), id))
}

/// What the schema says that the receiver takes for members that are left out, of the document and of the objects in
/// it; not of a part that it ignores.
fn defaults(
    facts: &Facts,
    judgement: &Judgement,
    ignored: &[IgnoredPart],
) -> Vec<(String, serde_json::Value)> {
    let text = facts.document.text().unwrap_or_default();
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let Ok(root) = parse(text) else { return Vec::new() };
    let shut =
        |check: &super::JudgedCheck| matches!(check.state, CheckState::RefusesAll(_) | CheckState::Breaks(_));
    let unused: Vec<&str> =
        judgement.checks.iter().filter(|check| shut(check)).map(|it| it.auth.member).collect();
    let mut found = BTreeMap::new();
    visit(DocumentKind::Webhook, text, &root, &mut |trail, node: &Node, nodes| {
        let place = trail.to_string();
        let top = place.split(['.', '[']).next().unwrap_or_default();
        let is_unused = ignored.iter().any(|part| part.member == top) || unused.contains(&top);
        if !matches!(node.value, NodeValue::Object(_)) || is_unused {
            return;
        }
        for (name, schema) in nodes.properties().filter(|(name, _)| node.member(name).is_none()) {
            if let Some(value) = schema.get("default") {
                let path = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
                found.entry((node.span.start, path)).or_insert_with(|| value.clone());
            }
        }
    });
    found.into_iter().map(|((_, path), value)| (path, value)).collect()
}
