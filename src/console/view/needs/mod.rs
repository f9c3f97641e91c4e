//! What a document needs of secrets and variables, as the list marks it and the detail tells it: where
//! each is kept, what is known of it, and which place in which document needs it. Never a value.

mod lines;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use lines::Lines;

use super::widgets::Phrase;
use super::words;
use crate::check::{Need, NeedMark, NeedState, Needs, OwnSecrets, Place, Wanted};
use crate::console::age::{Spoken, age};
use crate::console::model::Model;
use crate::console::theme::{Ink, glyph};
use crate::domain::{
    Contents, FieldName, OWN_VARIABLES, Presence, ResourceKey, SecretField, SecretPath, WebhookId,
    variable_name,
};
use crate::provider::env::Overlap;
use crate::text::{MASK, Safe};

/// How many needs of one document are told; of more, the worst.
const MOST: usize = 16;

/// How many places of one need are told, and how many fields beside those that are needed.
const PLACES: usize = 3;
const BESIDE: usize = 6;

/// A mark's glyph and colour.
pub(super) fn look(mark: NeedMark) -> (&'static str, Ink) {
    match mark {
        NeedMark::Missing => (glyph::BAD, Ink::Bad),
        NeedMark::Forbidden => (glyph::FORBIDDEN, Ink::Warning),
        NeedMark::Unreachable => (glyph::UNREACHABLE, Ink::Warning),
        NeedMark::Fallback => (glyph::FALLBACK, Ink::Warning),
        NeedMark::Plaintext => (glyph::PLAINTEXT, Ink::Warning),
        NeedMark::Unknown => (glyph::UNKNOWN, Ink::Dim),
        NeedMark::Asking => (glyph::DOT, Ink::Dim),
        NeedMark::Present => (glyph::GOOD, Ink::Good),
        NeedMark::Nothing => (glyph::NONE, Ink::Dim),
    }
}

/// The mark of a row, also where its document was not read yet.
pub(super) fn mark(model: &Model, key: &ResourceKey) -> NeedMark {
    model.need_mark(key).unwrap_or(NeedMark::Asking)
}

/// What the marks mean, a line each.
pub(super) fn legend() -> [(&'static str, Ink, &'static str); NeedMark::ALL.len()] {
    NeedMark::ALL.map(|mark| {
        let (glyph, ink) = look(mark);
        (glyph, ink, mark.word())
    })
}

/// All that the detail says of a document's needs, in lines of at most so many columns.
pub(super) fn block(model: &Model, key: &ResourceKey, room: u16) -> Vec<Phrase> {
    let mut lines = Lines { list: Vec::new(), room };
    let Some(needs) = model.needs.of(key) else {
        lines.add(0, NeedMark::Asking, vec![dim("reading what it refers to")]);
        return lines.list;
    };
    if needs.is_empty() && !needs.cut {
        idle_variables(&mut lines, model, key);
        shared(&mut lines, model, key);
        if lines.list.is_empty() {
            lines.add(0, NeedMark::Nothing, vec![dim("no secrets and no variables")]);
        }
        return lines.list;
    }
    let (told, left_out) = told(model, needs);
    let mut done: Vec<&SecretPath> = Vec::new();
    for one in &told {
        match one.need.path() {
            Some(path @ SecretPath::Kv { .. }) if done.contains(&path) => {}
            Some(path @ SecretPath::Kv { .. }) => {
                done.push(path);
                let group: Vec<&Told<'_>> =
                    told.iter().filter(|other| other.need.path() == Some(path)).collect();
                secret(&mut lines, model, path, &group);
            }
            _ => one.alone(&mut lines),
        }
    }
    if left_out > 0 {
        lines.add(0, NeedMark::Nothing, vec![dim(&format!("and {} more", words::grouped(left_out)))]);
    }
    idle_variables(&mut lines, model, key);
    shared(&mut lines, model, key);
    if needs.cut {
        let words = "not all of it is told: the document refers to more than 2,000, or could not be read";
        lines.add(0, NeedMark::Unknown, vec![dim(words)]);
    }
    lines.list
}

