//! Revealing one value: requested with a reason, shown for a short time, and hidden by anything that could
//! expose it to other people. Also copying it to the clipboard, in which case the value never passes through
//! here.

use super::state::{REVEALED_FOR, RevealedValue};
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::overlays::{Overlay, PromptPurpose, prompt};
use crate::console::secret_jobs::{RevealDestination, RevealOutcome, RevealReport, RevealRequest, SecretJob};
use crate::domain::{FieldName, Opaque, SecretPath, SecretVersion};
use crate::text::grouped;

/// Asks for the reason to read it.
pub(crate) fn ask_why(model: &mut Model, path: SecretPath, field: FieldName, to: RevealDestination) {
    let order = RevealRequest { path, field, reason: String::new(), destination: to };
    prompt::ask(model, PromptPurpose::Reason(order), "");
}

/// Reads it, after a reason was given.
pub(crate) fn read(model: &mut Model, order: RevealRequest, reason: &str) -> Result<Vec<Effect>, String> {
    if reason.is_empty() {
        return Err("say why: it is kept in the audit, for those who look later".into());
    }
    if model.is_secret_busy() {
        return Err("wait for the answer that is under way".into());
    }
    let order = RevealRequest { reason: reason.to_owned(), ..order };
    let request = model.next_request();
    model.overlay = None;
    model.notify(Tone::Plain, format!("reading {}", order.path));
    model.secret_actions.reading.begin(request, order.clone());
    Ok(vec![Effect::Secret(request, SecretJob::Reveal(order))])
}

/// Shows the value, unless something else was opened meanwhile. The read is counted in any case.
pub(crate) fn on_revealed(model: &mut Model, request: RequestId, reading: RevealReport) {
    let RevealReport { result: found, values_read: read } = reading;
    model.secret_actions.reads += read as u64;
    let Some(order) = model.secret_actions.reading.accept(request) else { return };
    let (path, field) = (&order.path, &order.field);
    let (value, version) = match found {
        Ok(RevealOutcome::Value(Opaque(value), version)) => (value, version),
        Ok(RevealOutcome::Copied(version)) => {
            return model.notify(Tone::Good, copied_message(&order, version, read));
        }
        Ok(RevealOutcome::NotCopied) => {
            let words = format!(
                "{field} of {path} was read and counted, and not copied: no program took it, and it is too long for \
                 the terminal"
            );
            return model.notify(Tone::Bad, words);
        }
        Ok(RevealOutcome::NoField) => {
            let words =
                format!("{path} has no field {field}; its {} values were read for that", grouped(read));
            return model.notify(Tone::Bad, words);
        }
        Ok(RevealOutcome::Nothing) => {
            return model.notify(Tone::Bad, format!("there is no secret {path} any more"));
        }
        Err(error) => return model.notify(Tone::Bad, error.to_string()),
    };
    if model.overlay.is_some() || model.is_covered() || !model.secret_actions.may_show {
        let words = format!("{field} of {path} came too late and was not shown; it was read and counted");
        return model.notify(Tone::Plain, words);
    }
    model.notices.end_notes();
    let until = model.now.mono + REVEALED_FOR;
    let RevealRequest { path, field, .. } = order;
    model.overlay =
        Some(Overlay::RevealedValue(RevealedValue { path, field, version, read, value, until, scroll: 0 }));
}

/// The message that it was copied, and how many values were read for that.
fn copied_message(order: &RevealRequest, version: Option<SecretVersion>, read: usize) -> String {
    let version = version.map(|version| format!(" {version}")).unwrap_or_default();
    let RevealRequest { path, field, .. } = order;
    let values = if read == 1 { "1 value".to_owned() } else { format!("{} values", grouped(read)) };
    format!("copied {field} of {path}{version}; {values} read for it")
}

pub(crate) fn hide(model: &mut Model) {
    model.overlay.take_if(|open| matches!(open, Overlay::RevealedValue(_)));
    // A value that has not arrived yet is not shown either.
    model.secret_actions.may_show = false;
}

/// Hides it when its time is up.
pub(crate) fn wake(model: &mut Model) {
    let now = model.now.mono;
    model.overlay.take_if(|open| matches!(open, Overlay::RevealedValue(shown) if shown.until <= now));
}

/// Hides it before another program gets the screen, or when the user leaves.
pub(crate) fn follow(model: &mut Model, effects: &[Effect]) {
    let leaves = |effect: &Effect| {
        matches!(effect, Effect::Lock | Effect::Suspend | Effect::EditExternally(..) | Effect::Quit(_))
    };
    if effects.iter().any(leaves) {
        hide(model);
    } else if effects.iter().any(|effect| matches!(effect, Effect::Secret(_, SecretJob::Reveal(_)))) {
        model.secret_actions.may_show = true;
    }
}
