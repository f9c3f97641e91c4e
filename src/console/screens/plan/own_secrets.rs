//! The own secrets of webhooks that get another name or are copied: what the new name would go without, and
//! the copies that are made of them before the documents are written, if the user asks for that.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{Plan, PlanKind, PlanStep};
use super::update;
use crate::check::{OwnSecrets, SecretLookup};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone};
use crate::console::place::Place;
use crate::console::request::RequestId;
use crate::console::screens::secrets::actions::{PendingSecretWrite, SecretWriteKind};
use crate::console::secret_jobs::{CopyRequest, Inspection, SecretJob};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::ReviewPage;
use crate::console::words;
use crate::domain::{
    OWN_VARIABLES, Presence, ResourceKey, SecretContents, SecretField, SecretPath, SecretRight, variable_name,
};
use crate::text::Safe;

/// The most secrets that one plan copies.
const MAX_COPIES: usize = 100;

/// The copies of own secrets that are made before the documents are written.
#[derive(Debug, Default)]
pub struct SecretCopies {
    /// Those that the user asked for, with the webhooks that are to have them.
    pub wanted: Vec<(ResourceKey, CopyRequest)>,
    /// The rights that are being asked for.
    asked: BTreeMap<RequestId, (SecretPath, SecretRight)>,
    /// What stands against them, by the secret.
    barred: BTreeMap<SecretPath, String>,
    /// Those that were made.
    done: BTreeSet<SecretPath>,
    /// The one that is being made.
    sent: Option<RequestId>,
}

/// What becomes of the own secrets of a webhook under its new name.
enum OwnFate {
    /// They stay behind: these fields, which the document leaves out. They can be copied, unless something
    /// else is, or was, at the new place.
    Lost { copy: CopyRequest, fields: Vec<SecretField>, is_free: bool },
    /// The receiver reads none of what is there.
    Unread(SecretPath),
    /// The new name has some already.
    Replaced(SecretPath),
    /// Nobody can tell whether there are any.
    Unseen(SecretPath, &'static str),
    /// Variables that are set for the old id alone, each with the one for the new.
    Variables(Vec<(String, String)>),
}

/// The webhooks that get a new name or a copy, each with that.
fn pairs(plan: &Plan) -> impl Iterator<Item = (&ResourceKey, &PlanStep)> {
    plan.steps.iter().filter_map(|step| Some((old_name(plan, step)?, step)))
}

fn old_name<'p>(plan: &Plan, step: &'p PlanStep) -> Option<&'p ResourceKey> {
    let is_new = matches!(plan.kind, PlanKind::Rename { .. } | PlanKind::Clone(_)) && step.after.is_some();
    step.source.as_ref().filter(|_| is_new).map(|(from, _)| from)
}

/// The secrets whose presence the open plan tells of, or the draft of a copy, in order.
pub(crate) fn paths(model: &Model, lookup: &SecretLookup) -> Vec<SecretPath> {
    let keys: Vec<&ResourceKey> = match (&model.edit, &model.plan) {
        (Some(edit), _) => edit.source.iter().flat_map(|from| [from, &edit.key]).collect(),
        (None, Some(plan)) if matches!(plan.kind, PlanKind::Delete(_)) => {
            plan.steps.iter().map(|step| &step.key).collect()
        }
        (None, Some(plan)) => pairs(plan).flat_map(|(from, step)| [from, &step.key]).collect(),
        (None, None) => Vec::new(),
    };
    let paths = keys.into_iter().filter_map(|key| lookup.stored_path(key));
    paths.filter(|path| lookup.can_read_kv && matches!(path, SecretPath::Kv { .. })).collect()
}