/// What a webhook's own secrets make its callers show, as far as they are known to be there.
pub(super) fn own_auth(model: &Model, key: &ResourceKey) -> Vec<&'static str> {
    let there = |need: &&Need| {
        let state = need.state(&|path| model.sight.presence(path));
        matches!(state, NeedState::Present { .. })
    };
    let needs = model.needs.of(key).into_iter().flat_map(Needs::iter).filter(there);
    needs
        .filter_map(|need| match need.wanted {
            Wanted::Own(SecretField::BEARER_TOKEN) => Some("bearer"),
            Wanted::Own(SecretField::HMAC_SECRET) => Some("hmac"),
            _ => None,
        })
        .collect()
}

/// Whether another id reads one of its variables.
pub(super) fn clashes(model: &Model, key: &ResourceKey) -> bool {
    let ResourceKey::Webhook { id, .. } = key else { return false };
    merges_variables(model) && model.clashes.clashes(&model.inventory, id)
}

fn merges_variables(model: &Model) -> bool {
    model.context.secrets.as_ref().is_some_and(|eyes| eyes.own == OwnSecrets::Variables)
}

/// With whom a webhook shares its variables, and what to do where that is no good.
fn shared(lines: &mut Lines, model: &Model, key: &ResourceKey) {
    let ResourceKey::Webhook { id, .. } = key else { return };
    // What the receiver does not look at is worth knowing, and no warning.
    let merges = merges_variables(model);
    let (glyph, ink) = if merges { (glyph::WARNING, Ink::Warning) } else { look(NeedMark::Nothing) };
    let mut readers: BTreeMap<Vec<WebhookId>, Vec<String>> = BTreeMap::new();
    for overlap in model.clashes.of(&model.inventory, id) {
        match overlap {
            Overlap::SameId { .. } if !merges => {}
            Overlap::SameId { .. } => {
                lines.add(0, NeedMark::Nothing, vec![Phrase::of(Ink::Dim, Safe::display(&overlap))]);
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
        lines.put(0, (glyph, ink), vec![Phrase::of(ink, words)]);
    }
}

/// Says so where variables are set that the receiver does not look at.
fn idle_variables(lines: &mut Lines, model: &Model, key: &ResourceKey) {
    let (Some(eyes), ResourceKey::Webhook { id, .. }) = (&model.context.secrets, key) else { return };
    if (&eyes.own, &eyes.kept) != (&OwnSecrets::NotMerged, &OwnSecrets::Variables) {
        return;
    }
    let is_set = |field: &SecretField| eyes.variable(&variable_name(id, *field)).flatten().is_some();
    for field in OWN_VARIABLES.iter().filter(|field| is_set(field)) {
        let name = Phrase::of(Ink::Dim, Safe::new(&variable_name(id, *field)).into_owned());
        lines.add(0, NeedMark::Nothing, vec![name, dim("set, and the receiver does not merge it")]);
    }
}

/// When the ages in a block change by themselves, each counted from now.
pub(super) fn ages<'m>(model: &'m Model, key: &ResourceKey) -> impl Iterator<Item = Duration> + 'm {
    let paths = model.needs.of(key).map(Needs::paths).unwrap_or_default();
    paths.into_iter().filter_map(|path| match model.sight.presence(path)? {
        Presence::Present(Contents { written, .. }) => since(model, (*written)?).changes_in,
        Presence::Deleted { at, .. } => since(model, (*at)?).changes_in,
        _ => None,
    })
}

/// How long ago something was by a server's clock, which may be ahead of ours.
fn since(model: &Model, at: SystemTime) -> Spoken {
    match model.now.wall.duration_since(at) {
        Ok(elapsed) => age(elapsed),
        Err(ahead) => {
            let Spoken { text, changes_in } = age(Duration::ZERO);
            Spoken { text, changes_in: changes_in.map(|wait| wait + ahead.duration()) }
        }
    }
}

