//! The secrets and variables that a document needs, as the list marks them and the detail explains them:
//! where each is stored, its state, and which place in which document needs it. Never a value.

mod badge;
mod lines;

pub(crate) use badge::{legend, mark_badge};
pub(crate) use lines::NeedLines;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::check::{Need, NeedKind, NeedMark, NeedPlace, NeedState, Needs, OwnSecrets, ReceiverEnv};
use crate::console::model::{Model, PresenceCache};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::TextRun;
use crate::console::words;
use crate::domain::{
    FieldName, OWN_VARIABLES, OwnFields, Presence, ResourceKey, SecretContents, SecretField, SecretPath,
    WebhookId, variable_name,
};
use crate::provider::env::Overlap;
use crate::text::{MASK, Safe};

/// The most needs shown for one document; if there are more, the worst.
const MOST: usize = 16;

/// The most places shown for one need, and the most unneeded fields named.
const PLACES: usize = 3;
const BESIDE: usize = 6;

/// The block of the detail about a document's needs, in lines of at most `room` columns.
pub(crate) fn block(model: &Model, key: &ResourceKey, room: u16) -> NeedLines {
    let mut lines = NeedLines { lines: Vec::new(), links: Vec::new(), room, glyphs: model.glyphs };
    let Some(needs) = model.needs.of(key) else {
        lines.add(0, NeedMark::Asking, vec![dim("reading what it refers to")]);
        return lines;
    };
    let (told, left_out) = most_important(model, needs);
    let mut done: Vec<&SecretPath> = Vec::new();
    for one in &told {
        let first = lines.lines.len();
        match one.need.path() {
            Some(path @ SecretPath::Kv { .. }) if done.contains(&path) => {}
            Some(path @ SecretPath::Kv { .. }) => {
                done.push(path);
                let group: Vec<_> = told.iter().filter(|other| other.need.path() == Some(path)).collect();
                secret(&mut lines, model, path, &group);
            }
            _ => one.standalone(&mut lines),
        }
        if lines.lines.len() > first {
            lines.links.extend(one.name().map(|name| (first, name)));
        }
    }
    if left_out > 0 {
        lines.add(0, NeedMark::Nothing, vec![dim(&format!("and {} more", words::grouped(left_out)))]);
    }
    unreadable_variables(&mut lines, model, &told);
    unmerged_variables(&mut lines, model, key);
    shared_variables(&mut lines, model, key);
    if needs.truncated {
        let words = "not all of it is told: the document refers to more than 2,000, or could not be read";
        lines.add(0, NeedMark::Unknown, vec![dim(words)]);
    }
    if lines.lines.is_empty() {
        lines.add(0, NeedMark::Nothing, vec![dim("no secrets and no variables")]);
    }
    lines
}

/// How a webhook's own secrets authenticate its callers, as far as they are known to exist.
pub(crate) fn own_auth(model: &Model, key: &ResourceKey) -> Vec<&'static str> {
    let needs = model.needs.of(key);
    needs.map_or_else(Vec::new, |needs| own_auth_of(needs, &model.presence_cache))
}

pub(crate) fn own_auth_of(needs: &Needs, presence: &PresenceCache) -> Vec<&'static str> {
    needs.own_auth(&|path| presence.presence(path))
}

/// Whether a secret of its own may complete a block that refuses everybody without it.
pub(crate) fn may_complete(model: &Model, own: OwnFields) -> bool {
    let merges = model.context.secrets.as_ref().is_some_and(|lookup| lookup.own != OwnSecrets::NotMerged);
    merges && own.iter().any(|(field, required)| required && field == SecretField::HMAC_SECRET)
}

/// Whether another id reads one of its variables.
pub(crate) fn has_variable_conflict(model: &Model, key: &ResourceKey) -> bool {
    let ResourceKey::Webhook { id, .. } = key else { return false };
    merges_variables(model) && model.variable_conflicts.has_conflict(&model.inventory, id)
}

fn merges_variables(model: &Model) -> bool {
    model.context.secrets.as_ref().is_some_and(|lookup| lookup.own == OwnSecrets::Variables)
}