fn fate(model: &Model, from: &ResourceKey, to: &ResourceKey) -> Option<OwnFate> {
    let lookup = model.context.secrets.as_ref()?;
    let (old, new) = (lookup.stored_path(from)?, lookup.stored_path(to)?);
    if old == new {
        return None;
    }
    if let (SecretPath::Variables(old), SecretPath::Variables(new)) = (&old, &new) {
        let names = OWN_VARIABLES.map(|field| (variable_name(old, field), variable_name(new, field)));
        let is_set = |name: &str| lookup.variable(name).map(|state| state.is_some());
        let lost =
            names.into_iter().filter(|(old, new)| is_set(old) == Some(true) && is_set(new) == Some(false));
        let lost: Vec<_> = lost.collect();
        return (!lost.is_empty() && lookup.own == OwnSecrets::Variables).then_some(OwnFate::Variables(lost));
    }
    if !lookup.can_read_kv {
        return Some(OwnFate::Unseen(old, "cannot be seen from here"));
    }
    let contents = match model.presence_cache.presence(&old) {
        Some(Presence::Present(contents)) => contents,
        Some(presence) if presence.is_gone() => return None,
        Some(_) => return Some(OwnFate::Unseen(old, "cannot be told now")),
        None => return Some(OwnFate::Unseen(old, "is being asked")),
    };
    if lookup.own == OwnSecrets::NotMerged {
        return Some(OwnFate::Unread(old));
    }
    let there = model.presence_cache.presence(&new);
    if matches!(there, Some(Presence::Present(_))) {
        return Some(OwnFate::Replaced(new));
    }
    let fields = lost_fields(model, from, contents);
    let copy = CopyRequest { from: old, version: contents.version, to: new };
    let is_free = matches!(there, Some(Presence::Missing));
    (!fields.is_empty()).then_some(OwnFate::Lost { copy, fields, is_free })
}

/// The fields of its own secrets that a webhook leaves out.
fn lost_fields(model: &Model, key: &ResourceKey, contents: &SecretContents) -> Vec<SecretField> {
    let own = model.inventory.get(key).map(|row| row.own()).unwrap_or_default();
    own.iter().map(|(field, _)| field).filter(|field| contents.field(field.as_str()).is_some()).collect()
}

/// The copies that can be made for the documents that are written.
fn offered(model: &Model, plan: &Plan) -> Vec<(ResourceKey, CopyRequest)> {
    let written = pairs(plan).filter(|(_, step)| plan.includes(step, &model.inventory));
    let copies = written.filter_map(|(from, step)| match fate(model, from, &step.key)? {
        OwnFate::Lost { copy, is_free: true, .. } => Some((step.key.clone(), copy)),
        _ => None,
    });
    copies.collect()
}

/// Whether copies are offered, or were asked for.
pub(super) fn may_copy(model: &Model, plan: &Plan) -> bool {
    !plan.copies.wanted.is_empty() || !offered(model, plan).is_empty()
}

/// Takes the copies into the plan, and asks for the rights that they need; or leaves them out again.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    let Some(plan) = &model.plan else { return Vec::new() };
    if plan.copies.sent.is_some() {
        return Vec::new();
    }
    let wanted = if plan.copies.wanted.is_empty() { offered(model, plan) } else { Vec::new() };
    if wanted.is_empty() && plan.copies.wanted.is_empty() {
        model.notify(Tone::Plain, "there are no own secrets to copy");
        return Vec::new();
    }
    if wanted.len() > MAX_COPIES {
        let words = format!("at most {MAX_COPIES} secrets are copied at once: leave some documents out");
        model.notify(Tone::Bad, words);
        return Vec::new();
    }
    let rights = |copy: &CopyRequest| {
        [(copy.from.clone(), SecretRight::Reveal), (copy.to.clone(), SecretRight::Create)]
    };
    let rights: Vec<_> = wanted.iter().flat_map(|(_, copy)| rights(copy)).collect();
    let asked: BTreeMap<_, _> = rights.into_iter().map(|right| (model.next_request(), right)).collect();
    let effects =
        asked.iter().map(|(request, (path, _))| Effect::Secret(*request, SecretJob::Inspect(path.clone())));
    let effects = effects.collect();
    if let Some(plan) = &mut model.plan {
        plan.opened = model.now.mono;
        plan.copies = SecretCopies {
            wanted,
            asked,
            done: std::mem::take(&mut plan.copies.done),
            ..SecretCopies::default()
        };
    }
    effects
}