/// A need with what is known of it.
struct Told<'m> {
    need: &'m Need,
    state: NeedState,
    mark: NeedMark,
}

/// The needs that are told, and how many are not: of too many the worst, in the order of the document.
fn told<'m>(model: &'m Model, needs: &'m Needs) -> (Vec<Told<'m>>, usize) {
    let mut told: Vec<_> = needs
        .iter()
        .map(|need| {
            let state = need.state(&|path| model.sight.presence(path));
            let mark = need.mark(&state);
            Told { need, state, mark }
        })
        .collect();
    let left_out = told.len().saturating_sub(MOST);
    if left_out > 0 {
        told.sort_by_key(|one| one.mark);
        told.truncate(MOST);
    }
    (told, left_out)
}

/// One secret of a store, with the fields that are needed of it.
fn secret(lines: &mut Lines, model: &Model, path: &SecretPath, group: &[&Told<'_>]) {
    let presence = model.sight.presence(path);
    let optional = group.iter().all(|one| one.mark == NeedMark::Nothing);
    let place = Phrase::of(if optional { Ink::Dim } else { Ink::Text }, Safe::display(path));
    if let Some(Presence::Present(contents)) = presence {
        let mut facts = vec![place, dim("present")];
        facts.extend(contents.version.map(|version| dim(&version.to_string())));
        facts.extend(contents.written.map(|at| dim(&since(model, at).text)));
        lines.add(0, NeedMark::Present, facts);
        group.iter().filter(|one| !one.is_idle()).for_each(|one| one.field(lines, true));
        beside(lines, contents, group);
        return;
    }
    let state = group.first().map_or(&NeedState::NotAsked, |one| &one.state);
    let mark = group.iter().map(|one| one.mark).min().unwrap_or(NeedMark::Asking);
    if optional {
        return lines.add(0, mark, vec![place, dim("none, and none is needed")]);
    }
    let mut facts = vec![place];
    facts.extend(words_of(state, mark));
    if let NeedState::Deleted { at: Some(at), .. } = state {
        facts.push(dim(&format!("{} ago", since(model, *at).text)));
    }
    lines.add(0, head_mark(state, mark), facts);
    group.iter().filter(|one| !one.is_idle()).for_each(|one| one.field(lines, false));
}

/// The mark of a secret as such: a default that stands in for a field does not make it present.
fn head_mark(state: &NeedState, worst: NeedMark) -> NeedMark {
    if state.is_lack() { worst.min(NeedMark::Fallback) } else { worst }
}

/// The fields of a secret that nothing in the document asks for.
fn beside(lines: &mut Lines, contents: &Contents, group: &[&Told<'_>]) {
    let needed: Vec<FieldName> = group.iter().filter_map(|one| one.need.field()).collect();
    let others: Vec<_> = contents.fields.iter().filter(|(name, _)| !needed.contains(name)).collect();
    if others.is_empty() {
        return;
    }
    let mut names: Vec<String> =
        others.iter().take(BESIDE).map(|(name, _)| Safe::new(name.as_str()).into_string()).collect();
    if others.len() > BESIDE {
        names.push(format!("{} more", words::grouped(others.len() - BESIDE)));
    }
    lines.add(2, NeedMark::Nothing, vec![dim(&format!("not needed here: {}", names.join(", ")))]);
}

/// What is known, in words; nothing where the mask says it.
fn words_of(state: &NeedState, mark: NeedMark) -> Vec<Phrase> {
    let ink = look(mark).1;
    let word = || Phrase::of(ink, state.word());
    match state {
        NeedState::Present { .. } | NeedState::Plaintext => Vec::new(),
        NeedState::Deleted { version, .. } | NeedState::Destroyed { version } => {
            vec![Phrase::of(ink, format!("{version} {}", state.word()))]
        }
        NeedState::Forbidden { permission } => vec![word(), dim(&format!("{permission} is missing"))],
        NeedState::Unreachable { reason } | NeedState::Unknown { reason } => vec![word(), dim(reason)],
        _ => vec![word()],
    }
}

impl Told<'_> {
    /// Whether there is nothing to say of it: the document is whole without it, and it is not known to
    /// be there.
    fn is_idle(&self) -> bool {
        let there = matches!(self.state, NeedState::Present { .. } | NeedState::Empty | NeedState::NotText);
        self.need.optional && !there
    }

    /// A field under its secret; with a state of its own where that is there.
    fn field(&self, lines: &mut Lines, own_state: bool) {
        let name = self.need.field().map(|field| Safe::new(field.as_str()).into_owned());
        let name = Phrase::of(Ink::Text, name.unwrap_or_default());
        let mut facts = vec![self.masked(name)];
        if own_state {
            facts.extend(words_of(&self.state, self.mark));
        }
        facts.extend(self.places());
        lines.add(2, self.mark, facts);
    }

    /// What is kept nowhere that could be asked: a variable, or a value in plaintext.
    fn alone(&self, lines: &mut Lines) {
        let name = match (&self.need.wanted, self.need.variable()) {
            (Wanted::Variable { name }, _) => format!("{{${name}}}"),
            (_, Some(variable)) => variable,
            (Wanted::Vault { path, field }, _) => format!("{{$vault:{path}#{}}}", field.as_str()),
            (Wanted::IllFormed, _) => "a reference that the receiver refuses".into(),
            (Wanted::Plaintext, _) => "plaintext".into(),
            (Wanted::Own(field), _) => field.as_str().into(),
        };
        let idle = self.mark == NeedMark::Nothing;
        let name = Phrase::of(if idle { Ink::Dim } else { Ink::Text }, Safe::new(&name).into_owned());
        let mut facts = vec![self.masked(name)];
        if self.state == NeedState::Missing && self.need.variable().is_some() {
            facts.push(Phrase::of(look(self.mark).1, if idle { "not set, not needed" } else { "not set" }));
        } else if self.need.wanted != Wanted::IllFormed {
            facts.extend(words_of(&self.state, self.mark));
        }
        facts.extend(self.places());
        lines.add(0, self.mark, facts);
    }

    /// The name, with a mask of one width for every value that is there.
    fn masked(&self, name: Phrase) -> Phrase {
        match self.state {
            NeedState::Present { .. } => name.and(Ink::Text, "  ").and(Ink::Secret, MASK),
            _ => name,
        }
    }

    fn places(&self) -> Vec<Phrase> {
        let Need { wanted, places, .. } = self.need;
        if let Wanted::Own(field) = wanted {
            return own_place(*field).map(dim).into_iter().collect();
        }
        let mut told: Vec<_> = places.iter().take(PLACES).map(|place| self.place(place)).collect();
        if places.len() > PLACES {
            told.push(dim(&format!("{} more places", words::grouped(places.len() - PLACES))));
        }
        told
    }

    /// `connection rabbit_eu: pass (default in effect)`
    fn place(&self, place: &Place) -> Phrase {
        let path = match &place.connection {
            Some(name) => format!("connection {name}: {}", place.path),
            None => place.path.clone(),
        };
        let phrase = Phrase::of(Ink::Dim, Safe::new(&path).into_owned());
        let Some(fallback) = place.fallback else { return phrase };
        let which = match (place.has_plaintext_default(), fallback.empty) {
            (true, _) => "plaintext default",
            (false, true) => "empty default",
            (false, false) => "default",
        };
        match self.state.is_lack() {
            true => phrase.and(Ink::Warning, format!(" ({which} in effect)")),
            false if place.has_plaintext_default() => phrase.and(Ink::Warning, format!(" ({which})")),
            false => phrase.and(Ink::Dim, format!(" ({which})")),
        }
    }
}

/// The place of a document that one of its own secrets fills in.
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

fn dim(words: &str) -> Phrase {
    Phrase::of(Ink::Dim, Safe::new(words).into_owned())
}
