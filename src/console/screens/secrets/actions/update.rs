//! Actions on secrets: determines which secret is meant, inspects what is stored now, then acts. Nothing is
//! read before a reason was given.

use super::state::{PickerItems, SecretAction, SecretPicker, SecretTarget};
use super::targets::absence_reason;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::overlays::{Confirm, ConfirmAction, Overlay};
use crate::console::screens::browse;
use crate::console::screens::plan::own_secrets;
use crate::console::screens::secret_form;
use crate::console::screens::secret_form::undo;
use crate::console::screens::secrets::actions::{destroy, reveal};
use crate::console::screens::secrets::update;
use crate::console::secret_jobs::{Inspection, RevealDestination, SecretJob, SecretJobResult};
use crate::console::shell::layout::Pane;
use crate::console::widgets::ListState;
use crate::domain::{Presence, SecretContents, SecretPath, VersionState};

const COPY_IS_OFF: &str = "copying secret values is off: copy_secrets = true under [console] in the config file, or \
                           CONFDECK_COPY_SECRETS=true, allows it";

/// Starts an action on the selection; asks which secret if several could be meant.
pub(crate) fn begin(model: &mut Model, act: SecretAction) -> Vec<Effect> {
    let refusal = match act {
        _ if model.context.secrets.is_none() => Some("this console reaches no store of secrets"),
        SecretAction::Copy if !model.context.may_copy_secrets => Some(COPY_IS_OFF),
        _ => None,
    };
    if let Some(words) = refusal {
        model.notify(Tone::Bad, words);
        return Vec::new();
    }
    let mut targets = model.secret_targets();
    if !matches!(act, SecretAction::Reveal | SecretAction::Copy | SecretAction::Set) {
        targets.iter_mut().for_each(|target| target.field = None);
        targets.dedup();
    }
    match targets.len() {
        0 => {
            if model.has_focus(Pane::Namespaces) {
                browse::nothing_selected(model);
                return Vec::new();
            }
            let words = if model.is_variable_selected() {
                "that is a variable of the receiver: set it where the receiver is started, and start it anew"
            } else {
                "nothing selected that has secrets"
            };
            model.notify(Tone::Plain, words);
        }
        1 => return targets.pop().map(|target| ask(model, act, target)).unwrap_or_default(),
        _ => pick(model, act, PickerItems::Targets(targets)),
    }
    Vec::new()
}

/// Inspects the secret before an action.
fn ask(model: &mut Model, act: SecretAction, target: SecretTarget) -> Vec<Effect> {
    if model.is_secret_busy() {
        return Vec::new();
    }
    let request = model.next_request();
    model.notify(Tone::Plain, format!("asking what {} holds", target.path));
    let job = match act {
        SecretAction::Destroy => SecretJob::Versions(target.path.clone()),
        _ => SecretJob::Inspect(target.path.clone()),
    };
    model.secret_actions.pending.begin(request, (act, target));
    vec![Effect::Secret(request, job)]
}

pub(crate) fn pick(model: &mut Model, act: SecretAction, choices: PickerItems) {
    let opened = model.now.mono;
    model.overlay =
        Some(Overlay::PickSecret(SecretPicker { act, choices, list: ListState::default(), opened }));
}

/// Accepts the selected choice.
pub(crate) fn accept(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let Some(Overlay::PickSecret(pick)) = model
        .overlay
        .take_if(|open| matches!(open, Overlay::PickSecret(pick) if !now.is_too_soon_after(pick.opened)))
    else {
        return Vec::new();
    };
    if pick.act.writes() && !model.passes_gate() {
        return Vec::new();
    }
    match pick.choices {
        PickerItems::Targets(targets) => {
            if let Some(target) = targets.into_iter().nth(pick.list.cursor) {
                return ask(model, pick.act, target);
            }
        }
        PickerItems::Fields(path, fields) => {
            if let Some(field) = fields.into_iter().nth(pick.list.cursor) {
                reveal::ask_why(model, path, field, outlet(pick.act));
            }
        }
        PickerItems::Versions(path, versions) => {
            let newest = versions.iter().map(|info| info.version).max();
            if let Some(info) = versions.into_iter().nth(pick.list.cursor) {
                let is_read = newest == Some(info.version) && info.state == VersionState::Available;
                destroy::ask(model, path, Some(info.version), is_read);
            }
        }
    }
    Vec::new()
}

fn outlet(act: SecretAction) -> RevealDestination {
    if act == SecretAction::Copy { RevealDestination::Clipboard } else { RevealDestination::Screen }
}

pub(crate) fn on_answer(model: &mut Model, request: RequestId, told: SecretJobResult) -> Vec<Effect> {
    match told {
        SecretJobResult::Inspected(inspection) => on_inspected(model, request, *inspection),
        SecretJobResult::Generated(made) => secret_form::on_generated(model, request, made),
        SecretJobResult::Revealed(reading) => reveal::on_revealed(model, request, *reading),
        SecretJobResult::Written(outcome) => {
            update::on_secret_written(model);
            return undo::on_written(model, request, outcome);
        }
        SecretJobResult::Found(presence) => undo::on_found(model, request, presence),
    }
    Vec::new()
}