/// Takes the rights on a secret, if the plan asked for them.
pub(crate) fn on_inspected(model: &mut Model, request: RequestId, found: &Inspection) -> bool {
    let Some(plan) = &mut model.plan else { return false };
    let Some((path, right)) = plan.copies.asked.remove(&request) else { return false };
    let missing = found.lacking.for_right(right).map(|permission| format!("{permission} is missing"));
    let barred = match &found.presence {
        Err(error) => Some(error.to_string()),
        Ok(_) if right == SecretRight::Create && !found.capabilities.write => {
            Some("its store takes no writes".to_owned())
        }
        Ok(_) => missing,
    };
    plan.copies.barred.extend(barred.map(|why| (path, why)));
    true
}

/// Why the copies that were asked for cannot be made.
pub(super) fn blocker(model: &Model, plan: &Plan) -> Option<String> {
    let key = model.keymap.key(Place::Plan, Action::CopyOwnSecrets).unwrap_or_default();
    if !plan.copies.asked.is_empty() {
        return Some("nothing was sent: whether the own secrets may be copied is being asked".into());
    }
    let (path, why) = plan.copies.barred.first_key_value()?;
    Some(format!("nothing was sent: {path} cannot be copied, {why}; {key} leaves the own secrets behind"))
}

/// Makes the next copy; `None` once all of them are made.
pub(super) fn copy_next(model: &mut Model) -> Option<Vec<Effect>> {
    let plan = model.plan.as_ref()?;
    if plan.copies.sent.is_some() {
        return Some(Vec::new());
    }
    let is_due = |(key, copy): &&(ResourceKey, CopyRequest)| {
        !plan.copies.done.contains(&copy.to) && !plan.left_out.contains(key)
    };
    let (_, copy) = plan.copies.wanted.iter().find(is_due)?.clone();
    if model.is_secret_busy() {
        return Some(Vec::new());
    }
    let request = model.next_request();
    model.secret_actions.writing = Some(PendingSecretWrite {
        request,
        path: copy.to.clone(),
        description: format!("copy of {} to {}", copy.from, copy.to),
        before: None,
        kind: SecretWriteKind::Copy,
        fields: None,
        unknown: false,
    });
    model.plan.as_mut()?.copies.sent = Some(request);
    Some(vec![Effect::Secret(request, SecretJob::Copy(copy))])
}

/// Goes on after a copy was made: with the next one, then with the documents. After one that failed, or of
/// which it is not known, nothing more is sent.
pub(crate) fn on_copied(
    model: &mut Model,
    request: RequestId,
    path: &SecretPath,
    is_done: bool,
) -> Vec<Effect> {
    let Some(plan) = model.plan.as_mut().filter(|plan| plan.copies.sent == Some(request)) else {
        return Vec::new();
    };
    plan.copies.sent = None;
    if !is_done {
        return Vec::new();
    }
    plan.copies.done.insert(path.clone());
    update::go_on(model)
}

/// `; its own secrets were copied already, and stay: webhooks/b/secrets`
pub(super) fn copied_words(plan: &Plan) -> String {
    let paths: Vec<_> = plan.copies.done.iter().map(ToString::to_string).collect();
    if paths.is_empty() {
        String::new()
    } else {
        format!("; copied already, and left there: {}", paths.join(", "))
    }
}

/// The own secrets of one document in a plan.
pub(super) fn facts(page: &mut ReviewPage<'_>, model: &Model, plan: &Plan, step: &PlanStep) {
    if matches!(plan.kind, PlanKind::Delete(_)) {
        if let Some(path) = left_behind(model, &step.key) {
            page.fact("own", StyleRole::Text, &format!("{path} stays in its store"));
        }
        return;
    }
    if plan.copies.wanted.iter().any(|(key, _)| *key == step.key) {
        return copy_facts(page, plan, &step.key);
    }
    if let Some(from) = old_name(plan, step) {
        new_name(page, model, from, &step.key, model.keymap.key(Place::Plan, Action::CopyOwnSecrets));
    }
}