/// The webhooks that share its variables, and how to resolve collisions.
fn shared_variables(lines: &mut NeedLines, model: &Model, key: &ResourceKey) {
    let ResourceKey::Webhook { id, .. } = key else { return };
    // If the receiver does not read the variables, a collision is worth knowing, but not a warning.
    let merges = merges_variables(model);
    let (glyph, style) =
        if merges { (glyph::WARNING, StyleRole::Warning) } else { mark_badge(NeedMark::Nothing) };
    let mut readers: BTreeMap<Vec<WebhookId>, Vec<String>> = BTreeMap::new();
    for overlap in model.variable_conflicts.overlaps_of(&model.inventory, id) {
        match overlap {
            Overlap::SameId { .. } if !merges => {}
            Overlap::SameId { .. } => {
                lines.add(0, NeedMark::Nothing, vec![TextRun::of(StyleRole::Dim, Safe::display(&overlap))]);
            }
            Overlap::Collision { variable, ids } => readers.entry(ids).or_default().push(variable),
        }
    }
    for (ids, variables) in readers.iter().take(PLACES) {
        let ids: Vec<_> = ids.iter().map(WebhookId::as_str).collect();
        let Some(shortest) = variables.iter().min_by_key(|name| name.len()) else { continue };
        let which = match variables.len() {
            1 => format!("{shortest} is"),
            _ => format!("{shortest} and its like are"),
        };
        let words = format!("{which} read by {}: rename all but one", ids.join(" and "));
        lines.put(0, (glyph, style), vec![TextRun::of(style, words)]);
    }
}

/// Why the receiver's variables are not visible, although the context says where they are.
fn unreadable_variables(lines: &mut NeedLines, model: &Model, told: &[NeedStatus<'_>]) {
    let env = model.context.secrets.as_ref().map(|lookup| &lookup.env);
    if let Some(ReceiverEnv::Unreadable(why)) = env
        && told.iter().any(|one| one.state == NeedState::NotVisible)
    {
        lines.add(0, NeedMark::Unknown, vec![dim("the receiver's variables:"), dim(why)]);
    }
}

/// Variables that are set, but not read by the receiver.
fn unmerged_variables(lines: &mut NeedLines, model: &Model, key: &ResourceKey) {
    let (Some(lookup), ResourceKey::Webhook { id, .. }) = (&model.context.secrets, key) else { return };
    if (&lookup.own, &lookup.stored) != (&OwnSecrets::NotMerged, &OwnSecrets::Variables) {
        return;
    }
    let is_set = |field: &SecretField| lookup.variable(&variable_name(id, *field)).flatten().is_some();
    for field in OWN_VARIABLES.iter().filter(|field| is_set(field)) {
        let name = TextRun::of(StyleRole::Dim, Safe::name(&variable_name(id, *field)).into_owned());
        lines.add(0, NeedMark::Nothing, vec![name, dim("set, and the receiver does not merge it")]);
    }
}

/// The time until each age in a block changes.
pub(crate) fn age_changes<'m>(model: &'m Model, key: &ResourceKey) -> impl Iterator<Item = Duration> + 'm {
    let paths = model.needs.of(key).map(Needs::paths).unwrap_or_default();
    paths.into_iter().filter_map(|path| match model.presence_cache.presence(path)? {
        Presence::Present(SecretContents { written, .. }) => model.age((*written)?).changes_in,
        Presence::Deleted { at, .. } => model.age((*at)?).changes_in,
        _ => None,
    })
}

/// A need with its state.
struct NeedStatus<'m> {
    need: &'m Need,
    state: NeedState,
    mark: NeedMark,
}

/// The needs to show, and how many are left out; if there are too many, the worst are shown.
fn most_important<'m>(model: &'m Model, needs: &'m Needs) -> (Vec<NeedStatus<'m>>, usize) {
    let mut told: Vec<_> = needs
        .iter()
        .map(|need| {
            let state = need.state(&|path| model.presence_cache.presence(path));
            let mark = need.mark(&state);
            NeedStatus { need, state, mark }
        })
        .collect();
    let left_out = told.len().saturating_sub(MOST);
    if left_out > 0 {
        told.sort_by_key(|one| one.mark);
        told.truncate(MOST);
    }
    (told, left_out)
}