/// Continues an action after the secret was inspected, unless something else was opened meanwhile.
fn on_inspected(model: &mut Model, request: RequestId, inspection: Inspection) {
    if own_secrets::on_inspected(model, request, &inspection) {
        return;
    }
    let Some((act, target)) = model.secret_actions.pending.accept(request) else { return };
    let rebases =
        model.secret_actions.form.as_ref().is_some_and(|form| form.rebasing && form.path == target.path);
    let Inspection { capabilities: can, presence, lacking, versions } = inspection;
    let presence = match presence {
        Ok(presence) => presence,
        Err(error) => {
            if let Some(form) = &mut model.secret_actions.form {
                form.rebasing = false;
            }
            return model.notify(Tone::Bad, error.to_string());
        }
    };
    if rebases {
        return secret_form::rebase(model, &presence);
    }
    if model.overlay.is_some()
        || model.edit.is_some()
        || model.plan.is_some()
        || model.secret_actions.covers_body()
    {
        return;
    }
    model.notices.end_notes();
    let path = target.path.clone();
    let missing = act.right().and_then(|right| Some((right, lacking.for_right(right)?.to_owned())));
    if let Some((right, permission)) = missing {
        return model
            .notify(Tone::Bad, format!("you may not {} ({path}): {permission} is missing", right.words()));
    }
    if act.writes() && !can.write {
        let remedy = match path {
            SecretPath::Variables(_) => "set the variables where the receiver is started, and restart it",
            SecretPath::Kv { .. } => "its store takes no writes",
        };
        return model.notify(Tone::Bad, format!("{path} cannot be written from here: {remedy}"));
    }
    match act {
        SecretAction::Reveal | SecretAction::Copy => reveal(model, act, target, presence),
        SecretAction::Set | SecretAction::SetFields => {
            secret_form::open(model, target, &presence, (can, lacking), act == SecretAction::Set);
        }
        SecretAction::Undo => undo::open(model, &path, &presence),
        SecretAction::Delete => ask_delete(model, path, &presence),
        SecretAction::Undelete => ask_undelete(model, path, &presence),
        SecretAction::Destroy if !can.versions => {
            model.notify(Tone::Bad, format!("no versions of {path} are kept: :destroy-all destroys it"));
        }
        SecretAction::Destroy => destroy::pick(model, path, &presence, versions),
        SecretAction::DestroyAll => destroy::ask_all(model, path, &presence),
    }
}

fn reveal(model: &mut Model, act: SecretAction, target: SecretTarget, presence: Presence) {
    let SecretTarget { path, field } = target;
    if let Some(words) = absence_reason(&path, &presence) {
        return model.notify(Tone::Bad, words);
    }
    if let Some(field) = field {
        return reveal::ask_why(model, path, field, outlet(act));
    }
    let fields: Vec<_> = match presence {
        Presence::Present(contents) => contents.fields.into_iter().map(|(name, _)| name).collect(),
        _ => model.secret_fields(&path),
    };
    match fields.as_slice() {
        [] => model.notify(Tone::Plain, format!("{path} has no fields")),
        [field] => reveal::ask_why(model, path, field.clone(), outlet(act)),
        _ => pick(model, act, PickerItems::Fields(path, fields)),
    }
}

fn ask_delete(model: &mut Model, path: SecretPath, presence: &Presence) {
    let Presence::Present(SecretContents { version, fields, .. }) = presence else {
        let words =
            absence_reason(&path, presence).unwrap_or_else(|| format!("whether {path} exists is not known"));
        return model.notify(Tone::Bad, words);
    };
    let Some(version) = *version else {
        return model.notify(Tone::Bad, format!("{path} has no versions: a delete could not be taken back"));
    };
    let mut details = vec![
        format!("whoever reads it finds none of its {} fields from then on", fields.len()),
        "older versions stay; undelete brings this one back".into(),
    ];
    details.extend(destroy::dependants(model, &path));
    let what = format!("delete {version} of {path}");
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: format!("Delete {version} of {path}, its newest version?"),
        details,
        action: ConfirmAction::Secret(SecretJob::Delete(path, version), what),
        asked: model.now.mono,
    }));
}

fn ask_undelete(model: &mut Model, path: SecretPath, presence: &Presence) {
    let Presence::Deleted { version, .. } = presence else {
        let words = match presence {
            Presence::Present(_) => format!("the newest version of {path} is not deleted"),
            presence => absence_reason(&path, presence)
                .unwrap_or_else(|| format!("whether {path} exists is not known")),
        };
        return model.notify(Tone::Bad, words);
    };
    let (version, what) = (*version, format!("undelete {version} of {path}"));
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: format!("Undelete {version} of {path}?"),
        details: vec!["whoever reads it finds the fields of that version again".into()],
        action: ConfirmAction::Secret(SecretJob::Undelete(path, version), what),
        asked: model.now.mono,
    }));
}
