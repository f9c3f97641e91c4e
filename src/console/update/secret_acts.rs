//! What a person does with a secret on purpose: which one is meant, what is there now, and then the
//! act. Nothing is read before somebody has said why.

use super::super::effect::{Effect, Request};
use super::super::model::{
    Asking, Confirm, Model, Overlay, PickFrom, SecretAct, SecretPick, SecretTarget, Then, Tone,
};
use super::super::secret_jobs::{Inspection, Outlet, SecretJob, SecretTold};
use super::browse::Step;
use super::{edit, keys, secret_destroy, secret_form, secret_reveal, secret_undo, secrets_page};
use crate::domain::{Contents, Presence, SecretPath, VersionState};

const COPY_IS_OFF: &str = "copying secret values is off: copy_secrets = true under [console] in the config file, or \
                           CONFDECK_COPY_SECRETS=true, allows it";

/// Begins an act with what is selected; where several secrets could be meant, it is asked which.
pub(super) fn begin(model: &mut Model, act: SecretAct) -> Vec<Effect> {
    if model.context.secrets.is_none() {
        model.say(Tone::Bad, "this console reaches no store of secrets");
        return Vec::new();
    }
    if act == SecretAct::Copy && !model.context.copies_secrets {
        model.say(Tone::Bad, COPY_IS_OFF);
        return Vec::new();
    }
    let mut targets = model.secret_targets();
    if !matches!(act, SecretAct::Reveal | SecretAct::Copy | SecretAct::Set) {
        targets.iter_mut().for_each(|target| target.field = None);
        targets.dedup();
    }
    match targets.len() {
        0 => {
            let words = if model.is_variable_selected() {
                "that is a variable of the receiver: set it where the receiver is started, and start it anew"
            } else {
                "nothing selected that has secrets"
            };
            model.say(Tone::Plain, words);
            Vec::new()
        }
        1 => targets.pop().map(|target| ask(model, act, target)).unwrap_or_default(),
        _ => {
            pick(model, act, PickFrom::Targets(targets));
            Vec::new()
        }
    }
}

/// Asks for what is there now, for an act.
fn ask(model: &mut Model, act: SecretAct, target: SecretTarget) -> Vec<Effect> {
    if is_busy(model) {
        return Vec::new();
    }
    let request = model.next_request();
    model.say(Tone::Plain, format!("asking what {} holds", target.path));
    let job = match act {
        SecretAct::Destroy => SecretJob::Versions(target.path.clone()),
        _ => SecretJob::Inspect(target.path.clone()),
    };
    model.hands.asking = Some(Asking { request, act, target });
    vec![Effect::Secret(request, job)]
}

/// Whether a write or a read of a secret is still without an answer; says so.
pub(super) fn is_busy(model: &mut Model) -> bool {
    let words = match (&model.hands.writing, &model.hands.reading) {
        (Some(writing), _) if writing.unknown => {
            "what became of the last write of a secret is being looked up; wait for it"
        }
        (Some(_), _) => "a write of a secret is under way; wait for its answer",
        (None, Some(_)) => "a secret is being read; wait for its answer",
        (None, None) => return false,
    };
    model.say(Tone::Plain, words);
    true
}

pub(super) fn pick(model: &mut Model, act: SecretAct, choices: PickFrom) {
    let opened = model.now.mono;
    model.overlay = Some(Overlay::Pick(SecretPick { act, choices, cursor: 0, opened }));
}

/// Moves in a list of choices.
pub(super) fn step(pick: &mut SecretPick, step: Step, page: usize) {
    pick.cursor = step.from(pick.cursor, pick.choices.len(), page);
}

/// Takes the selected choice.
pub(super) fn accept(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    let Some(Overlay::Pick(pick)) = model
        .overlay
        .take_if(|open| matches!(open, Overlay::Pick(pick) if !edit::too_soon(pick.opened, now)))
    else {
        return Vec::new();
    };
    if pick.act.writes() && !keys::passes_gate(model) {
        return Vec::new();
    }
    match pick.choices {
        PickFrom::Targets(targets) => targets
            .into_iter()
            .nth(pick.cursor)
            .map(|target| ask(model, pick.act, target))
            .unwrap_or_default(),
        PickFrom::Fields(path, fields) => {
            if let Some(field) = fields.into_iter().nth(pick.cursor) {
                secret_reveal::ask_why(model, path, field, outlet(pick.act));
            }
            Vec::new()
        }
        PickFrom::Versions(path, versions) => {
            let newest = versions.iter().map(|info| info.version).max();
            if let Some(info) = versions.into_iter().nth(pick.cursor) {
                let is_read = newest == Some(info.version) && info.state == VersionState::Kept;
                secret_destroy::ask(model, path, Some(info.version), is_read);
            }
            Vec::new()
        }
    }
}

fn outlet(act: SecretAct) -> Outlet {
    if act == SecretAct::Copy { Outlet::Clipboard } else { Outlet::Screen }
}

/// Takes in what came of a job.
pub(super) fn told(model: &mut Model, request: Request, told: SecretTold) -> Vec<Effect> {
    match told {
        SecretTold::Inspected(inspection) => inspected(model, request, *inspection),
        SecretTold::Generated(made) => secret_form::generated(model, request, made),
        SecretTold::Revealed(reading) => secret_reveal::revealed(model, request, *reading),
        SecretTold::Written(outcome) => {
            secrets_page::written(model);
            return secret_undo::written(model, request, outcome);
        }
        SecretTold::Found(presence) => secret_undo::found(model, request, presence),
    }
    Vec::new()
}

