//! Irreversible destruction of one version of a secret, or of all. Reached only by command, and done only
//! after the path was typed in full.

use super::state::{PickerItems, SecretAction};
use super::targets::absence_reason;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone};
use crate::console::overlays::{DestroyTarget, PromptPurpose, prompt};
use crate::console::screens::secret_form;
use crate::console::screens::secrets::actions::update;
use crate::console::secret_jobs::SecretJob;
use crate::domain::{
    Presence, SecretContents, SecretMetadata, SecretPath, SecretVersion, VersionInfo, VersionState, unescape,
};
use crate::text::grouped;

/// Asks which version to destroy, if several still have a value.
pub(crate) fn pick(
    model: &mut Model,
    path: SecretPath,
    presence: &Presence,
    versions: Option<SecretMetadata>,
) {
    let left: Vec<_> = match versions {
        Some(versions) => versions.list,
        None => newest(presence).into_iter().collect(),
    };
    let left: Vec<_> = left.into_iter().filter(|info| info.state != VersionState::Destroyed).collect();
    match left.as_slice() {
        [] => {
            let words = absence_reason(&path, presence)
                .unwrap_or_else(|| format!("no version of {path} is left to destroy"));
            model.notify(Tone::Bad, words);
        }
        [only] => {
            let is_read = matches!(presence, Presence::Present(_));
            ask(model, path, Some(only.version), is_read);
        }
        _ => update::pick(model, SecretAction::Destroy, PickerItems::Versions(path, left)),
    }
}

/// The newest version, for use if the list of versions may not be read.
fn newest(presence: &Presence) -> Option<VersionInfo> {
    let (version, written, state) = match presence {
        Presence::Present(SecretContents { version, written, .. }) => {
            ((*version)?, *written, VersionState::Available)
        }
        Presence::Deleted { version, at } => (*version, None, VersionState::Deleted(*at)),
        _ => return None,
    };
    Some(VersionInfo { version, written, state })
}

/// Asks for the path of a secret to be destroyed with all its versions.
pub(crate) fn ask_all(model: &mut Model, path: SecretPath, presence: &Presence) {
    match presence {
        Presence::Missing | Presence::Forbidden { .. } | Presence::Unreachable { .. } => {
            let words = absence_reason(&path, presence).unwrap_or_default();
            model.notify(Tone::Bad, words);
        }
        _ => ask(model, path, None, true),
    }
}

/// A warning about the documents that depend on the secret.
pub(crate) fn dependants(model: &Model, path: &SecretPath) -> Option<String> {
    let holders = model.secret_dependents(path, None);
    let count = match holders.total {
        0 => return None,
        1 => "1 document refers to it and cannot be loaded again".to_owned(),
        total => format!("{} documents refer to it and cannot be loaded again", grouped(total)),
    };
    let names: Vec<_> = holders.documents.iter().take(5).map(ToString::to_string).collect();
    let more = if holders.total > names.len() { " and more" } else { "" };
    Some(format!("{count} without it, unless by a default: {}{more}", names.join(", ")))
}

/// Asks for the path, to destroy one version or all. `is_read`: the receiver reads it now, so that the
/// documents that depend on it are listed as a warning.
pub(crate) fn ask(model: &mut Model, path: SecretPath, version: Option<SecretVersion>, is_read: bool) {
    let mut warnings = Vec::new();
    if version.is_none() {
        warnings.push("its metadata go too, and the next write begins at v1".to_owned());
    }
    if is_read {
        warnings.extend(dependants(model, &path));
    }
    prompt::ask(model, PromptPurpose::Destroy(DestroyTarget { path, version, warnings }), "");
}

/// Destroys it after its path was typed.
pub(crate) fn on_path_typed(
    model: &mut Model,
    target: DestroyTarget,
    text: &str,
) -> Result<Vec<Effect>, String> {
    let path = target.path.to_string();
    if unescape(text) != unescape(path.trim()) {
        return Err(format!("that is not the path: type {path}, or leave with esc"));
    }
    model.overlay = None;
    let what = format!("destroy {}", target.describe());
    let DestroyTarget { path, version, .. } = target;
    let job = match version {
        Some(version) => SecretJob::Destroy(path, version),
        None => SecretJob::DestroyAll(path),
    };
    Ok(secret_form::change_version(model, job, what))
}