/// What becomes of the own secrets of a webhook under a new name; with the key that copies them, where there
/// is one.
pub(crate) fn new_name(
    page: &mut ReviewPage<'_>,
    model: &Model,
    from: &ResourceKey,
    to: &ResourceKey,
    key: Option<&str>,
) {
    match fate(model, from, to) {
        None => {}
        Some(OwnFate::Unread(path)) => {
            page.fact("own", StyleRole::Dim, &format!("{path} stays where it is; the receiver merges none"));
        }
        Some(OwnFate::Replaced(path)) => {
            page.fact("own", StyleRole::Text, &format!("{path} is there already: the new name uses that"));
        }
        Some(OwnFate::Unseen(path, why)) => {
            let words = format!("whether {path} holds any {why}; the new name would go without them");
            page.fact("own", StyleRole::Dim, &words);
        }
        Some(OwnFate::Variables(names)) => {
            for (old, new) in names {
                let (old, new) = (Safe::name(&old).into_string(), Safe::name(&new).into_string());
                let then = format!("set {new} where the receiver is started");
                page.warn("own", &format!("{old} is not read for the new name: {then}"));
            }
        }
        Some(OwnFate::Lost { copy, fields, is_free }) => {
            let names: Vec<_> = fields.iter().map(|field| field.as_str()).collect();
            page.warn("own", &format!("the new name loses {} of {}", names.join(", "), copy.from));
            if is_only_auth(model, from, &fields) {
                page.warn("", "nothing else authenticates its callers: it would be open to anyone");
            }
            let then = match key {
                Some(key) if is_free => {
                    format!("{key} copies it to {} in this plan; its values are read for that", copy.to)
                }
                Some(_) => format!("it is not known that nothing is at {}, so it is not copied", copy.to),
                None => format!("it is not copied with the document: set {} before", copy.to),
            };
            page.fact("", StyleRole::Text, &then);
        }
    }
}

fn copy_facts(page: &mut ReviewPage<'_>, plan: &Plan, key: &ResourceKey) {
    let Some((_, copy)) = plan.copies.wanted.iter().find(|(wanted, _)| wanted == key) else { return };
    let CopyRequest { from, version, to } = copy;
    let version = version.map(|version| format!(" {version}")).unwrap_or_default();
    if plan.copies.done.contains(to) {
        return page.fact("own", StyleRole::Good, &format!("{} copied to {to}", glyph::GOOD));
    }
    let words = format!("{from}{version} is copied to {to} first, only if nothing is there");
    page.fact("own", StyleRole::Added, &words);
    let barred = [from, to].into_iter().find_map(|path| Some((path, plan.copies.barred.get(path)?)));
    match barred {
        Some((path, why)) => page.fact("", StyleRole::Bad, &format!("{} {path}: {why}", glyph::BAD)),
        None if !plan.copies.asked.is_empty() => page.fact("", StyleRole::Dim, "its rights are being asked"),
        None => page.fact("", StyleRole::Dim, "all its values are read for that, audited, and never shown"),
    }
}

/// The copies of a plan as a whole.
pub(super) fn summary(page: &mut ReviewPage<'_>, model: &Model, plan: &Plan) {
    let count = plan.copies.wanted.len();
    if count > 0 {
        let words = format!("{} copied before the documents are written", words::plural(count, "secret"));
        return page.fact("own", StyleRole::Added, &words);
    }
    let offered = offered(model, plan).len();
    if offered > 1 {
        let key = model.keymap.key(Place::Plan, Action::CopyOwnSecrets).unwrap_or_default();
        let webhooks = words::plural(offered, "webhook");
        page.warn("own", &format!("{webhooks} would lose own secrets by the new names; {key} copies them"));
    }
}

/// Where own secrets of a webhook are known to be, which stay when it goes.
pub(super) fn left_behind(model: &Model, key: &ResourceKey) -> Option<SecretPath> {
    let path = model.context.secrets.as_ref()?.stored_path(key)?;
    let is_there = matches!(model.presence_cache.presence(&path), Some(Presence::Present(_)));
    is_there.then_some(path)
}

/// Whether only these fields keep strangers out of a webhook.
fn is_only_auth(model: &Model, key: &ResourceKey, fields: &[SecretField]) -> bool {
    let is_open = model.inventory.get(key).is_some_and(|row| row.auth().is_open());
    is_open
        && fields.iter().any(|field| [SecretField::BEARER_TOKEN, SecretField::HMAC_SECRET].contains(field))
}