/// Goes on with an act once it is known what is there, unless something else was opened meanwhile.
fn inspected(model: &mut Model, request: Request, inspection: Inspection) {
    let Some(Asking { act, target, .. }) = model.hands.asking.take_if(|asking| asking.request == request)
    else {
        return;
    };
    let rebases = model.hands.form.as_ref().is_some_and(|form| form.rebasing && form.path == target.path);
    let Inspection { can, presence, lacking, versions } = inspection;
    let presence = match presence {
        Ok(presence) => presence,
        Err(error) => {
            secret_form::stop_rebasing(model);
            return model.say(Tone::Bad, error.to_string());
        }
    };
    if rebases {
        return secret_form::rebase(model, &presence);
    }
    if model.overlay.is_some() || model.edit.is_some() || model.plan.is_some() || model.hands.covers() {
        return;
    }
    model.notice = None;
    let path = target.path.clone();
    let missing = act.right().and_then(|right| Some((right, lacking.for_right(right)?.to_owned())));
    if let Some((right, permission)) = missing {
        return model
            .say(Tone::Bad, format!("you may not {} ({path}): {permission} is missing", right.words()));
    }
    if act.writes() && !can.write {
        return model.say(Tone::Bad, format!("{path} cannot be written from here: {}", remedy(&path)));
    }
    match act {
        SecretAct::Reveal | SecretAct::Copy => reveal(model, act, target, presence),
        SecretAct::Set | SecretAct::SetFields => {
            secret_form::open(model, target, &presence, (can, lacking), act == SecretAct::Set);
        }
        SecretAct::Undo => secret_undo::open(model, &path, &presence),
        SecretAct::Delete => ask_delete(model, path, &presence),
        SecretAct::Undelete => ask_undelete(model, path, &presence),
        SecretAct::Destroy if !can.versions => {
            model.say(Tone::Bad, format!("no versions of {path} are kept: :destroy-all destroys it"));
        }
        SecretAct::Destroy => secret_destroy::pick(model, path, &presence, versions),
        SecretAct::DestroyAll => secret_destroy::ask_all(model, path, &presence),
    }
}

fn remedy(path: &SecretPath) -> &'static str {
    match path {
        SecretPath::Variables(_) => "set the variables where the receiver is started, and restart it",
        _ => "its store takes no writes",
    }
}

/// Why there is nothing of it.
pub(super) fn absent(path: &SecretPath, presence: &Presence) -> Option<String> {
    match presence {
        Presence::Present(_) | Presence::Unknown { .. } => None,
        Presence::Missing => Some(format!("there is no secret {path}")),
        Presence::Deleted { version, .. } => Some(format!("{version} of {path}, its newest, was deleted")),
        Presence::Destroyed { version } => {
            Some(format!("{version} of {path}, its newest, was destroyed for ever"))
        }
        Presence::Forbidden { permission } => {
            Some(format!("{path} may not be seen: {permission} is missing"))
        }
        Presence::Unreachable { reason } => Some(format!("{path} cannot be reached: {reason}")),
    }
}

fn reveal(model: &mut Model, act: SecretAct, target: SecretTarget, presence: Presence) {
    let SecretTarget { path, field } = target;
    if let Some(words) = absent(&path, &presence) {
        return model.say(Tone::Bad, words);
    }
    if let Some(field) = field {
        return secret_reveal::ask_why(model, path, field, outlet(act));
    }
    let mut fields = match presence {
        Presence::Present(Contents { fields, .. }) => fields.into_iter().map(|(name, _)| name).collect(),
        _ => model.secret_fields(&path),
    };
    match (fields.len(), fields.pop()) {
        (0, _) | (_, None) => model.say(Tone::Plain, format!("{path} has no fields")),
        (1, Some(field)) => secret_reveal::ask_why(model, path, field, outlet(act)),
        (_, Some(last)) => {
            fields.push(last);
            pick(model, act, PickFrom::Fields(path, fields));
        }
    }
}

fn ask_delete(model: &mut Model, path: SecretPath, presence: &Presence) {
    let Presence::Present(Contents { version, fields, .. }) = presence else {
        let words = absent(&path, presence).unwrap_or_else(|| format!("whether {path} exists is not known"));
        return model.say(Tone::Bad, words);
    };
    let Some(version) = *version else {
        return model.say(Tone::Bad, format!("{path} has no versions: a delete could not be taken back"));
    };
    let mut details = vec![
        format!("whoever reads it finds none of its {} fields from then on", fields.len()),
        "older versions stay; undelete brings this one back".into(),
    ];
    details.extend(secret_destroy::dependants(model, &path));
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: format!("Delete {version} of {path}, its newest version?"),
        details,
        then: Then::DeleteSecret { path, version },
        asked: model.now.mono,
    }));
}

fn ask_undelete(model: &mut Model, path: SecretPath, presence: &Presence) {
    let Presence::Deleted { version, .. } = presence else {
        let words = match presence {
            Presence::Present(_) => format!("the newest version of {path} is not deleted"),
            presence => {
                absent(&path, presence).unwrap_or_else(|| format!("whether {path} exists is not known"))
            }
        };
        return model.say(Tone::Bad, words);
    };
    let version = *version;
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: format!("Undelete {version} of {path}?"),
        details: vec!["whoever reads it finds the fields of that version again".into()],
        then: Then::UndeleteSecret { path, version },
        asked: model.now.mono,
    }));
}