/// One secret in a store, with its needed fields.
fn secret(lines: &mut NeedLines, model: &Model, path: &SecretPath, group: &[&NeedStatus<'_>]) {
    let presence = model.presence_cache.presence(path);
    let optional = group.iter().all(|one| one.mark == NeedMark::Nothing);
    let place = TextRun::of(if optional { StyleRole::Dim } else { StyleRole::Text }, Safe::display(path));
    if let Some(Presence::Present(contents)) = presence {
        let mut facts = vec![place, dim("present")];
        facts.extend(contents.version.map(|version| dim(&version.to_string())));
        facts.extend(contents.written.map(|at| dim(&model.age(at).text)));
        lines.add(0, NeedMark::Present, facts);
        group.iter().filter(|one| !one.is_idle()).for_each(|one| one.field(lines, true));
        unneeded_fields(lines, contents, group);
        return;
    }
    let state = group.first().map_or(&NeedState::NotAsked, |one| &one.state);
    let mark = group.iter().map(|one| one.mark).min().unwrap_or(NeedMark::Asking);
    if optional {
        return lines.add(0, mark, vec![place, dim("none, and none is needed")]);
    }
    let mut facts = vec![place];
    facts.extend(words_of(state, mark));
    if let NeedState::Secret(Presence::Deleted { at: Some(at), .. }) = state {
        facts.push(dim(&model.ago(*at)));
    }
    // A default for a field does not make the secret present.
    lines.add(0, if state.is_missing() { mark.min(NeedMark::Fallback) } else { mark }, facts);
    group.iter().filter(|one| !one.is_idle()).for_each(|one| one.field(lines, false));
}

/// The fields of a secret that the document does not need.
fn unneeded_fields(lines: &mut NeedLines, contents: &SecretContents, group: &[&NeedStatus<'_>]) {
    let needed: Vec<FieldName> = group.iter().filter_map(|one| one.need.field()).collect();
    let others = contents.fields.iter().map(|(name, _)| name).filter(|name| !needed.contains(name));
    let mut names: Vec<String> = others.map(ToString::to_string).collect();
    let more = names.len().saturating_sub(BESIDE);
    if more > 0 {
        names.truncate(BESIDE);
        names.push(format!("{} more", words::grouped(more)));
    }
    if !names.is_empty() {
        lines.add(2, NeedMark::Nothing, vec![dim(&format!("not needed here: {}", names.join(", ")))]);
    }
}

/// The state in words; empty if the mask already says it.
fn words_of(state: &NeedState, mark: NeedMark) -> Vec<TextRun> {
    let style = mark_badge(mark).1;
    let word = || TextRun::of(style, state.word());
    match state {
        NeedState::Present { .. } | NeedState::Plaintext => Vec::new(),
        NeedState::Secret(Presence::Deleted { version, .. } | Presence::Destroyed { version }) => {
            vec![TextRun::of(style, format!("{version} {}", state.word()))]
        }
        NeedState::Secret(Presence::Forbidden { permission }) => {
            vec![word(), dim(&format!("{permission} is missing"))]
        }
        NeedState::Secret(Presence::Unreachable { reason } | Presence::Unknown { reason }) => {
            vec![word(), dim(reason)]
        }
        _ => vec![word()],
    }
}

impl NeedStatus<'_> {
    /// Its name, where others may need the same: that of a whole secret, or of a variable.
    fn name(&self) -> Option<String> {
        match (self.need.path(), self.need.variable(), &self.need.kind) {
            (_, Some(variable), _) => Some(format!("${variable}")),
            (Some(SecretPath::Kv { mount, path }), ..) => {
                Some(format!("{}/{}", mount.as_str(), path.as_str()))
            }
            (_, _, NeedKind::Vault { path, .. }) => Some(path.to_string()),
            _ => None,
        }
    }

    /// Whether there is nothing to report: it is optional, and not known to exist.
    fn is_idle(&self) -> bool {
        let there = matches!(self.state, NeedState::Present { .. } | NeedState::Empty | NeedState::NotText);
        self.need.optional && !there
    }

    /// A field under its secret; with a state of its own if the secret is present.
    fn field(&self, lines: &mut NeedLines, own_state: bool) {
        let name = self.need.field().map(|field| Safe::display(&field));
        let name = TextRun::of(StyleRole::Text, name.unwrap_or_default());
        let mut facts = vec![self.masked(name)];
        if own_state {
            facts.extend(words_of(&self.state, self.mark));
        }
        facts.extend(self.places());
        lines.add(2, self.mark, facts);
    }

    /// A need outside of any polled store: a variable, or a plaintext value.
    fn standalone(&self, lines: &mut NeedLines) {
        let name = match (&self.need.kind, self.need.variable()) {
            (NeedKind::Variable { name }, _) => format!("{{${}}}", Safe::name(&**name)),
            (_, Some(variable)) => Safe::name(&variable).into_string(),
            (NeedKind::Vault { path, field }, _) => format!("{{$vault:{}#{field}}}", Safe::name(&**path)),
            (NeedKind::IllFormed, _) => "a reference that the receiver refuses".into(),
            (NeedKind::Plaintext, _) => "plaintext".into(),
            (NeedKind::Own(field), _) => field.as_str().into(),
        };
        let idle = self.mark == NeedMark::Nothing;
        let style = if idle { StyleRole::Dim } else { StyleRole::Text };
        let mut facts = vec![self.masked(TextRun::of(style, Safe::new(&name).into_owned()))];
        if self.state == NeedState::Secret(Presence::Missing) && self.need.variable().is_some() {
            let words = if idle { "not set, not needed" } else { "not set" };
            facts.push(TextRun::of(mark_badge(self.mark).1, words));
        } else if self.need.kind != NeedKind::IllFormed {
            facts.extend(words_of(&self.state, self.mark));
        }
        facts.extend(self.places());
        lines.add(0, self.mark, facts);
    }

    /// The name, with a mask of fixed width for every value that is present.
    fn masked(&self, name: TextRun) -> TextRun {
        match self.state {
            NeedState::Present { .. } => name.and(StyleRole::Text, "  ").and(StyleRole::Secret, MASK),
            _ => name,
        }
    }

    fn places(&self) -> Vec<TextRun> {
        let Need { kind: wanted, places, .. } = self.need;
        if let NeedKind::Own(field) = wanted {
            return own_place(*field).map(dim).into_iter().collect();
        }
        let mut told: Vec<_> = places.iter().take(PLACES).map(|place| self.place(place)).collect();
        if places.len() > PLACES {
            told.push(dim(&format!("{} more places", words::grouped(places.len() - PLACES))));
        }
        told
    }

    /// `connection rabbit_eu: pass (default in effect)`
    fn place(&self, place: &NeedPlace) -> TextRun {
        let path = match &place.connection {
            Some(name) => format!("connection {}: {}", Safe::name(&**name), place.path),
            None => place.path.clone(),
        };
        let run = TextRun::of(StyleRole::Dim, Safe::new(&path).into_owned());
        let Some(fallback) = place.fallback else { return run };
        let which = match (place.has_plaintext_default(), fallback.empty) {
            (true, _) => "plaintext default",
            (false, true) => "empty default",
            (false, false) => "default",
        };
        match self.state.is_missing() {
            true => run.and(StyleRole::Warning, format!(" ({which} in effect)")),
            false if place.has_plaintext_default() => run.and(StyleRole::Warning, format!(" ({which})")),
            false => run.and(StyleRole::Dim, format!(" ({which})")),
        }
    }
}

/// The member of a document that one of its own secrets fills in.
fn own_place(field: SecretField) -> Option<&'static str> {
    Some(match field {
        SecretField::BEARER_TOKEN => "authorization",
        SecretField::CHANNEL_TOKEN => "module-config.channel_token",
        SecretField::HMAC_SECRET => "hmac.secret",
        SecretField::HMAC_HEADER => "hmac.header",
        SecretField::HMAC_ALGORITHM => "hmac.algorithm",
        _ => return None,
    })
}

fn dim(words: &str) -> TextRun {
    TextRun::of(StyleRole::Dim, Safe::new(words).into_owned())
}
